//! Every date that an EXIF block states, wherever in it: a reader of its own, for the dates of damaged and unusual blocks as well.
//!
//! A block enters that begins with its TIFF header and leaves as statements, of which [`best`](super::taken::best) chooses. Dates
//! count in the Exif directory, in the main one (where scanners and programs put them), in the thumbnail's and in directories of
//! further pictures, as text of any type. Nothing in the block is trusted: directories are read once, and at most 32 of them.
//!
//! Sources: TIFF 6.0, section 2; EXIF 2.32, sections 4.6.3 (directories), 4.6.5 (dates, parts of seconds, offsets) and 4.6.6 (GPS).

use super::taken::{DateSource, LocalClock, Taken, from_exif, from_gps_at, from_offset};

/// Directories that are read; ordinary blocks have five.
const MOST_DIRECTORIES: usize = 32;

/// Entries of a directory that are read; ordinary ones have some dozens.
const MOST_ENTRIES: usize = 1024;

/// Bytes of a text that are read.
const LONGEST_TEXT: usize = 64;

/// Tags with dates, and what they are dates of.
const DATES: [(u16, DateSource); 3] = [
    (0x9003, DateSource::Exif),
    (0x9004, DateSource::ExifDigitized),
    (0x0132, DateSource::ExifModified),
];

mod tag {
    pub(super) const SUB_DIRECTORIES: u16 = 0x014A;
    pub(super) const EXIF: u16 = 0x8769;
    pub(super) const GPS: u16 = 0x8825;
    pub(super) const GPS_TIME: u16 = 0x0007;
    pub(super) const GPS_DATE: u16 = 0x001D;
}

/// Parts of a second and offset that belong to a date.
fn companions_of(source: DateSource) -> (u16, u16) {
    match source {
        DateSource::Exif => (0x9291, 0x9011),
        DateSource::ExifDigitized => (0x9292, 0x9012),
        _ => (0x9290, 0x9010),
    }
}

/// The dates of a block. Those of the Exif directory stand before those of the main one, and those before the others'. Satellites'
/// time is shown on the clock that the camera states, else on `local`, that of the place.
pub(super) fn dates(block: &[u8], local: &LocalClock) -> Vec<Taken> {
    let Some(directories) = directories(block) else {
        return Vec::new();
    };
    // Parts and offsets may stand in another directory than their date.
    let anywhere = |tag| directories.iter().find_map(|directory| directory.text(tag));
    let mut found: Vec<Taken> = Vec::new();
    for directory in &directories {
        for (tag, source) in DATES {
            let (sub_seconds, offset) = companions_of(source);
            let sub_seconds = directory.text(sub_seconds).or_else(|| anywhere(sub_seconds));
            let offset = directory.text(offset).or_else(|| anywhere(offset));
            let stated = directory
                .text(tag)
                .and_then(|text| from_exif(&text, sub_seconds.as_deref(), offset.as_deref(), source));
            found.extend(stated);
        }
    }
    let ahead = [0x9011, 0x9012, 0x9010]
        .into_iter()
        .find_map(|tag| from_offset(&anywhere(tag)?));
    let stated = ahead.and_then(LocalClock::ahead);
    let local = stated.as_ref().unwrap_or(local);
    let of_satellites = directories.iter().find_map(|directory| {
        let date = directory.text(tag::GPS_DATE)?;
        match directory.hours_minutes_seconds(tag::GPS_TIME) {
            Some(time) => from_gps_at(&date, time, local),
            None => from_exif(&date, None, None, DateSource::Gps),
        }
    });
    found.extend(of_satellites);
    found
}

/// What a directory is, in the order in which its dates count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Exif,
    Main,
    Other,
}

/// A directory's entries: 12 bytes each.
struct Directory<'a> {
    kind: Kind,
    block: &'a [u8],
    order: ByteOrder,
    entries: &'a [u8],
}

#[derive(Clone, Copy)]
enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    fn short(self, bytes: &[u8], at: usize) -> Option<u16> {
        let two = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(two),
            Self::Big => u16::from_be_bytes(two),
        })
    }

    fn long(self, bytes: &[u8], at: usize) -> Option<u32> {
        let four = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(four),
            Self::Big => u32::from_be_bytes(four),
        })
    }
}

