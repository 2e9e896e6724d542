//! The date in a photo's name: the ways in which devices, programs and people write dates into names.
//!
//! A name is taken apart into runs of digits and words; each way of writing looks for its date from every run on, and what stands
//! behind the date may be its time (`name_time.rs`). Ways that can mean only a date come before those that can mean something else,
//! and a date with a time comes before one without.
//!
//! Sources: names as the makers' and programs' own documents, the makers' support pages and public collections of such names show
//! them; each is an example in the tests.

use jiff::tz::TimeZone;
use unicode_normalization::UnicodeNormalization;

use super::name_time::{self, TimeInName, Zone};
use super::wall_clock;
use crate::taken::months::month;
use crate::taken::{DateSource, Taken, month_and_day};

/// Characters of a name that are looked at. File systems have names of up to 255.
const LONGEST: usize = 512;

/// Characters that people and programs put between the numbers of a date.
const BETWEEN: [char; 7] = ['-', '_', '.', ' ', ':', '/', '–'];

/// The date (and time, if there is one) that a photo's file name holds, on the wall clock of whoever named it, without a time the
/// start of the day.
///
/// A time that is stated in UTC (as OneDrive and Google's Pixel phones write it, and seconds since 1970) is what a clock in `zone`
/// showed at that moment.
pub(crate) fn taken_from_name_in(name: &str, zone: &TimeZone) -> Option<Taken> {
    // macOS takes letters apart: "à" is two characters, "오" is two or three.
    let text: String = name.chars().take(LONGEST).nfc().map(plain).collect();
    // Downloads keep the spaces of an address.
    let text = text.replace("%20", " ");
    let name = Name::new(&text);
    let ways = [
        year_first,
        day_first,
        with_month_name,
        dashcam,
        short_year,
        blocks_of_six,
        old_telephones,
    ];
    let dated = ways.into_iter().find_map(|way| {
        let found = (0..name.tokens.len()).filter_map(|at| way(&name, at)?.taken(&name, zone));
        let mut first = None;
        for (taken, has_time) in found {
            if has_time {
                return Some(taken);
            }
            first = first.or(Some(taken));
        }
        first
    });
    dated.or_else(|| since_1970(&name, zone))
}

/// Spaces of every width as a space, colons that file systems allow as colons.
fn plain(c: char) -> char {
    match c {
        '꞉' | '：' | '∶' => ':',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// A run of digits, or a word.
#[derive(Clone, Copy, Debug)]
struct Token<'n> {
    at: usize,
    text: &'n str,
}

impl Token<'_> {
    fn end(&self) -> usize {
        self.at + self.text.len()
    }

    fn is_number(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_digit())
    }

    /// The value of a run of as many digits.
    fn value(&self, lengths: std::ops::RangeInclusive<usize>) -> Option<i64> {
        let fits = self.is_number() && lengths.contains(&self.text.len());
        fits.then(|| self.text.parse().ok()).flatten()
    }

    /// A part of a run of digits.
    fn part(&self, from: usize, to: usize) -> Option<i64> {
        self.text.get(from..to)?.parse().ok()
    }
}

/// A name in its parts.
struct Name<'n> {
    text: &'n str,
    tokens: Vec<Token<'n>>,
}

