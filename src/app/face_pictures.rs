//! Faces as pictures of their own: made from their photos, kept by last use within a byte budget, in memory only.

use std::collections::{HashMap, HashSet};

use eframe::egui::{ColorImage, Rect, Vec2, pos2, vec2};

use refocus_engine::{FaceBounds, FaceId, PhotoRow};

use super::picture::Picture;
use super::thumbnail_service::FaceRequest;

/// Bytes of faces that are kept: some 300 small ones.
const BUDGET: usize = 32 << 20;

/// Side of a square around a face, in longer sides of the face.
const SQUARE: f32 = 1.5;

/// Sides of the pictures, pixels: for lists, and for a question about one face.
const SMALL: u32 = 160;
const LARGE: u32 = 400;

/// A face of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FaceAt {
    /// Identity.
    pub(super) id: FaceId,
    /// Hash of the photo's bytes.
    pub(super) photo: [u8; 32],
    /// Where it is in the photo.
    pub(super) bounds: FaceBounds,
}

/// The square of a photo that shows a face with some room around it, as a part (0–1) of the photo of this size. It lies within the
/// photo, and is smaller where there is no room.
pub(super) fn face_square(bounds: FaceBounds, photo: Vec2) -> Rect {
    let photo = vec2(photo.x.max(1.0), photo.y.max(1.0));
    let [left, top, right, bottom] = bounds.fractions();
    let face = vec2(right - left, bottom - top) * photo;
    let side = (face.max_elem() * SQUARE).clamp(1.0, photo.min_elem());
    let half = vec2(side, side) / 2.0;
    let middle = pos2((left + right) / 2.0 * photo.x, (top + bottom) / 2.0 * photo.y);
    let middle = middle.clamp(half.to_pos2(), (photo - half).to_pos2());
    let square = Rect::from_center_size(middle, half * 2.0);
    Rect::from_min_max(
        (square.min.to_vec2() / photo).to_pos2(),
        (square.max.to_vec2() / photo).to_pos2(),
    )
}

struct Entry {
    picture: Picture,
    request: FaceRequest,
    bytes: usize,
    used: u64,
}

/// The faces that are there, and those that the present frame wants.
#[derive(Default)]
pub(super) struct FacePictures {
    entries: HashMap<FaceId, Entry>,
    failed: HashSet<(FaceId, [u8; 32])>,
    wanted: Vec<FaceRequest>,
    bytes: usize,
    frame: u64,
}

impl FacePictures {
    /// Starts a frame.
    pub(super) fn begin_frame(&mut self) {
        self.frame += 1;
    }

    /// What the frame wants, most wanted first.
    pub(super) fn take_wanted(&mut self) -> Vec<FaceRequest> {
        std::mem::take(&mut self.wanted)
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        *self = Self {
            frame: self.frame,
            ..Self::default()
        };
    }

    /// A face that was made; returns its bytes.
    pub(super) fn keep(&mut self, request: FaceRequest, image: ColorImage) -> usize {
        let bytes = image.pixels.len() * 4;
        let entry = Entry {
            picture: Picture::new(image),
            bytes,
            used: self.frame,
            request,
        };
        let before = self.entries.insert(entry.request.face, entry);
        self.bytes = self.bytes + bytes - before.map_or(0, |before| before.bytes);
        self.evict();
        bytes
    }

    /// A face that cannot be made: its circle is drawn from the thumbnail.
    pub(super) fn cannot(&mut self, request: &FaceRequest) {
        self.failed.insert((request.face, request.hash));
    }

    /// The picture of a face that takes this many pixels on screen, wanting it (or a sharper one) where it is missing.
    pub(super) fn show(&mut self, face: FaceAt, photo: &PhotoRow, pixels: f32) -> Option<Picture> {
        let side = if pixels > SMALL as f32 * 1.2 { LARGE } else { SMALL };
        let entry = self.entries.get_mut(&face.id);
        let entry = entry.filter(|entry| entry.request.hash == face.photo && entry.request.bounds == face.bounds);
        let (mut shown, mut sharp) = (None, false);
        if let Some(entry) = entry {
            entry.used = self.frame;
            sharp = entry.request.side >= side;
            shown = Some(entry.picture.clone());
        }
        let wanted = |request: &FaceRequest| request.face == face.id;
        if !sharp && !self.failed.contains(&(face.id, face.photo)) && !self.wanted.iter().any(wanted) {
            self.wanted.push(FaceRequest {
                face: face.id,
                hash: face.photo,
                path: photo.path.clone(),
                bounds: face.bounds,
                side,
            });
        }
        shown
    }

    /// Frees the least recently drawn faces until the budget holds; what the last frame drew stays.
    fn evict(&mut self) {
        if self.bytes <= BUDGET {
            return;
        }
        let mut by_use: Vec<(u64, FaceId)> = self.entries.iter().map(|(id, entry)| (entry.used, *id)).collect();
        by_use.sort_unstable();
        for (used, id) in by_use {
            // Down to nine tenths, so that the next one does not evict again.
            if self.bytes <= BUDGET / 10 * 9 || used + 1 >= self.frame {
                break;
            }
            if let Some(entry) = self.entries.remove(&id) {
                self.bytes -= entry.bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_rows::row;
    use super::*;
    use eframe::egui::Color32;

    fn bounds(fractions: [f32; 4]) -> FaceBounds {
        FaceBounds::of_fractions(fractions)
    }

    #[test]
    fn the_square_around_a_face_is_square_in_pixels_and_stays_in_the_photo() {
        let photo = vec2(4000.0, 3000.0);
        let middle = face_square(bounds([0.4, 0.4, 0.5, 0.5]), photo);
        let pixels = middle.size() * photo;
        assert!(
            (pixels.x - pixels.y).abs() < 1.0 && (pixels.x - 600.0).abs() < 2.0,
            "{pixels:?}"
        );
        let corner = face_square(bounds([0.0, 0.9, 0.1, 1.0]), photo);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)).expand(1e-4);
        assert!(whole.contains_rect(corner), "{corner:?}");
        let all = face_square(bounds([0.0, 0.0, 1.0, 1.0]), photo);
        assert!((all.size() * photo - vec2(3000.0, 3000.0)).length() < 2.0, "{all:?}");
    }

    #[test]
    fn faces_that_were_not_drawn_for_long_are_freed_first() {
        let mut faces = FacePictures::default();
        let photo = row(1);
        let at = |number| FaceAt {
            id: FaceId(number),
            photo: photo.hash,
            bounds: FaceBounds::default(),
        };
        let count = 400;
        for number in 0..count {
            faces.begin_frame();
            assert!(faces.show(at(number), &photo, 80.0).is_none());
            let wanted = faces.take_wanted();
            assert_eq!(wanted.len(), 1, "and the ones before are not asked for again");
            let image = ColorImage::filled([SMALL as usize; 2], Color32::GRAY);
            faces.keep(wanted[0].clone(), image);
        }
        assert!(faces.bytes <= BUDGET);
        assert!(faces.show(at(0), &photo, 80.0).is_none(), "the oldest is freed");
        assert!(faces.show(at(count - 1), &photo, 80.0).is_some());
        faces.take_wanted();
        assert!(
            faces.show(at(count - 1), &photo, 300.0).is_some(),
            "until there is a sharper one"
        );
        assert_eq!(faces.take_wanted()[0].side, LARGE);
        faces.clear();
        assert_eq!((faces.bytes, faces.entries.len()), (0, 0));
    }
}
