//! The matrix product over pixels, `y[p, n] = Σ_k x[p, k] · w[k, n] + bias[n]`, in tiles that stay in registers.
//!
//! Activations come blocked (`[k blocks, pixels]`), so that a tile of eight pixels reads 512 consecutive bytes for
//! sixteen `k`. Weights are packed once as `[n blocks, k]` of sixteen outputs. The epilogue sees each finished block of
//! sixteen outputs while it is still in registers.

use super::Activation;
use super::channel_block::{CHANNELS, ChannelBlock, blocks_of};
use super::instruction_set::{Kernel, Lanes};

/// `k` is walked in steps of this many values; weights are padded with zeros to a multiple of it.
const STEP: usize = 8;

/// A matrix `[outputs, inputs]` and a bias, packed as `[blocks of sixteen outputs, inputs]`: the weights of a 1×1 convolution
/// for [`MatMul`], or a projection that is applied to many vectors ([`PackedMatrix::apply`]).
#[derive(Debug, Clone, Default)]
pub struct PackedMatrix {
    /// `[n blocks, depth]`
    blocks: Vec<ChannelBlock>,
    /// `[n blocks]`
    bias: Vec<ChannelBlock>,
    /// Input channels rounded up to a multiple of [`STEP`].
    depth: usize,
    /// Input channels.
    pub(super) inputs: usize,
    /// Output channels.
    pub(super) outputs: usize,
}

impl PackedMatrix {
    /// Packs a row-major `[outputs, inputs]` matrix without a bias, for [`PackedMatrix::apply`].
    #[must_use]
    pub fn without_bias(weight: &[f32], inputs: usize) -> Self {
        match weight.len().checked_div(inputs) {
            Some(outputs) => Self::new(weight, &vec![0.0; outputs], inputs),
            None => Self::default(),
        }
    }

    /// Length of a product: the outputs, filled up with zeros to a multiple of sixteen.
    #[must_use]
    pub fn padded_outputs(&self) -> usize {
        self.bias.len() * CHANNELS
    }

    /// `out[i] = matrix · vectors[i]` for `N` vectors at once, the bias left out: `vectors` is `[N, inputs]`, `out`
    /// `[N, padded_outputs]`. Four at once hide the latency of the additions. To be called inside [`pulp::Arch::dispatch`].
    #[inline(always)]
    pub fn apply<const N: usize>(&self, vectors: &[f32], out: &mut [f32]) {
        if self.inputs == 0 {
            return;
        }
        let padded = self.padded_outputs();
        for (block, columns) in self.blocks.chunks_exact(self.depth).enumerate() {
            let mut sums = [[0f32; CHANNELS]; N];
            for (column, values) in columns.iter().take(self.inputs).enumerate() {
                for (i, sum) in sums.iter_mut().enumerate() {
                    let factor = vectors[i * self.inputs + column];
                    for (sum, value) in sum.iter_mut().zip(&values.0) {
                        *sum += factor * value;
                    }
                }
            }
            for (i, sum) in sums.iter().enumerate() {
                let start = i * padded + block * CHANNELS;
                out[start..start + CHANNELS].copy_from_slice(sum);
            }
        }
    }

    /// Packs `weight` (`[outputs, inputs]`, row-major) and `bias` (`[outputs]`).
    pub(super) fn new(weight: &[f32], bias: &[f32], inputs: usize) -> Self {
        let mut packed = Self::zeros(bias, inputs);
        for (n, row) in weight.chunks_exact(inputs).enumerate() {
            for (k, value) in row.iter().enumerate() {
                packed.blocks[n / CHANNELS * packed.depth + k].0[n % CHANNELS] = *value;
            }
        }
        packed
    }

    /// Packs the transpose, `[inputs, outputs]`, each output multiplied by its factor in `scale` (`[outputs]`).
    pub(super) fn transposed(weight: &[f32], scale: &[f32], bias: &[f32], inputs: usize) -> Self {
        let mut packed = Self::zeros(bias, inputs);
        let depth = packed.depth;
        for (k, row) in weight.chunks_exact(bias.len()).take(inputs).enumerate() {
            for (n, (values, scale)) in row.chunks(CHANNELS).zip(scale.chunks(CHANNELS)).enumerate() {
                for ((to, value), scale) in packed.blocks[n * depth + k].0.iter_mut().zip(values).zip(scale) {
                    *to = value * scale;
                }
            }
        }
        packed
    }

    fn zeros(bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        let depth = inputs.next_multiple_of(STEP);
        Self {
            blocks: vec![ChannelBlock::ZERO; outputs.div_ceil(CHANNELS) * depth],
            bias: blocks_of(bias),
            depth,
            inputs,
            outputs,
        }
    }

    /// What [`MatMul`] reads.
    pub(super) fn panels(&self) -> Panels<'_> {
        Panels {
            blocks: &self.blocks,
            bias: &self.bias,
            depth: self.depth,
            first: 0,
        }
    }

    /// Blocks of sixteen input channels.
    pub(super) fn input_blocks(&self) -> usize {
        self.inputs.div_ceil(CHANNELS)
    }

    /// Blocks of sixteen output channels.
    pub(super) fn output_blocks(&self) -> usize {
        self.bias.len()
    }
}

