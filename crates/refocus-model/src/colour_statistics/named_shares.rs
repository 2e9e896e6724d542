//! Pixels as shares of the named colours.

use refocus_resize::ResizeFilter;

use super::{LANES, Lanes, MASK_SIDE, distances, lab_planes};
use crate::ModelError;
use crate::named_colours::{COLOURS, PROTOTYPES};
use crate::preprocess::{PictureView, squash};
use crate::vector_math::exp_of_negative;

/// Shares of the named colours on a grid of `side × side` patches: `[side × side, 32]`.
///
/// # Errors
/// [`ModelError::Resize`] when the picture cannot be averaged.
pub fn colour_map(square: PictureView<'_>, side: usize) -> Result<Vec<f32>, ModelError> {
    let colours = squash(square, MASK_SIDE as u32, ResizeFilter::Box)?;
    let planes = lab_planes(&colours);
    let mut map = vec![0.0; side * side * COLOURS];
    for (patch, row) in map.chunks_exact_mut(COLOURS).enumerate() {
        let range = |i: usize| i * MASK_SIDE / side..((i + 1) * MASK_SIDE).div_ceil(side);
        let mut pixels = 0.0;
        for y in range(patch / side) {
            for x in range(patch % side) {
                let at = y * MASK_SIDE + x;
                let shares = name_shares(planes.each_ref().map(|plane| [plane[at]; LANES]));
                row.iter_mut().zip(&shares).for_each(|(sum, share)| *sum += share[0]);
                pixels += 1.0;
            }
        }
        row.iter_mut().for_each(|sum| *sum /= pixels);
    }
    Ok(map)
}

/// Soft assignment of 16 pixels to the named colours: `[32][16]`, each pixel's shares sum to 1.
#[inline(always)]
pub(super) fn name_shares(px: [Lanes; 3]) -> [Lanes; COLOURS] {
    const SHARPNESS: f32 = 1.0 / (2.0 * 8.0 * 8.0);
    let mut shares = [[0.0; LANES]; COLOURS];
    let mut nearest = [f32::INFINITY; LANES];
    for (share, colour) in shares.iter_mut().zip(PROTOTYPES.iter()) {
        *share = distances(&px, *colour);
        for lane in 0..LANES {
            nearest[lane] = nearest[lane].min(share[lane]);
        }
    }
    let mut total = [0.0; LANES];
    for share in &mut shares {
        for lane in 0..LANES {
            share[lane] = exp_of_negative((nearest[lane] - share[lane]) * SHARPNESS);
            total[lane] += share[lane];
        }
    }
    for share in &mut shares {
        for lane in 0..LANES {
            share[lane] /= total[lane];
        }
    }
    shares
}
