//! What a checkpoint is made of, read from its own configuration files.
//!
//! Two layouts are known: that of the transformers library (`config.json` with `model_type` clip, siglip or siglip2; field
//! names and defaults as in its `configuration_clip.py` and `configuration_siglip.py`) and OpenCLIP's
//! (`open_clip_config.json`; defaults as in its `CLIPVisionCfg` and `CLIPTextCfg`).

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::super::ModelError;
use super::tensor_files::unusable;

/// Name of the configuration in the layout of the transformers library.
pub const CONFIG: &str = "config.json";
/// Name of OpenCLIP's configuration.
pub const OPEN_CLIP_CONFIG: &str = "open_clip_config.json";

/// A family of checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// CLIP in the layout of the transformers library.
    Clip,
    /// CLIP as OpenCLIP writes it.
    OpenClip,
    /// SigLIP, and SigLIP 2 at a fixed resolution.
    SigLip,
    /// SigLIP 2 for pictures of any shape (NaFlex).
    SigLip2,
}

impl Family {
    /// Name on the screen.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clip => "CLIP",
            Self::OpenClip => "OpenCLIP",
            Self::SigLip => "SigLIP",
            Self::SigLip2 => "SigLIP 2 (NaFlex)",
        }
    }
}

/// The non-linearity between the two layers of an MLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// x · sigmoid(1.702 x), of OpenAI's weights.
    QuickGelu,
    /// Exact, with the error function.
    Gelu,
    /// The tanh approximation.
    GeluTanh,
}

/// Sizes of a stack of transformer blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StackConfig {
    /// Length of a token.
    pub width: usize,
    /// Number of blocks.
    pub layers: usize,
    /// Heads of each attention; they divide the width evenly.
    pub heads: usize,
    /// Width between the two layers of an MLP.
    pub mlp: usize,
    /// The MLP's activation.
    pub activation: Activation,
    /// Epsilon of the layer normalisations.
    pub norm_epsilon: f64,
}

/// How the tokens of a picture become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The class token through a projection to this length.
    ClassToken {
        /// Length of the pooled vector.
        projection: usize,
    },
    /// A learned query attends to all tokens; the pooled vector is as long as a token.
    AttentionHead,
}

/// A vision tower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VisionConfig {
    /// The blocks.
    pub stack: StackConfig,
    /// Side of the square picture in pixels; for NaFlex that of a square picture with as many patches as there are positions.
    pub image_side: usize,
    /// Side of a patch in pixels.
    pub patch_side: usize,
    /// Whether the grid of patches follows the picture's shape (NaFlex).
    pub any_shape: bool,
    /// What the pooled vector is made of.
    pub pooling: Pooling,
}

impl VisionConfig {
    /// Patches a row of the grid that the position embeddings are for.
    #[must_use]
    pub fn grid_side(&self) -> usize {
        self.image_side / self.patch_side.max(1)
    }

    /// Values of a patch: its pixels, three channels each.
    #[must_use]
    pub fn patch_values(&self) -> usize {
        3 * self.patch_side * self.patch_side
    }

    /// Length of the pooled vector.
    #[must_use]
    pub fn pooled_dim(&self) -> usize {
        match self.pooling {
            Pooling::ClassToken { projection } => projection,
            Pooling::AttentionHead => self.stack.width,
        }
    }
}

/// A text tower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextConfig {
    /// The blocks.
    pub stack: StackConfig,
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
    /// Tokens of the longest text.
    pub context: usize,
    /// Length of a text vector.
    pub projection: usize,
    /// Whether a token sees only those before it (CLIP). If not, texts are padded to `context` and the last token is the
    /// vector (SigLIP).
    pub causal: bool,
    /// The id that short texts are filled up with.
    pub padding_id: u32,
}

/// A checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointConfig {
    /// Which family.
    pub family: Family,
    /// The vision tower.
    pub vision: VisionConfig,
    /// The text tower.
    pub text: TextConfig,
    /// Prefix of the text tower's names in OpenCLIP's newer models.
    pub text_prefix: &'static str,
    /// OpenCLIP's preprocessing, which stands in the same file.
    pub preprocessing: Option<OpenClipPreprocessing>,
}

/// Preprocessing as `open_clip_config.json` tells it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct OpenClipPreprocessing {
    /// Mean of each channel.
    pub mean: [f32; 3],
    /// Standard deviation of each channel.
    pub std: [f32; 3],
    /// Name of the filter.
    #[serde(default = "bicubic")]
    pub interpolation: String,
    /// How the picture comes to its size.
    #[serde(default = "shortest")]
    pub resize_mode: String,
}

fn bicubic() -> String {
    "bicubic".to_owned()
}

fn shortest() -> String {
    "shortest".to_owned()
}

#[derive(Deserialize)]
#[serde(default)]
struct Tower {
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    hidden_act: String,
    layer_norm_eps: f64,
    num_channels: usize,
    image_size: usize,
    patch_size: usize,
    num_patches: Option<usize>,
    vision_use_head: bool,
    vocab_size: usize,
    max_position_embeddings: usize,
    projection_size: Option<usize>,
    pad_token_id: Option<u32>,
}

