//! A checkpoint's folder as two towers with what feeds them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use serde_json::Value;

use super::super::{ModelError, PictureView};
use super::config::{CONFIG, CheckpointConfig, Family, OPEN_CLIP_CONFIG, read_json};
use super::parameters::{StoredParameters, TowerKind};
use super::preprocessing::{Preprocessing, SizedPicture};
use super::tensor_files::{TensorFiles, unusable};
use super::text_tokens::TextTokens;
use super::text_transformer::TextTransformer;
use super::vision_transformer::{VisionOutput, VisionTransformer, append_patches};

/// Weights in one file.
pub const WEIGHTS: &str = "model.safetensors";
/// The list of shards where the weights are in several files.
pub const SHARDS: &str = "model.safetensors.index.json";
/// OpenCLIP's weights.
pub const OPEN_CLIP_WEIGHTS: &str = "open_clip_model.safetensors";

/// A checkpoint in memory.
pub struct Checkpoint {
    config: CheckpointConfig,
    vision: VisionTransformer,
    text: TextTransformer,
    tokens: TextTokens,
    preprocessing: Preprocessing,
}

/// What a folder holds: the configuration, and where the weights lie.
///
/// # Errors
/// [`ModelError::Asset`] with the file that is missing or not understood.
pub fn detect(folder: &Path) -> Result<(CheckpointConfig, TensorFiles), ModelError> {
    if !folder.is_dir() {
        return Err(unusable(folder, "it is no folder"));
    }
    let has = |name: &str| folder.join(name).exists();
    let open_clip = has(OPEN_CLIP_CONFIG);
    // OpenCLIP's repositories may hold another configuration beside their own; the weights decide.
    let transformers = has(CONFIG)
        && match read_json(&folder.join(CONFIG)) {
            Ok(config) => config.get("model_type").is_some() || !open_clip,
            Err(_) => !open_clip,
        };
    let stored = has(WEIGHTS) || has(SHARDS);
    if transformers && (stored || !(open_clip && has(OPEN_CLIP_WEIGHTS))) {
        let config = CheckpointConfig::read(folder)?;
        let files = TensorFiles::open(weight_files(folder)?)?;
        return Ok((config, files));
    }
    if open_clip {
        let config = CheckpointConfig::read_open_clip(folder)?;
        let file = folder.join(OPEN_CLIP_WEIGHTS);
        if !file.exists() {
            return Err(unusable(&file, missing_weights(folder)));
        }
        let files = TensorFiles::open(vec![file.clone()])?;
        if !files.has("visual.conv1.weight") {
            return Err(unusable(
                &file,
                "its tensors are not named as those of an OpenCLIP vision transformer",
            ));
        }
        return Ok((config, files));
    }
    let detail = format!("it holds neither {CONFIG} nor {OPEN_CLIP_CONFIG}");
    Err(unusable(folder, detail))
}

fn missing_weights(folder: &Path) -> String {
    let pickled = ["pytorch_model.bin", "open_clip_pytorch_model.bin"];
    match pickled.iter().find(|name| folder.join(name).exists()) {
        Some(name) => format!("the file is missing; {name} is not read, because such files can run programs"),
        None => "the file is missing".to_owned(),
    }
}

/// The weight files of a folder in the layout of the transformers library.
fn weight_files(folder: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let index = folder.join(SHARDS);
    let whole = folder.join(WEIGHTS);
    if whole.exists() || !index.exists() {
        return if whole.exists() {
            Ok(vec![whole])
        } else {
            Err(unusable(&whole, missing_weights(folder)))
        };
    }
    let shards = shard_names(&read_json(&index)?).map_err(|detail| unusable(&index, detail))?;
    let files: Vec<PathBuf> = shards.iter().map(|name| folder.join(name)).collect();
    match files.iter().find(|file| !file.exists()) {
        Some(missing) => Err(unusable(missing, format!("the file is missing, {SHARDS} names it"))),
        None => Ok(files),
    }
}

/// The files that a list of shards names; each a plain name, so that nothing outside the folder is read.
pub fn shard_names(index: &Value) -> Result<BTreeSet<String>, String> {
    let map = index
        .get("weight_map")
        .and_then(Value::as_object)
        .ok_or("it has no weight_map")?;
    map.values()
        .map(|name| {
            let name = name.as_str().unwrap_or_default();
            if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
                Err(format!("it names the file {name:?}"))
            } else {
                Ok(name.to_owned())
            }
        })
        .collect()
}

