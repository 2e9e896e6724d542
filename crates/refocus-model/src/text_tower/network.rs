//! The transformer of the text tower: BERT (Devlin et al., arXiv 1810.04805) with int8 weights, computed in f32.
//!
//! All texts of a batch go through the dense layers as one list of tokens; only attention knows where a text ends, so
//! nothing is padded and every text has the same vector alone and in a batch. Activations are blocked,
//! `[blocks of sixteen, tokens]`, as the kernels of [`ops`](crate::ops) read them.

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

use std::borrow::Cow;
use std::ops::Range;

use super::TEXT_DIM;
use crate::ModelError;
use crate::assets::WeightFile;
use crate::ops::InstructionSet;
use crate::ops::channel_block::{CHANNELS, ChannelBlock};
use crate::ops::dense::{FEWEST_ROWS, Int8Dense};
use crate::ops::instruction_set::{Kernel, Lanes};
use crate::vector_math::{exp_of_negative, gelu};

/// Attention heads.
const HEADS: usize = 12;
/// Width of the feed-forward layers.
const INTERMEDIATE: usize = 1536;
/// Added to a variance before its root (`layer_norm_eps` of the parent's `config.json`).
const EPSILON: f32 = 1e-12;
/// Blocks of a token's activations.
const BLOCKS: usize = TEXT_DIM / CHANNELS;
/// Blocks of one head.
const HEAD_BLOCKS: usize = BLOCKS / HEADS;

/// The network's weights.
pub(crate) struct Network<'data> {
    set: InstructionSet,
    /// `[vocabulary, 384]`
    words: Cow<'data, [u8]>,
    /// `[vocabulary, 384 / values that share a scale]`
    word_scales: Vec<f32>,
    /// Values of a word's vector that share a scale.
    word_group: usize,
    /// `[positions, 384]`, with the vector of the only token type added.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

struct Layer {
    /// Queries, keys and values in one product.
    query_key_value: Int8Dense,
    attended: Int8Dense,
    attended_norm: Norm,
    up: Int8Dense,
    down: Int8Dense,
    down_norm: Norm,
}

/// Weight and bias of a layer norm, `[BLOCKS]` each.
struct Norm {
    weight: Vec<ChannelBlock>,
    bias: Vec<ChannelBlock>,
}

impl Norm {
    fn read(weights: &WeightFile<'_>, name: &str) -> Result<Self, ModelError> {
        let blocks = |part: &str| -> Result<Vec<ChannelBlock>, ModelError> {
            let values = weights.values_of_shape(&format!("{name}.LayerNorm.{part}"), &[TEXT_DIM])?;
            Ok(values.chunks_exact(CHANNELS).map(ChannelBlock::from_values).collect())
        };
        Ok(Self {
            weight: blocks("weight")?,
            bias: blocks("bias")?,
        })
    }
}

/// One or more layers of the file that read the same input, as one.
fn dense(weights: &WeightFile<'_>, names: &[String], outputs: usize, inputs: usize) -> Result<Int8Dense, ModelError> {
    let (mut values, mut scales, mut bias) = (Vec::new(), Vec::new(), Vec::new());
    for name in names {
        let (of_layer, of_groups) = weights.int8(&format!("{name}.weight"), &[outputs, inputs])?;
        values.extend_from_slice(&of_layer);
        scales.extend(of_groups);
        bias.extend(weights.values_of_shape(&format!("{name}.bias"), &[outputs])?);
    }
    Int8Dense::new(&values, &scales, &bias, inputs)
        .ok_or_else(|| weights.mismatch(format!("{} has scales that do not fit", names.join(" + "))))
}

