//! Dates that no clock showed: what cameras and programs write when they do not know the time.
//!
//! Sources: reports about photos (PhotoPrism takes 1970-01-01 and 2002-12-08 12:00:00, which Android phones wrote, for unknown;
//! exiftool issue 374 lists years of unset clocks), manuals of cameras (the clock begins at January 1 of a year between 1998 and
//! 2020 when the battery was out), and the zeros of clocks: 1899-12-30 (OLE Automation, Delphi and
//! Excel: Microsoft's documentation of `DateTime.FromOADate`), 1904 (QuickTime), 1970 (Unix), 1980-01-01 (FAT), 1980-01-06 (GPS).

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::{DateSource, SECONDS_OF_DAY, Taken};
use crate::file_dates::wall_clock;

/// The wall clock farthest ahead is 14 hours before UTC, and a clock may be a day wrong.
const TOLERANCE: i64 = SECONDS_OF_DAY + 14 * 3600;

/// The present, seconds since 1970-01-01 UTC.
pub(super) fn present() -> i64 {
    Timestamp::now().as_second()
}

/// Whether the value is one of a clock that was never set, or later than tomorrow. A name's day is a person's own word, and so is
/// made up only where it is in the future or a clock's zero.
pub(super) fn is_made_up(taken: &Taken, present: i64) -> bool {
    taken.seconds > present.saturating_add(TOLERANCE)
        || match taken.source {
            DateSource::FileName => !taken.is_day_only() && is_zero_of_a_clock(taken.seconds),
            _ => is_zero_of_a_clock(taken.seconds) || is_begin_of_a_year(taken),
        }
}

/// Whether nobody means the value: to the second what programs write for "unknown". The file's own time says more.
///
/// January 1 of 1980 or 2000 is not among them, for people write it who know no more than the year.
pub(super) fn means_nothing(taken: &Taken) -> bool {
    /// Second 0 of 1970 as the time zones show it, but noon, which people write for a day.
    const UNIX_ZERO: std::ops::RangeInclusive<i64> = -11 * 3600..=14 * 3600;
    let zeros = [
        ([1899, 12, 30], [0, 0, 0]),
        ([1904, 1, 1], [0, 0, 0]),
        ([2002, 12, 8], [12, 0, 0]),
    ];
    let of_unix = UNIX_ZERO.contains(&taken.seconds) && taken.seconds % 900 == 0 && taken.seconds != 12 * 3600;
    of_unix
        || zeros
            .into_iter()
            .any(|(date, time)| wall_clock(date, time) == Some(taken.seconds))
}

fn is_zero_of_a_clock(seconds: i64) -> bool {
    /// Days on which clocks begin, and the first and last second of that day which counts: an unset clock runs.
    const ZEROS: [([i64; 3], i64, i64); 9] = [
        // Of a time without a day, the day is this one.
        ([1899, 12, 30], 0, 86_399),
        ([1904, 1, 1], 0, 86_399),
        // West of Greenwich the zero is in the evening before.
        ([1969, 12, 31], 43_200, 86_399),
        ([1970, 1, 1], 0, 86_399),
        ([1978, 1, 1], 0, 3_599),
        ([1979, 12, 31], 43_200, 86_399),
        ([1980, 1, 1], 0, 86_399),
        ([1980, 1, 6], 0, 3_599),
        ([2002, 12, 8], 43_200, 43_259),
    ];
    ZEROS.into_iter().any(|(date, first, last)| {
        wall_clock(date, [0, 0, 0]).is_some_and(|day| (day + first..=day + last).contains(&seconds))
    })
}

/// January 1 of the years in which cameras begin: the first hour and noon of 1998 to 2001, later only midnight sharp, for there
/// many people take photos in the first hour of a year.
fn is_begin_of_a_year(taken: &Taken) -> bool {
    let day = taken.day().saturating_mul(SECONDS_OF_DAY);
    let Some(date) = Timestamp::from_second(day)
        .ok()
        .map(|at| at.to_zoned(jiff::tz::TimeZone::UTC))
    else {
        return false;
    };
    let date: DateTime = date.datetime();
    if (date.month(), date.day()) != (1, 1) {
        return false;
    }
    match (date.year(), taken.seconds - day) {
        (1998..=2001, 0..3_600 | 43_200..43_260) => true,
        (2002..=2020, 0) => taken.is_day_only(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-30 12:00:00 (Python 3: calendar.timegm).
    const PRESENT: i64 = 1_796_040_000;

    fn made_up(date: [i64; 3], time: [i64; 3], source: DateSource) -> bool {
        is_made_up(&Taken::at(wall_clock(date, time).unwrap(), source), PRESENT)
    }

    #[test]
    fn values_of_unset_clocks_are_made_up() {
        for (date, time) in [
            ([1899, 12, 30], [0, 0, 0]),
            ([1904, 1, 1], [0, 0, 0]),
            ([1969, 12, 31], [19, 0, 0]),
            ([1970, 1, 1], [0, 0, 0]),
            ([1970, 1, 1], [1, 0, 0]),
            ([1980, 1, 1], [0, 0, 0]),
            ([1980, 1, 1], [0, 12, 44]),
            ([1980, 1, 6], [0, 0, 0]),
            ([1999, 1, 1], [0, 0, 0]),
            ([2000, 1, 1], [0, 3, 17]),
            ([2000, 1, 1], [12, 0, 0]),
            ([2002, 12, 8], [12, 0, 0]),
            ([2015, 1, 1], [0, 0, 0]),
            ([2026, 12, 3], [0, 0, 0]),
            ([2050, 12, 31], [10, 0, 0]),
        ] {
            assert!(made_up(date, time, DateSource::Exif), "{date:?} {time:?}");
        }
    }

    #[test]
    fn ordinary_times_are_not() {
        for (date, time) in [
            ([1970, 1, 2], [10, 0, 0]),
            ([1985, 1, 1], [0, 0, 0]),
            ([2000, 1, 1], [1, 30, 0]),
            ([2002, 12, 8], [12, 1, 0]),
            ([2015, 1, 1], [0, 4, 0]),
            ([2026, 12, 1], [2, 0, 0]),
            ([1826, 1, 1], [0, 0, 0]),
        ] {
            assert!(!made_up(date, time, DateSource::Exif), "{date:?} {time:?}");
        }
        assert!(!made_up([1899, 12, 31], [0, 0, 0], DateSource::Exif));
        assert!(!made_up([1980, 1, 1], [0, 0, 0], DateSource::FileName));
        assert!(made_up([1970, 1, 1], [0, 3, 0], DateSource::FileName));
    }
}
