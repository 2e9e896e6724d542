//! The few vector operations that everything here is made of, written so that the compiler vectorises them.
//!
//! They are meant to be called inside [`pulp::Arch::dispatch`], which compiles them for the instruction set that the
//! machine turns out to have; outside of it they are correct, only slower. The closure handed to it must be
//! `#[inline(always)]`, as these are: what is not inlined is compiled for the oldest machine.

/// Values that one step of a vectorised loop takes: one AVX-512 register, two of AVX2.
pub(super) const LANES: usize = 16;

/// The next multiple of [`LANES`].
pub(super) fn padded(dim: usize) -> usize {
    dim.next_multiple_of(LANES)
}

/// Dot product over the shorter of the two lengths.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let mut sum = lanes.iter().sum::<f32>();
    for (x, y) in a_rest.iter().zip(b_rest) {
        sum += x * y;
    }
    sum
}

/// Dot product of int8 values with a vector, over the shorter of the two lengths.
#[inline(always)]
pub(super) fn dot_int8(a: &[i8], b: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            lanes[lane] += f32::from(x[lane]) * y[lane];
        }
    }
    let mut sum = lanes.iter().sum::<f32>();
    for (x, y) in a_rest.iter().zip(b_rest) {
        sum += f32::from(*x) * y;
    }
    sum
}

/// Scales a vector to unit length; one without a direction (zero, or not finite) becomes zero. Returns the old length.
#[inline(always)]
pub(super) fn normalise(vector: &mut [f32]) -> f32 {
    let norm = dot(vector, vector).sqrt();
    if norm.is_finite() && norm > f32::MIN_POSITIVE {
        let scale = 1.0 / norm;
        for value in vector.iter_mut() {
            *value *= scale;
        }
        norm
    } else {
        vector.fill(0.0);
        0.0
    }
}

/// `to += weight · from`.
#[inline(always)]
pub(super) fn add_scaled(to: &mut [f32], from: &[f32], weight: f32) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += weight * from;
    }
}

/// `matrixᵀ · vector` for a row-major `[rows, columns]` matrix: the image of a text vector in factor space.
#[inline(always)]
pub(super) fn transpose_apply(matrix: &[f32], columns: usize, vector: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; columns];
    if columns > 0 {
        for (row, &weight) in matrix.chunks_exact(columns).zip(vector) {
            add_scaled(&mut out, row, weight);
        }
    }
    out
}

/// A `[rows, columns]` matrix laid out for applying it to many vectors: strips of [`LANES`] rows, column after column.
#[derive(Debug, Clone, Default)]
pub(super) struct PackedMatrix {
    strips: Vec<[f32; LANES]>,
    rows: usize,
    columns: usize,
}

impl PackedMatrix {
    /// Packs a row-major `[rows, columns]` matrix; rows are filled up with zeros to a multiple of [`LANES`].
    pub(super) fn new(matrix: &[f32], columns: usize) -> Self {
        if columns == 0 {
            return Self::default();
        }
        let rows = padded(matrix.len() / columns);
        let mut strips = vec![[0.0; LANES]; rows / LANES * columns];
        for (row, values) in matrix.chunks_exact(columns).enumerate() {
            for (column, &value) in values.iter().enumerate() {
                strips[row / LANES * columns + column][row % LANES] = value;
            }
        }
        Self { strips, rows, columns }
    }

    /// Rows, filled up.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// `out[i] = matrix · vectors[i]` for `N` vectors at once: `vectors` is `[N, columns]`, `out` `[N, rows]`.
    /// Four at once hide the latency of the additions.
    #[inline(always)]
    pub(super) fn apply<const N: usize>(&self, vectors: &[f32], out: &mut [f32]) {
        if self.columns == 0 {
            return;
        }
        for (strip, columns) in self.strips.chunks_exact(self.columns).enumerate() {
            let mut sums = [[0f32; LANES]; N];
            for (column, values) in columns.iter().enumerate() {
                for (i, sum) in sums.iter_mut().enumerate() {
                    let factor = vectors[i * self.columns + column];
                    for lane in 0..LANES {
                        sum[lane] += factor * values[lane];
                    }
                }
            }
            for (i, sum) in sums.iter().enumerate() {
                let start = i * self.rows + strip * LANES;
                out[start..start + LANES].copy_from_slice(sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_counts_the_values_past_the_last_whole_block() {
        let a = (0..37u8).map(f32::from).collect::<Vec<_>>();
        let expected = (0..37u16).map(|v| f32::from(v * v)).sum::<f32>();
        assert!((dot(&a, &a) - expected).abs() < 1e-2);
    }

    #[test]
    fn a_vector_without_direction_becomes_zero() {
        for mut vector in [vec![0.0; 4], vec![f32::NAN, 1.0], vec![f32::INFINITY, 1.0]] {
            assert_eq!(normalise(&mut vector), 0.0);
            assert!(vector.iter().all(|&v| v == 0.0));
        }
    }

    #[test]
    fn packed_matrix_gives_the_same_product_for_one_and_for_four_vectors() {
        let (rows, columns) = (19, 5);
        let matrix = (0..rows * columns).map(|i| (i as f32 * 0.37).sin()).collect::<Vec<_>>();
        let vectors = (0..4 * columns).map(|i| (i as f32 * 0.91).cos()).collect::<Vec<_>>();
        let packed = PackedMatrix::new(&matrix, columns);
        assert_eq!(packed.rows(), 32);
        let mut four = vec![f32::NAN; 4 * packed.rows()];
        packed.apply::<4>(&vectors, &mut four);
        for (i, vector) in vectors.chunks_exact(columns).enumerate() {
            let mut one = vec![f32::NAN; packed.rows()];
            packed.apply::<1>(vector, &mut one);
            for row in 0..packed.rows() {
                let expected = if row < rows {
                    dot(&matrix[row * columns..(row + 1) * columns], vector)
                } else {
                    0.0
                };
                assert!((one[row] - expected).abs() < 1e-5);
                assert_eq!(one[row], four[i * packed.rows() + row]);
            }
        }
    }
}
