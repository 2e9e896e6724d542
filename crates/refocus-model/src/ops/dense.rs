//! Dense layers over rows of anything (photos, text tokens), with the tiles of the 1×1 convolution.
//!
//! Rows are blocked like pixels: `[blocks of sixteen, rows]`. Weights are f32, or int8 with a scale for each output and
//! group of inputs; those are unpacked three output blocks at a time, into a strip that stays in the cache, so that a
//! product over few rows reads a quarter of the memory.

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

#[cfg(target_arch = "x86_64")]
use std::sync::OnceLock;

use super::InstructionSet;
use super::channel_block::{CHANNELS, ChannelBlock, at_least, blocks_of};
use super::instruction_set::{Kernel, Lanes};
use super::int16::RoundedRows;
#[cfg(target_arch = "x86_64")]
use super::int16::{Products, RoundedBlock, RoundedWeights};
use super::matrix::{MatMul, PackedMatrix, Panels, ToBlocks};

/// Output blocks that are unpacked at a time: what a tile of AVX-512 takes.
const UNPACKED: usize = 3;
/// Rows below which a product is narrow and slow; callers fill up with zeros.
pub(crate) const FEWEST_ROWS: usize = 9;

/// A dense layer with f32 weights.
#[derive(Debug, Clone)]
pub(crate) struct Dense {
    matrix: PackedMatrix,
    /// The same in 16-bit integers, from the first product that takes them; `None` where they cannot hold it.
    #[cfg(target_arch = "x86_64")]
    rounded: OnceLock<Option<RoundedWeights>>,
}

impl Dense {
    /// From weights as training keeps them, `[inputs, outputs]` row-major, each output multiplied by its `scale`
    /// (`[outputs]`), and a bias (`[outputs]`).
    pub(crate) fn scaled(weight: &[f32], scale: &[f32], bias: &[f32]) -> Self {
        let inputs = weight.len().checked_div(bias.len()).unwrap_or(0);
        Self::of(PackedMatrix::transposed(weight, scale, bias, inputs))
    }

    /// From weights `[inputs, outputs]`, row-major, and a bias (`[outputs]`).
    pub(crate) fn new(weight: &[f32], bias: &[f32]) -> Self {
        Self::scaled(weight, &vec![1.0; bias.len()], bias)
    }

    /// From weights `[outputs, inputs]`, row-major, without a bias.
    pub(crate) fn of_rows(weight: &[f32], inputs: usize) -> Self {
        Self::of(PackedMatrix::without_bias(weight, inputs))
    }

    fn of(matrix: PackedMatrix) -> Self {
        Self {
            matrix,
            #[cfg(target_arch = "x86_64")]
            rounded: OnceLock::new(),
        }
    }

    /// Blocks of sixteen outputs.
    pub(crate) fn output_blocks(&self) -> usize {
        self.matrix.output_blocks()
    }

    /// `input` is `[input blocks, rows]`, `out` becomes `[output blocks, rows]`.
    pub(crate) fn apply(&self, set: InstructionSet, input: &[ChannelBlock], rows: usize, out: &mut [ChannelBlock]) {
        set.run(MatMul {
            activations: input,
            pixels: rows,
            panels: self.matrix.panels(),
            epilogue: ToBlocks { out, rows },
        });
    }

    /// As [`Dense::apply`], in 16-bit integers where the instruction set multiplies these faster.
    pub(crate) fn apply_rounded(
        &self,
        set: InstructionSet,
        input: &[ChannelBlock],
        rows: usize,
        out: &mut [ChannelBlock],
        room: &mut RoundedRows,
    ) {
        #[cfg(target_arch = "x86_64")]
        if let Some(weights) = self.rounded() {
            let (blocks, scales) = room.at_least(self.matrix.input_blocks() * rows, rows);
            let done = set.run_pairs(Products {
                input,
                blocks,
                scales,
                weights,
                bias: self.matrix.panels().bias,
                out: &mut *out,
            });
            if done.is_none() {
                return;
            }
        }
        let _ = room;
        self.apply(set, input, rows, out);
    }

