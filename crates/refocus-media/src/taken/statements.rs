//! What metadata states of a photo's date: texts of EXIF, XMP, IPTC, PNG and the time of satellites, as [`Taken`].

use super::clock::{self, Clock, digits, milliseconds};
use super::{DateSource, LocalClock, Taken};
use crate::file_dates::wall_clock;

/// A date of EXIF (`YYYY:MM:DD HH:MM:SS`, and what cameras write instead), with the digits behind the second's point (SubSecTime)
/// and the distance of the clock from UTC (OffsetTime), both of which may also stand in the text itself.
pub(crate) fn from_exif(
    text: &str,
    sub_seconds: Option<&str>,
    offset: Option<&str>,
    source: DateSource,
) -> Option<Taken> {
    let stated = from_text(text, source)?;
    let fraction = sub_seconds.and_then(|text| {
        let (digits, _) = digits(text.trim())?;
        milliseconds(digits)
    });
    Some(Taken {
        milliseconds: stated.milliseconds.or(fraction),
        offset_minutes: stated.offset_minutes.or_else(|| from_offset(offset?)),
        ..stated
    })
}

/// An offset of EXIF, `+02:00`.
pub(crate) fn from_offset(text: &str) -> Option<i16> {
    let text = text.trim_matches(|c: char| c.is_control() || c.is_whitespace());
    clock::zone(text).or_else(|| {
        let without_sign = text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(':');
        without_sign.then(|| clock::zone(&format!("+{text}"))).flatten()
    })
}

/// A date of ISO 8601, as XMP and newer programs write it, from a year alone (`2019`) to a fraction of a second with its zone. What
/// is not stated is the first: `2019` is 2019-01-01 00:00:00.
///
/// The clock is kept as it is written and its zone beside it, also where that is `Z`: most programs that write `Z` had a local time
/// without a zone (XMP before 2005 knew no time without one), so that its numbers are what the camera showed.
pub(crate) fn from_iso_8601(text: &str, source: DateSource) -> Option<Taken> {
    from_text(text, source)
}

/// A text of a PNG about its date: RFC 1123 and 822, as the PNG specification asks for, ISO 8601, EXIF's form, C's `ctime`.
///
/// `about` is the text's keyword: that of the specification and those of programs; `None` for one that is no date of the picture.
/// Those of a change ([`is_png_text_of_a_change`]) are among them.
pub(crate) fn from_png_text(about: &str, text: &str) -> Option<Taken> {
    let about = about.trim().to_lowercase();
    let about = about.strip_prefix("xmp:").unwrap_or(&about);
    let source = match about.strip_prefix("exif:").unwrap_or(about) {
        _ if is_png_text_of_a_change(about) => DateSource::PngText,
        "datetimeoriginal" => DateSource::Exif,
        "datetimedigitized" => DateSource::ExifDigitized,
        "creation time" | "creationtime" | "create-date" | "createdate" | "creation date" | "creationdate"
        | "date created" | "datecreated" | "date taken" | "date/time" | "date" => DateSource::PngText,
        "datetime" => DateSource::ExifModified,
        _ => return None,
    };
    from_text(text, source)
}

/// Whether a text of a PNG is about the file's last change: ImageMagick's `date:create` and `date:modify` are the times of the file
/// that it read. They say less than every other statement.
pub(crate) fn is_png_text_of_a_change(about: &str) -> bool {
    let about = about.trim().to_lowercase();
    let about = about.strip_prefix("xmp:").unwrap_or(&about);
    matches!(
        about,
        "date:create" | "date:modify" | "modify-date" | "modifydate" | "date:timestamp"
    )
}

/// The time of a PNG's last change (`tIME`), in UTC, on the local clock.
pub(crate) fn from_png_time(time: [u8; 7], local: &LocalClock) -> Option<Taken> {
    let [high, low, month, day, hour, minute, second] = time;
    let year = i64::from(u16::from_be_bytes([high, low]));
    let of_day = [hour, minute, second].map(i64::from);
    let moment = wall_clock([year, month.into(), day.into()], of_day)?.checked_mul(1000)?;
    local.shown(moment, DateSource::ExifModified)
}

