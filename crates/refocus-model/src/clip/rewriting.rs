//! A checkpoint with some weights of its vision tower trained further: taken up by name, written back as the files have them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{DType, Device};
use safetensors::tensor::{Dtype, TensorView};

use super::super::ModelError;
use super::checkpoint::{OPEN_CLIP_WEIGHTS, SHARDS, WEIGHTS, detect};
use super::config::{CheckpointConfig, Family};
use super::installed::SMALL_FILES;
use super::parameters::{Parameters, StoredParameters, TowerKind};
use super::tensor_files::{TensorFiles, unusable};

/// Weights by the program's own names, each with its shape and values.
pub type NamedWeights = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

fn vision_of<'a>(files: &'a TensorFiles, config: &CheckpointConfig, device: &'a Device) -> StoredParameters<'a> {
    StoredParameters {
        files,
        family: config.family,
        tower: TowerKind::Vision,
        text_prefix: config.text_prefix,
        dtype: DType::F32,
        device,
    }
}

/// The weights of the vision tower in a folder, for what builds a tower of them.
///
/// # Errors
/// As [`detect`], or what `build` says.
pub fn with_vision_weights<T, E: From<ModelError>>(
    folder: &Path,
    build: impl FnOnce(&dyn Parameters) -> Result<T, E>,
) -> Result<T, E> {
    let (config, files) = detect(folder)?;
    build(&vision_of(&files, &config, &Device::Cpu))
}

/// Writes the checkpoint in `from` into the folder `to`, with `trained` in place of the same weights of its vision tower. All
/// else is copied as it is; trained weights are kept in f32.
///
/// # Errors
/// [`ModelError::Asset`] with the file that cannot be read or written.
pub fn write_trained(from: &Path, to: &Path, trained: &NamedWeights) -> Result<(), ModelError> {
    let (config, files) = detect(from)?;
    let vision = vision_of(&files, &config, &Device::Cpu);
    let mut replaced: HashMap<String, (Vec<usize>, Vec<u8>)> = HashMap::new();
    for (name, (shape, values)) in trained {
        for (stored, shape, values) in vision.taken_apart(name, shape, values)? {
            let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            replaced.insert(stored, (shape, bytes));
        }
    }
    let explain = |error: std::io::Error| unusable(to, error.to_string());
    std::fs::create_dir_all(to).map_err(explain)?;
    for name in SMALL_FILES.into_iter().filter(|name| *name != SHARDS) {
        let file = from.join(name);
        if file.is_file() {
            std::fs::copy(&file, to.join(name)).map_err(|error| unusable(&file, error.to_string()))?;
        }
    }
    let mut tensors = Vec::new();
    for name in files.names() {
        tensors.push(match replaced.remove(name) {
            Some((shape, bytes)) => (name, Dtype::F32, shape, bytes),
            None => {
                let (dtype, shape, bytes) = files.stored(name)?;
                (name, dtype, shape.to_vec(), bytes)
            }
        });
    }
    let file = to.join(match config.family {
        Family::OpenClip => OPEN_CLIP_WEIGHTS,
        _ => WEIGHTS,
    });
    let wrong = |error: safetensors::SafeTensorError| unusable(&file, error.to_string());
    let mut views = Vec::with_capacity(tensors.len());
    for (name, dtype, shape, bytes) in &tensors {
        views.push((*name, TensorView::new(*dtype, shape.clone(), bytes).map_err(wrong)?));
    }
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize_to_file(views, Some(metadata), &file).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::Checkpoint;
    use crate::clip::vision_transformer::VisionTransformer;
    use candle_core::Tensor;
    use std::cell::RefCell;
    use std::path::PathBuf;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/fixtures/checkpoints")
            .join(name)
    }

    struct Noting<'a>(&'a dyn Parameters, RefCell<NamedWeights>);

    impl Parameters for Noting<'_> {
        fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
            let tensor = self.0.get(name, shape)?;
            let values = tensor.flatten_all()?.to_vec1::<f32>()?;
            self.1.borrow_mut().insert(name.to_owned(), (shape.to_vec(), values));
            Ok(tensor)
        }
    }

    /// Every weight of the vision tower in a folder.
    fn weights_of(folder: &Path) -> NamedWeights {
        let (config, _) = detect(folder).unwrap();
        with_vision_weights(folder, |weights| {
            let noting = Noting(weights, RefCell::default());
            VisionTransformer::new(config.vision, &noting)?;
            Ok::<_, ModelError>(noting.1.into_inner())
        })
        .unwrap()
    }

    #[test]
    fn trained_weights_come_back_from_the_written_files_in_every_family() {
        for family in ["clip", "open_clip", "siglip", "siglip2"] {
            let from = fixture(family);
            let mut trained = weights_of(&from);
            for (_, values) in trained.values_mut() {
                values.iter_mut().for_each(|value| *value *= 2.0);
            }
            let folder = tempfile::tempdir().unwrap();
            write_trained(&from, folder.path(), &trained).unwrap();
            assert_eq!(weights_of(folder.path()), trained, "{family}");
            Checkpoint::load(folder.path(), &Device::Cpu).unwrap();
        }
    }
}
