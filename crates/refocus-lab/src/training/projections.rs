//! `refocus-lab train --stage projections`: the bases and means of the built-in encoder.
//!
//! Texts give μ, the class vectors and their semantic basis. Training photos give, in one pass of the image tower, the
//! features of their 25 regions; from these come the principal directions of each layer, the spread of the statistics,
//! the plain basis, and (until a trained head brings its own) the linear map from 506 numbers to a token of 128, which is
//! the tokens' principal directions. Held-out classes ([`HeldOut`]) never enter.
//!
//! - `principal_directions`: spread, second moments, eigenvectors
//! - `centring_words`: the values and instructions in μ

mod centring_words;
mod principal_directions;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::Device;
use half::f16;
use half::slice::HalfFloatSliceExt;
use half::vec::HalfFloatVecExt;
use image::RgbImage;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use self::centring_words::{INSTRUCTIONS, VALUES};
use self::principal_directions::spread;
pub use self::principal_directions::{PrincipalDirections, second_moments};
use super::held_out::HeldOut;
use refocus_model::assets::class_names;
use refocus_model::built_in::ImageEncoder;
use refocus_model::colour_statistics::{REGIONS, STATISTICS};
use refocus_model::detector::{CLASS_NAMES, Detection};
use refocus_model::encoding::{PLAIN_DIM, SEMANTIC_DIM, TOKEN_DIM};
use refocus_model::named_colours::{COLOURS, NAMED};
use refocus_model::objects::OBJECTS;
use refocus_model::pooling::{EARLY, HEAD, MIDDLE, PhotoFeatures};
use refocus_model::projections::{
    Affine, EARLY_KEPT, HEAD_KEPT, MIDDLE_KEPT, Projections, REGION_DIM, plain_features, square_root,
};
use refocus_model::text_space::centre;
use refocus_model::text_tower::{TEXT_DIM, TextTower};
use refocus_model::things::Things;
use refocus_model::vector_math::add_scaled;
use refocus_model::{ModelError, PictureView};

/// Photos whose features are worked on at a time.
const BLOCK: usize = 32;
/// Statistics that are nearly always 0, such as counts outside the whole picture, are not blown up beyond this.
const MOST_SCALE: f32 = 8.0;
/// Photos that go through the tower together.
const BATCH: usize = 8;

/// Why projections could not be fitted.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// A model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A tensor operation failed.
    #[error(transparent)]
    Compute(#[from] candle_core::Error),
    /// The list of held-out classes is damaged.
    #[error("the list of held-out classes cannot be read: {0}")]
    HeldOut(#[from] serde_json::Error),
    /// A folder cannot be listed.
    #[error("the folder cannot be listed: {0}")]
    Folder(#[from] walkdir::Error),
    /// Principal directions need more photos than directions.
    #[error("{found} training photos, at least {needed} are needed")]
    TooFewPhotos {
        /// Photos that were read.
        found: usize,
        /// Photos that are needed.
        needed: usize,
    },
    /// The result cannot be written.
    #[error("{source}: {path}", path = path.display())]
    Write {
        /// The operating system's error message.
        source: std::io::Error,
        /// The file.
        path: PathBuf,
    },
}

impl From<FitError> for refocus_training::TrainError {
    fn from(error: FitError) -> Self {
        Self::Basis(Box::new(error))
    }
}

/// What is fitted on what.
#[derive(Debug, Clone)]
pub struct Params {
    /// Folders of training photos, one a data set.
    pub folders: Vec<PathBuf>,
    /// Everyday photos that may be trained on: a data set of its own.
    pub everyday: Vec<PathBuf>,
    /// Photos taken of each data set at most, drawn by the seed: no data set outweighs the others.
    pub photos_per_folder: usize,
    /// Seed of the draw.
    pub seed: u64,
    /// The file that is written.
    pub out: PathBuf,
}

/// How far a fit is, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Pictures that went through the tower.
    pub done: usize,
    /// Pictures in all.
    pub total: usize,
}

/// What a fit did.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// Photos read from each folder.
    pub photos: BTreeMap<String, usize>,
    /// Rendered pictures.
    pub rendered: usize,
    /// Files that could not be decoded, each with its reason.
    pub failed: Vec<(PathBuf, String)>,
    /// Share of the variance that each basis keeps, 0–1.
    pub kept: BTreeMap<&'static str, f64>,
}

