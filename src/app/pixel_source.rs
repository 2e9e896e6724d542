//! Pixels from the library.

use std::path::{Path, PathBuf};

use eframe::egui::ColorImage;

use super::thumbnail_service::{PixelSource, ThumbnailRequest};

pub(super) struct LibraryPixels {
    folder: PathBuf,
}

impl LibraryPixels {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }
}

impl PixelSource for LibraryPixels {
    fn thumbnail(&self, request: &ThumbnailRequest) -> Result<ColorImage, String> {
        let _ = &self.folder;
        let image = image::open(&request.path).map_err(|e| e.to_string())?;
        let s = request.bucket.pixels() * 2;
        let image = image.thumbnail(s, s).to_rgb8();
        Ok(ColorImage::from_rgb([image.width() as usize, image.height() as usize], image.as_raw()))
    }

    fn full(&self, path: &Path, max_side: u32) -> Result<ColorImage, String> {
        let image = image::open(path).map_err(|e| e.to_string())?;
        let image = if image.width().max(image.height()) > max_side { image.thumbnail(max_side, max_side) } else { image };
        let image = image.to_rgb8();
        Ok(ColorImage::from_rgb([image.width() as usize, image.height() as usize], image.as_raw()))
    }
}
