//! Heads between photos that stand in the order of time, and which photos are of which month.

use refocus_engine::{Month, MonthRun};

/// What photos without a date stand under.
pub(super) const NO_DATE: &str = "No date";

/// Months that have fewer photos than this share a head with the next ones: a line of the gallery for each of them would be
/// mostly empty.
const ENOUGH: u32 = 5;
/// Most photos of months that share a head.
const MOST_JOINED: u32 = 24;
/// Months further apart than this share no head.
const NEAR: i32 = 24;

/// A head, and where in the order its photos begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TimeHeading {
    /// As in "July 2013", "May \u{2013} July 2013".
    pub(super) title: String,
    /// Place of its first photo in the order.
    pub(super) first: u32,
}

/// The heads of an order by date.
pub(super) fn time_headings(runs: &[MonthRun]) -> Vec<TimeHeading> {
    let mut headings = Vec::new();
    let mut open: Option<Joined> = None;
    for run in runs {
        if let Some(joined) = &mut open
            && joined.take(run)
        {
            continue;
        }
        headings.extend(open.replace(Joined::new(run)).map(Joined::heading));
    }
    headings.extend(open.map(Joined::heading));
    headings
}

/// Months under one head.
struct Joined {
    first: u32,
    count: u32,
    /// The first and the last of them in the order.
    months: Option<(Month, Month)>,
}

impl Joined {
    fn new(run: &MonthRun) -> Self {
        Self {
            first: run.first,
            count: run.count,
            months: run.month.map(|month| (month, month)),
        }
    }

    /// Whether another month comes under the same head.
    fn take(&mut self, run: &MonthRun) -> bool {
        let (Some((_, last)), Some(month)) = (&mut self.months, run.month) else {
            return false;
        };
        let joins =
            self.count < ENOUGH && self.count + run.count <= MOST_JOINED && month.months_since(*last).abs() <= NEAR;
        if joins {
            *last = month;
            self.count += run.count;
        }
        joins
    }

    fn heading(self) -> TimeHeading {
        TimeHeading {
            title: self.months.map_or_else(|| NO_DATE.to_owned(), |(a, b)| span(a, b)),
            first: self.first,
        }
    }
}

/// The time from one month to another, the earlier one first.
fn span(a: Month, b: Month) -> String {
    let (from, to) = (a.min(b), a.max(b));
    if from == to {
        from.to_string()
    } else if from.year() == to.year() {
        format!("{} \u{2013} {to}", from.name())
    } else {
        format!("{from} \u{2013} {to}")
    }
}

/// Photos of one month in the gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MonthCells {
    /// The month; `None` for photos without a date.
    pub(super) month: Option<Month>,
    /// Its first cell.
    pub(super) first: usize,
    /// How many cells.
    pub(super) count: usize,
}

impl MonthCells {
    /// As a person says it.
    pub(super) fn title(self) -> String {
        self.month.map_or_else(|| NO_DATE.to_owned(), |month| month.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The heads of months with so many photos.
    fn heads(months: &[(i32, u8, u32)]) -> Vec<(String, u32)> {
        let mut first = 0;
        let runs: Vec<MonthRun> = months
            .iter()
            .map(|&(year, month, count)| {
                let run = MonthRun {
                    month: (month > 0).then(|| Month::new(year, month)),
                    first,
                    count,
                };
                first += count;
                run
            })
            .collect();
        let heads = time_headings(&runs).into_iter();
        heads.map(|heading| (heading.title, heading.first)).collect()
    }

    #[test]
    fn a_month_with_many_photos_has_a_head_of_its_own() {
        let heads = heads(&[(2013, 8, 40), (2013, 7, 3), (2013, 6, 90), (0, 0, 2)]);
        let expected = [
            ("August 2013", 0),
            ("July 2013", 40),
            ("June 2013", 43),
            ("No date", 133),
        ];
        assert_eq!(heads, expected.map(|(title, first)| (title.to_owned(), first)));
    }

    #[test]
    fn months_with_few_photos_share_one_in_both_directions() {
        let newest = heads(&[(2014, 2, 1), (2013, 12, 1), (2013, 7, 2), (2013, 5, 1), (2013, 4, 6)]);
        assert_eq!(newest[0], ("May 2013 \u{2013} February 2014".to_owned(), 0));
        assert_eq!(newest[1], ("April 2013".to_owned(), 5));
        let oldest = heads(&[(2013, 4, 2), (2013, 5, 1), (2013, 7, 2), (2013, 8, 1)]);
        assert_eq!(oldest[0], ("April \u{2013} July 2013".to_owned(), 0));
        assert_eq!(oldest[1], ("August 2013".to_owned(), 5));
    }

    #[test]
    fn months_far_apart_and_photos_without_a_date_stay_apart() {
        let heads = heads(&[(2020, 1, 1), (2013, 7, 1), (0, 0, 1)]);
        let titles: Vec<&str> = heads.iter().map(|(title, _)| title.as_str()).collect();
        assert_eq!(titles, ["January 2020", "July 2013", "No date"]);
    }
}
