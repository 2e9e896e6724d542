//! The few controls that the panels share, each with its accessible name.

use eframe::egui::{
    self, Align2, Color32, CornerRadius, FontSelection, Frame, Id, Key, Label, Margin, Rect, Response, RichText, Role,
    Sense, Shape, Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use refocus_engine::MOST_STARS;

use super::design_tokens::{Tokens, font, radius, space, text};
use super::icons::Icon;
use super::picture;
use super::typeface::{medium, semibold};

/// A square button with an icon; `name` is its accessible name and tooltip.
pub(super) fn icon_button(ui: &mut Ui, icon: Icon, name: &str, active: bool) -> Response {
    sized_icon_button(ui, icon, name, active, space::CONTROL)
}

/// A smaller one, for rows of lists.
pub(super) fn small_icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    sized_icon_button(ui, icon, name, false, 24.0)
}

/// One that stands among chips.
pub(super) fn chip_icon_button(ui: &mut Ui, icon: Icon, name: &str, active: bool) -> Response {
    sized_icon_button(ui, icon, name, active, space::CHIP)
}

fn sized_icon_button(ui: &mut Ui, icon: Icon, name: &str, active: bool, side: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, active, name));
    paint_icon_button(ui, rect, &response, icon, active);
    response.on_hover_text(name)
}

/// The same at a given place, over other things.
pub(super) fn icon_button_at(ui: &Ui, rect: Rect, id: Id, icon: Icon, name: &str) -> Response {
    icon_button_with(ui, rect, (id, Sense::click()), icon, name)
}

fn icon_button_with(ui: &Ui, rect: Rect, (id, sense): (Id, Sense), icon: Icon, name: &str) -> Response {
    let response = ui.interact(rect, id, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    paint_icon_button(ui, rect, &response, icon, false);
    response.on_hover_text(name)
}

fn paint_icon_button(ui: &Ui, rect: Rect, response: &Response, icon: Icon, active: bool) {
    let tokens = Tokens::of(ui);
    let fill = if active {
        tokens.accent_wash
    } else if response.hovered() {
        tokens.raised_hover
    } else {
        Color32::TRANSPARENT
    };
    ui.painter().rect_filled(rect, radius::CONTROL, fill);
    focus_ring(ui, rect, radius::CONTROL, response);
    let color = if active {
        tokens.accent
    } else if response.hovered() {
        tokens.text
    } else {
        tokens.text_weak
    };
    let color = if ui.is_enabled() {
        color
    } else {
        color.gamma_multiply(0.4)
    };
    icon.paint(ui.painter(), rect, (rect.height() * 0.5).min(16.0), color);
}

/// The outline of what the keyboard is on.
pub(super) fn focus_ring(ui: &Ui, rect: Rect, corner: impl Into<CornerRadius>, response: &Response) {
    if response.has_focus() {
        let stroke = Stroke::new(1.5, Tokens::of(ui).accent);
        ui.painter().rect_stroke(rect, corner, stroke, StrokeKind::Inside);
    }
}

/// A rounded button with text that can be marked as chosen.
pub(super) fn chip(ui: &mut Ui, label: &str, active: bool) -> Response {
    let tokens = Tokens::of(ui);
    let color = if active { tokens.on_accent } else { tokens.text_weak };
    let galley = ui.painter().layout_no_wrap(label.to_owned(), medium(13.0), color);
    let size = vec2(galley.size().x + 2.0 * space::MEDIUM, space::CHIP);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, active, label));
    let fill = match (active, response.hovered()) {
        (true, _) => tokens.accent,
        (false, true) => tokens.raised_hover,
        (false, false) => tokens.raised,
    };
    picture::fill(ui.painter(), rect, f32::from(radius::PILL), fill);
    focus_ring(ui, rect.expand(2.0), radius::PILL + 2, &response);
    let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size()).min;
    let color = if response.hovered() && !active {
        tokens.text
    } else {
        color
    };
    ui.painter().galley_with_override_text_color(at, galley, color);
    response
}

