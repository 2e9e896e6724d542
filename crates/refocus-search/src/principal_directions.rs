//! Principal directions of a set of word vectors: the subspace in which photos are compared under a focus.
//!
//! At most 64 directions are ever needed, so a small exact decomposition inside a sketch of the row space is enough
//! (randomised range finder with power iterations, Halko, Martinsson and Tropp 2011, algorithm 4.4; exact when there
//! are no more words than sketch rows). The decomposition is a one-sided Jacobi (Hestenes) in f64: it has no failure
//! mode, and a repeated eigenvalue costs it nothing. The projections of the built-in model are fitted with the same one.

use refocus_model::vector_math::{add_scaled, dot, normalise_or_clear};

/// Rows of the sketch; an upper bound on the number of directions.
const SKETCH: usize = 64;
/// Rounds of power iteration that sharpen the sketch.
const POWER_ROUNDS: usize = 2;
/// Sweeps after which a Jacobi of a few hundred rows has long converged; ten are usual.
const MAX_SWEEPS: usize = 30;

/// The leading right singular vectors of `rows` (`[n, dim]`), strongest first, `[k, dim]` with orthonormal rows, and
/// the singular values. `k` is at most `max_directions`, and as small as explains all but `1 − energy` of the sum of
/// squares. Rows that are not finite count as zero.
pub(super) fn principal_directions(
    rows: &[f32],
    dim: usize,
    max_directions: usize,
    energy: f32,
) -> (Vec<f32>, Vec<f32>) {
    if dim == 0 || max_directions == 0 {
        return (Vec::new(), Vec::new());
    }
    let arch = pulp::Arch::new();
    let basis = arch.dispatch(
        #[inline(always)]
        || row_space(rows, dim),
    );
    let size = basis.len() / dim;
    let covariance = arch.dispatch(
        #[inline(always)]
        || small_covariance(rows, &basis, dim),
    );
    let eigen = symmetric_eigen(covariance, size);

    let total = eigen.iter().map(|(value, _)| value).sum::<f64>();
    let (mut directions, mut singular_values, mut explained) = (Vec::new(), Vec::new(), 0.0);
    for (value, vector) in eigen.iter().take(max_directions) {
        // Below this a direction is rounding error of the words, not a way in which they differ.
        if *value <= total * 1e-6 || explained >= total * f64::from(energy) {
            break;
        }
        let mut direction = vec![0.0; dim];
        for (&weight, basis_row) in vector.iter().zip(basis.chunks_exact(dim)) {
            add_scaled(&mut direction, weight as f32, basis_row);
        }
        normalise_or_clear(&mut direction);
        directions.extend_from_slice(&direction);
        singular_values.push(value.sqrt() as f32);
        explained += value;
    }
    (directions, singular_values)
}

/// An orthonormal basis (`[p, dim]`, `p ≤ SKETCH`) of the space that holds (nearly) all of the rows.
#[inline(always)]
fn row_space(rows: &[f32], dim: usize) -> Vec<f32> {
    let n = rows.len() / dim;
    if n <= SKETCH {
        return orthonormal(rows.to_vec(), dim);
    }
    let mut sketch = vec![0.0; SKETCH * dim];
    // Signs from a fixed generator (SplitMix64): the same words give the same subspace on every machine.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for row in rows.chunks_exact(dim) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        for (i, sketch_row) in sketch.chunks_exact_mut(dim).enumerate() {
            add_scaled(sketch_row, if bits >> i & 1 == 1 { 1.0 } else { -1.0 }, row);
        }
    }
    for _ in 0..POWER_ROUNDS {
        let basis = orthonormal(std::mem::take(&mut sketch), dim);
        sketch = vec![0.0; basis.len()];
        for row in rows.chunks_exact(dim) {
            for (basis_row, sketch_row) in basis.chunks_exact(dim).zip(sketch.chunks_exact_mut(dim)) {
                add_scaled(sketch_row, dot(row, basis_row), row);
            }
        }
    }
    orthonormal(sketch, dim)
}

