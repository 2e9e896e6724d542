//! `refocus train`: fits what the built-in model is made of.

use std::path::Path;

use anyhow::Context;
use image::RgbImage;
use indicatif::{ProgressBar, ProgressStyle};

use crate::focus::{BankWords, FocusError, TextEmbedder, WordBank};
use crate::library::{DecodeLimits, Scale, decode, read_file};
use crate::model::device::load_on_best_device;
use crate::model::{BuiltIn, PhotoModel};
use crate::training::projections;
use crate::training::scenes::{Split, composite_scene, shape_scene};

use super::arguments::{Train, TrainStage};
use super::output;

/// Photos of each folder at most: no data set outweighs the others.
const PHOTOS_PER_FOLDER: usize = 1200;

/// Rendered pictures of each kind, of the training split.
const RENDERED: u64 = 300;

/// Side of a rendered picture in pixels: the image tower's own.
const SIDE: u32 = 260;

pub(super) fn run(arguments: &Train) -> anyhow::Result<()> {
    match arguments.stage {
        TrainStage::Projections => fit_projections(arguments),
        TrainStage::ValueWords => embed_value_words(arguments),
    }
}

fn fit_projections(arguments: &Train) -> anyhow::Result<()> {
    anyhow::ensure!(
        !arguments.data.is_empty(),
        "name at least one folder of photos with --data DIR"
    );
    let params = projections::Params {
        folders: arguments.data.clone(),
        photos_per_folder: PHOTOS_PER_FOLDER,
        seed: arguments.seed,
        out: arguments.out.clone(),
    };
    let rendered: Vec<RgbImage> = (0..RENDERED)
        .flat_map(|number| {
            let seed = arguments.seed.wrapping_mul(1 << 32).wrapping_add(number);
            [
                shape_scene(seed, Split::Training, SIDE).0,
                composite_scene(seed, Split::Training, SIDE).0,
            ]
        })
        .collect();
    let bar = progress_bar("photos");
    let fitted = projections::run(&params, &decode_file, &rendered, &|progress: projections::Progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
    })?;
    bar.finish_and_clear();
    for (path, reason) in &fitted.failed {
        output::say(&format!("{reason}: {}", path.display()));
    }
    for (set, photos) in &fitted.photos {
        output::say(&format!("{photos} photos of {set}"));
    }
    output::say(&format!("{} rendered pictures", fitted.rendered));
    for (basis, share) in &fitted.kept {
        output::say(&format!("{basis}: {:.1} % of the variance kept", share * 100.0));
    }
    output::say(&format!("written: {}", arguments.out.display()));
    Ok(())
}

fn decode_file(path: &Path) -> Result<RgbImage, String> {
    let limits = DecodeLimits::default();
    let picture = read_file(path, &limits)
        .and_then(|bytes| decode(&bytes, Scale::ShortSideAtLeast(2 * SIDE), &limits))
        .map_err(|failure| failure.message)?;
    RgbImage::from_raw(picture.width, picture.height, picture.rgb).ok_or_else(|| "its size is wrong".to_owned())
}

struct Texts(BuiltIn);

impl TextEmbedder for Texts {
    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, FocusError> {
        self.0
            .embed_text(texts)
            .map_err(|error| FocusError::Text(error.to_string()))
    }
}

fn embed_value_words(arguments: &Train) -> anyhow::Result<()> {
    let (model, _) = load_on_best_device()?;
    let dim = model.info().text_dim;
    let bar = progress_bar("texts");
    let bank = WordBank::build(BankWords::built_in()?, &Texts(model), dim, |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
        true
    })?;
    bar.finish_and_clear();
    std::fs::write(&arguments.out, bank.vectors().to_safetensors()?)
        .with_context(|| format!("the file cannot be written: {}", arguments.out.display()))?;
    output::say(&format!(
        "{} words; written: {}",
        bank.vectors().len(),
        arguments.out.display()
    ));
    Ok(())
}

/// A bar on standard error, with the time left; invisible where that is no terminal.
pub(super) fn progress_bar(unit: &str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template(&format!("{{bar:32}} {{pos}} of {{len}} {unit} · {{eta}} left"));
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
