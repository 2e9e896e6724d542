//! The residual network that makes a face's identity: an aligned face of 150 × 150 pixels → 128 numbers. Two pictures of one person
//! lie near each other, those of two persons far apart; around 0.6 is the border (dlib, `dnn_face_recognition_ex.cpp`).
//!
//! After ResNet-34 (arXiv 1512.03385) with half the filters and fewer layers. The weights come from
//! `assets/face-identity.safetensors`, written by `packaging/assets/convert_face_identity.py`.

use candle_core::{Device, Tensor};

use crate::ModelError;
use crate::assets::{self, WeightFile};
use crate::ops::{Activation, Backend, Border, Convolution, Maps, PixelConvolution, PixelScale, Pooling};
use crate::vector_math::dot;

/// Side of the face that the network reads, pixels.
pub(super) const SIDE: usize = 150;
/// Numbers of an identity.
pub const IDENTITY: usize = 128;
/// Channels before the last layer, and of the blocks whose maps have 3 × 3 pixels and fewer.
const FEATURES: usize = 256;
/// Blocks of each level and whether its first one halves the sides.
const LEVELS: [(usize, bool); 5] = [(3, false), (4, true), (3, true), (3, true), (1, true)];

/// Mean colour of the parent's training faces; values are divided by 256.
const SCALE: PixelScale = PixelScale {
    mean: [122.782, 117.001, 104.298],
    deviation: [256.0; 3],
};

/// The network.
#[derive(Debug)]
pub(super) struct IdentityNetwork {
    path: Backend,
    stem: PixelConvolution,
    blocks: Vec<Block>,
    /// `[IDENTITY, FEATURES]`
    output: Vec<f32>,
}

impl IdentityNetwork {
    /// Loads the weights to `device`; the layers compute by `path`.
    ///
    /// # Errors
    /// [`ModelError::Asset`] where a tensor is missing, [`ModelError::Compute`] where shapes do not fit.
    pub(super) fn built_in(device: &Device, path: Backend) -> Result<Self, ModelError> {
        let weights = WeightFile::open(
            "face-identity.safetensors",
            assets::face_identity(),
            &assets::FACE_IDENTITY_IS,
        )?;
        let tensors = |name: &str| -> Result<[Tensor; 2], ModelError> {
            let tensor = |kind: &str| weights.tensor(&format!("{name}.{kind}"), device);
            Ok([tensor("weight")?, tensor("bias")?])
        };
        let halves = LEVELS
            .iter()
            .flat_map(|(blocks, first)| (0..*blocks).map(move |block| *first && block == 0));
        let layer = |[weight, bias]: [Tensor; 2], activation| {
            if weight.dim(0)? == FEATURES {
                Convolution::of_few_pixels(&weight, &bias, activation, path)
            } else {
                Convolution::new(&weight, &bias, 1, activation, path)
            }
        };
        let block = |(number, halves): (usize, bool)| -> Result<Block, ModelError> {
            let [weight, bias] = tensors(&format!("blocks.{number}.first"))?;
            let first = if halves {
                Convolution::without_border(&weight, &bias, Activation::Relu, path)?
            } else {
                layer([weight, bias], Activation::Relu)?
            };
            let second = tensors(&format!("blocks.{number}.second"))?;
            let second = layer(second, Activation::Identity)?;
            Ok(Block { first, second, halves })
        };
        let [weight, bias] = tensors("stem")?;
        Ok(Self {
            path,
            stem: PixelConvolution::new(&weight, &bias, SCALE, Border::Absent, Activation::Relu, path)?,
            blocks: halves.enumerate().map(block).collect::<Result<_, _>>()?,
            output: weights.values_of_shape("output.weight", &[IDENTITY, FEATURES])?,
        })
    }

    /// Identities of aligned faces, each `[SIDE, SIDE, 3]`.
    ///
    /// # Errors
    /// Faces of another size, a device that fails.
    pub(super) fn identities(&self, faces: &[&[u8]]) -> candle_core::Result<Vec<[f32; IDENTITY]>> {
        if faces.is_empty() {
            return Ok(Vec::new());
        }
        let mut maps = self.stem.forward(faces, (SIDE, SIDE))?;
        maps = maps.pooled(self.path, Pooling::HighestOfNine)?;
        for block in &self.blocks {
            maps = block.forward(self.path, &maps)?;
        }
        let means = maps.channel_means()?;
        let identity = |means: Vec<f32>| {
            let mut out = [0.0; IDENTITY];
            for (out, row) in out.iter_mut().zip(self.output.chunks_exact(FEATURES)) {
                *out = dot(row, &means);
            }
            out
        };
        Ok(means.into_iter().map(identity).collect())
    }
}

/// A residual block. One that halves the sides takes the mean of four pixels past it; what lacks rows, columns or channels beside
/// the other counts as zero there.
#[derive(Debug)]
struct Block {
    first: Convolution,
    second: Convolution,
    halves: bool,
}

impl Block {
    fn forward(&self, path: Backend, maps: &Maps) -> candle_core::Result<Maps> {
        let inside = self.second.forward(&[&self.first.forward(&[maps])?])?;
        if self.halves {
            inside.sum(path, &maps.pooled(path, Pooling::MeanOfFour)?, Activation::Relu)
        } else {
            inside.sum(path, maps, Activation::Relu)
        }
    }
}
