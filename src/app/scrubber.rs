//! A strip beside the photos that moves through time: how many photos there are of each month, the years, and where one is.

use eframe::egui::accesskit;
use eframe::egui::{
    Align2, Color32, CornerRadius, EventFilter, Id, Key, Mesh, Modifiers, Pos2, Rect, Role, Sense, Shape, Ui,
    WidgetInfo, pos2, vec2,
};

use super::controls::{focus_ring, photos};
use super::design_tokens::{Tokens, font, radius, text};
use super::time_axis::{Slot, TimeAxis};
use super::time_headings::{MonthCells, NO_DATE};

/// Width of the strip, points.
pub(super) const WIDTH: f32 = 58.0;

/// Room above and below the axis.
const MARGIN: f32 = 10.0;
/// The part of the strip in which years stand; the density grows from its right edge.
const YEARS: f32 = 32.0;
/// Least distance between the names of two years.
const YEAR_STEP: f32 = 20.0;
/// From this height on a month is a bar; lower ones flow into a curve.
const BAR: f32 = 4.0;
/// Thickness of the line that says where one is.
const HANDLE: f32 = 2.0;

/// Where in time the top of the screen is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimePlace {
    /// Number of the month among those of the gallery.
    pub(super) month: usize,
    /// How much of its photos is above the screen, 0 to 1.
    pub(super) passed: f32,
}

/// What the person wants of the strip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wanted {
    /// To this place.
    Place(TimePlace),
    /// So many months down, or up where it is negative.
    Step(i64),
}

/// What the strip shows.
pub(super) struct Scrubber<'a> {
    /// The axis.
    pub(super) axis: &'a TimeAxis,
    /// The months of the gallery, in its order.
    pub(super) months: &'a [MonthCells],
    /// Where one is.
    pub(super) at: Option<TimePlace>,
}

/// The control.
pub(super) fn scrubber_id() -> Id {
    Id::unique("time scrubber")
}

