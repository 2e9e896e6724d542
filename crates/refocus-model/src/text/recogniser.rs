//! What a line of text says: a picture of 48 rows → the likeliest character at every eighth column.
//!
//! A backbone of mixing blocks that keeps the line's length, a neck of convolutions and two transformer layers along the line, one dense
//! layer over all characters. Reference: the graph `PP-OCRv6_small_rec` of PaddleOCR (SVTR, arXiv 2205.00159, and its LCNet form).
//! Weights: `assets/text-recogniser.safetensors`, written by `packaging/assets/convert_text_reader.py`, which names each tensor.

use candle_core::{D, Device, Result, Tensor};

use super::ctc::Step;
use super::layers::{Loader, Stem};
use crate::ModelError;
use crate::assets::WeightFile;
use crate::ops::channel_block::{CHANNELS, ChannelBlock, at_least};
use crate::ops::dense::{FEWEST_ROWS, Int8Dense};
use crate::ops::instruction_set::{Kernel, Lanes};
use crate::ops::{Activation, Backend, InstructionSet, Mixer, PixelScale, Pointwise};
use crate::vector_math::exp_of_negative;

/// Rows of a line.
pub(super) const ROWS: usize = 48;
/// Columns of a line are a multiple of this: those of a step.
pub(super) const COLUMNS: usize = 8;
/// Blocks of the backbone.
const BLOCKS: usize = 13;
/// Those that halve the height.
const HALVING: [usize; 2] = [3, 10];
/// Rows and columns of the backbone's map that a step takes the mean of.
const WINDOW: (usize, usize) = (3, 2);
/// Channels of the backbone's map.
const FEATURES: usize = 384;
/// Width of the neck.
const WIDTH: usize = 120;
/// Attention heads, and the width of one.
const HEADS: (usize, usize) = (8, 15);
/// Transformer layers.
const LAYERS: usize = 2;
/// Added to variances before their root: of the layers' norms, and of the last.
const EPSILON: (f64, f64) = (1e-5, 1e-6);
/// Steps whose classes are computed together: they bound the memory.
const TOGETHER: usize = 64;
/// x / 127.5 - 1.
const SCALE: PixelScale = PixelScale {
    mean: [127.5; 3],
    deviation: [127.5; 3],
};

/// The network.
#[derive(Debug)]
pub(super) struct Recogniser {
    device: Device,
    stem: Stem,
    blocks: Vec<Mixer>,
    neck: Neck,
    output: Output,
    /// Of the classes from 1 on.
    pub(super) characters: Vec<char>,
}

/// From the backbone's features to what the last layer reads.
#[derive(Debug)]
struct Neck {
    side: Pointwise,
    reduce: Pointwise,
    /// `[taps, WIDTH]` along the line, and its bias.
    depthwise: [Tensor; 2],
    layers: Vec<Layer>,
    norm: [Tensor; 2],
}

/// A transformer layer, its norms first.
#[derive(Debug)]
struct Layer {
    first: [Tensor; 2],
    query_key_value: Pointwise,
    joined: Pointwise,
    second: [Tensor; 2],
    widen: Pointwise,
    narrow: Pointwise,
}

/// The last layer.
#[derive(Debug)]
enum Output {
    Kernels {
        set: InstructionSet,
        dense: Int8Dense,
        classes: usize,
    },
    /// `[WIDTH, classes]` and `[classes]`.
    Tensors([Tensor; 2]),
}

