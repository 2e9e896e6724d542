//! The middle of the window: a virtualised gallery. Only what is on screen is built, whatever the number of photos.

use std::collections::{HashMap, HashSet};

use eframe::egui::{Align2, Context, Id, Key, Modifiers, Popup, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

use refocus_engine::{OutsideId, ReferenceSource};

use super::application::{OutsideState, RefocusApp};
use super::commands::UiCommand;
use super::design_tokens::{Tokens, font, space, text};
use super::gallery_cells::{CellAction, cell_id, draw_header};
use super::gallery_content::{Cell, GalleryContent, Showing};
use super::gallery_layout::{GalleryLayout, LayoutParams};
use super::selection::Selection;

/// Heights between which the rows of photos can be chosen, in points.
pub(super) const ROW_HEIGHTS: std::ops::RangeInclusive<f32> = 72.0..=480.0;

/// Height of a section's head in points.
const HEADER_HEIGHT: f32 = 34.0;

/// Room above the first line for the outline of a selected photo, in points.
const TOP_ROOM: f32 = 4.0;

/// State of the gallery that is only about the screen.
#[derive(Debug)]
pub(super) struct Gallery {
    /// Selected photos.
    pub(super) selection: Selection,
    /// Heads of groups that are folded in.
    pub(super) collapsed: HashSet<String>,
    /// Height that rows come close to, in points.
    pub(super) row_height: f32,
    pub(super) content: GalleryContent,
    layout: GalleryLayout,
    params: Option<LayoutParams>,
    dirty: bool,
    to_top: bool,
    goal: Option<f32>,
    offset: f32,
    view_height: f32,
    pointer_over: bool,
    pub(super) focus_cursor: bool,
}

impl Default for Gallery {
    fn default() -> Self {
        Self {
            selection: Selection::default(),
            collapsed: HashSet::new(),
            row_height: 176.0,
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

    /// Near-duplicates that are not shown.
    pub(super) fn folded(&self) -> usize {
        self.content.folded
    }

    /// Weak matches that are not shown.
    pub(super) fn weak(&self) -> usize {
        self.content.weak
    }

    /// Scrolls to a distance from the top in points.
    pub(super) fn scroll_to(&mut self, offset: f32) {
        self.goal = Some(offset);
    }

    /// Selects all photos on screen.
    pub(super) fn select_all(&mut self) {
        self.selection.all(&self.content.cells);
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

    /// The photo before or after the cursor in the order on screen.
    pub(super) fn neighbour(&self, row: u32, forward: bool) -> Option<u32> {
        let at = self.content.position(Cell::Photo(row))?;
        let mut beside: Box<dyn Iterator<Item = &Cell>> = if forward {
            Box::new(self.content.cells.get(at + 1..)?.iter())
        } else {
            Box::new(self.content.cells.get(..at)?.iter().rev())
        };
        beside.find_map(|cell| match cell {
            Cell::Photo(other) if *other != row => Some(*other),
            _ => None,
        })
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

    fn step(&mut self, step: Step, extend: bool) {
        let cells = &self.content.cells;
        if cells.is_empty() {
            return;
        }
        let at = self
            .selection
            .cursor
            .and_then(|row| self.content.position(Cell::Photo(row)));
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
            self.selection.extend(row, cells);
        } else {
            self.selection.set(row);
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

impl RefocusApp {
    /// Whether keys go to the gallery: no other control has the keyboard.
    pub(super) fn gallery_has_keyboard(&self, ctx: &Context) -> bool {
        let Some(focused) = ctx.memory(|memory| memory.focused()) else {
            return true;
        };
        let cursor = self.gallery.selection.cursor;
        cursor.is_some_and(|row| focused == cell_id(row, true) || focused == cell_id(row, false))
            || self.compare_has_keyboard(focused)
    }

    /// Moves the selection by the keys pressed in this frame.
    pub(super) fn move_by_keys(&mut self, ctx: &Context) {
        if !self.gallery_has_keyboard(ctx) || Popup::is_any_open(ctx) {
            return;
        }
        for (key, step) in STEPS {
            if ctx.input_mut(|input| input.consume_key(Modifiers::SHIFT, key)) {
                self.gallery.step(step, true);
            } else if ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                self.gallery.step(step, false);
            }
        }
    }

    /// Selects the first photo, for a keyboard that comes from a field.
    pub(super) fn enter_gallery(&mut self) {
        self.gallery.step(Step::First, false);
    }

    /// Draws the photos.
    pub(super) fn gallery_view(&mut self, ui: &mut Ui) {
        self.gallery_bar(ui);
        let inner = ui.available_rect_before_wrap().shrink2(vec2(space::MEDIUM, 0.0));
        self.update_layout(inner.width());
        if self.gallery.content.cells.is_empty() && self.gallery.content.sections.is_empty() {
            self.empty_gallery(ui);
            return;
        }
        // Photos need no fading to say that there are more.
        ui.spacing_mut().scroll.fade.strength = 0.0;
        let mut area = ScrollArea::vertical().id_salt("gallery").auto_shrink(false);
        if let Some(goal) = self.gallery.goal.take() {
            let most = (self.gallery.layout.height() - inner.height()).max(0.0);
            area = area.vertical_scroll_offset(goal.clamp(0.0, most));
        }
        let mut actions = Vec::new();
        let output = area.show_viewport(ui, |ui, viewport| self.draw_visible(ui, viewport, &mut actions));
        self.gallery.offset = output.state.clamped_offset().y;
        self.gallery.view_height = output.inner_rect.height();
        let over = ui
            .ctx()
            .pointer_hover_pos()
            .is_some_and(|at| output.inner_rect.contains(at) && ui.rect_contains_pointer(output.inner_rect));
        if over {
            let zoom = ui.input(|input| input.zoom_delta());
            if (zoom - 1.0).abs() > 1e-3 {
                self.set_row_height(self.gallery.row_height * zoom);
            }
        } else if self.gallery.pointer_over && self.search.release() {
            self.gallery.content_changed(false);
            ui.ctx().request_repaint();
        }
        self.gallery.pointer_over = over;
        for action in actions {
            self.act_on_cell(ui.ctx(), action);
        }
    }

    /// Sets the height of the rows within its range.
    pub(super) fn set_row_height(&mut self, height: f32) {
        self.gallery.row_height = height.clamp(*ROW_HEIGHTS.start(), *ROW_HEIGHTS.end());
    }

    fn update_layout(&mut self, width: f32) {
        let params = LayoutParams {
            width,
            row_height: self.gallery.row_height,
            gap: space::PHOTO_GAP,
            header_height: HEADER_HEIGHT,
        };
        if !self.gallery.dirty && self.gallery.params == Some(params) {
            return;
        }
        let anchor = self.gallery.anchor();
        if self.gallery.dirty {
            let outside: HashMap<OutsideId, f32> = self
                .outside
                .iter()
                .filter_map(|(id, picture)| match &picture.state {
                    OutsideState::Ready(picture) => Some((*id, picture.size().x / picture.size().y)),
                    _ => None,
                })
                .collect();
            self.gallery.content = GalleryContent::new(
                &self.library,
                self.search.results.as_deref(),
                &self.search.request.references,
                &outside,
                &Showing {
                    collapsed: &self.gallery.collapsed,
                    view: self.search.request.view,
                    hide_weak: self.panels.hide_weak,
                },
            );
        }
        let gallery = &mut self.gallery;
        gallery.layout = GalleryLayout::new(&gallery.content.aspects, &gallery.content.spans(), params);
        gallery.params = Some(params);
        if gallery.to_top {
            gallery.goal = Some(0.0);
        } else if let Some((cell, below_top)) = anchor
            && let Some(at) = gallery.content.position(cell)
            && let Some(place) = gallery.layout.place_of(at, &gallery.content.aspects)
        {
            gallery.goal = Some((place.top() - below_top).max(0.0));
        }
        gallery.dirty = false;
        gallery.to_top = false;
    }

    fn draw_visible(&mut self, ui: &mut Ui, viewport: Rect, actions: &mut Vec<CellAction>) {
        ui.set_height(self.gallery.layout.height() + TOP_ROOM + space::MEDIUM);
        ui.set_width(ui.available_width());
        let origin = ui.max_rect().min + vec2(space::MEDIUM, TOP_ROOM);
        let visible = self
            .gallery
            .layout
            .lines_between(viewport.top() - TOP_ROOM, viewport.bottom());
        for index in visible.clone() {
            let Some(line) = self.gallery.layout.line(index).cloned() else {
                continue;
            };
            if let Some(section) = line.header {
                let width = self.gallery.params.map_or(0.0, |params| params.width);
                let rect = Rect::from_min_size(origin + vec2(0.0, line.top), vec2(width, line.height));
                let header = self.gallery.content.sections.get(section);
                if let Some(header) = header.and_then(|section| section.header.as_ref()) {
                    let folded = header
                        .collapse_key
                        .as_ref()
                        .is_some_and(|key| self.gallery.collapsed.contains(key));
                    draw_header(ui, rect, header, folded, actions);
                }
                continue;
            }
            let places: Vec<(usize, Rect)> = self
                .gallery
                .layout
                .places(&line, &self.gallery.content.aspects)
                .collect();
            for (cell, place) in places {
                self.draw_cell(ui, cell, place.translate(origin.to_vec2()), actions);
            }
        }
        self.prefetch(visible, ui.pixels_per_point());
        self.gallery.focus_cursor = false;
    }

    /// Wants the photos a screen below and half a screen above.
    fn prefetch(&mut self, visible: std::ops::Range<usize>, pixels_per_point: f32) {
        let count = visible.len().max(1);
        let near =
            (visible.end..visible.end + count).chain((visible.start.saturating_sub(count / 2)..visible.start).rev());
        for index in near {
            let Some(line) = self.gallery.layout.line(index) else {
                continue;
            };
            for (cell, place) in self.gallery.layout.places(line, &self.gallery.content.aspects) {
                if let Some(Cell::Photo(row)) = self.gallery.content.cells.get(cell)
                    && let Some(photo) = self.library.photo(*row)
                {
                    self.textures
                        .prefetch(*row, photo, place.size().max_elem() * pixels_per_point);
                }
            }
        }
    }

    fn act_on_cell(&mut self, ctx: &Context, action: CellAction) {
        match action {
            CellAction::Click(row, modifiers) => {
                if modifiers.shift {
                    self.gallery.selection.extend(row, &self.gallery.content.cells);
                } else if modifiers.command {
                    self.gallery.selection.toggle(row);
                } else {
                    self.gallery.selection.set(row);
                }
            }
            CellAction::Open(row) => {
                self.gallery.selection.set(row);
                self.open_lightbox(ctx, row);
            }
            CellAction::Reference(row, positive) => {
                if let Some(photo) = self.library.photo(row) {
                    let source = ReferenceSource::Library(photo.id);
                    self.search.toggle_reference(source, positive);
                }
            }
            CellAction::DropOutside(id) => self.drop_reference(ReferenceSource::Outside(id)),
            CellAction::Fold(key) => {
                if !self.gallery.collapsed.remove(&key) {
                    self.gallery.collapsed.insert(key);
                }
                self.gallery.content_changed(false);
            }
            CellAction::OnlyGroup(rows) => self.show_only(&rows),
            CellAction::CompareWithGroup(rows) => self.compare_with_group(&rows),
        }
    }

    fn empty_gallery(&mut self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        let filtered = !self.search.request.filter.is_empty();
        let text_now = if self.library.indexing() || !self.library.known {
            "Photos appear here as they are found"
        } else if filtered && self.library.photos > 0 {
            "No photo passes the filters"
        } else if self.library.photos == 0 {
            "No photos in these folders"
        } else {
            "Nothing to show"
        };
        if filtered && self.library.photos > 0 {
            let at = ui.available_rect_before_wrap().center() + vec2(0.0, 36.0);
            let place = Rect::from_center_size(at, vec2(160.0, 32.0));
            let title = UiCommand::ClearFilters.info().map_or("", |info| info.title);
            if ui.place(place, eframe::egui::Button::new(title)).clicked() {
                self.clear_filters();
            }
        }
        let rect = ui.available_rect_before_wrap();
        let said = ui.interact(rect, Id::unique("empty gallery"), Sense::HOVER);
        said.widget_info(|| WidgetInfo::labeled(Role::Label, true, text_now));
        ui.painter().text(
            rect.center(),
            Align2::CENTER_CENTER,
            text_now,
            font(text::HEADING),
            tokens.text_faint,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyboard_passes_over_pictures_from_outside() {
        let cells = [Cell::Outside(OutsideId(1)), Cell::Photo(7), Cell::Photo(8)];
        assert_eq!(nearest_photo(&cells, 0, true), Some(7));
        assert_eq!(nearest_photo(&cells, 0, false), Some(7));
        assert_eq!(nearest_photo(&cells, 2, false), Some(8));
        assert_eq!(nearest_photo(&[Cell::Outside(OutsideId(1))], 0, true), None);
    }
}
