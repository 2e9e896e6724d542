//! A library in memory: one contiguous array of fixed-size encodings, and how a model reads them.

use super::FocusError;

/// Which part of a photo an instruction speaks of: the thing in it, or what surrounds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The thing that the photo shows.
    #[default]
    Foreground,
    /// What surrounds it.
    Background,
}

/// A model's layout of a stored encoding.
pub trait EncodingRows: Send + Sync {
    /// Length of one stored encoding, in bytes.
    fn bytes_per_photo(&self) -> usize;

    /// Length of the plain vector (128 for the built-in model).
    fn plain_dim(&self) -> usize;

    /// Writes the plain vector of an encoding, unit length, to `out` (`[plain_dim]`).
    fn plain(&self, row: &[u8], out: &mut [f32]);

    /// Length of the factors behind a photo's text-comparable vector (160 for the built-in model).
    fn factor_dim(&self) -> usize;

    /// Writes the factors of one part to `out` (`[factor_dim]`), scaled so that `lift · factors` has unit length.
    fn text_factors(&self, row: &[u8], part: Part, out: &mut [f32]);

    /// Length of a text vector (384 for the built-in model).
    fn text_dim(&self) -> usize;

    /// The map from factors to text vectors: `[text_dim, factor_dim]`, row-major.
    fn lift(&self) -> &[f32];
}

/// Turns texts into vectors.
pub trait TextEmbedder {
    /// `[n, text_dim]`: one centred vector of unit length for each text.
    ///
    /// # Errors
    /// [`FocusError::Text`] with the text tower's own message.
    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, FocusError>;
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
