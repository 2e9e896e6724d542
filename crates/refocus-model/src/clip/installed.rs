//! The folder in which a person's checkpoints lie, one sub-folder each, with a record of what each is.
//!
//! A checkpoint is put together beside its place and renamed, so that it is whole or not there. The record keeps the hash of
//! the weights, so that a start need not read gigabytes to know a model's identity; where a file has changed since, it is
//! worked out again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use super::super::photo_model::ModelId;
use super::super::{ModelError, PhotoModel};
use super::checkpoint::{OPEN_CLIP_WEIGHTS, SHARDS, WEIGHTS, detect};
use super::clip_model::{CheckpointName, ClipModel, REVISION};
use super::condition_adapter::ConditionAdapter;
use super::config::{CONFIG, OPEN_CLIP_CONFIG};
use super::preprocessing::{PREPROCESSOR, PROCESSOR};
use super::tensor_files::unusable;
use super::text_tokens::{TOKENIZER, TOKENIZER_CONFIG};

/// Name of the record.
const RECORD: &str = "refocus.json";
/// The mean of text vectors, worked out at the first load.
const TEXT_MEAN: &str = "refocus-text-mean.safetensors";
/// Name of a condition adapter in a checkpoint's folder.
pub const ADAPTER: &str = "condition-adapter.safetensors";
/// The identity of the model that is part of the program.
pub const BUILT_IN: &str = "built-in";
/// Small files that a checkpoint may have beside its weights.
pub const SMALL_FILES: [&str; 7] = [
    CONFIG,
    OPEN_CLIP_CONFIG,
    PREPROCESSOR,
    PROCESSOR,
    TOKENIZER,
    TOKENIZER_CONFIG,
    SHARDS,
];

/// Size and time of a file, which say whether it is still the one that was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct FileMark {
    bytes: u64,
    modified_ns: u64,
}

/// What is kept of a checkpoint beside its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledRecord {
    /// Name on the screen.
    pub name: String,
    /// Licence of the weights, as far as it is known.
    pub licence: String,
    /// Where it came from.
    pub source: String,
    /// blake3 over weights, configuration and preprocessing, hex.
    #[serde(default)]
    digest: String,
    #[serde(default)]
    files: BTreeMap<String, FileMark>,
}

impl InstalledRecord {
    /// A record for files that are about to be installed.
    #[must_use]
    pub fn new(name: &str, licence: &str, source: &str) -> Self {
        Self {
            name: name.to_owned(),
            licence: licence.to_owned(),
            source: source.to_owned(),
            digest: String::new(),
            files: BTreeMap::new(),
        }
    }
}

/// An installed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Name of its folder: how commands call it.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What is known of it.
    pub record: InstalledRecord,
}

impl Installed {
    /// Identity of the encoder; stored encodings carry it.
    #[must_use]
    pub fn id(&self) -> ModelId {
        let hash = self.record.digest.get(..8).unwrap_or_default();
        ModelId(format!("{}@{REVISION}+{hash}", self.name))
    }

    /// Bytes of all its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.record.files.values().map(|file| file.bytes).sum()
    }

    /// blake3 over weights, configuration and preprocessing, hex: what an adapter is chosen by.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.record.digest
    }

    /// Loads it, with the condition adapter that was trained for these weights where one lies in its folder.
    ///
    /// # Errors
    /// As [`ClipModel::load`].
    pub fn load(&self, device: &Device) -> Result<ClipModel, ModelError> {
        self.load_in(device, DType::F32)
    }

    /// The same on the CPU.
    ///
    /// # Errors
    /// As [`ClipModel::load`].
    pub fn load_on_cpu(&self) -> Result<ClipModel, ModelError> {
        self.load(&Device::Cpu)
    }

    /// The same with a vision tower that computes in `dtype`.
    ///
    /// # Errors
    /// As [`ClipModel::load`].
    pub fn load_in(&self, device: &Device, dtype: DType) -> Result<ClipModel, ModelError> {
        let name = CheckpointName {
            id: self.id(),
            name: self.record.name.clone(),
            licence: self.record.licence.clone(),
        };
        let file = self.folder.join(TEXT_MEAN);
        let kept = kept_mean(&file);
        let known = kept.is_some();
        let mut model = ClipModel::load(&self.folder, name, (device, dtype), kept)?;
        if !known {
            let mean = model.text_mean();
            let tensor = Tensor::from_slice(mean, mean.len(), &Device::Cpu)?;
            let tensors = std::collections::HashMap::from([("text_mean".to_owned(), tensor)]);
            if let Err(error) = candle_core::safetensors::save(&tensors, &file) {
                tracing::debug!(%error, "the mean of text vectors is worked out again next time");
            }
        }
        // One that cannot be used is passed over: the model is of use without it.
        if let Some(file) = ConditionAdapter::find(&self.folder, self.digest()).pop() {
            let adapter = ConditionAdapter::read(&file, self.digest(), device);
            if let Err(error) = adapter.and_then(|adapter| model.set_adapter(adapter, &file)) {
                tracing::warn!(%error, "the condition adapter cannot be used");
            }
        }
        Ok(model)
    }
}

