//! Dates of XMP and IPTC, as they are stated.

use super::Written;
use crate::taken::{DateSource, LocalClock, Taken, from_iptc, from_iso_8601};

/// The dates that are no nonsense, those of XMP first; satellites' time on the clock of the place.
pub(crate) fn taken(written: &Written, local: &LocalClock) -> Vec<Taken> {
    let of_xmp = written.xmp_dates.iter().filter_map(|(source, text)| match source {
        DateSource::Gps => of_satellites(text, local),
        source => from_iso_8601(text, *source),
    });
    let of_iptc = written.iptc_dates.iter().filter_map(|(day, time)| from_iptc(day, time));
    of_xmp.chain(of_iptc).collect()
}

/// Date and time of satellites in XMP are UTC, unless another zone is written: what the local clock showed then.
fn of_satellites(text: &str, local: &LocalClock) -> Option<Taken> {
    let stated = from_iso_8601(text, DateSource::Gps)?;
    let seconds = stated.seconds - i64::from(stated.offset_minutes.unwrap_or_default()) * 60;
    let moment = seconds
        .checked_mul(1000)?
        .checked_add(i64::from(stated.milliseconds.unwrap_or_default()))?;
    local.shown(moment, DateSource::Gps)
}

/// Seconds since 1970-01-01 UTC of a date; one without a zone is taken as UTC.
pub(super) fn moment(text: &str) -> Option<i64> {
    let taken = from_iso_8601(text, DateSource::Xmp)?;
    Some(taken.seconds - i64::from(taken.offset_minutes.unwrap_or_default()) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Python 3.11: calendar.timegm((2013, 7, 12, 16, 54, 27)) = 1373648067; zoneinfo: Berlin was two hours ahead of UTC.
    #[test]
    fn satellites_give_utc() {
        let berlin = LocalClock::ahead(120).unwrap();
        for text in [
            "2013-07-12T14:54:27Z",
            "2013-07-12T14:54:27",
            "2013-07-12T16:54:27+02:00",
        ] {
            let taken = of_satellites(text, &berlin).unwrap();
            assert_eq!(
                (taken.seconds, taken.offset_minutes),
                (1_373_648_067, Some(120)),
                "{text}"
            );
        }
        assert_eq!(of_satellites("14:54:27", &berlin), None);
    }

    #[test]
    fn dates_of_xmp_and_iptc_join() {
        let written = Written {
            xmp_dates: vec![
                (DateSource::Xmp, "2013-07".to_owned()),
                (DateSource::XmpCreated, "never".to_owned()),
            ],
            iptc_dates: vec![("20130712".to_owned(), "165427+0200".to_owned())],
            ..Written::default()
        };
        let found: Vec<_> = taken(&written, &LocalClock::of(None))
            .iter()
            .map(|taken| (taken.seconds, taken.source))
            .collect();
        // 2013-07-01 (Python 3.11: calendar.timegm).
        assert_eq!(
            found,
            [(1_372_636_800, DateSource::Xmp), (1_373_648_067, DateSource::Iptc)]
        );
    }
}
