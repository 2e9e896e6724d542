//! What files hold beside their pixels: EXIF, XMP and IPTC, in every container that has a place for them.
//!
//! A file's bytes enter; [`blocks()`] finds the blocks, [`written`] says what they state but for EXIF, which is read beside them.
//! Nothing in a file is trusted: lengths that reach beyond it are cut or passed over, and what is unpacked has a limit.
//!
//! Sources: XMP specification, part 3 (where packets stand in files), and those that each file names.
//!
//! | file | idea |
//! |---|---|
//! | `blocks.rs` | the blocks of a file, whatever its format |
//! | `jpeg.rs`, `png.rs`, `webp.rs`, `gif.rs` | where they stand in these |
//! | `jpeg_xl.rs`, `heif.rs` | where they stand in formats of boxes |
//! | `tiff.rs` | where they stand in TIFF and camera raw files |
//! | `resources.rs` | Photoshop's image resources |
//! | `iptc.rs` | what an IPTC block says |
//! | `dates.rs` | the dates of XMP and IPTC |
//! | `charset.rs` | texts in the encoding that they have |
//! | `md5.rs` | the digest that tells whether IPTC was changed after XMP |

mod blocks;
pub(crate) mod charset;
mod dates;
mod gif;
mod heif;
mod iptc;
mod jpeg;
mod jpeg_xl;
mod md5;
mod png;
mod resources;
mod tiff;
mod webp;

pub(crate) use blocks::{Blocks, blocks};
pub(crate) use dates::taken;
pub(crate) use png::text_profile;
pub(crate) use webp::chunks as webp_chunks;

use super::orientation::exif_orientation;
use super::place::Place;
use super::tags::{PhotoTags, line, prose};
use super::taken::DateSource;
use super::xmp;

/// What is stated of a photo outside EXIF.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) tags: PhotoTags,
    /// Dates of XMP as they are written.
    pub(crate) xmp_dates: Vec<(DateSource, String)>,
    /// Days and times of IPTC as they are written, the picture's before those of its digital form.
    pub(crate) iptc_dates: Vec<(String, String)>,
    pub(crate) gps: Option<Place>,
}

impl Written {
    /// What a packet alone states.
    pub(crate) fn of_packet(packet: &[u8]) -> Self {
        let packet = xmp::statement(packet, None);
        Self {
            tags: packet.tags,
            xmp_dates: packet.dates,
            iptc_dates: Vec::new(),
            gps: packet.gps,
        }
    }
}

/// What the blocks state, but for EXIF.
///
/// Which statement counts: XMP before IPTC before the texts of a PNG, each property for itself, also where it says that there is
/// nothing. Of several packets the one that was changed last comes first. IPTC comes before XMP where its digest shows that it was
/// changed after the packet was written, by a program that knows no XMP (Metadata Working Group, "Guidelines for Handling Image
/// Metadata" 2.0, section 3.3).
pub(crate) fn written(blocks: &Blocks<'_>) -> Written {
    let orientation = blocks.exif.iter().find_map(|block| exif_orientation(block));
    let packets = blocks.xmp.iter().map(|packet| xmp::statement(packet, orientation));
    let mut packets: Vec<xmp::Statement> = packets.collect();
    packets.sort_by_key(|packet| std::cmp::Reverse(packet.changed.as_deref().and_then(dates::moment)));
    let iptc = iptc::read(&blocks.iptc);
    let iptc_is_newer = iptc_was_changed(blocks, &packets);
    let mut written = Written::default();
    for packet in packets {
        written.tags = written.tags.or(packet.tags);
        written.xmp_dates.extend(packet.dates);
        written.gps = written.gps.or(packet.gps);
    }
    written.tags = if iptc_is_newer {
        iptc.tags.or(written.tags)
    } else {
        written.tags.or(iptc.tags)
    };
    written.iptc_dates = [iptc.created, iptc.digitized].into_iter().flatten().collect();
    let text = |name: &str| {
        let own = blocks
            .texts
            .iter()
            .find(|(keyword, _)| keyword.eq_ignore_ascii_case(name));
        own.map(|(_, text)| text.as_str())
    };
    written.tags = written.tags.or(PhotoTags {
        title: text("Title").and_then(line),
        caption: text("Description").and_then(prose),
        ..PhotoTags::default()
    });
    written
}

/// Whether the IPTC block is another than when the packets were written. Where no digest says anything, it is not.
fn iptc_was_changed(blocks: &Blocks<'_>, packets: &[xmp::Statement]) -> bool {
    let Some(block) = blocks.iptc.first().filter(|_| !packets.is_empty()) else {
        return false;
    };
    // A TIFF fills a block up to a number of four bytes, of which the digest may know nothing.
    let filled = block.iter().rev().take(3).take_while(|byte| **byte == 0).count();
    let own: Vec<[u8; 16]> = (0..=filled)
        .filter_map(|zeros| Some(md5::md5(block.get(..block.len() - zeros)?)))
        .collect();
    if let Some(digest) = blocks.iptc_digest {
        // Zeros stand for no digest.
        return !own.contains(&digest) && digest != [0; 16];
    }
    let stated = packets.iter().find_map(|packet| packet.iptc_digest.as_ref());
    stated.is_some_and(|stated| {
        let is_stated = |digest: &[u8; 16]| {
            let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            stated.eq_ignore_ascii_case(&digits)
        };
        stated.len() == 32 && !own.iter().any(is_stated) && stated.chars().any(|digit| digit != '0')
    })
}

#[cfg(test)]
mod tests;
