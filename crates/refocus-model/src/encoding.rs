//! What is stored for a photo, byte by byte, and how ranking reads it in place.
//!
//! Version 3, little-endian, 3,832 bytes:
//!
//! | offset | bytes | content |
//! |---|---|---|
//! | 0 | 4 | the letters `RF` and the version, u16 |
//! | 4 | 3200 | photo tokens, int8 `[25, 128]` |
//! | 3204 | 50 | scale of each token, f16 `[25]` (value = int8 · scale) |
//! | 3254 | 128 | ConSE of the whole photo, int8 `[128]`: class probabilities × class vectors, in the semantic basis |
//! | 3382 | 256 | plain vector, int8 `[256]` |
//! | 3638 | 64 | named-colour histogram of the foreground, f16 `[32]`, sum 1 |
//! | 3702 | 64 | named-colour histogram of the background, f16 `[32]`, sum 1 |
//! | 3766 | 16 | boxes of the four objects, u8 `[4, 4]`: left, top, right, bottom as shares of 255; zeros where there is none |
//! | 3782 | 8 | things that objects are, u8 `[4, 2]`: number of the detector's class + 1 (0: none), score as a share of 255 |
//! | 3790 | 16 | how many things, u8 `[8, 2]`: number of the class + 1 (0: no more), count |
//! | 3806 | 2 | zero |
//! | 3808 | 8 | f32 `[2]`: scale of ConSE, scale of the plain vector (gives it unit length) |
//! | 3816 | 16 | f32 `[4]`: factors of ConSE and histogram for the foreground, then for the background |
//!
//! The text-comparable vector of a photo is z = unit(unit(ConSE) + unit(histogram · colour vectors)). Both summands are
//! linear in 160 stored numbers, so z = lift · factors with one matrix for all photos (`[384, 160]`: the semantic basis
//! beside the colour vectors) and the two scale factors that are stored last.

use super::colour_statistics::REGIONS;
use super::detector::Detection;
use super::named_colours::COLOURS;
use super::objects::OBJECTS;
use super::things::Things;
use stored_row::{histogram_offset, read_f16, read_f32, read_int8};

mod built_in_layout;
mod stored_row;
mod within;

pub use built_in_layout::BuiltInLayout;
pub use stored_row::{
    stored_boxes, stored_conse, stored_count, stored_histogram, stored_plain, stored_things, stored_tokens,
};

/// Length of a photo token.
pub const TOKEN_DIM: usize = 128;
/// Length of a photo's ConSE vector in the semantic basis.
pub const SEMANTIC_DIM: usize = 128;
/// Length of the plain vector.
pub const PLAIN_DIM: usize = 256;
/// Length of the factors behind a text-comparable vector: ConSE and histogram.
pub const FACTOR_DIM: usize = SEMANTIC_DIM + COLOURS;
/// Classes of which the number of things is kept.
pub const COUNTED_CLASSES: usize = 8;
/// Bytes of one encoding.
pub const ENCODING_BYTES: usize = FACTORS + 16;

const HEADER: [u8; 4] = [b'R', b'F', 3, 0];
const TOKENS: usize = 4;
const SCALES: usize = TOKENS + REGIONS * TOKEN_DIM;
const CONSE: usize = SCALES + 2 * REGIONS;
const PLAIN: usize = CONSE + SEMANTIC_DIM;
const FOREGROUND: usize = PLAIN + PLAIN_DIM;
const BACKGROUND: usize = FOREGROUND + 2 * COLOURS;
const BOXES: usize = BACKGROUND + 2 * COLOURS;
const OBJECT_THINGS: usize = BOXES + 4 * OBJECTS;
const COUNTS: usize = OBJECT_THINGS + 2 * OBJECTS;
const CONSE_SCALE: usize = COUNTS + 2 * COUNTED_CLASSES + 2;
const PLAIN_SCALE: usize = CONSE_SCALE + 4;
const FACTORS: usize = PLAIN_SCALE + 4;

/// Why bytes are not an encoding of this model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// The bytes have another length.
    #[error("an encoding of this model has {expected} bytes, this one has {found}")]
    Length {
        /// Bytes of an encoding.
        expected: usize,
        /// Bytes that were given.
        found: usize,
    },
    /// The header names another format or version.
    #[error("an encoding of this model begins with {expected:?}, this one with {found:?}")]
    Header {
        /// The four bytes expected.
        expected: [u8; 4],
        /// The four bytes found.
        found: Vec<u8>,
    },
}

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

/// From where on two photos look like the same picture: both are asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LikenessBounds {
    /// Least [`EncodingLayout::likeness`] of a picture and the same in another size, quality or slight edit.
    pub copy: f32,
    /// Least cosine of their plain vectors.
    pub cosine: f32,
    /// Least likeness of two shots of a burst.
    pub burst: f32,
    /// Least cosine of their plain vectors.
    pub burst_cosine: f32,
}

/// How a model's stored encodings are read in place, row by row, without allocation.
///
/// Rows are checked once, when they are read from the database ([`EncodingLayout::check`]); a row of the wrong length
/// gives zeros afterwards.
pub trait EncodingLayout: Send + Sync {
    /// Length of one stored encoding, in bytes.
    fn bytes_per_photo(&self) -> usize;

