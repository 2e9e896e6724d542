//! From an instruction to a *condition*: the value words that can answer it and the subspace in which photos are
//! compared (training-free; CRL, arXiv 2510.04564, and CLAY, arXiv 2604.11539).
//!
//! The subspace lies in text space, but a photo's text vector is `lift · factors`: with the lift multiplied into the
//! directions once, the work a photo is a product with a small `[directions, factor_dim]` matrix.

use super::FocusError;
use super::aspect_match::{self, AspectMatch, FAMILIAR, KNOWN_BY_HEART};
use super::instruction::Instruction;
use super::lexicon;
use super::principal_directions::principal_directions;
use super::rows::{EncodingRows, Part};
use super::word_bank::WordBank;
use refocus_model::ops::PackedMatrix;
use refocus_model::vector_math::padded;
use refocus_model::vector_math::{add_scaled, dot, normalise_or_clear, transpose_apply};
use std::collections::HashSet;

/// Directions kept at most (CRL keeps as many).
const MAX_DIRECTIONS: usize = 50;
/// Share of the words' variance that the directions explain.
const ENERGY: f32 = 0.97;
/// Words taken by nearness when no aspect is meant.
const NEAREST_WORDS: usize = 40;
/// Fewer words than this are compared as they are: their differences alone would span too little.
const CENTRED_FROM: usize = 4;

/// A word that can answer the instruction.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueWord {
    /// The word that is shown.
    pub text: String,
    /// Which question of the instruction it answers; words of one question exclude each other.
    pub question: usize,
    /// Its aspect in the bank, if it comes from one.
    pub aspect: Option<usize>,
    /// Its weight in the subspace; all weights add up to 1.
    pub weight: f32,
}

/// What a person should know about how an instruction was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// It is unlike any known aspect: photos are compared by the words nearest to it.
    Unfamiliar,
    /// It seems to be in a language that the text model does not know.
    NotEnglish,
    /// None of the words spans a direction in which photos could differ.
    NoDirection,
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unfamiliar => {
                "This focus is unlike those Refocus knows. Photos are compared by the words shown; edit them, or add reference photos."
            }
            Self::NotEnglish => "The text model knows English. Try the focus in English, or edit the value words.",
            Self::NoDirection => "These words do not tell photos apart. Add words that photos can differ in.",
        })
    }
}

/// Value words that a person typed, with their vectors (`[words, text_dim]`).
#[derive(Debug, Clone, Copy)]
pub struct EditedWords<'a> {
    /// The words.
    pub words: &'a [String],
    /// Their text vectors.
    pub vectors: &'a [f32],
}

/// An instruction, ready to be applied to photos.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The instruction as typed.
    pub instruction: String,
    /// The words that can answer it.
    pub words: Vec<ValueWord>,
    /// The aspects that it was understood as; empty if none, or if a person chose the words.
    pub aspects: Vec<AspectMatch>,
    /// The part of the photos that it speaks of.
    pub part: Part,
    /// How surely it means these aspects, 0 to 1; 1 if a person chose the words.
    pub confidence: f32,
    /// What to tell the person.
    pub notice: Option<Notice>,
    text_dim: usize,
    /// `[words, text_dim]`, as embedded.
    word_vectors: Vec<f32>,
    /// `[text_dim]`: the mean over words.
    words_mean: Vec<f32>,
    /// `[k, text_dim]`, orthonormal.
    basis: Vec<f32>,
    /// `[words, dim]`, unit length: where a photo lies of which the word is true.
    word_directions: Vec<f32>,
    /// `[dim, factor_dim]`: basis · lift.
    projection: PackedMatrix,
}

impl Condition {
    /// Understands an instruction. `vectors` holds the text vectors of [`Instruction::texts`] (`[texts, text_dim]`).
    ///
    /// # Errors
    /// [`FocusError::Length`] if bank, vectors and model are not of the same text space.
    pub fn new(
        bank: &WordBank,
        model: &dyn EncodingRows,
        instruction: &Instruction,
        vectors: &[f32],
        edited: Option<EditedWords<'_>>,
    ) -> Result<Self, FocusError> {
        FocusError::check_length("word bank", model.text_dim(), bank.dim())?;
        Self::understand(bank, Some(model), instruction, vectors, edited)
    }

