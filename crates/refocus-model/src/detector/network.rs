//! NanoDet-g: the backbone CustomCspNet, a path aggregation neck (PANet, arXiv 1803.01534) without convolutions between its
//! levels, and at each level a head of two layers that gives classes and box distributions (Generalized Focal Loss, arXiv
//! 2006.04388).
//!
//! Reference: RangiLyu/nanodet, `config/legacy_v0.x_configs/nanodet_g.yml`. The weights come from `assets/detector.safetensors`,
//! written by `packaging/assets/convert_detector.py`, which names each tensor.

use candle_core::Device;

use super::classes::CLASSES;
use crate::ModelError;
use crate::assets::WeightFile;
use crate::ops::pooled_stem::PixelScale;
use crate::ops::{Activation, Backend, Convolution, Maps, PooledStem};

/// Bins of the distribution of a box side's distance, in strides.
pub(super) const BINS: usize = 11;
/// Values for each pixel of a level: classes, then the bins of left, top, right, bottom.
pub(super) const VALUES: usize = CLASSES + 4 * BINS;
/// Pixels of the picture for a pixel of each level.
pub(super) const STRIDES: [usize; 3] = [8, 16, 32];
/// Blocks of each stage of the backbone.
const BLOCKS: [usize; 4] = [1, 2, 2, 3];
/// Pictures that go together through the layers whose weights are large. Those before them go picture by picture, so that their
/// maps stay in the cache.
const TOGETHER: usize = 4;

/// ImageNet's mean and deviation, red, green, blue.
const SCALE: PixelScale = PixelScale {
    mean: [123.675, 116.28, 103.53],
    deviation: [58.395, 57.12, 57.375],
};

/// What a head says at the pixels of a level.
#[derive(Debug)]
pub(super) struct Level {
    /// `[batch, pixels, VALUES]`: logits of the classes and of the bins.
    pub(super) values: Vec<f32>,
    /// Pixels of the picture for a pixel of the level.
    pub(super) stride: usize,
}

/// The network.
#[derive(Debug)]
pub(super) struct Network {
    path: Backend,
    stem: PooledStem,
    stages: Vec<Stage>,
    neck: Vec<Convolution>,
    heads: Vec<Head>,
}

impl Network {
    /// Loads the weights to `device`; the layers compute by `path`.
    ///
    /// # Errors
    /// [`ModelError::Asset`] where a tensor is missing, [`ModelError::Compute`] where shapes do not fit.
    pub(super) fn new(weights: &WeightFile<'_>, device: &Device, path: Backend) -> Result<Self, ModelError> {
        let loader = Loader { weights, device, path };
        let (weight, bias) = loader.tensors("stem")?;
        let convolution = |name: String, activation| loader.convolution(&name, 1, activation);
        let levels = 0..STRIDES.len();
        Ok(Self {
            path,
            stem: PooledStem::new(&weight, &bias, SCALE, path)?,
            stages: (0..BLOCKS.len())
                .map(|s| Stage::new(&loader, s))
                .collect::<Result<_, _>>()?,
            neck: levels
                .clone()
                .map(|l| convolution(format!("neck.{l}"), Activation::Identity))
                .collect::<Result<_, _>>()?,
            heads: levels
                .map(|l| {
                    Ok(Head {
                        hidden: convolution(format!("head.{l}.hidden"), Activation::LeakyRelu)?,
                        output: convolution(format!("head.{l}.output"), Activation::Identity)?,
                    })
                })
                .collect::<Result<_, ModelError>>()?,
        })
    }

    /// `pictures` are `[side, side, 3]`, RGB, 8 bits; `side` is a multiple of 32. One list of levels for each part of the batch
    /// that was computed together, in order, with the number of its pictures.
    ///
    /// # Errors
    /// Pictures of another size, a device that fails.
    pub(super) fn forward(
        &self,
        pictures: &[&[u8]],
        side: usize,
        mut each: impl FnMut(usize, [Level; 3]),
    ) -> candle_core::Result<()> {
        for pictures in pictures.chunks(TOGETHER) {
            let early = match self.path {
                Backend::Kernels(_) => 1,
                Backend::Tensors => pictures.len(),
            };
            let (mut exits, mut entries) = (Vec::new(), Vec::new());
            for pictures in pictures.chunks(early) {
                let features = self.early(pictures, side)?;
                exits.push(features.exit);
                entries.push(features.entry);
            }
            let features = Features {
                exit: Maps::merged(exits)?,
                entry: Maps::merged(entries)?,
            };
            each(pictures.len(), self.late(features)?);
        }
        Ok(())
    }

