//! An instruction, ready to act on photo tokens.
//!
//! All that depends on the instruction alone is worked out once and multiplied into the weights: queries, the modulation
//! of values and hidden layer, the router's weights. Two linear layers without anything between them (merge, hidden) are
//! one matrix. What is left a photo is an attention over 23 tokens and three small products.

use candle_core::{Device, Tensor};

use super::weights::FocusEncoderWeights;
use super::{FocusEncoderConfig, FocusEncoderGraph};
use crate::model::ModelError;
use crate::model::encoding::SEMANTIC_DIM;
use crate::model::named_colours::COLOURS;
use crate::model::vector_math::{add_scaled, dot, normalise};

/// Likeness to the nearest known instruction from which an instruction is trusted in full, and below which not at all.
const TRUSTED: f32 = 0.75;
/// See [`TRUSTED`].
const UNKNOWN: f32 = 0.45;
/// Weight of the plain vector where an instruction is not known at all.
const PLAIN_INSTEAD: f32 = 1.0;

/// A focus encoder in memory: its weights and what follows from them for every instruction.
pub struct FocusEncoder {
    weights: FocusEncoderWeights,
    graph: FocusEncoderGraph,
    /// `[384, 192]`: columns of the text basis.
    basis: Tensor,
    /// `[128, 192]`: the semantic basis in the text basis.
    semantic: Tensor,
    /// `[32, 192]`: the text vectors of the named colours in the text basis.
    colours: Tensor,
    /// `[values, hidden]`: merge and hidden layer in one.
    merged: Vec<f32>,
    /// `[hidden]`.
    merged_bias: Vec<f32>,
}

/// What the router says of an instruction, with the trust in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Routes {
    /// Weight of ConSE beside h.
    pub semantic: f32,
    /// Weight of the foreground's colours as text beside h.
    pub colour: f32,
    /// Weight of y itself: the trust.
    pub text: f32,
    /// Weight of the plain vector.
    pub plain: f32,
    /// Weight of the foreground's colours.
    pub foreground: f32,
    /// Weight of the background's colours.
    pub background: f32,
}

/// An instruction as the focus encoder applies it.
#[derive(Clone)]
pub struct FocusCondition {
    pub(super) config: FocusEncoderConfig,
    /// `[heads, token_dim]`, scaled.
    pub(super) queries: Vec<f32>,
    /// `[heads]`.
    pub(super) zero: Vec<f32>,
    /// `[heads, token_dim, value_dim]`, modulated.
    pub(super) value: Tensor,
    /// `[heads × value_dim]`.
    pub(super) value_shift: Vec<f32>,
    /// `[values, hidden]`, modulated.
    pub(super) hidden: Tensor,
    /// `[hidden]`.
    pub(super) hidden_shift: Vec<f32>,
    /// `[hidden, output]`.
    pub(super) output: Tensor,
    /// `[output]`.
    pub(super) output_bias: Vec<f32>,
    /// `[128, output]`: the semantic basis in the space of y.
    pub(super) semantic: Tensor,
    /// `[32, output]`: the named colours in the space of y.
    pub(super) colours: Tensor,
    /// How much each part counts.
    pub routes: Routes,
    /// How sure it is that the instruction means something that was trained, 0–1.
    pub confidence: f32,
}

impl FocusEncoder {
    /// From weights and the encoder's bases: semantic basis `[384, 128]` and named colours `[32, 384]`, row-major.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when shapes do not fit.
    pub fn new(weights: FocusEncoderWeights, semantic_basis: &[f32], colours: &[f32]) -> Result<Self, ModelError> {
        let config = weights.config;
        let graph = weights.graph()?;
        let shape = (config.text_dim, config.output);
        let basis = Tensor::from_slice(weights.values("text.basis"), shape, &Device::Cpu)?;
        let semantic = Tensor::from_slice(semantic_basis, (config.text_dim, SEMANTIC_DIM), &Device::Cpu)?;
        let semantic = semantic.t()?.contiguous()?.matmul(&basis)?;
        let colours = Tensor::from_slice(colours, (COLOURS, config.text_dim), &Device::Cpu)?.matmul(&basis)?;
        let merge = Tensor::from_slice(
            weights.values("merge.weight"),
            (config.values(), config.hidden),
            &Device::Cpu,
        )?;
        let hidden = Tensor::from_slice(
            weights.values("hidden.weight"),
            (config.hidden, config.hidden),
            &Device::Cpu,
        )?;
        let merged = merge.matmul(&hidden)?.flatten_all()?.to_vec1()?;
        let mut merged_bias = weights.values("hidden.bias").to_vec();
        let rows = weights.values("hidden.weight").chunks_exact(config.hidden);
        for (b, row) in weights.values("merge.bias").iter().zip(rows) {
            add_scaled(&mut merged_bias, *b, row);
        }
        Ok(Self {
            graph,
            basis,
            semantic,
            colours,
            merged,
            merged_bias,
            weights,
        })
    }

