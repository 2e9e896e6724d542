//! Palettes, ink, brightness and differences, Lab, and opacity.

use super::file::{Page, SHORT, assert_pixels, grey, lzw};

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

// ImageMagick 6.9.11: `convert -size 1x1 xc:"rgb(200,80,30)" -colorspace Lab -depth 16 -endian LSB`, and three more, with its
// WhitePoint. The colours are those that it was given.
#[test]
fn lab_is_read_under_the_white_that_the_file_names() {
    let row = [
        [0x10, 0x7f, 0xa7, 0x2d, 0xf6, 0x32],
        [0x84, 0x68, 0x01, 0x17, 0x5c, 0xc1],
        [0x7a, 0x98, 0x23, 0xd7, 0x5e, 0x2c],
        [0x53, 0xf2, 0x11, 0xfd, 0xa7, 0x14],
    ];
    let file = Page::new((4, 1), 16, 3, 8, 1)
        .with(
            318,
            5,
            &[fraction(10_492_471, 33_554_432), fraction(689_963, 2_097_152)],
        )
        .part(row.concat())
        .file();
    let expected = [200, 80, 30, 30, 90, 200, 90, 160, 60, 250, 240, 200];
    assert_pixels("D65", &file, &expected, 1);
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
