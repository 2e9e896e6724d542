//! Photos of a group side by side, with what is said of each.

use std::path::Path;
use std::sync::Arc;

use eframe::egui::{
    Align2, Color32, Id, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use refocus_engine::{CleanUpGroup, PhotoRow};

use crate::app::controls::{focus_ring, one_line};
use crate::app::design_tokens::{Tokens, font, radius, space, text};
use crate::app::full_pictures::FullPictures;
use crate::app::library_state::file_name;
use crate::app::linked_zoom::{InFrame, LinkedZoom, columns};
use crate::app::picture;
use crate::app::view::View;

use super::choices::{Choice, Choices};
use super::hints;

/// Photos on screen at a time.
const MOST: usize = 6;

/// Narrowest place of a photo, points: what is said below it has room.
const LEAST_WIDTH: f32 = 170.0;

/// Size of a button below a photo.
const MARK: Vec2 = vec2(56.0, 24.0);

/// Height of what is said below a photo, points.
const BELOW: f32 = 84.0;

/// What a person did to a photo of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Point(usize),
    Keep(usize),
    Trash(usize),
}

/// What is drawn.
pub(super) struct Shown<'a> {
    pub(super) view: &'a View,
    pub(super) group: &'a CleanUpGroup,
    pub(super) rows: &'a [&'a PhotoRow],
    pub(super) choices: &'a Choices,
    pub(super) cursor: usize,
}

impl Shown<'_> {
    /// Draws the photos.
    pub(super) fn ui(&self, ui: &mut Ui, zoom: &mut LinkedZoom, pictures: &mut FullPictures) -> Vec<Done> {
        let shown = self;
        let count = shown.group.photos.len();
        let seen = count.min(MOST);
        // The one that the keyboard is on is among those on screen.
        let first = (shown.cursor + 1).saturating_sub(seen).min(count - seen);
        let places: Vec<usize> = (first..first + seen).collect();
        let wanted: Vec<Arc<Path>> = places
            .iter()
            .filter_map(|place| Some(Arc::clone(&shown.group.photos.get(*place)?.path)))
            .collect();
        pictures.want(ui.ctx(), &wanted);
        let room = ui.available_rect_before_wrap();
        let aspect = shown.rows.first().map_or(1.0, |row| row.aspect());
        let columns = columns(room.size(), seen, aspect, LEAST_WIDTH, BELOW);
        let lines = seen.div_ceil(columns);
        let gap = space::MEDIUM;
        let size = vec2(
            (room.width() - gap * (columns - 1) as f32) / columns as f32,
            (room.height() - gap * (lines - 1) as f32) / lines as f32,
        );
        let mut done = Vec::new();
        for (number, place) in places.into_iter().enumerate() {
            let at = vec2(
                (number % columns) as f32 * (size.x + gap),
                (number / columns) as f32 * (size.y + gap),
            );
            let rect = Rect::from_min_size(room.min + at, size);
            self.photo(ui, zoom, pictures, place, rect, &mut done);
        }
        ui.advance_cursor_after_rect(room);
        done
    }

    fn photo(
        &self,
        ui: &mut Ui,
        zoom: &mut LinkedZoom,
        pictures: &FullPictures,
        place: usize,
        rect: Rect,
        done: &mut Vec<Done>,
    ) {
        let shown = self;
        let (Some(photo), Some(row)) = (shown.group.photos.get(place), shown.rows.get(place)) else {
            return;
        };
        let tokens = Tokens::of(ui);
        let name = file_name(row);
        let choice = shown.choices.of(photo);
        let frame = rect.with_max_y(rect.bottom() - BELOW);
        let response = ui.interact(frame, Id::unique(("clean up", place)), Sense::click_and_drag());
        let state = match choice {
            Some(Choice::Keep) => "keep",
            Some(Choice::Trash) => "to the trash",
            None => "not marked",
        };
        response.widget_info(|| WidgetInfo::selected(Role::Image, true, place == shown.cursor, &name));
        let judged = hints::judgement(shown.group, place);
        let said = [
            state,
            judged.as_str(),
            pictures.failure(&photo.path).unwrap_or_default(),
        ];
        let said: Vec<&str> = said.into_iter().filter(|part| !part.is_empty()).collect();
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_description(said.join(", ")));
        if response.clicked() || response.drag_started() {
            done.push(Done::Point(place));
        }
        let goes = choice == Some(Choice::Trash);
        // Whoever looks closely wants to see them as they are.
        let strength = if goes && zoom.is_whole() { 0.35 } else { 1.0 };
        let in_frame = InFrame {
            number: photo.row,
            row,
            frame,
            response: &response,
            pointed: place == shown.cursor,
        };
        let outline = zoom.photo(ui, shown.view, pictures, &in_frame, strength);
        let edge = match choice {
            Some(Choice::Keep) => Some(tokens.good),
            Some(Choice::Trash) => Some(tokens.bad),
            None if place == shown.cursor => Some(tokens.accent),
            None => None,
        };
        if let Some(color) = edge {
            let width = if place == shown.cursor { 3.0 } else { 2.0 };
            let stroke = Stroke::new(width, color);
            ui.painter().rect_stroke(outline, 0, stroke, StrokeKind::Inside);
        }
        focus_ring(ui, frame, radius::PHOTO, &response);
        let below = Rect::from_min_max(pos2(rect.left(), frame.bottom() + space::TINY), rect.max);
        let below = UiBuilder::new().max_rect(below).id_salt(("below", place));
        ui.scope_builder(below, |ui| {
            ui.spacing_mut().item_spacing = vec2(space::SMALL, 2.0);
            one_line(ui, RichText::new(&name).size(13.0).color(tokens.text))
                .on_hover_text(photo.path.display().to_string());
            let facts = hints::facts(photo, row);
            one_line(ui, RichText::new(facts).size(text::SMALL).color(tokens.text_weak));
            let color = if place == shown.group.best {
                tokens.accent
            } else {
                tokens.text_faint
            };
            one_line(ui, RichText::new(judged).size(text::SMALL).color(color));
            ui.horizontal(|ui| {
                if mark(
                    ui,
                    "Keep",
                    &format!("Keep {name} (K)"),
                    choice == Some(Choice::Keep),
                    tokens.good,
                ) {
                    done.push(Done::Keep(place));
                }
                if mark(ui, "Trash", &format!("{name} to the trash (X)"), goes, tokens.bad) {
                    done.push(Done::Trash(place));
                }
            });
        });
    }
}

/// A small button that can be on.
pub(super) fn mark(ui: &mut Ui, word: &str, name: &str, on: bool, color: Color32) -> bool {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(MARK, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, name));
    let (fill, words) = match (on, response.hovered()) {
        (true, _) => (color, tokens.canvas),
        (false, true) => (tokens.raised_hover, tokens.text),
        (false, false) => (tokens.raised, tokens.text),
    };
    picture::fill(ui.painter(), rect, f32::from(radius::CONTROL), fill);
    focus_ring(ui, rect.expand(2.0), radius::CONTROL, &response);
    let middle = rect.center();
    ui.painter()
        .text(middle, Align2::CENTER_CENTER, word, font(text::SMALL), words);
    response.on_hover_text(name).clicked()
}
