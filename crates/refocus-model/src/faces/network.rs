//! BlazeFace, full range: a backbone of blocks of two separable layers each, a neck that carries coarse maps to finer ones
//! (feature pyramid, arXiv 1612.03144), and one head at stride 4 (BlazeFace, arXiv 1907.05047; its full-range form is MediaPipe's).
//!
//! Reference: the graph `face_detection_full_range.tflite`. It was made for 192 × 192 pixels, but holds nothing that depends on
//! the side: here it reads any picture whose sides are multiples of 32. The weights come from `assets/face-detector.safetensors`,
//! written by `packaging/assets/convert_face_detector.py`, which names each tensor.

use candle_core::{Device, Result, Tensor};

use crate::ModelError;
use crate::assets::WeightFile;
use crate::ops::{
    Activation, Backend, Border, Convolution, Maps, PixelConvolution, PixelScale, Pooling, Separable, StackedMaps,
};

/// Pixels of the picture for a pixel of the head.
pub(super) const STRIDE: usize = 4;
/// Sides are multiples of this: pixels of the picture for a pixel of the coarsest level.
pub(super) const STEP: usize = 32;
/// Numbers for each pixel of the head: the score's logit, centre and size of the box, six points.
pub(super) const VALUES: usize = 17;
/// Strides of the backbone's blocks.
const BACKBONE: [usize; 15] = [1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 1];
/// The blocks whose outputs the neck reads, from coarse to fine.
const SIDES: [usize; 3] = [10, 7, 4];
/// Blocks of the backbone before the first map of [`STRIDE`]: theirs are the largest maps by far.
const EARLY: usize = 3;
/// Rows above and below that an output of the early blocks sees, in rows of that map.
const REACH: usize = 4;
/// Pixels of that map whose rows are computed together.
const STRIP: usize = 8_192;
/// Blocks of each level of the neck.
const NECK: [usize; 3] = [2, 2, 1];

/// x / 127.5 - 1.
const SCALE: PixelScale = PixelScale {
    mean: [127.5; 3],
    deviation: [127.5; 3],
};

/// The network.
#[derive(Debug)]
pub(super) struct Network {
    path: Backend,
    stem: PixelConvolution,
    backbone: Vec<Block>,
    neck: Vec<Level>,
    head: Convolution,
}

impl Network {
    /// Loads the weights to `device`; the layers compute by `path`.
    ///
    /// # Errors
    /// [`ModelError::Asset`] where a tensor is missing, [`ModelError::Compute`] where shapes do not fit.
    pub(super) fn new(
        weights: &WeightFile<'_>,
        device: &Device,
        path: Backend,
    ) -> std::result::Result<Self, ModelError> {
        let loader = Loader { weights, device, path };
        let [weight, bias] = loader.tensors("stem")?;
        let backbone = BACKBONE.iter().enumerate();
        let neck = NECK.iter().enumerate().map(|(level, blocks)| {
            let block = |block: usize| loader.block(&format!("neck.{level}.blocks.{block}"), 1);
            Ok(Level {
                top: loader.convolution(&format!("neck.{level}.top"), Activation::Relu)?,
                side: loader.convolution(&format!("neck.{level}.side"), Activation::Relu)?,
                blocks: (0..*blocks).map(block).collect::<std::result::Result<_, _>>()?,
            })
        });
        Ok(Self {
            path,
            stem: PixelConvolution::new(&weight, &bias, SCALE, Border::After, Activation::Relu, path)?,
            backbone: backbone
                .map(|(block, stride)| loader.block(&format!("backbone.{block}"), *stride))
                .collect::<std::result::Result<_, _>>()?,
            neck: neck.collect::<std::result::Result<_, ModelError>>()?,
            head: loader.convolution("head", Activation::Identity)?,
        })
    }

    /// `picture` is `[height, width, 3]`, RGB, 8 bits, both sides multiples of [`STEP`]; the result is
    /// `[height / STRIDE, width / STRIDE, VALUES]`.
    ///
    /// # Errors
    /// A picture of another size, a device that fails.
    pub(super) fn forward(&self, picture: &[u8], (width, height): (usize, usize)) -> Result<Vec<f32>> {
        if !width.is_multiple_of(STEP) || !height.is_multiple_of(STEP) {
            candle_core::bail!("a picture of {width} × {height} pixels, sides must be multiples of {STEP}");
        }
        let mut maps = self.early(picture, (width, height), (STRIP * STRIDE / width.max(1)).max(REACH))?;
        let mut sides = Vec::with_capacity(SIDES.len());
        for (number, block) in self.backbone.iter().enumerate().skip(EARLY) {
            let next = block.forward(self.path, &maps)?;
            if number > 0 && SIDES.contains(&(number - 1)) {
                sides.push(maps);
            }
            maps = next;
        }
        for (level, side) in self.neck.iter().zip(sides.into_iter().rev()) {
            let top = level.top.forward(&[&maps])?;
            maps = level.side.forward(&[&side])?;
            drop(side);
            maps.add_enlarged(self.path, &top)?;
            for block in &level.blocks {
                maps = block.forward(self.path, &maps)?;
            }
        }
        self.head.forward_rows(&[&maps])
    }

