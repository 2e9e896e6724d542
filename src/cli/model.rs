//! `refocus model`: what model there is.

use serde_json::json;

use crate::engine::LibraryPaths;
use crate::model::assets::MODEL_CARD;
use crate::model::device::load_on_best_device;
use crate::model::{ModelInfo, PhotoModel};

use super::arguments::{Model, ModelAction};
use super::output;

pub(super) fn run(paths: &LibraryPaths, arguments: &Model) -> anyhow::Result<()> {
    let (model, _) = load_on_best_device(&paths.model)?;
    let info = model.info();
    match arguments.action {
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

fn line(info: &ModelInfo) -> String {
    format!(
        "{}  {} · {} · {} bytes a photo",
        info.id.0, info.name, info.licence, info.bytes_per_photo
    )
}
