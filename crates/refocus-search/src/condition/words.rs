//! The words of a condition: collected, found by nearness, centred.

use super::ValueWord;
use crate::word_bank::WordBank;
use refocus_model::vector_math::{add_scaled, dot};
use std::collections::HashSet;

/// Words taken by nearness when no aspect is meant.
pub(super) const NEAREST_WORDS: usize = 40;

/// Fewer words than this are compared as they are: their differences alone would span too little.
const CENTRED_FROM: usize = 4;

/// Words on their way into a condition; a word counts once.
#[derive(Default)]
pub(super) struct Words {
    pub(super) words: Vec<ValueWord>,
    pub(super) vectors: Vec<f32>,
    seen: HashSet<String>,
}

impl Words {
    pub(super) fn add(&mut self, text: &str, aspect: Option<usize>, question: usize, weight: f32, vector: &[f32]) {
        let finite = vector.iter().all(|v| v.is_finite());
        if finite && !text.trim().is_empty() && self.seen.insert(text.trim().to_lowercase()) {
            self.words.push(ValueWord {
                text: text.trim().to_owned(),
                question,
                aspect,
                weight,
            });
            self.vectors.extend_from_slice(vector);
        }
    }
}

/// Word vectors minus the mean of the words of the same aspect and question: what is left is how the words differ, not
/// what they have in common.
pub(super) fn centred_by_source(words: &[ValueWord], vectors: &[f32], dim: usize) -> Vec<f32> {
    let source = |word: &ValueWord| (word.question, word.aspect);
    let mut centred = vectors.to_vec();
    let has_aspects = words.iter().all(|word| word.aspect.is_some());
    let mut sources = words.iter().map(source).collect::<Vec<_>>();
    sources.sort_unstable();
    sources.dedup();
    if !has_aspects || sources.len() > words.len() / CENTRED_FROM {
        // Words picked one by one, from anywhere: they are one set.
        sources = vec![(0, None)];
    }
    let one_set = sources.len() == 1;
    for wanted in sources {
        let belongs = |word: &&ValueWord| one_set || source(word) == wanted;
        let count = words.iter().filter(belongs).count();
        if count < CENTRED_FROM {
            continue;
        }
        let mut mean = vec![0.0; dim];
        for (word, vector) in words.iter().zip(vectors.chunks_exact(dim)) {
            if belongs(&word) {
                add_scaled(&mut mean, 1.0 / count as f32, vector);
            }
        }
        for (word, vector) in words.iter().zip(centred.chunks_exact_mut(dim)) {
            if belongs(&word) {
                add_scaled(vector, -1.0, &mean);
            }
        }
    }
    centred
}

/// The words of vocabulary and bank nearest to a text vector.
pub(super) fn nearest_words<'a>(bank: &'a WordBank, text: &[f32]) -> Vec<(&'a str, Option<usize>, &'a [f32])> {
    let dim = bank.dim();
    let words = bank.words();
    let vocabulary = words
        .vocabulary
        .iter()
        .map(|word| (word.as_str(), None))
        .zip(bank.vocabulary_vectors().chunks_exact(dim));
    let values = words.aspects.iter().enumerate().flat_map(|(index, aspect)| {
        let texts = aspect
            .values
            .iter()
            .map(move |value| (value.word.as_str(), Some(index)));
        texts.zip(bank.value_vectors(index).chunks_exact(dim))
    });
    let mut nearest = vocabulary
        .chain(values)
        .map(|((word, aspect), vector)| (dot(vector, text), word, aspect, vector))
        .filter(|(similarity, ..)| similarity.is_finite())
        .collect::<Vec<_>>();
    nearest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let mut seen = HashSet::new();
    nearest.retain(|(_, word, ..)| seen.insert(*word));
    nearest.truncate(NEAREST_WORDS);
    // Compared as one set: their sources are an accident of where a word happened to stand.
    nearest
        .into_iter()
        .map(|(_, word, _, vector)| (word, None, vector))
        .collect()
}
