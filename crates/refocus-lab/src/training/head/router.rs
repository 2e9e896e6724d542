//! The router, fitted by itself once the rest is trained.

use candle_core::{Device, Tensor};

use super::batches::SLOTS;
use super::run::{Params, schedule};
use super::triplets::Triplets;
use refocus_model::focus_encoder::{FocusEncoderConfig, FocusEncoderGraph};
use refocus_model::text_tower::TEXT_DIM;
use refocus_training::TrainError;
use refocus_training::losses::router_loss;
use refocus_training::parameters::{AdamW, Parameters};

/// Steps that fit the router, and photos of a slot of them: only their instructions count.
const STEPS: usize = 2500;
/// See [`STEPS`].
const PHOTOS: usize = 12;

/// Fits the router alone: it shares nothing with the rest, and its targets may have been measured since.
///
/// # Errors
/// As [`train`](super::run::train).
pub fn fit_router(
    triplets: &Triplets,
    parameters: &mut Parameters,
    params: &Params,
    progress: &mut dyn FnMut(usize),
) -> Result<f32, TrainError> {
    let config = FocusEncoderConfig::built_in();
    let batches = triplets.batches(PHOTOS, params.seed ^ 0x0070_7E05);
    let graph = FocusEncoderGraph::new(config, &parameters.builder())?;
    let mut last = 0.0;
    for step in 0..STEPS {
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
        let rate = params.rate * schedule(step, STEPS);
        // Moments are those of the training before: they have long forgotten their start.
        parameters.step(&gradients, rate, params.steps + step + 1, AdamW::default())?;
        progress(step + 1);
    }
    Ok(last)
}
