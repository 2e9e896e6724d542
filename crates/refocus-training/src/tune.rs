//! Tuning to a person's own triplets.
//!
//! The encoder stands still: photos keep their stored encodings. The head learns the new instructions by contrast between
//! h and the outputs, as in training; meanwhile it is held to what it said before of rendered scenes and of the person's
//! photos under the instructions that it knows (distillation), so that nothing is forgotten.

use std::collections::BTreeSet;

use candle_core::{Device, Tensor};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::TrainError;
use super::losses::{Answers, Outputs, loss, reduce};
use super::parameters::{AdamW, Parameters, Start, normal};
use super::slot::{Row, Slot, Target};
use crate::samples::{InstructionSamples, Sample, SampleReport, Split, map_among};
use refocus_model::Encoding;
use refocus_model::colour_statistics::REGIONS;
use refocus_model::encoding::TOKEN_DIM;
use refocus_model::focus_encoder::weights::tensors_of;
use refocus_model::focus_encoder::{FocusEncoder, FocusEncoderGraph, FocusEncoderWeights, ROUTES};
use refocus_model::text_tower::TEXT_DIM;
use refocus_model::vector_math::normalise;

/// Photos of a step.
const PHOTOS: usize = 48;
/// Pairs of photo and known instruction of a step that must stay as they were.
const KEPT: usize = 64;
/// Weight of staying the same.
const STAY: f64 = 20.0;
/// What the router should give for a person's own instruction: the photo as it is seen, steadied by plain similarity.
const ROUTES_OF_OWN: [f32; ROUTES] = [0.0, 0.0, 0.25, 0.0, 0.0, 0.0];

/// Settings of a tuning.
#[derive(Debug, Clone, Copy)]
pub struct TuneParams {
    /// Steps in all.
    pub steps: usize,
    /// Learning rate.
    pub rate: f64,
    /// Seed of everything that is drawn.
    pub seed: u64,
}

impl Default for TuneParams {
    fn default() -> Self {
        Self {
            steps: 400,
            rate: 6e-4,
            seed: 1,
        }
    }
}

/// Tunes a focus encoder. `photos` are the encodings that samples speak of, `rehearsal` those of other pictures.
///
/// # Errors
/// [`TrainError`].
pub fn tune(
    encoder: &FocusEncoder,
    bases: (&[f32], &[f32]),
    photos: &[Encoding],
    samples: &[InstructionSamples],
    rehearsal: &[Encoding],
    params: TuneParams,
    progress: &mut dyn FnMut(usize),
) -> Result<(FocusEncoderWeights, Vec<SampleReport>), TrainError> {
    let weights = encoder.weights();
    let config = weights.config;
    let mut parameters = Parameters::new(params.seed, &Device::Cpu);
    for (name, shape) in tensors_of(config) {
        if name != "text.basis" {
            let values = weights.tensors.get(&name).cloned().unwrap_or_default();
            parameters.add(&name, &shape, &Start::Values(values))?;
        }
    }
    parameters.add("scale.answers", &[1], &Start::Constant(3.0))?;
    parameters.add("scale.contrast", &[1], &Start::Constant(2.5))?;
    let basis = weights.tensors.get("text.basis").map(Vec::as_slice).unwrap_or_default();
    let splits: Vec<Split> = samples.iter().map(|task| Split::new(task, params.seed)).collect();
    let all: Vec<Vec<f32>> = photos.iter().chain(rehearsal).map(Encoding::tokens).collect();
    let teacher = encoder.graph();
    let graph = FocusEncoderGraph::new(config, &parameters.builder())?;
    let mut outputs = Vec::new();
    for task in samples {
        outputs.push(reduce(task.outputs.clone(), basis, config.output)?);
    }
    for step in 0..params.steps {
        let mut random = ChaCha8Rng::seed_from_u64(params.seed ^ ((step as u64) << 16));
        let which = step % samples.len().max(1);
        let (Some(task), Some(split), Some(vectors)) = (samples.get(which), splits.get(which), outputs.get(which))
        else {
            break;
        };
        let own = own_loss(
            task,
            split,
            vectors,
            &all,
            &graph,
            &parameters,
            config.output,
            &mut random,
        )?;
        let stay = staying_loss(weights, &all, &graph, teacher, &mut random)?;
        let total = (own + (stay * STAY)?)?;
        let gradients = parameters.gradients(&total)?;
        let rate =
            params.rate * (0.5 * (1.0 + (std::f64::consts::PI * step as f64 / params.steps as f64).cos()) + 0.02);
        parameters.step(&[gradients], rate, step + 1, AdamW::default())?;
        progress(step + 1);
    }
    let mut tuned = weights.clone();
    for (name, _) in tensors_of(config) {
        if name != "text.basis" {
            tuned.tensors.insert(name.clone(), parameters.values(&name)?);
        }
    }
    for task in samples {
        // An aspect of its own: numbers from the end are not given by training.
        let taken = tuned.known_aspects.iter().copied().collect::<BTreeSet<u8>>();
        let number = (0..=u8::MAX).rev().find(|number| !taken.contains(number));
        let number = number.unwrap_or(u8::MAX);
        tuned.known_aspects.push(number);
        tuned.centroids.insert(number, task.instruction.clone());
        tuned.known_names.push(0);
        tuned.known.extend_from_slice(&task.instruction);
    }
    let new = FocusEncoder::new(tuned.clone(), bases.0, bases.1)?;
    let reports = samples
        .iter()
        .zip(&splits)
        .map(|(task, split)| {
            Ok(SampleReport {
                trained: split.trained.len(),
                judged: split.judged.len(),
                map_before: map_of(encoder, task, &split.judged, photos)?,
                map_after: map_of(&new, task, &split.judged, photos)?,
            })
        })
        .collect::<Result<_, TrainError>>()?;
    Ok((tuned, reports))
}

