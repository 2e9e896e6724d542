//! When a photo was taken, as far as its file's name and time tell; the calendar of both.
//!
//! | file | idea |
//! |---|---|
//! | `mod.rs` | dates of the calendar, the file's time |
//! | `name.rs` | the date in a name |
//! | `name_time.rs` | the time behind it |

mod name;
mod name_time;

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::taken::Taken;

pub(super) use name::taken_from_name_in;

/// Seconds from 1970-01-01 00:00 to `when` on the same wall clock, no time zone.
pub(super) fn wall_clock_seconds(when: DateTime) -> Option<i64> {
    TimeZone::UTC.to_timestamp(when).ok().map(Timestamp::as_second)
}

/// A wall-clock time of a photo; `None` unless it exists in the calendar. Photographs exist since 1826.
pub(super) fn wall_clock(date: [i64; 3], time: [i64; 3]) -> Option<i64> {
    let small = |value: i64| i8::try_from(value).ok();
    let [year, month, day] = date;
    let [hour, minute, second] = time;
    let year = i16::try_from(year).ok().filter(|year| (1826..=2099).contains(year))?;
    // A leap second, or one that was rounded up, is the begin of the next minute.
    let (second, more) = if second == 60 { (59, 1) } else { (second, 0) };
    let when = DateTime::new(
        year,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        0,
    )
    .ok()?;
    wall_clock_seconds(when).map(|seconds| seconds + more)
}

/// The local wall-clock time of a file's time, given in nanoseconds since 1970-01-01 UTC: seconds since 1970-01-01.
pub fn date_from_file_time(modified_ns: i64) -> Option<i64> {
    date_from_file_time_in(modified_ns, &TimeZone::system())
}

/// Like [`date_from_file_time`], on a clock of `zone`.
pub(super) fn date_from_file_time_in(modified_ns: i64, zone: &TimeZone) -> Option<i64> {
    let stamp = Timestamp::from_nanosecond(i128::from(modified_ns)).ok()?;
    wall_clock_seconds(stamp.to_zoned(zone.clone()).datetime())
}

/// The date (and time, if there is one) that a photo's file name holds, with [`DateSource::FileName`](super::DateSource). Without a
/// time it is the start of the day.
///
/// It is on the wall clock of whoever named it, and on the person's own where the name states UTC or seconds since 1970. Knows the
/// names that cameras, telephones, messengers, screenshots of all systems and people give; only dates that exist in the calendar
/// count. Years are 1826 to 2099.
#[must_use]
pub fn taken_from_name(name: &str) -> Option<Taken> {
    taken_from_name_in(name, &TimeZone::system())
}

/// `modified_ns` of [`super::scan::FoundFile`] as a system time.
pub fn system_time(modified_ns: i64) -> SystemTime {
    let distance = Duration::from_nanos(modified_ns.unsigned_abs());
    if modified_ns >= 0 {
        SystemTime::UNIX_EPOCH + distance
    } else {
        SystemTime::UNIX_EPOCH - distance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_since_1970_are_read_as_local_time() {
        assert_eq!(
            taken_from_name("mmexport1681324205123.jpg").map(|taken| taken.seconds),
            date_from_file_time(1_681_324_205_123_000_000)
        );
        assert!(taken_from_name("mmexport1681324205123.jpg").is_some());
    }

    #[test]
    fn file_times_of_any_value_are_safe() {
        assert!(date_from_file_time(0).is_some_and(|seconds| seconds.abs() <= 15 * 3600));
        for extreme in [i64::MIN, i64::MAX] {
            date_from_file_time(extreme);
            system_time(extreme);
        }
        assert_eq!(
            system_time(-1_000_000_000),
            SystemTime::UNIX_EPOCH - Duration::from_secs(1)
        );
    }
}
