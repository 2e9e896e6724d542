//! Attention over stored photo tokens in 16-bit integers, for x86-64 machines with AVX2.
//!
//! Tokens are stored as int8: their products with queries and with weights need no floats. Two products and their sum take one
//! instruction, over pairs of a token's values for the scores and over pairs of tokens for their mean. Queries are rounded once
//! an instruction, weights once a photo, both to fifteen bits and a sign, with a scale for each head; sums are exact.

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

use pulp::x86::V3;
use std::arch::x86_64::{__m128i, __m256, __m256i};

use super::attend::{HEADS, Queries, TOKEN_BLOCKS};
use crate::colour_statistics::REGIONS;
use crate::encoding::{TOKEN_DIM, stored_tokens};
use crate::ops::channel_block::ChannelBlock;
use crate::ops::int16::{RoundedBlock, factor_and_scale};
use crate::ops::pairs::{PairKernel, Pairs};
use crate::vector_math::{ROUND, nearest_integer};

/// Largest magnitude of a rounded query or weight.
const LARGEST: f32 = 32_767.0;
/// Pairs of values in a token.
const VALUE_PAIRS: usize = TOKEN_DIM / 2;
/// Pairs of tokens; the last token has nobody beside it.
const TOKEN_PAIRS: usize = REGIONS.div_ceil(2);
/// Tokens whose scores are summed at a time.
const AT_ONCE: usize = 12;

/// Queries of all heads by pairs of values, rounded.
#[derive(Clone)]
pub(super) struct RoundedQueries {
    /// `[VALUE_PAIRS, HEADS]`
    pairs: Box<[[[i16; 2]; HEADS]; VALUE_PAIRS]>,
    /// What a head's sums are multiplied by.
    scales: [f32; HEADS],
}

impl RoundedQueries {
    pub(super) fn new(queries: &Queries) -> Self {
        let mut pairs = Box::new([[[0; 2]; HEADS]; VALUE_PAIRS]);
        let mut scales = [0.0; HEADS];
        for (head, scale) in scales.iter_mut().enumerate() {
            let largest = queries.iter().map(|values| values[head].abs()).fold(0.0, f32::max);
            let factor = if largest > 0.0 { LARGEST / largest } else { 0.0 };
            *scale = largest / LARGEST;
            for (pair, values) in pairs.iter_mut().zip(queries.as_chunks::<2>().0) {
                pair[head] = values.map(|value| nearest_integer(value[head] * factor) as i16);
            }
        }
        Self { pairs, scales }
    }
}

/// Where attended tokens go.
pub(super) enum Attended<'a> {
    /// `[heads, TOKEN_BLOCKS, photos]`
    Floats(&'a mut [ChannelBlock]),
    /// The same, rounded, with the scale of each head's token, `[heads, photos]`.
    Rounded(&'a mut [RoundedBlock], &'a mut [f32]),
}

/// Attention of an instruction over a tile of photos: what [`super::attend::Attend`] does.
pub(super) struct AttendInt16<'a> {
    pub(super) queries: &'a RoundedQueries,
    /// Scores of the zero token.
    pub(super) zero: [f32; HEADS],
    /// Stored encodings, `[photos, bytes]`.
    pub(super) rows: &'a [u8],
    pub(super) bytes: usize,
    pub(super) attended: Attended<'a>,
    /// `[photos]`: the mean share that did not go to the zero token.
    pub(super) found: &'a mut [f32],
}

impl PairKernel for AttendInt16<'_> {
    #[inline(always)]
    fn run<P: Pairs>(mut self, products: P) {
        let (simd, photos) = (products.avx2(), self.found.len());
        let mut tokens = [[[0i16; 2]; VALUE_PAIRS]; REGIONS];
        let mut weights = [simd.avx._mm256_setzero_ps(); REGIONS];
        let mut attended = [[simd.avx._mm256_setzero_si256(); TOKEN_DIM / HEADS]; HEADS];
        for (photo, row) in self.rows.chunks_exact(self.bytes).take(photos).enumerate() {
            let (stored, scales) = stored_tokens(row);
            let Some(stored) = stored.as_chunks::<TOKEN_DIM>().0.first_chunk::<REGIONS>() else {
                continue;
            };
            widen(stored, &mut tokens);
            self.scores::<P, AT_ONCE>(products, &tokens, &mut weights, 0);
            self.scores::<P, { REGIONS - AT_ONCE }>(products, &tokens, &mut weights, AT_ONCE);
            let (share, pairs, scale) = softmax_with_zero(simd, &mut weights, &scales, &self.zero);
            let found = share.iter().sum::<f32>() / HEADS as f32;
            if let Some(to) = self.found.get_mut(photo) {
                *to = found;
            }
            mean_tokens(products, stored, &pairs, &mut attended);
            // Weights that are no numbers became arbitrary integers: 0 · ∞ and 0 · NaN say so.
            let zero: f32 = scales.iter().map(|scale| 0.0 * scale).sum();
            self.write(simd, photo, &attended, &scale.map(|scale| scale + zero));
        }
    }
}

