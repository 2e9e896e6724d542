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
    Compute(String),
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
    #[error(transparent)]
    Resize(#[from] refocus_resize::ResizeError),
    /// Pictures prepared for one model were given to another.
    #[error("the picture was prepared for another model: {0}")]
    Prepared(String),
    /// A stored encoding is not of this model.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

impl From<candle_core::Error> for ModelError {
    fn from(error: candle_core::Error) -> Self {
        Self::Compute(words(&error))
    }
}

/// What candle says, without the backtrace that it writes behind it where the environment asks for backtraces: its lines name
/// files of the machine that built the program.
pub(crate) fn words(error: &candle_core::Error) -> String {
    use candle_core::Error;
    match error {
        Error::WithBacktrace { inner, .. } => words(inner),
        Error::WithPath { inner, path } => format!("{}: {}", words(inner), path.display()),
        Error::Context { inner, context } => format!("{context}: {}", words(inner)),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_of_the_machine_that_built_the_program_is_told() {
        let backtrace = Box::new(std::backtrace::Backtrace::force_capture());
        let error = candle_core::Error::WithBacktrace {
            inner: Box::new(candle_core::Error::Msg("shapes differ".to_owned())),
            backtrace,
        };
        assert!(error.to_string().contains(".rs:"), "{error}");
        let told = ModelError::from(error.context("the focus")).to_string();
        assert_eq!(told, "the model could not be computed: the focus: shapes differ");
    }
}
