//! Means, deviations and principal directions of many feature rows, in f64 and the same on every run.

use candle_core::{DType, Device, Tensor};

/// Directions that are iterated beyond those asked for: they make the last ones converge.
const EXTRA: usize = 16;
/// Products with the covariance; the subspace moves by less than 1e-4 long before.
const ITERATIONS: usize = 60;

/// Mean and standard deviation of each column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spread {
    pub(super) mean: Vec<f32>,
    pub(super) deviation: Vec<f32>,
}

/// Mean and deviation of rows that come in blocks, each `[rows, columns]`, row after row.
pub(super) fn spread(columns: usize, blocks: impl Iterator<Item = Vec<f32>>) -> Spread {
    let (mut sum, mut square, mut rows) = (vec![0.0f64; columns], vec![0.0f64; columns], 0.0f64);
    for block in blocks {
        for row in block.chunks_exact(columns) {
            rows += 1.0;
            for ((s, q), &x) in sum.iter_mut().zip(&mut square).zip(row) {
                *s += f64::from(x);
                *q += f64::from(x) * f64::from(x);
            }
        }
    }
    let rows = rows.max(1.0);
    let variance = |(s, q): (&f64, &f64)| (q / rows - (s / rows) * (s / rows)).max(0.0);
    Spread {
        mean: sum.iter().map(|s| (s / rows) as f32).collect(),
        deviation: sum.iter().zip(&square).map(|x| variance(x).sqrt() as f32).collect(),
    }
}

/// Second moments `[columns, columns]` of rows that come in blocks; for a covariance the rows are centred already.
///
/// # Errors
/// When a block has another width.
pub fn second_moments(columns: usize, blocks: impl Iterator<Item = Vec<f32>>) -> candle_core::Result<Tensor> {
    let mut sum = Tensor::zeros((columns, columns), DType::F64, &Device::Cpu)?;
    let mut rows = 0;
    for block in blocks {
        let count = block.len() / columns.max(1);
        let block = Tensor::from_vec(block, (count, columns), &Device::Cpu)?;
        sum = (sum + block.t()?.matmul(&block)?.to_dtype(DType::F64)?)?;
        rows += count;
    }
    sum / rows.max(1) as f64
}

/// The largest eigenvalues of a symmetric matrix and their directions.
#[derive(Debug, Clone)]
pub struct PrincipalDirections {
    /// Variance along each direction, largest first.
    pub variances: Vec<f64>,
    /// `[directions][columns]`, unit length, orthogonal; the largest component of each is positive.
    pub directions: Vec<Vec<f64>>,
    /// Share of the whole variance that the directions hold.
    pub share: f64,
}

impl PrincipalDirections {
    /// The `kept` largest of a symmetric matrix `[n, n]`, by orthogonal iteration with a Rayleigh-Ritz step (Golub and
    /// Van Loan, *Matrix Computations*, section 8.2).
    ///
    /// # Errors
    /// When `matrix` is not square.
    pub fn of(matrix: &Tensor, kept: usize) -> candle_core::Result<Self> {
        let n = matrix.dim(0)?;
        let block = (kept + EXTRA).min(n);
        // Any start does that is not orthogonal to the answer; a fixed one gives the same signs and digits each time.
        // The shift keeps directions without any variance apart from rounding errors in the others.
        let trace = trace(matrix)?;
        let shift = 1e-6 * trace / n.max(1) as f64;
        let shifted = (matrix + (Tensor::eye(n, DType::F64, &Device::Cpu)? * shift)?)?;
        let mut rows: Vec<Vec<f64>> = (0..block).map(|i| (0..n).map(|j| start(i * n + j)).collect()).collect();
        orthonormalise(&mut rows);
        for _ in 0..ITERATIONS {
            rows = product(&rows, &shifted)?;
            orthonormalise(&mut rows);
        }
        let image = product(&rows, &shifted)?;
        let small = rows.iter().flat_map(|a| image.iter().map(|b| dot(a, b))).collect();
        let (variances, directions): (Vec<f64>, Vec<Vec<f64>>) = refocus_search::symmetric_eigen(small, block)
            .into_iter()
            .take(kept)
            .map(|(value, weights)| (value - shift, combine(&rows, &weights)))
            .unzip();
        let share = variances.iter().sum::<f64>() / trace.max(f64::MIN_POSITIVE);
        Ok(Self {
            variances,
            directions,
            share,
        })
    }

    /// The directions as the columns of `[columns, directions]`, row-major, each multiplied by its `scale`.
    pub fn as_weight(&self, scale: impl Fn(f64) -> f64, row_scale: &[f32]) -> Vec<f32> {
        let scales: Vec<f64> = self.variances.iter().map(|v| scale(*v)).collect();
        let mut weight = Vec::with_capacity(row_scale.len() * self.directions.len());
        for (column, row) in row_scale.iter().enumerate() {
            let values = self.directions.iter().zip(&scales);
            weight.extend(values.map(|(d, s)| (d.get(column).copied().unwrap_or(0.0) * s * f64::from(*row)) as f32));
        }
        weight
    }
}

