//! Up to four focuses side by side over the same references: what a focus changes.

use std::sync::Arc;

use eframe::egui::{
    Align2, Context, Id, Key, Modifiers, PointerButton, Rect, RichText, Role, ScrollArea, Sense, Ui, UiBuilder, Vec2,
    WidgetInfo, pos2, vec2,
};

use refocus_engine::{MOST_COLUMNS, SearchResults};

use super::action::Action;
use super::controls::{ClearableField, grouped, icon_button, one_line, photos};
use super::design_tokens::{Tokens, font, space, text};
use super::gallery_bar::{LeftOut, gallery_bar};
use super::gallery_cells::photo_menu;
use super::gallery_content::Place;
use super::icons::Icon;
use super::library_state::file_name;
use super::photo_cell::{self, CellLook};
use super::selection::Selection;
use super::top_bar::FOCUSES;
use super::view::{Neighbours, View};
use shown_column::ShownColumn;

mod shown_column;

/// Narrowest column in points; where there is no room for more, the view scrolls sideways.
const NARROWEST: f32 = 190.0;

/// Height of a column's head in points: its focus, and what it says of the photo under the pointer.
const HEAD: f32 = space::CONTROL + 26.0;

/// The columns, and where in them the person is. The focuses are among the settings.
#[derive(Debug, Default)]
pub(super) struct CompareView {
    columns: Vec<ShownColumn>,
    hovered: Option<u32>,
    /// The column that the keyboard is in.
    active: usize,
    /// Photos of the columns have gone since they were made.
    photos_gone: bool,
    /// What the columns were made from.
    made_from: Option<(Arc<SearchResults>, bool)>,
}

impl CompareView {
    /// Notes that photos of the columns have gone.
    pub(super) fn photos_gone(&mut self) {
        self.photos_gone = true;
    }

    /// The photos before and after another in the column that the keyboard is in.
    pub(super) fn neighbours(&self, row: u32) -> Neighbours {
        let place = || {
            let column = self.columns.get(self.active)?;
            Some((column, column.position(row)?))
        };
        let Some((column, at)) = place() else {
            return Neighbours::default();
        };
        let row_at = |at: usize| column.rows.get(at).copied();
        Neighbours {
            before: at.checked_sub(1).and_then(row_at),
            after: row_at(at + 1),
        }
    }

