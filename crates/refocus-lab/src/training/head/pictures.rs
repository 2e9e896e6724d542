//! The pictures that the focus encoder is trained on: rendered scenes, composites, photos and photos in other styles.
//!
//! A [`Plan`] is a list of sources in a fixed order; each source is painted by itself, from its own seed, so that pictures
//! can be made on any number of threads and again after a stop. Held-out classes never enter, neither as photos nor as
//! cut-outs.

use std::path::{Path, PathBuf};

use image::{RgbImage, imageops};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::training::everyday::EverydayPhotos;
use crate::training::held_out::HeldOut;
use refocus_scenes::{
    Composition, Cutout, Materials, Measurements, SceneTruth, Split, Style, apply_style, composite_scene_with, measure,
    shape_scene,
};
use refocus_training::TrainError;

/// Side of a rendered picture in pixels: the image tower's own.
const SIDE: u32 = 260;
/// Cut-outs taken of one class at most, so that no class fills the composites.
const CUTOUTS_PER_CLASS: usize = 8;
/// Background photos at most.
const BACKGROUNDS: usize = 240;
/// Folder of photos without a class: mixed scenes, good as backgrounds.
const SCENES_FOLDER: &str = "BACKGROUND_Google";

/// How many pictures of each kind are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Shape scenes.
    pub shapes: usize,
    /// Composites of one object or several equal ones.
    pub composites: usize,
    /// Composites of two or three different objects.
    pub pairs: usize,
    /// Photos in another style.
    pub styled: usize,
    /// Views of each photo: the first whole, the others mirrored and cropped.
    pub views: usize,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            shapes: 7000,
            composites: 6000,
            pairs: 11_000,
            styled: 4500,
            views: 2,
        }
    }
}

/// Where one training picture comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A shape scene of this seed.
    Shapes(u64),
    /// A composite of one object or several equal ones, of this seed.
    Composite(u64),
    /// A composite of two or three different objects, of this seed.
    Pair(u64),
    /// A photo, whole or (from view 1) mirrored and cropped.
    Photo {
        /// The file.
        path: PathBuf,
        /// Its class: the folders between the data folder and the file, data folder included.
        class: String,
        /// Number of the view.
        view: u64,
    },
    /// A photo of everyday life, whole or (from view 1) cropped, every second view mirrored.
    Everyday {
        /// The file.
        path: PathBuf,
        /// Its id among the labels.
        id: String,
        /// Number of the view.
        view: u64,
    },
    /// A photo in another style.
    Styled {
        /// The file.
        path: PathBuf,
        /// Its class.
        class: String,
        /// The style.
        style: Style,
        /// Seed of strokes and paper.
        seed: u64,
    },
}

/// All that is known of one training picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PictureFacts {
    /// The class of a photo, such as `caltech101/accordion`.
    pub class: Option<String>,
    /// What the renderer knows.
    pub truth: Option<SceneTruth>,
    /// The id of a photo of everyday life among its labels.
    #[serde(default)]
    pub everyday: Option<String>,
    /// The style of a photo.
    pub style: Option<Style>,
    /// What its pixels say.
    pub measured: Measurements,
    /// Boxes of the objects that the encoder found, as shares of the picture.
    pub boxes: [[f32; 4]; refocus_model::objects::OBJECTS],
}

/// The decode gate: a file to an upright sRGB picture, or the reason why not.
pub type Decode<'a> = &'a (dyn Fn(&Path) -> Result<RgbImage, String> + Sync);

/// The sources of all training pictures, and what composites are made of.
pub struct Plan {
    /// In the order in which they are made.
    pub sources: Vec<Source>,
    cutouts: Vec<Cutout>,
    backgrounds: Vec<RgbImage>,
}

