//! Surfaces seen from above or from the front.

use tiny_skia::PathBuilder;

use super::strokes::Strokes;
use super::{Canvas, jitter};
use crate::picture::{Picture, mix, scale, smoothstep};
use crate::random::Rng;

impl Canvas {
    pub(super) fn wood(&self, rng: &mut Rng) -> Picture {
        let base = jitter(
            rng.pick(&[
                [176.0, 124.0, 78.0],
                [146.0, 98.0, 60.0],
                [196.0, 152.0, 106.0],
                [120.0, 80.0, 52.0],
            ]),
            6.0,
            rng,
        );
        let plank = rng.range(13.0, 22.0) * self.unit;
        let upright = rng.chance(0.4);
        self.field(|x, y| {
            if upright {
                self.plank_at(base, y, x, plank)
            } else {
                self.plank_at(base, x, y, plank)
            }
        })
    }

    /// A board floor's colour; `along` the grain, `across` the boards, both in pixels.
    pub(super) fn plank_at(&self, base: [f32; 3], along: f32, across: f32, plank: f32) -> [f32; 3] {
        let row = (across / plank).floor();
        let inside = across / plank - row;
        let shift = self.noise.cell(row as i32, 3) * 40.0;
        let (u, v) = (along / self.unit, across / self.unit);
        let bend = self.noise.fractal(u * 0.035 + shift, v * 0.10 + shift, 2);
        let rings = ((v * 1.5 + bend * 14.0 + shift) * 1.1).sin();
        let fibre = self.noise.at(u * 0.12 + shift, v * 2.6);
        let tone = 1.0 + 0.10 * self.noise.cell(row as i32, 9) + 0.055 * rings + 0.07 * fibre;
        let gap = smoothstep(0.0, 0.030, inside) * smoothstep(0.0, 0.018, 1.0 - inside);
        let bevel = 1.0 + 0.08 * (1.0 - smoothstep(0.03, 0.09, inside));
        scale(base, tone * bevel * (0.30 + 0.70 * gap))
    }

    pub(super) fn brick(&self, rng: &mut Rng) -> Picture {
        let base = jitter(
            rng.pick(&[
                [168.0, 84.0, 64.0],
                [150.0, 72.0, 58.0],
                [184.0, 108.0, 78.0],
                [136.0, 78.0, 66.0],
            ]),
            6.0,
            rng,
        );
        let mortar = rng.pick(&[[196.0, 188.0, 176.0], [170.0, 160.0, 150.0]]);
        let tall = rng.range(6.5, 9.5) * self.unit;
        let long = tall * 2.5;
        self.field(|x, y| {
            let row = (y / tall).floor();
            let shifted = x / long + if row as i32 % 2 == 0 { 0.0 } else { 0.5 };
            let column = shifted.floor();
            let wobble = self.noise.at(x / self.unit * 0.6, y / self.unit * 0.6) * 0.012;
            let (u, v) = (shifted - column + wobble * 0.4, y / tall - row + wobble);
            let edge = |low: f32, value: f32| smoothstep(low * 0.6, low * 1.4, value.min(1.0 - value));
            let inside = edge(0.022, u) * edge(0.055, v);
            let tone = 1.0
                + 0.16 * self.noise.cell(column as i32, row as i32)
                + 0.10 * self.noise.fractal(x / self.unit * 0.5, y / self.unit * 0.5, 3);
            let bevel = 1.0 + 0.12 * (1.0 - smoothstep(0.05, 0.20, v)) - 0.14 * smoothstep(0.82, 0.95, v);
            let rough = scale(mortar, 0.9 + 0.10 * self.noise.at(x * 0.7, y * 0.7));
            mix(rough, scale(base, tone * bevel), inside)
        })
    }

    pub(super) fn grass(&self, rng: &mut Rng) -> Picture {
        let base = jitter([72.0, 132.0, 52.0], 6.0, rng);
        let ground = self.field(|x, y| {
            let patch = self.noise.fractal(x / self.unit / 9.0, y / self.unit / 9.0, 3);
            scale(base, 0.72 + 0.14 * patch + 0.16 * (y / self.height as f32))
        });
        let count = (self.width * self.height) as f32 / (self.unit * self.unit) / 6.0;
        let mut strokes = Strokes::over(ground);
        for index in 0..count as usize {
            let depth = index as f32 / count;
            let (x, y) = (rng.range(0.0, self.width as f32), depth * 1.08 * self.height as f32);
            let tall = rng.range(2.4, 5.2) * self.unit * (0.55 + 0.65 * depth);
            let lean = rng.normal() * 0.28 * tall;
            let tone = rng.range(0.62, 1.42);
            let colour = mix(scale(base, tone), [212.0, 214.0, 96.0], rng.range(0.0, 0.16));
            let mut blade = PathBuilder::new();
            blade.move_to(x, y);
            blade.quad_to(x + lean * 0.2, y - tall * 0.6, x + lean, y - tall);
            strokes.line(blade.finish(), colour, (0.42 * self.unit).max(0.7), 0.85);
        }
        strokes.finish()
    }
}
