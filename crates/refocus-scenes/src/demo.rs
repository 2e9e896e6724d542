//! The demo photos: a small library with themes, hours, cameras and dates, so that every focus has something to find.

use image::RgbImage;

use super::backgrounds;
use super::composite::{self, CompositePlan, Composition, PlannedObject, Source};
use super::drawings::{self, Drawing};
use super::light::draw_light;
use super::measure::colour_distance;
use super::random::{Rng, Split, Stream};
use super::shape_scene::{self, ShapePlan};
use super::style::{Style, apply_style};
use super::truth::{Background, Hour, Kind, SceneTruth};
use super::vocabulary::{Colour, MAX_COUNT, SHAPE_COLOURS, Shape, Texture};

/// How many pictures the demo library has.
pub const DEMO_COUNT: u32 = 500;

/// The file format of a demo picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// With date and camera as EXIF.
    Jpeg,
    /// Without metadata.
    Png,
    /// Lossless, without metadata.
    WebP,
}

impl FileFormat {
    const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }
}

/// A rendered demo picture and what belongs to its file.
#[derive(Clone, Debug)]
pub struct DemoPicture {
    /// Path below the demo folder, with `/`: theme folder and file name.
    pub file_name: String,
    /// How the file is written.
    pub format: FileFormat,
    /// The pixels.
    pub image: RgbImage,
    /// Everything known of it.
    pub truth: SceneTruth,
    /// When it was "taken", as EXIF writes it: `YYYY:MM:DD HH:MM:SS`.
    pub taken: String,
    /// Make of the camera. Cameras are invented.
    pub camera_make: &'static str,
    /// Model of the camera.
    pub camera_model: &'static str,
}

/// Renders one demo picture. Any index gives a picture; the demo library has the first [`DEMO_COUNT`].
pub fn demo_picture(index: u32) -> DemoPicture {
    let (plan, rng) = plan(index);
    plan.render(rng)
}