impl Plan {
    /// Lists the pictures of these folders and of the renderer. The same folders, counts and seed give the same plan.
    ///
    /// # Errors
    /// [`TrainError::Folder`] when a folder cannot be listed.
    pub fn new(folders: &[PathBuf], counts: Counts, seed: u64, decode: Decode<'_>) -> Result<Self, TrainError> {
        let held_out = HeldOut::committed()?;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut photos = Vec::new();
        for folder in folders {
            photos.extend(training_photos(folder, &held_out)?);
        }
        let mut shuffled = photos.clone();
        shuffled.shuffle(&mut random);
        let cutouts = cutouts(&shuffled, decode);
        let backgrounds = backgrounds(&shuffled, decode);

        let number = |i: usize| seed.wrapping_mul(1 << 32).wrapping_add(i as u64);
        let mut sources: Vec<Source> = Vec::new();
        sources.extend((0..counts.shapes).map(|i| Source::Shapes(number(i))));
        sources.extend((0..counts.composites).map(|i| Source::Composite(number(i))));
        sources.extend((0..counts.pairs).map(|i| Source::Pair(number(i + (1 << 24)))));
        for view in 0..counts.views as u64 {
            sources.extend(photos.iter().map(|(path, class)| Source::Photo {
                path: path.clone(),
                class: class.clone(),
                view,
            }));
        }
        if !shuffled.is_empty() {
            sources.extend((0..counts.styled).filter_map(|i| {
                let (path, class) = shuffled.get(i % shuffled.len())?;
                let styles: Vec<Style> = Style::ALL.iter().copied().filter(|s| *s != Style::Photo).collect();
                Some(Source::Styled {
                    path: path.clone(),
                    class: class.clone(),
                    style: styles.get(random.random_range(0..styles.len())).copied()?,
                    seed: number(i),
                })
            }));
        }
        // Mixed, so that a part of the pictures is already a fair sample of all.
        sources.shuffle(&mut random);
        Ok(Self {
            sources,
            cutouts,
            backgrounds,
        })
    }

    /// Photos of everyday life, each in several views. They are a plan of their own, so that other pictures need not be made
    /// anew when their labels grow.
    #[must_use]
    pub fn everyday(photos: &EverydayPhotos, views: std::ops::Range<u64>, seed: u64) -> Self {
        let mut sources: Vec<Source> = views
            .flat_map(|view| {
                photos.iter().map(move |(id, photo)| Source::Everyday {
                    path: photo.path.clone(),
                    id: id.to_owned(),
                    view,
                })
            })
            .collect();
        sources.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        Self {
            sources,
            cutouts: Vec::new(),
            backgrounds: Vec::new(),
        }
    }

    /// A name that changes with anything that the pictures depend on.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for source in &self.sources {
            hasher.update(format!("{source:?}").as_bytes());
        }
        for cutout in &self.cutouts {
            hasher.update(cutout.name.as_bytes());
            hasher.update(cutout.image.as_raw());
        }
        hasher.update(&(self.backgrounds.len() as u64).to_le_bytes());
        hasher
            .finalize()
            .to_hex()
            .as_str()
            .get(..16)
            .unwrap_or_default()
            .to_owned()
    }

    /// Paints or decodes one picture.
    ///
    /// # Errors
    /// The decode gate's reason, with the file.
    pub fn picture(&self, source: &Source, decode: Decode<'_>) -> Result<(RgbImage, PictureFacts), String> {
        let materials = Materials {
            cutouts: &self.cutouts,
            cutout_share: 0.55,
            recolour_share: 0.6,
            photos: &self.backgrounds,
            photo_share: 0.3,
        };
        let mut everyday = None;
        let (image, truth, class, style) = match source {
            Source::Shapes(seed) => {
                let (image, truth) = shape_scene(*seed, Split::Training, SIDE);
                (image, Some(truth), None, None)
            }
            Source::Composite(seed) => {
                let composition = if seed % 3 == 0 {
                    Composition::Several
                } else {
                    Composition::Single
                };
                let (image, truth) = composite_scene_with(*seed, Split::Training, SIDE, Some(composition), &materials);
                (image, Some(truth), None, None)
            }
            Source::Pair(seed) => {
                let composition = if seed % 4 == 0 {
                    Composition::Trio
                } else {
                    Composition::Pair
                };
                let (image, truth) = composite_scene_with(*seed, Split::Training, SIDE, Some(composition), &materials);
                (image, Some(truth), None, None)
            }
            Source::Photo { path, class, view } => {
                let photo = decode(path).map_err(|reason| format!("{reason}: {}", path.display()))?;
                let photo = if *view == 0 {
                    photo
                } else {
                    other_view(&photo, path, *view)
                };
                (photo, None, Some(class.clone()), Some(Style::Photo))
            }
            Source::Everyday { path, id, view } => {
                let photo = decode(path).map_err(|reason| format!("{reason}: {}", path.display()))?;
                everyday = Some(id.clone());
                let photo = match view {
                    0 => photo,
                    1 => imageops::flip_horizontal(&photo),
                    _ => other_view(&photo, path, *view),
                };
                (photo, None, None, Some(Style::Photo))
            }
            Source::Styled {
                path,
                class,
                style,
                seed,
            } => {
                let photo = decode(path).map_err(|reason| format!("{reason}: {}", path.display()))?;
                let styled = apply_style(&photo, *style, *seed, Split::Training);
                (styled, None, Some(class.clone()), Some(*style))
            }
        };
        let facts = PictureFacts {
            class,
            truth,
            everyday,
            style,
            measured: measure(&image),
            boxes: [[0.0; 4]; refocus_model::objects::OBJECTS],
        };
        Ok((image, facts))
    }
}

