//! Places under the sky.

use tiny_skia::PathBuilder;

use super::strokes::{Strokes, disc, rectangle};
use super::{Canvas, jitter};
use crate::picture::{Picture, mix, scale, smoothstep};
use crate::random::Rng;

impl Canvas {
    fn sky_colour(&self, x: f32, y: f32, drift: f32, cover: f32) -> [f32; 3] {
        let v = y / self.height as f32;
        let blue = mix([72.0, 134.0, 216.0], [188.0, 216.0, 242.0], smoothstep(0.0, 1.05, v));
        let (u, w) = (x / self.unit / 24.0 + drift, y / self.unit / 13.0);
        let cloud = smoothstep(cover, cover + 0.42, self.noise.fractal(u, w, 5));
        let lit = self.noise.fractal(u - 0.12, w - 0.22, 4) - self.noise.fractal(u, w, 4);
        let white = scale([252.0, 252.0, 254.0], 0.955 - 0.12 * lit.clamp(-0.3, 0.6));
        mix(blue, white, cloud * 0.96)
    }

    pub(super) fn sky(&self, rng: &mut Rng) -> Picture {
        let (drift, cover) = (rng.range(0.0, 30.0), rng.range(-0.05, 0.16));
        self.field(|x, y| self.sky_colour(x, y, drift, cover))
    }

    pub(super) fn sand(&self, rng: &mut Rng) -> Picture {
        let base = jitter([221.0, 196.0, 152.0], 5.0, rng);
        let (turn, step) = (rng.range(-0.35, 0.35), rng.range(0.55, 0.95));
        self.field(|x, y| {
            let (u, v) = (x / self.unit, y / self.unit);
            let bend = self.noise.fractal(u / 24.0, v / 24.0, 2) * 16.0;
            let ripple = ((v + turn * u + bend) * step).sin();
            let dune = self.noise.fractal(u / 40.0 + 9.0, v / 40.0, 2) * 0.06;
            let grain = self.noise.at(x * 0.93, y * 0.93) * 0.05;
            scale(base, 0.97 + dune + 0.055 * ripple * (1.0 - 0.4 * ripple) + grain)
        })
    }

    pub(super) fn water(&self, rng: &mut Rng) -> Picture {
        let deep = jitter(
            rng.pick(&[[24.0, 92.0, 142.0], [22.0, 112.0, 140.0], [30.0, 78.0, 128.0]]),
            5.0,
            rng,
        );
        let shallow = mix(deep, [120.0, 206.0, 220.0], 0.55);
        let drift = rng.range(0.0, 20.0);
        self.field(|x, y| {
            let v = y / self.height as f32;
            let near = 0.35 + 0.65 * v;
            let (u, w) = (x / self.unit / (15.0 * near), y / self.unit / (4.6 * near));
            let swell = self.noise.fractal(u * 0.5 + drift, w * 0.6, 3);
            let ridge = 1.0 - (self.noise.fractal(u + drift, w + swell * 0.9, 2) * 2.4).abs().min(1.0);
            let water = mix(deep, shallow, (0.30 + 0.42 * swell + 0.28 * (1.0 - v)).clamp(0.0, 1.0));
            mix(water, [236.0, 250.0, 252.0], ridge.powi(4) * 0.52)
        })
    }

    pub(super) fn night(&self, rng: &mut Rng) -> Picture {
        let low = jitter(
            rng.pick(&[[52.0, 50.0, 104.0], [36.0, 62.0, 110.0], [74.0, 48.0, 96.0]]),
            4.0,
            rng,
        );
        let mut picture = self.field(|x, y| {
            let v = y / self.height as f32;
            let milky = self
                .noise
                .fractal(x / self.unit / 18.0, (y + x * 0.5) / self.unit / 12.0, 4)
                .max(0.0);
            let sky = mix([9.0, 11.0, 34.0], low, smoothstep(0.15, 1.1, v));
            mix(sky, [150.0, 150.0, 205.0], milky * 0.24)
        });
        for _ in 0..rng.whole(110, 220) {
            let (x, y) = (rng.range(0.0, self.width as f32), rng.range(0.0, self.height as f32));
            let power = rng.unit().powi(4);
            let radius = (0.28 + 0.55 * power) * self.unit;
            let tint = mix([255.0, 240.0, 214.0], [214.0, 228.0, 255.0], rng.unit());
            disc(&mut picture, x, y, radius * 4.0, |distance| {
                let core = 1.0 - smoothstep(radius * 0.4, radius + 0.5, distance);
                let glow = (1.0 - distance / (radius * 4.0)).max(0.0).powi(3) * power * 0.5;
                (tint, ((0.35 + 0.65 * power) * core + glow).min(1.0))
            });
        }
        if rng.chance(0.5) {
            let (x, y) = (
                rng.range(0.12, 0.88) * self.width as f32,
                rng.range(0.1, 0.25) * self.height as f32,
            );
            let radius = rng.range(4.0, 6.5) * self.unit;
            disc(&mut picture, x, y, radius * 4.0, |distance| {
                let body = 1.0 - smoothstep(radius - 0.8, radius + 0.8, distance);
                let glow = (1.0 - distance / (radius * 4.0)).max(0.0).powi(2) * 0.28;
                ([250.0, 244.0, 222.0], body.max(glow))
            });
        }
        picture
    }

