//! A TIFF that is put together from fields and parts, ways of packing the parts, and what is expected of the pixels.

use std::io::Write;

use image::RgbImage;

use crate::decode::{DecodeLimits, Picture, PictureFormat, Scale, decode};
use crate::failure::Failure;
use crate::fixtures::textured;

pub(super) const BYTE: u16 = 1;
pub(super) const SHORT: u16 = 3;
pub(super) const LONG: u16 = 4;
pub(super) const LONG8: u16 = 16;

/// A TIFF of one or more pages.
#[derive(Clone)]
pub(super) struct File {
    pub(super) big_end_first: bool,
    pub(super) long: bool,
    pub(super) pages: Vec<Page>,
}

#[derive(Clone)]
pub(super) struct Page {
    fields: Vec<(u16, u16, Vec<u64>)>,
    pub(super) parts: Vec<Vec<u8>>,
    pub(super) tiled: bool,
}

impl Page {
    /// A page of strips; bits a sample, samples a pixel, what they mean, how they are packed.
    pub(super) fn new((width, height): (u32, u32), bits: u64, samples: u64, meaning: u64, compression: u64) -> Self {
        let short = |tag, value| (tag, SHORT, vec![value]);
        let mut fields = vec![
            short(256, u64::from(width)),
            short(257, u64::from(height)),
            (258, SHORT, vec![bits; samples as usize]),
            short(259, compression),
            short(262, meaning),
            short(277, samples),
        ];
        fields.push(short(278, u64::from(height)));
        Self {
            fields,
            parts: Vec::new(),
            tiled: false,
        }
    }

    pub(super) fn with(mut self, tag: u16, kind: u16, values: &[u64]) -> Self {
        self.fields.retain(|(own, ..)| *own != tag);
        self.fields.push((tag, kind, values.to_vec()));
        self
    }

    pub(super) fn without(mut self, tag: u16) -> Self {
        self.fields.retain(|(own, ..)| *own != tag);
        self
    }

    pub(super) fn part(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.parts.push(bytes.into());
        self
    }

    pub(super) fn file(self) -> Vec<u8> {
        File::of(vec![self]).build()
    }
}

impl File {
    pub(super) fn of(pages: Vec<Page>) -> Self {
        Self {
            big_end_first: false,
            long: false,
            pages,
        }
    }

    pub(super) fn put(&self, number: u64, len: usize) -> Vec<u8> {
        if self.big_end_first {
            number.to_be_bytes()[8 - len..].to_vec()
        } else {
            number.to_le_bytes()[..len].to_vec()
        }
    }

    pub(super) fn build(&self) -> Vec<u8> {
        let offset_len = if self.long { 8 } else { 4 };
        let mut file = if self.big_end_first {
            b"MM".to_vec()
        } else {
            b"II".to_vec()
        };
        if self.long {
            file.extend([self.put(43, 2), self.put(8, 2), self.put(0, 2)].concat());
        } else {
            file.extend(self.put(42, 2));
        }
        let mut link = file.len();
        file.extend(self.put(0, offset_len));
        for page in &self.pages {
            let (mut places, mut lengths) = (Vec::new(), Vec::new());
            for part in &page.parts {
                places.push(file.len() as u64);
                lengths.push(part.len() as u64);
                file.extend(part);
            }
            let kind = if self.long { LONG8 } else { LONG };
            let mut fields = page.fields.clone();
            let (places_tag, lengths_tag) = if page.tiled { (324, 325) } else { (273, 279) };
            for (tag, values) in [(places_tag, places), (lengths_tag, lengths)] {
                if !fields.iter().any(|(own, ..)| *own == tag) {
                    fields.push((tag, kind, values));
                }
            }
            fields.retain(|(.., values)| !values.is_empty());
            fields.sort();
            let at = file.len() as u64;
            file.splice(link..link + offset_len, self.put(at, offset_len));
            link = self.write_directory(&mut file, &fields);
        }
        file
    }

    /// Appends a directory; says where the place of the next one is written.
    pub(super) fn write_directory(&self, file: &mut Vec<u8>, fields: &[(u16, u16, Vec<u64>)]) -> usize {
        let (count_len, offset_len) = if self.long { (8, 8) } else { (2, 4) };
        file.extend(self.put(fields.len() as u64, count_len));
        let mut values_at = file.len() + fields.len() * (4 + 2 * offset_len) + offset_len;
        let mut behind = Vec::new();
        for (tag, kind, values) in fields {
            let size = match *kind {
                BYTE | 7 => 1,
                SHORT => 2,
                LONG8 | 5 => 8,
                _ => 4,
            };
            let bytes: Vec<u8> = values.iter().flat_map(|value| self.put(*value, size)).collect();
            file.extend(self.put(u64::from(*tag), 2));
            file.extend(self.put(u64::from(*kind), 2));
            file.extend(self.put(values.len() as u64, offset_len));
            if bytes.len() <= offset_len {
                let mut inline = bytes;
                inline.resize(offset_len, 0);
                file.extend(inline);
            } else {
                file.extend(self.put(values_at as u64, offset_len));
                values_at += bytes.len();
                behind.extend(bytes);
            }
        }
        let link = file.len();
        file.extend(self.put(0, offset_len));
        file.extend(behind);
        link
    }
}

pub(super) fn full(file: &[u8]) -> Result<Picture, Failure> {
    decode(file, Scale::Full, &DecodeLimits::default())
}

#[track_caller]
pub(super) fn assert_pixels(name: &str, file: &[u8], expected: &[u8], most_off: u8) {
    let picture = full(file).unwrap_or_else(|failure| panic!("{name}: {failure}"));
    assert_eq!(picture.format, PictureFormat::Tiff, "{name}");
    assert_eq!(picture.rgb.len(), expected.len(), "{name}");
    let off = picture.rgb.iter().zip(expected).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(off <= Some(most_off), "{name}: off by {off:?}");
}

pub(super) fn grey(values: &[u8]) -> Vec<u8> {
    values.iter().flat_map(|value| [*value; 3]).collect()
}

pub(super) const SIZE: (u32, u32) = (37, 23);

pub(super) fn picture() -> RgbImage {
    textured(SIZE.0, SIZE.1, 11)
}

pub(super) fn rgb_page(compression: u64) -> Page {
    Page::new(SIZE, 8, 3, 2, compression)
}

pub(super) fn lzw(bytes: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(bytes)
        .unwrap()
}

pub(super) fn old_lzw(bytes: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::new(weezl::BitOrder::Lsb, 8)
        .encode(bytes)
        .unwrap()
}

pub(super) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

pub(super) fn packed_bits(bytes: &[u8]) -> Vec<u8> {
    bytes
        .chunks(100)
        .flat_map(|run| [&[run.len() as u8 - 1], run].concat())
        .collect()
}

/// A way of packing: its number and the function.
pub(super) type Packing = (u64, fn(&[u8]) -> Vec<u8>);

pub(super) const PACKINGS: [Packing; 7] = [
    (1, |bytes| bytes.to_vec()),
    (5, lzw),
    (5, old_lzw),
    (8, deflated),
    (32_946, deflated),
    (32_773, packed_bits),
    (50_000, zstd),
];
