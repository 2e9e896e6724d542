//! The loop: slots, gradients, steps, checkpoints, and the files that come out of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::batches::{Batches, SLOTS};
use super::cache::Cache;
use super::examples::{Examples, PHRASINGS};
use super::instructions::Instructions;
use super::known::Known;
use super::pictures::PictureFacts;
use super::texts::TextVectors;
use crate::training::everyday::EverydayPhotos;
use crate::training::projections::{PrincipalDirections, second_moments};
use crate::training::vocabulary::Vocabulary;
use refocus_model::colour_statistics::REGIONS;
use refocus_model::encoding::TOKEN_DIM;
use refocus_model::focus_encoder::graph::layer_norm;
use refocus_model::focus_encoder::weights::tensors_of;
use refocus_model::focus_encoder::{FocusEncoderConfig, FocusEncoderGraph, FocusEncoderWeights, ROUTES};
use refocus_model::projections::{Affine, Projections, REGION_DIM};
use refocus_model::text_tower::TEXT_DIM;
use refocus_scenes::Style;
use refocus_training::TrainError;
use refocus_training::losses::{Answers, Outputs, Parts, loss, reduce, router_loss};
use refocus_training::parameters::{AdamW, Gradients, Parameters, Start};
use refocus_training::slot::Slot;

/// Steps over which the learning rate rises.
const WARM_UP: usize = 150;
/// Steps between checkpoints and between lines of the loss log.
const LOG_EVERY: usize = 50;
/// See [`LOG_EVERY`].
const CHECKPOINT_EVERY: usize = 500;
/// Chance that a token is left out.
const TOKEN_DROP: f32 = 0.05;
/// One picture in so many is never trained on, to see how well the others teach.
const KEPT_BACK: usize = 20;
/// Steps that fit the router alone, and photos of a slot of them: only their instructions count.
const ROUTER_STEPS: usize = 2500;
/// See [`ROUTER_STEPS`].
const ROUTER_PHOTOS: usize = 12;
/// Weight of everyday photos beside all other kinds, which have 1 together.
const EVERYDAY: f64 = 0.5;

/// Settings of a run.
#[derive(Debug, Clone)]
pub struct Params {
    /// Steps in all.
    pub steps: usize,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Highest learning rate.
    pub rate: f64,
    /// Photos of a slot.
    pub photos_per_slot: usize,
    /// Deviation of the noise on tokens.
    pub token_noise: f32,
    /// Chance that a hidden number is left out.
    pub dropout: f32,
    /// The same of everyday photos: there are few, and their labels are many.
    pub everyday_noise: f32,
    /// See [`Self::everyday_noise`].
    pub everyday_dropout: f32,
    /// Aspects that are not trained, to see what the head does with them.
    pub left_out: Vec<String>,
    /// Where checkpoints and the loss log go.
    pub folder: PathBuf,
    /// Goes on from the last checkpoint.
    pub resume: bool,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            steps: 5000,
            seed: 1,
            rate: 2e-3,
            photos_per_slot: 56,
            token_noise: 0.1,
            dropout: 0.1,
            everyday_noise: 0.15,
            everyday_dropout: 0.2,
            left_out: Vec::new(),
            folder: PathBuf::from("training-cache"),
            resume: false,
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Steps that were taken.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// Mean of the parts of the loss since the last report.
    pub parts: Parts,
}

/// Everything that a run reads, put together once.
pub struct Triplets {
    /// The pictures' numbers.
    pub cache: Cache,
    /// What can be asked about them.
    pub examples: Examples,
    /// How it is asked.
    pub instructions: Instructions,
    /// Text vectors of all phrasings in the basis: `[phrasings][columns × output]`, unit length.
    pub phrasings: Vec<Vec<f32>>,
    /// `[384, output]`, orthonormal columns.
    pub basis: Vec<f32>,
    /// Answers as the losses see them.
    pub answers: Answers,
}

