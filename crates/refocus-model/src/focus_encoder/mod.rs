//! The focus encoder: a photo seen through an instruction (after FocalLens, Hsieh et al., arXiv 2504.08368).
//!
//! FocalLens pushes the instruction through the whole image tower, photo after photo. Here the photo is encoded once into
//! photo tokens, and the instruction acts on these: its text vector becomes a *condition token* whose heads ask the photo
//! tokens questions (attention pooling, with a zero token for "nothing here"); what they find, modulated by the condition
//! (FiLM), becomes h, a vector in text space that lies where the instruction's answer lies. A *router* reads from the same
//! text vector how much the photo's own semantic vector, its colours and its plain vector should count beside h:
//!
//! y = unit(h) + r₀ · unit(ConSE) + r₁ · unit(colours as text), compared with texts;
//! E = \[y, r₂ · plain, r₃ · √foreground colours, r₄ · √background colours, r₅ · √shares of the words that can answer\],
//! compared with photos.
//!
//! - `weights.rs`: the file
//! - `graph.rs`: the candle network, which training differentiates and the fast path is tested against
//! - `condition.rs`: an instruction, with everything that depends on it alone worked out
//! - `attend.rs`, `attend_int16.rs`, `embed.rs`, `answers.rs`: the fast path over stored encodings
//! - `attention_map.rs`: where the heads looked
//!
//! Text vectors are reduced to 192 numbers by a fixed basis before they meet h.

pub mod answers;
mod attend;
#[cfg(target_arch = "x86_64")]
mod attend_int16;
mod attention_map;
pub mod condition;
mod embed;
pub mod graph;
pub mod weights;

pub use attention_map::MAP_SIDE;
pub use condition::{FocusCondition, FocusEncoder, Routes};
pub use embed::{Scratch, TILE};
pub use graph::{FocusEncoderGraph, Forward};
pub use weights::FocusEncoderWeights;

use super::encoding::TOKEN_DIM;
use super::text_tower::TEXT_DIM;

/// Shapes of a focus encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FocusEncoderConfig {
    /// Length of a text vector.
    pub text_dim: usize,
    /// Length of a photo token.
    pub token_dim: usize,
    /// Length of the condition token.
    pub condition_dim: usize,
    /// Attention heads.
    pub heads: usize,
    /// The first so many heads are taught where to look; the heat map is their mean.
    pub pointing_heads: usize,
    /// Length of one head's value.
    pub value_dim: usize,
    /// Width of the hidden layers.
    pub hidden: usize,
    /// Length of h and of reduced text vectors.
    pub output: usize,
    /// Width of the router's hidden layer.
    pub router_hidden: usize,
}

impl FocusEncoderConfig {
    /// The head of the built-in model.
    #[must_use]
    pub const fn built_in() -> Self {
        Self {
            text_dim: TEXT_DIM,
            token_dim: TOKEN_DIM,
            condition_dim: 256,
            heads: 8,
            pointing_heads: 4,
            value_dim: 48,
            hidden: 192,
            output: 192,
            router_hidden: 96,
        }
    }

    /// Length of all heads' values together.
    #[must_use]
    pub const fn values(&self) -> usize {
        self.heads * self.value_dim
    }
}

/// Weights that the router gives: semantic, colour as text, plain, foreground colours, background colours; last the answers' share of
/// the squared length of a conditional embedding.
pub const ROUTES: usize = 6;
