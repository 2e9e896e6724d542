//! The trained way to focus: the model's focus encoder over the whole library.

use super::condition::Condition;
use super::gallery::ConditionalEmbedder;
use super::instruction::Instruction;
use super::{FocusError, Way};
use crate::model::focus_encoder::{FocusCondition, FocusEncoder, MAP_SIDE};

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
        let parts = vectors
            .chunks_exact(dim)
            .skip(first)
            .take(count)
            .map(|vector| encoder.condition(vector))
            .collect::<Result<_, _>>()
            .map_err(|error| FocusError::Text(error.to_string()))?;
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
        let text = |error: crate::model::ModelError| FocusError::Text(error.to_string());
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
            super::vectors::add_scaled(&mut mean, &part.attention_map(encoding), 1.0 / self.parts.len() as f32);
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
                super::vectors::add_scaled(&mut mean, &cells, 1.0 / total);
            }
        }
        mean
    }
}

/// The focus encoder as a way to embed a library.
pub struct EncoderWay<'a> {
    encoder: &'a FocusEncoder,
    conditions: &'a EncoderConditions,
    bytes_per_photo: usize,
}

impl<'a> EncoderWay<'a> {
    /// Binds conditions to a model whose encodings have `bytes_per_photo` bytes.
    #[must_use]
    pub fn new(encoder: &'a FocusEncoder, conditions: &'a EncoderConditions, bytes_per_photo: usize) -> Self {
        Self {
            encoder,
            conditions,
            bytes_per_photo,
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

    fn embed_block(&self, encodings: &[u8], out: &mut [f32], evidence: &mut [f32]) {
        let dim = self.dim();
        let photos = evidence.len();
        let share = 1.0 / (self.conditions.parts.len() as f32).sqrt();
        evidence.fill(0.0);
        let mut at = 0;
        for part in &self.conditions.parts {
            let width = part.dim();
            let (mut embedded, mut found) = (vec![0.0; photos * width], vec![0.0; photos]);
            if let Err(error) = part.embed(encodings, self.bytes_per_photo, &mut embedded, &mut found) {
                // Shapes are fixed when the model is loaded; without memory nothing can be said of these photos.
                tracing::warn!(%error, "photos could not be embedded under the focus");
                out.fill(0.0);
                evidence.fill(0.0);
                return;
            }
            for ((embedded, found), (out, evidence)) in embedded
                .chunks_exact(width)
                .zip(found)
                .zip(out.chunks_exact_mut(dim).zip(evidence.iter_mut()))
            {
                if let Some(place) = out.get_mut(at..at + width) {
                    for (to, from) in place.iter_mut().zip(embedded) {
                        *to = if from.is_finite() { from * share } else { 0.0 };
                    }
                }
                *evidence += if found.is_finite() { found } else { 0.0 };
            }
            at += width;
        }
        // What the heads find is read against what they find at best; it is a share, not yet a measure of this library.
        evidence
            .iter_mut()
            .for_each(|e| *e /= self.conditions.parts.len().max(1) as f32);
    }

    fn embed_text(&self, text: &[f32]) -> Vec<f32> {
        let everywhere = std::iter::once(usize::MAX);
        let mut out = self
            .conditions
            .directions(self.encoder, text, everywhere)
            .unwrap_or_default();
        out.resize(self.dim(), 0.0);
        super::vectors::normalise(&mut out);
        out
    }
}
