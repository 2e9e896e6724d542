//! `refocus-lab train`: fits what the built-in model is made of.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use image::RgbImage;

use crate::training::colorshape::{self, Injection, Samples, Settings};
use crate::training::everyday::{EverydayPhoto, EverydayPhotos};
use crate::training::head::cache::Cache;
use crate::training::head::pictures::{Counts, Plan};
use crate::training::head::report::Report;
use crate::training::head::router::fit_router;
use crate::training::head::routes::{self, Labelled};
use crate::training::head::run::{Params, results, start, train};
use crate::training::head::texts::TextVectors;
use crate::training::head::triplets::Triplets;
use crate::training::projections;
use crate::training::vocabulary::Vocabulary;
use refocus_model::device::{load_on_best_device, single_threaded_products};
use refocus_model::focus_encoder::FocusEncoderConfig;
use refocus_model::projections::Projections;
use refocus_model::text_tower::TextTower;
use refocus_model::{ModelChoice, PhotoModel, assets};
use refocus_scenes::{Split, composite_scene, shape_scene};
use refocus_search::{BankWords, Condition, Instruction, WordBank};
use refocus_training::evaluation::cache::EncodingCache;
use refocus_training::evaluation::encode::{PhotoFile, encode_all};
use refocus_workers::in_pool;

use crate::arguments::{Train, TrainPreset, TrainStage};
use refocus::cli::output;
use refocus::cli::progress::progress_bar;
use refocus::cli::train::{decode_file, write_file};

/// Photos of each folder at most: no data set outweighs the others.
const PHOTOS_PER_FOLDER: usize = 1200;

/// Views of each everyday photo, in blocks that are plans of their own: more views leave those before as they are.
const EVERYDAY_VIEWS: [std::ops::Range<u64>; 2] = [0..4, 4..8];

/// Rendered pictures of each kind, of the training split.
const RENDERED: u64 = 300;

/// Side of a rendered picture in pixels: the image tower's own.
const SIDE: u32 = 260;

/// Runs a stage of the training of the built-in model, or a preset.
pub(crate) fn run(choice: &ModelChoice, arguments: &Train) -> anyhow::Result<()> {
    if let Some(TrainPreset::Colorshape) = arguments.preset {
        return train_colorshape(arguments);
    }
    match arguments.stage {
        TrainStage::FocusEncoder => train_focus_encoder(arguments, choice),
        TrainStage::Projections => fit_projections(arguments),
        TrainStage::Routes => fit_routes(arguments, choice),
        TrainStage::AnswerBias => super::answer_bias::run(arguments, choice),
        TrainStage::ValueWords => embed_value_words(arguments),
        TrainStage::Cache => fill_cache(arguments, choice, &everyday_photos(arguments)?).map(|_| ()),
    }
}

/// Where the result goes; the command line asks for it.
pub(super) fn out(arguments: &Train) -> anyhow::Result<&Path> {
    arguments.out.as_deref().context("name a file with --out FILE")
}

