//! A first layer of three input channels: 3×3 convolution of stride 2 with one pixel of zeros around the picture, leaky ReLU,
//! 3×3 maximum of stride 2. The convolution's rows are pooled while they are in the cache.

use std::cell::RefCell;

use candle_core::{Result, Tensor};

use super::channel_block::{CHANNELS, ChannelBlock, at_least, blocks_of};
use super::convolution::Form;
use super::instruction_set::{Kernel, Lanes};
use super::padded_maps::{Extent, PaddedMaps};
use super::{Activation, Backend, InstructionSet, Maps, values};

/// Input channels.
const COLOURS: usize = 3;
/// Values under a row of the kernel.
const ROW: usize = 3 * COLOURS;
/// Input pixels for each output pixel along an axis.
pub(crate) const REDUCTION: usize = 4;

/// Mean and deviation of each input channel, in steps of 8-bit pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PixelScale {
    /// Subtracted from a pixel.
    pub mean: [f32; COLOURS],
    /// Divides what is left.
    pub deviation: [f32; COLOURS],
}

impl PixelScale {
    /// Writes scaled pixels.
    pub(super) fn apply(self, picture: &[u8], out: &mut [f32]) {
        let Self { mean, deviation } = self;
        let factor = deviation.map(|d| 1.0 / d);
        // Sixteen pixels at a time: a constant pattern of means and factors, which is vectorised.
        const RUN: usize = 16 * COLOURS;
        let mut means = [0.0; RUN];
        let mut factors = [0.0; RUN];
        for i in 0..RUN {
            (means[i], factors[i]) = (mean[i % COLOURS], factor[i % COLOURS]);
        }
        for (from, to) in picture.chunks(RUN).zip(out.chunks_mut(RUN)) {
            let scales = means.iter().zip(&factors);
            for ((to, from), (mean, factor)) in to.iter_mut().zip(from).zip(scales) {
                *to = (f32::from(*from) - mean) * factor;
            }
        }
    }
}

/// The layer; it reads 8-bit pixels.
#[derive(Debug)]
pub struct PooledStem {
    weight: Tensor,
    bias: Tensor,
    scale: PixelScale,
    kernel: Option<Packed>,
}

/// Weights for the kernel.
#[derive(Debug)]
struct Packed {
    set: InstructionSet,
    /// `[output blocks, 3 rows, 9 values]`
    weight: Vec<ChannelBlock>,
    bias: Vec<ChannelBlock>,
}

/// Buffers of one thread.
#[derive(Debug, Default)]
struct Scratch {
    /// The scaled picture with a border of zeros, `[height + 2, width + 2, 3]`.
    pixels: Vec<f32>,
    /// Three rows of the convolution.
    rows: Vec<ChannelBlock>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl PooledStem {
    /// A layer from `weight` (`[out, 3, 3, 3]`, the last axis the input channels) and `bias` (`[out]`).
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn new(weight: &Tensor, bias: &Tensor, scale: PixelScale, path: Backend) -> Result<Self> {
        let (outputs, 3, 3, COLOURS) = weight.dims4()? else {
            candle_core::bail!("stem weight {:?}, expected [out, 3, 3, 3]", weight.shape());
        };
        if bias.dims1()? != outputs || !outputs.is_multiple_of(CHANNELS) {
            candle_core::bail!("stem weight {:?}, bias {:?}", weight.shape(), bias.shape());
        }
        let kernel = match path {
            Backend::Kernels(set) => {
                // [out, 27] → [out blocks, 27] of sixteen outputs
                let by_tap = values(&weight.reshape((outputs, 3 * ROW))?.t()?)?;
                let by_tap = blocks_of(&by_tap);
                let blocks = outputs / CHANNELS;
                let order = (0..blocks).flat_map(|block| (0..3 * ROW).map(move |tap| tap * blocks + block));
                Some(Packed {
                    set,
                    weight: order.map(|at| by_tap[at]).collect(),
                    bias: blocks_of(&values(bias)?),
                })
            }
            Backend::Tensors => None,
        };
        Ok(Self {
            weight: weight.permute((0, 3, 1, 2))?.contiguous()?,
            bias: bias.reshape((1, outputs, 1, 1))?,
            scale,
            kernel,
        })
    }

    /// Pictures `[side, side, 3]` of 8-bit pixels to maps of a quarter of the side, `[batch, out, side / 4, side / 4]`.
    ///
    /// # Errors
    /// A side that is not a multiple of 4, a picture of another length, or a device that fails.
    pub fn forward(&self, pictures: &[&[u8]], side: usize) -> Result<Maps> {
        if side == 0 || !side.is_multiple_of(REDUCTION) || pictures.iter().any(|p| p.len() != side * side * COLOURS) {
            candle_core::bail!("pictures of {side} × {side} pixels expected, a side a multiple of {REDUCTION}");
        }
        let Some(packed) = &self.kernel else {
            let values = side * side * COLOURS;
            let mut pixels = vec![0.0; pictures.len() * values];
            for (picture, out) in pictures.iter().zip(pixels.chunks_exact_mut(values)) {
                self.scale.apply(picture, out);
            }
            let pixels = Tensor::from_vec(pixels, (pictures.len(), side, side, COLOURS), self.weight.device())?;
            let pixels = pixels.permute((0, 3, 1, 2))?.contiguous()?;
            let sums = pixels.conv2d(&self.weight, 1, 2, 1, 1)?.broadcast_add(&self.bias)?;
            let active = Activation::LeakyRelu.apply(sums)?;
            // Repeating a picture's edge leaves every maximum as it is.
            let padded = active.pad_with_same(2, 1, 1)?.pad_with_same(3, 1, 1)?;
            return Ok(Maps(Form::Tensor(padded.max_pool2d_with_stride(3, 2)?)));
        };
        let extent = Extent {
            height: side / REDUCTION,
            width: side / REDUCTION,
        };
        let mut maps = PaddedMaps::room(extent, self.weight.dim(0)?, pictures.len());
        SCRATCH.with_borrow_mut(|Scratch { pixels, rows }| {
            for (picture, out) in pictures.iter().zip(&mut maps.pictures) {
                self.pad(picture, side, pixels);
                packed.set.run(PooledConvolution {
                    pixels,
                    columns: side + 2,
                    packed,
                    extent,
                    rows: at_least(rows, 3 * side / 2),
                    out: &mut out.0,
                });
            }
        });
        Ok(Maps(Form::Padded(maps)))
    }

    /// A scaled picture with a border of zeros.
    fn pad(&self, picture: &[u8], side: usize, out: &mut Vec<f32>) {
        let columns = (side + 2) * COLOURS;
        if out.len() != (side + 2) * columns {
            out.clear();
            out.resize((side + 2) * columns, 0.0);
        }
        let inside = out.chunks_exact_mut(columns).skip(1);
        for (row, out) in picture.chunks_exact(side * COLOURS).zip(inside) {
            self.scale.apply(row, &mut out[COLOURS..columns - COLOURS]);
        }
    }
}

/// One picture's convolution, activation and pooling.
struct PooledConvolution<'a> {
    /// Padded pixels, row after row.
    pixels: &'a [f32],
    /// Pixels of a padded row.
    columns: usize,
    packed: &'a Packed,
    /// Of the output.
    extent: Extent,
    /// `[3, convolved columns]`; row `y` is at `y % 3`.
    rows: &'a mut [ChannelBlock],
    /// `[output blocks, padded rows, padded columns]`
    out: &'a mut [ChannelBlock],
}

