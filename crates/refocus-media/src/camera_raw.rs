//! Camera raw files, shown by the largest JPEG that the camera put into them.
//!
//! Sources: TIFF 6.0 and TIFF/EP (CR2, NEF, ARW, DNG, PEF, SRW, and with another magic number ORF and RW2), ISO 14496-12 (the
//! boxes of CR3), and the header of RAF as `exiftool` documents it. No offset and no length of a file is trusted: what does
//! not lie inside the file is passed over, and so is what is not a JPEG that the gate's decoder reads.

use std::borrow::Cow;

use super::decode::{DecodeLimits, Scale, StoredPicture};
use super::failure::Failure;
use super::jpeg;
use super::jpeg_segments::{self, Coding};
use super::memory_budget::Share;
use super::orientation::Orientation;

mod boxes;
mod tiff;

/// Places that may hold a JPEG.
const MOST_CANDIDATES: usize = 64;

/// Decodes the largest preview of `bytes`, which begin as a camera raw file.
pub(super) fn decode(
    bytes: &[u8],
    scale: Scale,
    limits: &DecodeLimits,
    share: &mut Share,
) -> Result<StoredPicture, Failure> {
    let found = Previews::of(bytes);
    let Some(preview) = found.largest() else {
        return Err(Failure::unsupported(
            "This camera raw file holds no preview that can be shown. Export it as JPEG or TIFF to search it.",
        ));
    };
    let stored = jpeg::decode(preview, scale, limits, share)?;
    // The file's own word counts; where it has none, the preview's was taken by the JPEG's decoder.
    Ok(match found.orientation {
        Some(orientation) => StoredPicture { orientation, ..stored },
        None => stored,
    })
}

/// What may say when and how a photo was taken.
pub(super) enum RawBlock<'a> {
    /// A block with the structure of a TIFF.
    Exif(Cow<'a, [u8]>),
    /// An XMP packet.
    Xmp(&'a [u8]),
    /// A JPEG with blocks of its own.
    Jpeg(&'a [u8]),
}

/// The blocks inside `bytes`.
pub(super) fn metadata_blocks(bytes: &[u8]) -> Vec<RawBlock<'_>> {
    let mut found = Previews::default();
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => found.read_boxes(bytes, 0),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => return vec![RawBlock::Exif(Cow::Borrowed(bytes))],
        // ORF and RW2 are TIFF but for their magic number.
        [b'I', b'I', _, _, rest @ ..] => return vec![RawBlock::Exif(Cow::Owned([b"II\x2a\0", rest].concat()))],
        [b'M', b'M', _, _, rest @ ..] => return vec![RawBlock::Exif(Cow::Owned([b"MM\0\x2a", rest].concat()))],
        _ => found.read_raf(bytes),
    }
    let jpeg = found.largest().map(RawBlock::Jpeg);
    found.blocks.into_iter().chain(jpeg).collect()
}

/// What was found in a file.
#[derive(Default)]
struct Previews<'a> {
    /// Where a JPEG may begin; it ends with the slice, or before.
    candidates: Vec<&'a [u8]>,
    orientation: Option<Orientation>,
    /// Blocks of a CR3.
    blocks: Vec<RawBlock<'a>>,
    directories: usize,
    boxes: usize,
}

impl<'a> Previews<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let mut found = Self::default();
        match bytes {
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => found.read_boxes(bytes, 0),
            [b'I', b'I', ..] | [b'M', b'M', ..] => found.read_tiff(bytes),
            _ => found.read_raf(bytes),
        }
        if found.largest().is_none() {
            // Some makers keep the preview in notes of their own: it is found by how a JPEG begins.
            found.search(bytes);
        }
        found
    }

    /// The JPEG of the most pixels that the gate's decoder reads, whole.
    fn largest(&self) -> Option<&'a [u8]> {
        let readable = self.candidates.iter().filter_map(|candidate| {
            let segments = jpeg_segments::read(candidate).ok()?;
            let frame = segments.frame.as_ref()?;
            let ordinary = matches!(frame.coding, Coding::Sequential | Coding::Progressive)
                && frame.precision == 8
                && matches!(frame.components.len(), 1 | 3);
            let pixels = u64::from(frame.width) * u64::from(frame.height);
            (ordinary && segments.ended && pixels > 0).then_some((pixels, *candidate))
        });
        readable.max_by_key(|(pixels, _)| *pixels).map(|(_, jpeg)| jpeg)
    }

    fn offer(&mut self, bytes: &'a [u8], offset: u64, len: u64) {
        let slice = usize::try_from(offset)
            .ok()
            .zip(usize::try_from(len).ok())
            .and_then(|(from, len)| bytes.get(from..from.checked_add(len)?));
        if let Some(slice) = slice.filter(|slice| slice.starts_with(&[0xFF, 0xD8, 0xFF]))
            && self.candidates.len() < MOST_CANDIDATES
        {
            self.candidates.push(slice);
        }
    }

    fn search(&mut self, bytes: &'a [u8]) {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|_| self.candidates.len() < MOST_CANDIDATES) {
            let Some(next) = rest
                .windows(4)
                .position(|four| matches!(four, [0xFF, 0xD8, 0xFF, 0xC0 | 0xC2 | 0xC4 | 0xDB | 0xE0..=0xEF | 0xFE]))
            else {
                return;
            };
            self.candidates.extend(rest.get(next..));
            at += next + 4;
        }
    }

    /// RAF: a header of fixed places, then a whole JPEG with its own EXIF.
    fn read_raf(&mut self, bytes: &'a [u8]) {
        let long = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
        if bytes.starts_with(b"FUJIFILMCCD-RAW")
            && let (Some(offset), Some(len)) = (long(84), long(88))
        {
            self.offer(bytes, u64::from(offset), u64::from(len));
        }
    }
}

#[cfg(test)]
mod tests;
