//! Why the selected photo stands where it stands, and what is known of it.

use eframe::egui::{self, Frame, Label, Margin, Rect, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

use refocus_engine::{Explanation, MarkChange, PhotoRow};

use super::action::Action;
use super::commands::UiCommand;
use super::controls::{grouped, icon_button, one_line, panel_head, star_row};
use super::design_tokens::{Tokens, font, radius, space, text};
use super::elsewhere::Outward;
use super::found_text::excerpt;
use super::heat_overlay;
use super::icons::Icon;
use super::keyword_links;
use super::library_state::file_name;
use super::path_line;
use super::people;
use super::photo_cell;
use super::taken_line;
use super::typeface::semibold;
use super::view::View;

/// The panel. It has no state: the photo is the one that the keyboard is on.
#[derive(Debug, Default)]
pub(super) struct WhyPanel;

impl WhyPanel {
    /// Draws the panel.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        ScrollArea::vertical()
            .id_salt("why panel")
            .auto_shrink(false)
            .show(ui, |ui| {
                Frame::new()
                    .inner_margin(Margin::same(space::MEDIUM as i8))
                    .show(ui, |ui| {
                        let Some((row, photo)) = view.cursor() else {
                            let tokens = Tokens::of(ui);
                            panel_head(ui, "WHY");
                            let hint = "Select a photo to see why it stands where it stands.";
                            ui.label(RichText::new(hint).size(text::SMALL).color(tokens.text_faint));
                            return;
                        };
                        large_picture(ui, view, row, photo);
                        ui.add_space(space::SMALL);
                        one_line(ui, RichText::new(file_name(photo)).font(semibold(15.0)).strong());
                        opinion(ui, view, photo, &mut actions);
                        ui.add_space(space::MEDIUM);
                        why(ui, view, photo);
                        ui.add_space(space::LARGE);
                        details(ui, view, photo, &mut actions);
                    });
            });
        actions
    }
}

fn large_picture(ui: &mut Ui, view: &View, row: u32, photo: &PhotoRow) {
    let width = ui.available_width();
    let height = (width / photo.aspect().max(0.1)).min(width * 1.1);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Selected photo {}", file_name(photo))));
    ui.painter()
        .rect_filled(rect, radius::PHOTO, Tokens::of(ui).placeholder);
    let pixels = rect.size().max_elem() * ui.pixels_per_point();
    if let Some(shown) = view.thumbnails.show(row, photo, pixels) {
        photo_cell::paint_picture(ui.painter(), rect, &shown, 1.0);
        if let Some(map) = view.heat.map_of(photo.id) {
            let uv = photo_cell::covering_uv(vec2(photo.aspect(), 1.0), rect.size());
            heat_overlay::paint(ui.painter(), rect, uv, map);
        }
    }
    let tokens = Tokens::of(ui);
    if let Some(line) = view.heat.line_for(photo.id) {
        ui.label(RichText::new(line).size(text::SMALL).color(tokens.text_faint));
    }
}

/// Favourite and stars, to look at and to change.
fn opinion(ui: &mut Ui, view: &View, photo: &PhotoRow, actions: &mut Vec<Action>) {
    let ctx = ui.ctx().clone();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        let favourite = photo.marks.favourite;
        let icon = if favourite { Icon::Heart } else { Icon::HeartOutline };
        if icon_button(ui, icon, &UiCommand::ToggleFavourite.tooltip(&ctx), favourite).clicked() {
            let change = MarkChange::Favourite(!favourite);
            actions.push(Action::Mark(vec![photo.id], change));
        }
        if let Some(stars) = star_row(ui, photo.marks.rating, "Rate with") {
            let change = MarkChange::Rating(stars);
            actions.push(Action::Mark(vec![photo.id], change));
        }
        let heat = UiCommand::ToggleHeat.tooltip(&ctx);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if icon_button(ui, Icon::Heat, &heat, view.heat.on()).clicked() {
                actions.push(Action::Run(UiCommand::ToggleHeat));
            }
        });
    });
}

