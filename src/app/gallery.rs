//! The middle of the window: a virtualised gallery. Only what is on screen is built, whatever the number of photos.

use std::collections::HashSet;

use eframe::egui::{
    Align2, Context, FocusDirection, Id, Key, Modifiers, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, vec2,
};

use refocus_engine::Filter;

use super::action::Action;
use super::commands::UiCommand;
use super::design_tokens::{Tokens, space, text};
use super::gallery_bar::{LeftOut, gallery_bar};
use super::gallery_cells::{CellOutput, CellPlace, cell_id, draw_cell, draw_header};
use super::gallery_content::{Cell, GalleryContent, Showing};
use super::gallery_layout::{GalleryLayout, LayoutParams};
use super::photo_cell::paint_date;
use super::selection::Selection;
use super::typeface::semibold;
use super::view::{Neighbours, View};

/// Heights between which the rows of photos can be chosen, in points.
pub(super) const ROW_HEIGHTS: std::ops::RangeInclusive<f32> = 72.0..=480.0;

/// Height of a section's head in points.
const HEADER_HEIGHT: f32 = 34.0;

/// Room above the first line for the outline of a selected photo, in points.
const TOP_ROOM: f32 = 4.0;

/// The photos in one order or in groups.
#[derive(Debug)]
pub(super) struct Gallery {
    /// Heads of groups that are folded in.
    collapsed: HashSet<String>,
    pub(super) content: GalleryContent,
    pub(super) layout: GalleryLayout,
    params: Option<LayoutParams>,
    dirty: bool,
    to_top: bool,
    goal: Option<f32>,
    offset: f32,
    view_height: f32,
    pointer_over: bool,
    /// The photo under the cursor takes the keyboard when it is drawn.
    focus_cursor: bool,
}

impl Default for Gallery {
    fn default() -> Self {
        Self {
            collapsed: HashSet::new(),
            content: GalleryContent::default(),
            layout: GalleryLayout::default(),
            params: None,
            dirty: true,
            to_top: false,
            goal: None,
            offset: 0.0,
            view_height: 0.0,
            pointer_over: false,
            focus_cursor: false,
        }
    }
}

/// Where the keyboard goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Left,
    Right,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
}

const STEPS: [(Key, Step); 8] = [
    (Key::ArrowLeft, Step::Left),
    (Key::ArrowRight, Step::Right),
    (Key::ArrowUp, Step::Up),
    (Key::ArrowDown, Step::Down),
    (Key::PageUp, Step::PageUp),
    (Key::PageDown, Step::PageDown),
    (Key::Home, Step::First),
    (Key::End, Step::Last),
];

impl Gallery {
    /// Notes that the content has to be built anew. `to_top`: the person asked something new.
    pub(super) fn content_changed(&mut self, to_top: bool) {
        self.dirty = true;
        self.to_top |= to_top;
    }

    /// Whether the content has changed since it was laid out.
    pub(super) fn waits_for_layout(&self) -> bool {
        self.dirty
    }

    /// Whether the order on screen is to stay because the pointer rests on the photos. As long as they leave room below them, new
    /// ones are what a person waits for.
    pub(super) fn holds_order(&self) -> bool {
        self.pointer_over && self.height() > self.view_height
    }

    /// Height of everything in points.
    pub(super) fn height(&self) -> f32 {
        self.layout.height()
    }

    /// Photos that were found and are not shown.
    fn left_out(&self) -> LeftOut {
        LeftOut {
            // In the order of time it is said how many are shown.
            weak: if self.content.months.is_empty() {
                self.content.weak
            } else {
                0
            },
            folded: self.content.folded,
        }
    }

    /// Scrolls to a distance from the top in points.
    pub(super) fn scroll_to(&mut self, offset: f32) {
        self.goal = Some(offset);
    }

    /// What is on screen, as distances from the top of the gallery.
    pub(super) fn on_screen(&self) -> (f32, f32) {
        (self.offset, self.offset + self.view_height)
    }

