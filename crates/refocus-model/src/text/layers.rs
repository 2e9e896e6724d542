//! What detector and recogniser are made of: layers read from an asset, and the first layers and blocks that both have.
//!
//! CPU kernels store channels in blocks of sixteen, each part of joined maps from a block of its own on; weights that read such maps
//! are filled up with zeros here.

use candle_core::{Device, Result, Tensor};

use crate::ModelError;
use crate::assets::WeightFile;
use crate::ops::{
    Activation, Backend, Between, Border, Convolution, Excitation, Maps, Mixer, MixerWeights, PixelConvolution,
    PixelScale, StackedMaps,
};

/// Pixels of the picture for a pixel of the map after [`Stem`], along an axis.
pub(super) const STRIDE: usize = 4;
/// Rows above and below that an output of [`Stem`] sees, in rows of its map.
const REACH: usize = 1;
/// Pixels of the map whose rows are computed together: they bound the memory.
const STRIP: usize = 4_096;
/// Channels that kernels store together.
const BLOCK: usize = 16;
/// Slope of a block's excitation.
const SLOPE: f32 = 1.0 / 6.0;

/// Reads layers from an asset.
pub(super) struct Loader<'a> {
    pub(super) weights: &'a WeightFile<'a>,
    pub(super) device: &'a Device,
    pub(super) path: Backend,
}

impl Loader<'_> {
    /// A weight and its bias, which is zero where the asset has none.
    pub(super) fn tensors(&self, name: &str) -> std::result::Result<[Tensor; 2], ModelError> {
        let weight = self.weights.tensor(&format!("{name}.weight"), self.device)?;
        let bias = format!("{name}.bias");
        if self.has(&bias) {
            return Ok([weight, self.weights.tensor(&bias, self.device)?]);
        }
        let zeros = Tensor::zeros(weight.dim(0)?, weight.dtype(), self.device)?;
        Ok([weight, zeros])
    }

    /// Whether the asset holds a tensor.
    pub(super) fn has(&self, tensor: &str) -> bool {
        self.weights.shape(tensor).is_ok()
    }

    /// The squeeze and excitation of a layer.
    pub(super) fn excitation(
        &self,
        name: &str,
        slope: f32,
        offset: f32,
    ) -> std::result::Result<Excitation, ModelError> {
        let squeeze = self.tensors(&format!("{name}.squeeze"))?;
        let excite = self.tensors(&format!("{name}.excite"))?;
        Ok(Excitation::new(squeeze.each_ref(), excite.each_ref(), slope, offset)?)
    }

    /// A convolution that reads maps of so many channels each.
    pub(super) fn convolution(
        &self,
        name: &str,
        stride: usize,
        parts: &[usize],
        activation: Activation,
    ) -> std::result::Result<Convolution, ModelError> {
        let [weight, bias] = self.tensors(name)?;
        let weight = self.filled(&centred(&weight)?, parts)?;
        Ok(Convolution::new(&weight, &bias, stride, activation, self.path)?)
    }

    /// The weight with zeros for the channels that fill up each part's last block.
    fn filled(&self, weight: &Tensor, parts: &[usize]) -> Result<Tensor> {
        let last = weight.rank() - 1;
        if matches!(self.path, Backend::Tensors) {
            return Ok(weight.clone());
        }
        let mut filled = Vec::with_capacity(parts.len());
        let mut first = 0;
        for part in parts {
            let zeros = part.next_multiple_of(BLOCK) - part;
            filled.push(weight.narrow(last, first, *part)?.pad_with_zeros(last, 0, zeros)?);
            first += part;
        }
        Tensor::cat(&filled, last)
    }

    /// A block of the backbone.
    pub(super) fn block(&self, name: &str, strides: (usize, usize)) -> std::result::Result<Mixer, ModelError> {
        let depthwise = self.tensors(&format!("{name}.depthwise"))?;
        let expand = self.tensors(&format!("{name}.expand"))?;
        let project = self.tensors(&format!("{name}.project"))?;
        let excitation = self
            .has(&format!("{name}.squeeze.weight"))
            .then(|| self.excitation(name, SLOPE, 0.0));
        let weights = MixerWeights {
            depthwise: Some(depthwise.each_ref()),
            expand: expand.each_ref(),
            project: project.each_ref(),
        };
        let shape = (Between::Gelu, strides == (1, 1));
        Ok(Mixer::new(
            &weights,
            strides,
            shape,
            excitation.transpose()?,
            self.path,
        )?)
    }
}

/// A 2×2 kernel as a 3×3 one whose middle is its first pixel; others as they are.
fn centred(weight: &Tensor) -> Result<Tensor> {
    match *weight.dims() {
        [_, 2, 2, _] => weight.pad_with_zeros(1, 1, 0)?.pad_with_zeros(2, 1, 0),
        _ => Ok(weight.clone()),
    }
}

