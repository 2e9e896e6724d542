//! A row of the left panel: an icon, a name and a number, one row inside another where there are such.

use eframe::egui::{self, Color32, Layout, Rect, Response, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::controls::{focus_ring, icon_button_at, one_line};
use super::design_tokens::{Tokens, radius, text};
use super::icons::Icon;

/// Height of a row, points.
const HEIGHT: f32 = 26.0;
/// How much further right a row stands than the one around it, points.
const INDENT: f32 = 14.0;
/// Deeper rows stand no further right.
const DEEPEST: usize = 6;

/// What a row shows.
pub(super) struct PanelRow<'a> {
    /// For screen readers.
    pub(super) label: &'a str,
    /// The name.
    pub(super) name: &'a str,
    /// What stands at the right end.
    pub(super) count: &'a str,
    /// Before the name, where no other rows are inside.
    pub(super) icon: Icon,
    /// It is what is shown now.
    pub(super) chosen: bool,
    /// Something is about to be dropped on it.
    pub(super) target: bool,
    /// There is nothing behind it.
    pub(super) faint: bool,
    /// How many rows are around it.
    pub(super) depth: usize,
    /// Whether others are inside, and whether they are hidden.
    pub(super) folded: Option<bool>,
}

impl PanelRow<'_> {
    /// Draws the row. Returns its response, and whether those inside are to be shown or hidden.
    pub(super) fn ui(self, ui: &mut Ui) -> (Response, bool) {
        let tokens = Tokens::of(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, self.chosen, self.label));
        if !ui.is_rect_visible(rect) {
            return (response, false);
        }
        let fill = match (self.chosen || self.target, response.hovered()) {
            (true, _) => tokens.accent_wash,
            (false, true) => tokens.raised,
            (false, false) => Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect, radius::CONTROL, fill);
        focus_ring(ui, rect, radius::CONTROL, &response);
        let left = rect.left() + INDENT * self.depth.min(DEEPEST) as f32;
        let front = Rect::from_min_size(pos2(left, rect.top()), vec2(26.0, HEIGHT));
        let mut fold = false;
        if let Some(folded) = self.folded {
            let (icon, word) = if folded {
                (Icon::ChevronRight, "Show")
            } else {
                (Icon::ChevronDown, "Hide")
            };
            let at = Rect::from_center_size(front.center(), vec2(22.0, 22.0));
            let name = format!("{word} what is in {}", self.name);
            fold = icon_button_at(ui, at, response.id.with("fold"), icon, &name).clicked();
        } else {
            let color = match (self.chosen, self.faint) {
                (true, _) => tokens.accent,
                (false, true) => tokens.text_faint,
                (false, false) => tokens.text_weak,
            };
            self.icon.paint(ui.painter(), front, 14.0, color);
        }
        let mut inner = ui.new_child(
            egui::UiBuilder::new()
                .max_rect(rect.with_min_x(left + 28.0).with_max_x(rect.right() - 8.0))
                .layout(Layout::right_to_left(egui::Align::Center)),
        );
        inner.label(RichText::new(self.count).size(text::SMALL).color(tokens.text_faint));
        inner.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
            let color = if self.faint && !self.chosen {
                tokens.text_faint
            } else {
                tokens.text
            };
            one_line(ui, RichText::new(self.name).color(color));
        });
        (response, fold)
    }
}
