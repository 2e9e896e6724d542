//! The small towers: one size, three ways to hear the instruction.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;

use refocus_model::ModelError;
use refocus_model::assets::WeightFile;
use refocus_model::clip::config::{Activation, Pooling, StackConfig, VisionConfig};
use refocus_model::clip::parameters::Parameters as TowerParameters;
use refocus_model::clip::vision_transformer::{VisionTransformer, append_patches};
use refocus_model::clip::{AdapterConfig, ConditionAdapter};
use refocus_model::text_tower::TEXT_DIM;
use refocus_training::TrainError;
use refocus_training::parameters::{Parameters, Start};

/// Side of a picture in pixels.
pub const SIDE: u32 = 32;
const PATCH: usize = 8;
const WIDTH: usize = 96;
const LAYERS: usize = 4;
const HIDDEN: usize = 192;

const FORMAT: [(&str, &str); 2] = [("format", "refocus-colorshape-tower"), ("version", "1")];

/// Where the instruction joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Injection {
    /// Nowhere: the tower without a condition.
    None,
    /// At the first block, as in the paper.
    First,
    /// At the last block.
    Late,
}

impl Injection {
    /// All three.
    pub const ALL: [Self; 3] = [Self::None, Self::First, Self::Late];

    /// Name of its file, without the ending.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::None => "plain",
            Self::First => "layer-0",
            Self::Late => "late",
        }
    }

    /// The block at whose input the token joins.
    #[must_use]
    pub fn layer(self) -> usize {
        match self {
            Self::None | Self::First => 0,
            Self::Late => LAYERS - 1,
        }
    }
}

/// Sizes of the tower.
#[must_use]
pub fn config() -> VisionConfig {
    VisionConfig {
        stack: StackConfig {
            width: WIDTH,
            layers: LAYERS,
            heads: 4,
            mlp: HIDDEN,
            activation: Activation::QuickGelu,
            norm_epsilon: 1e-5,
        },
        image_side: SIDE as usize,
        patch_side: PATCH,
        any_shape: false,
        pooling: Pooling::ClassToken { projection: TEXT_DIM },
    }
}

/// A tower with its adapter.
pub struct SmallTower {
    injection: Injection,
    vision: VisionTransformer,
    adapter: ConditionAdapter,
}

impl SmallTower {
    /// The tower with these weights.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the weight that is missing or of another shape.
    pub fn new(injection: Injection, parameters: &dyn TowerParameters) -> Result<Self, ModelError> {
        let adapter = AdapterConfig {
            text_dim: TEXT_DIM,
            hidden: HIDDEN,
            width: WIDTH,
            layer: injection.layer(),
        };
        Ok(Self {
            injection,
            vision: VisionTransformer::new(config(), parameters)?,
            adapter: ConditionAdapter::new(adapter, parameters)?,
        })
    }

    /// Conditional embeddings of `n` pictures (`[n, patches, values]`) under `m` instructions each (`[m · n, text_dim]`, the
    /// first one of every picture first): `[m · n, text_dim]`, of unit length.
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn embed(&self, patches: &Tensor, instructions: &Tensor) -> Result<Tensor, ModelError> {
        let side = config().grid_side();
        let layer = self.injection.layer();
        let asked = instructions.dim(0)? / patches.dim(0)?.max(1);
        // Below the condition a picture is the same under every instruction, and computed once.
        let below = self.vision.below(patches, (side, side), layer)?;
        let pooled = match self.injection {
            Injection::None => self.vision.above(&below, layer, None)?.pooled.repeat((asked, 1))?,
            Injection::First | Injection::Late => {
                let token = self.adapter.tokens(instructions)?;
                let below = below.repeat((asked, 1, 1))?;
                self.vision.above(&below, layer, Some(&token))?.pooled
            }
        };
        let length = (pooled.sqr()?.sum_keepdim(1)? + 1e-9)?.sqrt()?;
        Ok(pooled.broadcast_div(&length)?)
    }

