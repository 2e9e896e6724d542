//! What can go wrong while photos are judged.

use std::path::PathBuf;

use refocus_model::ModelError;
use refocus_search::FocusError;

/// Why an evaluation could not be done.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// The ranking refused what it was given.
    #[error(transparent)]
    Focus(#[from] FocusError),
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A way was asked for that the model does not have.
    #[error("this model cannot be judged in the way \"{0}\"")]
    NoSuchWay(&'static str),
    /// A scene could not be rendered or its truth not be read.
    #[error("a rendered scene cannot be used: {0}")]
    Scene(String),
    /// A ranking thread could not be started or died.
    #[error("a ranking ended without an order; try again when the machine is less busy")]
    Interrupted,
    /// A file cannot be read or written.
    #[error("{what}: {reason}: {path}", path = .path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// A benchmark's folder lacks files.
    #[error("this folder lacks {files}; they are published by their authors ({published}): {path}", path = .path.display())]
    Missing {
        /// What is not there.
        files: String,
        /// Where it can be had.
        published: &'static str,
        /// The folder.
        path: PathBuf,
    },
    /// A table of labels has no such column.
    #[error("there is no column \"{column}\"; there are {present}: {path}", path = .path.display())]
    NoColumn {
        /// The column asked for.
        column: String,
        /// The columns found, as a list.
        present: String,
        /// The table.
        path: PathBuf,
    },
}

impl EvaluationError {
    /// A file that cannot be read or written.
    pub fn file(what: &'static str, reason: &dyn std::fmt::Display, path: &std::path::Path) -> Self {
        Self::File {
            what,
            reason: reason.to_string(),
            path: path.to_path_buf(),
        }
    }
}
