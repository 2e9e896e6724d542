//! Pixels from the library: thumbnails from their cache or made and kept, whole photos through the decode gate.

use std::path::{Path, PathBuf};

use eframe::egui::ColorImage;

use refocus_media::decode::{DecodeLimits, Scale, decode, read_and_decode};
use refocus_media::hash::ContentHash;
use refocus_media::read_file;
use refocus_media::resize::{ResizeFilter, fit_within, resize_rgb};
use refocus_media::thumbnails::ThumbnailCache;

use super::thumbnail_service::{PixelSource, ThumbnailRequest};

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
        let bytes = read_file(&request.path, &self.limits).map_err(|failure| failure.to_string())?;
        let picture = decode(&bytes, scale, &self.limits).map_err(|failure| failure.to_string())?;
        let made = ThumbnailCache::make(&picture, request.size);
        // A file that holds something else by now is shown as it is, and kept under the hash of what it holds.
        if let Err(failure) = self.cache.put(&ContentHash::of(&bytes), request.size, &made) {
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
}
