//! Drawn objects: recognisable things as tables of vector parts whose main colour can be chosen.
//!
//! A [`Drawing`] goes in with a colour and a size in pixels; a [`Cutout`] with soft volume comes out (`render.rs`).
//!
//! - `path.rs`: the small path language of the tables
//! - `render.rs`: parts to pixels: gradients, outlines, relief
//! - `food.rs`, `nature.rs`, `animals.rs`, `clothes.rs`, `vehicles.rs`, `home.rs`: the tables

mod animals;
mod clothes;
mod food;
mod home;
mod nature;
mod path;
mod render;
mod vehicles;

use super::cutout::Cutout;
use super::truth::Kind;
use super::vocabulary::Colour;

pub(super) use render::{relief, render};

/// A drawn object: a name, its natural colours and its parts from back to front.
pub struct Drawing {
    /// The name, singular, lower case.
    pub name: &'static str,
    /// The plural.
    pub plural: &'static str,
    /// What sort of thing it is.
    pub kind: Kind,
    /// Colours it has in the world, for pictures that should look at home.
    pub natural: &'static [Colour],
    /// Width and height of the drawing's own space; parts are given in it.
    pub(super) space: (f32, f32),
    /// Real size compared with a mug = 1, compressed, so that groups of things look plausible.
    pub(super) heft: f32,
    pub(super) parts: &'static [Part],
}

impl Drawing {
    /// The object in this colour, its longer side `side` pixels, on transparent ground.
    pub fn cutout(&self, colour: Colour, side: u32) -> Cutout {
        Cutout {
            name: self.name.to_owned(),
            kind: Some(self.kind),
            colour: Some(colour),
            image: render(self, colour.tone(), side as f32, false),
        }
    }
}

/// Every drawn object.
pub fn all() -> impl Iterator<Item = &'static Drawing> {
    [
        food::ALL,
        nature::ALL,
        animals::ALL,
        clothes::ALL,
        vehicles::ALL,
        home::ALL,
    ]
    .into_iter()
    .flatten()
}

/// How a part is coloured.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    /// The main colour, times a factor (above 1: towards white).
    Main(f32),
    /// A colour of its own.
    Own([u8; 3]),
    /// White at this opacity, flat: a highlight.
    Light(f32),
    /// Black at this opacity, flat: a shade.
    Dark(f32),
}

/// One filled or stroked path.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) path: &'static str,
    pub(super) ink: Ink,
    /// Stroke width; 0 fills.
    pub(super) stroke: f32,
}

impl Part {
    /// The same path as a stroke of this width.
    const fn line(self, width: f32) -> Self {
        Self { stroke: width, ..self }
    }
}

const fn main(path: &'static str) -> Part {
    tone(1.0, path)
}

const fn tone(factor: f32, path: &'static str) -> Part {
    Part {
        path,
        ink: Ink::Main(factor),
        stroke: 0.0,
    }
}

const fn own(red: u8, green: u8, blue: u8, path: &'static str) -> Part {
    Part {
        path,
        ink: Ink::Own([red, green, blue]),
        stroke: 0.0,
    }
}

const fn light(opacity: f32, path: &'static str) -> Part {
    Part {
        path,
        ink: Ink::Light(opacity),
        stroke: 0.0,
    }
}

const fn dark(opacity: f32, path: &'static str) -> Part {
    Part {
        path,
        ink: Ink::Dark(opacity),
        stroke: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_part_of_every_drawing_parses_and_lies_in_its_space() {
        let mut names = HashSet::new();
        for drawing in all() {
            assert!(names.insert(drawing.name), "{} twice", drawing.name);
            assert!(!drawing.natural.is_empty());
            for part in drawing.parts {
                let path = path::parse(part.path).unwrap_or_else(|| panic!("{}: {}", drawing.name, part.path));
                let bounds = path.bounds();
                let (wide, tall) = drawing.space;
                assert!(
                    bounds.left() >= -2.0 && bounds.top() >= -2.0 && bounds.right() <= wide + 2.0,
                    "{}: {}",
                    drawing.name,
                    part.path
                );
                assert!(bounds.bottom() <= tall + 2.0, "{}: {}", drawing.name, part.path);
            }
        }
        assert!(names.len() >= 40, "{} drawings", names.len());
    }

    #[test]
    fn the_main_colour_shows_in_every_drawing() {
        for drawing in all() {
            let image = drawing.cutout(Colour::Purple, 120).image;
            let close = |pixel: &image::Rgba<u8>| {
                let [red, green, blue, alpha] = pixel.0.map(i32::from);
                alpha > 200 && red - green > 20 && blue - green > 25
            };
            let opaque = image.pixels().filter(|pixel| pixel.0[3] > 200).count();
            let main = image.pixels().filter(|pixel| close(pixel)).count();
            assert!(main * 100 > opaque * 22, "{}: {main} of {opaque}", drawing.name);
        }
    }
}