/// Training photos of a data folder, each with its class.
fn training_photos(folder: &Path, held_out: &HeldOut) -> Result<Vec<(PathBuf, String)>, TrainError> {
    let set = folder.file_name().unwrap_or_default();
    let with_class = |path: PathBuf| {
        let below = path.parent().and_then(|parent| parent.strip_prefix(folder).ok());
        let class = Path::new(set).join(below.unwrap_or(Path::new("")));
        let class = class.to_string_lossy().replace('\\', "/");
        let class = class.trim_end_matches('/').to_owned();
        (path, class)
    };
    let photos = held_out.training_photos(folder)?;
    Ok(photos.into_iter().map(with_class).collect())
}

/// The name of the thing that photos of a class show.
fn object_name(class: &str) -> String {
    let last = class.rsplit('/').next().unwrap_or(class);
    last.replace(['_', '-'], " ").to_lowercase()
}

fn cutouts(photos: &[(PathBuf, String)], decode: Decode<'_>) -> Vec<Cutout> {
    let mut of_class: std::collections::BTreeMap<&str, Vec<Cutout>> = std::collections::BTreeMap::new();
    for (path, class) in photos {
        let taken = of_class.entry(class.as_str()).or_default();
        if taken.len() >= CUTOUTS_PER_CLASS || class.ends_with(SCENES_FOLDER) {
            continue;
        }
        // A photo that cannot be read is reported where it is a training picture itself.
        let cutout = decode(path)
            .ok()
            .and_then(|photo| Cutout::from_plain_border(&photo, &object_name(class)));
        taken.extend(cutout);
    }
    of_class.into_values().flatten().collect()
}

fn backgrounds(photos: &[(PathBuf, String)], decode: Decode<'_>) -> Vec<RgbImage> {
    let scenes = photos.iter().filter(|(_, class)| class.ends_with(SCENES_FOLDER));
    let others = photos.iter().filter(|(_, class)| !class.ends_with(SCENES_FOLDER));
    let readable = scenes.chain(others).filter_map(|(path, _)| decode(path).ok());
    readable
        .filter(|photo| photo.width() >= 8 && photo.height() >= 8)
        .take(BACKGROUNDS)
        .collect()
}

/// The photo mirrored and cropped to 75–95 % of each side, the same for the same file and view.
fn other_view(photo: &RgbImage, path: &Path, view: u64) -> RgbImage {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hash = blake3::hash(name.as_bytes());
    let seed = hash.as_bytes().first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b));
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ view);
    let mut part = |side: u32| {
        let kept = ((side as f32 * random.random_range(0.75..0.95)) as u32).max(1);
        (random.random_range(0..=side - kept), kept)
    };
    let ((x, width), (y, height)) = (part(photo.width()), part(photo.height()));
    let crop = imageops::crop_imm(photo, x, y, width, height).to_image();
    if view.is_multiple_of(2) {
        crop
    } else {
        imageops::flip_horizontal(&crop)
    }
}