impl<'data> Network<'data> {
    /// Reads the weights of `count` transformer layers; positions up to `max_tokens`.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when a tensor is missing or has another shape.
    pub(crate) fn read(weights: &WeightFile<'data>, max_tokens: usize, count: usize) -> Result<Self, ModelError> {
        let table = "embeddings.word_embeddings.weight";
        let vocabulary = weights.shape(table)?.first().copied().unwrap_or(0);
        let (words, word_scales) = weights.int8(table, &[vocabulary, TEXT_DIM])?;
        let groups = word_scales.len().checked_div(vocabulary).unwrap_or(0);
        let word_group = TEXT_DIM.checked_div(groups).unwrap_or(0);
        if word_group == 0 || word_scales.len() * word_group != vocabulary * TEXT_DIM {
            return Err(weights.mismatch(format!("{table} has {} scales", word_scales.len())));
        }
        let shape = [max_tokens, TEXT_DIM];
        let mut positions = weights.values_of_shape("embeddings.position_embeddings.weight", &shape)?;
        let types = weights.values_of_shape("embeddings.token_type_embeddings.weight", &[2, TEXT_DIM])?;
        for position in positions.chunks_exact_mut(TEXT_DIM) {
            position.iter_mut().zip(&types).for_each(|(p, t)| *p += t);
        }
        let layers = (0..count)
            .map(|layer| {
                let name = |part: &str| format!("encoder.layer.{layer}.{part}");
                let projections = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
                Ok(Layer {
                    query_key_value: dense(weights, &projections, TEXT_DIM, TEXT_DIM)?,
                    attended: dense(weights, &[name("attention.output.dense")], TEXT_DIM, TEXT_DIM)?,
                    attended_norm: Norm::read(weights, &name("attention.output"))?,
                    up: dense(weights, &[name("intermediate.dense")], INTERMEDIATE, TEXT_DIM)?,
                    down: dense(weights, &[name("output.dense")], TEXT_DIM, INTERMEDIATE)?,
                    down_norm: Norm::read(weights, &name("output"))?,
                })
            })
            .collect::<Result<_, ModelError>>()?;
        Ok(Self {
            set: InstructionSet::best(),
            words,
            word_scales,
            word_group,
            positions,
            norm: Norm::read(weights, "embeddings")?,
            layers,
        })
    }

    /// The same, with nothing borrowed.
    pub(crate) fn into_owned(self) -> Network<'static> {
        Network {
            set: self.set,
            words: Cow::Owned(self.words.into_owned()),
            word_scales: self.word_scales,
            word_group: self.word_group,
            positions: self.positions,
            norm: self.norm,
            layers: self.layers,
        }
    }

    /// Mean of the last layer over each text's tokens: `[texts, 384]`, not yet of unit length.
    pub(crate) fn forward(&self, texts: &[&[u32]]) -> Vec<f32> {
        let tokens: usize = texts.iter().map(|ids| ids.len()).sum();
        let rows = tokens.max(FEWEST_ROWS);
        let mut ranges = Vec::with_capacity(texts.len());
        let mut start = 0;
        for ids in texts {
            ranges.push(start..start + ids.len());
            start += ids.len();
        }
        let room = |blocks: usize| vec![ChannelBlock::ZERO; blocks * rows];
        let (mut x, mut wide, mut y) = (room(BLOCKS), room(INTERMEDIATE / CHANNELS), room(BLOCKS));
        let mut strip = Vec::new();
        self.look_up(texts, rows, &mut x);
        self.add_and_norm(&self.norm, rows, &mut x, None);
        for layer in &self.layers {
            let projected = layer.query_key_value.output_blocks() * rows;
            let projections = &mut wide[..projected];
            layer.query_key_value.apply(self.set, &x, rows, projections, &mut strip);
            self.set.run(Attention {
                projections,
                rows,
                texts: &ranges,
                out: &mut y,
            });
            let attended = &mut wide[..BLOCKS * rows];
            layer.attended.apply(self.set, &y, rows, attended, &mut strip);
            self.add_and_norm(&layer.attended_norm, rows, &mut x, Some(attended));
            layer.up.apply(self.set, &x, rows, &mut wide, &mut strip);
            self.set.run(Gelu(&mut wide));
            layer.down.apply(self.set, &wide, rows, &mut y, &mut strip);
            self.add_and_norm(&layer.down_norm, rows, &mut x, Some(&y));
        }
        let mut means = vec![0.0; texts.len() * TEXT_DIM];
        for (range, mean) in ranges.iter().zip(means.chunks_exact_mut(TEXT_DIM)) {
            let share = 1.0 / range.len().max(1) as f32;
            for (block, mean) in mean.as_chunks_mut::<CHANNELS>().0.iter_mut().enumerate() {
                for row in range.clone() {
                    for (mean, value) in mean.iter_mut().zip(x[block * rows + row].0) {
                        *mean += value * share;
                    }
                }
            }
        }
        means
    }

    /// Vectors of words and positions, `[BLOCKS, rows]`. A word that the table does not have is zero.
    fn look_up(&self, texts: &[&[u32]], rows: usize, x: &mut [ChannelBlock]) {
        let mut row = 0;
        for ids in texts {
            for (id, position) in ids.iter().zip(self.positions.chunks_exact(TEXT_DIM)) {
                let id = *id as usize;
                let word = self.words.get(id * TEXT_DIM..(id + 1) * TEXT_DIM).unwrap_or_default();
                let groups = TEXT_DIM / self.word_group;
                let scales = self.word_scales.get(id * groups..(id + 1) * groups).unwrap_or_default();
                for (i, (byte, position)) in word.iter().zip(position).enumerate() {
                    let value = f32::from(byte.cast_signed()) * scales[i / self.word_group] + position;
                    x[i / CHANNELS * rows + row].0[i % CHANNELS] = value;
                }
                row += 1;
            }
        }
    }

    /// x = norm(x + addend).
    fn add_and_norm(&self, norm: &Norm, rows: usize, x: &mut [ChannelBlock], addend: Option<&[ChannelBlock]>) {
        self.set.run(AddAndNorm { norm, rows, x, addend });
    }
}

