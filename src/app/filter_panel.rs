//! Which photos take part: dates, kinds, sizes, favourites, stars, keywords; weak matches and near-duplicates left out.

use eframe::egui::{self, Align2, ComboBox, FontSelection, Frame, Id, Margin, RichText, Stroke, TextEdit, Ui, vec2};

use refocus_engine::{Days, Filter, PictureSize, Rejected, Shape};

use super::action::Action;
use super::commands::UiCommand;
use super::controls::{chip, panel_head, small_icon_button, star_row};
use super::day_text::{Edge, day_of, text_of};
use super::design_tokens::{Tokens, font, radius, space, text};
use super::icons::Icon;
use super::view::View;

/// Characters of the keywords that are asked for.
pub(super) const LONGEST_KEYWORDS: usize = 200;

/// The filters, and what is typed into the date fields; a text that is no date yet filters nothing.
#[derive(Debug, Default)]
pub(super) struct FilterPanel {
    first: String,
    last: String,
    days: Days,
}

impl FilterPanel {
    /// Draws the filters.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        let request = &view.search.request;
        let mut filter = request.filter.clone();
        let any = !filter.is_empty() || request.fold_duplicates || view.hide_weak;
        ui.horizontal(|ui| {
            panel_head(ui, "FILTERS");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let name = UiCommand::ClearFilters.tooltip(ui.ctx());
                if any && small_icon_button(ui, Icon::Cross, &name).clicked() {
                    *self = Self::default();
                    actions.push(Action::Run(UiCommand::ClearFilters));
                }
            });
        });
        let cleared = !actions.is_empty();
        if filter.only.is_some() {
            ui.horizontal(|ui| {
                if chip(ui, "Only one group", true)
                    .on_hover_text("Show all groups again")
                    .clicked()
                {
                    filter.only = None;
                }
            });
        }
        opinion_filter(ui, &mut filter);
        rejected_filter(ui, view, &mut filter);
        keyword_filter(ui, view, &mut filter);
        near_filter(ui, &mut filter);
        self.date_filter(ui, &mut filter);
        shape_filter(ui, &mut filter);
        size_and_format_filter(ui, view, &mut filter);
        left_out(ui, view, &mut actions);
        if filter != request.filter && !cleared {
            actions.push(Action::SetFilter(Box::new(filter)));
        }
        actions
    }

    /// Forgets what is typed into the date fields.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn date_filter(&mut self, ui: &mut Ui, filter: &mut Filter) {
        let days = &mut filter.days;
        if *days != self.days {
            // Something else changed the filter, as the way back to an earlier search does.
            self.first = days.first.map(text_of).unwrap_or_default();
            self.last = days.last.map(text_of).unwrap_or_default();
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let width = (ui.available_width() - 24.0) / 2.0;
            let first = day_field(ui, &mut self.first, "from 2019", "Taken from", Edge::First, width);
            ui.label(RichText::new("\u{2013}").color(Tokens::of(ui).text_faint));
            let last = day_field(ui, &mut self.last, "to 2024-06", "Taken until", Edge::Last, width);
            *days = Days { first, last };
            self.days = *days;
        });
    }
}

fn opinion_filter(ui: &mut Ui, filter: &mut Filter) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        if chip(ui, "Favourites", filter.favourites)
            .on_hover_text("Only favourites")
            .clicked()
        {
            filter.favourites = !filter.favourites;
        }
        ui.add_space(space::TINY);
        if let Some(stars) = star_row(ui, filter.stars, "Only photos with at least") {
            filter.stars = stars;
        }
    });
}

/// Shown where another program has rejected photos, or is asked for.
fn rejected_filter(ui: &mut Ui, view: &View, filter: &mut Filter) {
    if !view.library.has_rejected && filter.rejected == Rejected::Shown {
        return;
    }
    let choices = [
        (
            Rejected::Hidden,
            "Not rejected",
            "Leaves out photos that another program has rejected",
        ),
        (
            Rejected::Only,
            "Rejected",
            "Only photos that another program has rejected",
        ),
    ];
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for (choice, label, hint) in choices {
            let active = filter.rejected == choice;
            if chip(ui, label, active).on_hover_text(hint).clicked() {
                filter.rejected = if active { Rejected::Shown } else { choice };
            }
        }
    });
}

/// Shown while a place is asked for: how far around it, and the way out.
fn near_filter(ui: &mut Ui, filter: &mut Filter) {
    let Some(near) = &mut filter.near else { return };
    let radii = [
        (100.0, "100 m"),
        (1_000.0, "1 km"),
        (10_000.0, "10 km"),
        (100_000.0, "100 km"),
    ];
    let place = near.place.in_words();
    let mut everywhere = false;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        ui.label(RichText::new("Near").size(text::SMALL).color(Tokens::of(ui).text_weak))
            .on_hover_text(&place);
        for (radius_m, label) in radii {
            let active = (near.radius_m - radius_m).abs() < 1.0;
            if chip(ui, label, active)
                .on_hover_text(format!("Only photos within {label} of {place}"))
                .clicked()
            {
                near.radius_m = radius_m;
            }
        }
        everywhere = small_icon_button(ui, Icon::Cross, "Show photos from everywhere again").clicked();
    });
    if everywhere {
        filter.near = None;
    }
}

