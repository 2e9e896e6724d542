//! What a photo's EXIF block says: when, with which camera, how, and where.

use std::borrow::Cow;

use exif::{Exif, Field, In, Tag, Value};
use serde::{Deserialize, Serialize};

use super::animation::is_animated;
use super::companions::holds_video;
use super::contain::contained;
use super::exif_dates;
use super::exif_tags;
use super::metadata::{self, Blocks, Written};
use super::place::Place;
use super::tags::PhotoTags;
use super::taken::{LocalClock, Taken, best, from_png_text, from_png_time, is_png_text_of_a_change};

/// Grows whenever metadata is read in another way: what an older revision has read is read anew.
pub const FACTS_REVISION: u32 = 3;

/// Facts about a photo; each is `None` where the file does not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhotoFacts {
    /// When it was taken, as the file states it.
    pub taken: Option<Taken>,
    /// Maker and model of the camera, the maker not repeated.
    pub camera: Option<String>,
    /// Model of the lens.
    pub lens: Option<String>,
    /// Sensitivity, ISO.
    pub iso: Option<u32>,
    /// Exposure time, seconds.
    pub exposure_seconds: Option<f64>,
    /// F-number of the aperture.
    pub f_number: Option<f64>,
    /// Focal length, millimetres.
    pub focal_length_mm: Option<f64>,
    /// EXIF orientation, 1–8. The decode gate has applied it; do not turn the pixels again.
    pub orientation: Option<u8>,
    /// Where it was taken.
    pub gps: Option<Place>,
    /// What other programs wrote into it.
    pub tags: PhotoTags,
    /// Whether it has more than one frame, of which the first is shown.
    pub animated: bool,
    /// Whether a short video is in the file, as in a Motion Photo.
    pub motion: bool,
}

impl PhotoFacts {
    /// Fills in what is missing from another block of the same file.
    fn filled_from(self, other: Self) -> Self {
        Self {
            taken: self.taken.or(other.taken),
            camera: self.camera.or(other.camera),
            lens: self.lens.or(other.lens),
            iso: self.iso.or(other.iso),
            exposure_seconds: self.exposure_seconds.or(other.exposure_seconds),
            f_number: self.f_number.or(other.f_number),
            focal_length_mm: self.focal_length_mm.or(other.focal_length_mm),
            orientation: self.orientation.or(other.orientation),
            gps: self.gps.or(other.gps),
            tags: self.tags.or(other.tags),
            animated: self.animated || other.animated,
            motion: self.motion || other.motion,
        }
    }
}

/// Reads what a picture file's bytes say about it: EXIF, XMP, IPTC, and whether it is animated. A file without such blocks, or
/// with damaged ones, gives what could be read; never panics.
pub fn read_facts(bytes: &[u8]) -> PhotoFacts {
    let blocks = contained(|| Ok(metadata::blocks(bytes))).unwrap_or_default();
    let exif = contained(|| Ok(read_exif(&blocks.exif))).unwrap_or_default();
    let written = contained(|| Ok(metadata::written(&blocks))).unwrap_or_default();
    let gps = exif.gps.or(written.gps);
    let local = LocalClock::of(gps.as_ref());
    PhotoFacts {
        taken: contained(|| Ok(taken(&blocks, &written, &local))).unwrap_or_default(),
        tags: written.tags.or(exif.tags.clone()),
        gps,
        animated: contained(|| Ok(is_animated(bytes))).unwrap_or_default(),
        motion: contained(|| Ok(holds_video(bytes))).unwrap_or_default(),
        ..exif
    }
}

