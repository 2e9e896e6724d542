//! Directories of a TIFF: previews and the orientation in CR2, NEF, ARW, DNG, PEF, SRW, ORF and RW2, values of single tags.

use super::Previews;
use crate::orientation::{Orientation, exif_orientation};

/// Directories that are looked at; a file of a camera has about ten.
pub(super) const MOST_DIRECTORIES: usize = 64;

/// Entries of a directory that are looked at.
const MOST_ENTRIES: usize = 1024;

pub(super) fn first_directory_orientation(block: &[u8]) -> Option<Orientation> {
    exif_orientation(block).map(|tag| Orientation::from_tag(u32::from(tag)))
}

impl<'a> Previews<'a> {
    /// The directory chain of a TIFF, and the directories below.
    pub(super) fn read_tiff(&mut self, bytes: &'a [u8]) {
        let tiff = Tiff::of(bytes);
        let mut waiting: Vec<u32> = tiff.long(4).into_iter().collect();
        let mut seen = Vec::new();
        self.orientation = first_directory_orientation(bytes);
        while let Some(at) = waiting.pop() {
            if seen.contains(&at) || self.directories >= MOST_DIRECTORIES {
                continue;
            }
            seen.push(at);
            self.directories += 1;
            self.read_directory(&tiff, at, &mut waiting);
        }
    }

    fn read_directory(&mut self, tiff: &Tiff<'a>, at: u32, waiting: &mut Vec<u32>) {
        const STRIP_OFFSETS: u16 = 273;
        const STRIP_LENGTHS: u16 = 279;
        const SUB_DIRECTORIES: u16 = 330;
        const JPEG_OFFSET: u16 = 513;
        const JPEG_LENGTH: u16 = 514;
        const EXIF_DIRECTORY: u16 = 34_665;
        /// Panasonic's `JpgFromRaw`: the bytes themselves.
        const PANASONIC_JPEG: u16 = 0x002E;
        let at = at as usize;
        let Some(count) = tiff.short(at) else { return };
        let (mut strip, mut jpeg) = ((None, None), (None, None));
        for number in 0..usize::from(count).min(MOST_ENTRIES) {
            let Some(entry) = tiff.entry(at + 2 + number * 12) else {
                return;
            };
            match entry.tag {
                STRIP_OFFSETS if entry.count == 1 => strip.0 = entry.first(tiff),
                STRIP_LENGTHS if entry.count == 1 => strip.1 = entry.first(tiff),
                JPEG_OFFSET => jpeg.0 = entry.first(tiff),
                JPEG_LENGTH => jpeg.1 = entry.first(tiff),
                PANASONIC_JPEG => self.offer(tiff.bytes, u64::from(entry.value), u64::from(entry.count)),
                SUB_DIRECTORIES | EXIF_DIRECTORY => waiting.extend(entry.all(tiff)),
                _ => {}
            }
        }
        for (offset, len) in [strip, jpeg] {
            if let (Some(offset), Some(len)) = (offset, len) {
                self.offer(tiff.bytes, u64::from(offset), u64::from(len));
            }
        }
        let next = at + 2 + usize::from(count) * 12;
        waiting.extend(tiff.long(next).filter(|&next| next != 0));
    }
}

/// A TIFF's bytes in their byte order.
struct Tiff<'a> {
    bytes: &'a [u8],
    big: bool,
}

/// An entry of a directory.
struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    /// The last four bytes as a number: a value, or where the values are.
    value: u32,
    value_at: usize,
}

impl<'a> Tiff<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            big: bytes.starts_with(b"MM"),
        }
    }

    fn short(&self, at: usize) -> Option<u16> {
        let two = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big {
            u16::from_be_bytes(two)
        } else {
            u16::from_le_bytes(two)
        })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let four = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        })
    }

    fn entry(&self, at: usize) -> Option<Entry> {
        Some(Entry {
            tag: self.short(at)?,
            kind: self.short(at + 2)?,
            count: self.long(at + 4)?,
            value: self.long(at + 8)?,
            value_at: at + 8,
        })
    }
}

impl Entry {
    const SHORT: u16 = 3;

    fn first(&self, tiff: &Tiff<'_>) -> Option<u32> {
        self.all(tiff).next()
    }

    /// Its values, where they are whole numbers of 2 or 4 bytes.
    fn all<'t>(&self, tiff: &'t Tiff<'_>) -> impl Iterator<Item = u32> + use<'t> {
        let size = if self.kind == Self::SHORT { 2 } else { 4 };
        let count = (self.count as usize).min(MOST_DIRECTORIES);
        let from = if count * size <= 4 {
            self.value_at
        } else {
            self.value as usize
        };
        (0..count).map_while(move |number| {
            let at = from.checked_add(number * size)?;
            if size == 2 {
                tiff.short(at).map(u32::from)
            } else {
                tiff.long(at)
            }
        })
    }
}
