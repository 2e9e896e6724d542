//! A depthwise convolution of 5×5 or 7×7 pixels and the pointwise one that reads it, as one layer over padded maps, as [`Separable`]
//! is one for 3×3: the frame of zeros that a larger kernel needs is made for a strip of rows at a time.
//!
//! [`Separable`]: super::Separable

use std::cell::RefCell;

use candle_core::{Result, Tensor};

use super::channel_block::{CHANNELS, ChannelBlock, at_least, blocks_of};
use super::convolution::Form;
use super::depthwise::pixels;
use super::instruction_set::{InstructionSet, Kernel, Lanes};
use super::matrix::{MatMul, PackedMatrix, ToBlocks};
use super::padded_maps::PaddedMaps;
use super::separable::Finish;
use super::{Activation, Backend, Maps, values};

/// Bytes of filtered inputs and of products that a strip of rows may take.
const STRIP_BYTES: usize = 384 << 10;

/// Depthwise k×k (zeros around, stride 1) → pointwise.
#[derive(Debug)]
pub struct LargeSeparable {
    inputs: usize,
    outputs: usize,
    size: usize,
    layers: Layers,
}

#[derive(Debug)]
enum Layers {
    Kernels {
        set: InstructionSet,
        /// `[input blocks, size · size]`
        weight: Vec<ChannelBlock>,
        /// `[input blocks]`
        bias: Vec<ChannelBlock>,
        matrix: PackedMatrix,
    },
    Tensors {
        /// `[in, 1, size, size]`
        depthwise: Tensor,
        /// `[1, in, 1, 1]`
        depthwise_bias: Tensor,
        /// `[out, in, 1, 1]`
        pointwise: Tensor,
        /// `[1, out, 1, 1]`
        pointwise_bias: Tensor,
    },
}

/// Buffers of one thread, reused by all layers.
#[derive(Debug, Default)]
struct Scratch {
    /// `[rows and frame, columns and frame]`
    framed: Vec<ChannelBlock>,
    /// `[input blocks, pixels]`
    filtered: Vec<ChannelBlock>,
    /// `[output blocks, pixels]`
    products: Vec<ChannelBlock>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl LargeSeparable {
    /// A layer from the depthwise weight (`[k, k, in]`, k 5 or 7) and bias (`[in]`) and the pointwise weight (`[out, in]`) and bias
    /// (`[out]`).
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn new(depthwise: [&Tensor; 2], pointwise: [&Tensor; 2], path: Backend) -> Result<Self> {
        let [weight, bias] = depthwise;
        let [matrix, matrix_bias] = pointwise;
        let (outputs, inputs) = matrix.dims2()?;
        let size = weight.dim(0)?;
        let fits = matches!(size, 5 | 7)
            && weight.dims3()? == (size, size, inputs)
            && bias.dims1()? == inputs
            && matrix_bias.dims1()? == outputs;
        if !fits || inputs == 0 || outputs == 0 {
            let (weight, matrix) = (weight.shape(), matrix.shape());
            candle_core::bail!("large separable weights {weight:?} and {matrix:?}");
        }
        let layers = match path {
            Backend::Kernels(set) => {
                let taps = size * size;
                let bias = blocks_of(&values(bias)?);
                let mut blocks = vec![ChannelBlock::ZERO; bias.len() * taps];
                for (tap, channels) in values(weight)?.chunks_exact(inputs).enumerate() {
                    for (block, values) in blocks.iter_mut().skip(tap).step_by(taps).zip(blocks_of(channels)) {
                        *block = values;
                    }
                }
                Layers::Kernels {
                    set,
                    weight: blocks,
                    bias,
                    matrix: PackedMatrix::new(&values(matrix)?, &values(matrix_bias)?, inputs),
                }
            }
            Backend::Tensors => Layers::Tensors {
                depthwise: weight.permute((2, 0, 1))?.unsqueeze(1)?.contiguous()?,
                depthwise_bias: bias.reshape((1, inputs, 1, 1))?,
                pointwise: matrix.reshape((outputs, inputs, 1, 1))?,
                pointwise_bias: matrix_bias.reshape((1, outputs, 1, 1))?,
            },
        };
        Ok(Self {
            inputs,
            outputs,
            size,
            layers,
        })
    }

    /// `[batch, in, height, width]` → `[batch, out, height, width]`.
    ///
    /// # Errors
    /// Maps of other channels or backends.
    pub fn forward(&self, maps: &Maps) -> Result<Maps> {
        match (&self.layers, &maps.0) {
            (
                Layers::Tensors {
                    depthwise,
                    depthwise_bias,
                    pointwise,
                    pointwise_bias,
                },
                Form::Tensor(tensor),
            ) => {
                let filtered = tensor.conv2d(depthwise, self.size / 2, 1, 1, self.inputs)?;
                let filtered = filtered.broadcast_add(depthwise_bias)?;
                let sums = filtered.conv2d(pointwise, 0, 1, 1, 1)?;
                Ok(Maps(Form::Tensor(sums.broadcast_add(pointwise_bias)?)))
            }
            (
                Layers::Kernels {
                    set,
                    weight,
                    bias,
                    matrix,
                },
                Form::Padded(maps),
            ) => {
                if maps.blocks != self.inputs.div_ceil(CHANNELS) {
                    candle_core::bail!("maps of {} channels expected", self.inputs);
                }
                let mut out = PaddedMaps::room(maps.extent, self.outputs, maps.pictures.len());
                self.by_kernels(*set, (weight, bias), matrix, maps, &mut out);
                Ok(Maps(Form::Padded(out)))
            }
            _ => candle_core::bail!("maps of another backend"),
        }
    }

    fn by_kernels(
        &self,
        set: InstructionSet,
        (weight, bias): (&[ChannelBlock], &[ChannelBlock]),
        matrix: &PackedMatrix,
        maps: &PaddedMaps,
        out: &mut PaddedMaps,
    ) {
        let extent = out.extent;
        let (frame, columns) = (self.size / 2, extent.width + self.size - 1);
        let row_bytes = extent.width * (maps.blocks + out.blocks) * size_of::<ChannelBlock>();
        let strip = (STRIP_BYTES / row_bytes.max(1)).max(self.size).min(extent.height);
        SCRATCH.with_borrow_mut(|scratch| {
            for (maps, picture) in maps.pictures.iter().zip(&mut out.pictures) {
                for first in (0..extent.height).step_by(strip) {
                    let rows = strip.min(extent.height - first);
                    let pixels = rows * extent.width;
                    let filtered = at_least(&mut scratch.filtered, bias.len() * pixels);
                    let products = at_least(&mut scratch.products, matrix.output_blocks() * pixels);
                    let planes = maps.0.chunks_exact(extent.plane());
                    let weights = weight.chunks_exact(self.size * self.size).zip(bias);
                    for ((plane, weights), out) in planes.zip(weights).zip(filtered.chunks_exact_mut(pixels)) {
                        let framed = at_least(&mut scratch.framed, (rows + self.size - 1) * columns);
                        framed.fill(ChannelBlock::ZERO);
                        for (row, to) in framed.chunks_exact_mut(columns).enumerate() {
                            let Some(y) = (first + row).checked_sub(frame).filter(|y| *y < extent.height) else {
                                continue;
                            };
                            to[frame..frame + extent.width]
                                .copy_from_slice(&plane[extent.place(y, 0)..][..extent.width]);
                        }
                        set.run(Filter {
                            framed,
                            columns,
                            size: self.size,
                            weight: weights.0,
                            bias: weights.1,
                            width: extent.width,
                            out,
                        });
                    }
                    set.run(MatMul {
                        activations: filtered,
                        pixels,
                        panels: matrix.panels(),
                        epilogue: ToBlocks {
                            out: products,
                            rows: pixels,
                        },
                    });
                    set.run(Finish {
                        products,
                        pixels,
                        activation: Activation::Identity,
                        extent,
                        first,
                        residual: None,
                        out: &mut picture.0,
                    });
                }
            }
        });
    }
}

/// Rows of the depthwise convolution of one block of channels, `[rows, columns]`.
struct Filter<'a> {
    /// Rows with a frame of zeros.
    framed: &'a [ChannelBlock],
    /// Blocks of a framed row.
    columns: usize,
    size: usize,
    /// `[size · size]`
    weight: &'a [ChannelBlock],
    bias: &'a ChannelBlock,
    /// Output columns.
    width: usize,
    out: &'a mut [ChannelBlock],
}

