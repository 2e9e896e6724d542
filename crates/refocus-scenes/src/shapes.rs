//! The ten shapes as paths of unit radius around the origin, and the ten textures as functions of a place.

use std::f32::consts::PI;

use tiny_skia::{Path, PathBuilder};

use super::noise::Noise;
use super::picture::{mix, scale, smoothstep};
use super::vocabulary::{Shape, Texture};

/// The shape's outline: no point farther than 1 from the origin, upright.
pub(super) fn outline(shape: Shape) -> Option<Path> {
    let mut path = PathBuilder::new();
    match shape {
        Shape::Circle => path.push_circle(0.0, 0.0, 0.92),
        Shape::Square => polygon(
            &mut path,
            (0..4).map(|corner| polar(1.0, PI / 4.0 + corner as f32 * PI / 2.0)),
        ),
        Shape::Triangle => polygon(
            &mut path,
            (0..3).map(|corner| polar(1.0, -PI / 2.0 + corner as f32 * PI / 1.5)),
        ),
        Shape::Diamond => polygon(
            &mut path,
            [(0.0, -1.0), (0.62, 0.0), (0.0, 1.0), (-0.62, 0.0)].into_iter(),
        ),
        Shape::Star => polygon(
            &mut path,
            (0..10).map(|point| {
                polar(
                    if point % 2 == 0 { 1.0 } else { 0.44 },
                    -PI / 2.0 + point as f32 * PI / 5.0,
                )
            }),
        ),
        Shape::Heart => {
            path.move_to(0.0, 0.92);
            path.cubic_to(-0.34, 0.66, -0.96, 0.22, -0.94, -0.30);
            path.cubic_to(-0.92, -0.82, -0.22, -0.92, 0.0, -0.42);
            path.cubic_to(0.22, -0.92, 0.92, -0.82, 0.94, -0.30);
            path.cubic_to(0.96, 0.22, 0.34, 0.66, 0.0, 0.92);
            path.close();
        }
        Shape::Gear => {
            let teeth = (0..9).flat_map(|tooth| {
                let turn = tooth as f32 * 2.0 * PI / 9.0;
                [(0.76, -0.19), (1.0, -0.13), (1.0, 0.13), (0.76, 0.19)]
                    .map(|(radius, offset)| polar(radius, turn + offset))
            });
            polygon(&mut path, teeth);
            hole(&mut path, 0.0, 0.0, 0.26);
        }
        Shape::Cross => {
            let (arm, half) = (0.94, 0.32);
            let corner = [
                (-half, -arm),
                (half, -arm),
                (half, -half),
                (arm, -half),
                (arm, half),
                (half, half),
            ];
            let other = [
                (half, arm),
                (-half, arm),
                (-half, half),
                (-arm, half),
                (-arm, -half),
                (-half, -half),
            ];
            polygon(&mut path, corner.into_iter().chain(other));
        }
        Shape::Ring => {
            path.push_circle(0.0, 0.0, 0.96);
            hole(&mut path, 0.0, 0.0, 0.52);
        }
        Shape::Crescent => {
            // The tips lie where the outer circle meets the bite.
            path.move_to(0.30, -0.92);
            path.cubic_to(-0.50, -1.16, -1.26, -0.42, -0.90, 0.38);
            path.cubic_to(-0.62, 1.02, 0.24, 1.16, 0.76, 0.58);
            path.cubic_to(0.14, 0.74, -0.46, 0.34, -0.44, -0.18);
            path.cubic_to(-0.42, -0.54, -0.12, -0.82, 0.30, -0.92);
            path.close();
        }
    }
    path.finish()
}

fn polar(radius: f32, angle: f32) -> (f32, f32) {
    (radius * angle.cos(), radius * angle.sin())
}

fn polygon(path: &mut PathBuilder, points: impl Iterator<Item = (f32, f32)>) {
    for (index, (x, y)) in points.enumerate() {
        if index == 0 {
            path.move_to(x, y);
        } else {
            path.line_to(x, y);
        }
    }
    path.close();
}

/// A circle that the even-odd rule cuts out.
fn hole(path: &mut PathBuilder, x: f32, y: f32, radius: f32) {
    path.push_circle(x, y, radius);
}

/// The two colours and the scale of a texture on one scene's objects.
pub(super) struct Fabric<'a> {
    pub(super) texture: Texture,
    /// The named colour.
    pub(super) base: [f32; 3],
    /// The pattern's second colour, of the same hue.
    pub(super) second: [f32; 3],
    /// Length of one repeat, as a share of the object's radius.
    pub(super) period: f32,
    pub(super) noise: &'a Noise,
}

/// Second colours keep the hue, so that the named colour still names the object.
pub(super) fn second_colour(base: [f32; 3], lighter: bool) -> [f32; 3] {
    if lighter {
        mix(base, [255.0; 3], 0.64)
    } else {
        scale(base, 0.46)
    }
}

