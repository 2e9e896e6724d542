//! Which of several statements about a photo's date counts.

use jiff::tz::TimeZone;

use super::made_up::{is_made_up, means_nothing, present};
use super::{DateSource, Taken};
use crate::file_dates::{date_from_file_time_in, taken_from_name_in};

/// The statement that counts among those of one file, `None` where there is none.
///
/// The camera's word on when it released comes first, then that of programs (XMP, IPTC), when the picture became a file, the
/// satellites' time, PNG texts, and last the change that a program noted; of equals the first. A value that is made up
/// ([`Taken::is_made_up`]) counts only where all are. Where the one that counts gives only a day, the time is taken from another of
/// the same day; where it gives no fraction or zone, they are taken from another of the same second.
pub(crate) fn best(statements: &[Taken]) -> Option<Taken> {
    best_at(statements, present())
}

fn best_at(statements: &[Taken], present: i64) -> Option<Taken> {
    let order = |taken: &&Taken| (is_made_up(taken, present), rank(taken.source));
    let mut sorted: Vec<&Taken> = statements.iter().collect();
    sorted.sort_by_key(order);
    let (first, others) = sorted.split_first()?;
    Some(others.iter().fold(**first, |taken, other| completed(taken, other)))
}

/// How little a source says about when a photo was taken.
fn rank(source: DateSource) -> u8 {
    match source {
        DateSource::Sidecar => 0,
        DateSource::Exif => 1,
        DateSource::Xmp => 2,
        DateSource::Iptc => 3,
        DateSource::ExifDigitized => 4,
        DateSource::XmpCreated => 5,
        DateSource::Gps => 6,
        DateSource::PngText => 7,
        DateSource::ExifModified => 8,
        DateSource::FileName => 9,
        DateSource::FileTime => 10,
    }
}

/// The statement with what another adds to it: the time of its day, the fraction or the zone of its second.
fn completed(taken: Taken, other: &Taken) -> Taken {
    if taken.is_day_only() && !other.is_day_only() && taken.day() == other.day() {
        return Taken {
            source: taken.source,
            ..*other
        };
    }
    if taken.seconds != other.seconds {
        return taken;
    }
    Taken {
        milliseconds: taken.milliseconds.or(other.milliseconds),
        offset_minutes: taken.offset_minutes.or(other.offset_minutes),
        ..taken
    }
}

/// When a photo was taken: what stands in its sidecar or in its file, else the date in its name, else the file's time (nanoseconds
/// since 1970-01-01 UTC) on the person's own wall clock, that is in the system's time zone.
///
/// - A sidecar's date counts before the file's, for it was written later; but when the file was made, which some sidecars repeat
///   (`xmp:CreateDate`), counts less than the camera's own word in the file.
/// - A made-up date ([`Taken::is_made_up`]) loses against one that is not, wherever it stands, also in the name. Against the file's
///   time it loses only where nobody can mean it (1970-01-01 00:00:00 in any time zone, 1899-12-30 and 1904-01-01 00:00:00, 2002-12-08 12:00:00); January 1 of 1980
///   or 2000 and dates in the future stay, for people write the first and the file's time tells no more than the last copying.
/// - The last change that a program noted (EXIF `DateTime`) loses against an earlier day in the name, and so does a text of a PNG,
///   which may be about a change as well (ImageMagick's `date:create`). Of two changes that of the file counts, not the sidecar's.
/// - Where a statement gives only a day and another one gives a time on the same day, the time is taken from that; from the file's
///   time only where the day is that of the name.
#[must_use]
pub fn resolve_taken(in_file: Option<Taken>, in_sidecar: Option<Taken>, name: &str, modified_ns: i64) -> Taken {
    resolve_in(in_file, in_sidecar, name, modified_ns, &TimeZone::system(), present())
}