fn kept_mean(file: &Path) -> Option<Vec<f32>> {
    let tensors = candle_core::safetensors::load(file, &Device::Cpu).ok()?;
    tensors.get("text_mean")?.to_vec1().ok()
}

/// The folder of all checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelsFolder {
    path: PathBuf,
}

impl ModelsFolder {
    /// A folder, which need not be there yet.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A folder of a name of its own for files on their way in.
    #[must_use]
    pub fn arriving(&self, name: &str) -> PathBuf {
        self.path.join(format!(".{name}.arriving"))
    }

    /// All checkpoints, by name. A folder without a readable record is passed over.
    #[must_use]
    pub fn list(&self) -> Vec<Installed> {
        let Ok(entries) = std::fs::read_dir(&self.path) else {
            return Vec::new();
        };
        let mut found: Vec<Installed> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| self.get(&name).ok())
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// The checkpoint of this name, its hash checked against its files' sizes and times.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when there is none, or its files cannot be read.
    pub fn get(&self, name: &str) -> Result<Installed, ModelError> {
        let folder = self.path.join(name);
        if !is_name(name) || !folder.is_dir() {
            let detail = format!("there is no model {name}; `refocus model list` names those that are there");
            return Err(unusable(&self.path, detail));
        }
        let file = folder.join(RECORD);
        let bytes = std::fs::read(&file).map_err(|error| unusable(&file, error.to_string()))?;
        let mut record: InstalledRecord =
            serde_json::from_slice(&bytes).map_err(|error| unusable(&file, error.to_string()))?;
        if record.digest.is_empty() || record.files != marks(&folder)? {
            complete(&folder, &mut record)?;
            if let Err(error) = std::fs::write(&file, serde_json::to_vec_pretty(&record).unwrap_or_default()) {
                tracing::debug!(%error, "the model's hash is worked out again next time");
            }
        }
        Ok(Installed {
            name: name.to_owned(),
            folder,
            record,
        })
    }

    /// Checks the checkpoint that lies in [`ModelsFolder::arriving`] by loading it and puts it in its place.
    ///
    /// # Errors
    /// As [`ClipModel::load`], or what the system says.
    pub fn install(&self, name: &str, mut record: InstalledRecord) -> Result<Installed, ModelError> {
        if !is_name(name) {
            return Err(unusable(&self.path, format!("{name:?} cannot be the name of a model")));
        }
        let (from, to) = (self.arriving(name), self.path.join(name));
        complete(&from, &mut record)?;
        let arrived = Installed {
            name: name.to_owned(),
            folder: from.clone(),
            record,
        };
        arrived.load(&Device::Cpu)?.embed_text(&["a photo"])?;
        let file = from.join(RECORD);
        let explain = |error: std::io::Error| unusable(&to, error.to_string());
        std::fs::write(&file, serde_json::to_vec_pretty(&arrived.record).unwrap_or_default()).map_err(explain)?;
        if to.exists() {
            std::fs::remove_dir_all(&to).map_err(explain)?;
        }
        std::fs::rename(&from, &to).map_err(explain)?;
        Ok(Installed { folder: to, ..arrived })
    }

