//! Albums that are there from the start, in the left panel, and the chips above the photos that say which of them is shown.

use eframe::egui;
use eframe::egui::{Color32, Layout, Rect, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use refocus_engine::{Filter, RECENT_DAYS, SmartAlbum, Today};

use super::action::Action;
use super::commands::UiCommand;
use super::controls::{focus_ring, grouped, one_line, panel_head, photos, removable_chip};
use super::design_tokens::{Tokens, radius, text};
use super::icons::Icon;
use super::view::View;

/// Height of a row, points.
const ROW: f32 = 26.0;

/// Draws the part of the left panel.
pub(super) fn left_section(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    panel_head(ui, "SMART ALBUMS");
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        for album in SmartAlbum::ALL {
            album_row(ui, view, album, actions);
        }
    });
}

fn album_row(ui: &mut Ui, view: &View, album: SmartAlbum, actions: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let count = view.library.album_count(album);
    let chosen = album.is_in(&view.search.request.filter);
    let label = format!("{}, {}", album.title(), photos(count));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &label));
    let fill = match (chosen, response.hovered()) {
        (true, _) => tokens.accent_wash,
        (false, true) => tokens.raised,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, radius::CONTROL, fill);
    focus_ring(ui, rect, radius::CONTROL, &response);
    let icon = Rect::from_min_size(rect.min, vec2(26.0, ROW));
    let (icon_color, color) = match (chosen, count) {
        (true, _) => (tokens.accent, tokens.text),
        (false, 0) => (tokens.text_faint, tokens.text_faint),
        (false, _) => (tokens.text_weak, tokens.text),
    };
    icon_of(album).paint(ui.painter(), icon, 14.0, icon_color);
    let mut inner = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.with_min_x(rect.left() + 28.0).with_max_x(rect.right() - 8.0))
            .layout(Layout::right_to_left(egui::Align::Center)),
    );
    inner.label(RichText::new(grouped(count)).size(text::SMALL).color(tokens.text_faint));
    inner.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
        one_line(ui, RichText::new(album.title()).color(color));
    });
    let hint = if chosen {
        "Show all photos again".to_owned()
    } else {
        hint(album, view.library.today())
    };
    if response.on_hover_text(hint).clicked() {
        actions.push(Action::Run(UiCommand::ShowAlbum(album)));
    }
}

fn icon_of(album: SmartAlbum) -> Icon {
    match album {
        SmartAlbum::RecentlyAdded => Icon::Clock,
        SmartAlbum::OnThisDay => Icon::Calendar,
        SmartAlbum::Unrated => Icon::StarOutline,
        SmartAlbum::WithoutDate => Icon::Help,
        SmartAlbum::WithoutPlace => Icon::Place,
    }
}

fn hint(album: SmartAlbum, today: Today) -> String {
    match album {
        SmartAlbum::RecentlyAdded => format!("Came into the library in the last {RECENT_DAYS} days"),
        SmartAlbum::OnThisDay => format!("Taken on {}, in any year", today.day),
        SmartAlbum::Unrated => "Photos that have no stars yet".to_owned(),
        SmartAlbum::WithoutDate => "Nothing but the time of the file tells when they were taken".to_owned(),
        SmartAlbum::WithoutPlace => "Nothing tells where they were taken".to_owned(),
    }
}

/// What a chip says that stands for an album.
fn chip_text(album: SmartAlbum, filter: &Filter) -> String {
    match (album, filter.on_day) {
        (SmartAlbum::OnThisDay, Some(day)) => format!("On {day}"),
        _ => album.title().to_owned(),
    }
}

/// Draws a chip for each album that narrows what is shown; a click takes it away.
pub(super) fn chips(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let filter = &view.search.request.filter;
    for album in SmartAlbum::ALL.into_iter().filter(|album| album.is_in(filter)) {
        let label = chip_text(album, filter);
        if removable_chip(ui, &label, &format!("Remove the filter {label}")).clicked() {
            actions.push(Action::Run(UiCommand::ShowAlbum(album)));
        }
    }
}