    pub(super) fn snow(&self, rng: &mut Rng) -> Picture {
        let sky_top = jitter(
            rng.pick(&[[150.0, 178.0, 206.0], [176.0, 192.0, 214.0], [196.0, 186.0, 206.0]]),
            4.0,
            rng,
        );
        let phase = rng.range(0.0, 40.0);
        let mut strokes = Strokes::over(self.field(|x, y| {
            let (u, v) = (x / self.width as f32, y / self.height as f32);
            let far = 0.40 + 0.06 * self.noise.fractal(u * 2.0 + phase, 1.0, 2);
            let near = 0.60 + 0.05 * self.noise.fractal(u * 1.4 + phase, 7.0, 2);
            let sparkle = self.noise.at(x * 0.95, y * 0.95) * 2.2;
            let drift = 8.0 * self.noise.fractal(x / self.unit / 22.0, y / self.unit / 9.0, 3);
            let sky = mix(sky_top, [232.0, 236.0, 242.0], smoothstep(0.0, 0.45, v));
            let hill = mix(
                [226.0, 232.0, 243.0],
                [206.0, 217.0, 234.0],
                smoothstep(far, far + 0.3, v),
            );
            let field = mix([246.0, 249.0, 253.0], [222.0, 230.0, 242.0], smoothstep(near, 1.1, v))
                .map(|value| value + drift + sparkle);
            let ground = mix(hill, field, smoothstep(near - 0.004, near + 0.004, v));
            mix(sky, ground, smoothstep(far - 0.004, far + 0.004, v))
        }));
        for _ in 0..rng.whole(3, 8) {
            let (x, size) = (rng.range(0.0, self.width as f32), rng.range(6.0, 13.0) * self.unit);
            strokes.pine(
                x,
                (0.455 + 0.05 * rng.unit()) * self.height as f32,
                size,
                [96.0, 128.0, 130.0],
            );
        }
        for _ in 0..rng.whole(20, 60) {
            let (x, y) = (rng.range(0.0, self.width as f32), rng.range(0.0, self.height as f32));
            let radius = rng.range(0.25, 0.8) * self.unit;
            strokes.fill(PathBuilder::from_circle(x, y, radius), [255.0; 3], 0.75);
        }
        strokes.finish()
    }

    pub(super) fn forest(&self, rng: &mut Rng) -> Picture {
        let mist = jitter(
            rng.pick(&[[196.0, 214.0, 176.0], [206.0, 216.0, 190.0], [182.0, 206.0, 178.0]]),
            5.0,
            rng,
        );
        let (width, height) = (self.width as f32, self.height as f32);
        let ground = jitter([82.0, 96.0, 50.0], 5.0, rng);
        let mut strokes = Strokes::over(self.field(|x, y| {
            let v = y / height;
            let leaves = self.noise.fractal(x / self.unit / 7.0, y / self.unit / 7.0, 4);
            let canopy = mix(
                mist,
                [92.0, 136.0, 66.0],
                (0.45 + 0.55 * leaves - v * 0.75).clamp(0.0, 1.0),
            );
            let soil = scale(
                ground,
                0.92 + 0.24 * self.noise.fractal(x / self.unit / 5.0, y / self.unit / 2.2, 3),
            );
            mix(canopy, soil, smoothstep(0.66, 0.76, v + 0.02 * leaves))
        }));
        for layer in 0..3_u8 {
            let near = f32::from(layer) / 2.0;
            let bark = mix(mix(mist, [104.0, 92.0, 70.0], 0.45), [66.0, 50.0, 38.0], near);
            for _ in 0..rng.whole(5 - u32::from(layer), 8 - u32::from(layer) * 2) {
                let thick = (1.3 + 3.0 * near) * self.unit * rng.range(0.7, 1.3);
                let (x, lean) = (rng.range(0.0, width), rng.normal() * self.unit);
                let foot = (0.70 + 0.10 * near) * height;
                let mut trunk = PathBuilder::new();
                trunk.move_to(x - thick * 0.9, foot);
                trunk.quad_to(x - thick * 0.45, foot - 4.0 * self.unit, x - thick * 0.4 + lean, -2.0);
                trunk.line_to(x + thick * 0.4 + lean, -2.0);
                trunk.quad_to(x + thick * 0.5, foot - 4.0 * self.unit, x + thick * 0.9, foot);
                trunk.close();
                strokes.fill(trunk.finish(), bark, 0.95);
            }
        }
        let mut picture = strokes.finish();
        for _ in 0..rng.whole(50, 90) {
            let (x, y) = (rng.range(0.0, width), rng.unit() * rng.unit() * 0.5 * height);
            let radius = rng.range(1.5, 5.0) * self.unit;
            let leaf = mix([64.0, 116.0, 48.0], [170.0, 200.0, 104.0], rng.unit());
            let strength = rng.range(0.25, 0.6);
            disc(&mut picture, x, y, radius, |distance| {
                (leaf, strength * (1.0 - smoothstep(radius * 0.7, radius, distance)))
            });
        }
        picture.blur(0.35 * self.unit);
        picture
    }

