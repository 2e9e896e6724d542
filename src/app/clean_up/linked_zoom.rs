//! Photos of a group side by side, at one zoom: what is zoomed or moved in one is zoomed and moved in all.

use std::path::Path;
use std::sync::Arc;

use eframe::egui::{
    self, Align2, Color32, CursorIcon, Id, Key, Pos2, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    Vec2, WidgetInfo, pos2, vec2,
};

use refocus_engine::{CleanUpGroup, PhotoRow};

use crate::app::controls::{focus_ring, one_line};
use crate::app::design_tokens::{Tokens, font, radius, space, text};
use crate::app::library_state::file_name;
use crate::app::lightbox::{photo_rect, zoomed_center};
use crate::app::picture;
use crate::app::view::View;

use super::choices::{Choice, Choices};
use super::full_pictures::FullPictures;
use super::hints;

/// Photos on screen at a time.
const MOST: usize = 6;

/// Narrowest place of a photo, points: what is said below it has room.
const LEAST_WIDTH: f32 = 170.0;

/// Size of a button below a photo.
const MARK: Vec2 = vec2(56.0, 24.0);

/// Height of what is said below a photo, points.
const BELOW: f32 = 84.0;

/// Furthest zoom, of that at which the photo fits.
const MOST_ZOOM: f32 = 24.0;

/// What a person did to a photo of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Point(usize),
    Keep(usize),
    Trash(usize),
}

/// The part that is seen of every photo.
#[derive(Debug)]
pub(super) struct LinkedZoom {
    /// Of that at which a photo fits.
    zoom: f32,
    /// Middle of what is seen, as shares of the photo.
    center: Pos2,
}

impl Default for LinkedZoom {
    fn default() -> Self {
        Self {
            zoom: 1.0,
            center: pos2(0.5, 0.5),
        }
    }
}

/// What is drawn.
pub(super) struct Shown<'a> {
    pub(super) view: &'a View,
    pub(super) group: &'a CleanUpGroup,
    pub(super) rows: &'a [&'a PhotoRow],
    pub(super) choices: &'a Choices,
    pub(super) cursor: usize,
}

impl LinkedZoom {
    /// Draws the photos.
    pub(super) fn ui(&mut self, ui: &mut Ui, shown: &Shown<'_>, pictures: &mut FullPictures) -> Vec<Done> {
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
        let columns = columns(room.size(), seen, aspect);
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
            self.photo(ui, shown, pictures, place, rect, &mut done);
        }
        ui.advance_cursor_after_rect(room);
        done
    }

    fn photo(
        &mut self,
        ui: &mut Ui,
        shown: &Shown<'_>,
        pictures: &FullPictures,
        place: usize,
        rect: Rect,
        done: &mut Vec<Done>,
    ) {
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
        let size = vec2(row.width.max(1) as f32, row.height.max(1) as f32);
        let fit = (frame.width() / size.x).min(frame.height() / size.y);
        self.zoom_and_pan(ui, &response, frame, size, fit, place == shown.cursor);
        let whole = photo_rect(frame, size, fit * self.zoom, self.center);
        let goes = choice == Some(Choice::Trash);
        // Whoever looks closely wants to see them as they are.
        let strength = if goes && self.zoom < 1.01 { 0.35 } else { 1.0 };
        let painter = ui.painter().with_clip_rect(frame);
        picture::fill(&painter, whole.intersect(frame), 0.0, tokens.placeholder);
        let uv = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
        match pictures.get(&photo.path) {
            Some(texture) => {
                painter.image(texture.id(), whole, uv, Color32::WHITE.gamma_multiply(strength));
            }
            None => {
                if let Some(thumbnail) = shown.view.thumbnails.show(photo.row, row, 512.0) {
                    // Only what is seen of it: a picture of our own is not cut at the frame.
                    let seen = whole.intersect(frame);
                    let part = |at: Pos2| ((at - whole.min) / whole.size()).to_pos2();
                    let uv = Rect::from_min_max(part(seen.min), part(seen.max));
                    thumbnail.paint(&painter, seen, uv, 0.0, strength);
                }
            }
        }
        let edge = match choice {
            Some(Choice::Keep) => Some(tokens.good),
            Some(Choice::Trash) => Some(tokens.bad),
            None if place == shown.cursor => Some(tokens.accent),
            None => None,
        };
        if let Some(color) = edge {
            let width = if place == shown.cursor { 3.0 } else { 2.0 };
            let outline = whole.intersect(frame);
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

    fn zoom_and_pan(&mut self, ui: &Ui, response: &egui::Response, frame: Rect, size: Vec2, fit: f32, pointed: bool) {
        let before = photo_rect(frame, size, fit * self.zoom, self.center);
        let mut factor = 1.0;
        if response.hovered() {
            let (wheel, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
            factor = (wheel / 200.0).exp() * pinch;
        }
        let key = |key: Key| pointed && ui.input(|input| input.key_pressed(key));
        if key(Key::Plus) || key(Key::Equals) {
            factor *= 1.25;
        }
        if key(Key::Minus) {
            factor /= 1.25;
        }
        let mut goal = (self.zoom * factor).clamp(1.0, MOST_ZOOM);
        if response.double_clicked() || key(Key::Z) {
            // A pixel of this photo is a pixel of the screen.
            let real = (1.0 / (fit * ui.pixels_per_point())).clamp(1.0, MOST_ZOOM);
            let real = if real < 1.01 { 2.0 } else { real };
            goal = if self.zoom > 1.001 { 1.0 } else { real };
        }
        if (goal - self.zoom).abs() > 1e-5 {
            let pointer = response.hover_pos().unwrap_or_else(|| frame.center());
            self.center = zoomed_center(frame, size, before, fit * goal, pointer);
            self.zoom = goal;
            ui.ctx().request_repaint();
        }
        if response.dragged() {
            let moved = photo_rect(frame, size, fit * self.zoom, self.center).translate(response.drag_delta());
            let middle = (frame.center() - moved.min) / moved.size();
            self.center = pos2(middle.x.clamp(0.0, 1.0), middle.y.clamp(0.0, 1.0));
        }
        if self.zoom > 1.0 {
            response.clone().on_hover_and_drag_cursor(CursorIcon::Grab);
        }
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

/// So many columns that the photos are as large as the room lets them be.
fn columns(room: Vec2, count: usize, aspect: f32) -> usize {
    let height = |columns: usize| {
        let lines = count.div_ceil(columns);
        let wide = (room.x - space::MEDIUM * (columns - 1) as f32) / columns as f32;
        let high = (room.y - space::MEDIUM * (lines - 1) as f32) / lines as f32 - BELOW;
        high.min(wide / aspect.max(0.01))
    };
    let narrow = |columns: &usize| *columns == 1 || room.x / *columns as f32 >= LEAST_WIDTH;
    (1..=count)
        .filter(narrow)
        .max_by(|a, b| height(*a).total_cmp(&height(*b)))
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_stand_so_that_they_are_as_large_as_can_be() {
        let room = vec2(1000.0, 560.0);
        assert_eq!(columns(room, 2, 1.5), 2);
        assert_eq!(columns(room, 6, 1.5), 3);
        assert_eq!(columns(room, 5, 0.7), 5, "upright ones beside each other");
        assert_eq!(columns(vec2(300.0, 2000.0), 3, 1.5), 1);
    }
}