impl Triplets {
    /// Reads cache and vocabulary and embeds all texts.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn new(
        cache: Cache,
        vocabulary: &Vocabulary,
        photos: &EverydayPhotos,
        class_names: &[String],
        bank_words: &[f32],
        texts: &mut TextVectors<'_>,
        params: &Params,
    ) -> Result<Self, TrainError> {
        let config = FocusEncoderConfig::built_in();
        let examples = Examples::new(&cache, vocabulary, photos, class_names);
        let instructions = Instructions::new(vocabulary, &examples, texts, &params.left_out)?;
        texts.learn(
            examples
                .columns
                .iter()
                .flat_map(|c| c.phrasings.iter().map(String::as_str)),
        )?;
        let rows: Vec<Vec<f32>> = (0..PHRASINGS)
            .map(|p| {
                let phrasing = |c: &super::examples::Column| texts.get(c.phrasings.get(p).map_or("", String::as_str));
                examples.columns.iter().flat_map(phrasing).collect()
            })
            .collect();
        let ones = vec![1.0; TEXT_DIM];
        let blocks = rows.iter().cloned().chain(std::iter::once(bank_words.to_vec()));
        let directions = PrincipalDirections::of(&second_moments(TEXT_DIM, blocks)?, config.output)?;
        let basis = directions.as_weight(|_| 1.0, &ones);
        let phrasings = rows
            .into_iter()
            .map(|rows| reduce(rows, &basis, config.output))
            .collect::<Result<_, TrainError>>()?;
        let mut words: Vec<&str> = examples.columns.iter().map(|column| column.word.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        let of = |name: &str| vocabulary.aspects.get(if name == "imagenet" { "object" } else { name });
        let answers = Answers {
            aspect: examples.columns.iter().map(|column| column.aspect).collect(),
            word: examples
                .columns
                .iter()
                .map(|column| words.binary_search(&column.word.as_str()).unwrap_or(0))
                .collect(),
            objectlike: examples
                .aspects
                .iter()
                .map(|name| of(name).is_some_and(|a| a.objectlike))
                .collect(),
            routes: examples
                .aspects
                .iter()
                .map(|name| of(name).map_or([0.0; ROUTES], |a| a.router.weights()))
                .collect(),
        };
        Ok(Self {
            cache,
            examples,
            instructions,
            phrasings,
            basis,
            answers,
        })
    }

    /// Kind of each picture that is trained on, and how often each kind is drawn.
    fn kinds(&self) -> (Vec<Option<usize>>, Vec<f64>) {
        // The last kind has a share of its own: the others keep theirs to each other.
        let weights = vec![0.17, 0.12, 0.21, 0.14, 0.16, 0.10, 0.10, EVERYDAY];
        let kind = |facts: &PictureFacts| match (&facts.truth, &facts.class) {
            _ if facts.everyday.is_some() => 7,
            (Some(truth), _) if truth.shape.is_some() => 0,
            (Some(truth), _) if truth.object.is_some() => 1,
            (Some(_), _) => 2,
            (None, _) if facts.style.is_some_and(|style| style != Style::Photo) => 3,
            (None, Some(class)) if class.starts_with("clothing") => 5,
            (None, Some(class)) if class.starts_with("grocery") => 6,
            _ => 4,
        };
        let kinds = self
            .cache
            .facts
            .iter()
            .enumerate()
            .map(|(i, facts)| (!self.is_kept_back(i)).then(|| kind(facts)))
            .collect();
        (kinds, weights)
    }

    /// Whether a picture is kept back to judge by.
    #[must_use]
    pub fn is_kept_back(&self, picture: usize) -> bool {
        let is_everyday = self
            .cache
            .facts
            .get(picture)
            .is_some_and(|facts| facts.everyday.is_some());
        if is_everyday {
            self.examples
                .examples
                .get(picture)
                .is_some_and(|example| example.kept_back)
        } else {
            picture % KEPT_BACK == KEPT_BACK - 1
        }
    }
}

