//! Photos by month: what month headings and the density over time are drawn from.
//!
//! Both come with an order, so that a front end never has to walk over the photos of a library for them.

use std::ops::Range;
use std::sync::Arc;

use super::rows::{PhotoRow, Rows};

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// A month of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month(i32);

impl Month {
    /// A month of a year, 1 to 12; numbers beyond count on into the years around.
    #[must_use]
    pub fn new(year: i32, month: u8) -> Self {
        Self(year * 12 + i32::from(month) - 1)
    }

    /// The month of a moment, seconds since 1970-01-01, in the clock that they are told in.
    #[must_use]
    pub fn of(seconds: i64) -> Self {
        let (year, month, _) = civil(seconds.div_euclid(DAY));
        Self::new(year, month)
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// 1 = January.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0.rem_euclid(12) as u8 + 1
    }

    /// Its name, as in "July".
    #[must_use]
    pub fn name(self) -> &'static str {
        const NAMES: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        NAMES.get(usize::from(self.number()) - 1).copied().unwrap_or_default()
    }

    /// How many months it lies behind another one; negative where it lies before.
    #[must_use]
    pub fn months_since(self, other: Self) -> i32 {
        self.0 - other.0
    }

    /// So many months later.
    #[must_use]
    pub fn later(self, months: i32) -> Self {
        Self(self.0 + months)
    }
}

impl std::fmt::Display for Month {
    /// As in "July 2013".
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name(), self.year())
    }
}

/// A day of the year, whatever the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DayOfYear {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl DayOfYear {
    /// A day of a month, 1 to 12; `None` where no year has it.
    #[must_use]
    pub fn new(month: u8, day: u8) -> Option<Self> {
        let longest = match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=longest).contains(&day).then_some(Self { month, day })
    }

    /// The day of a moment, seconds since 1970-01-01, in the clock that they are told in.
    #[must_use]
    pub fn of(seconds: i64) -> Self {
        let (_, month, day) = civil(seconds.div_euclid(DAY));
        Self { month, day }
    }
}

impl std::fmt::Display for DayOfYear {
    /// As in "12 July".
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.day, Month::new(0, self.month).name())
    }
}

/// Year, month (1 to 12) and day (1 to 31) of a day counted from 1970-01-01, in the Gregorian calendar: `civil_from_days` of
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2021). A general calendar takes several times as long, and this
/// runs once for each photo of a library.
pub(crate) fn civil(day: i64) -> (i32, u8, u8) {
    // Eras of 400 years begin on 0000-03-01.
    let shifted = day.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    // Nobody's photos are older than the years that this holds.
    let year = year.clamp(-100_000_000, 100_000_000) as i32;
    (year, month as u8, of_month as u8)
}

/// Photos of one month that stand together in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthRun {
    /// The month; `None` for photos of which nothing but the time of their file tells when they were taken.
    pub month: Option<Month>,
    /// Place of the first in the order.
    pub first: u32,
    /// How many they are.
    pub count: u32,
}

/// How many photos a month has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthCount {
    /// The month.
    pub month: Month,
    /// Photos of it.
    pub photos: u32,
}

/// An order by date, month by month, before the whole library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The order's months from its start on, those without a date last.
    pub runs: Arc<[MonthRun]>,
    /// Months of the whole library that have photos, oldest first.
    pub library: Arc<[MonthCount]>,
    /// Whether the order's months are not the whole library: it was searched or filtered.
    pub is_part: bool,
}

impl Timeline {
    /// The months of the entries `dated` of an order of these rows.
    #[must_use]
    pub fn of(months: &LibraryMonths, order: &[u32], dated: Range<usize>) -> Self {
        let mut runs: Vec<MonthRun> = Vec::new();
        let entries = order.get(dated.clone()).unwrap_or_default();
        for (first, &number) in (dated.start as u32..).zip(entries) {
            let month = months.of_row(number);
            match runs.last_mut() {
                Some(run) if run.month == month => run.count += 1,
                _ => runs.push(MonthRun { month, first, count: 1 }),
            }
        }
        Self {
            runs: runs.into(),
            library: Arc::clone(&months.counts),
            is_part: entries.len() != months.photos,
        }
    }
}

