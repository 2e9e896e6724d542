//! Samples as decoders give them → sRGB of 8 bit, transparency over white.

use image::ColorType;

use super::colour_profile::{self, Samples};
use super::colours::Colours;
use super::decode::zeroed;
use super::failure::Failure;
use super::high_dynamic_range::HighDynamicRange;

/// How a picture's colours and its opacity belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alpha {
    /// The colours are those of the opaque picture.
    Straight,
    /// The colours have been multiplied by the opacity.
    Associated,
}

/// Any layout of the `image` crate (16 bit and floats in the machine's byte order) → sRGB 8 bit, transparency over white.
///
/// # Errors
/// Out of memory for a copy.
pub(super) fn to_srgb(stored: Vec<u8>, layout: ColorType, colours: &Colours, alpha: Alpha) -> Result<Vec<u8>, Failure> {
    let transparent = layout.has_alpha();
    if let Colours::Light(light) = colours {
        return light_to_srgb(&widened(&stored, layout), layout, *light, alpha);
    }
    let eight_bit = if transparent && alpha == Alpha::Associated {
        let mut wide = widened(&stored, layout);
        divide_by_alpha(&mut wide, usize::from(layout.channel_count()));
        wide.into_iter().map(narrow).collect()
    } else {
        match layout {
            ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => narrow_16_bit(stored),
            ColorType::Rgb32F | ColorType::Rgba32F => narrow_float(&stored),
            _ => stored,
        }
    };
    eight_bit_to_srgb(eight_bit, layout.channel_count(), colours)
}

fn eight_bit_to_srgb(samples: Vec<u8>, channels: u8, colours: &Colours) -> Result<Vec<u8>, Failure> {
    let profile = match colours {
        Colours::Profile(profile) => Some(profile.as_slice()),
        Colours::Screen | Colours::Light(_) => None,
    };
    match channels {
        1 => colour_profile::to_srgb(Samples::Grey(samples), profile),
        2 => {
            let (pixels, _) = samples.as_chunks::<2>();
            let grey = pixels.iter().map(|[grey, _]| *grey).collect();
            let mut rgb = colour_profile::to_srgb(Samples::Grey(grey), profile)?;
            lay_over_white(&mut rgb, pixels.iter().map(|[_, alpha]| *alpha));
            Ok(rgb)
        }
        3 => colour_profile::to_srgb(Samples::Rgb(samples), profile),
        4 => {
            let (pixels, _) = samples.as_chunks::<4>();
            let mut colours = zeroed(pixels.len() * 3)?;
            for (colour, [red, green, blue, _]) in colours.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
                *colour = [*red, *green, *blue];
            }
            let mut rgb = colour_profile::to_srgb(Samples::Rgb(colours), profile)?;
            lay_over_white(&mut rgb, pixels.iter().map(|[_, _, _, alpha]| *alpha));
            Ok(rgb)
        }
        count => Err(Failure::unsupported(format!(
            "Its pixels have {count} channels. Save it anew as RGB."
        ))),
    }
}

fn light_to_srgb(
    samples: &[u16],
    layout: ColorType,
    light: HighDynamicRange,
    alpha: Alpha,
) -> Result<Vec<u8>, Failure> {
    let channels = usize::from(layout.channel_count());
    let mut colours = Vec::new();
    colours
        .try_reserve_exact(samples.len() / channels * 3)
        .map_err(|_| Failure::out_of_memory(samples.len() as u64 * 6))?;
    for pixel in samples.chunks_exact(channels) {
        let opacity = pixel.last().filter(|_| layout.has_alpha()).copied();
        let colour = match *pixel {
            [grey] | [grey, _] => [grey; 3],
            [red, green, blue, ..] => [red, green, blue],
            [] => [0; 3],
        };
        colours.extend(match (opacity, alpha) {
            (Some(opacity), Alpha::Associated) => colour.map(|value| divided(value, opacity)),
            _ => colour,
        });
    }
    let mut rgb = light.to_srgb(&colours)?;
    if layout.has_alpha() {
        let opacities = samples.chunks_exact(channels).filter_map(|pixel| pixel.last());
        lay_over_white(&mut rgb, opacities.map(|alpha| narrow(*alpha)));
    }
    Ok(rgb)
}

