//! `refocus model`: what model there is.

use std::path::Path;

use anyhow::Context;
use serde_json::json;

use crate::engine::LibraryPaths;
use crate::model::assets::MODEL_CARD;
use crate::model::device::load_on_best_device;
use crate::model::{ModelChoice, ModelInfo, PhotoModel};

use super::arguments::{Model, ModelAction};
use super::output;

pub(super) fn run(paths: &LibraryPaths, arguments: &Model) -> anyhow::Result<()> {
    if let ModelAction::Use { which } = &arguments.action {
        return choose(paths, which);
    }
    let (model, _) = load_on_best_device(&paths.model)?;
    let info = model.info();
    match arguments.action {
        ModelAction::Use { .. } => Ok(()),
        ModelAction::Info { json: true } => output::print_json(&json!({ "model": info, "model_card": MODEL_CARD })),
        ModelAction::Info { json: false } => {
            output::print(&line(info));
            output::print("");
            output::print(MODEL_CARD.trim_end());
            Ok(())
        }
        ModelAction::List { json: true } => output::print_json(&json!([info])),
        ModelAction::List { json: false } => {
            output::print(&line(info));
            Ok(())
        }
    }
}

/// Keeps the choice for the next starts, after the file has shown that it can be loaded.
fn choose(paths: &LibraryPaths, which: &Path) -> anyhow::Result<()> {
    let choice = if which == Path::new("built-in") {
        ModelChoice::default()
    } else {
        let file = std::fs::canonicalize(which)
            .with_context(|| format!("this focus encoder cannot be opened: {}", which.display()))?;
        ModelChoice {
            focus_encoder: Some(file),
            ..ModelChoice::default()
        }
    };
    let (model, _) = load_on_best_device(&choice)?;
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

fn line(info: &ModelInfo) -> String {
    format!(
        "{}  {} · {} · {} bytes a photo",
        info.id.0, info.name, info.licence, info.bytes_per_photo
    )
}
