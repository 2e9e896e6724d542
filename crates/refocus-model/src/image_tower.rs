//! The image tower of the built-in model: EfficientNet-Lite2 (Tan and Le, arXiv 1905.11946; the Lite variants of
//! `tensorflow/tpu`, `models/official/efficientnet/lite`): ReLU6 instead of swish, no squeeze-and-excitation.
//!
//! Reference implementation: the wheel `efficientnet_lite_pytorch` 0.1.0, `model.py`. The weights come from
//! `assets/image-tower.safetensors`, written by `packaging/assets/convert_image_tower.py`, which names each tensor.
//!
//! Weights stored as f16 instead of f32 change, over 64 photos, the taps by 0.5 to 0.6 % of their standard deviation in
//! the root mean square and by 1.0 to 2.6 % of the largest activation at most; the first ImageNet class stayed the same
//! in all 64.

use candle_core::{D, Result, Tensor};
use candle_nn::VarBuilder;

use super::ops::mbconv::Layers;
use super::ops::{Activation, Backend, Depthwise, MbConv, Pointwise, Stem};

/// Blocks of the same width: the first one strides and changes the number of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Side of the depthwise kernel: 3 or 5.
    pub kernel: usize,
    /// Stride of the first block: 1 or 2.
    pub stride: usize,
    /// Expanded channels for each input channel; 1 = no expansion.
    pub expansion: usize,
    /// Output channels.
    pub channels: usize,
    /// Number of blocks.
    pub repeats: usize,
}

/// Shape of an EfficientNet-Lite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageTowerConfig {
    /// Height and width of the pictures that the weights were trained on, pixels. Other sizes work too.
    pub side: usize,
    /// Output channels of the first convolution.
    pub stem_channels: usize,
    /// The stages, first to last.
    pub stages: Vec<Stage>,
    /// Index of the block, counted over all stages from 0, whose output is [`TowerMaps::early`].
    pub early_block: usize,
    /// Index of the block whose output is [`TowerMaps::middle`].
    pub middle_block: usize,
    /// Output channels of the last convolution.
    pub head_channels: usize,
    /// Classes of the classifier.
    pub classes: usize,
}

impl ImageTowerConfig {
    /// EfficientNet-Lite2: width × 1.1, depth × 1.2, pictures of 260×260 pixels.
    pub fn lite2() -> Self {
        let stage = |kernel, stride, expansion, channels, repeats| Stage {
            kernel,
            stride,
            expansion,
            channels,
            repeats,
        };
        Self {
            side: 260,
            stem_channels: 32,
            stages: vec![
                stage(3, 1, 1, 16, 1),
                stage(3, 2, 6, 24, 3),
                stage(5, 2, 6, 48, 3),
                stage(3, 2, 6, 88, 4),
                stage(5, 1, 6, 120, 4),
                stage(5, 2, 6, 208, 5),
                stage(3, 1, 6, 352, 1),
            ],
            early_block: 6,
            middle_block: 14,
            head_channels: 1280,
            classes: 1000,
        }
    }
}

/// What the tower sees in a batch of pictures, at three depths; sizes are those of 260×260 pictures.
#[derive(Debug, Clone)]
pub struct TowerMaps {
    /// Output of block 6: `[batch, 33, 33, 48]`.
    pub early: Tensor,
    /// Output of block 14: `[batch, 17, 17, 120]`.
    pub middle: Tensor,
    /// The last convolution after ReLU6: `[batch, 9, 9, 1280]`, values 0 to 6.
    pub head: Tensor,
}

/// EfficientNet-Lite with its ImageNet classifier.
#[derive(Debug)]
pub struct ImageTower {
    config: ImageTowerConfig,
    stem: Stem,
    blocks: Vec<MbConv>,
    head: Pointwise,
    classifier_weight: Tensor,
    classifier_bias: Tensor,
}

impl ImageTower {
    /// Loads the weights; the layers take the fastest way that the device of `vb` has.
    ///
    /// # Errors
    /// A tensor is missing or has another shape than the config says.
    pub fn new(config: ImageTowerConfig, vb: &VarBuilder<'_>) -> Result<Self> {
        let backend = Backend::for_device(vb.device());
        Self::with_backend(config, vb, backend)
    }