impl<'n> Name<'n> {
    fn new(text: &'n str) -> Self {
        let mut tokens: Vec<Token<'n>> = Vec::new();
        let mut begin: Option<(usize, bool)> = None;
        for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
            let kind = (c.is_ascii_digit() || c.is_alphabetic()).then_some(c.is_ascii_digit());
            if begin.map(|(_, digits)| digits) != kind {
                let ended = begin.and_then(|(from, _)| {
                    Some(Token {
                        at: from,
                        text: text.get(from..at)?,
                    })
                });
                tokens.extend(ended);
                begin = kind.map(|digits| (at, digits));
            }
        }
        tokens.retain(|token| !is_in_a_hash(text, token));
        Self { text, tokens }
    }

    fn token(&self, at: usize) -> Option<Token<'n>> {
        self.tokens.get(at).copied()
    }

    /// What stands between two tokens that follow each other.
    fn between(&self, one: Token<'n>, other: Token<'n>) -> &'n str {
        self.text.get(one.end()..other.at).unwrap_or_default()
    }

    /// The one separator between two tokens.
    fn separator(&self, one: Token<'n>, other: Token<'n>) -> Option<char> {
        let mut between = self.between(one, other).chars();
        let separator = between.next().filter(|c| BETWEEN.contains(c))?;
        between.next().is_none().then_some(separator)
    }

    /// Three numbers from token `at` on with the same separator between them.
    fn three(&self, at: usize) -> Option<([Token<'n>; 3], char)> {
        let (one, two, three) = (self.token(at)?, self.token(at + 1)?, self.token(at + 2)?);
        let separator = self.separator(one, two)?;
        let same = self.separator(two, three) == Some(separator);
        let numbers = [one, two, three];
        (same && numbers.iter().all(Token::is_number)).then_some((numbers, separator))
    }

    /// Whether a letter, or a number with one separator, stands directly before a token: then it is a part of something longer.
    fn continues(&self, token: Token<'n>) -> bool {
        let before = self.text.get(..token.at).unwrap_or_default();
        if before.ends_with(char::is_alphanumeric) {
            return true;
        }
        let mut last = before.chars().rev();
        last.next().is_some_and(|c| matches!(c, '-' | '.' | ':' | '/'))
            && last.next().is_some_and(|c| c.is_ascii_digit())
    }

    /// The name without its ending and without the number of a copy.
    fn stem(&self) -> &'n str {
        let stem = self.text.rsplit_once('.').map_or(self.text, |(stem, _)| stem);
        let open = stem.trim_end().strip_suffix(')').and_then(|text| text.rsplit_once('('));
        match open {
            Some((stem, copy)) if copy.chars().all(|c| c.is_ascii_digit()) => stem.trim_end(),
            _ => stem,
        }
    }

    fn begins_with(&self, prefix: &str) -> bool {
        self.text
            .get(..prefix.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
    }
}

/// Whether a token is a part of a hash or of a UUID: its digits mean nothing.
fn is_in_a_hash(text: &str, token: &Token<'_>) -> bool {
    /// Letters and digits of the shortest hash that is written into names.
    const SHORTEST: usize = 16;
    const UUID: usize = 36;
    let around = |belongs: fn(char) -> bool| {
        let (before, rest) = text.split_at_checked(token.at)?;
        let begin = before.rfind(|c| !belongs(c)).map_or(0, |at| {
            at + before
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8)
        });
        let end = token.at + rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        text.get(begin..end)
    };
    let is_hash = |run: &str| {
        run.len() >= SHORTEST
            && run.bytes().all(|byte| byte.is_ascii_hexdigit())
            && run.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let is_uuid =
        |run: &str| run.len() == UUID && [8, 13, 18, 23].iter().all(|at| run.as_bytes().get(*at) == Some(&b'-'));
    around(|c| c.is_ascii_alphanumeric()).is_some_and(is_hash)
        || around(|c| c.is_ascii_hexdigit() || c == '-').is_some_and(is_uuid)
}

/// A date that was found in a name.
struct Found {
    date: [i64; 3],
    /// Where what stands behind the date begins.
    end: usize,
    /// The time, where it is a part of the same run of digits.
    time: Option<TimeInName>,
    /// Whether it is a date only if a time stands behind it.
    needs_time: bool,
}

impl Found {
    fn day(date: [i64; 3], end: usize) -> Self {
        Self {
            date,
            end,
            time: None,
            needs_time: false,
        }
    }

