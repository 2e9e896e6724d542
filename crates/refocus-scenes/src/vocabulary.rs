//! The words of the scenes: shapes, textures, colours, and which pairs of them training never sees.
//!
//! The four sets of ten follow Clevr4 (arXiv 2310.17614): shape, texture, colour and count, each with ten values.
//! The 32 named colours are the ones that the photo statistics are expressed in.

/// Declares an enum whose variants are words that a person would use, with serde, `ALL` and `word()`.
macro_rules! word_enum {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(#[doc = concat!("\"", $word, "\".")] #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every value, in the fixed order that seeds and held-out pairs depend on.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it, in lower case.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value with this word, if there is one.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.word())
            }
        }
    };
}
pub(super) use word_enum;

word_enum! {
    /// The ten shapes.
    Shape {
        Circle = "circle", Square = "square", Triangle = "triangle", Star = "star", Heart = "heart",
        Gear = "gear", Diamond = "diamond", Cross = "cross", Ring = "ring", Crescent = "crescent",
    }
}

word_enum! {
    /// The ten textures.
    Texture {
        Solid = "solid", Striped = "striped", Checkered = "checkered", Dotted = "dotted", Wavy = "wavy",
        Brick = "brick", Zigzag = "zigzag", Starry = "starry", Shiny = "shiny", Grainy = "grainy",
    }
}

word_enum! {
    /// The 32 named colours. The first ten are the colours of the shape scenes ([`SHAPE_COLOURS`]).
    Colour {
        Gray = "gray", Red = "red", Blue = "blue", Green = "green", Brown = "brown",
        Purple = "purple", Cyan = "cyan", Yellow = "yellow", Pink = "pink", Orange = "orange",
        Black = "black", White = "white", LightGray = "light gray", DarkGray = "dark gray",
        Maroon = "maroon", Tan = "tan", Beige = "beige", Gold = "gold", Olive = "olive",
        DarkGreen = "dark green", LightGreen = "light green", Teal = "teal", Navy = "navy blue",
        LightBlue = "light blue", Lavender = "lavender", Magenta = "magenta", Peach = "peach",
        Rust = "rust", Khaki = "khaki", Mint = "mint", Burgundy = "burgundy", Cream = "cream",
    }
}

/// The ten colours of the shape scenes.
pub const SHAPE_COLOURS: [Colour; 10] = [
    Colour::Gray,
    Colour::Red,
    Colour::Blue,
    Colour::Green,
    Colour::Brown,
    Colour::Purple,
    Colour::Cyan,
    Colour::Yellow,
    Colour::Pink,
    Colour::Orange,
];

/// The sixteen main colours that drawn objects take.
pub const OBJECT_COLOURS: [Colour; 16] = [
    Colour::Red,
    Colour::Orange,
    Colour::Yellow,
    Colour::Green,
    Colour::Blue,
    Colour::Purple,
    Colour::Pink,
    Colour::Brown,
    Colour::Black,
    Colour::White,
    Colour::Gray,
    Colour::Teal,
    Colour::Navy,
    Colour::Beige,
    Colour::Maroon,
    Colour::LightBlue,
];

/// The largest count in a shape scene.
pub const MAX_COUNT: u32 = 10;

impl Colour {
    /// The colour's centre in sRGB, 0–255.
    pub const fn rgb(self) -> [u8; 3] {
        match self {
            Self::Gray => [128, 128, 128],
            Self::Red => [220, 30, 35],
            Self::Blue => [40, 85, 205],
            Self::Green => [50, 150, 60],
            Self::Brown => [110, 65, 35],
            Self::Purple => [115, 50, 150],
            Self::Cyan => [60, 215, 225],
            Self::Yellow => [245, 225, 50],
            Self::Pink => [245, 160, 190],
            Self::Orange => [245, 135, 30],
            Self::Black => [18, 18, 20],
            Self::White => [248, 248, 248],
            Self::LightGray => [200, 200, 200],
            Self::DarkGray => [70, 70, 70],
            Self::Maroon => [115, 20, 35],
            Self::Tan => [190, 150, 110],
            Self::Beige => [225, 210, 180],
            Self::Gold => [205, 165, 50],
            Self::Olive => [120, 120, 45],
            Self::DarkGreen => [20, 75, 40],
            Self::LightGreen => [150, 220, 130],
            Self::Teal => [20, 125, 125],
            Self::Navy => [25, 30, 80],
            Self::LightBlue => [150, 195, 235],
            Self::Lavender => [195, 170, 225],
            Self::Magenta => [215, 40, 150],
            Self::Peach => [250, 200, 165],
            Self::Rust => [175, 75, 40],
            Self::Khaki => [165, 155, 110],
            Self::Mint => [185, 235, 205],
            Self::Burgundy => [90, 15, 30],
            Self::Cream => [250, 243, 220],
        }
    }

    /// The colour's centre as floats, 0–255.
    pub(super) fn tone(self) -> [f32; 3] {
        self.rgb().map(f32::from)
    }
}

/// Whether this shape never appears in this colour in training (20 of the 100 pairs of shape and scene colour).
///
/// Colours outside [`SHAPE_COLOURS`] are in no held-out pair.
pub fn is_held_out_shape_colour(shape: Shape, colour: Colour) -> bool {
    pair_is_held_out(shape as usize, colour, 0)
}

/// Whether this texture never appears in this colour in training (20 of the 100 pairs of texture and scene colour).
///
/// Colours outside [`SHAPE_COLOURS`] are in no held-out pair.
pub fn is_held_out_texture_colour(texture: Texture, colour: Colour) -> bool {
    pair_is_held_out(texture as usize, colour, 2)
}

/// Diagonals modulo five hold out exactly two colours of each row and two rows of each colour.
fn pair_is_held_out(row: usize, colour: Colour, offset: usize) -> bool {
    SHAPE_COLOURS
        .iter()
        .position(|&scene_colour| scene_colour == colour)
        .is_some_and(|column| (row * 3 + column + offset).is_multiple_of(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_the_pairs_is_held_out_two_in_each_row_and_column() {
        for colour in SHAPE_COLOURS {
            let shapes = Shape::ALL
                .iter()
                .filter(|&&shape| is_held_out_shape_colour(shape, colour))
                .count();
            let textures = Texture::ALL
                .iter()
                .filter(|&&texture| is_held_out_texture_colour(texture, colour))
                .count();
            assert_eq!((shapes, textures), (2, 2), "{colour}");
        }
        for &shape in Shape::ALL {
            let held = SHAPE_COLOURS
                .iter()
                .filter(|&&colour| is_held_out_shape_colour(shape, colour))
                .count();
            assert_eq!(held, 2, "{shape}");
        }
        assert!(!is_held_out_shape_colour(Shape::Circle, Colour::Navy));
    }

    #[test]
    fn words_are_distinct_and_lead_back_to_their_values() {
        for &colour in Colour::ALL {
            assert_eq!(Colour::from_word(colour.word()), Some(colour));
            assert_eq!(
                serde_json::to_string(&colour).unwrap(),
                format!("\"{}\"", colour.word())
            );
        }
        assert_eq!(Colour::ALL.len(), 32);
        assert_eq!(Colour::ALL.get(..10), Some(SHAPE_COLOURS.as_slice()));
    }
}