fn tokens_of(all: &[Vec<f32>], photos: &[usize], noise: f32, random: &mut ChaCha8Rng) -> Result<Tensor, TrainError> {
    let mut values = Vec::with_capacity(photos.len() * REGIONS * TOKEN_DIM);
    for photo in photos {
        let tokens = all.get(*photo).map(Vec::as_slice).unwrap_or_default();
        values.extend(tokens.iter().map(|v| v + noise * (random.random::<f32>() - 0.5)));
    }
    Ok(Tensor::from_vec(
        values,
        (photos.len(), REGIONS, TOKEN_DIM),
        &Device::Cpu,
    )?)
}

#[expect(clippy::too_many_arguments, reason = "one step of one loop")]
fn own_loss(
    task: &InstructionSamples,
    split: &Split,
    vectors: &[f32],
    all: &[Vec<f32>],
    graph: &FocusEncoderGraph,
    parameters: &Parameters,
    output: usize,
    random: &mut ChaCha8Rng,
) -> Result<Tensor, TrainError> {
    let drawn: Vec<Sample> = split.trained.sample(random, PHOTOS).copied().collect();
    let mut slot = Slot::default();
    let mut texts = Vec::with_capacity(drawn.len() * TEXT_DIM);
    for (place, asked) in drawn.iter().enumerate() {
        let mut instruction = task.instruction.clone();
        // The same question in other words lies nearby.
        let noise = 0.02 * random.random::<f32>();
        instruction.iter_mut().for_each(|x| *x += noise * normal(random));
        normalise(&mut instruction);
        texts.extend_from_slice(&instruction);
        slot.photos.push(asked.photo);
        slot.rows.push(Row {
            photo: place,
            instruction,
            aspect: 0,
            target: Target::Column(asked.output),
            alike: vec![(asked.output, 1.0)],
            look: None,
            shown: None,
        });
    }
    let rows = drawn.len();
    let tokens = tokens_of(all, &slot.photos, 0.3, random)?;
    let texts = Tensor::from_vec(texts, (rows, TEXT_DIM), &Device::Cpu)?;
    let mask = std::cell::RefCell::new(random);
    let drop = |x: Tensor| -> candle_core::Result<Tensor> {
        let mut random = mask.borrow_mut();
        let kept: Vec<f32> = (0..x.elem_count())
            .map(|_| if random.random::<f32>() < 0.2 { 0.0 } else { 1.25 })
            .collect();
        let kept = Tensor::from_vec(kept, x.shape().clone(), &Device::Cpu)?;
        x * kept
    };
    let forward = graph.forward(&tokens, &texts, &drop)?;
    let columns = vectors.len() / output;
    let answers = Answers {
        aspect: vec![0; columns],
        word: (0..columns).collect(),
        objectlike: vec![false],
        routes: vec![ROUTES_OF_OWN],
    };
    let outputs = Outputs {
        h: forward.h,
        attention: forward.attention,
        routes: graph.route(&texts)?,
        answers: Tensor::from_slice(vectors, (columns, output), &Device::Cpu)?,
        scale: parameters.get("scale.answers")?.clone(),
        contrast_scale: parameters.get("scale.contrast")?.clone(),
        pointing_heads: graph.config().pointing_heads,
    };
    Ok(loss(&slot, &outputs, &answers)?.0)
}

/// How far h and the router have moved from what they were, under instructions that were known before.
fn staying_loss(
    weights: &FocusEncoderWeights,
    all: &[Vec<f32>],
    graph: &FocusEncoderGraph,
    teacher: &FocusEncoderGraph,
    random: &mut ChaCha8Rng,
) -> Result<Tensor, TrainError> {
    let known = weights.known.len() / TEXT_DIM;
    let photos: Vec<usize> = (0..KEPT).map(|_| random.random_range(0..all.len().max(1))).collect();
    let mut texts = Vec::with_capacity(KEPT * TEXT_DIM);
    for _ in 0..KEPT {
        let at = random.random_range(0..known.max(1)) * TEXT_DIM;
        texts.extend_from_slice(weights.known.get(at..at + TEXT_DIM).unwrap_or(&[0.0; TEXT_DIM]));
    }
    let tokens = tokens_of(all, &photos, 0.0, random)?;
    let texts = Tensor::from_vec(texts, (KEPT, TEXT_DIM), &Device::Cpu)?;
    let before = teacher.forward(&tokens, &texts, &Ok)?.h.detach();
    let routes = teacher.route(&texts)?.detach();
    let now = graph.forward(&tokens, &texts, &Ok)?.h;
    let moved = (now - before)?.sqr()?.sum(1)?.mean_all()?;
    let rerouted = (graph.route(&texts)? - routes)?.sqr()?.mean_all()?;
    Ok((moved + rerouted)?)
}

/// Mean average precision of ranking some photos among themselves by their conditional embeddings.
fn map_of(
    encoder: &FocusEncoder,
    task: &InstructionSamples,
    judged: &[Sample],
    photos: &[Encoding],
) -> Result<f64, TrainError> {
    let condition = encoder.condition(&task.instruction)?;
    let mut rows = Vec::new();
    let mut bytes = 0;
    for asked in judged {
        let encoding = photos.get(asked.photo).map(Encoding::to_bytes).unwrap_or_default();
        bytes = encoding.len();
        rows.extend_from_slice(encoding);
    }
    let embedded = condition.embedded(&rows, bytes);
    Ok(map_among(judged, &embedded, condition.dim()))
}
