//! Blocks in the application segments of a JPEG: EXIF, also over several of them; XMP and its extension; image resources.
//!
//! Sources: Exif 2.32, section 4.7 (APP1); XMP specification, part 3, section 1.1.3 (APP1; extended packets: a name, the identity of
//! the packet as 32 digits, its whole length, the place of this part, the part); Photoshop's file format (APP13).

use std::borrow::Cow;

use memchr::memmem;

use super::Blocks;
use crate::jpeg_segments::next_segment;
use crate::xmp::MOST_BYTES;

/// What a packet begins with in a segment.
pub(super) const XMP_NAME: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const EXTENSION_NAME: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
const RESOURCES_NAMES: [&[u8]; 2] = [b"Photoshop 3.0\0", b"Adobe_Photoshop2.5:"];

/// Parts of extended packets that are looked at: as many as the longest packet has.
const MOST_PARTS: usize = 4096;

/// Packets of a file, and extended ones, that are looked at; files have one of each.
const MOST_PACKETS: usize = 8;
const MOST_EXTENSIONS: usize = 16;

/// A part of an extended packet.
struct Part<'a> {
    identity: &'a [u8],
    place: usize,
    data: &'a [u8],
}

/// Looks through the segments before the pixels.
pub(super) fn find<'a>(bytes: &'a [u8], found: &mut Blocks<'a>) {
    let mut exif: Vec<Cow<'a, [u8]>> = Vec::new();
    let mut packets: Vec<&'a [u8]> = Vec::new();
    let mut parts: Vec<Part<'a>> = Vec::new();
    let mut resources: Cow<'a, [u8]> = Cow::default();
    let mut at = 2;
    while let Some((marker, body, behind)) = next_segment(bytes, at) {
        at = behind;
        match marker {
            // The pixels, the end.
            0xDA | 0xD9 => break,
            0xE1 => {
                // Of the two bytes behind the name some programs fill the second.
                if let Some(block) = body.strip_prefix(b"Exif\0").and_then(|behind| behind.get(1..)) {
                    add_exif(&mut exif, block);
                } else if let Some(part) = body.strip_prefix(EXTENSION_NAME).and_then(part) {
                    if parts.len() < MOST_PARTS {
                        parts.push(part);
                    }
                } else if let Some(packet) = body.strip_prefix(XMP_NAME) {
                    packets.push(packet);
                } else if body.starts_with(b"<?xpacket") || body.starts_with(b"<x:xmpmeta") {
                    packets.push(body);
                }
            }
            0xED => {
                let named = RESOURCES_NAMES.iter().find_map(|name| body.strip_prefix(*name));
                match named {
                    // What does not fit into one segment goes on in the next one.
                    Some(more) if resources.is_empty() => resources = Cow::Borrowed(more),
                    Some(more) if resources.len() + more.len() <= MOST_BYTES => resources.to_mut().extend(more),
                    Some(_) => {}
                    None if matches!(body, [0x1C, 1 | 2, ..]) => found.add_resources(body),
                    None => {}
                }
            }
            _ => {}
        }
    }
    exif.into_iter().for_each(|block| found.add_exif(block));
    parts.sort_by_key(|part| (part.identity, part.place));
    for packet in packets.into_iter().take(MOST_PACKETS) {
        found.add_xmp(with_extension(packet, &parts));
    }
    found.add_resources(&resources);
}

/// A block that begins without a TIFF header continues the one before it.
fn add_exif<'a>(exif: &mut Vec<Cow<'a, [u8]>>, block: &'a [u8]) {
    let begins = block.starts_with(b"II") || block.starts_with(b"MM");
    match exif.last_mut() {
        Some(last) if !begins && last.len() + block.len() <= MOST_BYTES => last.to_mut().extend(block),
        _ => exif.push(Cow::Borrowed(block)),
    }
}

fn part(body: &[u8]) -> Option<Part<'_>> {
    let (identity, after) = body.split_at_checked(32)?;
    let (_whole, after) = after.split_first_chunk::<4>()?;
    let (place, data) = after.split_first_chunk::<4>()?;
    let place = u32::from_be_bytes(*place) as usize;
    Some(Part { identity, place, data })
}

/// A packet with the extension that it names: a second packet behind the first, as far as its parts follow each other. The reader of
/// packets goes on behind the first one's end.
fn with_extension<'a>(packet: &'a [u8], parts: &[Part<'a>]) -> Cow<'a, [u8]> {
    let named = parts
        .chunk_by(|one, other| one.identity == other.identity)
        .take(MOST_EXTENSIONS)
        .find(|parts| {
            parts
                .first()
                .is_some_and(|part| memmem::find(packet, part.identity).is_some())
        });
    let mut extension: Vec<u8> = Vec::new();
    for part in named.unwrap_or_default() {
        if part.place == extension.len() && packet.len() + extension.len() + part.data.len() < MOST_BYTES {
            extension.extend(part.data);
        }
    }
    if extension.is_empty() {
        return Cow::Borrowed(packet);
    }
    let extension = extension.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&extension);
    Cow::Owned([packet, b"\n", extension].concat())
}
