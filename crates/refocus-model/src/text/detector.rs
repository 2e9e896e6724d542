//! Where text is: for each pixel the probability that it lies in the core of a line of text (DB, "Real-time Scene Text Detection with
//! Differentiable Binarization", arXiv 1911.08947).
//!
//! A backbone of mixing blocks, a neck that carries coarse maps to finer ones (feature pyramid, arXiv 1612.03144), a head that joins
//! four levels. Reference: the graphs `PP-OCRv6_{tiny,small}_det` of PaddleOCR, which differ in channels and in the size of the head's
//! kernels. Weights: `assets/text-gate.safetensors` and `assets/text-detector.safetensors`, written by
//! `packaging/assets/convert_text_reader.py`, which names each tensor.

use candle_core::{Device, Result, Tensor};

use super::layers::{Loader, STRIDE, Stem};
use crate::ModelError;
use crate::assets::WeightFile;
use crate::ops::{
    Activation, Backend, Between, Convolution, Excitation, LargeSeparable, Maps, Mixer, MixerWeights, PixelScale,
};
use crate::vector_math::dot;

/// Sides are multiples of this: pixels of the picture for a pixel of the coarsest level.
pub(super) const STEP: usize = 32;
/// Levels of the pyramid, the first at [`STRIDE`], each of half the sides.
const LEVELS: usize = 4;
/// Blocks of the backbone.
const BLOCKS: usize = 13;
/// Those that halve the sides; before them, and after the last block, the neck reads.
const HALVING: [usize; LEVELS - 1] = [2, 5, 10];
/// Slope and offset of the excitation in neck and head.
const EXCITATION: (f32, f32) = (0.2, 1.0);
/// ImageNet's mean and deviation, which the original applies to blue, green and red, in steps of 8-bit pixels.
const SCALE: PixelScale = PixelScale {
    mean: [103.53, 116.28, 123.675],
    deviation: [57.375, 57.12, 58.395],
};

/// The network.
#[derive(Debug)]
pub(super) struct Detector {
    path: Backend,
    stem: Stem,
    blocks: Vec<Mixer>,
    levels: Vec<Level>,
    hidden: Convolution,
    /// Both transposed convolutions: a pixel becomes 4×4 logits.
    enlarge: Mixer,
}

/// A level of neck and head.
#[derive(Debug)]
struct Level {
    side: Convolution,
    /// `[out, in]`: for the means of what `side` gives.
    side_weight: Vec<f32>,
    side_excitation: Excitation,
    head: LargeSeparable,
    head_excitation: Excitation,
    /// Channels of the map that the level reads.
    inputs: usize,
}

/// Probabilities that pixels lie in the core of a line of text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TextMap {
    /// Pixels of a row.
    pub(super) width: usize,
    /// `[height, width]`, 0 to 1.
    pub(super) probabilities: Vec<f32>,
}

impl Detector {
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
        let block = |number: usize| {
            let strides = if HALVING.contains(&number) { (2, 2) } else { (1, 1) };
            loader.block(&format!("blocks.{number}"), strides)
        };
        let joined = weights.shape("head.hidden.weight")?.last().copied().unwrap_or(0) / LEVELS;
        Ok(Self {
            path,
            stem: Stem::new(&loader, SCALE)?,
            blocks: (0..BLOCKS).map(block).collect::<std::result::Result<_, _>>()?,
            levels: (0..LEVELS)
                .map(|number| level(&loader, number))
                .collect::<std::result::Result<_, _>>()?,
            hidden: loader.convolution("head.hidden", 1, &[joined; LEVELS], Activation::Relu)?,
            enlarge: enlarge(&loader)?,
        })
    }

    /// `picture` is `[height, width, 3]`, RGB, 8 bits, both sides multiples of [`STEP`]; the map has its size.
    ///
    /// # Errors
    /// A picture of another size, a device that fails.
    pub(super) fn forward(&self, picture: &[u8], (width, height): (usize, usize)) -> Result<TextMap> {
        if !width.is_multiple_of(STEP) || !height.is_multiple_of(STEP) {
            candle_core::bail!("a picture of {width} × {height} pixels, sides must be multiples of {STEP}");
        }
        let mut maps = self.stem.forward(picture, (width, height))?;
        let mut taps = Vec::with_capacity(LEVELS);
        for (number, block) in self.blocks.iter().enumerate() {
            let next = block.forward(&maps)?;
            if HALVING.contains(&number) {
                taps.push(maps);
            }
            maps = next;
        }
        taps.push(maps);
        let mut coarser: Option<Maps> = None;
        let mut joined = Vec::with_capacity(LEVELS);
        for (number, (level, tap)) in self.levels.iter().zip(taps).enumerate().rev() {
            let side = level.forward(self.path, tap, coarser.take())?;
            let head = level.head.forward(&side)?;
            coarser = Some(side);
            let factors = level.head_excitation.factors(&means(&head)?);
            joined.push(head.repeated(self.path, 1 << number, &factors, None)?);
        }
        drop(coarser);
        let joined: Vec<&Maps> = joined.iter().collect();
        let maps = self.enlarge.forward(&self.hidden.forward(&joined)?)?;
        let logits = maps.window_means((1, 1), STRIDE * STRIDE)?;
        Ok(TextMap {
            width,
            probabilities: probabilities(&logits, width),
        })
    }
}

