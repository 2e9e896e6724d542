//! HEIC and HEIF pixels, through `heifer` (pure Rust): what telephones and newer cameras write.
//!
//! The container says how a picture is cropped, turned and mirrored, and the decoder has done so; the orientation in the EXIF
//! block repeats it and is not applied again (ISO/IEC 23008-12, section 6.5.10).

use heifer::{Error, Image, Options};
use heifer_isobmff::HeifFile;
use image::ColorType;

use super::decode::{DecodeLimits, StoredPicture, zeroed};
use super::failure::Failure;
use super::memory_budget::Reserve;
use super::orientation::Orientation;
use super::raster;

/// Bytes a pixel that are held at a time: three planes of 16 bit, RGBA before and after it is turned, and the RGB that is
/// handed on.
const BYTES_PER_PIXEL: u64 = 6 + 4 + 4 + 3;

/// Decodes the main picture of `bytes`, which begin as an HEIF file.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits, reserve: &mut dyn Reserve) -> Result<StoredPicture, Failure> {
    let file = HeifFile::parse(bytes).map_err(|error| failure(&error.into()))?;
    let size = file
        .image_size(file.primary_id)
        .map_err(|error| failure(&error.into()))?;
    let (width, height) = size.ok_or_else(|| failure(&Error::Invalid("it does not say how large it is")))?;
    limits.check(width, height, BYTES_PER_PIXEL)?;
    let pixels = u64::from(width) * u64::from(height);
    reserve.reserve(pixels * BYTES_PER_PIXEL)?;
    let options = Options {
        // Each picture is decoded on one of our threads.
        max_threads: 1,
        // Tiles may reach beyond the picture.
        max_pixels: pixels.saturating_mul(2).max(1 << 22).min(limits.max_pixels),
    };
    // A damaged profile costs the colour, not the picture.
    let profile = file.icc_profile(file.primary_id).ok().flatten();
    let picture: Image<u8> = match profile {
        Some(_) => heifer::decode_rgba8(bytes, &options),
        // Colours that are named are converted by the decoder; what it has no way to show as sRGB is shown as it is stored.
        None => heifer::decode_srgb_rgba8(bytes, &options).or_else(|error| match error {
            Error::Unsupported(_) => heifer::decode_rgba8(bytes, &options),
            other => Err(other),
        }),
    }
    .map_err(|error| failure(&error))?;
    let (width, height) = (picture.width, picture.height);
    if picture.data.len() != width as usize * height as usize * 4 || picture.data.is_empty() {
        return Err(failure(&Error::Invalid("its headers contradict each other")));
    }
    let (stored, colour) = if picture.has_alpha {
        (picture.data, ColorType::Rgba8)
    } else {
        let mut rgb = zeroed(picture.data.len() / 4 * 3)?;
        let pixels = picture.data.as_chunks::<4>().0;
        for (to, [red, green, blue, _]) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
            *to = [*red, *green, *blue];
        }
        (rgb, ColorType::Rgb8)
    };
    Ok(StoredPicture {
        width,
        height,
        rgb: raster::to_srgb(stored, colour, profile)?,
        full_width: width,
        full_height: height,
        orientation: Orientation::UPRIGHT,
    })
}

/// The XMP packet of the main picture.
pub(super) fn xmp_packet(bytes: &[u8]) -> Option<Vec<u8>> {
    let file = HeifFile::parse(bytes).ok()?;
    file.xmp(file.primary_id).ok().flatten()
}

fn failure(error: &Error) -> Failure {
    match error {
        Error::Unsupported(what) => Failure::unsupported(format!(
            "This is a rare kind of HEIC ({what}); it needs a decoder for that. Export it as JPEG to search it."
        )),
        other => Failure::corrupt(format!(
            "Its HEIC data is damaged, or the file is cut short ({other}). Copy it again from where it came from."
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::{DecodeLimits, Picture, PictureFormat, Scale, decode};
    use crate::facts::read_facts;
    use crate::failure::FailureKind;

    /// A file of `tests/fixtures/heif`.
    fn file(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/heif");
        std::fs::read(std::path::Path::new(folder).join(name)).unwrap()
    }

    fn decoded(name: &str) -> Picture {
        let picture = decode(&file(name), Scale::Full, &DecodeLimits::default()).unwrap();
        assert_eq!(picture.format, PictureFormat::Heif);
        picture
    }

    /// Whether the middles of the four quarters have these colours, nearly.
    fn has_quarters(picture: &Picture, expected: [[u8; 3]; 4]) -> bool {
        let (width, height) = (picture.width as usize, picture.height as usize);
        let places = [(1, 1), (3, 1), (1, 3), (3, 3)];
        places.iter().zip(expected).all(|((x, y), colour)| {
            let at = 3 * (y * height / 4 * width + x * width / 4);
            picture.rgb[at..at + 3]
                .iter()
                .zip(colour)
                .all(|(a, b)| a.abs_diff(b) <= 6)
        })
    }

    const RED: [u8; 3] = [200, 30, 30];
    const GREEN: [u8; 3] = [30, 160, 30];
    const BLUE: [u8; 3] = [30, 30, 200];
    const YELLOW: [u8; 3] = [220, 200, 30];

    #[test]
    fn colours_come_back_with_and_without_a_profile() {
        for name in ["quarters.heic", "profile.heic"] {
            let picture = decoded(name);
            assert_eq!((picture.width, picture.height), (128, 96), "{name}");
            assert!(has_quarters(&picture, [RED, GREEN, BLUE, YELLOW]), "{name}");
        }
    }

    #[test]
    fn a_picture_that_the_container_and_the_exif_block_turn_is_turned_once() {
        let picture = decoded("turned.heic");
        assert_eq!((picture.width, picture.height), (96, 128));
        assert!(has_quarters(&picture, [BLUE, RED, YELLOW, GREEN]));
        let facts = read_facts(&file("turned.heic"));
        assert_eq!(facts.camera.as_deref(), Some("Refocus Test camera"));
        assert_eq!(facts.taken, Some(1_714_979_289));
        assert_eq!(
            (facts.tags.rating, facts.tags.keywords.as_slice()),
            (Some(4), ["sea".to_owned()].as_slice())
        );
    }

    #[test]
    fn transparency_lies_over_white_and_grey_is_grey() {
        let clear = decoded("alpha.heic");
        assert!(clear.rgb[..3].iter().all(|value| *value > 245), "{:?}", &clear.rgb[..3]);
        let grey = decoded("grey.heic");
        assert!(
            grey.rgb
                .as_chunks::<3>()
                .0
                .iter()
                .all(|[r, g, b]| r.abs_diff(*g) <= 1 && g.abs_diff(*b) <= 1)
        );
    }

    #[test]
    fn a_file_cut_short_anywhere_is_a_failure_in_words() {
        let whole = file("quarters.heic");
        for end in (12..whole.len()).step_by(23) {
            let failure = decode(&whole[..end], Scale::Full, &DecodeLimits::default()).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Corrupt, "{end}: {}", failure.message);
        }
    }

    #[test]
    fn limits_are_checked_before_the_pixels() {
        let limits = DecodeLimits {
            max_pixels: 128 * 95,
            ..DecodeLimits::default()
        };
        let failure = decode(&file("quarters.heic"), Scale::Full, &limits).unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooLarge);
    }
}
