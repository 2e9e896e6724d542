//! The light of a scene: a tint, a fall-off across the picture and a soft vignette.

use super::picture::Picture;
use super::random::Rng;
use super::truth::{Brightness, Hour, Light, Position, Warmth};

/// Gains of the three channels under full strength.
fn gains(hour: Hour) -> [f32; 3] {
    match hour {
        Hour::Studio => [1.0, 1.0, 1.0],
        Hour::Morning => [1.10, 1.01, 0.86],
        Hour::Noon => [1.07, 1.07, 1.05],
        Hour::Dusk => [1.00, 0.74, 0.62],
        Hour::Night => [0.42, 0.50, 0.72],
    }
}

/// Draws a light of this hour: the side it comes from is free, brightness and tint follow the hour.
pub(super) fn draw_light(hour: Hour, rng: &mut Rng) -> Light {
    let (brightness, warmth) = match hour {
        Hour::Studio => (Brightness::Medium, Warmth::Neutral),
        Hour::Morning => (Brightness::Medium, Warmth::Warm),
        Hour::Noon => (Brightness::Bright, Warmth::Neutral),
        Hour::Dusk => (Brightness::Medium, Warmth::Warm),
        Hour::Night => (Brightness::Dark, Warmth::Cool),
    };
    Light {
        hour,
        from: rng.pick(&[Position::Left, Position::Right, Position::Top]),
        brightness,
        warmth,
    }
}

/// The unit-length direction that light travels in, over the picture (x right, y down).
pub(super) fn travel(light: &Light) -> (f32, f32) {
    match light.from {
        Position::Left => (0.8, 0.6),
        Position::Right => (-0.8, 0.6),
        Position::Top | Position::Bottom | Position::Center => (0.2, 0.98),
    }
}

/// Lights the finished scene; `strength` 1 shows the hour fully, less keeps colours nearer to their names.
pub(super) fn apply(picture: &mut Picture, light: &Light, strength: f32) {
    let tint = gains(light.hour).map(|gain| 1.0 + (gain - 1.0) * strength);
    let (dx, dy) = travel(light);
    let fall = match light.hour {
        Hour::Studio | Hour::Noon => 0.10,
        Hour::Morning | Hour::Dusk => 0.22,
        Hour::Night => 0.30,
    } * (0.4 + 0.6 * strength);
    let (width, height) = (picture.width as f32, picture.height as f32);
    for (y, row) in picture.rows_mut() {
        let v = y as f32 / height - 0.5;
        for (x, pixel) in row.iter_mut().enumerate() {
            let u = x as f32 / width - 0.5;
            let gain = (1.0 - fall * (u * dx + v * dy)) * (1.02 - 0.30 * strength * (u * u + v * v));
            *pixel = [
                pixel[0] * gain * tint[0],
                pixel[1] * gain * tint[1],
                pixel[2] * gain * tint[2],
            ];
        }
    }
}
