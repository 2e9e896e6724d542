//! Up to four focuses side by side over the same references: what a focus changes.

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{
    Align2, Context, Id, Key, Modifiers, PointerButton, Rect, RichText, Role, ScrollArea, Sense, Ui, UiBuilder, Vec2,
    WidgetInfo, pos2, vec2,
};

use refocus_engine::{FOLDED, MOST_COLUMNS, ReferenceSource, SearchResults, ViewKind};

use super::application::RefocusApp;
use super::controls::{ClearableField, grouped, icon_button, one_line, photos};
use super::design_tokens::{Tokens, font, space, text};
use super::gallery_content::Place;
use super::gallery_layout::{GalleryLayout, LayoutParams, SectionSpan};
use super::icons::Icon;
use super::library_state::{LibraryState, file_name};
use super::photo_cell::{self, CellLook};
use super::top_bar::FOCUSES;

/// Narrowest column in points; where there is no room for more, the view scrolls sideways.
const NARROWEST: f32 = 190.0;

/// Height of a column's head in points: its focus, and what it says of the photo under the pointer.
const HEAD: f32 = space::CONTROL + 26.0;

/// State of the comparison that is only about the screen.
#[derive(Debug, Default)]
pub(super) struct CompareView {
    /// The focuses, one a column; an empty one is plain similarity.
    pub(super) focuses: Vec<String>,
    columns: Vec<ShownColumn>,
    hovered: Option<u32>,
    /// The column that the keyboard is in.
    active: usize,
    /// What the columns were made from.
    made_from: Option<(Arc<SearchResults>, bool)>,
}

/// One column on screen.
#[derive(Debug, Default)]
struct ShownColumn {
    rows: Vec<u32>,
    aspects: Vec<f32>,
    places: Vec<Place>,
    /// Where each row stands in `rows`.
    at: HashMap<u32, usize>,
    /// Place in the answer of rows that are not shown (weak, folded), too.
    ranks: HashMap<u32, u32>,
    layout: GalleryLayout,
    params: Option<LayoutParams>,
    goal: Option<f32>,
    offset: f32,
    view_height: f32,
}

impl ShownColumn {
    fn new(library: &LibraryState, results: &SearchResults, hide_weak: bool) -> Self {
        let mut column = Self::default();
        let strong = results.strong.filter(|_| hide_weak).unwrap_or(results.ranked);
        for (rank, &row) in results.order.iter().enumerate().take(results.ranked) {
            column.ranks.insert(row, rank as u32);
            let folded = results.folds.get(rank).is_some_and(|&fold| fold == FOLDED);
            if rank >= strong || folded {
                continue;
            }
            column.at.insert(row, column.rows.len());
            column.rows.push(row);
            column
                .aspects
                .push(library.aspects.get(row as usize).copied().unwrap_or(1.0));
            column.places.push(Place {
                rank: rank as u32,
                plain_rank: results.plain_ranks.get(rank).copied(),
                ranked: true,
            });
        }
        column
    }

    fn lay_out(&mut self, width: f32, row_height: f32) {
        let params = LayoutParams {
            width,
            row_height,
            gap: space::PHOTO_GAP,
            header_height: 0.0,
        };
        if self.params != Some(params) {
            let all = SectionSpan {
                header: false,
                cells: 0..self.rows.len(),
            };
            self.layout = GalleryLayout::new(&self.aspects, &[all], params);
            self.params = Some(params);
        }
    }

    /// Moves the view so that a photo is seen whole.
    fn reveal(&mut self, row: u32) {
        let place = self
            .at
            .get(&row)
            .and_then(|&at| self.layout.place_of(at, &self.aspects));
        if let Some(place) = place
            && (place.top() < self.offset || place.bottom() > self.offset + self.view_height)
        {
            self.goal = Some((place.center().y - self.view_height / 2.0).max(0.0));
        }
    }
}

impl CompareView {
    /// A comparison of these focuses.
    pub(super) fn of(focuses: Vec<String>) -> Self {
        Self {
            focuses,
            ..Self::default()
        }
    }

    /// The photo before or after another in the column that the keyboard is in.
    pub(super) fn neighbour(&self, row: u32, forward: bool) -> Option<u32> {
        let column = self.columns.get(self.active)?;
        let at = *column.at.get(&row)?;
        let next = if forward { at + 1 } else { at.checked_sub(1)? };
        column.rows.get(next).copied()
    }

