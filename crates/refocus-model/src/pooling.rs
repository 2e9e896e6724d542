//! Feature maps → one vector for each of a photo's 25 regions.
//!
//! Regions are those of [`colour_statistics`](super::colour_statistics): 4 × 4 cells (adaptive average pooling: cells
//! share pixels where the side is not a multiple of 4), the whole map, foreground, background, objects, people and what is
//! beside them (means weighted by their masks, which are averaged from 64 × 64 down to the map's side).

use super::colour_statistics::{ColourStatistics, MASK_SIDE, REGIONS, STATISTICS, WHOLE};
use super::detector::Detection;
use super::objects::OBJECTS;
use super::things::Things;
use super::vector_math::add_scaled;

/// Channels of the image tower's last map, pooled as means.
pub const HEAD: usize = 1280;
/// Numbers a region of block 14's map: means and deviations of 120 channels.
pub const MIDDLE: usize = 240;
/// Numbers a region of block 6's map: means and deviations of 48 channels.
pub const EARLY: usize = 96;

/// What the image tower and the pixels say of each region of one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoFeatures {
    /// `[25, 1280]`: means of the last map, before any square root.
    pub head: Vec<f32>,
    /// `[25, 240]`: means, then deviations, of block 14.
    pub middle: Vec<f32>,
    /// `[25, 96]`: means, then deviations, of block 6.
    pub early: Vec<f32>,
    /// `[25, 90]`: colours, edges, things.
    pub statistics: Vec<f32>,
    /// Boxes of the objects as shares of the picture: left, top, right, bottom; zeros where there is none.
    pub boxes: [[f32; 4]; OBJECTS],
    /// The things that objects are; `None`: an area, or nothing.
    pub objects: [Option<Detection>; OBJECTS],
    /// What the detector found.
    pub things: Things,
}

/// One photo's feature map, `[side, side, channels]`.
#[derive(Debug, Clone, Copy)]
pub struct FeatureMap<'a> {
    /// Rows, and columns.
    pub side: usize,
    /// Values, pixel after pixel.
    pub values: &'a [f32],
}

/// Pools the three maps of one photo under its masks.
pub fn pool(
    head: FeatureMap<'_>,
    middle: FeatureMap<'_>,
    early: FeatureMap<'_>,
    statistics: ColourStatistics,
) -> PhotoFeatures {
    let mut masks = vec![statistics.foreground.as_slice(), statistics.background.as_slice()];
    masks.extend((0..OBJECTS).map(|object| statistics.objects.mask(object)));
    masks.extend([statistics.people.as_slice(), statistics.beside.as_slice()]);
    let features = PhotoFeatures {
        head: pool_map(head, &masks, false),
        middle: pool_map(middle, &masks, true),
        early: pool_map(early, &masks, true),
        boxes: std::array::from_fn(|object| statistics.objects.bounds(object)),
        objects: std::array::from_fn(|object| statistics.objects.thing(object).copied()),
        statistics: statistics.tokens,
        things: statistics.things,
    };
    debug_assert_eq!(features.statistics.len(), REGIONS * STATISTICS);
    features
}

/// Pools one map: `[17 + masks, channels]`, or with `deviation` `[17 + masks, 2 × channels]` (means, then deviations):
/// cells, the whole map, then the map under each mask `[64, 64]`. An empty mask gives zeros.
pub fn pool_map(map: FeatureMap<'_>, masks: &[&[f32]], deviation: bool) -> Vec<f32> {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            let weights: Vec<Vec<f32>> = masks.iter().map(|mask| mask_weights(mask, map.side, 1e-6)).collect();
            pool_with(map, &weights, deviation)
        },
    )
}

/// Map pixels that a step of `parts` covers: `[floor(i · size / parts), ceil((i + 1) · size / parts))`.
fn covered(i: usize, size: usize, parts: usize) -> std::ops::Range<usize> {
    i * size / parts..((i + 1) * size).div_ceil(parts)
}

