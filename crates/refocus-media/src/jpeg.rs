//! JPEG pixels, decoded at 1/2, 1/4 or 1/8 scale in the inverse cosine transform where that leaves enough of them.
//!
//! `jpeg-decoder` was chosen by measurement. For a photo of 4,000 × 3,000 brought to a shorter side of at least 520 it
//! takes about two thirds of the time of a full decode by `zune-jpeg` and a resize; libjpeg-turbo's scaled decode,
//! which is written in C and assembler, is faster by less than a half.

use std::io::ErrorKind;

use jpeg_decoder::{Decoder, Error, PixelFormat};

use super::colour_profile::{self, Samples};
use super::decode::{DecodeLimits, Scale, StoredPicture};
use super::failure::Failure;
use super::jpeg_segments::{self, Coding, Frame, JpegSegments};
use super::memory_budget::Share;
use super::orientation::Orientation;

/// Eighths of the full size that the decoder can give, smallest first.
const EIGHTHS: [u32; 4] = [1, 2, 4, 8];

/// A progressive file may repeat its passes over the picture. Photos have about ten; a hostile file thousands, each of
/// a few bytes. With more than [`ORDINARY_PASSES`], passes × pixels may be this many times
/// [`DecodeLimits::max_pixels`].
const PASSES_OVER_LARGEST_PICTURE: u64 = 32;
/// As many passes as encoders write.
const ORDINARY_PASSES: u64 = 16;

/// Decodes `bytes`, which begin as a JPEG.
pub(super) fn decode(
    bytes: &[u8],
    scale: Scale,
    limits: &DecodeLimits,
    share: &mut Share,
) -> Result<StoredPicture, Failure> {
    let segments = jpeg_segments::read(bytes)?;
    let Some(frame) = &segments.frame else {
        return Err(ends_early());
    };
    refuse_unread_variants(frame)?;
    let eighths = choose_eighths(frame, segments.scans, scale, limits)?;
    let (width, height) = scaled_size(frame, eighths);
    share.take(needed_bytes(frame, eighths));

    let pixels = if segments.ended {
        decode_at(bytes, frame, eighths, limits)?
    } else {
        decode_without_end_marker(bytes, frame, eighths, limits)?
    };
    let samples = match pixels.format {
        PixelFormat::L8 => Samples::Grey(pixels.bytes),
        PixelFormat::RGB24 => Samples::Rgb(pixels.bytes),
        PixelFormat::CMYK32 => Samples::Ink(pixels.bytes),
        PixelFormat::L16 => return Err(variant("16-bit")),
    };
    Ok(StoredPicture {
        width,
        height,
        rgb: colour_profile::to_srgb(samples, segments.icc.as_deref())?,
        full_width: frame.width,
        full_height: frame.height,
        orientation: orientation(&segments),
    })
}

fn orientation(segments: &JpegSegments<'_>) -> Orientation {
    segments.exif.map_or(Orientation::UPRIGHT, Orientation::from_exif)
}

fn refuse_unread_variants(frame: &Frame) -> Result<(), Failure> {
    if let Coding::Other(name) = frame.coding {
        return Err(variant(name));
    }
    if frame.precision != 8 {
        return Err(variant(&format!("{}-bit", frame.precision)));
    }
    if !matches!(frame.components.len(), 1 | 3 | 4) {
        return Err(variant(&format!("{}-channel", frame.components.len())));
    }
    Ok(())
}

fn variant(name: &str) -> Failure {
    Failure::unsupported(format!(
        "This is a {name} JPEG; it needs a decoder for that rare variant. Save it anew as an ordinary JPEG or PNG to \
         search it."
    ))
}

fn ends_early() -> Failure {
    Failure::corrupt(
        "The file ends before its picture does: copying or downloading it was interrupted. Copy it again from where it \
         came from.",
    )
}

fn scaled_size(frame: &Frame, eighths: u32) -> (u32, u32) {
    (
        (frame.width * eighths).div_ceil(8),
        (frame.height * eighths).div_ceil(8),
    )
}

