//! FocalLens's condition: the instruction's text vector becomes one more token of the vision tower (Hsieh et al., arXiv
//! 2504.08368, section 3). The adapter is a perceptron of two layers; its small file lies beside a checkpoint and names the
//! hash of the weights that it was trained with.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;

use super::super::ModelError;
use super::block::Linear;
use super::parameters::Parameters;
use super::tensor_files::unusable;

const FORMAT: &str = "refocus-condition-adapter";
const VERSION: &str = "1";

/// Sizes of an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdapterConfig {
    /// Length of the instruction's text vector.
    pub text_dim: usize,
    /// Width between the two layers.
    pub hidden: usize,
    /// Length of a token of the tower.
    pub width: usize,
    /// The block at whose input the token joins: 0 is the paper.
    pub layer: usize,
}

/// From text vectors to condition tokens.
#[derive(Debug, Clone)]
pub struct ConditionAdapter {
    config: AdapterConfig,
    fc_1: Linear,
    fc_2: Linear,
}

impl ConditionAdapter {
    /// Names and shapes of its weights, for those who train or keep them.
    #[must_use]
    pub fn weights(config: &AdapterConfig) -> [(&'static str, Vec<usize>); 4] {
        [
            ("adapter.fc_1.weight", vec![config.hidden, config.text_dim]),
            ("adapter.fc_1.bias", vec![config.hidden]),
            ("adapter.fc_2.weight", vec![config.width, config.hidden]),
            ("adapter.fc_2.bias", vec![config.width]),
        ]
    }

    /// The adapter with these weights.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the weight that is missing or of another shape.
    pub fn new(config: AdapterConfig, parameters: &dyn Parameters) -> Result<Self, ModelError> {
        Ok(Self {
            fc_1: Linear::new(parameters, "adapter.fc_1", config.text_dim, config.hidden, true)?,
            fc_2: Linear::new(parameters, "adapter.fc_2", config.hidden, config.width, true)?,
            config,
        })
    }

    /// Its sizes.
    #[must_use]
    pub fn config(&self) -> &AdapterConfig {
        &self.config
    }

    /// Text vectors (`[n, text_dim]`) → condition tokens (`[n, width]`).
    ///
    /// # Errors
    /// Shapes that do not fit, or a device that fails.
    pub fn tokens(&self, texts: &Tensor) -> Result<Tensor, ModelError> {
        let hidden = self.fc_1.forward(texts)?.relu()?;
        Ok(self.fc_2.forward(&hidden)?)
    }

    /// The file of an adapter for the checkpoint of this digest.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when a weight is missing or cannot be written down.
    pub fn to_bytes(
        config: &AdapterConfig,
        digest: &str,
        weight: &dyn Fn(&str) -> Option<Vec<f32>>,
    ) -> Result<Vec<u8>, ModelError> {
        let wrong = |detail: String| unusable(Path::new("the condition adapter"), detail);
        let mut stored = Vec::new();
        for (name, shape) in Self::weights(config) {
            let values = weight(name).ok_or_else(|| wrong(format!("{name} is missing")))?;
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            stored.push((name, shape, bytes));
        }
        let mut views = Vec::new();
        for (name, shape, bytes) in &stored {
            let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes)
                .map_err(|error| wrong(error.to_string()))?;
            views.push((*name, view));
        }
        let metadata = HashMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("version".to_owned(), VERSION.to_owned()),
            ("checkpoint".to_owned(), digest.to_owned()),
            ("layer".to_owned(), config.layer.to_string()),
        ]);
        safetensors::serialize(views, Some(metadata)).map_err(|error| wrong(error.to_string()))
    }

    /// Reads an adapter that must be for the checkpoint of this digest.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the file and the mismatch.
    pub fn read(file: &Path, digest: &str, device: &Device) -> Result<Self, ModelError> {
        let bytes = std::fs::read(file).map_err(|error| unusable(file, error.to_string()))?;
        let damaged = |error: safetensors::SafeTensorError| unusable(file, format!("it is damaged ({error})"));
        let metadata = metadata_of(&bytes).map_err(damaged)?;
        let says = |key: &str| metadata.get(key).map_or("nothing", String::as_str);
        for (key, wanted) in [("format", FORMAT), ("version", VERSION), ("checkpoint", digest)] {
            if says(key) != wanted {
                return Err(unusable(file, format!("its {key} is {}, expected {wanted}", says(key))));
            }
        }
        let tensors = SafeTensors::deserialize(&bytes).map_err(damaged)?;
        let shape = |name: &str| {
            tensors
                .tensor(name)
                .map(|tensor| tensor.shape().to_vec())
                .map_err(damaged)
        };
        let (first, second) = (shape("adapter.fc_1.weight")?, shape("adapter.fc_2.weight")?);
        let (&[hidden, text_dim], &[width, _]) = (first.as_slice(), second.as_slice()) else {
            return Err(unusable(file, "its layers are no matrices"));
        };
        let layer = says("layer").parse().map_err(|_| unusable(file, "it names no layer"))?;
        let config = AdapterConfig {
            text_dim,
            hidden,
            width,
            layer,
        };
        Self::new(
            config,
            &AdapterFile {
                file,
                tensors: &tensors,
                device,
            },
        )
    }

    /// The adapters in a folder that are for the checkpoint of this digest.
    #[must_use]
    pub fn find(folder: &Path, digest: &str) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Vec::new();
        };
        let is_for = |file: &PathBuf| {
            let header = header_of(file).ok().flatten().unwrap_or_default();
            let says = |key: &str| header.pointer(key).and_then(serde_json::Value::as_str);
            says("/__metadata__/format") == Some(FORMAT) && says("/__metadata__/checkpoint") == Some(digest)
        };
        let mut found: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|file| file.extension().is_some_and(|kind| kind == "safetensors"))
            .filter(is_for)
            .collect();
        found.sort();
        found
    }
}

