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
    StackedMaps,
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
/// Pixels of the first level whose rows are computed together in neck and head: they bound the memory.
const STRIP: usize = 8_192;
/// Rows above and below that an output of the head's large kernels sees, and one, for whole pixels of the coarser level.
const REACH: usize = 4;
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
        let heads = self.heads(self.taps(picture, (width, height))?)?;
        let strip = (STRIP * STRIDE / width.max(1)).max(8);
        Ok(TextMap {
            width,
            probabilities: self.joined(&heads, (width, height), strip)?,
        })
    }

    /// The backbone's maps that the neck reads, from the finest to the coarsest.
    fn taps(&self, picture: &[u8], size: (usize, usize)) -> Result<Vec<Maps>> {
        let mut maps = self.stem.forward(picture, size)?;
        let mut taps = Vec::with_capacity(LEVELS);
        for (number, block) in self.blocks.iter().enumerate() {
            let next = block.forward(&maps)?;
            if HALVING.contains(&number) {
                taps.push(maps);
            }
            maps = next;
        }
        taps.push(maps);
        Ok(taps)
    }

    /// What the head makes of each level, from the coarsest to the finest.
    fn heads(&self, taps: Vec<Maps>) -> Result<Vec<Head>> {
        let mut coarser: Option<Maps> = None;
        let mut heads = Vec::with_capacity(LEVELS);
        for (number, (level, tap)) in self.levels.iter().zip(taps).enumerate().rev() {
            let factors = level.side_factors(&tap)?;
            let maps = if number == 0 {
                level.head_in_strips(self.path, &tap, &factors, coarser.as_ref(), STRIP)?
            } else {
                let side = level.side(self.path, &tap, &factors, coarser.as_ref())?;
                let maps = level.head.forward(&side)?;
                coarser = Some(side);
                maps
            };
            let factors = level.head_excitation.factors(&means(&maps)?);
            heads.push(Head {
                maps,
                factors,
                times: 1 << number,
            });
        }
        Ok(heads)
    }

    /// The probabilities, `[height, width]`, in strips of so many rows at [`STRIDE`].
    fn joined(&self, heads: &[Head], (width, height): (usize, usize), strip: usize) -> Result<Vec<f32>> {
        let rows = height / STRIDE;
        let mut out = Vec::with_capacity(width * height);
        for first in (0..rows).step_by(strip) {
            let last = (first + strip).min(rows);
            // The 3×3 convolution sees a row above and one below.
            let (from, to) = (first.saturating_sub(1), (last + 1).min(rows));
            let parts = heads
                .iter()
                .map(|head| head.maps.repeated(self.path, head.times, &head.factors, from..to));
            let parts = parts.collect::<Result<Vec<_>>>()?;
            let hidden = self.hidden.forward(&parts.iter().collect::<Vec<_>>())?;
            drop(parts);
            let logits = self.enlarge.forward(&hidden)?.window_means((1, 1), STRIDE * STRIDE)?;
            let pixels = width * STRIDE;
            let inner = (first - from) * pixels..(last - from) * pixels;
            out.extend(probabilities(logits.get(inner).unwrap_or_default(), width));
        }
        Ok(out)
    }
}

/// What the head makes of a level.
#[derive(Debug)]
struct Head {
    maps: Maps,
    /// Of its channels.
    factors: Vec<f32>,
    /// How often its pixels are repeated along an axis.
    times: usize,
}

impl Level {
    /// The factors of the channels that `side` gives, from the means of what it reads: the means of a pointwise convolution without a
    /// bias are that of the means.
    fn side_factors(&self, tap: &Maps) -> Result<Vec<f32>> {
        let inputs = means(tap)?;
        let inputs = inputs.get(..self.inputs).unwrap_or_default();
        let rows = self.side_weight.chunks_exact(self.inputs);
        let side: Vec<f32> = rows.map(|row| dot(row, inputs)).collect();
        Ok(self.side_excitation.factors(&side))
    }

    /// The map of the level: a pointwise convolution of the backbone's, excited, plus the coarser level's at twice its sides.
    fn side(&self, path: Backend, tap: &Maps, factors: &[f32], coarser: Option<&Maps>) -> Result<Maps> {
        let mut side = self.side.forward(&[tap])?;
        side.excite(path, factors, coarser)?;
        Ok(side)
    }