/// Parameters of token layer and head at their start.
///
/// # Errors
/// [`TrainError::Compute`].
pub fn start(config: FocusEncoderConfig, projections: &Projections, seed: u64) -> Result<Parameters, TrainError> {
    let mut all = Parameters::new(seed, &Device::Cpu);
    let linear = |all: &mut Parameters, name: &str, inputs: usize, outputs: usize| {
        all.add(
            &format!("{name}.weight"),
            &[inputs, outputs],
            &Start::Uniform { inputs },
        )?;
        all.add(&format!("{name}.bias"), &[outputs], &Start::Uniform { inputs })
    };
    let film = |all: &mut Parameters, name: &str, outputs: usize| {
        all.add(
            &format!("{name}.weight"),
            &[config.condition_dim, outputs],
            &Start::Normal(0.02),
        )?;
        all.add(&format!("{name}.bias"), &[outputs], &Start::Constant(0.0))
    };
    let (weight, bias) = projections.token.values()?;
    all.add("token.weight", &[REGION_DIM, TOKEN_DIM], &Start::Values(weight))?;
    all.add("token.bias", &[TOKEN_DIM], &Start::Values(bias))?;
    all.add("token.position", &[REGIONS, TOKEN_DIM], &Start::Normal(0.3))?;
    all.add("token.norm.weight", &[TOKEN_DIM], &Start::Constant(1.0))?;
    all.add("token.norm.bias", &[TOKEN_DIM], &Start::Constant(0.0))?;
    let c = config.condition_dim;
    linear(&mut all, "condition.in", config.text_dim, c)?;
    linear(&mut all, "condition.out", c, c)?;
    let inputs = config.text_dim;
    all.add("condition.skip", &[inputs, c], &Start::Uniform { inputs })?;
    all.add("condition.norm.weight", &[c], &Start::Constant(1.0))?;
    all.add("condition.norm.bias", &[c], &Start::Constant(0.0))?;
    linear(&mut all, "query", c, config.heads * config.token_dim)?;
    all.add("zero", &[config.heads], &Start::Constant(0.0))?;
    let deviation = 1.0 / (config.token_dim as f32).sqrt();
    all.add(
        "value",
        &[config.heads, config.token_dim, config.value_dim],
        &Start::Normal(deviation),
    )?;
    film(&mut all, "value.film", 2 * config.values())?;
    linear(&mut all, "merge", config.values(), config.hidden)?;
    linear(&mut all, "hidden", config.hidden, config.hidden)?;
    film(&mut all, "hidden.film", 2 * config.hidden)?;
    linear(&mut all, "output", config.hidden, config.output)?;
    linear(&mut all, "router.in", config.text_dim, config.router_hidden)?;
    linear(&mut all, "router.out", config.router_hidden, ROUTES)?;
    all.add("scale.answers", &[1], &Start::Constant(3.0))?;
    all.add("scale.contrast", &[1], &Start::Constant(2.5))?;
    Ok(all)
}

/// Photo tokens of regions `[photos, 23, 488]` by the trained layer: `[photos, 23, 128]`.
///
/// # Errors
/// [`TrainError::Compute`].
pub fn tokens(parameters: &Parameters, regions: &Tensor) -> Result<Tensor, TrainError> {
    let (photos, count, width) = regions.dims3()?;
    let flat = regions.reshape((photos * count, width))?;
    let x = flat
        .matmul(parameters.get("token.weight")?)?
        .broadcast_add(parameters.get("token.bias")?)?
        .reshape((photos, count, TOKEN_DIM))?
        .broadcast_add(parameters.get("token.position")?)?;
    Ok(layer_norm(
        &x,
        parameters.get("token.norm.weight")?,
        parameters.get("token.norm.bias")?,
    )?)
}

/// Regions of some pictures of a cache, `[photos, 23, 488]`.
///
/// # Errors
/// [`TrainError::Compute`].
pub fn regions_of(cache: &Cache, photos: &[usize]) -> Result<Tensor, TrainError> {
    let width = REGIONS * REGION_DIM;
    let mut values = Vec::with_capacity(photos.len() * width);
    for photo in photos {
        let row = cache
            .regions
            .get(photo * width..(photo + 1) * width)
            .unwrap_or_default();
        values.extend(row.iter().map(|v| v.to_f32()));
    }
    Ok(Tensor::from_vec(
        values,
        (photos.len(), REGIONS, REGION_DIM),
        &Device::Cpu,
    )?)
}

