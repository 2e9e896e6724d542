//! Boxes of a CR3 (ISO 14496-12).

use std::borrow::Cow;

use super::tiff::first_directory_orientation;
use super::{Previews, RawBlock};

/// Boxes of a CR3 that are looked at, and how deep they may lie in one another.
pub(super) const MOST_BOXES: usize = 512;
pub(super) const DEEPEST_BOX: usize = 8;

/// Tags under which the directories of EXIF and of the position stand in the main directory.
const EXIF_DIRECTORY: u16 = 0x8769;
const GPS_DIRECTORY: u16 = 0x8825;

/// The identity of the box with an XMP packet (XMP specification, part 3, on ISO base media files).
const XMP_IDENTITY: [u8; 16] = [
    0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC,
];

/// A block whose main directory is what stands below the main one elsewhere, put below one again: a main directory with that tag
/// alone is added at its end.
fn below<'a>(block: &[u8], tag: u16) -> Option<RawBlock<'a>> {
    const LONG: u16 = 4;
    let big = block.starts_with(b"MM");
    let two = |number: u16| {
        if big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let four = |number: u32| {
        if big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let at = u32::try_from(block.len()).ok()?;
    let first: [u8; 4] = *block.get(4..)?.first_chunk()?;
    let mut whole = block.to_vec();
    whole.get_mut(4..8)?.copy_from_slice(&four(at));
    for part in [&two(1)[..], &two(tag), &two(LONG), &four(1), &first, &four(0)] {
        whole.extend(part);
    }
    Some(RawBlock::Exif(Cow::Owned(whole)))
}

impl<'a> Previews<'a> {
    /// The boxes of a CR3: previews in boxes of Canon's own and as the first sample of a track.
    pub(super) fn read_boxes(&mut self, file: &'a [u8], depth: usize) {
        self.read_boxes_in(file, file, depth);
    }

    fn read_boxes_in(&mut self, file: &'a [u8], mut rest: &'a [u8], depth: usize) {
        let (mut places, mut sizes) = (None, None);
        while let Some((kind, body, after)) = next_box(rest) {
            rest = after;
            self.boxes += 1;
            if self.boxes > MOST_BOXES {
                return;
            }
            match &kind {
                b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" if depth < DEEPEST_BOX => {
                    self.read_boxes_in(file, body, depth + 1);
                }
                // 16 bytes of identity; Canon's preview box has 8 more before its own boxes.
                b"uuid" if body.starts_with(&XMP_IDENTITY) => {
                    self.blocks.push(RawBlock::Xmp(body.get(16..).unwrap_or_default()));
                }
                b"uuid" if depth < DEEPEST_BOX => {
                    for skipped in [16, 24] {
                        if let Some(inner) = body.get(skipped..) {
                            self.read_boxes_in(file, inner, depth + 1);
                        }
                    }
                }
                b"CMT1" => {
                    self.orientation = first_directory_orientation(body).or(self.orientation);
                    self.blocks.push(RawBlock::Exif(Cow::Borrowed(body)));
                }
                b"CMT2" => self.blocks.extend(below(body, EXIF_DIRECTORY)),
                b"CMT4" => self.blocks.extend(below(body, GPS_DIRECTORY)),
                b"PRVW" | b"THMB" => {
                    let head = body.get(..body.len().min(64)).unwrap_or_default();
                    if let Some(start) = head.windows(3).position(|three| three == [0xFF, 0xD8, 0xFF]) {
                        self.offer(body, start as u64, (body.len() - start) as u64);
                    }
                }
                b"co64" => {
                    places = body
                        .get(8..)
                        .and_then(|at| Some(u64::from_be_bytes(*at.first_chunk()?)));
                }
                b"stco" => places = big_long(body, 8).map(u64::from),
                // One size for all samples, or 0 and a list.
                b"stsz" => sizes = big_long(body, 4).filter(|&all| all != 0).or_else(|| big_long(body, 12)),
                _ => {}
            }
        }
        if let (Some(offset), Some(len)) = (places, sizes) {
            self.offer(file, offset, u64::from(len));
        }
    }
}

fn big_long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The kind and body of the box at the beginning of `bytes`, and what follows it.
fn next_box(bytes: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let short = big_long(bytes, 0)?;
    let kind = *bytes.get(4..)?.first_chunk()?;
    let (head, len) = match short {
        0 => (8, bytes.len()),
        1 => {
            let long = u64::from_be_bytes(*bytes.get(8..)?.first_chunk()?);
            (16, usize::try_from(long).ok()?)
        }
        len => (8, len as usize),
    };
    let (body, after) = bytes.split_at_checked(len)?;
    Some((kind, body.get(head..)?, after))
}