/// A mask averaged to `[side, side]` and divided by its sum plus `epsilon`.
#[inline(always)]
fn mask_weights(mask: &[f32], side: usize, epsilon: f32) -> Vec<f32> {
    // Columns first, then rows.
    let mut narrow = vec![0.0; MASK_SIDE * side];
    for (row, out) in mask.chunks_exact(MASK_SIDE).zip(narrow.chunks_exact_mut(side)) {
        for (x, value) in out.iter_mut().enumerate() {
            let range = covered(x, MASK_SIDE, side);
            let count = range.len() as f32;
            *value = row.get(range).unwrap_or_default().iter().sum::<f32>() / count;
        }
    }
    let mut weights = vec![0.0; side * side];
    for (y, out) in weights.chunks_exact_mut(side).enumerate() {
        let range = covered(y, MASK_SIDE, side);
        let share = 1.0 / range.len() as f32;
        for row in narrow.chunks_exact(side).skip(range.start).take(range.len()) {
            add_scaled(out, share, row);
        }
    }
    let total = weights.iter().sum::<f32>() + epsilon;
    if total > 0.0 {
        weights.iter_mut().for_each(|w| *w /= total);
    }
    weights
}

#[inline(always)]
fn pool_with(map: FeatureMap<'_>, masks: &[Vec<f32>], deviation: bool) -> Vec<f32> {
    let side = map.side;
    let channels = map.values.len() / (side * side).max(1);
    let width = if deviation { 2 * channels } else { channels };
    let mut out = vec![0.0; (WHOLE + 1 + masks.len()) * width];
    let pixel = |at: usize| map.values.get(at * channels..(at + 1) * channels).unwrap_or_default();
    let uniform = vec![1.0 / (side * side) as f32; side * side];
    for (region, sums) in out.chunks_exact_mut(width.max(1)).enumerate() {
        let (mean, square) = sums.split_at_mut(channels);
        let mut add = |weight: f32, x: &[f32]| {
            add_scaled(mean, weight, x);
            for (s, &v) in square.iter_mut().zip(x) {
                *s += weight * v * v;
            }
        };
        match region {
            WHOLE => uniform.iter().enumerate().for_each(|(at, w)| add(*w, pixel(at))),
            masked if masked > WHOLE => {
                let weights = masks.get(masked - WHOLE - 1).map(Vec::as_slice).unwrap_or_default();
                let inside = weights.iter().enumerate().filter(|(_, w)| **w > 0.0);
                inside.for_each(|(at, w)| add(*w, pixel(at)));
            }
            cell => {
                let (rows, columns) = (covered(cell / 4, side, 4), covered(cell % 4, side, 4));
                let weight = 1.0 / (rows.len() * columns.len()) as f32;
                for y in rows {
                    columns.clone().for_each(|x| add(weight, pixel(y * side + x)));
                }
            }
        }
        for (s, m) in square.iter_mut().zip(mean) {
            *s = (*s - *m * *m).max(0.0).sqrt();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooled_means_and_deviations_equal_the_reference() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/fixtures/photo_tokens/expected.safetensors");
        let arrays = candle_core::safetensors::load(file, &candle_core::Device::Cpu).unwrap();
        let get = |name: &str| arrays[name].flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let map = get("map");
        let pooled = pool_map(
            FeatureMap { side: 17, values: &map },
            &[&get("foreground"), &get("background")],
            true,
        );
        let (means, deviations) = (get("mean"), get("deviation"));
        for region in 0..19 {
            let expected = [&means[region * 6..][..6], &deviations[region * 6..][..6]].concat();
            for (a, b) in pooled[region * 12..][..12].iter().zip(&expected) {
                assert!((a - b).abs() < 1e-4, "region {region}: {a} instead of {b}");
            }
        }
    }

    #[test]
    fn an_empty_mask_pools_to_zero_and_not_to_nan() {
        let map = vec![1.0; 81 * 2];
        let pooled = pool_map(
            FeatureMap { side: 9, values: &map },
            &[&[0.0; 4096], &[0.0; 4096]],
            false,
        );
        assert!(pooled.iter().all(|v| v.is_finite()));
    }
}
