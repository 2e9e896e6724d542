//! `refocus model`: which models there are, where they come from, and which one is used.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use refocus_engine::{CATALOGUE, CatalogueEntry, Command, Event, FileCheck, HUB, Hub, LibraryPaths, NextPhase, Offer};
use refocus_model::assets::model_card;
use refocus_model::clip::installed::{BUILT_IN, is_name, name_from};
use refocus_model::clip::{InstalledRecord, ModelsFolder};
use refocus_model::device::load_on_best_device;
use refocus_model::loading::load_chosen;
use refocus_model::{ModelChoice, ModelInfo, PhotoModel};

use super::arguments::{Model, ModelAction};
use super::session::Session;
use super::{WrongUsage, output};

pub(super) fn run(paths: &LibraryPaths, arguments: &Model) -> anyhow::Result<()> {
    let models = ModelsFolder::new(&paths.models);
    match &arguments.action {
        ModelAction::Use { which } => choose(paths, &models, which),
        ModelAction::Info { json } => info(paths, &models, *json),
        ModelAction::List { json } => list(paths, &models, *json),
        ModelAction::Import { dir, name } => import(&models, dir, name.as_deref()),
        ModelAction::Download { id, dry_run } => download(&models, id, *dry_run),
        ModelAction::Remove { name } => remove(paths, &models, name),
    }
}

fn info(paths: &LibraryPaths, models: &ModelsFolder, as_json: bool) -> anyhow::Result<()> {
    let loaded = load_chosen(&paths.model, models)?;
    let info = loaded.model.info();
    // The card is that of the built-in model; checkpoints have theirs where they come from.
    let card = loaded.folder.is_none().then(model_card);
    if as_json {
        return output::print_json(&json!({ "model": info, "model_card": card }));
    }
    output::print(&line(info));
    output::print(&info.description);
    if let Some(card) = card {
        output::print("");
        output::print(card.trim_end());
    }
    Ok(())
}

fn list(paths: &LibraryPaths, models: &ModelsFolder, as_json: bool) -> anyhow::Result<()> {
    let (choice, installed) = (&paths.model, models.list());
    let used = choice.checkpoint.as_deref().unwrap_or(BUILT_IN);
    let state = |name: &str| match (name == used, choice.next.as_deref() == Some(name)) {
        (true, _) => "in use",
        (_, true) => "next",
        _ => "there",
    };
    let missing: Vec<&CatalogueEntry> = CATALOGUE
        .iter()
        .filter(|entry| installed.iter().all(|model| model.name != entry.id))
        .collect();
    if as_json {
        let built_in = json!({"name": BUILT_IN, "title": "Built-in", "licence": "Apache-2.0", "bytes": 0,
            "source": "part of the program", "state": state(BUILT_IN)});
        let there = installed.iter().map(|model| {
            json!({"name": model.name, "id": model.id(), "title": model.record.name, "licence": model.record.licence,
                "bytes": model.bytes(), "source": model.record.source, "state": state(&model.name)})
        });
        let offered = missing.iter().map(|entry| {
            json!({"name": entry.id, "title": entry.name, "licence": entry.licence, "source": entry.repository,
                "good_for": entry.good_for, "state": "to download"})
        });
        let all: Vec<_> = std::iter::once(built_in).chain(there).chain(offered).collect();
        return output::print_json(&json!(all));
    }
    output::print(&format!("{BUILT_IN:28} {:12} Built-in · Apache-2.0", state(BUILT_IN)));
    for model in &installed {
        output::print(&format!(
            "{:28} {:12} {} · {} · {}",
            model.name,
            state(&model.name),
            model.record.name,
            model.record.licence,
            megabytes(model.bytes())
        ));
    }
    for entry in missing {
        output::print(&format!(
            "{:28} {:12} {} · {} · {}",
            entry.id, "to download", entry.name, entry.licence, entry.good_for
        ));
    }
    Ok(())
}

fn import(models: &ModelsFolder, dir: &Path, name: Option<&str>) -> anyhow::Result<()> {
    let folder =
        std::fs::canonicalize(dir).with_context(|| format!("this folder cannot be opened: {}", dir.display()))?;
    let title = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.map_or_else(|| name_from(&title), str::to_owned);
    if !is_name(&name) {
        return Err(WrongUsage(format!(
            "\"{name}\" cannot be a model's name: letters, digits, -, _ and . can"
        ))
        .into());
    }
    let bar = bytes_bar();
    let record = InstalledRecord::new(&title, "not known", &folder.display().to_string());
    let installed = models.import(&folder, &name, record, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        true
    })?;
    bar.finish_and_clear();
    output::say(&format!(
        "{} is there; `refocus model use {name}` lets it take over",
        installed.id()
    ));
    Ok(())
}