    /// Copies the checkpoint in a folder, checks the copy and puts it in its place. `progress`: bytes copied and bytes in all;
    /// the copy ends when it returns `false`.
    ///
    /// # Errors
    /// As [`ModelsFolder::install`].
    pub fn import(
        &self,
        from: &Path,
        name: &str,
        record: InstalledRecord,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Installed, ModelError> {
        detect(from)?;
        let arriving = self.arriving(name);
        let explain = |error: std::io::Error| unusable(&arriving, error.to_string());
        if arriving.exists() {
            std::fs::remove_dir_all(&arriving).map_err(explain)?;
        }
        std::fs::create_dir_all(&arriving).map_err(explain)?;
        let files = files_of(from)?;
        let total = files.iter().map(|(_, bytes)| bytes).sum();
        let mut done = 0;
        for (file, bytes) in files {
            let name = file.file_name().unwrap_or_default();
            std::fs::copy(&file, arriving.join(name)).map_err(|error| unusable(&file, error.to_string()))?;
            done += bytes;
            if !progress(done, total) {
                let _ = std::fs::remove_dir_all(&arriving);
                return Err(unusable(&file, "the import was given up"));
            }
        }
        self.install(name, record)
            .inspect_err(|_| drop(std::fs::remove_dir_all(&arriving)))
    }

    /// Removes a checkpoint from the disk.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when there is none, or what the system says.
    pub fn remove(&self, name: &str) -> Result<(), ModelError> {
        let installed = self.get(name)?;
        std::fs::remove_dir_all(&installed.folder).map_err(|error| unusable(&installed.folder, error.to_string()))
    }
}

/// Whether a text can be the name of a model: a plain folder name, not hidden, and not the built-in model's.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 80 && name != BUILT_IN && !name.starts_with('.') && name.chars().all(plain)
}

/// A name made of any text: what is not allowed becomes a dash.
#[must_use]
pub fn name_from(text: &str) -> String {
    let name: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let name: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    let name: String = name.join("-").chars().take(80).collect();
    if is_name(&name) { name } else { format!("model-{name}") }
}

/// The files of the checkpoint in a folder, with their sizes.
fn files_of(folder: &Path) -> Result<Vec<(PathBuf, u64)>, ModelError> {
    let (_, weights) = detect(folder)?;
    let mut files: Vec<PathBuf> = SMALL_FILES
        .iter()
        .map(|name| folder.join(name))
        .filter(|file| file.is_file())
        .collect();
    files.extend(weights.files().iter().cloned());
    files
        .into_iter()
        .map(|file| match file.metadata() {
            Ok(metadata) => Ok((file, metadata.len())),
            Err(error) => Err(unusable(&file, error.to_string())),
        })
        .collect()
}

fn marks(folder: &Path) -> Result<BTreeMap<String, FileMark>, ModelError> {
    let mark = |(file, bytes): (PathBuf, u64)| {
        let modified = file.metadata().and_then(|metadata| metadata.modified()).ok();
        let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let modified_ns = since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(0));
        (name, FileMark { bytes, modified_ns })
    };
    Ok(files_of(folder)?.into_iter().map(mark).collect())
}

/// Hashes the files of a folder into its record.
fn complete(folder: &Path, record: &mut InstalledRecord) -> Result<(), ModelError> {
    let (_, weights) = detect(folder)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(weights.digest()?.as_bytes());
    for name in [CONFIG, OPEN_CLIP_CONFIG, PREPROCESSOR, PROCESSOR] {
        if let Ok(bytes) = std::fs::read(folder.join(name)) {
            hasher.update(name.as_bytes());
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(&bytes);
        }
    }
    record.digest = hasher.finalize().to_hex().to_string();
    record.files = marks(folder)?;
    Ok(())
}

/// Which files of a repository make up a checkpoint: the small ones that are known, and the weights that are read first.
/// `None` where it has no weights that can be read.
#[must_use]
pub fn wanted_files<'a>(names: &[&'a str]) -> Option<Vec<&'a str>> {
    let find = |wanted: &str| names.iter().copied().find(|name| *name == wanted);
    let mut files: Vec<&str> = SMALL_FILES.iter().filter_map(|name| find(name)).collect();
    // OpenCLIP's own file first: its repositories may hold weights of the same name as ours for another library.
    if let (Some(_), Some(weights)) = (find(OPEN_CLIP_CONFIG), find(OPEN_CLIP_WEIGHTS)) {
        files.retain(|name| *name != SHARDS && *name != CONFIG);
        files.push(weights);
        return Some(files);
    }
    find(CONFIG)?;
    if let Some(weights) = find(WEIGHTS) {
        files.retain(|name| *name != SHARDS);
        files.push(weights);
        return Some(files);
    }
    find(SHARDS)?;
    let shards = names.iter().copied().filter(|name| {
        name.strip_prefix("model-")
            .is_some_and(|rest| rest.ends_with(".safetensors") && !rest.contains('/'))
    });
    files.extend(shards);
    Some(files)
}

#[cfg(test)]
mod tests;
