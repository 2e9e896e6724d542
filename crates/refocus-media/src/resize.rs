//! Scaling of RGB pixels, for thumbnails and for a model's preprocessing alike.

pub use refocus_resize::ResizeFilter;

/// Scales `source`, RGB pixels `[height, width, 3]`, to `[to_height, to_width, 3]`.
///
/// The answer always has `to_width · to_height · 3` bytes. Where there is nothing to scale (a side is zero, or `source`
/// is shorter than its size says) they are zero: decoded pictures never are.
pub fn resize_rgb(
    source: &[u8],
    width: u32,
    height: u32,
    to_width: u32,
    to_height: u32,
    filter: ResizeFilter,
) -> Vec<u8> {
    let target_len = to_width as usize * to_height as usize * 3;
    refocus_resize::resize_rgb(source, (width, height), (to_width, to_height), filter).unwrap_or_else(|error| {
        tracing::warn!(%error, bytes = source.len(), "zeros in place of a picture");
        vec![0; target_len]
    })
}

/// The size of `width × height` when its longer side is brought down to `long_side`; never larger than it was and never
/// without pixels.
pub fn fit_within(width: u32, height: u32, long_side: u32) -> (u32, u32) {
    let longest = width.max(height).max(1);
    if longest <= long_side {
        return (width.max(1), height.max(1));
    }
    let scaled = |side: u32| {
        let rounded = (u64::from(side) * u64::from(long_side) + u64::from(longest) / 2) / u64::from(longest);
        (rounded as u32).max(1)
    };
    (scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_size_gives_pixels_of_the_asked_size_and_no_panic() {
        assert_eq!(resize_rgb(&[1, 2], 10, 10, 4, 4, ResizeFilter::Bicubic), vec![0; 48]);
        assert_eq!(resize_rgb(&[], 0, 0, 2, 1, ResizeFilter::Box), vec![0; 6]);
        assert!(resize_rgb(&[9; 12], 2, 2, 0, 5, ResizeFilter::Box).is_empty());
    }

    #[test]
    fn fitting_keeps_the_shape_and_never_enlarges() {
        assert_eq!(fit_within(4000, 3000, 512), (512, 384));
        assert_eq!(fit_within(3000, 4000, 512), (384, 512));
        assert_eq!(fit_within(100, 50, 512), (100, 50));
        assert_eq!(fit_within(65_535, 1, 128), (128, 1));
        assert_eq!(fit_within(u32::MAX, u32::MAX, 128), (128, 128));
    }
}