/// The directories of a block, the Exif one first.
fn directories(block: &[u8]) -> Option<Vec<Directory<'_>>> {
    let order = match block.get(..2)? {
        b"II" => ByteOrder::Little,
        b"MM" => ByteOrder::Big,
        _ => return None,
    };
    let mut found: Vec<Directory<'_>> = Vec::new();
    let mut seen: Vec<u32> = Vec::new();
    let mut next = vec![(order.long(block, 4)?, Kind::Main)];
    while let Some((at, kind)) = next.pop() {
        if at == 0 || seen.contains(&at) || seen.len() >= MOST_DIRECTORIES {
            continue;
        }
        seen.push(at);
        let Some(directory) = Directory::read(block, order, at, kind) else {
            continue;
        };
        let after = usize::try_from(at).ok()?.checked_add(2 + directory.entries.len());
        if kind != Kind::Exif {
            next.extend(after.and_then(|after| Some((order.long(block, after)?, Kind::Other))));
        }
        next.extend(directory.pointers(tag::SUB_DIRECTORIES).map(|at| (at, Kind::Other)));
        next.extend(directory.pointers(tag::GPS).map(|at| (at, Kind::Other)));
        next.extend(directory.pointers(tag::EXIF).map(|at| (at, Kind::Exif)));
        found.push(directory);
    }
    found.sort_by_key(|directory| directory.kind);
    Some(found)
}

impl<'a> Directory<'a> {
    /// The directory at an offset, with as many of its entries as the block holds.
    fn read(block: &'a [u8], order: ByteOrder, at: u32, kind: Kind) -> Option<Self> {
        let at = usize::try_from(at).ok()?;
        let count = usize::from(order.short(block, at)?).min(MOST_ENTRIES);
        let rest = block.get(at.checked_add(2)?..)?;
        let entries = rest.get(..(count * 12).min(rest.len() / 12 * 12))?;
        Some(Self {
            kind,
            block,
            order,
            entries,
        })
    }

    /// The bytes of a value, as far as they are there, and its type. Several values of a tag: the first that is not empty.
    fn values(&self, tag: u16) -> impl Iterator<Item = (u16, &'a [u8])> {
        let own = self.entries.chunks_exact(12);
        let (block, order) = (self.block, self.order);
        let own = own.filter(move |entry| order.short(entry, 0) == Some(tag));
        own.filter_map(move |entry| {
            let kind = order.short(entry, 2)?;
            let count = usize::try_from(order.long(entry, 4)?).ok()?;
            let unit = match kind {
                3 | 8 => 2,
                4 | 9 | 11 | 13 => 4,
                5 | 10 | 12 => 8,
                _ => 1,
            };
            let len = count.checked_mul(unit)?;
            if len <= 4 {
                return Some((kind, entry.get(8..8 + len)?));
            }
            let at = usize::try_from(order.long(entry, 8)?).ok()?;
            let rest = block.get(at..)?;
            Some((kind, rest.get(..len.min(rest.len()))?))
        })
    }

    /// A text, whatever its type is: ASCII with or without its zero, bytes, undefined, UTF-8.
    fn text(&self, tag: u16) -> Option<String> {
        self.values(tag).find_map(|(kind, bytes)| {
            if !matches!(kind, 0 | 1 | 2 | 6 | 7 | 129) {
                return None;
            }
            let bytes = bytes.get(..bytes.len().min(LONGEST_TEXT))?;
            let begin = bytes.iter().position(|byte| *byte != 0)?;
            let text = bytes.get(begin..)?.split(|byte| *byte == 0).next()?;
            let text = String::from_utf8_lossy(text);
            (!text.trim().is_empty()).then(|| text.into_owned())
        })
    }

    /// Offsets of other directories.
    fn pointers(&self, tag: u16) -> impl Iterator<Item = u32> {
        let order = self.order;
        let values = self.values(tag).filter(|(kind, _)| matches!(kind, 4 | 13));
        let each = values.flat_map(|(_, bytes)| bytes.chunks_exact(4).take(MOST_DIRECTORIES));
        each.filter_map(move |four| order.long(four, 0))
    }

    /// Three numbers, as fractions or as a text `HH:MM:SS`.
    fn hours_minutes_seconds(&self, tag: u16) -> Option<[f64; 3]> {
        if let Some(text) = self.text(tag) {
            let mut parts = text.trim().split(':').map(str::parse);
            return Some([parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?]);
        }
        let (kind, bytes) = self.values(tag).next()?;
        let number = |at: usize| {
            let parts = self.order.long(bytes, at * 8).zip(self.order.long(bytes, at * 8 + 4));
            let whole = self.order.long(bytes, at * 4);
            match kind {
                5 | 10 => parts
                    .filter(|(_, below)| *below != 0)
                    .map(|(above, below)| f64::from(above) / f64::from(below)),
                4 | 9 => whole.map(f64::from),
                _ => None,
            }
        };
        // A camera that does not know seconds writes 0/0.
        Some([number(0)?, number(1)?, number(2).unwrap_or(0.0)])
    }
}

#[cfg(test)]
#[path = "exif_dates_tests.rs"]
mod tests;
