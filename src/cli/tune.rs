//! `refocus train --data triplets.jsonl`: tunes the focus encoder to a person's own photos.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

use super::arguments::Train;
use super::output;
use super::progress::progress_bar;
use super::train::{decode_file, out, write_file};
use refocus_engine::LibraryPaths;
use refocus_engine::maintenance::StoredEncodings;
use refocus_media::{ContentHash, DecodeLimits, read_file};
use refocus_model::device::load_on_best_device;
use refocus_model::{BuiltIn, Encoding, PhotoModel};
use refocus_scenes::{Split, composite_scene, shape_scene};
use refocus_training::samples::{InstructionSamples, Sample};
use refocus_training::triplets::{Triplet, read_triplets};
use refocus_training::tune::{TuneParams, tune};

/// Rendered pictures of each kind that keep the focus encoder to what it knew.
const REHEARSAL: u64 = 150;
/// Side of a rendered picture in pixels: the image tower's own.
const SIDE: u32 = 260;
/// Pictures encoded together.
const BATCH: usize = 8;

pub(super) fn run(paths: &LibraryPaths, arguments: &Train) -> anyhow::Result<()> {
    let (out, triplets) = (out(arguments)?, read_triplets(&arguments.data)?);
    let (model, _) = load_on_best_device(&paths.model)?;
    let (photos, encodings) = encodings_of(paths, &model, &triplets)?;
    let samples = samples(&model, &triplets, &photos)?;
    let rehearsal = rehearsal(&model, arguments.seed)?;
    let params = TuneParams {
        seed: arguments.seed,
        ..TuneParams::default()
    };
    let bar = progress_bar("steps");
    bar.set_length(params.steps as u64);
    let encoder = model
        .focus_encoder()
        .context("this model has no focus encoder to tune")?;
    let bases = (
        model.projections().semantic_basis.as_slice(),
        model.projections().colours.as_slice(),
    );
    let (mut weights, reports) = tune(
        encoder,
        bases,
        &encodings,
        &samples.1,
        &rehearsal,
        params,
        &mut |step| {
            bar.set_position(step as u64);
        },
    )?;
    bar.finish_and_clear();
    weights.made_from.insert("tuned".to_owned(), samples.0.join("; "));
    write_file(out, &weights.to_bytes()?)?;
    for (instruction, report) in samples.0.iter().zip(&reports) {
        output::say(&format!(
            "\"{instruction}\": learnt from {} photos; mAP of {} others {:.3} before, {:.3} after",
            report.trained, report.judged, report.map_before, report.map_after
        ));
    }
    output::say(&format!(
        "written: {}; use it with: refocus model use {}",
        out.display(),
        out.display()
    ));
    Ok(())
}

/// The encoding of each photo: the library's own where it has one, else made now. Photos by their place.
fn encodings_of<'t>(
    paths: &LibraryPaths,
    model: &BuiltIn,
    triplets: &'t [Triplet],
) -> anyhow::Result<(BTreeMap<&'t Path, usize>, Vec<Encoding>)> {
    let library = StoredEncodings::open(paths, &model.info().id.0)?;
    let (mut places, mut encodings) = (BTreeMap::new(), Vec::new());
    let (mut stored, mut failed) = (0usize, 0usize);
    let bar = progress_bar("photos");
    bar.set_length(triplets.len() as u64);
    for triplet in triplets {
        bar.inc(1);
        let path = triplet.image.as_path();
        if places.contains_key(path) {
            continue;
        }
        let bytes = match read_file(path, &DecodeLimits::default()) {
            Ok(bytes) => bytes,
            Err(failure) => {
                failed += 1;
                output::say(&format!("{}: {}", failure.message, path.display()));
                continue;
            }
        };
        let hash = ContentHash::of(&bytes);
        let row = match library.of_hash(&hash.0)? {
            Some(row) => {
                stored += 1;
                row
            }
            None => match decode_file(path) {
                Ok(picture) => {
                    let prepared = model.prepare_pixels(picture.width(), picture.height(), picture.as_raw())?;
                    model.encode_one(&prepared)?
                }
                Err(reason) => {
                    failed += 1;
                    output::say(&format!("{reason}: {}", path.display()));
                    continue;
                }
            },
        };
        places.insert(path, encodings.len());
        encodings.push(Encoding::from_bytes(&row)?);
    }
    bar.finish_and_clear();
    output::say(&format!(
        "{} photos, {stored} of them as the library keeps them; {failed} could not be read",
        encodings.len()
    ));
    Ok((places, encodings))
}

/// Instructions and what is learnt under each.
pub(super) fn samples(
    model: &dyn PhotoModel,
    triplets: &[Triplet],
    photos: &BTreeMap<&Path, usize>,
) -> anyhow::Result<(Vec<String>, Vec<InstructionSamples>)> {
    let mut by_instruction: BTreeMap<&str, Vec<&Triplet>> = BTreeMap::new();
    for triplet in triplets {
        by_instruction.entry(&triplet.instruction).or_default().push(triplet);
    }
    let (mut names, mut samples) = (Vec::new(), Vec::new());
    for (instruction, triplets) in by_instruction {
        let mut outputs: Vec<&str> = triplets.iter().map(|triplet| triplet.output.as_str()).collect();
        outputs.sort_unstable();
        outputs.dedup();
        let answers = triplets
            .iter()
            .filter_map(|triplet| {
                Some(Sample {
                    photo: *photos.get(triplet.image.as_path())?,
                    output: outputs.binary_search(&triplet.output.as_str()).ok()?,
                })
            })
            .collect();
        samples.push(InstructionSamples {
            instruction: model.embed_text(&[instruction])?,
            outputs: model.embed_text(&outputs)?,
            samples: answers,
        });
        names.push(instruction.to_owned());
    }
    Ok((names, samples))
}

/// Encodings of rendered pictures.
fn rehearsal(model: &BuiltIn, seed: u64) -> anyhow::Result<Vec<Encoding>> {
    let bar = progress_bar("rendered pictures");
    bar.set_length(2 * REHEARSAL);
    let pictures: Vec<image::RgbImage> = (0..REHEARSAL)
        .flat_map(|number| {
            let seed = seed.wrapping_mul(1 << 32).wrapping_add((1 << 28) + number);
            [
                shape_scene(seed, Split::Training, SIDE).0,
                composite_scene(seed, Split::Training, SIDE).0,
            ]
        })
        .collect();
    let mut encodings = Vec::with_capacity(pictures.len());
    for batch in pictures.chunks(BATCH) {
        let prepared = batch
            .iter()
            .map(|picture| model.prepare_pixels(picture.width(), picture.height(), picture.as_raw()))
            .collect::<Result<Vec<_>, _>>()?;
        for row in model.encode(&prepared)? {
            encodings.push(Encoding::from_bytes(&row)?);
        }
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    Ok(encodings)
}
