//! Dates of XMP and IPTC, as they are stated.
//!
//! Sources: XMP specification, part 1, section 8.2.1.2 (ISO 8601); IPTC-NAA Information Interchange Model 4.2 (CCYYMMDD and
//! HHMMSS±HHMM).

use super::Written;
use crate::file_dates::wall_clock;
use crate::taken::{DateSource, Taken};

/// The dates that are no nonsense, those of XMP first.
pub(crate) fn taken(written: &Written) -> Vec<Taken> {
    let of_xmp = written
        .xmp_dates
        .iter()
        .filter_map(|(source, text)| read(text, *source));
    let of_iptc = written
        .iptc_dates
        .iter()
        .filter_map(|(day, time)| read(&format!("{day}T{time}"), DateSource::Iptc));
    of_xmp.chain(of_iptc).collect()
}

/// `2013-07-12T16:54:27.5+02:00`, also shorter, and without what separates numbers.
pub(crate) fn read(text: &str, source: DateSource) -> Option<Taken> {
    let text = text.trim();
    let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let day: String = day.chars().filter(char::is_ascii_digit).collect();
    let number = |digits: Option<&str>| digits.and_then(|digits| digits.parse::<i64>().ok());
    let date = [number(day.get(..4))?, number(day.get(4..6))?, number(day.get(6..8))?];
    let zone_at = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(zone_at)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let clock: String = clock.chars().filter(char::is_ascii_digit).collect();
    let part = |from: usize| number(clock.get(from..from + 2)).unwrap_or(0);
    let milliseconds = fraction
        .chars()
        .chain("000".chars())
        .take(3)
        .collect::<String>()
        .parse()
        .ok()
        .filter(|_| !fraction.is_empty());
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let offset_minutes = match zone.chars().next() {
        Some('Z' | 'z') => Some(0),
        Some(sign) => {
            let hours = digits.get(..2)?.parse::<i16>().ok()?;
            let minutes = digits
                .get(2..4)
                .map_or(Some(0), |minutes| minutes.parse::<i16>().ok())?;
            let all = hours * 60 + minutes;
            (all <= 14 * 60).then_some(if sign == '-' { -all } else { all })
        }
        None => None,
    };
    Some(Taken {
        milliseconds,
        offset_minutes,
        ..Taken::at(wall_clock(date, [part(0), part(2), part(4)])?, source)
    })
}

/// Seconds since 1970-01-01 UTC of a date; one without a zone is taken as UTC.
pub(super) fn moment(text: &str) -> Option<i64> {
    let taken = read(text, DateSource::Xmp)?;
    Some(taken.seconds - i64::from(taken.offset_minutes.unwrap_or_default()) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Python 3: calendar.timegm((2013, 7, 12, 16, 54, 27)) = 1373648067.
    #[test]
    fn dates_are_read_with_fractions_and_zones() {
        let of =
            |text| read(text, DateSource::Xmp).map(|taken| (taken.seconds, taken.milliseconds, taken.offset_minutes));
        assert_eq!(of("2013-07-12T16:54:27"), Some((1_373_648_067, None, None)));
        assert_eq!(
            of("2013-07-12T16:54:27.5+02:00"),
            Some((1_373_648_067, Some(500), Some(120)))
        );
        assert_eq!(of("2013-07-12T16:54:27-0330"), Some((1_373_648_067, None, Some(-210))));
        assert_eq!(of("20130712T165427Z"), Some((1_373_648_067, None, Some(0))));
        assert_eq!(of("2013:07:12 16:54:27"), Some((1_373_648_067, None, None)));
        assert_eq!(of("2013-07-12"), Some((1_373_648_067 - 60_867, None, None)));
        for text in [
            "",
            "T",
            "2013",
            "2013-13-12",
            "x",
            "2013-07-12T16:54:27+xx",
            "é".repeat(20).as_str(),
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