/// Fits on the photos of folders and on rendered pictures, and writes the file.
///
/// `decode` is the program's decode gate: a file to an upright sRGB picture. `rendered` are pictures of the renderer's
/// training split.
///
/// # Errors
/// [`FitError`]; files that cannot be decoded are no error, they are listed in [`Fitted::failed`].
pub fn run(
    params: &Params,
    decode: &(dyn Fn(&Path) -> Result<RgbImage, String> + Sync),
    rendered: &[RgbImage],
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Fitted, FitError> {
    let held_out = HeldOut::committed()?;
    let files = training_photos(params, &held_out)?;
    let encoder = ImageEncoder::built_in(&Device::Cpu)?;
    let total = files.len() + rendered.len();
    let mut features = Vec::new();
    let mut photos: BTreeMap<String, usize> = BTreeMap::new();
    let mut failed = Vec::new();
    let mut done = 0;
    for block in files.chunks(BLOCK) {
        let pictures: Vec<Result<RgbImage, String>> = block.par_iter().map(|(_, path)| decode(path)).collect();
        let mut readable = Vec::new();
        for ((set, path), picture) in block.iter().zip(pictures) {
            match picture {
                Ok(picture) => {
                    *photos.entry(set.clone()).or_default() += 1;
                    readable.push(picture);
                }
                Err(reason) => failed.push((path.clone(), reason)),
            }
        }
        features.extend(compact_features(&encoder, &readable)?);
        done += block.len();
        progress(Progress { done, total });
    }
    for block in rendered.chunks(BLOCK) {
        features.extend(compact_features(&encoder, block)?);
        done += block.len();
        progress(Progress { done, total });
    }
    let (projections, kept) = fit(&features, &encoder, &TextTower::built_in()?)?;
    let counts = photos
        .iter()
        .map(|(set, n)| format!("{set} {n}"))
        .collect::<Vec<_>>()
        .join(", ");
    let made_from = [
        ("command", "refocus-lab train --stage projections".to_owned()),
        ("photos", counts),
        ("rendered", rendered.len().to_string()),
        ("photos_per_folder", params.photos_per_folder.to_string()),
        ("seed", params.seed.to_string()),
        ("held_out", "assets/held-out-classes.json".to_owned()),
    ];
    std::fs::write(&params.out, projections.to_bytes(&made_from)?).map_err(|source| FitError::Write {
        source,
        path: params.out.clone(),
    })?;
    Ok(Fitted {
        photos,
        rendered: rendered.len(),
        failed,
        kept,
    })
}

/// The photos to fit on, each with the name of its data set; the same for the same seed and folders.
fn training_photos(params: &Params, held_out: &HeldOut) -> Result<Vec<(String, PathBuf)>, FitError> {
    let mut random = ChaCha8Rng::seed_from_u64(params.seed);
    let mut files = Vec::new();
    let mut draw = |mut photos: Vec<(String, PathBuf)>| {
        photos.shuffle(&mut random);
        photos.truncate(params.photos_per_folder);
        files.extend(photos);
    };
    for folder in &params.folders {
        let set = folder
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut photos = Vec::new();
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let entry = entry?;
            let picture = entry.path().extension().is_some_and(|kind| {
                ["jpg", "jpeg", "png", "webp"]
                    .iter()
                    .any(|known| kind.eq_ignore_ascii_case(known))
            });
            if entry.file_type().is_file() && picture && !held_out.contains(entry.path()) {
                photos.push((set.clone(), entry.into_path()));
            }
        }
        draw(photos);
    }
    let everyday = params.everyday.iter();
    draw(everyday.map(|path| ("everyday".to_owned(), path.clone())).collect());
    Ok(files)
}

/// Features of a photo in f16: thousands of them are kept until the last basis is fitted.
#[derive(Debug, Clone)]
pub struct CompactFeatures {
    head: Vec<f16>,
    middle: Vec<f16>,
    early: Vec<f16>,
    statistics: Vec<f16>,
    boxes: [[f32; 4]; OBJECTS],
    objects: [Option<Detection>; OBJECTS],
    things: Things,
}

impl CompactFeatures {
    fn of(features: &PhotoFeatures) -> Self {
        let compact = |values: &[f32]| Vec::from_f32_slice(values);
        Self {
            head: compact(&features.head),
            middle: compact(&features.middle),
            early: compact(&features.early),
            statistics: compact(&features.statistics),
            boxes: features.boxes,
            objects: features.objects,
            things: features.things.clone(),
        }
    }

    /// Back to f32.
    pub fn expand(&self) -> PhotoFeatures {
        PhotoFeatures {
            head: self.head.to_f32_vec(),
            middle: self.middle.to_f32_vec(),
            early: self.early.to_f32_vec(),
            statistics: self.statistics.to_f32_vec(),
            boxes: self.boxes,
            objects: self.objects,
            things: self.things.clone(),
        }
    }
}

