//! Scaling of 8-bit pixels, for thumbnails and for what an encoder reads alike.
//!
//! A crate of its own because of what `fast_image_resize` costs: its kernels are generic, so each crate that calls it
//! compiles all of them again, for every kind of pixel. Here they are compiled once, for the one kind that is needed.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{
    FilterType, IntoImageView as _, IntoImageViewMut as _, PixelType, ResizeAlg, ResizeOptions, Resizer,
};

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

/// Pixels that could not be scaled.
#[derive(Debug, thiserror::Error)]
#[error("pixels of {width} × {height} could not be scaled to {to_width} × {to_height}: {reason}")]
pub struct ResizeError {
    width: u32,
    height: u32,
    to_width: u32,
    to_height: u32,
    reason: String,
}

/// Scales a plane of one channel, `[height, width]`, to `[to_height, to_width]`: as three equal channels, which gives the same
/// bytes and spares the kernels for another kind of pixel.
///
/// # Errors
/// [`ResizeError`] when `pixels` is shorter than its size says or a side is zero.
pub fn resize_plane(
    pixels: &[u8],
    from: (u32, u32),
    to: (u32, u32),
    filter: ResizeFilter,
) -> Result<Vec<u8>, ResizeError> {
    let tripled: Vec<u8> = pixels.iter().flat_map(|value| [*value; 3]).collect();
    let scaled = resize_rgb(&tripled, from, to, filter)?;
    Ok(scaled.into_iter().step_by(3).collect())
}

/// Scales RGB pixels `[height, width, 3]` to `[to_height, to_width, 3]`.
///
/// # Errors
/// [`ResizeError`] when `pixels` is shorter than its size says or a side is zero.
pub fn resize_rgb(
    pixels: &[u8],
    (width, height): (u32, u32),
    (to_width, to_height): (u32, u32),
    filter: ResizeFilter,
) -> Result<Vec<u8>, ResizeError> {
    let refuse = |reason: String| ResizeError {
        width,
        height,
        to_width,
        to_height,
        reason,
    };
    if width == 0 || height == 0 || to_width == 0 || to_height == 0 {
        return Err(refuse("a side is zero".to_owned()));
    }
    if (width, height) == (to_width, to_height) && pixels.len() == width as usize * height as usize * 3 {
        return Ok(pixels.to_vec());
    }
    let source = ImageRef::new(width, height, pixels, PixelType::U8x3).map_err(|error| refuse(error.to_string()))?;
    let mut target = Image::new(to_width, to_height, PixelType::U8x3);
    let (Some(from), Some(mut to)) = (source.image_view::<U8x3>(), target.image_view_mut::<U8x3>()) else {
        return Err(refuse("not three bytes a pixel".to_owned()));
    };
    let options = ResizeOptions::new().resize_alg(filter.algorithm()).use_alpha(false);
    // By the one kind of pixel: what takes any kind compiles the kernels for all.
    Resizer::new()
        .resize_typed(&from, &mut to, &options)
        .map_err(|error| refuse(error.to_string()))?;
    drop(to);
    Ok(target.into_vec())
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
            let scaled = resize_rgb(&source, (40, 30), (7, 13), filter).unwrap();
            assert_eq!(scaled, [200, 30, 90].repeat(7 * 13), "{filter:?}");
            let plane = resize_plane(&[77; 40 * 30], (40, 30), (7, 13), filter).unwrap();
            assert_eq!(plane, [77; 7 * 13], "{filter:?}");
        }
    }

    #[test]
    fn antialiased_filters_average_and_interpolation_picks() {
        // Columns alternate black and white: an antialiased reduction by 8 sees grey.
        let source: Vec<u8> = (0..64 * 64)
            .flat_map(|i| [if i % 2 == 0 { 0 } else { 255 }; 3])
            .collect();
        for filter in [ResizeFilter::Box, ResizeFilter::Bilinear, ResizeFilter::Bicubic] {
            let scaled = resize_rgb(&source, (64, 64), (8, 8), filter).unwrap();
            assert!(
                scaled.iter().all(|&value| (118..=138).contains(&value)),
                "{filter:?} {scaled:?}"
            );
        }
        let picked = resize_rgb(&source, (64, 64), (64, 8), ResizeFilter::InterpolateBilinear).unwrap();
        assert!(picked.iter().all(|&value| value == 0 || value == 255));
    }

    #[test]
    fn catmull_rom_overshoots_at_an_edge_where_bilinear_does_not() {
        let source: Vec<u8> = [50, 50, 200, 200].iter().flat_map(|&v| [v; 3]).collect();
        let enlarged = |filter| resize_rgb(&source, (4, 1), (16, 1), filter).unwrap();
        assert!(enlarged(ResizeFilter::Bicubic).iter().any(|&v| v < 50));
        assert!(
            enlarged(ResizeFilter::Bilinear)
                .iter()
                .all(|&v| (50..=200).contains(&v))
        );
    }

    #[test]
    fn the_size_it_has_comes_back_as_it_is() {
        let source: Vec<u8> = (0..4 * 5 * 3).collect();
        for filter in FILTERS {
            assert_eq!(resize_rgb(&source, (4, 5), (4, 5), filter).unwrap(), source);
        }
    }

    #[test]
    fn too_few_pixels_and_sides_of_zero_are_errors() {
        for (pixels, from, to) in [
            (2, (10, 10), (4, 4)),
            (2, (10, 10), (10, 10)),
            (0, (0, 0), (2, 1)),
            (12, (2, 2), (0, 5)),
        ] {
            let error = resize_rgb(&vec![9; pixels], from, to, ResizeFilter::Box).unwrap_err();
            assert!(error.to_string().contains("could not be scaled"), "{error}");
        }
    }
}
