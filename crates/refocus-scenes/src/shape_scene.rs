//! Shape scenes after Clevr4 (arXiv 2310.17614): all objects share shape, texture and colour; one to ten of them.

use image::RgbImage;
use tiny_skia::{FillRule, Mask, Transform};

use super::backgrounds::{self, FIELDS, PLAIN_COLOURS};
use super::drawings::relief;
use super::light;
use super::measure::colour_distance;
use super::noise::Noise;
use super::picture::{Picture, blur, mix, scale};
use super::random::{Rng, Split, Stream};
use super::shapes::{Fabric, outline, second_colour};
use super::style::Style;
use super::truth::{Background, Hour, Light, ObjectBox, ObjectTruth, SceneTruth};
use super::vocabulary::{
    Colour, MAX_COUNT, SHAPE_COLOURS, Shape, Texture, is_held_out_shape_colour, is_held_out_texture_colour,
};

/// What a shape scene shows, before it is painted.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShapePlan {
    pub(super) shape: Shape,
    pub(super) texture: Texture,
    pub(super) colour: Colour,
    pub(super) count: u32,
    pub(super) background: Background,
    pub(super) background_colour: Colour,
    pub(super) light: Light,
    /// How fully the hour tints the picture, 0–1.
    pub(super) light_strength: f32,
}

/// A Clevr4-like scene of `size`×`size` pixels and everything known of it.
///
/// Training scenes never show a held-out pair of shape and colour or of texture and colour; test scenes draw all
/// pairs alike.
pub fn shape_scene(seed: u64, split: Split, size: u32) -> (RgbImage, SceneTruth) {
    let mut rng = Rng::new(seed, split, Stream::Shapes);
    let plan = draw_plan(&mut rng, split);
    paint(&plan, &mut rng, size.max(16), size.max(16))
}

pub(super) fn draw_plan(rng: &mut Rng, split: Split) -> ShapePlan {
    let (shape, texture, colour) = loop {
        let drawn = (rng.pick(Shape::ALL), rng.pick(Texture::ALL), rng.pick(&SHAPE_COLOURS));
        let held_out = is_held_out_shape_colour(drawn.0, drawn.2) || is_held_out_texture_colour(drawn.1, drawn.2);
        if split == Split::Test || !held_out {
            break drawn;
        }
    };
    let hour = rng.pick(&[Hour::Studio, Hour::Studio, Hour::Morning, Hour::Noon, Hour::Dusk]);
    ShapePlan {
        shape,
        texture,
        colour,
        count: rng.whole(1, MAX_COUNT),
        background: rng.pick(&FIELDS),
        background_colour: distinct_ground(colour, rng),
        light: light::draw_light(hour, rng),
        light_strength: rng.range(0.15, 0.45),
    }
}

/// A background colour that the objects' colour stands out from.
pub(super) fn distinct_ground(colour: Colour, rng: &mut Rng) -> Colour {
    let far: Vec<Colour> = PLAIN_COLOURS
        .into_iter()
        .filter(|ground| colour_distance(ground.rgb(), colour.rgb()) > 34.0)
        .collect();
    if far.is_empty() { Colour::White } else { rng.pick(&far) }
}

/// Where one object stands: centre, radius, turn; pixels and radians.
#[derive(Clone, Copy)]
struct Place {
    x: f32,
    y: f32,
    radius: f32,
    turn: f32,
}

