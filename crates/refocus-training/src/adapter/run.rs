//! Loss and loop.

use std::path::Path;

use candle_core::Tensor;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::TrainError;
use crate::contrast::{ANSWER_SCALE, PICTURES, contrast, schedule};
use crate::parameters::{AdamW, Gradients, Parameters, normal};
use crate::samples::{InstructionSamples, Sample, SampleReport, Split, map_among};
use refocus_model::Prepared;
use refocus_model::clip::rewriting::NamedWeights;
use refocus_model::clip::vision_transformer::unit_rows;
use refocus_model::clip::{AdapterConfig, Checkpoint, ConditionAdapter};
use refocus_model::vector_math::normalise;
use refocus_workers::in_pool;

use super::student::{Student, tower_weights};

/// Instructions of a step: the same photos under several are the paper's hard negatives.
const INSTRUCTIONS: usize = 2;
/// Parts of a step that are computed side by side; always as many, so that the same seed gives the same result.
const PARTS: usize = 2;
/// Photos that go through the tower together where nothing is trained.
const BATCH: usize = 8;

/// Settings of a training.
#[derive(Debug, Clone, Copy)]
pub struct AdapterParams {
    /// Block at whose input the instruction joins: 0 is the paper; at the number of blocks it would change nothing.
    pub layer: usize,
    /// Whether the tower is trained too, from the condition on.
    pub tower: bool,
    /// Steps.
    pub steps: usize,
    /// Photos of a step under each of its instructions.
    pub photos: usize,
    /// Learning rate of the adapter.
    pub rate: f64,
    /// Learning rate of the tower.
    pub tower_rate: f64,
    /// Seed of everything that is drawn.
    pub seed: u64,
}

impl Default for AdapterParams {
    fn default() -> Self {
        Self {
            layer: 0,
            tower: false,
            steps: 300,
            photos: 24,
            rate: 1e-3,
            tower_rate: 1e-5,
            seed: 1,
        }
    }
}

/// How far a training is.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    /// Photos that went through the blocks that stand still, of all.
    Photos(usize, usize),
    /// Steps taken, of all.
    Steps(usize, usize),
}

/// What a training gives.
pub struct Trained {
    /// Sizes of the adapter.
    pub config: AdapterConfig,
    /// How well photos that were kept back are ranked: by the plain vector, and under the instruction.
    pub reports: Vec<SampleReport>,
    /// Trained weights of the tower; empty where it stood still.
    pub tower: NamedWeights,
    own: Parameters,
}

impl Trained {
    /// The adapter's file, for the checkpoint of this digest.
    ///
    /// # Errors
    /// As [`ConditionAdapter::to_bytes`].
    pub fn adapter_file(&self, digest: &str) -> Result<Vec<u8>, TrainError> {
        let weight = |name: &str| self.own.values(name).ok();
        Ok(ConditionAdapter::to_bytes(&self.config, digest, &weight)?)
    }
}

/// A photo under an instruction, with the place of its output among all outputs.
#[derive(Clone, Copy)]
struct Row {
    photo: usize,
    task: usize,
    output: u32,
}

/// What stands still during a training.
struct Course<'a> {
    /// Tokens of each photo at the input of the adapter's block, `[1, tokens, width]`.
    below: Vec<Tensor>,
    samples: &'a [InstructionSamples],
    splits: Vec<Split>,
    /// All different outputs, `[outputs, text_dim]`, and the place of each task's own among them.
    outputs: Tensor,
    places: Vec<Vec<u32>>,
}

