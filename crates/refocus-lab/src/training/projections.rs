//! `refocus-lab train --stage projections`: the bases and means of the built-in encoder.
//!
//! Texts give μ, the class vectors and their semantic basis. Training photos give, in one pass of the image tower, the
//! features of their 25 regions; from these come the principal directions of each layer, the spread of the statistics,
//! the plain basis, and (until a trained head brings its own) the linear map from 506 numbers to a token of 128, which is
//! the tokens' principal directions. Held-out classes ([`HeldOut`]) never enter.
//!
//! - `training_photos`: which photos are fitted on
//! - `compact_features`: features of many photos in memory
//! - `fit`: from features to projections
//! - `text_bases`: what texts alone give
//! - `centring_words`: the values and instructions in μ
//! - `whitening`: layers that are centred, scaled and turned into their principal directions
//! - `principal_directions`: spread, second moments, eigenvectors

mod centring_words;
mod compact_features;
mod fit;
mod principal_directions;
mod text_bases;
mod training_photos;
mod whitening;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::Device;
use image::RgbImage;
use rayon::prelude::*;

use self::compact_features::{BLOCK, compact_features};
use self::fit::fit;
pub use self::principal_directions::{PrincipalDirections, second_moments};
use self::training_photos::training_photos;
use super::held_out::HeldOut;
use refocus_model::ModelError;
use refocus_model::built_in::ImageEncoder;
use refocus_model::text_tower::TextTower;

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
