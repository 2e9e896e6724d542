//! The decode gate on real files of every format: pixels, colours, turns and scales.

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use moxcms::ColorProfile;

use super::decode::{DecodeLimits, Picture, PictureFormat, Scale, decode};
use super::failure::{Failure, FailureKind};
use super::fixtures::{
    encode, insert_segments, jpeg_with_segments, orientation_block, png_with_chunk, quarters, textured,
};

fn full(bytes: &[u8]) -> Result<Picture, Failure> {
    decode(bytes, Scale::Full, &DecodeLimits::default())
}

fn pixel(picture: &Picture, x: u32, y: u32) -> [u8; 3] {
    let at = (y * picture.width + x) as usize * 3;
    picture.rgb[at..at + 3].try_into().unwrap()
}

/// The nearest of red, green, blue and white at the four corners, reading order.
fn corners(picture: &Picture) -> String {
    let name = |x, y| {
        let [r, g, b] = pixel(picture, x, y).map(|value| value > 128);
        match (r, g, b) {
            (true, false, false) => 'R',
            (false, true, false) => 'G',
            (false, false, true) => 'B',
            (true, true, true) => 'W',
            _ => '?',
        }
    };
    let (right, bottom) = (picture.width - 1, picture.height - 1);
    [name(0, 0), name(right, 0), name(0, bottom), name(right, bottom)]
        .iter()
        .collect()
}

/// What each orientation makes of the stored picture RG/BW, and whether its sides change places.
const TURNED: [(u16, &str, bool); 8] = [
    (1, "RGBW", false),
    (2, "GRWB", false),
    (3, "WBGR", false),
    (4, "BWRG", false),
    (5, "RBGW", true),
    (6, "BRWG", true),
    (7, "WGBR", true),
    (8, "GWRB", true),
];

fn assert_turned(format: &str, file_with: impl Fn(u16) -> Vec<u8>) {
    for (tag, expected, swapped) in TURNED {
        let picture = full(&file_with(tag)).unwrap();
        assert_eq!(corners(&picture), expected, "{format}, orientation {tag}");
        let size = if swapped { (32, 48) } else { (48, 32) };
        assert_eq!((picture.width, picture.height), size, "{format}, orientation {tag}");
        assert_eq!(
            (picture.original_width, picture.original_height),
            size,
            "{format}, orientation {tag}"
        );
    }
}

#[test]
fn all_eight_orientations_of_a_jpeg_are_applied_once() {
    assert_turned("JPEG", |tag| {
        jpeg_with_segments(
            48,
            32,
            &[(0xE1, [b"Exif\0\0".as_slice(), &orientation_block(tag)].concat())],
        )
    });
}

#[test]
fn all_eight_orientations_of_a_png_are_applied_once() {
    let png = encode(quarters(48, 32), ImageFormat::Png);
    assert_turned("PNG", |tag| png_with_chunk(&png, b"eXIf", &orientation_block(tag)));
}

#[test]
fn all_eight_orientations_of_a_webp_are_applied_once() {
    let plain = encode(quarters(48, 32), ImageFormat::WebP);
    assert_turned("WebP", |tag| {
        // An extended WebP: VP8X with the EXIF flag, the picture's own chunk, EXIF.
        let chunk = |kind: &[u8; 4], body: &[u8]| {
            let padding = vec![0; body.len() % 2];
            [kind.as_slice(), &(body.len() as u32).to_le_bytes(), body, &padding].concat()
        };
        let head = chunk(b"VP8X", &[0x08, 0, 0, 0, 47, 0, 0, 31, 0, 0]);
        let exif = chunk(b"EXIF", &orientation_block(tag));
        let body = [b"WEBP".as_slice(), &head, &plain[12..], &exif].concat();
        [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
    });
}

#[test]
fn all_eight_orientations_of_a_tiff_are_applied_once() {
    assert_turned("TIFF", |tag| tiff_with_orientation(&quarters(48, 32), tag));
}

/// An uncompressed RGB TIFF of one strip.
fn tiff_with_orientation(picture: &RgbImage, orientation: u16) -> Vec<u8> {
    let pixels = picture.as_raw();
    let directory_at = 8 + pixels.len() as u32;
    let entries: [(u16, u16, u32, u32); 10] = [
        (256, 3, 1, picture.width()),
        (257, 3, 1, picture.height()),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 8),
        (274, 3, 1, u32::from(orientation)),
        (277, 3, 1, 3),
        (278, 3, 1, picture.height()),
        (279, 4, 1, pixels.len() as u32),
    ];
    let mut file = b"II\x2a\0".to_vec();
    file.extend(directory_at.to_le_bytes());
    file.extend(pixels);
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    // One value of 8 bits a sample stands for all three.
    file
}

