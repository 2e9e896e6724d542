//! Pixels that did not come from a file: what was pasted. They pass the same limits as a decoded picture.

use super::decode::{DecodeLimits, Picture};
use super::failure::Failure;
use super::sniff::PictureFormat;

/// A picture of `rgba` (`[height, width, 4]`, not premultiplied), laid over white.
///
/// # Errors
/// [`Failure`] where the bytes are not `width * height * 4`, or where the picture is larger than the limits.
pub fn picture_from_rgba(width: u32, height: u32, rgba: &[u8], limits: &DecodeLimits) -> Result<Picture, Failure> {
    let pixels = u64::from(width) * u64::from(height);
    if width > limits.max_side || height > limits.max_side || pixels > limits.max_pixels {
        return Err(Failure::too_large(format!(
            "the picture has {width} × {height} pixels; use a smaller one"
        )));
    }
    if pixels == 0 || rgba.len() as u64 != pixels * 4 {
        return Err(Failure::corrupt(
            "the picture has not as many pixels as it says; copy it again",
        ));
    }
    let over_white = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let (quads, _) = rgba.as_chunks::<4>();
    let rgb = quads
        .iter()
        .flat_map(|&[r, g, b, a]| [over_white(r, a), over_white(g, a), over_white(b, a)])
        .collect();
    Ok(Picture {
        width,
        height,
        rgb,
        original_width: width,
        original_height: height,
        format: PictureFormat::Png,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_pixels_become_white_and_opaque_ones_stay() {
        let rgba = [10, 20, 30, 255, 1, 2, 3, 0];
        let picture = picture_from_rgba(2, 1, &rgba, &DecodeLimits::default()).unwrap();
        assert_eq!(picture.rgb, [10, 20, 30, 255, 255, 255]);
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        let limits = DecodeLimits::default();
        assert!(picture_from_rgba(2, 2, &[0; 4], &limits).is_err());
        assert!(picture_from_rgba(0, 0, &[], &limits).is_err());
        assert!(picture_from_rgba(u32::MAX, 1, &[], &limits).is_err());
    }
}
