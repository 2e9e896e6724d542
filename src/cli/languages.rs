//! `refocus languages`: packs that let focus and find text be in other languages than English.

use anyhow::{Context, anyhow};
use serde_json::json;

use refocus_engine::{LibraryPaths, install_pack, installed_packs, language_folders, remove_pack};
use refocus_model::languages::Language;

use super::arguments::{Languages, LanguagesAction};
use super::output;

pub(super) fn run(paths: &LibraryPaths, arguments: &Languages) -> anyhow::Result<()> {
    let own = paths.languages();
    match &arguments.action {
        LanguagesAction::Install { file } => {
            let file = std::fs::canonicalize(file)
                .with_context(|| format!("this file cannot be opened: {}", file.display()))?;
            let kept = install_pack(&file, &own).map_err(|line| anyhow!(line))?;
            output::say(&format!("the language pack is there: {}", kept.display()));
        }
        LanguagesAction::List { json } => {
            let packs = installed_packs(&language_folders(&own));
            let codes: Vec<&str> = Language::ALL.iter().map(|language| language.code()).collect();
            if *json {
                let packs: Vec<String> = packs.iter().map(|pack| pack.display().to_string()).collect();
                let languages = if packs.is_empty() { Vec::new() } else { codes };
                return output::print_json(&json!({ "packs": packs, "languages": languages }));
            }
            match packs.first() {
                Some(pack) => output::print(&format!("{} \u{b7} {}", codes.join(" "), pack.display())),
                None => output::say("no language pack is there; English is understood"),
            }
        }
        LanguagesAction::Remove => {
            let was_there = remove_pack(&own).map_err(|line| anyhow!(line))?;
            anyhow::ensure!(was_there, "there is no language pack to remove: {}", own.display());
            output::say("the language pack is removed");
        }
    }
    Ok(())
}
