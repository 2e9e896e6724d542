//! The model that a person chose: the built-in one, or a checkpoint of theirs.

use std::sync::Arc;

use super::clip::installed::BUILT_IN;
use super::clip::{ClipModel, ModelsFolder};
use super::device::{DeviceReport, SYNTHETIC, best_device, load_on_best_device, synthetic_picture};
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
            let (model, devices) = best_device(|device| installed.load(device), vector_of_synthetic)?;
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
