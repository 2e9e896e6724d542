//! TIFF files of every kind that scanners, cameras and programs write, built here field by field.

use std::io::Write;

use image::{ImageFormat, RgbImage};

use crate::decode::{DecodeLimits, Picture, PictureFormat, Scale, decode};
use crate::failure::{Failure, FailureKind};
use crate::fixtures::{encode, quarters, textured};

const BYTE: u16 = 1;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const LONG8: u16 = 16;

/// A TIFF of one or more pages.
#[derive(Clone)]
struct File {
    big_end_first: bool,
    long: bool,
    pages: Vec<Page>,
}

#[derive(Clone)]
struct Page {
    fields: Vec<(u16, u16, Vec<u64>)>,
    parts: Vec<Vec<u8>>,
    tiled: bool,
}

impl Page {
    /// A page of strips; bits a sample, samples a pixel, what they mean, how they are packed.
    fn new((width, height): (u32, u32), bits: u64, samples: u64, meaning: u64, compression: u64) -> Self {
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

    fn with(mut self, tag: u16, kind: u16, values: &[u64]) -> Self {
        self.fields.retain(|(own, ..)| *own != tag);
        self.fields.push((tag, kind, values.to_vec()));
        self
    }

    fn without(mut self, tag: u16) -> Self {
        self.fields.retain(|(own, ..)| *own != tag);
        self
    }

    fn part(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.parts.push(bytes.into());
        self
    }

    fn file(self) -> Vec<u8> {
        File::of(vec![self]).build()
    }
}

impl File {
    fn of(pages: Vec<Page>) -> Self {
        Self {
            big_end_first: false,
            long: false,
            pages,
        }
    }

    fn put(&self, number: u64, len: usize) -> Vec<u8> {
        if self.big_end_first {
            number.to_be_bytes()[8 - len..].to_vec()
        } else {
            number.to_le_bytes()[..len].to_vec()
        }
    }

