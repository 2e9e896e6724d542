//! Checkpoints that people bring: CLIP, OpenCLIP, SigLIP and SigLIP 2 vision transformers with their text towers.
//!
//! A folder of files enters ([`checkpoint::detect`] tells what it holds) and leaves as a [`ClipModel`], which the rest of the
//! program uses like the built-in model.
//!
//! ```text
//! picture ─ preprocessing ─▶ pixels ─ patches ─▶ vision_transformer ─▶ pooled vector ─ photo_row ─▶ stored row
//!                                                 ▲ condition token        └ patch tokens (heat map)
//! text ─ text_tokens ─▶ ids ─ text_transformer ─▶ text vector ─ centred ─▶ compared with rows
//! ```
//!
//! | file | idea |
//! |---|---|
//! | `config.rs` | families and sizes, from the configuration files |
//! | `tensor_files.rs`, `parameters.rs` | safetensors on disk; one set of names for all families |
//! | `block.rs`, `kernels.rs` | the transformer block; its passes between matrix products on the CPU |
//! | `vision_transformer.rs`, `text_transformer.rs` | the two towers |
//! | `preprocessing.rs`, `pillow_resample.rs`, `text_tokens.rs` | what feeds them, exactly as the reference does |
//! | `condition_adapter.rs` | from an instruction to the condition token |
//! | `checkpoint.rs`, `rewriting.rs` | a folder as two towers; the same with weights that were trained further |
//! | `photo_row.rs`, `clip_model.rs` | what is stored for a photo; the model as the program uses it |
//! | `installed.rs` | the folder in which a person's checkpoints lie |

mod block;
pub mod checkpoint;
pub mod clip_model;
pub mod condition_adapter;
pub mod config;
pub mod installed;
mod kernels;
pub mod parameters;
pub mod photo_row;
pub mod pillow_resample;
pub mod preprocessing;
pub mod rewriting;
pub mod tensor_files;
pub mod text_tokens;
pub mod text_transformer;
pub mod vision_transformer;

#[cfg(test)]
mod tests;

pub use checkpoint::Checkpoint;
pub use clip_model::{CheckpointName, ClipModel};
pub use condition_adapter::{AdapterConfig, ConditionAdapter};
pub use installed::{Installed, InstalledRecord, ModelsFolder};
