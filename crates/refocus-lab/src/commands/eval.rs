//! `refocus-lab eval`: how well photos are ordered, named, grouped and pointed at under an instruction.

use std::path::Path;

use anyhow::Context;
use candle_core::Device;
use refocus::cli::judging::{EvalRun, Judge, wordings};
use refocus::cli::output;
use refocus_engine::LibraryPaths;
use refocus_model::device::load_on_best_device;
use refocus_model::faces::{FaceFinder, FaceLimits};
use refocus_model::text::TextReader;
use refocus_scenes::SceneTruth;
use refocus_training::evaluation::encode::{Encoded, PhotoFile};
use refocus_training::evaluation::labels::LabelColumn;
use refocus_training::evaluation::report::commit;
use refocus_training::evaluation::ways::Contender;
use serde_json::{Map, Value, json};

use super::eval_languages;
use super::eval_tables::{print_colorshape, print_found, print_pages, print_pointing, print_text, print_ways};
use crate::arguments::{Eval, EvalWhat};
use crate::evaluation::int8::int8_loss;
use crate::evaluation::pointing::{PairPicture, judge_pointing};
use crate::evaluation::scenes::{self, Scene, SceneKind};
use crate::evaluation::text::TextQuestion;
use crate::evaluation::{self, captions, protocols};
use crate::training::everyday::{EverydayPhoto, EverydayPhotos};

/// Runs one evaluation.
pub(crate) fn run(paths: &LibraryPaths, arguments: &Eval) -> anyhow::Result<()> {
    match &arguments.what {
        EvalWhat::Scenes {
            photos,
            run,
            paraphrases,
        } => scenes(paths, *photos, run, paraphrases.as_deref()),
        EvalWhat::Captions { dir, split, run } => captions(paths, dir, split, run),
        EvalWhat::Languages {
            dir,
            pack,
            wordings,
            scenes,
            run,
        } => eval_languages::languages(paths, dir, pack, wordings.as_deref(), *scenes, run),
        EvalWhat::Faces {
            dir,
            labels,
            smallest,
            score,
            json,
        } => faces(dir, labels, *smallest, *score, *json),
        EvalWhat::Text {
            dir,
            photos,
            seed,
            read,
            json,
        } => text(
            &TextQuestion {
                dir,
                photos: *photos,
                seed: *seed,
                read: read.as_deref(),
            },
            *json,
        ),
        EvalWhat::Pages { dir, json } => pages(dir, *json),
        EvalWhat::Int8 { photos, run } => int8(paths, *photos, run),
        EvalWhat::Pointing { photos, run } => pointing(paths, *photos, run),
        EvalWhat::Colorshape { dir, photos, run } => colorshape(dir, *photos, run),
        EvalWhat::Celeba(asked) => published(
            paths,
            "celeba",
            protocols::celeba::read(&asked.dir, asked.limit)?,
            &asked.run,
        ),
        EvalWhat::Genecis(asked) => published(paths, "genecis", protocols::genecis::read(&asked.dir)?, &asked.run),
        EvalWhat::Sugarcrepe(asked) => published(
            paths,
            "sugarcrepe",
            protocols::sugarcrepe::read(&asked.dir)?,
            &asked.run,
        ),
        EvalWhat::MmvpVlm(asked) => published(paths, "mmvp-vlm", protocols::mmvp_vlm::read(&asked.dir)?, &asked.run),
        EvalWhat::Classify {
            published: asked,
            instruction,
        } => {
            let protocol = protocols::classify::read(&asked.dir, instruction, asked.limit)?;
            published(paths, "classify", protocol, &asked.run)
        }
    }
}

fn scenes(paths: &LibraryPaths, photos: usize, run: &EvalRun, paraphrases: Option<&Path>) -> anyhow::Result<()> {
    let paraphrases = wordings(paraphrases, &scenes::ASPECTS.map(|(name, _)| name))?;
    let judge = Judge::new(paths)?;
    let scenes = Scene::<false>::series(SceneKind::Shapes, run.seed, photos);
    let (encoded, _) = judge.encode(&scenes, run, |number| format!("scene {number}"))?;
    let truths = truths(&encoded)?;
    let columns = scenes::columns(&truths);
    let held_out = scenes::held_out(&truths);
    let asked: Vec<(&LabelColumn, &str)> = columns
        .iter()
        .zip(scenes::ASPECTS)
        .map(|(column, (_, instruction))| (column, instruction))
        .collect();
    let reports = judge.aspects(&encoded, &asked, Some(&held_out), &paraphrases, run.seed)?;
    judge.show(&reports, encoded.len(), run, json!({}))
}

