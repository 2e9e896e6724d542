//! GIF and BMP pixels, through the decoders of the `image` crate, and the words of its failures.

use std::io::Cursor;

use image::codecs::{bmp, gif};
use image::error::{ImageError, LimitErrorKind};
use image::{ImageDecoder, Limits};

use super::colours::Colours;
use super::decode::{DecodeLimits, StoredPicture, zeroed};
use super::failure::Failure;
use super::memory_budget::Share;
use super::orientation::Orientation;
use super::sniff::PictureFormat;
use super::srgb::{self, Alpha};

/// Decodes `bytes`, which begin as a GIF. Of several frames the first is taken.
pub(super) fn decode_gif(bytes: &[u8], limits: &DecodeLimits, share: &mut Share) -> Result<StoredPicture, Failure> {
    let decoder = gif::GifDecoder::new(Cursor::new(bytes)).map_err(|error| failure(error, PictureFormat::Gif))?;
    read(decoder, PictureFormat::Gif, limits, share)
}

/// Decodes `bytes`, which begin as a BMP.
pub(super) fn decode_bmp(bytes: &[u8], limits: &DecodeLimits, share: &mut Share) -> Result<StoredPicture, Failure> {
    let decoder = bmp::BmpDecoder::new(Cursor::new(bytes)).map_err(|error| failure(error, PictureFormat::Bmp))?;
    read(decoder, PictureFormat::Bmp, limits, share)
}

pub(super) fn decoder_limits(limits: &DecodeLimits) -> Limits {
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
    let layout = decoder.color_type();
    // The stored pixels and their RGB copy are held together.
    let bytes_per_pixel = u64::from(layout.bytes_per_pixel()) + 3;
    limits.check(width, height, bytes_per_pixel)?;
    share.take(u64::from(width) * u64::from(height) * bytes_per_pixel);
    decoder
        .set_limits(decoder_limits(limits))
        .map_err(|error| failure(error, format))?;
    // A damaged profile costs the colour, not the picture.
    let colours = Colours::of_profile(decoder.icc_profile().ok().flatten());
    let len = usize::try_from(decoder.total_bytes()).map_err(|_| Failure::out_of_memory(u64::MAX))?;
    let mut stored = zeroed(len)?;
    decoder
        .read_image(&mut stored)
        .map_err(|error| failure(error, format))?;
    Ok(StoredPicture {
        width,
        height,
        rgb: srgb::to_srgb(stored, layout, &colours, Alpha::Straight)?,
        full_width: width,
        full_height: height,
        orientation: Orientation::UPRIGHT,
    })
}

pub(super) fn ends_early(format: PictureFormat) -> Failure {
    Failure::corrupt(format!(
        "The {} file ends before its picture does: copying or downloading it was interrupted. Copy it again from where \
         it came from.",
        format.as_str()
    ))
}

/// A failure of the `image` crate's decoders in words.
pub(super) fn failure(error: ImageError, format: PictureFormat) -> Failure {
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