/// Path below the demo folder of the picture with this index, found without rendering it.
pub(super) fn demo_file_name(index: u32) -> String {
    plan(index).0.file_name
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Theme {
    Shapes,
    StillLife,
    Wardrobe,
    Street,
    Animals,
    Garden,
    Travel,
}

/// One theme a slot; paintings and old photos show the other themes in their own manner.
const SLOTS: [(&str, Theme); 25] = [
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

const CAMERAS: [(&str, &str); 5] = [
    ("Lumina", "Lumina L5"),
    ("Fjord", "Fjord 70D"),
    ("Pocket", "Pocket 12 Pro"),
    ("Orion", "Orion X3"),
    ("Lumina", "Lumina Mini"),
];

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

const PAINTED: [Style; 6] = [
    Style::OilPainting,
    Style::Watercolor,
    Style::PencilSketch,
    Style::Cartoon,
    Style::LineDrawing,
    Style::PixelArt,
];

const OLD: [Style; 3] = [Style::BlackAndWhite, Style::Sepia, Style::Blurry];

enum Scene {
    Shapes(ShapePlan),
    Composite(CompositePlan<'static>),
}

/// A demo picture before it is painted: cheap to make, and it already knows its file name.
struct DemoPlan {
    index: u32,
    file_name: String,
    format: FileFormat,
    scene: Scene,
    style: Style,
    size: (u32, u32),
    taken: String,
    camera: (&'static str, &'static str),
}

impl DemoPlan {
    fn render(self, mut rng: Rng) -> DemoPicture {
        let (width, height) = self.size;
        let (image, mut truth) = match &self.scene {
            Scene::Shapes(plan) => shape_scene::paint(plan, &mut rng, width, height),
            Scene::Composite(plan) => composite::paint(plan, &mut rng, width, height),
        };
        truth.style = self.style;
        DemoPicture {
            file_name: self.file_name,
            format: self.format,
            image: apply_style(&image, self.style, u64::from(self.index), Split::Test),
            truth,
            taken: self.taken,
            camera_make: self.camera.0,
            camera_model: self.camera.1,
        }
    }
}

fn plan(index: u32) -> (DemoPlan, Rng) {
    let mut rng = Rng::new(u64::from(index), Split::Test, Stream::Demo);
    let (folder, theme) = SLOTS[index as usize % SLOTS.len()];
    let round = index as usize / SLOTS.len();
    let style = match folder {
        "Paintings" => PAINTED[(round * 3 + index as usize % SLOTS.len() / 6) % PAINTED.len()],
        "Old photos" => OLD[round % OLD.len()],
        _ => Style::Photo,
    };
    let (scene, described, hour, background) = if theme == Theme::Shapes {
        let plan = shape_plan(&mut rng);
        (
            Scene::Shapes(plan),
            describe_shapes(&plan),
            plan.light.hour,
            plan.background,
        )
    } else {
        let plan = composite_plan(theme, &mut rng);
        let words = describe(&plan);
        let (hour, background) = (plan.light.hour, plan.background);
        (Scene::Composite(plan), words, hour, background)
    };
    let size = match &scene {
        Scene::Composite(plan) if plan.composition == Composition::Single => {
            rng.pick(&[(640, 480), (480, 640), (600, 600), (540, 720), (800, 533)])
        }
        Scene::Composite(_) => rng.pick(&[(640, 480), (800, 533), (720, 540), (600, 600)]),
        Scene::Shapes(_) => rng.pick(&[(640, 480), (480, 640), (600, 600), (800, 533), (533, 800)]),
    };
    let format = match index % 25 {
        7 => FileFormat::Png,
        15 => FileFormat::WebP,
        _ => FileFormat::Jpeg,
    };
    let manner = if style == Style::Photo {
        String::new()
    } else {
        format!(", {style}")
    };
    let file_name = format!("{folder}/{described}{manner} {:03}.{}", index + 1, format.extension());
    let taken = date(hour, background, &mut rng);
    let camera = rng.pick(&CAMERAS);
    (
        DemoPlan {
            index,
            file_name,
            format,
            scene,
            style,
            size,
            taken,
            camera,
        },
        rng,
    )
}

fn shape_plan(rng: &mut Rng) -> ShapePlan {
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

/// The drawings that belong to a theme, and where they are seen.
fn cast(theme: Theme) -> (Vec<&'static Drawing>, &'static [Background]) {
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
fn fits(drawing: &Drawing, background: Background) -> bool {
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

fn composite_plan(theme: Theme, rng: &mut Rng) -> CompositePlan<'static> {
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
    let any: Vec<Colour> = super::vocabulary::OBJECT_COLOURS.into_iter().filter(clear).collect();
    if !natural.is_empty() && rng.chance(0.93) {
        rng.pick(&natural)
    } else if any.is_empty() {
        rng.pick(drawing.natural)
    } else {
        rng.pick(&any)
    }
}

const NUMBERS: [&str; 11] = [
    "No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten",
];

fn describe_shapes(plan: &ShapePlan) -> String {
    let plural = match (plan.count, plan.shape) {
        (1, _) => "",
        (_, Shape::Cross) => "es",
        _ => "s",
    };
    let number = NUMBERS.get(plan.count as usize).copied().unwrap_or("Many");
    format!("{number} {} {} {}{plural}", plan.texture, plan.colour, plan.shape)
}

fn describe(plan: &CompositePlan<'_>) -> String {
    let name = |object: &PlannedObject<'_>, plural: bool| match object.source {
        Source::Drawn(drawing) if plural => drawing.plural.to_owned(),
        Source::Drawn(drawing) => drawing.name.to_owned(),
        Source::Cut(cutout) => cutout.name.clone(),
    };
    let coloured = |object: &PlannedObject<'_>, plural: bool| match object.colour {
        Some(colour) => format!("{colour} {}", name(object, plural)),
        None => name(object, plural),
    };
    let things = match (plan.composition, plan.objects.first()) {
        (Composition::Several, Some(object)) => {
            let number = NUMBERS.get(plan.count as usize).copied().unwrap_or("Many");
            format!("{number} {}", coloured(object, true))
        }
        _ => plan
            .objects
            .iter()
            .map(|object| coloured(object, false))
            .collect::<Vec<_>>()
            .join(" and "),
    };
    let place = match plan.background {
        Background::Plain => format!("on {}", plan.background_colour),
        Background::Wood => "on wooden planks".to_owned(),
        Background::Brick => "at a brick wall".to_owned(),
        Background::Grass => "on the grass".to_owned(),
        Background::Sky => "in the sky".to_owned(),
        Background::Sand => "on sand".to_owned(),
        Background::Water => "on the water".to_owned(),
        Background::Night => "under the stars".to_owned(),
        Background::Snow => "in the snow".to_owned(),
        Background::Forest => "in the forest".to_owned(),
        Background::Room => "in a room".to_owned(),
        Background::Table => "on a table".to_owned(),
        Background::Street => "in the street".to_owned(),
        other => format!("before {other}"),
    };
    let time = match plan.light.hour {
        Hour::Morning => " in the morning",
        Hour::Dusk => " at dusk",
        Hour::Night if plan.background != Background::Night => " at night",
        _ => "",
    };
    let mut text = format!("{things} {place}{time}");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// A date whose hour and season suit the light and the place.
fn date(hour: Hour, background: Background, rng: &mut Rng) -> String {
    let year = rng.whole(2017, 2025);
    let month = match background {
        Background::Snow => rng.pick(&[1, 2, 12]),
        Background::Sand | Background::Water => rng.whole(6, 8),
        Background::Grass | Background::Forest => rng.whole(4, 10),
        _ => rng.whole(1, 12),
    };
    let (from, to) = match hour {
        Hour::Studio => (9, 17),
        Hour::Morning => (6, 8),
        Hour::Noon => (11, 14),
        Hour::Dusk => (18, 20),
        Hour::Night => (21, 23),
    };
    let (day, hour) = (rng.whole(1, 28), rng.whole(from, to));
    format!(
        "{year:04}:{month:02}:{day:02} {hour:02}:{:02}:{:02}",
        rng.whole(0, 59),
        rng.whole(0, 59)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn the_library_is_large_varied_and_every_name_is_its_own() {
        let mut names = HashSet::new();
        let mut folders: HashMap<String, u32> = HashMap::new();
        let (mut sizes, mut formats) = (HashSet::new(), [0; 3]);
        for index in 0..DEMO_COUNT {
            let (plan, _) = plan(index);
            let (folder, file) = plan.file_name.split_once('/').unwrap();
            assert!(!file.contains(['/', '\\', ':', '?', '*', '"', '<', '>', '|']), "{file}");
            *folders.entry(folder.to_owned()).or_default() += 1;
            sizes.insert(plan.size);
            formats[plan.format as usize] += 1;
            assert!(names.insert(plan.file_name.to_lowercase()), "{}", plan.file_name);
        }
        const { assert!(DEMO_COUNT >= 480) };
        assert!(
            folders.len() >= 8 && folders.values().all(|&count| count >= 20),
            "{folders:?}"
        );
        assert!(
            sizes.len() >= 5 && formats.iter().all(|&count| count >= 10),
            "{sizes:?} {formats:?}"
        );
    }

    #[test]
    fn a_picture_is_what_its_plan_promised_and_repeats() {
        for index in [0, 1, 6, 8, 16] {
            let picture = demo_picture(index);
            assert_eq!(picture.file_name, demo_file_name(index));
            assert!(picture.image == demo_picture(index).image);
            assert!(picture.image.width() >= 480 && picture.image.height() >= 480);
            assert_eq!(picture.taken.len(), 19);
            let painted = picture.file_name.starts_with("Paintings") || picture.file_name.starts_with("Old photos");
            assert_eq!(picture.truth.style != Style::Photo, painted);
        }
    }
}