    /// The photo under the cursor takes the keyboard when it is drawn.
    pub(super) fn take_keyboard(&mut self) {
        self.focus_cursor = true;
    }

    /// Selects all photos that it holds.
    pub(super) fn select_all(&self, selection: &mut Selection) {
        selection.all(&self.content.cells);
    }

    /// Folds all groups in, or opens them.
    pub(super) fn fold_all(&mut self, fold: bool) {
        self.collapsed.clear();
        if fold {
            let heads = self
                .content
                .sections
                .iter()
                .filter_map(|section| section.header.as_ref());
            self.collapsed = heads.filter_map(|head| head.collapse_key.clone()).collect();
        }
        self.content_changed(false);
    }

    /// Rows in the order in which their photos stand on screen; those that are not there last.
    pub(super) fn in_order(&self, mut rows: Vec<u32>) -> Vec<u32> {
        rows.sort_by_cached_key(|row| self.content.position(Cell::Photo(*row)).unwrap_or(usize::MAX));
        rows
    }

    /// All photos in the order on screen.
    pub(super) fn shown_photos(&self) -> Vec<u32> {
        let photos = self.content.cells.iter().filter_map(|cell| match cell {
            Cell::Photo(row) => Some(*row),
            Cell::Outside(_) => None,
        });
        photos.collect()
    }

    /// The first photo in the order on screen.
    pub(super) fn first_photo(&self) -> Option<u32> {
        self.content.cells.iter().find_map(|cell| match cell {
            Cell::Photo(row) => Some(*row),
            Cell::Outside(_) => None,
        })
    }

    /// The photos before and after another in the order on screen.
    pub(super) fn neighbours(&self, row: u32) -> Neighbours {
        let Some(at) = self.content.position(Cell::Photo(row)) else {
            return Neighbours::default();
        };
        let other = |cell: &Cell| match cell {
            Cell::Photo(other) if *other != row => Some(*other),
            Cell::Photo(_) | Cell::Outside(_) => None,
        };
        let cells = &self.content.cells;
        Neighbours {
            before: cells.get(..at).and_then(|cells| cells.iter().rev().find_map(other)),
            after: cells.get(at + 1..).and_then(|cells| cells.iter().find_map(other)),
        }
    }

    /// Moves the view so that a cell is seen whole.
    pub(super) fn reveal(&mut self, cell: Cell) {
        let Some(place) = self
            .content
            .position(cell)
            .and_then(|at| self.layout.place_of(at, &self.content.aspects))
        else {
            return;
        };
        if place.top() < self.offset {
            self.goal = Some((place.top() - space::PHOTO_GAP).max(0.0));
        } else if place.bottom() > self.offset + self.view_height {
            self.goal = Some(place.bottom() - self.view_height + space::PHOTO_GAP);
        }
    }

    /// Moves a selection by a key.
    fn step(&mut self, selection: &mut Selection, step: Step, extend: bool) {
        let cells = &self.content.cells;
        if cells.is_empty() {
            return;
        }
        let position = |row| self.content.position(Cell::Photo(row));
        let at = selection.cursor.and_then(position);
        let aspects = &self.content.aspects;
        let last = cells.len() - 1;
        let goal = match (at, step) {
            (_, Step::Last) => last,
            (_, Step::First) | (None, _) => 0,
            (Some(at), Step::Left) => at.saturating_sub(1),
            (Some(at), Step::Right) => (at + 1).min(last),
            (Some(at), Step::Up) => self.layout.vertical_neighbour(at, aspects, false).unwrap_or(at),
            (Some(at), Step::Down) => self.layout.vertical_neighbour(at, aspects, true).unwrap_or(at),
            (Some(at), Step::PageUp | Step::PageDown) => self.page(at, step == Step::PageDown),
        };
        let forward = !matches!(step, Step::Left | Step::Up | Step::PageUp | Step::Last);
        let Some(row) = nearest_photo(cells, goal, forward) else {
            return;
        };
        if extend {
            selection.extend(row, cells, position);
        } else {
            selection.set(row);
        }
        self.focus_cursor = true;
        self.reveal(Cell::Photo(row));
    }