/// The header of a safetensors file, without the weights behind it: the checkpoint itself may lie in the same folder.
fn header_of(file: &Path) -> io::Result<Option<serde_json::Value>> {
    const LONGEST: u64 = 16 << 20;
    let mut file = std::fs::File::open(file)?;
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST {
        return Ok(None);
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header)?;
    Ok(serde_json::from_slice(&header).ok())
}

fn metadata_of(bytes: &[u8]) -> Result<HashMap<String, String>, safetensors::SafeTensorError> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    Ok(header.metadata().clone().unwrap_or_default())
}

struct AdapterFile<'a> {
    file: &'a Path,
    tensors: &'a SafeTensors<'a>,
    device: &'a Device,
}

impl Parameters for AdapterFile<'_> {
    fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let tensor = self
            .tensors
            .tensor(name)
            .map_err(|error| unusable(self.file, error.to_string()))?;
        if tensor.shape() != shape || tensor.dtype() != safetensors::Dtype::F32 {
            let detail = format!(
                "{name} is {:?} {:?}, expected f32 {shape:?}",
                tensor.dtype(),
                tensor.shape()
            );
            return Err(unusable(self.file, detail));
        }
        Ok(Tensor::from_raw_buffer(tensor.data(), DType::F32, shape, self.device)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: AdapterConfig = AdapterConfig {
        text_dim: 3,
        hidden: 2,
        width: 4,
        layer: 1,
    };

    fn bytes(digest: &str) -> Vec<u8> {
        let weight = |name: &str| {
            let shapes = ConditionAdapter::weights(&CONFIG);
            let (_, shape) = shapes.iter().find(|(known, _)| *known == name)?;
            Some(vec![0.5; shape.iter().product()])
        };
        ConditionAdapter::to_bytes(&CONFIG, digest, &weight).unwrap()
    }

    #[test]
    fn an_adapter_is_found_and_read_by_the_hash_of_its_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.safetensors"), bytes("aaaa")).unwrap();
        std::fs::write(folder.path().join("b.safetensors"), bytes("bbbb")).unwrap();
        std::fs::write(folder.path().join("c.safetensors"), b"something else").unwrap();
        let found = ConditionAdapter::find(folder.path(), "bbbb");
        assert_eq!(found, [folder.path().join("b.safetensors")]);
        let adapter = ConditionAdapter::read(&found[0], "bbbb", &Device::Cpu).unwrap();
        assert_eq!(*adapter.config(), CONFIG);
        let texts = Tensor::ones((2, 3), DType::F32, &Device::Cpu).unwrap();
        // 3 · ½ + ½ = 2 in both hidden numbers; 2 · 2 · ½ + ½.
        assert_eq!(adapter.tokens(&texts).unwrap().to_vec2::<f32>().unwrap(), [[2.5; 4]; 2]);
        let error = ConditionAdapter::read(&found[0], "aaaa", &Device::Cpu)
            .unwrap_err()
            .to_string();
        assert!(error.contains("its checkpoint is bbbb"), "{error}");
    }
}