impl Kernel for PooledConvolution<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self {
            pixels,
            columns,
            packed,
            extent,
            rows,
            out,
        } = self;
        let width = 2 * extent.width;
        for (block, plane) in out.chunks_exact_mut(extent.plane()).enumerate() {
            let Some(weight) = packed.weight[block * 3 * ROW..].first_chunk::<{ 3 * ROW }>() else {
                return;
            };
            let bias = lanes.load(&packed.bias[block]);
            for y in 0..extent.height {
                for convolved in [2 * y, 2 * y + 1] {
                    let row = &mut rows[convolved % 3 * width..][..width];
                    let under = |ky: usize| &pixels[(2 * convolved + ky) * columns * COLOURS..][..columns * COLOURS];
                    convolve_row(lanes, [under(0), under(1), under(2)], weight, bias, row);
                }
                // Above the picture there is nothing: the first row stands twice.
                let above = (2 * y).saturating_sub(1) % 3;
                let three = [above, 2 * y % 3, (2 * y + 1) % 3].map(|slot| &rows[slot * width..][..width]);
                let start = extent.place(y, 0);
                pool_row(lanes, three, &mut plane[start..start + extent.width]);
            }
        }
    }
}

/// One row of the convolution before its activation.
#[inline(always)]
fn convolve_row<L: Lanes>(
    lanes: L,
    inputs: [&[f32]; 3],
    weight: &[ChannelBlock; 3 * ROW],
    bias: L::Block,
    out: &mut [ChannelBlock],
) {
    let mut x = 0;
    if L::REGISTERS == 1 {
        while x + 16 <= out.len() {
            convolve_pixels::<L, 16>(lanes, inputs, weight, bias, x, out);
            x += 16;
        }
    }
    if L::REGISTERS <= 4 {
        while x + 4 <= out.len() {
            convolve_pixels::<L, 4>(lanes, inputs, weight, bias, x, out);
            x += 4;
        }
    }
    while x < out.len() {
        convolve_pixels::<L, 1>(lanes, inputs, weight, bias, x, out);
        x += 1;
    }
}

/// `COUNT` neighbouring outputs from column `x` on.
#[inline(always)]
fn convolve_pixels<L: Lanes, const COUNT: usize>(
    lanes: L,
    inputs: [&[f32]; 3],
    weight: &[ChannelBlock; 3 * ROW],
    bias: L::Block,
    x: usize,
    out: &mut [ChannelBlock],
) {
    let mut sums = [bias; COUNT];
    for (ky, input) in inputs.into_iter().enumerate() {
        let input = &input[2 * COLOURS * x..2 * COLOURS * (x + COUNT - 1) + ROW];
        for i in 0..ROW {
            let weight = lanes.load(&weight[ky * ROW + i]);
            for (pixel, sum) in sums.iter_mut().enumerate() {
                *sum = lanes.scale_add(input[2 * COLOURS * pixel + i], weight, *sum);
            }
        }
    }
    for (out, sum) in out[x..x + COUNT].iter_mut().zip(sums) {
        lanes.store(sum, out);
    }
}

/// The maximum of 3×3 pixels of stride 2, then the activation: it grows with its input, so that the order does not matter.
#[inline(always)]
fn pool_row<L: Lanes>(lanes: L, rows: [&[ChannelBlock]; 3], out: &mut [ChannelBlock]) {
    let highest = |x: usize| {
        let [a, b, c] = rows.map(|row| lanes.load(&row[x]));
        lanes.max(lanes.max(a, b), c)
    };
    let mut before = highest(0);
    for (x, out) in out.iter_mut().enumerate() {
        let (even, odd) = (highest(2 * x), highest(2 * x + 1));
        let most = lanes.max(lanes.max(before, even), odd);
        lanes.store(Activation::LeakyRelu.of_lanes(lanes, most), out);
        before = odd;
    }
}