    /// The head over the largest map, which itself is never in memory as a whole: in strips of about so many pixels. They are of even
    /// numbers of rows, as is what each sees beyond its own.
    fn head_in_strips(
        &self,
        path: Backend,
        tap: &Maps,
        factors: &[f32],
        coarser: Option<&Maps>,
        pixels: usize,
    ) -> Result<Maps> {
        let (rows, columns) = tap.sides()?;
        let strip = (pixels / columns.max(1)).max(REACH).next_multiple_of(2);
        let mut whole = StackedMaps::new(rows);
        for first in (0..rows).step_by(strip) {
            let last = (first + strip).min(rows);
            let (from, to) = (first.saturating_sub(REACH), (last + REACH).min(rows));
            let coarser = coarser.map(|coarser| coarser.rows(from / 2..to / 2)).transpose()?;
            let side = self.side(path, &tap.rows(from..to)?, factors, coarser.as_ref())?;
            whole.push(&self.head.forward(&side)?, first - from..last - from)?;
        }
        whole.whole()
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
    let depthwise = loader.tensors(&format!("{head}.depthwise"))?;
    let pointwise = loader.tensors(&format!("{head}.pointwise"))?;
    let (slope, offset) = EXCITATION;
    Ok(Level {
        side: loader.convolution(&side, 1, &[inputs], Activation::Identity)?,
        side_weight: loader.weights.values(&format!("{side}.weight"))?,
        side_excitation: loader.excitation(&neck, slope, offset)?,
        head: LargeSeparable::new(depthwise.each_ref(), pointwise.each_ref(), loader.path)?,
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
    let weights = MixerWeights {
        depthwise: None,
        expand: expand.each_ref(),
        project: project.each_ref(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets;
    use crate::device::synthetic_picture;
    use crate::ops::{InstructionSet, assert_maps_close};

    #[test]
    fn neck_and_head_give_the_same_in_strips() {
        let weights = WeightFile::open("text-gate.safetensors", assets::text_gate(), &assets::TEXT_GATE_IS).unwrap();
        let (width, height) = (320, 224);
        let pixels = &synthetic_picture()[..width * height * 3];
        for path in [Backend::Kernels(InstructionSet::best()), Backend::Tensors] {
            let detector = Detector::new(&weights, &Device::Cpu, path).unwrap();
            let level = &detector.levels[0];
            let taps = detector.taps(pixels, (width, height)).unwrap();
            let tap = &taps[0];
            let factors = level.side_factors(tap).unwrap();
            let coarser = detector.levels[1].side(path, &taps[1], &[1.0; 64], None).unwrap();
            let side = level.side(path, tap, &factors, Some(&coarser)).unwrap();
            let whole = level.head.forward(&side).unwrap();
            for strip in [80 * 6, 80 * 20] {
                let found = level
                    .head_in_strips(path, tap, &factors, Some(&coarser), strip)
                    .unwrap();
                assert_maps_close(&found, &whole, &format!("strips of {strip} pixels, {path:?}"));
            }
            let heads = [Head {
                maps: whole,
                factors: vec![0.5; 16],
                times: 1,
            }];
            assert!(
                detector.joined(&heads, (width, height), 8).is_err(),
                "other levels are missing"
            );
        }
    }

    #[test]
    fn probabilities_are_the_same_in_strips_of_any_size() {
        let weights = WeightFile::open("text-gate.safetensors", assets::text_gate(), &assets::TEXT_GATE_IS).unwrap();
        let (width, height) = (320, 224);
        let pixels = &synthetic_picture()[..width * height * 3];
        for path in [Backend::Kernels(InstructionSet::best()), Backend::Tensors] {
            let detector = Detector::new(&weights, &Device::Cpu, path).unwrap();
            let heads = detector.heads(detector.taps(pixels, (width, height)).unwrap()).unwrap();
            let whole = detector.joined(&heads, (width, height), height).unwrap();
            assert_eq!(whole.len(), width * height);
            for strip in [8, 20] {
                let found = detector.joined(&heads, (width, height), strip).unwrap();
                let most = found.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(most < 1e-4, "strips of {strip} rows, {path:?}: {most}");
            }
        }
    }
}