impl AttendInt16<'_> {
    /// Scores of `N` tokens from `first` on, without the tokens' scales: a register a token, a lane a head.
    #[inline(always)]
    fn scores<P: Pairs, const N: usize>(
        &self,
        products: P,
        tokens: &[[[i16; 2]; VALUE_PAIRS]; REGIONS],
        scores: &mut [__m256; REGIONS],
        first: usize,
    ) {
        let simd = products.avx2();
        let (Some(tokens), Some(scores)) = (
            tokens[first..].first_chunk::<N>(),
            scores[first..].first_chunk_mut::<N>(),
        ) else {
            return;
        };
        let mut sums = [simd.avx._mm256_setzero_si256(); N];
        for (pair, queries) in self.queries.pairs.iter().enumerate() {
            let queries: __m256i = pulp::cast(*queries);
            for (sum, token) in sums.iter_mut().zip(tokens) {
                let both = simd.avx._mm256_set1_epi32(bytemuck::cast(token[pair]));
                *sum = simd
                    .avx2
                    ._mm256_add_epi32(*sum, simd.avx2._mm256_madd_epi16(both, queries));
            }
        }
        let scales: __m256 = pulp::cast(self.queries.scales);
        for (score, sum) in scores.iter_mut().zip(sums) {
            *score = simd.avx._mm256_mul_ps(simd.avx._mm256_cvtepi32_ps(sum), scales);
        }
    }

    /// Writes what each head found to the blocks of one photo.
    #[inline(always)]
    fn write(&mut self, simd: V3, photo: usize, sums: &[[__m256i; TOKEN_DIM / HEADS]; HEADS], scales: &[f32; HEADS]) {
        let photos = self.found.len();
        let floats = |sums: __m256i, factor: __m256| simd.avx._mm256_mul_ps(simd.avx._mm256_cvtepi32_ps(sums), factor);
        for (head, (sums, scale)) in sums.iter().zip(scales).enumerate() {
            let blocks = head * TOKEN_BLOCKS * photos + photo..;
            let pairs = sums.as_chunks::<2>().0;
            match &mut self.attended {
                Attended::Floats(to) => {
                    let factor = simd.avx._mm256_set1_ps(*scale);
                    for (to, pair) in to[blocks].iter_mut().step_by(photos).zip(pairs) {
                        to.0 = pulp::cast(pair.map(|sums| floats(sums, factor)));
                    }
                }
                Attended::Rounded(to, of_photos) => {
                    let mut largest = simd.avx._mm256_setzero_si256();
                    for sums in sums {
                        largest = simd.avx2._mm256_max_epi32(largest, simd.avx2._mm256_abs_epi32(*sums));
                    }
                    let largest: [i32; HEADS] = pulp::cast(largest);
                    let largest = largest.iter().fold(0, |most, value| most.max(*value));
                    let (factor, unit) = factor_and_scale(largest as f32);
                    of_photos[head * photos + photo] = unit * scale;
                    let factor = simd.avx._mm256_set1_ps(factor);
                    for (to, pair) in to[blocks].iter_mut().step_by(photos).zip(pairs) {
                        let [low, high] = pair.map(|sums| simd.avx._mm256_cvtps_epi32(floats(sums, factor)));
                        // The instruction packs within halves of registers: the quarters in the middle change places.
                        let packed = simd.avx2._mm256_packs_epi32(low, high);
                        *to = RoundedBlock(pulp::cast(simd.avx2._mm256_permute4x64_epi64::<0b11_01_10_00>(packed)));
                    }
                }
            }
        }
    }
}

/// int8 tokens to 16-bit integers.
#[inline(always)]
fn widen(stored: &[[i8; TOKEN_DIM]; REGIONS], tokens: &mut [[[i16; 2]; VALUE_PAIRS]; REGIONS]) {
    for (token, stored) in tokens.iter_mut().zip(stored) {
        for (pair, stored) in token.iter_mut().zip(stored.as_chunks::<2>().0) {
            *pair = stored.map(i16::from);
        }
    }
}

