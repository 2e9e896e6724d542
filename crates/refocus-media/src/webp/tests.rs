//! WebP files whose flags and lengths do not fit their chunks.

use image::{DynamicImage, ImageFormat, RgbImage};

use crate::decode::{DecodeLimits, Picture, Scale, decode};
use crate::failure::{Failure, FailureKind};
use crate::fixtures::{encode, orientation_block, quarters, textured};

const EXIF: u8 = 0x08;
const OPACITY: u8 = 0x10;
const PROFILE: u8 = 0x20;
const XMP: u8 = 0x04;
const ANIMATION: u8 = 0x02;

fn full(bytes: &[u8]) -> Result<Picture, Failure> {
    decode(bytes, Scale::Full, &DecodeLimits::default())
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let padding = vec![0; body.len() % 2];
    [kind.as_slice(), &(body.len() as u32).to_le_bytes(), body, &padding].concat()
}

fn head(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    chunk(b"VP8X", &[vec![flags, 0, 0, 0], side(width), side(height)].concat())
}

fn riff(chunks: &[&[u8]]) -> Vec<u8> {
    let body = [b"WEBP".as_slice(), &chunks.concat()].concat();
    [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
}

/// The chunk of pixels of a lossless file.
fn pixels(picture: impl Into<DynamicImage>) -> Vec<u8> {
    encode(picture, ImageFormat::WebP)[12..].to_vec()
}

fn turned(picture: &Picture) -> bool {
    (picture.width, picture.height) == (32, 48)
}

// exiftool 12.57 reads the orientation of all of these but the last, which has none.
#[test]
fn exif_counts_wherever_it_stands_whatever_the_flags_say() {
    let picture = pixels(quarters(48, 32));
    let plain = chunk(b"EXIF", &orientation_block(6));
    let prefixed = chunk(b"EXIF", &[b"Exif\0\0".as_slice(), &orientation_block(6)].concat());
    let other = chunk(b"PSAI", &[7; 21]);
    let with = |flags| head(flags, 48, 32);
    for (name, file) in [
        ("plain", riff(&[&with(EXIF), &picture, &plain])),
        ("prefixed", riff(&[&with(EXIF), &picture, &prefixed])),
        ("flag unset", riff(&[&with(0), &picture, &plain])),
        ("before the pixels", riff(&[&with(EXIF), &plain, &picture])),
        (
            "behind a chunk of another",
            riff(&[&with(EXIF), &picture, &other, &plain]),
        ),
        ("without a head", riff(&[&picture, &plain])),
    ] {
        assert!(turned(&full(&file).unwrap()), "{name}");
    }
    assert!(!turned(&full(&riff(&[&with(EXIF), &picture])).unwrap()));
}

#[test]
fn flags_without_their_chunks_are_passed_over() {
    let source = quarters(48, 32);
    let picture = pixels(source.clone());
    for flags in [EXIF, XMP, PROFILE, OPACITY, EXIF | XMP | PROFILE | OPACITY, ANIMATION] {
        let read = full(&riff(&[&head(flags, 48, 32), &picture])).unwrap();
        assert_eq!(&read.rgb, source.as_raw(), "{flags:x}");
    }
    // A canvas of another size than the picture.
    let read = full(&riff(&[&head(0, 480, 320), &picture])).unwrap();
    assert_eq!((read.width, read.height), (48, 32));
}

#[test]
fn transparency_counts_whatever_the_flags_say() {
    let clear = image::RgbaImage::from_fn(8, 8, |x, _| image::Rgba([200, 0, 0, if x < 4 { 0 } else { 255 }]));
    let picture = pixels(clear);
    for flags in [0, OPACITY] {
        let read = full(&riff(&[&head(flags, 8, 8), &picture])).unwrap();
        assert_eq!(
            (&read.rgb[..3], &read.rgb[21..24]),
            ([255; 3].as_slice(), [200, 0, 0].as_slice())
        );
    }
}

#[test]
fn a_wrong_length_of_the_file_and_bytes_behind_its_end_do_not_matter() {
    let source = textured(40, 30, 3);
    let file = riff(&[
        &head(EXIF, 40, 30),
        &pixels(source.clone()),
        &chunk(b"EXIF", &orientation_block(1)),
    ]);
    for claimed in [0, 4, 12, 100, file.len() as u32 + 1000, u32::MAX] {
        let mut wrong = file.clone();
        wrong[4..8].copy_from_slice(&claimed.to_le_bytes());
        assert_eq!(&full(&wrong).unwrap().rgb, source.as_raw(), "{claimed}");
    }
    for trailer in [
        b"\0".as_slice(),
        b"trailing",
        b"JUNK\xff\xff\xff\xff and so on",
        &[0; 50],
    ] {
        let longer = [file.as_slice(), trailer].concat();
        assert_eq!(&full(&longer).unwrap().rgb, source.as_raw(), "{trailer:?}");
    }
    // The padding of an odd last chunk.
    let odd = riff(&[&pixels(source.clone()), &chunk(b"XMP ", b"odd")]);
    assert_eq!(&full(&odd[..odd.len() - 1]).unwrap().rgb, source.as_raw());
}

#[test]
fn a_chunk_of_pixels_that_is_cut_short_is_refused() {
    let file = encode(textured(40, 30, 3), ImageFormat::WebP);
    for len in (0..file.len() - 1).step_by(13) {
        assert!(full(&file[..len]).is_err(), "{len}");
    }
    let failure = full(&file[..file.len() - 40]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Corrupt);
    assert!(failure.message.contains("ends before"), "{failure}");
    // A file of fifty bytes may not ask for gigabytes.
    let mut claims = b"RIFF\0\0\0\0WEBPVP8L".to_vec();
    claims.extend(0xFFFF_FFF0u32.to_le_bytes());
    claims.extend(b"tiny");
    assert_eq!(full(&claims).unwrap_err().kind, FailureKind::Corrupt);
}

#[test]
fn the_first_frame_is_taken_also_where_later_ones_are_cut_short() {
    let frame = |colour: [u8; 3]| {
        let picture = pixels(RgbImage::from_pixel(16, 8, image::Rgb(colour)));
        // Place, size, duration, flags.
        let place = [[0; 6].as_slice(), &[15, 0, 0, 7, 0, 0], &[100, 0, 0, 0]].concat();
        chunk(b"ANMF", &[place, picture].concat())
    };
    let animation = chunk(b"ANIM", &[0; 6]);
    let file = riff(&[
        &head(ANIMATION, 16, 8),
        &animation,
        &frame([200, 10, 20]),
        &frame([1, 2, 3]),
    ]);
    for cut in [0, 3, 20] {
        let read = full(&file[..file.len() - cut]).unwrap();
        assert_eq!(
            (read.width, read.height, &read.rgb[..3]),
            (16, 8, [200, 10, 20].as_slice())
        );
    }
    let only_head = riff(&[&head(ANIMATION, 16, 8), &animation]);
    assert_eq!(full(&only_head).unwrap_err().kind, FailureKind::Corrupt);
}
