//! The photo that is large: its pixels, decoded on a thread of its own, and how it stands in the window.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender};
use eframe::egui::{
    self, ColorImage, Context, CursorIcon, Key, Pos2, Rect, TextureHandle, TextureOptions, Ui, Vec2, pos2, vec2,
};
use refocus_workers::{Worker, attempt, fault};

use crate::app::thumbnail_service::PixelSource;
use crate::app::view::View;

/// The thread that decodes.
const LIGHTBOX: &str = "lightbox";

/// Full pictures kept: the one on screen and its neighbours.
const KEPT: usize = 3;

/// Furthest zoom, screen points for one pixel of the picture.
const MOST_ZOOM: f32 = 16.0;

/// A picture to decode.
type Wanted = (u32, Arc<Path>);

struct Decoder {
    wanted: Arc<Mutex<Vec<Wanted>>>,
    wake_decoder: Sender<()>,
    decoded: Receiver<(Wanted, Result<ColorImage, String>)>,
}

/// The photo that is shown.
pub(super) struct Large {
    pub(super) row: u32,
    /// Screen points for one pixel of the photo; `None`: fitted.
    pub(super) zoom: Option<f32>,
    /// Middle of the view in the photo, 0..=1.
    pub(super) center: Pos2,
    pub(super) full: HashMap<u32, Result<TextureHandle, String>>,
    decoder: Decoder,
    asked: Vec<Wanted>,
}

impl Large {
    pub(super) fn new(
        row: u32,
        source: Arc<dyn PixelSource>,
        ctx_wake: Arc<dyn Fn() + Send + Sync>,
        max_side: u32,
    ) -> Self {
        let wanted: Arc<Mutex<Vec<Wanted>>> = Arc::default();
        let (wake_decoder, wakes) = crossbeam_channel::bounded(1);
        let (out, decoded) = crossbeam_channel::bounded(1);
        let todo = wanted.clone();
        let work = move || {
            while wakes.recv().is_ok() {
                loop {
                    let next = todo.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some((row, path)) = next else {
                        break;
                    };
                    let image = attempt(LIGHTBOX, || {
                        fault::point("lightbox");
                        source.full(&path, max_side)
                    });
                    let image = image.unwrap_or_else(|panic| Err(panic.to_string()));
                    if out.send(((row, path), image)).is_err() {
                        return;
                    }
                    ctx_wake();
                }
            }
        };
        // Nothing outside the attempt can panic but the window's own waking, which ends the window with it.
        if let Err(error) = Worker::start(LIGHTBOX, work, |panic| tracing::error!("{panic}")) {
            tracing::error!("cannot start the lightbox thread: {error}");
        }
        Self {
            row,
            zoom: None,
            center: pos2(0.5, 0.5),
            full: HashMap::new(),
            decoder: Decoder {
                wanted,
                wake_decoder,
                decoded,
            },
            asked: Vec::new(),
        }
    }

    pub(super) fn show_row(&mut self, row: u32) {
        self.row = row;
        self.zoom = None;
        self.center = pos2(0.5, 0.5);
    }

    /// Asks for these pictures, most wanted first, and forgets all others.
    fn want(&mut self, wanted: &[Wanted]) {
        if wanted == self.asked {
            return;
        }
        // A row may be another photo by now.
        let asked = std::mem::take(&mut self.asked);
        let still = |row: u32| asked.iter().any(|before| before.0 == row && wanted.contains(before));
        self.full.retain(|row, _| still(*row));
        let missing = wanted.iter().filter(|(row, _)| !self.full.contains_key(row));
        *self.decoder.wanted.lock().unwrap_or_else(PoisonError::into_inner) = missing.rev().cloned().collect();
        // A full channel means that the decoder has been woken already.
        let _ = self.decoder.wake_decoder.try_send(());
        self.asked = wanted.to_vec();
    }

    /// These photos changed on disk: they are decoded anew.
    pub(super) fn forget(&mut self, photos: &[PathBuf]) {
        self.asked
            .retain(|(_, path)| !photos.iter().any(|changed| **path == **changed));
    }

    /// Asks for the photo and those beside it.
    pub(super) fn want_with_neighbours(&mut self, view: &View) {
        let rows = [Some(self.row), view.neighbours.after, view.neighbours.before];
        let wanted: Vec<Wanted> = rows
            .into_iter()
            .flatten()
            .take(KEPT)
            .filter_map(|row| Some((row, Arc::clone(&view.library.photo(row)?.path))))
            .collect();
        self.want(&wanted);
    }

