//! Loss and loop: a conditional embedding is drawn to its answer's text vector and to pictures with the same answer.

use std::cell::RefCell;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use refocus_scenes::Split;
use refocus_training::TrainError;
use refocus_training::contrast::{ANSWER_SCALE, PICTURES, contrast, schedule};
use refocus_training::parameters::{AdamW, Parameters};

use super::samples::{Aspect, Sample, Samples};
use super::tower::{Growing, Injection, SmallTower, patches, write};

/// Settings of a training.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Steps.
    pub steps: usize,
    /// Pictures a step; each is asked both instructions.
    pub pictures: usize,
    /// Highest learning rate.
    pub rate: f64,
    /// Seed of everything that is drawn.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            steps: 1200,
            pictures: 48,
            rate: 2e-3,
            seed: 1,
        }
    }
}

/// How far a training is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// Mean loss since the last report.
    pub loss: f32,
}

const REPORT_EVERY: usize = 20;

/// Trains one tower and keeps it in `folder`.
///
/// # Errors
/// [`TrainError`].
pub fn train(
    injection: Injection,
    samples: &Samples,
    settings: Settings,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), TrainError> {
    let growing = Growing(RefCell::new(Parameters::new(settings.seed, &Device::Cpu)));
    let tower = SmallTower::new(injection, &growing)?;
    let mut parameters = growing.0.into_inner();
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let (mut sum, mut counted) = (0.0, 0);
    for step in 0..settings.steps {
        let batch: Vec<Sample> = (0..settings.pictures)
            .map(|number| {
                let seed = settings.seed << 32 | (step * settings.pictures + number) as u64;
                Sample::of(seed, Split::Training)
            })
            .collect();
        let loss = loss(&tower, samples, &batch, &mut random)?;
        sum += loss.to_scalar::<f32>()?;
        counted += 1;
        let gradients = parameters.gradients(&loss)?;
        let rate = settings.rate * schedule(step, settings.steps);
        parameters.step(&[gradients], rate, step + 1, AdamW::default())?;
        if (step + 1) % REPORT_EVERY == 0 || step + 1 == settings.steps {
            progress(Progress {
                step: step + 1,
                loss: sum / counted as f32,
            });
            (sum, counted) = (0.0, 0);
        }
    }
    write(folder, injection, &parameters)
}

fn loss(
    tower: &SmallTower,
    samples: &Samples,
    batch: &[Sample],
    random: &mut ChaCha8Rng,
) -> Result<Tensor, TrainError> {
    let pictures: Vec<image::RgbImage> = batch.iter().map(|sample| sample.picture.clone()).collect();
    let pixels = patches(&pictures)?;
    // The same pictures under both instructions: what tells the two embeddings apart is the instruction alone.
    let (mut instructions, mut answers) = (Vec::new(), Vec::new());
    for aspect in Aspect::ALL {
        for sample in batch {
            let wording = random.random_range(0..Aspect::TRAINED);
            instructions.extend_from_slice(samples.instruction(aspect, wording));
            answers.push(sample.answer(aspect));
        }
    }
    let count = answers.len();
    let instructions = Tensor::from_vec(instructions, (count, ()), &Device::Cpu)?;
    let embedded = tower.embed(&pixels, &instructions)?;

    let logits = (embedded.matmul(&samples.answers().t()?)? * ANSWER_SCALE)?;
    let labels = Tensor::from_vec(answers.clone(), count, &Device::Cpu)?;
    let answer = candle_nn::loss::cross_entropy(&logits, &labels)?;

    let half = count / 2;
    let mut pictures = Tensor::zeros((), DType::F32, &Device::Cpu)?;
    for (number, answers) in answers.chunks_exact(half.max(1)).enumerate() {
        let own = embedded.narrow(0, number * half, half)?;
        pictures = (pictures + contrast(&own, answers)?)?;
    }
    Ok((answer + (pictures * (PICTURES / 2.0))?)?)
}