fn download(models: &ModelsFolder, id: &str, dry_run: bool) -> anyhow::Result<()> {
    let Some(entry) = CatalogueEntry::find(id) else {
        let names: Vec<&str> = CATALOGUE.iter().map(|entry| entry.id).collect();
        return Err(WrongUsage(format!(
            "there is no {id} in the catalogue; it has {}",
            names.join(", ")
        ))
        .into());
    };
    let hub = Hub::at(&std::env::var("REFOCUS_HUB").unwrap_or_else(|_| HUB.to_owned()));
    let offer = hub.look_up(entry.repository)?;
    show_offer(entry, &offer);
    if dry_run {
        return Ok(());
    }
    let bar = bytes_bar();
    // Ctrl-C ends the program; what is there by then is kept and the next download goes on.
    let never = AtomicBool::new(false);
    hub.fetch(&offer, &models.arriving(id), &never, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    let source = format!("{} at {}", offer.repository, offer.commit);
    let licence = offer.licence.as_deref().unwrap_or(entry.licence);
    let installed = models.install(id, InstalledRecord::new(entry.name, licence, &source))?;
    output::say(&format!(
        "{} is there; `refocus model use {id}` lets it take over",
        installed.id()
    ));
    Ok(())
}

fn show_offer(entry: &CatalogueEntry, offer: &Offer) {
    let licence = offer.licence.as_deref().unwrap_or(entry.licence);
    output::say(&format!(
        "{} · {licence} · {} · {} at {}",
        entry.name,
        megabytes(offer.bytes()),
        offer.repository,
        offer.commit
    ));
    for file in &offer.files {
        let check = match &file.check {
            FileCheck::Sha256(hash) => format!("SHA-256 {hash}"),
            FileCheck::GitBlob(hash) => format!("git {hash}"),
        };
        output::say(&format!("  {} · {} bytes · {check}", file.name, file.bytes));
    }
}

fn remove(paths: &LibraryPaths, models: &ModelsFolder, name: &str) -> anyhow::Result<()> {
    let used = [paths.model.checkpoint.as_deref(), paths.model.next.as_deref()];
    if name == BUILT_IN || used.contains(&Some(name)) {
        bail!("{name} is in use; choose another model first (`refocus model use {BUILT_IN}`)");
    }
    models.remove(name)?;
    output::say(&format!("{name} was removed; what it encoded is kept"));
    Ok(())
}

/// Lets a model take over, or gives the built-in one a focus encoder.
fn choose(paths: &LibraryPaths, models: &ModelsFolder, which: &Path) -> anyhow::Result<()> {
    let name = which.to_string_lossy();
    let used = paths.model.checkpoint.as_deref().unwrap_or(BUILT_IN);
    if name == BUILT_IN || (is_name(&name) && models.get(&name).is_ok()) {
        if name != used || paths.model.next.is_some() {
            return take_over(paths, &name);
        }
        if name != BUILT_IN {
            output::say(&format!("in use: {name}"));
            return Ok(());
        }
        return keep(paths, &ModelChoice::default());
    }
    let file = std::fs::canonicalize(which).with_context(|| {
        format!(
            "there is no model of this name (`refocus model list`) and no focus encoder: {}",
            which.display()
        )
    })?;
    if file.is_dir() {
        bail!("import this folder first: refocus model import {}", which.display());
    }
    keep(
        paths,
        &ModelChoice {
            focus_encoder: Some(file),
            ..ModelChoice::default()
        },
    )
}

/// Keeps the choice for the next starts, after the file has shown that it can be loaded.
fn keep(paths: &LibraryPaths, choice: &ModelChoice) -> anyhow::Result<()> {
    let (model, _) = load_on_best_device(choice)?;
    choice
        .write(&paths.model_choice)
        .with_context(|| format!("the choice cannot be kept: {}", paths.model_choice.display()))?;
    output::say(&format!(
        "in use: {} · {}",
        model.info().id.0,
        choice.focus_encoder.as_ref().map_or_else(
            || "built-in focus encoder".to_owned(),
            |file| file.display().to_string()
        )
    ));
    Ok(())
}

/// Has the library encoded by a model and waits until it has taken over. Killed in between, it goes on where it was, here or
/// in the window.
fn take_over(paths: &LibraryPaths, name: &str) -> anyhow::Result<()> {
    let mut session = Session::start_ahead(paths)?;
    let already = paths.model.next.as_deref() == Some(name);
    if !already {
        session.send(Command::UseModel(name.to_owned()));
    }
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:32} {pos} of {len} {msg} · {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut asked = already;
    let ended = session.wait(|event| match event {
        Event::Models(state) => {
            if state.serving == name && state.next.is_none() {
                return Some(Ok(()));
            }
            match (&state.next, &state.error) {
                (Some(next), _) => {
                    asked = true;
                    bar.set_length(next.total as u64);
                    bar.set_position(next.done as u64);
                    bar.set_message(if next.phase == NextPhase::Words {
                        "words"
                    } else {
                        "photos"
                    });
                    None
                }
                (None, Some(error)) if asked => Some(Err(error.clone())),
                _ => None,
            }
        }
        _ => None,
    })?;
    bar.finish_and_clear();
    ended.map_err(anyhow::Error::msg)?;
    output::say(&format!("in use: {name}"));
    Ok(())
}

fn bytes_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:32} {bytes} of {total_bytes} · {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}

fn line(info: &ModelInfo) -> String {
    format!(
        "{}  {} · {} · {} bytes a photo",
        info.id.0, info.name, info.licence, info.bytes_per_photo
    )
}