    /// Reads a tower that [`write`] wrote.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the file and what is wrong with it.
    pub fn read(folder: &Path, injection: Injection) -> Result<Self, ModelError> {
        let file = folder.join(format!("{}.safetensors", injection.file_name()));
        let name = file.display().to_string();
        let bytes = std::fs::read(&file).map_err(|error| ModelError::Asset {
            asset: name.clone(),
            detail: format!("{error}; `refocus-lab train --preset colorshape` makes it"),
        })?;
        Self::new(injection, &InFile(WeightFile::open(&name, &bytes, &FORMAT)?))
    }
}

struct InFile<'a>(WeightFile<'a>);

impl TowerParameters for InFile<'_> {
    fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let values = self.0.values_of_shape(name, shape)?;
        Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
    }
}

/// Weights under training; each starts when it is first asked for.
pub(super) struct Growing(pub(super) RefCell<Parameters>);

impl TowerParameters for Growing {
    fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let mut parameters = self.0.borrow_mut();
        let fail = |error: TrainError| ModelError::Asset {
            asset: name.to_owned(),
            detail: error.to_string(),
        };
        if let Ok(known) = parameters.get(name) {
            return Ok(known.clone());
        }
        let inputs = shape.last().copied().unwrap_or(1);
        let norm = name.contains("ln_");
        let start = match (shape.len(), name) {
            (1, _) if norm && name.ends_with("weight") => Start::Constant(1.0),
            (1, "class") => Start::Normal(0.1),
            (1, _) => Start::Constant(0.0),
            // As strong as the patches themselves: where a patch lies is half of what a shape is.
            (_, "positions") => Start::Normal(0.5),
            _ => Start::Uniform { inputs },
        };
        parameters.add(name, shape, &start).map_err(fail)?;
        parameters.get(name).cloned().map_err(fail)
    }
}

/// Keeps trained weights in `folder`.
///
/// # Errors
/// What the system says, or [`TrainError`].
pub(super) fn write(folder: &Path, injection: Injection, parameters: &Parameters) -> Result<(), TrainError> {
    let names: Vec<(String, Vec<usize>)> = parameters
        .shapes()
        .map(|(name, shape)| (name.to_owned(), shape.to_vec()))
        .collect();
    let mut stored = Vec::with_capacity(names.len());
    for (name, shape) in names {
        let bytes: Vec<u8> = parameters
            .values(&name)?
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        stored.push((name, shape, bytes));
    }
    let cannot = |detail: String| TrainError::Cache(format!("{detail}: {}", folder.display()));
    let mut views = Vec::with_capacity(stored.len());
    for (name, shape, bytes) in &stored {
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes);
        views.push((name.as_str(), view.map_err(|error| cannot(error.to_string()))?));
    }
    let metadata: HashMap<String, String> = FORMAT
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(|error| cannot(error.to_string()))?;
    debug_assert!(SafeTensors::deserialize(&bytes).is_ok());
    std::fs::create_dir_all(folder).map_err(|error| cannot(error.to_string()))?;
    let file = folder.join(format!("{}.safetensors", injection.file_name()));
    std::fs::write(&file, bytes).map_err(|error| cannot(error.to_string()))
}

/// Pictures as patches `[n, patches, values]`, centred around mid grey.
///
/// # Errors
/// [`ModelError::Compute`].
pub fn patches(pictures: &[image::RgbImage]) -> Result<Tensor, ModelError> {
    let mut values = Vec::new();
    for picture in pictures {
        let normalise = |value: u8, _: usize| f32::from(value) / 127.5 - 1.0;
        append_patches(
            picture.as_raw(),
            picture.width() as usize,
            PATCH,
            normalise,
            &mut values,
        );
    }
    let config = config();
    let shape = (pictures.len(), config.grid_side().pow(2), config.patch_values());
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(DType::F32)?)
}