    /// The same without the subspace, which takes longest, for ways that embed photos by themselves: it has no direction.
    /// The words are the [`Instruction::alternatives`] where it names them (`alternatives`, with their vectors) and the bank
    /// does not hold it word by word.
    ///
    /// # Errors
    /// As [`Condition::new`].
    pub fn words_only(
        bank: &WordBank,
        instruction: &Instruction,
        vectors: &[f32],
        alternatives: Option<EditedWords<'_>>,
    ) -> Result<Self, FocusError> {
        let understood = Self::understand(bank, None, instruction, vectors, None)?;
        let by_heart = |aspect: &AspectMatch| aspect.score >= KNOWN_BY_HEART;
        match alternatives {
            Some(_) if !understood.aspects.first().is_some_and(by_heart) => {
                Self::understand(bank, None, instruction, vectors, alternatives)
            }
            _ => Ok(understood),
        }
    }

    fn understand(
        bank: &WordBank,
        model: Option<&dyn EncodingRows>,
        instruction: &Instruction,
        vectors: &[f32],
        edited: Option<EditedWords<'_>>,
    ) -> Result<Self, FocusError> {
        let dim = bank.dim();
        FocusError::check_length("instruction", instruction.texts().len() * dim, vectors.len())?;
        let (aspects, confidence) = aspect_match::match_aspects(bank, instruction, vectors);
        let mut part = match aspects.iter().max_by(|a, b| a.weight.total_cmp(&b.weight)) {
            Some(best) if confidence >= FAMILIAR => bank
                .words()
                .aspects
                .get(best.aspect)
                .map_or(Part::Foreground, |a| a.part),
            _ => Part::Foreground,
        };
        if names_background(instruction.text()) {
            part = Part::Background;
        }
        let mut chosen = Words::default();
        if let Some(edited) = edited {
            FocusError::check_length("edited words", edited.words.len() * dim, edited.vectors.len())?;
            for (word, vector) in edited.words.iter().zip(edited.vectors.chunks_exact(dim)) {
                chosen.add(word, None, 0, 1.0 / edited.words.len() as f32, vector);
            }
            return Ok(Self::from_words(
                dim,
                model,
                instruction,
                chosen,
                Meaning {
                    aspects: Vec::new(),
                    part,
                    confidence: 1.0,
                    notice: None,
                },
            ));
        }
        if confidence >= FAMILIAR {
            for aspect in &aspects {
                let values = bank.words().aspects.get(aspect.aspect).map_or(&[][..], |a| &a.values);
                // The same weight for an aspect of 150 words as for one of 30.
                let weight = aspect.weight / values.len().max(1) as f32;
                for (value, vector) in values.iter().zip(bank.value_vectors(aspect.aspect).chunks_exact(dim)) {
                    chosen.add(&value.word, Some(aspect.aspect), aspect.question, weight, vector);
                }
            }
            return Ok(Self::from_words(
                dim,
                model,
                instruction,
                chosen,
                Meaning {
                    aspects,
                    part,
                    confidence,
                    notice: None,
                },
            ));
        }
        let whole = vectors.get(..dim).unwrap_or(&[]);
        for (word, aspect, vector) in nearest_words(bank, whole) {
            chosen.add(word, aspect, 0, 1.0 / NEAREST_WORDS as f32, vector);
        }
        let foreign =
            lexicon::is_other_script(instruction.text()) || !bank.lexicon().knows_a_word_of(instruction.text());
        let notice = if foreign {
            Notice::NotEnglish
        } else {
            Notice::Unfamiliar
        };
        Ok(Self::from_words(
            dim,
            model,
            instruction,
            chosen,
            Meaning {
                aspects: Vec::new(),
                part,
                confidence,
                notice: Some(notice),
            },
        ))
    }

