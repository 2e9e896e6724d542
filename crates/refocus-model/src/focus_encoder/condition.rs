//! An instruction, ready to act on photo tokens.
//!
//! All that depends on the instruction alone is worked out once and multiplied into the weights: queries, the modulation
//! of values and hidden layer, the router's weights. Two linear layers without anything between them (merge, hidden) are
//! one matrix. What is left a photo is an attention over 25 tokens and three small products.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use pulp::NullaryFnOnce;

use super::answers::Answers;
use super::attend::{HEADS, Queries};
#[cfg(target_arch = "x86_64")]
use super::attend_int16::RoundedQueries;
use super::weights::FocusEncoderWeights;
use super::{FocusEncoderConfig, FocusEncoderGraph};
use crate::ModelError;
use crate::encoding::SEMANTIC_DIM;
use crate::encoding::TOKEN_DIM;
use crate::named_colours::COLOURS;
use crate::ops::channel_block::{ChannelBlock, blocks_of};
use crate::ops::dense::Dense;
use crate::vector_math::{add_scaled, dot, normalise};

/// Familiarity (see [`FocusEncoder::familiarity`]) from which an instruction is trusted in full, and below which not at
/// all.
const TRUSTED: f32 = 0.9;
/// See [`TRUSTED`].
const UNKNOWN: f32 = 0.5;
/// Known instructions whose agreement counts.
const NEIGHBOURS: usize = 10;
/// Agreement of the neighbours that is enough, and what it costs familiarity when there is none.
const AGREED: f32 = 0.6;
/// See [`AGREED`].
const DISAGREEMENT: f32 = 0.3;
/// Power of the likeness by which neighbours count where it is asked whether they agree.
const AGREEING: i32 = 4;
/// The same where it is decided what they ask for, if one of them is [`NEAR`]: then it counts more than the others.
const DECIDING: i32 = 12;
/// Likeness of a wording that means nearly the same.
const NEAR: f32 = 0.7;
/// From this share of naming neighbours on an instruction is taken to name something in the photo.
const NAMING: f32 = 0.5;
/// How far an instruction is moved towards the middle of the known ones that ask the same: one that is known, and one that is
/// not known at all. Training moves its own as far at most.
pub const TOWARDS_KNOWN: Range<f32> = 0.3..0.6;
/// The answers' share of a conditional embedding at most: the rest tells photos of one answer apart.
const MOST_ANSWERS: f32 = 0.8;
/// Weight of the plain vector where an instruction is not known at all.
const PLAIN_INSTEAD: f32 = 0.6;
/// Trust in an instruction that is not known at all. Beside the plain vector, what the head makes of it is worth something
/// even then: of five aspects that were left out of training, four come out above plain.
const LEAST_TRUST: f32 = 0.4;

/// A focus encoder in memory: its weights and what follows from them for every instruction.
pub struct FocusEncoder {
    weights: FocusEncoderWeights,
    graph: FocusEncoderGraph,
    /// `[384, 192]`: columns of the text basis.
    basis: Tensor,
    /// The layers that are the same for every instruction: semantic basis → text basis (128 → 192), named colours → text
    /// basis (32 → 192), output.
    fixed: [Arc<Dense>; 3],
    /// `[values, hidden]`: merge and hidden layer in one.
    merged: Vec<f32>,
    /// `[hidden]`.
    merged_bias: Vec<f32>,
}

/// What the router says of an instruction, with the trust in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Routes {
    /// Weight of ConSE beside h.
    pub semantic: f32,
    /// Weight of the foreground's colours as text beside h.
    pub colour: f32,
    /// Weight of y itself: the trust.
    pub text: f32,
    /// Weight of the plain vector.
    pub plain: f32,
    /// Weight of the foreground's colours.
    pub foreground: f32,
    /// Weight of the background's colours.
    pub background: f32,
    /// Share that the answers have of the squared length of a conditional embedding, 0–1.
    pub answers: f32,
}

