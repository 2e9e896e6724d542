//! The few loops on slices that networks and ranking are made of, written so that the compiler turns them into vector
//! instructions; callers choose the instruction set with [`pulp::Arch::dispatch`].
//!
//! The closure handed to it must be `#[inline(always)]`, as these functions are: what is not inlined is compiled for the oldest
//! machine. Outside of it they are correct, only slower.

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

/// Independent partial sums: without them a sum of floats is one long chain that cannot be vectorised. One AVX-512 register,
/// two of AVX2.
pub const LANES: usize = 16;

/// The next multiple of [`LANES`].
#[must_use]
pub fn padded(dim: usize) -> usize {
    dim.next_multiple_of(LANES)
}

/// Inner product of two vectors; the longer one is cut.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    if a.len() != b.len() {
        let done = a_chunks.len().min(b_chunks.len()) * LANES;
        return sums.iter().sum::<f32>() + a.iter().zip(b).skip(done).map(|(x, y)| x * y).sum::<f32>();
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum::<f32>()
}

/// Inner product of int8 values with a vector, over the shorter of the two lengths.
#[inline(always)]
pub fn dot_int8(a: &[i8], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (a_chunks, _) = a.as_chunks::<LANES>();
    let (b_chunks, _) = b.as_chunks::<LANES>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += f32::from(x[lane]) * y[lane];
        }
    }
    let done = a_chunks.len().min(b_chunks.len()) * LANES;
    let rest = a.iter().zip(b).skip(done);
    sums.iter().sum::<f32>() + rest.map(|(x, y)| f32::from(*x) * y).sum::<f32>()
}

/// `sum += weight × x`, element by element.
#[inline(always)]
pub fn add_scaled(sum: &mut [f32], weight: f32, x: &[f32]) {
    for (s, &v) in sum.iter_mut().zip(x) {
        *s += weight * v;
    }
}

/// Scales a vector to unit length; a zero vector stays zero.
#[inline(always)]
pub fn normalise(x: &mut [f32]) {
    let norm = dot(x, x).sqrt();
    if norm > 0.0 {
        x.iter_mut().for_each(|v| *v /= norm);
    }
}

/// Scales a vector to unit length; one without a direction (zero, or not finite) becomes zero. Returns the old length.
///
/// For what comes from files and sums of many vectors; [`normalise`] is for the outputs of networks, where a value that is not
/// finite has to stay visible.
#[inline(always)]
pub fn normalise_or_clear(x: &mut [f32]) -> f32 {
    let norm = dot(x, x).sqrt();
    if norm.is_finite() && norm > f32::MIN_POSITIVE {
        let scale = 1.0 / norm;
        x.iter_mut().for_each(|v| *v *= scale);
        norm
    } else {
        x.fill(0.0);
        0.0
    }
}

/// `matrixᵀ · vector` for a row-major `[rows, columns]` matrix: the image of a text vector in factor space.
#[inline(always)]
#[must_use]
pub fn transpose_apply(matrix: &[f32], columns: usize, vector: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; columns];
    if columns > 0 {
        for (row, &weight) in matrix.chunks_exact(columns).zip(vector) {
            add_scaled(&mut out, weight, row);
        }
    }
    out
}

/// 1.5 · 2²³: added to a number of up to 22 bits it rounds to the nearest integer and leaves that integer in the low bits.
pub(crate) const ROUND: f32 = 12_582_912.0;

/// The nearest integer of a number between −2²² and 2²². The cast from floats to integers has cases for all that is beyond, which
/// the compiler does not turn into vector instructions; this is one addition.
#[inline(always)]
#[must_use]
pub fn nearest_integer(x: f32) -> i32 {
    (x + ROUND).to_bits().wrapping_sub(ROUND.to_bits()).cast_signed()
}

/// The largest magnitude among blocks of values; not a number where one of them is none, or infinite.
#[inline(always)]
pub fn largest_magnitude<'a>(blocks: impl Iterator<Item = &'a [f32; LANES]>) -> f32 {
    let (mut largest, mut zeros) = ([0.0f32; LANES], [0.0f32; LANES]);
    for block in blocks {
        for lane in 0..LANES {
            let magnitude = block[lane].abs();
            largest[lane] = if magnitude > largest[lane] {
                magnitude
            } else {
                largest[lane]
            };
            // 0 · ∞ and 0 · NaN are no numbers.
            zeros[lane] += 0.0 * block[lane];
        }
    }
    let highest = largest
        .iter()
        .fold(0.0, |most, value| if *value > most { *value } else { most });
    highest + zeros.iter().sum::<f32>()
}