    fn from_words(
        dim: usize,
        model: Option<&dyn EncodingRows>,
        instruction: &Instruction,
        chosen: Words,
        meaning: Meaning,
    ) -> Self {
        let Meaning {
            aspects,
            part,
            confidence,
            notice,
        } = meaning;
        let Words { words, vectors, .. } = chosen;
        let Some(model) = model else {
            return Self {
                instruction: instruction.text().to_owned(),
                words,
                aspects,
                part,
                confidence,
                notice,
                text_dim: dim,
                word_vectors: vectors,
                words_mean: Vec::new(),
                basis: Vec::new(),
                word_directions: Vec::new(),
                projection: PackedMatrix::default(),
            };
        };
        let mut words_mean = vec![0.0; dim];
        for vector in vectors.chunks_exact(dim) {
            add_scaled(&mut words_mean, 1.0 / words.len() as f32, vector);
        }
        let differences = centred_by_source(&words, &vectors, dim);
        let mut weighted = differences.clone();
        for (row, word) in weighted.chunks_exact_mut(dim).zip(&words) {
            let weight = word.weight.max(0.0).sqrt();
            row.iter_mut().for_each(|value| *value *= weight);
        }
        let (basis, _) = principal_directions(&weighted, dim, MAX_DIRECTIONS, ENERGY);
        let width = padded(basis.len() / dim);
        let mut projection = Vec::with_capacity(basis.len() / dim * model.factor_dim());
        let mut word_directions = vec![0.0; words.len() * width];
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                for direction in basis.chunks_exact(dim) {
                    projection.extend(transpose_apply(model.lift(), model.factor_dim(), direction));
                }
                let rows = word_directions.chunks_exact_mut(width.max(1));
                for (difference, out) in differences.chunks_exact(dim).zip(rows) {
                    project(&basis, difference, out);
                    normalise_or_clear(out);
                }
            },
        );
        let projection = PackedMatrix::without_bias(&projection, model.factor_dim());
        let notice = if basis.is_empty() {
            Some(Notice::NoDirection)
        } else {
            notice
        };
        Self {
            instruction: instruction.text().to_owned(),
            words,
            aspects,
            part,
            confidence,
            notice,
            text_dim: dim,
            word_vectors: vectors,
            words_mean,
            basis,
            word_directions,
            projection,
        }
    }

    /// Length of a conditional embedding: the directions, filled up with zeros.
    #[must_use]
    pub fn dim(&self) -> usize {
        padded(self.directions())
    }

    /// Number of directions in which photos are compared.
    #[must_use]
    pub fn directions(&self) -> usize {
        self.basis.len() / self.text_dim.max(1)
    }

    /// `[words, text_dim]`: the words' own text vectors, for ways that map text by themselves.
    #[must_use]
    pub fn word_vectors(&self) -> &[f32] {
        &self.word_vectors
    }

    /// `[words, dim]`: the conditional embedding of each word, unit length.
    #[must_use]
    pub fn word_directions(&self) -> &[f32] {
        &self.word_directions
    }

    /// The conditional embedding of a text vector, unit length, `[dim]`; zero for a text that says nothing here.
    #[must_use]
    pub fn embed_text(&self, text: &[f32]) -> Vec<f32> {
        let mut centred = text.to_vec();
        add_scaled(&mut centred, -1.0, &self.words_mean);
        let mut out = vec![0.0; self.dim()];
        project(&self.basis, &centred, &mut out);
        normalise_or_clear(&mut out);
        out
    }

    /// The matrix from a photo's factors to its conditional embedding, before centring and normalisation.
    pub(super) fn projection(&self) -> &PackedMatrix {
        &self.projection
    }
}

/// How an instruction was understood.
struct Meaning {
    aspects: Vec<AspectMatch>,
    part: Part,
    confidence: f32,
    notice: Option<Notice>,
}

/// Words on their way into a condition; a word counts once.
#[derive(Default)]
struct Words {
    words: Vec<ValueWord>,
    vectors: Vec<f32>,
    seen: HashSet<String>,
}