/// Samples of any depth as 0–65,535.
fn widened(stored: &[u8], layout: ColorType) -> Vec<u16> {
    match layout {
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => {
            let (samples, _) = stored.as_chunks::<2>();
            samples.iter().map(|bytes| u16::from_ne_bytes(*bytes)).collect()
        }
        ColorType::Rgb32F | ColorType::Rgba32F => {
            let (samples, _) = stored.as_chunks::<4>();
            let wide = |bytes: &[u8; 4]| (f32::from_ne_bytes(*bytes).clamp(0.0, 1.0) * 65_535.0).round() as u16;
            samples.iter().map(wide).collect()
        }
        _ => stored.iter().map(|value| u16::from(*value) * 257).collect(),
    }
}

/// Takes the opacity, the last of so many channels, out of the colours.
fn divide_by_alpha(samples: &mut [u16], channels: usize) {
    for pixel in samples.chunks_exact_mut(channels) {
        if let Some((alpha, colours)) = pixel.split_last_mut() {
            for value in colours {
                *value = divided(*value, *alpha);
            }
        }
    }
}

/// A colour without the opacity it was multiplied by. Nothing can be said of the colour of what is clear.
pub(super) fn divided(value: u16, alpha: u16) -> u16 {
    if alpha == 0 {
        return 0;
    }
    let whole = (u32::from(value) * 65_535 + u32::from(alpha) / 2) / u32::from(alpha);
    u16::try_from(whole).unwrap_or(u16::MAX)
}

/// 16 bit → 8 bit, rounded.
pub(super) fn narrow(wide: u16) -> u8 {
    ((u32::from(wide) * 255 + 32_767) / 65_535) as u8
}

/// 16 bit in the machine's byte order → 8 bit, rounded, in place.
fn narrow_16_bit(mut stored: Vec<u8>) -> Vec<u8> {
    let samples = stored.len() / 2;
    for index in 0..samples {
        if let Some(&[first, second]) = stored.get(index * 2..).and_then(|rest| rest.first_chunk())
            && let Some(to) = stored.get_mut(index)
        {
            *to = narrow(u16::from_ne_bytes([first, second]));
        }
    }
    stored.truncate(samples);
    stored
}

/// 0.0–1.0 in the machine's byte order → 8 bit; values outside (and "not a number") are clamped.
fn narrow_float(stored: &[u8]) -> Vec<u8> {
    let (samples, _) = stored.as_chunks::<4>();
    samples
        .iter()
        .map(|bytes| (f32::from_ne_bytes(*bytes).clamp(0.0, 1.0) * 255.0).round() as u8)
        .collect()
}

pub(super) fn lay_over_white(rgb: &mut [u8], alphas: impl Iterator<Item = u8>) {
    for (pixel, alpha) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(alphas) {
        if alpha != 255 {
            let alpha = u32::from(alpha);
            for value in pixel {
                *value = ((u32::from(*value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_narrow_to_the_nearest_of_eight() {
        let wide: Vec<u8> = [0u16, 128, 129, 32_768, 65_406, 65_407, 65_535]
            .iter()
            .flat_map(|v| v.to_ne_bytes())
            .collect();
        assert_eq!(narrow_16_bit(wide), [0, 0, 1, 128, 254, 255, 255]);
    }

    #[test]
    fn floats_outside_the_range_are_clamped() {
        let wide: Vec<u8> = [-1.0f32, 0.0, 0.5, 1.0, 9.0, f32::NAN, f32::INFINITY]
            .iter()
            .flat_map(|v| v.to_ne_bytes())
            .collect();
        assert_eq!(narrow_float(&wide), [0, 0, 128, 255, 255, 0, 255]);
    }

    #[test]
    fn multiplied_colours_over_white_are_what_straight_ones_are() {
        let straight = [200u8, 100, 50, 128, 30, 60, 90, 64, 9, 9, 9, 255, 7, 7, 7, 0];
        let multiplied: Vec<u8> = straight
            .chunks(4)
            .flat_map(|pixel| {
                let alpha = u32::from(pixel[3]);
                let times = |value: u8| ((u32::from(value) * alpha + 127) / 255) as u8;
                [times(pixel[0]), times(pixel[1]), times(pixel[2]), pixel[3]]
            })
            .collect();
        let over_white = |samples: &[u8], alpha| to_srgb(samples.to_vec(), ColorType::Rgba8, &Colours::Screen, alpha);
        let expected = over_white(&straight, Alpha::Straight).unwrap();
        let found = over_white(&multiplied, Alpha::Associated).unwrap();
        let off = expected.iter().zip(&found).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off <= Some(1), "{expected:?} {found:?}");
    }

    #[test]
    fn colours_brighter_than_their_opacity_are_white_and_not_wrapped() {
        assert_eq!((divided(500, 400), divided(0, 0), divided(65_535, 0)), (65_535, 0, 0));
        assert_eq!(divided(100, 200), 32_768);
    }
}