/// Gram–Schmidt, twice over for orthogonality in single precision; rows that depend on earlier ones are dropped.
#[inline(always)]
fn orthonormal(mut rows: Vec<f32>, dim: usize) -> Vec<f32> {
    let largest = rows
        .chunks_exact(dim)
        .map(|row| dot(row, row))
        .filter(|n| n.is_finite())
        .fold(0.0, f32::max)
        .sqrt();
    let mut kept = 0;
    for start in (0..rows.len() / dim * dim).step_by(dim) {
        rows.copy_within(start..start + dim, kept);
        let (done, rest) = rows.split_at_mut(kept);
        let Some(candidate) = rest.get_mut(..dim) else { break };
        let mut length = dot(candidate, candidate).sqrt();
        if !length.is_finite() {
            continue;
        }
        for _ in 0..2 {
            for earlier in done.chunks_exact(dim) {
                let along = dot(candidate, earlier);
                add_scaled(candidate, -along, earlier);
            }
            length = length.min(dot(candidate, candidate).sqrt());
        }
        if length > largest * 1e-4 {
            normalise_or_clear(candidate);
            kept += dim;
        }
    }
    rows.truncate(kept);
    rows
}

/// `[p, p]`: `BᵀB` with `B = rows · basisᵀ`.
#[inline(always)]
fn small_covariance(rows: &[f32], basis: &[f32], dim: usize) -> Vec<f64> {
    let size = basis.len() / dim;
    let mut covariance = vec![0f64; size * size];
    let mut coordinates = vec![0f64; size];
    for row in rows.chunks_exact(dim) {
        for (coordinate, basis_row) in coordinates.iter_mut().zip(basis.chunks_exact(dim)) {
            *coordinate = f64::from(dot(row, basis_row));
        }
        if coordinates.iter().all(|c| c.is_finite()) && size > 0 {
            for (line, &a) in covariance.chunks_exact_mut(size).zip(&coordinates) {
                for (entry, &b) in line.iter_mut().zip(&coordinates) {
                    *entry += a * b;
                }
            }
        }
    }
    covariance
}

/// Eigenvalues and eigenvectors of a symmetric positive semidefinite `[size, size]` matrix, largest first.
///
/// Rotating pairs of rows until all rows are orthogonal turns the matrix `C` into `WC` with `W` orthogonal and
/// `WC²Wᵀ` diagonal: row `i` is then the eigenvector times its eigenvalue, and `W` itself is never needed.
///
/// Our own: at the sizes that a focus needs (64 rows) nalgebra takes 0.6 to 13 ms and this 2 to 16, by rank; nalgebra brings ten crates.
#[must_use]
pub fn symmetric_eigen(matrix: Vec<f64>, size: usize) -> Vec<(f64, Vec<f64>)> {
    // What is not finite has no eigenvalues.
    if size == 0 || matrix.len() != size * size || !matrix.iter().all(|value| value.is_finite()) {
        return Vec::new();
    }
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || rotated_apart(matrix, size),
    )
}

#[inline(always)]
fn rotated_apart(mut matrix: Vec<f64>, size: usize) -> Vec<(f64, Vec<f64>)> {
    let floor = (0..size).map(|i| matrix[i * size + i]).sum::<f64>().powi(2) * 1e-20;
    for _ in 0..MAX_SWEEPS {
        let mut rotated = false;
        for p in 0..size - 1 {
            for q in p + 1..size {
                let (head, tail) = matrix.split_at_mut(q * size);
                let row_p = &mut head[p * size..(p + 1) * size];
                let row_q = &mut tail[..size];
                let [pp, qq, pq] = products(row_p, row_q);
                if pq * pq <= 1e-18 * pp * qq || pp.min(qq) <= floor {
                    continue;
                }
                rotated = true;
                let ratio = (qq - pp) / (2.0 * pq);
                let tangent = ratio.signum() / (ratio.abs() + (1.0 + ratio * ratio).sqrt());
                let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
                let sine = cosine * tangent;
                for (x, y) in row_p.iter_mut().zip(row_q) {
                    let (old_x, old_y) = (*x, *y);
                    *x = cosine * old_x - sine * old_y;
                    *y = sine * old_x + cosine * old_y;
                }
            }
        }
        if !rotated {
            break;
        }
    }
    let mut pairs = matrix
        .chunks_exact(size)
        .map(|row| {
            let value = row.iter().map(|v| v * v).sum::<f64>().sqrt();
            let scale = if value > 0.0 { 1.0 / value } else { 0.0 };
            (value, row.iter().map(|v| v * scale).collect::<Vec<_>>())
        })
        .collect::<Vec<_>>();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs
}

