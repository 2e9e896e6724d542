//! Why a training ended without a result.

use std::path::PathBuf;

use refocus_model::ModelError;

use crate::triplets::TripletError;

/// Why the focus encoder could not be trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A basis could not be fitted.
    #[error(transparent)]
    Basis(Box<dyn std::error::Error + Send + Sync>),
    /// A JSON file of the program or of the cache is damaged.
    #[error("a JSON file cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A folder cannot be listed.
    #[error("the folder cannot be listed: {0}")]
    Folder(#[from] walkdir::Error),
    /// A shard of the cache cannot be made.
    #[error("the training cache cannot be written: {0}")]
    Cache(String),
    /// A checkpoint is of another network.
    #[error("the checkpoint does not fit: {0}; start without --resume")]
    Checkpoint(String),
    /// The gradients are no numbers any more.
    #[error("training diverged at step {step}; try a lower learning rate")]
    Diverged {
        /// The step.
        step: usize,
    },
    /// A file of triplets cannot be used.
    #[error(transparent)]
    Triplets(#[from] TripletError),
    /// A file cannot be written.
    #[error("{source}: {path}", path = path.display())]
    Write {
        /// The operating system's error message.
        source: std::io::Error,
        /// The file.
        path: PathBuf,
    },
}

impl From<candle_core::Error> for TrainError {
    fn from(error: candle_core::Error) -> Self {
        Self::Model(error.into())
    }
}
