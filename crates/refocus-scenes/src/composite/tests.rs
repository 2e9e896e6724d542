use super::*;
use crate::measure::dominant_colour;
use crate::truth::{ObjectSize, Position};
use image::Rgb;
use std::collections::HashSet;

fn scene(seed: u64, composition: Composition) -> (RgbImage, SceneTruth) {
    composite_scene_with(seed, Split::Test, 96, Some(composition), &Materials::default())
}

#[test]
fn the_same_seed_paints_the_same_bytes() {
    for seed in 0..6 {
        let (first, second) = (
            composite_scene(seed, Split::Training, 80),
            composite_scene(seed, Split::Training, 80),
        );
        assert!(first.0 == second.0 && first.1 == second.1);
        assert!(first.0 != composite_scene(seed, Split::Test, 80).0);
    }
}

#[test]
fn boxes_are_inside_and_equal_objects_keep_apart() {
    for seed in 0..60 {
        let (_, truth) = scene(seed, Composition::Several);
        assert!((2..=6).contains(&truth.count) && truth.objects.len() == truth.count as usize);
        for (index, object) in truth.objects.iter().enumerate() {
            let edges = object.bounds;
            assert!(0.0 <= edges.x0 && edges.x0 < edges.x1 && edges.x1 <= 1.0);
            assert!(0.0 <= edges.y0 && edges.y0 < edges.y1 && edges.y1 <= 1.0);
            assert_eq!((object.position, object.size), (edges.position(), edges.size()));
            for other in truth.objects.iter().skip(index + 1) {
                assert!(!edges.overlaps(&other.bounds), "seed {seed}");
            }
        }
    }
}

#[test]
fn pairs_and_trios_differ_in_name_and_colour() {
    for seed in 0..40 {
        for (composition, number) in [(Composition::Pair, 2), (Composition::Trio, 3)] {
            let (_, truth) = scene(seed, composition);
            let names: HashSet<_> = truth.objects.iter().map(|object| object.name.clone()).collect();
            let colours: HashSet<_> = truth.objects.iter().map(|object| object.colour).collect();
            assert_eq!((names.len(), colours.len()), (number, number));
            assert!(truth.object.is_none() && truth.colour.is_none());
        }
    }
}

#[test]
fn singles_take_every_position_and_size() {
    let truths: Vec<_> = (0..150).map(|seed| scene(seed, Composition::Single).1).collect();
    let objects = || truths.iter().flat_map(|truth| &truth.objects);
    let positions: HashSet<_> = objects().map(|object| object.position).collect();
    let sizes: HashSet<_> = objects().map(|object| object.size).collect();
    assert_eq!(
        (positions.len(), sizes.len()),
        (Position::ALL.len(), ObjectSize::ALL.len())
    );
}

#[test]
fn the_colour_in_the_middle_of_a_plain_object_is_the_named_one() {
    let mut judged = 0;
    for seed in 0..400 {
        let (image, truth) = scene(seed, Composition::Single);
        let object = &truth.objects[0];
        if !matches!(object.name.as_str(), "t-shirt" | "apple" | "balloon") {
            continue;
        }
        let edges = object.bounds;
        let part = |low: f32, high: f32, share: f32| low + (high - low) * share;
        let middle = ObjectBox {
            x0: part(edges.x0, edges.x1, 0.38),
            x1: part(edges.x0, edges.x1, 0.62),
            y0: part(edges.y0, edges.y1, 0.30),
            y1: part(edges.y0, edges.y1, 0.55),
        };
        let (_, rgb) = dominant_colour(&image, Some(middle));
        let colour = object.colour.unwrap();
        assert!(
            colour_distance(rgb, colour.rgb()) < 28.0,
            "seed {seed}: {rgb:?} is no {colour} {}",
            object.name
        );
        judged += 1;
    }
    assert!(judged >= 8, "{judged}");
}

#[test]
fn real_cutouts_and_photos_take_the_place_of_drawn_ones() {
    let photo = RgbImage::from_pixel(40, 30, Rgb([10, 200, 10]));
    let picture = RgbImage::from_fn(40, 40, |x, y| {
        let inside = (8..32).contains(&x) && (8..32).contains(&y);
        Rgb(if inside { [200, 20, 20] } else { [255; 3] })
    });
    let cutouts = [Cutout::from_plain_border(&picture, "brick").unwrap()];
    let photos = [photo];
    let materials = Materials {
        cutouts: &cutouts,
        cutout_share: 1.0,
        recolour_share: 0.0,
        photos: &photos,
        photo_share: 1.0,
    };
    let (image, truth) = composite_scene_with(3, Split::Training, 64, Some(Composition::Single), &materials);
    assert_eq!(truth.background, Background::Photo);
    assert_eq!((truth.object.as_deref(), truth.colour), (Some("brick"), None));
    let red = image
        .pixels()
        .filter(|pixel| pixel.0[0] > 120 && pixel.0[1] < 90)
        .count();
    let green = image
        .pixels()
        .filter(|pixel| pixel.0[1] > 120 && pixel.0[0] < 90)
        .count();
    assert!(red > 50 && green > 300, "{red} {green}");
    let (_, pair) = composite_scene_with(3, Split::Training, 64, Some(Composition::Pair), &materials);
    assert_eq!(pair.objects.len(), 2);
}
