//! Photos of two numbers each, for tests whose figures are computed by hand.

#![allow(missing_docs, reason = "tests alone use it")]

use refocus_model::{EncodingError, EncodingLayout, Part};
use refocus_search::{FocusError, Gallery, TextEmbedder};

const BYTES: usize = 16;

/// Encodings: the plain vector `[2]`, then the factors `[2]`.
pub struct Rows(Vec<u8>);

impl Rows {
    /// Photos as (direction of the plain vector in degrees, factors).
    pub fn new(photos: &[(f32, [f32; 2])]) -> Self {
        let values = photos.iter().flat_map(|(angle, [first, second])| {
            let (sin, cos) = angle.to_radians().sin_cos();
            [cos, sin, *first, *second]
        });
        Self(values.flat_map(f32::to_le_bytes).collect())
    }

    #[expect(clippy::unwrap_used, reason = "tests alone use it, with rows that fit")]
    pub fn gallery(&self) -> Gallery<'_> {
        Gallery::new(&Layout, &self.0, None).unwrap()
    }
}

struct Layout;

fn read(row: &[u8], at: usize, out: &mut [f32]) {
    for (out, value) in out.iter_mut().zip(row[at..].as_chunks::<4>().0) {
        *out = f32::from_le_bytes(*value);
    }
}

impl EncodingLayout for Layout {
    fn bytes_per_photo(&self) -> usize {
        BYTES
    }

    fn check(&self, _: &[u8]) -> Result<(), EncodingError> {
        Ok(())
    }

    fn plain_dim(&self) -> usize {
        2
    }

    fn plain(&self, row: &[u8], out: &mut [f32]) {
        read(row, 0, out);
    }

    fn factor_dim(&self) -> usize {
        2
    }

    fn text_factors(&self, row: &[u8], _: Part, out: &mut [f32]) {
        read(row, 8, out);
    }

    fn text_dim(&self) -> usize {
        2
    }

    fn lift(&self) -> &[f32] {
        &[1.0, 0.0, 0.0, 1.0]
    }
}

/// Reads "right" and "red" as the first factor, every other text as the second.
pub struct Texts;

impl TextEmbedder for Texts {
    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, FocusError> {
        Ok(texts
            .iter()
            .flat_map(|text| match *text {
                "right" | "red" => [1.0, 0.0],
                _ => [0.0, 1.0],
            })
            .collect())
    }
}