/// Day and time of IPTC, `CCYYMMDD` and `HHMMSS±HHMM`; zeros stand for a month or a day that is not known. The time may be empty.
pub(crate) fn from_iptc(date: &str, time: &str) -> Option<Taken> {
    let date = date.trim();
    let date = match digits(date) {
        Some((compact, "")) if compact.len() == 8 => {
            let part = |from, to| compact.get(from..to)?.parse::<i64>().ok();
            match [part(0, 4)?, part(4, 6)?, part(6, 8)?] {
                [year, 0, _] => [year, 1, 1],
                [year, month, 0] => [year, month, 1],
                whole => whole,
            }
        }
        _ => clock::read(date)?.date,
    };
    Clock {
        date,
        time: clock::time(time.trim()),
    }
    .taken(DateSource::Iptc)
}

/// Day (`YYYY:MM:DD`) and hours, minutes and seconds that satellites gave, in UTC, on the local clock.
///
/// They do not say what the clocks of the place showed. `local` is the camera's own where it states how far its clock was ahead of UTC
/// ([`LocalClock::ahead`]), else that of the place ([`LocalClock::of`]).
pub(crate) fn from_gps_at(date: &str, time: [f64; 3], local: &LocalClock) -> Option<Taken> {
    let [hours, minutes, seconds] = time;
    let of_day = hours * 3600.0 + minutes * 60.0 + seconds;
    if !(0.0..=86_400.0).contains(&of_day) {
        return None;
    }
    let day = wall_clock(clock::read(date)?.date, [0, 0, 0])?;
    let moment = day.checked_mul(1000)?.checked_add((of_day * 1000.0).round() as i64)?;
    local.shown(moment, DateSource::Gps)
}

fn from_text(text: &str, source: DateSource) -> Option<Taken> {
    let trimmed = text.trim_matches(|c: char| c.is_control() || c.is_whitespace());
    if let Some(moment) = since_1970(trimmed) {
        return LocalClock::of(None).shown(moment, source);
    }
    clock::read(text)?.taken(source)
}

