//! What a person is told beside an order: that words were not understood, that nothing matches them, what a focus counts.

use std::sync::Arc;

use crate::search::{SearchRequest, SearchResults};
use refocus_search::{
    Conditioned, ConditionedGallery, Counting, EncodingRows, FindNotice, FindVector, FocusError, Gallery, Instruction,
    Knowledge, Vocabulary,
};

use super::job_queue::Search;
use super::ranker::Ranker;

impl Ranker {
    /// Whether an instruction is one of the bank's own ("is it outside"), which it has answers for.
    pub(super) fn is_known_instruction(&self, instruction: &Instruction) -> bool {
        let text = instruction.text().trim_end_matches('?');
        let mut known = self.bank.words().aspects.iter().flat_map(|aspect| &aspect.instructions);
        !instruction.alternatives().is_empty() || known.any(|known| known.eq_ignore_ascii_case(text))
    }

    /// What to tell of a find text: that nothing here matches it, or that it is not understood. `found`: the match of each photo.
    pub(super) fn find_notice(
        &mut self,
        search: &Search,
        find: &FindVector,
        found: &[f32],
        results: &SearchResults,
        gallery: &Gallery<'_>,
        shows: Option<&ConditionedGallery>,
    ) -> Result<Option<String>, FocusError> {
        let is_written = results.written.iter().flatten().any(|written| written.whole);
        let model = Arc::clone(&self.model);
        // Other models are not measured: what they know is not this bank.
        let (Some(encoder), Some(shows), false) = (model.focus_encoder(), shows, is_written) else {
            return Ok(None);
        };
        let vocabulary = match &self.vocabulary {
            Some(vocabulary) => Arc::clone(vocabulary),
            None => {
                let vocabulary = Arc::new(Vocabulary::new(&self.bank, encoder)?);
                Arc::clone(self.vocabulary.insert(vocabulary))
            }
        };
        let first = best_of(found, Vocabulary::LOOKED_AT);
        let is_weak = vocabulary.is_weak(find, &first, gallery, shows, encoder)?;
        Ok(FindNotice::of(&search.find, &self.bank, is_weak).map(|notice| notice.to_string()))
    }
}

/// How much a find text is an answer to a focus; 0 without both.
pub(super) fn answered_by(
    conditioned: Option<&Conditioned>,
    known: Knowledge<'_>,
    find: Option<&FindVector>,
) -> Result<f32, FocusError> {
    match (conditioned, find) {
        (Some(conditioned), Some(find)) => conditioned.answered_by(known, find),
        _ => Ok(0.0),
    }
}

/// The photos of the highest scores, best first.
fn best_of(scores: &[f32], count: usize) -> Vec<u32> {
    let mut best: Vec<(f32, u32)> = Vec::with_capacity(count + 1);
    for (&score, photo) in scores.iter().zip(0u32..) {
        if score.is_finite() && (best.len() < count || best.last().is_some_and(|(least, _)| score > *least)) {
            let place = best.partition_point(|(other, _)| *other >= score);
            best.insert(place, (score, photo));
            best.truncate(count);
        }
    }
    best.into_iter().map(|(_, photo)| photo).collect()
}

/// What the focus of a request counts, if it does and the model can. Words that a person chose answer instead.
pub(super) fn counting(request: &SearchRequest, layout: &dyn EncodingRows) -> Option<Counting> {
    let chosen = request.value_words.as_ref().is_some_and(|words| !words.is_empty());
    let counting = Counting::asked(&request.focus).filter(|_| !chosen)?;
    counting.of_photo(layout, &[]).map(|_| counting)
}

/// The numbers that the first photos show, as their value words.
pub(super) fn first_numbers(
    results: &SearchResults,
    first: usize,
    counting: Counting,
    gallery: &Gallery<'_>,
) -> Arc<[Vec<(String, f32)>]> {
    let photos = results.order.iter().take(results.ranked.min(first));
    let number = |photo: &u32| {
        let encoding = gallery.encoding(*photo as usize)?;
        counting.of_photo(gallery.model(), encoding)
    };
    photos
        .map(|photo| number(photo).map(|number| (number, 1.0)).into_iter().collect())
        .collect()
}

/// What a person learns who asks a question with yes or no about `asked`.
pub(super) fn no_yes_or_no(asked: &str) -> String {
    format!(
        "A focus compares photos and does not answer yes or no. To look for photos that show it, find \u{201c}{asked}\u{201d}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_photos_come_in_the_order_of_their_scores() {
        let scores = [0.1, f32::NAN, 0.9, f32::NEG_INFINITY, 0.5, 0.9, 0.2];
        assert_eq!(best_of(&scores, 3), [2, 5, 4]);
        assert_eq!(best_of(&scores[..2], 3), [0]);
        assert!(best_of(&[], 3).is_empty());
    }
}