impl Kernel for Filter<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        if self.size == 5 {
            self.rows::<L, 5, 25>(lanes);
        } else {
            self.rows::<L, 7, 49>(lanes);
        }
    }
}

impl Filter<'_> {
    #[inline(always)]
    fn rows<L: Lanes, const SIZE: usize, const TAPS: usize>(self, lanes: L) {
        let Some(weight) = self.weight.first_chunk::<TAPS>() else {
            return;
        };
        let bias = lanes.load(self.bias);
        for (row, out) in self.out.chunks_exact_mut(self.width).enumerate() {
            let mut inputs = [[].as_slice(); SIZE];
            for (ky, input) in inputs.iter_mut().enumerate() {
                *input = &self.framed[(row + ky) * self.columns..][..self.columns];
            }
            let mut x = 0;
            if L::REGISTERS == 1 {
                while x + 8 <= out.len() {
                    pixels::<L, SIZE, TAPS, 1, 8>(lanes, &inputs, x, (weight, bias), Activation::Identity, out);
                    x += 8;
                }
            }
            if L::REGISTERS <= 4 {
                while x + 4 <= out.len() {
                    pixels::<L, SIZE, TAPS, 1, 4>(lanes, &inputs, x, (weight, bias), Activation::Identity, out);
                    x += 4;
                }
            }
            while x < out.len() {
                pixels::<L, SIZE, TAPS, 1, 1>(lanes, &inputs, x, (weight, bias), Activation::Identity, out);
                x += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::convolution::tests::{assert_close, padded, sequence, tensor};

    #[test]
    fn kernels_equal_tensor_operations_for_maps_smaller_and_larger_than_the_kernel() {
        for (size, (inputs, outputs), (height, width)) in [
            (5, (16, 16), (1, 2)),
            (7, (24, 12), (5, 9)),
            (5, (64, 16), (40, 37)),
            (7, (96, 24), (24, 41)),
        ] {
            let depthwise = [
                (sequence(&[size, size, inputs], 1) / size as f64).unwrap(),
                sequence(&[inputs], 2),
            ];
            let pointwise = [
                (sequence(&[outputs, inputs], 3) / (inputs as f64).sqrt()).unwrap(),
                sequence(&[outputs], 4),
            ];
            let layer = |path| {
                let ([a, b], [c, d]) = (&depthwise, &pointwise);
                LargeSeparable::new([a, b], [c, d], path).unwrap()
            };
            let maps = sequence(&[2, inputs, height, width], 5);
            let expected = layer(Backend::Tensors).forward(&tensor(&maps)).unwrap();
            for set in InstructionSet::available() {
                let found = layer(Backend::Kernels(set)).forward(&padded(&maps)).unwrap();
                assert_close(&found, &expected, &format!("{size} {height} × {width} {}", set.name()));
            }
        }
    }
}