impl Fabric<'_> {
    /// The colour at (u, v), object radii from its centre; `pixel` is one pixel in radii, (x, y) the picture's pixel.
    pub(super) fn at(&self, (u, v): (f32, f32), pixel: f32, (x, y): (f32, f32)) -> [f32; 3] {
        let p = self.period;
        // Smooth over one pixel: a share of the second colour from a signed distance in radii.
        let soft = |distance: f32| smoothstep(-0.8 * pixel, 0.8 * pixel, distance);
        let wave = |place: f32, length: f32| {
            // Distance inside the second half of each repeat.
            let place = place / length - (place / length).floor();
            length * (place.min(1.0 - place) - 0.25)
        };
        let share = match self.texture {
            Texture::Solid => 0.0,
            Texture::Striped => soft(wave(u, p)),
            Texture::Checkered => {
                let (a, b) = (wave(u, p * 1.1), wave(v, p * 1.1));
                let (a, b) = (soft(a), soft(b));
                a * (1.0 - b) + b * (1.0 - a)
            }
            Texture::Dotted => {
                let row = (v / p).floor();
                let column = u / p + if row as i32 % 2 == 0 { 0.0 } else { 0.5 };
                let (a, b) = (column - column.floor() - 0.5, v / p - row - 0.5);
                soft(p * (0.29 - (a * a + b * b).sqrt()))
            }
            Texture::Wavy => soft(wave(v + 0.26 * p * (u * 2.0 * PI / (p * 1.5)).sin(), p * 0.95)),
            Texture::Zigzag => {
                let place = u / p - (u / p).floor();
                soft(wave(v + p * 0.9 * (place - 0.5).abs(), p * 0.85))
            }
            Texture::Brick => {
                let tall = p * 0.62;
                let row = (v / tall).floor();
                let column = u / (tall * 2.2) + if row as i32 % 2 == 0 { 0.0 } else { 0.5 };
                let (a, b) = ((column - column.floor()) * tall * 2.2, v - row * tall);
                let joint = p * 0.07;
                soft(joint - a.min(tall * 2.2 - a)).max(soft(joint - b.min(tall - b)))
            }
            Texture::Starry => {
                let cell = p * 1.12;
                let row = (v / cell).floor();
                let column = u / cell + if row as i32 % 2 == 0 { 0.0 } else { 0.5 };
                let (a, b) = ((column - column.floor() - 0.5) * cell, (v / cell - row - 0.5) * cell);
                soft(star_distance(a, b, cell * 0.42))
            }
            Texture::Shiny => return self.shiny(u, v),
            Texture::Grainy => {
                let grain = self.noise.at(x * 0.83, y * 0.83) * 0.75 + self.noise.at(y * 0.41 + 9.0, x * 0.41) * 0.5;
                return scale(self.base, 1.0 + 0.62 * grain);
            }
        };
        mix(self.base, self.second, share)
    }

    /// Polished metal: dark and light bands across, and a bright spot.
    fn shiny(&self, u: f32, v: f32) -> [f32; 3] {
        let along = 0.6 * u + 0.8 * v;
        let band = 0.5 + 0.5 * (along * 5.2 + 1.0).sin();
        let body = mix(scale(self.base, 0.58), mix(self.base, [255.0; 3], 0.22), band);
        let glint = (-((along + 0.42) * 6.5).powi(2)).exp() * 0.85;
        let spot = (-((u + 0.30).powi(2) + (v + 0.38).powi(2)) * 16.0).exp();
        mix(body, [255.0; 3], (glint * 0.8 + spot).min(0.95))
    }
}

/// Signed distance-like value of a five-pointed star of this radius: positive inside, in the unit of `radius`.
fn star_distance(x: f32, y: f32, radius: f32) -> f32 {
    let sector = PI / 5.0;
    let angle = x.atan2(-y);
    let folded = (angle / (2.0 * sector) - (angle / (2.0 * sector)).round()) * 2.0 * sector;
    let length = (x * x + y * y).sqrt();
    let (px, py) = (length * folded.cos(), length * folded.sin().abs());
    // Edge from the tip (radius, 0) to the notch (0.42 radius at 36°).
    let (nx, ny) = (0.42 * radius * sector.cos(), 0.42 * radius * sector.sin());
    let (ex, ey) = (nx - radius, ny);
    (py * ex - (px - radius) * ey) / (ex * ex + ey * ey).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_stay_within_their_radius() {
        for &shape in Shape::ALL {
            let bounds = outline(shape).unwrap().compute_tight_bounds().unwrap();
            for edge in [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()] {
                assert!(edge.abs() <= 1.06, "{shape}: {bounds:?}");
            }
            assert!(bounds.width() > 1.2 && bounds.height() > 1.2, "{shape}");
        }
    }

    #[test]
    fn a_star_contains_its_middle_and_not_its_notches() {
        assert!(star_distance(0.0, 0.0, 1.0) > 0.0);
        assert!(star_distance(0.0, -0.95, 1.0) > 0.0, "a tip points up");
        assert!(star_distance(0.0, 0.8, 1.0) < 0.0, "below lies a notch");
    }
}