impl Recogniser {
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
            let strides = if HALVING.contains(&number) { (2, 1) } else { (1, 1) };
            loader.block(&format!("blocks.{number}"), strides)
        };
        let classes = *weights.shape("head.output.weight")?.first().unwrap_or(&0);
        let bytes = *weights.shape("characters")?.first().unwrap_or(&0);
        let characters = std::str::from_utf8(weights.bytes("characters", bytes)?)
            .map_err(|error| weights.mismatch(format!("characters: {error}")))?;
        // Not `lines`: one of the characters might be taken for the end of one.
        let mut characters: Vec<char> = characters.split('\n').filter_map(|line| line.chars().next()).collect();
        characters.push(' ');
        if characters.len() + 1 != classes {
            return Err(weights.mismatch(format!("{} characters for {classes} classes", characters.len())));
        }
        Ok(Self {
            device: device.clone(),
            stem: Stem::new(&loader, SCALE)?,
            blocks: (0..BLOCKS).map(block).collect::<std::result::Result<_, _>>()?,
            neck: Neck::new(&loader)?,
            output: Output::new(&loader, classes)?,
            characters,
        })
    }

    /// `line` is `[ROWS, width, 3]`, RGB, 8 bits, `width` a multiple of [`COLUMNS`]; one step for as many columns.
    ///
    /// # Errors
    /// A line of another size, a device that fails.
    pub(super) fn forward(&self, line: &[u8], width: usize) -> Result<Vec<Step>> {
        let features = self.features(line, width)?;
        let steps = width / COLUMNS;
        let features = Tensor::from_vec(features, (1, 1, steps, FEATURES), &self.device)?;
        let rows: Vec<f32> = self.neck.forward(&features)?.flatten_all()?.to_vec1()?;
        self.output.steps(&rows)
    }

    /// What the backbone gives for a line, `[steps, FEATURES]`.
    ///
    /// # Errors
    /// As [`Recogniser::forward`].
    pub(super) fn features(&self, line: &[u8], width: usize) -> Result<Vec<f32>> {
        if width == 0 || !width.is_multiple_of(COLUMNS) {
            candle_core::bail!("a line of {width} columns, not a multiple of {COLUMNS}");
        }
        let mut maps = self.stem.forward(line, (width, ROWS))?;
        for block in &self.blocks {
            maps = block.forward(&maps)?;
        }
        maps.window_means(WINDOW, FEATURES)
    }
}

impl Neck {
    fn new(loader: &Loader<'_>) -> std::result::Result<Self, ModelError> {
        let dense = |name: &str| -> std::result::Result<Pointwise, ModelError> {
            let [weight, bias] = loader.tensors(name)?;
            Ok(Pointwise::new(weight, bias, Activation::Identity, loader.path)?)
        };
        let depthwise = |kind: &str| loader.weights.tensor(&format!("neck.depthwise.{kind}"), loader.device);
        let layer = |number: usize| -> std::result::Result<Layer, ModelError> {
            let name = |part: &str| format!("neck.layers.{number}.{part}");
            Ok(Layer {
                first: loader.tensors(&name("first"))?,
                query_key_value: dense(&name("qkv"))?,
                joined: dense(&name("joined"))?,
                second: loader.tensors(&name("second"))?,
                widen: dense(&name("widen"))?,
                narrow: dense(&name("narrow"))?,
            })
        };
        Ok(Self {
            side: dense("neck.side")?,
            reduce: dense("neck.reduce")?,
            depthwise: [depthwise("weight")?, depthwise("bias")?],
            layers: (0..LAYERS).map(layer).collect::<std::result::Result<_, _>>()?,
            norm: loader.tensors("neck.norm")?,
        })
    }

    /// `[1, 1, steps, FEATURES]` → `[1, 1, steps, WIDTH]`.
    fn forward(&self, features: &Tensor) -> Result<Tensor> {
        let side = self.side.forward(features)?.silu()?;
        let reduced = self.reduce.forward(features)?.silu()?;
        let mut x = (&reduced + self.along(&reduced)?.silu()?)?;
        for layer in &self.layers {
            x = layer.forward(&x)?;
        }
        norm(&x, &self.norm, EPSILON.1)? + side
    }

    /// The depthwise convolution along the line.
    fn along(&self, x: &Tensor) -> Result<Tensor> {
        let [weight, bias] = &self.depthwise;
        let (taps, steps) = (weight.dim(0)?, x.dim(2)?);
        let padded = x.pad_with_zeros(2, taps / 2, taps / 2)?;
        let mut sum = bias.broadcast_as(x.shape())?;
        for tap in 0..taps {
            sum = (sum + padded.narrow(2, tap, steps)?.broadcast_mul(&weight.get(tap)?)?)?;
        }
        Ok(sum)
    }
}

