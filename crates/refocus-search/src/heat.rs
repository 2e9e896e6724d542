//! Heat maps: where in a photo the focus looked.

use super::FocusError;
use super::condition::Condition;
use super::subspace_way::GalleryStatistics;
use refocus_model::vector_math::{add_scaled, dot};

/// The heat of each cell (`[cells]`, 0 to 1) of one photo, from the factors of its cells (`[cells, factor_dim]`): what makes the
/// photo lie where it lies, its conditional embedding (`[dim]`).
///
/// All zero where no cell stands out. Cells that are not finite are cold.
///
/// # Errors
/// [`FocusError::Length`] if factors, condition, statistics and embedding do not belong together.
pub fn heat_map(
    condition: &Condition,
    statistics: &GalleryStatistics,
    cells: &[f32],
    embedding: &[f32],
) -> Result<Vec<f32>, FocusError> {
    let factors = statistics.mean().len();
    if factors == 0 || !cells.len().is_multiple_of(factors) {
        return Err(FocusError::Length {
            what: "cells",
            expected: factors,
            found: cells.len(),
        });
    }
    let dim = condition.dim();
    FocusError::check_length("embedding", dim, embedding.len())?;
    if dim == 0 {
        return Ok(vec![0.0; cells.len() / factors]);
    }
    let (mut centred, mut embedded) = (vec![0.0; factors], vec![0.0; dim]);
    let mut heat = Vec::with_capacity(cells.len() / factors);
    for cell in cells.chunks_exact(factors) {
        centred.copy_from_slice(cell);
        add_scaled(&mut centred, -1.0, statistics.mean());
        condition.projection().apply::<1>(&centred, &mut embedded);
        let value = dot(embedding, &embedded);
        heat.push(if value.is_finite() { value.max(0.0) } else { 0.0 });
    }
    let lowest = heat.iter().copied().fold(f32::INFINITY, f32::min);
    let span = heat.iter().copied().fold(0.0, f32::max) - lowest;
    // Divided and not multiplied by the reciprocal: the hottest cell is 1 exactly.
    let divisor = if span > 1e-6 { span } else { f32::INFINITY };
    heat.iter_mut().for_each(|value| *value = (*value - lowest) / divisor);
    Ok(heat)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Part;
    use crate::synthetic::{self, Planted};
    use crate::work::Work;

    #[test]
    fn the_cell_that_shows_the_word_is_hottest_and_broken_cells_are_cold() {
        let planted = Planted::new(200);
        let statistics = GalleryStatistics::compute(&planted.gallery(), Part::Foreground, Work::default()).unwrap();
        let condition = synthetic::condition("the colour");
        let mut cells = Vec::new();
        for colour in 0..4 {
            cells.extend(synthetic::factors(colour, 0, 0.0));
        }
        cells.extend(vec![f32::NAN; synthetic::FACTOR_DIM]);
        let dim = condition.dim();
        for colour in 0..4 {
            let direction = &condition.word_directions()[colour * dim..(colour + 1) * dim];
            let heat = heat_map(&condition, &statistics, &cells, direction).unwrap();
            assert_eq!(heat[colour], 1.0, "{heat:?}");
            assert!(heat.iter().all(|v| (0.0..=1.0).contains(v)));
            assert_eq!(heat[4], 0.0);
        }
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let planted = Planted::new(20);
        let statistics = GalleryStatistics::compute(&planted.gallery(), Part::Foreground, Work::default()).unwrap();
        let condition = synthetic::condition("the colour");
        let cell = vec![0.0; synthetic::FACTOR_DIM];
        let embedding = vec![0.0; condition.dim()];
        assert!(heat_map(&condition, &statistics, &cell[1..], &embedding).is_err());
        assert!(heat_map(&condition, &statistics, &cell, &[1.0]).is_err());
        assert!(heat_map(&condition, &statistics, &[], &embedding).unwrap().is_empty());
    }
}
