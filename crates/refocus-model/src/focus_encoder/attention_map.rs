//! Where the pointing heads of an instruction look in a photo.

use super::condition::FocusCondition;
use crate::colour_statistics::{FIRST_OBJECT, REGIONS};
use crate::encoding::{TOKEN_DIM, stored_boxes, stored_tokens};
use crate::objects::OBJECTS;

/// Patches a row, and rows, of a map of the attention.
pub const MAP_SIDE: usize = 16;
/// Cells that are tokens of their own.
const CELLS: usize = 16;

impl FocusCondition {
    /// Where the pointing heads look in one photo: `[MAP_SIDE, MAP_SIDE]`, adds up to 1 (all 0 where they look nowhere).
    /// Attention on a cell is spread over the cell, attention on an object over its box.
    #[must_use]
    pub fn attention_map(&self, row: &[u8]) -> Vec<f32> {
        let (cells, objects) = self.placed_attention(row);
        let mut map = vec![0.0; MAP_SIDE * MAP_SIDE];
        let mut spread = |weight: f32, [left, top, right, bottom]: [f32; 4]| {
            let area = (right - left) * (bottom - top);
            if area <= 0.0 {
                return;
            }
            let step = 1.0 / MAP_SIDE as f32;
            for (at, heat) in map.iter_mut().enumerate() {
                let (x, y) = ((at % MAP_SIDE) as f32 * step, (at / MAP_SIDE) as f32 * step);
                let width = (right.min(x + step) - left.max(x)).max(0.0);
                let height = (bottom.min(y + step) - top.max(y)).max(0.0);
                *heat += weight * width * height / area;
            }
        };
        for (cell, weight) in cells.into_iter().enumerate() {
            let (x, y) = ((cell % 4) as f32 / 4.0, (cell / 4) as f32 / 4.0);
            spread(weight, [x, y, x + 0.25, y + 0.25]);
        }
        for (weight, bounds) in objects.into_iter().zip(stored_boxes(row)) {
            spread(weight, bounds);
        }
        let total: f32 = map.iter().sum();
        if total > 0.0 {
            map.iter_mut().for_each(|heat| *heat /= total);
        }
        map
    }

    /// Mean attention of the pointing heads on the 16 cells and on the four objects.
    #[must_use]
    pub fn placed_attention(&self, row: &[u8]) -> ([f32; CELLS], [f32; OBJECTS]) {
        let (tokens, scales) = stored_tokens(row);
        let mut mean = [0.0; REGIONS];
        for head in 0..self.config.pointing_heads {
            let zero = self.zero.get(head).copied().unwrap_or(0.0);
            let score = |(token, scale): (&[i8], f32)| {
                let products = self.queries.iter().zip(token).map(|(q, t)| q[head] * f32::from(*t));
                products.sum::<f32>() * scale
            };
            let scores: Vec<f32> = tokens.chunks_exact(TOKEN_DIM).zip(scales).map(score).collect();
            let highest = scores.iter().copied().fold(zero, f32::max);
            let sum = scores.iter().map(|score| (score - highest).exp()).sum::<f32>() + (zero - highest).exp();
            for (mean, score) in mean.iter_mut().zip(scores) {
                *mean += (score - highest).exp() / sum;
            }
        }
        let mut cells = [0.0; CELLS];
        cells.copy_from_slice(mean.get(..CELLS).unwrap_or(&[0.0; CELLS]));
        let objects = std::array::from_fn(|object| mean.get(FIRST_OBJECT + object).copied().unwrap_or(0.0));
        (cells, objects)
    }
}
