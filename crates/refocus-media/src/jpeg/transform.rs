//! Inverse cosine transforms of 8 × 8 coefficients to blocks of 8, 4, 2 or 1 samples on a side.
//!
//! Eight samples: the factorisation of C. Loeffler, A. Ligtenberg, G. S. Moschytz, "Practical fast 1-D DCT algorithms with 11
//! multiplications", ICASSP 1989, with the scaled integers that libjpeg's accurate transform uses, so that pictures are the
//! same. Fewer: the lowest coefficients alone, after R. Dugad, N. Ahuja, "A fast scheme for image size change in the compressed
//! domain", IEEE Transactions on Circuits and Systems for Video Technology, 2001.

/// Fraction bits of the factors.
const FACTOR_BITS: u32 = 13;
/// Fraction bits between the two passes.
const BETWEEN_BITS: u32 = 2;

/// Places of the coefficients in a block, in the order of the file (T.81, figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// Coefficients of a block, row by row, in the order of frequencies.
pub(super) type Block = [i16; 64];
/// Steps of the coefficients, in the order of [`Block`].
pub(super) type Quantisation = [i32; 64];

/// Writes a block of `across` × `down` samples (each 1, 2, 4 or 8) to the rows of `plane`, `stride` apart, from its beginning.
#[inline(always)]
pub(super) fn write_block(
    (across, down): (u8, u8),
    block: &Block,
    quantisation: &Quantisation,
    plane: &mut [u8],
    stride: usize,
) {
    match (across, down) {
        (8, 8) => write::<8, 8>(block, quantisation, plane, stride),
        (4, 4) => write::<4, 4>(block, quantisation, plane, stride),
        (2, 2) => write::<2, 2>(block, quantisation, plane, stride),
        (1, 1) => write::<1, 1>(block, quantisation, plane, stride),
        (8, 4) => write::<8, 4>(block, quantisation, plane, stride),
        (4, 2) => write::<4, 2>(block, quantisation, plane, stride),
        (2, 1) => write::<2, 1>(block, quantisation, plane, stride),
        (8, 2) => write::<8, 2>(block, quantisation, plane, stride),
        (4, 1) => write::<4, 1>(block, quantisation, plane, stride),
        (8, 1) => write::<8, 1>(block, quantisation, plane, stride),
        (4, 8) => write::<4, 8>(block, quantisation, plane, stride),
        (2, 4) => write::<2, 4>(block, quantisation, plane, stride),
        (1, 2) => write::<1, 2>(block, quantisation, plane, stride),
        (2, 8) => write::<2, 8>(block, quantisation, plane, stride),
        (1, 4) => write::<1, 4>(block, quantisation, plane, stride),
        _ => write::<1, 8>(block, quantisation, plane, stride),
    }
}

/// Writes a block of one colour, whose mean is all that it has.
#[inline(always)]
pub(super) fn write_flat((across, down): (u8, u8), mean: i16, step: i32, plane: &mut [u8], stride: usize) {
    let value = sample(i32::from(mean).wrapping_mul(step).wrapping_add(4) >> 3);
    for row in plane.chunks_mut(stride).take(usize::from(down)) {
        if let Some(row) = row.get_mut(..usize::from(across)) {
            row.fill(value);
        }
    }
}

/// Values lie around zero; samples begin at 0.
#[inline(always)]
fn sample(value: i32) -> u8 {
    value.saturating_add(128).clamp(0, 255) as u8
}

#[inline(always)]
fn write<const ACROSS: usize, const DOWN: usize>(
    block: &Block,
    quantisation: &Quantisation,
    plane: &mut [u8],
    stride: usize,
) {
    let mut rows = [[0i32; ACROSS]; DOWN];
    for (y, row) in rows.iter_mut().enumerate() {
        for (x, value) in row.iter_mut().enumerate() {
            let at = (y * 8 + x) & 63;
            *value = i32::from(block[at]).wrapping_mul(quantisation[at]);
        }
    }
    let rows = inverse(rows, FACTOR_BITS - BETWEEN_BITS);
    for (row, out) in rows.iter().zip(plane.chunks_mut(stride)) {
        if let Some(out) = out.first_chunk_mut::<ACROSS>() {
            *out = row_of_samples(row);
        }
    }
}