/// Paints a planned scene.
pub(super) fn paint(plan: &ShapePlan, rng: &mut Rng, width: u32, height: u32) -> (RgbImage, SceneTruth) {
    let (wide, tall) = (width as usize, height as usize);
    let mut picture = backgrounds::paint(plan.background, plan.background_colour, rng, wide, tall);
    let places = arrange(plan, rng, width as f32, height as f32);
    // The camera: a slight roll of all objects, and a tilt that flattens them.
    let (roll, flatten) = (rng.normal() * 0.10, rng.range(0.84, 1.0));
    let base = backgrounds::jitter(plan.colour.tone(), 6.0, rng);
    let lighter = base.iter().sum::<f32>() < 270.0 || rng.chance(0.4);
    let noise = Noise::new(rng);
    let fabric = Fabric {
        texture: plan.texture,
        base,
        second: second_colour(base, lighter),
        period: rng.range(0.40, 0.62),
        noise: &noise,
    };
    let turn_of_pattern = if plan.texture == Texture::Brick {
        0.0
    } else {
        rng.range(-0.9, 0.9)
    };

    let mut objects = Vec::with_capacity(places.len());
    let mut coverage = vec![0.0_f32; wide * tall];
    let mut paints: Vec<[f32; 3]> = picture.pixels.clone();
    let mut mean_radius = 0.0;
    for place in &places {
        mean_radius += place.radius / places.len() as f32;
        let (sin, cos) = (place.turn + roll).sin_cos();
        let (r, squash) = (place.radius, flatten);
        let to_picture = Transform::from_row(r * cos, r * sin * squash, -r * sin, r * cos * squash, place.x, place.y);
        let Some(path) = outline(plan.shape).and_then(|path| path.transform(to_picture)) else {
            continue;
        };
        let Some(mut mask) = Mask::new(width, height) else {
            continue;
        };
        mask.fill_path(&path, FillRule::EvenOdd, true, Transform::identity());
        let bounds = path.compute_tight_bounds().unwrap_or_else(|| path.bounds());
        let (top, bottom) = (
            bounds.top().max(0.0) as usize,
            (bounds.bottom().max(0.0) as usize + 1).min(tall),
        );
        let (left, right) = (
            bounds.left().max(0.0) as usize,
            (bounds.right().max(0.0) as usize + 1).min(wide),
        );
        let (pattern_sin, pattern_cos) = turn_of_pattern.sin_cos();
        for y in top..bottom {
            for x in left..right {
                let index = y * wide + x;
                let cover = f32::from(mask.data()[index]);
                if cover > 0.0 {
                    let (dx, dy) = (
                        (x as f32 + 0.5 - place.x) / r,
                        (y as f32 + 0.5 - place.y) / (r * squash),
                    );
                    let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
                    let on_pattern = (u * pattern_cos + v * pattern_sin, v * pattern_cos - u * pattern_sin);
                    coverage[index] = coverage[index].max(cover);
                    paints[index] = fabric.at(on_pattern, 1.0 / r, (x as f32, y as f32));
                }
            }
        }
        let edges = ObjectBox::from_pixels(bounds.left(), bounds.top(), bounds.right(), bounds.bottom(), wide, tall);
        objects.push(ObjectTruth {
            name: plan.shape.word().to_owned(),
            kind: None,
            colour: Some(plan.colour),
            bounds: edges,
            position: edges.position(),
            size: edges.size(),
        });
    }
    lay(&mut picture, &coverage, &paints, mean_radius, &plan.light);
    light::apply(&mut picture, &plan.light, plan.light_strength);
    let truth = SceneTruth {
        shape: Some(plan.shape),
        texture: Some(plan.texture),
        colour: Some(plan.colour),
        count: objects.len() as u32,
        object: Some(plan.shape.word().to_owned()),
        background: plan.background,
        background_colour: Some(plan.background_colour),
        light: plan.light,
        objects,
        style: Style::Photo,
    };
    (picture.into_image(), truth)
}

/// Places that keep clear of each other and of the border, largest sizes that fit.
fn arrange(plan: &ShapePlan, rng: &mut Rng, width: f32, height: f32) -> Vec<Place> {
    let side = width.min(height);
    let room = (width * height).sqrt();
    let zoom = rng.range(0.74, 1.12);
    let mut radius = (zoom * room / (2.9 + 0.62 * plan.count as f32)).min(side * 0.42);
    let upright = matches!(
        plan.shape,
        Shape::Heart | Shape::Triangle | Shape::Star | Shape::Diamond
    );
    loop {
        let mut places: Vec<Place> = Vec::new();
        for _ in 0..plan.count {
            for _ in 0..120 {
                let r = radius * rng.range(0.86, 1.08);
                let margin = r * 1.05;
                let (x, y) = (rng.range(margin, width - margin), rng.range(margin, height - margin));
                // Boxes, not only discs, keep apart, so that counting boxes can be told apart too.
                let clear = places.iter().all(|other| {
                    let reach = (other.radius + r) * 1.07;
                    (other.x - x).abs() > reach || (other.y - y).abs() > reach
                });
                if clear {
                    let spread = if upright { 0.16 } else { 0.45 };
                    places.push(Place {
                        x,
                        y,
                        radius: r,
                        turn: rng.normal() * spread,
                    });
                    break;
                }
            }
        }
        if places.len() == plan.count as usize {
            return places;
        }
        radius *= 0.93;
    }
}

