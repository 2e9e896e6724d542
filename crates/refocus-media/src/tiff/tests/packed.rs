//! Parts that are pictures of another format, facsimiles, and bits in the other order.

use image::{ImageFormat, RgbImage};

use super::file::{LONG, Page, SHORT, SIZE, assert_pixels, deflated, grey, picture, rgb_page};
use crate::fixtures::{encode, quarters};

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
    let black = |x: u32, y: u32| (x / 5 + y / 3).is_multiple_of(2) || x == y;
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