    fn build(&self) -> Vec<u8> {
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
    fn write_directory(&self, file: &mut Vec<u8>, fields: &[(u16, u16, Vec<u64>)]) -> usize {
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

fn full(file: &[u8]) -> Result<Picture, Failure> {
    decode(file, Scale::Full, &DecodeLimits::default())
}

#[track_caller]
fn assert_pixels(name: &str, file: &[u8], expected: &[u8], most_off: u8) {
    let picture = full(file).unwrap_or_else(|failure| panic!("{name}: {failure}"));
    assert_eq!(picture.format, PictureFormat::Tiff, "{name}");
    assert_eq!(picture.rgb.len(), expected.len(), "{name}");
    let off = picture.rgb.iter().zip(expected).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(off <= Some(most_off), "{name}: off by {off:?}");
}

fn grey(values: &[u8]) -> Vec<u8> {
    values.iter().flat_map(|value| [*value; 3]).collect()
}

const SIZE: (u32, u32) = (37, 23);

fn picture() -> RgbImage {
    textured(SIZE.0, SIZE.1, 11)
}

fn rgb_page(compression: u64) -> Page {
    Page::new(SIZE, 8, 3, 2, compression)
}

#[test]
fn grey_of_every_depth_and_byte_order_is_read() {
    for big_end_first in [false, true] {
        for (bits, row, expected) in [
            (1, vec![0b1010_0000], [255, 0, 255, 0]),
            (2, vec![0b1101_1000], [255, 85, 170, 0]),
            (4, vec![0xF0, 0x7A], [255, 0, 119, 170]),
            (8, vec![255, 0, 119, 170], [255, 0, 119, 170]),
            (12, vec![0xFF, 0xF0, 0x00, 0x77, 0x7A, 0xAA], [255, 0, 119, 170]),
        ] {
            let page = Page::new((4, 1), bits, 1, 1, 1).part(row);
            let mut file = File::of(vec![page]);
            file.big_end_first = big_end_first;
            assert_pixels(&format!("{bits} bits"), &file.build(), &grey(&expected), 0);
        }
        let mut file = File::of(vec![Page::new((4, 1), 16, 1, 1, 1)]);
        file.big_end_first = big_end_first;
        let row = [0xFFFF, 0, 0x7777, 0xAAAA].map(|value| file.put(value, 2)).concat();
        file.pages[0].parts.push(row);
        assert_pixels("16 bits", &file.build(), &grey(&[255, 0, 119, 170]), 0);
    }
}

#[test]
fn white_may_be_zero_at_every_depth() {
    let page = |bits, row: &[u8]| Page::new((2, 1), bits, 1, 0, 1).part(row).file();
    assert_pixels("1 bit", &page(1, &[0b0100_0000]), &grey(&[255, 0]), 0);
    assert_pixels("4 bits", &page(4, &[0x3C]), &grey(&[204, 51]), 0);
    assert_pixels("8 bits", &page(8, &[0, 200]), &grey(&[255, 55]), 0);
    assert_pixels("16 bits", &page(16, &[0, 0, 0xFF, 0xFF]), &grey(&[255, 0]), 0);
}

fn lzw(bytes: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(bytes)
        .unwrap()
}

fn old_lzw(bytes: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::new(weezl::BitOrder::Lsb, 8)
        .encode(bytes)
        .unwrap()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn packed_bits(bytes: &[u8]) -> Vec<u8> {
    bytes
        .chunks(100)
        .flat_map(|run| [&[run.len() as u8 - 1], run].concat())
        .collect()
}

/// A way of packing: its number and the function.
type Packing = (u64, fn(&[u8]) -> Vec<u8>);

const PACKINGS: [Packing; 7] = [
    (1, |bytes| bytes.to_vec()),
    (5, lzw),
    (5, old_lzw),
    (8, deflated),
    (32_946, deflated),
    (32_773, packed_bits),
    (50_000, zstd),
];

/// Each sample less the one of the pixel to its left.
fn differences(row: &[u8], samples: usize) -> Vec<u8> {
    let left = |at: usize| at.checked_sub(samples).map_or(0, |left| row[left]);
    row.iter()
        .enumerate()
        .map(|(at, value)| value.wrapping_sub(left(at)))
        .collect()
}

#[test]
fn strips_in_every_packing_are_read_with_and_without_a_predictor() {
    let picture = picture();
    let row = SIZE.0 as usize * 3;
    for (number, pack) in PACKINGS {
        for predictor in [1, 2] {
            if predictor == 2 && !matches!(number, 5 | 8 | 50_000 | 32_946) {
                continue;
            }
            let mut page = rgb_page(number).with(278, SHORT, &[10]).with(317, SHORT, &[predictor]);
            for strip in picture.as_raw().chunks(10 * row) {
                let bytes: Vec<u8> = match predictor {
                    2 => strip.chunks(row).flat_map(|row| differences(row, 3)).collect(),
                    _ => strip.to_vec(),
                };
                page = page.part(pack(&bytes));
            }
            assert_pixels(
                &format!("packing {number}, predictor {predictor}"),
                &page.file(),
                picture.as_raw(),
                0,
            );
        }
    }
}

#[test]
fn tiles_planes_and_long_files_are_read() {
    let picture = picture();
    let tile = |x0: u32, y0: u32| -> Vec<u8> {
        let at = |x: u32, y: u32| {
            if x < SIZE.0 && y < SIZE.1 {
                picture.get_pixel(x, y).0
            } else {
                [7; 3]
            }
        };
        (y0..y0 + 16)
            .flat_map(|y| (x0..x0 + 16).flat_map(move |x| at(x, y)))
            .collect()
    };
    let tiled = |number: u64, pack: fn(&[u8]) -> Vec<u8>| {
        let mut page = rgb_page(number)
            .without(278)
            .with(322, SHORT, &[16])
            .with(323, SHORT, &[16]);
        page.tiled = true;
        for y0 in [0, 16] {
            for x0 in [0, 16, 32] {
                page = page.part(pack(&tile(x0, y0)));
            }
        }
        page
    };
    for (number, pack) in PACKINGS {
        assert_pixels(
            &format!("tiles of packing {number}"),
            &tiled(number, pack).file(),
            picture.as_raw(),
            0,
        );
    }
    let mut long = File::of(vec![tiled(1, |bytes| bytes.to_vec())]);
    long.long = true;
    assert_pixels("BigTIFF", &long.build(), picture.as_raw(), 0);
    long.big_end_first = true;
    assert_pixels("BigTIFF, big end first", &long.build(), picture.as_raw(), 0);

    for (number, pack) in PACKINGS {
        let mut page = rgb_page(number).with(284, SHORT, &[2]).with(278, SHORT, &[20]);
        for channel in 0..3 {
            let plane: Vec<u8> = picture.pixels().map(|pixel| pixel.0[channel]).collect();
            for strip in plane.chunks(20 * SIZE.0 as usize) {
                page = page.part(pack(strip));
            }
        }
        assert_pixels(
            &format!("planes of packing {number}"),
            &page.file(),
            picture.as_raw(),
            0,
        );
    }
}

#[test]
fn wide_samples_with_a_predictor_are_added_up_in_the_order_of_the_file() {
    let values = [1000u16, 65_535, 300, 40_000];
    for big_end_first in [false, true] {
        let mut file = File::of(vec![Page::new((4, 1), 16, 1, 1, 5).with(317, SHORT, &[2])]);
        file.big_end_first = big_end_first;
        let mut left = 0u16;
        let mut row = Vec::new();
        for value in values {
            row.extend(file.put(u64::from(value.wrapping_sub(left)), 2));
            left = value;
        }
        file.pages[0].parts.push(lzw(&row));
        let expected = values.map(|value| ((u32::from(value) * 255 + 32_767) / 65_535) as u8);
        assert_pixels("16 bits less their left", &file.build(), &grey(&expected), 0);
    }
}

/// Bytes of floats by their weight, each less the one to its left.
fn float_predicted(row: &[u8], size: usize, samples: usize) -> Vec<u8> {
    let count = row.len() / size;
    let spread: Vec<u8> = (0..row.len())
        .map(|at| row[at % count * size + (size - 1 - at / count)])
        .collect();
    differences(&spread, samples)
}

// numpy 2.4.6: `numpy.array([0, 0.2, 0.5, 1], numpy.float16).tobytes()`; 0.2, 0.5 and 1 are 51, 128 and 255 of 255.
#[test]
fn floats_of_every_size_are_read_with_and_without_a_predictor() {
    let expected = [0, 51, 128, 255];
    let values = [0.0f64, 0.2, 0.5, 1.0];
    let half = [0u16, 0x3266, 0x3800, 0x3C00];
    let rows: [(u64, Vec<u8>); 3] = [
        (16, half.iter().flat_map(|value| value.to_le_bytes()).collect()),
        (
            32,
            values.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect(),
        ),
        (64, values.iter().flat_map(|value| value.to_le_bytes()).collect()),
    ];
    for (bits, row) in rows {
        let page = |compression| Page::new((4, 1), bits, 1, 1, compression).with(339, SHORT, &[3]);
        assert_pixels(
            &format!("{bits}"),
            &page(1).part(row.clone()).file(),
            &grey(&expected),
            1,
        );
        let predicted = deflated(&float_predicted(&row, bits as usize / 8, 1));
        let file = page(8).with(317, SHORT, &[3]).part(predicted).file();
        assert_pixels(&format!("{bits}, predicted"), &file, &grey(&expected), 1);
    }
    let rgb: Vec<u8> = [0.0f32, 0.2, 1.0, 0.5, 1.5, -3.0]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let file = Page::new((2, 1), 32, 3, 2, 1)
        .with(339, SHORT, &[3, 3, 3])
        .part(rgb)
        .file();
    assert_pixels("RGB", &file, &[0, 51, 255, 128, 255, 0], 0);
}

// Pillow writes its grey of 32 bit ("F", "I") with the numbers of 8 bit.
#[test]
fn numbers_of_8_and_16_bit_kept_in_32_bits_keep_their_meaning() {
    let floats: Vec<u8> = [0.0f32, 51.0, 254.0]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let page = |kind| Page::new((3, 1), 32, 1, 1, 1).with(339, SHORT, &[kind]);
    assert_pixels("floats", &page(3).part(floats).file(), &grey(&[0, 51, 254]), 0);
    let signed: Vec<u8> = [0i32, 51, 254].iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_pixels("signed", &page(2).part(signed).file(), &grey(&[0, 51, 254]), 0);
    let whole: Vec<u8> = [0u32, 257 * 51, 65_535]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    assert_pixels("whole", &page(1).part(whole).file(), &grey(&[0, 51, 255]), 0);
}

#[test]
fn palettes_are_read_at_every_depth() {
    let colours = [[255, 0, 0], [0, 128, 255], [10, 20, 30], [255, 255, 255]];
    for (bits, row) in [(2, vec![0b0001_1011]), (4, vec![0x01, 0x23]), (8, vec![0, 1, 2, 3])] {
        for wide in [257, 1] {
            let mut map = vec![0; 3 << bits];
            for (number, colour) in colours.iter().enumerate() {
                for (channel, value) in colour.iter().enumerate() {
                    map[(channel << bits) + number] = value * wide;
                }
            }
            let page = Page::new((4, 1), bits, 1, 3, 1)
                .with(320, SHORT, &map)
                .part(row.clone());
            let expected: Vec<u8> = colours.iter().flatten().map(|value| *value as u8).collect();
            assert_pixels(&format!("{bits} bits, times {wide}"), &page.file(), &expected, 0);
        }
    }
}

#[test]
fn multiplied_colours_are_divided_once_and_only_where_the_file_says_so() {
    const ASSOCIATED: u64 = 1;
    const STRAIGHT: u64 = 2;
    const OTHER: u64 = 0;
    let page =
        |bits, samples, meaning, extra: u64| Page::new((2, 1), bits, samples, meaning, 1).with(338, SHORT, &[extra]);
    // Half opaque (200, 100, 50) over white is (227, 177, 152); the second pixel is opaque.
    let straight = [200, 100, 50, 128, 9, 8, 7, 255];
    let multiplied = [100, 50, 25, 128, 9, 8, 7, 255];
    let over_white = [227, 177, 152, 9, 8, 7];
    assert_pixels(
        "straight",
        &page(8, 4, 2, STRAIGHT).part(straight).file(),
        &over_white,
        1,
    );
    assert_pixels(
        "multiplied",
        &page(8, 4, 2, ASSOCIATED).part(multiplied).file(),
        &over_white,
        1,
    );
    assert_pixels(
        "other",
        &page(8, 4, 2, OTHER).part(straight).file(),
        &[200, 100, 50, 9, 8, 7],
        0,
    );
    let wide: Vec<u8> = multiplied
        .iter()
        .flat_map(|value| (u16::from(*value) * 257).to_le_bytes())
        .collect();
    assert_pixels(
        "multiplied, 16 bit",
        &page(16, 4, 2, ASSOCIATED).part(wide).file(),
        &over_white,
        1,
    );
    let grey_of = |extra, row: [u8; 4]| page(8, 2, 1, extra).part(row).file();
    assert_pixels("grey", &grey_of(STRAIGHT, [200, 128, 9, 255]), &grey(&[227, 9]), 1);
    assert_pixels(
        "grey, multiplied",
        &grey_of(ASSOCIATED, [100, 128, 9, 255]),
        &grey(&[227, 9]),
        1,
    );
    // Planes of samples, and two extra samples of which the second is the opacity.
    let planes = page(8, 4, 2, ASSOCIATED).with(284, SHORT, &[2]);
    let planes = (0..4).fold(planes, |page, plane| {
        page.part([multiplied[plane], multiplied[plane + 4]])
    });
    assert_pixels("planes", &planes.file(), &over_white, 1);
    let five = [100, 50, 25, 77, 128, 9, 8, 7, 78, 255];
    let file = Page::new((2, 1), 8, 5, 2, 1)
        .with(338, SHORT, &[OTHER, ASSOCIATED])
        .part(five)
        .file();
    assert_pixels("second extra sample", &file, &over_white, 1);
}

#[test]
fn an_extra_sample_that_nobody_explains_is_opacity_unless_it_leaves_nothing() {
    let page = |alpha: u8| {
        Page::new((2, 1), 8, 4, 2, 1)
            .part([200, 100, 50, alpha, 9, 8, 7, alpha])
            .file()
    };
    assert_pixels("half", &page(128), &[227, 177, 152, 132, 131, 131], 1);
    assert_pixels("nothing", &page(0), &[200, 100, 50, 9, 8, 7], 0);
}

/// A fraction as the field of a TIFF holds it in little-endian order.
fn fraction(above: u64, below: u64) -> u64 {
    above | below << 32
}

// Pillow 13.0.0 (`frombytes("YCbCr", …).convert("RGB")`) for the first three, colour-science 0.4.7 (`YCbCr_to_RGB` with the weights
// of BT.709, `in_legal`) for the others.
#[test]
fn brightness_and_differences_become_colours_by_the_matrix_and_levels_that_the_file_names() {
    let row = [150, 100, 180, 60, 200, 90, 235, 128, 128];
    let page = || Page::new((3, 1), 8, 3, 6, 1).with(530, SHORT, &[1, 1]);
    let expected = [222, 122, 100, 6, 62, 187, 235, 235, 235];
    assert_pixels("BT.601", &page().part(row).file(), &expected, 1);
    assert_pixels(
        "BT.601, LZW",
        &page().with(259, SHORT, &[5]).part(lzw(&row)).file(),
        &expected,
        1,
    );
    let levels = [16, 235, 128, 240, 128, 240].map(|level| fraction(level, 1));
    let shares = [(2126, 10_000), (7152, 10_000), (722, 10_000)].map(|(above, below)| fraction(above, below));
    let file = page().with(532, 5, &levels).with(529, 5, &shares).part(row).file();
    assert_pixels(
        "BT.709, levels of video",
        &file,
        &[249, 134, 97, 0, 56, 203, 255, 255, 255],
        2,
    );
}

#[test]
fn pixels_that_share_their_colour_are_told_apart_by_their_brightness() {
    // Two units of two by two pixels, the second half outside of the picture; grey, so that brightness is all.
    let units = [10, 20, 30, 40, 128, 128, 50, 0, 60, 0, 128, 128];
    let page = |compression, strip: Vec<u8>| Page::new((3, 2), 8, 3, 6, compression).part(strip).file();
    let expected = grey(&[10, 20, 50, 30, 40, 60]);
    assert_pixels("as they are", &page(1, units.to_vec()), &expected, 0);
    assert_pixels("LZW", &page(5, lzw(&units)), &expected, 0);
    let wide = Page::new((3, 1), 8, 3, 6, 1).with(530, SHORT, &[2, 1]);
    let file = wide.part([10, 20, 128, 128, 30, 0, 128, 128]).file();
    assert_pixels("two by one", &file, &grey(&[10, 20, 30]), 0);
}

#[test]
fn ink_and_lab_are_read() {
    let ink = [255, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0];
    let expected = [0, 255, 255, 0, 0, 0, 255, 255, 255];
    assert_pixels("ink", &Page::new((3, 1), 8, 4, 5, 1).part(ink).file(), &expected, 0);
    let with_alpha = [255, 0, 0, 0, 255, 0, 0, 0, 255, 0];
    let file = Page::new((2, 1), 8, 5, 5, 1)
        .with(338, SHORT, &[2])
        .part(with_alpha)
        .file();
    assert_pixels("ink with opacity", &file, &[0, 255, 255, 255, 255, 255], 0);
    // L* 60, a* 40, b* −20 and L* 75, a* −50, b* 60: see the test beside the conversion for the right values.
    let expected = [199, 116, 181, 105, 207, 59];
    let lab = |meaning, bits, row: Vec<u8>| Page::new((2, 1), bits, 3, meaning, 1).part(row).file();
    let signed = vec![153, 40, 236, 191, 206, 60];
    assert_pixels("CIELAB", &lab(8, 8, signed), &expected, 2);
    let moved = vec![153, 168, 108, 191, 78, 188];
    assert_pixels("ICCLAB", &lab(9, 8, moved), &expected, 2);
    let wide = [39_321u16, 10_240, 60_416, 49_151, 52_736, 15_360];
    let wide = wide.iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_pixels("CIELAB of 16 bit", &lab(8, 16, wide), &expected, 2);
}

/// A JPEG in which what a TIFF's page holds for all strips stands apart: its tables, and the rest.
fn jpeg_in_two(jpeg: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut tables, mut rest) = (vec![0xFF, 0xD8], vec![0xFF, 0xD8]);
    let mut at = 2;
    while jpeg[at + 1] != 0xDA {
        let len = 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        let to = match jpeg[at + 1] {
            0xDB | 0xC4 => &mut tables,
            0xE0 => &mut Vec::new(),
            _ => &mut rest,
        };
        to.extend(&jpeg[at..at + len]);
        at += len;
    }
    rest.extend(&jpeg[at..]);
    tables.extend([0xFF, 0xD9]);
    (tables, rest)
}

#[test]
fn jpeg_strips_are_read_with_their_own_and_with_common_tables() {
    let picture = quarters(48, 32);
    let jpeg = encode(picture.clone(), ImageFormat::Jpeg);
    let page = || Page::new((48, 32), 8, 3, 6, 7);
    assert_pixels("own tables", &page().part(jpeg.clone()).file(), picture.as_raw(), 8);
    let (tables, rest) = jpeg_in_two(&jpeg);
    let bytes: Vec<u64> = tables.iter().map(|byte| u64::from(*byte)).collect();
    let file = page().with(347, 7, &bytes).part(rest).file();
    assert_pixels("common tables", &file, picture.as_raw(), 8);
    // The old compression with a whole JPEG, which the place of the strip does not say.
    let file = Page::new((48, 32), 8, 3, 6, 6).part(jpeg.clone());
    let file = file.with(513, LONG, &[8]).with(514, LONG, &[jpeg.len() as u64]).file();
    assert_pixels("old compression", &file, picture.as_raw(), 8);
    let grey_picture = image::DynamicImage::from(picture).to_luma8();
    let jpeg = encode(grey_picture.clone(), ImageFormat::Jpeg);
    let file = Page::new((48, 32), 8, 1, 1, 7).part(jpeg).file();
    assert_pixels("grey", &file, &grey(grey_picture.as_raw()), 8);
}

#[test]
fn a_jpeg_strip_of_red_green_blue_is_not_converted() {
    // The JPEG's own brightness and differences are taken as they are.
    let flat = RgbImage::from_pixel(16, 16, image::Rgb([120, 120, 120]));
    let jpeg = encode(flat, ImageFormat::Jpeg);
    let file = Page::new((16, 16), 8, 3, 2, 7).part(jpeg).file();
    assert_pixels("RGB", &file, &[120, 128, 128].repeat(256), 2);
}

#[test]
fn webp_strips_are_read() {
    let picture = picture();
    let webp = encode(picture.clone(), ImageFormat::WebP);
    assert_pixels(
        "three samples",
        &rgb_page(50_001).part(webp.clone()).file(),
        picture.as_raw(),
        0,
    );
    let four = Page::new(SIZE, 8, 4, 2, 50_001).with(338, SHORT, &[2]).part(webp);
    assert_pixels("four samples", &four.file(), picture.as_raw(), 0);
}

#[test]
fn facsimiles_are_read() {
    let black = |x: u32, y: u32| (x / 5 + y / 3) % 2 == 0 || x == y;
    let (width, height) = (61u32, 20u32);
    let mut encoder = ::fax::encoder::Encoder::new(::fax::VecWriter::new());
    for y in 0..height {
        let line = (0..width).map(|x| {
            if black(x, y) {
                ::fax::Color::Black
            } else {
                ::fax::Color::White
            }
        });
        encoder.encode_line(line, width as u16).unwrap();
    }
    let packed = encoder.finish().unwrap().finish();
    let expected: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| if black(x, y) { 0 } else { 255 }))
        .collect();
    let page = |meaning| Page::new((width, height), 1, 1, meaning, 4);
    assert_pixels("group 4", &page(0).part(packed.clone()).file(), &grey(&expected), 0);
    let inverted: Vec<u8> = expected.iter().map(|value| 255 - value).collect();
    assert_pixels(
        "black is zero",
        &page(1).part(packed.clone()).file(),
        &grey(&inverted),
        0,
    );
    let reversed: Vec<u8> = packed.iter().map(|byte| byte.reverse_bits()).collect();
    let file = page(0).with(266, SHORT, &[2]).part(reversed).file();
    assert_pixels("reversed bits", &file, &grey(&expected), 0);
}

#[test]
fn bits_in_the_other_order_are_turned() {
    let page = |compression, row: Vec<u8>| Page::new((8, 1), 1, 1, 1, compression).with(266, SHORT, &[2]).part(row);
    let expected = grey(&[255, 255, 0, 0, 0, 0, 0, 255]);
    assert_pixels("as they are", &page(1, vec![0b1000_0011]).file(), &expected, 0);
    // Compressions of bytes are written in their own order by some programs, and turned by others.
    let packed = deflated(&[0b1100_0001]);
    assert_pixels("deflated", &page(8, packed.clone()).file(), &expected, 0);
    let turned = packed.iter().map(|byte| byte.reverse_bits()).collect();
    assert_pixels("deflated and turned", &page(8, turned).file(), &expected, 0);
}

#[test]
fn a_smaller_copy_before_the_picture_is_passed_over() {
    let small = Page::new((2, 1), 8, 3, 2, 1).with(254, LONG, &[1]).part([9; 6]);
    let whole = rgb_page(1).part(picture().into_raw());
    let file = |pages| File::of(pages).build();
    assert_pixels(
        "thumbnail first",
        &file(vec![small.clone(), whole.clone()]),
        picture().as_raw(),
        0,
    );
    let old = small.clone().without(254).with(255, SHORT, &[2]);
    assert_pixels("old mark", &file(vec![old, whole.clone()]), picture().as_raw(), 0);
    assert_pixels(
        "thumbnail last",
        &file(vec![whole.clone(), small.clone()]),
        picture().as_raw(),
        0,
    );
    assert_pixels("nothing else", &file(vec![small]), &[9; 6], 0);
    // Of pages the first.
    let other = Page::new((2, 1), 8, 3, 2, 1).part([9; 6]);
    assert_pixels("two pages", &file(vec![whole, other]), picture().as_raw(), 0);
}

#[test]
fn the_orientation_is_read_from_every_type_of_whole_numbers() {
    for kind in [BYTE, SHORT, LONG, LONG8] {
        for big_end_first in [false, true] {
            let mut file = File::of(vec![rgb_page(1).with(274, kind, &[6]).part(picture().into_raw())]);
            file.big_end_first = big_end_first;
            let picture = full(&file.build()).unwrap();
            assert_eq!((picture.width, picture.height), (SIZE.1, SIZE.0), "type {kind}");
        }
    }
}

#[test]
fn tags_that_programs_forget_are_guessed() {
    let pixels = picture().into_raw();
    let page = || rgb_page(1).part(pixels.clone());
    assert_pixels("length of the strip", &page().with(279, LONG, &[0]).file(), &pixels, 0);
    assert_pixels("a wrong length", &page().with(279, LONG, &[5]).file(), &pixels, 0);
    assert_pixels("rows a strip", &page().without(278).file(), &pixels, 0);
    assert_pixels(
        "all rows in one strip",
        &page().with(278, LONG, &[u64::from(u32::MAX)]).file(),
        &pixels,
        0,
    );
    assert_pixels(
        "one row a strip, and one strip",
        &page().with(278, LONG, &[1]).file(),
        &pixels,
        0,
    );
    assert_pixels("meaning", &page().without(262).file(), &pixels, 0);
    assert_pixels("one number of bits", &page().with(258, SHORT, &[8]).file(), &pixels, 0);
    let packed = rgb_page(5).part(lzw(&pixels));
    assert_pixels(
        "length of what is packed",
        &packed.clone().with(279, LONG, &[0]).file(),
        &pixels,
        0,
    );
    // The end mark of the last strip is missing.
    let mut cut = packed;
    cut.parts[0].pop();
    assert_pixels("end of what is packed", &cut.file(), &pixels, 0);
}

#[test]
fn what_lacks_pixels_is_refused_and_what_is_behind_them_does_not_matter() {
    let pixels = picture().into_raw();
    for (number, pack) in PACKINGS {
        let mut packed = pack(&pixels);
        packed.truncate(packed.len() * 9 / 10);
        // The strip stands last in the file.
        let page = rgb_page(number);
        let mut file = page
            .clone()
            .with(273, LONG, &[0])
            .with(279, LONG, &[packed.len() as u64])
            .file();
        let place = file.len() as u64;
        file = page
            .with(273, LONG, &[place])
            .with(279, LONG, &[packed.len() as u64])
            .file();
        file.extend(&packed);
        let failure = full(&file).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Corrupt, "packing {number}: {failure}");
    }
    let longer = [rgb_page(1).part(pixels.clone()).file(), b"behind the end".to_vec()].concat();
    assert_pixels("bytes behind the end", &longer, &pixels, 0);
}

#[test]
fn rare_variants_say_what_they_are() {
    for (page, word) in [
        (Page::new((2, 1), 8, 3, 2, 34_677), "compression 34677"),
        (Page::new((2, 1), 16, 3, 32_845, 1), "colours of kind 32845"),
        (
            Page::new((2, 1), 8, 3, 2, 1).with(258, SHORT, &[5, 6, 5]),
            "different sizes",
        ),
        (Page::new((2, 1), 18, 1, 1, 1), "18 bits"),
    ] {
        let failure = full(&page.part([0; 64]).file()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unsupported, "{failure}");
        assert!(failure.message.contains(word), "{failure}");
    }
}

#[test]
fn no_cut_and_no_changed_byte_makes_any_kind_panic() {
    let small = (9, 7);
    let bytes: Vec<u8> = (0..9 * 7 * 4).map(|at| (at * 7) as u8).collect();
    let pages = [
        Page::new(small, 8, 3, 2, 5).with(317, SHORT, &[2]).part(lzw(&bytes)),
        Page::new(small, 8, 3, 6, 8).part(deflated(&bytes)),
        Page::new(small, 32, 1, 1, 50_000)
            .with(339, SHORT, &[3])
            .with(317, SHORT, &[3])
            .part(zstd(&bytes)),
        Page::new(small, 1, 1, 0, 4).part(bytes.clone()),
        Page::new(small, 1, 1, 0, 3).with(292, LONG, &[1]).part(bytes.clone()),
        Page::new(small, 4, 1, 3, 32_773)
            .with(320, SHORT, &[7; 48])
            .part(packed_bits(&bytes)),
        Page::new(small, 8, 4, 5, 1)
            .with(284, SHORT, &[2])
            .part([0; 63])
            .part([1; 63])
            .part([2; 63])
            .part([3; 63]),
        Page::new((8, 8), 8, 3, 6, 7).part(encode(quarters(8, 8), ImageFormat::Jpeg)),
    ];
    let limits = DecodeLimits {
        max_pixels: 1 << 16,
        ..DecodeLimits::default()
    };
    for (number, page) in pages.into_iter().enumerate() {
        let whole = page.file();
        for cut in 0..whole.len() {
            let _ = decode(&whole[..cut], Scale::Full, &limits);
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x5A, 0xFF] {
                let mut changed = whole.clone();
                changed[at] ^= value;
                let outcome = decode(&changed, Scale::Full, &limits);
                let panicked = outcome
                    .err()
                    .is_some_and(|failure| failure.message.contains("The decoder gave up"));
                assert!(!panicked, "page {number}, byte {at}");
            }
        }
    }
}
