//! PNG files with chunks about colour and turns in every place, and with missing ends.

use std::io::Write;

use image::{DynamicImage, ImageFormat};
use moxcms::ColorProfile;

use crate::decode::{DecodeLimits, Picture, Scale, decode};
use crate::failure::{Failure, FailureKind};
use crate::fixtures::{encode, orientation_block, png_with_chunk, quarters, textured};

fn full(bytes: &[u8]) -> Result<Picture, Failure> {
    decode(bytes, Scale::Full, &DecodeLimits::default())
}

/// A chunk put before the end chunk.
fn with_chunk_behind(png: &[u8], kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let with = png_with_chunk(png, kind, body);
    let (head, chunk) = with[..33 + body.len() + 12].split_at(33);
    let end = png.len() - 12;
    [head, &png[33..end], chunk, &png[end..]].concat()
}

fn hexadecimal(name: &str, block: &[u8]) -> Vec<u8> {
    let digits: String = block.iter().map(|byte| format!("{byte:02x}")).collect();
    let lines: Vec<&str> = digits
        .as_bytes()
        .chunks(72)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!("\n{name}\n{:8}\n{}\n", block.len(), lines.join("\n")).into_bytes()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

// exiftool 12.57 names "Rotate 90 CW" for each of these places.
#[test]
fn an_orientation_is_found_in_every_place_and_the_chunk_of_its_own_counts_more() {
    let png = encode(quarters(24, 16), ImageFormat::Png);
    let turned = orientation_block(6);
    let with_prefix = [b"Exif\0\0".as_slice(), &turned].concat();
    let text = |name: &str, packed: &[u8]| [name.as_bytes(), b"\0", packed].concat();
    let zipped = |name: &str, block: &[u8]| {
        text(
            name,
            &[b"\0".as_slice(), &deflated(&hexadecimal("exif", block))].concat(),
        )
    };
    let international = |flag: u8, body: &[u8]| text("Raw profile type exif", &[&[flag, 0, 0, 0], body].concat());
    let mut files = vec![
        ("eXIf", png_with_chunk(&png, b"eXIf", &turned)),
        ("eXIf behind the pixels", with_chunk_behind(&png, b"eXIf", &turned)),
        ("eXIf with a prefix", png_with_chunk(&png, b"eXIf", &with_prefix)),
        (
            "tEXt",
            png_with_chunk(
                &png,
                b"tEXt",
                &text("Raw profile type exif", &hexadecimal("exif", &with_prefix)),
            ),
        ),
        (
            "zTXt",
            png_with_chunk(&png, b"zTXt", &zipped("Raw profile type exif", &with_prefix)),
        ),
        (
            "zTXt behind",
            with_chunk_behind(&png, b"zTXt", &zipped("Raw profile type APP1", &with_prefix)),
        ),
        (
            "iTXt",
            png_with_chunk(&png, b"iTXt", &international(0, &hexadecimal("exif", &turned))),
        ),
        (
            "iTXt, packed",
            png_with_chunk(
                &png,
                b"iTXt",
                &international(1, &deflated(&hexadecimal("exif", &turned))),
            ),
        ),
    ];
    let upright = text("Raw profile type exif", &hexadecimal("exif", &orientation_block(1)));
    files.push(("both", png_with_chunk(&files[1].1, b"tEXt", &upright)));
    for (name, file) in files {
        let picture = full(&file).unwrap();
        assert_eq!((picture.width, picture.height), (16, 24), "{name}");
    }
}

#[test]
fn hostile_text_costs_nothing_but_the_turn() {
    let png = encode(quarters(8, 8), ImageFormat::Png);
    for body in [
        b"Raw profile type exif".as_slice(),
        b"Raw profile type exif\0",
        b"Raw profile type exif\0\0garbage",
        b"Raw profile type exif\0\n\n\n",
        b"Raw profile type exif\0\nexif\n 99999999999\nzz0q",
    ] {
        for kind in [b"tEXt", b"zTXt", b"iTXt"] {
            assert_eq!(full(&png_with_chunk(&png, kind, body)).unwrap().width, 8);
        }
    }
    // A megabyte of zeros and more.
    let bomb = [
        b"Raw profile type exif\0\0".as_slice(),
        &deflated(&vec![b'0'; 50 << 20]),
    ]
    .concat();
    assert_eq!(full(&png_with_chunk(&png, b"zTXt", &bomb)).unwrap().width, 8);
}

#[test]
fn a_file_without_its_end_is_read_where_its_pixels_are_there() {
    let interlaced = interlaced();
    for (name, png) in [
        ("plain", encode(textured(60, 40, 7), ImageFormat::Png)),
        (
            "grey",
            encode(DynamicImage::from(textured(60, 40, 7)).to_luma8(), ImageFormat::Png),
        ),
        ("interlaced", interlaced),
    ] {
        let whole = full(&png).unwrap();
        // The end chunk, the checksum of the data chunk, and that of the compressed data itself.
        for cut in [1, 5, 12, 13, 16, 17, 20] {
            let picture =
                full(&png[..png.len() - cut]).unwrap_or_else(|failure| panic!("{name} less {cut}: {failure}"));
            assert_eq!(picture, whole, "{name} less {cut}");
        }
        for cut in [60, 100, png.len() / 3] {
            let failure = full(&png[..png.len() - cut]).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Corrupt, "{name} less {cut}");
            assert!(failure.message.contains("ends before"), "{failure}");
        }
        let longer = [png.as_slice(), b"SEFHe\0\0\0more"].concat();
        assert_eq!(full(&longer).unwrap(), whole, "{name}");
    }
}