impl Layer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let attended = self.attention(&norm(x, &self.first, EPSILON.0)?)?;
        let x = (x + self.joined.forward(&attended)?)?;
        let wide = self.widen.forward(&norm(&x, &self.second, EPSILON.0)?)?.silu()?;
        x + self.narrow.forward(&wide)?
    }

    /// Every step attends to every other, without a mask and without positions.
    fn attention(&self, x: &Tensor) -> Result<Tensor> {
        let (heads, width) = HEADS;
        let steps = x.dim(2)?;
        let projected = self.query_key_value.forward(x)?.reshape((steps, 3, heads, width))?;
        // `[heads, steps, width]`
        let part = |number: usize| {
            projected
                .narrow(1, number, 1)?
                .squeeze(1)?
                .transpose(0, 1)?
                .contiguous()
        };
        let (query, key, value) = (part(0)?, part(1)?, part(2)?);
        let scores = (query.matmul(&key.t()?)? * (width as f64).powf(-0.5))?;
        let attended = candle_nn::ops::softmax_last_dim(&scores)?.matmul(&value)?;
        attended.transpose(0, 1)?.reshape((1, 1, steps, WIDTH))
    }
}

/// Layer norm over the last axis.
fn norm(x: &Tensor, [weight, bias]: &[Tensor; 2], epsilon: f64) -> Result<Tensor> {
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    let scaled = centred.broadcast_div(&(variance + epsilon)?.sqrt()?)?;
    scaled.broadcast_mul(weight)?.broadcast_add(bias)
}

impl Output {
    fn new(loader: &Loader<'_>, classes: usize) -> std::result::Result<Self, ModelError> {
        let name = "head.output.weight";
        let bias = loader.weights.values_of_shape("head.output.bias", &[classes])?;
        match loader.path {
            Backend::Kernels(set) => {
                let (weight, scales) = loader.weights.int8(name, &[classes, WIDTH])?;
                let inputs = WIDTH.next_multiple_of(CHANNELS);
                let mut filled = vec![0; classes * inputs];
                for (to, row) in filled.chunks_exact_mut(inputs).zip(weight.chunks_exact(WIDTH)) {
                    to[..WIDTH].copy_from_slice(row);
                }
                let dense = Int8Dense::new(&filled, &scales, &bias, inputs)
                    .ok_or_else(|| loader.weights.mismatch(format!("{name} has scales that do not fit")))?;
                Ok(Self::Kernels { set, dense, classes })
            }
            Backend::Tensors => {
                let weight = loader.weights.tensor(name, loader.device)?.t()?.contiguous()?;
                Ok(Self::Tensors([weight, Tensor::from_vec(bias, classes, loader.device)?]))
            }
        }
    }

    /// The likeliest class of each row of `[steps, WIDTH]`.
    fn steps(&self, rows: &[f32]) -> Result<Vec<Step>> {
        match self {
            Self::Kernels { set, dense, classes } => {
                let (mut input, mut logits, mut strip) = (Vec::new(), Vec::new(), Vec::new());
                let mut steps = Vec::with_capacity(rows.len() / WIDTH);
                for rows in rows.chunks(TOGETHER * WIDTH) {
                    let count = rows.len() / WIDTH;
                    let filled = count.max(FEWEST_ROWS);
                    let input = at_least(&mut input, WIDTH.div_ceil(CHANNELS) * filled);
                    input.fill(ChannelBlock::ZERO);
                    for (row, values) in rows.chunks_exact(WIDTH).enumerate() {
                        for (block, values) in values.chunks(CHANNELS).enumerate() {
                            input[block * filled + row] = ChannelBlock::from_values(values);
                        }
                    }
                    let logits = at_least(&mut logits, dense.output_blocks() * filled);
                    dense.apply(*set, input, filled, logits, &mut strip);
                    for row in 0..count {
                        let mut step = Step {
                            class: 0,
                            probability: 0.0,
                        };
                        set.run(Likeliest {
                            logits,
                            rows: filled,
                            row,
                            classes: *classes,
                            step: &mut step,
                        });
                        steps.push(step);
                    }
                }
                Ok(steps)
            }
            Self::Tensors([weight, bias]) => {
                let rows = Tensor::from_slice(rows, (rows.len() / WIDTH, WIDTH), weight.device())?;
                let logits = rows.matmul(weight)?.broadcast_add(bias)?;
                let probabilities = candle_nn::ops::softmax_last_dim(&logits)?;
                let classes: Vec<u32> = probabilities.argmax(D::Minus1)?.to_vec1()?;
                let highest: Vec<f32> = probabilities.max(D::Minus1)?.to_vec1()?;
                let steps = classes.into_iter().zip(highest);
                Ok(steps
                    .map(|(class, probability)| Step {
                        class: class as usize,
                        probability,
                    })
                    .collect())
            }
        }
    }
}