/// The transform along a row, as a sum of waves: eight values of a wave are one vector, where the shorter way would first have
/// to turn the block. The factors are exactly those that [`inverse`] comes to.
#[inline(always)]
fn row_of_samples<const N: usize>(row: &[i32; N]) -> [u8; N] {
    // Each pass enlarges by the root of 8.
    const BITS: u32 = FACTOR_BITS + BETWEEN_BITS + 3;
    let mut sums = [1i32 << (BITS - 1); N];
    for (u, value) in row.iter().enumerate() {
        for (x, sum) in sums.iter_mut().enumerate() {
            *sum = sum.wrapping_add(value.wrapping_mul(factor::<N>(u, x)));
        }
    }
    let mut samples = [0; N];
    for (sample, sum) in samples.iter_mut().zip(sums) {
        *sample = ((sum >> BITS) + 128).clamp(0, 255) as u8;
    }
    samples
}

/// Of wave `u` at sample `x`.
#[inline(always)]
const fn factor<const N: usize>(u: usize, x: usize) -> i32 {
    match N {
        8 => WAVES_OF_8[u & 7][x & 7],
        4 => WAVES_OF_4[u & 3][x & 3],
        2 if u == 1 && x == 1 => -8192,
        _ => 8192,
    }
}

const WAVES_OF_8: [[i32; 8]; 8] = [
    [8192; 8],
    [11363, 9633, 6437, 2260, -2260, -6437, -9633, -11363],
    [10703, 4433, -4433, -10703, -10703, -4433, 4433, 10703],
    [9633, -2259, -11362, -6436, 6436, 11362, 2259, -9633],
    [8192, -8192, -8192, 8192, 8192, -8192, -8192, 8192],
    [6437, -11362, 2261, 9633, -9633, -2261, 11362, -6437],
    [4433, -10704, 10704, -4433, -4433, 10704, -10704, 4433],
    [2260, -6436, 9633, -11363, 11363, -9633, 6436, -2260],
];

const WAVES_OF_4: [[i32; 4]; 4] = [
    [8192; 4],
    [10703, 4433, -4433, -10703],
    [8192, -8192, -8192, 8192],
    [4433, -10704, 10704, -4433],
];

/// Applies `one` to each value, or to each pair. Loops, since the array's own methods are not always inlined, and then run
/// without vector instructions. Values of a hostile file may pass the range of numbers, which must not stop the program.
#[inline(always)]
fn each<const W: usize>(mut a: [i32; W], one: impl Fn(i32) -> i32) -> [i32; W] {
    for value in &mut a {
        *value = one(*value);
    }
    a
}

#[inline(always)]
fn add<const W: usize>(mut a: [i32; W], b: [i32; W]) -> [i32; W] {
    for (a, b) in a.iter_mut().zip(b) {
        *a = a.wrapping_add(b);
    }
    a
}

#[inline(always)]
fn sub<const W: usize>(mut a: [i32; W], b: [i32; W]) -> [i32; W] {
    for (a, b) in a.iter_mut().zip(b) {
        *a = a.wrapping_sub(b);
    }
    a
}

/// `a` times a factor with [`FACTOR_BITS`] fraction bits.
#[inline(always)]
fn mul<const W: usize>(a: [i32; W], factor: i32) -> [i32; W] {
    each(a, |value| value.wrapping_mul(factor))
}

/// `value` with [`FACTOR_BITS`] fraction bits, rounded.
const fn fixed(value: f64) -> i32 {
    let wide = value * (1 << FACTOR_BITS) as f64;
    if wide < 0.0 {
        (wide - 0.5) as i32
    } else {
        (wide + 0.5) as i32
    }
}

#[inline(always)]
fn widen<const W: usize>(a: [i32; W]) -> [i32; W] {
    each(a, |value| value.wrapping_shl(FACTOR_BITS))
}

/// The transform down the columns of `rows`, enlarged by the root of 8 and rounded to `bits` bits fewer.
#[inline(always)]
fn inverse<const N: usize, const W: usize>(rows: [[i32; W]; N], bits: u32) -> [[i32; W]; N] {
    let mut wide: [[i32; W]; N] = match N {
        8 => same_length(eight(same_length(rows))),
        4 => same_length(four(same_length(rows))),
        2 => {
            let [mean, wave] = same_length(rows);
            let (mean, wave) = (widen(mean), widen(wave));
            same_length([add(mean, wave), sub(mean, wave)])
        }
        _ => same_length([widen(rows[0])]),
    };
    let half = (1 << bits) / 2;
    for row in &mut wide {
        *row = each(*row, |value| value.wrapping_add(half) >> bits);
    }
    wide
}