/// Consecutive blocks of outputs of a packed matrix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panels<'a> {
    /// `[n blocks, depth]`
    pub(super) blocks: &'a [ChannelBlock],
    /// `[n blocks]`
    pub(super) bias: &'a [ChannelBlock],
    /// Input channels, a multiple of [`STEP`].
    pub(super) depth: usize,
    /// Number of the first block: what the epilogue is told.
    pub(super) first: usize,
}

/// What happens to sixteen finished outputs of a pixel. Called twice for some pixels, with the same value.
pub(super) trait Epilogue {
    /// Whether the epilogue is simple enough for the compiler to unroll over a whole tile. Where it does not unroll,
    /// sums that go straight to the epilogue live in memory throughout the product, at half the speed.
    const FROM_REGISTERS: bool;

    fn finish<L: Lanes>(&mut self, lanes: L, pixel: usize, block: usize, value: L::Block);
}

/// As they are, as `[blocks, rows]`.
pub(super) struct ToBlocks<'a> {
    pub(super) out: &'a mut [ChannelBlock],
    pub(super) rows: usize,
}

impl Epilogue for ToBlocks<'_> {
    const FROM_REGISTERS: bool = true;

    #[inline(always)]
    fn finish<L: Lanes>(&mut self, lanes: L, row: usize, block: usize, value: L::Block) {
        lanes.store(value, &mut self.out[block * self.rows + row]);
    }
}

/// ReLU6, then to `out[block · stride + places[pixel]]`: a blocked picture with padded rows.
pub(super) struct ToPaddedRows<'a> {
    pub(super) out: &'a mut [ChannelBlock],
    pub(super) stride: usize,
    pub(super) places: &'a [usize],
}

impl Epilogue for ToPaddedRows<'_> {
    const FROM_REGISTERS: bool = true;

    #[inline(always)]
    fn finish<L: Lanes>(&mut self, lanes: L, pixel: usize, block: usize, value: L::Block) {
        lanes.store(
            lanes.relu6(value),
            &mut self.out[block * self.stride + self.places[pixel]],
        );
    }
}

/// Activation and residual, then to an NHWC picture.
pub(super) struct ToNhwc<'a> {
    pub(super) out: &'a mut [f32],
    pub(super) channels: usize,
    pub(super) activation: Activation,
    /// Added to the outputs; NHWC, as long as `out`.
    pub(super) residual: Option<&'a [f32]>,
}

impl Epilogue for ToNhwc<'_> {
    const FROM_REGISTERS: bool = false;

    #[inline(always)]
    fn finish<L: Lanes>(&mut self, lanes: L, pixel: usize, block: usize, mut value: L::Block) {
        let start = pixel * self.channels + block * CHANNELS;
        let end = (start + CHANNELS).min((pixel + 1) * self.channels);
        value = self.activation.of_lanes(lanes, value);
        if let Some(residual) = self.residual {
            let residual = &residual[start..end];
            let residual = match residual.first_chunk() {
                Some(whole) => lanes.load_array(whole),
                None => lanes.load(&ChannelBlock::from_values(residual)),
            };
            value = lanes.add(value, residual);
        }
        let out = &mut self.out[start..end];
        if let Some(whole) = out.first_chunk_mut() {
            lanes.store_array(value, whole);
        } else {
            let mut block = ChannelBlock::ZERO;
            lanes.store(value, &mut block);
            out.copy_from_slice(&block.0[..out.len()]);
        }
    }
}

/// The product of `pixels` blocked pixels with a packed matrix.
pub(super) struct MatMul<'a, E> {
    /// `[input blocks, pixels]`
    pub(super) activations: &'a [ChannelBlock],
    pub(super) pixels: usize,
    pub(super) panels: Panels<'a>,
    pub(super) epilogue: E,
}

impl<E: Epilogue> Kernel for MatMul<'_, E> {
    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        let blocks = self.panels.bias.len();
        let mut block = 0;
        while block < blocks {
            // Accumulators fill 24 of 32 registers where a block is one register, 12 of 16 where it is two.
            let width = match (L::REGISTERS, blocks - block) {
                (1, 1) => self.columns::<L, 9, 1>(lanes, block),
                (1, 2 | 4) => self.columns::<L, 9, 2>(lanes, block),
                (1, _) => self.columns::<L, 9, 3>(lanes, block),
                (2 | 4, _) => self.columns::<L, 6, 1>(lanes, block),
                _ => self.columns::<L, 2, 1>(lanes, block),
            };
            block += width;
        }
    }
}

