//! PNG, WebP, GIF, BMP and TIFF pixels, through the decoders of the `image` crate.

use std::io::Cursor;

use image::codecs::{bmp, gif, png, tiff, webp};
use image::error::{ImageError, LimitErrorKind};
use image::{ColorType, ImageDecoder, Limits};

use super::colour_profile::{self, Samples};
use super::decode::{DecodeLimits, StoredPicture, zeroed};
use super::failure::Failure;
use super::memory_budget::Share;
use super::orientation::Orientation;
use super::sniff::PictureFormat;

/// Decodes `bytes`, which begin as `format`. Of several frames or pages the first is taken.
pub(super) fn decode(
    bytes: &[u8],
    format: PictureFormat,
    limits: &DecodeLimits,
    share: &mut Share,
) -> Result<StoredPicture, Failure> {
    let reader = Cursor::new(bytes);
    let named = |error| failure(error, format);
    match format {
        PictureFormat::Png => {
            let decoder = png::PngDecoder::with_limits(reader, decoder_limits(limits)).map_err(named)?;
            read(decoder, format, limits, share)
        }
        PictureFormat::WebP => {
            webp_chunks_fit(bytes)?;
            read(webp::WebPDecoder::new(reader).map_err(named)?, format, limits, share)
        }
        PictureFormat::Gif => read(gif::GifDecoder::new(reader).map_err(named)?, format, limits, share),
        PictureFormat::Bmp => read(bmp::BmpDecoder::new(reader).map_err(named)?, format, limits, share),
        PictureFormat::Tiff => read(tiff::TiffDecoder::new(reader).map_err(named)?, format, limits, share),
        PictureFormat::Jpeg
        | PictureFormat::JpegXl
        | PictureFormat::Heif
        | PictureFormat::Avif
        | PictureFormat::CameraRaw => Err(Failure::unsupported(format!(
            "A {} file reached the decoder of other formats.",
            format.as_str()
        ))),
    }
}

fn decoder_limits(limits: &DecodeLimits) -> Limits {
    let mut of_image = Limits::no_limits();
    of_image.max_image_width = Some(limits.max_side);
    of_image.max_image_height = Some(limits.max_side);
    of_image.max_alloc = Some(limits.max_alloc_bytes);
    of_image
}

fn read<D: ImageDecoder>(
    mut decoder: D,
    format: PictureFormat,
    limits: &DecodeLimits,
    share: &mut Share,
) -> Result<StoredPicture, Failure> {
    let (width, height) = decoder.dimensions();
    let colour = decoder.color_type();
    // The stored pixels and their RGB copy are held together.
    let bytes_per_pixel = u64::from(colour.bytes_per_pixel()) + 3;
    limits.check(width, height, bytes_per_pixel)?;
    share.take(u64::from(width) * u64::from(height) * bytes_per_pixel);
    decoder
        .set_limits(decoder_limits(limits))
        .map_err(|error| failure(error, format))?;
    // A damaged profile or EXIF block costs the colour or the turn, not the picture.
    let icc = decoder.icc_profile().ok().flatten();
    let orientation = decoder.orientation().map_or(Orientation::UPRIGHT, |turn| {
        Orientation::from_tag(u32::from(turn.to_exif()))
    });
    let len = usize::try_from(decoder.total_bytes()).map_err(|_| Failure::out_of_memory(u64::MAX))?;
    let mut stored = zeroed(len)?;
    decoder
        .read_image(&mut stored)
        .map_err(|error| failure(error, format))?;
    Ok(StoredPicture {
        width,
        height,
        rgb: to_srgb(stored, colour, icc.as_deref())?,
        full_width: width,
        full_height: height,
        orientation,
    })
}

