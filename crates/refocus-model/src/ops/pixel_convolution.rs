//! A first layer of three input channels: a k×k convolution of stride 2 over 8-bit pixels, with bias and activation.

use std::cell::RefCell;

use candle_core::{Result, Tensor};

use super::channel_block::{CHANNELS, ChannelBlock, blocks_of};
use super::convolution::Form;
use super::instruction_set::{InstructionSet, Kernel, Lanes};
use super::padded_maps::{Extent, PaddedMaps};
use super::{Activation, Backend, Maps, PixelScale, values};

/// Input channels.
const COLOURS: usize = 3;
/// Pixels from one output to the next.
const STRIDE: usize = 2;

/// What stands around the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Border {
    /// Zeros after the last rows and columns, as far as the kernel reaches: TensorFlow's "SAME" padding of a 3×3 kernel over even
    /// sides.
    After,
    /// One pixel of zeros, also before the first row and column: a 3×3 kernel over even sides.
    Around,
    /// Nothing: outputs whose kernel would reach over an edge are left out.
    Absent,
}

/// The layer.
#[derive(Debug)]
pub struct PixelConvolution {
    weight: Tensor,
    bias: Tensor,
    size: usize,
    scale: PixelScale,
    border: Border,
    activation: Activation,
    kernel: Option<Packed>,
}

/// Weights for the kernel.
#[derive(Debug)]
struct Packed {
    set: InstructionSet,
    /// `[output blocks, size · size · 3]`
    weight: Vec<ChannelBlock>,
    bias: Vec<ChannelBlock>,
}

thread_local! {
    /// The scaled picture with its border, `[height, width, 3]`.
    static SCALED: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

impl PixelConvolution {
    /// A layer from `weight` (`[out, k, k, 3]`) and `bias` (`[out]`) that reads pixels by `scale`.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn new(
        weight: &Tensor,
        bias: &Tensor,
        scale: PixelScale,
        border: Border,
        activation: Activation,
        path: Backend,
    ) -> Result<Self> {
        let (outputs, size, width, colours) = weight.dims4()?;
        if size != width || size < STRIDE || colours != COLOURS || bias.dims1()? != outputs || outputs == 0 {
            candle_core::bail!("pixel weight {:?}, bias {:?}", weight.shape(), bias.shape());
        }
        let kernel = match path {
            Backend::Kernels(set) => {
                let taps = size * size * COLOURS;
                let mut packed = vec![ChannelBlock::ZERO; outputs.div_ceil(CHANNELS) * taps];
                for (output, row) in values(weight)?.chunks_exact(taps).enumerate() {
                    for (tap, value) in row.iter().enumerate() {
                        packed[output / CHANNELS * taps + tap].0[output % CHANNELS] = *value;
                    }
                }
                Some(Packed {
                    set,
                    weight: packed,
                    bias: blocks_of(&values(bias)?),
                })
            }
            Backend::Tensors => None,
        };
        Ok(Self {
            weight: weight.permute((0, 3, 1, 2))?.contiguous()?,
            bias: bias.reshape((1, outputs, 1, 1))?,
            size,
            scale,
            border,
            activation,
            kernel,
        })
    }

    /// Zeros before the first and after the last row and column.
    fn zeros(&self) -> (usize, usize) {
        match self.border {
            Border::After => (0, self.size - STRIDE),
            Border::Around => (1, self.size - STRIDE),
            Border::Absent => (0, 0),
        }
    }

    /// Pictures `[height, width, 3]` of 8-bit pixels to maps.
    ///
    /// # Errors
    /// Sides smaller than the kernel, or odd ones where zeros stand around; a picture of another length; a device that fails.
    pub fn forward(&self, pictures: &[&[u8]], (width, height): (usize, usize)) -> Result<Maps> {
        let (before, after) = self.zeros();
        let odd = self.border != Border::Absent && (width % STRIDE, height % STRIDE) != (0, 0);
        let length = width * height * COLOURS;
        if width.min(height) < self.size || odd || pictures.iter().any(|picture| picture.len() != length) {
            candle_core::bail!(
                "pictures of {width} × {height} pixels do not fit a kernel of {}",
                self.size
            );
        }
        let Some(packed) = &self.kernel else {
            let mut pixels = vec![0.0; pictures.len() * length];
            for (picture, out) in pictures.iter().zip(pixels.chunks_exact_mut(length)) {
                self.scale.apply(picture, out);
            }
            let shape = (pictures.len(), height, width, COLOURS);
            let pixels = Tensor::from_vec(pixels, shape, self.weight.device())?.permute((0, 3, 1, 2))?;
            let pixels = pixels
                .pad_with_zeros(2, before, after)?
                .pad_with_zeros(3, before, after)?
                .contiguous()?;
            let sums = pixels
                .conv2d(&self.weight, 0, STRIDE, 1, 1)?
                .broadcast_add(&self.bias)?;
            return Ok(Maps(Form::Tensor(self.activation.apply(sums)?)));
        };
        let along = |length: usize| (length + before + after - self.size) / STRIDE + 1;
        let extent = Extent {
            height: along(height),
            width: along(width),
        };
        let mut maps = PaddedMaps::room(extent, self.weight.dim(0)?, pictures.len());
        SCALED.with_borrow_mut(|scaled| {
            let columns = (before + width + after) * COLOURS;
            for (picture, out) in pictures.iter().zip(&mut maps.pictures) {
                scaled.clear();
                scaled.resize((before + height + after) * columns, 0.0);
                let rows = picture.chunks_exact(width * COLOURS);
                for (row, to) in rows.zip(scaled.chunks_exact_mut(columns).skip(before)) {
                    self.scale
                        .apply(row, &mut to[before * COLOURS..(before + width) * COLOURS]);
                }
                packed.set.run(Convolve {
                    pixels: scaled,
                    columns,
                    size: self.size,
                    packed,
                    activation: self.activation,
                    extent,
                    out: &mut out.0,
                });
            }
        });
        Ok(Maps(Form::Padded(maps)))
    }
}

