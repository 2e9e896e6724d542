//! A library in memory: one contiguous array of fixed-size encodings, and how a model reads them.

use std::sync::Arc;

use super::FocusError;
use refocus_model::PhotoModel;

pub use refocus_model::{EncodingLayout as EncodingRows, Part};

/// Turns texts into vectors.
pub trait TextEmbedder {
    /// `[n, text_dim]`: one centred vector of unit length for each text.
    ///
    /// # Errors
    /// [`FocusError::Text`] with the text tower's own message.
    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, FocusError>;
}

impl TextEmbedder for &dyn PhotoModel {
    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, FocusError> {
        let vectors = self.embed_text(texts);
        vectors.map_err(|error| FocusError::Text(error.to_string()))
    }
}

impl TextEmbedder for Arc<dyn PhotoModel> {
    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, FocusError> {
        self.as_ref().embed(texts)
    }
}

/// All encodings of a library that are in memory, photo after photo.
#[derive(Clone, Copy)]
pub struct Library<'a> {
    model: &'a dyn EncodingRows,
    bytes: &'a [u8],
    encoded: Option<&'a [bool]>,
    photos: usize,
}

impl<'a> Library<'a> {
    /// A view over `bytes` (`[photos, bytes_per_photo]`). `encoded` tells which photos have an encoding yet; the bytes
    /// of the others are never read. Without it all have one.
    ///
    /// # Errors
    /// [`FocusError::RowLength`] if `bytes` is not a whole number of encodings, and [`FocusError::Length`] if
    /// `encoded` is not one entry a photo.
    pub fn new(model: &'a dyn EncodingRows, bytes: &'a [u8], encoded: Option<&'a [bool]>) -> Result<Self, FocusError> {
        let row = model.bytes_per_photo();
        if row == 0 || !bytes.len().is_multiple_of(row) {
            return Err(FocusError::RowLength {
                expected: row,
                found: bytes.len(),
            });
        }
        let photos = bytes.len() / row;
        if u32::try_from(photos).is_err() {
            return Err(FocusError::TooManyPhotos(photos));
        }
        if let Some(encoded) = encoded {
            FocusError::check_length("encoded", photos, encoded.len())?;
        }
        let lift = model.text_dim() * model.factor_dim();
        FocusError::check_length("lift", lift, model.lift().len())?;
        Ok(Self {
            model,
            bytes,
            encoded,
            photos,
        })
    }

    /// Number of photos, encoded or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.photos
    }

    /// Whether there is no photo at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.photos == 0
    }

    /// The model whose encodings these are.
    #[must_use]
    pub fn model(&self) -> &'a dyn EncodingRows {
        self.model
    }

    /// The encoding of one photo, if it has one.
    #[must_use]
    pub fn encoding(&self, photo: usize) -> Option<&'a [u8]> {
        if !self.is_encoded(photo) {
            return None;
        }
        let row = self.model.bytes_per_photo();
        self.bytes.get(photo * row..(photo + 1) * row)
    }

    /// The encodings of a run of photos, one after the other; `None` past the end.
    pub(super) fn encodings(&self, photos: std::ops::Range<usize>) -> Option<&'a [u8]> {
        let row = self.model.bytes_per_photo();
        self.bytes.get(photos.start * row..photos.end * row)
    }

    /// Whether a photo has an encoding.
    #[must_use]
    pub fn is_encoded(&self, photo: usize) -> bool {
        photo < self.photos
            && self
                .encoded
                .is_none_or(|encoded| encoded.get(photo).copied().unwrap_or(false))
    }

    /// Number of photos that have an encoding.
    #[must_use]
    pub fn encoded_count(&self) -> usize {
        self.encoded
            .map_or(self.photos, |encoded| encoded.iter().filter(|&&has| has).count())
    }
}
