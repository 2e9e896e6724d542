//! The text towers: CLIP's causal one and SigLIP's, made of the same blocks as the vision tower.
//!
//! A causal tower's vector is that of the end mark, which sees only what stands before it: padding behind it changes nothing
//! and is never computed. SigLIP's tower sees all of its 64 places, padding too, and takes the last one.

use candle_core::{D, Tensor};

use super::super::ModelError;
use super::block::{Block, LayerNorm, Linear};
use super::config::TextConfig;
use super::parameters::Parameters;

/// The tower.
#[derive(Debug, Clone)]
pub struct TextTransformer {
    config: TextConfig,
    /// `[vocabulary, width]`.
    tokens: Tensor,
    /// `[context, width]`.
    positions: Tensor,
    blocks: Vec<Block>,
    ln_final: LayerNorm,
    projection: Linear,
}

impl TextTransformer {
    /// The tower with these weights.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the weight that is missing or of another shape.
    pub fn new(config: TextConfig, parameters: &dyn Parameters) -> Result<Self, ModelError> {
        let width = config.stack.width;
        let projection = if config.causal { "projection" } else { "head" };
        Ok(Self {
            tokens: parameters.get("tokens", &[config.vocabulary, width])?,
            positions: parameters.get("positions", &[config.context, width])?,
            blocks: Block::stack(parameters, &config.stack)?,
            ln_final: LayerNorm::new(parameters, "ln_final", width, config.stack.norm_epsilon)?,
            projection: Linear::new(parameters, projection, width, config.projection, !config.causal)?,
            config,
        })
    }

    /// Its sizes.
    #[must_use]
    pub fn config(&self) -> &TextConfig {
        &self.config
    }

    /// Texts of equally many tokens (`[texts, tokens]`, the end mark or the last padding last) → `[texts, projection]`, not yet
    /// of unit length.
    ///
    /// # Errors
    /// Ids beyond the vocabulary, more tokens than the context, or a device that fails.
    pub fn forward(&self, ids: &[Vec<u32>]) -> Result<Tensor, ModelError> {
        let (count, length) = (ids.len(), ids.first().map_or(0, Vec::len));
        if let Some(unknown) = ids.iter().flatten().find(|id| **id as usize >= self.config.vocabulary) {
            let vocabulary = self.config.vocabulary;
            return Err(ModelError::Tokenizer(format!(
                "the tokenizer gives the id {unknown}, the model knows {vocabulary} tokens"
            )));
        }
        let flat: Vec<u32> = ids.iter().flatten().copied().collect();
        let flat = Tensor::from_vec(flat, count * length, self.tokens.device())?;
        let tokens = self.tokens.index_select(&flat, 0)?.reshape((count, length, ()))?;
        let mut x = tokens.broadcast_add(&self.positions.narrow(0, 0, length)?)?;
        for block in &self.blocks {
            x = block.forward(&x, self.config.causal)?;
        }
        let last = x
            .narrow(D::Minus2, length.saturating_sub(1), 1)?
            .squeeze(1)?
            .contiguous()?;
        Ok(self.projection.forward(&self.ln_final.forward(&last)?)?)
    }
}
