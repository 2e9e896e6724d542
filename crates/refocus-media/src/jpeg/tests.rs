//! The decoder on files of every kind, against what libjpeg makes of the same bytes.

use super::super::colour_profile::Samples;
use super::super::fixtures::crc32;
use super::super::jpeg_segments;
use super::decoder::{self, Effort};
use super::test_files::{Scans, TestFile, push_segment};
use super::*;

const SAMPLINGS: [(usize, usize); 5] = [(1, 1), (2, 1), (2, 2), (1, 2), (4, 1)];

/// Samples `[height, width, channels]` and their size.
fn samples(file: &[u8], eighths: u32) -> Result<(Vec<u8>, u32, u32), Failure> {
    let segments = jpeg_segments::read(file)?;
    let frame = segments.frame.as_ref().ok_or_else(ends_early)?;
    let effort = Effort {
        scans: ORDINARY_PASSES,
        pixels: u64::MAX,
    };
    let (width, height) = scaled_size(frame, eighths);
    let (Samples::Grey(bytes) | Samples::Rgb(bytes) | Samples::Ink(bytes)) =
        decoder::decode(file, &segments, frame, eighths, effort)?;
    Ok((bytes, width, height))
}

fn full(file: &[u8]) -> Vec<u8> {
    samples(file, 8).unwrap().0
}

