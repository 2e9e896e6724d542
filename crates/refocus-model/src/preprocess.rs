//! Picture → the square of pixels that an image tower reads.
//!
//! The built-in tower takes the whole photo squashed to 260 × 260 with Pillow's antialiased bicubic filter (a = −0.5), and
//! reads pixels as (x − 127) / 128 (EfficientNet-Lite's own scaling).

use refocus_resize::{ResizeError, ResizeFilter, resize_plane, resize_rgb};

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
pub fn squash(picture: PictureView<'_>, side: u32, filter: ResizeFilter) -> Result<Vec<u8>, ModelError> {
    rows_first(resize_rgb, picture.rgb, (picture.width, picture.height), side, filter)
}

/// Box-averages one grey plane `[height, width]` to `side × side`.
///
/// # Errors
/// [`ModelError::Resize`] when the plane has another length.
pub fn reduce_plane(grey: &[u8], width: u32, height: u32, side: u32) -> Result<Vec<u8>, ModelError> {
    rows_first(resize_plane, grey, (width, height), side, ResizeFilter::Box)
}

type Resize = fn(&[u8], (u32, u32), (u32, u32), ResizeFilter) -> Result<Vec<u8>, ResizeError>;

/// Rows first, then columns, rounding to bytes in between: Pillow's order, which gives Pillow's bytes.
fn rows_first(
    resize: Resize,
    pixels: &[u8],
    (width, height): (u32, u32),
    side: u32,
    filter: ResizeFilter,
) -> Result<Vec<u8>, ModelError> {
    let narrow = resize(pixels, (width, height), (side, height), filter)?;
    Ok(resize(&narrow, (side, height), (side, side), filter)?)
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
        let square = squash(view, 260, ResizeFilter::Bicubic).unwrap();
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
