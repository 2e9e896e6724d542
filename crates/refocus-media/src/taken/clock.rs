//! Dates and times as programs write them into texts: a reader of one text, whatever its form.
//!
//! Sources: EXIF 2.32, section 4.6.5 (`YYYY:MM:DD HH:MM:SS`, blanks for what is not known); ISO 8601 as XMP (part 1, 8.2.1.2) and
//! PNG use it; RFC 822 and 2822 (`Fri, 12 Jul 2013 16:54:27 +0200`); the form of C's `ctime`.

use super::months::month;
use super::{DateSource, Taken};
use crate::file_dates::wall_clock;

/// Characters of a date that are looked at.
const LONGEST: usize = 80;

/// A date with what was written behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    /// Year, month and day.
    pub(super) date: [i64; 3],
    /// What is written of the time.
    pub(super) time: Time,
}

/// A time of day, as far as it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Time {
    /// Hour, minute and second; `None` where they are blank or no time of a day.
    pub(super) of_day: Option<[i64; 3]>,
    pub(super) milliseconds: Option<u16>,
    pub(super) offset_minutes: Option<i16>,
}

impl Clock {
    /// The statement; a date without a time is the start of the day.
    pub(super) fn taken(self, source: DateSource) -> Option<Taken> {
        let known = self.time.of_day.is_some();
        Some(Taken {
            milliseconds: self.time.milliseconds.filter(|_| known),
            offset_minutes: self.time.offset_minutes.filter(|_| known),
            ..Taken::at(wall_clock(self.date, self.time.of_day.unwrap_or_default())?, source)
        })
    }
}

/// Reads a date that begins with a year, one with the name of a month, or one that begins with day or month.
pub(super) fn read(text: &str) -> Option<Clock> {
    let text = normalised(text);
    let text = text.trim();
    in_columns(text)
        .or_else(|| with_month_name(text))
        .or_else(|| in_numbers(text))
}

/// Visible characters; digits of other scripts, which telephones write into EXIF, as those of ASCII; narrow spaces as spaces.
fn normalised(text: &str) -> String {
    let plain = |c: char| match c {
        c if c.is_control() => ' ',
        c if c.is_whitespace() => ' ',
        '：' | '꞉' => ':',
        '−' => '-',
        c => digit(c).unwrap_or(c),
    };
    text.trim_matches(|c: char| c.is_control() || c.is_whitespace() || matches!(c, '"' | '\'' | '\u{FEFF}'))
        .chars()
        .take(LONGEST)
        .map(plain)
        .collect()
}

