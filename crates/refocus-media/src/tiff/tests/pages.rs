//! Which page is taken, what its tags leave out, and files that are damaged.

use image::ImageFormat;

use super::file::{
    BYTE, File, LONG, LONG8, PACKINGS, Page, SHORT, SIZE, assert_pixels, deflated, full, lzw, packed_bits, picture,
    rgb_page, zstd,
};
use crate::decode::{DecodeLimits, Scale, decode};
use crate::failure::FailureKind;
use crate::fixtures::{encode, quarters};

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

const LZMA: &str = "fd377a585a000004e6d6b4460201030102210116f2e8cd44e0000b00095d00000052502c4204e60000000000d8c2af0ff0215929000125\
    0ce729c3c11fb6f37d010000000004595a";

// `lzma.compress(bytes(range(12)), filters=[{"id": FILTER_DELTA, "dist": 3}, {"id": FILTER_LZMA2, "preset": 6}])` of Python 3.11.7, as
// libtiff writes it.
#[test]
fn lzma_is_read() {
    let packed = LZMA.as_bytes().chunks(2).map(|digits| {
        let digits = std::str::from_utf8(digits).unwrap();
        u8::from_str_radix(digits, 16).unwrap()
    });
    let expected: Vec<u8> = (0..12).collect();
    let page = Page::new((4, 1), 8, 3, 2, 34_925).part(packed.collect::<Vec<_>>());
    assert_pixels("LZMA", &page.file(), &expected, 0);
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
