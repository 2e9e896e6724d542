//! What a photo is among the words that can answer an instruction, as a part of its conditional embedding.
//!
//! y says where in text space the answer lies. Photos with different answers lie near each other there wherever the answers mean
//! nearly the same, and a cosine cannot tell them apart. The shares of the answers can: the softmax of their cosines with y. As
//! √share they are a vector of unit length, and the product of two such vectors is the Bhattacharyya coefficient of both
//! distributions: how far two photos would be answered alike. That helps where the words cover what photos show (who, the weather,
//! how many people), and misleads where they cannot (all kinds of things): the router says how much it counts.

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

use super::condition::FocusCondition;
use super::embed::LEAST_ROUTE;
use crate::ops::channel_block::{CHANNELS, ChannelBlock};
use crate::ops::dense::Dense;
use crate::ops::instruction_set::{Kernel, Lanes};
use crate::vector_math::exp_of_negative;

/// What a cosine is multiplied by before the softmax. Of 10, 20, 30 and 40 the last orders best: mean average precision of 333
/// everyday photos of sources that were kept back from training, over twelve aspects, is 63.7 without the answers and 64.8 with
/// half of the squared length for them.
const SHARPNESS: f32 = 40.0;
/// Fewer words than this tell no photos apart.
const FEWEST: usize = 2;

/// The words that can answer an instruction.
#[derive(Clone)]
pub(super) struct Answers {
    /// y, unit length → cosine with each word.
    pub(super) layer: Dense,
    words: usize,
}

impl Answers {
    /// Length of the part that they are.
    pub(super) fn dim(&self) -> usize {
        self.layer.output_blocks() * CHANNELS
    }
}

impl FocusCondition {
    /// The same with a part for the words that can answer the instruction, `[words, output]`, unit length (see
    /// [`FocusEncoder::embed_texts`](super::FocusEncoder::embed_texts)). Unchanged where there are fewer than two.
    #[must_use]
    pub fn with_answers(mut self, words: &[f32]) -> Self {
        let count = words.len() / self.config.output;
        self.answers = (count >= FEWEST).then(|| Answers {
            layer: Dense::of_rows(words, self.config.output),
            words: count,
        });
        self
    }

    /// Share of the squared length of a conditional embedding that the answers have; 0 without any.
    #[must_use]
    pub fn share_of_answers(&self) -> f32 {
        self.answers_in_use().map_or(0.0, |_| self.routes.answers)
    }

    /// The answers, if the router gives them a share that somebody would notice.
    pub(super) fn answers_in_use(&self) -> Option<&Answers> {
        let noticed = self.routes.answers >= LEAST_ROUTE;
        self.answers.as_ref().filter(|_| noticed)
    }
}

/// √share of each answer, from its cosine with y: of unit length.
pub fn roots_of_shares(cosines: &mut [f32]) {
    let highest = cosines.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for cosine in cosines.iter_mut() {
        *cosine = exp_of_negative(0.5 * SHARPNESS * (*cosine - highest));
    }
    let length = cosines.iter().map(|root| root * root).sum::<f32>().sqrt();
    cosines.iter_mut().for_each(|root| *root /= length);
}

/// Writes the part of the answers behind the rest of each conditional embedding.
pub(super) struct Shares<'a> {
    pub(super) answers: &'a Answers,
    /// Cosines, `[blocks, photos]`.
    pub(super) cosines: &'a [ChannelBlock],
    /// Every `stride`-th value is the first of an embedding of `dim` values, of which the answers are the last.
    pub(super) out: &'a mut [f32],
    pub(super) stride: usize,
    pub(super) dim: usize,
    /// Length of the part.
    pub(super) length: f32,
}

impl Kernel for Shares<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        let blocks = self.answers.layer.output_blocks();
        let photos = self.cosines.len() / blocks.max(1);
        let first = self.dim - self.answers.dim();
        for (photo, out) in self.out.chunks_mut(self.stride).take(photos).enumerate() {
            let Some((rest, part)) = out.get_mut(..self.dim).and_then(|out| out.split_at_mut_checked(first)) else {
                return;
            };
            let of_photo = |block: usize| self.cosines[block * photos + photo].0;
            let lanes = |block: usize| self.answers.words.saturating_sub(block * CHANNELS).min(CHANNELS);
            let mut highest = f32::NEG_INFINITY;
            for block in 0..blocks {
                for cosine in of_photo(block).iter().take(lanes(block)) {
                    highest = highest.max(*cosine);
                }
            }
            let mut squares = 0.0f32;
            for (block, to) in part.as_chunks_mut::<CHANNELS>().0.iter_mut().enumerate() {
                let cosines = of_photo(block);
                for lane in 0..CHANNELS {
                    to[lane] = exp_of_negative(0.5 * SHARPNESS * (cosines[lane] - highest).min(0.0));
                }
                to.iter_mut().skip(lanes(block)).for_each(|root| *root = 0.0);
                for root in to.iter() {
                    squares += root * root;
                }
            }
            // An encoding of numbers that are none became zero.
            let empty = rest.iter().all(|value| *value == 0.0);
            let scale = self.length / squares.sqrt();
            if empty || !scale.is_finite() {
                part.fill(0.0);
            } else {
                part.iter_mut().for_each(|root| *root *= scale);
            }
        }
    }
}