    /// The statement, and whether it has a time.
    fn taken(self, name: &Name<'_>, zone: &TimeZone) -> Option<(Taken, bool)> {
        let day = Taken::at(wall_clock(self.date, [0, 0, 0])?, DateSource::FileName);
        let time = self
            .time
            .or_else(|| name_time::behind(name.text.get(self.end..)?, is_blackberry(name)));
        let Some(time) = time else {
            return (!self.needs_time).then_some((day, false));
        };
        let seconds = wall_clock(self.date, time.of_day)?;
        // Google's Pixel phones write UTC.
        let in_utc = time.zone == Zone::Utc || (time.zone == Zone::Unknown && name.begins_with("PXL_"));
        let taken = if in_utc {
            let moment = seconds
                .checked_mul(1000)?
                .checked_add(i64::from(time.milliseconds.unwrap_or(0)))?;
            Taken::at_moment(moment, zone, DateSource::FileName)?
        } else {
            Taken {
                offset_minutes: match time.zone {
                    Zone::Ahead(minutes) => Some(minutes),
                    _ => None,
                },
                ..Taken::at(seconds, DateSource::FileName)
            }
        };
        Some((
            Taken {
                milliseconds: time.milliseconds,
                ..taken
            },
            true,
        ))
    }
}

/// `IMG00123-20130712-1654`: behind its counter, a BlackBerry writes hours and minutes in four digits.
fn is_blackberry(name: &Name<'_>) -> bool {
    let counter = name.token(1).is_some_and(|token| matches!(token.text.len(), 3..=5));
    name.begins_with("IMG") && counter && name.token(1).is_some_and(|token| token.is_number() && token.at == 3)
}

fn exists(date: [i64; 3]) -> bool {
    wall_clock(date, [0, 0, 0]).is_some()
}

/// `20230412`, `20230412183005`, `2023-04-12`, `2023年4月12日`.
fn year_first(name: &Name<'_>, at: usize) -> Option<Found> {
    let first = name.token(at).filter(Token::is_number)?;
    match first.text.len() {
        8 | 12 | 14..=17 => {
            let date = [first.part(0, 4)?, first.part(4, 6)?, first.part(6, 8)?];
            let whole = Found::day(date, first.end());
            if first.text.len() == 8 {
                // A number of that length before a long one is an identifier of Facebook.
                let next = name.token(at + 1).filter(Token::is_number);
                if next.is_some_and(|next| next.text.len() >= 15) && !name.begins_with("RDT_") {
                    return None;
                }
                return ((1900..=2099).contains(&date[0]) && exists(date)).then_some(whole);
            }
            // Numbers of that length are often something else: the time must be one, too.
            let time = name_time::of_digits(first.text.get(8..)?)?;
            let likely = first.text.len() > 12 || (1990..=2050).contains(&date[0]);
            let zone = name_time::zone(name.text.get(first.end()..)?);
            (likely && exists(date)).then_some(Found {
                time: Some(TimeInName { zone, ..time }),
                ..whole
            })
        }
        4 => {
            let east_asian = name.token(at + 1).is_some_and(|word| word.text == "年");
            if east_asian {
                let (month, sign, day) = (name.token(at + 2)?, name.token(at + 3)?, name.token(at + 4)?);
                let date = [first.value(4..=4)?, month.value(1..=2)?, day.value(1..=2)?];
                return (sign.text == "月" && exists(date)).then(|| Found::day(date, day.end()));
            }
            let ([year, month, day], _) = name.three(at)?;
            let date = [year.value(4..=4)?, month.value(1..=2)?, day.value(1..=2)?];
            exists(date).then_some(Found {
                needs_time: month.text.len() + day.text.len() < 4 && !is_behind_a_word(name, at),
                ..Found::day(date, day.end())
            })
        }
        _ => None,
    }
}

