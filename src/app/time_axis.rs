//! The months of a library from one end of the scrubber to the other: where each is, how many photos it has, which years are named.
//!
//! Made once for an answer. A month takes the same length whatever it holds, so that a year looks like a year; long times without
//! any photo are cut short.

use refocus_engine::{Month, MonthRun, Timeline};

/// Months without photos that are drawn in full; longer times are cut short to a few.
const LONGEST_GAP: i32 = 12;
const SHORT_GAP: usize = 3;
/// The length of photos without a date, in months.
const UNDATED: usize = 4;

/// A step of the axis.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Slot {
    /// Its month; `None` in a time that is cut short, and where photos without a date are.
    pub(super) month: Option<Month>,
    /// Whether photos without a date are here.
    pub(super) undated: bool,
    /// How many photos the library has of it, 0 to 1: the root of the share of the fullest month.
    pub(super) library: f32,
    /// The same for the photos that were found.
    pub(super) hits: f32,
}

/// All steps, in the direction of the order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TimeAxis {
    /// From the top.
    pub(super) slots: Vec<Slot>,
    /// Whether what was found is not the whole library.
    pub(super) has_hits: bool,
}

/// The direction in which time runs in an order, where it tells: `true` for newest first.
fn is_newest_first(runs: &[MonthRun]) -> bool {
    let mut months = runs.iter().filter_map(|run| run.month);
    match (months.next(), months.next()) {
        (Some(first), Some(second)) => first > second,
        _ => true,
    }
}

impl TimeAxis {
    /// The axis of an order; `None` where there is not enough time in it to move through.
    pub(super) fn new(timeline: &Timeline) -> Option<Self> {
        let months = &timeline.library;
        if months.len() < 2 || timeline.runs.is_empty() {
            return None;
        }
        let fullest = months.iter().map(|of| of.photos).max().unwrap_or(1);
        let most_hits = timeline
            .runs
            .iter()
            .filter(|run| run.month.is_some())
            .map(|run| run.count)
            .max();
        let mut hits: Vec<(Month, u32)> = timeline
            .runs
            .iter()
            .filter_map(|run| Some((run.month?, run.count)))
            .collect();
        hits.sort_unstable();
        let mut slots: Vec<Slot> = Vec::new();
        let mut before: Option<Month> = None;
        for of in months.iter() {
            let gap = before.map_or(0, |before| of.month.months_since(before) - 1);
            if gap > LONGEST_GAP {
                slots.extend([Slot::default(); SHORT_GAP]);
            } else if let Some(before) = before {
                slots.extend((1..=gap).map(|later| Slot {
                    month: Some(before.later(later)),
                    ..Slot::default()
                }));
            }
            let found = hits.binary_search_by_key(&of.month, |(month, _)| *month);
            let found = found.ok().and_then(|at| hits.get(at)).map_or(0, |(_, count)| *count);
            slots.push(Slot {
                month: Some(of.month),
                undated: false,
                library: share(of.photos, fullest),
                hits: share(found, most_hits.unwrap_or(1)),
            });
            before = Some(of.month);
        }
        if is_newest_first(&timeline.runs) {
            slots.reverse();
        }
        if timeline.runs.iter().any(|run| run.month.is_none()) {
            let undated = Slot {
                undated: true,
                ..Slot::default()
            };
            slots.push(Slot::default());
            slots.extend([undated; UNDATED]);
        }
        Some(Self {
            slots,
            has_hits: timeline.is_part,
        })
    }

    /// The step of a month, or of photos without a date.
    pub(super) fn slot_of(&self, month: Option<Month>) -> Option<usize> {
        self.slots.iter().position(|slot| match month {
            Some(_) => slot.month == month,
            None => slot.undated,
        })
    }

    /// The steps at which years are named, each with its year: from the top, none nearer to the one before than `least` steps.
    pub(super) fn years(&self, least: f32) -> Vec<(usize, i32)> {
        let mut named: Vec<(usize, i32)> = Vec::new();
        let mut last_year = None;
        for (at, slot) in self.slots.iter().enumerate() {
            let Some(year) = slot.month.map(Month::year) else {
                continue;
            };
            if last_year == Some(year) {
                continue;
            }
            last_year = Some(year);
            if named.last().is_none_or(|(before, _)| (at - before) as f32 >= least) {
                named.push((at, year));
            }
        }
        named
    }
}

fn share(photos: u32, most: u32) -> f32 {
    (photos as f32 / most.max(1) as f32).sqrt().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::MonthCount;

    fn timeline(library: &[(i32, u8, u32)], runs: &[(i32, u8, u32)]) -> Timeline {
        let mut first = 0;
        Timeline {
            library: library
                .iter()
                .map(|&(year, month, photos)| MonthCount {
                    month: Month::new(year, month),
                    photos,
                })
                .collect(),
            runs: runs
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
                .collect(),
            is_part: true,
        }
    }

    #[test]
    fn the_axis_runs_as_the_order_does_and_long_gaps_are_short() {
        let library = [(1970, 1, 1), (2012, 11, 4), (2013, 2, 16)];
        let axis = TimeAxis::new(&timeline(&library, &[(2013, 2, 2), (2012, 11, 1), (0, 0, 1)])).unwrap();
        let months: Vec<Option<i32>> = axis
            .slots
            .iter()
            .map(|slot| slot.month.map(|m| i32::from(m.number())))
            .collect();
        let (cut, undated) = ([None; SHORT_GAP], [None; UNDATED + 1]);
        let expected = [&[Some(2), Some(1), Some(12), Some(11)][..], &cut, &[Some(1)], &undated].concat();
        assert_eq!(months, expected);
        assert!((axis.slots[0].library - 1.0).abs() < 1e-6 && (axis.slots[3].library - 0.5).abs() < 1e-6);
        assert_eq!(axis.slot_of(Some(Month::new(2012, 11))), Some(3));
        assert!(axis.slots[axis.slot_of(None).unwrap()].undated);

        let oldest = TimeAxis::new(&timeline(&library, &[(2012, 11, 1), (2013, 2, 2)])).unwrap();
        assert_eq!(oldest.slots[0].month, Some(Month::new(1970, 1)));
        assert_eq!(TimeAxis::new(&timeline(&library[..1], &[(1970, 1, 1)])), None);
    }

    #[test]
    fn names_of_years_keep_their_distance() {
        let library: Vec<(i32, u8, u32)> = (0..240)
            .map(|month| (2005 + month / 12, (month % 12 + 1) as u8, 3))
            .collect();
        let newest = [(2024, 12, 3), (2024, 11, 3)];
        let axis = TimeAxis::new(&timeline(&library, &newest)).unwrap();
        assert_eq!(axis.years(0.0).len(), 20);
        let named = axis.years(30.0);
        assert_eq!(named[0], (0, 2024));
        assert!(named.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 30));
    }
}