/// Only called where `M` is `N`.
#[inline(always)]
fn same_length<const M: usize, const N: usize, const W: usize>(rows: [[i32; W]; M]) -> [[i32; W]; N] {
    let mut same = [[0; W]; N];
    for (to, from) in same.iter_mut().zip(rows) {
        *to = from;
    }
    same
}

/// √2 · cos(π/8) and √2 · cos(3π/8) turn the two odd coefficients.
#[inline(always)]
fn four<const W: usize>([f0, f1, f2, f3]: [[i32; W]; 4]) -> [[i32; W]; 4] {
    let (outer, inner) = (widen(add(f0, f2)), widen(sub(f0, f2)));
    let both = mul(add(f1, f3), const { fixed(0.541_196_1) });
    let steep = add(both, mul(f1, const { fixed(0.765_366_9) }));
    let shallow = sub(both, mul(f3, const { fixed(1.847_759_1) }));
    [
        add(outer, steep),
        add(inner, shallow),
        sub(inner, shallow),
        sub(outer, steep),
    ]
}

/// Loeffler, Ligtenberg and Moschytz, figure 1, backwards, with the rotations of their appendix. All factors are sums of
/// √2 · cos(kπ/16).
#[inline(always)]
fn eight<const W: usize>([f0, f1, f2, f3, f4, f5, f6, f7]: [[i32; W]; 8]) -> [[i32; W]; 8] {
    // Even coefficients.
    let both = mul(add(f2, f6), const { fixed(0.541_196_1) });
    let two = add(both, mul(f2, const { fixed(0.765_366_9) }));
    let six = sub(both, mul(f6, const { fixed(1.847_759_1) }));
    let (sum, difference) = (widen(add(f0, f4)), widen(sub(f0, f4)));
    let (e0, e3) = (add(sum, two), sub(sum, two));
    let (e1, e2) = (add(difference, six), sub(difference, six));
    // Odd coefficients.
    let (z1, z2) = (
        mul(add(f7, f1), const { fixed(-0.899_976_2) }),
        mul(add(f5, f3), const { fixed(-2.562_915_4) }),
    );
    let (z3, z4) = (add(f7, f3), add(f5, f1));
    let z5 = mul(add(z3, z4), const { fixed(1.175_875_6) });
    let (z3, z4) = (
        add(mul(z3, const { fixed(-1.961_570_6) }), z5),
        add(mul(z4, const { fixed(-0.390_180_6) }), z5),
    );
    let o3 = add(mul(f7, const { fixed(0.298_631_34) }), add(z1, z3));
    let o2 = add(mul(f5, const { fixed(2.053_12) }), add(z2, z4));
    let o1 = add(mul(f3, const { fixed(3.072_711) }), add(z2, z3));
    let o0 = add(mul(f1, const { fixed(1.501_321_1) }), add(z1, z4));
    [
        add(e0, o0),
        add(e1, o1),
        add(e2, o2),
        add(e3, o3),
        sub(e3, o3),
        sub(e2, o2),
        sub(e1, o1),
        sub(e0, o0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_those_that_the_fast_transform_comes_to() {
        for u in 0..8 {
            let mut unit = [[0; 1]; 8];
            unit[u] = [1];
            assert_eq!(inverse(unit, 0).map(|[value]| value), WAVES_OF_8[u], "wave {u} of 8");
        }
        for u in 0..4 {
            let mut unit = [[0; 1]; 4];
            unit[u] = [1];
            assert_eq!(inverse(unit, 0).map(|[value]| value), WAVES_OF_4[u], "wave {u} of 4");
        }
    }

    #[test]
    fn every_shape_of_a_flat_block_has_its_mean_and_no_value_stops_the_program() {
        let mut block = [0; 64];
        block[0] = 37 * 8;
        for across in [1, 2, 4, 8] {
            for down in [1, 2, 4, 8] {
                let (mut plane, mut flat) = ([0; 100], [0; 100]);
                write_block((across, down), &block, &[1; 64], &mut plane, 10);
                write_flat((across, down), block[0], 1, &mut flat, 10);
                assert_eq!(plane, flat, "{across} × {down}");
                assert_eq!(
                    plane.iter().filter(|&&value| value == 165).count(),
                    usize::from(across * down)
                );
                for extreme in [i16::MIN, i16::MAX] {
                    write_block((across, down), &[extreme; 64], &[65_535; 64], &mut plane, 10);
                    write_flat((across, down), extreme, 65_535, &mut flat, 10);
                }
            }
        }
    }
}