/// An instruction as the focus encoder applies it.
#[derive(Clone)]
pub struct FocusCondition {
    pub(super) config: FocusEncoderConfig,
    /// Scaled for the softmax.
    pub(super) queries: Box<Queries>,
    #[cfg(target_arch = "x86_64")]
    pub(super) rounded_queries: RoundedQueries,
    /// Scores of the zero token.
    pub(super) zero: [f32; HEADS],
    /// For each head `token_dim` → `value_dim`, modulated.
    pub(super) values: Vec<Dense>,
    /// values → hidden, modulated.
    pub(super) hidden: Dense,
    /// hidden → output.
    pub(super) output: Arc<Dense>,
    /// 128 → output: the semantic basis in the space of y.
    pub(super) semantic: Arc<Dense>,
    /// 32 → output: the named colours in the space of y.
    pub(super) colours: Arc<Dense>,
    /// What is added to y, `[output blocks]`; empty where nothing is.
    pub(super) answer_bias: Vec<ChannelBlock>,
    /// The words that can answer, see [`FocusCondition::with_answers`].
    pub(super) answers: Option<Answers>,
    /// How much each part counts.
    pub routes: Routes,
    /// How sure it is that the instruction means something that was trained, 0–1.
    pub confidence: f32,
}

impl FocusEncoder {
    /// From weights and the encoder's bases: semantic basis `[384, 128]` and named colours `[32, 384]`, row-major.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when shapes do not fit.
    pub fn new(weights: FocusEncoderWeights, semantic_basis: &[f32], colours: &[f32]) -> Result<Self, ModelError> {
        let config = weights.config;
        let graph = weights.graph()?;
        let shape = (config.text_dim, config.output);
        let basis = Tensor::from_slice(weights.values("text.basis"), shape, &Device::Cpu)?;
        let semantic = Tensor::from_slice(semantic_basis, (config.text_dim, SEMANTIC_DIM), &Device::Cpu)?;
        let semantic: Vec<f32> = semantic.t()?.contiguous()?.matmul(&basis)?.flatten_all()?.to_vec1()?;
        let colours = Tensor::from_slice(colours, (COLOURS, config.text_dim), &Device::Cpu)?;
        let colours: Vec<f32> = colours.matmul(&basis)?.flatten_all()?.to_vec1()?;
        let merge = Tensor::from_slice(
            weights.values("merge.weight"),
            (config.values(), config.hidden),
            &Device::Cpu,
        )?;
        let hidden = Tensor::from_slice(
            weights.values("hidden.weight"),
            (config.hidden, config.hidden),
            &Device::Cpu,
        )?;
        let merged = merge.matmul(&hidden)?.flatten_all()?.to_vec1()?;
        let mut merged_bias = weights.values("hidden.bias").to_vec();
        let rows = weights.values("hidden.weight").chunks_exact(config.hidden);
        for (b, row) in weights.values("merge.bias").iter().zip(rows) {
            add_scaled(&mut merged_bias, *b, row);
        }
        let none = vec![0.0; config.output];
        let fixed = [
            Dense::new(&semantic, &none),
            Dense::new(&colours, &none),
            Dense::new(weights.values("output.weight"), weights.values("output.bias")),
        ]
        .map(Arc::new);
        Ok(Self {
            graph,
            basis,
            fixed,
            merged,
            merged_bias,
            weights,
        })
    }

    /// The candle network.
    #[must_use]
    pub fn graph(&self) -> &FocusEncoderGraph {
        &self.graph
    }

    /// The weights as they were read.
    #[must_use]
    pub fn weights(&self) -> &FocusEncoderWeights {
        &self.weights
    }

    /// Text vectors `[texts, 384]` in the space of y: `[texts, 192]`, unit length.
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn embed_texts(&self, texts: &[f32]) -> Result<Vec<f32>, ModelError> {
        let (dim, output) = (self.weights.config.text_dim, self.weights.config.output);
        let texts = Tensor::from_slice(texts, (texts.len() / dim, dim), &Device::Cpu)?;
        let mut out = texts.matmul(&self.basis)?.flatten_all()?.to_vec1::<f32>()?;
        out.chunks_exact_mut(output).for_each(normalise);
        Ok(out)
    }

    /// How sure it is that an instruction means something that was trained, 0–1.
    #[must_use]
    pub fn confidence(&self, instruction: &[f32]) -> f32 {
        self.neighbours(instruction).confidence()
    }

    /// Likeness of an instruction's text vector to the nearest trained wording, less where the nearest wordings do not
    /// agree in what they ask for: a new wording of a known aspect has neighbours of that aspect, while an aspect that was
    /// never trained has neighbours of all kinds.
    #[must_use]
    pub fn familiarity(&self, instruction: &[f32]) -> f32 {
        self.neighbours(instruction).familiarity()
    }

