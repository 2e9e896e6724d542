//! What is stored for a photo that a checkpoint encoded, byte by byte.
//!
//! Version 1, little-endian, 4 + 2 · n bytes:
//!
//! | offset | bytes | content |
//! |---|---|---|
//! | 0 | 4 | the letters `RC` and the version, u16 |
//! | 4 | 2 · n | the pooled vector, unit length, f16 `[n]` |
//!
//! Photos and texts lie in one space already: the pooled vector is at once the plain vector and what words are compared with.

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::super::encoding::{EncodingError, EncodingLayout, Part};

const HEADER: [u8; 4] = [b'R', b'C', 1, 0];

/// Reads and writes the rows of a checkpoint whose vectors have one length.
#[derive(Debug, Clone)]
pub struct PhotoRowLayout {
    dim: usize,
    /// The identity, `[dim, dim]`: factors are text vectors already.
    lift: Vec<f32>,
}

impl PhotoRowLayout {
    /// A layout for vectors of length `dim`.
    #[must_use]
    pub fn new(dim: usize) -> Self {
        let mut lift = vec![0.0; dim * dim];
        lift.iter_mut().step_by(dim + 1).for_each(|value| *value = 1.0);
        Self { dim, lift }
    }

    /// A row from a pooled vector of unit length.
    #[must_use]
    pub fn pack(&self, pooled: &[f32]) -> Vec<u8> {
        let mut row = HEADER.to_vec();
        row.extend(pooled.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()));
        row
    }
}

impl EncodingLayout for PhotoRowLayout {
    fn bytes_per_photo(&self) -> usize {
        HEADER.len() + 2 * self.dim
    }

    fn check(&self, row: &[u8]) -> Result<(), EncodingError> {
        if row.len() != self.bytes_per_photo() {
            return Err(EncodingError::Length {
                expected: self.bytes_per_photo(),
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

    fn plain_dim(&self) -> usize {
        self.dim
    }

    fn plain(&self, row: &[u8], out: &mut [f32]) {
        let Some(bytes) = row.get(HEADER.len()..HEADER.len() + 2 * out.len()) else {
            return out.fill(0.0);
        };
        if cfg!(target_endian = "little")
            && let Ok(halves) = bytemuck::try_cast_slice::<u8, f16>(bytes)
        {
            return halves.convert_to_f32_slice(out);
        }
        for (value, bytes) in out.iter_mut().zip(bytes.as_chunks::<2>().0) {
            *value = f16::from_le_bytes(*bytes).to_f32();
        }
    }

    fn factor_dim(&self) -> usize {
        self.dim
    }

    fn text_factors(&self, row: &[u8], _part: Part, out: &mut [f32]) {
        self.plain(row, out);
    }

    fn text_dim(&self) -> usize {
        self.dim
    }

    fn lift(&self) -> &[f32] {
        &self.lift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_and_rows_of_others_are_refused() {
        let layout = PhotoRowLayout::new(3);
        let row = layout.pack(&[0.6, 0.0, -0.8]);
        assert!(layout.check(&row).is_ok());
        let mut out = [0.0; 3];
        layout.plain(&row, &mut out);
        assert!((out[0] - 0.6).abs() < 1e-3 && (out[2] + 0.8).abs() < 1e-3);
        assert!(layout.check(&row[1..]).is_err());
        let mut other = row;
        other[1] = b'F';
        assert!(matches!(layout.check(&other), Err(EncodingError::Header { .. })));
    }
}