impl Default for Tower {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            hidden_act: String::new(),
            layer_norm_eps: 0.0,
            num_channels: 3,
            image_size: 224,
            patch_size: 0,
            num_patches: None,
            vision_use_head: true,
            vocab_size: 0,
            max_position_embeddings: 0,
            projection_size: None,
            pad_token_id: None,
        }
    }
}

impl CheckpointConfig {
    /// Reads the configuration in the layout of the transformers library.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the file and what this program does not read in it.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let file = folder.join(CONFIG);
        let config = read_json(&file)?;
        let wrong = |detail: String| unusable(&file, detail);
        let kind = config.get("model_type").and_then(Value::as_str).unwrap_or_default();
        let family = match kind {
            "clip" => Family::Clip,
            "siglip" => Family::SigLip,
            "siglip2" => Family::SigLip2,
            "" => {
                return Err(wrong(
                    "it names no model_type; clip, siglip and siglip2 are read".to_owned(),
                ));
            }
            other => {
                let detail = format!("its model_type is {other}; clip, siglip and siglip2 are read");
                return Err(wrong(detail));
            }
        };
        let clip = family == Family::Clip;
        let tower = |name: &str| -> Result<Tower, ModelError> {
            let mut defaults = serde_json::Map::new();
            let known: &[(&str, Value)] = if clip {
                &[
                    ("hidden_act", "quick_gelu".into()),
                    ("layer_norm_eps", 1e-5.into()),
                    ("patch_size", 32.into()),
                    ("vocab_size", 49_408.into()),
                    ("max_position_embeddings", 77.into()),
                ]
            } else {
                &[
                    ("hidden_act", "gelu_pytorch_tanh".into()),
                    ("layer_norm_eps", 1e-6.into()),
                    ("patch_size", 16.into()),
                    ("vocab_size", 32_000.into()),
                    ("max_position_embeddings", 64.into()),
                ]
            };
            let clip_text: &[(&str, Value)] = &[
                ("hidden_size", 512.into()),
                ("intermediate_size", 2048.into()),
                ("num_attention_heads", 8.into()),
            ];
            let clip_text = if clip && name == "text_config" { clip_text } else { &[] };
            for (key, value) in known.iter().chain(clip_text) {
                defaults.insert((*key).to_owned(), value.clone());
            }
            // Old files hold the differences from the defaults once more under another name, which then counts.
            for key in [name.to_owned(), format!("{name}_dict")] {
                if let Some(Value::Object(given)) = config.get(&key) {
                    let given = given.iter().filter(|(_, value)| !value.is_null());
                    defaults.extend(given.map(|(key, value)| (key.clone(), value.clone())));
                }
            }
            serde_json::from_value(Value::Object(defaults)).map_err(|error| wrong(format!("{name}: {error}")))
        };
        let (vision, text) = (tower("vision_config")?, tower("text_config")?);
        let projection = config.get("projection_dim").and_then(Value::as_u64).unwrap_or(512) as usize;
        let any_shape = family == Family::SigLip2;
        if vision.num_channels != 3 {
            return Err(wrong(format!(
                "its pictures have {} channels, 3 are read",
                vision.num_channels
            )));
        }
        if !clip && !vision.vision_use_head {
            return Err(wrong("its vision tower has no pooling head".to_owned()));
        }
        let image_side = if any_shape {
            let positions = vision.num_patches.unwrap_or(256);
            let side = positions.isqrt();
            if side * side != positions {
                return Err(wrong(format!("{positions} position embeddings are not a square")));
            }
            side * vision.patch_size
        } else {
            vision.image_size
        };
        let this = Self {
            family,
            vision: VisionConfig {
                stack: stack(&vision).map_err(wrong)?,
                image_side,
                patch_side: vision.patch_size,
                any_shape,
                pooling: if clip {
                    Pooling::ClassToken { projection }
                } else {
                    Pooling::AttentionHead
                },
            },
            text: TextConfig {
                stack: stack(&text).map_err(wrong)?,
                vocabulary: text.vocab_size,
                context: text.max_position_embeddings,
                projection: if clip {
                    projection
                } else {
                    text.projection_size.unwrap_or(text.hidden_size)
                },
                causal: clip,
                padding_id: text.pad_token_id.unwrap_or(if clip || any_shape { 0 } else { 1 }),
            },
            text_prefix: "",
            preprocessing: None,
        };
        this.checked(&file)
    }

    /// Reads OpenCLIP's configuration.
    ///
    /// # Errors
    /// As [`CheckpointConfig::read`].
    pub fn read_open_clip(folder: &Path) -> Result<Self, ModelError> {
        let file = folder.join(OPEN_CLIP_CONFIG);
        let config = read_json(&file)?;
        let wrong = |detail: String| unusable(&file, detail);
        let model = config
            .get("model_cfg")
            .ok_or_else(|| wrong("it has no model_cfg".to_owned()))?;
        let part = |name: &str| {
            model
                .get(name)
                .filter(|part| part.is_object())
                .ok_or_else(|| wrong(format!("it has no {name}")))
        };
        let (vision, text) = (part("vision_cfg")?, part("text_cfg")?);
        for (part, name, key) in [
            (vision, "vision_cfg", "timm_model_name"),
            (vision, "vision_cfg", "attentional_pool"),
            (vision, "vision_cfg", "no_ln_pre"),
            (vision, "vision_cfg", "act_kwargs"),
            (text, "text_cfg", "hf_model_name"),
            (text, "text_cfg", "embed_cls"),
            (text, "text_cfg", "no_causal_mask"),
            (text, "text_cfg", "proj_bias"),
        ] {
            let on = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
            if part.get(key).is_some_and(on) {
                return Err(wrong(format!("{name} asks for {key}, which is not read")));
            }
        }
        let number = |part: &Value, key: &str, default: usize| match part.get(key) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => value
                .as_u64()
                .map(|value| value as usize)
                .ok_or_else(|| wrong(format!("{key} is {value}; a number is read"))),
        };
        let ratio = |part: &Value| part.get("mlp_ratio").and_then(Value::as_f64).unwrap_or(4.0);
        let activation = match model.get("quick_gelu").and_then(Value::as_bool) {
            Some(true) => Activation::QuickGelu,
            _ => Activation::Gelu,
        };
        let stack = |part: &Value, width: usize, heads: usize, layers: usize| StackConfig {
            width,
            layers,
            heads,
            mlp: (width as f64 * ratio(part)) as usize,
            activation,
            norm_epsilon: 1e-5,
        };
        let width = number(vision, "width", 768)?;
        let heads = width / number(vision, "head_width", 64)?.max(1);
        let text_width = number(text, "width", 512)?;
        let projection = number(model, "embed_dim", 512)?;
        let preprocessing = config
            .get("preprocess_cfg")
            .map(|value| serde_json::from_value(value.clone()))
            .transpose()
            .map_err(|error| wrong(format!("preprocess_cfg: {error}")))?;
        let this = Self {
            family: Family::OpenClip,
            vision: VisionConfig {
                stack: stack(vision, width, heads, number(vision, "layers", 12)?),
                image_side: number(vision, "image_size", 224)?,
                patch_side: number(vision, "patch_size", 16)?,
                any_shape: false,
                pooling: Pooling::ClassToken { projection },
            },
            text: TextConfig {
                stack: stack(text, text_width, number(text, "heads", 8)?, number(text, "layers", 12)?),
                vocabulary: number(text, "vocab_size", 49_408)?,
                context: number(text, "context_length", 77)?,
                projection,
                causal: true,
                padding_id: 0,
            },
            text_prefix: if model.get("custom_text").and_then(Value::as_bool) == Some(true) {
                "text."
            } else {
                ""
            },
            preprocessing,
        };
        this.checked(&file)
    }

    fn checked(self, file: &Path) -> Result<Self, ModelError> {
        let VisionConfig {
            stack,
            image_side,
            patch_side,
            ..
        } = self.vision;
        for stack in [stack, self.text.stack] {
            if stack.heads == 0 || stack.width == 0 || !stack.width.is_multiple_of(stack.heads) {
                let detail = format!(
                    "a width of {} cannot be divided among {} heads",
                    stack.width, stack.heads
                );
                return Err(unusable(file, detail));
            }
        }
        if patch_side == 0 || image_side < patch_side {
            let detail = format!("a picture of {image_side} pixels has no patches of {patch_side}");
            return Err(unusable(file, detail));
        }
        if self.text.projection != self.vision.pooled_dim() {
            let detail = format!(
                "pictures become {} numbers and texts {}, which cannot be compared",
                self.vision.pooled_dim(),
                self.text.projection
            );
            return Err(unusable(file, detail));
        }
        Ok(self)
    }
}

fn stack(tower: &Tower) -> Result<StackConfig, String> {
    let activation = match tower.hidden_act.as_str() {
        "quick_gelu" => Activation::QuickGelu,
        "gelu" => Activation::Gelu,
        "gelu_pytorch_tanh" | "gelu_new" | "gelu_fast" => Activation::GeluTanh,
        other => {
            return Err(format!(
                "the activation {other} is not known; quick_gelu, gelu and gelu_pytorch_tanh are"
            ));
        }
    };
    Ok(StackConfig {
        width: tower.hidden_size,
        layers: tower.num_hidden_layers,
        heads: tower.num_attention_heads,
        mlp: tower.intermediate_size,
        activation,
        norm_epsilon: tower.layer_norm_eps,
    })
}

/// Reads a JSON file of the checkpoint.
pub(super) fn read_json(file: &Path) -> Result<Value, ModelError> {
    let bytes = std::fs::read(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => unusable(file, "the file is missing"),
        _ => unusable(file, error.to_string()),
    })?;
    serde_json::from_slice(&bytes).map_err(|error| unusable(file, format!("it is no JSON ({error})")))
}