/// e^x for x ≤ 0, relative error below 1e-5; 0 below −87.
///
/// 2^n · 2^f with n the nearest integer and a polynomial of degree 5 for 2^f on ±½ (the Taylor series of e^(f·ln 2)).
#[inline(always)]
pub fn exp_of_negative(x: f32) -> f32 {
    let y = x.max(-87.0) * std::f32::consts::LOG2_E;
    let rounded = y + ROUND;
    let f = (y - (rounded - ROUND)) * std::f32::consts::LN_2;
    let p = 1.0 + f * (1.0 + f * (0.5 + f * (1.0 / 6.0 + f * (1.0 / 24.0 + f * (1.0 / 120.0)))));
    let power = f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    if x < -87.0 { 0.0 } else { p * power }
}

/// The Gaussian error linear unit, x · Φ(x), absolute error below 1e-5.
///
/// The error function is formula 7.1.26 of Abramowitz and Stegun, Handbook of Mathematical Functions.
#[inline(always)]
pub fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series = t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    let tail = 0.5 * series * exp_of_negative(-z * z);
    // Φ of a positive number is one less the tail; of a negative one the tail itself.
    x * if x >= 0.0 { 1.0 - tail } else { tail }
}

/// Softmax of each row in place.
pub fn softmax(row: &mut [f32]) {
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for x in row.iter_mut() {
        *x = exp_of_negative(*x - top);
    }
    let sum: f32 = row.iter().sum();
    row.iter_mut().for_each(|x| *x /= sum);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_exponential_stays_within_its_stated_error() {
        for i in 0..87_000 {
            let x = -(i as f32) / 1000.0;
            let exact = f64::from(x).exp();
            assert!(((f64::from(exp_of_negative(x)) - exact) / exact).abs() < 1e-5, "{x}");
        }
        assert_eq!(exp_of_negative(-1e9), 0.0);
    }

    #[test]
    fn the_fast_gelu_stays_within_its_stated_error() {
        // Values of x · Φ(x) from the error function of a mathematics library in double precision.
        let exact = [
            (-3.0, -0.004_049_694),
            (-1.0, -0.158_655_25),
            (-0.1, -0.046_017_216),
            (0.0, 0.0),
            (0.5, 0.345_731_23),
            (2.0, 1.954_499_7),
            (9.0, 9.0),
        ];
        for (x, exact) in exact {
            assert!((gelu(x) - exact).abs() < 1e-5, "{x}: {} is not {exact}", gelu(x));
        }
    }

    #[test]
    fn dot_products_of_any_length_and_of_unequal_lengths_are_exact() {
        for n in [0, 1, 15, 16, 17, 40] {
            let a: Vec<f32> = (0..n).map(|i| i as f32).collect();
            assert_eq!(dot(&a, &a), (0..n).map(|i| (i * i) as f32).sum::<f32>());
        }
        assert_eq!(dot(&[1.0; 20], &[2.0; 18]), 36.0);
        // The shorter one ends in an earlier block than the longer one.
        let a: Vec<f32> = (0..40u8).map(f32::from).collect();
        assert_eq!(dot(&a, &[1.0; 18]), 153.0);
        let small: Vec<i8> = (0..40).collect();
        for n in [0, 15, 16, 18, 40] {
            assert_eq!(dot_int8(&small, &a[..n]), dot(&a, &a[..n]));
        }
    }

    #[test]
    fn a_vector_without_direction_becomes_zero() {
        for mut vector in [vec![0.0; 4], vec![f32::NAN, 1.0], vec![f32::INFINITY, 1.0]] {
            assert_eq!(normalise_or_clear(&mut vector), 0.0);
            assert!(vector.iter().all(|&v| v == 0.0));
        }
    }

    #[test]
    fn softmax_sums_to_one_and_keeps_the_order() {
        let mut row = [3.0, -1.0, 90.0, 89.0];
        softmax(&mut row);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(row[2] > row[3] && row[3] > row[0] && row[0] >= row[1]);
    }
}