#[test]
fn lossless_formats_keep_every_pixel_and_say_what_they_are() {
    let source = textured(37, 23, 5);
    for (format, expected) in [
        (ImageFormat::Png, PictureFormat::Png),
        (ImageFormat::Bmp, PictureFormat::Bmp),
        (ImageFormat::Tiff, PictureFormat::Tiff),
        (ImageFormat::WebP, PictureFormat::WebP),
    ] {
        let picture = full(&encode(source.clone(), format)).unwrap();
        assert_eq!((picture.width, picture.height, picture.format), (37, 23, expected));
        assert_eq!(&picture.rgb, source.as_raw(), "{format:?}");
    }
}

#[test]
fn every_pixel_layout_of_png_becomes_rgb() {
    let source = DynamicImage::from(textured(20, 10, 9));
    let grey = source.to_luma8();
    let expected_grey: Vec<u8> = grey.as_raw().iter().flat_map(|&value| [value; 3]).collect();
    for (name, stored, expected) in [
        ("grey 8", DynamicImage::from(source.to_luma8()), expected_grey.clone()),
        (
            "grey 16",
            DynamicImage::from(DynamicImage::from(grey.clone()).to_luma16()),
            expected_grey.clone(),
        ),
        (
            "grey with alpha",
            DynamicImage::from(DynamicImage::from(grey.clone()).to_luma_alpha8()),
            expected_grey.clone(),
        ),
        (
            "grey 16 with alpha",
            DynamicImage::from(DynamicImage::from(grey).to_luma_alpha16()),
            expected_grey,
        ),
        (
            "RGB 16",
            DynamicImage::from(source.to_rgb16()),
            source.to_rgb8().into_raw(),
        ),
        (
            "RGBA 8",
            DynamicImage::from(source.to_rgba8()),
            source.to_rgb8().into_raw(),
        ),
        (
            "RGBA 16",
            DynamicImage::from(source.to_rgba16()),
            source.to_rgb8().into_raw(),
        ),
    ] {
        assert_eq!(full(&encode(stored, ImageFormat::Png)).unwrap().rgb, expected, "{name}");
    }
}

#[test]
fn sixteen_bit_png_is_rounded_and_not_cut() {
    let stored = image::ImageBuffer::<Rgb<u16>, _>::from_pixel(4, 4, Rgb([65_535, 32_896, 200]));
    assert_eq!(
        full(&encode(stored, ImageFormat::Png)).unwrap().rgb,
        [255, 128, 1].repeat(16)
    );
}

#[test]
fn transparency_is_laid_over_white() {
    let stored = RgbaImage::from_fn(3, 1, |x, _| {
        Rgba(match x {
            0 => [255, 0, 0, 255],
            1 => [0, 0, 0, 128],
            _ => [9, 9, 9, 0],
        })
    });
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
        let picture = full(&encode(stored.clone(), format)).unwrap();
        assert_eq!(picture.rgb, [255, 0, 0, 127, 127, 127, 255, 255, 255], "{format:?}");
    }
}

#[test]
fn the_first_frame_of_an_animation_is_taken() {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for colour in [[255, 0, 0, 255], [0, 0, 255, 255]] {
        encoder
            .encode_frame(Frame::new(RgbaImage::from_pixel(12, 8, Rgba(colour))))
            .unwrap();
    }
    drop(encoder);
    let picture = full(&bytes).unwrap();
    assert_eq!(
        (picture.width, picture.height, picture.format),
        (12, 8, PictureFormat::Gif)
    );
    assert_eq!(picture.rgb, [255, 0, 0].repeat(96));
}

#[test]
fn grey_jpeg_is_grey() {
    let stored = image::GrayImage::from_fn(40, 24, |x, _| image::Luma([(x * 6) as u8]));
    let picture = full(&encode(stored.clone(), ImageFormat::Jpeg)).unwrap();
    for (pixel, stored) in picture.rgb.chunks(3).zip(stored.as_raw()) {
        assert!(pixel[0] == pixel[1] && pixel[1] == pixel[2] && pixel[0].abs_diff(*stored) < 8);
    }
}