/// Trains an adapter for the checkpoint in `folder` on `photos`, as it prepared them, of which the samples speak.
///
/// # Errors
/// [`TrainError::Model`] when photos differ in size (towers that read any shape), or weights cannot be read.
pub fn train(
    folder: &Path,
    checkpoint: &Checkpoint,
    photos: &[Prepared],
    samples: &[InstructionSamples],
    params: AdapterParams,
    progress: &mut dyn FnMut(Progress),
) -> Result<Trained, TrainError> {
    let vision = checkpoint.vision();
    let (stack, text_dim) = (vision.config().stack, vision.config().pooled_dim());
    let config = AdapterConfig {
        text_dim,
        hidden: stack.width,
        width: stack.width,
        layer: params.layer.min(stack.layers),
    };
    let mut below = Vec::with_capacity(photos.len());
    let mut plain = Vec::with_capacity(photos.len() * text_dim);
    for batch in photos.chunks(BATCH) {
        let pixels: Vec<&[u8]> = batch.iter().map(|photo| photo.pixels.as_slice()).collect();
        let width = batch.first().map_or(0, |photo| photo.side as usize);
        let (patches, grid) = checkpoint.patches(&pixels, width)?;
        let tokens = vision.below(&patches, grid, config.layer)?;
        let pooled = unit_rows(&vision.above(&tokens, config.layer, None)?.pooled)?;
        plain.extend(pooled.flatten_all()?.to_vec1::<f32>()?);
        for place in 0..batch.len() {
            below.push(tokens.narrow(0, place, 1)?.contiguous()?);
        }
        progress(Progress::Photos(below.len(), photos.len()));
    }
    let (outputs, places) = all_outputs(samples, text_dim)?;
    let course = Course {
        below,
        samples,
        splits: samples.iter().map(|task| Split::new(task, params.seed)).collect(),
        outputs,
        places,
    };
    let (student, mut own) = Student::new(folder, vision, config, params.tower, params.seed)?;
    for step in 0..params.steps {
        let mut random = ChaCha8Rng::seed_from_u64(params.seed ^ ((step as u64) << 16));
        let parts = course.drawn(params.photos, &mut random);
        let seeds = [0, 1].map(|part| params.seed ^ ((step as u64) << 20 | part));
        let gradients = in_pool(|pool| {
            let threads: Vec<_> = parts
                .iter()
                .zip(seeds)
                .filter(|(rows, _)| !rows.is_empty())
                .map(|(rows, seed)| {
                    let (course, student, own) = (&course, &student, &own);
                    pool.start("refocus-train", move || {
                        own.gradients(&course.loss(student, rows, seed)?)
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| {
                    let thread = thread.map_err(|error| TrainError::Cache(error.to_string()))?;
                    thread.join().map_err(|panic| TrainError::Cache(panic.to_string()))?
                })
                .collect::<Result<Vec<Gradients>, TrainError>>()
        });
        let gradients = gradients.map_err(|panic| TrainError::Cache(panic.to_string()))??;
        let share = schedule(step, params.steps);
        // The adapter starts from nothing, the tower from what it knows: their rates lie far apart.
        for (adapter, rate) in [(true, params.rate), (false, params.tower_rate)] {
            let of_these: Vec<Gradients> = gradients.iter().map(|all| only(all, adapter)).collect();
            if of_these.iter().any(|gradients| !gradients.is_empty()) {
                own.step(&of_these, rate * share, step + 1, AdamW::default())?;
            }
        }
        progress(Progress::Steps(step + 1, params.steps));
    }
    let reports = course.reports(&student, &plain, text_dim)?;
    Ok(Trained {
        config,
        reports,
        tower: tower_weights(&own)?,
        own,
    })
}

fn only(gradients: &Gradients, adapter: bool) -> Gradients {
    let of_these = gradients
        .iter()
        .filter(|(name, _)| name.starts_with("adapter.") == adapter);
    of_these.map(|(name, tensor)| (name.clone(), tensor.clone())).collect()
}

/// The different outputs of all samples: "yes" is the same answer to two questions.
fn all_outputs(samples: &[InstructionSamples], dim: usize) -> Result<(Tensor, Vec<Vec<u32>>), TrainError> {
    let mut distinct: Vec<&[f32]> = Vec::new();
    let mut places = Vec::with_capacity(samples.len());
    for task in samples {
        let own = task.outputs.chunks_exact(dim.max(1)).map(|output| {
            let known = distinct.iter().position(|other| *other == output);
            known.unwrap_or_else(|| {
                distinct.push(output);
                distinct.len() - 1
            }) as u32
        });
        places.push(own.collect());
    }
    let values: Vec<f32> = distinct.concat();
    let outputs = Tensor::from_vec(values, (distinct.len(), dim), &candle_core::Device::Cpu)?;
    Ok((outputs, places))
}

impl Course<'_> {
    /// The rows of a step, in parts.
    fn drawn(&self, photos: usize, random: &mut ChaCha8Rng) -> Vec<Vec<Row>> {
        let numbers: Vec<usize> = (0..self.samples.len()).collect();
        let mut parts = vec![Vec::new(); PARTS];
        let mut shown: Vec<usize> = Vec::new();
        for task in numbers.sample(random, INSTRUCTIONS).copied() {
            let Some(split) = self.splits.get(task) else { continue };
            let again = split.trained.iter().filter(|asked| shown.contains(&asked.photo));
            let mut samples: Vec<Sample> = again.take(photos).copied().collect();
            let fresh = split.trained.sample(random, photos - samples.len().min(photos));
            samples.extend(fresh.filter(|sample| !shown.contains(&sample.photo)));
            for (place, sample) in samples.into_iter().enumerate() {
                let output = self.places.get(task).and_then(|places| places.get(sample.output));
                if let (Some(part), Some(&output)) = (parts.get_mut(place % PARTS), output) {
                    shown.push(sample.photo);
                    part.push(Row {
                        photo: sample.photo,
                        task,
                        output,
                    });
                }
            }
        }
        parts
    }

    /// The embeddings of some rows under their instructions; `noise`: how far an instruction's wording is shifted.
    fn embedded(&self, student: &Student, rows: &[Row], noise: Option<u64>) -> Result<Tensor, TrainError> {
        let below: Vec<&Tensor> = rows.iter().filter_map(|row| self.below.get(row.photo)).collect();
        let mut random = noise.map(ChaCha8Rng::seed_from_u64);
        let mut instructions = Vec::new();
        for row in rows {
            let instruction = self.samples.get(row.task).map(|task| task.instruction.as_slice());
            let mut instruction = instruction.unwrap_or_default().to_vec();
            if let Some(random) = &mut random {
                // The same question in other words lies nearby.
                instruction.iter_mut().for_each(|x| *x += 0.02 * normal(random));
                normalise(&mut instruction);
            }
            instructions.extend(instruction);
        }
        let below = Tensor::cat(&below, 0)?;
        let instructions = Tensor::from_vec(instructions, (rows.len(), ()), below.device())?;
        student.embed(&below, &instructions)
    }

    fn loss(&self, student: &Student, rows: &[Row], seed: u64) -> Result<Tensor, TrainError> {
        let embedded = self.embedded(student, rows, Some(seed))?;
        let outputs = self.outputs.to_device(embedded.device())?;
        let logits = (embedded.matmul(&outputs.t()?)? * ANSWER_SCALE)?;
        let labels: Vec<u32> = rows.iter().map(|row| row.output).collect();
        let targets = Tensor::from_vec(labels.clone(), rows.len(), embedded.device())?;
        let mut loss = candle_nn::loss::cross_entropy(&logits, &targets)?;
        // Rows of one instruction lie together.
        let mut start = 0;
        for same in rows.chunk_by(|a, b| a.task == b.task) {
            let own = embedded.narrow(0, start, same.len())?;
            let labels = labels.get(start..start + same.len()).unwrap_or_default();
            loss = (loss + (contrast(&own, labels)? * (PICTURES / INSTRUCTIONS as f64))?)?;
            start += same.len();
        }
        Ok(loss)
    }

    fn reports(&self, student: &Student, plain: &[f32], dim: usize) -> Result<Vec<SampleReport>, TrainError> {
        let mut reports = Vec::with_capacity(self.samples.len());
        for (task, split) in self.splits.iter().enumerate() {
            let rows: Vec<Row> = split
                .judged
                .iter()
                .map(|asked| Row {
                    photo: asked.photo,
                    task,
                    output: 0,
                })
                .collect();
            let mut under = Vec::new();
            for batch in rows.chunks(BATCH) {
                let embedded = self.embedded(student, batch, None)?.detach();
                under.extend(embedded.flatten_all()?.to_vec1::<f32>()?);
            }
            let before: Vec<f32> = split
                .judged
                .iter()
                .flat_map(|asked| {
                    plain
                        .get(asked.photo * dim..(asked.photo + 1) * dim)
                        .unwrap_or_default()
                })
                .copied()
                .collect();
            reports.push(SampleReport {
                trained: split.trained.len(),
                judged: split.judged.len(),
                map_before: map_among(&split.judged, &before, dim),
                map_after: map_among(&split.judged, &under, dim),
            });
        }
        Ok(reports)
    }
}
