//! The gallery in the order of time: which month is on screen, and how one moves from month to month.

use eframe::egui::{Rect, Ui};

use super::gallery::Gallery;
use super::gallery_content::Cell;
use super::scrubber::{self, Scrubber, TimePlace, Wanted};
use super::selection::Selection;

impl Gallery {
    /// Draws the strip beside the photos, and moves to where the person points in it.
    pub(super) fn time_strip(&mut self, ui: &mut Ui, rect: Rect) {
        let Some(axis) = &self.content.axis else { return };
        let strip = Scrubber {
            axis,
            months: &self.content.months,
            at: self.place_in_time(),
        };
        let offset = match strip.ui(ui, rect) {
            Some(Wanted::Place(place)) => self.offset_of(place),
            Some(Wanted::Step(steps)) => self.months_away(steps),
            None => None,
        };
        if let Some(offset) = offset {
            self.scroll_to(offset);
            ui.ctx().request_repaint();
        }
    }

    /// Width of the strip; 0 where there is none.
    pub(super) fn strip_width(&self) -> f32 {
        if self.content.axis.is_some() {
            scrubber::WIDTH
        } else {
            0.0
        }
    }

    /// The month of the first photos on screen; at the end of the gallery its last month, which cannot come further up.
    fn place_in_time(&self) -> Option<TimePlace> {
        let (top, bottom) = self.on_screen();
        if top > 0.0 && bottom >= self.layout.height() {
            let month = self.content.months.len().checked_sub(1)?;
            return Some(TimePlace { month, passed: 1.0 });
        }
        // A line of which nothing but an edge is left on screen is above it.
        let line = self.layout.lines_between(top + 1.0, bottom).next()?;
        self.time_of_cell(self.layout.line(line)?.cells.start)
    }

    fn time_of_cell(&self, cell: usize) -> Option<TimePlace> {
        let months = &self.content.months;
        let month = months.partition_point(|month| month.first <= cell).saturating_sub(1);
        let of = months.get(month)?;
        let passed = cell.saturating_sub(of.first) as f32 / of.count.max(1) as f32;
        Some(TimePlace {
            month,
            passed: passed.min(1.0),
        })
    }

    /// The cell at a place in time.
    fn cell_at(&self, place: TimePlace) -> Option<usize> {
        let of = self.content.months.get(place.month)?;
        let passed = (place.passed * of.count as f32) as usize;
        Some(of.first + passed.min(of.count.saturating_sub(1)))
    }

    /// How far to scroll for a place in time to be at the top: with the head above it, where it begins under one.
    fn offset_of(&self, place: TimePlace) -> Option<f32> {
        let line = self.layout.line_of(self.cell_at(place)?)?;
        let above = line.checked_sub(1).and_then(|above| self.layout.line(above));
        let head = above.filter(|line| line.header.is_some());
        head.or_else(|| self.layout.line(line)).map(|line| line.top)
    }

    /// How far to scroll for so many months further down or up. Months that share a line with the one at the top are passed over:
    /// nothing would move.
    fn months_away(&self, steps: i64) -> Option<f32> {
        let at = self.place_in_time()?;
        let start = |month: usize| self.offset_of(TimePlace { month, passed: 0.0 });
        let top = self.on_screen().0;
        let mut lines: Vec<f32> = if steps > 0 {
            let below = (at.month..self.content.months.len()).filter_map(start);
            below.filter(|start| *start > top + 1.0).collect()
        } else {
            let above = (0..=at.month).rev().filter_map(start);
            above.filter(|start| *start < top - 1.0).collect()
        };
        lines.dedup();
        let step = usize::try_from(steps.unsigned_abs()).ok()?.checked_sub(1)?;
        lines.get(step).or(lines.last()).copied()
    }

    /// Selects the first photo of the month below or above the one that the keyboard is on, or that is on screen, and shows it at the
    /// top. Returns whether the photos are in the order of time.
    pub(super) fn step_month(&mut self, selection: &mut Selection, down: bool) -> bool {
        let cursor = selection.cursor.and_then(|row| self.content.position(Cell::Photo(row)));
        let at = cursor.filter(|cell| self.is_on_screen(*cell));
        let at = at.map_or_else(|| self.place_in_time(), |cell| self.time_of_cell(cell));
        let Some(at) = at else { return false };
        let last = self.content.months.len().saturating_sub(1);
        let month = match (down, at.passed > 0.0) {
            (true, _) => (at.month + 1).min(last),
            // First to the beginning of the month that one is in.
            (false, true) => at.month,
            (false, false) => at.month.saturating_sub(1),
        };
        let place = TimePlace { month, passed: 0.0 };
        let cell = self.cell_at(place).and_then(|at| self.content.cells.get(at));
        if let (Some(Cell::Photo(row)), Some(offset)) = (cell.copied(), self.offset_of(place)) {
            selection.set(row);
            self.take_keyboard();
            self.scroll_to(offset);
        }
        true
    }

    fn is_on_screen(&self, cell: usize) -> bool {
        let (top, bottom) = self.on_screen();
        let place = self.layout.place_of(cell, &self.content.aspects);
        place.is_some_and(|place| place.bottom() > top && place.top() < bottom)
    }
}
