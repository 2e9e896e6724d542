//! JPEG pixels, decoded at 1/2, 1/4 or 1/8 scale in the inverse cosine transform where that leaves enough of them.
//!
//! The decoder is our own. Of a photo that is shown and encoded at a quarter of its size most coefficients are not needed, and
//! none of the published decoders in Rust passes over them. Twelve sequential files of 12.6 megapixels on average (photos of
//! Debian's wallpaper packages, saved with quality 93–96) took 0.76–0.80 of the processor time that libjpeg-turbo 3.2.0 took for
//! the same scale (Pillow 13.0.0, `Image.draft`); four progressive ones of those packages 0.43; the twelve at full scale 1.3.
//! Thumbnails made of either differ as little from those of the whole picture: 0.23 and 0.26 levels on average.
//!
//! | file | idea |
//! |---|---|
//! | `decoder` | from the markers to the samples |
//! | `components` | where the samples of a component lie |
//! | `scan` | a scan's restart intervals, and what to do where one is damaged |
//! | `sequential`, `progressive` | the two ways that coefficients are coded |
//! | `bits`, `huffman` | bits, and the codes in them |
//! | `transform` | coefficients → samples, at four scales |
//! | `colour` | planes of samples → pixels |

mod bits;
mod colour;
mod components;
mod decoder;
mod huffman;
mod progressive;
mod scan;
mod sequential;
#[cfg(test)]
mod test_files;
#[cfg(test)]
mod tests;
mod transform;

use self::components::Component;
use self::decoder::Effort;
use self::progressive::Coefficients;
use super::colour_profile;
use super::decode::{DecodeLimits, Scale, StoredPicture};
use super::failure::Failure;
use super::jpeg_segments::{self, Coding, Frame, JpegSegments};
use super::memory_budget::Share;
use super::orientation::Orientation;

/// Eighths of the full size that the decoder can give, smallest first.
const EIGHTHS: [u32; 4] = [1, 2, 4, 8];

/// A file may repeat its passes over the picture. Photos have about ten; a hostile file thousands, each of
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
    let eighths = choose_eighths(frame, bytes.len(), scale, limits)?;
    let (width, height) = scaled_size(frame, eighths);
    share.take(needed_bytes(frame, bytes.len(), eighths));
    let effort = Effort {
        scans: ORDINARY_PASSES,
        pixels: limits.max_pixels.saturating_mul(PASSES_OVER_LARGEST_PICTURE),
    };
    let samples = decoder::decode(bytes, &segments, frame, eighths, effort)?;
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
fn choose_eighths(frame: &Frame, file_len: usize, scale: Scale, limits: &DecodeLimits) -> Result<u32, Failure> {
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
    let mut refusal = None;
    for eighths in EIGHTHS.into_iter().rev().filter(|&eighths| eighths <= wanted) {
        let (scaled_width, scaled_height) = scaled_size(frame, eighths);
        let fits = limits.check(scaled_width, scaled_height, 1).and_then(|()| {
            let needed = needed_bytes(frame, file_len, eighths);
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

/// Bytes held at a time: the data of a scan, the coefficients of a progressive file, scaled planes, interleaved pixels, and
/// their sRGB copy.
fn needed_bytes(frame: &Frame, file_len: usize, eighths: u32) -> u64 {
    let components = Component::all(frame, eighths);
    let planes: u64 = components.iter().map(|component| component.plane_len() as u64).sum();
    let coefficients: u64 = match frame.coding {
        Coding::Progressive => components.iter().map(Coefficients::bytes_of).sum(),
        _ => 0,
    };
    let (width, height) = scaled_size(frame, eighths);
    let pixels = u64::from(width) * u64::from(height);
    let converted = if frame.components.len() == 3 { 0 } else { pixels * 3 };
    // What is taken of a scan has a bound of its own: a file may hold a film behind its picture.
    let data = (file_len as u64).min(frame.samples() * scan::LONGEST_SAMPLE as u64);
    data + coefficients + planes + pixels * frame.components.len() as u64 + converted
}

fn damaged(reason: &str) -> Failure {
    Failure::corrupt(format!(
        "Its JPEG data is damaged ({reason}). Copy it again from where it came from."
    ))
}