impl Level {
    /// The map of the level: a pointwise convolution of the backbone's, excited, plus the coarser level's at twice its sides.
    fn forward(&self, path: Backend, tap: Maps, coarser: Option<Maps>) -> Result<Maps> {
        // The means of a pointwise convolution are that of the means.
        let inputs = means(&tap)?;
        let inputs = inputs.get(..self.inputs).unwrap_or_default();
        let rows = self.side_weight.chunks_exact(self.inputs);
        let side: Vec<f32> = rows.map(|row| dot(row, inputs)).collect();
        let factors = self.side_excitation.factors(&side);
        let side = self.side.forward(&[&tap])?;
        drop(tap);
        let excited = side.repeated(path, 1, &factors, None)?;
        match coarser {
            Some(coarser) => coarser.repeated(path, 2, &vec![1.0; factors.len()], Some(&excited)),
            None => Ok(excited),
        }
    }
}

/// The channels' means of a picture's maps.
fn means(maps: &Maps) -> Result<Vec<f32>> {
    Ok(maps.channel_means()?.into_iter().next().unwrap_or_default())
}

fn level(loader: &Loader<'_>, number: usize) -> std::result::Result<Level, ModelError> {
    let (neck, head) = (format!("neck.{number}"), format!("head.{number}"));
    let side = format!("{neck}.side");
    let shape = loader.weights.shape(&format!("{side}.weight"))?;
    let [_, inputs] = *shape.as_slice() else {
        return Err(loader.weights.mismatch(format!("{side} has the shape {shape:?}")));
    };
    let depthwise = [
        loader
            .weights
            .tensor(&format!("{head}.depthwise.weight"), loader.device)?,
        loader
            .weights
            .tensor(&format!("{head}.depthwise.bias"), loader.device)?,
    ];
    let pointwise = loader.tensors(&format!("{head}.pointwise"))?;
    let ([a, b], [c, d]) = (&depthwise, &pointwise);
    let (slope, offset) = EXCITATION;
    Ok(Level {
        side: loader.convolution(&side, 1, &[inputs], Activation::Identity)?,
        side_weight: loader.weights.values(&format!("{side}.weight"))?,
        side_excitation: loader.excitation(&neck, slope, offset)?,
        head: LargeSeparable::new([a, b], [c, d], loader.path)?,
        head_excitation: loader.excitation(&head, slope, offset)?,
        inputs,
    })
}

/// Both transposed convolutions of 2×2 pixels and stride 2: no two of their windows meet, so that they mix the channels of a pixel.
fn enlarge(loader: &Loader<'_>) -> std::result::Result<Mixer, ModelError> {
    let names = ["head.enlarge", "head.output"];
    let shapes = names.map(|name| loader.weights.shape(&format!("{name}.weight")));
    let [first_shape, last_shape] = shapes;
    let (first_shape, last_shape) = (first_shape?, last_shape?);
    let ([2, 2, outputs, inputs], [2, 2, 1, hidden]) = (first_shape.as_slice(), last_shape.as_slice()) else {
        return Err(loader
            .weights
            .mismatch(format!("head.enlarge {first_shape:?}, head.output {last_shape:?}")));
    };
    let (outputs, inputs, hidden) = (*outputs, *inputs, *hidden);
    if outputs != hidden {
        return Err(loader.weights.mismatch(format!(
            "head.enlarge gives {outputs} channels, head.output reads {hidden}"
        )));
    }
    let values = |name: &str| loader.weights.values(name);
    let first_bias = values("head.enlarge.bias")?.repeat(4);
    let last = values("head.output.weight")?;
    let last_bias = values("head.output.bias")?.repeat(STRIDE * STRIDE);
    let mut spread = vec![0.0; STRIDE * STRIDE * 4 * hidden];
    for (pixel, row) in spread.chunks_exact_mut(4 * hidden).enumerate() {
        // Which of the 2×2 pixels of the first convolution, and which of the 2×2 that the second makes of it.
        let (y, x) = (pixel / STRIDE, pixel % STRIDE);
        let (from, to) = (y / 2 * 2 + x / 2, y % 2 * 2 + x % 2);
        let weights = last.chunks_exact(hidden).nth(to).unwrap_or_default();
        for (out, weight) in row.iter_mut().skip(from * hidden).zip(weights) {
            *out = *weight;
        }
    }
    let tensor =
        |values: Vec<f32>, shape: (usize, usize)| -> Result<Tensor> { Tensor::from_vec(values, shape, loader.device) };
    let vector = |values: Vec<f32>| -> Result<Tensor> {
        let length = values.len();
        Tensor::from_vec(values, length, loader.device)
    };
    let expand = [
        tensor(values("head.enlarge.weight")?, (4 * outputs, inputs))?,
        vector(first_bias)?,
    ];
    let project = [tensor(spread, (STRIDE * STRIDE, 4 * hidden))?, vector(last_bias)?];
    let ([a, b], [c, d]) = (&expand, &project);
    let weights = MixerWeights {
        depthwise: None,
        expand: [a, b],
        project: [c, d],
    };
    Ok(Mixer::new(&weights, (1, 1), (Between::Relu, false), None, loader.path)?)
}

/// Sigmoid of logits `[height / STRIDE, width / STRIDE, STRIDE, STRIDE]`, as `[height, width]`.
fn probabilities(logits: &[f32], width: usize) -> Vec<f32> {
    let mut out = vec![0.0; logits.len()];
    let rows = logits.chunks_exact((width * STRIDE).max(1));
    for (logits, out) in rows.zip(out.chunks_exact_mut((width * STRIDE).max(1))) {
        for (column, pixels) in logits.chunks_exact(STRIDE * STRIDE).enumerate() {
            for (row, pixels) in pixels.chunks_exact(STRIDE).enumerate() {
                let start = row * width + column * STRIDE;
                for (out, logit) in out.iter_mut().skip(start).zip(pixels) {
                    *out = 1.0 / (1.0 + (-logit).exp());
                }
            }
        }
    }
    out
}
