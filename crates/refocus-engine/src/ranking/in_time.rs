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

    use crossbeam_channel::bounded;
    use refocus_model::device::load_on_best_device;
    use refocus_model::{ModelChoice, PhotoModel};
    use refocus_search::WordBank;

    use super::super::job_queue::{JobQueue, Search};
    use super::super::probe::{fill, random_encodings};
    use super::super::ranker::Ranker;
    use super::*;
    use crate::outside::Outside;
    use crate::people::People;
    use crate::rows::{DateSource, FileId};
    use crate::search::{Reference, ReferenceSource, STRONG_SHARE, SearchRequest};
    use crate::shared::Shared;
    use crate::texts::PhotoTexts;
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

    /// A library of photos that were taken 20 days apart, in an order of their own.
    fn ranker(photos: u32) -> Ranker {
        let shared = Arc::new(Shared::new(bounded(1).0, Arc::new(|| {})));
        let (model, _) = load_on_best_device(&ModelChoice::default()).unwrap();
        fill(&shared, &model, random_encodings(&model).take(photos as usize));
        shared.change(|index| {
            for number in 0..photos {
                index.now.rows.update(number, |row| {
                    row.taken = i64::from(number * 7919 % photos) * 20 * 86_400;
                    row.taken_source = DateSource::Exif;
                });
            }
            index.now.version += 1;
        });
        let model: Arc<dyn PhotoModel> = Arc::new(model);
        let outside = Arc::new(Outside::new(Arc::clone(&shared), Arc::clone(&model)));
        let bank = Arc::new(WordBank::shipped().unwrap());
        let people = People::nobody(&shared);
        let texts = PhotoTexts::none(&shared);
        Ranker::new(
            shared,
            model,
            outside,
            people,
            texts,
            Arc::new(JobQueue::default()),
            bank,
        )
    }

    #[test]
    fn a_search_by_date_brings_the_strong_matches_in_time_with_their_months() {
        const PHOTOS: u32 = 200;
        let mut ranker = ranker(PHOTOS);
        let like = |order, strong_share| SearchRequest {
            references: vec![Reference {
                source: ReferenceSource::Library(FileId(17)),
                positive: true,
            }],
            order,
            strong_share,
            ..SearchRequest::default()
        };
        let mut asked = |request| ranker.search(&Search::new(1, request)).unwrap();
        let best = asked(like(HitOrder::Best, STRONG_SHARE));
        let newest = asked(like(HitOrder::Newest, STRONG_SHARE));
        let strong = best.strong.unwrap();
        assert!(best.timeline.is_none() && best.ranks.is_empty());
        assert_eq!((newest.strong, newest.order.len()), (Some(strong), PHOTOS as usize));
        assert_eq!(newest.order[0], 17, "the reference stands in front");
        let taken = |row: u32| row * 7919 % PHOTOS;
        let in_time = &newest.order[1..strong];
        assert!(in_time.windows(2).all(|pair| taken(pair[0]) > taken(pair[1])));
        for (place, row) in newest.order.iter().enumerate() {
            assert_eq!(best.order[newest.rank_of(place) as usize], *row);
        }
        let timeline = newest.timeline.unwrap();
        let counted: u32 = timeline.runs.iter().map(|run| run.count).sum();
        assert_eq!((timeline.runs[0].first, counted as usize), (1, strong - 1));
        let library: u32 = timeline.library.iter().map(|month| month.photos).sum();
        assert!(library == PHOTOS && timeline.is_part);

        let more = asked(like(HitOrder::Oldest, 0.2));
        assert!(more.strong.unwrap() > strong);
        assert!(taken(more.order[1]) < taken(more.order[2]));

        let sorted = asked(SearchRequest {
            sort: SortKey::OldestFirst,
            ..SearchRequest::default()
        });
        assert_eq!(taken(sorted.order[0]), 0);
        assert!(!sorted.timeline.unwrap().is_part);
        let by_name = SearchRequest {
            sort: SortKey::Name,
            ..SearchRequest::default()
        };
        assert!(asked(by_name).timeline.is_none());
    }

    #[test]
    fn months_follow_a_date_that_a_sidecar_states_of_a_photo_that_was_there() {
        let mut ranker = ranker(20);
        let by_date = || Search::new(1, SearchRequest::default());
        let before = ranker.search(&by_date()).unwrap().timeline.unwrap();
        ranker.shared.change(|index| {
            index.now.rows.update(0, |row| row.taken = 40 * 365 * 86_400);
            index.now.stated_version += 1;
        });
        let after = ranker.search(&by_date()).unwrap().timeline.unwrap();
        assert_ne!(before.runs[0].month, after.runs[0].month);
    }
}
