//! The 4 × 4 cells of a heat map, and how much of their heat lies inside a box.

use refocus_scenes::ObjectBox;

/// Cells a row, and rows.
const SIDE: usize = 4;
/// Cells of a heat map.
pub const CELLS: usize = SIDE * SIDE;

/// Length that two stretches have in common.
fn overlap(a: (f32, f32), b: (f32, f32)) -> f32 {
    (a.1.min(b.1) - a.0.max(b.0)).max(0.0)
}

/// The `n`-th of `of` equal stretches of 0 to 1.
fn stretch(n: usize, of: usize) -> (f32, f32) {
    (n as f32 / of as f32, (n + 1) as f32 / of as f32)
}

/// Gathers the heat of `side × side` patches into the cells, each patch's by the area that it shares with them.
pub fn pool_to_cells(heat: &[f32], side: usize) -> [f32; CELLS] {
    let mut cells = [0.0; CELLS];
    for (row, patches) in heat.chunks_exact(side.max(1)).enumerate() {
        for (column, &heat) in patches.iter().enumerate() {
            for (cell, weight) in cells.iter_mut().enumerate() {
                let down = overlap(stretch(row, side), stretch(cell / SIDE, SIDE));
                let across = overlap(stretch(column, side), stretch(cell % SIDE, SIDE));
                *weight += heat * down * across;
            }
        }
    }
    cells
}

/// For each cell, the share of its area that lies inside a box.
pub fn shares_inside(bounds: &ObjectBox) -> [f32; CELLS] {
    std::array::from_fn(|cell| {
        let down = overlap((bounds.y0, bounds.y1), stretch(cell / SIDE, SIDE));
        let across = overlap((bounds.x0, bounds.x1), stretch(cell % SIDE, SIDE));
        down * across * CELLS as f32
    })
}

/// Share of the heat of a square map of any side that lies inside a box, each patch's by the area that it shares with it.
/// A map without any heat points nowhere: it counts as an even one.
pub fn map_inside(map: &[f32], bounds: &ObjectBox) -> f32 {
    let side = (map.len() as f32).sqrt().round().max(1.0) as usize;
    let (mut inside, mut all, mut area) = (0.0, 0.0, 0.0);
    for (at, &value) in map.iter().enumerate() {
        let value = if value.is_finite() { value.max(0.0) } else { 0.0 };
        let down = overlap((bounds.y0, bounds.y1), stretch(at / side, side)) * side as f32;
        let across = overlap((bounds.x0, bounds.x1), stretch(at % side, side)) * side as f32;
        inside += value * down * across;
        all += value;
        area += down * across / map.len() as f32;
    }
    if all > 0.0 { inside / all } else { area }
}

/// Share of the heat that lies inside a box, each cell's by the area that it shares with it. A map without any heat
/// points nowhere: it counts as an even one.
pub fn heat_inside(cells: &[f32; CELLS], bounds: &ObjectBox) -> f32 {
    let heat = |value: f32| if value.is_finite() { value.max(0.0) } else { 0.0 };
    let sum: f32 = cells.iter().map(|&value| heat(value)).sum();
    let shares = shares_inside(bounds);
    if sum > 0.0 {
        cells
            .iter()
            .zip(shares)
            .map(|(&value, share)| heat(value) / sum * share)
            .sum()
    } else {
        shares.iter().sum::<f32>() / CELLS as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f32, b: f32) -> bool {
        (a - b).abs() < 1e-5
    }

    const LEFT_HALF: ObjectBox = ObjectBox {
        x0: 0.0,
        y0: 0.0,
        x1: 0.5,
        y1: 1.0,
    };

    #[test]
    fn pooling_keeps_the_heat_and_its_place() {
        // Two by two patches: each covers four cells.
        let cells = pool_to_cells(&[4.0, 0.0, 0.0, 8.0], 2);
        for (cell, value) in cells.iter().enumerate() {
            let expected = match (cell / 8, cell % 4 / 2) {
                (0, 0) => 0.25,
                (1, 1) => 0.5,
                _ => 0.0,
            };
            assert!(close(*value, expected), "{cells:?}");
        }
        // Nine by nine: the middle patch lies on the corner of four cells.
        let mut heat = [0.0; 81];
        heat[40] = 81.0;
        let cells = pool_to_cells(&heat, 9);
        for cell in [5, 6, 9, 10] {
            assert!(close(cells[cell], 0.25));
        }
        assert!(close(cells.iter().sum(), 1.0));
        assert_eq!(pool_to_cells(&[], 0), [0.0; CELLS]);
    }

    #[test]
    fn heat_inside_a_box_counts_by_shared_area() {
        let even = [1.0; CELLS];
        assert!(close(heat_inside(&even, &LEFT_HALF), 0.5));
        let mut cells = [0.0; CELLS];
        (cells[0], cells[3], cells[15]) = (2.0, 1.0, 1.0);
        assert!(close(heat_inside(&cells, &LEFT_HALF), 0.5));
        // A box over the right half of the first cell and the left half of the second, upper half.
        let small = ObjectBox {
            x0: 0.125,
            y0: 0.0,
            x1: 0.375,
            y1: 0.125,
        };
        (cells[1], cells[3], cells[15]) = (2.0, 0.0, 0.0);
        assert!(close(heat_inside(&cells, &small), 0.25));
    }

    #[test]
    fn a_map_without_heat_is_an_even_one() {
        assert!(close(heat_inside(&[0.0; CELLS], &LEFT_HALF), 0.5));
        assert!(close(heat_inside(&[f32::NAN; CELLS], &LEFT_HALF), 0.5));
        assert!(close(heat_inside(&[-1.0; CELLS], &LEFT_HALF), 0.5));
    }
}