/// Whether a date of three numbers from token `at` on, the year first, is called one by the word before it (`Photo 2019-2-3`), and
/// is not a version (`Release 2019.2.3`, `Photos 2019.2.3.1`).
fn is_behind_a_word(name: &Name<'_>, at: usize) -> bool {
    const OF_VERSIONS: [&str; 8] = ["v", "ver", "version", "rev", "revision", "release", "build", "update"];
    let before = at.checked_sub(1).and_then(|before| name.token(before));
    let (Some(word), Some(year), Some(([_, _, day], separator))) = (before, name.token(at), name.three(at)) else {
        return false;
    };
    let is_word = !word.is_number() && word.text.chars().count() > 1;
    let parted = matches!(name.separator(word, year), Some(' ' | '_' | '-'));
    let goes_on = name
        .token(at + 3)
        .is_some_and(|next| next.is_number() && name.separator(day, next) == Some(separator));
    let of_our_time = year.value(4..=4).is_some_and(|year| (1900..=2099).contains(&year));
    let is_version = OF_VERSIONS.contains(&word.text.to_lowercase().as_str());
    is_word && parted && of_our_time && !goes_on && !is_version && matches!(separator, '-' | '.' | '_')
}

/// `12.04.2023`, `12-04-2023 18-30`; with AM or PM, the month comes first.
fn day_first(name: &Name<'_>, at: usize) -> Option<Found> {
    let ([first, second, year], separator) = name.three(at)?;
    if name.continues(first) {
        return None;
    }
    let (one, two) = (first.value(1..=2)?, second.value(1..=2)?);
    let behind = name.text.get(year.end()..)?;
    let american = name_time::behind(behind, false).is_some_and(|time| time.twelve_hours);
    let (month, day) = month_and_day(one, two, american);
    let date = [year.value(4..=4)?, month, day];
    exists(date).then_some(Found {
        // `1.4.2023` is a date as Germans write it; with other separators it may be a version or a score.
        needs_time: first.text.len() + second.text.len() < 4 && separator != '.',
        ..Found::day(date, year.end())
    })
}

/// `12 April 2023`, `Apr 12, 2023`, `2023 Apr 12`.
fn with_month_name(name: &Name<'_>, at: usize) -> Option<Found> {
    let (one, two, three) = (name.token(at)?, name.token(at + 1)?, name.token(at + 2)?);
    let close = |one, other| {
        name.between(one, other)
            .chars()
            .all(|c| BETWEEN.contains(&c) || c == ',')
    };
    if !close(one, two) || !close(two, three) {
        return None;
    }
    let number = |token: Token<'_>| token.value(1..=2);
    let date = if let Some(month) = month(two.text) {
        match (number(one), three.value(4..=4)) {
            (Some(day), Some(year)) => [year, month, day],
            _ => [one.value(4..=4)?, month, number(three)?],
        }
    } else {
        [three.value(4..=4)?, month(one.text)?, number(two)?]
    };
    exists(date).then(|| Found::day(date, three.end()))
}

/// `2023_0412_183005`, as cameras in cars write it.
fn dashcam(name: &Name<'_>, at: usize) -> Option<Found> {
    let ([year, day, _], _) = name.three(at)?;
    let date = [year.value(4..=4)?, day.part(0, 2)?, day.part(2, 4)?];
    (day.text.len() == 4 && exists(date)).then_some(Found {
        needs_time: true,
        ..Found::day(date, day.end())
    })
}

/// `23-04-12 18-30-05 1234` (Nextcloud), `12.04.23 um 18.30` and `4-12-23 at 6.30 PM` (Photo Booth).
fn short_year(name: &Name<'_>, at: usize) -> Option<Found> {
    let ([first, second, third], separator) = name.three(at)?;
    let (one, two, three) = (first.value(1..=2)?, second.value(1..=2)?, third.value(2..=2)?);
    if name.continues(first) || !matches!(separator, '-' | '.' | '_' | '/') {
        return None;
    }
    let behind = name.text.get(third.end()..)?;
    // `04-12-09.15.05` is month, day and time.
    if !behind.starts_with([' ', '_', ',', '-', 'T']) {
        return None;
    }
    let time = name_time::behind(behind, false)?;
    let (month, day) = month_and_day(one, two, time.twelve_hours);
    let year_last = [2000 + three, month, day];
    let year_first = [2000 + one, two, three];
    let whole = first.text.len() == 2 && second.text.len() == 2;
    let may_be_first = whole && separator != '.' && !time.twelve_hours && time.has_seconds;
    let date = if may_be_first && is_past(year_first) {
        year_first
    } else {
        year_last
    };
    exists(date).then_some(Found {
        needs_time: true,
        ..Found::day(date, third.end())
    })
}