    /// The product with rows that were rounded already: `blocks` is `[input blocks, rows]`, `scales` `[rows]`. Nothing is
    /// written where 16-bit integers cannot hold the weights, or the instruction set does not multiply them faster.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn product(
        &self,
        set: InstructionSet,
        blocks: &mut [RoundedBlock],
        scales: &mut [f32],
        out: &mut [ChannelBlock],
    ) {
        if let Some(weights) = self.rounded() {
            set.run_pairs(Products {
                input: &[],
                blocks,
                scales,
                weights,
                bias: self.matrix.panels().bias,
                out,
            });
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn rounded(&self) -> Option<&RoundedWeights> {
        let panels = self.matrix.panels();
        self.rounded.get_or_init(|| RoundedWeights::new(panels)).as_ref()
    }
}

/// A dense layer with int8 weights.
#[derive(Debug, Clone)]
pub(crate) struct Int8Dense {
    /// `[output blocks, inputs]`
    values: Vec<[i8; CHANNELS]>,
    /// `[output blocks, groups of inputs]`
    scales: Vec<ChannelBlock>,
    /// `[output blocks]`
    bias: Vec<ChannelBlock>,
    inputs: usize,
    /// Inputs that share a scale.
    group: usize,
}

impl Int8Dense {
    /// From rows of `inputs` weights, one for each output (`[outputs, inputs]`), a scale for each group of equal length
    /// within a row (`[outputs, groups]`), and a bias (`[outputs]`). `None` where the lengths do not fit together.
    pub(crate) fn new(weight: &[u8], scales: &[f32], bias: &[f32], inputs: usize) -> Option<Self> {
        let outputs = bias.len();
        let groups = scales.len().checked_div(outputs)?;
        let group = inputs.checked_div(groups)?;
        let whole = weight.len() == outputs * inputs
            && scales.len() == outputs * groups
            && inputs == group * groups
            && inputs.is_multiple_of(CHANNELS);
        if !whole {
            return None;
        }
        let blocks = outputs.div_ceil(CHANNELS);
        let mut values = vec![[0i8; CHANNELS]; blocks * inputs];
        let rows = weight
            .chunks_exact(CHANNELS * inputs)
            .zip(values.chunks_exact_mut(inputs));
        for (rows, values) in rows {
            for (lane, row) in rows.chunks_exact(inputs).enumerate() {
                for (to, byte) in values.iter_mut().zip(row) {
                    to[lane] = byte.cast_signed();
                }
            }
        }
        // A last block that is not full.
        let full = outputs / CHANNELS * CHANNELS;
        for (output, row) in weight.chunks_exact(inputs).enumerate().skip(full) {
            for (k, byte) in row.iter().enumerate() {
                values[output / CHANNELS * inputs + k][output % CHANNELS] = byte.cast_signed();
            }
        }
        let mut blocked = vec![ChannelBlock::ZERO; blocks * groups];
        for (output, of_row) in scales.chunks_exact(groups).enumerate() {
            for (g, scale) in of_row.iter().enumerate() {
                blocked[output / CHANNELS * groups + g].0[output % CHANNELS] = *scale;
            }
        }
        Some(Self {
            values,
            scales: blocked,
            bias: blocks_of(bias),
            inputs,
            group,
        })
    }

    /// Blocks of sixteen outputs.
    pub(crate) fn output_blocks(&self) -> usize {
        self.bias.len()
    }

    /// `input` is `[input blocks, rows]`, `out` becomes `[output blocks, rows]`; `strip` is room that only ever grows.
    pub(crate) fn apply(
        &self,
        set: InstructionSet,
        input: &[ChannelBlock],
        rows: usize,
        out: &mut [ChannelBlock],
        strip: &mut Vec<ChannelBlock>,
    ) {
        let groups = self.inputs / self.group;
        let strip = at_least(strip, UNPACKED * self.inputs);
        for (number, bias) in self.bias.chunks(UNPACKED).enumerate() {
            let first = number * UNPACKED;
            let strip = &mut strip[..bias.len() * self.inputs];
            set.run(Unpack {
                values: &self.values[first * self.inputs..][..strip.len()],
                scales: &self.scales[first * groups..][..bias.len() * groups],
                group: self.group,
                out: strip,
            });
            set.run(MatMul {
                activations: input,
                pixels: rows,
                panels: Panels {
                    blocks: strip,
                    bias,
                    depth: self.inputs,
                    first,
                },
                epilogue: ToBlocks { out, rows },
            });
        }
    }
}

/// int8 weights to f32.
struct Unpack<'a> {
    values: &'a [[i8; CHANNELS]],
    scales: &'a [ChannelBlock],
    group: usize,
    out: &'a mut [ChannelBlock],
}

