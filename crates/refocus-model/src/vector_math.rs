//! The few loops on slices that the model's files share, written so that the compiler turns them into vector
//! instructions; callers choose the instruction set with [`pulp::Arch::dispatch`].

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

/// Independent partial sums: without them a sum of floats is one long chain that cannot be vectorised.
const LANES: usize = 16;

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

/// e^x for x ≤ 0, relative error below 1e-5; 0 below −87.
///
/// 2^n · 2^f with n the nearest integer and a polynomial of degree 5 for 2^f on ±½ (the Taylor series of e^(f·ln 2)).
#[inline(always)]
pub fn exp_of_negative(x: f32) -> f32 {
    // Adding 1.5 · 2^23 rounds to the nearest integer and leaves that integer in the low bits.
    const ROUND: f32 = 12_582_912.0;
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
    }

    #[test]
    fn softmax_sums_to_one_and_keeps_the_order() {
        let mut row = [3.0, -1.0, 90.0, 89.0];
        softmax(&mut row);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(row[2] > row[3] && row[3] > row[0] && row[0] >= row[1]);
    }
}
