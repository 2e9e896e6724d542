//! Whether a picture moves; what is shown of it is its first frame.
//!
//! Sources: GIF89a; the WebP container (`ANMF`); APNG (`acTL`); AVIF (the brand of image sequences).

use super::metadata::webp_chunks;
use super::sniff::{PictureFormat, sniff};

/// Whether the bytes hold more than one frame.
pub(super) fn is_animated(bytes: &[u8]) -> bool {
    match sniff(bytes) {
        Ok(PictureFormat::Gif) => gif_has_second_frame(bytes).unwrap_or(false),
        Ok(PictureFormat::WebP) => {
            // The flag of the head is not kept up to date by every program.
            webp_chunks(bytes).filter(|(kind, _)| kind == b"ANMF").nth(1).is_some()
        }
        Ok(PictureFormat::Avif) => bytes.get(8..12) == Some(b"avis"),
        Ok(PictureFormat::Png) => png_frames(bytes).is_some_and(|frames| frames > 1),
        _ => false,
    }
}

/// Number of frames that an animated PNG names before its pixels begin.
fn png_frames(bytes: &[u8]) -> Option<u32> {
    let mut rest = bytes.get(8..)?;
    loop {
        let (len, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        match kind {
            b"acTL" => return Some(u32::from_be_bytes(*after.first_chunk()?)),
            b"IDAT" => return None,
            _ => rest = after.get((u32::from_be_bytes(*len) as usize).checked_add(4)?..)?,
        }
    }
}

/// Walks over the blocks of a GIF up to its second picture; `None` where it ends before.
fn gif_has_second_frame(bytes: &[u8]) -> Option<bool> {
    const EXTENSION: u8 = 0x21;
    const PICTURE: u8 = 0x2C;
    let table = |flags: u8| {
        if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
    };
    let mut at = 13 + table(*bytes.get(10)?);
    let mut pictures = 0;
    loop {
        match *bytes.get(at)? {
            EXTENSION => at += 2,
            PICTURE => {
                pictures += 1;
                if pictures == 2 {
                    return Some(true);
                }
                // Place and size, flags, a table of colours, the width of codes.
                at += 10 + table(*bytes.get(at + 9)?) + 1;
            }
            _ => return Some(false),
        }
        loop {
            let len = usize::from(*bytes.get(at)?);
            at += 1 + len;
            if len == 0 {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::codecs::gif::GifEncoder;
    use image::{DynamicImage, Frame, ImageFormat};

    use super::*;
    use crate::fixtures::{encode, png_with_chunk, quarters, textured};

    fn gif(frames: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new(&mut bytes);
        for seed in 1..=frames {
            let frame = DynamicImage::from(textured(24, 16, seed)).to_rgba8();
            encoder.encode_frame(Frame::new(frame)).unwrap();
        }
        drop(encoder);
        bytes
    }

    #[test]
    fn only_pictures_of_several_frames_count_as_animated() {
        assert!(is_animated(&gif(2)) && is_animated(&gif(5)));
        assert!(!is_animated(&gif(1)));
        let png = encode(quarters(8, 8), ImageFormat::Png);
        let frames = |n: u8| png_with_chunk(&png, b"acTL", &[0, 0, 0, n, 0, 0, 0, 0]);
        assert!(is_animated(&frames(3)) && !is_animated(&frames(1)) && !is_animated(&png));
        let frame = b"ANMF\x02\0\0\0..";
        let webp = |flags: u8, frames: usize| {
            let head = [b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0".as_slice(), &[flags], &[0; 9]].concat();
            [head, frame.repeat(frames)].concat()
        };
        assert!(is_animated(&webp(0x02, 2)) && is_animated(&webp(0, 3)));
        assert!(!is_animated(&webp(0x02, 1)) && !is_animated(&webp(0x02, 0)) && !is_animated(&webp(0x10, 0)));
        assert!(!is_animated(&encode(quarters(8, 8), ImageFormat::WebP)));
    }

    #[test]
    fn a_gif_cut_anywhere_is_looked_at_without_trouble() {
        let whole = gif(2);
        for cut in 0..whole.len() {
            is_animated(&whole[..cut]);
        }
    }
}