/// The scale to decode at: the smallest that gives what `scale` asks for, or the largest below it within `limits`.
fn choose_eighths(frame: &Frame, scans: u64, scale: Scale, limits: &DecodeLimits) -> Result<u32, Failure> {
    let (width, height) = (frame.width, frame.height);
    let wanted = match scale {
        Scale::Full => 8,
        Scale::ShortSideAtLeast(side) => EIGHTHS
            .into_iter()
            .find(|&eighths| {
                let (width, height) = scaled_size(frame, eighths);
                width.min(height) >= side
            })
            .unwrap_or(8),
    };
    let passes = u64::from(width).saturating_mul(u64::from(height)).saturating_mul(scans);
    if scans > ORDINARY_PASSES && passes > limits.max_pixels.saturating_mul(PASSES_OVER_LARGEST_PICTURE) {
        return Err(Failure::too_large(format!(
            "It builds its {width} × {height} pixels up in {scans} passes, more than any camera writes. Save it anew to \
             search it."
        )));
    }
    let mut refusal = None;
    for eighths in EIGHTHS.into_iter().rev().filter(|&eighths| eighths <= wanted) {
        let (scaled_width, scaled_height) = scaled_size(frame, eighths);
        let fits = limits.check(scaled_width, scaled_height, 1).and_then(|()| {
            let needed = needed_bytes(frame, eighths);
            if needed > limits.max_alloc_bytes {
                return Err(limits.needs_too_much_memory(width, height, needed));
            }
            Ok(())
        });
        match fits {
            Ok(()) => return Ok(eighths),
            // The first refusal speaks of the scale that was wanted.
            Err(failure) => {
                refusal.get_or_insert(failure);
            }
        }
    }
    Err(refusal.unwrap_or_else(ends_early))
}

/// Bytes held at a time: 16-bit coefficients (all of them in a progressive file; in a sequential one as many as the
/// decoder's queues may come to hold), scaled planes, interleaved pixels, and their sRGB copy.
fn needed_bytes(frame: &Frame, eighths: u32) -> u64 {
    let samples = frame.samples();
    let planes = samples * u64::from(eighths * eighths) / 64;
    let (width, height) = scaled_size(frame, eighths);
    let interleaved = u64::from(width) * u64::from(height) * frame.components.len() as u64;
    let converted = if frame.components.len() == 3 {
        0
    } else {
        u64::from(width) * u64::from(height) * 3
    };
    samples * 2 + planes + interleaved + converted
}

/// Pixels in the decoder's own layout.
#[derive(PartialEq)]
struct Decoded {
    bytes: Vec<u8>,
    format: PixelFormat,
}

fn decode_at(bytes: &[u8], frame: &Frame, eighths: u32, limits: &DecodeLimits) -> Result<Decoded, Failure> {
    let mut decoder = Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(usize::try_from(limits.max_alloc_bytes).unwrap_or(usize::MAX));
    if eighths < 8 {
        // The decoder takes the smallest scale that reaches the asked size on *either* side. Only the longer side is
        // named, because a side of a few pixels has the same length at several scales.
        let (width, height) = scaled_size(frame, eighths);
        let ask = |side: u32, named: bool| {
            if named {
                u16::try_from(side).unwrap_or(u16::MAX)
            } else {
                u16::MAX
            }
        };
        let wide = frame.width >= frame.height;
        decoder.scale(ask(width, wide), ask(height, !wide)).map_err(failure)?;
    }
    let bytes = decoder.decode().map_err(failure)?;
    let info = decoder.info().ok_or_else(ends_early)?;
    if (u32::from(info.width), u32::from(info.height)) != scaled_size(frame, eighths) {
        return Err(Failure::corrupt(
            "Its headers contradict each other. Copy it again from where it came from.",
        ));
    }
    Ok(Decoded {
        bytes,
        format: info.pixel_format,
    })
}

/// Tells a file that lacks only its end marker from one that lacks pixels: the decoder reads on past the end in what
/// is appended, so two different endings give the same picture exactly when no pixel came from them.
fn decode_without_end_marker(
    bytes: &[u8],
    frame: &Frame,
    eighths: u32,
    limits: &DecodeLimits,
) -> Result<Decoded, Failure> {
    let with_ending = |ending: &[u8]| {
        let len = bytes.len() + ending.len() + 2;
        let mut ended = Vec::new();
        ended
            .try_reserve_exact(len)
            .map_err(|_| Failure::out_of_memory(len as u64))?;
        ended.extend_from_slice(bytes);
        ended.extend_from_slice(ending);
        ended.extend_from_slice(&[0xFF, 0xD9]);
        decode_at(&ended, frame, eighths, limits)
    };
    // Behind the end marker the decoder reads zeros. The other ending must be long: one block can take dozens of
    // bytes into frequencies that a reduced scale does not show.
    let zeros = with_ending(&[]).map_err(|_| ends_early())?;
    let noise = with_ending(&noise_without_markers()).map_err(|_| ends_early())?;
    if zeros == noise { Ok(zeros) } else { Err(ends_early()) }
}

/// Bytes of no pattern, none of them 0xFF, which would begin a marker.
fn noise_without_markers() -> Vec<u8> {
    let mut state = 0x2545_F491u32;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 24) as u8 & 0xFE
    })
    .take(2048)
    .collect()
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => ends_early(),
        Error::Io(error) => Failure::from(error),
        Error::Unsupported(feature) => variant(&format!("{feature:?}")),
        Error::Format(reason) => damaged(&reason),
        Error::Internal(reason) => damaged(&reason.to_string()),
    }
}

fn damaged(reason: &str) -> Failure {
    Failure::corrupt(format!(
        "Its JPEG data is damaged ({reason}). Copy it again from where it came from."
    ))
}
