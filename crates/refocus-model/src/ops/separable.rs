//! A depthwise 3×3 convolution and the pointwise one that reads it, as one layer over padded maps (depthwise separable, Xception,
//! arXiv 1610.02357): between the two nothing leaves the cache. No activation stands between them.

use std::cell::RefCell;

use candle_core::{Result, Tensor};

use super::channel_block::{CHANNELS, ChannelBlock, at_least, blocks_of};
use super::convolution::Form;
use super::depthwise::pixels;
use super::instruction_set::{InstructionSet, Kernel, Lanes};
use super::matrix::{MatMul, PackedMatrix, ToBlocks};
use super::padded_maps::{Extent, PaddedMaps};
use super::{Activation, Backend, Maps, values};

/// Bytes of filtered inputs and of products that a strip of rows may take.
const STRIP_BYTES: usize = 384 << 10;
/// Weights of a depthwise kernel.
const TAPS: usize = 9;

/// Depthwise 3×3 → pointwise → plus other maps, where there are any → activation.
///
/// At stride 1 there is one pixel of zeros around the picture; at stride 2 one row and one column after its end (TensorFlow's
/// "SAME" padding of even sides).
#[derive(Debug)]
pub struct Separable {
    inputs: usize,
    outputs: usize,
    stride: usize,
    activation: Activation,
    layers: Layers,
}