    fn page(&self, from: usize, down: bool) -> usize {
        let aspects = &self.content.aspects;
        let mut at = from;
        let Some(start) = self.layout.place_of(from, aspects) else {
            return from;
        };
        while let Some(next) = self.layout.vertical_neighbour(at, aspects, down) {
            at = next;
            let moved = self
                .layout
                .place_of(at, aspects)
                .map_or(f32::MAX, |place| (place.top() - start.top()).abs());
            if moved >= self.view_height * 0.8 {
                break;
            }
        }
        at
    }

    fn anchor(&self) -> Option<(Cell, f32)> {
        if self.to_top || self.offset < 1.0 {
            return None;
        }
        let lines = self.layout.lines_between(self.offset, self.offset + self.view_height);
        let line = lines
            .filter_map(|line| self.layout.line(line))
            .find(|line| !line.cells.is_empty())?;
        let cell = *self.content.cells.get(line.cells.start)?;
        Some((cell, line.top - self.offset))
    }
}

/// The photo at a cell or, where that is a picture from outside, the nearest one beyond.
fn nearest_photo(cells: &[Cell], at: usize, forward: bool) -> Option<u32> {
    let row = |cell: &Cell| match cell {
        Cell::Photo(row) => Some(*row),
        Cell::Outside(_) => None,
    };
    let ahead = cells.get(at..)?.iter().find_map(row);
    let behind = cells.get(..=at)?.iter().rev().find_map(row);
    if forward { ahead.or(behind) } else { behind.or(ahead) }
}

/// Whether the keyboard is on a photo of the gallery.
pub(super) fn has_keyboard(focused: Id, selection: &Selection) -> bool {
    let cursor = selection.cursor;
    cursor.is_some_and(|row| focused == cell_id(row, true) || focused == cell_id(row, false))
}

impl Gallery {
    /// Moves the selection by the keys pressed in this frame, where they are the gallery's.
    pub(super) fn keys(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let mut selection = None;
        for (key, step) in STEPS {
            for (modifiers, extend) in [(Modifiers::SHIFT, true), (Modifiers::NONE, false)] {
                if ctx.input_mut(|input| input.consume_key(modifiers, key)) {
                    let selection = selection.get_or_insert_with(|| view.selection.clone());
                    self.step(selection, step, extend);
                    // The arrow has moved the keyboard: egui is not to move it on from there.
                    ctx.memory_mut(|memory| memory.move_focus(FocusDirection::None));
                }
            }
        }
        selection.map(Action::Select).into_iter().collect()
    }

    /// Selects the first photo, for a keyboard that comes from a field.
    pub(super) fn enter(&mut self, selection: &mut Selection) {
        self.step(selection, Step::First, false);
    }

