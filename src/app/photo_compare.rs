//! Two to four photos side by side, at one zoom: which of them is it to be?
//!
//! One of them is pointed at: it alone is selected, so that every command about photos is about it.

use std::path::Path;
use std::sync::Arc;

use eframe::egui::{
    CentralPanel, Context, Frame, Id, Key, Modifiers, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    Vec2, WidgetInfo, pos2, vec2,
};

use refocus_engine::{FileId, MarkChange, PhotoRow, SearchRequest};

use super::action::Action;
use super::controls::{focus_ring, icon_button, one_line, star_row};
use super::design_tokens::{Tokens, radius, space, text};
use super::full_pictures::FullPictures;
use super::icons::Icon;
use super::library_state::file_name;
use super::linked_zoom::{InFrame, LinkedZoom, columns};
use super::selection::Selection;
use super::thumbnail_service::PixelSource;
use super::typeface::semibold;
use super::view::View;
use crate::byte_text::byte_text;

/// How many photos can be compared.
pub(super) const COUNTS: std::ops::RangeInclusive<usize> = 2..=4;

/// Narrowest place of a photo, and height of what is said below it, points.
const LEAST_WIDTH: f32 = 200.0;
const BELOW: f32 = 62.0;

/// Keys that are no commands, for the list of shortcuts.
pub(super) const KEYS: (&str, &str) = ("Left, Right, Z, +, \u{2212}", "Compared photos: which one; zoom of all");

/// What is said of the photo that keys are for.
const MARKED: &str = "marked: keys are for it";

fn photo_id(place: usize) -> Id {
    Id::unique(("compared photo", place))
}

/// Whether the keyboard is on one of the photos.
pub(super) fn has_keyboard(focused: Id) -> bool {
    (0..*COUNTS.end()).any(|place| photo_id(place) == focused)
}

/// The photos side by side, while they are compared.
pub(super) struct PhotoCompare {
    zoom: LinkedZoom,
    pictures: FullPictures,
    /// Those that were compared last.
    photos: Vec<(u32, FileId)>,
    /// What was searched for when they were chosen: another search ends the comparison.
    request: Option<SearchRequest>,
}

impl PhotoCompare {
    /// Of photos from this source.
    pub(super) fn new(source: Arc<dyn PixelSource>) -> Self {
        Self {
            zoom: LinkedZoom::default(),
            pictures: FullPictures::new(source),
            photos: Vec::new(),
            request: None,
        }
    }

    /// These photos changed on disk: they are decoded anew.
    pub(super) fn forget(&mut self, photos: &[std::path::PathBuf]) {
        self.pictures.forget(photos);
    }

    /// Gives all memory back.
    pub(super) fn close(&mut self) {
        self.zoom = LinkedZoom::default();
        self.pictures.close();
        self.photos.clear();
        self.request = None;
    }

    /// What the keys of this frame ask: which photo is pointed at.
    pub(super) fn keys(ctx: &Context, view: &View) -> Vec<Action> {
        let rows = shown(view);
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let back = pressed(Key::ArrowLeft) || pressed(Key::ArrowUp);
        let forward = pressed(Key::ArrowRight) || pressed(Key::ArrowDown);
        if back == forward {
            return Vec::new();
        }
        let at = pointed(view, &rows);
        let next = if forward { at + 1 } else { at.saturating_sub(1) };
        rows.get(next)
            .map(|(number, _)| point_at(*number))
            .into_iter()
            .collect()
    }