/// An interlaced picture of 10 × 9 grey pixels, each of which is a number of its own, without filters.
fn interlaced() -> Vec<u8> {
    const PASSES: [(u32, u32, u32, u32); 7] = [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ];
    let (width, height) = (10u32, 9u32);
    let mut data = Vec::new();
    for (x0, y0, across, down) in PASSES {
        for y in (y0..height).step_by(down as usize) {
            data.push(0);
            data.extend((x0..width).step_by(across as usize).map(|x| (y * width + x) as u8 * 2));
        }
    }
    let packed = deflated(&data);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes() as &[u8], &height.to_be_bytes(), &[8, 0, 0, 0, 1]].concat();
    for (kind, body) in [(b"IHDR", header), (b"IDAT", packed), (b"IEND", Vec::new())] {
        let chunk = [kind.as_slice(), &body].concat();
        file.extend((body.len() as u32).to_be_bytes());
        file.extend(&chunk);
        file.extend(crate::fixtures::crc32(&chunk).to_be_bytes());
    }
    file
}

#[test]
fn an_interlaced_picture_has_its_pixels_where_they_belong() {
    let picture = full(&interlaced()).unwrap();
    let expected: Vec<u8> = (0..90u8).flat_map(|number| [number * 2; 3]).collect();
    assert_eq!(picture.rgb, expected);
}

/// A PNG of one colour of 16 bit.
fn wide(colour: [u16; 3]) -> Vec<u8> {
    encode(
        image::ImageBuffer::<image::Rgb<u16>, _>::from_pixel(4, 4, image::Rgb(colour)),
        ImageFormat::Png,
    )
}

#[track_caller]
fn assert_colour(file: &[u8], expected: [u8; 3], most_off: u8) {
    let picture = full(file).unwrap();
    let off = picture
        .rgb
        .chunks(3)
        .flat_map(|pixel| pixel.iter().zip(expected).map(|(a, b)| a.abs_diff(b)))
        .max();
    assert!(off <= Some(most_off), "{:?} for {expected:?}", &picture.rgb[..3]);
}

fn icc_chunk(name: &str, profile: &ColorProfile) -> Vec<u8> {
    [name.as_bytes(), b"\0\0", &deflated(&profile.encode().unwrap())].concat()
}