impl Scrubber<'_> {
    /// Draws the strip; returns where the person wants to be.
    pub(super) fn ui(&self, ui: &mut Ui, rect: Rect) -> Option<Wanted> {
        let id = scrubber_id();
        let response = ui.interact(rect, id, Sense::click_and_drag());
        let at = self.at.unwrap_or(TimePlace { month: 0, passed: 0.0 });
        let here = self.months.get(at.month).copied();
        let title = here.map_or_else(String::new, MonthCells::title);
        let value = at.month as f64;
        response.widget_info(|| WidgetInfo {
            value: Some(value),
            ..WidgetInfo::labeled(Role::Slider, true, "Time")
        });
        let last = self.months.len().saturating_sub(1);
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_value(title.as_str());
            node.set_min_numeric_value(0.0);
            node.set_max_numeric_value(last as f64);
            node.set_numeric_value_step(1.0);
            node.set_orientation(accesskit::Orientation::Vertical);
            node.add_action(accesskit::Action::Increment);
            node.add_action(accesskit::Action::Decrement);
            node.add_action(accesskit::Action::SetValue);
        });
        let axis = rect.shrink2(vec2(0.0, MARGIN));
        self.paint(ui, rect, axis);
        focus_ring(ui, rect.shrink(2.0), radius::CONTROL, &response);
        let mut wanted = self.by_keys(ui, id, response.has_focus());
        if let Some(pointer) = response.interact_pointer_pos()
            && (response.clicked() || response.dragged() || response.drag_started())
        {
            wanted = self.place_at(axis, pointer.y).map(Wanted::Place);
        }
        let pointer = response.interact_pointer_pos().or_else(|| response.hover_pos());
        if let Some(pointer) = pointer {
            self.paint_label(ui, axis, pointer.y);
        }
        wanted
    }

    /// What the keyboard or a screen reader wants.
    fn by_keys(&self, ui: &Ui, id: Id, focused: bool) -> Option<Wanted> {
        let last = self.months.len().checked_sub(1)?;
        let to = |month: usize| {
            Wanted::Place(TimePlace {
                month: month.min(last),
                passed: 0.0,
            })
        };
        let (steps, set) = ui.input(|input| {
            let more = input.num_accesskit_action_requests(id, accesskit::Action::Increment) as i64;
            let fewer = input.num_accesskit_action_requests(id, accesskit::Action::Decrement) as i64;
            let mut requests = input.accesskit_action_requests(id, accesskit::Action::SetValue);
            let set = requests.find_map(|request| match request.data {
                Some(accesskit::ActionData::NumericValue(value)) => Some(to(value.max(0.0) as usize)),
                _ => None,
            });
            (more - fewer, set)
        });
        let mut wanted = set.or((steps != 0).then_some(Wanted::Step(steps)));
        if focused {
            let filter = EventFilter {
                vertical_arrows: true,
                ..EventFilter::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
            for (key, by_key) in [
                (Key::ArrowDown, Wanted::Step(1)),
                (Key::ArrowUp, Wanted::Step(-1)),
                (Key::Home, to(0)),
                (Key::End, to(last)),
            ] {
                if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                    wanted = Some(by_key);
                }
            }
        }
        wanted
    }

    /// The place in time at a height: where the month there has no photos, the next one below that has.
    fn place_at(&self, axis: Rect, y: f32) -> Option<TimePlace> {
        let (slot, passed) = self.slot_at(axis, y)?;
        let exact = self
            .axis
            .slots
            .get(slot)
            .filter(|slot| slot.month.is_some() || slot.undated);
        if let Some(exact) = exact
            && let Some(month) = self.months.iter().position(|of| of.month == exact.month)
        {
            let passed = if exact.undated { 0.0 } else { passed };
            return Some(TimePlace { month, passed });
        }
        let below = self
            .axis
            .slots
            .iter()
            .skip(slot)
            .filter(|slot| slot.month.is_some() || slot.undated);
        let found = below
            .filter_map(|slot| self.months.iter().position(|of| of.month == slot.month))
            .next();
        let month = found.unwrap_or(self.months.len().checked_sub(1)?);
        Some(TimePlace { month, passed: 0.0 })
    }

    /// The step of the axis at a height, and how far into it.
    fn slot_at(&self, axis: Rect, y: f32) -> Option<(usize, f32)> {
        let count = self.axis.slots.len();
        let last = count.checked_sub(1)?;
        let along = ((y - axis.top()) / axis.height().max(1.0)).clamp(0.0, 1.0) * count as f32;
        let slot = (along as usize).min(last);
        Some((slot, (along - slot as f32).clamp(0.0, 1.0)))
    }

    /// The height of a place in time.
    fn y_of(&self, axis: Rect, at: TimePlace) -> Option<f32> {
        let slot = self.axis.slot_of(self.months.get(at.month)?.month)?;
        let length = axis.height() / self.axis.slots.len().max(1) as f32;
        Some(axis.top() + (slot as f32 + at.passed) * length)
    }

    fn paint(&self, ui: &Ui, rect: Rect, axis: Rect) {
        let tokens = Tokens::of(ui);
        let painter = ui.painter_at(rect);
        let right = rect.right() - 4.0;
        let most = rect.width() - YEARS - 6.0;
        let quiet = tokens
            .text_faint
            .gamma_multiply(if self.axis.has_hits { 0.30 } else { 0.45 });
        density(
            &painter,
            axis,
            right,
            most,
            &self.axis.slots,
            |slot| slot.library,
            quiet,
        );
        if self.axis.has_hits {
            let accent = tokens.accent.gamma_multiply(0.85);
            density(&painter, axis, right, most, &self.axis.slots, |slot| slot.hits, accent);
        }
        let length = axis.height() / self.axis.slots.len().max(1) as f32;
        for (slot, year) in self.axis.years(YEAR_STEP / length.max(1e-3)) {
            let y = axis.top() + slot as f32 * length;
            // A name at the lower end would be cut off.
            if y + 8.0 <= rect.bottom() {
                let at = pos2(rect.left() + YEARS - 4.0, y);
                painter.text(
                    at,
                    Align2::RIGHT_CENTER,
                    year.to_string(),
                    font(text::TINY),
                    tokens.text_faint,
                );
            }
        }
        if let Some(y) = self.at.and_then(|at| self.y_of(axis, at)) {
            painter.rect_filled(mark(rect, y, HANDLE), 1.0, tokens.text);
        }
    }

    /// The month at a height, beside the strip.
    fn paint_label(&self, ui: &Ui, axis: Rect, y: f32) {
        let tokens = Tokens::of(ui);
        let Some(slot) = self.slot_at(axis, y).and_then(|(slot, _)| self.axis.slots.get(slot)) else {
            return;
        };
        let title = match slot.month {
            Some(month) => month.to_string(),
            None if slot.undated => NO_DATE.to_owned(),
            None => return,
        };
        let of = self.months.iter().find(|of| of.month == slot.month);
        let label = of.map_or_else(|| title.clone(), |of| format!("{title} \u{b7} {}", photos(of.count)));
        let painter = ui.ctx().layer_painter(eframe::egui::LayerId::new(
            eframe::egui::Order::Tooltip,
            Id::unique("month of the scrubber"),
        ));
        let galley = painter.layout_no_wrap(label, font(text::SMALL), tokens.text);
        let size = galley.size() + vec2(20.0, 10.0);
        let middle = y.clamp(axis.top(), axis.bottom());
        let pill = Rect::from_min_size(pos2(axis.left() - size.x - 10.0, middle - size.y / 2.0), size);
        painter.rect_filled(pill.expand(1.0), radius::CONTROL + 1, tokens.line);
        painter.rect_filled(pill, radius::CONTROL, tokens.floating);
        painter.galley(pill.min + vec2(10.0, 5.0), galley, tokens.text);
        painter.rect_filled(mark(axis, middle, 1.0), 0.0, tokens.text_weak);
    }
}

