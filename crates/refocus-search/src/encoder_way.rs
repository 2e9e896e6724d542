//! The trained way to focus: the model's focus encoder over the whole library.

use std::cell::RefCell;

use super::condition::Condition;
use super::gallery::{ConditionalEmbedder, UNCLEAR};
use super::instruction::Instruction;
use super::{FocusError, SHOWS, Way};
use refocus_model::focus_encoder::{FocusCondition, FocusEncoder, MAP_SIDE, Scratch};
use refocus_model::ops::InstructionSet;
use refocus_model::vector_math::{add_scaled, normalise_or_clear};

/// An instruction, as the focus encoder applies it: one condition, or one for each respect that it names.
#[derive(Clone)]
pub struct EncoderConditions {
    parts: Vec<FocusCondition>,
}

impl EncoderConditions {
    /// Prepares an instruction whose text vectors are those of [`Instruction::texts`] (`[texts, text_dim]`), as
    /// `condition` understood it: where it found several respects, each is a condition of its own.
    ///
    /// # Errors
    /// [`FocusError::Text`] with the model's message.
    pub fn new(
        encoder: &FocusEncoder,
        condition: &Condition,
        instruction: &Instruction,
        vectors: &[f32],
    ) -> Result<Self, FocusError> {
        let dim = encoder.weights().config.text_dim;
        let texts = instruction.texts().len();
        FocusError::check_length("instruction", texts * dim, vectors.len())?;
        let respects = condition
            .aspects
            .iter()
            .map(|aspect| aspect.question + 1)
            .max()
            .unwrap_or(1);
        let (first, count) = if respects > 1 && respects < texts {
            (1, respects)
        } else {
            (0, 1)
        };
        let text = |error: refocus_model::ModelError| FocusError::Text(error.to_string());
        // Words by nearness to an instruction that is not understood do not answer it, and no word does what a photo shows as a whole.
        let have_answers = condition.notice.is_none() && condition.instruction != SHOWS;
        let words = encoder.embed_texts(condition.word_vectors()).map_err(text)?;
        let width = encoder.weights().config.output;
        let parts = vectors
            .chunks_exact(dim)
            .skip(first)
            .take(count)
            .enumerate()
            .map(|(respect, vector)| {
                let words = condition
                    .words
                    .iter()
                    .zip(words.chunks_exact(width))
                    .filter(|(word, _)| have_answers && (count == 1 || word.question == respect))
                    .flat_map(|(_, vector)| vector.iter().copied());
                let words: Vec<f32> = words.collect();
                Ok(encoder.condition(vector)?.with_answers(&words))
            })
            .collect::<Result<_, _>>()
            .map_err(text)?;
        Ok(Self { parts })
    }

    /// The conditions, one for each respect.
    #[must_use]
    pub fn parts(&self) -> &[FocusCondition] {
        &self.parts
    }

    /// How sure it is that the instruction means something that was trained, 0–1: that of the least sure respect.
    #[must_use]
    pub fn confidence(&self) -> f32 {
        self.parts.iter().map(|part| part.confidence).fold(1.0, f32::min)
    }

