//! Backgrounds: plain and procedural fields for shape scenes, and known places for composites.
//!
//! | file | holds |
//! |---|---|
//! | `fields.rs` | plain, gradient, noise, bokeh, waves |
//! | `surfaces.rs` | wood, brick, grass |
//! | `outdoors.rs` | sky, sand, water, night, snow, forest, street |
//! | `indoors.rs` | room, table |
//! | `strokes.rs` | lines, areas and spots over a painted field |

use super::noise::Noise;
use super::picture::Picture;
use super::random::Rng;
use super::truth::Background;
use super::vocabulary::Colour;

mod fields;
mod indoors;
mod outdoors;
mod strokes;
mod surfaces;

/// The known places of composites, drawn backgrounds only.
pub(super) const PLACES: [Background; 12] = [
    Background::Wood,
    Background::Brick,
    Background::Grass,
    Background::Sky,
    Background::Sand,
    Background::Water,
    Background::Night,
    Background::Snow,
    Background::Forest,
    Background::Room,
    Background::Table,
    Background::Street,
];

/// The fields of shape scenes.
pub(super) const FIELDS: [Background; 5] = [
    Background::Plain,
    Background::Gradient,
    Background::Noise,
    Background::Bokeh,
    Background::Waves,
];

/// Colours that plain backgrounds take.
pub(super) const PLAIN_COLOURS: [Colour; 22] = [
    Colour::White,
    Colour::LightGray,
    Colour::Gray,
    Colour::Black,
    Colour::Beige,
    Colour::Cream,
    Colour::LightBlue,
    Colour::Mint,
    Colour::Lavender,
    Colour::Peach,
    Colour::Red,
    Colour::Blue,
    Colour::Green,
    Colour::Yellow,
    Colour::Pink,
    Colour::Orange,
    Colour::Purple,
    Colour::Brown,
    Colour::Teal,
    Colour::Navy,
    Colour::DarkGray,
    Colour::Tan,
];

/// Where things that stand touch the ground, as shares of the height (highest and lowest); `None` where the picture
/// looks straight at a surface.
pub(super) fn ground(background: Background) -> Option<(f32, f32)> {
    match background {
        Background::Room => Some((0.80, 0.92)),
        Background::Table => Some((0.74, 0.90)),
        Background::Street => Some((0.80, 0.92)),
        Background::Snow => Some((0.76, 0.92)),
        Background::Forest => Some((0.82, 0.93)),
        _ => None,
    }
}

/// The colour word of the place, where it has one.
pub(super) fn place_colour(background: Background) -> Option<Colour> {
    match background {
        Background::Grass => Some(Colour::Green),
        Background::Sky => Some(Colour::LightBlue),
        Background::Water => Some(Colour::Blue),
        Background::Night => Some(Colour::Navy),
        Background::Snow => Some(Colour::White),
        Background::Sand => Some(Colour::Beige),
        Background::Wood => Some(Colour::Brown),
        Background::Brick => Some(Colour::Rust),
        _ => None,
    }
}

/// Paints the background; `colour` is used by fields and rooms and ignored by places with their own colours.
pub(super) fn paint(kind: Background, colour: Colour, rng: &mut Rng, width: usize, height: usize) -> Picture {
    let base = jitter(colour.tone(), 7.0, rng);
    let canvas = Canvas {
        width,
        height,
        unit: width.min(height) as f32 / 100.0,
        noise: Noise::new(rng),
    };
    match kind {
        Background::Plain | Background::Photo => canvas.plain(base, rng),
        Background::Gradient => canvas.gradient(base, rng),
        Background::Noise => canvas.noise_field(base, rng),
        Background::Bokeh => canvas.bokeh(base, rng),
        Background::Waves => canvas.waves(base, rng),
        Background::Wood => canvas.wood(rng),
        Background::Brick => canvas.brick(rng),
        Background::Grass => canvas.grass(rng),
        Background::Sky => canvas.sky(rng),
        Background::Sand => canvas.sand(rng),
        Background::Water => canvas.water(rng),
        Background::Night => canvas.night(rng),
        Background::Snow => canvas.snow(rng),
        Background::Forest => canvas.forest(rng),
        Background::Room => canvas.room(base, rng),
        Background::Table => canvas.table(base, rng),
        Background::Street => canvas.street(rng),
    }
}

/// A colour moved a little in each channel, and a little in lightness.
pub(super) fn jitter(colour: [f32; 3], amount: f32, rng: &mut Rng) -> [f32; 3] {
    let together = rng.normal() * amount * 0.7;
    colour.map(|value| (value + together + rng.normal() * amount * 0.5).clamp(4.0, 252.0))
}

/// What every background is painted with: the size, a hundredth of the shorter side, and one noise lattice.
struct Canvas {
    width: usize,
    height: usize,
    unit: f32,
    noise: Noise,
}

impl Canvas {
    fn field(&self, paint: impl FnMut(f32, f32) -> [f32; 3]) -> Picture {
        Picture::from_fn(self.width, self.height, paint)
    }
}