/// Features of pictures, in their order, computed on all cores.
///
/// # Errors
/// As [`ImageEncoder::prepare`] and [`ImageEncoder::features`].
pub fn compact_features(encoder: &ImageEncoder, pictures: &[RgbImage]) -> Result<Vec<CompactFeatures>, ModelError> {
    let batches: Vec<Vec<CompactFeatures>> = pictures
        .par_chunks(BATCH)
        .map(|batch| {
            let prepared = batch
                .iter()
                .map(|p| encoder.prepare(PictureView::new(p.width(), p.height(), p.as_raw())?))
                .collect::<Result<Vec<_>, ModelError>>()?;
            Ok(encoder.features(&prepared)?.iter().map(CompactFeatures::of).collect())
        })
        .collect::<Result<_, ModelError>>()?;
    Ok(batches.into_iter().flatten().collect())
}

/// Fits everything on the features of training photos; the same features give the same bytes.
///
/// Returns the projections and the share of variance that each basis keeps.
///
/// # Errors
/// [`FitError::TooFewPhotos`], [`FitError::Compute`] or [`FitError::Model`].
pub fn fit(
    photos: &[CompactFeatures],
    encoder: &ImageEncoder,
    tower: &TextTower,
) -> Result<(Projections, BTreeMap<&'static str, f64>), FitError> {
    if photos.len() < 2 * PLAIN_DIM {
        return Err(FitError::TooFewPhotos {
            found: photos.len(),
            needed: 2 * PLAIN_DIM,
        });
    }
    let mut kept = BTreeMap::new();
    let texts = TextBases::fit(tower, &mut kept)?;

    let head_rows = || {
        blocks(photos, |photo| {
            let mut rows = photo.head.to_f32_vec();
            square_root(&mut rows);
            rows
        })
    };
    let middle_rows = || blocks(photos, |photo| photo.middle.to_f32_vec());
    let early_rows = || blocks(photos, |photo| photo.early.to_f32_vec());
    let head = whitened("head", HEAD, HEAD_KEPT, Scaling::Common, head_rows, &mut kept)?;
    let middle = whitened(
        "middle",
        MIDDLE,
        MIDDLE_KEPT,
        Scaling::EachColumn,
        middle_rows,
        &mut kept,
    )?;
    let early = whitened("early", EARLY, EARLY_KEPT, Scaling::EachColumn, early_rows, &mut kept)?;
    let statistics = spread(STATISTICS, blocks(photos, |photo| photo.statistics.to_f32_vec()));
    let plain_rows = || photos.chunks(BLOCK).map(|block| plain_features(&expand(block)));
    let plain = whitened("plain", HEAD, PLAIN_DIM, Scaling::Common, plain_rows, &mut kept)?;

    let mut projections = Projections {
        head,
        middle,
        early,
        statistics_mean: statistics.mean,
        statistics_scale: statistics
            .deviation
            .iter()
            .map(|d| (d + 1e-3).recip().min(MOST_SCALE))
            .collect(),
        semantic_basis: texts.basis,
        classes: texts.classes,
        things: texts.things,
        text_mean: texts.mean,
        colours: texts.colours,
        plain,
        token: Affine::new(vec![0.0; REGION_DIM * TOKEN_DIM], vec![0.0; TOKEN_DIM])?,
        position: vec![0.0; REGIONS * TOKEN_DIM],
        norm_weight: vec![1.0; TOKEN_DIM],
        norm_bias: vec![0.0; TOKEN_DIM],
    };
    let regions = photos
        .chunks(BLOCK)
        .map(|block| Ok(projections.regions(&expand(block), encoder.classifier())?.0))
        .collect::<Result<Vec<_>, ModelError>>()?;
    projections.token = principal("token", REGION_DIM, TOKEN_DIM, || regions.iter().cloned(), &mut kept)?;
    Ok((projections, kept))
}

fn expand(photos: &[CompactFeatures]) -> Vec<PhotoFeatures> {
    photos.iter().map(CompactFeatures::expand).collect()
}

/// The rows of one kind of feature, block after block of photos.
fn blocks<'a>(
    photos: &'a [CompactFeatures],
    rows: impl Fn(&CompactFeatures) -> Vec<f32> + 'a,
) -> impl Iterator<Item = Vec<f32>> + 'a {
    photos
        .chunks(BLOCK)
        .map(move |block| block.iter().flat_map(&rows).collect())
}

