//! Features of many photos in memory, in half precision.

use half::f16;
use half::slice::HalfFloatSliceExt;
use half::vec::HalfFloatVecExt;
use image::RgbImage;
use rayon::prelude::*;

use refocus_model::built_in::ImageEncoder;
use refocus_model::detector::Detection;
use refocus_model::objects::OBJECTS;
use refocus_model::pooling::PhotoFeatures;
use refocus_model::things::Things;
use refocus_model::{ModelError, PictureView};

/// Photos whose features are worked on at a time.
pub(super) const BLOCK: usize = 32;
/// Photos that go through the tower together.
const BATCH: usize = 8;

/// Features of a photo in f16: thousands of them are kept until the last basis is fitted.
#[derive(Debug, Clone)]
pub(super) struct CompactFeatures {
    pub(super) head: Vec<f16>,
    pub(super) middle: Vec<f16>,
    pub(super) early: Vec<f16>,
    pub(super) statistics: Vec<f16>,
    boxes: [[f32; 4]; OBJECTS],
    objects: [Option<Detection>; OBJECTS],
    things: Things,
}

impl CompactFeatures {
    fn of(features: &PhotoFeatures) -> Self {
        let compact = |values: &[f32]| Vec::from_f32_slice(values);
        Self {
            head: compact(&features.head),
            middle: compact(&features.middle),
            early: compact(&features.early),
            statistics: compact(&features.statistics),
            boxes: features.boxes,
            objects: features.objects,
            things: features.things.clone(),
        }
    }

    /// Back to f32.
    pub(super) fn expand(&self) -> PhotoFeatures {
        PhotoFeatures {
            head: self.head.to_f32_vec(),
            middle: self.middle.to_f32_vec(),
            early: self.early.to_f32_vec(),
            statistics: self.statistics.to_f32_vec(),
            boxes: self.boxes,
            objects: self.objects,
            things: self.things.clone(),
        }
    }
}

/// Features of pictures, in their order, computed on all cores.
///
/// # Errors
/// As [`ImageEncoder::prepare`] and [`ImageEncoder::features`].
pub(super) fn compact_features(
    encoder: &ImageEncoder,
    pictures: &[RgbImage],
) -> Result<Vec<CompactFeatures>, ModelError> {
    let batches: Vec<Vec<CompactFeatures>> = pictures
        .par_chunks(BATCH)
        .map(|batch| {
            let prepared = batch
                .iter()
                .map(|p| encoder.prepare(PictureView::new(p.width(), p.height(), p.as_raw())?))
                .collect::<Result<Vec<_>, ModelError>>()?;
            Ok(encoder.features(&prepared)?.iter().map(CompactFeatures::of).collect())
        })
        .collect::<Result<_, ModelError>>()?;
    Ok(batches.into_iter().flatten().collect())
}

/// The features of a block of photos in f32.
pub(super) fn expand(photos: &[CompactFeatures]) -> Vec<PhotoFeatures> {
    photos.iter().map(CompactFeatures::expand).collect()
}

/// The rows of one kind of feature, block after block of photos.
pub(super) fn blocks<'a>(
    photos: &'a [CompactFeatures],
    rows: impl Fn(&CompactFeatures) -> Vec<f32> + 'a,
) -> impl Iterator<Item = Vec<f32>> + 'a {
    photos
        .chunks(BLOCK)
        .map(move |block| block.iter().flat_map(&rows).collect())
}
