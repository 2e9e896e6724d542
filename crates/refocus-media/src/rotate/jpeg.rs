//! The orientation tag inside a JPEG: its value is changed where it stands; a JPEG without one gets one.

use crate::jpeg_segments::{self, next_segment};
use crate::orientation::Orientation;

/// Tag 0x0112.
const ORIENTATION: u16 = 0x0112;
const BYTE: u16 = 1;
const SHORT: u16 = 3;
const LONG: u16 = 4;
/// Bytes of an entry of a directory.
const ENTRY: usize = 12;
/// Most bytes of a segment, its length's two included (ISO/IEC 10918-1, B.1.1.4).
const MOST_SEGMENT: usize = 65_535;

/// What is said where the result would not be read as it was meant.
const UNFIT: &str =
    "what is written in this photo is damaged, so that its orientation cannot be changed; turn it beside the file";

/// The same JPEG with another orientation. Every other byte of the picture stays.
pub(super) fn with_orientation(jpeg: &[u8], to: Orientation) -> Result<Vec<u8>, String> {
    let unfit = || UNFIT.to_owned();
    let changed = match exif_at(jpeg) {
        Some(block) => changed_block(jpeg, block, to).ok_or_else(unfit)?,
        None => with_new_segment(jpeg, to),
    };
    let read = jpeg_segments::read(&changed).map_err(|_| unfit())?;
    let now = read.exif.map_or(Orientation::UPRIGHT, Orientation::from_exif);
    if now == to { Ok(changed) } else { Err(unfit()) }
}

/// Where an EXIF block lies: its segment's length, its TIFF header, its end.
#[derive(Clone, Copy)]
struct Block {
    length_at: usize,
    header: usize,
    end: usize,
}

fn exif_at(jpeg: &[u8]) -> Option<Block> {
    let mut at = 2;
    while let Some((marker, body, behind)) = next_segment(jpeg, at) {
        if matches!(marker, 0xD9 | 0xDA) {
            return None;
        }
        let exif = body.strip_prefix(b"Exif\0").and_then(|rest| rest.get(1..));
        if let Some(exif) = exif.filter(|_| marker == 0xE1) {
            return Some(Block {
                length_at: behind - body.len() - 2,
                header: behind - exif.len(),
                end: behind,
            });
        }
        at = behind;
    }
    None
}

/// Reads and writes numbers of a block in its order of bytes.
struct Numbers {
    big: bool,
}

impl Numbers {
    fn short(&self, bytes: &[u8], at: usize) -> Option<u16> {
        let two = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big {
            u16::from_be_bytes(two)
        } else {
            u16::from_le_bytes(two)
        })
    }

    fn long(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let four = *bytes.get(at..)?.first_chunk()?;
        let number = if self.big {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        };
        usize::try_from(number).ok()
    }

    fn of_short(&self, number: u16) -> [u8; 2] {
        if self.big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }

    fn of_long(&self, number: u32) -> [u8; 4] {
        if self.big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }
}

fn changed_block(jpeg: &[u8], block: Block, to: Orientation) -> Option<Vec<u8>> {
    let tiff = jpeg.get(block.header..block.end)?;
    let numbers = Numbers {
        big: match tiff.get(..4)? {
            [b'M', b'M', 0, 42] => true,
            [b'I', b'I', 42, 0] => false,
            _ => return None,
        },
    };
    let directory = numbers.long(tiff, 4)?;
    let count = usize::from(numbers.short(tiff, directory)?);
    let entries = directory + 2;
    let tags = (0..count).map(|number| numbers.short(tiff, entries + number * ENTRY));
    let tags: Vec<u16> = tags.collect::<Option<_>>()?;
    if let Some(number) = tags.iter().position(|tag| *tag == ORIENTATION) {
        let entry = entries + number * ENTRY;
        let value: Vec<u8> = match numbers.short(tiff, entry + 2)? {
            BYTE => vec![to.tag() as u8],
            SHORT => numbers.of_short(to.tag() as u16).to_vec(),
            LONG => numbers.of_long(to.tag()).to_vec(),
            _ => return None,
        };
        let at = block.header + entry + 8;
        let mut changed = jpeg.to_vec();
        changed.get_mut(at..at + value.len())?.copy_from_slice(&value);
        return Some(changed);
    }
    // A directory with the entry stands behind the block; all places in the block stay what they are, since they count from its
    // header.
    let before = tags.iter().take_while(|tag| **tag < ORIENTATION).count();
    let split = entries + before * ENTRY;
    let end = entries + count * ENTRY;
    let mut appended = Vec::new();
    // Directories begin at even places.
    if tiff.len() % 2 == 1 {
        appended.push(0);
    }
    let begins = u32::try_from(tiff.len() + appended.len()).ok()?;
    appended.extend(numbers.of_short(u16::try_from(count + 1).ok()?));
    appended.extend(tiff.get(entries..split)?);
    appended.extend(entry(&numbers, to));
    appended.extend(tiff.get(split..end)?);
    appended.extend(tiff.get(end..end + 4)?);
    let length = block.end - block.length_at + appended.len();
    let length = u16::try_from(length)
        .ok()
        .filter(|length| usize::from(*length) <= MOST_SEGMENT)?;
    let mut changed = jpeg.get(..block.end)?.to_vec();
    changed
        .get_mut(block.length_at..block.length_at + 2)?
        .copy_from_slice(&length.to_be_bytes());
    changed
        .get_mut(block.header + 4..block.header + 8)?
        .copy_from_slice(&numbers.of_long(begins));
    changed.extend(appended);
    changed.extend(jpeg.get(block.end..)?);
    Some(changed)
}

/// An entry of a directory that holds the orientation.
fn entry(numbers: &Numbers, to: Orientation) -> Vec<u8> {
    let mut entry = Vec::with_capacity(ENTRY);
    entry.extend(numbers.of_short(ORIENTATION));
    entry.extend(numbers.of_short(SHORT));
    entry.extend(numbers.of_long(1));
    entry.extend(numbers.of_short(to.tag() as u16));
    entry.extend([0; 2]);
    entry
}

/// A JPEG without EXIF gets a segment with this tag alone, behind the start and JFIF's own segment, which stands first.
fn with_new_segment(jpeg: &[u8], to: Orientation) -> Vec<u8> {
    let numbers = Numbers { big: true };
    let mut body = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01".to_vec();
    body.extend(entry(&numbers, to));
    body.extend([0; 4]);
    let behind_jfif = match next_segment(jpeg, 2) {
        Some((0xE0, body, behind)) if body.starts_with(b"JFIF\0") => behind,
        _ => 2,
    };
    let (first, rest) = jpeg.split_at(behind_jfif.min(jpeg.len()));
    let length = (body.len() as u16 + 2).to_be_bytes();
    [first, &[0xFF, 0xE1], &length, &body, rest].concat()
}
