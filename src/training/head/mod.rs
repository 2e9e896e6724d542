//! Training of the focus encoder.

pub mod cache;
pub mod pictures;

use std::path::PathBuf;

use crate::model::ModelError;

/// Why the focus encoder could not be trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A tensor operation failed.
    #[error(transparent)]
    Compute(#[from] candle_core::Error),
    /// The list of held-out classes is damaged.
    #[error("the list of held-out classes cannot be read: {0}")]
    HeldOut(#[from] serde_json::Error),
    /// A folder cannot be listed.
    #[error("the folder cannot be listed: {0}")]
    Folder(#[from] walkdir::Error),
    /// A shard of the cache cannot be made.
    #[error("the training cache cannot be written: {0}")]
    Cache(String),
    /// A file cannot be written.
    #[error("{source}: {path}", path = path.display())]
    Write {
        /// What the system said.
        source: std::io::Error,
        /// The file.
        path: PathBuf,
    },
}
