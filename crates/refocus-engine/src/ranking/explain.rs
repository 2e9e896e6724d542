//! Why a photo stands where it stands.

use std::sync::Arc;

use crate::event::Explanation;
use crate::rows::FileId;
use refocus_search::{FocusKey, Work};

use super::ranker::{Ranker, VALUE_WORDS};
use super::searching::condition_key;

/// The focus by which a photo is described where none was typed: what it shows.
pub(super) const WITHOUT_FOCUS: &str = "the main subject";

impl Ranker {
    /// Scores, ranks and value words of a photo under the newest search.
    pub(super) fn explain(&mut self, id: FileId) -> Option<Explanation> {
        let answered = self.answered.clone()?;
        let snapshot = self.shared.snapshot();
        let number = snapshot.number_of(id)?;
        let results = &answered.results;
        let place = results
            .order
            .iter()
            .position(|&other| other == number)
            .filter(|&place| place < results.ranked);
        let score = |scores: &[f32]| {
            place
                .and_then(|at| scores.get(at).copied())
                .filter(|score| score.is_finite())
        };
        let mut explanation = Explanation {
            id,
            generation: answered.search.generation,
            score: score(&results.scores),
            plain_score: score(&results.plain_scores),
            rank: place.map(|place| place as u32),
            plain_rank: place.and_then(|at| results.plain_ranks.get(at).copied()),
            value_words: Vec::new(),
        };
        let encoded = self.encoded(&snapshot);
        let model = Arc::clone(&self.model);
        let library = snapshot.library(model.layout(), &encoded).ok()?;
        let key = condition_key(&answered.search.request).unwrap_or_else(|| FocusKey::new(WITHOUT_FOCUS));
        match self.under(&key, &library, snapshot.version, Work::default()) {
            Ok(Some(conditioned)) => {
                if let Ok(reader) = conditioned.reader() {
                    let words = reader.value_words(&conditioned.gallery, number as usize, VALUE_WORDS);
                    explanation.value_words = words
                        .into_iter()
                        .map(|(word, weight)| (word.to_owned(), weight))
                        .collect();
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a photo could not be explained"),
        }
        Some(explanation)
    }
}
