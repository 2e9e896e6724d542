//! Pointwise (1×1) convolution: a matrix product over pixels, with bias and activation.

use std::cell::RefCell;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::channel_block::{ChannelBlock, at_least, block_pixels};
use super::matrix::{MatMul, PackedMatrix, ToNhwc};
use super::{Activation, Backend, InstructionSet, contiguous, values};

/// Bytes of blocked input pixels that are worked on at a time.
const STRIP_BYTES: usize = 512 << 10;

thread_local! {
    static STRIP: RefCell<Vec<ChannelBlock>> = const { RefCell::new(Vec::new()) };
}

/// A 1×1 convolution layer.
#[derive(Debug)]
pub struct Pointwise {
    weight: Tensor,
    bias: Tensor,
    activation: Activation,
    kernel: Option<(InstructionSet, PackedMatrix)>,
}

impl Pointwise {
    /// A layer from `weight` (`[out, in]`) and `bias` (`[out]`).
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn new(weight: Tensor, bias: Tensor, activation: Activation, backend: Backend) -> Result<Self> {
        let (outputs, inputs) = weight.dims2()?;
        if bias.dims1()? != outputs || inputs == 0 {
            candle_core::bail!("pointwise weight {:?}, bias {:?}", weight.shape(), bias.shape());
        }
        let mut layer = Self {
            weight,
            bias,
            activation,
            kernel: None,
        };
        if let Backend::Kernels(set) = backend {
            layer.kernel = Some((set, layer.packed()?));
        }
        Ok(layer)
    }

    /// Weights for the matrix kernel.
    pub(super) fn packed(&self) -> Result<PackedMatrix> {
        Ok(PackedMatrix::new(
            &values(&self.weight)?,
            &values(&self.bias)?,
            self.weight.dim(1)?,
        ))
    }

    /// `[batch, height, width, in]` → `[batch, height, width, out]`.
    ///
    /// # Errors
    /// A tensor of another rank, type or number of channels.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if let Some((set, matrix)) = &self.kernel {
            return x.contiguous()?.apply_op1_no_bwd(&Op {
                set: *set,
                matrix,
                activation: self.activation,
            });
        }
        let (batch, height, width, channels) = x.dims4()?;
        let product = x
            .reshape((batch * height * width, channels))?
            .matmul(&self.weight.t()?)?;
        let sum = product.broadcast_add(&self.bias)?.reshape((batch, height, width, ()))?;
        self.activation.apply(sum)
    }
}

struct Op<'a> {
    set: InstructionSet,
    matrix: &'a PackedMatrix,
    activation: Activation,
}

impl CustomOp1 for Op<'_> {
    fn name(&self) -> &'static str {
        "pointwise convolution"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let input = contiguous(storage, layout)?;
        let (batch, height, width, channels) = layout.shape().dims4()?;
        let matrix = self.matrix;
        if channels != matrix.inputs {
            candle_core::bail!("{} input channels expected, shape {:?}", matrix.inputs, layout.shape());
        }
        let mut out = vec![0.0; batch * height * width * matrix.outputs];
        let strip = (STRIP_BYTES / size_of::<ChannelBlock>() / matrix.input_blocks()).max(1);
        STRIP.with_borrow_mut(|blocked| {
            let pixels = input.chunks(strip * channels);
            for (pixels, out) in pixels.zip(out.chunks_mut(strip * matrix.outputs)) {
                let count = pixels.len() / channels;
                let blocked = at_least(blocked, matrix.input_blocks() * count);
                block_pixels(pixels, channels, blocked, |p, b| b * count + p);
                let activation = self.activation;
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
        });
        Ok((CpuStorage::F32(out), (batch, height, width, matrix.outputs).into()))
    }
}