    /// Draws the comparison.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        gallery_bar(ui, view, LeftOut::default(), &mut actions);
        let nothing = view.search.request.references.is_empty() && view.search.request.find.trim().is_empty();
        self.make_columns(view);
        let mut focuses = view.settings.compare.clone();
        let add = if focuses.len() < MOST_COLUMNS {
            space::CONTROL + space::SMALL
        } else {
            0.0
        };
        let count = focuses.len().max(1) as f32;
        let inner = ui.available_rect_before_wrap().shrink2(vec2(space::MEDIUM, 0.0));
        let width = ((inner.width() - add - space::MEDIUM * (count - 1.0)) / count).max(NARROWEST);
        let mut hovered = None;
        let mut done = Vec::new();
        let mut removed = None;
        // Columns that a narrow window has no room for are reached by scrolling sideways.
        ScrollArea::horizontal()
            .id_salt("columns")
            .auto_shrink(false)
            .show(ui, |ui| {
                let columns = focuses.len();
                let wide = columns as f32 * (width + space::MEDIUM) + add + space::MEDIUM - 1.0;
                let (whole, _) = ui.allocate_exact_size(vec2(wide, inner.height()), Sense::hover());
                let left = |column: usize| whole.left() + space::MEDIUM + column as f32 * (width + space::MEDIUM);
                for column in 0..columns {
                    let rect = Rect::from_min_size(pos2(left(column), whole.top()), vec2(width, inner.height()));
                    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(("column", column)));
                    if self.column_head(&mut child, view, &mut focuses, column, width) {
                        removed = Some(column);
                    }
                    if nothing {
                        nothing_to_compare(&child, rect);
                    } else {
                        self.column_photos(&mut child, view, column, &mut hovered, &mut done);
                    }
                }
                if add > 0.0 {
                    let at = pos2(left(columns) - space::SMALL, whole.top());
                    let at = Rect::from_min_size(at, Vec2::splat(space::CONTROL));
                    let mut child = ui.new_child(UiBuilder::new().max_rect(at));
                    if icon_button(&mut child, Icon::Plus, "Compare with another focus", false).clicked() {
                        let next = FOCUSES.iter().map(|(_, instruction)| *instruction);
                        let next = next.skip(1).find(|focus| !focuses.iter().any(|other| other == focus));
                        focuses.push(next.unwrap_or_default().to_owned());
                    }
                }
            });
        if hovered != self.hovered {
            ui.ctx().request_repaint();
        }
        self.hovered = hovered;
        if let Some(column) = removed {
            focuses.remove(column);
            self.active = self.active.min(focuses.len().saturating_sub(1));
        }
        for (column, action) in done {
            self.act(ui.ctx(), view, column, action, &mut actions);
        }
        if focuses != view.settings.compare {
            actions.push(Action::SetColumns(focuses));
        }
        actions
    }

    fn make_columns(&mut self, view: &View) {
        let Some(results) = view.search.results.clone() else {
            return;
        };
        let hide_weak = view.hide_weak;
        let same = self
            .made_from
            .as_ref()
            .is_some_and(|(of, weak)| Arc::ptr_eq(of, &results) && *weak == hide_weak);
        let less = std::mem::take(&mut self.photos_gone);
        if same && !less {
            return;
        }
        view.passes.note();
        let before = std::mem::take(&mut self.columns);
        let asked = self.made_from.as_ref().map(|(of, _)| of.ranked) != Some(results.ranked);
        self.columns = results
            .columns
            .iter()
            .map(|column| ShownColumn::new(&view.library, &column.results, hide_weak))
            .collect();
        for (new, old) in self.columns.iter_mut().zip(before) {
            let kept = (same && less) || (!asked && new.rows == old.rows);
            new.goal = Some(if kept { old.offset } else { 0.0 });
        }
        self.made_from = Some((results, hide_weak));
    }

    /// The focus of a column, and where in it the photo under the pointer stands; returns whether the column is to go.
    fn column_head(&self, ui: &mut Ui, view: &View, focuses: &mut [String], column: usize, width: f32) -> bool {
        let tokens = Tokens::of(ui);
        let several = focuses.len() > 1;
        let mut remove = false;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let button = if several { space::CONTROL } else { 0.0 };
            let name = format!("Focus of column {}", column + 1);
            if let Some(focus) = focuses.get_mut(column) {
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
        let pointed = self.hovered.or(view.selection.cursor);
        let line = match (self.columns.get(column), pointed) {
            (Some(shown), Some(row)) => {
                let name = view.library.photo(row).map(file_name).unwrap_or_default();
                match shown.rank(row) {
                    Some(rank) => format!("no. {} \u{b7} {name}", grouped(rank as usize + 1)),
                    None => format!("not here \u{b7} {name}"),
                }
            }
            (Some(shown), None) => photos(shown.rows.len()),
            (None, _) => String::new(),
        };
        let color = if self.hovered.is_some() {
            tokens.text
        } else {
            tokens.text_faint
        };
        one_line(ui, RichText::new(line).size(text::SMALL).color(color));
        remove
    }

    fn column_photos(
        &mut self,
        ui: &mut Ui,
        view: &View,
        column: usize,
        hovered: &mut Option<u32>,
        done: &mut Vec<(usize, ColumnAction)>,
    ) {
        let pointed = self.hovered;
        let Some(shown) = self.columns.get_mut(column) else {
            return;
        };
        let room = ui.max_rect().width() - space::SMALL;
        shown.lay_out(room, view.settings.row_height.min(room * 0.75));
        let height = shown.layout.height();
        let seen = ui.max_rect().height() - HEAD;
        let mut area = ScrollArea::vertical().id_salt(("compare", column)).auto_shrink(false);
        if let Some(goal) = shown.goal.take() {
            area = area.vertical_scroll_offset(goal.clamp(0.0, (height - seen).max(0.0)));
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
                    if compared_photo(ui, view, cell, rect, pointed == Some(row), done) {
                        *hovered = Some(row);
                    }
                }
            }
        });
        shown.offset = output.state.clamped_offset().y;
        shown.view_height = output.inner_rect.height();
    }

    fn act(&mut self, ctx: &Context, view: &View, column: usize, action: ColumnAction, actions: &mut Vec<Action>) {
        self.active = column;
        match action {
            ColumnAction::Select(row, modifiers) => {
                let mut selection = view.selection.clone();
                if modifiers.command {
                    selection.toggle(row);
                } else {
                    selection.set(row);
                }
                actions.push(Action::Select(selection));
                // The other columns go to where the photo stands in them.
                for (other, shown) in self.columns.iter_mut().enumerate() {
                    if other != column {
                        shown.reveal(row);
                    }
                }
                ctx.request_repaint();
            }
            ColumnAction::Open(row) => {
                let mut selection = Selection::default();
                selection.set(row);
                actions.extend([Action::Select(selection), Action::Enlarge(row)]);
            }
            ColumnAction::Menu(action) => actions.push(action),
        }
    }

    /// Up and down go through a column, left and right to the same photo in the next one.
    pub(super) fn keys(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let columns = self.columns.len();
        if columns == 0 {
            return Vec::new();
        }
        if pressed(Key::ArrowRight) {
            self.active = (self.active + 1) % columns;
        }
        if pressed(Key::ArrowLeft) {
            self.active = (self.active + columns - 1) % columns;
        }
        let (down, up) = (pressed(Key::ArrowDown), pressed(Key::ArrowUp));
        let (home, end) = (pressed(Key::Home), pressed(Key::End));
        let cursor = view.selection.cursor;
        let active = self.active;
        let Some(column) = self.columns.get(active) else {
            return Vec::new();
        };
        let at = cursor.and_then(|row| column.position(row));
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
        let Some(row) = row.filter(|_| moved) else {
            return Vec::new();
        };
        for shown in &mut self.columns {
            shown.reveal(row);
        }
        let mut selection = view.selection.clone();
        selection.set(row);
        vec![Action::Select(selection)]
    }
}

