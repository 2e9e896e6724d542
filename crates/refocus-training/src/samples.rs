//! What a person's own triplets teach: instructions, outputs, and which output is right for which photo.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::evaluation::metrics::average_precision;
use refocus_model::vector_math::dot;

/// Of this many photos one is kept back to judge by.
const HELD_BACK: usize = 5;

/// One answer: a photo, by its place, and what is right for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Place of the photo among the encodings.
    pub photo: usize,
    /// Place of the output among the outputs' vectors.
    pub output: usize,
}

/// What is learnt under one instruction.
#[derive(Debug, Clone)]
pub struct InstructionSamples {
    /// Text vector of the instruction, `[text_dim]`.
    pub instruction: Vec<f32>,
    /// Text vectors of the distinct outputs, `[outputs, text_dim]`.
    pub outputs: Vec<f32>,
    /// What is right for which photo.
    pub samples: Vec<Sample>,
}

/// How well photos that were kept back are ranked under one instruction.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct SampleReport {
    /// Photos that were learnt from.
    pub trained: usize,
    /// Photos that were kept back.
    pub judged: usize,
    /// Mean average precision before tuning, of the kept-back photos among themselves.
    pub map_before: f64,
    /// The same after.
    pub map_after: f64,
}

/// The photos of a task, to learn from and to judge by.
pub(super) struct Split {
    pub(super) trained: Vec<Sample>,
    pub(super) judged: Vec<Sample>,
}

impl Split {
    pub(super) fn new(task: &InstructionSamples, seed: u64) -> Self {
        let mut asked = task.samples.clone();
        asked.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        // Every output has its share of both parts.
        asked.sort_by_key(|asked| asked.output);
        let (mut trained, mut judged) = (Vec::new(), Vec::new());
        for (i, asked) in asked.into_iter().enumerate() {
            if i % HELD_BACK == HELD_BACK - 1 {
                judged.push(asked);
            } else {
                trained.push(asked);
            }
        }
        Self { trained, judged }
    }
}

/// Mean average precision of ranking some photos among themselves by their embeddings (`[judged, dim]`); relevant is what has
/// the same output.
pub(super) fn map_among(judged: &[Sample], embedded: &[f32], dim: usize) -> f64 {
    let rows: Vec<(&Sample, &[f32])> = judged.iter().zip(embedded.chunks_exact(dim.max(1))).collect();
    let precisions: Vec<f64> = rows
        .iter()
        .enumerate()
        .filter_map(|(place, (asked, query))| {
            let others = rows.iter().enumerate().filter(|(other, _)| *other != place);
            let mut ranked: Vec<(f32, bool)> = others
                .map(|(_, (other, row))| (dot(query, row), other.output == asked.output))
                .collect();
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
            average_precision(ranked.into_iter().map(|(_, relevant)| relevant))
        })
        .collect();
    precisions.iter().sum::<f64>() / precisions.len().max(1) as f64
}
