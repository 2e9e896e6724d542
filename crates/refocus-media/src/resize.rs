//! Scaling of RGB pixels, for thumbnails and for a model's preprocessing alike.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

/// How pixels are weighed when a picture is scaled. All but [`Self::InterpolateBilinear`] widen with the scale, which
/// is what "antialiased" means in PyTorch and Pillow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResizeFilter {
    /// Mean of the covered pixels: the fastest, for large reductions.
    Box,
    /// Antialiased bilinear (triangle).
    Bilinear,
    /// Antialiased bicubic, Catmull-Rom (a = −0.5), as Pillow's `BICUBIC`.
    Bicubic,
    /// Antialiased Lanczos with three lobes.
    Lanczos,
    /// Bilinear between the four nearest pixels, without antialiasing, as OpenCV's `INTER_LINEAR`.
    InterpolateBilinear,
}

impl ResizeFilter {
    fn algorithm(self) -> ResizeAlg {
        match self {
            Self::Box => ResizeAlg::Convolution(FilterType::Box),
            Self::Bilinear => ResizeAlg::Convolution(FilterType::Bilinear),
            Self::Bicubic => ResizeAlg::Convolution(FilterType::CatmullRom),
            Self::Lanczos => ResizeAlg::Convolution(FilterType::Lanczos3),
            Self::InterpolateBilinear => ResizeAlg::Interpolation(FilterType::Bilinear),
        }
    }
}

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
    if (width, height) == (to_width, to_height) && source.len() == target_len {
        return source.to_vec();
    }
    let mut target = Image::new(to_width, to_height, PixelType::U8x3);
    if let Ok(view) = ImageRef::new(width, height, source, PixelType::U8x3) {
        let options = ResizeOptions::new().resize_alg(filter.algorithm()).use_alpha(false);
        if let Err(error) = Resizer::new().resize(&view, &mut target, &options) {
            tracing::warn!(%error, width, height, to_width, to_height, "pixels could not be scaled");
        }
    } else {
        tracing::warn!(width, height, bytes = source.len(), "pixels do not match their size");
    }
    let mut pixels = target.into_vec();
    pixels.resize(target_len, 0);
    pixels
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

    const FILTERS: [ResizeFilter; 5] = [
        ResizeFilter::Box,
        ResizeFilter::Bilinear,
        ResizeFilter::Bicubic,
        ResizeFilter::Lanczos,
        ResizeFilter::InterpolateBilinear,
    ];

    #[test]
    fn one_colour_stays_that_colour_under_every_filter() {
        let source: Vec<u8> = [200, 30, 90].repeat(40 * 30);
        for filter in FILTERS {
            let scaled = resize_rgb(&source, 40, 30, 7, 13, filter);
            assert_eq!(scaled, [200, 30, 90].repeat(7 * 13), "{filter:?}");
        }
    }

    #[test]
    fn antialiased_filters_average_and_interpolation_picks() {
        // Columns alternate black and white: an antialiased reduction by 8 sees grey.
        let source: Vec<u8> = (0..64 * 64)
            .flat_map(|i| [if i % 2 == 0 { 0 } else { 255 }; 3])
            .collect();
        for filter in [ResizeFilter::Box, ResizeFilter::Bilinear, ResizeFilter::Bicubic] {
            let scaled = resize_rgb(&source, 64, 64, 8, 8, filter);
            assert!(
                scaled.iter().all(|&value| (118..=138).contains(&value)),
                "{filter:?} {scaled:?}"
            );
        }
    }

    #[test]
    fn catmull_rom_overshoots_at_an_edge_where_bilinear_does_not() {
        let source: Vec<u8> = [50, 50, 200, 200].iter().flat_map(|&v| [v; 3]).collect();
        let enlarged = |filter| resize_rgb(&source, 4, 1, 16, 1, filter);
        assert!(enlarged(ResizeFilter::Bicubic).iter().any(|&v| v < 50));
        assert!(
            enlarged(ResizeFilter::Bilinear)
                .iter()
                .all(|&v| (50..=200).contains(&v))
        );
    }

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