impl Kernel for Unpack<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        let groups = self.values.chunks_exact(self.group).zip(self.scales);
        for ((values, scale), out) in groups.zip(self.out.chunks_exact_mut(self.group)) {
            for (value, out) in values.iter().zip(out) {
                for lane in 0..CHANNELS {
                    out.0[lane] = f32::from(value[lane]) * scale.0[lane];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked(rows: &[Vec<f32>]) -> Vec<ChannelBlock> {
        let blocks = rows[0].len().div_ceil(CHANNELS);
        let at = |block: usize, row: &Vec<f32>| ChannelBlock::from_values(&row[block * CHANNELS..]);
        (0..blocks)
            .flat_map(|block| rows.iter().map(move |row| at(block, row)))
            .collect()
    }

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let value = |i: u32| ((i.wrapping_mul(2_654_435_761) ^ seed) >> 20) as f32 / 2048.0 - 1.0;
        (0..count as u32).map(value).collect()
    }

    #[test]
    fn both_layers_equal_the_sum_of_products_on_every_instruction_set() {
        let (inputs, outputs, rows) = (64, 40, 11);
        let x: Vec<Vec<f32>> = (0..rows).map(|row| numbers(inputs, row)).collect();
        let quantised: Vec<i8> = numbers(inputs * outputs, 99)
            .iter()
            .map(|v| (v * 127.0) as i8)
            .collect();
        let scales = numbers(outputs * 2, 7);
        let bias = numbers(outputs, 3);
        let weight = |output: usize, input: usize| {
            f32::from(quantised[output * inputs + input]) * scales[output * 2 + input / 32]
        };
        let bytes: Vec<u8> = quantised.iter().map(|v| v.cast_unsigned()).collect();
        let int8 = Int8Dense::new(&bytes, &scales, &bias, inputs).unwrap();
        let columns: Vec<f32> = (0..inputs)
            .flat_map(|input| (0..outputs).map(move |output| (input, output)))
            .map(|(i, o)| weight(o, i))
            .collect();
        let dense = Dense::new(&columns, &bias);
        for set in InstructionSet::available() {
            let room = || vec![ChannelBlock::ZERO; dense.output_blocks() * rows as usize];
            let (mut from_f32, mut from_int8) = (room(), room());
            dense.apply(set, &blocked(&x), rows as usize, &mut from_f32);
            int8.apply(set, &blocked(&x), rows as usize, &mut from_int8, &mut Vec::new());
            for (row, x) in x.iter().enumerate() {
                for output in 0..outputs {
                    let products: f32 = x.iter().enumerate().map(|(i, x)| x * weight(output, i)).sum();
                    let exact = products + bias[output];
                    for out in [&from_f32, &from_int8] {
                        let found = out[output / CHANNELS * rows as usize + row].0[output % CHANNELS];
                        assert!(
                            (found - exact).abs() < 2e-2,
                            "{} {row} {output}: {found} {exact}",
                            set.name()
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn rounded_products_err_by_less_than_a_thousandth_of_both_lengths() {
        let (inputs, outputs) = (384, 40);
        let weight = numbers(inputs * outputs, 5);
        let dense = Dense::of_rows(&weight, inputs);
        for set in InstructionSet::available() {
            for rows in [1, 5, 6, 7, 36] {
                let mut x: Vec<Vec<f32>> = (0..rows).map(|row| numbers(inputs, row)).collect();
                // Rows of very different length, one of zeros, one that holds no numbers.
                x[0].iter_mut().for_each(|x| *x *= 1e-6);
                if let Some(zeros) = x.get_mut(3) {
                    zeros.fill(0.0);
                }
                if let Some(none) = x.get_mut(4) {
                    none[17] = f32::NAN;
                }
                let mut out = vec![ChannelBlock::ZERO; dense.output_blocks() * rows as usize];
                dense.apply_rounded(set, &blocked(&x), rows as usize, &mut out, &mut RoundedRows::default());
                for (row, x) in x.iter().enumerate() {
                    for output in 0..outputs {
                        let weight = &weight[output * inputs..(output + 1) * inputs];
                        let exact: f32 = x.iter().zip(weight).map(|(x, w)| x * w).sum();
                        let found = out[output / CHANNELS * rows as usize + row].0[output % CHANNELS];
                        if exact.is_nan() {
                            assert!(found.is_nan(), "{} {row} {output}: {found}", set.name());
                        } else {
                            let length = |v: &[f32]| v.iter().map(|v| v * v).sum::<f32>().sqrt();
                            let error = (found - exact).abs();
                            assert!(
                                error <= 1e-3 * length(x) * length(weight),
                                "{} {row} {output}: {found}, not {exact}",
                                set.name()
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn weights_whose_lengths_do_not_fit_are_refused() {
        assert!(Int8Dense::new(&[0; 64], &[1.0; 4], &[0.0; 4], 16).is_some());
        assert!(Int8Dense::new(&[0; 63], &[1.0; 4], &[0.0; 4], 16).is_none());
        assert!(Int8Dense::new(&[0; 64], &[1.0; 3], &[0.0; 4], 16).is_none());
        assert!(Int8Dense::new(&[], &[], &[], 16).is_none());
    }
}
