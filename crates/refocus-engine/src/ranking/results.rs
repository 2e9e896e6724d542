//! From a ranking to what a front end is told: order, scores, groups, value words.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::rows::Rows;
use crate::search::{ReferenceSource, SearchRequest, SearchResults, SortKey, Way};
use crate::snapshot::LibrarySnapshot;
use refocus_search::{Group, GroupKind, Groups, Ranking};

use super::in_time::sort_by_date;
use super::strong_matches::strong_matches;
use super::written_first::moved;

/// The ranking, entry by entry of its order, with the positive references first.
pub(super) fn results_of(ranking: &Ranking, request: &SearchRequest, snapshot: &LibrarySnapshot) -> SearchResults {
    let mut order = ranking.order.clone();
    let mut ranked = ranking.ranked;
    let references: Vec<u32> = positive_references(request, snapshot).collect();
    let first = references.len();
    for (place, number) in references.into_iter().enumerate() {
        if let Some(at) = order
            .iter()
            .position(|&other| other == number)
            .filter(|&at| at >= place)
        {
            // A reference that is not encoded yet stands first all the same.
            ranked = if at >= ranked { ranked + 1 } else { ranked };
            if let Some(front) = order.get_mut(place..=at) {
                front.rotate_right(1);
            }
        }
    }
    let by_photo = |values: &[f32], are_cosines: bool| -> Arc<[f32]> {
        order
            .iter()
            .map(|&photo| values.get(photo as usize).copied().unwrap_or(f32::NAN))
            // Vectors that are stored in fewer bits are a little longer than 1 after rounding.
            .map(|score| if are_cosines { score.clamp(-1.0, 1.0) } else { score })
            .collect()
    };
    let scores = by_photo(&ranking.score, request.scores_are_cosines());
    SearchResults {
        ranked,
        strong: strong_matches(scores.get(..ranked).unwrap_or_default(), first, request.strong_share),
        scores,
        plain_ranks: ranking.plain_rank.as_ref().map_or_else(Arc::default, |ranks| {
            order
                .iter()
                .map(|&photo| ranks.get(photo as usize).copied().unwrap_or(u32::MAX))
                .collect()
        }),
        plain_scores: ranking
            .plain_score
            .as_ref()
            .map_or_else(Arc::default, |scores| by_photo(scores, true)),
        order: order.into(),
        way: ranking.way,
        timings: ranking.timings,
        ..SearchResults::default()
    }
}

/// The rows of the positive references.
fn positive_references(request: &SearchRequest, snapshot: &LibrarySnapshot) -> impl Iterator<Item = u32> {
    let positive = request.references.iter().filter(|reference| reference.positive);
    positive.filter_map(|reference| match reference.source {
        ReferenceSource::Library(id) => snapshot.number_of(id),
        ReferenceSource::Outside(_) => None,
    })
}

/// How many entries of an order, from its start, are the positive references.
pub(super) fn references_in_front(order: &[u32], request: &SearchRequest, snapshot: &LibrarySnapshot) -> usize {
    let references: Vec<u32> = positive_references(request, snapshot).collect();
    order.iter().take_while(|number| references.contains(number)).count()
}

/// Puts the ranked photos in the order of other scores, by row number, the best first; equals stay as they are, and so do the first
/// `references` of the order. Words that were found in texts decided the order before, and are told no more.
pub(super) fn put_scored_first(results: &mut SearchResults, references: usize, score: impl Fn(u32) -> f32) {
    let ranked = results.ranked;
    let of_place = |place: usize| results.order.get(place).map_or(0.0, |number| score(*number));
    let mut entries: Vec<(f32, usize)> = (references..ranked).map(|place| (of_place(place), place)).collect();
    entries.sort_by(|a, b| b.0.total_cmp(&a.0));
    let places: Vec<usize> = (0..references)
        .chain(entries.iter().map(|(_, place)| *place))
        .chain(ranked..results.order.len())
        .collect();
    let scores = std::iter::repeat_n(1.0, references).chain(entries.iter().map(|(score, _)| *score));
    let not_ranked = std::iter::repeat_n(f32::NAN, results.order.len().saturating_sub(ranked));
    results.scores = scores.chain(not_ranked).collect();
    results.order = moved(&results.order, &places);
    results.plain_ranks = moved(&results.plain_ranks, &places);
    results.plain_scores = moved(&results.plain_scores, &places);
    results.written = Arc::default();
}

/// Adds the groups to the results. Where nothing else orders the photos, the order follows the groups.
pub(super) fn put_in_groups(results: &mut SearchResults, groups: Groups, order_follows: bool, way: Way) {
    let Groups { groups, not_encoded } = groups;
    if order_follows {
        let rows = || groups.iter().flat_map(|group| group.rows.iter());
        results.ranked = rows().count();
        results.order = rows().chain(&not_encoded).copied().collect();
        results.scores = Arc::default();
        results.strong = None;
        results.plain_ranks = Arc::default();
        results.plain_scores = Arc::default();
        results.way = way;
    }
    results.groups = Some(groups.into());
}

