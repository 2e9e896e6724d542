//! Shapes, objects, colours and light of one demo picture, drawn by its random numbers.

use super::themes::{Theme, cast, fits};
use crate::backgrounds;
use crate::composite::{CompositePlan, Composition, PlannedObject, Source};
use crate::drawings::Drawing;
use crate::light::draw_light;
use crate::measure::colour_distance;
use crate::random::Rng;
use crate::shape_scene::{self, ShapePlan};
use crate::truth::{Background, Hour};
use crate::vocabulary::{Colour, MAX_COUNT, OBJECT_COLOURS, SHAPE_COLOURS, Shape, Texture};

/// Colours of a ground that leave the object the picture's strongest colour.
const SOFT: [Colour; 9] = [
    Colour::Cream,
    Colour::Mint,
    Colour::Lavender,
    Colour::Peach,
    Colour::LightBlue,
    Colour::Beige,
    Colour::LightGray,
    Colour::White,
    Colour::Tan,
];

/// A scene of one kind of shape on a ground whose colour differs from it.
pub(super) fn shape_plan(rng: &mut Rng) -> ShapePlan {
    let colour = rng.pick(&SHAPE_COLOURS);
    let soft: Vec<Colour> = SOFT
        .into_iter()
        .filter(|ground| colour_distance(ground.rgb(), colour.rgb()) > 30.0)
        .collect();
    let background_colour = if rng.chance(0.6) && !soft.is_empty() {
        rng.pick(&soft)
    } else {
        shape_scene::distinct_ground(colour, rng)
    };
    let hour = rng.pick(&[Hour::Studio, Hour::Morning, Hour::Noon, Hour::Dusk]);
    ShapePlan {
        shape: rng.pick(Shape::ALL),
        texture: rng.pick(Texture::ALL),
        colour,
        count: rng.whole(1, MAX_COUNT),
        background: rng.pick(&backgrounds::FIELDS),
        background_colour,
        light: draw_light(hour, rng),
        light_strength: rng.range(0.3, 0.6),
    }
}

/// Objects of a theme before a background that suits them.
pub(super) fn composite_plan(theme: Theme, rng: &mut Rng) -> CompositePlan<'static> {
    let (cast, places) = cast(theme);
    let background = rng.pick(places);
    let mut at_home: Vec<&'static Drawing> = cast.into_iter().filter(|drawing| fits(drawing, background)).collect();
    rng.shuffle(&mut at_home);
    let composition = match rng.unit() {
        share if share < 0.42 => Composition::Single,
        share if share < 0.66 => Composition::Several,
        share if share < 0.88 => Composition::Pair,
        _ => Composition::Trio,
    };
    let wanted = match composition {
        Composition::Single | Composition::Several => 1,
        Composition::Pair => 2,
        Composition::Trio => 3,
    };
    let composition = match (composition, at_home.len()) {
        (Composition::Trio, 2) => Composition::Pair,
        (Composition::Pair | Composition::Trio, 0 | 1) => Composition::Several,
        (composition, _) => composition,
    };
    let vivid = rng.chance(0.25);
    let background_colour = if vivid {
        rng.pick(&backgrounds::PLAIN_COLOURS)
    } else {
        rng.pick(&SOFT)
    };
    let ground = if background == Background::Plain {
        Some(background_colour)
    } else {
        backgrounds::place_colour(background)
    };
    let mut objects: Vec<PlannedObject<'static>> = Vec::new();
    for drawing in at_home.into_iter().take(wanted) {
        let colour = object_colour(drawing, ground, &objects, rng);
        objects.push(PlannedObject {
            source: Source::Drawn(drawing),
            colour: Some(colour),
        });
    }
    let indoors = matches!(
        background,
        Background::Table | Background::Room | Background::Plain | Background::Wood
    );
    let hour = match background {
        Background::Night => Hour::Night,
        _ if indoors => rng.pick(&[Hour::Studio, Hour::Studio, Hour::Morning, Hour::Noon, Hour::Dusk]),
        _ => rng.pick(&[Hour::Morning, Hour::Noon, Hour::Noon, Hour::Dusk, Hour::Night]),
    };
    // A painted night sky is dark enough by itself.
    let light_strength = if background == Background::Night {
        0.12
    } else {
        rng.range(0.75, 1.0)
    };
    CompositePlan {
        composition,
        objects,
        count: rng.whole(2, 6),
        background,
        background_colour,
        photo: None,
        light: draw_light(hour, rng),
        light_strength,
        grounded: true,
    }
}

/// Mostly a colour that the thing has in the world, always one that stands out from the ground and the other things.
fn object_colour(drawing: &Drawing, ground: Option<Colour>, others: &[PlannedObject<'_>], rng: &mut Rng) -> Colour {
    let taken: Vec<Colour> = others.iter().filter_map(|other| other.colour).chain(ground).collect();
    let clear = |colour: &Colour| {
        taken
            .iter()
            .all(|other| colour_distance(other.rgb(), colour.rgb()) > 26.0)
    };
    let natural: Vec<Colour> = drawing.natural.iter().copied().filter(clear).collect();
    let any: Vec<Colour> = OBJECT_COLOURS.into_iter().filter(clear).collect();
    if !natural.is_empty() && rng.chance(0.93) {
        rng.pick(&natural)
    } else if any.is_empty() {
        rng.pick(drawing.natural)
    } else {
        rng.pick(&any)
    }
}
