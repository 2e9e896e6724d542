//! A first screenful for very large libraries, before everything is ranked.
//!
//! Under a new focus every photo has to be embedded, which takes seconds for a million of them. What stands first under the
//! focus is mostly found among the photos that are alike anyway (or that match the words), and by chance among the others:
//! those few are embedded first. The complete order follows as a second answer to the same search.

use std::sync::Arc;
use std::time::Instant;

use crate::search::{HitOrder, SearchResults, Timings, ViewKind};
use crate::snapshot::LibrarySnapshot;
use refocus_search::{FindVector, Focus, Gallery, Knowledge, Query, ReferencePhoto, Work, rank};

use super::job_queue::Search;
use super::ranker::{Ranker, Unanswered, milliseconds};
use super::references::references;
use super::searching::{condition_key, shows_key};
use super::told::answered_by;

/// Libraries from which a first screenful comes before the complete order.
const LARGE: usize = 150_000;
/// Photos that are embedded first: the nearest in plain similarity (or match with the words) …
const NEAREST: usize = 10_000;
/// … and so many spread evenly over the rest.
const SPREAD: usize = 4_000;

impl Ranker {
    /// An order of the photos that are looked at first, the others behind them in plain order; nothing where the complete
    /// order is as fast.
    pub(super) fn first_screen(&mut self, search: &Search) -> Result<Option<SearchResults>, Unanswered> {
        let snapshot = self.shared.snapshot();
        // Who is in a photo is known of all of them at once.
        let is_about_people = search
            .people
            .as_ref()
            .is_some_and(|people| people.is_focus || people.whose.is_some());
        if is_about_people || snapshot.rows.len() < LARGE || !self.may_be_slow(search, &snapshot) {
            return Ok(None);
        }
        let outside = self.outside_encodings(search)?;
        let mut results = self.few_first(search, &snapshot, &outside)?;
        if let Some(results) = &mut results {
            results.generation = search.generation;
            results.provisional = true;
            results.rows_in_use = snapshot.rows.in_use();
            results.timings.total_ms = milliseconds(search.arrived.elapsed());
        }
        Ok(results)
    }

    /// Whether photos have to be embedded for this search, and there is something to say which should come first.
    fn may_be_slow(&self, search: &Search, snapshot: &LibrarySnapshot) -> bool {
        let request = &search.request;
        let something = !request.references.is_empty() || !request.find.trim().is_empty();
        let keys = [condition_key(request), shows_key(&search.find, &self.model)];
        let mut keys = keys.into_iter().flatten();
        let new = keys.any(|key| !self.conditions.has_gallery(&key, snapshot.version));
        something
            && new
            && request.view == ViewKind::Grid
            && request.order == HitOrder::Best
            && self.model.focus_encoder().is_some()
    }