    /// Length of a conditional embedding.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.parts.iter().map(FocusCondition::dim).sum()
    }

    /// Length of the front of a conditional embedding that holds everything that words are compared with.
    #[must_use]
    pub fn words_dim(&self) -> usize {
        match self.parts.as_slice() {
            [only] => only.y_dim(),
            _ => self.dim(),
        }
    }

    /// Where words lie among the conditional embeddings: `[words, words_dim]` from text vectors (`[words, text_dim]`) and
    /// the number of the respect that each answers (all, where there is none of that number).
    ///
    /// # Errors
    /// [`FocusError::Text`] with the model's message.
    pub fn directions(
        &self,
        encoder: &FocusEncoder,
        vectors: &[f32],
        respects: impl Iterator<Item = usize>,
    ) -> Result<Vec<f32>, FocusError> {
        let text = |error: refocus_model::ModelError| FocusError::Text(error.to_string());
        let (dim, words_dim) = (encoder.weights().config.text_dim, self.words_dim());
        let embedded = encoder.embed_texts(vectors).map_err(text)?;
        let width = encoder.weights().config.output;
        let mut directions = vec![0.0; vectors.len() / dim * words_dim];
        let rows = embedded
            .chunks_exact(width)
            .zip(directions.chunks_exact_mut(words_dim.max(1)));
        for ((embedded, out), respect) in rows.zip(respects) {
            let mut at = 0;
            for (number, part) in self.parts.iter().enumerate() {
                if (number == respect || self.parts.len() == 1 || respect >= self.parts.len())
                    && let Some(place) = out.get_mut(at..at + width)
                {
                    place.copy_from_slice(embedded);
                }
                at += part.dim();
            }
        }
        Ok(directions)
    }

    /// Where in a photo the focus looked: `[MAP_SIDE, MAP_SIDE]`, adds up to 1 (all 0 where it looked nowhere).
    #[must_use]
    pub fn attention_map(&self, encoding: &[u8]) -> Vec<f32> {
        let mut mean = vec![0.0; MAP_SIDE * MAP_SIDE];
        for part in &self.parts {
            add_scaled(&mut mean, 1.0 / self.parts.len() as f32, &part.attention_map(encoding));
        }
        mean
    }

    /// Where the focus looked, of the 4 × 4 cells alone: their share of the attention on cells.
    #[must_use]
    pub fn attention_on_cells(&self, encoding: &[u8]) -> [f32; 16] {
        let mut mean = [0.0; 16];
        for part in &self.parts {
            let (cells, _) = part.placed_attention(encoding);
            let total: f32 = cells.iter().sum();
            if total > 0.0 {
                add_scaled(&mut mean, 1.0 / total, &cells);
            }
        }
        mean
    }
}

/// The share of attention that found something, as evidence. Training teaches it to be above one half where a photo shows what
/// is asked for, and below where it does not; of an instruction that was never trained it says nothing. It is the same for
/// every library, and not measured against this one. One half becomes the evidence from which a photo counts as unclear.
#[inline(always)]
fn shown(found: f32, confidence: f32) -> f32 {
    let sure = 1.0 - confidence * (1.0 - found.clamp(0.0, 1.0));
    sure.powf(UNCLEAR.ln() / 0.5_f32.ln())
}

/// The focus encoder as a way to embed a library.
pub struct EncoderWay<'a> {
    encoder: &'a FocusEncoder,
    conditions: &'a EncoderConditions,
    bytes_per_photo: usize,
    set: InstructionSet,
}

impl<'a> EncoderWay<'a> {
    /// Binds conditions to a model whose encodings have `bytes_per_photo` bytes.
    #[must_use]
    pub fn new(encoder: &'a FocusEncoder, conditions: &'a EncoderConditions, bytes_per_photo: usize) -> Self {
        Self {
            encoder,
            conditions,
            bytes_per_photo,
            set: InstructionSet::best(),
        }
    }
}

impl ConditionalEmbedder for EncoderWay<'_> {
    fn way(&self) -> Way {
        Way::FocusEncoder
    }

    fn dim(&self) -> usize {
        self.conditions.dim()
    }

    fn front(&self) -> usize {
        match self.conditions.parts() {
            [only] => only.dim_without_answers(),
            _ => self.dim(),
        }
    }

    fn embed_block(&self, encodings: &[u8], out: &mut [f32], evidence: &mut [f32]) {
        thread_local! {
            static SCRATCH: RefCell<(Scratch, Vec<f32>)> = RefCell::default();
        }
        let dim = self.dim();
        let parts = self.conditions.parts.len().max(1) as f32;
        evidence.fill(0.0);
        SCRATCH.with_borrow_mut(|(scratch, found)| {
            found.resize(evidence.len(), 0.0);
            let mut at = 0;
            for part in &self.conditions.parts {
                let to = (out.get_mut(at..).unwrap_or_default(), dim, 1.0 / parts.sqrt());
                part.embed(self.set, encodings, self.bytes_per_photo, scratch, to, found);
                for (evidence, found) in evidence.iter_mut().zip(found.iter()) {
                    *evidence += if found.is_finite() {
                        shown(*found, part.confidence) / parts
                    } else {
                        0.0
                    };
                }
                at += part.dim();
            }
        });
    }

    fn embed_text(&self, text: &[f32]) -> Vec<f32> {
        let everywhere = std::iter::once(usize::MAX);
        let mut out = self
            .conditions
            .directions(self.encoder, text, everywhere)
            .unwrap_or_default();
        out.resize(self.dim(), 0.0);
        normalise_or_clear(&mut out);
        out
    }
}
