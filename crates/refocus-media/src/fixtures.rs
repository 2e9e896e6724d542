//! Files that tests decode: real encodings of small pictures, with hand-made EXIF, ICC and headers.

mod containers;

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};

pub(super) use self::containers::{insert_segments, raf};

/// A picture whose four quarters are red, green, blue and white (left to right, top to bottom); the sides are in units
/// of one JPEG block, so that colours meet at block borders.
pub(super) fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => [255, 0, 0],
            (false, true) => [0, 255, 0],
            (true, false) => [0, 0, 255],
            (false, false) => [255, 255, 255],
        })
    })
}

/// A picture with structure at every scale, the same for the same seed.
pub(super) fn textured(width: u32, height: u32, seed: u32) -> RgbImage {
    let mut state = seed | 1;
    RgbImage::from_fn(width, height, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let noise = (state >> 27) as u8;
        image::Rgb([(x * 5) as u8 ^ noise, (y * 3) as u8 ^ noise, ((x + y) * 2) as u8])
    })
}

pub(super) fn encode(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// A JPEG of [`quarters`] with `segments` (marker, body) put behind its start marker.
pub(super) fn jpeg_with_segments(width: u32, height: u32, segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    insert_segments(&encode(quarters(width, height), ImageFormat::Jpeg), segments)
}

/// An EXIF block with nothing but an orientation.
pub(super) fn orientation_block(tag: u16) -> Vec<u8> {
    ExifBlock::new().short(0x0112, tag).build()
}

/// A PNG chunk put behind the header chunk.
pub(super) fn png_with_chunk(png: &[u8], kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = (body.len() as u32).to_be_bytes().to_vec();
    chunk.extend(kind);
    chunk.extend(body);
    let crc = crc32(&chunk[4..]);
    chunk.extend(crc.to_be_bytes());
    [&png[..33], &chunk, &png[33..]].concat()
}

/// A PNG that claims `width × height` RGB pixels and holds next to none.
pub(super) fn forged_png(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"\0\0\0\x0dIHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let crc = crc32(&header[4..]);
    header.extend(crc.to_be_bytes());
    let data = b"IDAT\x78\x9c\x03\x00\x00\x00\x00\x01";
    let end = b"IEND";
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(header);
    for chunk in [data.as_slice(), end] {
        file.extend((chunk.len() as u32 - 4).to_be_bytes());
        file.extend(chunk);
        file.extend(crc32(chunk).to_be_bytes());
    }
    file
}

/// The CRC of PNG chunks (PNG specification, annex D).
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 {
                0xEDB8_8320 ^ (crc >> 1)
            } else {
                crc >> 1
            }
        })
    })
}

/// A little-endian EXIF block built entry by entry.
#[derive(Default)]
pub(super) struct ExifBlock {
    main: Vec<Entry>,
    sub: Vec<Entry>,
    gps: Vec<Entry>,
}

struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    value: Vec<u8>,
}

const BYTE: u16 = 1;
const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const UNDEFINED: u16 = 7;

fn entry(tag: u16, kind: u16, count: usize, value: Vec<u8>) -> Entry {
    Entry {
        tag,
        kind,
        count: count as u32,
        value,
    }
}

fn rationals(values: &[(u32, u32)]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|(a, b)| [a.to_le_bytes(), b.to_le_bytes()].concat())
        .collect()
}

impl ExifBlock {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn text(mut self, tag: u16, text: &str) -> Self {
        self.main.push(entry(tag, ASCII, text.len(), text.as_bytes().to_vec()));
        self
    }

    pub(super) fn short(mut self, tag: u16, value: u16) -> Self {
        self.main.push(entry(tag, SHORT, 1, value.to_le_bytes().to_vec()));
        self
    }

    /// Bytes of no meaning (UNDEFINED in the EXIF directory, BYTE in the main one).
    pub(super) fn bytes(mut self, tag: u16, bytes: &[u8]) -> Self {
        self.main.push(entry(tag, BYTE, bytes.len(), bytes.to_vec()));
        self
    }

    pub(super) fn sub_bytes(mut self, tag: u16, bytes: &[u8]) -> Self {
        self.sub.push(entry(tag, UNDEFINED, bytes.len(), bytes.to_vec()));
        self
    }

    pub(super) fn sub_text(mut self, tag: u16, text: &str) -> Self {
        self.sub.push(entry(tag, ASCII, text.len(), text.as_bytes().to_vec()));
        self
    }

    pub(super) fn sub_short(mut self, tag: u16, value: u16) -> Self {
        self.sub.push(entry(tag, SHORT, 1, value.to_le_bytes().to_vec()));
        self
    }

    pub(super) fn sub_rational(mut self, tag: u16, numerator: u32, denominator: u32) -> Self {
        self.sub
            .push(entry(tag, RATIONAL, 1, rationals(&[(numerator, denominator)])));
        self
    }

    /// Degrees, minutes, seconds of latitude and longitude.
    pub(super) fn place(mut self, south: bool, latitude: [u32; 3], west: bool, longitude: [u32; 3]) -> Self {
        let angle = |parts: [u32; 3]| rationals(&parts.map(|part| (part, 1)));
        self.gps
            .push(entry(1, ASCII, 2, if south { b"S\0" } else { b"N\0" }.to_vec()));
        self.gps.push(entry(2, RATIONAL, 3, angle(latitude)));
        self.gps
            .push(entry(3, ASCII, 2, if west { b"W\0" } else { b"E\0" }.to_vec()));
        self.gps.push(entry(4, RATIONAL, 3, angle(longitude)));
        self
    }

    pub(super) fn build(mut self) -> Vec<u8> {
        let mut block = b"II\x2a\0\x08\0\0\0".to_vec();
        let extra = usize::from(!self.sub.is_empty()) + usize::from(!self.gps.is_empty());
        let main_len = directory_len(&self.main) + extra * 12;
        let sub_at = 8 + main_len;
        let gps_at = sub_at
            + if self.sub.is_empty() {
                0
            } else {
                directory_len(&self.sub)
            };
        if !self.sub.is_empty() {
            self.main
                .push(entry(0x8769, LONG, 1, (sub_at as u32).to_le_bytes().to_vec()));
        }
        if !self.gps.is_empty() {
            self.main
                .push(entry(0x8825, LONG, 1, (gps_at as u32).to_le_bytes().to_vec()));
        }
        for directory in [&self.main, &self.sub, &self.gps] {
            if !directory.is_empty() {
                write_directory(&mut block, directory);
            }
        }
        block
    }
}

fn directory_len(entries: &[Entry]) -> usize {
    2 + entries.len() * 12
        + 4
        + entries
            .iter()
            .map(|e| e.value.len())
            .filter(|&len| len > 4)
            .sum::<usize>()
}

fn write_directory(block: &mut Vec<u8>, entries: &[Entry]) {
    let mut values_at = block.len() + 2 + entries.len() * 12 + 4;
    let mut values: Vec<u8> = Vec::new();
    block.extend((entries.len() as u16).to_le_bytes());
    for Entry {
        tag,
        kind,
        count,
        value,
    } in entries
    {
        block.extend(tag.to_le_bytes());
        block.extend(kind.to_le_bytes());
        block.extend(count.to_le_bytes());
        if value.len() <= 4 {
            let mut inline = value.clone();
            inline.resize(4, 0);
            block.extend(inline);
        } else {
            block.extend((values_at as u32).to_le_bytes());
            values_at += value.len();
            values.extend(value);
        }
    }
    block.extend([0; 4]);
    block.extend(values);
}
