//! Depthwise convolution: each channel with its own k×k kernel, bias and ReLU6.

use candle_core::{Result, Tensor};

use super::channel_block::ChannelBlock;
use super::instruction_set::{Kernel, Lanes};
use super::padding::SamePadding;
use super::strips::{FusedBlock, apply};
use super::{Activation, Backend, values};

/// A depthwise convolution layer with TensorFlow's "SAME" padding, followed by ReLU6.
#[derive(Debug)]
pub struct Depthwise {
    weight: Tensor,
    bias: Tensor,
    size: usize,
    stride: usize,
    kernel: Option<FusedBlock>,
}

impl Depthwise {
    /// A layer from `weight` (`[k, k, channels]`) and `bias` (`[channels]`).
    ///
    /// # Errors
    /// Shapes that do not fit, or with [`Backend::Kernels`] other sizes than k 3 or 5 and stride 1 or 2.
    pub fn new(weight: Tensor, bias: Tensor, stride: usize, backend: Backend) -> Result<Self> {
        let (size, width, channels) = weight.dims3()?;
        if size != width || bias.dims1()? != channels || stride == 0 {
            candle_core::bail!(
                "depthwise weight {:?}, bias {:?}, stride {stride}",
                weight.shape(),
                bias.shape()
            );
        }
        let kernel = match backend {
            Backend::Kernels(set) => {
                let depthwise = PackedDepthwise::new(&values(&weight)?, &values(&bias)?, size, stride)?;
                Some(FusedBlock::new(set, None, depthwise, None, false)?)
            }
            Backend::Tensors => None,
        };
        Ok(Self {
            weight,
            bias,
            size,
            stride,
            kernel,
        })
    }

    /// Weights for a fused block.
    pub(super) fn packed(&self) -> Result<PackedDepthwise> {
        PackedDepthwise::new(&values(&self.weight)?, &values(&self.bias)?, self.size, self.stride)
    }

    /// `[batch, height, width, channels]` → `[batch, ⌈height / stride⌉, ⌈width / stride⌉, channels]`.
    ///
    /// # Errors
    /// A tensor of another rank, type or number of channels.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match &self.kernel {
            Some(kernel) => apply(kernel, x),
            None => self.by_shifts(x),
        }
    }

    /// The sum of k·k shifted pictures, each multiplied by one weight a channel.
    fn by_shifts(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, height, width, channels) = x.dims4()?;
        let taps = Taps::new(x, height, width, self.size, self.stride)?;
        let mut sum = self
            .bias
            .broadcast_as((batch, taps.rows.outputs, taps.columns.outputs, channels))?;
        for ky in 0..self.size {
            for kx in 0..self.size {
                sum = (sum + taps.shifted(ky, kx)?.broadcast_mul(&self.weight.get(ky)?.get(kx)?)?)?;
            }
        }
        Activation::Relu6.apply(sum)
    }
}

/// A padded picture, of which the pixels under each weight of a strided kernel can be taken.
pub(super) struct Taps {
    /// `[batch, ⌈rows / stride⌉, stride, ⌈columns / stride⌉, stride · channels]`
    padded: Tensor,
    channels: usize,
    stride: usize,
    pub(super) rows: SamePadding,
    pub(super) columns: SamePadding,
}

impl Taps {
    pub(super) fn new(x: &Tensor, height: usize, width: usize, size: usize, stride: usize) -> Result<Self> {
        let (batch, _, _, channels) = x.dims4()?;
        let (rows, columns) = (
            SamePadding::new(height, size, stride),
            SamePadding::new(width, size, stride),
        );
        // Padded on to a multiple of the stride, a strided slice is one phase of a reshaped picture.
        let steps = |padding: SamePadding| padding.outputs + (size - 1) / stride;
        let after =
            |padding: SamePadding, length: usize| (steps(padding) * stride).saturating_sub(length + padding.before);
        let padded = x
            .pad_with_zeros(1, rows.before, after(rows, height))?
            .pad_with_zeros(2, columns.before, after(columns, width))?
            .narrow(1, 0, steps(rows) * stride)?
            .narrow(2, 0, steps(columns) * stride)?
            .reshape((batch, steps(rows), stride, steps(columns), stride * channels))?;
        Ok(Self {
            padded,
            channels,
            stride,
            rows,
            columns,
        })
    }

    /// `[batch, output rows, output columns, channels]`: what the weight at row `ky`, column `kx` is multiplied with.
    pub(super) fn shifted(&self, ky: usize, kx: usize) -> Result<Tensor> {
        self.padded
            .narrow(2, ky % self.stride, 1)?
            .squeeze(2)?
            .narrow(1, ky / self.stride, self.rows.outputs)?
            .narrow(2, kx / self.stride, self.columns.outputs)?
            .narrow(3, kx % self.stride * self.channels, self.channels)
    }
}

/// Depthwise weights in blocks of sixteen channels.
#[derive(Debug)]
pub(super) struct PackedDepthwise {
    /// `[channel blocks, k · k]`
    weight: Vec<ChannelBlock>,
    /// `[channel blocks]`
    bias: Vec<ChannelBlock>,
    pub(super) channels: usize,
    pub(super) size: usize,
    pub(super) stride: usize,
}