/// A chip that stands for something which narrows what is shown; a click takes that away. `name` is its accessible name and tooltip.
pub(super) fn removable_chip(ui: &mut Ui, label: &str, name: &str) -> Response {
    let tokens = Tokens::of(ui);
    let galley = ui.painter().layout_no_wrap(label.to_owned(), medium(13.0), tokens.text);
    let size = vec2(galley.size().x + space::MEDIUM + space::CHIP, space::CHIP);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let fill = if response.hovered() {
        tokens.raised_hover
    } else {
        tokens.accent_wash
    };
    picture::fill(ui.painter(), rect, f32::from(radius::PILL), fill);
    focus_ring(ui, rect.expand(2.0), radius::PILL + 2, &response);
    let at = pos2(rect.left() + space::MEDIUM, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, tokens.text);
    let cross = Rect::from_min_max(pos2(rect.right() - space::CHIP, rect.top()), rect.max);
    Icon::Cross.paint(ui.painter(), cross, 10.0, tokens.text_weak);
    response.on_hover_text(name)
}

/// A filled button for the one thing to do next.
pub(super) fn primary_button(ui: &mut Ui, label: &str) -> Response {
    let tokens = Tokens::of(ui);
    let text = RichText::new(label).color(tokens.on_accent).size(text::BODY);
    ui.add(egui::Button::new(text).fill(tokens.accent).min_size(vec2(0.0, 36.0)))
}

/// Two or more views of which one is chosen; returns the one that was clicked.
pub(super) fn segmented<T: Copy + PartialEq>(ui: &mut Ui, current: T, choices: &[(T, &str)]) -> Option<T> {
    let tokens = Tokens::of(ui);
    let mut clicked = None;
    let behind = ui.painter().add(Shape::Noop);
    let shown = Frame::new().inner_margin(Margin::same(3)).show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.spacing_mut().interact_size.y = space::CONTROL - 6.0;
        ui.horizontal(|ui| {
            for &(choice, label) in choices {
                let active = choice == current;
                let color = if active { tokens.text } else { tokens.text_weak };
                let galley = ui.painter().layout_no_wrap(label.to_owned(), medium(13.0), color);
                let size = vec2(galley.size().x + 2.0 * space::MEDIUM, space::CONTROL - 6.0);
                let (rect, response) = ui.allocate_exact_size(size, Sense::click());
                response.widget_info(|| WidgetInfo::selected(Role::Button, true, active, label));
                if active || response.hovered() {
                    let fill = if active { tokens.raised_hover } else { tokens.raised };
                    picture::fill(ui.painter(), rect, f32::from(radius::CONTROL - 2), fill);
                }
                focus_ring(ui, rect, radius::CONTROL - 2, &response);
                let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size()).min;
                ui.painter().galley(at, galley, color);
                if response.clicked() {
                    clicked = Some(choice);
                }
            }
        });
    });
    let rect = shown.response.rect;
    let filled = picture::filled(rect, f32::from(radius::CONTROL), tokens.field);
    ui.painter().set(behind, filled);
    clicked
}

/// A text field with an icon before it and, where it holds text, a clear button.
pub(super) struct ClearableField<'a> {
    /// Fixed identity, so that a shortcut can move the keyboard there.
    pub(super) id: Id,
    /// Before the text.
    pub(super) icon: Icon,
    /// Accessible name.
    pub(super) name: &'a str,
    /// Shown while it is empty.
    pub(super) hint: &'a str,
    /// Whole width in points.
    pub(super) width: f32,
}

impl ClearableField<'_> {
    /// Draws the field; returns whether the text changed.
    pub(super) fn show(self, ui: &mut Ui, value: &mut String) -> bool {
        let tokens = Tokens::of(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(self.width, space::CONTROL), Sense::hover());
        let focused = ui.memory(|memory| memory.has_focus(self.id));
        let stroke = if focused {
            Stroke::new(1.5, tokens.accent)
        } else {
            Stroke::new(1.0, tokens.line)
        };
        picture::fill(ui.painter(), rect, f32::from(radius::CONTROL), stroke.color);
        let inside = rect.shrink(stroke.width);
        picture::fill(
            ui.painter(),
            inside,
            f32::from(radius::CONTROL) - stroke.width,
            tokens.field,
        );
        let icon = Rect::from_min_size(rect.min, Vec2::splat(rect.height()));
        let icon_color = if focused || !value.is_empty() {
            tokens.accent
        } else {
            tokens.text_weak
        };
        self.icon.paint(ui.painter(), icon, 16.0, icon_color);
        let clear_side = rect.height() - 6.0;
        let clear = Rect::from_min_size(
            pos2(rect.right() - clear_side - 3.0, rect.top() + 3.0),
            Vec2::splat(clear_side),
        );
        let inner = Rect::from_min_max(pos2(icon.right(), rect.top()), pos2(clear.left(), rect.bottom()));
        // In a narrow window the example goes as a whole, and is not cut in the middle of a word.
        let mut hint = self.hint;
        if value.is_empty() {
            let whole = ui
                .painter()
                .layout_no_wrap(hint.to_owned(), font(text::BODY), tokens.text);
            if whole.size().x > inner.width() {
                hint = hint.split_inclusive('\u{2026}').next().unwrap_or(hint);
            }
        }
        let edit = TextEdit::singleline(value)
            .id(self.id)
            .hint_text(RichText::new(hint).color(tokens.text_faint))
            .frame(Frame::NONE)
            .font(FontSelection::FontId(font(text::BODY)))
            .align(egui::Align2::LEFT_CENTER)
            .margin(Margin::symmetric(0, 0))
            .min_size(inner.size())
            .desired_width(inner.width());
        let response = ui.place(inner, edit).accessible_name(self.name);
        let mut changed = response.changed();
        if response.hovered() && !focused {
            let whole = ui
                .painter()
                .layout_no_wrap(value.clone(), font(text::BODY), tokens.text);
            if whole.size().x > inner.width() {
                response.clone().on_hover_text(&*value);
            }
        }
        if response.has_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
            response.surrender_focus();
        }
        if !value.is_empty() {
            let name = format!("Clear {}", self.name.to_lowercase());
            // Tab leads from field to field; who types clears a field with keys.
            let control = (self.id.with("clear"), Sense::CLICK);
            if icon_button_with(ui, clear, control, Icon::Cross, &name).clicked() {
                value.clear();
                changed = true;
            }
        }
        changed
    }
}

