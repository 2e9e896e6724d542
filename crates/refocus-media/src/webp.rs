//! WebP pixels. Of an animation the first frame is taken.
//!
//! Source: RFC 9649, section 2 (the container). The flags of `VP8X` say which chunks there are; programs that add or take away
//! chunks forget about them, and the length in the file's head as well. So the chunks alone count here: the decoder is given a
//! file that is put together from those that hold pixels.

use std::io::Cursor;

use image::ImageDecoder;
use image::codecs::webp::WebPDecoder;

use super::colours::Colours;
use super::decode::{DecodeLimits, StoredPicture, zeroed};
use super::failure::Failure;
use super::memory_budget::Share;
use super::orientation::Orientation;
use super::raster::{self, ends_early};
use super::sniff::PictureFormat;
use super::srgb::{self, Alpha};

/// Decodes `bytes`, which begin as a WebP.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits, share: &mut Share) -> Result<StoredPicture, Failure> {
    let chunks = Chunks::of(bytes)?;
    let file = chunks.pixels_alone()?;
    let named = |error| raster::failure(error, PictureFormat::WebP);
    let mut decoder = WebPDecoder::new(Cursor::new(&file)).map_err(named)?;
    let (width, height) = decoder.dimensions();
    let layout = decoder.color_type();
    // The stored pixels and their RGB copy are held together.
    let bytes_per_pixel = u64::from(layout.bytes_per_pixel()) + 3;
    limits.check(width, height, bytes_per_pixel)?;
    share.take(u64::from(width) * u64::from(height) * bytes_per_pixel + file.len() as u64);
    decoder.set_limits(raster::decoder_limits(limits)).map_err(named)?;
    let mut stored = zeroed(usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX))?;
    decoder.read_image(&mut stored).map_err(named)?;
    let colours = Colours::of_profile(chunks.profile.map(<[u8]>::to_vec));
    Ok(StoredPicture {
        width,
        height,
        rgb: srgb::to_srgb(stored, layout, &colours, Alpha::Straight)?,
        full_width: width,
        full_height: height,
        orientation: chunks.exif.map_or(Orientation::UPRIGHT, Orientation::from_exif),
    })
}

/// The chunks of a WebP that count; of each kind the first.
#[derive(Default)]
struct Chunks<'a> {
    canvas: Option<&'a [u8]>,
    profile: Option<&'a [u8]>,
    exif: Option<&'a [u8]>,
    opacity: Option<&'a [u8]>,
    picture: Option<([u8; 4], &'a [u8])>,
    animation: Option<&'a [u8]>,
    frame: Option<&'a [u8]>,
}

impl<'a> Chunks<'a> {
    /// Every chunk of pixels must lie inside the file. The decoder reserves what a chunk claims before it reads, so that a file of
    /// fifty bytes could ask for gigabytes. What stands behind the pixels and is no chunk does not matter.
    fn of(bytes: &'a [u8]) -> Result<Self, Failure> {
        let mut found = Self::default();
        let mut rest = bytes.get(12..).unwrap_or_default();
        while let Some((kind, len, after)) = head(rest) {
            let body = after.get(..len);
            match (&kind, body) {
                (b"VP8X", Some(body)) => _ = found.canvas.get_or_insert(body),
                (b"ICCP", Some(body)) => _ = found.profile.get_or_insert(body),
                (b"EXIF", Some(body)) => _ = found.exif.get_or_insert(body),
                (b"ALPH", Some(body)) => _ = found.opacity.get_or_insert(body),
                (b"ANIM", Some(body)) => _ = found.animation.get_or_insert(body),
                (b"ANMF", Some(body)) => _ = found.frame.get_or_insert(body),
                (b"VP8 " | b"VP8L", Some(body)) => _ = found.picture.get_or_insert((kind, body)),
                _ => {}
            }
            if body.is_none() {
                if found.picture.is_none() && found.frame.is_none() {
                    return Err(ends_early(PictureFormat::WebP));
                }
                break;
            }
            // The padding of an odd last chunk may be missing.
            rest = after.get(len.saturating_add(len & 1)..).unwrap_or_default();
        }
        if found.picture.is_none() && found.frame.is_none() {
            return Err(ends_early(PictureFormat::WebP));
        }
        Ok(found)
    }

    fn pixels_alone(&self) -> Result<Vec<u8>, Failure> {
        /// Flags of `VP8X`.
        const ANIMATION: u8 = 0x02;
        const OPACITY: u8 = 0x10;
        /// Where the flags of a frame are, and one of them.
        const FRAME_FLAGS: usize = 15;
        const NOT_BLENDED: u8 = 0x02;
        let mut body = b"WEBP".to_vec();
        match (self.picture, self.opacity) {
            (Some((kind, picture)), None) => put(&mut body, &kind, picture)?,
            (Some((kind, picture)), Some(_)) if &kind == b"VP8L" => put(&mut body, &kind, picture)?,
            (Some((kind, picture)), Some(opacity)) => {
                let (width, height) = lossy_size(picture).ok_or_else(|| ends_early(PictureFormat::WebP))?;
                put(&mut body, b"VP8X", &canvas(OPACITY, width, height))?;
                put(&mut body, b"ALPH", opacity)?;
                put(&mut body, &kind, picture)?;
            }
            (None, _) => {
                let (Some(canvas), Some(frame)) = (self.canvas, self.frame) else {
                    return Err(ends_early(PictureFormat::WebP));
                };
                let size = canvas.get(4..10).ok_or_else(|| ends_early(PictureFormat::WebP))?;
                // What the first frame does not cover is clear.
                let flags = [ANIMATION | OPACITY, 0, 0, 0];
                put(&mut body, b"VP8X", &[flags.as_slice(), size].concat())?;
                put(&mut body, b"ANIM", self.animation.unwrap_or(&[0; 6]))?;
                // Over nothing, a frame that is blended is the frame.
                let mut frame = frame.to_vec();
                if let Some(flags) = frame.get_mut(FRAME_FLAGS) {
                    *flags |= NOT_BLENDED;
                }
                put(&mut body, b"ANMF", &frame)?;
            }
        }
        let mut file = Vec::new();
        put(&mut file, b"RIFF", &body)?;
        Ok(file)
    }
}

fn head(bytes: &[u8]) -> Option<([u8; 4], usize, &[u8])> {
    let (kind, after) = bytes.split_first_chunk::<4>()?;
    let (len, after) = after.split_first_chunk::<4>()?;
    Some((*kind, u32::from_le_bytes(*len) as usize, after))
}

fn put(file: &mut Vec<u8>, kind: &[u8; 4], body: &[u8]) -> Result<(), Failure> {
    let len = u32::try_from(body.len()).map_err(|_| ends_early(PictureFormat::WebP))?;
    file.try_reserve(body.len() + 9)
        .map_err(|_| Failure::out_of_memory(body.len() as u64))?;
    file.extend(kind);
    file.extend(len.to_le_bytes());
    file.extend(body);
    file.extend(vec![0; body.len() & 1]);
    Ok(())
}

fn canvas(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let side = |side: u32| side.saturating_sub(1).to_le_bytes().into_iter().take(3);
    [flags, 0, 0, 0]
        .into_iter()
        .chain(side(width))
        .chain(side(height))
        .collect()
}

/// Width and height of a lossy picture (RFC 6386, section 9.1).
fn lossy_size(picture: &[u8]) -> Option<(u32, u32)> {
    let [_, _, _, 0x9D, 0x01, 0x2A, a, b, c, d, ..] = picture else {
        return None;
    };
    let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
    Some((side(*a, *b), side(*c, *d)))
}

#[cfg(test)]
mod tests;
