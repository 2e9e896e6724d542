//! When a photo was taken, as far as its file's name and time tell.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::taken::{DateSource, Taken};

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
    // A leap second is the end of its minute.
    let second = if second == 60 { 59 } else { second };
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
    wall_clock_seconds(when)
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

/// The date that a photo's name holds.
pub(super) fn taken_from_name_in(name: &str, _zone: &TimeZone) -> Option<Taken> {
    date_from_name(name).map(|seconds| Taken::at(seconds, DateSource::FileName))
}

/// The date (and time, if there is one) that a photo's file name holds: seconds since 1970-01-01 on the wall clock of
/// whoever named it. Without a time it is the start of the day.
///
/// Knows the names that cameras, phones and messengers give: `IMG_20230412_183005`, `PXL_20230412_163005123`,
/// `2023-04-12 18.30.05`, `IMG-20230412-WA0001`, `Screenshot_2023-04-12-18-30-05`, `20230412183005`, and the
/// milliseconds since 1970 of `mmexport1681317005123`. Only dates that exist in the calendar count.
pub fn date_from_name(name: &str) -> Option<i64> {
    let runs = digit_runs(name);
    (0..runs.len()).find_map(|at| date_at(name, runs.get(at..)?))
}

/// A run of ASCII digits: where it begins and ends in the name.
type Run = (usize, usize);

fn digit_runs(name: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (at, _) in name.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
        match runs.last_mut() {
            Some((_, end)) if *end == at => *end = at + 1,
            _ => runs.push((at, at + 1)),
        }
    }
    runs
}

fn date_at(name: &str, runs: &[Run]) -> Option<i64> {
    let digits = |run: &Run| name.get(run.0..run.1);
    let first = digits(runs.first()?)?;
    match first.len() {
        8 => {
            let date = split_date(first)?;
            dated(date, time_after(name, runs, 1))
        }
        14 | 17 => dated(split_date(first.get(..8)?)?, split_time(first.get(8..14)?)),
        4 => {
            let (month, day) = (two_digits(name, runs, 1)?, two_digits(name, runs, 2)?);
            dated([first.parse().ok()?, month, day], time_after(name, runs, 3))
        }
        13 => {
            let milliseconds = first
                .parse()
                .ok()
                .filter(|ms| (946_684_800_000..4_102_444_800_000).contains(ms))?;
            wall_clock_seconds(
                Timestamp::from_millisecond(milliseconds)
                    .ok()?
                    .to_zoned(TimeZone::system())
                    .datetime(),
            )
        }
        _ => None,
    }
}

/// The date with its time; where what follows the date is no time, the start of the day.
fn dated(date: [i64; 3], time: Option<[i64; 3]>) -> Option<i64> {
    time.and_then(|time| wall_clock(date, time))
        .or_else(|| wall_clock(date, [0, 0, 0]))
}

/// The time in run `at`, or in the three two-digit runs from there, if it stands close behind the date.
fn time_after(name: &str, runs: &[Run], at: usize) -> Option<[i64; 3]> {
    let previous = runs.get(at.checked_sub(1)?)?;
    let run = runs.get(at)?;
    // " at ", "_", "-", " ", "T"; a longer text between them belongs to something else.
    if run.0 - previous.1 > 4 {
        return None;
    }
    let digits = name.get(run.0..run.1)?;
    match digits.len() {
        // Pixel phones append milliseconds.
        6 | 9 => split_time(digits.get(..6)?),
        2 => Some([
            digits.parse().ok()?,
            two_digits(name, runs, at + 1)?,
            two_digits(name, runs, at + 2)?,
        ]),
        _ => None,
    }
}

/// Run `at`, if it has two digits and one character separates it from the run before.
fn two_digits(name: &str, runs: &[Run], at: usize) -> Option<i64> {
    let (previous, run) = (runs.get(at.checked_sub(1)?)?, runs.get(at)?);
    let digits = name.get(run.0..run.1).filter(|digits| digits.len() == 2)?;
    (run.0 - previous.1 == 1).then(|| digits.parse().ok()).flatten()
}

fn split_date(digits: &str) -> Option<[i64; 3]> {
    Some([
        digits.get(..4)?.parse().ok()?,
        digits.get(4..6)?.parse().ok()?,
        digits.get(6..8)?.parse().ok()?,
    ])
}

fn split_time(digits: &str) -> Option<[i64; 3]> {
    Some([
        digits.get(..2)?.parse().ok()?,
        digits.get(2..4)?.parse().ok()?,
        digits.get(4..6)?.parse().ok()?,
    ])
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

    /// 2023-04-12 00:00:00.
    const DAY: i64 = 1_681_257_600;
    /// 2023-04-12 18:30:05.
    const EVENING: i64 = DAY + 18 * 3600 + 30 * 60 + 5;

    #[test]
    fn names_of_cameras_phones_and_messengers_hold_their_dates() {
        for (name, expected) in [
            ("IMG_20230412_183005.jpg", EVENING),
            ("PXL_20230412_183005123.jpg", EVENING),
            ("PXL_20230412_183005123.PORTRAIT.jpg", EVENING),
            ("2023-04-12 18.30.05.jpg", EVENING),
            ("2023-04-12 18.30.05-1.jpg", EVENING),
            ("Screenshot_2023-04-12-18-30-05-77_abc.png", EVENING),
            ("WhatsApp Image 2023-04-12 at 18.30.05.jpeg", EVENING),
            ("signal-2023-04-12-183005.jpg", EVENING),
            ("20230412183005.jpg", EVENING),
            ("2023_04_12T18_30_05.png", EVENING),
            ("照片 2023.04.12 18.30.05.jpg", EVENING),
            ("IMG-20230412-WA0001.jpg", DAY),
            ("2023-04-12 Anna's birthday 123456.jpg", DAY),
            ("trip 20230412.jpg", DAY),
            ("20230412_993005.jpg", DAY),
        ] {
            assert_eq!(date_from_name(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn numbers_that_are_no_date_give_none() {
        for name in [
            "IMG_1234.jpg",
            "DSC00017.JPG",
            "20231345_183005.jpg",
            "2023-02-30.jpg",
            "99999999.jpg",
            "12345678901234567890.jpg",
            "2023-4-1.jpg",
            "1080x1920.png",
            "",
            "٢٠٢٣-٠٤-١٢.jpg",
        ] {
            assert_eq!(date_from_name(name), None, "{name}");
        }
    }

    #[test]
    fn leap_days_and_old_photographs_exist() {
        assert!(date_from_name("2024-02-29.jpg").is_some());
        assert_eq!(date_from_name("2023-02-29.jpg"), None);
        assert!(date_from_name("1931-07-04 grandmother.tif").is_some_and(|seconds| seconds < 0));
    }

    #[test]
    fn milliseconds_since_1970_are_read_as_local_time() {
        assert_eq!(
            date_from_name("mmexport1681324205123.jpg"),
            date_from_file_time(1_681_324_205_123_000_000)
        );
        assert!(date_from_name("mmexport1681324205123.jpg").is_some());
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