    /// Draws the photos.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        let rows = shown(view);
        let request = &view.search.request;
        let asked = self.request.get_or_insert_with(|| request.clone());
        if rows.len() < *COUNTS.start() || asked != request {
            return vec![Action::EndComparing];
        }
        if self.photos != view.compared {
            self.zoom = LinkedZoom::default();
            self.photos.clone_from(&view.compared);
        }
        let wanted: Vec<Arc<Path>> = rows.iter().map(|(_, row)| Arc::clone(&row.path)).collect();
        self.pictures.want(ui.ctx(), &wanted);
        let margin = Frame::new().inner_margin(space::MEDIUM);
        CentralPanel::no_frame().frame(margin).show(ui, |ui| {
            ui.horizontal(|ui| {
                if icon_button(ui, Icon::Back, "Back to the photos (Esc)", false).clicked() {
                    actions.push(Action::EndComparing);
                }
                ui.label(
                    RichText::new(format!("{} photos", rows.len()))
                        .font(semibold(text::HEADING))
                        .strong(),
                );
                let hint = "Wheel or + and \u{2212}: zoom all \u{b7} drag: move all \u{b7} keys are for the marked one";
                one_line(
                    ui,
                    RichText::new(hint).size(text::SMALL).color(Tokens::of(ui).text_faint),
                );
            });
            ui.add_space(space::SMALL);
            self.photos(ui, view, &rows, &mut actions);
        });
        actions
    }

    fn photos(&mut self, ui: &mut Ui, view: &View, rows: &[(u32, &PhotoRow)], actions: &mut Vec<Action>) {
        let room = ui.available_rect_before_wrap();
        let aspect = rows.first().map_or(1.0, |(_, row)| row.aspect());
        let columns = columns(room.size(), rows.len(), aspect, LEAST_WIDTH, BELOW);
        let lines = rows.len().div_ceil(columns);
        let gap = space::MEDIUM;
        let share = |all: f32, parts: usize| (all - gap * (parts - 1) as f32) / parts as f32;
        let size = vec2(share(room.width(), columns), share(room.height(), lines));
        let at = pointed(view, rows);
        for (place, (number, row)) in rows.iter().enumerate() {
            let cell = vec2((place % columns) as f32, (place / columns) as f32);
            let rect = Rect::from_min_size(room.min + cell * (size + Vec2::splat(gap)), size);
            self.photo(ui, view, (place, *number, row), rect, place == at, actions);
        }
        ui.advance_cursor_after_rect(room);
    }

    fn photo(
        &mut self,
        ui: &mut Ui,
        view: &View,
        (place, number, row): (usize, u32, &PhotoRow),
        rect: Rect,
        pointed: bool,
        actions: &mut Vec<Action>,
    ) {
        let tokens = Tokens::of(ui);
        let name = file_name(row);
        let frame = rect.with_max_y(rect.bottom() - BELOW);
        let response = ui.interact(frame, photo_id(place), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::selected(Role::Image, true, pointed, &name));
        let mut said: Vec<&str> = pointed.then_some(MARKED).into_iter().collect();
        said.extend(self.pictures.failure(&row.path));
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_description(said.join(", ")));
        if (response.clicked() || response.drag_started() || response.gained_focus()) && !pointed {
            actions.push(point_at(number));
        }
        let in_frame = InFrame {
            number,
            row,
            frame,
            response: &response,
            pointed,
        };
        let outline = self.zoom.photo(ui, view, &self.pictures, &in_frame, 1.0);
        if pointed {
            let stroke = Stroke::new(3.0, tokens.accent);
            ui.painter().rect_stroke(outline, 0, stroke, StrokeKind::Inside);
        }
        focus_ring(ui, frame, radius::PHOTO, &response);
        let below = Rect::from_min_max(pos2(rect.left(), frame.bottom() + space::TINY), rect.max);
        let below = UiBuilder::new()
            .max_rect(below)
            .id_salt(("below a compared photo", place));
        ui.scope_builder(below, |ui| {
            ui.spacing_mut().item_spacing = vec2(space::SMALL, 2.0);
            one_line(ui, RichText::new(&name).size(13.0).color(tokens.text))
                .on_hover_text(row.path.display().to_string());
            ui.horizontal(|ui| {
                if let Some(stars) = star_row(ui, row.marks.rating, &format!("Rate {name} with")) {
                    actions.push(Action::Mark(vec![row.id], MarkChange::Rating(stars)));
                }
                let facts = format!("{} \u{d7} {} \u{b7} {}", row.width, row.height, byte_text(row.bytes));
                one_line(ui, RichText::new(facts).size(text::SMALL).color(tokens.text_weak));
                if row.marks.favourite {
                    let (heart, _) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::hover());
                    Icon::Heart.paint(ui.painter(), heart, 14.0, tokens.accent);
                }
            });
        });
    }
}

/// The compared photos that are there, with their numbers.
fn shown(view: &View) -> Vec<(u32, &PhotoRow)> {
    let rows = view.compared.iter();
    rows.filter_map(|(number, id)| {
        let row = view.library.photo(*number)?;
        (row.id == *id).then_some((*number, row))
    })
    .collect()
}

/// The place of the photo that is pointed at.
fn pointed(view: &View, rows: &[(u32, &PhotoRow)]) -> usize {
    let cursor = view.selection.cursor;
    rows.iter().position(|(number, _)| Some(*number) == cursor).unwrap_or(0)
}

fn point_at(number: u32) -> Action {
    let mut selection = Selection::default();
    selection.set(number);
    Action::Select(selection)
}