/// The photos that match weakly, in their order; `None` where it is not known which.
pub(super) fn weak_matches(results: &SearchResults) -> Option<&[u32]> {
    results.order.get(results.strong?..results.ranked)
}

/// A subset without some of its rows.
pub(super) fn without(subset: &[bool], rows: &[u32]) -> Arc<[bool]> {
    let mut left = subset.to_vec();
    for row in rows {
        if let Some(taken) = left.get_mut(*row as usize) {
            *taken = false;
        }
    }
    left.into()
}

/// Adds rows to the group of those that belong to none, behind all groups with words.
pub(super) fn put_to_others(groups: &mut Groups, rows: &[u32]) {
    if rows.is_empty() {
        return;
    }
    if let Some(other) = groups.groups.iter_mut().find(|group| group.kind == GroupKind::Other) {
        other.rows = other.rows.iter().chain(rows).copied().collect();
        return;
    }
    let place = groups.groups.partition_point(|group| group.kind == GroupKind::Alike);
    let other = Group {
        kind: GroupKind::Other,
        value_words: Vec::new(),
        rows: rows.into(),
    };
    groups.groups.insert(place, other);
}

pub(super) fn first_value_words<'a>(
    results: &SearchResults,
    first: usize,
    words: impl Fn(usize) -> Vec<(&'a str, f32)>,
) -> Arc<[Vec<(String, f32)>]> {
    let photos = results.order.iter().take(results.ranked.min(first));
    photos
        .map(|&photo| {
            words(photo as usize)
                .into_iter()
                .map(|(word, weight)| (word.to_owned(), weight))
                .collect()
        })
        .collect()
}

pub(super) fn sort_rows(order: &mut [u32], rows: &Rows, sort: SortKey) {
    let name = |number: u32| {
        rows.get(number)
            .and_then(|row| row.path.file_name())
            .map(|name| name.to_string_lossy().to_lowercase())
    };
    match sort {
        SortKey::DateTaken => sort_by_date(order, rows, true),
        SortKey::OldestFirst => sort_by_date(order, rows, false),
        SortKey::Size => order.sort_by_key(|&number| (Reverse(rows.get(number).map(|row| row.bytes)), number)),
        SortKey::Name => order.sort_by_cached_key(|&number| (name(number), number)),
        SortKey::Folder => order.sort_by_cached_key(|&number| {
            (
                rows.get(number)
                    .and_then(|row| row.path.parent().map(std::path::Path::to_path_buf)),
                name(number),
                number,
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::FileId;
    use crate::search::Reference;

    #[test]
    fn weak_matches_stand_behind_the_groups_of_the_strong_ones() {
        let results = SearchResults {
            order: Arc::from([4, 2, 0, 1, 3]),
            ranked: 4,
            strong: Some(2),
            ..SearchResults::default()
        };
        let weak = weak_matches(&results).unwrap();
        assert_eq!(weak, [0, 1]);
        assert_eq!(without(&[true; 5], weak)[..], [false, false, true, true, true]);
        let group = |kind, rows: &[u32]| Group {
            kind,
            value_words: Vec::new(),
            rows: rows.into(),
        };
        let mut groups = Groups {
            groups: vec![group(GroupKind::Alike, &[4]), group(GroupKind::Unclear, &[2])],
            not_encoded: vec![3],
        };
        for (added, others) in [(&[0, 1][..], &[0, 1][..]), (&[7], &[0, 1, 7]), (&[], &[0, 1, 7])] {
            put_to_others(&mut groups, added);
            let kinds: Vec<GroupKind> = groups.groups.iter().map(|group| group.kind).collect();
            assert_eq!(kinds, [GroupKind::Alike, GroupKind::Other, GroupKind::Unclear]);
            assert_eq!(groups.groups[1].rows[..], *others);
        }
        assert!(weak_matches(&SearchResults::default()).is_none());
    }

    #[test]
    fn a_cosine_is_told_within_its_bounds_and_a_sum_of_measures_as_it_is() {
        let ranking = Ranking {
            order: vec![1, 0, 2],
            ranked: 2,
            score: vec![-1.002, 1.001, f32::NAN],
            conditional_score: None,
            plain_score: Some(vec![-1.0, 1.004, f32::NAN]),
            plain_rank: None,
            find_score: None,
            way: Way::Plain,
            timings: Default::default(),
        };
        let mut request = SearchRequest {
            references: vec![Reference {
                source: ReferenceSource::Library(FileId(1)),
                positive: true,
            }],
            focus: "the place".to_owned(),
            ..SearchRequest::default()
        };
        let told = |request: &SearchRequest| {
            let results = results_of(&ranking, request, &LibrarySnapshot::default());
            assert_eq!(results.plain_scores[..2], [1.0, -1.0]);
            assert!(results.scores[2].is_nan());
            [results.scores[0], results.scores[1]]
        };
        assert_eq!(told(&request), [1.0, -1.0]);
        request.strength = 0.5;
        assert_eq!(told(&request), [1.001, -1.002]);
        request.strength = 1.0;
        request.find = "beach".to_owned();
        assert_eq!(told(&request), [1.001, -1.002]);
    }
}
