//! The weights of a tower by the names that this program gives them, whatever the checkpoint calls them.
//!
//! | name | shape |
//! |---|---|
//! | `patch.weight` | `[width, 3 · side²]`, values of a patch ordered channel, row, column |
//! | `patch.bias`, `class` | `[width]`, where the family has them |
//! | `positions` | `[tokens, width]` |
//! | `ln_pre.*`, `ln_post.*`, `ln_final.*` | `[width]` |
//! | `blocks.N.{ln_1,ln_2}.*`, `blocks.N.{qkv,out,fc_1,fc_2}.*` | query, key and value in one matrix `[3 · width, width]` |
//! | `projection.weight` (CLIP), `head.*` (SigLIP's texts) | `[projection, width]` |
//! | `pool.{probe,qkv.*,out.*,ln.*,fc_1.*,fc_2.*}` | SigLIP's attention pooling head |
//! | `tokens` | `[vocabulary, width]` |

use candle_core::{DType, Device, Tensor};

use super::super::ModelError;
use super::config::Family;
use super::tensor_files::TensorFiles;

/// Where the weights of a tower come from: a file, or a training run.
pub trait Parameters {
    /// The weight of this name and shape.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when it is missing or of another shape.
    fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError>;
}

/// One of the two towers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TowerKind {
    /// Pictures.
    Vision,
    /// Texts.
    Text,
}

/// How a weight is put together from what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stored {
    /// As it is, maybe in another shape of the same values.
    Same(String),
    /// `[in, out]` where `[out, in]` is wanted.
    Transposed(String),
    /// Rows of several tensors, one after the other.
    Rows(Vec<String>),
    /// A patch's values ordered row, column, channel.
    ChannelsLast(String),
}

/// A tensor by its own name, with its shape and values.
pub type StoredTensor = (String, Vec<usize>, Vec<f32>);

/// The weights of a tower in a checkpoint's files.
pub struct StoredParameters<'a> {
    /// The files.
    pub files: &'a TensorFiles,
    /// How the files name their tensors.
    pub family: Family,
    /// Which tower is asked for.
    pub tower: TowerKind,
    /// Prefix of the text tower's names (OpenCLIP).
    pub text_prefix: &'static str,
    /// The type to compute in.
    pub dtype: DType,
    /// Where to compute.
    pub device: &'a Device,
}

impl Parameters for StoredParameters<'_> {
    fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let read = |name: &str, shape: &[usize]| self.files.read(name, shape, self.dtype, self.device);
        let size: usize = shape.iter().product();
        match self.stored(name) {
            Stored::Same(stored) => {
                let found = self.files.shape(&stored);
                let reshaped = found.filter(|found| found.iter().product::<usize>() == size && *found != shape);
                match reshaped.map(<[usize]>::to_vec) {
                    // A convolution's kernel, or a query with axes of length one.
                    Some(found) if matches!(name, "patch.weight" | "pool.probe") => {
                        Ok(read(&stored, &found)?.reshape(shape)?)
                    }
                    _ => read(&stored, shape),
                }
            }
            Stored::Transposed(stored) => {
                let turned: Vec<usize> = shape.iter().rev().copied().collect();
                Ok(read(&stored, &turned)?.t()?.contiguous()?)
            }
            Stored::Rows(parts) => {
                let mut part_shape = shape.to_vec();
                if let Some(rows) = part_shape.first_mut() {
                    *rows /= parts.len();
                }
                let parts = parts
                    .iter()
                    .map(|part| read(part, &part_shape))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(Tensor::cat(&parts, 0)?)
            }
            Stored::ChannelsLast(stored) => {
                let rows = shape.first().copied().unwrap_or(0);
                let pixels = size / rows.max(1) / 3;
                let tensor = read(&stored, shape)?.reshape((rows, pixels, 3))?;
                Ok(tensor.transpose(1, 2)?.contiguous()?.reshape(shape)?)
            }
        }
    }
}