    pub(super) fn take_decoded(&mut self, ctx: &Context) {
        while let Ok((decoded, image)) = self.decoder.decoded.try_recv() {
            if !self.asked.contains(&decoded) {
                continue;
            }
            let texture = image.map(|image| ctx.load_texture("photo", image, TextureOptions::LINEAR));
            self.full.insert(decoded.0, texture);
        }
    }
}

/// The rectangle in which the whole photo stands on screen.
pub(in crate::app) fn photo_rect(view: Rect, photo: Vec2, zoom: f32, center: Pos2) -> Rect {
    let size = photo * zoom;
    let mut min = view.center() - vec2(center.x * size.x, center.y * size.y);
    for axis in 0..2 {
        // A photo smaller than the view stands in the middle, a larger one covers it.
        let slack = view.size()[axis] - size[axis];
        min[axis] = if slack >= 0.0 {
            view.min[axis] + slack / 2.0
        } else {
            min[axis].clamp(view.min[axis] + slack, view.min[axis])
        };
    }
    Rect::from_min_size(min, size)
}

/// The middle of the view after zooming so that what is under the pointer stays there.
pub(in crate::app) fn zoomed_center(view: Rect, photo: Vec2, before: Rect, zoom: f32, pointer: Pos2) -> Pos2 {
    let under = (pointer - before.min) / before.size();
    let size = photo * zoom;
    let offset = (view.center() - pointer) / size;
    pos2(
        (under.x + offset.x).clamp(0.0, 1.0),
        (under.y + offset.y).clamp(0.0, 1.0),
    )
}

/// `size` of the photo at a zoom of 1, and the zoom that fits it in; `by_keys`: keys are for the photo.
pub(super) fn zoom_and_pan(
    ui: &Ui,
    large: &mut Large,
    response: &egui::Response,
    view: Rect,
    (size, fit): (Vec2, f32),
    by_keys: bool,
) {
    let zoom = large.zoom.unwrap_or(fit);
    let before = photo_rect(view, size, zoom, large.center);
    let pointer = response.hover_pos().unwrap_or_else(|| view.center());
    let (wheel, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
    let mut factor = if response.hovered() {
        (wheel / 200.0).exp() * pinch
    } else {
        1.0
    };
    let keys = |key| by_keys && ui.input(|input| input.key_pressed(key));
    if keys(Key::Plus) || keys(Key::Equals) {
        factor *= 1.25;
    }
    if keys(Key::Minus) {
        factor /= 1.25;
    }
    let least = fit.min(1.0);
    let mut goal = (zoom * factor).clamp(least, MOST_ZOOM);
    if response.double_clicked() {
        goal = if (zoom - fit).abs() < 1e-3 {
            1.0_f32.max(fit * 2.0)
        } else {
            fit
        };
    }
    if keys(Key::Z) {
        goal = if (zoom - 1.0).abs() < 1e-3 { fit } else { 1.0 };
    }
    if (goal - zoom).abs() > 1e-5 {
        large.center = zoomed_center(view, size, before, goal, pointer);
        large.zoom = ((goal - fit).abs() > 1e-3).then_some(goal);
    }
    let zoom = large.zoom.unwrap_or(fit);
    if response.dragged() {
        let shown = photo_rect(view, size, zoom, large.center);
        let moved = shown.translate(response.drag_delta());
        let middle = (view.center() - moved.min) / moved.size();
        large.center = pos2(middle.x.clamp(0.0, 1.0), middle.y.clamp(0.0, 1.0));
    }
    if zoom > fit {
        response.clone().on_hover_and_drag_cursor(CursorIcon::Grab);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: Rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(800.0, 600.0));

    #[test]
    fn what_is_under_the_pointer_stays_there_while_zooming() {
        let photo = vec2(4000.0, 3000.0);
        let center = pos2(0.5, 0.5);
        let before = photo_rect(VIEW, photo, 0.4, center);
        let pointer = pos2(300.0, 350.0);
        let under = (pointer - before.min) / before.size();
        let center = zoomed_center(VIEW, photo, before, 0.8, pointer);
        let after = photo_rect(VIEW, photo, 0.8, center);
        let now = (pointer - after.min) / after.size();
        assert!((under - now).length() < 1e-3, "{under:?} became {now:?}");
    }

    #[test]
    fn a_photo_never_leaves_the_view() {
        let photo = vec2(4000.0, 3000.0);
        let rect = photo_rect(VIEW, photo, 1.0, pos2(0.0, 1.0));
        assert!(rect.contains_rect(VIEW));
        let small = photo_rect(VIEW, vec2(100.0, 100.0), 1.0, pos2(0.0, 1.0));
        assert_eq!(small.center(), VIEW.center());
    }
}