/// `[x·x, y·y, x·y]`.
#[inline(always)]
fn products(x: &[f64], y: &[f64]) -> [f64; 3] {
    const WIDTH: usize = 8;
    let mut lanes = [[0f64; WIDTH]; 3];
    let (x_blocks, x_rest) = x.as_chunks::<WIDTH>();
    let (y_blocks, y_rest) = y.as_chunks::<WIDTH>();
    for (a, b) in x_blocks.iter().zip(y_blocks) {
        for lane in 0..WIDTH {
            lanes[0][lane] += a[lane] * a[lane];
            lanes[1][lane] += b[lane] * b[lane];
            lanes[2][lane] += a[lane] * b[lane];
        }
    }
    let mut sums = lanes.map(|lane| lane.iter().sum::<f64>());
    for (a, b) in x_rest.iter().zip(y_rest) {
        sums[0] += a * a;
        sums[1] += b * b;
        sums[2] += a * b;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    fn noise(seed: u64, len: usize) -> Vec<f32> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        (0..len).map(|_| rng.random_range(-1.0f32..1.0)).collect()
    }

    fn assert_orthonormal(directions: &[f32], dim: usize) {
        for (i, a) in directions.chunks_exact(dim).enumerate() {
            for (j, b) in directions.chunks_exact(dim).enumerate() {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((dot(a, b) - expected).abs() < 1e-4, "{i} · {j} = {}", dot(a, b));
            }
        }
    }

    #[test]
    fn directions_are_orthonormal_and_rebuild_few_words_exactly() {
        let (n, dim) = (20, 96);
        let rows = noise(1, n * dim);
        let (directions, _) = principal_directions(&rows, dim, 50, 1.0);
        assert_eq!(directions.len() / dim, n);
        assert_orthonormal(&directions, dim);
        for row in rows.chunks_exact(dim) {
            let kept = directions.chunks_exact(dim).map(|d| dot(d, row).powi(2)).sum::<f32>();
            assert!((kept - dot(row, row)).abs() < 1e-3 * dot(row, row));
        }
    }

    #[test]
    fn a_planted_subspace_of_many_words_is_found_in_order_of_strength() {
        let (n, dim, planted) = (300, 384, 5);
        let (truth, _) = principal_directions(&noise(2, planted * dim), dim, planted, 1.0);
        let weights = noise(3, n * planted);
        let mut rows = noise(4, n * dim).iter().map(|v| v * 0.002).collect::<Vec<_>>();
        for (i, row) in rows.chunks_exact_mut(dim).enumerate() {
            for (j, direction) in truth.chunks_exact(dim).enumerate() {
                add_scaled(row, weights[i * planted + j] * (planted - j) as f32, direction);
            }
        }
        let (directions, strengths) = principal_directions(&rows, dim, 50, 0.99);
        assert_eq!(directions.len() / dim, planted);
        assert!(strengths.is_sorted_by(|a, b| a >= b));
        assert_orthonormal(&directions, dim);
        for direction in truth.chunks_exact(dim) {
            let inside = directions
                .chunks_exact(dim)
                .map(|d| dot(d, direction).powi(2))
                .sum::<f32>();
            assert!(inside > 0.999, "{inside}");
        }
    }

    #[test]
    fn eigenvectors_are_those_of_the_matrix_and_a_matrix_without_numbers_has_none() {
        // Rotation of diag(3, 1) by 45°.
        let pairs = symmetric_eigen(vec![2.0, 1.0, 1.0, 2.0], 2);
        let values: Vec<f64> = pairs.iter().map(|(value, _)| *value).collect();
        assert!(
            (values[0] - 3.0).abs() < 1e-12 && (values[1] - 1.0).abs() < 1e-12,
            "{values:?}"
        );
        let first = &pairs[0].1;
        assert!((first[0] - first[1]).abs() < 1e-12 && (first[0].abs() - 0.5f64.sqrt()).abs() < 1e-12);
        assert!(symmetric_eigen(vec![1.0, f64::NAN, f64::NAN, 1.0], 2).is_empty());
        assert!(symmetric_eigen(Vec::new(), 0).is_empty());
    }

    #[test]
    fn words_without_a_difference_or_without_numbers_give_no_direction() {
        assert!(principal_directions(&[0.0; 40], 10, 50, 1.0).0.is_empty());
        assert!(principal_directions(&[f32::NAN; 40], 10, 50, 1.0).0.is_empty());
        assert!(principal_directions(&[], 10, 50, 1.0).0.is_empty());
        assert!(principal_directions(&[1.0; 40], 10, 0, 1.0).0.is_empty());
        assert_eq!(principal_directions(&[1.0; 40], 10, 50, 1.0).0.len(), 10);
    }
}
