//! What tells foreground from background: likeness to the picture's border, and distance from its centre.

use std::sync::LazyLock;

use super::{LANES, Lanes, MASK, MASK_SIDE, distances};
use crate::vector_math::exp_of_negative;

/// How central each mask pixel is: a Gaussian of σ = 0.33 of the side.
pub(super) static PRIOR: LazyLock<Box<[f32; MASK]>> = LazyLock::new(|| {
    let mut prior = Box::new([0.0; MASK]);
    for (at, value) in prior.iter_mut().enumerate() {
        let offset = |i: usize| i as f64 / (MASK_SIDE - 1) as f64 - 0.5;
        let (x, y) = (offset(at % MASK_SIDE), offset(at / MASK_SIDE));
        *value = (-(x * x + y * y) / (2.0 * 0.33 * 0.33)).exp() as f32;
    }
    prior
});

/// The 64 border samples: every 8th pixel of the two outer rows and columns on each side.
pub(super) fn border_samples(planes: &[Box<[f32; MASK]>; 3]) -> [[f32; 3]; 64] {
    std::array::from_fn(|i| {
        let step = (i % 16) * 8;
        let at = match i / 16 {
            0 => step,
            1 => MASK - 2 * MASK_SIDE + step,
            2 => (step / 2) * MASK_SIDE + step % 2,
            _ => (step / 2) * MASK_SIDE + MASK_SIDE - 2 + step % 2,
        };
        planes.each_ref().map(|plane| plane[at])
    })
}

/// How much each of 16 pixels looks like the border, 0–1.
#[inline(always)]
pub(super) fn likeness_to_border(px: &[Lanes; 3], border: &[[f32; 3]; 64]) -> Lanes {
    // The four nearest samples, ascending; the 4th is taken so that a subject touching the border does no harm.
    let mut nearest = [[f32::INFINITY; LANES]; 4];
    for sample in border {
        let mut d = distances(px, *sample);
        for rank in &mut nearest {
            for lane in 0..LANES {
                let (low, high) = (rank[lane].min(d[lane]), rank[lane].max(d[lane]));
                rank[lane] = low;
                d[lane] = high;
            }
        }
    }
    let mut likeness = [0.0; LANES];
    for lane in 0..LANES {
        likeness[lane] = exp_of_negative(-nearest[3][lane] / (12.0 * 12.0));
    }
    likeness
}