fn resolve_in(
    in_file: Option<Taken>,
    in_sidecar: Option<Taken>,
    name: &str,
    modified_ns: i64,
    zone: &TimeZone,
    present: i64,
) -> Taken {
    let file_time = Taken::at(
        date_from_file_time_in(modified_ns, zone).unwrap_or(modified_ns.div_euclid(1_000_000_000)),
        DateSource::FileTime,
    );
    let made_up = |taken: &Taken| is_made_up(taken, present);
    let stated = sidecar_or_file(in_sidecar, in_file, made_up);
    let named = taken_from_name_in(name, zone).filter(|named| !made_up(named));
    match (stated, named) {
        (Some(stated), Some(named)) => {
            let may_be_a_change = matches!(stated.source, DateSource::ExifModified | DateSource::PngText);
            let earlier = may_be_a_change && named.day() < stated.day();
            if earlier || made_up(&stated) {
                completed(completed(named, &stated), &file_time)
            } else {
                completed(stated, &named)
            }
        }
        (Some(stated), None) => {
            let more = means_nothing(&stated) && !made_up(&file_time) && !means_nothing(&file_time);
            if more { file_time } else { stated }
        }
        (None, Some(named)) => completed(named, &file_time),
        (None, None) => file_time,
    }
}

fn sidecar_or_file(
    in_sidecar: Option<Taken>,
    in_file: Option<Taken>,
    made_up: impl Fn(&Taken) -> bool,
) -> Option<Taken> {
    let (Some(sidecar), Some(file)) = (in_sidecar, in_file) else {
        return in_sidecar.or(in_file);
    };
    let key = |taken: &Taken| (made_up(taken), rank(taken.source));
    // Of two that say the same kind of thing, the sidecar was written later; but a later change says less.
    let of_file =
        key(&file) < key(&sidecar) || (key(&file) == key(&sidecar) && file.source == DateSource::ExifModified);
    Some(if of_file {
        completed(file, &sidecar)
    } else {
        completed(sidecar, &file)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_dates::wall_clock;

    /// 2026-11-30 12:00:00 (Python 3.11: calendar.timegm).
    const PRESENT: i64 = 1_796_040_000;
    /// 2020-12-18 17:27:06 UTC (Python 3.11: calendar.timegm), nanoseconds.
    const COPIED: i64 = 1_608_312_426_000_000_000;

    fn at(date: [i64; 3], time: [i64; 3], source: DateSource) -> Taken {
        Taken::at(wall_clock(date, time).unwrap(), source)
    }

    fn exif(date: [i64; 3], time: [i64; 3]) -> Option<Taken> {
        Some(at(date, time, DateSource::Exif))
    }

    fn resolved(in_file: Option<Taken>, in_sidecar: Option<Taken>, name: &str) -> Taken {
        resolve_in(in_file, in_sidecar, name, COPIED, &TimeZone::UTC, PRESENT)
    }

    #[test]
    fn the_cameras_word_comes_first_and_the_last_change_last() {
        let day = [2013, 7, 12];
        let sources = [
            DateSource::ExifModified,
            DateSource::PngText,
            DateSource::Gps,
            DateSource::XmpCreated,
            DateSource::ExifDigitized,
            DateSource::Iptc,
            DateSource::Xmp,
            DateSource::Exif,
        ];
        let all: Vec<Taken> = (1..)
            .zip(sources)
            .map(|(hour, source)| at(day, [hour, 0, 0], source))
            .collect();
        for last in 0..all.len() {
            assert_eq!(best_at(&all[..=last], PRESENT), Some(all[last]));
        }
        assert_eq!(best_at(&[], PRESENT), None);
    }

    #[test]
    fn a_made_up_value_loses_against_every_statement() {
        let real = at([2013, 7, 12], [16, 54, 27], DateSource::ExifModified);
        for unset in [
            at([1970, 1, 1], [0, 0, 0], DateSource::Exif),
            at([2002, 12, 8], [12, 0, 0], DateSource::Exif),
            at([1980, 1, 1], [0, 0, 11], DateSource::Exif),
            at([2000, 1, 1], [0, 0, 0], DateSource::Xmp),
            at([2050, 12, 31], [10, 0, 0], DateSource::Exif),
        ] {
            assert_eq!(best_at(&[unset, real], PRESENT), Some(real), "{unset:?}");
            assert_eq!(best_at(&[unset], PRESENT), Some(unset));
        }
    }

    #[test]
    fn a_day_takes_its_time_from_another_statement_of_the_same_day() {
        let day = at([2013, 7, 12], [0, 0, 0], DateSource::Exif);
        let same = at([2013, 7, 12], [16, 54, 27], DateSource::XmpCreated);
        let other = at([2013, 7, 13], [16, 54, 27], DateSource::Xmp);
        let expected = Taken {
            source: DateSource::Exif,
            ..same
        };
        assert_eq!(best_at(&[other, day, same], PRESENT), Some(expected));
        assert_eq!(best_at(&[other, day], PRESENT), Some(day));
    }

    #[test]
    fn the_zone_and_the_fraction_come_from_another_statement_of_the_same_second() {
        let exif = at([2013, 7, 12], [16, 54, 27], DateSource::Exif);
        let xmp = Taken {
            milliseconds: Some(270),
            offset_minutes: Some(120),
            source: DateSource::Xmp,
            ..exif
        };
        let expected = Taken {
            source: DateSource::Exif,
            ..xmp
        };
        assert_eq!(best_at(&[exif, xmp], PRESENT), Some(expected));
    }

    #[test]
    fn a_dated_name_is_better_than_an_unset_clock() {
        let named = resolved(exif([2002, 12, 8], [12, 0, 0]), None, "IMG_20130712_165427.jpg");
        assert_eq!(named, at([2013, 7, 12], [16, 54, 27], DateSource::FileName));
        let named = resolved(exif([1970, 1, 1], [0, 0, 0]), None, "IMG_20190101_101010.jpg");
        assert_eq!(named, at([2019, 1, 1], [10, 10, 10], DateSource::FileName));
        let future = resolved(
            exif([2050, 12, 31], [10, 0, 0]),
            None,
            "WhatsApp Image 2013-07-12 at 4.54.27 PM.jpeg",
        );
        assert_eq!(future, at([2013, 7, 12], [16, 54, 27], DateSource::FileName));
        // An ordinary date is better than the name.
        let stated = resolved(exif([2017, 5, 31], [18, 43, 23]), None, "IMG_20190101_101010.jpg");
        assert_eq!(stated, exif([2017, 5, 31], [18, 43, 23]).unwrap());
    }

    #[test]
    fn against_the_files_time_only_a_value_that_nobody_means_loses() {
        let copied = at([2020, 12, 18], [17, 27, 6], DateSource::FileTime);
        assert_eq!(resolved(exif([1970, 1, 1], [0, 0, 0]), None, "a.jpg"), copied);
        // What a program in Berlin or New York makes of no time.
        assert_eq!(resolved(exif([1970, 1, 1], [1, 0, 0]), None, "a.jpg"), copied);
        assert_eq!(resolved(exif([1969, 12, 31], [19, 0, 0]), None, "a.jpg"), copied);
        assert_eq!(resolved(exif([2002, 12, 8], [12, 0, 0]), None, "a.jpg"), copied);
        assert_eq!(resolved(exif([1899, 12, 30], [0, 0, 0]), None, "a.jpg"), copied);
        for stated in [
            exif([2050, 12, 31], [10, 0, 0]),
            exif([1980, 1, 1], [0, 0, 0]),
            exif([2000, 1, 1], [0, 0, 0]),
        ] {
            assert_eq!(resolved(stated, None, "a.jpg"), stated.unwrap());
        }
        // The file's time is made up as well.
        let unset = exif([2002, 12, 8], [12, 0, 0]);
        assert_eq!(
            resolve_in(unset, None, "a.jpg", 0, &TimeZone::UTC, PRESENT),
            unset.unwrap()
        );
    }

    #[test]
    fn a_names_date_in_the_future_is_none() {
        let copied = at([2020, 12, 18], [17, 27, 6], DateSource::FileTime);
        assert_eq!(resolved(None, None, "IMG_20880712_165427.jpg"), copied);
        assert_eq!(resolved(None, None, "IMG_19700101_000412.jpg"), copied);
        assert_eq!(
            resolved(None, None, "1970-01-01 New Year.jpg"),
            at([1970, 1, 1], [0, 0, 0], DateSource::FileName)
        );
    }

    #[test]
    fn a_change_after_the_day_in_the_name_is_not_when_it_was_taken() {
        let change = at([2020, 1, 1], [8, 0, 0], DateSource::ExifModified);
        let changed = Some(change);
        assert_eq!(
            resolved(changed, None, "IMG_20130712_165427.jpg"),
            at([2013, 7, 12], [16, 54, 27], DateSource::FileName)
        );
        assert_eq!(resolved(changed, None, "Scan_20220202.jpg"), change);
        let text = Some(at([2020, 1, 1], [8, 0, 0], DateSource::PngText));
        assert_eq!(
            resolved(text, None, "IMG_20130712_165427.png"),
            at([2013, 7, 12], [16, 54, 27], DateSource::FileName)
        );
        let later = at([2024, 1, 1], [8, 0, 0], DateSource::ExifModified);
        assert_eq!(resolved(changed, Some(later), "a.jpg"), change);
        assert_eq!(resolved(None, Some(later), "a.jpg"), later);
    }

    #[test]
    fn a_sidecar_counts_before_the_file_where_it_says_when_the_photo_was_taken() {
        let file = exif([2013, 7, 12], [16, 54, 27]);
        let sidecar = at([2011, 1, 2], [3, 4, 5], DateSource::Sidecar);
        assert_eq!(resolved(file, Some(sidecar), "a.jpg"), sidecar);
        let made = at([2014, 1, 1], [1, 0, 0], DateSource::XmpCreated);
        assert_eq!(resolved(file, Some(made), "a.jpg"), file.unwrap());
        assert_eq!(resolved(None, Some(made), "a.jpg"), made);
        let unset = Some(at([1970, 1, 1], [0, 0, 0], DateSource::Sidecar));
        assert_eq!(resolved(file, unset, "a.jpg"), file.unwrap());
        let day = Some(at([2013, 7, 12], [0, 0, 0], DateSource::Sidecar));
        let expected = at([2013, 7, 12], [16, 54, 27], DateSource::Sidecar);
        assert_eq!(resolved(file, day, "a.jpg"), expected);
    }

    #[test]
    fn the_files_time_is_what_the_persons_clock_showed() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let taken = resolve_in(None, None, "IMG_0045.JPG", COPIED, &shanghai, PRESENT);
        // Python 3.11, zoneinfo: 2020-12-18 17:27:06 UTC is 2020-12-19 01:27:06 there.
        assert_eq!(taken, at([2020, 12, 19], [1, 27, 6], DateSource::FileTime));
        // Summer time: 2020-07-18 17:27:06 UTC is 13:27:06 in New York (Python 3.11, zoneinfo).
        let new_york = TimeZone::get("America/New_York").unwrap();
        let summer = resolve_in(None, None, "a.jpg", 1_595_093_226_000_000_000, &new_york, PRESENT);
        assert_eq!(summer, at([2020, 7, 18], [13, 27, 6], DateSource::FileTime));
        for extreme in [i64::MIN, i64::MAX] {
            resolve_in(None, None, "", extreme, &shanghai, PRESENT);
        }
    }

    #[test]
    fn a_day_in_a_name_takes_its_time_from_the_file_of_that_day() {
        let same = resolved(None, None, "IMG-20201218-WA0014.jpg");
        assert_eq!(same, at([2020, 12, 18], [17, 27, 6], DateSource::FileName));
        let other = resolved(None, None, "IMG-20161224-WA0014.jpg");
        assert_eq!(other, at([2016, 12, 24], [0, 0, 0], DateSource::FileName));
    }
}
