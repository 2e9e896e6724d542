//! `refocus train --checkpoint NAME`: a condition adapter for a person's checkpoint, or its tower trained further.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};

use super::WrongUsage;
use super::arguments::Train;
use super::output;
use super::progress::progress_bar;
use super::train::{decode_file, write_file};
use super::tune::samples;
use refocus_engine::LibraryPaths;
use refocus_model::clip::installed::{ADAPTER, is_name};
use refocus_model::clip::rewriting::write_trained;
use refocus_model::clip::{ClipModel, Installed, InstalledRecord, ModelsFolder};
use refocus_model::{PhotoModel, Prepared};
use refocus_training::adapter::{AdapterParams, Progress, Trained, train};
use refocus_training::triplets::{Triplet, read_triplets};

pub(super) fn run(paths: &LibraryPaths, arguments: &Train, name: &str) -> anyhow::Result<()> {
    let file = arguments.data.as_path();
    let models = ModelsFolder::new(&paths.models);
    let installed = models.get(name)?;
    let tuned = tuned_name(arguments, &models, name)?;
    let triplets = read_triplets(file)?;
    let model = installed.load_on_cpu()?;
    let vision = model.checkpoint().config().vision;
    if vision.any_shape {
        bail!("{name} reads pictures of any shape; adapters are trained for towers that read one size");
    }
    let layer = arguments.layer.unwrap_or(vision.stack.layers.saturating_sub(1));
    if layer >= vision.stack.layers {
        let blocks = vision.stack.layers;
        return Err(WrongUsage(format!("--layer {layer}: {name} has the blocks 0 to {}", blocks - 1)).into());
    }
    let (places, photos) = prepared(&model, &triplets)?;
    let (instructions, samples) = samples(&model, &triplets, &places)?;
    let defaults = AdapterParams::default();
    let params = AdapterParams {
        layer,
        tower: arguments.tower,
        steps: arguments.steps.unwrap_or(defaults.steps),
        seed: arguments.seed,
        ..defaults
    };
    let start = std::time::Instant::now();
    let (photo_bar, bar) = (progress_bar("photos"), progress_bar("steps"));
    let trained = train(
        &installed.folder,
        model.checkpoint(),
        &photos,
        &samples,
        params,
        &mut |progress| {
            let (bar, (done, all)) = match progress {
                Progress::Photos(done, all) => (&photo_bar, (done, all)),
                Progress::Steps(done, all) => {
                    photo_bar.finish_and_clear();
                    (&bar, (done, all))
                }
            };
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        },
    )?;
    bar.finish_and_clear();
    for (instruction, report) in instructions.iter().zip(&trained.reports) {
        output::say(&format!(
            "\"{instruction}\": learnt from {} photos; mAP of {} others {:.3} by the plain vector, {:.3} under the instruction",
            report.trained, report.judged, report.map_before, report.map_after
        ));
    }
    let seconds = start.elapsed().as_secs_f32();
    output::say(&format!("{} steps at block {layer}, {seconds:.0} s", params.steps));
    match tuned {
        Some(tuned) => keep_tuned(&models, &installed, &tuned, &trained),
        None => keep_adapter(arguments, &installed, &trained),
    }
}

/// The name of the model that `--tower` makes.
fn tuned_name(arguments: &Train, models: &ModelsFolder, name: &str) -> anyhow::Result<Option<String>> {
    if !arguments.tower {
        return Ok(None);
    }
    let tuned = format!("{name}-tuned");
    if !is_name(&tuned) || models.get(&tuned).is_ok() {
        bail!("there is a model {tuned} already; remove it first: refocus model remove {tuned}");
    }
    Ok(Some(tuned))
}

fn keep_adapter(arguments: &Train, installed: &Installed, trained: &Trained) -> anyhow::Result<()> {
    let file = match &arguments.out {
        Some(file) => file.clone(),
        None => installed.folder.join(ADAPTER),
    };
    write_file(&file, &trained.adapter_file(installed.digest())?)?;
    output::say(&format!("written: {}", file.display()));
    Ok(())
}

/// Installs the trained tower as a model of its own: its encodings are others.
fn keep_tuned(models: &ModelsFolder, from: &Installed, name: &str, trained: &Trained) -> anyhow::Result<()> {
    let arriving = models.arriving(name);
    // What a run that was stopped left there.
    if arriving.exists() {
        std::fs::remove_dir_all(&arriving)
            .with_context(|| format!("the folder cannot be emptied: {}", arriving.display()))?;
    }
    write_trained(&from.folder, &arriving, &trained.tower)?;
    let record = InstalledRecord::new(
        &format!("{} (tuned)", from.record.name),
        &from.record.licence,
        &format!("{} trained further", from.id()),
    );
    let installed = models.install(name, record)?;
    let file = installed.folder.join(ADAPTER);
    write_file(&file, &trained.adapter_file(installed.digest())?)?;
    output::say(&format!(
        "{} is there; `refocus model use {name}` lets it take over",
        installed.id()
    ));
    Ok(())
}

/// The photos that the triplets speak of, as the model reads them, and their places. Those that cannot be read are named.
fn prepared<'t>(
    model: &ClipModel,
    triplets: &'t [Triplet],
) -> anyhow::Result<(BTreeMap<&'t Path, usize>, Vec<Prepared>)> {
    let (mut places, mut photos) = (BTreeMap::new(), Vec::new());
    for triplet in triplets {
        let path = triplet.image.as_path();
        if places.contains_key(path) {
            continue;
        }
        match decode_file(path) {
            Ok(picture) => {
                places.insert(path, photos.len());
                photos.push(model.prepare_pixels(picture.width(), picture.height(), picture.as_raw())?);
            }
            Err(reason) => output::say(&format!("{reason}: {}", path.display())),
        }
    }
    photos.first().context("none of the photos could be read")?;
    Ok((places, photos))
}