    /// Gives a first comparison its focuses: plain similarity, the one that was typed, and ready-made ones.
    pub(super) fn start(&mut self, focus: &str) {
        if !self.focuses.is_empty() {
            return;
        }
        self.focuses.push(String::new());
        let typed = Some(focus.trim()).filter(|focus| !focus.is_empty());
        let ready = FOCUSES.iter().skip(1).map(|(_, instruction)| *instruction);
        let others = typed.into_iter().chain(ready.filter(|other| Some(*other) != typed));
        self.focuses.extend(others.take(2).map(str::to_owned));
    }
}

fn compare_cell(column: usize, row: u32) -> Id {
    Id::unique(("compared photo", column, row))
}

/// What was done in a column.
#[derive(Clone, Copy)]
enum ColumnAction {
    Select(u32, Modifiers),
    Open(u32),
}

impl RefocusApp {
    /// Whether the keyboard is on the chosen photo of a column.
    pub(super) fn compare_has_keyboard(&self, focused: Id) -> bool {
        let cursor = self.gallery.selection.cursor;
        cursor.is_some_and(|row| (0..MOST_COLUMNS).any(|column| focused == compare_cell(column, row)))
    }

    /// Draws the comparison.
    pub(super) fn compare_view(&mut self, ui: &mut Ui) {
        self.gallery_bar(ui);
        let nothing = self.search.request.references.is_empty() && self.search.request.find.trim().is_empty();
        self.make_columns();
        let mut compare = std::mem::take(&mut self.compare);
        let add = if compare.focuses.len() < MOST_COLUMNS {
            space::CONTROL + space::SMALL
        } else {
            0.0
        };
        let count = compare.focuses.len().max(1) as f32;
        let inner = ui.available_rect_before_wrap().shrink2(vec2(space::MEDIUM, 0.0));
        let width = ((inner.width() - add - space::MEDIUM * (count - 1.0)) / count).max(NARROWEST);
        let mut hovered = None;
        let mut actions = Vec::new();
        let mut removed = None;
        // Columns that a narrow window has no room for are reached by scrolling sideways.
        ScrollArea::horizontal()
            .id_salt("columns")
            .auto_shrink(false)
            .show(ui, |ui| {
                let columns = compare.focuses.len();
                let wide = columns as f32 * (width + space::MEDIUM) + add + space::MEDIUM - 1.0;
                let (whole, _) = ui.allocate_exact_size(vec2(wide, inner.height()), Sense::hover());
                let left = |column: usize| whole.left() + space::MEDIUM + column as f32 * (width + space::MEDIUM);
                for column in 0..columns {
                    let rect = Rect::from_min_size(pos2(left(column), whole.top()), vec2(width, inner.height()));
                    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(("column", column)));
                    if self.column_head(&mut child, &mut compare, column, width) {
                        removed = Some(column);
                    }
                    if nothing {
                        self.nothing_to_compare(&child, rect);
                    } else {
                        self.column_photos(&mut child, &mut compare, column, &mut hovered, &mut actions);
                    }
                }
                if add > 0.0 {
                    let at = pos2(left(columns) - space::SMALL, whole.top());
                    let at = Rect::from_min_size(at, Vec2::splat(space::CONTROL));
                    let mut child = ui.new_child(UiBuilder::new().max_rect(at));
                    if icon_button(&mut child, Icon::Plus, "Compare with another focus", false).clicked() {
                        let next = FOCUSES.iter().map(|(_, instruction)| *instruction);
                        let next = next
                            .skip(1)
                            .find(|focus| !compare.focuses.iter().any(|other| other == focus));
                        compare.focuses.push(next.unwrap_or_default().to_owned());
                    }
                }
            });
        if hovered != compare.hovered {
            ui.ctx().request_repaint();
        }
        compare.hovered = hovered;
        if let Some(column) = removed {
            compare.focuses.remove(column);
            compare.active = compare.active.min(compare.focuses.len().saturating_sub(1));
        }
        self.compare = compare;
        for (column, action) in actions {
            self.act_in_column(ui.ctx(), column, action);
        }
    }

    fn make_columns(&mut self) {
        let Some(results) = self.search.results.clone() else {
            return;
        };
        let hide_weak = self.panels.hide_weak;
        let same = self
            .compare
            .made_from
            .as_ref()
            .is_some_and(|(of, weak)| Arc::ptr_eq(of, &results) && *weak == hide_weak);
        if same {
            return;
        }
        let before = std::mem::take(&mut self.compare.columns);
        let asked = self.compare.made_from.as_ref().map(|(of, _)| of.ranked) != Some(results.ranked);
        self.compare.columns = results
            .columns
            .iter()
            .map(|column| ShownColumn::new(&self.library, &column.results, hide_weak))
            .collect();
        for (new, old) in self.compare.columns.iter_mut().zip(before) {
            let kept = !asked && new.rows == old.rows;
            new.goal = Some(if kept { old.offset } else { 0.0 });
        }
        self.compare.made_from = Some((results, hide_weak));
    }

    /// The focus of a column, and where in it the photo under the pointer stands; returns whether the column is to go.
    fn column_head(&self, ui: &mut Ui, compare: &mut CompareView, column: usize, width: f32) -> bool {
        let tokens = Tokens::of(ui);
        let several = compare.focuses.len() > 1;
        let mut remove = false;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let button = if several { space::CONTROL } else { 0.0 };
            let name = format!("Focus of column {}", column + 1);
            if let Some(focus) = compare.focuses.get_mut(column) {
                ClearableField {
                    id: Id::unique(("compared focus", column)),
                    icon: Icon::Focus,
                    name: &name,
                    hint: "Plain similarity",
                    width: width - button - 2.0,
                }
                .show(ui, focus);
            }
            if several {
                let name = format!("Remove column {}", column + 1);
                remove = icon_button(ui, Icon::Minus, &name, false).clicked();
            }
        });
        let pointed = compare.hovered.or(self.gallery.selection.cursor);
        let line = match (compare.columns.get(column), pointed) {
            (Some(shown), Some(row)) => {
                let name = self.library.photo(row).map(file_name).unwrap_or_default();
                match shown.ranks.get(&row) {
                    Some(rank) => format!("no. {} \u{b7} {name}", grouped(*rank as usize + 1)),
                    None => format!("not here \u{b7} {name}"),
                }
            }
            (Some(shown), None) => photos(shown.rows.len()),
            (None, _) => String::new(),
        };
        let color = if compare.hovered.is_some() {
            tokens.text
        } else {
            tokens.text_faint
        };
        one_line(ui, RichText::new(line).size(text::SMALL).color(color));
        remove
    }

    fn nothing_to_compare(&self, ui: &Ui, rect: Rect) {
        let lines = ["Choose a reference:", "press + on a photo", "in the grid"];
        for (index, line) in lines.iter().enumerate() {
            let at = rect.center() + vec2(0.0, 22.0 * (index as f32 - 1.0));
            let color = Tokens::of(ui).text_faint;
            ui.painter()
                .text(at, Align2::CENTER_CENTER, line, font(text::BODY), color);
        }
    }

    fn column_photos(
        &mut self,
        ui: &mut Ui,
        compare: &mut CompareView,
        column: usize,
        hovered: &mut Option<u32>,
        actions: &mut Vec<(usize, ColumnAction)>,
    ) {
        let pointed = compare.hovered;
        let Some(shown) = compare.columns.get_mut(column) else {
            return;
        };
        let room = ui.max_rect().width() - space::SMALL;
        shown.lay_out(room, self.gallery.row_height.min(room * 0.75));
        let height = shown.layout.height();
        let view = ui.max_rect().height() - HEAD;
        let mut area = ScrollArea::vertical().id_salt(("compare", column)).auto_shrink(false);
        if let Some(goal) = shown.goal.take() {
            area = area.vertical_scroll_offset(goal.clamp(0.0, (height - view).max(0.0)));
        }
        let output = area.show_viewport(ui, |ui, viewport| {
            ui.set_height(height + space::MEDIUM);
            ui.set_width(ui.available_width());
            let origin = ui.max_rect().min + vec2(4.0, 4.0);
            for line in shown.layout.lines_between(viewport.top(), viewport.bottom()) {
                let Some(line) = shown.layout.line(line) else { continue };
                for (at, place) in shown.layout.places(line, &shown.aspects) {
                    let (Some(&row), Some(&rank)) = (shown.rows.get(at), shown.places.get(at)) else {
                        continue;
                    };
                    let rect = place.translate(origin.to_vec2());
                    let cell = (column, row, rank);
                    if self.compared_photo(ui, cell, rect, pointed == Some(row), actions) {
                        *hovered = Some(row);
                    }
                }
            }
        });
        shown.offset = output.state.clamped_offset().y;
        shown.view_height = output.inner_rect.height();
    }

    /// Draws a photo of a column; returns whether the pointer is on it.
    fn compared_photo(
        &mut self,
        ui: &Ui,
        (column, row, place): (usize, u32, Place),
        rect: Rect,
        pointed: bool,
        actions: &mut Vec<(usize, ColumnAction)>,
    ) -> bool {
        let Some(photo) = self.library.rows.get(row) else {
            return false;
        };
        let cursor = self.gallery.selection.cursor == Some(row);
        let sense = if cursor { Sense::click() } else { Sense::CLICK };
        let response = ui.interact(rect, compare_cell(column, row), sense);
        let name = file_name(photo);
        let selected = self.gallery.selection.rows.contains(&row);
        response.widget_info(|| WidgetInfo::selected(Role::Image, true, selected, &name));
        let source = ReferenceSource::Library(photo.id);
        let references = &self.search.request.references;
        let reference = references.iter().find(|reference| reference.source == source);
        let pixels = rect.size().max_elem() * ui.pixels_per_point();
        let shown = self.textures.show(row, photo, pixels);
        let look = CellLook {
            shown: shown.as_ref(),
            selected,
            hovered: response.hovered(),
            pointed,
            reference: reference.map(|reference| reference.positive),
            place: Some(place),
            rank_badges: self.panels.rank_badges,
            marks: photo.marks,
            failure: self.textures.failure(row, photo),
            name: &name,
            ..CellLook::default()
        };
        photo_cell::paint(ui.painter(), Tokens::of(ui), rect, &look);
        let modifiers = ui.input(|input| input.modifiers);
        if response.double_clicked() {
            actions.push((column, ColumnAction::Open(row)));
        } else if response.clicked() {
            actions.push((column, ColumnAction::Select(row, modifiers)));
        } else if response.clicked_by(PointerButton::Secondary) && !selected {
            actions.push((column, ColumnAction::Select(row, Modifiers::NONE)));
        }
        response.context_menu(|ui| self.photo_menu(ui));
        response.hovered()
    }

    fn act_in_column(&mut self, ctx: &Context, column: usize, action: ColumnAction) {
        self.compare.active = column;
        match action {
            ColumnAction::Select(row, modifiers) => {
                if modifiers.command {
                    self.gallery.selection.toggle(row);
                } else {
                    self.gallery.selection.set(row);
                }
                // The other columns go to where the photo stands in them.
                for (other, shown) in self.compare.columns.iter_mut().enumerate() {
                    if other != column {
                        shown.reveal(row);
                    }
                }
                ctx.request_repaint();
            }
            ColumnAction::Open(row) => {
                self.gallery.selection.set(row);
                self.open_lightbox(ctx, row);
            }
        }
    }

    /// Up and down go through a column, left and right to the same photo in the next one.
    pub(super) fn move_in_compare(&mut self, ctx: &Context) {
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let columns = self.compare.columns.len();
        if columns == 0 {
            return;
        }
        if pressed(Key::ArrowRight) {
            self.compare.active = (self.compare.active + 1) % columns;
        }
        if pressed(Key::ArrowLeft) {
            self.compare.active = (self.compare.active + columns - 1) % columns;
        }
        let (down, up) = (pressed(Key::ArrowDown), pressed(Key::ArrowUp));
        let (home, end) = (pressed(Key::Home), pressed(Key::End));
        let cursor = self.gallery.selection.cursor;
        let active = self.compare.active;
        let Some(column) = self.compare.columns.get(active) else {
            return;
        };
        let at = cursor.and_then(|row| column.at.get(&row).copied());
        let last = column.rows.len().saturating_sub(1);
        let goal = match at {
            _ if home => Some(0),
            _ if end => Some(last),
            None if down || up => Some(0),
            Some(at) if down => Some((at + 1).min(last)),
            Some(at) if up => Some(at.saturating_sub(1)),
            at => at,
        };
        let row = goal.and_then(|goal| column.rows.get(goal).copied());
        let moved = down || up || home || end;
        if let Some(row) = row.filter(|_| moved) {
            self.gallery.selection.set(row);
            for shown in &mut self.compare.columns {
                shown.reveal(row);
            }
        }
    }

    /// The photo before or after another one in the order on screen.
    pub(super) fn neighbour(&self, row: u32, forward: bool) -> Option<u32> {
        if self.search.request.view == ViewKind::Compare {
            self.compare.neighbour(row, forward)
        } else {
            self.gallery.neighbour(row, forward)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_comparison_starts_from_plain_similarity_and_the_typed_focus() {
        let mut compare = CompareView::default();
        compare.start("  the light ");
        assert_eq!(compare.focuses, ["", "the light", "the colour of the object"]);
        compare.start("something else");
        assert_eq!(compare.focuses.len(), 3, "what the person arranged stays");
    }

    #[test]
    fn a_column_leaves_out_folded_and_weak_photos_but_knows_their_places() {
        let results = SearchResults {
            order: Arc::from([4_u32, 2, 0, 1]),
            ranked: 4,
            strong: Some(3),
            folds: Arc::from([1, FOLDED, 0, 0]),
            ..SearchResults::default()
        };
        let column = ShownColumn::new(&LibraryState::default(), &results, true);
        assert_eq!(column.rows, [4, 0]);
        assert_eq!(column.ranks.get(&1), Some(&3));
        let column = ShownColumn::new(&LibraryState::default(), &results, false);
        assert_eq!(column.rows, [4, 0, 1]);
    }
}