impl PackedDepthwise {
    /// Packs `weight` (`[k, k, channels]`) and `bias` (`[channels]`).
    pub(super) fn new(weight: &[f32], bias: &[f32], size: usize, stride: usize) -> Result<Self> {
        if !matches!((size, stride), (3 | 5, 1 | 2)) {
            candle_core::bail!("no depthwise kernel of size {size} and stride {stride}");
        }
        let channels = bias.len();
        let bias = super::channel_block::blocks_of(bias);
        let mut blocks = vec![ChannelBlock::ZERO; bias.len() * size * size];
        for (tap, channels) in weight.chunks_exact(channels).enumerate() {
            for (b, block) in super::channel_block::blocks_of(channels).into_iter().enumerate() {
                blocks[b * size * size + tap] = block;
            }
        }
        Ok(Self {
            weight: blocks,
            bias,
            channels,
            size,
            stride,
        })
    }

    /// Blocks of sixteen channels.
    pub(super) fn blocks(&self) -> usize {
        self.bias.len()
    }
}

/// Some output rows of a depthwise convolution, from a ring of padded input rows.
pub(super) struct DepthwiseRows<'a> {
    pub(super) layer: &'a PackedDepthwise,
    /// `[channel blocks, slots, padded columns]`; input row `y` is in slot `y % slots`.
    pub(super) ring: &'a [ChannelBlock],
    pub(super) slots: usize,
    pub(super) padded_columns: usize,
    /// A padded row of zeros, which stands for rows outside the picture.
    pub(super) zeros: &'a [ChannelBlock],
    /// Input rows of the picture.
    pub(super) height: usize,
    pub(super) padding: SamePadding,
    /// First output row.
    pub(super) first: usize,
    /// Output columns.
    pub(super) columns: usize,
    /// `[channel blocks, output rows, output columns]`
    pub(super) out: &'a mut [ChannelBlock],
}

impl Kernel for DepthwiseRows<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        match (self.layer.size, self.layer.stride) {
            (3, 1) => self.rows::<L, 3, 9, 1>(lanes),
            (3, 2) => self.rows::<L, 3, 9, 2>(lanes),
            (5, 1) => self.rows::<L, 5, 25, 1>(lanes),
            _ => self.rows::<L, 5, 25, 2>(lanes),
        }
    }
}

impl DepthwiseRows<'_> {
    /// The part of the ring that holds input row `y` of a channel block; `None` outside the picture.
    #[inline(always)]
    fn input_row(&self, block: usize, y: Option<usize>) -> &[ChannelBlock] {
        match y {
            Some(y) if y < self.height => {
                let start = (block * self.slots + y % self.slots) * self.padded_columns;
                &self.ring[start..start + self.padded_columns]
            }
            _ => self.zeros,
        }
    }

    #[inline(always)]
    fn rows<L: Lanes, const SIZE: usize, const TAPS: usize, const STRIDE: usize>(mut self, lanes: L) {
        let count = self.out.len() / self.layer.blocks();
        let out = std::mem::take(&mut self.out);
        for (block, out) in out.chunks_exact_mut(count).enumerate() {
            let bias = lanes.load(&self.layer.bias[block]);
            let Some(weight) = self.layer.weight[block * TAPS..].first_chunk::<TAPS>() else {
                return;
            };
            for (r, out) in out.chunks_exact_mut(self.columns).enumerate() {
                let mut inputs = [[].as_slice(); SIZE];
                for (ky, input) in inputs.iter_mut().enumerate() {
                    let y = ((self.first + r) * STRIDE + ky).checked_sub(self.padding.before);
                    *input = self.input_row(block, y);
                }
                let mut x = 0;
                if L::REGISTERS == 1 {
                    while x + 8 <= out.len() {
                        pixels::<L, SIZE, TAPS, STRIDE, 8>(lanes, &inputs, x, (weight, bias), Activation::Relu6, out);
                        x += 8;
                    }
                }
                if L::REGISTERS <= 4 {
                    while x + 4 <= out.len() {
                        pixels::<L, SIZE, TAPS, STRIDE, 4>(lanes, &inputs, x, (weight, bias), Activation::Relu6, out);
                        x += 4;
                    }
                }
                while x < out.len() {
                    pixels::<L, SIZE, TAPS, STRIDE, 1>(lanes, &inputs, x, (weight, bias), Activation::Relu6, out);
                    x += 1;
                }
            }
        }
    }
}

/// `COUNT` neighbouring output pixels from column `x` on, for sixteen channels.
#[inline(always)]
pub(super) fn pixels<L: Lanes, const SIZE: usize, const TAPS: usize, const STRIDE: usize, const COUNT: usize>(
    lanes: L,
    inputs: &[&[ChannelBlock]; SIZE],
    x: usize,
    (weight, bias): (&[ChannelBlock; TAPS], L::Block),
    activation: Activation,
    out: &mut [ChannelBlock],
) {
    let mut sums = [bias; COUNT];
    for (ky, input) in inputs.iter().enumerate() {
        let input = &input[x * STRIDE..x * STRIDE + (COUNT - 1) * STRIDE + SIZE];
        for kx in 0..SIZE {
            let weight = lanes.load(&weight[ky * SIZE + kx]);
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = lanes.mul_add(lanes.load(&input[i * STRIDE + kx]), weight, *sum);
            }
        }
    }
    for (out, sum) in out[x..x + COUNT].iter_mut().zip(sums) {
        lanes.store(activation.of_lanes(lanes, sum), out);
    }
}
