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
use words::{NEAREST_WORDS, Words, centred_by_source, nearest_words};

mod words;

/// Directions kept at most (CRL keeps as many).
const MAX_DIRECTIONS: usize = 50;
/// Share of the words' variance that the directions explain.
const ENERGY: f32 = 0.97;

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
            Self::NotEnglish => "The text model knows English. Try the focus in English, edit the value words, or install a language pack (Settings, Languages).",
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
        if names_background(instruction.counted()) {
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

/// Coordinates of `vector` in `basis` (`[k, dim]`), into the front of `out`.
#[inline(always)]
fn project(basis: &[f32], vector: &[f32], out: &mut [f32]) {
    if !vector.is_empty() {
        for (direction, out) in basis.chunks_exact(vector.len()).zip(out) {
            *out = dot(direction, vector);
        }
    }
}

/// Whether an instruction speaks of what surrounds the thing in the photo.
fn names_background(text: &str) -> bool {
    let text = text.to_lowercase();
    ["background", "backdrop", "surrounding", "behind", "around it"]
        .iter()
        .any(|word| text.contains(word))
}

#[cfg(test)]
mod tests;
