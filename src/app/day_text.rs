//! Days as people type them: a year, a month or a day.

use jiff::civil::Date;

/// Which end of a month or year is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// Its first day.
    First,
    /// Its last day.
    Last,
}

/// The day that a text means, counted from 1970-01-01: "2024", "2024-06" or "2024-06-30", also with dots or slashes between.
/// `None` where it is no date (yet).
pub(super) fn day_of(text: &str, edge: Edge) -> Option<i64> {
    let mut numbers = Vec::new();
    for part in text.trim().split(['-', '.', '/']) {
        numbers.push(part.trim().parse::<i16>().ok()?);
    }
    let small = |number: &i16| i8::try_from(*number).ok();
    let first = match numbers.as_slice() {
        [year @ 1800..=2999] => Date::new(*year, 1, 1),
        [year @ 1800..=2999, month] => Date::new(*year, small(month)?, 1),
        [year @ 1800..=2999, month, day] => Date::new(*year, small(month)?, small(day)?),
        _ => return None,
    }
    .ok()?;
    let date = match (edge, numbers.len()) {
        (Edge::Last, 1) => first.last_of_year(),
        (Edge::Last, 2) => first.last_of_month(),
        _ => first,
    };
    let since = date - Date::constant(1970, 1, 1);
    Some(i64::from(since.get_days()))
}

/// A day as it can be typed.
pub(super) fn text_of(day: i64) -> String {
    let since = jiff::Span::new().try_days(day);
    since
        .and_then(|since| Date::constant(1970, 1, 1).checked_add(since))
        .map_or_else(|_| String::new(), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_or_month_means_its_first_or_last_day() {
        assert_eq!(day_of("1970", Edge::First), Some(0));
        assert_eq!(day_of("1970", Edge::Last), Some(364));
        assert_eq!(day_of(" 1970-02 ", Edge::First), Some(31));
        assert_eq!(day_of("1970-02", Edge::Last), Some(58));
        assert_eq!(day_of("2024-02-29", Edge::First), day_of("2024-02", Edge::Last));
        assert_eq!(day_of("2024/02/29", Edge::First), day_of("2024.2.29", Edge::Last));
    }

    #[test]
    fn a_day_is_written_as_it_is_read() {
        for text in ["1969-12-31", "2024-02-29"] {
            assert_eq!(day_of(text, Edge::First).map(text_of).as_deref(), Some(text));
        }
        assert_eq!(text_of(i64::MAX), "");
    }

    #[test]
    fn half_a_date_is_none() {
        for text in ["", "20", "2024-", "2024-13", "2023-02-29", "June", "2024-06-30-1"] {
            assert_eq!(day_of(text, Edge::First), None, "{text}");
        }
    }
}