fn adobe(transform: u8) -> (u8, Vec<u8>) {
    (0xEE, [b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat())
}

/// Files of every kind with names.
fn files() -> Vec<(String, TestFile)> {
    let mut files = Vec::new();
    for (across, down) in SAMPLINGS {
        for (kind, scans) in [
            ("interleaved", Scans::Interleaved),
            ("separate", Scans::Separate),
            ("progressive", Scans::Progressive),
        ] {
            for (width, height) in [(75, 53), (48, 32)] {
                let file = TestFile::new(width, height, (across, down), scans);
                files.push((format!("{across}x{down}-{kind}-{width}"), file));
            }
        }
    }
    for (name, scans) in [("grey", Scans::Interleaved), ("grey-progressive", Scans::Progressive)] {
        files.push((name.to_owned(), TestFile::grey(61, 43, scans)));
    }
    for (name, scans, interval) in [
        ("restarts", Scans::Interleaved, 3),
        ("restarts-separate", Scans::Separate, 5),
        ("restarts-progressive", Scans::Progressive, 4),
    ] {
        let mut file = TestFile::new(90, 70, (2, 2), scans);
        file.restart_interval = interval;
        files.push((name.to_owned(), file));
    }
    let mut long_codes = TestFile::new(80, 64, (2, 1), Scans::Interleaved);
    (long_codes.step, long_codes.standard_codes) = (2, true);
    files.push(("long-codes".to_owned(), long_codes));
    let mut rgb = TestFile::new(40, 30, (1, 1), Scans::Interleaved);
    rgb.segments = vec![adobe(0)];
    files.push(("rgb".to_owned(), rgb));
    let mut coarse = TestFile::new(70, 50, (2, 2), Scans::Interleaved);
    coarse.step = 60;
    files.push(("coarse".to_owned(), coarse));
    for (name, transform) in [("cmyk", 0), ("ycck", 2)] {
        let mut ink = TestFile::new(33, 25, (1, 1), Scans::Interleaved);
        ink.components.push((4, 1, 1));
        ink.segments = vec![adobe(transform)];
        files.push((name.to_owned(), ink));
    }
    files
}

/// CRC-32 of the samples that Pillow 13.0.0 (libjpeg-turbo 3.2.0) gives for the same files, CMYK inverted as Pillow does.
const BY_PILLOW: [(&str, u32); 40] = [
    ("1x1-interleaved-75", 0x53F0_358B),
    ("1x1-interleaved-48", 0x04A5_9C23),
    ("1x1-separate-75", 0x53F0_358B),
    ("1x1-separate-48", 0x04A5_9C23),
    ("1x1-progressive-75", 0x53F0_358B),
    ("1x1-progressive-48", 0x04A5_9C23),
    ("2x1-interleaved-75", 0xE904_E4CA),
    ("2x1-interleaved-48", 0x7515_8E5A),
    ("2x1-separate-75", 0xE904_E4CA),
    ("2x1-separate-48", 0x7515_8E5A),
    ("2x1-progressive-75", 0xE904_E4CA),
    ("2x1-progressive-48", 0x7515_8E5A),
    ("2x2-interleaved-75", 0xAE65_18E6),
    ("2x2-interleaved-48", 0x6672_B3B0),
    ("2x2-separate-75", 0xAE65_18E6),
    ("2x2-separate-48", 0x6672_B3B0),
    ("2x2-progressive-75", 0xAE65_18E6),
    ("2x2-progressive-48", 0x6672_B3B0),
    ("1x2-interleaved-75", 0x235F_24C1),
    ("1x2-interleaved-48", 0xCD6E_C0FD),
    ("1x2-separate-75", 0x235F_24C1),
    ("1x2-separate-48", 0xCD6E_C0FD),
    ("1x2-progressive-75", 0x235F_24C1),
    ("1x2-progressive-48", 0xCD6E_C0FD),
    ("4x1-interleaved-75", 0x884B_AA43),
    ("4x1-interleaved-48", 0x411B_A137),
    ("4x1-separate-75", 0x884B_AA43),
    ("4x1-separate-48", 0x411B_A137),
    ("4x1-progressive-75", 0x884B_AA43),
    ("4x1-progressive-48", 0x411B_A137),
    ("grey", 0x53C3_B3D2),
    ("grey-progressive", 0x53C3_B3D2),
    ("restarts", 0x6977_4746),
    ("restarts-separate", 0x6977_4746),
    ("restarts-progressive", 0x6977_4746),
    ("long-codes", 0x0134_B668),
    ("rgb", 0x94C1_CED5),
    ("coarse", 0xE82F_8495),
    ("cmyk", 0x6CDB_4212),
    ("ycck", 0x280C_F09D),
];

#[test]
fn every_kind_is_decoded_to_the_very_samples_of_libjpeg() {
    let files = files();
    assert_eq!(files.len(), BY_PILLOW.len());
    for ((name, file), (expected_name, expected)) in files.iter().zip(BY_PILLOW) {
        assert_eq!(name, expected_name);
        assert_eq!(crc32(&full(&file.write())), expected, "{name}");
    }
}

/// For another decoder: `REFOCUS_TEST_FILES=folder cargo test -p refocus-media write_the_files -- --ignored`.
#[test]
#[ignore = "writes the files that another decoder is asked about"]
fn write_the_files_of_every_kind() {
    let folder = std::path::PathBuf::from(std::env::var_os("REFOCUS_TEST_FILES").unwrap());
    for (name, file) in files() {
        let bytes = file.write();
        std::fs::write(folder.join(format!("{name}.jpg")), &bytes).unwrap();
        std::fs::write(folder.join(format!("{name}.samples")), full(&bytes)).unwrap();
    }
}

/// Means of the pixels that each pixel of the smaller picture covers.
fn box_filtered(pixels: &[u8], (width, height): (u32, u32), channels: usize, eighths: u32) -> Vec<u8> {
    let side = (8 / eighths) as usize;
    let (wide, high) = (width as usize, height as usize);
    let mut small = Vec::new();
    for y in (0..high).step_by(side) {
        for x in (0..wide).step_by(side) {
            for channel in 0..channels {
                let rows = y..(y + side).min(high);
                let values: Vec<u32> = rows
                    .flat_map(|y| (x..(x + side).min(wide)).map(move |x| (y * wide + x) * channels + channel))
                    .map(|at| u32::from(pixels[at]))
                    .collect();
                small.push((values.iter().sum::<u32>() / values.len() as u32) as u8);
            }
        }
    }
    small
}

fn mean_difference(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
}

#[test]
fn every_scale_shows_the_same_picture() {
    for (name, file) in files() {
        let bytes = file.write();
        let (whole, width, height) = samples(&bytes, 8).unwrap();
        let channels = whole.len() / (width * height) as usize;
        for eighths in [4, 2, 1] {
            let (scaled, ..) = samples(&bytes, eighths).unwrap();
            let right = box_filtered(&whole, (width, height), channels, eighths);
            let difference = mean_difference(&scaled, &right);
            assert!(difference < 6.0, "{name} at {eighths}/8: {difference}");
        }
    }
}

#[test]
fn the_order_of_the_scans_does_not_change_the_picture() {
    for sampling in SAMPLINGS {
        for (width, height) in [(75, 53), (8, 8), (1, 1), (17, 3)] {
            let of = |scans| TestFile::new(width, height, sampling, scans).write();
            let interleaved = of(Scans::Interleaved);
            for scans in [Scans::Separate, Scans::Progressive] {
                for eighths in EIGHTHS {
                    let (a, b) = (
                        samples(&interleaved, eighths).unwrap(),
                        samples(&of(scans), eighths).unwrap(),
                    );
                    assert!(a == b, "{sampling:?} {width} × {height}, {scans:?} at {eighths}/8");
                }
            }
        }
    }
}

#[test]
fn names_and_adobe_transform_tell_rgb_from_ycc() {
    let with = |names: &[u8; 3], segments: Vec<(u8, Vec<u8>)>| {
        let mut file = TestFile::new(24, 16, (1, 1), Scans::Interleaved);
        for (component, name) in file.components.iter_mut().zip(names) {
            component.0 = *name;
        }
        file.segments = segments;
        full(&file.write())
    };
    let jfif = || (0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0".to_vec());
    let (ycc, rgb) = (with(&[1, 2, 3], vec![]), with(b"RGB", vec![]));
    assert!(ycc != rgb);
    for (names, segments, right) in [
        (&[1, 2, 3], vec![adobe(0)], &rgb),
        (b"RGB", vec![adobe(0)], &rgb),
        (&[0, 1, 2], vec![adobe(0)], &rgb),
        (&[1, 2, 3], vec![jfif(), adobe(0)], &ycc),
        (b"RGB", vec![jfif()], &ycc),
        (&[1, 2, 3], vec![adobe(1)], &ycc),
        (b"RGB", vec![adobe(1)], &ycc),
        (&[0, 1, 2], vec![], &ycc),
        // Too short to name a transform.
        (&[1, 2, 3], vec![(0xEE, b"Adobe\0\x64".to_vec())], &ycc),
    ] {
        assert!(with(names, segments.clone()) == *right, "{names:?} with {segments:?}");
    }
}

/// What telephones and programs leave behind a picture: a film, noise with markers in it, another picture, zeros.
fn trailers() -> Vec<Vec<u8>> {
    let film = [
        b"\0\0\x01\x0A\x0E\0\0\0Image_UTC_Data1699999999999\0\0\0\x18ftypmp42".as_slice(),
        &[0x5A; 3000],
    ]
    .concat();
    let mut state = 1u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let other = TestFile::grey(16, 16, Scans::Progressive).write();
    vec![
        film,
        noise.take(200_000).collect(),
        other,
        vec![0; 5000],
        vec![0xFF; 10],
    ]
}

#[test]
fn a_picture_without_its_end_marker_is_whole_whatever_follows() {
    for scans in [Scans::Interleaved, Scans::Separate, Scans::Progressive] {
        for interval in [0, 4] {
            let mut file = TestFile::new(75, 53, (2, 2), scans);
            file.restart_interval = interval;
            let whole = file.write();
            let right = full(&whole);
            let unended = &whole[..whole.len() - 2];
            for trailer in trailers() {
                let longer = [unended, &trailer].concat();
                for eighths in EIGHTHS {
                    let got = samples(&longer, eighths).unwrap();
                    assert!(got == samples(&whole, eighths).unwrap(), "{scans:?}, {eighths}/8");
                }
                // With the marker as well.
                assert!(full(&[whole.as_slice(), &trailer].concat()) == right, "{scans:?}");
            }
        }
    }
}

#[test]
fn a_picture_that_lacks_pixels_is_refused_whatever_follows() {
    for scans in [Scans::Interleaved, Scans::Separate, Scans::Progressive] {
        let whole = TestFile::new(75, 53, (2, 2), scans).write();
        for len in [whole.len() / 3, whole.len() / 2, whole.len() * 9 / 10, whole.len() - 40] {
            for trailer in [&[] as &[u8], &[0xFF, 0xD8, 0xFF, 0xE1], b"\xFF\xE2\0\x04ab"] {
                for eighths in EIGHTHS {
                    let failure = samples(&[&whole[..len], trailer].concat(), eighths).unwrap_err();
                    assert!(failure.message.contains("ends before"), "{scans:?}, {len}: {failure}");
                }
            }
            // An end marker does not bring half a picture back.
            if len < whole.len() / 2 + 1 {
                assert!(
                    samples(&[&whole[..len], &[0xFF, 0xD9]].concat(), 8).is_err(),
                    "{scans:?}, {len}"
                );
            }
        }
    }
}

#[test]
fn restart_markers_that_are_wrong_or_missing_do_not_cost_the_picture() {
    let mut file = TestFile::new(160, 320, (2, 2), Scans::Interleaved);
    file.restart_interval = 5;
    let whole = file.write();
    let right = full(&whole);
    let markers: Vec<usize> = (0..whole.len() - 1)
        .filter(|&at| whole[at] == 0xFF && (0xD0..=0xD7).contains(&whole[at + 1]))
        .collect();
    assert_eq!(markers.len(), 39);
    let mut one_number = whole.clone();
    markers.iter().for_each(|&at| one_number[at + 1] = 0xD0);
    assert!(full(&one_number) == right, "all have the same number");
    let mut filled = whole.clone();
    markers
        .iter()
        .rev()
        .for_each(|&at| drop(filled.splice(at..at, [0xFF, 0xFF])));
    assert!(full(&filled) == right, "fill bytes before each");
    // One segment lost: its half row alone differs.
    let lost = [&whole[..markers[9]], &whole[markers[10]..]].concat();
    let differing = full(&lost)
        .chunks(160 * 3 * 16)
        .zip(right.chunks(160 * 3 * 16))
        .filter(|(a, b)| a != b)
        .count();
    assert!((1..=3).contains(&differing), "{differing} rows of units differ");
    // Half of them lost.
    let half = [&whole[..markers[9]], &whole[markers[30]..]].concat();
    assert!(samples(&half, 8).is_err());
}

#[test]
fn restart_markers_that_are_announced_and_not_there_or_there_and_not_announced_are_read() {
    let plain = TestFile::new(75, 53, (2, 2), Scans::Interleaved);
    let announcing = TestFile {
        segments: vec![(0xDD, vec![0, 3])],
        ..plain.clone()
    };
    assert!(full(&announcing.write()) == full(&plain.write()));
    let mut with = plain;
    with.restart_interval = 3;
    let mut hidden = with.write();
    let at = hidden.windows(4).position(|bytes| bytes == [0xFF, 0xDD, 0, 4]).unwrap();
    // A comment in its place.
    hidden[at + 1] = 0xFE;
    assert!(full(&hidden) == full(&with.write()));
}

#[test]
fn the_number_of_lines_may_follow_the_first_scan() {
    for scans in [Scans::Interleaved, Scans::Separate, Scans::Progressive] {
        let whole = TestFile::new(75, 53, (2, 2), scans).write();
        let frame_at = whole
            .windows(2)
            .position(|pair| pair[0] == 0xFF && matches!(pair[1], 0xC0 | 0xC2))
            .unwrap();
        let scan_at = whole.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        let behind = (scan_at + 2..whole.len())
            .find(|&at| whole[at] == 0xFF && whole[at + 1] != 0)
            .unwrap();
        let mut file = whole[..behind].to_vec();
        let height = [file[frame_at + 5], file[frame_at + 6]];
        file[frame_at + 5..frame_at + 7].fill(0);
        push_segment(&mut file, 0xDC, &height);
        file.extend(&whole[behind..]);
        for eighths in EIGHTHS {
            assert!(
                samples(&file, eighths).unwrap() == samples(&whole, eighths).unwrap(),
                "{scans:?}"
            );
        }
    }
}

#[test]
fn of_several_pictures_the_first_is_read() {
    let first = TestFile::new(40, 32, (2, 2), Scans::Interleaved).write();
    let second = TestFile::grey(90, 80, Scans::Interleaved).write();
    assert!(full(&[first.as_slice(), &second].concat()) == full(&first));
}

#[test]
fn motion_jpeg_without_its_tables_is_read() {
    let mut file = TestFile::grey(40, 32, Scans::Interleaved);
    file.standard_codes = true;
    let whole = file.write();
    let from = whole.windows(2).position(|pair| pair == [0xFF, 0xC4]).unwrap();
    let to = whole.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    assert!(full(&[&whole[..from], &whole[to..]].concat()) == full(&whole));
}

#[test]
fn a_scan_of_what_is_not_there_is_refused() {
    let whole = TestFile::new(40, 32, (2, 2), Scans::Interleaved).write();
    let at = whole.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    // The number of components, a name, the same name twice, tables.
    for (place, value) in [(4, 0), (4, 9), (5, 7), (7, 1), (6, 0x30), (6, 0x03)] {
        let mut wrong = whole.clone();
        wrong[at + place] = value;
        let failure = samples(&wrong, 8).unwrap_err();
        assert_eq!(failure.kind, crate::failure::FailureKind::Corrupt, "{place}: {failure}");
    }
}

#[test]
fn flipped_and_random_bytes_are_answered_at_every_scale() {
    use rand::{RngExt, SeedableRng};
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(9);
    for (_, file) in files() {
        let whole = file.write();
        for _ in 0..12 {
            let mut damaged = whole.clone();
            for _ in 0..random.random_range(1..8) {
                let at = random.random_range(2..damaged.len());
                damaged[at] = random.random();
            }
            // Every size that the header may claim now would be slow.
            let claims = jpeg_segments::read(&damaged).ok().and_then(|segments| segments.frame);
            if claims.is_some_and(|frame| frame.width.max(frame.height) < 400 && refuse_unread_variants(&frame).is_ok())
            {
                for eighths in EIGHTHS {
                    let _ = samples(&damaged, eighths);
                }
            }
        }
    }
}
