//! The space in which texts and photos are compared: sentence vectors, centred and of unit length.
//!
//! Raw sentence vectors of short texts share a large common part (their mean is far from zero), which makes everything
//! look alike. The mean μ is fitted once, half over class names, half over values and instructions, and shipped: a
//! vector never depends on the library it is compared with.

use super::ModelError;
use super::text_tower::{TEXT_DIM, TextTower};
use super::vector_math::normalise;

/// Subtracts μ from each row of `[texts, 384]` and scales the rows to unit length.
pub fn centre(rows: &mut [f32], mean: &[f32]) {
    for row in rows.chunks_exact_mut(TEXT_DIM) {
        row.iter_mut().zip(mean).for_each(|(x, m)| *x -= m);
        normalise(row);
    }
}

/// Centred unit vectors of texts, `[texts, 384]`.
///
/// # Errors
/// As [`TextTower::embed`].
pub fn embed_centred(tower: &TextTower, mean: &[f32], texts: &[&str]) -> Result<Vec<f32>, ModelError> {
    let mut rows = tower.embed(texts)?;
    centre(&mut rows, mean);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_centred_and_of_unit_length() {
        let mut mean = vec![0.0; TEXT_DIM];
        mean[0] = 2.0;
        let mut rows = vec![0.0; 2 * TEXT_DIM];
        rows[0] = 5.0;
        rows[TEXT_DIM] = 2.0;
        rows[TEXT_DIM + 1] = -3.0;
        centre(&mut rows, &mean);
        assert_eq!((rows[0], rows[TEXT_DIM], rows[TEXT_DIM + 1]), (1.0, 0.0, -1.0));
    }
}
