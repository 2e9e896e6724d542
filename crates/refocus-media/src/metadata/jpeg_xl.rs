//! Blocks in the boxes of a JPEG XL, before and behind its codestream: `Exif`, `xml `, and both packed with Brotli (`brob`). A bare
//! codestream has none.
//!
//! Source: ISO/IEC 18181-2, annexes on the container's boxes: `Exif` begins with the place of the TIFF header, `brob` with the kind
//! of the box that it packs.

use std::borrow::Cow;
use std::io::Read;

use brotli_decompressor::Decompressor;

use super::Blocks;
use crate::iso_boxes::boxes;
use crate::xmp::MOST_BYTES;

/// Boxes that are looked at.
const MOST_BOXES: usize = 4096;

/// Bytes that are unpacked of all boxes together, at most.
const MOST_UNPACKED: u64 = 2 * MOST_BYTES as u64;

pub(super) fn find<'a>(bytes: &'a [u8], found: &mut Blocks<'a>) {
    let mut left = MOST_UNPACKED;
    for (kind, body) in boxes(bytes).take(MOST_BOXES) {
        match &kind {
            b"Exif" => found.add_exif(Cow::Borrowed(body)),
            b"xml " => found.add_xmp(Cow::Borrowed(body)),
            b"brob" => {
                let Some((packed, body)) = body.split_first_chunk::<4>() else {
                    continue;
                };
                match packed {
                    b"Exif" => found.add_exif(Cow::Owned(unpacked(body, &mut left))),
                    b"xml " => found.add_xmp(Cow::Owned(unpacked(body, &mut left))),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn unpacked(packed: &[u8], left: &mut u64) -> Vec<u8> {
    const BUFFER: usize = 4096;
    let mut block = Vec::new();
    if let Err(error) = Decompressor::new(packed, BUFFER).take(*left).read_to_end(&mut block) {
        tracing::debug!(%error, "a compressed box of a JPEG XL is damaged");
    }
    *left = left.saturating_sub(block.len() as u64);
    block
}
