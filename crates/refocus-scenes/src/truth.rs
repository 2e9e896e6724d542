//! Everything that is known of a rendered picture: what training asks about and evaluation judges by.

use serde::{Deserialize, Serialize};

use super::style::Style;
use super::vocabulary::{Colour, Shape, Texture, word_enum};

word_enum! {
    /// What stands behind the objects.
    Background {
        Plain = "plain", Gradient = "gradient", Noise = "noise", Bokeh = "bokeh", Waves = "waves",
        Wood = "wooden planks", Brick = "brick wall", Grass = "green grass", Sky = "blue sky with clouds",
        Sand = "sand", Water = "water", Night = "night sky", Snow = "snow", Forest = "forest",
        Room = "room", Table = "table top", Street = "street", Photo = "photo",
    }
}

word_enum! {
    /// The hour that the light speaks of.
    Hour { Studio = "studio", Morning = "morning", Noon = "noon", Dusk = "dusk", Night = "night" }
}

word_enum! {
    /// Where something stands in the picture.
    Position { Left = "left", Right = "right", Top = "top", Bottom = "bottom", Center = "center" }
}

word_enum! {
    /// How large an object is in the picture.
    ObjectSize { Small = "small", Medium = "medium", Large = "large" }
}

word_enum! {
    /// How bright the light is.
    Brightness { Dark = "dark", Medium = "medium brightness", Bright = "bright" }
}

word_enum! {
    /// The tint of the light.
    Warmth { Cool = "cool", Neutral = "neutral", Warm = "warm" }
}

word_enum! {
    /// What sort of thing an object is.
    Kind {
        Food = "food", Plant = "plant", Animal = "animal", Clothing = "clothing", Vehicle = "vehicle",
        Household = "household item", Building = "building", Instrument = "musical instrument", Toy = "toy",
    }
}

/// The light of a scene.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Light {
    /// The hour that the light speaks of.
    pub hour: Hour,
    /// The side that the light comes from (never bottom or center).
    pub from: Position,
    /// How bright it is.
    pub brightness: Brightness,
    /// Its tint.
    pub warmth: Warmth,
}

/// An object's box as shares of the picture: `x0 < x1`, `y0 < y1`, all in 0..=1, origin top left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectBox {
    /// Left edge.
    pub x0: f32,
    /// Top edge.
    pub y0: f32,
    /// Right edge.
    pub x1: f32,
    /// Bottom edge.
    pub y1: f32,
}

impl ObjectBox {
    /// A box from pixels of a picture of `width`×`height`, clipped to the picture.
    pub(super) fn from_pixels(left: f32, top: f32, right: f32, bottom: f32, width: usize, height: usize) -> Self {
        let share = |value: f32, side: usize| (value / side as f32).clamp(0.0, 1.0);
        Self {
            x0: share(left, width),
            y0: share(top, height),
            x1: share(right, width),
            y1: share(bottom, height),
        }
    }

    /// Where the box's centre lies: `Center` within 14 % of the middle, else the side it is farthest towards.
    pub fn position(&self) -> Position {
        let (dx, dy) = ((self.x0 + self.x1) / 2.0 - 0.5, (self.y0 + self.y1) / 2.0 - 0.5);
        if dx.abs() < 0.14 && dy.abs() < 0.14 {
            Position::Center
        } else if dx.abs() >= dy.abs() {
            if dx < 0.0 { Position::Left } else { Position::Right }
        } else if dy < 0.0 {
            Position::Top
        } else {
            Position::Bottom
        }
    }

    /// The size word, by the longer side: small below 0.38, large from 0.66.
    pub fn size(&self) -> ObjectSize {
        match (self.x1 - self.x0).max(self.y1 - self.y0) {
            side if side < 0.38 => ObjectSize::Small,
            side if side < 0.66 => ObjectSize::Medium,
            _ => ObjectSize::Large,
        }
    }

    /// Whether the two boxes share any area.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x0 < other.x1 && other.x0 < self.x1 && self.y0 < other.y1 && other.y0 < self.y1
    }
}

/// One object of a scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectTruth {
    /// Its name, singular, lower case.
    pub name: String,
    /// What sort of thing it is, where known.
    pub kind: Option<Kind>,
    /// Its main colour, where known (a cut-out from a photo keeps its own).
    pub colour: Option<Colour>,
    /// Its box.
    #[serde(rename = "box")]
    pub bounds: ObjectBox,
    /// Where it stands.
    pub position: Position,
    /// How large it is.
    pub size: ObjectSize,
}

/// Everything known of a rendered picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SceneTruth {
    /// The shape that all objects share, in shape scenes.
    pub shape: Option<Shape>,
    /// The texture that all objects share, in shape scenes.
    pub texture: Option<Texture>,
    /// The main colour, where all objects share it.
    pub colour: Option<Colour>,
    /// How many objects there are.
    pub count: u32,
    /// The name that all objects share, in composites of one object or several equal ones.
    pub object: Option<String>,
    /// What stands behind.
    pub background: Background,
    /// The background's main colour, where it has one name.
    pub background_colour: Option<Colour>,
    /// The light.
    pub light: Light,
    /// The objects, from left to right in composites of different objects.
    pub objects: Vec<ObjectTruth>,
    /// The style filter; `Photo` where there is none.
    pub style: Style,
}

impl SceneTruth {
    /// Whether the shape–colour or the texture–colour pair is one that training never sees.
    pub fn is_held_out(&self) -> bool {
        let Some(colour) = self.colour else { return false };
        self.shape
            .is_some_and(|shape| super::vocabulary::is_held_out_shape_colour(shape, colour))
            || self
                .texture
                .is_some_and(|texture| super::vocabulary::is_held_out_texture_colour(texture, colour))
    }
}
