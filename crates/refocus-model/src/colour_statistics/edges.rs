//! Edges of the 128 × 128 grey picture: orientations, gradient, Laplacian.

use super::{EDGE_SIDE, EDGES, MASK, MASK_SIDE, ORIENTATIONS};

/// The 11 edge quantities on the mask's 64 × 64 grid, each the mean of 2 × 2 pixels of the 128 × 128 grey picture.
pub(super) struct EdgePlanes {
    pub(super) planes: Vec<Vec<f32>>,
}

impl EdgePlanes {
    #[inline(always)]
    pub(super) fn measure(grey: &[u8]) -> Self {
        let mut g = vec![0.0f32; EDGE_SIDE * EDGE_SIDE];
        g.iter_mut().zip(grey).for_each(|(to, from)| *to = f32::from(*from));
        let mut planes = vec![vec![0.0f32; MASK]; EDGES];
        let mut row = vec![[0.0f32; EDGE_SIDE]; EDGES];
        let directions: [(f32, f32); ORIENTATIONS] = std::array::from_fn(|k| {
            let angle = k as f64 * std::f64::consts::PI / ORIENTATIONS as f64;
            (angle.cos() as f32, angle.sin() as f32)
        });
        for y in 0..EDGE_SIDE {
            edge_row(&g, y, &directions, &mut row);
            for (plane, values) in planes.iter_mut().zip(&row) {
                let line = &mut plane[(y / 2) * MASK_SIDE..(y / 2 + 1) * MASK_SIDE];
                for (sum, [a, b]) in line.iter_mut().zip(values.as_chunks::<2>().0) {
                    *sum += 0.25 * (a + b);
                }
            }
        }
        Self { planes }
    }
}

/// One row of the 11 edge quantities at full resolution. Differences across the picture's border count as 0.
#[inline(always)]
fn edge_row(g: &[f32], y: usize, directions: &[(f32, f32); ORIENTATIONS], out: &mut [[f32; EDGE_SIDE]]) {
    let line = |y: usize| &g[y * EDGE_SIDE..(y + 1) * EDGE_SIDE];
    let inner = y > 0 && y + 1 < EDGE_SIDE;
    let (here, above, below) = (line(y), line(y.max(1) - 1), line((y + 1).min(EDGE_SIDE - 1)));
    let (mut gx, mut gy, mut laplacian) = ([0.0f32; EDGE_SIDE], [0.0f32; EDGE_SIDE], [0.0f32; EDGE_SIDE]);
    for x in 1..EDGE_SIDE - 1 {
        gx[x] = here[x + 1] - here[x - 1];
    }
    if inner {
        for x in 0..EDGE_SIDE {
            gy[x] = below[x] - above[x];
        }
        for x in 1..EDGE_SIDE - 1 {
            laplacian[x] = 4.0 * here[x] - above[x] - below[x] - here[x - 1] - here[x + 1];
        }
    }
    let [o0, o1, o2, o3, o4, o5, o6, o7, magnitudes, laplacians, strong] = out else {
        return;
    };
    let at_least = [o0, o1, o2, o3, o4, o5, o6, o7];
    for x in 0..EDGE_SIDE {
        let magnitude = (gx[x] * gx[x] + gy[x] * gy[x]).sqrt();
        magnitudes[x] = magnitude.min(60.0) / 20.0;
        laplacians[x] = laplacian[x].abs() / 20.0;
        strong[x] = if magnitude > 25.0 { 1.0 } else { 0.0 };
        // An edge has no direction: angles are taken modulo π by turning the gradient to the upper half plane.
        let flip = if gy[x] < 0.0 || (gy[x] == 0.0 && gx[x] < 0.0) {
            -1.0
        } else {
            1.0
        };
        gx[x] *= flip;
        gy[x] *= flip;
        at_least[0][x] = magnitude / 40.0;
    }
    // "Angle ≥ k · π/8" is the sign of a cross product; the difference of two neighbours is one orientation.
    for k in 1..ORIENTATIONS {
        let (cos, sin) = directions[k];
        for x in 0..EDGE_SIDE {
            at_least[k][x] = if cos * gy[x] - sin * gx[x] >= 0.0 {
                at_least[0][x]
            } else {
                0.0
            };
        }
    }
    for k in 0..ORIENTATIONS - 1 {
        for x in 0..EDGE_SIDE {
            at_least[k][x] -= at_least[k + 1][x];
        }
    }
}
