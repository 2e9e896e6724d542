//! HEIC and HEIF pixels, through `heifer` (pure Rust): what telephones and newer cameras write.
//!
//! The container says how a picture is cropped, turned and mirrored, and the decoder has done so; the orientation in the EXIF
//! block repeats it and is not applied again (ISO/IEC 23008-12, section 6.5.10).

use heifer::heifer_hevc_dec::nal::NalUnit;
use heifer::heifer_hevc_dec::params::ParameterSets;
use heifer::{Error, Image, Options};
use heifer_isobmff::boxes::{ColorInfo, Property};
use heifer_isobmff::{HeifFile, ItemId};
use image::ColorType;

use super::colours::{Colours, NamedColours};
use super::decode::{DecodeLimits, StoredPicture, zeroed};
use super::failure::Failure;
use super::iso_boxes;
use super::memory_budget::Reserve;
use super::orientation::Orientation;
use super::srgb::{self, Alpha};

/// Bytes a pixel that are held at a time: three planes of 16 bit, RGBA before and after it is turned, and the RGB that is
/// handed on.
const BYTES_PER_PIXEL: u64 = 6 + 4 + 4 + 3;
/// Bytes a pixel more where light is held in 16 bit and pressed together.
const OF_LIGHT: u64 = 4 + 4 + 8 + 6;

/// Decodes the main picture of `bytes`, which begin as an HEIF file.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits, reserve: &mut dyn Reserve) -> Result<StoredPicture, Failure> {
    let bytes = iso_boxes::well_formed(bytes);
    let file = HeifFile::parse(&bytes).map_err(|error| failure(&error.into()))?;
    let main = file.primary_id;
    let size = file.image_size(main).map_err(|error| failure(&error.into()))?;
    let (width, height) = size.ok_or_else(|| failure(&Error::Invalid("it does not say how large it is")))?;
    // A damaged profile costs the colour, not the picture.
    let profile = file.icc_profile(main).ok().flatten();
    let colours = match profile {
        Some(profile) => Colours::of_profile(Some(profile.to_vec())),
        None => Colours::named(named_colours(&file, main)),
    };
    let bytes_per_pixel = BYTES_PER_PIXEL + if colours.are_light() { OF_LIGHT } else { 0 };
    limits.check(width, height, bytes_per_pixel)?;
    let pixels = u64::from(width) * u64::from(height);
    reserve.reserve(pixels * bytes_per_pixel)?;
    let options = Options {
        // Each picture is decoded on one of our threads.
        max_threads: 1,
        // Tiles may reach beyond the picture.
        max_pixels: pixels.saturating_mul(2).max(1 << 22).min(limits.max_pixels),
    };
    let multiplied = !file.referenced_items(main, b"prem").is_empty();
    let alpha = if multiplied { Alpha::Associated } else { Alpha::Straight };
    let (rgb, width, height) = if colours.are_light() {
        let picture = heifer::decode_with_options(&bytes, &options).map_err(|error| failure(&error))?;
        let (width, height) = checked_size(&picture)?;
        let (stored, layout) = sixteen_bit(&picture)?;
        (srgb::to_srgb(stored, layout, &colours, alpha)?, width, height)
    } else {
        let picture = eight_bit(&bytes, &options, profile.is_some() || multiplied).map_err(|error| failure(&error))?;
        let (width, height) = checked_size(&picture)?;
        let colours = if profile.is_some() || multiplied {
            colours
        } else {
            Colours::Screen
        };
        let (stored, layout) = without_idle_alpha(picture)?;
        (srgb::to_srgb(stored, layout, &colours, alpha)?, width, height)
    };
    Ok(StoredPicture {
        width,
        height,
        rgb,
        full_width: width,
        full_height: height,
        orientation: Orientation::UPRIGHT,
    })
}

/// The picture as it is stored, or else with its named colours as the decoder converts them; what it has no way to show as sRGB is
/// shown as it is stored.
fn eight_bit(bytes: &[u8], options: &Options, as_stored: bool) -> Result<Image<u8>, Error> {
    if as_stored {
        return heifer::decode_rgba8(bytes, options);
    }
    heifer::decode_srgb_rgba8(bytes, options).or_else(|error| match error {
        Error::Unsupported(_) => heifer::decode_rgba8(bytes, options),
        other => Err(other),
    })
}

fn checked_size<T>(picture: &Image<T>) -> Result<(u32, u32), Failure> {
    let (width, height) = (picture.width, picture.height);
    if picture.data.len() != width as usize * height as usize * 4 || picture.data.is_empty() {
        return Err(failure(&Error::Invalid("its headers contradict each other")));
    }
    Ok((width, height))
}

