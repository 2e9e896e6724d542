//! The inverted residual block, MBConv (MobileNetV2, arXiv 1801.04381, section 3.3), without squeeze-and-excitation.

use candle_core::{Result, Tensor};

use super::strips::{FusedBlock, apply};
use super::{Backend, Depthwise, Pointwise};

/// Expand (1×1, ReLU6) → depthwise (ReLU6) → project (1×1, linear), plus the input where `residual` is set.
#[derive(Debug)]
pub struct MbConv {
    layers: Layers,
    kernel: Option<FusedBlock>,
}

/// The layers of a block, built with [`Backend::Tensors`]: with kernels the block is one operation, not three.
#[derive(Debug)]
pub struct Layers {
    /// Widens the channels; a block without it starts with the depthwise convolution.
    pub expand: Option<Pointwise>,
    /// Filters each channel.
    pub depthwise: Depthwise,
    /// Narrows the channels.
    pub project: Pointwise,
    /// Adds the input to the output. Needs stride 1 and as many channels out as in.
    pub residual: bool,
}

impl MbConv {
    /// A block of these layers.
    ///
    /// # Errors
    /// With [`Backend::Kernels`]: layers that do not fit together, or a depthwise kernel other than 3 or 5, stride 1 or 2.
    pub fn new(layers: Layers, backend: Backend) -> Result<Self> {
        let kernel = match backend {
            Backend::Kernels(set) => Some(FusedBlock::new(
                set,
                layers.expand.as_ref().map(Pointwise::packed).transpose()?,
                layers.depthwise.packed()?,
                Some(layers.project.packed()?),
                layers.residual,
            )?),
            Backend::Tensors => None,
        };
        Ok(Self { layers, kernel })
    }

    /// `[batch, height, width, in]` → `[batch, ⌈height / stride⌉, ⌈width / stride⌉, out]`.
    ///
    /// # Errors
    /// A tensor of another rank, type or number of channels.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if let Some(kernel) = &self.kernel {
            return apply(kernel, x);
        }
        let expanded = match &self.layers.expand {
            Some(expand) => expand.forward(x)?,
            None => x.clone(),
        };
        let y = self
            .layers
            .project
            .forward(&self.layers.depthwise.forward(&expanded)?)?;
        if self.layers.residual { y + x } else { Ok(y) }
    }
}