fn pointing(paths: &LibraryPaths, photos: usize, run: &EvalRun) -> anyhow::Result<()> {
    let judge = Judge::new(paths)?;
    let scenes = Scene::<true>::series(SceneKind::Pair, run.seed, photos);
    let (encoded, _) = judge.encode(&scenes, run, |number| format!("scene {number}"))?;
    let truths = truths(&encoded)?;
    let pictures = encoded
        .iter()
        .zip(&truths)
        .enumerate()
        .map(|(number, (encoded, truth))| PairPicture::new(truth, number, encoded.patches.clone()?))
        .collect::<Option<Vec<_>>>()
        .context("a rendered picture does not show two objects of two colours")?;
    let metrics = judge.with_set(&encoded, |set| Ok(judge_pointing(set, &judge.ways, &pictures)?))?;
    if run.json {
        let mut report = judge.head(encoded.len(), run);
        report.insert("metrics".to_owned(), json!(metrics));
        return output::print_json(&Value::Object(report));
    }
    print_pointing(&metrics, &judge.ways);
    output::print(&judge.footer(encoded.len(), run));
    Ok(())
}

fn int8(paths: &LibraryPaths, photos: usize, run: &EvalRun) -> anyhow::Result<()> {
    let judge = Judge::new(paths)?;
    // Only the built-in model keeps its encodings in int8.
    let (built_in, _) = load_on_best_device(&paths.model)?;
    let metrics = int8_loss(&built_in, run.seed, photos)?;
    if run.json {
        let mut report = judge.head(photos, run);
        report.insert("metrics".to_owned(), json!(metrics));
        return output::print_json(&Value::Object(report));
    }
    for (name, value) in &metrics {
        output::print(&format!("{name:<24} {:.2}", value * 100.0));
    }
    output::print(&judge.footer(photos, run));
    Ok(())
}

/// The face finder on marked photos.
fn faces(dir: &Path, labels: &Path, smallest: f32, score: Option<f32>, json: bool) -> anyhow::Result<()> {
    let limits = FaceLimits::default();
    let finder = FaceFinder::built_in(&Device::Cpu)?.with_limits(FaceLimits {
        score: score.unwrap_or(limits.score),
        ..limits
    });
    let counts = evaluation::faces::judge(&finder, dir, labels, smallest)?;
    if json {
        return output::print_json(&json!({
            "commit": commit(), "smallest": smallest, "precision": counts.precision(), "recall": counts.recall(),
            "counts": counts,
        }));
    }
    output::print(&format!("precision {:.3}", counts.precision()));
    output::print(&format!("recall    {:.3}", counts.recall()));
    output::print(&format!(
        "n {} photos · {} faces of {smallest} pixels and more · {} found · {} wrong · {} unclear · {:.0} ms a photo · commit {}",
        counts.photos,
        counts.faces,
        counts.found,
        counts.wrong,
        counts.unclear,
        counts.seconds * 1000.0,
        commit()
    ));
    Ok(())
}

/// The reader of text on labelled photos.
fn text(question: &TextQuestion<'_>, json: bool) -> anyhow::Result<()> {
    let reader = TextReader::built_in(&Device::Cpu)?;
    let metrics = evaluation::text::judge(&reader, question)?;
    if json {
        return output::print_json(&json!({ "commit": commit(), "seed": question.seed, "metrics": metrics }));
    }
    print_text(&metrics);
    output::print(&format!(
        "n {} photos with text, {} without · {} queries · seed {} · commit {}",
        metrics["photos_with"],
        metrics["photos_without"],
        metrics["queries"],
        question.seed,
        commit()
    ));
    Ok(())
}

/// The reader of text on rendered pages.
fn pages(dir: &Path, json: bool) -> anyhow::Result<()> {
    let reader = TextReader::built_in(&Device::Cpu)?;
    let metrics = evaluation::pages::judge(&reader, dir)?;
    if json {
        return output::print_json(&json!({ "commit": commit(), "metrics": metrics }));
    }
    print_pages(&metrics);
    output::print(&format!(
        "n {} pages, {} characters · {:.0} ms a page · commit {}",
        metrics["pages"],
        metrics["characters"],
        metrics["ms"].as_f64().unwrap_or_default(),
        commit()
    ));
    Ok(())
}

