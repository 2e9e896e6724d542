//! Blocks in the items of HEIC and AVIF.
//!
//! Source: ISO/IEC 14496-12, sections 8.11 (`meta`, `iinf`, `iloc`, `idat`), and ISO/IEC 23008-12, annex A (items of the kinds `Exif`,
//! beginning with the place of the TIFF header, and `mime` with `application/rdf+xml`).

use std::borrow::Cow;

use super::Blocks;
use crate::iso_boxes::boxes;
use crate::xmp::MOST_BYTES;

/// Boxes of a level, items, and pieces of all items that are looked at; pictures of many tiles have hundreds of items.
const MOST: usize = 1 << 16;

/// Items of metadata; files have one or two.
const MOST_ITEMS: usize = 32;

pub(super) fn find<'a>(bytes: &'a [u8], found: &mut Blocks<'a>) {
    let Some((_, meta)) = boxes(bytes).take(MOST).find(|(kind, _)| kind == b"meta") else {
        return;
    };
    // Version and flags.
    let inside: Vec<([u8; 4], &[u8])> = boxes(meta.get(4..).unwrap_or_default()).take(MOST).collect();
    let of = |kind: &[u8; 4]| inside.iter().find(|(own, _)| own == kind).map(|(_, body)| *body);
    let items: Vec<Item> = of(b"iinf").map(items).unwrap_or_default();
    let Some(places) = of(b"iloc").filter(|_| !items.is_empty()) else {
        return;
    };
    let data = of(b"idat").unwrap_or_default();
    let located = locations(places, bytes, data, &items).unwrap_or_default();
    for (kind, data) in located {
        match kind {
            Kind::Exif => found.add_exif(data),
            Kind::Xmp => found.add_xmp(data),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Exif,
    Xmp,
}

struct Item {
    number: u64,
    kind: Kind,
}

/// Numbers that follow each other.
struct Numbers<'a>(&'a [u8]);

impl<'a> Numbers<'a> {
    /// A number of so many bytes; none is zero.
    fn next(&mut self, len: usize) -> Option<u64> {
        let digits = self.bytes(len)?;
        Some(digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit)))
    }

    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }
}

/// The items of `iinf` that are EXIF or XMP.
fn items(body: &[u8]) -> Vec<Item> {
    let mut numbers = Numbers(body);
    let count = numbers
        .next(4)
        .and_then(|head| numbers.next(if head >> 24 == 0 { 2 } else { 4 }));
    if count.is_none() {
        return Vec::new();
    }
    let entries = boxes(numbers.0).take(MOST).filter(|(kind, _)| kind == b"infe");
    entries.filter_map(|(_, entry)| item(entry)).take(MOST_ITEMS).collect()
}

fn item(entry: &[u8]) -> Option<Item> {
    let mut numbers = Numbers(entry);
    let version = numbers.next(4)? >> 24;
    let number = numbers.next(if version >= 3 { 4 } else { 2 })?;
    let _protection = numbers.next(2)?;
    let kind = match (version >= 2).then(|| numbers.bytes(4)).flatten()? {
        b"Exif" => Kind::Exif,
        b"mime" => {
            let kind = numbers.0.split(|byte| *byte == 0).nth(1)?;
            (kind == b"application/rdf+xml").then_some(Kind::Xmp)?
        }
        _ => return None,
    };
    Some(Item { number, kind })
}

/// The data of the items, put together from their pieces.
fn locations<'a>(body: &[u8], file: &'a [u8], data: &'a [u8], items: &[Item]) -> Option<Vec<(Kind, Cow<'a, [u8]>)>> {
    let mut numbers = Numbers(body);
    let version = numbers.next(4)? >> 24;
    let sizes = numbers.next(2)?;
    let size = |place: u32| (sizes >> place & 15) as usize;
    let (offset_size, length_size, base_size) = (size(12), size(8), size(4));
    let index_size = if version == 0 { 0 } else { size(0) };
    if [offset_size, length_size, base_size, index_size]
        .iter()
        .any(|size| *size > 8)
    {
        return None;
    }
    let number_size = if version < 2 { 2 } else { 4 };
    let count = numbers.next(number_size)?;
    let (mut found, mut looked_at) = (Vec::new(), 0);
    for _ in 0..count.min(MOST as u64) {
        let Some(number) = numbers.next(number_size) else { break };
        let method = if version == 0 { 0 } else { numbers.next(2)? & 15 };
        let _source = numbers.next(2)?;
        let base = numbers.next(base_size)?;
        let wanted = items.iter().find(|item| item.number == number);
        let from = match method {
            0 => file,
            _ => data,
        };
        let mut pieces = Vec::new();
        let count = numbers.next(2)?;
        looked_at += count;
        if looked_at > MOST as u64 {
            break;
        }
        for _ in 0..count {
            let _index = numbers.next(index_size)?;
            let (offset, len) = (numbers.next(offset_size)?, numbers.next(length_size)?);
            if wanted.is_some() && method <= 1 {
                pieces.extend(piece(from, base.checked_add(offset), len));
            }
        }
        if let Some(item) = wanted {
            found.push((item.kind, joined(&pieces)));
        }
    }
    Some(found)
}

fn piece(from: &[u8], offset: Option<u64>, len: u64) -> Option<&[u8]> {
    let rest = from.get(usize::try_from(offset?).ok()?..)?;
    // No length is the rest.
    if len == 0 {
        return Some(rest);
    }
    rest.get(..usize::try_from(len).ok()?)
}

fn joined<'a>(pieces: &[&'a [u8]]) -> Cow<'a, [u8]> {
    match pieces {
        [] => Cow::default(),
        [alone] => Cow::Borrowed(alone),
        several => {
            let mut joined = Vec::new();
            for piece in several {
                if joined.len() + piece.len() > MOST_BYTES {
                    break;
                }
                joined.extend(*piece);
            }
            Cow::Owned(joined)
        }
    }
}
