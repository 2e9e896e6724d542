//! A library in memory: fixed-size encodings in chunks or in one array, and how a model reads them.

use std::sync::Arc;

use super::FocusError;
use super::work::BLOCK;
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

/// Photos that a chunk of encodings holds. Whole blocks of work, so that what is embedded at a time never lies in two chunks.
pub const PHOTOS_A_CHUNK: usize = 4 * BLOCK;

/// Where the encodings lie.
#[derive(Clone, Copy)]
enum Encodings<'a> {
    /// `[photos, bytes_per_photo]`.
    Whole(&'a [u8]),
    /// Chunks of `[PHOTOS_A_CHUNK, bytes_per_photo]`; an empty one has no encoding.
    Chunks(&'a [Arc<Vec<u8>>]),
}

/// The photos that are ranked: a view of all encodings of a library that are in memory, photo after photo.
#[derive(Clone, Copy)]
pub struct Gallery<'a> {
    model: &'a dyn EncodingRows,
    bytes_per_photo: usize,
    encodings: Encodings<'a>,
    encoded: Option<&'a [bool]>,
    photos: usize,
}

impl<'a> Gallery<'a> {
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
        Self::over(model, Encodings::Whole(bytes), encoded, bytes.len() / row)
    }

    /// A view over chunks of `[PHOTOS_A_CHUNK, bytes_per_photo]`, as many photos as `encoded` has entries. A chunk of which no
    /// photo is encoded may be empty or missing.
    ///
    /// # Errors
    /// [`FocusError::RowLength`] if a chunk that is not empty has another length.
    pub fn in_chunks(
        model: &'a dyn EncodingRows,
        chunks: &'a [Arc<Vec<u8>>],
        encoded: &'a [bool],
    ) -> Result<Self, FocusError> {
        let expected = model.bytes_per_photo() * PHOTOS_A_CHUNK;
        if let Some(odd) = chunks.iter().find(|chunk| !chunk.is_empty() && chunk.len() != expected) {
            return Err(FocusError::RowLength {
                expected,
                found: odd.len(),
            });
        }
        Self::over(model, Encodings::Chunks(chunks), Some(encoded), encoded.len())
    }

    fn over(
        model: &'a dyn EncodingRows,
        encodings: Encodings<'a>,
        encoded: Option<&'a [bool]>,
        photos: usize,
    ) -> Result<Self, FocusError> {
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
            bytes_per_photo: model.bytes_per_photo(),
            encodings,
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
        self.encodings(photo..photo + 1)
    }

    /// The encodings of a run of photos within one block of [`Work::over_photos`](super::Work), one after the other; `None`
    /// past the end.
    pub(super) fn encodings(&self, photos: std::ops::Range<usize>) -> Option<&'a [u8]> {
        let row = self.bytes_per_photo;
        match self.encodings {
            Encodings::Whole(bytes) => bytes.get(photos.start * row..photos.end * row),
            Encodings::Chunks(chunks) => {
                let (chunk, start) = (photos.start / PHOTOS_A_CHUNK, photos.start % PHOTOS_A_CHUNK);
                chunks.get(chunk)?.get(start * row..(start + photos.len()) * row)
            }
        }
    }

    /// Whether a photo has an encoding.
    #[must_use]
    pub fn is_encoded(&self, photo: usize) -> bool {
        photo < self.photos
            && self
                .encoded
                .is_none_or(|encoded| encoded.get(photo).copied().unwrap_or(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{self, Planted};
    use crate::{ConditionedGallery, GalleryStatistics, Query, Reference, ReferencePhoto, Subspace, Work, rank};

    #[test]
    fn chunks_rank_exactly_as_one_array() {
        let photos = 2 * PHOTOS_A_CHUNK + 300;
        let planted = Planted::new(photos);
        let mut chunks: Vec<Arc<Vec<u8>>> = planted
            .bytes
            .chunks(PHOTOS_A_CHUNK * synthetic::BYTES)
            .map(|chunk| {
                let mut chunk = chunk.to_vec();
                chunk.resize(PHOTOS_A_CHUNK * synthetic::BYTES, 0);
                Arc::new(chunk)
            })
            .collect();
        // Of the second chunk nothing is encoded, so that it need not be there.
        let encoded: Vec<bool> = (0..photos)
            .map(|photo| photo / PHOTOS_A_CHUNK != 1 && photo % 7 != 3)
            .collect();
        chunks[1] = Arc::default();
        let whole = Gallery::new(&synthetic::Model, &planted.bytes, Some(&encoded)).unwrap();
        let chunked = Gallery::in_chunks(&synthetic::Model, &chunks, &encoded).unwrap();
        let condition = synthetic::condition("the shape");
        let ranked = |gallery: &Gallery<'_>, threads| {
            let work = Work {
                threads,
                ..Work::default()
            };
            let statistics = GalleryStatistics::compute(gallery, condition.part, work).unwrap();
            let subspace = Subspace::new(&synthetic::Model, &condition, &statistics).unwrap();
            let embedded = ConditionedGallery::build(gallery, &subspace, work).unwrap();
            let references = [Reference {
                source: ReferencePhoto::Photo(2),
                positive: true,
            }];
            let query = Query {
                references: &references,
                focus: Some(crate::Focus {
                    embedder: &subspace,
                    gallery: &embedded,
                }),
                ..Query::default()
            };
            let ranking = rank(gallery, &query, work).unwrap().unwrap();
            (ranking.order, ranking.ranked, ranking.plain_score)
        };
        for threads in [1, 3] {
            assert_eq!(ranked(&whole, threads), ranked(&chunked, threads));
        }
        assert!(chunked.encoding(PHOTOS_A_CHUNK + 1).is_none());
    }

    #[test]
    fn a_chunk_of_another_length_is_an_error() {
        let chunks = [Arc::new(vec![0; synthetic::BYTES])];
        assert!(matches!(
            Gallery::in_chunks(&synthetic::Model, &chunks, &[true]),
            Err(FocusError::RowLength { .. })
        ));
    }
}
