//! Fields of one colour or two: no place.

use super::strokes::disc;
use super::{Canvas, PLAIN_COLOURS, jitter};
use crate::picture::{Picture, mix, scale, smoothstep};
use crate::random::Rng;

impl Canvas {
    pub(super) fn plain(&self, base: [f32; 3], rng: &mut Rng) -> Picture {
        let slope = rng.range(-0.07, 0.07);
        self.field(|x, y| {
            let paper = self.noise.at(x * 0.9, y * 0.9) * 1.2;
            let shade = 1.0 + slope * (y / self.height as f32 - 0.5);
            base.map(|value| value * shade + paper)
        })
    }

    pub(super) fn gradient(&self, base: [f32; 3], rng: &mut Rng) -> Picture {
        let other = mix(base, jitter(rng.pick(&PLAIN_COLOURS).tone(), 6.0, rng), 0.55);
        let (dx, dy) = rng.pick(&[(0.0, 1.0), (0.7, 0.7), (-0.7, 0.7), (0.3, 0.95)]);
        self.field(|x, y| {
            let (u, v) = (x / self.width as f32 - 0.5, y / self.height as f32 - 0.5);
            mix(base, other, smoothstep(-0.6, 0.6, u * dx + v * dy))
        })
    }

    pub(super) fn noise_field(&self, base: [f32; 3], rng: &mut Rng) -> Picture {
        let (strength, size) = (rng.range(8.0, 22.0), rng.range(2.0, 7.0) * self.unit);
        self.field(|x, y| {
            let soft = self.noise.fractal(x / size, y / size, 4) * strength;
            let grain = self.noise.at(x * 0.97, y * 0.97) * strength * 0.3;
            base.map(|value| value + soft + grain)
        })
    }

    pub(super) fn bokeh(&self, base: [f32; 3], rng: &mut Rng) -> Picture {
        let dark = scale(base, 0.45);
        let mut picture = self.field(|x, y| {
            let cloud = self.noise.fractal(x / self.unit / 40.0, y / self.unit / 40.0, 2);
            mix(dark, base, 0.5 + 0.5 * cloud)
        });
        let warm = mix(base, [255.0, 244.0, 214.0], 0.65);
        for _ in 0..rng.whole(14, 30) {
            let radius = rng.range(2.5, 9.0) * self.unit;
            let (cx, cy) = (rng.range(0.0, self.width as f32), rng.range(0.0, self.height as f32));
            let strength = rng.range(0.12, 0.42);
            disc(&mut picture, cx, cy, radius, |distance| {
                // A lens draws its discs brighter at the rim.
                let body = 1.0 - smoothstep(radius * 0.93, radius, distance);
                (warm, strength * body * (0.6 + 0.4 * (distance / radius)))
            });
        }
        picture.blur(0.7 * self.unit);
        picture
    }

    pub(super) fn waves(&self, base: [f32; 3], rng: &mut Rng) -> Picture {
        let bands = rng.range(4.0, 8.0);
        let (tall, phase) = (rng.range(0.03, 0.07), rng.range(0.0, 6.0));
        let light = mix(base, [255.0; 3], 0.42);
        self.field(|x, y| {
            let (u, v) = (x / self.width as f32, y / self.height as f32);
            let swell = tall * (u * 7.0 + phase + v * 3.0).sin() + 0.04 * self.noise.at(u * 4.0, v * 4.0);
            let place = (v + swell) * bands;
            let edge = 0.88 + 0.12 * smoothstep(0.0, 0.5, place - place.floor());
            scale(mix(base, light, (place.floor() / bands).clamp(0.0, 1.0)), edge)
        })
    }
}