#[test]
fn a_jpeg_is_decoded_no_smaller_than_asked_and_no_larger_than_needed() {
    let bytes = encode(quarters(800, 600), ImageFormat::Jpeg);
    for (asked, expected) in [
        (1, (100, 75)),
        (75, (100, 75)),
        (76, (200, 150)),
        (151, (400, 300)),
        (301, (800, 600)),
        (9999, (800, 600)),
    ] {
        let picture = decode(&bytes, Scale::ShortSideAtLeast(asked), &DecodeLimits::default()).unwrap();
        assert_eq!((picture.width, picture.height), expected, "at least {asked}");
        assert_eq!((picture.original_width, picture.original_height), (800, 600));
        assert_eq!(corners(&picture), "RGBW");
        assert_eq!(picture.rgb.len(), (expected.0 * expected.1 * 3) as usize);
    }
}

#[test]
fn odd_and_extreme_shapes_scale_to_the_size_they_announce() {
    for (width, height) in [
        (1, 1),
        (1, 900),
        (900, 1),
        (17, 9),
        (801, 603),
        (3, 65_000),
        (65_500, 2),
    ] {
        let bytes = encode(
            RgbImage::from_pixel(width, height, Rgb([9, 200, 90])),
            ImageFormat::Jpeg,
        );
        for asked in [1, 2, 5, 40, 300] {
            let picture = decode(&bytes, Scale::ShortSideAtLeast(asked), &DecodeLimits::default()).unwrap();
            assert_eq!(
                picture.rgb.len(),
                (picture.width * picture.height * 3) as usize,
                "{width} × {height}"
            );
            assert!(
                picture.width.min(picture.height) >= asked.min(width.min(height)),
                "{width} × {height} at {asked}"
            );
            assert!(pixel(&picture, picture.width - 1, picture.height - 1)[1] > 180);
        }
    }
}

#[test]
fn other_formats_ignore_the_scale() {
    let picture = decode(
        &encode(quarters(64, 48), ImageFormat::Png),
        Scale::ShortSideAtLeast(6),
        &DecodeLimits::default(),
    );
    assert_eq!(picture.unwrap().width, 64);
}

#[test]
fn an_adobe_rgb_profile_is_applied_in_jpeg_and_png() {
    let profile = ColorProfile::new_adobe_rgb().encode().unwrap();
    let stored = RgbImage::from_pixel(16, 16, Rgb([200, 100, 100]));
    let icc = [b"ICC_PROFILE\0\x01\x01".as_slice(), &profile].concat();
    let jpeg = insert_segments(&encode(stored.clone(), ImageFormat::Jpeg), &[(0xE2, icc)]);
    let mut png = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
    image::ImageEncoder::set_icc_profile(&mut encoder, profile).unwrap();
    DynamicImage::from(stored).write_with_encoder(encoder).unwrap();
    for (name, bytes) in [("JPEG", jpeg), ("PNG", png)] {
        // By the matrices and curves of the two standards.
        let picture = full(&bytes).unwrap();
        let [r, g, b] = pixel(&picture, 8, 8);
        assert!(
            r.abs_diff(227) <= 4 && g.abs_diff(100) <= 4 && b.abs_diff(100) <= 4,
            "{name}: {r} {g} {b}"
        );
    }
}

#[test]
fn a_damaged_profile_does_not_cost_the_picture() {
    let icc = [b"ICC_PROFILE\0\x01\x01".as_slice(), &[0xAA; 300]].concat();
    assert_eq!(
        corners(&full(&jpeg_with_segments(32, 32, &[(0xE2, icc)])).unwrap()),
        "RGBW"
    );
}