/// How columns are brought to one size before their principal directions are taken.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scaling {
    /// By one number for all: columns keep their relative sizes.
    Common,
    /// Each by its own deviation.
    EachColumn,
}

/// Principal directions with partial whitening: variance v becomes proportional to √v, which tempers the first few
/// directions without blowing the last ones up to noise.
fn whitened<I: Iterator<Item = Vec<f32>>>(
    name: &'static str,
    columns: usize,
    outputs: usize,
    scaling: Scaling,
    rows: impl Fn() -> I,
    kept: &mut BTreeMap<&'static str, f64>,
) -> Result<Affine, FitError> {
    let spread = spread(columns, rows());
    let deviations: Vec<f32> = match scaling {
        Scaling::EachColumn => spread.deviation.iter().map(|d| d + 1e-3).collect(),
        Scaling::Common => {
            let mean = spread.deviation.iter().sum::<f32>() / columns as f32 + 1e-3;
            vec![mean; columns]
        }
    };
    let inverse: Vec<f32> = deviations.iter().map(|d| d.recip()).collect();
    let directions = PrincipalDirections::of(
        &second_moments(columns, standardised(rows(), &spread.mean, &inverse))?,
        outputs,
    )?;
    kept.insert(name, directions.share);
    let first = directions.variances.first().copied().unwrap_or(1.0).max(1e-12);
    let weight = directions.as_weight(
        |v| {
            let v = v.max(1e-9 * first);
            2.0 * v.sqrt().recip() * (v / first).powf(0.25)
        },
        &inverse,
    );
    Ok(Affine::centred(&spread.mean, weight, outputs)?)
}

/// Principal directions as they are: a rotation of the centred rows, cut to the first `outputs` columns.
fn principal<I: Iterator<Item = Vec<f32>>>(
    name: &'static str,
    columns: usize,
    outputs: usize,
    rows: impl Fn() -> I,
    kept: &mut BTreeMap<&'static str, f64>,
) -> Result<Affine, FitError> {
    let spread = spread(columns, rows());
    let ones = vec![1.0; columns];
    let directions = PrincipalDirections::of(
        &second_moments(columns, standardised(rows(), &spread.mean, &ones))?,
        outputs,
    )?;
    kept.insert(name, directions.share);
    Ok(Affine::centred(
        &spread.mean,
        directions.as_weight(|_| 1.0, &ones),
        outputs,
    )?)
}

fn standardised(rows: impl Iterator<Item = Vec<f32>>, mean: &[f32], inverse: &[f32]) -> impl Iterator<Item = Vec<f32>> {
    rows.map(move |mut block| {
        for row in block.chunks_exact_mut(mean.len()) {
            for (x, (m, i)) in row.iter_mut().zip(mean.iter().zip(inverse)) {
                *x = (*x - m) * i;
            }
        }
        block
    })
}

/// What texts alone give.
struct TextBases {
    mean: Vec<f32>,
    basis: Vec<f32>,
    classes: Vec<f32>,
    things: Vec<f32>,
    colours: Vec<f32>,
}

impl TextBases {
    fn fit(tower: &TextTower, kept: &mut BTreeMap<&'static str, f64>) -> Result<Self, FitError> {
        let names = class_names()?;
        let (plain, photos) = alone_and_in_a_photo(tower, &names)?;
        let colour_names = NAMED.map(|(name, _)| name);
        let others: Vec<&str> = colour_names.iter().chain(VALUES).chain(INSTRUCTIONS).copied().collect();
        let (of_classes, of_others) = (mean_row(&plain), mean_row(&tower.embed(&others)?));
        let mean: Vec<f32> = of_classes
            .iter()
            .zip(&of_others)
            .map(|(a, b)| 0.5 * a + 0.5 * b)
            .collect();

        let mut classes: Vec<f32> = plain.iter().zip(&photos).map(|(a, b)| 0.5 * (a + b)).collect();
        centre(&mut classes, &mean);
        let moments = second_moments(TEXT_DIM, std::iter::once(classes.clone()))?;
        let directions = PrincipalDirections::of(&moments, SEMANTIC_DIM)?;
        kept.insert("semantic", directions.share);
        let basis = directions.as_weight(|_| 1.0, &[1.0; TEXT_DIM]);
        let (plain, photos) = alone_and_in_a_photo(tower, &CLASS_NAMES.map(str::to_owned))?;
        let mut things: Vec<f32> = plain.iter().zip(&photos).map(|(a, b)| 0.5 * (a + b)).collect();
        centre(&mut things, &mean);
        let mut colours = tower.embed(&colour_names)?;
        centre(&mut colours, &mean);
        debug_assert_eq!(colours.len(), COLOURS * TEXT_DIM);
        Ok(Self {
            classes: in_basis(&classes, &basis),
            things: in_basis(&things, &basis),
            mean,
            basis,
            colours,
        })
    }
}

