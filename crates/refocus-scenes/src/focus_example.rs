//! Four small pictures that show what a focus is: one, and three that are each like it in one respect alone.

use image::RgbImage;

use super::composite::{self, CompositePlan, Composition, PlannedObject, Source};
use super::drawings;
use super::light::draw_light;
use super::random::{Rng, Split, Stream};
use super::truth::{Background, Hour, ObjectBox};
use super::vocabulary::Colour;

/// A picture, and the three.
#[derive(Clone, Debug)]
pub struct FocusExample {
    /// A red bird in the snow.
    pub picture: RgbImage,
    /// What each is like it in, as a person would type it, and the picture.
    pub alike: [(&'static str, RgbImage); 3],
}

/// First seed of these pictures: beyond those of the demo photos.
const FIRST_SEED: u64 = 1 << 40;
/// Seeds that are tried until the thing is large and in the middle.
const TRIES: u64 = 60;

/// Renders the example, each picture `side` × `side` pixels; the same on every machine.
pub fn focus_example(side: u32) -> FocusExample {
    let picture = |name, colour, background| paint(name, colour, background, side.max(16));
    FocusExample {
        picture: picture("bird", Colour::Red, Background::Snow),
        alike: [
            ("the animal", picture("bird", Colour::Yellow, Background::Forest)),
            ("the place", picture("rabbit", Colour::Gray, Background::Snow)),
            ("the colour", picture("balloon", Colour::Red, Background::Sky)),
        ],
    }
}

/// A thing of a colour at a place by day.
fn paint(name: &str, colour: Colour, background: Background, side: u32) -> RgbImage {
    let Some(drawing) = drawings::all().find(|drawing| drawing.name == name) else {
        return RgbImage::new(side, side);
    };
    let mut best: Option<(f32, RgbImage)> = None;
    for seed in FIRST_SEED..FIRST_SEED + TRIES {
        let mut rng = Rng::new(seed, Split::Test, Stream::Demo);
        let plan = CompositePlan {
            composition: Composition::Single,
            objects: vec![PlannedObject {
                source: Source::Drawn(drawing),
                colour: Some(colour),
            }],
            count: 1,
            background,
            background_colour: Colour::White,
            photo: None,
            light: draw_light(Hour::Noon, &mut rng),
            light_strength: 0.6,
            grounded: true,
        };
        let (image, truth) = composite::paint(&plan, &mut rng, side, side);
        let off = truth
            .objects
            .first()
            .map_or(f32::INFINITY, |object| off_the_wanted(&object.bounds));
        if best.as_ref().is_none_or(|(least, _)| off < *least) {
            best = Some((off, image));
        }
        if off < WELL_PLACED {
            break;
        }
    }
    best.map_or_else(|| RgbImage::new(side, side), |(_, image)| image)
}

/// From here on a thing is well placed.
const WELL_PLACED: f32 = 0.12;

/// How far a thing is from the middle and from half the picture's side, as a part of the side.
fn off_the_wanted(bounds: &ObjectBox) -> f32 {
    let (wide, high) = (bounds.x1 - bounds.x0, bounds.y1 - bounds.y0);
    let beside = (bounds.x0 + wide / 2.0 - 0.5).abs();
    beside.max((wide.max(high) - 0.55).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pictures_are_the_same_each_time_and_none_is_another() {
        let (one, again) = (focus_example(64), focus_example(64));
        assert_eq!(one.picture, again.picture);
        for (at, (words, picture)) in one.alike.iter().enumerate() {
            assert!(words.starts_with("the "));
            assert_ne!(*picture, one.picture);
            assert!(one.alike.iter().skip(at + 1).all(|(_, other)| other != picture));
        }
    }
}
