//! The first layer: a dense k×k convolution of few input channels, with bias and ReLU6.

use std::cell::RefCell;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::channel_block::{CHANNELS, ChannelBlock, at_least, block_pixels};
use super::depthwise::Taps;
use super::matrix::{MatMul, PackedMatrix, ToNhwc};
use super::padding::SamePadding;
use super::{Activation, Backend, InstructionSet, contiguous, values};

/// Output pixels that are worked on at a time: not a power of two, so that channel blocks do not share cache sets.
const STRIP: usize = 252;

#[derive(Debug, Default)]
struct Scratch {
    /// Input pixels under the kernel, for each output pixel of a strip; zeros up to whole channel blocks.
    patches: Vec<f32>,
    blocked: Vec<ChannelBlock>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// A dense convolution layer with TensorFlow's "SAME" padding, followed by ReLU6.
#[derive(Debug)]
pub struct Stem {
    weight: Tensor,
    bias: Tensor,
    size: usize,
    stride: usize,
    kernel: Option<(InstructionSet, PackedMatrix)>,
}

impl Stem {
    /// A layer from `weight` (`[out, k, k, in]`) and `bias` (`[out]`).
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn new(weight: Tensor, bias: Tensor, stride: usize, backend: Backend) -> Result<Self> {
        let (outputs, size, width, inputs) = weight.dims4()?;
        if size != width || bias.dims1()? != outputs || stride == 0 || size == 0 || inputs == 0 {
            candle_core::bail!(
                "stem weight {:?}, bias {:?}, stride {stride}",
                weight.shape(),
                bias.shape()
            );
        }
        let kernel = match backend {
            Backend::Kernels(set) => Some((
                set,
                PackedMatrix::new(&values(&weight)?, &values(&bias)?, size * size * inputs),
            )),
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

    /// `[batch, height, width, in]` → `[batch, ⌈height / stride⌉, ⌈width / stride⌉, out]`.
    ///
    /// # Errors
    /// A tensor of another rank, type or number of channels.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if let Some((set, matrix)) = &self.kernel {
            let op = Op {
                set: *set,
                matrix,
                size: self.size,
                stride: self.stride,
            };
            return x.contiguous()?.apply_op1_no_bwd(&op);
        }
        let (batch, height, width, channels) = x.dims4()?;
        let taps = Taps::new(x, height, width, self.size, self.stride)?;
        let mut patches = Vec::with_capacity(self.size * self.size);
        for ky in 0..self.size {
            for kx in 0..self.size {
                patches.push(taps.shifted(ky, kx)?);
            }
        }
        let (rows, columns) = (taps.rows.outputs, taps.columns.outputs);
        let depth = self.size * self.size * channels;
        let patches = Tensor::cat(&patches, 3)?.reshape((batch * rows * columns, depth))?;
        let product = patches.matmul(&self.weight.reshape(((), depth))?.t()?)?;
        Activation::Relu6.apply(product.broadcast_add(&self.bias)?.reshape((batch, rows, columns, ()))?)
    }
}

struct Op<'a> {
    set: InstructionSet,
    matrix: &'a PackedMatrix,
    size: usize,
    stride: usize,
}

/// Where the input values under the kernel lie.
struct Window {
    size: usize,
    stride: usize,
    channels: usize,
    /// Input columns.
    width: usize,
    rows: SamePadding,
    columns: SamePadding,
}

impl Window {
    /// Copies the input values under the kernel at an output pixel: `[k, k, channels]`, zero outside the picture.
    fn copy(&self, picture: &[f32], pixel: usize, patch: &mut [f32]) {
        let (y, x) = (pixel / self.columns.outputs, pixel % self.columns.outputs);
        let row_values = self.width * self.channels;
        let start = ((x * self.stride) as isize - self.columns.before as isize) * self.channels as isize;
        for (ky, values) in patch.chunks_exact_mut(self.size * self.channels).enumerate() {
            let row = (y * self.stride + ky)
                .checked_sub(self.rows.before)
                .and_then(|y| picture.get(y * row_values..(y + 1) * row_values))
                .unwrap_or_default();
            let inside = usize::try_from(start)
                .ok()
                .and_then(|start| row.get(start..start + values.len()));
            if let Some(inside) = inside {
                values.copy_from_slice(inside);
                continue;
            }
            for (i, value) in values.iter_mut().enumerate() {
                let at = usize::try_from(start + i as isize).ok();
                *value = at.and_then(|at| row.get(at)).copied().unwrap_or(0.0);
            }
        }
    }
}

impl CustomOp1 for Op<'_> {
    fn name(&self) -> &'static str {
        "stem convolution"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let input = contiguous(storage, layout)?;
        let (batch, height, width, channels) = layout.shape().dims4()?;
        let (matrix, depth) = (self.matrix, self.matrix.inputs);
        if self.size * self.size * channels != depth || height == 0 || width == 0 {
            candle_core::bail!("stem of {depth} weights an output, shape {:?}", layout.shape());
        }
        let rows = SamePadding::new(height, self.size, self.stride);
        let columns = SamePadding::new(width, self.size, self.stride);
        let window = Window {
            size: self.size,
            stride: self.stride,
            channels,
            width,
            rows,
            columns,
        };
        let pixels = rows.outputs * columns.outputs;
        let mut out = vec![0.0; batch * pixels * matrix.outputs];
        SCRATCH.with_borrow_mut(|Scratch { patches, blocked }| {
            let whole = matrix.input_blocks() * CHANNELS;
            patches.clear();
            patches.resize(STRIP * whole, 0.0);
            let pictures = input.chunks_exact(height * width * channels);
            for (picture, out) in pictures.zip(out.chunks_exact_mut(pixels * matrix.outputs)) {
                for (strip, out) in out.chunks_mut(STRIP * matrix.outputs).enumerate() {
                    let count = out.len() / matrix.outputs;
                    let patches = &mut patches[..count * whole];
                    for (p, patch) in patches.chunks_exact_mut(whole).enumerate() {
                        window.copy(picture, strip * STRIP + p, &mut patch[..depth]);
                    }
                    let blocked = at_least(blocked, matrix.input_blocks() * count);
                    block_pixels(patches, whole, blocked, |p, b| b * count + p);
                    let activation = Activation::Relu6;
                    let epilogue = ToNhwc {
                        out,
                        channels: matrix.outputs,
                        activation,
                        residual: None,
                    };
                    self.set.run(MatMul {
                        activations: blocked,
                        pixels: count,
                        panels: matrix.panels(),
                        epilogue,
                    });
                }
            }
        });
        Ok((
            CpuStorage::F32(out),
            (batch, rows.outputs, columns.outputs, matrix.outputs).into(),
        ))
    }
}
