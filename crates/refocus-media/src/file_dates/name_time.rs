//! The time behind a date in a name.

use crate::taken::{Half, half_of_day, time_of_day};

/// A time of day as a name states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeInName {
    pub(super) of_day: [i64; 3],
    pub(super) milliseconds: Option<u16>,
    pub(super) zone: Zone,
    /// Whether AM or PM stands beside it.
    pub(super) twelve_hours: bool,
    pub(super) has_seconds: bool,
}

/// Whose clock showed the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    Unknown,
    Utc,
    /// Minutes ahead of UTC.
    Ahead(i16),
}

/// Bytes of what may stand between a date and its time.
const LONGEST_GAP: usize = 40;

/// Characters between a date and its time.
const SEPARATORS: [char; 13] = [' ', '_', '-', '.', ',', 'T', 't', ':', '(', '[', '@', '日', '–'];

/// Words between a date and its time, as systems of many languages write them, in lower case.
const WORDS: [&str; 48] = [
    "at",
    "um",
    "à",
    "a",
    "alle",
    "alle ore",
    "ore",
    "a las",
    "a la",
    "a la(s",
    "a la(s)",
    "a les",
    "às",
    "as",
    "kl",
    "kl.",
    "kello",
    "klo",
    "om",
    "o",
    "o godz.",
    "o godz",
    "godz.",
    "ob",
    "u",
    "в",
    "о",
    "у",
    "ve",
    "v",
    "la",
    "la ora",
    "ora",
    "saat",
    "pada",
    "pukul",
    "pk",
    "lúc",
    "เวลา",
    "στις",
    "στο",
    "ás",
    "i",
    "ב",
    "בשעה",
    "الساعة",
    "في",
    "en",
];

/// The time that stands directly behind a date, `text` being the rest of the name; `four_digits` where hours and minutes may stand
/// without seconds in one number.
pub(super) fn behind(text: &str, four_digits: bool) -> Option<TimeInName> {
    let at = text
        .find(|c: char| c.is_ascii_digit())
        .filter(|at| *at <= LONGEST_GAP)?;
    let (gap, rest) = text.split_at_checked(at)?;
    let half = gap_before_time(gap)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, behind) = rest.split_at_checked(end)?;
    let (time, behind) = match digits.len() {
        1 | 2 => apart(rest, half)?,
        6 | 9 => (of_digits(digits)?, behind),
        // Reddit puts a number of its own directly behind the seconds.
        14..=20 => (of_digits(digits)?, behind),
        4 if four_digits => (of_digits(digits)?, behind),
        _ => return None,
    };
    let (milliseconds, behind) = match time.milliseconds {
        None if time.has_seconds => fraction(behind),
        known => (known, behind),
    };
    let (half_behind, behind) = half_of_day(behind.trim_start_matches([' ', '_', '-', '.']));
    let half = half.or(half_behind);
    // A time with hours of one digit is one only where that is plain.
    let plain = digits.len() != 1 || time.has_seconds || half.is_some();
    Some(TimeInName {
        of_day: time_of_day(time.of_day, half).filter(|_| plain)?,
        milliseconds,
        zone: zone(behind),
        twelve_hours: half.is_some(),
        ..time
    })
}

/// Whether this may stand between a date and its time; the half of the day that it names. `None` where it may not.
fn gap_before_time(gap: &str) -> Option<Option<Half>> {
    let gap = gap.trim_start_matches(SEPARATORS).to_lowercase();
    // "a. m." ends with what is trimmed.
    let half_at = gap.char_indices().map(|(at, _)| at).find_map(|at| {
        let (half, rest) = half_of_day(gap.get(at..)?);
        rest.trim_matches(SEPARATORS).is_empty().then_some((at, half?))
    });
    let (word, half) = match half_at {
        Some((at, half)) => (gap.get(..at)?, Some(half)),
        None => (gap.as_str(), None),
    };
    let word = word
        .trim_end_matches([' ', '_', '-', '.', ',', ':', '(', '[', '@'])
        .trim_start_matches(SEPARATORS);
    // A separator that is a letter stands for itself.
    let known = word.is_empty()
        || word == "t"
        || WORDS.contains(&word)
        || WORDS.contains(&gap.trim_matches([' ', '_', '-', ',']));
    known.then_some(half)
}