/// Shadow, then the objects with a low relief, onto the background.
fn lay(picture: &mut Picture, coverage: &[f32], paints: &[[f32; 3]], radius: f32, light: &Light) {
    let (width, height) = (picture.width, picture.height);
    let (dx, dy) = light::travel(light);
    let reach = radius * 0.13;
    let (shift_x, shift_y) = ((dx * reach).round() as isize, (dy * reach).round() as isize);
    let mut shadow = coverage.to_vec();
    blur(&mut shadow, width, height, radius * 0.10);
    let shade = relief(coverage, width, height, (radius * 0.05).max(0.8));
    for y in 0..height {
        for x in 0..width {
            let index = y * width + x;
            let from_x = (x as isize - shift_x).clamp(0, width as isize - 1) as usize;
            let from_y = (y as isize - shift_y).clamp(0, height as isize - 1) as usize;
            let dim = shadow[from_y * width + from_x] / 255.0;
            let ground = scale(picture.pixels[index], 1.0 - 0.44 * dim);
            let lit = if shade[index] > 0.0 {
                mix(paints[index], [255.0; 3], shade[index] * 0.34)
            } else {
                scale(paints[index], 1.0 + shade[index] * 0.42)
            };
            picture.pixels[index] = mix(ground, lit, coverage[index] / 255.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::dominant_colour;
    use std::collections::HashSet;

    #[test]
    fn the_same_seed_paints_the_same_bytes_and_others_do_not() {
        let (first, truth) = shape_scene(11, Split::Training, 96);
        let (again, same_truth) = shape_scene(11, Split::Training, 96);
        assert!(first == again && truth == same_truth);
        assert!(first != shape_scene(12, Split::Training, 96).0);
        assert!(
            first != shape_scene(11, Split::Test, 96).0,
            "the splits share no picture"
        );
    }

    #[test]
    fn held_out_pairs_are_never_in_training_and_all_are_in_test() {
        let mut tested = HashSet::new();
        for seed in 0..3000 {
            let plan = draw_plan(&mut Rng::new(seed, Split::Training, Stream::Shapes), Split::Training);
            assert!(!is_held_out_shape_colour(plan.shape, plan.colour));
            assert!(!is_held_out_texture_colour(plan.texture, plan.colour));
            let plan = draw_plan(&mut Rng::new(seed, Split::Test, Stream::Shapes), Split::Test);
            tested.insert((plan.shape, plan.colour));
        }
        assert_eq!(tested.len(), 100);
    }

    #[test]
    fn boxes_are_inside_apart_and_as_many_as_counted() {
        for seed in 0..40 {
            let (_, truth) = shape_scene(seed, Split::Test, 64);
            assert_eq!(truth.objects.len(), truth.count as usize);
            assert!((1..=MAX_COUNT).contains(&truth.count));
            for (index, object) in truth.objects.iter().enumerate() {
                let bounds = object.bounds;
                assert!(
                    0.0 <= bounds.x0 && bounds.x0 < bounds.x1 && bounds.x1 <= 1.0,
                    "{bounds:?}"
                );
                assert!(
                    0.0 <= bounds.y0 && bounds.y0 < bounds.y1 && bounds.y1 <= 1.0,
                    "{bounds:?}"
                );
                for other in truth.objects.iter().skip(index + 1) {
                    assert!(!bounds.overlaps(&other.bounds), "seed {seed}");
                }
            }
        }
    }

    #[test]
    fn a_solid_object_has_its_named_colour_inside_its_box() {
        let mut judged = 0;
        for seed in 0..400 {
            let plan = draw_plan(&mut Rng::new(seed, Split::Test, Stream::Shapes), Split::Test);
            if plan.texture != Texture::Solid || !matches!(plan.shape, Shape::Circle | Shape::Square) {
                continue;
            }
            let (image, truth) = shape_scene(seed, Split::Test, 128);
            for object in &truth.objects {
                let middle = object.bounds;
                let (cx, cy) = ((middle.x0 + middle.x1) / 2.0, (middle.y0 + middle.y1) / 2.0);
                let quarter = ObjectBox {
                    x0: (cx + middle.x0) / 2.0,
                    x1: (cx + middle.x1) / 2.0,
                    y0: (cy + middle.y0) / 2.0,
                    y1: (cy + middle.y1) / 2.0,
                };
                let (_, rgb) = dominant_colour(&image, Some(quarter));
                let distance = colour_distance(rgb, plan.colour.rgb());
                assert!(
                    distance < 26.0,
                    "seed {seed}: {rgb:?} is no {} ({distance})",
                    plan.colour
                );
                judged += 1;
            }
        }
        assert!(judged > 10);
    }
}
