//! Picture → the square of pixels that an image tower reads.
//!
//! The built-in tower takes the whole photo squashed to 260 × 260 with Pillow's antialiased bicubic filter (a = −0.5),
//! which `fast_image_resize` calls Catmull-Rom, and reads pixels as (x − 127) / 128 (EfficientNet-Lite's own scaling).

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::ModelError;

/// An upright sRGB picture, 8 bits a channel, borrowed: `rgb` is `[height, width, 3]`.
#[derive(Debug, Clone, Copy)]
pub struct PictureView<'pixels> {
    width: u32,
    height: u32,
    rgb: &'pixels [u8],
}

impl<'pixels> PictureView<'pixels> {
    /// Wraps a buffer of `width × height × 3` bytes.
    ///
    /// # Errors
    /// [`ModelError::Picture`] when the buffer has another length, or the picture has no pixels.
    pub fn new(width: u32, height: u32, rgb: &'pixels [u8]) -> Result<Self, ModelError> {
        let expected = u64::from(width) * u64::from(height) * 3;
        if expected == 0 || expected != rgb.len() as u64 {
            return Err(ModelError::Picture {
                width,
                height,
                bytes: rgb.len(),
            });
        }
        Ok(Self { width, height, rgb })
    }

    /// Width in pixels, at least 1.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, at least 1.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, `[height, width, 3]`.
    pub fn rgb(&self) -> &'pixels [u8] {
        self.rgb
    }
}

/// Resamples a picture to `side × side` pixels, ignoring its proportions; returns `[side, side, 3]`.
///
/// # Errors
/// [`ModelError::Resize`] when the resampler refuses the picture.
pub fn squash(picture: PictureView<'_>, side: u32, filter: FilterType) -> Result<Vec<u8>, ModelError> {
    resample(
        picture.rgb,
        picture.width,
        picture.height,
        PixelType::U8x3,
        side,
        filter,
    )
}

/// Box-averages one grey plane `[height, width]` to `side × side`.
///
/// # Errors
/// [`ModelError::Resize`] when the plane has another length.
pub fn reduce_plane(grey: &[u8], width: u32, height: u32, side: u32) -> Result<Vec<u8>, ModelError> {
    resample(grey, width, height, PixelType::U8, side, FilterType::Box)
}

fn resample(
    pixels: &[u8],
    width: u32,
    height: u32,
    kind: PixelType,
    side: u32,
    filter: FilterType,
) -> Result<Vec<u8>, ModelError> {
    // Rows first, then columns, rounding to bytes in between: Pillow's order, which gives Pillow's bytes.
    let narrow = resample_once(pixels, (width, height), (side, height), kind, filter)?;
    resample_once(&narrow, (side, height), (side, side), kind, filter)
}

fn resample_once(
    pixels: &[u8],
    (width, height): (u32, u32),
    (to_width, to_height): (u32, u32),
    kind: PixelType,
    filter: FilterType,
) -> Result<Vec<u8>, ModelError> {
    if (width, height) == (to_width, to_height) {
        return Ok(pixels.to_vec());
    }
    let refuse = |reason: String| ModelError::Resize(reason);
    let source = ImageRef::new(width, height, pixels, kind).map_err(|e| refuse(e.to_string()))?;
    let mut target = Image::new(to_width, to_height, kind);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    Resizer::new()
        .resize(&source, &mut target, &options)
        .map_err(|e| refuse(e.to_string()))?;
    Ok(target.into_vec())
}

/// Pixels `[side, side, 3]` as the built-in tower reads them, (x − 127) / 128, appended to `out`.
pub fn scale_for_efficientnet_lite(pixels: &[u8], out: &mut Vec<f32>) {
    out.extend(pixels.iter().map(|&x| (f32::from(x) - 127.0) / 128.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> image::RgbImage {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/fixtures/photo_tokens")
            .join(name);
        image::open(path).unwrap().into_rgb8()
    }

    #[test]
    fn squashing_equals_pillows_bicubic_within_one_step() {
        let picture = fixture("picture.png");
        let view = PictureView::new(picture.width(), picture.height(), picture.as_raw()).unwrap();
        let square = squash(view, 260, FilterType::CatmullRom).unwrap();
        let expected = fixture("square.png").into_raw();
        let worst = square.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst.unwrap() <= 1, "{worst:?}");
    }

    #[test]
    fn a_buffer_of_the_wrong_length_is_refused() {
        assert!(matches!(
            PictureView::new(2, 2, &[0; 11]),
            Err(ModelError::Picture { bytes: 11, .. })
        ));
        assert!(PictureView::new(0, 2, &[]).is_err());
    }

    #[test]
    fn pixels_are_centred_at_127() {
        let mut out = Vec::new();
        scale_for_efficientnet_lite(&[0, 127, 255], &mut out);
        assert_eq!(out, [-127.0 / 128.0, 0.0, 1.0]);
    }
}