/// Shown where something is written of photos, or is asked for.
fn keyword_filter(ui: &mut Ui, view: &View, filter: &mut Filter) {
    let wanted = &mut filter.keywords;
    if !view.library.has_keywords && wanted.is_empty() {
        return;
    }
    let tokens = Tokens::of(ui);
    let edit = TextEdit::singleline(wanted)
        .id(Id::unique("keywords"))
        .char_limit(LONGEST_KEYWORDS)
        .hint_text(
            RichText::new("words written in photos")
                .size(text::SMALL)
                .color(tokens.text_faint),
        )
        .frame(field_frame(tokens, false))
        .font(FontSelection::FontId(font(text::SMALL)))
        .align(Align2::LEFT_CENTER)
        .desired_width(f32::INFINITY);
    ui.add(edit)
        .on_hover_text(
            "Only photos with each of these words in keywords, title, caption, or names of places and people. Levels of a \
             keyword: Europe/Norway. Whole words in order: \"New York\"",
        )
        .accessible_name("Keywords");
}

fn shape_filter(ui: &mut Ui, filter: &mut Filter) {
    let shapes = [
        (Shape::Landscape, "Wide"),
        (Shape::Portrait, "Tall"),
        (Shape::Square, "Square"),
    ];
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for (shape, label) in shapes {
            let active = filter.shape == Some(shape);
            if chip(ui, label, active).clicked() {
                filter.shape = (!active).then_some(shape);
            }
        }
    });
}

fn size_and_format_filter(ui: &mut Ui, view: &View, filter: &mut Filter) {
    let formats = &view.library.formats;
    if formats.len() > 1 || !filter.formats.is_empty() {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            for &(format, count) in formats {
                let active = filter.formats.contains(&format);
                let hint = super::controls::photos(count);
                if chip(ui, format, active).on_hover_text(hint).clicked() {
                    if active {
                        filter.formats.retain(|other| *other != format);
                    } else {
                        filter.formats.push(format);
                    }
                }
            }
        });
    }
    let sizes = [
        (None, "Any size"),
        (Some(PictureSize::Small), "Below 1 megapixel"),
        (Some(PictureSize::Medium), "1 to 8 megapixels"),
        (Some(PictureSize::Large), "8 megapixels and more"),
    ];
    let chosen = sizes
        .iter()
        .find(|(size, _)| *size == filter.size)
        .map_or("", |(_, label)| label);
    let combo = ComboBox::from_id_salt("picture size")
        .width(ui.available_width())
        .selected_text(chosen)
        .show_ui(ui, |ui| {
            for (size, label) in sizes {
                ui.selectable_value(&mut filter.size, size, label);
            }
        });
    combo.response.accessible_name(format!("Picture size: {chosen}"));
}

fn left_out(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let ranks = view.search.ranks();
    ui.spacing_mut().interact_size.y = 22.0;
    ui.add_enabled_ui(ranks, |ui| {
        let mut hide = view.hide_weak;
        let hint = "Leaves out what has come less than half the way from a typical photo of this library to the best \
                    matches; a slider above the photos moves the mark";
        if ui
            .checkbox(&mut hide, "Hide weak matches")
            .on_hover_text(hint)
            .on_disabled_hover_text("Choose a reference or type something to find first")
            .changed()
        {
            actions.push(Action::Run(UiCommand::HideWeak));
        }
    });
    let mut fold = view.search.request.fold_duplicates;
    let hint = "Photos that are nearly the same stand behind the best placed one";
    if ui
        .checkbox(&mut fold, "Fold near-duplicates")
        .on_hover_text(hint)
        .changed()
    {
        actions.push(Action::Run(UiCommand::FoldDuplicates));
    }
    if view.library.can_rerank() {
        let mut rerank = view.search.request.rerank_first > 0;
        let hint = "The model looks at the first photos again with your focus in mind. The order by what is stored comes \
                    first, as ever; this one follows after some seconds";
        if ui
            .checkbox(&mut rerank, "Check the first 50 precisely")
            .on_hover_text(hint)
            .changed()
        {
            actions.push(Action::Run(UiCommand::RerankFirst));
        }
    }
}

fn field_frame(tokens: &Tokens, wrong: bool) -> Frame {
    Frame::new()
        .fill(tokens.field)
        .stroke(Stroke::new(1.0, if wrong { tokens.warning } else { tokens.line }))
        .corner_radius(radius::CONTROL)
        .inner_margin(Margin::symmetric(8, 4))
}

/// A field for a day, month or year; returns the day that it means.
fn day_field(ui: &mut Ui, value: &mut String, hint: &str, name: &str, edge: Edge, width: f32) -> Option<i64> {
    let tokens = Tokens::of(ui);
    let day = day_of(value, edge);
    let wrong = day.is_none() && !value.trim().is_empty();
    let edit = TextEdit::singleline(value)
        .id(Id::unique(name))
        .hint_text(RichText::new(hint).size(text::SMALL).color(tokens.text_faint))
        .frame(field_frame(tokens, wrong))
        .font(FontSelection::FontId(font(text::SMALL)))
        .align(Align2::LEFT_CENTER)
        .desired_width(width);
    let response = ui.add(edit).accessible_name(name);
    if wrong {
        response.on_hover_text("A day, month or year: 2024-06-30, 2024-06 or 2024");
    }
    day
}
