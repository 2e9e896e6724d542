//! The model that a person chose: the built-in one, or a checkpoint of theirs.

use std::sync::Arc;

use candle_core::{DType, Device};

use super::clip::installed::BUILT_IN;
use super::clip::{ClipModel, ModelsFolder};
use super::device::{DeviceReport, SYNTHETIC, SelfTest, best_device, load_on_best_device, synthetic_picture};
use super::{ModelChoice, ModelError, PhotoModel, PictureView};

/// A model in memory.
pub struct LoadedModel {
    /// The model.
    pub model: Arc<dyn PhotoModel>,
    /// What each device could do with it.
    pub devices: Vec<DeviceReport>,
    /// Its folder, where it is a checkpoint.
    pub folder: Option<std::path::PathBuf>,
}

/// Loads the chosen model on the best device that passes its self-test.
///
/// # Errors
/// [`ModelError::Asset`] with the file that is missing or does not fit.
pub fn load_chosen(choice: &ModelChoice, models: &ModelsFolder) -> Result<LoadedModel, ModelError> {
    match choice.checkpoint.as_deref().filter(|name| *name != BUILT_IN) {
        None => {
            let (model, devices) = load_on_best_device(choice)?;
            Ok(LoadedModel {
                model: Arc::new(model),
                devices,
                folder: None,
            })
        }
        Some(name) => {
            let installed = models.get(name)?;
            // A GPU computes in f16, twice as fast or more, unless that gives another vector than the CPU's f32.
            let in_type = |of_gpu: DType| {
                let load = |device: &Device| {
                    let dtype = if device.is_cpu() { DType::F32 } else { of_gpu };
                    installed.load_in(device, dtype)
                };
                best_device(load, vector_of_synthetic)
            };
            let mut best = in_type(DType::F16)?;
            if best
                .1
                .iter()
                .any(|device| device.available && device.self_test == SelfTest::Failed)
            {
                best = in_type(DType::F32)?;
            }
            let (model, devices) = best;
            Ok(LoadedModel {
                model: Arc::new(model),
                devices,
                folder: Some(installed.folder),
            })
        }
    }
}

/// The plain vector of the synthetic picture.
fn vector_of_synthetic(model: &ClipModel) -> Result<Vec<f32>, ModelError> {
    let pixels = synthetic_picture();
    let prepared = model.prepare(PictureView::new(SYNTHETIC.0, SYNTHETIC.1, &pixels)?)?;
    let rows = model.encode(&[prepared])?;
    let mut plain = vec![0.0; model.layout().plain_dim()];
    model
        .layout()
        .plain(rows.first().map_or(&[], Vec::as_slice), &mut plain);
    Ok(plain)
}