    fn neighbours(&self, instruction: &[f32]) -> Neighbours {
        let likeness = pulp::Arch::new().dispatch(Likeness {
            known: &self.weights.known,
            instruction,
        });
        let of_known = self.weights.known_aspects.iter().zip(&self.weights.known_names);
        let known = likeness.into_iter().zip(of_known);
        let mut nearest: Vec<Near> = known
            .map(|(likeness, (aspect, names))| Near {
                likeness,
                aspect: *aspect,
                names: *names != 0,
            })
            .collect();
        if nearest.len() > NEIGHBOURS {
            nearest.select_nth_unstable_by(NEIGHBOURS, |a, b| b.likeness.total_cmp(&a.likeness));
            nearest.truncate(NEIGHBOURS);
        }
        let (_, agreement) = most_asked(&nearest, AGREEING);
        let highest = nearest.iter().map(|near| near.likeness).fold(-1.0, f32::max);
        let power = if highest >= NEAR { DECIDING } else { AGREEING };
        let (aspect, certainty) = most_asked(&nearest, power);
        let (all, naming) = (
            weight_of(&nearest, AGREEING, |_| true),
            weight_of(&nearest, AGREEING, |near| near.names),
        );
        Neighbours {
            nearest,
            aspect,
            certainty,
            agreement,
            naming: naming / all.max(1e-9),
        }
    }

    /// An instruction, moved towards the middle of all trained wordings that ask the same as those around it, where these
    /// agree: how a thing is asked says less than what is asked. The less familiar, the further. One that names something in
    /// the photo stays: "the colour of the cup" must not become that of other things.
    #[must_use]
    pub fn towards_known(&self, instruction: &[f32]) -> Vec<f32> {
        self.moved(instruction, &self.neighbours(instruction))
    }

    fn moved(&self, instruction: &[f32], neighbours: &Neighbours) -> Vec<f32> {
        let mut moved = instruction.to_vec();
        if neighbours.certainty < AGREED || neighbours.naming > NAMING {
            return moved;
        }
        let Some(centroid) = self.weights.centroids.get(&neighbours.aspect) else {
            return moved;
        };
        let share = TOWARDS_KNOWN.end - (TOWARDS_KNOWN.end - TOWARDS_KNOWN.start) * neighbours.confidence();
        moved.iter_mut().for_each(|x| *x *= 1.0 - share);
        add_scaled(&mut moved, share, centroid);
        normalise(&mut moved);
        moved
    }

    /// What is added to y where an instruction surely asks for an aspect that has an answer bias.
    fn answer_bias(&self, neighbours: &Neighbours) -> Vec<ChannelBlock> {
        if neighbours.certainty < AGREED || neighbours.naming > NAMING {
            return Vec::new();
        }
        let bias = self.weights.answer_biases.get(&neighbours.aspect);
        let confidence = neighbours.confidence();
        let scaled = bias.map(|bias| bias.iter().map(|x| x * confidence).collect::<Vec<_>>());
        blocks_of(&scaled.unwrap_or_default())
    }

    /// The number of the aspect that an instruction surely asks for without naming anything in the photo.
    #[must_use]
    pub fn aspect(&self, instruction: &[f32]) -> Option<u8> {
        let neighbours = self.neighbours(instruction);
        let sure = neighbours.certainty >= AGREED && neighbours.naming <= NAMING;
        sure.then_some(neighbours.aspect)
    }

