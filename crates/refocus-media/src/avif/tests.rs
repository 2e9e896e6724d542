//! Files of `tests/fixtures/avif`, which libavif with libaom wrote.

use crate::animation::is_animated;
use crate::decode::{DecodeLimits, Picture, PictureFormat, Scale, decode};
use crate::facts::read_facts;
use crate::failure::FailureKind;

fn file(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/avif");
    std::fs::read(std::path::Path::new(folder).join(name)).unwrap()
}

fn decoded(name: &str) -> Picture {
    let picture = decode(&file(name), Scale::Full, &DecodeLimits::default()).unwrap();
    assert_eq!(picture.format, PictureFormat::Avif);
    picture
}

/// The middles of the four quarters.
fn quarters(picture: &Picture) -> [[u8; 3]; 4] {
    let (width, height) = (picture.width as usize, picture.height as usize);
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| {
        let at = 3 * (y * height / 4 * width + x * width / 4);
        picture.rgb[at..at + 3].try_into().unwrap()
    })
}

fn expect(name: &str, size: (u32, u32), expected: [[u8; 3]; 4]) {
    expect_pixels(name, &file(name), size, expected, 4);
}

fn expect_pixels(name: &str, bytes: &[u8], size: (u32, u32), expected: [[u8; 3]; 4], most_off: u8) {
    let picture = decode(bytes, Scale::Full, &DecodeLimits::default()).unwrap();
    assert_eq!((picture.width, picture.height), size, "{name}");
    for (found, expected) in quarters(&picture).into_iter().zip(expected) {
        let near = found.into_iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= most_off);
        assert!(near, "{name}: {found:?} for {expected:?}");
    }
}

const RED: [u8; 3] = [200, 30, 30];
const GREEN: [u8; 3] = [30, 160, 30];
const BLUE: [u8; 3] = [30, 30, 200];
const YELLOW: [u8; 3] = [220, 200, 30];

#[test]
fn colours_come_back_from_every_layout_depth_range_and_matrix() {
    for name in [
        "quarters.avif",
        "subsampled.avif",
        "halved.avif",
        "lossless.avif",
        "profile.avif",
        "sequence.avif",
    ] {
        expect(name, (128, 96), [RED, GREEN, BLUE, YELLOW]);
    }
    expect("tiles.avif", (128, 128), [RED, GREEN, BLUE, YELLOW]);
}

#[test]
fn lossless_is_without_loss() {
    assert_eq!(quarters(&decoded("lossless.avif")), [RED, GREEN, BLUE, YELLOW]);
}

#[test]
fn colours_of_a_wider_gamut_become_those_of_a_screen() {
    // Display P3 → sRGB by the matrices of both; what lies outside is cut.
    let expected = [[218, 0, 6], [0, 163, 0], [30, 30, 208], [224, 199, 0]];
    expect("wide-gamut.avif", (128, 96), expected);
}

#[test]
fn the_container_turns_mirrors_and_crops() {
    expect("turned.avif", (96, 128), [BLUE, RED, YELLOW, GREEN]);
    expect("mirrored.avif", (96, 128), [YELLOW, GREEN, BLUE, RED]);
    expect("cropped.avif", (64, 96), [GREEN, GREEN, YELLOW, YELLOW]);
}

#[test]
fn turns_and_mirrors_are_applied_in_the_order_of_the_container() {
    expect("mirrored-top.avif", (96, 128), [RED, BLUE, GREEN, YELLOW]);
    // The last two properties of the picture are the turn and the mirror; here they change places.
    let mut swapped = file("mirrored.avif");
    let at = swapped.windows(4).position(|word| word == b"ipma").unwrap();
    let len = u32::from_be_bytes(swapped[at - 4..at].try_into().unwrap()) as usize;
    swapped.swap(at - 4 + len - 1, at - 4 + len - 2);
    expect_pixels("swapped", &swapped, (96, 128), [RED, BLUE, GREEN, YELLOW], 4);
}