/// The ASCII digit of a decimal digit in Arabic, Persian, Devanagari, Bengali, Thai or full-width form.
fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 6] = [0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0xFF10];
    let value = ZEROS
        .into_iter()
        .find_map(|zero| u32::from(c).checked_sub(zero).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

/// EXIF's columns, where blanks or zeros stand for what is not known: `2013:07:12 16:54:27`, `2004:03:02   :  :  `,
/// `1985:00:00 00:00:00`.
fn in_columns(text: &str) -> Option<Clock> {
    let separator = |at: usize| text.as_bytes().get(at).filter(|byte| b":-/.".contains(byte));
    if separator(4)? != separator(7).or_else(|| (text.len() == 7).then(|| separator(4)).flatten())? {
        return None;
    }
    let year = number(text.get(..4)?)?;
    let part = |from: usize| match text.get(from..from + 2).unwrap_or_default().trim() {
        "" => Some(0),
        digits => number(digits),
    };
    // An unknown month has no known day.
    let (month, day) = match (part(5)?, part(8)?) {
        (0, _) => (1, 1),
        (month, 0) => (month, 1),
        known => known,
    };
    if text.as_bytes().get(10).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some(Clock {
        date: [year, month, day],
        time: time(text.get(10..).unwrap_or_default()),
    })
}

/// Numbers in a row: `20130712T165427`, `2013-7-2 6:05`, `12/07/2013 16:54`, `2013`.
fn in_numbers(text: &str) -> Option<Clock> {
    let (first, rest) = digits(text)?;
    if first.len() >= 8 {
        let date = [
            number(first.get(..4)?)?,
            number(first.get(4..6)?)?,
            number(first.get(6..8)?)?,
        ];
        return Some(Clock {
            date,
            time: time(text.get(8..)?),
        });
    }
    let next = |text| {
        let text: &str = text;
        let after = text.trim_start_matches([':', '-', '/', '.', ' ', '_', '年', '月']);
        digits(after).filter(|(digits, _)| digits.len() <= 4)
    };
    if first.len() == 4 {
        let year = number(first)?;
        let Some((month, after_month)) = next(rest).filter(|(digits, _)| digits.len() <= 2) else {
            // What follows a year alone must not be a date that was not understood.
            let alone = rest.trim().is_empty();
            return alone.then_some(Clock {
                date: [year, 1, 1],
                time: Time::default(),
            });
        };
        let Some((day, after_day)) = next(after_month).filter(|(digits, _)| digits.len() <= 2) else {
            return after_month.trim().is_empty().then_some(Clock {
                date: [year, number(month)?, 1],
                time: Time::default(),
            });
        };
        return Some(Clock {
            date: [year, number(month)?, number(day)?],
            time: time(after_day.trim_start_matches('日')),
        });
    }
    let (second, rest) = next(rest).filter(|(digits, _)| digits.len() <= 2 && first.len() <= 2)?;
    let (year, rest) = next(rest).filter(|(digits, _)| digits.len() == 4)?;
    let lower = rest.to_lowercase();
    let american = lower.contains("am") || lower.contains("pm");
    let (month, day) = month_and_day(number(first)?, number(second)?, american);
    Some(Clock {
        date: [number(year)?, month, day],
        time: time(rest),
    })
}

/// Month and day of two numbers before a year. Most of the world writes the day first; who writes AM and PM mostly writes the
/// month first. Where only one order is a date, it is that.
pub(crate) fn month_and_day(first: i64, second: i64, american: bool) -> (i64, i64) {
    if second > 12 || (american && first <= 12) {
        (first, second)
    } else {
        (second, first)
    }
}

/// `Fri, 12 Jul 2013 16:54:27 +0200`, `Fri Jul 12 16:54:27 2013`, `12-Jul-13`, `July 12th, 2013 4:54 PM`.
fn with_month_name(text: &str) -> Option<Clock> {
    let (mut year, mut month_of_year, mut day, mut short_year) = (None, None, None, None);
    let mut of_day = None;
    let mut at = 0;
    for token in text.split_inclusive([' ', ',', ';']) {
        let from = at;
        at += token.len();
        let token = token.trim_end_matches([' ', ',', ';']);
        if token.contains(':') {
            of_day = of_day.or_else(|| text.get(from..).map(time));
            continue;
        }
        let lettered = token.contains(char::is_alphabetic);
        for piece in token.split(|c: char| lettered && matches!(c, '-' | '/' | '.')) {
            let piece = piece.trim_end_matches('.');
            let digits = ["st", "nd", "rd", "th", "er", "º", "."]
                .iter()
                .find_map(|ending| piece.strip_suffix(ending))
                .unwrap_or(piece);
            match (number(digits), digits.len()) {
                (Some(value), 4) => year = year.or((1826..=2099).contains(&value).then_some(value)),
                (Some(value), 1 | 2) if day.is_none() => day = Some(value),
                (Some(value), 2) => short_year = short_year.or(Some(if value < 70 { 2000 } else { 1900 } + value)),
                (None, _) => month_of_year = month_of_year.or_else(|| month(piece)),
                _ => {}
            }
        }
    }
    Some(Clock {
        date: [year.or(short_year)?, month_of_year?, day?],
        time: of_day.unwrap_or_default(),
    })
}

/// What stands behind a date: `T16:54:27.5+02:00`, ` 04:54:27 PM CEST`, ` 165427`, or only a zone.
pub(super) fn time(text: &str) -> Time {
    let text = text.trim_start_matches([' ', 'T', 't', '_', ',', ';', ':', '-', '日']);
    let (half_before, text) = half_of_day(text);
    let text = text.trim_start();
    let Some((of_day, rest)) = hours_minutes_seconds(text) else {
        return Time {
            offset_minutes: zone(text),
            ..Time::default()
        };
    };
    let (milliseconds, rest) = fraction(rest);
    let (half_after, rest) = half_of_day(rest.trim_start());
    Time {
        of_day: time_of_day(of_day, half_before.or(half_after)),
        milliseconds,
        offset_minutes: zone(rest),
    }
}

/// Hour, minute and second as they are written, and what stands behind them.
fn hours_minutes_seconds(text: &str) -> Option<([i64; 3], &str)> {
    let (first, rest) = digits(text)?;
    match first.len() {
        // The hour alone, or with what follows it; blanks are zeros.
        1 | 2 => {
            let hour = number(first)?;
            let Some((minute, rest)) = part_behind(rest, &[':', '.', 'h', '-', ' ']) else {
                return Some(([hour, 0, 0], rest));
            };
            // A sign behind hours and minutes with colons begins the zone.
            let separators: &[char] = if text.contains(':') {
                &[':']
            } else {
                &['.', 'm', '-', ' ']
            };
            match part_behind(rest, separators) {
                Some((second, rest)) => Some(([hour, minute, second], rest.trim_start_matches('s'))),
                None => Some(([hour, minute, 0], rest.trim_start_matches([':', 'm']))),
            }
        }
        4 => Some(([number(first.get(..2)?)?, number(first.get(2..)?)?, 0], rest)),
        6.. => {
            let parts = [
                number(first.get(..2)?)?,
                number(first.get(2..4)?)?,
                number(first.get(4..6)?)?,
            ];
            Some((parts, text.get(6..)?))
        }
        _ => None,
    }
}

/// A number of one or two digits behind one of the separators, or blanks behind a colon.
fn part_behind<'t>(text: &'t str, separators: &[char]) -> Option<(i64, &'t str)> {
    let separator = text.chars().next().filter(|c| separators.contains(c))?;
    let rest = text.get(separator.len_utf8()..)?;
    let (part, rest) = digits(if separator == ':' { rest.trim_start() } else { rest })?;
    (part.len() <= 2).then_some(())?;
    Some((number(part)?, rest))
}