/// A benchmark in its published format, in every way that the model has.
fn published(paths: &LibraryPaths, name: &str, protocol: protocols::Protocol, run: &EvalRun) -> anyhow::Result<()> {
    anyhow::ensure!(
        !protocol.questions.is_empty(),
        "there is nothing to be asked in this folder"
    );
    let judge = Judge::new(paths)?;
    let path = |number: usize| {
        protocol
            .pictures
            .get(number)
            .map_or_else(String::new, |picture| picture.path.display().to_string())
    };
    let (encoded, readable) = judge.encode(&protocol.pictures, run, path)?;
    anyhow::ensure!(!encoded.is_empty(), "none of the pictures can be read");
    let mut places = vec![None; protocol.pictures.len()];
    for (new, old) in (0u32..).zip(&readable) {
        if let Some(place) = places.get_mut(*old) {
            *place = Some(new);
        }
    }
    let unreadable = protocol.pictures.len() - encoded.len();
    let protocol = protocol.of_readable(&places);
    let ways = judge.with_set(&encoded, |set| {
        let mut ways = Map::new();
        for way in &judge.ways {
            ways.insert(way.key().to_owned(), json!(protocol.answer(set, *way)?));
        }
        Ok(ways)
    })?;
    if run.json {
        let mut report = judge.head(encoded.len(), run);
        report.insert("benchmark".to_owned(), json!(name));
        report.insert("questions".to_owned(), json!(protocol.questions.len()));
        report.insert("unreadable".to_owned(), json!(unreadable));
        report.insert("metrics".to_owned(), Value::Object(ways));
        return output::print_json(&Value::Object(report));
    }
    print_ways(&ways);
    output::print(&judge.footer(encoded.len(), run));
    Ok(())
}

/// The three small towers of the colour-and-shape experiment.
fn colorshape(dir: &Path, photos: usize, run: &EvalRun) -> anyhow::Result<()> {
    let report = evaluation::colorshape::judge(dir, photos, run.seed)?;
    if run.json {
        return output::print_json(&json!({
            "commit": commit(), "n": photos, "seed": run.seed, "metrics": report,
        }));
    }
    print_colorshape(&report);
    output::print(&format!("n {photos} · seed {} · commit {}", run.seed, commit()));
    Ok(())
}

/// Photos looked for by their own captions, in every way that the model has.
fn captions(paths: &LibraryPaths, dir: &Path, split: &str, run: &EvalRun) -> anyhow::Result<()> {
    let photos = EverydayPhotos::read_split(dir, split)?;
    anyhow::ensure!(
        !photos.is_empty(),
        "no photo is of the split \"{split}\": {}",
        dir.display()
    );
    let judge = Judge::new(paths)?;
    let photos: Vec<&EverydayPhoto> = photos.iter().map(|(_, photo)| photo).collect();
    let files: Vec<PhotoFile> = photos.iter().map(|photo| PhotoFile(photo.path.clone())).collect();
    let path = |number: usize| {
        photos
            .get(number)
            .map_or_else(String::new, |photo| photo.path.display().to_string())
    };
    let (encoded, readable) = judge.encode(&files, run, path)?;
    let captions: Vec<&str> = readable
        .iter()
        .filter_map(|place| photos.get(*place))
        .map(|photo| photo.field("caption").first().map_or("", String::as_str))
        .collect();
    let ways = judge.with_set(&encoded, |set| {
        let mut ways = Map::new();
        // Without an instruction the training-free way is the plain one.
        let judged = judge.ways.iter().filter(|way| **way != Contender::TrainingFree);
        for way in judged {
            let found = captions::judge(set, *way, &captions)?;
            ways.insert(way.key().to_owned(), json!(found));
        }
        Ok(ways)
    })?;
    if run.json {
        let mut report = judge.head(encoded.len(), run);
        report.insert("unreadable".to_owned(), json!(files.len() - encoded.len()));
        report.insert("metrics".to_owned(), Value::Object(ways));
        return output::print_json(&Value::Object(report));
    }
    print_found(&ways);
    output::print(&judge.footer(encoded.len(), run));
    Ok(())
}

pub(super) fn truths(encoded: &[Encoded]) -> anyhow::Result<Vec<SceneTruth>> {
    encoded
        .iter()
        .map(|encoded| serde_json::from_slice(&encoded.truth).context("the truth of a scene cannot be read"))
        .collect()
}