/// `183005`, `183005123`, `1830`, also with further digits behind the seconds.
pub(super) fn of_digits(digits: &str) -> Option<TimeInName> {
    let part = |from: usize| digits.get(from..from + 2)?.parse::<i64>().ok();
    let has_seconds = digits.len() >= 6;
    let second = if has_seconds { part(4)? } else { 0 };
    let fraction = digits.get(6..).filter(|rest| rest.len() == 3);
    Some(TimeInName {
        of_day: time_of_day([part(0)?, part(2)?, second], None)?,
        milliseconds: fraction.and_then(|digits| digits.parse().ok()),
        zone: Zone::Unknown,
        twelve_hours: false,
        has_seconds,
    })
}

/// `18.30.05`, `6-30-05`, `18h30m05s`, `18-30`; and what stands behind it. The hour is as it is written.
fn apart(text: &str, half: Option<Half>) -> Option<(TimeInName, &str)> {
    let (hour, rest) = number(text, 1..=2)?;
    let separator = rest
        .chars()
        .next()
        .filter(|c| matches!(c, '.' | '-' | '_' | ':' | ' ' | 'h' | 'H'))?;
    let (minute, rest) = number(rest.get(separator.len_utf8()..)?, 2..=2)?;
    let next = if matches!(separator, 'h' | 'H') {
        rest.strip_prefix(['m', 'M', '-', '.', '_', ':'])
    } else {
        rest.strip_prefix(separator)
    };
    let second = next.filter(|next| next.starts_with(|c: char| c.is_ascii_digit()));
    let (second, rest) = match second.map(|next| number(next, 2..=2)) {
        Some(Some((second, rest))) => (Some(second), rest.strip_prefix(['s', 'S']).unwrap_or(rest)),
        // A third number that is no second: it is another date, or a range.
        Some(None) => return None,
        None => (None, rest),
    };
    // "10 20" behind a date may be anything.
    if second.is_none() && separator == ' ' && half.is_none() && half_of_day(rest.trim_start()).0.is_none() {
        return None;
    }
    let time = TimeInName {
        of_day: [hour, minute, second.unwrap_or(0)],
        milliseconds: None,
        zone: Zone::Unknown,
        twelve_hours: false,
        has_seconds: second.is_some(),
    };
    Some((time, rest))
}

/// A number of so many digits, and what stands behind it.
fn number(text: &str, lengths: std::ops::RangeInclusive<usize>) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let fits = lengths.contains(&digits.len());
    fits.then(|| Some((digits.parse().ok()?, rest))).flatten()
}

/// Three digits behind one separator.
fn fraction(text: &str) -> (Option<u16>, &str) {
    let found = text
        .strip_prefix(['-', '_', '.', ',', ':'])
        .and_then(|rest| number(rest, 3..=3));
    match found.and_then(|(digits, rest)| Some((u16::try_from(digits).ok()?, rest))) {
        Some((milliseconds, rest)) => (Some(milliseconds), rest),
        None => (None, text),
    }
}

/// The zone that stands behind a time: `Z`, `_UTC`, `_iOS` (OneDrive writes UTC), `+0200`.
pub(super) fn zone(text: &str) -> Zone {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric());
    if text.strip_prefix(['Z', 'z']).is_some_and(ends) {
        return Zone::Utc;
    }
    let word = text.trim_start_matches([' ', '_', '-']);
    if ["iOS", "UTC", "utc", "GMT"]
        .iter()
        .any(|utc| word.strip_prefix(utc).is_some_and(ends))
    {
        return Zone::Utc;
    }
    let ahead = text.strip_prefix('+').and_then(|rest| {
        let (hours, rest) = match number(rest, 4..=4) {
            Some((together, rest)) => (together / 100 * 60 + together % 100, rest),
            None => {
                let (hours, rest) = number(rest, 2..=2)?;
                let (minutes, rest) = number(rest.strip_prefix([':', '-', '.', '_'])?, 2..=2)?;
                (hours * 60 + minutes, rest)
            }
        };
        i16::try_from(hours)
            .ok()
            .filter(|minutes| *minutes <= 14 * 60 && ends(rest))
    });
    ahead.map_or(Zone::Unknown, Zone::Ahead)
}