impl<E: Epilogue> MatMul<'_, E> {
    /// All pixels for `WIDTH` output blocks, `TALL` pixels a tile; returns `WIDTH`.
    #[inline(always)]
    fn columns<L: Lanes, const TALL: usize, const WIDTH: usize>(&mut self, lanes: L, block: usize) -> usize {
        if self.pixels < TALL {
            for pixel in 0..self.pixels {
                self.tile::<L, 1, WIDTH>(lanes, pixel, block);
            }
            return WIDTH;
        }
        for pixel in (0..=self.pixels - TALL).step_by(TALL) {
            self.tile::<L, TALL, WIDTH>(lanes, pixel, block);
        }
        if !self.pixels.is_multiple_of(TALL) {
            // The last tile overlaps the one before it: cheaper than a narrow one.
            self.tile::<L, TALL, WIDTH>(lanes, self.pixels - TALL, block);
        }
        WIDTH
    }

    #[inline(always)]
    fn tile<L: Lanes, const TALL: usize, const WIDTH: usize>(&mut self, lanes: L, pixel: usize, block: usize) {
        let Panels {
            blocks,
            bias,
            depth,
            first,
        } = self.panels;
        let mut sums = [[lanes.load(&ChannelBlock::ZERO); WIDTH]; TALL];
        for row in &mut sums {
            for (sum, bias) in row.iter_mut().zip(&bias[block..block + WIDTH]) {
                *sum = lanes.load(bias);
            }
        }
        let mut columns = [[].as_slice(); WIDTH];
        for (n, column) in columns.iter_mut().enumerate() {
            *column = &blocks[(block + n) * depth..(block + n + 1) * depth];
        }
        let mut start = pixel;
        for k in (0..depth).step_by(CHANNELS) {
            let Some(activations) = self.activations[start..].first_chunk::<TALL>() else {
                return;
            };
            accumulate::<L, TALL, WIDTH, 0>(lanes, &mut sums, activations, &columns, k);
            if k + STEP < depth {
                accumulate::<L, TALL, WIDTH, STEP>(lanes, &mut sums, activations, &columns, k + STEP);
            }
            start += self.pixels;
        }
        if E::FROM_REGISTERS {
            for (p, row) in sums.iter().enumerate() {
                for (n, sum) in row.iter().enumerate() {
                    self.epilogue.finish(lanes, pixel + p, first + block + n, *sum);
                }
            }
            return;
        }
        let mut finished = [[ChannelBlock::ZERO; WIDTH]; TALL];
        for (finished, row) in finished.iter_mut().zip(sums) {
            for (finished, sum) in finished.iter_mut().zip(row) {
                lanes.store(sum, finished);
            }
        }
        for (p, row) in finished.iter().enumerate() {
            for (n, sum) in row.iter().enumerate() {
                self.epilogue
                    .finish(lanes, pixel + p, first + block + n, lanes.load(sum));
            }
        }
    }
}

/// Adds [`STEP`] products to each sum: lanes `FROM..FROM + STEP` of the activations times weights from `k` on.
#[inline(always)]
fn accumulate<L: Lanes, const TALL: usize, const WIDTH: usize, const FROM: usize>(
    lanes: L,
    sums: &mut [[L::Block; WIDTH]; TALL],
    activations: &[ChannelBlock; TALL],
    columns: &[&[ChannelBlock]; WIDTH],
    k: usize,
) {
    let mut weights = [&[ChannelBlock::ZERO; STEP]; WIDTH];
    for (weights, column) in weights.iter_mut().zip(columns) {
        let Some(chunk) = column[k..].first_chunk::<STEP>() else {
            return;
        };
        *weights = chunk;
    }
    for step in 0..STEP {
        let mut loaded = [lanes.load(&ChannelBlock::ZERO); WIDTH];
        for (loaded, weights) in loaded.iter_mut().zip(weights) {
            *loaded = lanes.load(&weights[step]);
        }
        for (row, pixel) in sums.iter_mut().zip(activations) {
            for (sum, weight) in row.iter_mut().zip(loaded) {
                *sum = lanes.scale_add(pixel.0[FROM + step], weight, *sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector_math::dot;

    #[test]
    fn a_projection_gives_the_same_products_for_one_and_for_four_vectors() {
        let (outputs, inputs) = (19, 5);
        let matrix = (0..outputs * inputs)
            .map(|i| (i as f32 * 0.37).sin())
            .collect::<Vec<_>>();
        let vectors = (0..4 * inputs).map(|i| (i as f32 * 0.91).cos()).collect::<Vec<_>>();
        let packed = PackedMatrix::without_bias(&matrix, inputs);
        let padded = packed.padded_outputs();
        assert_eq!(padded, 32);
        let mut four = vec![f32::NAN; 4 * padded];
        packed.apply::<4>(&vectors, &mut four);
        for (i, vector) in vectors.chunks_exact(inputs).enumerate() {
            let mut one = vec![f32::NAN; padded];
            packed.apply::<1>(vector, &mut one);
            for output in 0..padded {
                let expected = if output < outputs {
                    dot(&matrix[output * inputs..(output + 1) * inputs], vector)
                } else {
                    0.0
                };
                assert!((one[output] - expected).abs() < 1e-5);
                assert_eq!(one[output], four[i * padded + output]);
            }
        }
        assert_eq!(PackedMatrix::without_bias(&[], 0).padded_outputs(), 0);
    }
}