/// A line across the density at a height; the years beside it stay legible.
fn mark(strip: Rect, y: f32, thickness: f32) -> Rect {
    let (left, right) = (strip.left() + YEARS - 2.0, strip.right() - 3.0);
    Rect::from_min_max(pos2(left, y - thickness / 2.0), pos2(right, y + thickness / 2.0))
}

/// Draws how many photos the steps have, growing to the left of `right` by `most` points at most.
fn density(
    painter: &eframe::egui::Painter,
    axis: Rect,
    right: f32,
    most: f32,
    slots: &[Slot],
    share: impl Fn(&Slot) -> f32,
    color: Color32,
) {
    let length = axis.height() / slots.len().max(1) as f32;
    let shares: Vec<f32> = slots.iter().map(share).collect();
    if length >= BAR {
        let gap = if length >= 8.0 { 2.0 } else { 1.0 };
        for (at, share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            let top = axis.top() + at as f32 * length;
            let bar = Rect::from_min_max(
                pos2(right - (share * most).max(2.0), top),
                pos2(right, top + length - gap),
            );
            painter.rect_filled(bar, CornerRadius::same(1), color);
        }
        return;
    }
    let mut curve = Mesh::default();
    let mut vertex = |at: Pos2| curve.colored_vertex(at, color);
    for (at, share) in shares.iter().enumerate() {
        let y = axis.top() + (at as f32 + 0.5) * length;
        vertex(pos2(right - share * most, y));
        vertex(pos2(right, y));
    }
    for at in 0..(slots.len() as u32).saturating_sub(1) {
        curve.add_triangle(2 * at, 2 * at + 1, 2 * at + 2);
        curve.add_triangle(2 * at + 1, 2 * at + 2, 2 * at + 3);
    }
    painter.add(Shape::mesh(curve));
}
