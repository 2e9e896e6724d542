//! The themes of the demo photos: the drawings that belong to each, and the backgrounds they are seen before.

use crate::drawings::{self, Drawing};
use crate::truth::{Background, Kind};

/// What a folder of the demo photos shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Theme {
    Shapes,
    StillLife,
    Wardrobe,
    Street,
    Animals,
    Garden,
    Travel,
}

/// One theme a slot; paintings and old photos show the other themes in their own manner.
pub(super) const SLOTS: [(&str, Theme); 25] = [
    ("Still life", Theme::StillLife),
    ("Shapes", Theme::Shapes),
    ("Wardrobe", Theme::Wardrobe),
    ("Street", Theme::Street),
    ("Animals", Theme::Animals),
    ("Garden", Theme::Garden),
    ("Paintings", Theme::StillLife),
    ("Shapes", Theme::Shapes),
    ("Travel", Theme::Travel),
    ("Wardrobe", Theme::Wardrobe),
    ("Still life", Theme::StillLife),
    ("Street", Theme::Street),
    ("Animals", Theme::Animals),
    ("Paintings", Theme::Garden),
    ("Shapes", Theme::Shapes),
    ("Wardrobe", Theme::Wardrobe),
    ("Old photos", Theme::Street),
    ("Still life", Theme::StillLife),
    ("Paintings", Theme::Animals),
    ("Garden", Theme::Garden),
    ("Travel", Theme::Travel),
    ("Shapes", Theme::Shapes),
    ("Wardrobe", Theme::Wardrobe),
    ("Still life", Theme::StillLife),
    ("Animals", Theme::Animals),
];

/// The drawings that belong to a theme, and where they are seen.
pub(super) fn cast(theme: Theme) -> (Vec<&'static Drawing>, &'static [Background]) {
    let of = |kinds: &[Kind]| {
        drawings::all()
            .filter(|drawing| kinds.contains(&drawing.kind))
            .collect()
    };
    let named = |names: &[&str]| {
        drawings::all()
            .filter(|drawing| names.contains(&drawing.name))
            .collect()
    };
    match theme {
        Theme::Shapes | Theme::StillLife => (
            of(&[Kind::Food, Kind::Household, Kind::Instrument, Kind::Toy]),
            &[
                Background::Table,
                Background::Table,
                Background::Wood,
                Background::Room,
                Background::Plain,
            ],
        ),
        Theme::Wardrobe => (
            of(&[Kind::Clothing]),
            &[Background::Plain, Background::Wood, Background::Brick, Background::Room],
        ),
        Theme::Street => (
            named(&["car", "bus", "truck", "bicycle", "house", "tree"]),
            &[
                Background::Street,
                Background::Street,
                Background::Street,
                Background::Snow,
                Background::Brick,
            ],
        ),
        Theme::Animals => (
            of(&[Kind::Animal]),
            &[
                Background::Grass,
                Background::Forest,
                Background::Snow,
                Background::Sand,
                Background::Water,
            ],
        ),
        Theme::Garden => (
            of(&[Kind::Plant]),
            &[
                Background::Grass,
                Background::Forest,
                Background::Sky,
                Background::Sand,
                Background::Table,
            ],
        ),
        Theme::Travel => (
            named(&[
                "sailboat",
                "airplane",
                "hot-air balloon",
                "bird",
                "umbrella",
                "ball",
                "duck",
                "fish",
                "hat",
            ]),
            &[Background::Sky, Background::Water, Background::Sand, Background::Night],
        ),
    }
}

/// Whether the drawing is at home before this background.
pub(super) fn fits(drawing: &Drawing, background: Background) -> bool {
    match (drawing.name, background) {
        ("sailboat" | "fish", place) => place == Background::Water,
        ("airplane" | "hot-air balloon", place) => matches!(place, Background::Sky | Background::Night),
        ("bird" | "butterfly", place) => place != Background::Water,
        ("umbrella" | "hat", place) => !matches!(place, Background::Water | Background::Sky | Background::Night),
        ("ball", place) => !matches!(place, Background::Sky | Background::Night),
        ("duck", place) => !matches!(place, Background::Sky | Background::Night),
        ("cat" | "dog" | "rabbit", place) => place != Background::Water,
        ("cactus", place) => matches!(place, Background::Table | Background::Sand),
        ("tree" | "pine tree", place) => {
            matches!(
                place,
                Background::Forest | Background::Snow | Background::Street | Background::Grass
            )
        }
        ("chair" | "armchair" | "lamp" | "guitar", place) => !matches!(place, Background::Table | Background::Wood),
        ("car" | "bus" | "truck" | "house", place) => place != Background::Brick,
        _ => true,
    }
}
