//! From an upright picture to the pixels that a checkpoint's tower reads: resize, crop, mean and deviation, exactly as its own
//! configuration says.

use std::path::Path;

use serde_json::Value;

use super::super::{ModelError, PictureView};
use super::config::{CheckpointConfig, OpenClipPreprocessing, VisionConfig, read_json};
use super::pillow_resample::{Filter, resample};
use super::tensor_files::unusable;

/// Name of the file, and of its successor that holds it among others.
pub const PREPROCESSOR: &str = "preprocessor_config.json";
/// The successor's name.
pub const PROCESSOR: &str = "processor_config.json";

/// How a picture comes to its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resize {
    /// The shorter side becomes so long; proportions stay.
    ShortestEdge(u32),
    /// Width and height, whatever the proportions.
    Exactly(u32, u32),
    /// As large as so many patches of this side allow; proportions nearly stay (NaFlex).
    Patches { side: u32, most: u32 },
    /// As it is.
    Never,
}

/// Preprocessing of one checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocessing {
    resize: Resize,
    filter: Filter,
    /// Width and height that are cut from the middle.
    crop: Option<(u32, u32)>,
    /// Whether half a pixel beside the crop is rounded to even (torchvision) or dropped (transformers).
    round_crop: bool,
    /// Factor and, for each channel, mean and standard deviation.
    scale: f32,
    mean: [f32; 3],
    std: [f32; 3],
}

/// A picture's pixels at the size that the tower reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizedPicture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `[height, width, 3]`.
    pub pixels: Vec<u8>,
}

impl Preprocessing {
    /// Reads the preprocessing of a checkpoint.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the file and what is not understood in it.
    pub fn read(folder: &Path, config: &CheckpointConfig) -> Result<Self, ModelError> {
        if let Some(own) = &config.preprocessing {
            let file = folder.join(super::config::OPEN_CLIP_CONFIG);
            return Self::of_open_clip(own, &config.vision).map_err(|detail| unusable(&file, detail));
        }
        let (file, settings) = match folder.join(PREPROCESSOR) {
            file if file.exists() => (file.clone(), read_json(&file)?),
            missing => {
                let file = folder.join(PROCESSOR);
                if !file.exists() {
                    return Err(unusable(&missing, "the file is missing"));
                }
                let settings = read_json(&file)?;
                let inner = settings.get("image_processor").cloned().unwrap_or(settings);
                (file, inner)
            }
        };
        Self::of_settings(&settings, &config.vision).map_err(|detail| unusable(&file, detail))
    }