/// Vectors of names, by themselves and in "a photo of a …".
fn alone_and_in_a_photo(tower: &TextTower, names: &[String]) -> Result<(Vec<f32>, Vec<f32>), ModelError> {
    let embed = |texts: &[String]| tower.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let photos: Vec<String> = names.iter().map(|name| format!("a photo of a {name}")).collect();
    Ok((embed(names)?, embed(&photos)?))
}

/// Rows of text vectors in the semantic basis (`[384, 128]`, row-major).
fn in_basis(rows: &[f32], basis: &[f32]) -> Vec<f32> {
    let mut reduced = vec![0.0; rows.len() / TEXT_DIM * SEMANTIC_DIM];
    for (text, row) in rows.chunks_exact(TEXT_DIM).zip(reduced.chunks_exact_mut(SEMANTIC_DIM)) {
        for (x, direction) in text.iter().zip(basis.chunks_exact(SEMANTIC_DIM)) {
            add_scaled(row, *x, direction);
        }
    }
    reduced
}

fn mean_row(rows: &[f32]) -> Vec<f32> {
    let mut mean = vec![0.0; TEXT_DIM];
    let count = (rows.len() / TEXT_DIM).max(1) as f32;
    rows.chunks_exact(TEXT_DIM)
        .for_each(|row| add_scaled(&mut mean, 1.0 / count, row));
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitened_features_have_deviations_between_flat_and_natural() {
        // Two independent columns with deviations 3 and 1, the third constant.
        let rows: Vec<f32> = (0..400)
            .flat_map(|i| {
                let phase = i as f32 * std::f32::consts::TAU / 400.0;
                [3.0 * phase.cos() + 5.0, phase.sin(), 7.0]
            })
            .collect();
        let mut kept = BTreeMap::new();
        let layer = whitened(
            "test",
            3,
            2,
            Scaling::Common,
            || std::iter::once(rows.clone()),
            &mut kept,
        )
        .unwrap();
        let after = spread(2, std::iter::once(layer.apply(rows.clone()).unwrap()));
        assert!(after.mean.iter().all(|m| m.abs() < 1e-3));
        let ratio = after.deviation[0] / after.deviation[1];
        assert!((ratio - 3f32.sqrt()).abs() < 0.01, "variance v becomes √v: {ratio}");
        assert!(kept["test"] > 0.999);
    }

    #[test]
    fn training_photos_leave_out_held_out_classes_and_repeat_with_the_seed() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("set");
        for class in ["kept", "judged"] {
            std::fs::create_dir_all(set.join(class)).unwrap();
            for i in 0..6 {
                std::fs::write(set.join(class).join(format!("{i}.webp")), []).unwrap();
            }
            std::fs::write(set.join(class).join("notes.txt"), []).unwrap();
        }
        let held_out = HeldOut::draw(0, &[("set", ["judged".to_owned()].into(), 1)]);
        let params = |seed, photos_per_folder| Params {
            folders: vec![set.clone()],
            everyday: Vec::new(),
            photos_per_folder,
            seed,
            out: PathBuf::new(),
        };
        let all = training_photos(&params(1, 100), &held_out).unwrap();
        assert_eq!(all.len(), 6);
        assert!(
            all.iter()
                .all(|(name, path)| name == "set" && path.starts_with(set.join("kept")))
        );
        assert_eq!(training_photos(&params(1, 4), &held_out).unwrap(), all[..4]);
        let with_everyday = Params {
            everyday: (0..9).map(|i| folder.path().join(format!("{i}.webp"))).collect(),
            ..params(1, 4)
        };
        let sets: Vec<String> = training_photos(&with_everyday, &held_out)
            .unwrap()
            .into_iter()
            .map(|(set, _)| set)
            .collect();
        assert_eq!(sets, [["set"; 4], ["everyday"; 4]].concat());
    }

    #[test]
    fn too_few_photos_are_refused() {
        let encoder = ImageEncoder::built_in(&Device::Cpu).unwrap();
        let tower = TextTower::built_in().unwrap();
        assert!(matches!(
            fit(&[], &encoder, &tower),
            Err(FitError::TooFewPhotos { found: 0, .. })
        ));
    }
}