    /// Draws the photos.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut done = CellOutput::default();
        gallery_bar(ui, view, self.left_out(), &mut done.actions);
        let inner = ui.available_rect_before_wrap().shrink2(vec2(space::MEDIUM, 0.0));
        self.update_layout(view, inner.width());
        if self.content.cells.is_empty() && self.content.sections.is_empty() {
            empty_gallery(ui, view, &mut done.actions);
            return done.actions;
        }
        // Photos need no fading to say that there are more.
        ui.spacing_mut().scroll.fade.strength = 0.0;
        let mut area = ScrollArea::vertical().id_salt("gallery").auto_shrink(false);
        if let Some(goal) = self.goal.take() {
            let most = (self.layout.height() - inner.height()).max(0.0);
            area = area.vertical_scroll_offset(goal.clamp(0.0, most));
        }
        let whole = ui.available_rect_before_wrap();
        let (photos, strip) = whole.split_left_right_at_x(whole.right() - self.strip_width());
        let output = ui.scope_builder(UiBuilder::new().max_rect(photos), |ui| {
            area.show_viewport(ui, |ui, viewport| self.draw_visible(ui, view, viewport, &mut done))
        });
        let output = output.inner;
        self.offset = output.state.clamped_offset().y;
        self.view_height = output.inner_rect.height();
        let over = ui
            .ctx()
            .pointer_hover_pos()
            .is_some_and(|at| output.inner_rect.contains(at) && ui.rect_contains_pointer(output.inner_rect));
        self.time_strip(ui, strip);
        if over {
            let zoom = ui.input(|input| input.zoom_delta());
            if (zoom - 1.0).abs() > 1e-3 {
                done.actions.push(Action::SetRowHeight(view.settings.row_height * zoom));
            }
        } else if self.pointer_over && view.search.deferred.is_some() {
            done.actions.push(Action::ReleaseOrder);
        }
        self.pointer_over = over;
        if let Some((row, modifiers)) = done.clicked {
            done.actions
                .insert(0, Action::Select(self.clicked(&view.selection, row, modifiers)));
        }
        if let Some(key) = done.folded {
            if !self.collapsed.remove(&key) {
                self.collapsed.insert(key);
            }
            self.content_changed(false);
            ui.ctx().request_repaint();
        }
        done.actions
    }

    /// What is selected after a click.
    fn clicked(&self, before: &Selection, row: u32, modifiers: Modifiers) -> Selection {
        let mut selection = before.clone();
        if modifiers.shift {
            let position = |row| self.content.position(Cell::Photo(row));
            selection.extend(row, &self.content.cells, position);
        } else if modifiers.command {
            selection.toggle(row);
        } else {
            selection.set(row);
        }
        selection
    }

    /// Builds content and lines where what they are made from has changed.
    fn update_layout(&mut self, view: &View, width: f32) {
        let params = |strip: f32| LayoutParams {
            width: width - strip,
            row_height: view.settings.row_height,
            gap: space::PHOTO_GAP,
            header_height: HEADER_HEIGHT,
        };
        if !self.dirty && self.params == Some(params(self.strip_width())) {
            return;
        }
        view.passes.note();
        let anchor = self.anchor();
        if self.dirty {
            self.content = GalleryContent::new(
                &view.library,
                view.search.results.as_deref(),
                &view.search.request.references,
                &view.outside.aspects(),
                &Showing {
                    collapsed: &self.collapsed,
                    view: view.search.request.view,
                    hide_weak: view.hide_weak,
                },
            );
        }
        let params = params(self.strip_width());
        self.layout = GalleryLayout::new(&self.content.aspects, &self.content.spans(), params);
        self.params = Some(params);
        if self.to_top {
            self.goal = Some(0.0);
        } else if let Some((cell, below_top)) = anchor
            && let Some(at) = self.content.position(cell)
            && let Some(place) = self.layout.place_of(at, &self.content.aspects)
        {
            self.goal = Some((place.top() - below_top).max(0.0));
        }
        self.dirty = false;
        self.to_top = false;
    }

    fn draw_visible(&mut self, ui: &mut Ui, view: &View, viewport: Rect, done: &mut CellOutput) {
        ui.set_height(self.layout.height() + TOP_ROOM + space::MEDIUM);
        ui.set_width(ui.available_width());
        let origin = ui.max_rect().min + vec2(space::MEDIUM, TOP_ROOM);
        let visible = self.layout.lines_between(viewport.top() - TOP_ROOM, viewport.bottom());
        for line in visible.clone().filter_map(|index| self.layout.line(index)) {
            if let Some(section) = line.header {
                let width = self.params.map_or(0.0, |params| params.width);
                let rect = Rect::from_min_size(origin + vec2(0.0, line.top), vec2(width, line.height));
                let header = self.content.sections.get(section);
                if let Some(header) = header.and_then(|section| section.header.as_ref()) {
                    let key = header.collapse_key.as_ref();
                    let folded = key.is_some_and(|key| self.collapsed.contains(key));
                    draw_header(ui, rect, header, folded, done);
                }
                continue;
            }
            for (index, rect) in self.layout.places(line, &self.content.aspects) {
                let Some(&cell) = self.content.cells.get(index) else {
                    continue;
                };
                let place = CellPlace {
                    rect: rect.translate(origin.to_vec2()),
                    among_references: index < self.content.references,
                    place: self.content.places.get(index).copied().flatten(),
                    stands_for: self.content.stands_for(cell),
                    takes_keyboard: self.focus_cursor,
                };
                draw_cell(ui, view, cell, &place, done);
            }
        }
        for (rect, date) in done.dates.drain(..) {
            paint_date(ui.painter(), rect, &date);
        }
        self.prefetch(view, visible, ui.pixels_per_point());
        self.focus_cursor = false;
    }

    /// Wants the photos a screen below and half a screen above.
    fn prefetch(&self, view: &View, visible: std::ops::Range<usize>, pixels_per_point: f32) {
        let count = visible.len().max(1);
        let near =
            (visible.end..visible.end + count).chain((visible.start.saturating_sub(count / 2)..visible.start).rev());
        for line in near.filter_map(|index| self.layout.line(index)) {
            for (cell, place) in self.layout.places(line, &self.content.aspects) {
                if let Some(Cell::Photo(row)) = self.content.cells.get(cell)
                    && let Some(photo) = view.library.photo(*row)
                {
                    let pixels = place.size().max_elem() * pixels_per_point;
                    view.thumbnails.prefetch(*row, photo, pixels);
                }
            }
        }
    }
}