fn fit_projections(arguments: &Train) -> anyhow::Result<()> {
    anyhow::ensure!(
        !arguments.data.is_empty(),
        "name at least one folder of photos with --data DIR"
    );
    let everyday = everyday_photos(arguments)?;
    let params = projections::Params {
        folders: arguments.data.clone(),
        everyday: everyday
            .iter()
            .filter(|(_, photo)| !photo.is_kept_back())
            .map(|(_, photo)| photo.path.clone())
            .collect(),
        photos_per_folder: PHOTOS_PER_FOLDER,
        seed: arguments.seed,
        out: out(arguments)?.to_owned(),
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
    output::say(&format!("written: {}", params.out.display()));
    Ok(())
}

fn read_projections(choice: &ModelChoice) -> anyhow::Result<Projections> {
    match &choice.projections {
        Some(file) => {
            let bytes = std::fs::read(file).with_context(|| format!("the file cannot be read: {}", file.display()))?;
            Ok(Projections::read(&file.to_string_lossy(), &bytes)?)
        }
        None => Ok(Projections::read("projections.safetensors", assets::projections())?),
    }
}

pub(super) fn everyday_photos(arguments: &Train) -> anyhow::Result<EverydayPhotos> {
    let folder = arguments.everyday.as_deref();
    Ok(folder.map(EverydayPhotos::read).transpose()?.unwrap_or_default())
}

fn fill_cache(arguments: &Train, choice: &ModelChoice, photos: &EverydayPhotos) -> anyhow::Result<Cache> {
    anyhow::ensure!(
        !arguments.data.is_empty(),
        "name at least one folder of photos with --data DIR"
    );
    let projections = read_projections(choice)?;
    let mut plans = vec![Plan::new(
        &arguments.data,
        Counts::default(),
        arguments.seed,
        &decode_file,
    )?];
    if !photos.is_empty() {
        plans.extend(EVERYDAY_VIEWS.map(|views| Plan::everyday(photos, views, arguments.seed)));
    }
    let bar = progress_bar("pictures");
    let mut cache = Cache::default();
    for plan in &plans {
        cache.append(Cache::load_or_make(
            &arguments.cache,
            plan,
            &projections,
            &decode_file,
            &|progress| {
                bar.set_length(progress.total as u64);
                bar.set_position(progress.done as u64);
            },
            &|reason| output::say(reason),
        )?);
    }
    bar.finish_and_clear();
    output::say(&format!("{} pictures", cache.len()));
    Ok(cache)
}

/// Steps of training, where no other number is given.
const STEPS: usize = 5000;

/// Three small towers, side by side on the cores.
fn train_colorshape(arguments: &Train) -> anyhow::Result<()> {
    single_threaded_products();
    let defaults = Settings::default();
    let settings = Settings {
        steps: arguments.steps.unwrap_or(defaults.steps),
        seed: arguments.seed,
        ..defaults
    };
    let out = arguments.out.as_deref().unwrap_or(Path::new("colorshape"));
    let samples = Samples::new()?;
    let start = std::time::Instant::now();
    let bar = progress_bar("steps");
    bar.set_length((Injection::ALL.len() * settings.steps) as u64);
    let done: Vec<std::sync::atomic::AtomicUsize> = Injection::ALL.iter().map(|_| Default::default()).collect();
    let results = in_pool(|pool| {
        let threads: Vec<_> = Injection::ALL
            .iter()
            .zip(&done)
            .map(|(injection, own)| {
                let (samples, done, bar) = (&samples, &done, &bar);
                pool.start("refocus-train", move || {
                    colorshape::train(*injection, samples, settings, out, &mut |progress| {
                        own.store(progress.step, std::sync::atomic::Ordering::Relaxed);
                        let all = done
                            .iter()
                            .map(|steps| steps.load(std::sync::atomic::Ordering::Relaxed))
                            .sum::<usize>();
                        bar.set_position(all as u64);
                    })
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| anyhow::Ok(thread?.join()??))
    });
    bar.finish_and_clear();
    results??;
    output::say(&format!(
        "three towers, {} steps each, {:.0} s; written: {}; judge them with `refocus-lab eval colorshape {}`",
        settings.steps,
        start.elapsed().as_secs_f32(),
        out.display(),
        out.display()
    ));
    Ok(())
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    one == other
        || one
            .canonicalize()
            .is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// Pictures that the report asks under each aspect.
const REPORT: usize = 400;

fn train_focus_encoder(arguments: &Train, choice: &ModelChoice) -> anyhow::Result<()> {
    let out = out(arguments)?;
    let beside = out.with_file_name("projections.safetensors");
    // The next run with the same command would start elsewhere.
    anyhow::ensure!(
        !choice
            .projections
            .as_ref()
            .is_some_and(|given| is_same_file(given, &beside)),
        "{} would be written over by the trained one: choose another folder for --out",
        beside.display()
    );
    let photos = everyday_photos(arguments)?;
    let cache = fill_cache(arguments, choice, &photos)?;
    let projections = read_projections(choice)?;
    let vocabulary = Vocabulary::load()?;
    let mut params = Params {
        steps: arguments.steps.unwrap_or(STEPS),
        seed: arguments.seed,
        all_sources: arguments.all_sources,
        left_out: arguments.leave_out.clone(),
        folder: arguments.cache.clone(),
        resume: arguments.resume,
        ..Params::default()
    };
    for setting in &arguments.set {
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        let number = value
            .parse::<f64>()
            .with_context(|| format!("--set {setting}: a number is needed"))?;
        match key {
            "rate" => params.rate = number,
            "photos" => params.photos_per_slot = number as usize,
            "noise" => params.token_noise = number as f32,
            "dropout" => params.dropout = number as f32,
            _ => anyhow::bail!("--set {setting}: rate, photos, noise and dropout can be set"),
        }
    }
    let tower = TextTower::built_in()?;
    let kept_texts = arguments.cache.join("texts.bin");
    let mut texts = TextVectors::open(&tower, &projections.text_mean, &kept_texts);
    let bank = WordBank::shipped()?;
    let names = assets::class_names()?;
    let triplets = Triplets::new(
        cache,
        &vocabulary,
        &photos,
        &names,
        bank.vectors().all(),
        &mut texts,
        &params,
    )?;
    texts.write(&kept_texts)?;
    output::say(&format!(
        "{} pictures, {} answers in {} aspects",
        triplets.cache.len(),
        triplets.examples.columns.len(),
        triplets.examples.aspects.len()
    ));
    let config = FocusEncoderConfig::built_in();
    let mut parameters = start(config, &projections, params.seed)?;
    let bar = progress_bar("steps");
    let log = arguments.cache.join("loss.csv");
    let mut lines = String::from("step,answer,soft,contrast,router,look,shown\n");
    train(&triplets, &mut parameters, &params, &mut |progress| {
        bar.set_length(progress.steps as u64);
        bar.set_position(progress.step as u64);
        let p = progress.parts;
        let line = format!(
            "{},{:.4},{:.4},{:.4},{:.4},{:.4},{:.4}\n",
            progress.step, p.answer, p.soft, p.contrast, p.router, p.look, p.shown
        );
        lines.push_str(&line);
        // The log is for looking on; a disk that is full shows at the checkpoint.
        let _ = std::fs::write(&log, &lines);
    })?;
    bar.finish_and_clear();
    let bar = progress_bar("steps of the router");
    let router = fit_router(&triplets, &mut parameters, &params, &mut |step| {
        bar.set_position(step as u64);
    })?;
    bar.finish_and_clear();
    output::say(&format!("router: {router:.4} mean square off"));
    let made_from = [
        (
            "command",
            format!(
                "refocus-lab train --steps {} --seed {}{}",
                params.steps,
                params.seed,
                if params.all_sources { " --all-sources" } else { "" }
            ),
        ),
        ("pictures", triplets.cache.len().to_string()),
        ("answers", triplets.examples.columns.len().to_string()),
        ("held_out", "assets/held-out-classes.json".to_owned()),
        ("left_out_aspects", params.left_out.join(", ")),
    ];
    let (weights, trained) = results(&triplets, &parameters, &projections, &made_from)?;
    write_file(out, &weights.to_bytes()?)?;
    write_file(&beside, &trained.to_bytes(&made_from)?)?;
    output::say(&format!("written: {}, {}", out.display(), beside.display()));
    let report = Report::make(&triplets, &parameters, &vocabulary, &mut texts, REPORT)?;
    for (name, aspect) in &report.aspects {
        output::say(&format!(
            "{name:16} n {:4}  top-1 {:5.1} % (most frequent {:4.1} %)  mAP {:.3}",
            aspect.n,
            aspect.top1 * 100.0,
            aspect.most_frequent * 100.0,
            aspect.map
        ));
    }
    output::say(&format!(
        "the colour of the X: binding {:.1} %, pointing {:.1} % (chance {:.1} %), n {}",
        report.binding * 100.0,
        report.pointing * 100.0,
        report.pointing_chance * 100.0,
        report.things
    ));
    Ok(())
}

/// Wordings of each aspect that routes are measured with.
const ROUTE_WORDINGS: usize = 3;
/// Photos that must answer an aspect, and that must have an answer for it to count.
const ROUTE_PHOTOS: usize = 60;
/// See [`ROUTE_PHOTOS`].
const ROUTE_LEAST: usize = 5;

/// Encodings of everyday photos, kept in the cache folder; `None` for one that cannot be read.
pub(super) fn encodings_of(
    model: &dyn PhotoModel,
    photos: &[&EverydayPhoto],
    folder: &Path,
) -> anyhow::Result<Vec<Option<Vec<u8>>>> {
    let files: Vec<PhotoFile> = photos.iter().map(|photo| PhotoFile(photo.path.clone())).collect();
    std::fs::create_dir_all(folder).with_context(|| format!("the folder cannot be made: {}", folder.display()))?;
    let mut kept = EncodingCache::open(Some(&folder.join("everyday-encodings.bin")))?;
    let bar = progress_bar("photos");
    let encoded = encode_all(model, &files, &mut kept, &|done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    kept.save()?;
    Ok(encoded
        .into_iter()
        .map(|encoded| Some(encoded.ok()?.encoding))
        .collect())
}

fn fit_routes(arguments: &Train, choice: &ModelChoice) -> anyhow::Result<()> {
    let out = out(arguments)?;
    let photos = everyday_photos(arguments)?;
    let kept: Vec<&EverydayPhoto> = photos
        .iter()
        .map(|(_, photo)| photo)
        .filter(|photo| photo.is_kept_back())
        .collect();
    anyhow::ensure!(!kept.is_empty(), "name a folder of everyday photos with --everyday DIR");
    let vocabulary = Vocabulary::load()?;
    let (model, _) = load_on_best_device(choice)?;
    let model: &dyn PhotoModel = &model;
    let encoder = model.focus_encoder().context("the model has no focus encoder")?;
    let encoded = encodings_of(model, &kept, &arguments.cache)?;
    let bank = WordBank::shipped()?;
    let mut fitted = BTreeMap::new();
    for (name, rules) in &vocabulary.everyday {
        let Some(aspect) = vocabulary.aspects.get(name) else {
            continue;
        };
        let answered: Vec<(&[u8], &str)> = kept
            .iter()
            .zip(&encoded)
            .filter_map(|(photo, encoded)| {
                // Photos that have nothing of it have nothing in common.
                let values = photo.field(&rules.field);
                let answer = rules.broader(values).or_else(|| rules.answer(values));
                let answer = answer.filter(|_| !values.is_empty())?.first()?;
                Some((encoded.as_deref()?, answer.as_str()))
            })
            .collect();
        let often = |label: &str| answered.iter().filter(|(_, other)| *other == label).count() >= ROUTE_LEAST;
        let (rows, labels): (Vec<&[u8]>, Vec<&str>) =
            answered.iter().filter(|(_, label)| often(label)).copied().unzip();
        if labels.len() < ROUTE_PHOTOS {
            output::say(&format!("{name}: {} photos are too few", labels.len()));
            continue;
        }
        let wordings: Vec<&str> = aspect.train.iter().take(ROUTE_WORDINGS).map(String::as_str).collect();
        let texts = model.embed_text(&wordings)?;
        let instructions: Vec<Vec<f32>> = texts.chunks_exact(model.info().text_dim).map(<[f32]>::to_vec).collect();
        let mut answers = labels.clone();
        answers.sort_unstable();
        answers.dedup();
        let instruction = Instruction::parse(aspect.train.first().map_or("", String::as_str));
        let words = Condition::words_only(&bank, &instruction, &model.embed_text(&instruction.texts())?, None)?;
        let photos = Labelled {
            rows: &rows.concat(),
            bytes: model.info().bytes_per_photo,
            labels: &labels,
            answers: &answers,
            answer_vectors: &model.embed_text(&answers)?,
            word_vectors: words.word_vectors(),
        };
        let Some(found) = routes::fit(encoder, &instructions, &photos)? else {
            continue;
        };
        output::say(&format!(
            "{name:16} n {:4}  plain {:5.1}  before {:5.1}, words {:5.1}  after {:5.1}, words {:5.1}  semantic {:.2} plain {:.2} colours {:.2} / {:.2} answers {:.2}",
            found.n,
            found.plain * 100.0,
            found.before.map * 100.0,
            found.before.words * 100.0,
            found.after.map * 100.0,
            found.after.words * 100.0,
            found.weights.semantic,
            found.weights.plain,
            found.weights.foreground,
            found.weights.background,
            found.weights.answers
        ));
        fitted.insert(name.clone(), found);
    }
    let mut text = serde_json::to_vec_pretty(&routes::to_json(&fitted))?;
    text.push(b'\n');
    write_file(out, &text)?;
    output::say(&format!("written: {}", out.display()));
    Ok(())
}

fn embed_value_words(arguments: &Train) -> anyhow::Result<()> {
    let (model, _) = load_on_best_device(&ModelChoice::default())?;
    let dim = model.info().text_dim;
    let bar = progress_bar("texts");
    let bank = WordBank::build(
        BankWords::built_in()?,
        &(&model as &dyn PhotoModel),
        dim,
        |done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
            true
        },
    )?;
    bar.finish_and_clear();
    let out = out(arguments)?;
    write_file(out, &bank.vectors().to_safetensors()?)?;
    output::say(&format!("{} words; written: {}", bank.vectors().len(), out.display()));
    Ok(())
}