/// The first layers (PP-HGNet's stem): a quarter of the picture's sides, half of it by convolutions of 2×2 and a maximum side by side.
#[derive(Debug)]
pub(super) struct Stem {
    path: Backend,
    first: PixelConvolution,
    /// 2×2, one row and one column of zeros after the end.
    narrow: Convolution,
    widen: Convolution,
    joined: Convolution,
    last: Convolution,
}

impl Stem {
    pub(super) fn new(loader: &Loader<'_>, scale: PixelScale) -> std::result::Result<Self, ModelError> {
        let [weight, bias] = loader.tensors("stem.0")?;
        let channels = |name: &str| -> std::result::Result<usize, ModelError> {
            let shape = loader.weights.shape(&format!("{name}.weight"))?;
            Ok(shape.first().copied().unwrap_or(0))
        };
        let of = |layer: usize, stride: usize, parts: &[usize]| {
            loader.convolution(&format!("stem.{layer}"), stride, parts, Activation::Relu)
        };
        let [wide, narrow, again, half] = ["stem.0", "stem.1", "stem.2", "stem.3"].map(channels);
        let (wide, narrow, again, half) = (wide?, narrow?, again?, half?);
        Ok(Self {
            path: loader.path,
            first: PixelConvolution::new(&weight, &bias, scale, Border::Around, Activation::Relu, loader.path)?,
            narrow: of(1, 1, &[wide])?,
            widen: of(2, 1, &[narrow])?,
            joined: of(3, 2, &[wide, again])?,
            last: of(4, 1, &[half])?,
        })
    }

    /// `picture` is `[height, width, 3]`, RGB, 8 bits, both sides multiples of [`STRIDE`]; computed in strips of rows.
    pub(super) fn forward(&self, picture: &[u8], (width, height): (usize, usize)) -> Result<Maps> {
        self.in_strips(picture, (width, height), (STRIP * STRIDE / width.max(1)).max(8))
    }

    /// Strips of so many rows of the map. Each reads as many rows more as its outputs see: the result is that of the whole picture.
    fn in_strips(&self, picture: &[u8], (width, height): (usize, usize), strip: usize) -> Result<Maps> {
        if !width.is_multiple_of(STRIDE) || !height.is_multiple_of(STRIDE) {
            candle_core::bail!("a picture of {width} × {height} pixels, sides must be multiples of {STRIDE}");
        }
        let rows = height / STRIDE;
        let mut whole = StackedMaps::new(rows);
        for first in (0..rows).step_by(strip) {
            let last = (first + strip).min(rows);
            let (from, to) = (first.saturating_sub(REACH), (last + REACH).min(rows));
            let bytes = |row: usize| row * STRIDE * width * 3;
            let Some(read) = picture.get(bytes(from)..bytes(to)) else {
                candle_core::bail!("a picture of {} bytes is not {width} × {height}", picture.len());
            };
            let maps = self.strip(read, (width, (to - from) * STRIDE))?;
            whole.push(&maps, first - from..last - from)?;
        }
        whole.whole()
    }

    fn strip(&self, picture: &[u8], size: (usize, usize)) -> Result<Maps> {
        let first = self.first.forward(&[picture], size)?;
        let convolved = self.widen.forward(&[&self.narrow.forward(&[&first])?])?;
        let highest = first.highest_of_neighbours(self.path)?;
        drop(first);
        self.last.forward(&[&self.joined.forward(&[&highest, &convolved])?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets;
    use crate::device::synthetic_picture;
    use crate::ops::{InstructionSet, assert_maps_close};

    #[test]
    fn the_first_layers_give_the_same_in_strips() {
        let weights = WeightFile::open("text-gate.safetensors", assets::text_gate(), &assets::TEXT_GATE_IS).unwrap();
        let scale = PixelScale {
            mean: [110.0; 3],
            deviation: [60.0; 3],
        };
        let (width, height) = (320, 240);
        let pixels = synthetic_picture();
        for path in [Backend::Kernels(InstructionSet::best()), Backend::Tensors] {
            let loader = Loader {
                weights: &weights,
                device: &Device::Cpu,
                path,
            };
            let stem = Stem::new(&loader, scale).unwrap();
            let whole = stem.in_strips(&pixels, (width, height), height).unwrap();
            for strip in [1, 7, 20] {
                let strips = stem.in_strips(&pixels, (width, height), strip).unwrap();
                assert_maps_close(&strips, &whole, &format!("strips of {strip}, {path:?}"));
            }
        }
    }
}
