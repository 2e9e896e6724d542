//! The position on the earth.
//!
//! Sources: IPTC Photo Metadata Standard (positions in Location structures have the properties of EXIF); XMP specification, part 2, EXIF schema: `DDD,MM,SSk` or `DDD,MM.mmk`, where k is N, S, E or W. Some programs write plain
//! degrees with a sign, or the letter beside the number.

use super::names::Namespace as N;
use super::tree::{Element, Tree};
use crate::place::Place;

/// The position of the packet, else that of the place where the camera was.
pub(super) fn read(tree: &Tree) -> Option<Place> {
    of(|name| tree.text(N::Exif, name)).or_else(|| {
        let created = tree.all(N::IptcExtension, "LocationCreated");
        let mut places = created.flat_map(Element::structures);
        places.find_map(|place| of(|name| Some(place.field(N::Exif, name)?.text())))
    })
}

/// A position whose properties have these texts.
fn of<'t>(text: impl Fn(&'static str) -> Option<&'t str>) -> Option<Place> {
    let text = |name| text(name).map(str::trim);
    let latitude = angle(text("GPSLatitude")?, text("GPSLatitudeRef"))?;
    let longitude = angle(text("GPSLongitude")?, text("GPSLongitudeRef"))?;
    let below_the_sea = text("GPSAltitudeRef") == Some("1");
    let altitude = text("GPSAltitude")
        .and_then(fraction)
        .map(|metres| if below_the_sea { -metres } else { metres });
    Place::new(latitude, longitude, altitude)
}

/// Degrees of a latitude or longitude; negative in the south and in the west.
fn angle(text: &str, reference: Option<&str>) -> Option<f64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c.is_whitespace());
    let letter = text
        .get(digits.len()..)
        .map(str::trim)
        .filter(|letter| !letter.is_empty())
        .or(reference);
    let parts: Vec<f64> = digits.split(',').map(fraction).collect::<Option<_>>()?;
    let [degrees, minutes, seconds] = match parts.as_slice() {
        [degrees] => [*degrees, 0.0, 0.0],
        [degrees, minutes] => [*degrees, *minutes, 0.0],
        [degrees, minutes, seconds] => [*degrees, *minutes, *seconds],
        _ => return None,
    };
    let angle = degrees + (minutes / 60.0 + seconds / 3600.0).copysign(degrees);
    let south_or_west = letter.is_some_and(|letter| letter.starts_with(['S', 's', 'W', 'w']));
    angle
        .is_finite()
        .then_some(if south_or_west { -angle.abs() } else { angle })
}

/// A number, or one divided by another.
fn fraction(text: &str) -> Option<f64> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let value = match text.split_once('/') {
        Some((above, below)) => number(above)? / number(below)?,
        None => number(text)?,
    };
    Some(value).filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Python 3: 38 + 42.6834/60, -(9 + 7/60 + 48.5/3600).
    #[test]
    fn angles_are_read_in_every_way_that_they_are_written() {
        let near = |text, reference, expected: f64| {
            let angle = angle(text, reference).unwrap();
            assert!((angle - expected).abs() < 1e-9, "{text}: {angle}");
        };
        near("38,42.6834N", None, 38.711_39);
        near("9,7,48.5W", None, -9.130_138_888_889);
        near("-38.5", None, -38.5);
        near("-38,30", None, -38.5);
        near("38.5 S", None, -38.5);
        near("38.5", Some("S"), -38.5);
        near("385/10,30/1N", None, 39.0);
        for text in ["", "N", "a,b", "1,2,3,4N", "1/0N", "nan"] {
            assert_eq!(angle(text, None), None, "{text}");
        }
    }
}
