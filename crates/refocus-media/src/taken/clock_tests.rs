//! Right values: Python 3.11, `calendar.timegm((2013, 7, 12, 16, 54, 27))` and the like.

use super::*;

/// 2013-07-12 00:00:00.
const DAY: i64 = 1_373_587_200;
/// 2013-07-12 16:54:27.
const AFTERNOON: i64 = 1_373_648_067;

fn seconds(text: &str) -> Option<i64> {
    read(text)?.taken(DateSource::Exif).map(|taken| taken.seconds)
}

fn parts(text: &str) -> Option<(i64, Option<u16>, Option<i16>)> {
    let taken = read(text)?.taken(DateSource::Exif)?;
    Some((taken.seconds, taken.milliseconds, taken.offset_minutes))
}

#[test]
fn the_same_moment_is_read_in_all_its_forms() {
    for text in [
        "2013:07:12 16:54:27",
        "2013:07:12 16:54:27\0",
        "  2013:07:12 16:54:27  ",
        "2013-07-12 16:54:27",
        "2013/07/12 16:54:27",
        "2013.07.12 16:54:27",
        "2013:07:12:16:54:27",
        "2013:07:12T16:54:27",
        "2013:7:12 16:54:27",
        "2013: 7:12 16:54:27",
        "2013:07:12 04:54:27 PM",
        "2013:07:12 4:54:27 p.m.",
        "2013:07:12 下午4:54:27",
        "2013-07-12T16:54:27",
        "20130712T165427",
        "20130712 165427",
        "20130712165427",
        "2013-07-12-16-54-27",
        "2013年7月12日 16:54:27",
        "12/07/2013 16:54:27",
        "12.07.2013 16:54:27",
        "07/12/2013 04:54:27 PM",
        "Fri, 12 Jul 2013 16:54:27",
        "12 Jul 2013 16:54:27",
        "12 Jul 13 16:54:27",
        "12-Jul-2013 16:54:27",
        "Fri Jul 12 16:54:27 2013",
        "Fri Jul 12 16:54:27 CEST 2013",
        "July 12, 2013 4:54:27 PM",
        "July 12th, 2013, 16:54:27",
        "Freitag, 12. Juli 2013 16:54:27",
        "vendredi 12 juillet 2013 16:54:27",
        "٢٠١٣:٠٧:١٢ ١٦:٥٤:٢٧",
        "２０１３:０７:１２ １６:５４:２７",
        "\"2013-07-12T16:54:27\"",
    ] {
        assert_eq!(seconds(text), Some(AFTERNOON), "{text}");
    }
}

#[test]
fn hour_24_is_the_first_hour_of_the_day() {
    // 2015-08-22 00:08:19 (Python 3.11: calendar.timegm).
    assert_eq!(seconds("2015:08:22 24:08:19"), Some(1_440_202_099));
    assert_eq!(seconds("2015-08-22T24:08:19"), Some(1_440_202_099));
    assert_eq!(seconds("2015:08:22 24:00:00"), Some(1_440_201_600));
}

#[test]
fn second_60_is_the_begin_of_the_next_minute() {
    // 2013-07-12 16:55:00 and 2017-01-01 00:00:00 (Python 3.11: calendar.timegm).
    assert_eq!(seconds("2013:07:12 16:54:60"), Some(1_373_648_100));
    assert_eq!(seconds("2016-12-31T23:59:60"), Some(1_483_228_800));
}

#[test]
fn what_is_blank_is_not_known() {
    // 2004-03-02 00:00:00 (Python 3.11: calendar.timegm).
    for text in [
        "2004:03:02   :  :",
        "2004:03:02   :  :  ",
        "2004:03:02         ",
        "2004:03:02",
        "2004:03:02 99:99:99",
        "2004:03:02 --:--:--",
    ] {
        assert_eq!(parts(text), Some((1_078_185_600, None, None)), "{text:?}");
    }
    assert_eq!(seconds("2013:07:12 16:  :  "), Some(DAY + 16 * 3600));
    assert_eq!(seconds("2013:07:12 16:54"), Some(AFTERNOON - 27));
    // 2013-07-01 and 2013-01-01 (Python 3.11: calendar.timegm).
    for text in ["2013:07:     :  :  ", "2013-07", "2013:07:00 00:00:00", "201307"] {
        let expected = (text != "201307").then_some(1_372_636_800);
        assert_eq!(seconds(text), expected, "{text}");
    }
    for text in ["2013", "2013:  :     :  :  ", "2013:00:00 00:00:00"] {
        assert_eq!(seconds(text), Some(1_356_998_400), "{text}");
    }
}

#[test]
fn fractions_and_zones_are_read() {
    for (text, milliseconds, offset) in [
        ("2013:07:12 16:54:27.5", Some(500), None),
        ("2013:07:12 16:54:27,25", Some(250), None),
        ("2013:07:12 16:54:27+02:00", None, Some(120)),
        ("2013:07:12 16:54:27 +02:00", None, Some(120)),
        ("2013-07-12T16:54:27.123456-05:30", Some(123), Some(-330)),
        ("2013-07-12T16:54:27Z", None, Some(0)),
        ("20130712T165427.5Z", Some(500), Some(0)),
        ("2013-07-12T16:54:27+1300", None, Some(780)),
        ("2013-07-12T16:54:27+2", None, Some(120)),
        ("2013-07-12T16:54:27 GMT+0200", None, Some(120)),
        ("2013-07-12T16:54:27+99:00", None, None),
        ("Fri, 12 Jul 2013 16:54:27 +0200", None, Some(120)),
        ("Fri 12 Jul 2013 16:54:27 CEST", None, Some(120)),
        ("Fri, 12 Jul 2013 16:54:27 GMT", None, Some(0)),
        ("Fri Jul 12 2013 16:54:27 GMT-0500 (CDT)", None, Some(-300)),
        ("20130712165427123", Some(123), None),
    ] {
        assert_eq!(parts(text), Some((AFTERNOON, milliseconds, offset)), "{text}");
    }
    assert_eq!(parts("2013-07-12T16:54+02:00"), Some((AFTERNOON - 27, None, Some(120))));
    assert_eq!(parts("2013-07-12T16:54-0700"), Some((AFTERNOON - 27, None, Some(-420))));
}

#[test]
fn day_and_month_are_told_by_what_exists() {
    assert_eq!(seconds("12/07/2013"), Some(DAY));
    assert_eq!(seconds("25/12/2013"), seconds("2013-12-25"));
    assert_eq!(seconds("12/25/2013"), seconds("2013-12-25"));
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        " ",
        "    :  :     :  :  ",
        "0000:00:00 00:00:00",
        "0001:01:01 00:00:00",
        "2023:13:01 00:00:00",
        "2023:02:30 10:00:00",
        "12:54:27",
        "hello",
        "12 parsecs",
        "1234567890123456789012345",
        "2013 was a good year",
        "13/13/2013",
        "Jul 2013",
        "-",
        "+02:00",
    ] {
        assert_eq!(seconds(text), None, "{text}");
    }
}

#[test]
fn no_text_makes_it_panic() {
    let alphabet: Vec<char> = "0129:-/. TZ+年PMaé下午\u{202F}J".chars().collect();
    let mut state = 1_u64;
    for _ in 0..50_000 {
        let mut text = String::new();
        for _ in 0..24 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push(alphabet[(state >> 33) as usize % alphabet.len()]);
        }
        if let Some(clock) = read(&text) {
            clock.taken(DateSource::Exif);
        }
        time(&text);
        zone(&text);
    }
}