    fn of_settings(settings: &Value, vision: &VisionConfig) -> Result<Self, String> {
        let on = |key: &str| settings.get(key).and_then(Value::as_bool).unwrap_or(true);
        let triple = |key: &str, default: f32| match settings.get(key) {
            None | Some(Value::Null) => Ok([default; 3]),
            Some(value) => serde_json::from_value(value.clone()).map_err(|error| format!("{key}: {error}")),
        };
        let whole = |value: Option<&Value>, what: &str| -> Result<u32, String> {
            value
                .and_then(Value::as_u64)
                .and_then(|value| u32::try_from(value).ok())
                .filter(|value| *value > 0)
                .ok_or_else(|| format!("{what} is not a number of pixels"))
        };
        let filter = match settings.get("resample").and_then(Value::as_u64) {
            Some(1) => Filter::Lanczos,
            Some(2) => Filter::Bilinear,
            Some(3) | None => Filter::Bicubic,
            Some(4) => Filter::Box,
            Some(5) => Filter::Hamming,
            Some(other) => return Err(format!("the filter {other} is not known")),
        };
        let resize = if vision.any_shape {
            Resize::Patches {
                side: whole(settings.get("patch_size"), "patch_size")?,
                most: whole(settings.get("max_num_patches"), "max_num_patches")?,
            }
        } else if !on("do_resize") {
            Resize::Never
        } else {
            match settings.get("size") {
                // OpenAI's own checkpoints give a number, which is the shorter side.
                Some(size @ Value::Number(_)) => Resize::ShortestEdge(whole(Some(size), "size")?),
                Some(size) if size.get("shortest_edge").is_some() => {
                    Resize::ShortestEdge(whole(size.get("shortest_edge"), "size.shortest_edge")?)
                }
                Some(size) => Resize::Exactly(
                    whole(size.get("width"), "size.width")?,
                    whole(size.get("height"), "size.height")?,
                ),
                None => return Err("it names no size".to_owned()),
            }
        };
        let crops = settings.get("do_center_crop").and_then(Value::as_bool).unwrap_or(false);
        let crop = match settings.get("crop_size").filter(|_| crops) {
            Some(size @ Value::Number(_)) => {
                let side = whole(Some(size), "crop_size")?;
                Some((side, side))
            }
            Some(size) => Some((
                whole(size.get("width"), "crop_size.width")?,
                whole(size.get("height"), "crop_size.height")?,
            )),
            None => None,
        };
        let factor = settings
            .get("rescale_factor")
            .and_then(Value::as_f64)
            .unwrap_or(1.0 / 255.0);
        let normalise = on("do_normalize");
        Self {
            resize,
            filter,
            crop,
            round_crop: false,
            scale: if on("do_rescale") { factor as f32 } else { 1.0 },
            mean: if normalise {
                triple("image_mean", 0.5)?
            } else {
                [0.0; 3]
            },
            std: if normalise { triple("image_std", 0.5)? } else { [1.0; 3] },
        }
        .checked(vision)
    }

    fn of_open_clip(own: &OpenClipPreprocessing, vision: &VisionConfig) -> Result<Self, String> {
        let side = vision.image_side as u32;
        let filter = match own.interpolation.as_str() {
            "bicubic" => Filter::Bicubic,
            "bilinear" => Filter::Bilinear,
            other => return Err(format!("the filter {other} is not known; bicubic and bilinear are")),
        };
        let (resize, crop) = match own.resize_mode.as_str() {
            "shortest" => (Resize::ShortestEdge(side), Some((side, side))),
            "squash" => (Resize::Exactly(side, side), None),
            other => return Err(format!("the resize mode {other} is not known; shortest and squash are")),
        };
        Self {
            resize,
            filter,
            crop,
            round_crop: true,
            scale: 1.0 / 255.0,
            mean: own.mean,
            std: own.std,
        }
        .checked(vision)
    }

    /// Whether the pixels will have the size that the tower reads.
    fn checked(self, vision: &VisionConfig) -> Result<Self, String> {
        let side = vision.image_side as u32;
        let fits = |crop: (u32, u32), width, height| crop.0 <= width && crop.1 <= height;
        let size = match (self.resize, self.crop) {
            (Resize::Patches { side, .. }, _) if side as usize == vision.patch_side => return Ok(self),
            (Resize::Patches { side, .. }, _) => {
                return Err(format!(
                    "its patches have {side} pixels, the tower's {}",
                    vision.patch_side
                ));
            }
            (Resize::ShortestEdge(edge), Some(crop)) if fits(crop, edge, edge) => crop,
            (Resize::Exactly(width, height), Some(crop)) if fits(crop, width, height) => crop,
            (Resize::Exactly(width, height), None) => (width, height),
            (Resize::ShortestEdge(_), None) => {
                return Err("it keeps a picture's proportions, the tower reads squares".to_owned());
            }
            (Resize::Never, _) => return Err("it does not resize pictures".to_owned()),
            (_, Some((width, height))) => {
                return Err(format!("{width} × {height} pixels cannot be cut from its pictures"));
            }
        };
        if size == (side, side) {
            Ok(self)
        } else {
            let (width, height) = size;
            Err(format!(
                "it makes pictures of {width} × {height} pixels, the tower reads {side} × {side}"
            ))
        }
    }

