//! The first results once more, this time with the instruction inside the image tower (FocalLens's own form).
//!
//! Each photo goes through the whole tower for each instruction, which takes tens of milliseconds: so the library is ranked by
//! what is stored, as always, and only the first photos of that order are looked at again. A newer search ends the work
//! between two photos.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::command::OutsideSource;
use crate::search::{HitOrder, ReferenceSource, SearchRequest, SearchResults, ViewKind};
use refocus_model::vector_math::{add_scaled, dot};
use refocus_search::{FindVector, TextEmbedder};

use super::job_queue::Search;
use super::ranker::{Ranker, Unanswered};
use super::searching::condition_key;

/// Conditional embeddings that are kept; all are forgotten when there are more.
const KEPT: usize = 2000;

/// What reranking found earlier under one instruction, by the photos' content.
#[derive(Default)]
pub(super) struct Reranker {
    instruction: String,
    embeddings: HashMap<[u8; 32], Vec<f32>>,
}

/// What identifies a picture while its order is worked out.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Picture {
    /// A photo of the library, by its content.
    Photo([u8; 32]),
    /// A reference from outside, by its place among the references.
    Outside(usize),
}

/// What one reranking needs of the library.
struct Plan {
    /// Pictures to look at, and where they come from.
    looks: Vec<(Picture, OutsideSource)>,
    /// References and whether they are positive.
    references: Vec<(Picture, bool)>,
    /// The entries of the order that are put in order, and the photo of each.
    first: Range<usize>,
    photos: Vec<Picture>,
}

impl Ranker {
    /// Whether the first results of a search can be reranked, and are to be.
    pub(super) fn is_to_be_reranked(&self, request: &SearchRequest) -> bool {
        request.rerank_first > 0
            && self.model.conditioned_tower().is_some()
            && condition_key(request).is_some()
            && request.strength > 0.0
            && !(request.references.is_empty() && request.find.trim().is_empty())
            && request.view == ViewKind::Grid
            && request.order == HitOrder::Best
    }

    /// The results with their first photos in the order that the tower gives them under the instruction. Photos that cannot be
    /// read come after those that can, references stay in front.
    pub(super) fn reranked(&mut self, search: &Search, results: &SearchResults) -> Result<SearchResults, Unanswered> {
        let model = Arc::clone(&self.model);
        if model.conditioned_tower().is_none() {
            return Ok(results.clone());
        }
        let request = &search.request;
        let instruction = model.embed(&[request.focus.trim()])?;
        if self.reranker.instruction != request.focus || self.reranker.embeddings.len() > KEPT {
            self.reranker = Reranker {
                instruction: request.focus.clone(),
                embeddings: HashMap::new(),
            };
        }
        let plan = self.plan(request, results);
        let found = self.look(&plan.looks, &instruction, search)?;
        let mut outside: HashMap<Picture, Vec<f32>> = HashMap::new();
        for ((picture, _), embedding) in plan.looks.iter().zip(found) {
            match (picture, embedding) {
                (Picture::Photo(hash), Some(embedding)) => drop(self.reranker.embeddings.insert(*hash, embedding)),
                (Picture::Outside(_), Some(embedding)) => drop(outside.insert(*picture, embedding)),
                (_, None) => {}
            }
        }
        let embedding = |picture: &Picture| match picture {
            Picture::Photo(hash) => self.reranker.embeddings.get(hash),
            Picture::Outside(_) => outside.get(picture),
        };
        let mut wanted = vec![0.0; instruction.len()];
        for (picture, positive) in &plan.references {
            let alike = plan.references.iter().filter(|(_, other)| other == positive).count();
            let weight = if *positive { 1.0 } else { -1.0 } / alike as f32;
            if let Some(embedding) = embedding(picture) {
                add_scaled(&mut wanted, weight, embedding);
            }
        }
        if let Some(find) = FindVector::of_query(&search.find, &model, model.layout())? {
            let weight = if plan.references.is_empty() {
                1.0
            } else {
                request.find_weight
            };
            add_scaled(&mut wanted, weight, find.text());
        }
        let scores: Vec<Option<f32>> = plan
            .photos
            .iter()
            .map(|photo| Some(dot(&wanted, embedding(photo)?)))
            .collect();
        let mut reranked = reordered(results, plan.first, &scores);
        if request.fold_duplicates {
            let snapshot = self.shared.snapshot();
            reranked.folds = self.folds(search, &snapshot, &reranked.order)?;
        }
        Ok(reranked)
    }

    fn plan(&self, request: &SearchRequest, results: &SearchResults) -> Plan {
        let snapshot = self.shared.snapshot();
        let mut looks: Vec<(Picture, OutsideSource)> = Vec::new();
        let mut photo = |number: u32| {
            let row = snapshot.rows.get(number)?;
            let picture = Picture::Photo(row.hash);
            let seen = looks.iter().any(|(other, _)| *other == picture);
            if !seen && !self.reranker.embeddings.contains_key(&row.hash) {
                looks.push((picture, OutsideSource::File(row.path.to_path_buf())));
            }
            Some(picture)
        };
        let mut references = Vec::with_capacity(request.references.len());
        let mut in_front: Vec<u32> = Vec::new();
        let mut outside = Vec::new();
        for (place, reference) in request.references.iter().enumerate() {
            let picture = match reference.source {
                ReferenceSource::Library(id) => snapshot.number_of(id).and_then(|number| {
                    in_front.extend(reference.positive.then_some(number));
                    photo(number)
                }),
                ReferenceSource::Outside(id) => self.outside.source(id).map(|source| {
                    outside.push((Picture::Outside(place), source));
                    Picture::Outside(place)
                }),
            };
            references.extend(picture.map(|picture| (picture, reference.positive)));
        }
        let start = results
            .order
            .iter()
            .take_while(|number| in_front.contains(number))
            .count();
        let first = start.min(results.ranked)..(start + request.rerank_first).min(results.ranked);
        let numbers = results.order.get(first.clone()).unwrap_or_default();
        let photos = numbers.iter().filter_map(|number| photo(*number)).collect();
        looks.extend(outside);
        Plan {
            looks,
            references,
            first,
            photos,
        }
    }