impl Checkpoint {
    /// Loads the checkpoint in a folder, to compute in f32, whatever the weights are stored as.
    ///
    /// # Errors
    /// As [`Checkpoint::load_in`].
    pub fn load(folder: &Path, device: &Device) -> Result<Self, ModelError> {
        Self::load_in(folder, device, DType::F32)
    }

    /// Loads the checkpoint in a folder; its vision tower computes in `dtype` (f32, f16 or bf16), its text tower in f32.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the file and the mismatch, [`ModelError::Compute`] when the device refuses it.
    pub fn load_in(folder: &Path, device: &Device, dtype: DType) -> Result<Self, ModelError> {
        let (config, files) = detect(folder)?;
        // Small files first: what is wrong with them is found before gigabytes are read.
        let tokens = TextTokens::read(folder, &config.text)?;
        let preprocessing = Preprocessing::read(folder, &config)?;
        let parameters = |tower, device, dtype| StoredParameters {
            files: &files,
            family: config.family,
            tower,
            text_prefix: config.text_prefix,
            dtype,
            device,
        };
        let vision = VisionTransformer::new(config.vision, &parameters(TowerKind::Vision, device, dtype))?;
        // Texts are few and short: their tower stays on the CPU.
        let text = TextTransformer::new(config.text, &parameters(TowerKind::Text, &Device::Cpu, DType::F32))?;
        Ok(Self {
            config,
            vision,
            text,
            tokens,
            preprocessing,
        })
    }

    /// What it is made of.
    #[must_use]
    pub fn config(&self) -> &CheckpointConfig {
        &self.config
    }

    /// The vision tower.
    #[must_use]
    pub fn vision(&self) -> &VisionTransformer {
        &self.vision
    }

    /// Resizes and crops a picture as the checkpoint's own preprocessing does.
    #[must_use]
    pub fn prepare(&self, picture: PictureView<'_>) -> SizedPicture {
        self.preprocessing.apply(picture)
    }

    /// Pictures of one size as the patches that the vision tower reads: `[batch, patches, 3 · side²]` and the grid (rows,
    /// columns). Each picture is its pixels `[height, width, 3]`.
    ///
    /// # Errors
    /// [`ModelError::Prepared`] when sizes differ or are no multiples of a patch.
    pub fn patches(&self, pictures: &[&[u8]], width: usize) -> Result<(Tensor, (usize, usize)), ModelError> {
        let side = self.config.vision.patch_side;
        let bytes = pictures.first().map_or(0, |picture| picture.len());
        let height = bytes / (3 * width).max(1);
        // What does not fill a patch is cut off, as a convolution without padding does.
        let (rows, columns) = (height / side, width / side);
        let equal = pictures.iter().all(|picture| picture.len() == bytes);
        if !equal || rows == 0 || columns == 0 || bytes != 3 * width * height {
            let detail = format!("{bytes} bytes of a picture {width} pixels wide, in patches of {side}");
            return Err(ModelError::Prepared(detail));
        }
        let mut values = Vec::with_capacity(pictures.len() * rows * columns * 3 * side * side);
        for picture in pictures {
            let normalise = |value: u8, channel: usize| self.preprocessing.normalised(value, channel);
            append_patches(picture, width, side, normalise, &mut values);
        }
        let shape = (pictures.len(), rows * columns, 3 * side * side);
        Ok((Tensor::from_vec(values, shape, &Device::Cpu)?, (rows, columns)))
    }

    /// Vectors and patch tokens of pictures of one size.
    ///
    /// # Errors
    /// As [`Checkpoint::patches`], or [`ModelError::Compute`].
    pub fn embed_pictures(&self, pictures: &[&[u8]], width: usize) -> Result<VisionOutput, ModelError> {
        let (patches, grid) = self.patches(pictures, width)?;
        self.vision.forward(&patches, grid, None)
    }

    /// Ids of a text.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`].
    pub fn text_ids(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        self.tokens.ids(text)
    }

    /// Vectors of texts of equally many tokens, `[texts, projection]`.
    ///
    /// # Errors
    /// As [`TextTransformer::forward`].
    pub fn embed_ids(&self, ids: &[Vec<u32>]) -> Result<Tensor, ModelError> {
        self.text.forward(ids)
    }

    /// Name of the family on the screen.
    #[must_use]
    pub fn family(&self) -> Family {
        self.config.family
    }
}
