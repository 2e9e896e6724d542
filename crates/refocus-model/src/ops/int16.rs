//! Dense layers in 16-bit integers.
//!
//! AVX2 multiplies and adds twice as many 16-bit integers as floats in an instruction, and with VNNI, of either width, integers are
//! twice as fast again for the whole of a product (see [`super::pairs`]). Sums are exact. What is rounded are weights, with a
//! scale for each output, and activations, with a scale for each row: to eleven bits and a sign, so that a sum of [`MOST_INPUTS`]
//! products stays within 32 bits.

#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(dead_code, reason = "other machines multiply floats")
)]

use super::channel_block::{CHANNELS, ChannelBlock};
use super::matrix::Panels;
#[cfg(target_arch = "x86_64")]
use super::pairs::{PairKernel, PairedWeights, Pairs};
use crate::vector_math::{largest_magnitude, nearest_integer};

/// Largest magnitude of a rounded weight or activation.
const LARGEST: f32 = 2047.0;
/// Inputs of a layer, at most: `512 · 2047² < 2³¹`.
pub(super) const MOST_INPUTS: usize = 512;
/// Pairs of inputs in a block of sixteen.
const PAIRS: usize = CHANNELS / 2;

/// Sixteen consecutive inputs of one row, as pairs.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(32))]
pub(crate) struct RoundedBlock(pub(crate) [[i16; 2]; PAIRS]);

/// Rows of activations, rounded: room that only ever grows.
#[derive(Debug, Clone, Default)]
pub(crate) struct RoundedRows {
    /// `[input blocks, rows]`
    blocks: Vec<RoundedBlock>,
    /// What the integers of a row are multiplied by, `[rows]`; not a number where one of its values was none.
    scales: Vec<f32>,
}

impl RoundedRows {
    /// Room for so many blocks and scales. What it holds is left over from earlier use.
    pub(crate) fn at_least(&mut self, blocks: usize, scales: usize) -> (&mut [RoundedBlock], &mut [f32]) {
        if self.blocks.len() < blocks {
            self.blocks.resize(blocks, RoundedBlock::default());
        }
        if self.scales.len() < scales {
            self.scales.resize(scales, 0.0);
        }
        (&mut self.blocks[..blocks], &mut self.scales[..scales])
    }
}

/// What a vector is multiplied by before its values become integers, and what these are multiplied by. Zero has no direction to
/// keep; a vector that holds no numbers stays one.
#[inline(always)]
pub(crate) fn factor_and_scale(largest: f32) -> (f32, f32) {
    let factor = if largest > 0.0 { LARGEST / largest } else { 0.0 };
    (factor, largest / LARGEST)
}

/// Sixteen values, multiplied by `factor`, as integers.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn rounded(values: &[f32; CHANNELS], factor: f32) -> RoundedBlock {
    let mut rounded = [0i16; CHANNELS];
    for (to, value) in rounded.iter_mut().zip(values) {
        *to = nearest_integer(value * factor) as i16;
    }
    RoundedBlock(bytemuck::cast(rounded))
}

/// The weights of a dense layer.
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone)]
pub(super) struct RoundedWeights {
    /// `[output blocks, pairs of inputs]`
    pairs: Vec<PairedWeights>,
    /// `[output blocks]`
    scales: Vec<ChannelBlock>,
}

#[cfg(target_arch = "x86_64")]
impl RoundedWeights {
    /// From packed weights. `None` where the number of inputs is not a multiple of sixteen, or too large.
    pub(super) fn new(panels: Panels<'_>) -> Option<Self> {
        let depth = panels.depth;
        if depth == 0 || !depth.is_multiple_of(CHANNELS) || depth > MOST_INPUTS {
            return None;
        }
        let mut pairs = Vec::with_capacity(panels.blocks.len() / 2);
        let mut scales = Vec::with_capacity(panels.bias.len());
        for inputs in panels.blocks.chunks_exact(depth) {
            let (mut factors, mut scale) = ([0.0; CHANNELS], ChannelBlock::ZERO);
            for (lane, (factor, scale)) in factors.iter_mut().zip(&mut scale.0).enumerate() {
                let largest = inputs.iter().map(|block| block.0[lane].abs()).fold(0.0, f32::max);
                (*factor, *scale) = factor_and_scale(largest);
            }
            for [even, odd] in inputs.as_chunks::<2>().0 {
                let rounded = |block: &ChannelBlock, lane: usize| nearest_integer(block.0[lane] * factors[lane]) as i16;
                pairs.push(PairedWeights(std::array::from_fn(|lane| {
                    [rounded(even, lane), rounded(odd, lane)]
                })));
            }
            scales.push(scale);
        }
        Some(Self { pairs, scales })
    }
}

