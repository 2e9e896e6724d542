//! Blocks in the chunks of a WebP. The flags in its head, which say what chunks there are, are not kept up to date by every program:
//! the chunks alone count.
//!
//! Source: RFC 9649, section 2.7.1.5 (metadata). Some programs write `XMP\0` and "Exif\0\0" before the EXIF block.

use std::borrow::Cow;

use super::Blocks;

pub(super) fn find<'a>(bytes: &'a [u8], found: &mut Blocks<'a>) {
    for (kind, body) in chunks(bytes) {
        match &kind {
            b"EXIF" => found.add_exif(Cow::Borrowed(body)),
            b"XMP " | b"XMP\0" => found.add_xmp(Cow::Borrowed(body)),
            _ => {}
        }
    }
}

/// The chunks of a WebP: kind and body.
pub(crate) fn chunks(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (kind, after) = rest.split_first_chunk::<4>()?;
        let (len, after) = after.split_first_chunk::<4>()?;
        let len = u32::from_le_bytes(*len) as usize;
        let body = after.get(..len)?;
        rest = after.get(len.saturating_add(len & 1)..).unwrap_or_default();
        Some((*kind, body))
    })
}