    /// The candle network.
    #[must_use]
    pub fn graph(&self) -> &FocusEncoderGraph {
        &self.graph
    }

    /// The weights as they were read.
    #[must_use]
    pub fn weights(&self) -> &FocusEncoderWeights {
        &self.weights
    }

    /// Text vectors `[texts, 384]` in the space of y: `[texts, 192]`, unit length.
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn embed_texts(&self, texts: &[f32]) -> Result<Vec<f32>, ModelError> {
        let (dim, output) = (self.weights.config.text_dim, self.weights.config.output);
        let texts = Tensor::from_slice(texts, (texts.len() / dim, dim), &Device::Cpu)?;
        let mut out = texts.matmul(&self.basis)?.flatten_all()?.to_vec1::<f32>()?;
        out.chunks_exact_mut(output).for_each(normalise);
        Ok(out)
    }

    /// How sure it is that an instruction means something that was trained, 0–1: by the likeness of its text vector to
    /// the nearest trained wording.
    #[must_use]
    pub fn confidence(&self, instruction: &[f32]) -> f32 {
        let nearest = self
            .weights
            .known
            .chunks_exact(self.weights.config.text_dim)
            .map(|known| dot(known, instruction))
            .fold(f32::NEG_INFINITY, f32::max);
        let x = ((nearest - UNKNOWN) / (TRUSTED - UNKNOWN)).clamp(0.0, 1.0);
        x * x * (3.0 - 2.0 * x)
    }

    /// Prepares an instruction: its centred text vector, `[384]`, unit length.
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn condition(&self, instruction: &[f32]) -> Result<FocusCondition, ModelError> {
        let config = self.weights.config;
        let confidence = self.confidence(instruction);
        let text = Tensor::from_slice(instruction, (1, config.text_dim), &Device::Cpu)?;
        let token = self.graph.condition(&text)?;
        let queries = self.graph.queries(&token)?.flatten_all()?.to_vec1::<f32>()?;
        let (value_film, hidden_film) = self.graph.films(&token)?;
        let (value_film, hidden_film) = (
            value_film.flatten_all()?.to_vec1::<f32>()?,
            hidden_film.flatten_all()?.to_vec1::<f32>()?,
        );
        let (value_scale, value_shift) = value_film.split_at(config.values());
        let (hidden_scale, hidden_shift) = hidden_film.split_at(config.hidden);

        let mut value = self.weights.values("value").to_vec();
        let heads = value
            .chunks_exact_mut(config.token_dim * config.value_dim)
            .zip(value_scale.chunks_exact(config.value_dim));
        for (matrix, scale) in heads {
            for row in matrix.chunks_exact_mut(config.value_dim) {
                row.iter_mut().zip(scale).for_each(|(x, s)| *x *= 1.0 + s);
            }
        }
        let mut hidden = self.merged.clone();
        for row in hidden.chunks_exact_mut(config.hidden) {
            row.iter_mut().zip(hidden_scale).for_each(|(x, s)| *x *= 1.0 + s);
        }
        let hidden_shift = self
            .merged_bias
            .iter()
            .zip(hidden_scale)
            .zip(hidden_shift)
            .map(|((b, scale), shift)| b * (1.0 + scale) + shift)
            .collect();
        let routed: Vec<f32> = self.graph.route(&text)?.flatten_all()?.to_vec1()?;
        let route = |i: usize| routed.get(i).copied().unwrap_or(0.0);
        let routes = Routes {
            semantic: route(0),
            colour: route(1),
            text: confidence,
            plain: route(2) * confidence + PLAIN_INSTEAD * (1.0 - confidence),
            foreground: route(3) * confidence,
            background: route(4) * confidence,
        };
        Ok(FocusCondition {
            config,
            queries,
            zero: self.weights.values("zero").to_vec(),
            value: Tensor::from_vec(value, (config.heads, config.token_dim, config.value_dim), &Device::Cpu)?,
            value_shift: value_shift.to_vec(),
            hidden: Tensor::from_vec(hidden, (config.values(), config.hidden), &Device::Cpu)?,
            hidden_shift,
            output: Tensor::from_slice(
                self.weights.values("output.weight"),
                (config.hidden, config.output),
                &Device::Cpu,
            )?,
            output_bias: self.weights.values("output.bias").to_vec(),
            semantic: self.semantic.clone(),
            colours: self.colours.clone(),
            routes,
            confidence,
        })
    }
}
