//! Lines over the large photo.

use eframe::egui::{self, Align2, Color32, Id, Rect, Role, Sense, Ui, Vec2, WidgetInfo, vec2};
use refocus_engine::Marks;

use crate::app::design_tokens::{Tokens, font, space, text};
use crate::app::icons::Icon;
use crate::app::typeface::semibold;

/// Why there is no picture.
pub(super) fn lightbox_line(ui: &Ui, view: Rect, line: &str) {
    let tokens = Tokens::of_theme(egui::Theme::Dark);
    let room = view.width() * 0.8;
    let galley = ui
        .painter()
        .layout(line.to_owned(), semibold(text::HEADING), tokens.warning, room);
    let at = Align2::CENTER_CENTER.anchor_size(view.center(), galley.size()).min;
    ui.painter().galley(at, galley, tokens.warning);
}

/// Name and zoom below the photo, and what the person thinks of it.
pub(super) fn lightbox_caption(ui: &Ui, view: Rect, line: &str, marks: Marks) {
    const ICON: f32 = 16.0;
    let mut icons = Vec::new();
    let mut said = line.to_owned();
    if marks.favourite {
        icons.push(Icon::Heart);
        said.push_str(" \u{b7} favourite");
    }
    icons.extend(std::iter::repeat_n(Icon::Star, marks.rating.into()));
    match marks.rating {
        0 => {}
        1 => said.push_str(" \u{b7} 1 star"),
        more => said.push_str(&format!(" \u{b7} {more} stars")),
    }
    let galley = ui
        .painter()
        .layout_no_wrap(line.to_owned(), font(13.0), Color32::from_gray(230));
    let marks_width = if icons.is_empty() {
        0.0
    } else {
        space::SMALL + ICON * icons.len() as f32
    };
    let size = galley.size() + vec2(2.0 * space::MEDIUM + marks_width, 12.0);
    let rect = Rect::from_center_size(view.center_bottom() - vec2(0.0, 30.0), size);
    let response = ui.interact(rect, Id::unique("lightbox caption"), Sense::HOVER);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    ui.painter().rect_filled(rect, 12, Color32::from_black_alpha(170));
    let left = rect.left_center() + vec2(space::MEDIUM, 0.0);
    let at = Align2::LEFT_CENTER.anchor_size(left, galley.size());
    let mut icon = Rect::from_center_size(
        at.right_center() + vec2(space::SMALL + ICON / 2.0, 0.0),
        Vec2::splat(ICON),
    );
    ui.painter().galley(at.min, galley, Color32::WHITE);
    let color = Tokens::of_theme(egui::Theme::Dark).warning;
    for mark in icons {
        mark.paint(ui.painter(), icon, ICON - 2.0, color);
        icon = icon.translate(vec2(ICON, 0.0));
    }
}

/// What is to be said of the heat map, above the caption.
pub(super) fn heat_line(ui: &Ui, view: Rect, line: &str) {
    let galley = ui
        .painter()
        .layout(line.to_owned(), font(13.0), Color32::from_gray(200), view.width() * 0.8);
    let size = galley.size() + vec2(2.0 * space::MEDIUM, 10.0);
    let middle = view.center_bottom() - vec2(0.0, 52.0 + size.y / 2.0);
    let rect = Rect::from_center_size(middle, size);
    let response = ui.interact(rect, Id::unique("lightbox heat"), Sense::HOVER);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, line));
    ui.painter().rect_filled(rect, 12, Color32::from_black_alpha(170));
    let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size()).min;
    ui.painter().galley(at, galley, Color32::WHITE);
}