fn without_idle_alpha(picture: Image<u8>) -> Result<(Vec<u8>, ColorType), Failure> {
    if picture.has_alpha {
        return Ok((picture.data, ColorType::Rgba8));
    }
    let mut rgb = zeroed(picture.data.len() / 4 * 3)?;
    let pixels = picture.data.as_chunks::<4>().0;
    for (to, [red, green, blue, _]) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
        *to = [*red, *green, *blue];
    }
    Ok((rgb, ColorType::Rgb8))
}

/// Samples of the picture's own depth as 16 bit in the machine's byte order.
fn sixteen_bit(picture: &Image<u16>) -> Result<(Vec<u8>, ColorType), Failure> {
    let channels = if picture.has_alpha { 4 } else { 3 };
    let most = u32::from(picture.max_value()).max(1);
    let mut stored = zeroed(picture.data.len() / 4 * channels * 2)?;
    let places = stored.as_chunks_mut::<2>().0.chunks_mut(channels);
    for (to, pixel) in places.zip(picture.data.as_chunks::<4>().0) {
        for (to, value) in to.iter_mut().zip(pixel) {
            let wide = (u32::from(*value) * 65_535 + most / 2) / most;
            *to = (wide.min(65_535) as u16).to_ne_bytes();
        }
    }
    let layout = if picture.has_alpha {
        ColorType::Rgba16
    } else {
        ColorType::Rgb16
    };
    Ok((stored, layout))
}

/// The colours that the container names for an item or for the first of its tiles, or else those that the HEVC data name.
fn named_colours(file: &HeifFile<'_>, item: ItemId) -> NamedColours {
    let first_tile = file.referenced_items(item, b"dimg").first().copied();
    let items = [Some(item), first_tile];
    let of_container = items.into_iter().flatten().find_map(|item| {
        file.item_properties(item).ok()?.find_map(|property| match property {
            Property::Color(ColorInfo::Nclx {
                primaries, transfer, ..
            }) => Some(NamedColours {
                primaries: *primaries,
                transfer: *transfer,
            }),
            _ => None,
        })
    });
    let named = of_container.or_else(|| items.into_iter().flatten().find_map(|item| named_by_data(file, item)));
    named.unwrap_or(NamedColours::UNSPECIFIED)
}

fn named_by_data(file: &HeifFile<'_>, item: ItemId) -> Option<NamedColours> {
    let config = file.hevc_config(item).ok().flatten()?;
    let mut sets = ParameterSets::default();
    for unit in &config.nal_units {
        sets.add(&NalUnit::parse(unit).ok()?).ok()?;
    }
    sets.sps.iter().flatten().find_map(|set| {
        let usability = set.vui.as_ref()?;
        Some(NamedColours {
            primaries: u16::from(usability.colour_primaries),
            transfer: u16::from(usability.transfer_characteristics),
        })
    })
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
        assert_eq!(facts.taken.map(|taken| taken.seconds), Some(1_714_979_289));
        assert_eq!(
            (facts.tags.rating, facts.tags.keywords),
            (Some(4), Some(vec!["sea".to_owned()]))
        );
    }

    // White is at 203 cd/m², so that the colours are those of the other files; see the README beside them.
    #[test]
    fn light_is_shown_as_the_colours_of_a_screen() {
        for name in ["pq.heic", "hlg.heic"] {
            let picture = decoded(name);
            assert!(has_quarters(&picture, [RED, GREEN, BLUE, YELLOW]), "{name}");
            // The HEVC data say the same as the container.
            let mut unsaid = file(name);
            let at = unsaid.windows(8).position(|word| word == b"colrnclx").unwrap();
            unsaid[at..at + 4].copy_from_slice(b"skip");
            let picture = decode(&unsaid, Scale::Full, &DecodeLimits::default()).unwrap();
            assert!(has_quarters(&picture, [RED, GREEN, BLUE, YELLOW]), "{name}");
        }
    }

    #[test]
    fn colours_that_were_multiplied_by_their_opacity_look_as_straight_ones() {
        let (straight, multiplied) = (decoded("alpha.heic"), decoded("multiplied.heic"));
        let off = straight
            .rgb
            .iter()
            .zip(&multiplied.rgb)
            .map(|(a, b)| u32::from(a.abs_diff(*b)));
        let mean = f64::from(off.sum::<u32>()) / straight.rgb.len() as f64;
        assert!(mean < 2.0, "{mean}");
    }

    #[test]
    fn bytes_behind_the_end_and_a_last_box_that_claims_too_much_do_not_matter() {
        let whole = file("turned.heic");
        let expected = decoded("turned.heic");
        let video = b"\0\0\0\x1cftypmp42\0\0\0\0mp42isom".as_slice();
        for trailer in [b"\0".as_slice(), b"SEFT and more", &[0xFF; 64], video] {
            let longer = [whole.as_slice(), trailer].concat();
            let picture = decode(&longer, Scale::Full, &DecodeLimits::default()).unwrap();
            assert_eq!(picture, expected, "{trailer:?}");
            assert_eq!(read_facts(&longer).tags.rating, Some(4), "{trailer:?}");
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