    /// The stem and the first two stages: stride 8.
    fn early(&self, pictures: &[&[u8]], side: usize) -> candle_core::Result<Features> {
        let stem = self.stem.forward(pictures, side)?;
        let [first, second, ..] = self.stages.as_slice() else {
            candle_core::bail!("the backbone has {} stages", self.stages.len());
        };
        second.forward(&first.forward(&[&stem])?.parts())
    }

    /// The rest of the backbone, the neck and the heads, from features at stride 8.
    fn late(&self, features: Features) -> candle_core::Result<[Level; 3]> {
        let ([_, _, third, fourth], [near, middle, far], [head8, head16, head32]) =
            (self.stages.as_slice(), self.neck.as_slice(), self.heads.as_slice())
        else {
            candle_core::bail!("the network has {} stages", self.stages.len());
        };
        let mut at8 = near.forward(&features.parts())?;
        let at_half = third.forward(&features.parts())?;
        // What is not needed any more makes room in the cache.
        drop(features);
        let mut at16 = middle.forward(&at_half.parts())?;
        let at_quarter = fourth.forward(&at_half.parts())?;
        drop(at_half);
        let mut at32 = far.forward(&at_quarter.parts())?;
        drop(at_quarter);
        at16.add_enlarged(self.path, &at32)?;
        at8.add_enlarged(self.path, &at16)?;
        at16.add_reduced(self.path, &at8)?;
        at32.add_reduced(self.path, &at16)?;
        Ok([
            head8.forward(&at8, STRIDES[0])?,
            head16.forward(&at16, STRIDES[1])?,
            head32.forward(&at32, STRIDES[2])?,
        ])
    }
}

/// Tensors of the asset.
struct Loader<'a> {
    weights: &'a WeightFile<'a>,
    device: &'a Device,
    path: Backend,
}

impl Loader<'_> {
    fn tensors(&self, name: &str) -> Result<(candle_core::Tensor, candle_core::Tensor), ModelError> {
        let tensor = |kind: &str| self.weights.tensor(&format!("{name}.{kind}"), self.device);
        Ok((tensor("weight")?, tensor("bias")?))
    }

    fn convolution(&self, name: &str, stride: usize, activation: Activation) -> Result<Convolution, ModelError> {
        let (weight, bias) = self.tensors(name)?;
        Ok(Convolution::new(&weight, &bias, stride, activation, self.path)?)
    }
}

/// What a stage gives: its last layer's output, then its first layer's, one behind the other in channels.
#[derive(Debug)]
struct Features {
    exit: Maps,
    entry: Maps,
}

impl Features {
    fn parts(&self) -> [&Maps; 2] {
        [&self.exit, &self.entry]
    }
}

/// A stage of the backbone: its entry goes through blocks and past them (Cross Stage Partial, arXiv 1911.11929).
#[derive(Debug)]
struct Stage {
    entry: Convolution,
    /// Each gives its second layer's output, then its first layer's.
    blocks: Vec<[Convolution; 2]>,
    exit: Convolution,
}

impl Stage {
    fn new(loader: &Loader<'_>, number: usize) -> Result<Self, ModelError> {
        let layer = |name: &str, stride| {
            let name = format!("stages.{number}.{name}");
            loader.convolution(&name, stride, Activation::LeakyRelu)
        };
        let block = |block: usize| -> Result<_, ModelError> {
            let part = |part: &str| layer(&format!("blocks.{block}.{part}"), 1);
            Ok([part("first")?, part("second")?])
        };
        Ok(Self {
            entry: layer("entry", if number == 0 { 1 } else { 2 })?,
            blocks: (0..BLOCKS[number]).map(block).collect::<Result<_, _>>()?,
            exit: layer("exit", 1)?,
        })
    }

    fn forward(&self, inputs: &[&Maps]) -> candle_core::Result<Features> {
        let entry = self.entry.forward(inputs)?;
        let mut inside: Option<[Maps; 2]> = None;
        for [first, second] in &self.blocks {
            let first = match &inside {
                Some([a, b]) => first.forward(&[a, b])?,
                None => first.forward(&[&entry])?,
            };
            inside = Some([second.forward(&[&first])?, first]);
        }
        let exit = match &inside {
            Some([a, b]) => self.exit.forward(&[a, b])?,
            None => self.exit.forward(&[&entry])?,
        };
        Ok(Features { exit, entry })
    }
}

/// The layers that read a level.
#[derive(Debug)]
struct Head {
    hidden: Convolution,
    output: Convolution,
}

impl Head {
    fn forward(&self, maps: &Maps, stride: usize) -> candle_core::Result<Level> {
        Ok(Level {
            values: self.output.forward_rows(&[&self.hidden.forward(&[maps])?])?,
            stride,
        })
    }
}