impl StoredParameters<'_> {
    /// The tensors that a weight is stored as, by their own names, each with its shape and values: what
    /// [`Parameters::get`] puts together, taken apart again.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when the files have no tensor of that name.
    pub fn taken_apart(&self, name: &str, shape: &[usize], values: &[f32]) -> Result<Vec<StoredTensor>, ModelError> {
        let shape_of = |stored: &str| -> Result<Vec<usize>, ModelError> {
            let (_, shape, _) = self.files.stored(stored)?;
            Ok(shape.to_vec())
        };
        let tensor = || Tensor::from_slice(values, shape, &Device::Cpu);
        let flat = |tensor: Tensor| -> Result<Vec<f32>, ModelError> { Ok(tensor.flatten_all()?.to_vec1()?) };
        Ok(match self.stored(name) {
            Stored::Same(stored) => vec![(stored.clone(), shape_of(&stored)?, values.to_vec())],
            Stored::Transposed(stored) => {
                let turned = flat(tensor()?.t()?.contiguous()?)?;
                vec![(stored.clone(), shape_of(&stored)?, turned)]
            }
            Stored::Rows(parts) => {
                let share = values.len() / parts.len().max(1);
                let rows = parts.into_iter().zip(values.chunks_exact(share.max(1)));
                rows.map(|(part, values)| Ok((part.clone(), shape_of(&part)?, values.to_vec())))
                    .collect::<Result<_, ModelError>>()?
            }
            Stored::ChannelsLast(stored) => {
                let rows = shape.first().copied().unwrap_or(0);
                let pixels = values.len() / rows.max(1) / 3;
                let turned = tensor()?.reshape((rows, 3, pixels))?.transpose(1, 2)?.contiguous()?;
                vec![(stored.clone(), shape_of(&stored)?, flat(turned)?)]
            }
        })
    }

    fn stored(&self, name: &str) -> Stored {
        match (self.family, self.tower) {
            (Family::OpenClip, TowerKind::Vision) => open_clip_vision(name),
            (Family::OpenClip, TowerKind::Text) => open_clip_text(name, self.text_prefix),
            (family, TowerKind::Vision) => transformers_vision(name, family),
            (_, TowerKind::Text) => transformers_text(name),
        }
    }
}

/// `blocks.N.rest` as (N, rest).
fn block(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("blocks.")?.split_once('.')
}

/// A layer and whether its weight or bias is meant, as in `fc_1.weight`.
fn layer(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or((name, ""))
}

fn transformers_block(tower: &str, number: &str, rest: &str) -> Stored {
    let (layer, kind) = layer(rest);
    let prefix = format!("{tower}.encoder.layers.{number}");
    Stored::Same(match layer {
        "ln_1" => format!("{prefix}.layer_norm1.{kind}"),
        "ln_2" => format!("{prefix}.layer_norm2.{kind}"),
        "out" => format!("{prefix}.self_attn.out_proj.{kind}"),
        "fc_1" => format!("{prefix}.mlp.fc1.{kind}"),
        "fc_2" => format!("{prefix}.mlp.fc2.{kind}"),
        _ => {
            let parts = ["q", "k", "v"].map(|part| format!("{prefix}.self_attn.{part}_proj.{kind}"));
            return Stored::Rows(parts.to_vec());
        }
    })
}