/// A JPEG of one 8 × 8 block and four components, each of one value, as print programs write it: inverted, with an Adobe
/// segment that names the colour transform (0 = CMYK, 2 = YCCK).
fn four_component_jpeg(values: [u8; 4], adobe_transform: Option<u8>) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8];
    let mut segment = |marker: u8, body: &[u8]| {
        file.extend([0xFF, marker]);
        file.extend((body.len() as u16 + 2).to_be_bytes());
        file.extend(body);
    };
    if let Some(transform) = adobe_transform {
        segment(0xEE, &[b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat());
    }
    // Quantisation by 8: the mean coefficient of a flat block is then its value less 128.
    segment(0xDB, &[&[0u8] as &[u8], &[8; 64]].concat());
    segment(
        0xC0,
        &[8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0],
    );
    // Codes of four bits for the categories 0–8 of the mean; one code "0" for "end of block".
    segment(
        0xC4,
        &[&[0u8] as &[u8], &[0, 0, 0, 9], &[0; 12], &[0, 1, 2, 3, 4, 5, 6, 7, 8]].concat(),
    );
    segment(0xC4, &[&[0x10u8] as &[u8], &[1], &[0; 15], &[0]].concat());
    segment(0xDA, &[4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
    let mut bits = String::new();
    for value in values {
        let mean = i32::from(value) - 128;
        let category = 32 - mean.unsigned_abs().leading_zeros();
        bits.push_str(&format!("{category:04b}"));
        if category > 0 {
            let coded = if mean < 0 { mean + (1 << category) - 1 } else { mean };
            bits.push_str(&format!("{coded:0width$b}", width = category as usize));
        }
        bits.push('0');
    }
    bits.push_str(&"1".repeat(bits.len().next_multiple_of(8) - bits.len()));
    for byte in bits.as_bytes().chunks(8) {
        let byte = u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap();
        file.push(byte);
        if byte == 0xFF {
            file.push(0);
        }
    }
    file.extend([0xFF, 0xD9]);
    file
}

fn assert_flat(picture: &Picture, expected: [u8; 3]) {
    for pixel in picture.rgb.chunks(3) {
        assert!(
            pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 2),
            "{pixel:?} instead of {expected:?}"
        );
    }
}

#[test]
fn cmyk_jpeg_is_inverted_ink() {
    // Full values mean no ink.
    assert_flat(
        &full(&four_component_jpeg([255, 255, 255, 255], Some(0))).unwrap(),
        [255, 255, 255],
    );
    assert_flat(
        &full(&four_component_jpeg([0, 255, 255, 255], Some(0))).unwrap(),
        [0, 255, 255],
    );
    assert_flat(
        &full(&four_component_jpeg([255, 128, 255, 128], Some(0))).unwrap(),
        [128, 64, 128],
    );
    assert_flat(
        &full(&four_component_jpeg([255, 255, 0, 255], None)).unwrap(),
        [255, 255, 0],
    );
}

#[test]
fn ycck_jpeg_is_converted_before_its_ink() {
    // Neutral: luma only.
    assert_flat(
        &full(&four_component_jpeg([100, 128, 128, 255], Some(2))).unwrap(),
        [155, 155, 155],
    );
    // Red-difference 90 above neutral: 128 + 1.402 · 90 in the first channel, 128 − 0.714 · 90 in the second.
    assert_flat(
        &full(&four_component_jpeg([128, 128, 218, 255], Some(2))).unwrap(),
        [1, 191, 127],
    );
}

#[test]
fn a_file_is_known_by_its_bytes_whatever_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("really a PNG.jpg");
    std::fs::write(&path, encode(quarters(16, 16), ImageFormat::Png)).unwrap();
    let picture = super::decode::read_and_decode(&path, Scale::Full, &DecodeLimits::default()).unwrap();
    assert_eq!(picture.format, PictureFormat::Png);
}

#[test]
fn rare_jpeg_variants_say_what_they_are() {
    let jpeg = encode(quarters(16, 16), ImageFormat::Jpeg);
    let frame_at = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    for (marker, precision, word) in [(0xC9, 8, "arithmetic"), (0xC3, 8, "lossless"), (0xC1, 12, "12-bit")] {
        let mut rare = jpeg.clone();
        rare[frame_at + 1] = marker;
        rare[frame_at + 4] = precision;
        let failure = full(&rare).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unsupported);
        assert!(failure.message.contains(word), "{failure}");
    }
}

#[test]
fn a_picture_is_brought_down_to_a_long_side_and_never_enlarged() {
    let bytes = encode(quarters(300, 200), ImageFormat::Png);
    let small = full(&bytes).unwrap().brought_down_to(60);
    assert_eq!((small.width, small.height, small.rgb.len()), (60, 40, 60 * 40 * 3));
    assert_eq!((small.original_width, small.original_height), (300, 200));
    assert_eq!(corners(&small), corners(&full(&bytes).unwrap()));
    let same = full(&bytes).unwrap();
    assert_eq!(same.clone().brought_down_to(301), same);
}