    /// Conditional embeddings of some pictures, in their order; `None` for those that cannot be read.
    fn look(
        &self,
        todo: &[(Picture, OutsideSource)],
        instruction: &[f32],
        search: &Search,
    ) -> Result<Vec<Option<Vec<f32>>>, Unanswered> {
        let (model, outside) = (Arc::clone(&self.model), Arc::clone(&self.outside));
        let sources: Vec<OutsideSource> = todo.iter().map(|(_, source)| source.clone()).collect();
        let instruction = instruction.to_vec();
        let embed = move |place: usize| {
            let (Some(source), Some(tower)) = (sources.get(place), model.conditioned_tower()) else {
                return Err("there is nothing to look at".to_owned());
            };
            let prepared = outside.prepared(source)?;
            let embedding = tower.embed_under(&[prepared], &instruction);
            embedding.map_err(|error| error.to_string())
        };
        let stale = || self.jobs.is_stale(search.generation) || self.shared.stopping();
        let found = self.readers.each(self.threads, todo.len(), embed, &stale);
        let found = found.ok_or(Unanswered::Stale)?.into_iter().map(|embedding| {
            let embedding = embedding.unwrap_or_else(|| Err("it does not answer".to_owned()));
            embedding
                .inspect_err(|reason| tracing::info!("not reranked: {reason}"))
                .ok()
        });
        Ok(found.collect())
    }
}

/// The results with the entries of `first` in the order of their scores; those without one come last among them. Photos of which the
/// words to be found are written stay before the others.
fn reordered(results: &SearchResults, first: Range<usize>, scores: &[Option<f32>]) -> SearchResults {
    let mut places: Vec<usize> = first.clone().collect();
    let score = |place: usize| {
        let score = scores.get(place - first.start).copied().flatten();
        score.unwrap_or(f32::NEG_INFINITY)
    };
    let written = |place: usize| {
        let found = results.written.get(place).copied().flatten();
        found.map(|found| found.whole)
    };
    places.sort_by(|a, b| {
        let by_score = || score(*b).total_cmp(&score(*a));
        written(*b).cmp(&written(*a)).then_with(by_score)
    });
    fn moved<T: Clone + Default>(values: &Arc<[T]>, first: usize, places: &[usize]) -> Arc<[T]> {
        let mut moved = Arc::clone(values);
        // Value words belong to the first entries alone.
        for (slot, place) in Arc::make_mut(&mut moved).iter_mut().skip(first).zip(places) {
            *slot = values.get(*place).cloned().unwrap_or_default();
        }
        moved
    }
    SearchResults {
        order: moved(&results.order, first.start, &places),
        scores: moved(&results.scores, first.start, &places),
        plain_ranks: moved(&results.plain_ranks, first.start, &places),
        plain_scores: moved(&results.plain_scores, first.start, &places),
        written: moved(&results.written, first.start, &places),
        value_words: moved(&results.value_words, first.start, &places),
        reranked: scores.iter().flatten().count(),
        ..results.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::written::{WrittenMatch, WrittenSource};

    #[test]
    fn only_the_first_change_places_and_what_belongs_to_them_goes_along() {
        let results = SearchResults {
            order: Arc::from([5, 6, 7, 8, 9]),
            ranked: 5,
            scores: Arc::from([0.9, 0.8, 0.7, 0.6, 0.5]),
            plain_ranks: Arc::from([0, 1, 2, 3, 4]),
            value_words: Arc::from([vec![("a".to_owned(), 1.0)], vec![("b".to_owned(), 1.0)]]),
            ..SearchResults::default()
        };
        // 5 is the reference; 7 cannot be read.
        let reranked = reordered(&results, 1..4, &[Some(0.1), None, Some(0.4)]);
        assert_eq!(reranked.order[..], [5, 8, 6, 7, 9]);
        assert_eq!(reranked.scores[..], [0.9, 0.6, 0.8, 0.7, 0.5]);
        assert_eq!(reranked.plain_ranks[..], [0, 3, 1, 2, 4]);
        assert_eq!(reranked.reranked, 2);
        assert_eq!(reranked.value_words[0], results.value_words[0]);
        assert!(reranked.value_words[1].is_empty());

        let found = Some(WrittenMatch {
            source: WrittenSource::Caption,
            whole: true,
        });
        let written = SearchResults {
            written: Arc::from([None, found]),
            ..results
        };
        let reranked = reordered(&written, 1..4, &[Some(0.1), None, Some(0.4)]);
        assert_eq!(
            reranked.order[..],
            [5, 6, 8, 7, 9],
            "what is written stays before what looks alike"
        );
        assert_eq!(reranked.written[..], [None, found]);
    }
}