    pub(super) fn street(&self, rng: &mut Rng) -> Picture {
        let (width, height, drift) = (self.width as f32, self.height as f32, rng.range(0.0, 30.0));
        let kerb = rng.range(0.66, 0.70);
        let asphalt = jitter([92.0, 92.0, 98.0], 4.0, rng);
        let mut strokes = Strokes::over(self.field(|x, y| {
            let v = y / height;
            if v < kerb {
                return self.sky_colour(x, y * 1.3, drift, 0.1);
            }
            let rough = 1.0 + 0.06 * self.noise.at(x * 0.9, y * 0.9) + 0.05 * self.noise.fractal(x / 60.0, y / 12.0, 2);
            if v < kerb + 0.055 {
                scale([176.0, 172.0, 166.0], rough)
            } else {
                scale(asphalt, rough)
            }
        }));
        let fronts = [
            [206.0, 170.0, 132.0],
            [186.0, 122.0, 102.0],
            [226.0, 206.0, 170.0],
            [150.0, 162.0, 176.0],
            [206.0, 188.0, 186.0],
            [168.0, 178.0, 150.0],
        ];
        let mut x = -rng.range(0.0, 0.15) * width;
        while x < width {
            let (wide, tall) = (rng.range(20.0, 34.0) * self.unit, rng.range(30.0, 58.0) * self.unit);
            let wall = jitter(rng.pick(&fronts), 6.0, rng);
            let top = kerb * height - tall;
            strokes.fill(rectangle(x, top, wide, tall + 1.0), wall, 1.0);
            strokes.fill(
                rectangle(x, top - 1.4 * self.unit, wide, 2.0 * self.unit),
                scale(wall, 0.72),
                1.0,
            );
            let columns = (wide / (7.5 * self.unit)).floor().max(2.0);
            let (step, pane) = (wide / columns, 3.6 * self.unit);
            let lit = rng.pick(&[[140.0, 164.0, 184.0], [96.0, 112.0, 128.0], [120.0, 146.0, 160.0]]);
            let mut window_y = top + 3.5 * self.unit;
            while window_y < kerb * height - 8.0 * self.unit {
                for column in 0..columns as usize {
                    let left = x + (column as f32 + 0.5) * step - pane / 2.0;
                    strokes.fill(
                        rectangle(
                            left - 0.5 * self.unit,
                            window_y - 0.5 * self.unit,
                            pane + self.unit,
                            6.4 * self.unit,
                        ),
                        scale(wall, 1.14),
                        0.9,
                    );
                    let glass = scale(lit, rng.range(0.85, 1.15));
                    strokes.fill(rectangle(left, window_y, pane, 5.4 * self.unit), glass, 1.0);
                }
                window_y += 9.5 * self.unit;
            }
            x += wide;
        }
        let mut dash = rng.range(-8.0, 0.0) * self.unit;
        while dash < width {
            strokes.fill(
                rectangle(dash, 0.955 * height, 11.0 * self.unit, 1.3 * self.unit),
                [232.0, 226.0, 206.0],
                0.85,
            );
            dash += 19.0 * self.unit;
        }
        strokes.fill(
            rectangle(0.0, (kerb + 0.05) * height, width, 0.9 * self.unit),
            [120.0, 118.0, 116.0],
            0.9,
        );
        let mut picture = strokes.finish();
        picture.blur(0.32 * self.unit);
        picture
    }
}
