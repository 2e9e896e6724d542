//! What the trainings of whole towers share: learning rate over time, and contrast of conditional embeddings with each other.

use candle_core::{D, Device, Tensor};

use crate::TrainError;

const WARM_UP: usize = 60;
/// Sharpness of the likeness to the answers.
pub const ANSWER_SCALE: f64 = 20.0;
/// Sharpness of the likeness to other pictures.
const PICTURE_SCALE: f64 = 10.0;
/// Weight of the likeness to other pictures.
pub const PICTURES: f64 = 0.5;

/// Warm-up, then a cosine to nothing.
pub fn schedule(step: usize, steps: usize) -> f64 {
    let done = (step + 1) as f64;
    if step < WARM_UP {
        done / WARM_UP as f64
    } else {
        let share = (done - WARM_UP as f64) / (steps.saturating_sub(WARM_UP)).max(1) as f64;
        0.5 + 0.5 * (share.min(1.0) * std::f64::consts::PI).cos()
    }
}

/// Supervised contrast among pictures under the same instruction (Khosla et al., arXiv 2004.11362): `[n, dim]` and the answer of
/// each.
pub fn contrast(embedded: &Tensor, answers: &[u32]) -> Result<Tensor, TrainError> {
    let count = answers.len();
    let (mut own, mut same) = (vec![0f32; count * count], vec![0f32; count * count]);
    for (row, answer) in answers.iter().enumerate() {
        let positives = answers
            .iter()
            .filter(|other| *other == answer)
            .count()
            .saturating_sub(1);
        for (column, other) in answers.iter().enumerate() {
            let place = row * count + column;
            if row == column {
                own[place] = -1e4;
            } else if answer == other {
                same[place] = 1.0 / (positives * count) as f32;
            }
        }
    }
    let own = Tensor::from_vec(own, (count, count), &Device::Cpu)?;
    let same = Tensor::from_vec(same, (count, count), &Device::Cpu)?;
    let scores = ((embedded.matmul(&embedded.t()?)? * PICTURE_SCALE)? + own)?;
    let likely = candle_nn::ops::log_softmax(&scores, D::Minus1)?;
    Ok((likely * same)?.sum_all()?.neg()?)
}
