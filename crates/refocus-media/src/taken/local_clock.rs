//! The clock on which a moment in UTC is shown: that of the place where a photo was taken, as far as anybody can know it.
//!
//! Source: nautical time zones, 15 degrees of longitude wide with the whole hours' meridians in their middles (International
//! Hydrographic Bureau, since 1920).

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::{DateSource, Taken};
use crate::place::Place;

/// A clock that shows moments.
#[derive(Clone, Debug)]
pub(crate) struct LocalClock {
    zone: TimeZone,
    /// Degrees east of Greenwich of where the photo was taken.
    longitude: Option<f64>,
}

impl LocalClock {
    /// The clock of a place, told by the person's time zone, that of the system, where it can be the place's as well.
    pub(crate) fn of(place: Option<&Place>) -> Self {
        Self::in_zone(TimeZone::system(), place)
    }

    /// Like [`LocalClock::of`], for a person in `zone`.
    pub(super) fn in_zone(zone: TimeZone, place: Option<&Place>) -> Self {
        Self {
            zone,
            longitude: place.map(|place| place.longitude),
        }
    }

    /// A clock that many minutes ahead of UTC, wherever it is.
    pub(crate) fn ahead(minutes: i16) -> Option<Self> {
        let offset = Offset::from_seconds(i32::from(minutes) * 60).ok()?;
        Some(Self::in_zone(TimeZone::fixed(offset), None))
    }

    /// What it showed at a moment, `milliseconds` after 1970-01-01 UTC.
    ///
    /// Without a place, the person's zone. With a place, the person's zone if its offset at that moment is within two hours of the
    /// nautical one (zones of states differ by so much from it), else the nautical one: longitude / 15, rounded.
    pub(crate) fn shown(&self, milliseconds: i64, source: DateSource) -> Option<Taken> {
        let zone = self.nautical_instead(milliseconds);
        Taken::at_moment(milliseconds, zone.as_ref().unwrap_or(&self.zone), source)
    }

    /// The place's nautical zone, where the person's cannot be that of the place.
    fn nautical_instead(&self, milliseconds: i64) -> Option<TimeZone> {
        const WITHIN: i32 = 2 * 3600;
        let hours = (self.longitude?.clamp(-180.0, 180.0) / 15.0).round() as i8;
        let nautical = Offset::from_hours(hours).ok()?;
        let moment = Timestamp::from_millisecond(milliseconds).ok()?;
        let of_person = self.zone.to_offset(moment).seconds();
        ((of_person - nautical.seconds()).abs() > WITHIN).then(|| TimeZone::fixed(nautical))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_dates::wall_clock;

    /// 2024-03-10 00:10:00 UTC (Python 3.11: calendar.timegm), milliseconds.
    const MORNING: i64 = 1_710_029_400_000;

    fn shown(person: &str, latitude: f64, longitude: f64) -> (i64, Option<i16>) {
        let place = Place::new(latitude, longitude, None);
        let clock = LocalClock::in_zone(TimeZone::get(person).unwrap(), place.as_ref());
        let taken = clock.shown(MORNING, DateSource::Gps).unwrap();
        (taken.seconds, taken.offset_minutes)
    }

    fn at(date: [i64; 3], time: [i64; 3], offset: i16) -> (i64, Option<i16>) {
        (wall_clock(date, time).unwrap(), Some(offset))
    }

    // Python 3.11, zoneinfo: 2024-03-10 00:10 UTC is 09:10+09:00 in Asia/Tokyo, 2024-03-09 19:10-05:00 in America/New_York, 01:10+01:00
    // in Europe/Madrid, 05:40+05:30 in Asia/Kolkata; round(longitude / 15) by Python as well.
    #[test]
    fn a_moment_far_from_home_is_on_the_clock_of_the_place() {
        assert_eq!(
            shown("America/New_York", 35.68, 139.69),
            at([2024, 3, 10], [9, 10, 0], 540)
        );
        assert_eq!(shown("Asia/Tokyo", 40.71, -74.01), at([2024, 3, 9], [19, 10, 0], -300));
        assert_eq!(shown("America/New_York", -17.7, -180.0).1, Some(-720));
    }

    #[test]
    fn the_persons_zone_counts_where_it_can_be_the_places() {
        // Santiago de Compostela lies in nautical zone -1, New Delhi in +5.
        assert_eq!(shown("Europe/Madrid", 42.88, -8.54), at([2024, 3, 10], [1, 10, 0], 60));
        assert_eq!(shown("Asia/Kolkata", 28.61, 77.21), at([2024, 3, 10], [5, 40, 0], 330));
        let nowhere = LocalClock::in_zone(TimeZone::get("America/New_York").unwrap(), None);
        let taken = nowhere.shown(MORNING, DateSource::Gps).unwrap();
        assert_eq!(
            (taken.seconds, taken.offset_minutes),
            at([2024, 3, 9], [19, 10, 0], -300)
        );
    }

    #[test]
    fn moments_of_any_value_are_safe() {
        let place = Place::new(10.0, 179.9, None);
        for extreme in [i64::MIN, i64::MAX] {
            assert_eq!(LocalClock::of(place.as_ref()).shown(extreme, DateSource::Gps), None);
        }
    }
}