    /// Loads the weights; the layers compute by `backend`. Gradients need [`Backend::Tensors`].
    ///
    /// # Errors
    /// As [`ImageTower::new`].
    pub fn with_backend(config: ImageTowerConfig, vb: &VarBuilder<'_>, backend: Backend) -> Result<Self> {
        let weight = vb.get((config.stem_channels, 3, 3, 3), "stem.weight")?;
        let stem = Stem::new(weight, vb.get(config.stem_channels, "stem.bias")?, 2, backend)?;
        let mut blocks = Vec::new();
        let mut channels = config.stem_channels;
        for stage in &config.stages {
            for repeat in 0..stage.repeats {
                let stride = if repeat == 0 { stage.stride } else { 1 };
                let vb = vb.pp("blocks").pp(blocks.len());
                blocks.push(block(&vb, Stage { stride, ..*stage }, channels, backend)?);
                channels = stage.channels;
            }
        }
        let head = pointwise(
            &vb.pp("head"),
            channels,
            config.head_channels,
            Activation::Relu6,
            backend,
        )?;
        let classifier_weight = vb.get((config.classes, config.head_channels), "classifier.weight")?;
        let classifier_bias = vb.get(config.classes, "classifier.bias")?;
        Ok(Self {
            config,
            stem,
            blocks,
            head,
            classifier_weight,
            classifier_bias,
        })
    }

    /// `pixels` is `[batch, height, width, 3]`, f32, RGB as `(value − 127) / 128`.
    ///
    /// With kernels it runs on the calling thread alone; several threads may share the tower.
    ///
    /// # Errors
    /// A tensor of another rank, type or number of channels.
    pub fn forward(&self, pixels: &Tensor) -> Result<TowerMaps> {
        let mut x = self.stem.forward(pixels)?;
        let (mut early, mut middle) = (None, None);
        for (i, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x)?;
            if i == self.config.early_block {
                early = Some(x.clone());
            }
            if i == self.config.middle_block {
                middle = Some(x.clone());
            }
        }
        let (Some(early), Some(middle)) = (early, middle) else {
            candle_core::bail!("the tower has {} blocks, fewer than its taps need", self.blocks.len());
        };
        Ok(TowerMaps {
            early,
            middle,
            head: self.head.forward(&x)?,
        })
    }

    /// Weight `[1000, 1280]` and bias `[1000]` of the ImageNet classifier, which reads mean head features.
    pub fn classifier(&self) -> (&Tensor, &Tensor) {
        (&self.classifier_weight, &self.classifier_bias)
    }

    /// ImageNet logits `[…, 1000]` of head features `[…, 1280]` averaged over a picture or a part of it.
    ///
    /// # Errors
    /// A tensor of another width or type.
    pub fn logits(&self, features: &Tensor) -> Result<Tensor> {
        let flat = features.reshape(((), features.dim(D::Minus1)?))?;
        let logits = flat
            .matmul(&self.classifier_weight.t()?)?
            .broadcast_add(&self.classifier_bias)?;
        let mut shape = features.dims().to_vec();
        if let Some(last) = shape.last_mut() {
            *last = self.config.classes;
        }
        logits.reshape(shape)
    }

    /// The shape that the tower was built with.
    pub fn config(&self) -> &ImageTowerConfig {
        &self.config
    }
}

/// One block; `vb` is at `blocks.{i}`.
fn block(vb: &VarBuilder<'_>, stage: Stage, inputs: usize, backend: Backend) -> Result<MbConv> {
    let expanded = inputs * stage.expansion;
    let expand = (stage.expansion > 1)
        .then(|| pointwise(&vb.pp("expand"), inputs, expanded, Activation::Relu6, Backend::Tensors))
        .transpose()?;
    let depthwise = Depthwise::new(
        vb.get((stage.kernel, stage.kernel, expanded), "depthwise.weight")?,
        vb.get(expanded, "depthwise.bias")?,
        stage.stride,
        Backend::Tensors,
    )?;
    let project = pointwise(
        &vb.pp("project"),
        expanded,
        stage.channels,
        Activation::Identity,
        Backend::Tensors,
    )?;
    let residual = stage.stride == 1 && inputs == stage.channels;
    MbConv::new(
        Layers {
            expand,
            depthwise,
            project,
            residual,
        },
        backend,
    )
}

fn pointwise(
    vb: &VarBuilder<'_>,
    inputs: usize,
    outputs: usize,
    activation: Activation,
    backend: Backend,
) -> Result<Pointwise> {
    Pointwise::new(
        vb.get((outputs, inputs), "weight")?,
        vb.get(outputs, "bias")?,
        activation,
        backend,
    )
}

#[cfg(test)]
mod tests;