/// Trains token layer and head.
///
/// # Errors
/// [`TrainError`]; a run whose gradients are no numbers any more ends with [`TrainError::Diverged`].
pub fn train(
    triplets: &Triplets,
    parameters: &mut Parameters,
    params: &Params,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), TrainError> {
    let config = FocusEncoderConfig::built_in();
    let (kinds, weights) = triplets.kinds();
    let batches = Batches::new(
        &triplets.examples,
        &triplets.instructions,
        &kinds,
        &weights,
        params.photos_per_slot,
        params.seed,
    );
    let checkpoint = params.folder.join("checkpoint.safetensors");
    let first = if params.resume && checkpoint.exists() {
        parameters.read_checkpoint(&checkpoint)?
    } else {
        0
    };
    let graph = FocusEncoderGraph::new(config, &parameters.builder())?;
    let mut sums = Parts::default();
    let mut counted = 0.0;
    for step in first..params.steps {
        let results: Vec<(Gradients, Parts)> = (0..SLOTS)
            .into_par_iter()
            .map(|number| {
                slot_gradients(
                    triplets,
                    parameters,
                    &graph,
                    &batches.slot(step, number),
                    step,
                    number,
                    params,
                )
            })
            .collect::<Result<_, TrainError>>()?;
        let mut gradients = Vec::with_capacity(SLOTS);
        for (gradient, parts) in results {
            gradients.push(gradient);
            sums.answer += parts.answer;
            sums.soft += parts.soft;
            sums.contrast += parts.contrast;
            sums.router += parts.router;
            sums.look += parts.look;
            sums.shown += parts.shown;
            counted += 1.0;
        }
        let rate = params.rate * schedule(step, params.steps);
        parameters.step(&gradients, rate, step + 1, AdamW::default())?;
        let done = step + 1;
        if done % LOG_EVERY == 0 || done == params.steps {
            progress(Progress {
                step: done,
                steps: params.steps,
                parts: Parts {
                    answer: sums.answer / counted,
                    soft: sums.soft / counted,
                    contrast: sums.contrast / counted,
                    router: sums.router / counted,
                    look: sums.look / counted,
                    shown: sums.shown / counted,
                },
            });
            (sums, counted) = (Parts::default(), 0.0);
        }
        if done % CHECKPOINT_EVERY == 0 || done == params.steps {
            parameters.write_checkpoint(&checkpoint, done)?;
        }
    }
    Ok(())
}

/// Fits the router alone: it shares nothing with the rest, and its targets may have been measured since.
///
/// # Errors
/// As [`train`].
pub fn fit_router(
    triplets: &Triplets,
    parameters: &mut Parameters,
    params: &Params,
    progress: &mut dyn FnMut(usize),
) -> Result<f32, TrainError> {
    let config = FocusEncoderConfig::built_in();
    let (kinds, weights) = triplets.kinds();
    let batches = Batches::new(
        &triplets.examples,
        &triplets.instructions,
        &kinds,
        &weights,
        ROUTER_PHOTOS,
        params.seed ^ 0x0070_7E05,
    );
    let graph = FocusEncoderGraph::new(config, &parameters.builder())?;
    let mut last = 0.0;
    for step in 0..ROUTER_STEPS {
        let mut gradients = Vec::with_capacity(SLOTS);
        last = 0.0;
        for number in 0..SLOTS {
            let slot = batches.slot(step, number);
            if slot.rows.is_empty() {
                continue;
            }
            let texts: Vec<f32> = slot
                .rows
                .iter()
                .flat_map(|row| row.instruction.iter().copied())
                .collect();
            let texts = Tensor::from_vec(texts, (slot.rows.len(), TEXT_DIM), &Device::Cpu)?;
            let loss = router_loss(&slot, &graph.route(&texts)?, &triplets.answers)?;
            last += loss.to_scalar::<f32>()? / SLOTS as f32;
            gradients.push(parameters.gradients(&loss)?);
        }
        let rate = params.rate * schedule(step, ROUTER_STEPS);
        // Moments are those of the training before: they have long forgotten their start.
        parameters.step(&gradients, rate, params.steps + step + 1, AdamW::default())?;
        progress(step + 1);
    }
    Ok(last)
}

/// What was trained, as the two files that ship: the focus encoder, and the projections with the trained token layer.
///
/// # Errors
/// [`TrainError`].
pub fn results(
    triplets: &Triplets,
    parameters: &Parameters,
    projections: &Projections,
    made_from: &[(&str, String)],
) -> Result<(FocusEncoderWeights, Projections), TrainError> {
    let config = FocusEncoderConfig::built_in();
    let mut tensors = HashMap::new();
    for (name, _) in tensors_of(config) {
        let values = if name == "text.basis" {
            triplets.basis.clone()
        } else {
            parameters.values(&name)?
        };
        tensors.insert(name, values);
    }
    let known = Known::of(&triplets.instructions);
    let centroids = known.centroids();
    let known = known.to_keep();
    let weights = FocusEncoderWeights {
        config,
        tensors,
        known: known.vectors,
        known_aspects: known.aspects,
        known_names: known.names,
        centroids,
        made_from: made_from
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect(),
    };
    let projections = Projections {
        token: Affine::new(parameters.values("token.weight")?, parameters.values("token.bias")?)?,
        position: parameters.values("token.position")?,
        norm_weight: parameters.values("token.norm.weight")?,
        norm_bias: parameters.values("token.norm.bias")?,
        ..projections.clone()
    };
    Ok((weights, projections))
}