fn transformers_vision(name: &str, family: Family) -> Stored {
    if let Some((number, rest)) = block(name) {
        return transformers_block("vision_model", number, rest);
    }
    let (layer, kind) = layer(name);
    Stored::Same(match (layer, kind) {
        ("patch", "weight") if family == Family::SigLip2 => {
            return Stored::ChannelsLast("vision_model.embeddings.patch_embedding.weight".to_owned());
        }
        ("patch", kind) => format!("vision_model.embeddings.patch_embedding.{kind}"),
        ("class", _) => "vision_model.embeddings.class_embedding".to_owned(),
        ("positions", _) => "vision_model.embeddings.position_embedding.weight".to_owned(),
        // The reference's own spelling.
        ("ln_pre", kind) => format!("vision_model.pre_layrnorm.{kind}"),
        ("ln_post", kind) => format!("vision_model.post_layernorm.{kind}"),
        ("projection", kind) => format!("visual_projection.{kind}"),
        ("pool", _) => "vision_model.head.probe".to_owned(),
        ("pool.qkv", kind) => format!("vision_model.head.attention.in_proj_{kind}"),
        ("pool.out", kind) => format!("vision_model.head.attention.out_proj.{kind}"),
        ("pool.ln", kind) => format!("vision_model.head.layernorm.{kind}"),
        ("pool.fc_1", kind) => format!("vision_model.head.mlp.fc1.{kind}"),
        ("pool.fc_2", kind) => format!("vision_model.head.mlp.fc2.{kind}"),
        _ => name.to_owned(),
    })
}

fn transformers_text(name: &str) -> Stored {
    if let Some((number, rest)) = block(name) {
        return transformers_block("text_model", number, rest);
    }
    let (layer, kind) = layer(name);
    Stored::Same(match (layer, kind) {
        ("tokens", _) => "text_model.embeddings.token_embedding.weight".to_owned(),
        ("positions", _) => "text_model.embeddings.position_embedding.weight".to_owned(),
        ("ln_final", kind) => format!("text_model.final_layer_norm.{kind}"),
        ("projection", kind) => format!("text_projection.{kind}"),
        ("head", kind) => format!("text_model.head.{kind}"),
        _ => name.to_owned(),
    })
}

fn open_clip_block(prefix: &str, number: &str, rest: &str) -> Stored {
    let (layer, kind) = layer(rest);
    let prefix = format!("{prefix}transformer.resblocks.{number}");
    Stored::Same(match layer {
        "qkv" => format!("{prefix}.attn.in_proj_{kind}"),
        "out" => format!("{prefix}.attn.out_proj.{kind}"),
        "fc_1" => format!("{prefix}.mlp.c_fc.{kind}"),
        "fc_2" => format!("{prefix}.mlp.c_proj.{kind}"),
        norm => format!("{prefix}.{norm}.{kind}"),
    })
}

fn open_clip_vision(name: &str) -> Stored {
    if let Some((number, rest)) = block(name) {
        return open_clip_block("visual.", number, rest);
    }
    Stored::Same(match name {
        "patch.weight" => "visual.conv1.weight".to_owned(),
        "class" => "visual.class_embedding".to_owned(),
        "positions" => "visual.positional_embedding".to_owned(),
        "projection.weight" => return Stored::Transposed("visual.proj".to_owned()),
        other => format!("visual.{other}"),
    })
}

fn open_clip_text(name: &str, prefix: &str) -> Stored {
    if let Some((number, rest)) = block(name) {
        return open_clip_block(prefix, number, rest);
    }
    Stored::Same(match name {
        "tokens" => format!("{prefix}token_embedding.weight"),
        "positions" => format!("{prefix}positional_embedding"),
        "projection.weight" => return Stored::Transposed(format!("{prefix}text_projection")),
        other => format!("{prefix}{other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_those_of_each_family() {
        let same = |name: &str| Stored::Same(name.to_owned());
        assert_eq!(
            transformers_vision("blocks.11.fc_1.bias", Family::Clip),
            same("vision_model.encoder.layers.11.mlp.fc1.bias")
        );
        assert_eq!(
            transformers_vision("pool.probe", Family::SigLip),
            same("vision_model.head.probe")
        );
        assert_eq!(
            open_clip_vision("blocks.0.ln_2.weight"),
            same("visual.transformer.resblocks.0.ln_2.weight")
        );
        assert_eq!(open_clip_text("ln_final.bias", "text."), same("text.ln_final.bias"));
        let Stored::Rows(parts) = transformers_text("blocks.3.qkv.weight") else {
            panic!("query, key and value lie apart");
        };
        assert_eq!(parts[2], "text_model.encoder.layers.3.self_attn.v_proj.weight");
    }
}