fn why(ui: &mut Ui, view: &View, photo: &PhotoRow) {
    let tokens = Tokens::of(ui);
    panel_head(ui, "WHY");
    if !photo.encoded {
        let line = "Not yet indexed; it takes its place as soon as it is.";
        ui.label(RichText::new(line).size(text::SMALL).color(tokens.text_faint));
        return;
    }
    let explanation = view
        .explanation
        .as_ref()
        .filter(|explanation| explanation.id == photo.id && Some(explanation.generation) == view.shown_generation());
    let Some(explanation) = explanation else {
        ui.label(RichText::new("\u{2026}").color(tokens.text_faint));
        return;
    };
    if let Some(failed) = &explanation.failed {
        ui.label(RichText::new(failed).size(text::SMALL).color(tokens.warning));
    }
    let nothing = explanation.score.is_none()
        && explanation.value_words.is_empty()
        && explanation.written.is_none()
        && explanation.faces.is_empty();
    if nothing && explanation.failed.is_none() {
        let line = "Choose a reference or type a focus: then this says how this photo compares.";
        ui.label(RichText::new(line).size(text::SMALL).color(tokens.text_faint));
    }
    if let Some(written) = &explanation.written {
        let line = format!("Found by its {}: {}", written.source.as_str(), excerpt(written));
        let whole = keyword_links::readable(&written.text);
        ui.add(Label::new(RichText::new(line).size(13.0).color(tokens.text)).wrap())
            .on_hover_text(whole);
    }
    people::matched_faces(ui, view, photo, explanation);
    scores(ui, explanation);
    if !explanation.value_words.is_empty() {
        ui.add_space(space::SMALL);
        let focus = view.search.request.focus.trim();
        let head = if focus.is_empty() {
            "What is in it".to_owned()
        } else {
            format!("Under {focus} it is")
        };
        ui.label(RichText::new(head).size(text::SMALL).color(tokens.text_weak));
        let most = explanation
            .value_words
            .first()
            .map_or(1.0, |(_, weight)| weight.max(1e-6));
        for (word, weight) in &explanation.value_words {
            word_bar(ui, word, *weight, most);
        }
    }
}

/// A line of the details: a name, and what it is.
fn named(ui: &mut Ui, name: &str, value: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        name_of_line(ui, name);
        value(ui);
    });
}

fn name_of_line(ui: &mut Ui, name: &str) {
    let (rect, _) = ui.allocate_exact_size(vec2(64.0, 18.0), Sense::hover());
    ui.painter().text(
        rect.left_center(),
        egui::Align2::LEFT_CENTER,
        name,
        font(text::SMALL),
        Tokens::of(ui).text_faint,
    );
}

/// A line of the details that is a text.
fn fact(ui: &mut Ui, name: &str, value: &str) {
    named(ui, name, |ui| {
        one_line(ui, RichText::new(value).size(13.0)).on_hover_text(value);
    });
}