struct AddAndNorm<'a> {
    norm: &'a Norm,
    rows: usize,
    x: &'a mut [ChannelBlock],
    addend: Option<&'a [ChannelBlock]>,
}

impl Kernel for AddAndNorm<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        if let Some(addend) = self.addend {
            for (x, addend) in self.x.iter_mut().zip(addend) {
                for lane in 0..CHANNELS {
                    x.0[lane] += addend.0[lane];
                }
            }
        }
        for row in 0..self.rows {
            let (mut sums, mut squares) = ([0.0f32; CHANNELS], [0.0f32; CHANNELS]);
            for block in 0..BLOCKS {
                let x = &self.x[block * self.rows + row].0;
                for lane in 0..CHANNELS {
                    sums[lane] += x[lane];
                }
            }
            let mean = sums.iter().sum::<f32>() / TEXT_DIM as f32;
            for block in 0..BLOCKS {
                let x = &self.x[block * self.rows + row].0;
                for lane in 0..CHANNELS {
                    squares[lane] += (x[lane] - mean) * (x[lane] - mean);
                }
            }
            let scale = 1.0 / (squares.iter().sum::<f32>() / TEXT_DIM as f32 + EPSILON).sqrt();
            for block in 0..BLOCKS {
                let x = &mut self.x[block * self.rows + row].0;
                let (weight, bias) = (&self.norm.weight[block].0, &self.norm.bias[block].0);
                for lane in 0..CHANNELS {
                    x[lane] = (x[lane] - mean) * scale * weight[lane] + bias[lane];
                }
            }
        }
    }
}

struct Gelu<'a>(&'a mut [ChannelBlock]);

impl Kernel for Gelu<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        for block in self.0 {
            for lane in 0..CHANNELS {
                block.0[lane] = gelu(block.0[lane]);
            }
        }
    }
}

/// Softmax attention within each text; `projections` is `[queries, keys, values]`, each `[BLOCKS, rows]`.
struct Attention<'a> {
    projections: &'a [ChannelBlock],
    rows: usize,
    texts: &'a [Range<usize>],
    out: &'a mut [ChannelBlock],
}

impl Kernel for Attention<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        let (queries, rest) = self.projections.split_at(BLOCKS * self.rows);
        let (keys, values) = rest.split_at(BLOCKS * self.rows);
        let scale = 1.0 / ((TEXT_DIM / HEADS) as f32).sqrt();
        let mut weights = Vec::new();
        for text in self.texts {
            weights.resize(text.len(), 0.0f32);
            for head in 0..HEADS {
                let first = head * HEAD_BLOCKS;
                for query in text.clone() {
                    let mut top = f32::NEG_INFINITY;
                    for (weight, key) in weights.iter_mut().zip(text.clone()) {
                        let mut products = [0.0f32; CHANNELS];
                        for block in first..first + HEAD_BLOCKS {
                            let (q, k) = (&queries[block * self.rows + query].0, &keys[block * self.rows + key].0);
                            for lane in 0..CHANNELS {
                                products[lane] += q[lane] * k[lane];
                            }
                        }
                        *weight = products.iter().sum::<f32>() * scale;
                        top = top.max(*weight);
                    }
                    let mut sum = 0.0;
                    for weight in &mut weights {
                        *weight = exp_of_negative(*weight - top);
                        sum += *weight;
                    }
                    for block in first..first + HEAD_BLOCKS {
                        let mut mean = [0.0f32; CHANNELS];
                        for (weight, value) in weights.iter().zip(text.clone()) {
                            let value = &values[block * self.rows + value].0;
                            for lane in 0..CHANNELS {
                                mean[lane] += weight * value[lane];
                            }
                        }
                        let out = &mut self.out[block * self.rows + query].0;
                        for lane in 0..CHANNELS {
                            out[lane] = mean[lane] / sum;
                        }
                    }
                }
            }
        }
    }
}
