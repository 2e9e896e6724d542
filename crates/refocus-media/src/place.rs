//! Places on the earth: where a photo was taken.

use serde::{Deserialize, Serialize};

/// Mean radius of the earth, metres (IUGG).
const EARTH_M: f64 = 6_371_008.8;

/// A place on the earth, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Degrees north of the equator, −90 to 90.
    pub latitude: f64,
    /// Degrees east of Greenwich, −180 to 180.
    pub longitude: f64,
    /// Metres above sea level, where that is stated.
    pub altitude_m: Option<f64>,
}

impl Place {
    /// A place; `None` where there is none with these numbers. Cameras without a fix write 0, 0.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64, altitude_m: Option<f64>) -> Option<Self> {
        let exists = latitude.abs() <= 90.0 && longitude.abs() <= 180.0 && (latitude, longitude) != (0.0, 0.0);
        exists.then_some(Self {
            latitude,
            longitude,
            altitude_m: altitude_m.filter(|metres| metres.is_finite()),
        })
    }

    /// Metres to another place along the surface (haversine formula; the earth as a sphere, so up to 0.6 % off).
    #[must_use]
    pub fn distance_m(&self, other: &Self) -> f64 {
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let north = (to - from) / 2.0;
        let east = (other.longitude - self.longitude).to_radians() / 2.0;
        let h = north.sin().powi(2) + from.cos() * to.cos() * east.sin().powi(2);
        2.0 * EARTH_M * h.sqrt().min(1.0).asin()
    }

    /// An address that the system's map program opens (RFC 5870).
    #[must_use]
    pub fn geo_uri(&self) -> String {
        format!("geo:{:.6},{:.6}", self.latitude, self.longitude)
    }

    /// As people read it: `38.71139° N, 9.13028° W, 12 m`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let north = if self.latitude < 0.0 { "S" } else { "N" };
        let east = if self.longitude < 0.0 { "W" } else { "E" };
        let place = format!(
            "{:.5}° {north}, {:.5}° {east}",
            self.latitude.abs(),
            self.longitude.abs()
        );
        match self.altitude_m {
            Some(metres) => format!("{place}, {metres:.0} m"),
            None => place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_sphere() {
        let at = |latitude, longitude| Place::new(latitude, longitude, None).unwrap();
        let (berlin, lisbon) = (at(52.52, 13.405), at(38.7223, -9.1393));
        // Computed with another formula (atan2 of Vincenty on a sphere, Python 3 math): 2,312,125.8 m.
        assert!((berlin.distance_m(&lisbon) - 2_312_125.8).abs() < 0.1);
        assert!(at(0.0, 179.9).distance_m(&at(0.0, -179.9)) < 22_300.0);
        assert_eq!(berlin.distance_m(&berlin), 0.0);
    }

    #[test]
    fn a_place_that_does_not_exist_is_none() {
        assert!(Place::new(0.0, 0.0, None).is_none());
        assert!(Place::new(91.0, 0.0, None).is_none());
        assert!(Place::new(f64::NAN, 1.0, None).is_none());
        assert_eq!(
            Place::new(-38.711_39, -9.130_28, Some(12.4)).unwrap().in_words(),
            "38.71139° S, 9.13028° W, 12 m"
        );
    }
}
