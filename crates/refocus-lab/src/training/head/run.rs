//! The loop: slots, gradients, steps, checkpoints, and the files that come out of it.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::batches::SLOTS;
use super::cache::Cache;
use super::examples::PHRASINGS;
use super::known::Known;
use super::negatives::{narrowed, sampled};
use super::triplets::Triplets;
use refocus_model::colour_statistics::REGIONS;
use refocus_model::encoding::TOKEN_DIM;
use refocus_model::focus_encoder::graph::layer_norm;
use refocus_model::focus_encoder::weights::tensors_of;
use refocus_model::focus_encoder::{FocusEncoderConfig, FocusEncoderGraph, FocusEncoderWeights, ROUTES};
use refocus_model::projections::{Affine, Projections, REGION_DIM};
use refocus_model::text_tower::TEXT_DIM;
use refocus_training::TrainError;
use refocus_training::losses::{Outputs, Parts, loss};
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
    /// Trains on the everyday photos of all sources, those that are kept back to choose by as well: for what ships, once everything
    /// has been chosen.
    pub all_sources: bool,
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
            all_sources: false,
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

/// Photo tokens of regions `[photos, 25, 506]` by the trained layer: `[photos, 25, 128]`.
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

/// Regions of some pictures of a cache, `[photos, 25, 506]`.
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
    let batches = triplets.batches(params.photos_per_slot, params.seed);
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
        answer_biases: BTreeMap::new(),
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
pub(super) fn schedule(step: usize, steps: usize) -> f64 {
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
    let tokens = tokens(parameters, &regions_of(&triplets.cache, &slot.photos)?)?;
    let (photos, count, dim) = tokens.dims3()?;
    let tokens = {
        let mut random = random.borrow_mut();
        // Uniform of the same deviation: noise needs no exact shape.
        let reach = params.token_noise * 3f32.sqrt();
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
        if params.dropout <= 0.0 {
            return Ok(x);
        }
        let mut random = random.borrow_mut();
        let kept = 1.0 / (1.0 - params.dropout);
        let mask: Vec<f32> = (0..x.elem_count())
            .map(|_| {
                if random.random::<f32>() < params.dropout {
                    0.0
                } else {
                    kept
                }
            })
            .collect();
        let mask = Tensor::from_vec(mask, x.shape().clone(), &device)?;
        x * mask
    };
    let forward = graph.forward(&tokens, &texts, &drop)?;
    let columns = sampled(slot, &triplets.answers, &mut random.borrow_mut());
    let answers = {
        let mut random = random.borrow_mut();
        let mut rows = Vec::with_capacity(columns.len() * config.output);
        for column in &columns {
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
        Tensor::from_vec(rows, (columns.len(), config.output), &device)?
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
    let (slot, narrow) = narrowed(slot, &triplets.answers, &columns);
    let (total, parts) = loss(&slot, &outputs, &narrow)?;
    debug_assert_eq!(total.dtype(), DType::F32);
    Ok((parameters.gradients(&total)?, parts))
}