/// Softmax over the tokens, head by head, with the zero token taking its share. Tokens are stored in units of their `scales`:
/// scores come without them, and weights leave with them. Returns each head's share of all but the zero token; the weights by
/// pairs of tokens, rounded; and what sums of products with these are multiplied by.
#[inline(always)]
fn softmax_with_zero(
    simd: V3,
    scores: &mut [__m256; REGIONS],
    scales: &[f32; REGIONS],
    zero: &[f32; HEADS],
) -> ([f32; HEADS], [[[i16; 2]; HEADS]; TOKEN_PAIRS], [f32; HEADS]) {
    let avx = simd.avx;
    let zero: __m256 = pulp::cast(*zero);
    let mut highest = zero;
    for (score, scale) in scores.iter_mut().zip(scales) {
        *score = avx._mm256_mul_ps(*score, avx._mm256_set1_ps(*scale));
        highest = avx._mm256_max_ps(highest, *score);
    }
    let mut sum = avx._mm256_setzero_ps();
    for score in scores.iter_mut() {
        *score = exp_of_negative(simd, avx._mm256_sub_ps(*score, highest));
        sum = avx._mm256_add_ps(sum, *score);
    }
    let nothing = exp_of_negative(simd, avx._mm256_sub_ps(zero, highest));
    let one = avx._mm256_set1_ps(1.0);
    let share = avx._mm256_div_ps(one, avx._mm256_add_ps(sum, nothing));
    let mut largest = avx._mm256_set1_ps(f32::MIN_POSITIVE);
    for (score, scale) in scores.iter_mut().zip(scales) {
        *score = avx._mm256_mul_ps(*score, avx._mm256_mul_ps(share, avx._mm256_set1_ps(*scale)));
        largest = avx._mm256_max_ps(largest, *score);
    }
    let factor = avx._mm256_div_ps(avx._mm256_set1_ps(LARGEST), largest);
    let rounded = |weights: &__m256| avx._mm256_cvtps_epi32(avx._mm256_mul_ps(*weights, factor));
    let mut pairs = [[[0; 2]; HEADS]; TOKEN_PAIRS];
    for (pair, weights) in pairs.iter_mut().zip(scores.chunks(2)) {
        let [first, second] = [weights.first(), weights.get(1)].map(|w| w.map_or(avx._mm256_setzero_si256(), rounded));
        // Weights are no less than 0: the upper half of the first is free.
        let second = simd.avx2._mm256_slli_epi32::<16>(second);
        *pair = pulp::cast(simd.avx2._mm256_or_si256(first, second));
    }
    let found = pulp::cast(avx._mm256_mul_ps(share, sum));
    let scale = avx._mm256_mul_ps(largest, avx._mm256_set1_ps(1.0 / LARGEST));
    (found, pairs, pulp::cast(scale))
}

/// As [`crate::vector_math::exp_of_negative`], of a register: in one piece, where the compiler takes lanes of arrays apart.
#[inline(always)]
fn exp_of_negative(simd: V3, x: __m256) -> __m256 {
    let (avx, all) = (simd.avx, |x: f32| simd.avx._mm256_set1_ps(x));
    // Of two numbers one of which is none, the instruction takes the second: such a score counts for nothing.
    let x = avx._mm256_max_ps(x, all(-87.0));
    let y = avx._mm256_mul_ps(x, all(std::f32::consts::LOG2_E));
    let rounded = avx._mm256_add_ps(y, all(ROUND));
    let whole = avx._mm256_sub_ps(rounded, all(ROUND));
    let f = avx._mm256_mul_ps(avx._mm256_sub_ps(y, whole), all(std::f32::consts::LN_2));
    let mut p = all(1.0 / 120.0);
    for coefficient in [1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = simd.fma._mm256_fmadd_ps(p, f, all(coefficient));
    }
    let exponent = simd
        .avx2
        ._mm256_add_epi32(avx._mm256_castps_si256(rounded), avx._mm256_set1_epi32(127));
    let power = avx._mm256_castsi256_ps(simd.avx2._mm256_slli_epi32::<23>(exponent));
    avx._mm256_mul_ps(p, power)
}

/// Σ weight · token for each head: eight values in a register.
#[inline(always)]
fn mean_tokens<P: Pairs>(
    products: P,
    tokens: &[[i8; TOKEN_DIM]; REGIONS],
    weights: &[[[i16; 2]; HEADS]; TOKEN_PAIRS],
    out: &mut [[__m256i; TOKEN_DIM / HEADS]; HEADS],
) {
    const NOBODY: [i8; TOKEN_DIM] = [0; TOKEN_DIM];
    let simd = products.avx2();
    for chunk in 0..TOKEN_DIM / HEADS {
        // One register for each head: the sums stay there while the tokens go by.
        let mut sums = [simd.avx._mm256_setzero_si256(); HEADS];
        for (pair, weights) in tokens.chunks(2).zip(weights) {
            let eight = |token: Option<&[i8; TOKEN_DIM]>| -> __m128i {
                let values = token.unwrap_or(&NOBODY).as_chunks::<HEADS>().0;
                let values = values.get(chunk).copied().unwrap_or_default();
                simd.sse2
                    ._mm_set_epi64x(0, i64::from_ne_bytes(values.map(i8::cast_unsigned)))
            };
            let both = simd.sse2._mm_unpacklo_epi8(eight(pair.first()), eight(pair.get(1)));
            let both = simd.avx2._mm256_cvtepi8_epi16(both);
            for (sum, weight) in sums.iter_mut().zip(weights) {
                let weight = simd.avx._mm256_set1_epi32(bytemuck::cast(*weight));
                *sum = simd
                    .avx2
                    ._mm256_add_epi32(*sum, simd.avx2._mm256_madd_epi16(both, weight));
            }
        }
        for (out, sum) in out.iter_mut().zip(sums) {
            out[chunk] = sum;
        }
    }
}