/// Five stars to choose from; returns the number that was clicked, 0 where it was chosen already. `name` goes before "1 star"
/// in the accessible names.
pub(super) fn star_row(ui: &mut Ui, stars: u8, name: &str) -> Option<u8> {
    let tokens = Tokens::of(ui);
    let mut clicked = None;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for star in 1..=MOST_STARS {
            let (rect, response) = ui.allocate_exact_size(vec2(20.0, space::CHIP), Sense::click());
            let plural = if star == 1 { "" } else { "s" };
            let label = format!("{name} {star} star{plural}");
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, star == stars, &label));
            focus_ring(ui, rect, radius::PHOTO, &response);
            let (icon, color) = if star <= stars {
                (Icon::Star, tokens.warning)
            } else if response.hovered() {
                (Icon::StarOutline, tokens.text)
            } else {
                (Icon::StarOutline, tokens.text_faint)
            };
            icon.paint(ui.painter(), rect, 14.0, color);
            if response.on_hover_text(label).clicked() {
                clicked = Some(if star == stars { 0 } else { star });
            }
        }
    });
    clicked
}

/// A slider without a number; `width` in points.
pub(super) fn slider(ui: &mut Ui, slider: egui::Slider<'_>, width: f32) -> Response {
    ui.scope(|ui| {
        let tokens = Tokens::of(ui);
        ui.spacing_mut().slider_width = width;
        ui.spacing_mut().interact_size.y = 18.0;
        let visuals = ui.visuals_mut();
        visuals.selection.bg_fill = tokens.accent;
        visuals.widgets.inactive.bg_fill = tokens.raised_hover;
        visuals.widgets.inactive.fg_stroke = Stroke::new(1.5, tokens.accent);
        visuals.widgets.hovered.fg_stroke = Stroke::new(2.0, tokens.accent);
        visuals.widgets.active.fg_stroke = Stroke::new(2.0, tokens.accent);
        ui.add(slider.show_value(false))
    })
    .inner
}

/// A line of text that ends with … where there is no more room; the whole of it is the tooltip.
pub(super) fn one_line(ui: &mut Ui, label: impl Into<RichText>) -> Response {
    ui.add(Label::new(label.into()).truncate())
}

/// The head of a part of a panel.
pub(super) fn panel_head(ui: &mut Ui, label: &str) {
    let color = Tokens::of(ui).text_faint;
    ui.label(RichText::new(label).font(semibold(text::SMALL)).color(color));
}

/// `12408` as `12,408`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A line with a large first letter, as a sentence begins.
pub(super) fn sentence(line: &str) -> String {
    let mut letters = line.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// `1 photo`, `2 photos`.
pub(super) fn photos(number: usize) -> String {
    if number == 1 {
        "1 photo".to_owned()
    } else {
        format!("{} photos", grouped(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_in_threes() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(12_408), "12,408");
        assert_eq!(grouped(1_000_000), "1,000,000");
        assert_eq!(photos(1), "1 photo");
        assert_eq!(photos(4120), "4,120 photos");
    }
}