// The numbers are those of the tests beside the conversions, by colour-science 0.4.7.
#[test]
fn numbers_that_name_colours_count_more_than_a_profile() {
    const P3: u8 = 12;
    const BT_2020: u8 = 9;
    const SRGB: u8 = 13;
    const PQ: u8 = 16;
    const HLG: u8 = 18;
    let pq = wide([32_030, 26_123, 19_638]);
    let hlg = wide([40_464, 26_330, 14_725]);
    assert_colour(&png_with_chunk(&pq, b"cICP", &[BT_2020, PQ, 0, 1]), [200, 100, 50], 1);
    assert_colour(&png_with_chunk(&hlg, b"cICP", &[BT_2020, HLG, 0, 1]), [200, 100, 50], 1);
    let adobe = icc_chunk("adobe", &ColorProfile::new_adobe_rgb());
    let with_profile = png_with_chunk(&pq, b"iCCP", &adobe);
    assert_colour(
        &png_with_chunk(&with_profile, b"cICP", &[BT_2020, PQ, 0, 1]),
        [200, 100, 50],
        1,
    );
    // sRGB by number, and Adobe RGB by profile: the number counts.
    let plain = encode(
        image::RgbImage::from_pixel(4, 4, image::Rgb([200, 100, 100])),
        ImageFormat::Png,
    );
    let with_profile = png_with_chunk(&plain, b"iCCP", &adobe);
    assert_colour(&with_profile, [227, 100, 100], 4);
    assert_colour(
        &png_with_chunk(&with_profile, b"cICP", &[1, SRGB, 0, 1]),
        [200, 100, 100],
        0,
    );
    // Display P3, as the fixture of AVIF has it.
    let green = encode(
        image::RgbImage::from_pixel(4, 4, image::Rgb([30, 160, 30])),
        ImageFormat::Png,
    );
    assert_colour(&png_with_chunk(&green, b"cICP", &[P3, SRGB, 0, 1]), [0, 163, 0], 2);
}

#[test]
fn numbers_in_the_range_of_video_are_spread() {
    let video = |value: u8| {
        encode(
            image::RgbImage::from_pixel(4, 4, image::Rgb([value; 3])),
            ImageFormat::Png,
        )
    };
    for (value, expected) in [(16, 0), (235, 255), (0, 0), (255, 255), (125, 127)] {
        let file = png_with_chunk(&video(value), b"cICP", &[1, 13, 0, 0]);
        assert_colour(&file, [expected; 3], 0);
        let wide = png_with_chunk(&wide([u16::from(value) * 256; 3]), b"cICP", &[1, 13, 0, 0]);
        assert_colour(&wide, [expected; 3], 1);
    }
}

#[test]
fn profiles_that_stand_for_bright_light_are_known() {
    let pq = wide([32_030, 26_123, 19_638]);
    let named = icc_chunk("ITUR_2100_PQ_FULL", &ColorProfile::new_bt2020());
    assert_colour(&png_with_chunk(&pq, b"iCCP", &named), [200, 100, 50], 1);
    let told = icc_chunk("x", &ColorProfile::new_bt2020_pq());
    assert_colour(&png_with_chunk(&pq, b"iCCP", &told), [200, 100, 50], 1);
}

// Linear light 0.2140 is 127.5 of 255 in sRGB (IEC 61966-2-1).
#[test]
fn a_measured_curve_counts_where_nothing_else_is_said() {
    let linear = wide([14_025; 3]);
    let gamma = |exponent: u32| exponent.to_be_bytes();
    assert_colour(&png_with_chunk(&linear, b"gAMA", &gamma(100_000)), [128; 3], 1);
    assert_colour(&png_with_chunk(&linear, b"gAMA", &gamma(45_455)), [55; 3], 0);
    let told = png_with_chunk(&linear, b"gAMA", &gamma(100_000));
    assert_colour(&png_with_chunk(&told, b"sRGB", &[0]), [55; 3], 0);
    let grey = encode(
        image::ImageBuffer::<image::Luma<u16>, _>::from_pixel(4, 4, image::Luma([14_025])),
        ImageFormat::Png,
    );
    assert_colour(&png_with_chunk(&grey, b"gAMA", &gamma(100_000)), [128; 3], 1);
    for broken in [0, u32::MAX] {
        assert_colour(&png_with_chunk(&linear, b"gAMA", &gamma(broken)), [55; 3], 0);
    }
    // The primaries of Display P3 with the curve of a screen.
    let p3: Vec<u8> = [31_270u32, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000]
        .iter()
        .flat_map(|place| place.to_be_bytes())
        .collect();
    let green = encode(
        image::RgbImage::from_pixel(4, 4, image::Rgb([30, 160, 30])),
        ImageFormat::Png,
    );
    assert_colour(&png_with_chunk(&green, b"cHRM", &p3), [0, 163, 0], 2);
    assert_colour(&png_with_chunk(&green, b"cHRM", &[0; 32]), [30, 160, 30], 0);
}