/// Three digits behind a point or a comma, or directly behind six digits.
fn fraction(text: &str) -> (Option<u16>, &str) {
    match digits(text.strip_prefix(['.', ',']).unwrap_or(text)) {
        Some((part, rest)) => (milliseconds(part), rest),
        None => (None, text),
    }
}

/// Milliseconds of the digits behind the point: `5` is 500, `123456` is 123.
pub(super) fn milliseconds(digits: &str) -> Option<u16> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let three: String = digits.chars().chain("000".chars()).take(3).collect();
    is_number.then(|| three.parse().ok()).flatten()
}

/// Half of the day in a clock of twelve hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    BeforeNoon,
    AfterNoon,
}

/// The half of the day that a text begins with, and what stands behind it.
pub(crate) fn half_of_day(text: &str) -> (Option<Half>, &str) {
    use Half::{AfterNoon, BeforeNoon};
    /// As systems write them; the longer before those that they begin with.
    const WORDS: [(&str, Half); 22] = [
        ("a. m.", BeforeNoon),
        ("p. m.", AfterNoon),
        ("a.m.", BeforeNoon),
        ("p.m.", AfterNoon),
        ("a.m", BeforeNoon),
        ("p.m", AfterNoon),
        ("am", BeforeNoon),
        ("pm", AfterNoon),
        ("上午", BeforeNoon),
        ("下午", AfterNoon),
        ("凌晨", BeforeNoon),
        ("早上", BeforeNoon),
        ("中午", AfterNoon),
        ("晚上", AfterNoon),
        ("午前", BeforeNoon),
        ("午後", AfterNoon),
        ("오전", BeforeNoon),
        ("오후", AfterNoon),
        ("π.μ.", BeforeNoon),
        ("μ.μ.", AfterNoon),
        ("πμ", BeforeNoon),
        ("μμ", AfterNoon),
    ];
    for (word, half) in WORDS {
        if let Some((begin, rest)) = text.split_at_checked(word.len())
            && begin.eq_ignore_ascii_case(word)
            // "pm" is not the beginning of another word.
            && !(word.is_ascii() && rest.starts_with(|c: char| c.is_alphanumeric()))
        {
            return (Some(half), rest);
        }
    }
    (None, text)
}

