//! A model as the focus station reads it.

use std::sync::Arc;

use crate::focus::{FocusError, TextEmbedder};
use crate::model::PhotoModel;

/// A model's text tower.
pub(super) struct ModelTexts(pub(super) Arc<dyn PhotoModel>);

impl TextEmbedder for ModelTexts {
    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, FocusError> {
        self.0
            .embed_text(texts)
            .map_err(|error| FocusError::Text(error.to_string()))
    }
}
