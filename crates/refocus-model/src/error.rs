//! What can go wrong in a model.

use super::encoding::EncodingError;

/// Errors of loading and running a model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file of the model is damaged, or was made for another version of the program.
    #[error("the model file {asset} cannot be used: {detail}")]
    Asset {
        /// Name of the file, as in `assets/`.
        asset: String,
        /// What was expected and what was found.
        detail: String,
    },
    /// A tensor operation failed (out of memory, a device that went away).
    #[error("the model could not be computed: {0}")]
    Compute(#[from] candle_core::Error),
    /// The tokenizer refused a text.
    #[error("the text could not be split into tokens: {0}")]
    Tokenizer(String),
    /// A picture's buffer does not hold width × height RGB pixels, or holds none.
    #[error("a picture of {width} × {height} pixels cannot have {bytes} bytes")]
    Picture {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Length of the buffer.
        bytes: usize,
    },
    /// A picture could not be resized.
    #[error("the picture could not be resized: {0}")]
    Resize(String),
    /// Pictures prepared for one model were given to another.
    #[error("the picture was prepared for another model: {0}")]
    Prepared(String),
    /// A stored encoding is not of this model.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}