    /// Prepares an instruction: its centred text vector, `[384]`, unit length.
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn condition(&self, instruction: &[f32]) -> Result<FocusCondition, ModelError> {
        let config = self.weights.config;
        let neighbours = self.neighbours(instruction);
        let confidence = neighbours.confidence();
        let instruction = self.moved(instruction, &neighbours);
        let instruction = instruction.as_slice();
        let text = Tensor::from_slice(instruction, (1, config.text_dim), &Device::Cpu)?;
        let token = self.graph.condition(&text)?;
        let queries = self.graph.queries(&token)?.flatten_all()?.to_vec1::<f32>()?;
        let (value_film, hidden_film) = self.graph.films(&token)?;
        let (value_film, hidden_film) = (
            value_film.flatten_all()?.to_vec1::<f32>()?,
            hidden_film.flatten_all()?.to_vec1::<f32>()?,
        );
        let (value_scale, value_shift) = value_film.split_at(config.values());
        let (hidden_scale, hidden_shift) = hidden_film.split_at(config.hidden);

        let factors = |scale: &[f32]| -> Vec<f32> { scale.iter().map(|s| 1.0 + s).collect() };
        let (value_scale, hidden_scale) = (factors(value_scale), factors(hidden_scale));
        let of_heads = self
            .weights
            .values("value")
            .chunks_exact(config.token_dim * config.value_dim);
        let values = of_heads
            .zip(value_scale.chunks_exact(config.value_dim))
            .zip(value_shift.chunks_exact(config.value_dim))
            .map(|((matrix, scale), shift)| Dense::scaled(matrix, scale, shift))
            .collect();
        let hidden_shift: Vec<f32> = self
            .merged_bias
            .iter()
            .zip(&hidden_scale)
            .zip(hidden_shift)
            .map(|((bias, scale), shift)| bias * scale + shift)
            .collect();
        let mut by_place = Box::new([[0.0; HEADS]; TOKEN_DIM]);
        for (head, query) in queries.chunks_exact(TOKEN_DIM).take(HEADS).enumerate() {
            for (to, value) in by_place.iter_mut().zip(query) {
                to[head] = *value;
            }
        }
        let mut zero = [0.0; HEADS];
        zero.iter_mut()
            .zip(self.weights.values("zero"))
            .for_each(|(to, z)| *to = *z);
        let [semantic, colours, output] = self.fixed.each_ref().map(Arc::clone);
        let routed: Vec<f32> = self.graph.route(&text)?.flatten_all()?.to_vec1()?;
        let route = |i: usize| routed.get(i).copied().unwrap_or(0.0);
        let trust = confidence.max(LEAST_TRUST);
        let routes = Routes {
            semantic: route(0),
            colour: route(1),
            text: trust,
            plain: route(2) * trust + PLAIN_INSTEAD * (1.0 - trust),
            foreground: route(3) * trust,
            background: route(4) * trust,
            answers: route(5).clamp(0.0, MOST_ANSWERS) * confidence,
        };
        Ok(FocusCondition {
            config,
            #[cfg(target_arch = "x86_64")]
            rounded_queries: RoundedQueries::new(&by_place),
            queries: by_place,
            zero,
            values,
            hidden: Dense::scaled(&self.merged, &hidden_scale, &hidden_shift),
            output,
            semantic,
            colours,
            answer_bias: self.answer_bias(&neighbours),
            answers: None,
            routes,
            confidence,
        })
    }
}

impl FocusCondition {
    /// The same without an answer bias: what one is fitted to.
    #[must_use]
    pub fn without_answer_bias(mut self) -> Self {
        self.answer_bias.clear();
        self
    }
}

/// A known instruction near another one.
struct Near {
    likeness: f32,
    /// What it asks for.
    aspect: u8,
    /// Whether it names something in the photo.
    names: bool,
}

/// Weight of some of the nearest, each counting by that power of its likeness.
fn weight_of(nearest: &[Near], power: i32, wanted: impl Fn(&Near) -> bool) -> f32 {
    let wanted = nearest.iter().filter(|near| wanted(near));
    wanted.map(|near| near.likeness.max(0.0).powi(power)).sum()
}

/// What most of the nearest ask for, and how many of them do, by weight, 0–1.
fn most_asked(nearest: &[Near], power: i32) -> (u8, f32) {
    let of = |aspect: u8| weight_of(nearest, power, |near| near.aspect == aspect);
    let most = nearest.iter().map(|near| (near.aspect, of(near.aspect)));
    let (aspect, most) = most.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default();
    (aspect, most / weight_of(nearest, power, |_| true).max(1e-9))
}

/// The known instructions around another one.
struct Neighbours {
    nearest: Vec<Near>,
    /// What they ask for, the nearest counting most.
    aspect: u8,
    /// How many of them do, the nearest counting most, 0–1.
    certainty: f32,
    /// How many of them ask for the same, 0–1.
    agreement: f32,
    /// How many of them name something in the photo, by weight, 0–1.
    naming: f32,
}

impl Neighbours {
    /// See [`FocusEncoder::familiarity`].
    fn familiarity(&self) -> f32 {
        let highest = self.nearest.iter().map(|near| near.likeness).fold(-1.0, f32::max);
        highest - DISAGREEMENT * (AGREED - self.agreement).max(0.0)
    }

    /// See [`FocusEncoder::confidence`].
    fn confidence(&self) -> f32 {
        let x = ((self.familiarity() - UNKNOWN) / (TRUSTED - UNKNOWN)).clamp(0.0, 1.0);
        x * x * (3.0 - 2.0 * x)
    }
}

/// Likeness of an instruction to each of the known ones (`[known, text_dim]`).
struct Likeness<'a> {
    known: &'a [f32],
    instruction: &'a [f32],
}

impl NullaryFnOnce for Likeness<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn call(self) -> Vec<f32> {
        let dim = self.instruction.len().max(1);
        let mut likeness = Vec::with_capacity(self.known.len() / dim);
        for known in self.known.chunks_exact(dim) {
            likeness.push(dot(known, self.instruction));
        }
        likeness
    }
}
