//! One coloured shape on a light ground: small pictures for towers that are trained from scratch.

use image::RgbImage;
use tiny_skia::{Color, FillRule, Paint, Pixmap, Transform};

use super::random::{Rng, Split, Stream};
use super::shapes::outline;
use super::vocabulary::{Colour, SHAPE_COLOURS, Shape, is_held_out_shape_colour};

/// A picture of `side` × `side` pixels: place, size and turn of the shape, its exact tone and the brightness of the ground are
/// drawn from the seed. Training pictures never show a held-out pair; test pictures draw all pairs alike.
pub fn single_shape(seed: u64, split: Split, side: u32) -> (RgbImage, Shape, Colour) {
    let mut rng = Rng::new(seed, split, Stream::SingleShape);
    let (shape, colour) = loop {
        let drawn = (rng.pick(Shape::ALL), rng.pick(&SHAPE_COLOURS));
        if split == Split::Test || !is_held_out_shape_colour(drawn.0, drawn.1) {
            break drawn;
        }
    };
    let tone = colour
        .tone()
        .map(|value| (value + rng.range(-10.0, 10.0)).clamp(0.0, 255.0) as u8);
    let ground = rng.whole(225, 255) as u8;
    let length = side as f32;
    let radius = length * rng.range(0.30, 0.44);
    let (x, y) = (rng.range(radius, length - radius), rng.range(radius, length - radius));
    let turn = rng.range(-0.35, 0.35);
    let mut image = RgbImage::from_pixel(side, side, image::Rgb([ground; 3]));
    let Some(mut canvas) = Pixmap::new(side, side) else {
        return (image, shape, colour);
    };
    canvas.fill(Color::from_rgba8(ground, ground, ground, 255));
    let mut paint = Paint::default();
    paint.set_color_rgba8(tone[0], tone[1], tone[2], 255);
    paint.anti_alias = true;
    let (sin, cos) = turn.sin_cos();
    let place = Transform::from_row(radius * cos, radius * sin, -radius * sin, radius * cos, x, y);
    if let Some(path) = outline(shape) {
        canvas.fill_path(&path, &paint, FillRule::EvenOdd, place, None);
    }
    for (pixel, painted) in image.pixels_mut().zip(canvas.pixels()) {
        *pixel = image::Rgb([painted.red(), painted.green(), painted.blue()]);
    }
    (image, shape, colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_leaves_out_pairs_that_the_test_shows_and_a_seed_is_one_picture() {
        let mut held_out = 0;
        for seed in 0..400 {
            let (_, shape, colour) = single_shape(seed, Split::Training, 16);
            assert!(!is_held_out_shape_colour(shape, colour));
            let (picture, shape, colour) = single_shape(seed, Split::Test, 16);
            held_out += u32::from(is_held_out_shape_colour(shape, colour));
            assert_eq!(picture, single_shape(seed, Split::Test, 16).0);
        }
        assert!((40..130).contains(&held_out), "{held_out}");
    }
}