/// The date that counts of those that are stated in a file, moments on the local clock: here the statements of all its blocks join.
///
/// What a PNG says of its own last change counts only where nothing else is stated, its texts (ImageMagick's `date:create`, whose
/// source is that of a text) before its `tIME`.
fn taken(blocks: &Blocks<'_>, written: &Written, local: &LocalClock) -> Option<Taken> {
    let of_exif = blocks.exif.iter().flat_map(|block| exif_dates::dates(block, local));
    let of_texts = |of_a_change| {
        let texts = blocks.texts.iter();
        texts
            .filter(move |(about, _)| is_png_text_of_a_change(about) == of_a_change)
            .filter_map(|(about, text)| from_png_text(about, text))
    };
    let stated: Vec<Taken> = of_exif
        .chain(metadata::taken(written, local))
        .chain(of_texts(false))
        .collect();
    let of_changes: Vec<Taken> = of_texts(true).collect();
    let of_chunk = blocks.png_time.and_then(|time| from_png_time(time, local));
    let found = [best(&stated), best(&of_changes), of_chunk];
    let real = found.iter().flatten().find(|taken| !taken.is_made_up());
    real.or_else(|| found.iter().flatten().next()).copied()
}

fn read_exif(blocks: &[Cow<'_, [u8]>]) -> PhotoFacts {
    let read = blocks
        .iter()
        .filter_map(|block| read_with(|reader| reader.read_raw(block.to_vec())));
    read.fold(PhotoFacts::default(), PhotoFacts::filled_from)
}

fn read_with(read: impl FnOnce(&mut exif::Reader) -> Result<Exif, exif::Error>) -> Option<PhotoFacts> {
    let mut reader = exif::Reader::new();
    read(reader.continue_on_error(true))
        .or_else(|error| error.distill_partial_result(|_| ()))
        .ok()
        .map(|exif| facts(&exif))
}

fn facts(exif: &Exif) -> PhotoFacts {
    PhotoFacts {
        taken: None,
        camera: camera(text(exif, Tag::Make), text(exif, Tag::Model)),
        lens: text(exif, Tag::LensModel),
        iso: whole(exif, Tag::PhotographicSensitivity).filter(|&iso| iso > 0),
        exposure_seconds: number(exif, Tag::ExposureTime).filter(|&seconds| seconds > 0.0),
        f_number: number(exif, Tag::FNumber).filter(|&f| f > 0.0),
        focal_length_mm: number(exif, Tag::FocalLength).filter(|&mm| mm > 0.0),
        orientation: whole(exif, Tag::Orientation)
            .and_then(|v| u8::try_from(v).ok())
            .filter(|v| (1..=8).contains(v)),
        gps: place(exif),
        tags: exif_tags::tags(exif),
        animated: false,
        motion: false,
    }
}

fn place(exif: &Exif) -> Option<Place> {
    let latitude = angle(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, "S")?;
    let longitude = angle(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, "W")?;
    let below_the_sea = whole(exif, Tag::GPSAltitudeRef) == Some(1);
    let altitude = number(exif, Tag::GPSAltitude).map(|metres| if below_the_sea { -metres } else { metres });
    Place::new(latitude, longitude, altitude)
}

fn field(exif: &Exif, tag: Tag) -> Option<&Field> {
    exif.get_field(tag, In::PRIMARY)
}

/// A text without control characters and surrounding blanks; cameras pad with zeros and spaces.
fn text(exif: &Exif, tag: Tag) -> Option<String> {
    const LONGEST: usize = 200;
    let Value::Ascii(parts) = &field(exif, tag)?.value else {
        return None;
    };
    let raw = String::from_utf8_lossy(parts.first()?).into_owned();
    let clean: String = raw.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    let trimmed = clean.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

fn whole(exif: &Exif, tag: Tag) -> Option<u32> {
    field(exif, tag)?.value.get_uint(0)
}

fn number(exif: &Exif, tag: Tag) -> Option<f64> {
    numbers(&field(exif, tag)?.value)
        .first()
        .copied()
        .filter(|value| value.is_finite())
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Rational(values) => values.iter().map(exif::Rational::to_f64).collect(),
        Value::SRational(values) => values.iter().map(exif::SRational::to_f64).collect(),
        Value::Float(values) => values.iter().map(|&value| f64::from(value)).collect(),
        Value::Double(values) => values.clone(),
        other => other.get_uint(0).map(f64::from).into_iter().collect(),
    }
}

/// Degrees, minutes and seconds as one number; negative where the reference is `negative`.
fn angle(exif: &Exif, tag: Tag, reference: Tag, negative: &str) -> Option<f64> {
    let parts = numbers(&field(exif, tag)?.value);
    let [degrees, minutes, seconds] = parts.first_chunk()?;
    let angle = degrees + minutes / 60.0 + seconds / 3600.0;
    let south_or_west = text(exif, reference)?.eq_ignore_ascii_case(negative);
    angle.is_finite().then_some(if south_or_west { -angle } else { angle })
}

/// "Canon" and "Canon EOS R5" is "Canon EOS R5"; "NIKON CORPORATION" and "NIKON D850" is "NIKON D850".
fn camera(make: Option<String>, model: Option<String>) -> Option<String> {
    match (make, model) {
        (Some(make), Some(model)) => {
            let brand = make.split_whitespace().next().unwrap_or_default().to_lowercase();
            let repeated = model.to_lowercase().starts_with(&brand);
            Some(if repeated { model } else { format!("{make} {model}") })
        }
        (make, model) => model.or(make),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ExifBlock, encode, jpeg_with_segments, png_with_chunk, quarters};
    use crate::taken::DateSource;
    use image::ImageFormat;

    fn full_block() -> Vec<u8> {
        ExifBlock::new()
            .text(0x010F, "Canon\0")
            .text(0x0110, "Canon EOS R5\0")
            .short(0x0112, 6)
            .sub_text(0x9003, "2023:04:12 18:30:05\0")
            .sub_short(0x8827, 400)
            .sub_rational(0x829A, 1, 250)
            .sub_rational(0x829D, 28, 10)
            .sub_rational(0x920A, 50, 1)
            .sub_text(0xA434, "RF50mm F1.8 STM\0")
            .place(true, [48, 8, 30], true, [11, 34, 0])
            .build()
    }

    #[test]
    fn everything_the_camera_wrote_is_read() {
        let facts = read_facts(&jpeg_with_segments(
            16,
            8,
            &[(0xE1, [b"Exif\0\0".as_slice(), &full_block()].concat())],
        ));
        assert_eq!(facts.taken, Some(Taken::at(1_681_324_205, DateSource::Exif)));
        assert_eq!(facts.camera.as_deref(), Some("Canon EOS R5"));
        assert_eq!(facts.lens.as_deref(), Some("RF50mm F1.8 STM"));
        assert_eq!((facts.iso, facts.orientation), (Some(400), Some(6)));
        assert_eq!(facts.exposure_seconds, Some(0.004));
        assert_eq!((facts.f_number, facts.focal_length_mm), (Some(2.8), Some(50.0)));
        let place = facts.gps.unwrap();
        assert!((place.latitude + 48.141_666).abs() < 1e-5, "south is negative");
        assert!((place.longitude + 11.566_666).abs() < 1e-5, "west is negative");
    }

    #[test]
    fn satellites_time_is_shown_on_the_clock_of_the_place() {
        let block = ExifBlock::new()
            .text(0x001D, "2024:03:10\0")
            .text(0x0007, "00:10:00\0")
            .place(false, [35, 41, 0], false, [139, 41, 0])
            .build();
        let segment = [b"Exif\0\0".as_slice(), &block].concat();
        let taken = read_facts(&jpeg_with_segments(16, 8, &[(0xE1, segment)]))
            .taken
            .unwrap();
        // 2024-03-10 00:10:00 UTC (Python 3.11: calendar.timegm) in Tokyo, in whatever zone the test runs.
        let offset = taken.offset_minutes.unwrap();
        assert_eq!(taken.seconds - i64::from(offset) * 60, 1_710_029_400);
        assert!((420..=660).contains(&offset), "{offset}");
    }

    #[test]
    fn a_photo_that_holds_a_video_says_so() {
        let still = jpeg_with_segments(16, 8, &[]);
        assert!(!read_facts(&still).motion);
        let video = b"\0\0\0\x10ftypmp42\0\0\0\0\0\0\0\x08mdat";
        assert!(read_facts(&[still.as_slice(), video].concat()).motion);
    }

    #[test]
    fn damaged_blocks_give_what_can_be_read_and_never_panic() {
        let block = full_block();
        for cut in 0..block.len() {
            let segment = [b"Exif\0\0".as_slice(), &block[..cut]].concat();
            read_facts(&jpeg_with_segments(8, 8, &[(0xE1, segment)]));
        }
        for at in 0..block.len() {
            let mut flipped = block.clone();
            flipped[at] ^= 0xFF;
            read_facts(&jpeg_with_segments(
                8,
                8,
                &[(0xE1, [b"Exif\0\0".as_slice(), &flipped].concat())],
            ));
        }
        assert_eq!(read_facts(b""), PhotoFacts::default());
        assert_eq!(read_facts(b"text"), PhotoFacts::default());
    }

    #[test]
    fn dates_of_all_blocks_join() {
        let date = |exif: ExifBlock| {
            let block = exif.build();
            let facts = read_facts(&jpeg_with_segments(
                8,
                8,
                &[(0xE1, [b"Exif\0\0".as_slice(), &block].concat())],
            ));
            facts.taken
        };
        // 2015-08-22 00:08:19 (Python 3.11: calendar.timegm).
        let hour_24 = date(ExifBlock::new().sub_text(0x9003, "2015:08:22 24:08:19\0"));
        assert_eq!(hour_24, Some(Taken::at(1_440_202_099, DateSource::Exif)));
        // 2009-06-08 16:45:55 (Python 3.11: calendar.timegm).
        let main = ExifBlock::new()
            .text(0x0132, "2023:09:27 10:00:00\0")
            .text(0x9003, "2009:06:08 16:45:55\0");
        assert_eq!(date(main), Some(Taken::at(1_244_479_555, DateSource::Exif)));
        let blank = date(ExifBlock::new().sub_text(0x9003, "    :  :     :  :  \0"));
        assert_eq!(blank, None);
        let png = encode(quarters(8, 8), ImageFormat::Png);
        let png = png_with_chunk(&png, b"tEXt", b"Creation Time\0Fri 12 Jul 2013 16:54:27 CEST");
        let expected = Taken {
            offset_minutes: Some(120),
            ..Taken::at(1_373_648_067, DateSource::PngText)
        };
        assert_eq!(read_facts(&png).taken, Some(expected));
    }

    #[test]
    fn what_a_png_says_of_its_change_counts_last() {
        let png = encode(quarters(8, 8), ImageFormat::Png);
        // PNG (third edition), section 11.3.5: 2013-07-12 16:54:27 UTC, 1373648067 (Python 3.11: calendar.timegm).
        let timed = png_with_chunk(&png, b"tIME", &[7, 221, 7, 12, 16, 54, 27]);
        let taken = read_facts(&timed).taken.unwrap();
        let ahead = i64::from(taken.offset_minutes.unwrap()) * 60;
        assert_eq!(
            (taken.seconds - ahead, taken.source),
            (1_373_648_067, DateSource::ExifModified)
        );
        // As ImageMagick 6.9.11 writes it.
        let magick = png_with_chunk(&timed, b"tEXt", b"date:create\x002013-07-12T16:54:27+00:00");
        let taken = read_facts(&magick).taken.unwrap();
        assert_eq!((taken.seconds, taken.source), (1_373_648_067, DateSource::PngText));
        let exif = ExifBlock::new().text(0x0132, "2023:09:27 10:00:00\0").build();
        let taken = read_facts(&png_with_chunk(&magick, b"eXIf", &exif)).taken.unwrap();
        assert_eq!(taken.source, DateSource::ExifModified);
        for damaged in [&[7, 221, 13, 12, 16, 54, 27][..], &[0; 7], &[7]] {
            assert_eq!(read_facts(&png_with_chunk(&png, b"tIME", damaged)).taken, None);
        }
    }

    #[test]
    fn the_maker_is_not_named_twice() {
        let of = |make: &str, model: &str| camera(Some(make.to_owned()), Some(model.to_owned())).unwrap();
        assert_eq!(of("NIKON CORPORATION", "NIKON D850"), "NIKON D850");
        assert_eq!(of("Google", "Pixel 7"), "Google Pixel 7");
        assert_eq!(camera(None, Some("X".to_owned())).as_deref(), Some("X"));
        assert_eq!(camera(None, None), None);
    }
}