    fn few_first(
        &mut self,
        search: &Search,
        snapshot: &LibrarySnapshot,
        outside: &[Option<Vec<u8>>],
    ) -> Result<Option<SearchResults>, Unanswered> {
        let request = &search.request;
        let focus_key = condition_key(request);
        let has_focus = focus_key.is_some();
        let Some(key) = focus_key.or_else(|| shows_key(&search.find, &self.model)) else {
            return Ok(None);
        };
        let jobs = Arc::clone(&self.jobs);
        let stale = || jobs.is_stale(search.generation);
        let work = Work {
            threads: self.threads,
            stale: &stale,
        };
        let encoded = self.encoded(snapshot);
        let subset = self.subset(search, snapshot);
        let model = Arc::clone(&self.model);
        let layout = model.layout();
        let gallery = snapshot.gallery(layout, &encoded)?;
        let start = Instant::now();
        let find = FindVector::of_query(&search.find, &model, layout)?;
        let references = references(request, snapshot, outside);
        let coarse = Query {
            references: &references,
            find: find.as_ref(),
            find_weight: request.find_weight,
            subset: Some(&subset),
            ..Query::default()
        };
        let coarse = rank(&gallery, &coarse, work)?.ok_or(Unanswered::Stale)?;
        let few = chosen(coarse.order.get(..coarse.ranked).unwrap_or_default());

        let bytes = layout.bytes_per_photo();
        let mut rows = Vec::with_capacity(few.len() * bytes);
        for photo in &few {
            rows.extend_from_slice(gallery.encoding(*photo as usize).unwrap_or_default());
        }
        let some = Gallery::new(layout, &rows, None)?;
        let bank = Arc::clone(&self.bank);
        let known = Knowledge::of_model(&bank, &model);
        let applied = self.conditions.apply_to_few(&key, known, &some, work)?;
        let Some(conditioned) = applied else {
            return Ok(None);
        };
        let embedder = conditioned.embedder(known)?;
        // The few have other numbers than the library: references are given as encodings.
        let references: Vec<refocus_search::Reference<ReferencePhoto<'_>>> = references
            .iter()
            .filter_map(|reference| {
                let encoding = match reference.source {
                    ReferencePhoto::Photo(photo) => gallery.encoding(photo as usize)?,
                    ReferencePhoto::Outside(encoding) => encoding,
                };
                Some(refocus_search::Reference {
                    source: ReferencePhoto::Outside(encoding),
                    positive: reference.positive,
                })
            })
            .collect();
        let applied = Some(Focus {
            embedder: embedder.as_ref(),
            gallery: &conditioned.gallery,
        });
        let query = Query {
            references: &references,
            focus: applied.filter(|_| has_focus),
            find: find.as_ref(),
            shows: applied.filter(|_| !has_focus),
            strength: request.strength.clamp(0.0, 1.0),
            find_weight: request.find_weight,
            answered: answered_by(Some(&conditioned).filter(|_| has_focus), known, find.as_ref())?,
            subset: None,
        };
        let ranking = rank(&some, &query, work)?.ok_or(Unanswered::Stale)?;
        let (order, scores) = merged(&few, &ranking, &coarse.order);
        let mut results = SearchResults {
            ranked: ranking.ranked,
            order: order.into(),
            scores: scores.into(),
            way: ranking.way,
            condition_words: conditioned
                .condition
                .words
                .iter()
                .filter(|_| has_focus)
                .map(|word| word.text.clone())
                .collect(),
            timings: Timings {
                score_ms: milliseconds(start.elapsed()),
                ..Timings::default()
            },
            ..SearchResults::default()
        };
        self.put_written_first(search, snapshot, &subset, &mut results);
        Ok(Some(results))
    }
}

/// The photos that are embedded first, from a coarse order, best first.
fn chosen(coarse: &[u32]) -> Vec<u32> {
    let (nearest, rest) = coarse.split_at(coarse.len().min(NEAREST));
    let step = rest.len().div_ceil(SPREAD).max(1);
    nearest.iter().chain(rest.iter().step_by(step)).copied().collect()
}

/// The few in the order of their ranking, then all others as they stood; and the score of each entry (NaN for the others).
fn merged(few: &[u32], ranking: &refocus_search::Ranking, coarse: &[u32]) -> (Vec<u32>, Vec<f32>) {
    let mut order = Vec::with_capacity(coarse.len());
    let mut scores = Vec::with_capacity(coarse.len());
    for place in &ranking.order {
        if let Some(photo) = few.get(*place as usize) {
            order.push(*photo);
            scores.push(ranking.score.get(*place as usize).copied().unwrap_or(f32::NAN));
        }
    }
    let mut sorted = few.to_vec();
    sorted.sort_unstable();
    order.extend(coarse.iter().filter(|photo| sorted.binary_search(photo).is_err()));
    scores.resize(order.len(), f32::NAN);
    (order, scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_the_rest_is_sampled_evenly() {
        let coarse: Vec<u32> = (0..1_000_000).rev().collect();
        let few = chosen(&coarse);
        assert_eq!(few.len(), NEAREST + 990_000usize.div_ceil(248));
        assert_eq!(few[..NEAREST], coarse[..NEAREST]);
        assert!(few[NEAREST..].windows(2).all(|pair| pair[0] - pair[1] == 248));
        assert_eq!(chosen(&coarse[..7]), coarse[..7]);
    }

    #[test]
    fn every_photo_stands_once_in_the_merged_order() {
        let coarse = [5, 3, 1, 0, 2, 4];
        let few = [5, 3, 0];
        let ranking = refocus_search::Ranking {
            order: vec![2, 0, 1],
            ranked: 3,
            score: vec![0.5, 0.1, 0.9],
            conditional_score: None,
            plain_score: None,
            plain_rank: None,
            find_score: None,
            way: refocus_search::Way::FocusEncoder,
            timings: refocus_search::Timings::default(),
        };
        let (order, scores) = merged(&few, &ranking, &coarse);
        assert_eq!(order, [0, 5, 3, 1, 2, 4]);
        assert_eq!(scores[..3], [0.9, 0.5, 0.1]);
        assert!(scores[3..].iter().all(|score| score.is_nan()));
    }
}