// White is at 203 cd/m², so that the colours are those of the other files; see the README beside them.
#[test]
fn light_is_shown_as_the_colours_of_a_screen() {
    for name in ["pq.avif", "hlg.avif"] {
        expect_pixels(name, &file(name), (128, 96), [RED, GREEN, BLUE, YELLOW], 5);
        // The AV1 data say the same as the container.
        let mut unsaid = file(name);
        let at = unsaid.windows(8).position(|word| word == b"colrnclx").unwrap();
        unsaid[at..at + 4].copy_from_slice(b"skip");
        expect_pixels(name, &unsaid, (128, 96), [RED, GREEN, BLUE, YELLOW], 5);
    }
}

#[test]
fn colours_that_were_multiplied_by_their_opacity_look_as_straight_ones() {
    let (straight, multiplied) = (decoded("alpha.avif"), decoded("multiplied.avif"));
    let off: u32 = straight
        .rgb
        .iter()
        .zip(&multiplied.rgb)
        .map(|(a, b)| u32::from(a.abs_diff(*b)))
        .sum();
    let mean = f64::from(off) / straight.rgb.len() as f64;
    assert!(mean < 2.0, "{mean}");
}

#[test]
fn bytes_behind_the_end_and_a_last_box_that_claims_too_much_do_not_matter() {
    let whole = file("quarters.avif");
    let expected = decoded("quarters.avif");
    for trailer in [
        b"\0".as_slice(),
        b"SEFT and more",
        &[0xFF; 64],
        b"\0\0\0\x1cftypmp42\0\0\0\0mp42isom",
    ] {
        let longer = [whole.as_slice(), trailer].concat();
        assert_eq!(
            decode(&longer, Scale::Full, &DecodeLimits::default()).unwrap(),
            expected,
            "{trailer:?}"
        );
    }
    let at = whole.windows(4).rposition(|word| word == b"mdat").unwrap();
    let mut claims = whole;
    claims[at - 4..at].copy_from_slice(&0x00FF_FFFFu32.to_be_bytes());
    assert_eq!(
        decode(&claims, Scale::Full, &DecodeLimits::default()).unwrap(),
        expected
    );
}

#[test]
fn exif_and_xmp_are_read() {
    let facts = read_facts(&file("turned.avif"));
    assert_eq!(facts.camera.as_deref(), Some("Refocus Test camera"));
    assert_eq!(facts.taken.map(|taken| taken.seconds), Some(1_714_979_289));
    assert_eq!(
        (facts.tags.rating, facts.tags.keywords),
        (Some(4), Some(vec!["sea".to_owned()]))
    );
}

#[test]
fn transparency_lies_over_white_and_grey_is_grey() {
    let clear = decoded("alpha.avif");
    assert!(clear.rgb[..3].iter().all(|value| *value > 245), "{:?}", &clear.rgb[..3]);
    let last = clear.rgb.len() - 3;
    let opaque = clear.rgb[last..].iter().zip(YELLOW).all(|(a, b)| a.abs_diff(b) <= 6);
    assert!(opaque, "{:?}", &clear.rgb[last..]);
    let grey = decoded("grey.avif");
    assert!(grey.rgb.as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b));
}

#[test]
fn a_sequence_moves() {
    assert!(is_animated(&file("sequence.avif")));
    assert!(!is_animated(&file("quarters.avif")));
}

#[test]
fn a_file_cut_short_anywhere_is_a_failure_in_words() {
    for name in ["quarters.avif", "tiles.avif", "alpha.avif"] {
        let whole = file(name);
        for end in (12..whole.len() - 1).step_by(7) {
            let failure = decode(&whole[..end], Scale::Full, &DecodeLimits::default()).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Corrupt, "{name} {end}: {}", failure.message);
        }
    }
}

#[test]
fn limits_are_checked_before_the_pixels() {
    let limits = DecodeLimits {
        max_pixels: 128 * 95,
        ..DecodeLimits::default()
    };
    let failure = decode(&file("quarters.avif"), Scale::Full, &limits).unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge);
}
