//! Pixels from the library: thumbnails from their cache or made and kept, whole photos and faces through the decode gate.

use std::path::{Path, PathBuf};

use eframe::egui::{ColorImage, vec2};

use refocus_media::PhotoBytes;
use refocus_media::decode::{DecodeLimits, Scale, read_and_decode};
use refocus_media::hash::ContentHash;
use refocus_media::resize::{ResizeFilter, fit_within, resize_rgb};
use refocus_media::thumbnails::ThumbnailCache;

use super::face_pictures::face_square;
use super::thumbnail_service::{FaceRequest, PixelSource, ThumbnailRequest};

/// The library's files and thumbnail cache.
pub(super) struct LibraryPixels {
    cache: ThumbnailCache,
    limits: DecodeLimits,
}

impl LibraryPixels {
    /// Thumbnails are kept in `folder`.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            cache: ThumbnailCache::new(folder),
            limits: DecodeLimits::for_a_person(),
        }
    }
}

fn image(width: u32, height: u32, rgb: &[u8]) -> Result<ColorImage, String> {
    let size = [width as usize, height as usize];
    if rgb.is_empty() || rgb.len() != size[0] * size[1] * 3 {
        return Err("the picture has another size than it says".into());
    }
    Ok(ColorImage::from_rgb(size, rgb))
}

impl PixelSource for LibraryPixels {
    fn thumbnail(&self, request: &ThumbnailRequest) -> Result<ColorImage, String> {
        let hash = ContentHash(request.hash);
        if let Some(found) = self.cache.get(&hash, request.size) {
            return image(found.width, found.height, &found.rgb);
        }
        let scale = Scale::ShortSideAtLeast(request.size.long_side());
        let photo = PhotoBytes::read(&request.path, &self.limits).map_err(|failure| failure.to_string())?;
        let picture = photo
            .decode(scale, &self.limits)
            .map_err(|failure| failure.to_string())?;
        let made = ThumbnailCache::make(&picture, request.size);
        // A file that holds something else by now is shown as it is, and kept under the hash of what it holds.
        if let Err(failure) = self.cache.put(&photo.hash, request.size, &made) {
            tracing::debug!("a thumbnail is not kept: {failure}");
        }
        image(made.width, made.height, &made.rgb)
    }

    fn full(&self, path: &Path, max_side: u32) -> Result<ColorImage, String> {
        let picture = read_and_decode(path, Scale::Full, &self.limits).map_err(|failure| failure.to_string())?;
        let (width, height) = fit_within(picture.width, picture.height, max_side);
        if (width, height) == (picture.width, picture.height) {
            return image(width, height, &picture.rgb);
        }
        let filter = ResizeFilter::Bilinear;
        let rgb = resize_rgb(&picture.rgb, picture.width, picture.height, width, height, filter);
        image(width, height, &rgb)
    }

    fn face(&self, request: &FaceRequest) -> Result<ColorImage, String> {
        let photo = PhotoBytes::read(&request.path, &self.limits).map_err(|failure| failure.to_string())?;
        if photo.hash != ContentHash(request.hash) {
            return Err("the file holds another picture by now".into());
        }
        // The square covers so much of the shorter side at least, whatever the shape of the photo.
        let [left, top, right, bottom] = request.bounds.fractions();
        let part = (right - left).max(bottom - top).clamp(0.01, 1.0);
        let short_side = (request.side as f32 / part).ceil() as u32;
        let picture = photo.decode(Scale::ShortSideAtLeast(short_side), &self.limits);
        let picture = picture.map_err(|failure| failure.to_string())?;
        let size = vec2(picture.width as f32, picture.height as f32);
        let square = face_square(request.bounds, size);
        let from = (square.min.to_vec2() * size).round();
        let side = (square.width() * size.x).round().max(1.0) as u32;
        let side = side.min(picture.width).min(picture.height);
        let (x, y) = (
            (from.x as u32).min(picture.width - side),
            (from.y as u32).min(picture.height - side),
        );
        let row = |line: u32| {
            let start = (line as usize * picture.width as usize + x as usize) * 3;
            picture.rgb.get(start..start + side as usize * 3).unwrap_or_default()
        };
        let rgb: Vec<u8> = (y..y + side).flat_map(row).copied().collect();
        let to = side.min(request.side);
        if to == side {
            return image(side, side, &rgb);
        }
        let rgb = resize_rgb(&rgb, side, side, to, to, ResizeFilter::Bilinear);
        image(to, to, &rgb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_media::thumbnails::ThumbnailSize;
    use std::sync::Arc;

    #[test]
    fn a_thumbnail_is_kept_under_the_hash_of_the_bytes_that_it_was_made_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let write = |shade: u8| {
            image::RgbImage::from_pixel(64, 64, image::Rgb([shade; 3]))
                .save(&path)
                .unwrap();
            std::fs::read(&path).unwrap()
        };
        let indexed = ContentHash::of(&write(20));
        let now = ContentHash::of(&write(220));
        let pixels = LibraryPixels::new(folder.path().join("thumbnails"));
        let request = ThumbnailRequest {
            row: 0,
            hash: indexed.0,
            path: Arc::from(path.as_path()),
            size: ThumbnailSize::Small,
        };
        let shown = pixels.thumbnail(&request).unwrap();
        assert!(shown.pixels[0].r() > 200, "what lies there now is shown");
        assert!(
            pixels.cache.get(&indexed, request.size).is_none(),
            "and not kept as what lay there before"
        );
        assert!(pixels.cache.get(&now, request.size).is_some());
    }

    #[test]
    fn a_face_is_cut_out_of_its_photo_and_kept_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let face = |x: u32, y: u32| (500..600).contains(&x) && (100..200).contains(&y);
        image::RgbImage::from_fn(1000, 400, |x, y| image::Rgb([if face(x, y) { 250 } else { 10 }; 3]))
            .save(&path)
            .unwrap();
        let hash = ContentHash::of(&std::fs::read(&path).unwrap());
        let thumbnails = folder.path().join("thumbnails");
        let pixels = LibraryPixels::new(thumbnails.clone());
        let mut request = FaceRequest {
            face: refocus_engine::FaceId(1),
            hash: hash.0,
            path: Arc::from(path.as_path()),
            bounds: refocus_engine::FaceBounds::of_fractions([0.5, 0.25, 0.6, 0.5]),
            side: 60,
        };
        let shown = pixels.face(&request).unwrap();
        assert_eq!(shown.size, [60, 60]);
        let at = |x: usize, y: usize| shown.pixels[y * 60 + x].r();
        assert!(at(30, 30) > 240 && at(14, 30) > 200 && at(46, 30) > 200);
        assert!(at(3, 30) < 20 && at(30, 3) < 20 && at(57, 57) < 20);
        assert!(!thumbnails.exists());
        request.hash = [1; 32];
        assert!(pixels.face(&request).is_err(), "the file holds something else by now");
    }
}