    /// Checks length and header of a stored encoding.
    ///
    /// # Errors
    /// [`EncodingError`] when the row is not an encoding of this model.
    fn check(&self, row: &[u8]) -> Result<(), EncodingError>;

    /// Length of the plain vector.
    fn plain_dim(&self) -> usize;

    /// Writes the plain vector, unit length, to `out` (`[plain_dim]`).
    fn plain(&self, row: &[u8], out: &mut [f32]);

    /// How much two photos look like the same picture, at most 1 (the same).
    fn likeness(&self, a: &[u8], b: &[u8]) -> f32 {
        let mut vectors = [vec![0.0; self.plain_dim()], vec![0.0; self.plain_dim()]];
        let [of_a, of_b] = &mut vectors;
        self.plain(a, of_a);
        self.plain(b, of_b);
        crate::vector_math::dot(of_a, of_b)
    }

    /// From where on two photos look like the same picture.
    fn likeness_bounds(&self) -> LikenessBounds {
        LikenessBounds {
            copy: 0.97,
            cosine: 0.97,
            burst: 0.94,
            burst_cosine: 0.94,
        }
    }

    /// Length of the factors behind a text-comparable vector.
    fn factor_dim(&self) -> usize;

    /// Writes the factors of one part to `out` (`[factor_dim]`), scaled so that `lift · factors` has unit length.
    fn text_factors(&self, row: &[u8], part: Part, out: &mut [f32]);

    /// How many things of a class of [`crate::detector`] a photo shows; `None` for a model that does not count.
    fn count(&self, row: &[u8], class: u8) -> Option<usize> {
        let _ = (row, class);
        None
    }

    /// A copy of an encoding that speaks of one region of its photo alone: left, top, right, bottom as shares of the picture.
    /// `alone`: it is the only person in the photo. `None` for a model whose encodings have no places.
    fn within(&self, row: &[u8], region: [f32; 4], alone: bool) -> Option<Vec<u8>> {
        let _ = (row, region, alone);
        None
    }

    /// Length of a text vector.
    fn text_dim(&self) -> usize;

    /// The map from factors to text vectors: `[text_dim, factor_dim]`, row-major.
    fn lift(&self) -> &[f32];
}

/// One photo's encoding by the built-in model.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    bytes: Vec<u8>,
}

/// The vectors that an [`Encoding`] is packed from; f32, not yet quantised.
#[derive(Debug, Clone, Copy)]
pub struct EncodingParts<'a> {
    /// Photo tokens `[25, 128]`.
    pub tokens: &'a [f32],
    /// ConSE of the whole photo `[128]`.
    pub conse: &'a [f32],
    /// Plain vector `[256]`, any length.
    pub plain: &'a [f32],
    /// Foreground histogram `[32]`.
    pub foreground: &'a [f32],
    /// Background histogram `[32]`.
    pub background: &'a [f32],
    /// Boxes of the objects, as shares of the picture: left, top, right, bottom; zeros where there is none.
    pub boxes: [[f32; 4]; OBJECTS],
    /// The things that objects are; `None`: an area, or nothing.
    pub objects: [Option<Detection>; OBJECTS],
    /// What the detector found.
    pub things: &'a Things,
}

impl Encoding {
    /// Wraps stored bytes.
    ///
    /// # Errors
    /// [`EncodingError`] when length or header are not this model's.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EncodingError> {
        check(bytes)?;
        Ok(Self { bytes: bytes.to_vec() })
    }

    /// The bytes as they are stored.
    pub fn to_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes as they are stored, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The photo tokens `[25, 128]`, dequantised.
    pub fn tokens(&self) -> Vec<f32> {
        let mut scales = [0.0; REGIONS];
        read_f16(&self.bytes, SCALES, &mut scales);
        let bytes = self.bytes.get(TOKENS..SCALES).unwrap_or_default();
        let rows = bytes.chunks_exact(TOKEN_DIM).zip(scales);
        rows.flat_map(|(row, scale)| row.iter().map(move |b| f32::from(b.cast_signed()) * scale))
            .collect()
    }

    /// The named-colour histogram of one part, `[32]`.
    pub fn histogram(&self, part: Part) -> [f32; COLOURS] {
        let mut histogram = [0.0; COLOURS];
        read_f16(&self.bytes, histogram_offset(part), &mut histogram);
        histogram
    }

    /// ConSE of the whole photo in the semantic basis, `[128]`.
    pub fn conse(&self) -> [f32; SEMANTIC_DIM] {
        let mut conse = [0.0; SEMANTIC_DIM];
        read_int8(&self.bytes, CONSE, read_f32(&self.bytes, CONSE_SCALE), &mut conse);
        conse
    }
}

fn check(row: &[u8]) -> Result<(), EncodingError> {
    if row.len() != ENCODING_BYTES {
        return Err(EncodingError::Length {
            expected: ENCODING_BYTES,
            found: row.len(),
        });
    }
    if !row.starts_with(&HEADER) {
        return Err(EncodingError::Header {
            expected: HEADER,
            found: row.get(..4).unwrap_or_default().to_vec(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