#[derive(Debug)]
enum Layers {
    Kernels {
        set: InstructionSet,
        /// `[input blocks, 9]`
        weight: Vec<[ChannelBlock; TAPS]>,
        /// `[input blocks]`
        bias: Vec<ChannelBlock>,
        matrix: PackedMatrix,
    },
    Tensors {
        /// `[in, 1, 3, 3]`
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
    /// `[input blocks, pixels]`
    filtered: Vec<ChannelBlock>,
    /// `[output blocks, pixels]`
    products: Vec<ChannelBlock>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Separable {
    /// A layer from the depthwise weight (`[3, 3, in]`) and bias (`[in]`) and the pointwise weight (`[out, in]`) and bias
    /// (`[out]`).
    ///
    /// # Errors
    /// Shapes that do not fit, a stride other than 1 and 2.
    pub fn new(
        depthwise: [&Tensor; 2],
        pointwise: [&Tensor; 2],
        stride: usize,
        activation: Activation,
        path: Backend,
    ) -> Result<Self> {
        let [weight, bias] = depthwise;
        let [matrix, matrix_bias] = pointwise;
        let (outputs, inputs) = matrix.dims2()?;
        let fits = weight.dims3()? == (3, 3, inputs) && bias.dims1()? == inputs && matrix_bias.dims1()? == outputs;
        if !fits || inputs == 0 || outputs == 0 || !matches!(stride, 1 | 2) {
            let (weight, matrix) = (weight.shape(), matrix.shape());
            candle_core::bail!("separable weights {weight:?} and {matrix:?}, stride {stride}");
        }
        let layers = match path {
            Backend::Kernels(set) => Layers::Kernels {
                set,
                weight: packed(&values(weight)?, inputs),
                bias: blocks_of(&values(bias)?),
                matrix: PackedMatrix::new(&values(matrix)?, &values(matrix_bias)?, inputs),
            },
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
            stride,
            activation,
            layers,
        })
    }

    /// `[batch, in, height, width]` → `[batch, out, height / stride, width / stride]`. What is in `residual` is added before the
    /// activation; it has the output's sides, and the channels that it lacks at the end count as zero.
    ///
    /// # Errors
    /// Maps of other sizes, channels or backends, odd sides with a stride of 2.
    pub fn forward(&self, maps: &Maps, residual: Option<&Maps>) -> Result<Maps> {
        match (&self.layers, &maps.0) {
            (Layers::Tensors { .. }, Form::Tensor(tensor)) => {
                let sum = Maps(Form::Tensor(self.by_tensors(tensor)?));
                match residual {
                    Some(residual) => sum.sum(Backend::Tensors, residual, self.activation),
                    None => self.active(sum),
                }
            }
            (Layers::Kernels { .. }, Form::Padded(maps)) => {
                let Extent { height, width } = maps.extent;
                let even = (height % self.stride, width % self.stride) == (0, 0);
                let extent = Extent {
                    height: height / self.stride,
                    width: width / self.stride,
                };
                let residual = match residual.map(|residual| &residual.0) {
                    Some(Form::Padded(residual)) => Some(residual),
                    Some(Form::Tensor(_)) => candle_core::bail!("maps of another backend"),
                    None => None,
                };
                let fits = residual.is_none_or(|residual| {
                    residual.extent == extent
                        && residual.blocks <= self.outputs.div_ceil(CHANNELS)
                        && residual.pictures.len() == maps.pictures.len()
                });
                if maps.blocks != self.inputs.div_ceil(CHANNELS) || !even || !fits {
                    candle_core::bail!("maps of {} channels and even sides expected", self.inputs);
                }
                let mut out = PaddedMaps::room(extent, self.outputs, maps.pictures.len());
                self.by_kernels(maps, residual, &mut out);
                Ok(Maps(Form::Padded(out)))
            }
            _ => candle_core::bail!("maps of another backend"),
        }
    }

    fn active(&self, maps: Maps) -> Result<Maps> {
        match maps.0 {
            Form::Tensor(tensor) => Ok(Maps(Form::Tensor(self.activation.apply(tensor)?))),
            Form::Padded(_) => Ok(maps),
        }
    }

    fn by_tensors(&self, maps: &Tensor) -> Result<Tensor> {
        let Layers::Tensors {
            depthwise,
            depthwise_bias,
            pointwise,
            pointwise_bias,
        } = &self.layers
        else {
            candle_core::bail!("a layer of another backend");
        };
        let filtered = if self.stride == 1 {
            maps.conv2d(depthwise, 1, 1, 1, self.inputs)?
        } else {
            let padded = maps.pad_with_zeros(2, 0, 1)?.pad_with_zeros(3, 0, 1)?;
            padded.conv2d(depthwise, 0, self.stride, 1, self.inputs)?
        };
        let filtered = filtered.broadcast_add(depthwise_bias)?;
        filtered.conv2d(pointwise, 0, 1, 1, 1)?.broadcast_add(pointwise_bias)
    }

    fn by_kernels(&self, maps: &PaddedMaps, residual: Option<&PaddedMaps>, out: &mut PaddedMaps) {
        let Layers::Kernels {
            set,
            weight,
            bias,
            matrix,
        } = &self.layers
        else {
            return;
        };
        let extent = out.extent;
        let row_bytes = extent.width * (maps.blocks + out.blocks) * size_of::<ChannelBlock>();
        let strip = (STRIP_BYTES / row_bytes.max(1)).max(1);
        SCRATCH.with_borrow_mut(|Scratch { filtered, products }| {
            for (number, picture) in out.pictures.iter_mut().enumerate() {
                for first in (0..extent.height).step_by(strip) {
                    let rows = strip.min(extent.height - first);
                    let pixels = rows * extent.width;
                    let filtered = at_least(filtered, maps.blocks * pixels);
                    let products = at_least(products, matrix.output_blocks() * pixels);
                    set.run(Filter {
                        weight,
                        bias,
                        stride: self.stride,
                        maps,
                        picture: number,
                        first,
                        columns: extent.width,
                        out: filtered,
                    });
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
                        activation: self.activation,
                        extent,
                        first,
                        residual: residual
                            .and_then(|maps| maps.pictures.get(number))
                            .map(|picture| &*picture.0),
                        out: &mut picture.0,
                    });
                }
            }
        });
    }
}

/// Depthwise weights (`[3, 3, channels]`) as `[blocks, 9]` of sixteen channels.
pub(super) fn packed(weight: &[f32], channels: usize) -> Vec<[ChannelBlock; TAPS]> {
    let mut blocks = vec![[ChannelBlock::ZERO; TAPS]; channels.div_ceil(CHANNELS)];
    for (tap, channels) in weight.chunks_exact(channels).enumerate() {
        for (block, values) in blocks.iter_mut().zip(blocks_of(channels)) {
            block[tap] = values;
        }
    }
    blocks
}