impl Words {
    fn add(&mut self, text: &str, aspect: Option<usize>, question: usize, weight: f32, vector: &[f32]) {
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
fn centred_by_source(words: &[ValueWord], vectors: &[f32], dim: usize) -> Vec<f32> {
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

/// Coordinates of `vector` in `basis` (`[k, dim]`), into the front of `out`.
#[inline(always)]
fn project(basis: &[f32], vector: &[f32], out: &mut [f32]) {
    if !vector.is_empty() {
        for (direction, out) in basis.chunks_exact(vector.len()).zip(out) {
            *out = dot(direction, vector);
        }
    }
}

/// The words of vocabulary and bank nearest to a text vector.
fn nearest_words<'a>(bank: &'a WordBank, text: &[f32]) -> Vec<(&'a str, Option<usize>, &'a [f32])> {
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

/// Whether an instruction speaks of what surrounds the thing in the photo.
fn names_background(text: &str) -> bool {
    let text = text.to_lowercase();
    ["background", "backdrop", "surrounding", "behind", "around it"]
        .iter()
        .any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::TextEmbedder;
    use crate::synthetic;

    #[test]
    fn the_words_of_the_named_aspect_answer_the_instruction() {
        let condition = synthetic::condition("the colour");
        assert_eq!(condition.words.len(), synthetic::COLOURS.len());
        assert!(
            condition
                .words
                .iter()
                .all(|word| synthetic::COLOURS.contains(&word.text.as_str()))
        );
        assert!(condition.notice.is_none());
        assert!((1..synthetic::COLOURS.len()).contains(&condition.directions()));
    }

    #[test]
    fn two_aspects_bring_both_word_lists_with_equal_weight() {
        let condition = synthetic::condition("colour and shape");
        assert_eq!(
            condition.words.len(),
            synthetic::COLOURS.len() + synthetic::SHAPES.len()
        );
        for question in 0..2 {
            let weight = condition
                .words
                .iter()
                .filter(|w| w.question == question)
                .map(|w| w.weight)
                .sum::<f32>();
            assert!((weight - 0.5).abs() < 1e-5);
        }
    }

    #[test]
    fn an_unknown_instruction_falls_back_to_nearest_words_and_says_so() {
        let condition = synthetic::condition("zyzzyva quux");
        assert_eq!(condition.notice, Some(Notice::NotEnglish));
        let condition = synthetic::condition("teapots");
        assert_eq!(condition.notice, Some(Notice::Unfamiliar));
        assert!(
            condition.words.iter().any(|word| word.text == "teapot"),
            "{:?}",
            condition.words
        );
        assert!(condition.aspects.is_empty());
        assert!(condition.directions() > 0);
    }

    #[test]
    fn edited_words_replace_those_of_the_bank() {
        let words = ["red", "blue", " Red ", ""].map(str::to_owned);
        let vectors = synthetic::Embedder
            .embed(&words.each_ref().map(String::as_str))
            .unwrap();
        let condition = synthetic::condition_with(
            "the colour",
            Some(EditedWords {
                words: &words,
                vectors: &vectors,
            }),
        );
        assert_eq!(
            condition.words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>(),
            ["red", "blue"]
        );
        assert_eq!(condition.directions(), 2);
        assert_eq!(condition.confidence, 1.0);
    }

    #[test]
    fn no_words_or_unusable_words_say_that_there_is_no_direction() {
        let none = synthetic::condition_with(
            "the colour",
            Some(EditedWords {
                words: &[],
                vectors: &[],
            }),
        );
        assert_eq!((none.dim(), none.notice), (0, Some(Notice::NoDirection)));
        let words = ["red".to_owned()];
        let vectors = vec![f32::NAN; synthetic::TEXT_DIM];
        let unusable = synthetic::condition_with(
            "the colour",
            Some(EditedWords {
                words: &words,
                vectors: &vectors,
            }),
        );
        assert_eq!(unusable.notice, Some(Notice::NoDirection));
        assert!(unusable.embed_text(&[1.0; synthetic::TEXT_DIM]).is_empty());
    }

    #[test]
    fn a_word_lies_in_its_own_direction() {
        let condition = synthetic::condition("the colour");
        let dim = condition.dim();
        for (word, vector) in condition.word_vectors().chunks_exact(synthetic::TEXT_DIM).enumerate() {
            let embedded = condition.embed_text(vector);
            let nearest = (0..condition.words.len())
                .max_by(|&a, &b| {
                    let along = |w: usize| dot(&embedded, &condition.word_directions()[w * dim..(w + 1) * dim]);
                    along(a).total_cmp(&along(b))
                })
                .unwrap();
            assert_eq!(nearest, word);
        }
    }

    #[test]
    fn an_instruction_about_the_background_compares_backgrounds() {
        assert_eq!(
            synthetic::condition("the colour of the background").part,
            Part::Background
        );
        assert_eq!(synthetic::condition("the colour").part, Part::Foreground);
    }

    #[test]
    fn vectors_of_another_text_space_are_refused() {
        let bank = synthetic::bank();
        let instruction = Instruction::parse("the colour");
        assert!(Condition::new(&bank, &synthetic::Model, &instruction, &[1.0; 7], None).is_err());
    }
}