/// Share of the highest learning rate: a rise, then half a cosine down to 2 %.
fn schedule(step: usize, steps: usize) -> f64 {
    let rise = ((step + 1) as f64 / WARM_UP as f64).min(1.0);
    let fall = 0.5 * (1.0 + (std::f64::consts::PI * step as f64 / steps as f64).cos());
    rise * (0.98 * fall + 0.02)
}

fn slot_gradients(
    triplets: &Triplets,
    parameters: &Parameters,
    graph: &FocusEncoderGraph,
    slot: &Slot,
    step: usize,
    number: usize,
    params: &Params,
) -> Result<(Gradients, Parts), TrainError> {
    if slot.rows.is_empty() {
        return Ok((Gradients::new(), Parts::default()));
    }
    let device = Device::Cpu;
    let random = RefCell::new(ChaCha8Rng::seed_from_u64(
        params.seed ^ 0x5EED ^ ((step as u64) << 8) ^ number as u64,
    ));
    let config = graph.config();
    let is_everyday = slot
        .photos
        .first()
        .and_then(|photo| triplets.cache.facts.get(*photo))
        .is_some_and(|facts| facts.everyday.is_some());
    let (token_noise, dropout) = if is_everyday {
        (params.everyday_noise, params.everyday_dropout)
    } else {
        (params.token_noise, params.dropout)
    };
    let tokens = tokens(parameters, &regions_of(&triplets.cache, &slot.photos)?)?;
    let (photos, count, dim) = tokens.dims3()?;
    let tokens = {
        let mut random = random.borrow_mut();
        // Uniform of the same deviation: noise needs no exact shape.
        let reach = token_noise * 3f32.sqrt();
        let noise: Vec<f32> = if reach > 0.0 {
            (0..photos * count * dim)
                .map(|_| random.random_range(-reach..reach))
                .collect()
        } else {
            vec![0.0; photos * count * dim]
        };
        let kept: Vec<f32> = (0..photos * count)
            .map(|_| if random.random::<f32>() < TOKEN_DROP { 0.0 } else { 1.0 })
            .collect();
        let noise = Tensor::from_vec(noise, (photos, count, dim), &device)?;
        (tokens + noise)?.broadcast_mul(&Tensor::from_vec(kept, (photos, count, 1), &device)?)?
    };
    let rows = slot.rows.len();
    let places: Vec<u32> = slot.rows.iter().map(|row| row.photo as u32).collect();
    let tokens = tokens.index_select(&Tensor::from_vec(places, rows, &device)?, 0)?;
    let texts: Vec<f32> = slot
        .rows
        .iter()
        .flat_map(|row| row.instruction.iter().copied())
        .collect();
    let texts = Tensor::from_vec(texts, (rows, TEXT_DIM), &device)?;
    let drop = |x: Tensor| -> candle_core::Result<Tensor> {
        if dropout <= 0.0 {
            return Ok(x);
        }
        let mut random = random.borrow_mut();
        let kept = 1.0 / (1.0 - dropout);
        let mask: Vec<f32> = (0..x.elem_count())
            .map(|_| if random.random::<f32>() < dropout { 0.0 } else { kept })
            .collect();
        let mask = Tensor::from_vec(mask, x.shape().clone(), &device)?;
        x * mask
    };
    let forward = graph.forward(&tokens, &texts, &drop)?;
    let columns = triplets.answers.aspect.len();
    let answers = {
        let mut random = random.borrow_mut();
        let mut rows = Vec::with_capacity(columns * config.output);
        for column in 0..columns {
            // The bare word half of the time: it is what people are shown and what they type.
            let phrasing = if random.random::<f32>() < 0.5 {
                0
            } else {
                random.random_range(0..PHRASINGS)
            };
            let place = column * config.output..(column + 1) * config.output;
            rows.extend_from_slice(
                triplets
                    .phrasings
                    .get(phrasing)
                    .and_then(|all| all.get(place))
                    .unwrap_or_default(),
            );
        }
        Tensor::from_vec(rows, (columns, config.output), &device)?
    };
    let outputs = Outputs {
        h: forward.h,
        attention: forward.attention,
        routes: graph.route(&texts)?,
        answers,
        scale: parameters.get("scale.answers")?.clone(),
        contrast_scale: parameters.get("scale.contrast")?.clone(),
        pointing_heads: config.pointing_heads,
    };
    let (total, parts) = loss(slot, &outputs, &triplets.answers)?;
    debug_assert_eq!(total.dtype(), DType::F32);
    Ok((parameters.gradients(&total)?, parts))
}
