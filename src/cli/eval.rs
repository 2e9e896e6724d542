//! `refocus eval folder`: how well a person's own labelled photos are ordered under an instruction.

use std::collections::HashSet;
use std::path::Path;

use refocus_engine::LibraryPaths;
use refocus_training::evaluation::EvaluationError;
use refocus_training::evaluation::encode::PhotoFile;
use refocus_training::evaluation::labels::{LabelColumn, LabelledPhotos};
use serde_json::json;

use super::WrongUsage;
use super::arguments::{AspectAsked, Eval, EvalWhat};
use super::judging::{EvalRun, Judge, wordings};

pub(super) fn run(paths: &LibraryPaths, arguments: &Eval) -> anyhow::Result<()> {
    let EvalWhat::Folder {
        dir,
        labels,
        aspect,
        limit,
        paraphrases,
        run,
    } = &arguments.what;
    folder(
        paths,
        dir,
        labels.as_deref(),
        aspect,
        *limit,
        paraphrases.as_deref(),
        run,
    )
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
