//! `refocus eval`: how well photos are ordered, named, grouped and pointed at, in every way that the model has.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use serde_json::{Map, Value, json};

use crate::engine::{LibraryPaths, load_model_and_words};
use crate::evaluation::aspect::{Aspect, Protocol};
use crate::evaluation::cache::EncodingCache;
use crate::evaluation::encode::{Encoded, PhotoFile, PictureSource, encode_all};
use crate::evaluation::int8::int8_loss;
use crate::evaluation::labels::{LabelColumn, LabelledPhotos};
use crate::evaluation::pointing::{PairPicture, judge_pointing};
use crate::evaluation::protocols;
use crate::evaluation::report::{AspectReport, commit};
use crate::evaluation::scenes::{self, Scene, SceneKind};
use crate::evaluation::ways::{Contender, PhotoSet};
use crate::evaluation::wordings::{Paraphrases, read_paraphrases};
use crate::evaluation::{self, EvaluationError};
use crate::focus::{Library, WordBank};
use crate::model::PhotoModel;
use crate::model::device::load_on_best_device;
use crate::training::scenes::SceneTruth;

use super::arguments::{AspectAsked, Eval, EvalRun, EvalWhat};
use super::train::progress_bar;
use super::{WrongUsage, eval_tables, output};

pub(super) fn run(paths: &LibraryPaths, arguments: &Eval) -> anyhow::Result<()> {
    match &arguments.what {
        EvalWhat::Scenes {
            photos,
            run,
            paraphrases,
        } => scenes(paths, *photos, run, paraphrases.as_deref()),
        EvalWhat::Folder {
            dir,
            labels,
            aspect,
            limit,
            paraphrases,
            run,
        } => folder(
            paths,
            dir,
            labels.as_deref(),
            aspect,
            *limit,
            paraphrases.as_deref(),
            run,
        ),
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

fn folder(
    paths: &LibraryPaths,
    dir: &Path,
    labels: Option<&Path>,
    asked: &[AspectAsked],
    limit: Option<usize>,
    paraphrases: Option<&Path>,
    run: &EvalRun,
) -> anyhow::Result<()> {
    let names: Vec<&str> = asked.iter().map(|aspect| aspect.name.as_str()).collect();
    let mut seen = HashSet::new();
    if let Some(name) = names.iter().find(|name| !seen.insert(**name)) {
        return Err(WrongUsage(format!("the aspect \"{name}\" is given twice")).into());
    }
    let paraphrases = wordings(paraphrases, &names)?;
    anyhow::ensure!(dir.is_dir(), "there is no such folder: {}", dir.display());
    let photos = match labels {
        Some(table) => LabelledPhotos::from_table(table, dir, &names).map_err(|error| match error {
            EvaluationError::NoColumn { .. } => anyhow::Error::new(WrongUsage(error.to_string())),
            error => error.into(),
        })?,
        None => LabelledPhotos::from_sub_folders(dir, &names)?,
    };
    let photos = limit.map_or_else(|| photos.clone(), |limit| photos.sampled(limit, run.seed));
    anyhow::ensure!(
        !photos.paths.is_empty(),
        "there is no photo with a label: {}",
        dir.display()
    );

    let judge = Judge::new(paths)?;
    let files: Vec<PhotoFile> = photos.paths.iter().cloned().map(PhotoFile).collect();
    let path = |number: usize| {
        photos
            .paths
            .get(number)
            .map_or_else(String::new, |path| path.display().to_string())
    };
    let (encoded, readable) = judge.encode(&files, run, path)?;
    let unreadable = files.len() - readable.len();
    anyhow::ensure!(
        !encoded.is_empty(),
        "none of the {unreadable} photos can be read: {}",
        dir.display()
    );
    let photos = photos.of_photos(&readable);
    let asked: Vec<(&LabelColumn, &str)> = photos
        .columns
        .iter()
        .zip(asked.iter().map(|aspect| aspect.instruction.as_str()))
        .collect();
    let reports = judge.aspects(&encoded, &asked, None, &paraphrases, run.seed)?;
    judge.show(&reports, encoded.len(), run, json!({ "unreadable": unreadable }))
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
    eval_tables::print_pointing(&metrics, &judge.ways);
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
    eval_tables::print_ways(&ways);
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
    eval_tables::print_colorshape(&report);
    output::print(&format!("n {photos} · seed {} · commit {}", run.seed, commit()));
    Ok(())
}

/// Other wordings by aspect; each must be of an aspect that is judged.
fn wordings(file: Option<&Path>, aspects: &[&str]) -> anyhow::Result<Paraphrases> {
    let Some(file) = file else {
        return Ok(Paraphrases::new());
    };
    let paraphrases = read_paraphrases(file)?;
    match paraphrases.keys().find(|name| !aspects.contains(&name.as_str())) {
        Some(unknown) => Err(WrongUsage(format!(
            "the aspect \"{unknown}\" has wordings but is not judged: {}",
            file.display()
        ))
        .into()),
        None => Ok(paraphrases),
    }
}

fn truths(encoded: &[Encoded]) -> anyhow::Result<Vec<SceneTruth>> {
    encoded
        .iter()
        .map(|encoded| serde_json::from_slice(&encoded.truth).context("the truth of a scene cannot be read"))
        .collect()
}

/// The model and its ways.
struct Judge {
    model: Arc<dyn PhotoModel>,
    bank: Arc<WordBank>,
    ways: Vec<Contender>,
}

impl Judge {
    fn new(paths: &LibraryPaths) -> anyhow::Result<Self> {
        let (model, bank) = load_model_and_words(paths).map_err(anyhow::Error::msg)?;
        Ok(Self {
            ways: Contender::of_model(model.info()),
            bank,
            model,
        })
    }

    /// The encodings of the pictures that can be read, and their places. The others are listed by name.
    fn encode<S: PictureSource>(
        &self,
        sources: &[S],
        run: &EvalRun,
        name: impl Fn(usize) -> String,
    ) -> anyhow::Result<(Vec<Encoded>, Vec<usize>)> {
        let start = Instant::now();
        let mut cache = EncodingCache::open(run.cache.as_deref())?;
        let bar = progress_bar("pictures");
        let results = encode_all(self.model.as_ref(), sources, &mut cache, &|done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        })?;
        bar.finish_and_clear();
        let (mut encoded, mut places) = (Vec::new(), Vec::new());
        for (place, result) in results.into_iter().enumerate() {
            match result {
                Ok(one) => {
                    encoded.push(one);
                    places.push(place);
                }
                Err(reason) => output::say(&format!("{reason}: {}", name(place))),
            }
        }
        let unreadable = sources.len() - encoded.len();
        let seconds = start.elapsed().as_secs_f32();
        output::say(&format!(
            "{} pictures encoded in {seconds:.0} s, {unreadable} unreadable",
            encoded.len()
        ));
        Ok((encoded, places))
    }

    fn with_set<R>(
        &self,
        encoded: &[Encoded],
        judge: impl FnOnce(&PhotoSet<'_>) -> anyhow::Result<R>,
    ) -> anyhow::Result<R> {
        let rows: Vec<&[u8]> = encoded.iter().map(|encoded| encoded.encoding.as_slice()).collect();
        let rows = rows.concat();
        let library = Library::new(self.model.layout(), &rows, None)?;
        judge(&PhotoSet::new(
            library,
            &self.bank,
            &self.model,
            self.model.focus_encoder(),
        ))
    }

    /// Judges columns of labels, each under its instruction.
    fn aspects(
        &self,
        encoded: &[Encoded],
        asked: &[(&LabelColumn, &str)],
        held_out: Option<&[bool]>,
        paraphrases: &Paraphrases,
        seed: u64,
    ) -> anyhow::Result<Vec<AspectReport>> {
        let protocol = Protocol {
            seed,
            ..Protocol::default()
        };
        self.with_set(encoded, |set| {
            let mut reports = Vec::with_capacity(asked.len());
            for (column, instruction) in asked {
                let others: Vec<&LabelColumn> = asked
                    .iter()
                    .map(|(other, _)| *other)
                    .filter(|other| other.name != column.name)
                    .collect();
                let mut aspect = Aspect::new(instruction, column, &others, protocol);
                aspect.held_out = held_out.map(<[bool]>::to_vec);
                if aspect.split.queries.is_empty() {
                    output::say(&format!(
                        "{}: no label is shared by {} photos; nothing can be judged",
                        column.name, protocol.least_photos
                    ));
                }
                let wordings = paraphrases.get(&column.name).map_or(&[][..], Vec::as_slice);
                reports.push(AspectReport::judge(set, &self.ways, &aspect, wordings)?);
            }
            Ok(reports)
        })
    }

    fn show(&self, reports: &[AspectReport], photos: usize, run: &EvalRun, more: Value) -> anyhow::Result<()> {
        if run.json {
            let mut report = self.head(photos, run);
            let aspects = reports.iter().map(|report| (report.name.clone(), report.to_json()));
            report.insert("aspects".to_owned(), Value::Object(aspects.collect()));
            if let Value::Object(more) = more {
                report.extend(more);
            }
            return output::print_json(&Value::Object(report));
        }
        eval_tables::print_aspects(reports);
        output::print(&self.footer(photos, run));
        Ok(())
    }

    fn head(&self, photos: usize, run: &EvalRun) -> Map<String, Value> {
        [
            ("model", json!(self.model.info().id)),
            ("commit", json!(commit())),
            ("n", json!(photos)),
            ("seed", json!(run.seed)),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
    }

    fn footer(&self, photos: usize, run: &EvalRun) -> String {
        format!(
            "n {photos} · seed {} · model {} · commit {}",
            run.seed,
            self.model.info().id,
            commit()
        )
    }
}