/// The time of day, if there is one of these numbers. Some cameras write hour 24 for the first hour of the day that they write: it
/// is hour 0 of that day.
pub(crate) fn time_of_day(parts: [i64; 3], half: Option<Half>) -> Option<[i64; 3]> {
    let [hour, minute, second] = parts;
    let hour = match half {
        Some(Half::BeforeNoon) if hour == 12 => 0,
        Some(Half::AfterNoon) if hour < 12 => hour + 12,
        _ => hour,
    };
    let exists = (0..=24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    exists.then_some([hour % 24, minute, second])
}

/// Minutes ahead of UTC: `+02:00`, `-0530`, `+2`, `Z`, `UTC`, `GMT+0200`, and zones with a name that means one thing.
pub(super) fn zone(text: &str) -> Option<i16> {
    /// RFC 822, section 5.1, and what `date` writes in Europe, Russia and Japan.
    const NAMED: [(&str, i16); 21] = [
        ("CEST", 120),
        ("EEST", 180),
        ("WEST", 60),
        ("UTC", 0),
        ("GMT", 0),
        ("EST", -300),
        ("EDT", -240),
        ("CST", -360),
        ("CDT", -300),
        ("MST", -420),
        ("MDT", -360),
        ("PST", -480),
        ("PDT", -420),
        ("CET", 60),
        ("EET", 120),
        ("WET", 0),
        ("MSK", 180),
        ("JST", 540),
        ("UT", 0),
        ("Z", 0),
        ("z", 0),
    ];
    let text = text.trim_start_matches([' ', '(']);
    for (name, minutes) in NAMED {
        if let Some(rest) = text.strip_prefix(name)
            && !rest.starts_with(char::is_alphabetic)
        {
            return Some(signed(rest).unwrap_or(minutes));
        }
    }
    signed(text)
}

fn signed(text: &str) -> Option<i16> {
    /// The clocks farthest ahead of and behind UTC.
    const FARTHEST: i16 = 14 * 60;
    let negative = text.starts_with('-');
    let (first, rest) = digits(text.strip_prefix(['+', '-'])?.trim_start())?;
    let (hours, minutes) = match first.len() {
        1 | 2 => (
            number(first)?,
            rest.strip_prefix(':')
                .and_then(digits)
                .and_then(|(m, _)| number(m))
                .unwrap_or(0),
        ),
        3 | 4 => {
            let (hours, minutes) = first.split_at_checked(first.len() - 2)?;
            (number(hours)?, number(minutes)?)
        }
        _ => return None,
    };
    let all = i16::try_from(hours * 60 + minutes).ok()?;
    (minutes < 60 && all <= FARTHEST).then_some(if negative { -all } else { all })
}

/// The digits that a text begins with, and what stands behind them.
pub(super) fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at_checked(end)).flatten()
}

/// A number of a few digits and nothing else.
fn number(text: &str) -> Option<i64> {
    let is_number = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
