//! Training of the focus encoder: what the product's `refocus train` does.
//!
//! Pictures enter; the token layer of the encoder and the weights of the head leave. The order is: a plan of pictures,
//! their numbers from the image tower (once, kept), what can be asked about each and answered (the triplets), and steps of
//! contrast between h and the text of the answer.
//!
//! | file | holds |
//! |---|---|
//! | `pictures.rs` | which pictures are made, and from what |
//! | `cache.rs` | what the image tower says of each, kept in a folder |
//! | `examples.rs` | what can be asked about a picture, and all answers |
//! | `texts.rs` | text vectors, kept beside the cache |
//! | `instructions.rs` | the wordings that are asked with |
//! | `known.rs` | those of them that a focus encoder keeps, to know what is like them |
//! | `batches.rs` | what one step sees |
//! | `losses.rs` | what the head is pulled towards |
//! | `parameters.rs` | the trained numbers and AdamW |
//! | `run.rs` | the loop and its checkpoints |
//! | `report.rs` | how well pictures are answered that were kept back |
//! | `triplets.rs`, `tune.rs` | a person's own triplets, and tuning to them |

pub mod batches;
pub mod cache;
pub mod examples;
pub mod instructions;
pub mod known;
pub mod losses;
pub mod parameters;
pub mod pictures;
pub mod report;
pub mod run;
pub mod texts;
pub mod triplets;
pub mod tune;

use std::path::PathBuf;

use crate::model::ModelError;
use crate::training::projections::FitError;

/// Why the focus encoder could not be trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A tensor operation failed.
    #[error(transparent)]
    Compute(#[from] candle_core::Error),
    /// A basis could not be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
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
    Triplets(#[from] triplets::TripletError),
    /// A file cannot be written.
    #[error("{source}: {path}", path = path.display())]
    Write {
        /// What the system said.
        source: std::io::Error,
        /// The file.
        path: PathBuf,
    },
}