/// The month of each row of a library, and how many photos each month has.
#[derive(Clone, Debug, Default)]
pub struct LibraryMonths {
    /// By row number; `None` for photos without a date.
    of_row: Arc<[Option<Month>]>,
    counts: Arc<[MonthCount]>,
    /// Photos that are shown, with a date or without.
    photos: usize,
}

impl LibraryMonths {
    /// The months of these rows.
    #[must_use]
    pub fn new(rows: &Rows) -> Self {
        let of_row: Arc<[Option<Month>]> = rows.iter().map(month_of).collect();
        let mut counts: std::collections::BTreeMap<Month, u32> = std::collections::BTreeMap::new();
        let mut photos = 0;
        // Neighbours are mostly of one month: a look-up for each run of them.
        let mut run: Option<(Month, u32)> = None;
        for (row, month) in rows.iter().zip(of_row.iter()) {
            if !row.is_shown() {
                continue;
            }
            photos += 1;
            match (&mut run, month) {
                (_, None) => {}
                (Some((of, count)), Some(month)) if of == month => *count += 1,
                (run, Some(month)) => {
                    if let Some((of, count)) = run.replace((*month, 1)) {
                        *counts.entry(of).or_default() += count;
                    }
                }
            }
        }
        if let Some((of, count)) = run {
            *counts.entry(of).or_default() += count;
        }
        Self {
            of_row,
            counts: counts
                .into_iter()
                .map(|(month, photos)| MonthCount { month, photos })
                .collect(),
            photos,
        }
    }

    /// The month of a row, where it has a date.
    fn of_row(&self, number: u32) -> Option<Month> {
        self.of_row.get(number as usize).copied().flatten()
    }
}

fn month_of(row: &PhotoRow) -> Option<Month> {
    row.has_date().then(|| Month::of(row.taken))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::DateSource;

    #[test]
    fn days_become_the_dates_of_the_calendar() {
        // By GNU date 9.1 (`date -u -d @… +%F`).
        for (day, date) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (15_898, (2013, 7, 12)),
            (19_782, (2024, 2, 29)),
            (-25_568, (1899, 12, 31)),
            (-719_528, (0, 1, 1)),
        ] {
            assert_eq!(civil(day), date, "{day}");
        }
        for extreme in [i64::MIN, i64::MAX] {
            let _ = Month::of(extreme);
        }
    }

    #[test]
    fn a_month_has_a_name_and_neighbours() {
        let month = Month::new(2013, 12);
        assert_eq!((month.to_string().as_str(), month.number()), ("December 2013", 12));
        assert_eq!(month.later(2).to_string(), "February 2014");
        assert_eq!(Month::new(2014, 1).months_since(Month::new(2013, 7)), 6);
        assert_eq!(DayOfYear::of(15_898 * DAY + 5).to_string(), "12 July");
        assert_eq!(DayOfYear::new(7, 12), Some(DayOfYear::of(15_898 * DAY)));
        assert!(DayOfYear::new(2, 29).is_some());
        assert_eq!(
            [(2, 30), (0, 1), (13, 1), (4, 31), (5, 0)].map(|(m, d)| DayOfYear::new(m, d)),
            [None; 5]
        );
    }

    #[test]
    fn the_months_of_an_order_follow_each_other_and_the_library_is_counted_as_a_whole() {
        let mut rows = Rows::default();
        // Days of July, July, August 2013, one without a date, one that is gone.
        for (number, day) in [15_898, 15_899, 15_930, 15_931, 15_898].into_iter().enumerate() {
            let mut row = PhotoRow::of_nothing();
            row.gone = number == 4;
            row.taken = day * DAY;
            row.taken_source = if number == 3 {
                DateSource::FileTime
            } else {
                DateSource::Exif
            };
            rows.push(row);
        }
        let months = LibraryMonths::new(&rows);
        let timeline = Timeline::of(&months, &[9, 2, 1, 0, 3, 7], 1..5);
        let july = Month::new(2013, 7);
        let run = |month, first, count| MonthRun { month, first, count };
        assert_eq!(
            timeline.runs[..],
            [run(Some(july.later(1)), 1, 1), run(Some(july), 2, 2), run(None, 4, 1)]
        );
        let count = |month, photos| MonthCount { month, photos };
        assert_eq!(timeline.library[..], [count(july, 2), count(july.later(1), 1)]);
        assert!(!timeline.is_part);
        assert!(Timeline::of(&months, &[2, 1], 0..2).is_part);
    }
}
