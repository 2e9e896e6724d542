//! The interface that every model offers: a photo becomes an encoding once, a text becomes a vector.

use super::colour_statistics::ColourStatistics;
use super::encoding::EncodingLayout;
use super::{ModelError, PictureView};

/// Identity of an encoder: `name@revision+hash`, where the hash is of its weights. Stored encodings carry it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ModelId(pub String);

impl ModelId {
    /// From a name, a revision of the preprocessing and of the encoding's layout, and the encoder's weights.
    pub fn of_weights(name: &str, revision: u32, weights: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in weights {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let hash = hasher.finalize().to_hex();
        Self(format!("{name}@{revision}+{}", hash.get(..8).unwrap_or_default()))
    }
}

impl std::fmt::Display for ModelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a person wants to know of a model.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ModelInfo {
    /// Identity of the encoder.
    pub id: ModelId,
    /// Name on the screen.
    pub name: String,
    /// Licence of the weights.
    pub licence: String,
    /// One sentence: what it is made of and what it is good for.
    pub description: String,
    /// Bytes of a stored encoding.
    pub bytes_per_photo: usize,
    /// Length of a text vector.
    pub text_dim: usize,
    /// Whether a trained focus encoder conditions its encodings, or the training-free subspace does.
    pub has_focus_encoder: bool,
}

/// A picture as a model's image tower reads it; made on the threads that decode.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Pixels `[side, side, 3]`, sRGB.
    pub pixels: Vec<u8>,
    /// Side in pixels.
    pub side: u32,
    /// Colours and masks, for models that use them.
    pub statistics: Option<ColourStatistics>,
}

/// The factors of a text-comparable vector for each patch of a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorMap {
    /// Patches a row, and rows.
    pub side: usize,
    /// `[side × side, factor_dim]`, row-major; `lift · factors` has unit length, as for a whole photo.
    pub factors: Vec<f32>,
}

/// An image tower that is conditioned on the instruction: FocalLens's own form (Hsieh et al., arXiv 2504.08368). A photo
/// goes through it again for each instruction, so it serves to rerank a few photos and not to rank a library.
pub trait ConditionedTower: Send + Sync {
    /// Conditional embeddings of a batch of pictures under an instruction (its text vector, `[text_dim]`):
    /// `[pictures, text_dim]` in text space, each of unit length.
    ///
    /// # Errors
    /// As [`PhotoModel::encode`].
    fn embed_under(&self, batch: &[Prepared], instruction: &[f32]) -> Result<Vec<f32>, ModelError>;
}

/// A model: photo → encoding, text → vector. Shared between threads; every method may be called from several at once,
/// and each call computes on the calling thread alone.
pub trait PhotoModel: Send + Sync {
    /// Identity and description.
    fn info(&self) -> &ModelInfo;

    /// Side in pixels of the square that the image tower reads. A picture decoded at a reduced scale should keep at
    /// least twice this.
    fn input_side(&self) -> u32;

    /// Brings an upright sRGB picture into the form that [`PhotoModel::encode`] reads.
    ///
    /// # Errors
    /// [`ModelError::Resize`] when the picture cannot be resampled.
    fn prepare(&self, picture: PictureView<'_>) -> Result<Prepared, ModelError>;

    /// [`PhotoModel::prepare`] of the pixels of an upright sRGB picture, `[height, width, 3]`, row-major.
    ///
    /// # Errors
    /// [`ModelError::Picture`] when the buffer has another length, and those of [`PhotoModel::prepare`].
    fn prepare_pixels(&self, width: u32, height: u32, rgb: &[u8]) -> Result<Prepared, ModelError> {
        self.prepare(PictureView::new(width, height, rgb)?)
    }

    /// Encodings of a batch of pictures, in their order, each [`EncodingLayout::bytes_per_photo`] bytes.
    ///
    /// # Errors
    /// [`ModelError::Prepared`] when a picture was prepared by another model, [`ModelError::Compute`] when the device
    /// fails.
    fn encode(&self, batch: &[Prepared]) -> Result<Vec<Vec<u8>>, ModelError>;

    /// The encoding of one picture.
    ///
    /// # Errors
    /// As [`PhotoModel::encode`].
    fn encode_one(&self, picture: &Prepared) -> Result<Vec<u8>, ModelError> {
        let mut encodings = self.encode(std::slice::from_ref(picture))?;
        let none = || ModelError::Prepared("the model gave no encoding".to_owned());
        encodings.pop().ok_or_else(none)
    }

    /// Centred vectors of unit length, `[texts, text_dim]`, row after row.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`] or [`ModelError::Compute`].
    fn embed_text(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError>;

    /// How stored encodings are read.
    fn layout(&self) -> &dyn EncodingLayout;

    /// The trained focus encoder over this model's encodings, if it has one.
    fn focus_encoder(&self) -> Option<&super::focus_encoder::FocusEncoder> {
        None
    }

    /// The same tower with the instruction inside, if an adapter was trained for it.
    fn conditioned_tower(&self) -> Option<&dyn ConditionedTower> {
        None
    }

    /// Text-comparable factors for each patch of a picture, for the heat map on the picture on screen.
    ///
    /// # Errors
    /// As [`PhotoModel::encode`].
    fn patch_text_factors(&self, picture: &Prepared) -> Result<FactorMap, ModelError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_id_changes_with_its_weights_and_with_how_they_are_divided() {
        let id = |weights: &[&[u8]]| ModelId::of_weights("built-in", 1, weights);
        assert_eq!(id(&[b"ab", b"c"]), id(&[b"ab", b"c"]));
        assert_ne!(id(&[b"ab", b"c"]), id(&[b"a", b"bc"]));
        assert!(id(&[]).to_string().starts_with("built-in@1+"));
    }
}
