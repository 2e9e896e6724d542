//! Samples of every size and kind, in strips, tiles and planes.

use super::file::{File, PACKINGS, Page, SHORT, SIZE, assert_pixels, deflated, grey, lzw, picture, rgb_page};

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
