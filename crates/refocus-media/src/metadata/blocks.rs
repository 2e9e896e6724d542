//! The metadata blocks of a file, whatever its format.

use std::borrow::Cow;

use super::resources::{self, resources};
use super::{gif, heif, jpeg, jpeg_xl, png, tiff, webp};
use crate::sniff::{PictureFormat, sniff};
use crate::xmp::MOST_BYTES;

/// Blocks of a kind that are kept; files have one or two.
const MOST_BLOCKS: usize = 32;

/// How far behind a block's beginning its TIFF header may stand: behind "Exif\0\0", and behind the place of the header as HEIF and
/// JPEG XL have it.
const FARTHEST_HEADER: usize = 16;

/// The blocks of a file, in the order in which they count.
#[derive(Debug, Default)]
pub(crate) struct Blocks<'a> {
    /// EXIF blocks, each beginning with its TIFF header.
    pub(crate) exif: Vec<Cow<'a, [u8]>>,
    /// XMP packets.
    pub(crate) xmp: Vec<Cow<'a, [u8]>>,
    /// IPTC blocks.
    pub(crate) iptc: Vec<Cow<'a, [u8]>>,
    /// The digest (MD5) that the IPTC block had when the XMP packet was written.
    pub(crate) iptc_digest: Option<[u8; 16]>,
    /// Texts of a PNG: what they are about, and what they say.
    pub(crate) texts: Vec<(String, String)>,
    /// A PNG's time of its last change (`tIME`), in UTC: year (big-endian), month, day, hour, minute, second.
    pub(crate) png_time: Option<[u8; 7]>,
}

/// Finds the blocks of a file. What cannot be read is not there.
pub(crate) fn blocks(bytes: &[u8]) -> Blocks<'_> {
    let mut found = Blocks::default();
    match sniff(bytes) {
        Ok(PictureFormat::Jpeg) => jpeg::find(bytes, &mut found),
        Ok(PictureFormat::Png) => png::find(bytes, &mut found),
        Ok(PictureFormat::WebP) => webp::find(bytes, &mut found),
        Ok(PictureFormat::Gif) => gif::find(bytes, &mut found),
        Ok(PictureFormat::JpegXl) => jpeg_xl::find(bytes, &mut found),
        Ok(PictureFormat::Heif | PictureFormat::Avif) => heif::find(bytes, &mut found),
        Ok(PictureFormat::Tiff) => tiff::find(bytes, &mut found),
        Ok(PictureFormat::CameraRaw) => tiff::find_in_raw(bytes, &mut found),
        Ok(PictureFormat::Bmp) | Err(_) => {}
    }
    // An EXIF block has a place for the others too; few programs use it.
    if found.xmp.is_empty() || found.iptc.is_empty() {
        let inside = tiff::find_in_blocks(&found.exif);
        if found.xmp.is_empty() {
            found.xmp = inside.xmp;
        }
        if found.iptc.is_empty() {
            found.iptc = inside.iptc;
            found.iptc_digest = found.iptc_digest.or(inside.iptc_digest);
        }
    }
    found
}

impl<'a> Blocks<'a> {
    /// An EXIF block with whatever some programs put before its TIFF header. What has no header is none.
    pub(super) fn add_exif(&mut self, block: Cow<'a, [u8]>) {
        let begins = |at: &usize| {
            matches!(
                block.get(*at..),
                Some([b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..])
            )
        };
        if let Some(at) = (0..=FARTHEST_HEADER).find(begins)
            && self.exif.len() < MOST_BLOCKS
        {
            self.exif.push(behind(block, at));
        }
    }

    /// An XMP packet, or one behind the name that it has in a JPEG.
    pub(super) fn add_xmp(&mut self, packet: Cow<'a, [u8]>) {
        let at = jpeg::XMP_NAME.len();
        let packet = if packet.starts_with(jpeg::XMP_NAME) {
            behind(packet, at)
        } else {
            packet
        };
        if !packet.is_empty() && packet.len() <= MOST_BYTES && self.xmp.len() < MOST_BLOCKS {
            self.xmp.push(packet);
        }
    }

    /// Image resources, or an IPTC block alone.
    pub(super) fn add_resources(&mut self, bytes: &[u8]) {
        if bytes.starts_with(&[0x1C]) {
            self.add_iptc(bytes);
            return;
        }
        for (number, data) in resources(bytes) {
            match number {
                resources::IPTC => self.add_iptc(data),
                resources::XMP if self.xmp.is_empty() => self.add_xmp(Cow::Owned(data.to_vec())),
                resources::EXIF if self.exif.is_empty() => self.add_exif(Cow::Owned(data.to_vec())),
                resources::IPTC_DIGEST => self.iptc_digest = self.iptc_digest.or(data.first_chunk().copied()),
                _ => {}
            }
        }
    }

    fn add_iptc(&mut self, block: &[u8]) {
        if self.iptc.len() < MOST_BLOCKS && block.len() <= MOST_BYTES && !block.is_empty() {
            self.iptc.push(Cow::Owned(block.to_vec()));
        }
    }
}

/// What stands behind the first bytes.
fn behind(block: Cow<'_, [u8]>, at: usize) -> Cow<'_, [u8]> {
    match block {
        Cow::Borrowed(block) => Cow::Borrowed(block.get(at..).unwrap_or_default()),
        Cow::Owned(mut block) => {
            block.drain(..at.min(block.len()));
            Cow::Owned(block)
        }
    }
}