fn details(ui: &mut Ui, view: &View, photo: &PhotoRow, actions: &mut Vec<Action>) {
    panel_head(ui, "DETAILS");
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.spacing_mut().interact_size.y = 20.0;
    named(ui, "Taken", |ui| taken_line::ui(ui, photo));
    if photo.is_rejected() {
        fact(ui, "Rating", "rejected by another program");
    }
    let written = photo.extras.written.as_deref();
    let recognised = people::names_of_photo(ui, view, photo, actions, |ui| name_of_line(ui, "People"));
    // Names that other programs wrote are those of persons, where people are recognised.
    let people: Vec<&str> = written
        .into_iter()
        .filter(|_| !recognised)
        .flat_map(|written| written.people.iter().map(|face| face.name.as_str()))
        .collect();
    let people = people.join(", ");
    let line = |text: Option<&String>| text.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let texts = [
        ("Title", line(written.and_then(|written| written.title.as_ref()))),
        ("Caption", line(written.and_then(|written| written.caption.as_ref()))),
        ("People", Some(people).filter(|people| !people.is_empty())),
        ("Place", line(written.and_then(|written| written.place.as_ref()))),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            fact(ui, name, &text);
        }
    }
    let place = photo.gps();
    if let Some(place) = place {
        fact(ui, "Position", &place.in_words());
    }
    if let Some(camera) = &photo.camera {
        fact(ui, "Camera", camera);
    }
    let animated = if photo.extras.animated { ", animated" } else { "" };
    let size = format!(
        "{} \u{d7} {} \u{b7} {}{animated}",
        photo.width, photo.height, photo.format
    );
    fact(ui, "Picture", &size);
    fact(ui, "File", &bytes(photo.bytes));
    for raw in photo.extras.raws.iter().flat_map(|raws| raws.iter()) {
        fact(ui, "Raw file", &raw.file_name().unwrap_or_default().to_string_lossy());
    }
    if let Some(keywords) = &photo.extras.keywords {
        keyword_links::ui(ui, keywords, &view.search.request.filter, actions);
    }
    let folder = photo.path.parent().map(|parent| parent.display().to_string());
    fact(ui, "Folder", folder.as_deref().unwrap_or_default());
    for place in photo.extras.places.iter().flat_map(|places| places.iter()) {
        named(ui, "Also at", |ui| path_line::ui(ui, place));
    }
    ui.add_space(space::SMALL);
    ui.horizontal_wrapped(|ui| {
        if ui.button("Open").on_hover_text("Open with default program").clicked() {
            actions.push(Action::Show(Outward::Open(photo.path.to_path_buf())));
        }
        if ui.button("Reveal").on_hover_text("Reveal in file manager").clicked() {
            actions.push(Action::Show(Outward::Reveal(photo.path.to_path_buf())));
        }
        if let Some(place) = place {
            if ui
                .button("Map")
                .on_hover_text("Open this place in the map program, and copy its degrees")
                .clicked()
            {
                actions.push(Action::Show(Outward::Map(place)));
            }
            if ui
                .button("Near here")
                .on_hover_text("Only photos taken within 1 km")
                .clicked()
            {
                actions.push(Action::ShowNear(place));
            }
        }
    });
}

/// Score and rank under the search, beside those of plain similarity.
fn scores(ui: &mut Ui, explanation: &Explanation) {
    ui.spacing_mut().interact_size.y = 20.0;
    let tokens = Tokens::of(ui);
    let pairs = [
        ("This search", explanation.score, explanation.rank, tokens.accent),
        (
            "Plain",
            explanation.plain_score,
            explanation.plain_rank,
            tokens.text_weak,
        ),
    ];
    for (name, score, rank, color) in pairs {
        let Some(score) = score else {
            continue;
        };
        ui.horizontal(|ui| {
            let place = rank.map_or_else(String::new, |rank| format!("no. {}", grouped(rank as usize + 1)));
            let (left, _) = ui.allocate_exact_size(vec2(84.0, 20.0), Sense::hover());
            let painter = ui.painter();
            let middle = egui::Align2::LEFT_CENTER;
            painter.text(left.left_center(), middle, name, font(13.0), tokens.text_weak);
            ui.label(
                RichText::new(format!("{score:.3}"))
                    .font(semibold(15.0))
                    .color(color)
                    .strong(),
            );
            ui.label(RichText::new(place).size(text::SMALL).color(tokens.text_faint));
        });
    }
}

/// A value word with its weight as a bar.
fn word_bar(ui: &mut Ui, word: &str, weight: f32, most: f32) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{word} {weight:.2}")));
    let bar = Rect::from_min_size(
        rect.min,
        vec2(rect.width() * (weight / most).clamp(0.02, 1.0), rect.height()),
    );
    ui.painter().rect_filled(rect, 5, tokens.raised);
    ui.painter().rect_filled(bar, 5, tokens.accent_wash);
    let left = rect.left_center() + vec2(8.0, 0.0);
    ui.painter()
        .text(left, egui::Align2::LEFT_CENTER, word, font(13.0), tokens.text);
    let right = rect.right_center() - vec2(8.0, 0.0);
    let number = format!("{weight:.2}");
    ui.painter()
        .text(right, egui::Align2::RIGHT_CENTER, number, font(11.0), tokens.text_weak);
}

/// As in "3.4 MB".
fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_decimal_units() {
        assert_eq!(bytes(812), "812 B");
        assert_eq!(bytes(812_400), "812 kB");
        assert_eq!(bytes(3_412_400), "3.4 MB");
    }
}
