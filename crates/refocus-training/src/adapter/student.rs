//! The tower under training: which weights move, and which stand still.

use std::cell::RefCell;
use std::path::Path;

use candle_core::Tensor;

use crate::TrainError;
use crate::parameters::{Parameters, Start};
use refocus_model::ModelError;
use refocus_model::clip::parameters::Parameters as TowerParameters;
use refocus_model::clip::rewriting::{NamedWeights, with_vision_weights};
use refocus_model::clip::vision_transformer::{VisionTransformer, unit_rows};
use refocus_model::clip::{AdapterConfig, ConditionAdapter};

/// A tower with an adapter, some of whose weights are under training.
pub(super) struct Student {
    vision: VisionTransformer,
    adapter: ConditionAdapter,
}

/// Weights under training by name; the others come from the checkpoint.
struct Mixed<'a> {
    stored: &'a dyn TowerParameters,
    own: &'a RefCell<Parameters>,
    layer: usize,
    tower: bool,
}

/// Whether a weight of the tower is trained where the tower is: all that lies above the condition.
fn lies_above(name: &str, layer: usize) -> bool {
    let block = name.strip_prefix("blocks.").and_then(|rest| rest.split_once('.'));
    match block {
        Some((number, _)) => number.parse::<usize>().is_ok_and(|number| number >= layer),
        None => ["ln_post.", "projection.", "pool."]
            .iter()
            .any(|part| name.starts_with(part)),
    }
}

fn of_name(name: &str, error: &TrainError) -> ModelError {
    ModelError::Asset {
        asset: name.to_owned(),
        detail: error.to_string(),
    }
}

impl TowerParameters for Mixed<'_> {
    fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let start = if name.starts_with("adapter.") {
            match shape {
                [_, inputs] => Start::Uniform { inputs: *inputs },
                _ => Start::Constant(0.0),
            }
        } else {
            let stored = self.stored.get(name, shape)?;
            if !(self.tower && lies_above(name, self.layer)) {
                return Ok(stored);
            }
            Start::Values(stored.flatten_all()?.to_vec1()?)
        };
        let mut own = self.own.borrow_mut();
        own.add(name, shape, &start).map_err(|error| of_name(name, &error))?;
        own.get(name).cloned().map_err(|error| of_name(name, &error))
    }
}

impl Student {
    /// The tower of the checkpoint in `folder` with a new adapter, and the weights under training.
    ///
    /// # Errors
    /// As [`VisionTransformer::new`].
    pub(super) fn new(
        folder: &Path,
        vision: &VisionTransformer,
        adapter: AdapterConfig,
        tower: bool,
        seed: u64,
    ) -> Result<(Self, Parameters), TrainError> {
        let (device, _) = vision.place();
        let own = RefCell::new(Parameters::new(seed, device));
        let student = with_vision_weights(folder, |stored| {
            let mixed = Mixed {
                stored,
                own: &own,
                layer: adapter.layer,
                tower,
            };
            Ok::<_, TrainError>(Self {
                adapter: ConditionAdapter::new(adapter, &mixed)?,
                vision: if tower {
                    VisionTransformer::new(*vision.config(), &mixed)?
                } else {
                    vision.clone()
                },
            })
        })?;
        Ok((student, own.into_inner()))
    }

    /// Conditional embeddings of photos, given as their tokens at the input of the adapter's block (`[n, tokens, width]`), under
    /// an instruction each (`[n, text_dim]`): `[n, text_dim]`, of unit length.
    pub(super) fn embed(&self, below: &Tensor, instructions: &Tensor) -> Result<Tensor, TrainError> {
        let token = self.adapter.tokens(instructions)?;
        let layer = self.adapter.config().layer;
        Ok(unit_rows(&self.vision.above(below, layer, Some(&token))?.pooled)?)
    }
}

/// The weights of the tower among those under training.
///
/// # Errors
/// When the device refuses to tell them.
pub(super) fn tower_weights(own: &Parameters) -> Result<NamedWeights, TrainError> {
    let tower = own.shapes().filter(|(name, _)| !name.starts_with("adapter."));
    tower
        .map(|(name, shape)| Ok((name.to_owned(), (shape.to_vec(), own.values(name)?))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_above_the_condition_is_trained() {
        for name in [
            "blocks.11.qkv.weight",
            "ln_post.bias",
            "projection.weight",
            "pool.probe",
        ] {
            assert!(lies_above(name, 11), "{name}");
        }
        for name in [
            "blocks.1.qkv.weight",
            "patch.weight",
            "positions",
            "class",
            "ln_pre.weight",
        ] {
            assert!(!lies_above(name, 11), "{name}");
        }
    }
}
