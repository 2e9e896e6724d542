//! The demo photos: a small library with themes, hours, cameras and dates, so that every focus has something to find.
//!
//! An index gives a plan, which is cheap and already knows the file's name; the plan gives the picture.
//!
//! - `themes`: what each theme shows, and where
//! - `plan_scene`: shapes, objects, colours and light of one picture
//! - `wording`: the words in a picture's file name

mod plan_scene;
mod themes;
mod wording;

use image::RgbImage;

use self::plan_scene::{composite_plan, shape_plan};
use self::themes::{SLOTS, Theme};
use self::wording::{describe, describe_shapes};
use super::composite::{self, CompositePlan, Composition};
use super::random::{Rng, Split, Stream};
use super::shape_scene::{self, ShapePlan};
use super::style::{Style, apply_style};
use super::truth::{Background, Hour, SceneTruth};

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

const CAMERAS: [(&str, &str); 5] = [
    ("Lumina", "Lumina L5"),
    ("Fjord", "Fjord 70D"),
    ("Pocket", "Pocket 12 Pro"),
    ("Orion", "Orion X3"),
    ("Lumina", "Lumina Mini"),
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
