//! An encoding that speaks of one part of its photo, as of one person in a group.

use super::stored_row::stored_boxes;
use super::{ENCODING_BYTES, SCALES, TOKEN_DIM, TOKENS};
use crate::colour_statistics::{FIRST_OBJECT, PEOPLE, REGIONS};
use crate::objects::OBJECTS;

/// Cells across and down.
const CELLS: usize = 4;
/// Share of a cell that must lie in the region for the cell to speak of it.
const CELL_WITHIN: f32 = 0.3;

/// A copy of a stored row that keeps what lies in `region` (left, top, right, bottom as shares of the picture): the cells that it
/// covers, and objects whose middle it holds. `alone`: nobody else is in the photo, so that the token of the people speaks of them as
/// well. All other tokens are zero, as those of absent objects are; the plain vector and the colours of the whole photo stay.
pub(super) fn within(row: &[u8], region: [f32; 4], alone: bool) -> Option<Vec<u8>> {
    if row.len() != ENCODING_BYTES {
        return None;
    }
    let mut keeps = [false; REGIONS];
    let mut best = (0.0, None);
    for (number, keep) in keeps.iter_mut().enumerate().take(CELLS * CELLS) {
        let share = covered(cell(number), region);
        *keep = share >= CELL_WITHIN;
        if share > best.0 {
            best = (share, Some(number));
        }
    }
    // A small region lies in one cell, and covers little of it.
    if let Some(keep) = best.1.and_then(|number| keeps.get_mut(number)) {
        *keep = true;
    }
    for (object, bounds) in stored_boxes(row).iter().enumerate().take(OBJECTS) {
        let [left, top, right, bottom] = *bounds;
        let (x, y) = (f32::midpoint(left, right), f32::midpoint(top, bottom));
        let inside = (region[0]..region[2]).contains(&x) && (region[1]..region[3]).contains(&y);
        if let Some(keep) = keeps.get_mut(FIRST_OBJECT + object) {
            *keep = right > left && inside;
        }
    }
    keeps[PEOPLE] = alone;
    let mut own = row.to_vec();
    for (number, _) in keeps.iter().enumerate().filter(|(_, keep)| !**keep) {
        own.get_mut(TOKENS + number * TOKEN_DIM..TOKENS + (number + 1) * TOKEN_DIM)?
            .fill(0);
        own.get_mut(SCALES + 2 * number..SCALES + 2 * number + 2)?.fill(0);
    }
    Some(own)
}

/// Left, top, right and bottom of a cell.
fn cell(number: usize) -> [f32; 4] {
    let (row, column) = ((number / CELLS) as f32, (number % CELLS) as f32);
    let side = 1.0 / CELLS as f32;
    [column * side, row * side, (column + 1.0) * side, (row + 1.0) * side]
}

/// Share of a cell that lies in a region.
fn covered(cell: [f32; 4], region: [f32; 4]) -> f32 {
    let along = |from: usize, to: usize| (cell[to].min(region[to]) - cell[from].max(region[from])).max(0.0);
    let whole = (cell[2] - cell[0]) * (cell[3] - cell[1]);
    along(0, 2) * along(1, 3) / whole
}

#[cfg(test)]
mod tests {
    use super::super::{BOXES, stored_tokens};
    use super::*;

    fn kept(row: &[u8]) -> Vec<usize> {
        let (tokens, scales) = stored_tokens(row);
        let zero = |number: usize| {
            let token = &tokens[number * TOKEN_DIM..(number + 1) * TOKEN_DIM];
            token.iter().all(|value| *value == 0) && scales[number] == 0.0
        };
        (0..REGIONS).filter(|number| !zero(*number)).collect()
    }

    #[test]
    fn only_what_lies_in_the_region_is_kept() {
        let mut row = vec![7; ENCODING_BYTES];
        // The first object in the lower left, the second in the upper right, no others.
        row[BOXES..BOXES + 16].copy_from_slice(&[0, 130, 120, 255, 130, 0, 255, 120, 0, 0, 0, 0, 0, 0, 0, 0]);
        let lower_left = within(&row, [0.0, 0.5, 0.5, 1.0], false).unwrap();
        assert_eq!(kept(&lower_left), [8, 9, 12, 13, FIRST_OBJECT]);
        let small = within(&row, [0.55, 0.05, 0.6, 0.1], true).unwrap();
        assert_eq!(kept(&small), [2, PEOPLE]);
        let behind_the_tokens = SCALES + 2 * REGIONS;
        assert_eq!(small[behind_the_tokens..], row[behind_the_tokens..]);
        assert_eq!(within(&row[1..], [0.0, 0.0, 1.0, 1.0], false), None);
    }
}
