//! Blocks in the tags of a TIFF and of camera raw files.
//!
//! Sources: TIFF 6.0; XMP specification, part 3, section 1.1.8 (tags 700, 33723 and 34377); exiftool's table of tags.

use std::borrow::Cow;

use super::{Blocks, jpeg};
use crate::camera_raw::{RawBlock, metadata_blocks};
use crate::tiff::TiffBytes;

const XMP: u16 = 700;
const IPTC: u16 = 33_723;
const RESOURCES: u16 = 34_377;

/// The file itself is an EXIF block.
pub(super) fn find<'a>(bytes: &'a [u8], found: &mut Blocks<'a>) {
    found.add_exif(Cow::Borrowed(bytes));
    find_tags(bytes, found);
}

/// The blocks that a camera raw file holds, in its own directories, in boxes, or in the JPEG inside.
pub(super) fn find_in_raw<'a>(bytes: &'a [u8], found: &mut Blocks<'a>) {
    for block in metadata_blocks(bytes) {
        match block {
            RawBlock::Exif(block) => found.add_exif(block),
            RawBlock::Xmp(packet) => found.add_xmp(Cow::Borrowed(packet)),
            RawBlock::Jpeg(preview) => jpeg::find(preview, found),
        }
    }
    if matches!(bytes, [b'I', b'I', ..] | [b'M', b'M', ..]) {
        find_tags(bytes, found);
    }
}

/// The packets and IPTC blocks that stand inside EXIF blocks.
pub(super) fn find_in_blocks(blocks: &[Cow<'_, [u8]>]) -> Blocks<'static> {
    let mut all = Blocks::default();
    for block in blocks {
        let mut found = Blocks::default();
        find_tags(block, &mut found);
        all.xmp
            .extend(found.xmp.into_iter().map(|packet| Cow::Owned(packet.into_owned())));
        all.iptc
            .extend(found.iptc.into_iter().map(|block| Cow::Owned(block.into_owned())));
        all.iptc_digest = all.iptc_digest.or(found.iptc_digest);
    }
    all
}

/// Of each tag the first in the chain of directories.
fn find_tags<'a>(bytes: &'a [u8], found: &mut Blocks<'a>) {
    let Some(tiff) = TiffBytes::of(bytes) else { return };
    let (mut xmp, mut iptc, mut resources) = (None, None, None);
    for directory in tiff.directories() {
        xmp = xmp.or(directory.bytes(XMP));
        iptc = iptc.or(directory.bytes(IPTC));
        resources = resources.or(directory.bytes(RESOURCES));
    }
    if let Some(packet) = xmp {
        found.add_xmp(Cow::Borrowed(packet));
    }
    if let Some(block) = iptc {
        found.add_resources(&in_order(block));
    }
    if let Some(resources) = resources {
        // The IPTC block stands in both; the tag's own counts.
        let alone = found.iptc.is_empty();
        found.add_resources(resources);
        if !alone {
            found.iptc.truncate(1);
        }
    }
}

/// An IPTC block that was written as numbers of four bytes, in the other order.
fn in_order(block: &[u8]) -> Cow<'_, [u8]> {
    const MARK: Option<&u8> = Some(&0x1C);
    if block.first() == MARK || block.get(3) != MARK {
        return Cow::Borrowed(block);
    }
    let fours = block.as_chunks::<4>().0;
    Cow::Owned(fours.iter().flat_map(|[a, b, c, d]| [*d, *c, *b, *a]).collect())
}