/// Rows of the depthwise convolution, `[input blocks, rows, columns]`.
struct Filter<'a> {
    weight: &'a [[ChannelBlock; TAPS]],
    bias: &'a [ChannelBlock],
    stride: usize,
    maps: &'a PaddedMaps,
    picture: usize,
    /// First output row.
    first: usize,
    /// Output columns.
    columns: usize,
    out: &'a mut [ChannelBlock],
}

impl Kernel for Filter<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        if self.stride == 1 {
            self.rows::<L, 1>(lanes);
        } else {
            self.rows::<L, 2>(lanes);
        }
    }
}

impl Filter<'_> {
    #[inline(always)]
    fn rows<L: Lanes, const STRIDE: usize>(self, lanes: L) {
        let extent = self.maps.extent;
        let (columns, plane) = (extent.columns(), extent.plane());
        let planes = self.maps.pictures[self.picture].0.chunks_exact(plane);
        let out = self.out.chunks_exact_mut(self.out.len() / self.weight.len());
        for (((plane, weight), bias), out) in planes.zip(self.weight).zip(self.bias).zip(out) {
            let bias = lanes.load(bias);
            for (row, out) in out.chunks_exact_mut(self.columns).enumerate() {
                // The plane's border is a pixel before the first; stride 2 starts at the first itself.
                let start = ((self.first + row) * STRIDE + STRIDE - 1) * columns + STRIDE - 1;
                let reach = (self.columns - 1) * STRIDE + 3;
                let inputs = [0, 1, 2].map(|ky| &plane[start + ky * columns..][..reach]);
                let mut x = 0;
                if L::REGISTERS == 1 {
                    while x + 8 <= out.len() {
                        pixels::<L, 3, TAPS, STRIDE, 8>(lanes, &inputs, x, (weight, bias), Activation::Identity, out);
                        x += 8;
                    }
                }
                if L::REGISTERS <= 4 {
                    while x + 4 <= out.len() {
                        pixels::<L, 3, TAPS, STRIDE, 4>(lanes, &inputs, x, (weight, bias), Activation::Identity, out);
                        x += 4;
                    }
                }
                while x < out.len() {
                    pixels::<L, 3, TAPS, STRIDE, 1>(lanes, &inputs, x, (weight, bias), Activation::Identity, out);
                    x += 1;
                }
            }
        }
    }
}

/// Products, plus the residual, through the activation to their places.
pub(super) struct Finish<'a> {
    /// `[output blocks, rows, columns]`
    pub(super) products: &'a [ChannelBlock],
    pub(super) pixels: usize,
    pub(super) activation: Activation,
    pub(super) extent: Extent,
    /// First output row.
    pub(super) first: usize,
    /// `[blocks, padded rows, padded columns]`, no more blocks than the output.
    pub(super) residual: Option<&'a [ChannelBlock]>,
    pub(super) out: &'a mut [ChannelBlock],
}

impl Kernel for Finish<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (plane, width) = (self.extent.plane(), self.extent.width);
        for (block, products) in self.products.chunks_exact(self.pixels).enumerate() {
            for (row, products) in products.chunks_exact(width).enumerate() {
                let start = block * plane + self.extent.place(self.first + row, 0);
                let out = &mut self.out[start..start + width];
                let residual = self.residual.and_then(|residual| residual.get(start..start + width));
                match residual {
                    Some(residual) => {
                        for ((out, product), residual) in out.iter_mut().zip(products).zip(residual) {
                            let sum = lanes.add(lanes.load(product), lanes.load(residual));
                            lanes.store(self.activation.of_lanes(lanes, sum), out);
                        }
                    }
                    None => {
                        for (out, product) in out.iter_mut().zip(products) {
                            lanes.store(self.activation.of_lanes(lanes, lanes.load(product)), out);
                        }
                    }
                }
            }
        }
    }
}
