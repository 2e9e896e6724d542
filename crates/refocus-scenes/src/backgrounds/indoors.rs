//! A room and a table.

use super::{Canvas, jitter};
use crate::picture::{Picture, mix, scale, smoothstep};
use crate::random::Rng;

impl Canvas {
    pub(super) fn room(&self, wall: [f32; 3], rng: &mut Rng) -> Picture {
        let wall = mix(wall, [226.0, 220.0, 210.0], 0.30);
        let floor = jitter(
            rng.pick(&[[160.0, 116.0, 76.0], [130.0, 92.0, 62.0], [192.0, 156.0, 116.0]]),
            5.0,
            rng,
        );
        let edge = rng.range(0.66, 0.72);
        let (lamp_x, window) = (rng.range(0.2, 0.8), rng.chance(0.45));
        let window_x = rng.range(0.05, 0.6);
        self.field(|x, y| {
            let (u, v) = (x / self.width as f32, y / self.height as f32);
            if v < edge - 0.028 {
                let glow = 1.06 - 0.30 * ((u - lamp_x).powi(2) + (v - 0.22).powi(2));
                // Sunlight through a window falls on the wall as a slanted patch with a bar in it.
                let (s, t) = ((u - window_x - v * 0.10) / 0.24, (v - 0.10) / 0.36);
                let pane = |value: f32| smoothstep(0.0, 0.03, value) * smoothstep(0.0, 0.03, 1.0 - value);
                let bar = smoothstep(0.012, 0.03, (s - 0.5).abs()) * smoothstep(0.012, 0.03, (t - 0.5).abs());
                let sun = if window { 0.13 * pane(s) * pane(t) * bar } else { 0.0 };
                let plaster = self.noise.at(x * 0.8, y * 0.8) * 1.2;
                mix(scale(wall, glow), [255.0, 246.0, 220.0], sun).map(|value| value + plaster)
            } else if v < edge {
                let board = (v - edge + 0.028) / 0.028;
                scale(
                    mix([240.0, 236.0, 228.0], wall, 0.12),
                    0.98 - 0.16 * smoothstep(0.75, 1.0, board),
                )
            } else {
                // Boards run towards a vanishing point behind the wall.
                let depth = 0.55 + 1.4 * (v - edge);
                let boards = (u - 0.5) / depth * 9.0;
                let inside = boards - boards.floor();
                let grain = self
                    .noise
                    .at(boards.floor() * 5.0 + inside * 3.0, (y / self.unit) * 0.25)
                    * 0.07;
                let line = 0.55 + 0.45 * smoothstep(0.0, 0.05, inside.min(1.0 - inside));
                let contact = 0.72 + 0.28 * smoothstep(edge, edge + 0.05, v);
                scale(
                    floor,
                    (0.98 + 0.10 * self.noise.cell(boards.floor() as i32, 2) + grain) * line * contact,
                )
            }
        })
    }

    pub(super) fn table(&self, wall: [f32; 3], rng: &mut Rng) -> Picture {
        let wood = jitter(
            rng.pick(&[[168.0, 118.0, 74.0], [186.0, 140.0, 94.0], [112.0, 74.0, 50.0]]),
            5.0,
            rng,
        );
        let edge = rng.range(0.58, 0.64);
        let wall = mix(wall, [210.0, 206.0, 198.0], 0.25);
        let lamp = rng.range(0.15, 0.85);
        let mut back = self.field(|x, y| {
            let (u, v) = (x / self.width as f32, y / self.height as f32);
            let soft = self.noise.fractal(x / self.unit / 34.0, y / self.unit / 34.0, 2) * 10.0;
            let glow = 1.05 - 0.45 * ((u - lamp).powi(2) + (v - 0.15).powi(2));
            scale(wall, glow).map(|value| value + soft)
        });
        for (y, row) in back.rows_mut() {
            let v = y as f32 / self.height as f32;
            let share = smoothstep(edge - 0.006, edge + 0.006, v);
            if share <= 0.0 {
                continue;
            }
            let depth = 0.35 + 1.6 * (v - edge).max(0.0);
            for (x, pixel) in row.iter_mut().enumerate() {
                let along = (x as f32 / self.width as f32 - 0.5) / depth * 42.0 + 60.0;
                let across = (1.0 / depth) * 24.0;
                let bend = self.noise.fractal(along * 0.05, across * 0.22, 2);
                let rings = ((across * 1.9 + bend * 9.0) * 1.3).sin();
                let fibre = self.noise.at(along * 0.28, across * 6.0);
                let sheen = 0.10 * (1.0 - smoothstep(edge, edge + 0.22, v));
                let top = scale(wood, 0.96 + 0.05 * rings + 0.05 * fibre + sheen);
                *pixel = mix(*pixel, top, share);
            }
        }
        back
    }
}