fn empty_gallery(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let filter = &view.search.request.filter;
    let filtered = !filter.is_empty();
    let only_album = filter.album.is_some()
        && Filter {
            album: None,
            ..filter.clone()
        }
        .is_empty();
    let text_now = if view.search.results.is_none() && view.library.known {
        "Opening the library\u{2026}"
    } else if only_album && view.library.photos > 0 {
        "This album is empty. Drag photos to it, or select some and press A"
    } else if view.search.request.narrows_by_text() && view.library.photos > 0 {
        "No photo with these words in it"
    } else if view.library.indexing() || !view.library.known {
        "Photos appear here as they are found"
    } else if filtered && view.library.photos > 0 {
        "No photo passes the filters"
    } else if view.library.photos == 0 {
        "No photos in these folders"
    } else {
        "Nothing to show"
    };
    if filtered && view.library.photos > 0 {
        let at = ui.available_rect_before_wrap().center() + vec2(0.0, 36.0);
        let place = Rect::from_center_size(at, vec2(160.0, 32.0));
        let title = UiCommand::ClearFilters.info().map_or("", |info| info.title);
        if ui.place(place, eframe::egui::Button::new(title)).clicked() {
            actions.push(Action::Run(UiCommand::ClearFilters));
        }
    }
    let rect = ui.available_rect_before_wrap();
    let said = ui.interact(rect, Id::unique("empty gallery"), Sense::HOVER);
    said.widget_info(|| WidgetInfo::labeled(Role::Label, true, text_now));
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        text_now,
        semibold(text::HEADING),
        tokens.text_faint,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::OutsideId;

    #[test]
    fn the_keyboard_passes_over_pictures_from_outside() {
        let cells = [Cell::Outside(OutsideId(1)), Cell::Photo(7), Cell::Photo(8)];
        assert_eq!(nearest_photo(&cells, 0, true), Some(7));
        assert_eq!(nearest_photo(&cells, 0, false), Some(7));
        assert_eq!(nearest_photo(&cells, 2, false), Some(8));
        assert_eq!(nearest_photo(&[Cell::Outside(OutsideId(1))], 0, true), None);
    }
}