/// Whether a date of a short year is not in the future, by years.
fn is_past(date: [i64; 3]) -> bool {
    let this_year = jiff::Timestamp::now().to_zoned(TimeZone::UTC).year();
    exists(date) && date[0] <= i64::from(this_year)
}

/// `230412_183005`; `12042023_183005` and `041223_183005`, as two games name their pictures.
fn blocks_of_six(name: &Name<'_>, at: usize) -> Option<Found> {
    let first = name.token(at).filter(Token::is_number)?;
    let part = |from| first.part(from, from + 2);
    let date = match first.text.len() {
        6 if name.begins_with("WoWScrnShot") => [2000 + part(4)?, part(0)?, part(2)?],
        6 => Some([2000 + part(0)?, part(2)?, part(4)?]).filter(|date| is_past(*date))?,
        8 => [first.part(4, 8)?, part(2)?, part(0)?],
        _ => return None,
    };
    let next = name
        .token(at + 1)
        .filter(|next| next.text.len() == 6 && next.is_number())?;
    name.separator(first, next)?;
    exists(date).then_some(Found {
        needs_time: true,
        ..Found::day(date, first.end())
    })
}

/// `12042008(001)` (Nokia) and `0412131830a` (LG): nothing but the date, and the number of the picture.
fn old_telephones(name: &Name<'_>, at: usize) -> Option<Found> {
    let first = name
        .token(at)
        .filter(|first| at == 0 && first.at == 0 && first.is_number())?;
    let rest = name.stem().get(first.end()..)?;
    match first.text.len() {
        8 => {
            let date = [first.part(4, 8)?, first.part(2, 4)?, first.part(0, 2)?];
            let counted = rest.trim_start_matches(['-', '_']).chars().all(|c| c.is_ascii_digit());
            let of_its_time = (2000..=2015).contains(&date[0]);
            (counted && of_its_time && exists(date)).then(|| Found::day(date, name.text.len()))
        }
        10 => {
            let date = [2000 + first.part(4, 6)?, first.part(0, 2)?, first.part(2, 4)?];
            let letter = rest.strip_suffix("_HDR").unwrap_or(rest);
            let counted = letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_lowercase());
            let time = name_time::of_digits(first.text.get(6..)?)?;
            (counted && is_past(date)).then_some(Found {
                time: Some(time),
                ..Found::day(date, first.end())
            })
        }
        _ => None,
    }
}

/// Milliseconds (13 digits) or seconds (10 digits) since 1970, as messengers and browsers name what they save: a moment between
/// 2000 and 2033. Ten digits are such only where they are the whole name, or stand behind a word that programs use.
fn since_1970(name: &Name<'_>, zone: &TimeZone) -> Option<Taken> {
    const MILLISECONDS: std::ops::Range<i64> = 946_684_800_000..2_000_000_000_000;
    const WORDS: &str = "img image photo picture pic screenshot screen capture camera snap rpreplay_final \
        final timestamp wx_camera video vid signal file";
    let moments = name
        .tokens
        .iter()
        .filter(|token| token.is_number())
        .filter_map(|token| {
            let value = token.value(13..=13).or_else(|| {
                let stem = name.stem();
                let before = name
                    .text
                    .get(..token.at)?
                    .trim_end_matches(['_', '-', ' '])
                    .to_lowercase();
                let behind_a_word = WORDS.split(' ').any(|word| word == before);
                // Nobody's clock: the digits in their order.
                let clear = (stem == token.text && token.text != "1234567890") || behind_a_word;
                token.value(10..=10).filter(|_| clear)?.checked_mul(1000)
            })?;
            MILLISECONDS.contains(&value).then_some(value)
        });
    moments
        .filter_map(|moment| Taken::at_moment(moment, zone, DateSource::FileName))
        .next()
}

#[cfg(test)]
#[path = "name_tests.rs"]
mod tests;
