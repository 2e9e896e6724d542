//! How sharp a picture is.
//!
//! The variance of the Laplacian (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study", ICPR
//! 2000), taken tile by tile, so that a sharp face before a blurred background counts as sharp, and divided by the variance of the
//! picture, so that a darker copy is as sharp as its original. Pictures of different sizes are compared at a size that both have:
//! a picture brought down looks sharper than it is.

use refocus_media::Picture;
use refocus_media::resize::{ResizeFilter, fit_within, resize_rgb};

/// Longer sides at which it is measured, pixels.
const SIDES: [u32; 3] = [LARGEST, 480, 240];

/// The largest of them: a JPEG of 4,000 × 3,000 is decoded at a quarter of its size for it.
pub(super) const LARGEST: u32 = 960;

/// Tiles a side; and the sharpest of them that count, one in eight.
const TILES: usize = 8;
const COUNTED: usize = 8;

/// Added to the variance of the picture, so that noise of an empty one counts for little. Grey levels, squared.
const EMPTY: f32 = 40.0;

/// How sharp a picture is at each of the sizes; `None` where it is smaller than that.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sharpness([Option<f32>; SIDES.len()]);

impl Sharpness {
    /// Measures a picture.
    pub(super) fn of(picture: &Picture) -> Self {
        let side = picture.width.max(picture.height);
        Self(SIDES.map(|wanted| {
            if side < wanted {
                return None;
            }
            let (width, height) = fit_within(picture.width, picture.height, wanted);
            let rgb = resize_rgb(
                &picture.rgb,
                picture.width,
                picture.height,
                width,
                height,
                ResizeFilter::Bilinear,
            );
            measure(&rgb, width as usize)
        }))
    }

    /// How sharp each picture is at the largest size that all of those measured have; `None` for those not measured, and for all
    /// where they have no size in common.
    pub(super) fn compared(pictures: &[Option<Self>]) -> Vec<Option<f32>> {
        let at =
            |size: usize, picture: &Option<Self>| picture.and_then(|picture| picture.0.get(size).copied().flatten());
        let measured = pictures.iter().filter(|picture| picture.is_some()).count();
        let common = (0..SIDES.len()).find(|size| {
            measured > 0 && pictures.iter().filter(|picture| at(*size, picture).is_some()).count() == measured
        });
        match common {
            Some(size) => pictures.iter().map(|picture| at(size, picture)).collect(),
            None => vec![None; pictures.len()],
        }
    }
}

/// `rgb`: `[height, width, 3]`, sRGB. `None` where it is too small to have tiles.
fn measure(rgb: &[u8], width: usize) -> Option<f32> {
    let grey: Vec<f32> = rgb
        .as_chunks::<3>()
        .0
        .iter()
        .map(|[red, green, blue]| 0.299 * f32::from(*red) + 0.587 * f32::from(*green) + 0.114 * f32::from(*blue))
        .collect();
    let height = grey.len() / width.max(1);
    if width < 4 * TILES || height < 4 * TILES {
        return None;
    }
    let mut tiles = [(0.0f32, 0u32); TILES * TILES];
    let row = |y: usize| grey.get(y * width..(y + 1) * width);
    for y in 1..height - 1 {
        let (above, here, below) = (row(y - 1)?, row(y)?, row(y + 1)?);
        let sides = here.windows(3).zip(above.iter().zip(below).skip(1));
        for (x, (across, (above, below))) in sides.enumerate() {
            let [left, middle, right] = across else { continue };
            let laplacian = left + right + above + below - 4.0 * middle;
            let tile = y * TILES / height * TILES + (x + 1) * TILES / width;
            if let Some((sum, count)) = tiles.get_mut(tile) {
                *sum += laplacian * laplacian;
                *count += 1;
            }
        }
    }
    let mut energies = tiles.map(|(sum, count)| sum / count.max(1) as f32);
    energies.sort_unstable_by(|a, b| b.total_cmp(a));
    let sharpest = energies.iter().take(COUNTED).sum::<f32>() / COUNTED as f32;
    let mean = grey.iter().sum::<f32>() / grey.len() as f32;
    let variance = grey.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / grey.len() as f32;
    Some((sharpest / (variance + EMPTY)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_media::decode::PictureFormat;

    /// Squares on a slope, blurred by a box of this radius, and made darker by a factor.
    fn squares(width: u32, height: u32, blur: i32, factor: f32) -> Picture {
        let sharp = |x: i32, y: i32| {
            let (x, y) = (x.clamp(0, width as i32 - 1), y.clamp(0, height as i32 - 1));
            let cell = width as i32 / 12;
            let edge = (x / cell + y / cell) % 3 == 0;
            if edge {
                200.0
            } else {
                60.0 + x as f32 / width as f32 * 40.0
            }
        };
        let mut rgb = Vec::new();
        for y in 0..height as i32 {
            for x in 0..width as i32 {
                let around = (-blur..=blur).flat_map(|dy| (-blur..=blur).map(move |dx| (dx, dy)));
                let sum: f32 = around.map(|(dx, dy)| sharp(x + dx, y + dy)).sum();
                let value = sum / ((2 * blur + 1) * (2 * blur + 1)) as f32 * factor;
                rgb.extend([value.round() as u8; 3]);
            }
        }
        Picture {
            width,
            height,
            rgb,
            original_width: width,
            original_height: height,
            format: PictureFormat::Png,
        }
    }

    #[test]
    fn a_blurred_picture_is_less_sharp_and_a_darker_one_is_not() {
        let of = |picture: &Picture| Some(Sharpness::of(picture));
        let pictures = [
            of(&squares(960, 640, 0, 1.0)),
            of(&squares(960, 640, 2, 1.0)),
            of(&squares(960, 640, 0, 0.7)),
        ];
        let [sharp, blurred, darker] = Sharpness::compared(&pictures)[..] else {
            panic!("three");
        };
        assert!(blurred.unwrap() < 0.6 * sharp.unwrap());
        assert!((darker.unwrap() / sharp.unwrap() - 1.0).abs() < 0.1);
    }

    #[test]
    fn pictures_are_compared_at_a_size_that_all_of_them_have() {
        let large = Sharpness::of(&squares(1200, 800, 1, 1.0));
        let small = Sharpness::of(&squares(300, 200, 0, 1.0));
        let compared = Sharpness::compared(&[Some(large), None, Some(small)]);
        assert_eq!(compared, [large.0[2], None, small.0[2]]);
        let tiny = Sharpness::of(&squares(96, 64, 0, 1.0));
        assert_eq!(Sharpness::compared(&[Some(large), Some(tiny)]), [None, None]);
        assert_eq!(Sharpness::compared(&[None, None]), [None, None]);
    }
}