/// Any layout of the `image` crate → sRGB 8 bit, transparency over white.
pub(super) fn to_srgb(stored: Vec<u8>, colour: ColorType, icc: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
    let eight_bit = match colour {
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => narrow_16_bit(stored),
        ColorType::Rgb32F | ColorType::Rgba32F => narrow_float(&stored),
        _ => stored,
    };
    match colour.channel_count() {
        1 => colour_profile::to_srgb(Samples::Grey(eight_bit), icc),
        2 => {
            let (pixels, _) = eight_bit.as_chunks::<2>();
            let grey = pixels.iter().map(|[grey, _]| *grey).collect();
            let mut rgb = colour_profile::to_srgb(Samples::Grey(grey), icc)?;
            lay_over_white(&mut rgb, pixels.iter().map(|[_, alpha]| *alpha));
            Ok(rgb)
        }
        3 => colour_profile::to_srgb(Samples::Rgb(eight_bit), icc),
        4 => {
            let (pixels, _) = eight_bit.as_chunks::<4>();
            let mut colours = zeroed(pixels.len() * 3)?;
            for (colour, [red, green, blue, _]) in colours.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
                *colour = [*red, *green, *blue];
            }
            let mut rgb = colour_profile::to_srgb(Samples::Rgb(colours), icc)?;
            lay_over_white(&mut rgb, pixels.iter().map(|[_, _, _, alpha]| *alpha));
            Ok(rgb)
        }
        count => Err(Failure::unsupported(format!(
            "Its pixels have {count} channels. Save it anew as RGB."
        ))),
    }
}

/// 16 bit in the machine's byte order → 8 bit, rounded, in place.
fn narrow_16_bit(mut stored: Vec<u8>) -> Vec<u8> {
    let samples = stored.len() / 2;
    for index in 0..samples {
        if let Some(&[first, second]) = stored.get(index * 2..).and_then(|rest| rest.first_chunk()) {
            let wide = u32::from(u16::from_ne_bytes([first, second]));
            if let Some(narrow) = stored.get_mut(index) {
                *narrow = ((wide * 255 + 32_767) / 65_535) as u8;
            }
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

fn lay_over_white(rgb: &mut [u8], alphas: impl Iterator<Item = u8>) {
    for (pixel, alpha) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(alphas) {
        if alpha != 255 {
            let alpha = u32::from(alpha);
            for value in pixel {
                *value = ((u32::from(*value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
            }
        }
    }
}

/// Every chunk of a WebP must lie inside the file. Its decoder reserves what a chunk claims before it reads, so that
/// a file of fifty bytes could ask for gigabytes.
fn webp_chunks_fit(bytes: &[u8]) -> Result<(), Failure> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some([_, _, _, _, a, b, c, d]) = rest.first_chunk() {
        let len = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        let after = rest.get(8..).unwrap_or_default();
        if after.len() < len {
            return Err(ends_early(PictureFormat::WebP));
        }
        // The padding of an odd last chunk may be missing.
        rest = after.get(len.saturating_add(len & 1)..).unwrap_or_default();
    }
    Ok(())
}

pub(super) fn ends_early(format: PictureFormat) -> Failure {
    Failure::corrupt(format!(
        "The {} file ends before its picture does: copying or downloading it was interrupted. Copy it again from where \
         it came from.",
        format.as_str()
    ))
}

fn failure(error: ImageError, format: PictureFormat) -> Failure {
    let name = format.as_str();
    let damaged = |reason: &dyn std::fmt::Display| {
        Failure::corrupt(format!(
            "Its {name} data is damaged ({reason}). Copy it again from where it came from."
        ))
    };
    match error {
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => ends_early(format),
        ImageError::IoError(error) => damaged(&error),
        ImageError::Limits(limit) => match limit.kind() {
            LimitErrorKind::InsufficientMemory | LimitErrorKind::DimensionError => Failure::too_large(format!(
                "Decoding this {name} would take more memory than is allowed. Save a smaller copy to search it."
            )),
            _ => damaged(&limit),
        },
        ImageError::Unsupported(feature) => Failure::unsupported(format!(
            "This is a rare variant of {name}; it needs a decoder for it ({feature}). Save it anew as an ordinary PNG or \
             JPEG to search it."
        )),
        ImageError::Decoding(reason) => damaged(&reason),
        ImageError::Parameter(reason) => damaged(&reason),
        ImageError::Encoding(reason) => damaged(&reason),
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
    fn a_webp_chunk_larger_than_the_file_is_refused_before_it_is_read() {
        let mut file = b"RIFF\0\0\0\0WEBPICCP".to_vec();
        file.extend(0xFFFF_FFF0u32.to_le_bytes());
        file.extend(b"tiny");
        assert!(webp_chunks_fit(&file).is_err());
        assert!(webp_chunks_fit(b"RIFF\0\0\0\0WEBPVP8 \x03\0\0\0abc").is_ok());
    }
}