    /// Resizes and crops a picture.
    #[must_use]
    pub fn apply(&self, picture: PictureView<'_>) -> SizedPicture {
        let (width, height) = (picture.width(), picture.height());
        let (to_width, to_height) = match self.resize {
            Resize::Exactly(width, height) => (width, height),
            Resize::Patches { side, most } => patches_size(width, height, side, most),
            Resize::Never => (width, height),
            Resize::ShortestEdge(edge) => {
                let longer = |long: u32, short: u32| (u64::from(edge) * u64::from(long) / u64::from(short)) as u32;
                if width <= height {
                    (edge, longer(height, width))
                } else {
                    (longer(width, height), edge)
                }
            }
        };
        let size = (to_width as usize, to_height as usize);
        let pixels = resample(picture.rgb(), width as usize, size, self.filter);
        let whole = SizedPicture {
            width: to_width,
            height: to_height,
            pixels,
        };
        match self.crop {
            Some(crop) => whole.cropped(crop, self.round_crop),
            None => whole,
        }
    }

    /// A pixel's value as the tower reads it.
    #[inline]
    #[must_use]
    pub fn normalised(&self, value: u8, channel: usize) -> f32 {
        let (mean, std) = (
            self.mean.get(channel).copied().unwrap_or(0.0),
            self.std.get(channel).copied().unwrap_or(1.0),
        );
        (f32::from(value) * self.scale - mean) / std
    }
}

impl SizedPicture {
    fn cropped(&self, (width, height): (u32, u32), round: bool) -> Self {
        let beside = |whole: u32, part: u32| {
            let half = f64::from(whole.saturating_sub(part)) / 2.0;
            (if round { half.round_ties_even() } else { half.floor() }) as usize
        };
        let (left, top) = (beside(self.width, width), beside(self.height, height));
        let line = 3 * self.width as usize;
        let (from, length) = (3 * left, 3 * width as usize);
        let rows = self.pixels.chunks_exact(line.max(1)).skip(top).take(height as usize);
        Self {
            width,
            height,
            pixels: rows
                .flat_map(|row| row.get(from..from + length).unwrap_or_default())
                .copied()
                .collect(),
        }
    }
}

/// Width and height of a picture that has at most `most` patches of `side` pixels: the largest scale at which both sides,
/// rounded up to whole patches, still fit (as `get_image_size_for_max_num_patches` of the reference finds it, by halving).
fn patches_size(width: u32, height: u32, side: u32, most: u32) -> (u32, u32) {
    const NEAR: f64 = 1e-5;
    let scaled = |scale: f64, length: u32| {
        let patches = (f64::from(length) * scale / f64::from(side)).ceil();
        (patches.max(1.0) as u32).saturating_mul(side)
    };
    let (mut low, mut high) = (NEAR / 10.0, 100.0);
    while high - low >= NEAR {
        let middle = (low + high) / 2.0;
        let patches = u64::from(scaled(middle, width) / side) * u64::from(scaled(middle, height) / side);
        if patches <= u64::from(most) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (scaled(low, width), scaled(low, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_of_an_odd_rest_is_rounded_as_each_reference_does() {
        let picture = SizedPicture {
            width: 5,
            height: 1,
            pixels: (0..15).collect(),
        };
        // 1.5 pixels on each side: dropped to 1, rounded to 2.
        assert_eq!(picture.cropped((2, 1), false).pixels, [3, 4, 5, 6, 7, 8]);
        assert_eq!(picture.cropped((2, 1), true).pixels, [6, 7, 8, 9, 10, 11]);
    }

    #[test]
    fn a_picture_of_any_shape_fills_the_patches_that_there_are() {
        assert_eq!(patches_size(100, 100, 16, 256), (256, 256));
        let (width, height) = patches_size(331, 247, 8, 16);
        assert!(width / 8 * (height / 8) <= 16 && width > height, "{width} {height}");
        assert_eq!(patches_size(1, 5000, 16, 256).0, 16);
    }
}
