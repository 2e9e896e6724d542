//! Backgrounds: plain and procedural fields for shape scenes, and known places for composites.

use tiny_skia::{Color, LineCap, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

use super::noise::Noise;
use super::picture::{Picture, mix, scale, smoothstep};
use super::random::Rng;
use super::truth::Background;
use super::vocabulary::Colour;

/// The known places of composites, drawn backgrounds only.
pub(super) const PLACES: [Background; 12] = [
    Background::Wood,
    Background::Brick,
    Background::Grass,
    Background::Sky,
    Background::Sand,
    Background::Water,
    Background::Night,
    Background::Snow,
    Background::Forest,
    Background::Room,
    Background::Table,
    Background::Street,
];

/// The fields of shape scenes.
pub(super) const FIELDS: [Background; 5] = [
    Background::Plain,
    Background::Gradient,
    Background::Noise,
    Background::Bokeh,
    Background::Waves,
];

/// Colours that plain backgrounds take.
pub(super) const PLAIN_COLOURS: [Colour; 22] = [
    Colour::White,
    Colour::LightGray,
    Colour::Gray,
    Colour::Black,
    Colour::Beige,
    Colour::Cream,
    Colour::LightBlue,
    Colour::Mint,
    Colour::Lavender,
    Colour::Peach,
    Colour::Red,
    Colour::Blue,
    Colour::Green,
    Colour::Yellow,
    Colour::Pink,
    Colour::Orange,
    Colour::Purple,
    Colour::Brown,
    Colour::Teal,
    Colour::Navy,
    Colour::DarkGray,
    Colour::Tan,
];

/// Where things that stand touch the ground, as shares of the height (highest and lowest); `None` where the picture
/// looks straight at a surface.
pub(super) fn ground(background: Background) -> Option<(f32, f32)> {
    match background {
        Background::Room => Some((0.80, 0.92)),
        Background::Table => Some((0.74, 0.90)),
        Background::Street => Some((0.80, 0.92)),
        Background::Snow => Some((0.76, 0.92)),
        Background::Forest => Some((0.82, 0.93)),
        _ => None,
    }
}

/// The colour word of the place, where it has one.
pub(super) fn place_colour(background: Background) -> Option<Colour> {
    match background {
        Background::Grass => Some(Colour::Green),
        Background::Sky => Some(Colour::LightBlue),
        Background::Water => Some(Colour::Blue),
        Background::Night => Some(Colour::Navy),
        Background::Snow => Some(Colour::White),
        Background::Sand => Some(Colour::Beige),
        Background::Wood => Some(Colour::Brown),
        Background::Brick => Some(Colour::Rust),
        _ => None,
    }
}

/// Paints the background; `colour` is used by fields and rooms and ignored by places with their own colours.
pub(super) fn paint(kind: Background, colour: Colour, rng: &mut Rng, width: usize, height: usize) -> Picture {
    let base = jitter(colour.tone(), 7.0, rng);
    let canvas = Canvas {
        width,
        height,
        unit: width.min(height) as f32 / 100.0,
        noise: Noise::new(rng),
    };
    match kind {
        Background::Plain | Background::Photo => canvas.plain(base, rng),
        Background::Gradient => canvas.gradient(base, rng),
        Background::Noise => canvas.noise_field(base, rng),
        Background::Bokeh => canvas.bokeh(base, rng),
        Background::Waves => canvas.waves(base, rng),
        Background::Wood => canvas.wood(rng),
        Background::Brick => canvas.brick(rng),
        Background::Grass => canvas.grass(rng),
        Background::Sky => canvas.sky(rng),
        Background::Sand => canvas.sand(rng),
        Background::Water => canvas.water(rng),
        Background::Night => canvas.night(rng),
        Background::Snow => canvas.snow(rng),
        Background::Forest => canvas.forest(rng),
        Background::Room => canvas.room(base, rng),
        Background::Table => canvas.table(base, rng),
        Background::Street => canvas.street(rng),
    }
}

/// A colour moved a little in each channel, and a little in lightness.
pub(super) fn jitter(colour: [f32; 3], amount: f32, rng: &mut Rng) -> [f32; 3] {
    let together = rng.normal() * amount * 0.7;
    colour.map(|value| (value + together + rng.normal() * amount * 0.5).clamp(4.0, 252.0))
}

/// What every background is painted with: the size, a hundredth of the shorter side, and one noise lattice.
struct Canvas {
    width: usize,
    height: usize,
    unit: f32,
    noise: Noise,
}

impl Canvas {
    fn field(&self, paint: impl FnMut(f32, f32) -> [f32; 3]) -> Picture {
        Picture::from_fn(self.width, self.height, paint)
    }

    fn plain(&self, base: [f32; 3], rng: &mut Rng) -> Picture {
        let slope = rng.range(-0.07, 0.07);
        self.field(|x, y| {
            let paper = self.noise.at(x * 0.9, y * 0.9) * 1.2;
            let shade = 1.0 + slope * (y / self.height as f32 - 0.5);
            base.map(|value| value * shade + paper)
        })
    }

    fn gradient(&self, base: [f32; 3], rng: &mut Rng) -> Picture {
        let other = mix(base, jitter(rng.pick(&PLAIN_COLOURS).tone(), 6.0, rng), 0.55);
        let (dx, dy) = rng.pick(&[(0.0, 1.0), (0.7, 0.7), (-0.7, 0.7), (0.3, 0.95)]);
        self.field(|x, y| {
            let (u, v) = (x / self.width as f32 - 0.5, y / self.height as f32 - 0.5);
            mix(base, other, smoothstep(-0.6, 0.6, u * dx + v * dy))
        })
    }

    fn noise_field(&self, base: [f32; 3], rng: &mut Rng) -> Picture {
        let (strength, size) = (rng.range(8.0, 22.0), rng.range(2.0, 7.0) * self.unit);
        self.field(|x, y| {
            let soft = self.noise.fractal(x / size, y / size, 4) * strength;
            let grain = self.noise.at(x * 0.97, y * 0.97) * strength * 0.3;
            base.map(|value| value + soft + grain)
        })
    }

    fn bokeh(&self, base: [f32; 3], rng: &mut Rng) -> Picture {
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

    fn waves(&self, base: [f32; 3], rng: &mut Rng) -> Picture {
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

    fn wood(&self, rng: &mut Rng) -> Picture {
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
    fn plank_at(&self, base: [f32; 3], along: f32, across: f32, plank: f32) -> [f32; 3] {
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

    fn brick(&self, rng: &mut Rng) -> Picture {
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

    fn grass(&self, rng: &mut Rng) -> Picture {
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

    fn sky_colour(&self, x: f32, y: f32, drift: f32, cover: f32) -> [f32; 3] {
        let v = y / self.height as f32;
        let blue = mix([72.0, 134.0, 216.0], [188.0, 216.0, 242.0], smoothstep(0.0, 1.05, v));
        let (u, w) = (x / self.unit / 24.0 + drift, y / self.unit / 13.0);
        let cloud = smoothstep(cover, cover + 0.42, self.noise.fractal(u, w, 5));
        let lit = self.noise.fractal(u - 0.12, w - 0.22, 4) - self.noise.fractal(u, w, 4);
        let white = scale([252.0, 252.0, 254.0], 0.955 - 0.12 * lit.clamp(-0.3, 0.6));
        mix(blue, white, cloud * 0.96)
    }

    fn sky(&self, rng: &mut Rng) -> Picture {
        let (drift, cover) = (rng.range(0.0, 30.0), rng.range(-0.05, 0.16));
        self.field(|x, y| self.sky_colour(x, y, drift, cover))
    }

    fn sand(&self, rng: &mut Rng) -> Picture {
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

    fn water(&self, rng: &mut Rng) -> Picture {
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

    fn night(&self, rng: &mut Rng) -> Picture {
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

    fn snow(&self, rng: &mut Rng) -> Picture {
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

    fn forest(&self, rng: &mut Rng) -> Picture {
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

    fn room(&self, wall: [f32; 3], rng: &mut Rng) -> Picture {
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

    fn table(&self, wall: [f32; 3], rng: &mut Rng) -> Picture {
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

    fn street(&self, rng: &mut Rng) -> Picture {
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

fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Option<Path> {
    tiny_skia::Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect)
}

/// Blends a round spot into the picture; `paint(distance)` gives colour and opacity.
fn disc(picture: &mut Picture, cx: f32, cy: f32, radius: f32, paint: impl Fn(f32) -> ([f32; 3], f32)) {
    let top = (cy - radius).max(0.0) as usize;
    let left = (cx - radius).max(0.0) as usize;
    let right = ((cx + radius).max(0.0) as usize + 1).min(picture.width);
    let bottom = (cy + radius).max(0.0) as usize + 1;
    for (y, row) in picture.rows_mut().skip(top).take_while(|(y, _)| *y < bottom) {
        for (x, pixel) in row.iter_mut().enumerate().take(right).skip(left) {
            let distance = ((x as f32 - cx).powi(2) + (y as f32 - cy).powi(2)).sqrt();
            if distance < radius {
                let (colour, opacity) = paint(distance);
                *pixel = mix(*pixel, colour, opacity);
            }
        }
    }
}

/// Anti-aliased strokes and fills gathered on a transparent layer, laid over a painted field at the end.
struct Strokes {
    under: Picture,
    layer: Option<Pixmap>,
}

impl Strokes {
    fn over(under: Picture) -> Self {
        let layer = Pixmap::new(under.width as u32, under.height as u32);
        Self { under, layer }
    }

    fn ink(colour: [f32; 3], opacity: f32) -> Paint<'static> {
        let [red, green, blue] = colour.map(|value| (value / 255.0).clamp(0.0, 1.0));
        let mut paint = Paint {
            anti_alias: true,
            ..Paint::default()
        };
        paint.set_color(Color::from_rgba(red, green, blue, opacity).unwrap_or(Color::BLACK));
        paint
    }

    fn line(&mut self, path: Option<Path>, colour: [f32; 3], width: f32, opacity: f32) {
        if let (Some(layer), Some(path)) = (&mut self.layer, path) {
            let stroke = Stroke {
                width,
                line_cap: LineCap::Round,
                ..Stroke::default()
            };
            layer.stroke_path(&path, &Self::ink(colour, opacity), &stroke, Transform::identity(), None);
        }
    }

    fn fill(&mut self, path: Option<Path>, colour: [f32; 3], opacity: f32) {
        if let (Some(layer), Some(path)) = (&mut self.layer, path) {
            let ink = Self::ink(colour, opacity);
            layer.fill_path(&path, &ink, tiny_skia::FillRule::Winding, Transform::identity(), None);
        }
    }

    /// A small far pine with snow on its branches.
    fn pine(&mut self, x: f32, foot: f32, size: f32, green: [f32; 3]) {
        for tier in 0..3_u8 {
            let tier = f32::from(tier);
            let (top, half) = (foot - size + tier * 0.22 * size, (0.16 + 0.09 * tier) * size);
            let tall = 0.42 * size;
            for (shrink, colour) in [(1.0, green), (0.55, [244.0, 247.0, 250.0])] {
                let mut branch = PathBuilder::new();
                branch.move_to(x, top);
                branch.line_to(x + half * shrink, top + tall * shrink);
                branch.line_to(x - half * shrink, top + tall * shrink);
                branch.close();
                self.fill(branch.finish(), colour, 0.9);
            }
        }
    }

    fn finish(self) -> Picture {
        let mut picture = self.under;
        if let Some(layer) = self.layer {
            for (pixel, over) in picture.pixels.iter_mut().zip(layer.pixels()) {
                let under = 1.0 - f32::from(over.alpha()) / 255.0;
                *pixel = [
                    pixel[0] * under + f32::from(over.red()),
                    pixel[1] * under + f32::from(over.green()),
                    pixel[2] * under + f32::from(over.blue()),
                ];
            }
        }
        picture
    }
}
