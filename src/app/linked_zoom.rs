//! Photos beside each other at one zoom: what is zoomed or moved in one is zoomed and moved in all.

use eframe::egui::{self, Color32, CursorIcon, Key, Pos2, Rect, Ui, Vec2, pos2, vec2};

use refocus_engine::PhotoRow;

use super::design_tokens::{Tokens, space};
use super::full_pictures::FullPictures;
use super::lightbox::{photo_rect, zoomed_center};
use super::picture;
use super::view::View;

/// Furthest zoom, of that at which the photo fits.
const MOST_ZOOM: f32 = 24.0;

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

/// A photo in its frame.
pub(super) struct InFrame<'a> {
    /// Its number in the library.
    pub(super) number: u32,
    pub(super) row: &'a PhotoRow,
    /// Where it stands.
    pub(super) frame: Rect,
    /// The pointer's and the keyboard's doings in the frame.
    pub(super) response: &'a egui::Response,
    /// Keys are for it.
    pub(super) pointed: bool,
}

impl LinkedZoom {
    /// Whether the whole photos are seen.
    pub(super) fn is_whole(&self) -> bool {
        self.zoom < 1.01
    }

    /// Zooms and moves as the person does in a photo's frame, and draws the photo. Returns the part of the frame that it fills.
    /// `strength`: 1 as it is, 0 not at all.
    pub(super) fn photo(
        &mut self,
        ui: &Ui,
        view: &View,
        pictures: &FullPictures,
        photo: &InFrame<'_>,
        strength: f32,
    ) -> Rect {
        let InFrame { number, row, frame, .. } = *photo;
        let size = vec2(row.width.max(1) as f32, row.height.max(1) as f32);
        let fit = (frame.width() / size.x).min(frame.height() / size.y);
        self.zoom_and_pan(ui, photo, size, fit);
        let whole = photo_rect(frame, size, fit * self.zoom, self.center);
        let seen = whole.intersect(frame);
        let painter = ui.painter().with_clip_rect(frame);
        picture::fill(&painter, seen, 0.0, Tokens::of(ui).placeholder);
        match pictures.get(&row.path) {
            Some(texture) => {
                let uv = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
                painter.image(texture.id(), whole, uv, Color32::WHITE.gamma_multiply(strength));
            }
            None => {
                if let Some(thumbnail) = view.thumbnails.show(number, row, 512.0) {
                    // Only what is seen of it: a picture of our own is not cut at the frame.
                    let part = |at: Pos2| ((at - whole.min) / whole.size()).to_pos2();
                    let uv = Rect::from_min_max(part(seen.min), part(seen.max));
                    thumbnail.paint(&painter, seen, uv, 0.0, strength);
                }
            }
        }
        seen
    }

    fn zoom_and_pan(&mut self, ui: &Ui, photo: &InFrame<'_>, size: Vec2, fit: f32) {
        let InFrame {
            frame,
            response,
            pointed,
            ..
        } = *photo;
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

/// So many columns that `count` photos are as large as the room lets them be. `least_width`: narrowest place of a photo; `below`: height of
/// what is said below each, points.
pub(super) fn columns(room: Vec2, count: usize, aspect: f32, least_width: f32, below: f32) -> usize {
    let height = |columns: usize| {
        let lines = count.div_ceil(columns);
        let wide = (room.x - space::MEDIUM * (columns - 1) as f32) / columns as f32;
        let high = (room.y - space::MEDIUM * (lines - 1) as f32) / lines as f32 - below;
        high.min(wide / aspect.max(0.01))
    };
    let narrow = |columns: &usize| *columns == 1 || room.x / *columns as f32 >= least_width;
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
        assert_eq!(columns(room, 2, 1.5, 170.0, 84.0), 2);
        assert_eq!(columns(room, 6, 1.5, 170.0, 84.0), 3);
        assert_eq!(columns(room, 5, 0.7, 170.0, 84.0), 5, "upright ones beside each other");
        assert_eq!(columns(vec2(300.0, 2000.0), 3, 1.5, 170.0, 84.0), 1);
    }
}
