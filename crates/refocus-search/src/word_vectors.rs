//! The vectors of the word bank and their stored form: safetensors with one int8 row and one f32 scale a vector.
//!
//! int8 with a scale a row keeps a unit vector of 384 values to within about 0.5 % of its direction, at a quarter of
//! the bytes; the whole bank is then about 2 MB.

use super::FocusError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;

/// Key of the fingerprint in the file's metadata.
const FINGERPRINT: &str = "fingerprint";

/// Unit vectors for all entries of a word bank.
#[derive(Debug, Clone)]
pub struct WordVectors {
    fingerprint: String,
    dim: usize,
    values: Vec<f32>,
}

impl WordVectors {
    /// Vectors (`[n, dim]`, unit length) for the words with this fingerprint.
    ///
    /// # Errors
    /// [`FocusError::Bank`] if `values` is not whole vectors.
    pub fn new(fingerprint: String, dim: usize, values: Vec<f32>) -> Result<Self, FocusError> {
        if dim == 0 || !values.len().is_multiple_of(dim) {
            return Err(FocusError::Bank(format!(
                "{} values are not vectors of {dim}",
                values.len()
            )));
        }
        Ok(Self {
            fingerprint,
            dim,
            values,
        })
    }

    /// Number of vectors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len() / self.dim
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Length of a vector.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The hash of the words that these belong to.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Some of the vectors; empty if the range reaches past the end.
    pub(super) fn range(&self, range: std::ops::Range<usize>) -> &[f32] {
        self.values
            .get(range.start * self.dim..range.end * self.dim)
            .unwrap_or(&[])
    }

    /// All vectors, `[n, dim]`.
    #[must_use]
    pub fn all(&self) -> &[f32] {
        &self.values
    }

    /// The stored form.
    ///
    /// # Errors
    /// [`FocusError::Bank`] with the writer's message.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, FocusError> {
        let (mut quantised, mut scales) = (
            Vec::with_capacity(self.values.len()),
            Vec::with_capacity(self.len() * 4),
        );
        for vector in self.values.chunks_exact(self.dim) {
            let largest = vector.iter().fold(0f32, |m, v| m.max(v.abs()));
            let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
            quantised.extend(vector.iter().map(|v| (v / scale).round() as i8 as u8));
            scales.extend_from_slice(&scale.to_le_bytes());
        }
        let failed = |error: safetensors::SafeTensorError| FocusError::Bank(error.to_string());
        let tensors = [
            (
                "vectors",
                TensorView::new(Dtype::I8, vec![self.len(), self.dim], &quantised).map_err(failed)?,
            ),
            (
                "scales",
                TensorView::new(Dtype::F32, vec![self.len()], &scales).map_err(failed)?,
            ),
        ];
        let metadata = HashMap::from([(FINGERPRINT.to_owned(), self.fingerprint.clone())]);
        safetensors::serialize(tensors, Some(metadata)).map_err(failed)
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`FocusError::Bank`] if the bytes are not such a file.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, FocusError> {
        let failed = |error: safetensors::SafeTensorError| FocusError::Bank(error.to_string());
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(failed)?;
        let fingerprint = metadata
            .metadata()
            .as_ref()
            .and_then(|map| map.get(FINGERPRINT))
            .ok_or_else(|| FocusError::Bank("the stored vectors do not say for which words they are".to_owned()))?;
        let file = SafeTensors::deserialize(bytes).map_err(failed)?;
        let (vectors, scales) = (
            file.tensor("vectors").map_err(failed)?,
            file.tensor("scales").map_err(failed)?,
        );
        let &[n, dim] = vectors.shape() else {
            return Err(FocusError::Bank("the stored vectors are not a matrix".to_owned()));
        };
        if vectors.dtype() != Dtype::I8 || scales.dtype() != Dtype::F32 || scales.shape() != [n] {
            return Err(FocusError::Bank(
                "the stored vectors have another type or number than expected".to_owned(),
            ));
        }
        if dim == 0 {
            return Err(FocusError::Bank("the stored vectors are empty".to_owned()));
        }
        let (scales, _) = scales.data().as_chunks::<4>();
        let mut values = Vec::with_capacity(n * dim);
        for (row, scale) in vectors.data().chunks_exact(dim).zip(scales) {
            let scale = f32::from_le_bytes(*scale);
            let start = values.len();
            values.extend(row.iter().map(|&q| f32::from(q as i8) * scale));
            refocus_model::vector_math::normalise_or_clear(&mut values[start..]);
        }
        Self::new(fingerprint.clone(), dim, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_model::vector_math::{dot, normalise_or_clear};

    #[test]
    fn stored_vectors_come_back_within_half_a_percent() {
        let dim = 384;
        let mut values = (0..20 * dim).map(|i| (i as f32 * 1.7).sin()).collect::<Vec<_>>();
        for vector in values.chunks_exact_mut(dim) {
            normalise_or_clear(vector);
        }
        let vectors = WordVectors::new("words".to_owned(), dim, values.clone()).unwrap();
        let bytes = vectors.to_safetensors().unwrap();
        assert!(bytes.len() < 20 * dim + 20 * 4 + 400);
        let back = WordVectors::from_safetensors(&bytes).unwrap();
        assert_eq!(back.fingerprint(), "words");
        for (a, b) in values.chunks_exact(dim).zip(back.values.chunks_exact(dim)) {
            assert!(dot(a, b) > 0.9999);
        }
    }

    #[test]
    fn damaged_files_are_refused_without_a_panic() {
        let vectors = WordVectors::new("words".to_owned(), 4, vec![0.5; 16]).unwrap();
        let bytes = vectors.to_safetensors().unwrap();
        for length in 0..bytes.len() {
            assert!(WordVectors::from_safetensors(&bytes[..length]).is_err());
        }
        assert!(WordVectors::new(String::new(), 0, vec![]).is_err());
        assert!(WordVectors::new(String::new(), 3, vec![1.0; 4]).is_err());
    }
}