/// The product of rows with rounded weights, in floats.
#[cfg(target_arch = "x86_64")]
pub(super) struct Products<'a> {
    /// Rows that are still to be rounded, `[input blocks, rows]`; empty where they were.
    pub(super) input: &'a [ChannelBlock],
    /// `[input blocks, rows]`
    pub(super) blocks: &'a mut [RoundedBlock],
    /// `[rows]`
    pub(super) scales: &'a mut [f32],
    pub(super) weights: &'a RoundedWeights,
    /// `[output blocks]`
    pub(super) bias: &'a [ChannelBlock],
    /// `[output blocks, rows]`
    pub(super) out: &'a mut [ChannelBlock],
}

#[cfg(target_arch = "x86_64")]
impl PairKernel for Products<'_> {
    #[inline(always)]
    fn run<P: Pairs>(mut self, pairs: P) {
        if !self.input.is_empty() {
            self.round();
        }
        let blocks = self.bias.len();
        let mut block = 0;
        while block < blocks {
            // Sums fill 27 of 32 registers where sixteen take one, 12 of 16 where they take two.
            block += match (P::REGISTERS, blocks - block) {
                (1, 3..) => self.columns::<P, 9, 3>(pairs, block),
                (1, 2) => self.columns::<P, 9, 2>(pairs, block),
                (1, _) => self.columns::<P, 9, 1>(pairs, block),
                _ => self.columns::<P, 6, 1>(pairs, block),
            };
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Products<'_> {
    #[inline(always)]
    fn round(&mut self) {
        let rows = self.scales.len();
        for (row, scale) in self.scales.iter_mut().enumerate() {
            let blocks = self.input[row..].iter().step_by(rows);
            let largest = largest_magnitude(blocks.clone().map(|block| &block.0));
            let factor;
            (factor, *scale) = factor_and_scale(largest);
            for (to, block) in self.blocks[row..].iter_mut().step_by(rows).zip(blocks) {
                *to = rounded(&block.0, factor);
            }
        }
    }

    /// All rows for `WIDTH` output blocks, `TALL` rows a tile; returns `WIDTH`.
    #[inline(always)]
    fn columns<P: Pairs, const TALL: usize, const WIDTH: usize>(&mut self, pairs: P, block: usize) -> usize {
        let rows = self.scales.len();
        if rows < TALL {
            for row in 0..rows {
                self.tile::<P, 1, WIDTH>(pairs, row, block);
            }
            return WIDTH;
        }
        for row in (0..=rows - TALL).step_by(TALL) {
            self.tile::<P, TALL, WIDTH>(pairs, row, block);
        }
        if !rows.is_multiple_of(TALL) {
            // The last tile overlaps the one before it: cheaper than narrow ones.
            self.tile::<P, TALL, WIDTH>(pairs, rows - TALL, block);
        }
        WIDTH
    }

    #[inline(always)]
    fn tile<P: Pairs, const ROWS: usize, const WIDTH: usize>(&mut self, pairs: P, row: usize, block: usize) {
        let rows = self.scales.len();
        let depth = self.weights.pairs.len() / self.bias.len();
        let mut columns = [[].as_slice(); WIDTH];
        for (n, column) in columns.iter_mut().enumerate() {
            *column = &self.weights.pairs[(block + n) * depth..(block + n + 1) * depth];
        }
        let mut sums = [[pairs.none(); WIDTH]; ROWS];
        for input in 0..depth / PAIRS {
            let Some(activations) = self.blocks[input * rows + row..].first_chunk::<ROWS>() else {
                return;
            };
            // Opaque to the compiler, which would unroll the loop and then have too few registers for it.
            for pair in 0..std::hint::black_box(PAIRS) {
                let mut weights = [&PairedWeights([[0; 2]; CHANNELS]); WIDTH];
                for (weights, column) in weights.iter_mut().zip(&columns) {
                    *weights = &column[input * PAIRS + pair];
                }
                for (sums, row) in sums.iter_mut().zip(activations) {
                    for (sum, weights) in sums.iter_mut().zip(weights) {
                        *sum = pairs.add_scaled(*sum, row.0[pair % PAIRS], weights);
                    }
                }
            }
        }
        // By value: sums that are pointed into would lie in memory while they are added up.
        let sums = sums.map(|row| row.map(|sums| pairs.numbers(sums)));
        for n in 0..WIDTH {
            let (scale, bias) = (&self.weights.scales[block + n].0, &self.bias[block + n].0);
            let of_rows = self.scales[row..].iter();
            let out = self.out[(block + n) * rows + row..].iter_mut();
            for ((out, sums), of_row) in out.zip(&sums).zip(of_rows) {
                for lane in 0..CHANNELS {
                    out.0[lane] = sums[n][lane] as f32 * (scale[lane] * of_row) + bias[lane];
                }
            }
        }
    }
}