    /// The map at [`STRIDE`], computed in strips of `strip` of its rows. Each reads as many rows more as its outputs see: the result
    /// is that of the whole picture.
    fn early(&self, picture: &[u8], (width, height): (usize, usize), strip: usize) -> Result<Maps> {
        let rows = height / STRIDE;
        let mut whole = StackedMaps::new(rows);
        for first in (0..rows).step_by(strip) {
            let last = (first + strip).min(rows);
            let (from, to) = (first.saturating_sub(REACH), (last + REACH).min(rows));
            let bytes = |row: usize| row * STRIDE * width * 3;
            let Some(read) = picture.get(bytes(from)..bytes(to)) else {
                candle_core::bail!("a picture of {} bytes is not {width} × {height}", picture.len());
            };
            let mut maps = self.stem.forward(&[read], (width, (to - from) * STRIDE))?;
            for block in self.backbone.iter().take(EARLY) {
                maps = block.forward(self.path, &maps)?;
            }
            whole.push(&maps, first - from..last - from)?;
        }
        whole.whole()
    }
}

/// Tensors of the asset.
struct Loader<'a> {
    weights: &'a WeightFile<'a>,
    device: &'a Device,
    path: Backend,
}

impl Loader<'_> {
    fn tensors(&self, name: &str) -> std::result::Result<[Tensor; 2], ModelError> {
        let tensor = |kind: &str| self.weights.tensor(&format!("{name}.{kind}"), self.device);
        Ok([tensor("weight")?, tensor("bias")?])
    }

    fn convolution(&self, name: &str, activation: Activation) -> std::result::Result<Convolution, ModelError> {
        let [weight, bias] = self.tensors(name)?;
        Ok(Convolution::new(&weight, &bias, 1, activation, self.path)?)
    }

    fn separable(&self, name: &str, stride: usize) -> std::result::Result<Separable, ModelError> {
        let [a, b] = self.tensors(&format!("{name}.depthwise"))?;
        let [c, d] = self.tensors(&format!("{name}.pointwise"))?;
        Ok(Separable::new([&a, &b], [&c, &d], stride, Activation::Relu, self.path)?)
    }

    fn block(&self, name: &str, stride: usize) -> std::result::Result<Block, ModelError> {
        Ok(Block {
            first: self.separable(&format!("{name}.first"), stride)?,
            second: self.separable(&format!("{name}.second"), 1)?,
            stride,
        })
    }
}

/// A residual block with a bottleneck ("double BlazeBlock"): at stride 2 its input goes past it through a maximum.
#[derive(Debug)]
struct Block {
    first: Separable,
    second: Separable,
    stride: usize,
}

impl Block {
    fn forward(&self, path: Backend, maps: &Maps) -> Result<Maps> {
        let inside = self.first.forward(maps, None)?;
        if self.stride == 1 {
            return self.second.forward(&inside, Some(maps));
        }
        let past = maps.pooled(path, Pooling::HighestOfFour)?;
        self.second.forward(&inside, Some(&past))
    }
}

/// A level of the neck: what comes from the coarser level, what comes from the backbone, and the blocks that read their sum.
#[derive(Debug)]
struct Level {
    top: Convolution,
    side: Convolution,
    blocks: Vec<Block>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets;
    use crate::device::synthetic_picture;
    use crate::ops::{InstructionSet, assert_maps_close};

    #[test]
    fn the_first_blocks_give_the_same_in_strips() {
        let weights = WeightFile::open(
            "face-detector.safetensors",
            assets::face_detector(),
            &assets::FACE_DETECTOR_IS,
        );
        let weights = weights.unwrap();
        let (width, height) = (96, 224);
        let pixels: Vec<u8> = synthetic_picture()
            .into_iter()
            .cycle()
            .take(width * height * 3)
            .collect();
        for path in [Backend::Kernels(InstructionSet::best()), Backend::Tensors] {
            let network = Network::new(&weights, &Device::Cpu, path).unwrap();
            let whole = network.early(&pixels, (width, height), height).unwrap();
            for strip in [4, 10, 24] {
                let strips = network.early(&pixels, (width, height), strip).unwrap();
                assert_maps_close(&strips, &whole, &format!("strips of {strip}, {path:?}"));
            }
        }
    }
}
