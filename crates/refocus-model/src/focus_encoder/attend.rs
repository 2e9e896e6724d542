//! Attention over stored photo tokens: eight heads side by side in the lanes of a register.
//!
//! Scores are `[token, head]`, so that a token's number meets the eight queries in one instruction, nothing is ever
//! summed across a register, and the softmax goes over all heads at once. Half-width (AVX2) registers hold exactly the
//! eight heads; wider ones would be half empty. Where there are such, `attend_int16.rs` does the same faster.

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

use pulp::{Simd, WithSimd};

use super::FocusEncoderConfig;
use crate::colour_statistics::REGIONS;
use crate::encoding::{TOKEN_DIM, stored_tokens};
use crate::ops::channel_block::{CHANNELS, ChannelBlock};
use crate::vector_math::exp_of_negative;

/// Heads that the fast path is written for.
pub(super) const HEADS: usize = FocusEncoderConfig::built_in().heads;
/// Blocks of one head's attended token.
pub(super) const TOKEN_BLOCKS: usize = TOKEN_DIM / CHANNELS;
/// Tokens whose scores are summed at a time: as many as registers have room beside the query and the factor.
const AT_ONCE: usize = 12;

/// Queries by place in the token, `[TOKEN_DIM, HEADS]`.
pub(super) type Queries = [[f32; HEADS]; TOKEN_DIM];

/// Attention of an instruction over a tile of photos.
pub(super) struct Attend<'a> {
    pub(super) queries: &'a Queries,
    /// Scores of the zero token.
    pub(super) zero: [f32; HEADS],
    /// Stored encodings, `[photos, bytes]`.
    pub(super) rows: &'a [u8],
    pub(super) bytes: usize,
    /// What each head found: `[heads, TOKEN_BLOCKS, photos]`.
    pub(super) attended: &'a mut [ChannelBlock],
    /// `[photos]`: the mean share that did not go to the zero token.
    pub(super) found: &'a mut [f32],
}

impl WithSimd for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let photos = self.found.len();
        let mut tokens = [[0.0; TOKEN_DIM]; REGIONS];
        let rows = self.rows.chunks_exact(self.bytes).zip(self.found.iter_mut());
        for (photo, (row, found)) in rows.enumerate() {
            let (stored, scales) = stored_tokens(row);
            for (token, stored) in tokens.iter_mut().zip(stored.as_chunks::<TOKEN_DIM>().0) {
                for i in 0..TOKEN_DIM {
                    token[i] = f32::from(stored[i]);
                }
            }
            let mut weights = [[0.0; HEADS]; REGIONS];
            let (first, rest) = tokens.split_at(AT_ONCE);
            let (first_weights, rest_weights) = weights.split_at_mut(AT_ONCE);
            scores::<S, AT_ONCE>(simd, self.queries, first, first_weights);
            scores::<S, { REGIONS - AT_ONCE }>(simd, self.queries, rest, rest_weights);
            let share = softmax_with_zero(&mut weights, &scales, &self.zero);
            *found = share.iter().sum::<f32>() / HEADS as f32;
            mean_tokens(simd, &tokens, &weights, &mut self.attended[photo..], photos);
        }
    }
}

/// Products of `N` tokens with the queries of all heads.
#[inline(always)]
fn scores<S: Simd, const N: usize>(
    simd: S,
    queries: &Queries,
    tokens: &[[f32; TOKEN_DIM]],
    scores: &mut [[f32; HEADS]],
) {
    let (Some(tokens), Some(scores)) = (tokens.first_chunk::<N>(), scores.first_chunk_mut::<N>()) else {
        return;
    };
    for part in 0..HEADS / S::F32_LANES {
        let mut sums = [simd.splat_f32s(0.0); N];
        for (i, query) in queries.iter().enumerate() {
            let query = S::as_simd_f32s(query).0[part];
            for n in 0..N {
                sums[n] = fused(simd, simd.splat_f32s(tokens[n][i]), query, sums[n]);
            }
        }
        for n in 0..N {
            S::as_mut_simd_f32s(&mut scores[n]).0[part] = sums[n];
        }
    }
}

/// Softmax over the tokens, head by head, with the zero token taking its share. Tokens are stored in units of their
/// `scales`: scores come without them, and weights leave with them. Returns the share of all but the zero token.
#[inline(always)]
fn softmax_with_zero(
    scores: &mut [[f32; HEADS]; REGIONS],
    scales: &[f32; REGIONS],
    zero: &[f32; HEADS],
) -> [f32; HEADS] {
    let mut highest = *zero;
    for (score, scale) in scores.iter_mut().zip(scales) {
        for head in 0..HEADS {
            score[head] *= scale;
            highest[head] = if score[head] > highest[head] {
                score[head]
            } else {
                highest[head]
            };
        }
    }
    let mut sum = [0.0; HEADS];
    for score in scores.iter_mut() {
        for head in 0..HEADS {
            score[head] = exp_of_negative(score[head] - highest[head]);
            sum[head] += score[head];
        }
    }
    let mut share = [0.0; HEADS];
    for head in 0..HEADS {
        share[head] = 1.0 / (sum[head] + exp_of_negative(zero[head] - highest[head]));
    }
    for (score, scale) in scores.iter_mut().zip(scales) {
        for head in 0..HEADS {
            score[head] *= share[head] * scale;
        }
    }
    for head in 0..HEADS {
        share[head] *= sum[head];
    }
    share
}

/// Σ weight · token for each head, to every `photos`-th block of `out`.
#[inline(always)]
fn mean_tokens<S: Simd>(
    simd: S,
    tokens: &[[f32; TOKEN_DIM]; REGIONS],
    weights: &[[f32; HEADS]; REGIONS],
    out: &mut [ChannelBlock],
    photos: usize,
) {
    let parts = CHANNELS / S::F32_LANES;
    for chunk in 0..TOKEN_DIM / S::F32_LANES {
        // One register for each head: the sums stay there while the tokens go by.
        let mut sums = [simd.splat_f32s(0.0); HEADS];
        for (token, weights) in tokens.iter().zip(weights) {
            let token = S::as_simd_f32s(token).0[chunk];
            for head in 0..HEADS {
                sums[head] = fused(simd, simd.splat_f32s(weights[head]), token, sums[head]);
            }
        }
        for head in 0..HEADS {
            let block = &mut out[(head * TOKEN_BLOCKS + chunk / parts) * photos];
            S::as_mut_simd_f32s(&mut block.0).0[chunk % parts] = sums[head];
        }
    }
}

/// a · b + c. Where the machine has no fused instruction, the fused operation would be a library call.
#[inline(always)]
fn fused<S: Simd>(simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
    if S::IS_SCALAR {
        simd.add_f32s(simd.mul_f32s(a, b), c)
    } else {
        simd.mul_add_f32s(a, b, c)
    }
}