/// The focuses of a first comparison: plain similarity, the one that was typed, and ready-made ones.
pub(super) fn first_focuses(typed: &str) -> Vec<String> {
    let typed = Some(typed.trim()).filter(|focus| !focus.is_empty());
    let ready = FOCUSES.iter().skip(1).map(|(_, instruction)| *instruction);
    let others = typed.into_iter().chain(ready.filter(|other| Some(*other) != typed));
    std::iter::once("").chain(others.take(2)).map(str::to_owned).collect()
}

fn compare_cell(column: usize, row: u32) -> Id {
    Id::unique(("compared photo", column, row))
}

/// Whether the keyboard is on the chosen photo of a column.
pub(super) fn has_keyboard(focused: Id, selection: &Selection) -> bool {
    let cursor = selection.cursor;
    cursor.is_some_and(|row| (0..MOST_COLUMNS).any(|column| focused == compare_cell(column, row)))
}

/// What was done in a column.
enum ColumnAction {
    Select(u32, Modifiers),
    Open(u32),
    Menu(Action),
}

fn nothing_to_compare(ui: &Ui, rect: Rect) {
    let lines = ["Choose a reference:", "press + on a photo", "in the grid"];
    for (index, line) in lines.iter().enumerate() {
        let at = rect.center() + vec2(0.0, 22.0 * (index as f32 - 1.0));
        let color = Tokens::of(ui).text_faint;
        ui.painter()
            .text(at, Align2::CENTER_CENTER, line, font(text::BODY), color);
    }
}

/// Draws a photo of a column; returns whether the pointer is on it.
fn compared_photo(
    ui: &Ui,
    view: &View,
    (column, row, place): (usize, u32, Place),
    rect: Rect,
    pointed: bool,
    done: &mut Vec<(usize, ColumnAction)>,
) -> bool {
    let Some(photo) = view.library.row(row) else {
        return false;
    };
    let cursor = view.selection.cursor == Some(row);
    let sense = if cursor { Sense::click() } else { Sense::CLICK };
    let response = ui.interact(rect, compare_cell(column, row), sense);
    let name = file_name(photo);
    let selected = view.selection.rows.contains(&row);
    response.widget_info(|| WidgetInfo::selected(Role::Image, true, selected, &name));
    let pixels = rect.size().max_elem() * ui.pixels_per_point();
    let shown = view.thumbnails.show(row, photo, pixels);
    let failure = view.thumbnails.failure(row, photo);
    let look = CellLook {
        shown: shown.as_ref(),
        selected,
        hovered: response.hovered(),
        pointed,
        reference: view.reference_sign(photo.id),
        place: Some(place),
        rank_badges: view.settings.rank_badges,
        marks: photo.marks,
        failure: failure.as_deref(),
        name: &name,
        ..CellLook::default()
    };
    photo_cell::paint(ui.painter(), Tokens::of(ui), rect, &look);
    let modifiers = ui.input(|input| input.modifiers);
    if response.double_clicked() {
        done.push((column, ColumnAction::Open(row)));
    } else if response.clicked() {
        done.push((column, ColumnAction::Select(row, modifiers)));
    } else if response.clicked_by(PointerButton::Secondary) && !selected {
        done.push((column, ColumnAction::Select(row, Modifiers::NONE)));
    }
    response.context_menu(|ui| {
        let mut chosen = Vec::new();
        photo_menu(ui, view, &mut chosen);
        done.extend(chosen.into_iter().map(|action| (column, ColumnAction::Menu(action))));
    });
    response.hovered()
}

#[cfg(test)]
mod tests;