/// One picture's convolution.
struct Convolve<'a> {
    /// Rows of scaled values.
    pixels: &'a [f32],
    /// Values of a row.
    columns: usize,
    size: usize,
    packed: &'a Packed,
    activation: Activation,
    /// Of the output.
    extent: Extent,
    /// `[output blocks, padded rows, padded columns]`
    out: &'a mut [ChannelBlock],
}

impl Kernel for Convolve<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let taps = self.size * self.size * COLOURS;
        let weights = self.packed.weight.chunks_exact(taps).zip(&self.packed.bias);
        for (plane, (weight, bias)) in self.out.chunks_exact_mut(self.extent.plane()).zip(weights) {
            let under = Under {
                pixels: self.pixels,
                columns: self.columns,
                row: self.size * COLOURS,
                weight,
            };
            let bias = lanes.load(bias);
            for y in 0..self.extent.height {
                let start = self.extent.place(y, 0);
                let out = &mut plane[start..start + self.extent.width];
                let mut x = 0;
                if L::REGISTERS == 1 {
                    while x + 16 <= out.len() {
                        under.outputs::<L, 16>(lanes, (y, x), bias, self.activation, out);
                        x += 16;
                    }
                }
                if L::REGISTERS <= 4 {
                    while x + 4 <= out.len() {
                        under.outputs::<L, 4>(lanes, (y, x), bias, self.activation, out);
                        x += 4;
                    }
                }
                while x < out.len() {
                    under.outputs::<L, 1>(lanes, (y, x), bias, self.activation, out);
                    x += 1;
                }
            }
        }
    }
}

/// Pixels and the weights of sixteen outputs.
struct Under<'a> {
    pixels: &'a [f32],
    columns: usize,
    /// Values under a row of the kernel.
    row: usize,
    /// `[rows of the kernel, row]`
    weight: &'a [ChannelBlock],
}

impl Under<'_> {
    /// `COUNT` neighbouring outputs of row `y` from column `x` on.
    #[inline(always)]
    fn outputs<L: Lanes, const COUNT: usize>(
        &self,
        lanes: L,
        (y, x): (usize, usize),
        bias: L::Block,
        activation: Activation,
        out: &mut [ChannelBlock],
    ) {
        const STEP: usize = STRIDE * COLOURS;
        let mut sums = [bias; COUNT];
        for (ky, weights) in self.weight.chunks_exact(self.row).enumerate() {
            let start = (STRIDE * y + ky) * self.columns + STEP * x;
            let input = &self.pixels[start..start + STEP * (COUNT - 1) + self.row];
            for (i, weight) in weights.iter().enumerate() {
                let weight = lanes.load(weight);
                let input = &input[i..i + STEP * (COUNT - 1) + 1];
                for (output, sum) in sums.iter_mut().enumerate() {
                    *sum = lanes.scale_add(input[STEP * output], weight, *sum);
                }
            }
        }
        for (out, sum) in out[x..x + COUNT].iter_mut().zip(sums) {
            lanes.store(activation.of_lanes(lanes, sum), out);
        }
    }
}