fn trace(matrix: &Tensor) -> candle_core::Result<f64> {
    (0..matrix.dim(0)?)
        .map(|i| matrix.get(i)?.get(i)?.to_scalar::<f64>())
        .sum()
}

/// A number in ±1 that looks random (a multiplicative hash).
fn start(i: usize) -> f64 {
    let mixed = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for ((s, x), y) in sums.iter_mut().zip(x).zip(y) {
            *s += x * y;
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum::<f64>()
}

fn product(rows: &[Vec<f64>], matrix: &Tensor) -> candle_core::Result<Vec<Vec<f64>>> {
    let n = matrix.dim(0)?;
    Tensor::from_vec(rows.concat(), (rows.len(), n), &Device::Cpu)?
        .matmul(matrix)?
        .to_vec2()
}

fn combine(rows: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; rows.first().map_or(0, Vec::len)];
    for (row, weight) in rows.iter().zip(weights) {
        out.iter_mut().zip(row).for_each(|(o, x)| *o += weight * x);
    }
    let largest = out
        .iter()
        .copied()
        .fold(0.0f64, |m, x| if x.abs() > m.abs() { x } else { m });
    if largest < 0.0 {
        out.iter_mut().for_each(|x| *x = -*x);
    }
    out
}

/// Modified Gram-Schmidt, twice, which keeps the rows orthogonal to machine precision.
fn orthonormalise(rows: &mut [Vec<f64>]) {
    for i in 0..rows.len() {
        let (done, rest) = rows.split_at_mut(i);
        let Some(row) = rest.first_mut() else { continue };
        for _ in 0..2 {
            for other in done.iter() {
                let along = dot(other, row);
                row.iter_mut().zip(other).for_each(|(x, o)| *x -= along * o);
            }
        }
        let norm = dot(row, row).sqrt();
        if norm > 0.0 {
            row.iter_mut().for_each(|x| *x /= norm);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A symmetric matrix with the eigenvalues n², (n−1)², … and known eigenvectors.
    fn known(n: usize) -> (Tensor, Vec<Vec<f64>>) {
        let mut basis: Vec<Vec<f64>> = (0..n)
            .map(|i| (0..n).map(|j| start(i * n + j + 77)).collect())
            .collect();
        orthonormalise(&mut basis);
        let entry = |i: usize, j: usize| {
            basis
                .iter()
                .enumerate()
                .map(|(k, v)| ((n - k) * (n - k)) as f64 * v[i] * v[j])
                .sum::<f64>()
        };
        let values: Vec<f64> = (0..n * n).map(|at| entry(at / n, at % n)).collect();
        (Tensor::from_vec(values, (n, n), &Device::Cpu).unwrap(), basis)
    }

    #[test]
    fn the_largest_eigenvalues_and_their_directions_are_found() {
        let (matrix, basis) = known(60);
        let found = PrincipalDirections::of(&matrix, 5).unwrap();
        for (k, (variance, direction)) in found.variances.iter().zip(&found.directions).enumerate() {
            assert!((variance - ((60 - k) * (60 - k)) as f64).abs() < 1e-6, "{variance}");
            assert!((dot(direction, &basis[k]).abs() - 1.0).abs() < 1e-9);
            assert!(
                direction
                    .iter()
                    .copied()
                    .fold(0.0f64, |m, x| if x.abs() > m.abs() { x } else { m })
                    > 0.0
            );
        }
        let whole: usize = (1..=60).map(|i| i * i).sum();
        let kept: usize = (56..=60).map(|i| i * i).sum();
        assert!((found.share - kept as f64 / whole as f64).abs() < 1e-9);
    }

    #[test]
    fn all_directions_of_a_small_matrix_are_found() {
        let (matrix, _) = known(6);
        let found = PrincipalDirections::of(&matrix, 6).unwrap();
        assert!((found.share - 1.0).abs() < 1e-9);
        assert_eq!(
            found.variances.iter().map(|v| v.round() as i32).collect::<Vec<_>>(),
            [36, 25, 16, 9, 4, 1]
        );
    }

    #[test]
    fn mean_deviation_and_moments_do_not_depend_on_how_rows_are_blocked() {
        let rows: Vec<f32> = (0..60).map(|i| (i as f32 * 0.7).sin()).collect();
        let one = [rows.clone()];
        let many: Vec<Vec<f32>> = rows.chunks(9).map(<[f32]>::to_vec).collect();
        let (a, b) = (spread(3, one.iter().cloned()), spread(3, many.iter().cloned()));
        assert_eq!(a, b);
        let moments = |blocks: &[Vec<f32>]| {
            second_moments(3, blocks.iter().cloned())
                .unwrap()
                .flatten_all()
                .unwrap()
                .to_vec1::<f64>()
                .unwrap()
        };
        for (x, y) in moments(&one).iter().zip(moments(&many)) {
            assert!((x - y).abs() < 1e-6);
        }
    }
}