/// The highest of a row's logits, and its share in the softmax.
struct Likeliest<'a> {
    /// `[class blocks, rows]`
    logits: &'a [ChannelBlock],
    rows: usize,
    row: usize,
    classes: usize,
    step: &'a mut Step,
}

impl Kernel for Likeliest<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Some(row) = self.logits.get(self.row..) else {
            return;
        };
        let whole = self.classes / CHANNELS;
        let last = self.classes % CHANNELS;
        let mut highest = lanes.load(&ChannelBlock([f32::NEG_INFINITY; CHANNELS]));
        for block in row.iter().step_by(self.rows).take(whole) {
            highest = lanes.max(highest, lanes.load(block));
        }
        let mut lanes_highest = ChannelBlock::ZERO;
        lanes.store(highest, &mut lanes_highest);
        let rest = row
            .iter()
            .step_by(self.rows)
            .nth(whole)
            .map_or(&[][..], |block| &block.0[..last]);
        let top = lanes_highest
            .0
            .iter()
            .chain(rest)
            .copied()
            .fold(f32::NEG_INFINITY, f32::max);
        let (mut class, mut sums) = (None, [0f32; CHANNELS]);
        for (number, block) in row.iter().step_by(self.rows).take(whole).enumerate() {
            let mut found = false;
            for (sum, logit) in sums.iter_mut().zip(&block.0) {
                *sum += exp_of_negative(*logit - top);
                found |= *logit == top;
            }
            if found && class.is_none() {
                class = block
                    .0
                    .iter()
                    .position(|logit| *logit == top)
                    .map(|lane| number * CHANNELS + lane);
            }
        }
        let mut sum: f32 = sums.iter().sum();
        for (lane, logit) in rest.iter().enumerate() {
            sum += exp_of_negative(*logit - top);
            if *logit == top {
                class = class.or(Some(whole * CHANNELS + lane));
            }
        }
        self.step.class = class.unwrap_or(0);
        self.step.probability = if sum > 0.0 { 1.0 / sum } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_class_is_found_wherever_it_lies() {
        let (classes, rows) = (35, 2);
        for wanted in [0, 15, 16, 31, 32, 34] {
            let mut logits = vec![ChannelBlock([-1.0; CHANNELS]); 3 * rows];
            logits[wanted / CHANNELS * rows + 1].0[wanted % CHANNELS] = 2.0;
            // What fills up the last block is no class.
            logits[2 * rows + 1].0[3..].fill(9.0);
            for set in InstructionSet::available() {
                let mut step = Step {
                    class: 99,
                    probability: 0.0,
                };
                set.run(Likeliest {
                    logits: &logits,
                    rows,
                    row: 1,
                    classes,
                    step: &mut step,
                });
                assert_eq!(step.class, wanted, "{}", set.name());
                let expected = 1.0 / (1.0 + 34.0 * (-3f32).exp());
                assert!((step.probability - expected).abs() < 1e-4, "{}: {step:?}", set.name());
            }
        }
    }
}