/// Some programs write the seconds (ten digits) or milliseconds (thirteen) since 1970: in milliseconds.
fn since_1970(text: &str) -> Option<i64> {
    let (digits, "") = digits(text)? else {
        return None;
    };
    match digits.len() {
        10 => digits
            .parse::<i64>()
            .ok()
            .filter(|seconds| *seconds < 4_102_444_800)?
            .checked_mul(1000),
        13 => digits.parse::<i64>().ok().filter(|moment| *moment < 4_102_444_800_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    // Python 3.11: calendar.timegm((2013, 7, 12, 16, 54, 27)) = 1373648067.
    const AFTERNOON: i64 = 1_373_648_067;

    #[test]
    fn exif_dates_have_their_fraction_and_zone_beside_them() {
        let of = |sub_seconds, offset| {
            let taken = from_exif("2013:07:12 16:54:27", sub_seconds, offset, DateSource::Exif).unwrap();
            assert_eq!(taken.seconds, AFTERNOON);
            (taken.milliseconds, taken.offset_minutes)
        };
        assert_eq!(of(None, None), (None, None));
        assert_eq!(of(Some("27"), Some("-05:30")), (Some(270), Some(-330)));
        assert_eq!(of(Some("5  \0"), Some("+13:00\0")), (Some(500), Some(780)));
        assert_eq!(of(Some("007"), Some("Z")), (Some(7), Some(0)));
        assert_eq!(of(Some("123456"), Some("+0200")), (Some(123), Some(120)));
        assert_eq!(of(Some("   "), Some("   :  ")), (None, None));
        assert_eq!(of(Some("x"), Some("02:00")), (None, Some(120)));
        let own = from_exif(
            "2013:07:12 16:54:27.5+02:00",
            Some("9"),
            Some("+05:00"),
            DateSource::Exif,
        )
        .unwrap();
        assert_eq!((own.milliseconds, own.offset_minutes), (Some(500), Some(120)));
    }

    #[test]
    fn iptc_has_day_and_time_apart() {
        let of = |date, time| from_iptc(date, time).map(|taken| (taken.seconds, taken.offset_minutes));
        assert_eq!(of("20130712", "165427+0200"), Some((AFTERNOON, Some(120))));
        assert_eq!(of("20130712", "165427"), Some((AFTERNOON, None)));
        assert_eq!(of("2013-07-12", "16:54:27"), Some((AFTERNOON, None)));
        assert_eq!(of("20130712", ""), Some((AFTERNOON - 60_867, None)));
        // 2013-07-01 and 2013-01-01 (Python 3.11: calendar.timegm).
        assert_eq!(of("20130700", ""), Some((1_372_636_800, None)));
        assert_eq!(of("20130000", ""), Some((1_356_998_400, None)));
        for date in ["00000000", "", "x", "20131301"] {
            assert_eq!(of(date, "165427"), None, "{date}");
        }
    }

    #[test]
    fn satellites_give_utc_which_is_shown_on_the_persons_clock() {
        let shanghai = LocalClock::in_zone(TimeZone::get("Asia/Shanghai").unwrap(), None);
        let of = |date, time| from_gps_at(date, time, &shanghai);
        // Python 3.11, zoneinfo: 2020-12-18 17:27:06.5 UTC is 2020-12-19 01:27:06.5+08:00 there.
        let taken = of("2020:12:18", [17.0, 27.0, 6.5]).unwrap();
        assert_eq!(taken.seconds, wall_clock([2020, 12, 19], [1, 27, 6]).unwrap());
        assert_eq!((taken.milliseconds, taken.offset_minutes), (Some(500), Some(480)));
        assert_eq!(taken.source, DateSource::Gps);
        for time in [
            [f64::NAN, 0.0, 0.0],
            [-1.0, 0.0, 0.0],
            [f64::INFINITY, 0.0, 0.0],
            [25.0, 0.0, 0.0],
        ] {
            assert_eq!(of("2020:12:18", time), None, "{time:?}");
        }
        assert_eq!(of("", [1.0, 0.0, 0.0]), None);
    }

    #[test]
    fn png_texts_are_told_by_what_they_are_about() {
        let of = |about, text| from_png_text(about, text).map(|taken| (taken.seconds, taken.source));
        for (about, text, source) in [
            ("Creation Time", "Fri 12 Jul 2013 16:54:27 CEST", DateSource::PngText),
            ("Creation Time", "2013:07:12 16:54:27", DateSource::PngText),
            ("creation time", "2013-07-12T16:54:27+02:00", DateSource::PngText),
            ("create-date", "2013-07-12T16:54:27+02:00", DateSource::PngText),
            ("exif:DateTimeOriginal", "2013:07:12 16:54:27", DateSource::Exif),
            ("date:create", "2013-07-12T16:54:27+00:00", DateSource::PngText),
            ("xmp:CreateDate", "2013-07-12T16:54:27", DateSource::PngText),
        ] {
            assert_eq!(of(about, text), Some((AFTERNOON, source)), "{about}: {text}");
        }
        assert_eq!(of("Comment", "2013:07:12 16:54:27"), None);
        assert_eq!(of("Creation Time", "yesterday"), None);
    }

    #[test]
    fn seconds_since_1970_are_a_moment() {
        let now = from_exif("1373648067", None, None, DateSource::Exif).unwrap();
        let system = Taken::at_moment(AFTERNOON * 1000, &TimeZone::system(), DateSource::Exif).unwrap();
        assert_eq!(now, system);
        assert_eq!(from_exif("1373648067000", None, None, DateSource::Exif), Some(system));
    }
}
