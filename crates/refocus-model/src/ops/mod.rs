//! Convolution layers that candle is slow at on the CPU: the stem, and inverted residual (MBConv) blocks with their
//! depthwise and pointwise convolutions.
//!
//! Tensors enter and leave as `[batch, height, width, channels]` (NHWC), f32. Each layer has two ways to the same
//! result, chosen when it is built ([`Backend`]): CPU kernels, which keep a block's expanded activations in the cache, and
//! plain tensor operations, which run on every device and carry gradients.
//!
//! Kernels are single-threaded: callers run one forward a core over different photos, which share the weights. Inside,
//! channels are stored in blocks of 16 ([`channel_block`]), so that one layout serves every instruction set.
//!
//! - [`instruction_set`]: what this machine's vector unit can do, chosen at run time
//! - `channel_block`: 16 channels of a pixel; blocked layouts
//! - `padding`: TensorFlow's "SAME" padding
//! - `matrix`: the matrix product over pixels, its tile in registers, its epilogues
//! - `dense`: the same product for rows of anything (photos, text tokens), with f32 or int8 weights
//! - `int16`: and in 16-bit integers, with the instructions of `pairs`
//! - `strips`: whole blocks in strips of rows (expand, depthwise, project)
//! - [`depthwise`], [`pointwise`], [`stem`], [`mbconv`]: the layers
//!
//! Networks of dense 3×3 convolutions (the detector's) keep their maps in the kernels' own layout from layer to layer:
//! - `padded_maps`: that layout
//! - `winograd`, `gathered`: the two ways to convolve
//! - `resampling`: maps of neighbouring scales added up
//! - [`convolution`], [`pooled_stem`]: the layers
//!
//! Networks of residual blocks (the faces') add to these:
//! - [`pixel_convolution`]: a first layer of any kernel, without pooling
//! - [`separable`]: a depthwise and a pointwise convolution as one layer
//! - `residual`: maps pooled, and maps of different sizes added up
//! - [`stacked`]: maps computed in strips of rows, taken apart and put together
//!
//! Networks that read text add:
//! - [`mixer`]: a depthwise convolution and two pointwise ones as one layer
//! - [`large_separable`]: a depthwise convolution of 5×5 or 7×7 pixels and a pointwise one as one layer
//! - [`excitation`]: factors for channels from their means
//! - `pyramid`: channels scaled, coarser maps added, pixels repeated, the highest of neighbours, means of windows

pub(super) mod channel_block;
pub mod convolution;
pub(super) mod dense;
pub mod depthwise;
pub mod excitation;
mod gathered;
pub mod instruction_set;
pub(super) mod int16;
pub mod large_separable;
mod matrix;
pub mod mbconv;
pub mod mixer;
mod padded_maps;
mod padding;
#[cfg(target_arch = "x86_64")]
pub(super) mod pairs;
pub mod pixel_convolution;
pub mod pointwise;
pub mod pooled_stem;
mod pyramid;
mod resampling;
mod residual;
pub mod separable;
pub mod stacked;
pub mod stem;
mod strips;
mod winograd;

use candle_core::{Device, Layout, Result, Tensor};

use instruction_set::Lanes;

pub use convolution::{Convolution, Maps};
pub use depthwise::Depthwise;
pub use excitation::Excitation;
pub use instruction_set::InstructionSet;
pub use large_separable::LargeSeparable;
pub use matrix::PackedMatrix;
pub use mbconv::MbConv;
pub use mixer::{Between, Mixer, MixerWeights};
pub use pixel_convolution::{Border, PixelConvolution};
pub use pointwise::Pointwise;
pub use pooled_stem::{PixelScale, PooledStem};
pub use residual::Pooling;
pub use separable::Separable;
pub use stacked::StackedMaps;
pub use stem::Stem;

#[cfg(test)]
pub(super) use convolution::tests::assert_close as assert_maps_close;

/// How a layer computes.
#[derive(Debug, Clone, Copy)]
pub enum Backend {
    /// CPU kernels. No gradients; weights are copied and packed when the layer is built.
    Kernels(InstructionSet),
    /// candle's tensor operations: any device, gradients for inputs and weights.
    Tensors,
}

impl Backend {
    /// Kernels with the best instruction set on the CPU, tensor operations elsewhere.
    pub fn for_device(device: &Device) -> Self {
        if device.is_cpu() {
            Self::Kernels(InstructionSet::best())
        } else {
            Self::Tensors
        }
    }
}

/// What follows a convolution's bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// max(x, 0).
    Relu,
    /// min(max(x, 0), 6).
    Relu6,
    /// x where it is positive, [`LEAK`] · x elsewhere.
    LeakyRelu,
}

/// Slope of [`Activation::LeakyRelu`] below zero.
const LEAK: f32 = 0.1;

impl Activation {
    fn apply(self, x: Tensor) -> Result<Tensor> {
        match self {
            Self::Identity => Ok(x),
            Self::Relu => x.relu(),
            Self::Relu6 => x.clamp(0f32, 6f32),
            Self::LeakyRelu => x.maximum(&(&x * f64::from(LEAK))?),
        }
    }

    #[inline(always)]
    fn of_lanes<L: Lanes>(self, lanes: L, x: L::Block) -> L::Block {
        match self {
            Self::Identity => x,
            Self::Relu => lanes.max(x, lanes.load(&channel_block::ChannelBlock::ZERO)),
            Self::Relu6 => lanes.relu6(x),
            Self::LeakyRelu => lanes.max(x, lanes.scale(LEAK, x)),
        }
    }
}

/// A tensor's values for the kernels: f32, row-major, on the CPU whatever its device.
fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.to_dtype(candle_core::DType::F32)?.flatten_all()?.to_vec1()
}

/// The part of a CPU storage that a contiguous layout covers.
fn contiguous<'a>(storage: &'a candle_core::CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let values = storage.as_slice::<f32>()?;
    let (start, end) = layout.contiguous_offsets().ok_or_else(|| {
        candle_core::Error::Msg("convolution kernels need a contiguous [batch, height, width, channels] tensor".into())
    })?;
    values
        .get(start..end)
        .ok_or_else(|| candle_core::Error::Msg("layout reaches beyond its storage".into()))
}

#[cfg(test)]
mod tests;
