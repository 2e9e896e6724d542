//! What is in a photo, where, and how many of it: an object detector for the 80 classes of COCO.
//!
//! A decoded picture enters as [`PictureView`], is squashed to a square ([`Detector::prepare`]), and leaves as [`Detection`]s.
//!
//! | file | idea |
//! |---|---|
//! | `network` | NanoDet-g: square → logits of classes and box sides at three scales |
//! | `boxes` | logits → boxes, non-maximum suppression |
//! | `classes` | names of the classes |

mod boxes;
mod classes;
mod network;

use candle_core::Device;
use refocus_resize::ResizeFilter;

use super::assets::{self, WeightFile};
use super::device::single_threaded_products;
use super::ops::Backend;
use super::preprocess::squash;
use super::{ModelError, PictureView, Prepared};

pub use boxes::{Detection, DetectionLimits, intersection_over_union};
pub use classes::{CLASS_NAMES, CLASSES, class_name};

use network::Network;

/// Side of the square that the detector reads unless another is asked for, pixels. The parent was trained on 416. On 2,854
/// photos of up to 512 pixels nobody, one, two and more people were told apart in 81.7 of 100 at 416 pixels, 83.5 at 384, 82.9 at
/// 352, 83.0 at 320 and 82.8 at 288: no fewer, in about three fifths of the time.
pub const SIDE: u32 = 320;
/// Sides are multiples of this: pixels of the picture for a pixel of the coarsest level.
const STEP: u32 = 32;

/// The detector that ships inside the binary. Threads may share it; each call computes on the calling thread alone.
#[derive(Debug)]
pub struct Detector {
    network: Network,
    side: u32,
    limits: DetectionLimits,
}

impl Detector {
    /// Loads the detector's weights to `device`; its layers take the fastest way that the device has.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when its file does not fit, [`ModelError::Compute`] when the device refuses it.
    pub fn built_in(device: &Device) -> Result<Self, ModelError> {
        Self::with_path(device, Backend::for_device(device), SIDE)
    }

    /// As [`Detector::built_in`], by `path` and for squares of `side` pixels, a multiple of 32: the larger, the smaller the
    /// things that are found, at a cost that grows with the area.
    ///
    /// # Errors
    /// As [`Detector::built_in`], and [`ModelError::Compute`] for other sides.
    pub fn with_path(device: &Device, path: Backend, side: u32) -> Result<Self, ModelError> {
        single_threaded_products();
        if side == 0 || !side.is_multiple_of(STEP) {
            return Err(ModelError::Compute(format!("a detector of {side} pixels a side")));
        }
        let weights = WeightFile::open("detector.safetensors", assets::detector(), &assets::DETECTOR_IS)?;
        Ok(Self {
            network: Network::new(&weights, device, path)?,
            side,
            limits: DetectionLimits::default(),
        })
    }

    /// The same detector with other limits.
    #[must_use]
    pub fn with_limits(self, limits: DetectionLimits) -> Self {
        Self { limits, ..self }
    }

    /// Side of the square that the detector reads, pixels.
    pub fn side(&self) -> u32 {
        self.side
    }

    /// Squashes an upright sRGB picture to the detector's square.
    ///
    /// # Errors
    /// [`ModelError::Resize`].
    pub fn prepare(&self, picture: PictureView<'_>) -> Result<Prepared, ModelError> {
        Ok(Prepared {
            pixels: squash(picture, self.side, ResizeFilter::Bilinear)?,
            side: self.side,
            statistics: None,
        })
    }

    /// The things in each picture, best first.
    ///
    /// # Errors
    /// [`ModelError::Prepared`] when a picture is not one of [`Detector::prepare`], [`ModelError::Compute`] when the device
    /// fails.
    pub fn detect(&self, batch: &[Prepared]) -> Result<Vec<Vec<Detection>>, ModelError> {
        let side = self.side as usize;
        if let Some(other) = batch.iter().find(|picture| picture.pixels.len() != side * side * 3) {
            let detail = format!("{} pixels a side, the detector reads {side}", other.side);
            return Err(ModelError::Prepared(detail));
        }
        let pictures: Vec<&[u8]> = batch.iter().map(|picture| picture.pixels.as_slice()).collect();
        let mut all = Vec::with_capacity(batch.len());
        self.network.forward(&pictures, side, |count, levels| {
            let mut found = vec![Vec::new(); count];
            for level in levels {
                let one = level.values.len() / count;
                for (found, values) in found.iter_mut().zip(level.values.chunks_exact(one)) {
                    boxes::append(values, level.stride, side, self.limits.score, found);
                }
            }
            all.extend(found.into_iter().map(|found| boxes::suppressed(found, self.limits)));
        })?;
        Ok(all)
    }
}

#[cfg(test)]
mod tests;
