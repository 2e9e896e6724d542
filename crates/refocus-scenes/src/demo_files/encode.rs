//! Pictures as files: JPEG with EXIF, PNG, WebP.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageError, ImageFormat};

use crate::demo::{DemoPicture, FileFormat};

/// JPEG quality of the demo photos.
const QUALITY: u8 = 88;

pub(super) fn encode(picture: &DemoPicture) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    match picture.format {
        FileFormat::Jpeg => {
            JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(&picture.image)?;
            let exif = exif_segment(picture.camera_make, picture.camera_model, &picture.taken);
            // After the two bytes that open every JPEG.
            bytes.splice(2..2, exif);
        }
        FileFormat::Png => picture.image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?,
        FileFormat::WebP => picture
            .image
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::WebP)?,
    }
    Ok(bytes)
}

/// An APP1 segment (Exif 2.3) with make, model, upright orientation, software and the date taken; little-endian TIFF.
fn exif_segment(make: &str, model: &str, taken: &str) -> Vec<u8> {
    const ASCII: u16 = 2;
    const SHORT: u16 = 3;
    const LONG: u16 = 4;
    // Six entries in the first directory, one in the second; values longer than four bytes follow both.
    let first = 8_u32;
    let second = first + 2 + 6 * 12 + 4;
    let mut tail_at = second + 2 + 12 + 4;
    let mut tail: Vec<u8> = Vec::new();
    let mut text = |tag: u16, value: &str| {
        let length = value.len() as u32 + 1;
        let mut entry = Vec::with_capacity(12);
        entry.extend(tag.to_le_bytes());
        entry.extend(ASCII.to_le_bytes());
        entry.extend(length.to_le_bytes());
        entry.extend(tail_at.to_le_bytes());
        tail.extend(value.as_bytes());
        tail.push(0);
        tail_at += length;
        // Exif asks for even offsets.
        if tail_at % 2 == 1 {
            tail.push(0);
            tail_at += 1;
        }
        entry
    };
    let number = |tag: u16, kind: u16, value: u32| {
        let mut entry = Vec::with_capacity(12);
        entry.extend(tag.to_le_bytes());
        entry.extend(kind.to_le_bytes());
        entry.extend(1_u32.to_le_bytes());
        entry.extend(value.to_le_bytes());
        entry
    };
    let mut tiff: Vec<u8> = b"II*\0".to_vec();
    tiff.extend(first.to_le_bytes());
    tiff.extend(6_u16.to_le_bytes());
    tiff.extend(text(0x010F, make));
    tiff.extend(text(0x0110, model));
    tiff.extend(number(0x0112, SHORT, 1));
    tiff.extend(text(0x0131, "Refocus demo renderer"));
    tiff.extend(text(0x0132, taken));
    tiff.extend(number(0x8769, LONG, second));
    tiff.extend(0_u32.to_le_bytes());
    tiff.extend(1_u16.to_le_bytes());
    tiff.extend(text(0x9003, taken));
    tiff.extend(0_u32.to_le_bytes());
    tiff.extend(tail);
    let mut segment = vec![0xFF, 0xE1];
    segment.extend(((tiff.len() + 8) as u16).to_be_bytes());
    segment.extend(b"Exif\0\0");
    segment.extend(tiff);
    segment
}
