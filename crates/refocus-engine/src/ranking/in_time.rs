//! The strong matches of a search in the order of time.

use std::ops::Range;

use crate::rows::{PhotoRow, Rows};
use crate::search::{HitOrder, SearchResults, SortKey};

use super::written_first::moved;

/// Sorts rows by when they were taken; those without a date come last.
pub(super) fn sort_by_date(order: &mut [u32], rows: &Rows, newest_first: bool) {
    order.sort_by_cached_key(|&number| (date_key(rows, number, newest_first), number));
}

/// What a row is sorted by: whether it has no date, and how far its time is from the end that comes first.
fn date_key(rows: &Rows, number: u32, newest_first: bool) -> (bool, i64) {
    let row = rows.get(number);
    let taken = row.map_or(i64::MIN, PhotoRow::taken_ms);
    // The complement turns the order around, and has no value that overflows.
    (
        !row.is_some_and(PhotoRow::has_date),
        if newest_first { !taken } else { taken },
    )
}

/// Which end of time comes first where the library is only sorted; `None`: it is sorted by something else.
pub(super) fn newest_first(sort: SortKey) -> Option<bool> {
    match sort {
        SortKey::DateTaken => Some(true),
        SortKey::OldestFirst => Some(false),
        SortKey::Name | SortKey::Size | SortKey::Folder => None,
    }
}

/// Puts the strong matches in the order of time: the weak ones and those that are not encoded yet follow as they stood. The first
/// `references` of the order stay where they are. Returns which entries are in the order of time.
pub(super) fn put_in_time(
    results: &mut SearchResults,
    references: usize,
    order: HitOrder,
    rows: &Rows,
) -> Option<Range<usize>> {
    let newest_first = match order {
        HitOrder::Best => return None,
        HitOrder::Newest => true,
        HitOrder::Oldest => false,
    };
    let strong = results.strong.unwrap_or(results.ranked).min(results.order.len());
    let references = references.min(strong);
    // The old place of each entry of the new order.
    let mut in_time: Vec<usize> = (references..strong).collect();
    in_time.sort_by_cached_key(|place| {
        let number = results.order.get(*place).copied().unwrap_or(u32::MAX);
        (date_key(rows, number, newest_first), number)
    });
    let from: Vec<usize> = (0..references)
        .chain(in_time)
        .chain(strong..results.order.len())
        .collect();
    results.ranks = from.iter().map(|place| *place as u32).collect();
    let mut written = results.written.to_vec();
    if !written.is_empty() {
        written.resize(strong.max(written.len()), None);
        results.written = from
            .iter()
            .take(written.len())
            .map(|place| written.get(*place).copied().flatten())
            .collect();
    }
    if !results.value_words.is_empty() {
        let words = &results.value_words;
        let known = words.len();
        let last = from.iter().rposition(|place| *place < known).map_or(0, |at| at + 1);
        let told = from.iter().take(last);
        results.value_words = told
            .map(|place| words.get(*place).cloned().unwrap_or_default())
            .collect();
    }
    results.order = moved(&results.order, &from);
    results.scores = moved(&results.scores, &from);
    results.plain_ranks = moved(&results.plain_ranks, &from);
    results.plain_scores = moved(&results.plain_scores, &from);
    Some(references..strong)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rows::DateSource;
    use crate::written::{WrittenMatch, WrittenSource};

    /// Rows taken at these seconds; negative ones have only the time of their file.
    fn rows(taken: &[i64]) -> Rows {
        let mut rows = Rows::default();
        for taken in taken {
            let mut row = PhotoRow::of_nothing();
            row.gone = false;
            row.taken = taken.abs();
            row.taken_source = if *taken < 0 {
                DateSource::FileTime
            } else {
                DateSource::Exif
            };
            rows.push(row);
        }
        rows
    }

    #[test]
    fn photos_without_a_date_come_last_in_both_directions() {
        let rows = rows(&[50, -90, 70, -10, 60, 60]);
        let sorted = |newest| {
            let mut order: Vec<u32> = (0..6).collect();
            sort_by_date(&mut order, &rows, newest);
            order
        };
        assert_eq!(sorted(true), [2, 4, 5, 0, 1, 3]);
        assert_eq!(sorted(false), [0, 4, 5, 2, 3, 1]);
    }

    #[test]
    fn only_the_strong_are_in_time_and_all_that_belongs_to_a_photo_goes_with_it() {
        let rows = rows(&[10, 20, 30, 40, 50, 60]);
        let found = WrittenMatch {
            source: WrittenSource::Title,
            whole: true,
        };
        let answer = SearchResults {
            order: Arc::from([5, 1, 3, 2, 0, 4]),
            ranked: 5,
            strong: Some(4),
            scores: Arc::from([1.0, 0.9, 0.8, 0.7, 0.1, f32::NAN]),
            plain_ranks: Arc::from([0, 3, 1, 2, 4, 5]),
            written: Arc::from([None, Some(found)]),
            value_words: Arc::from([Vec::new(), vec![("teal".to_owned(), 0.5)]]),
            ..SearchResults::default()
        };
        let mut newest = answer.clone();
        // The reference stands in front, whenever it was taken.
        assert_eq!(put_in_time(&mut newest, 1, HitOrder::Newest, &rows), Some(1..4));
        assert_eq!(newest.order[..], [5, 3, 2, 1, 0, 4]);
        assert_eq!(newest.ranks[..], [0, 2, 3, 1, 4, 5]);
        assert_eq!((newest.rank_of(1), newest.rank_of(3)), (2, 1));
        assert_eq!(newest.scores[..5], [1.0, 0.8, 0.7, 0.9, 0.1]);
        assert_eq!(newest.plain_ranks[..], [0, 1, 2, 3, 4, 5]);
        assert_eq!(newest.written[..], [None, None, None, Some(found)]);
        assert_eq!(newest.value_words[3][0].0, "teal");

        let mut oldest = answer.clone();
        put_in_time(&mut oldest, 0, HitOrder::Oldest, &rows);
        assert_eq!(oldest.order[..], [1, 2, 3, 5, 0, 4]);

        let mut best = answer.clone();
        assert_eq!(put_in_time(&mut best, 1, HitOrder::Best, &rows), None);
        assert_eq!(best.order, answer.order);
        assert!(best.ranks.is_empty() && best.rank_of(2) == 2);

        // Where there are too few to tell, all that could be ranked are in time.
        let mut few = SearchResults { strong: None, ..answer };
        assert_eq!(put_in_time(&mut few, 1, HitOrder::Newest, &rows), Some(1..5));
        assert_eq!(few.order[..], [5, 3, 2, 1, 0, 4]);
    }
}
