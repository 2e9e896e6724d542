//! Languages in the settings: the packs that let focus and find text be in other languages, and how one comes and goes.

use eframe::egui::{Button, RichText, TextEdit, Ui};

use refocus_engine::{Command, InstalledPack, LanguageRequest};

use super::action::Action;
use super::controls::{one_line, panel_head};
use super::design_tokens::{Tokens, space, text};
use super::settings_window::row;
use super::view::View;

/// The languages of a pack.
const LANGUAGES: &str =
    "German, French, Spanish, Italian, Portuguese, Dutch, Polish, Turkish, Russian, Japanese, Korean, Chinese";

/// Draws the part. `typed` is the path of a pack that is being typed.
pub(super) fn ui(ui: &mut Ui, view: &View, typed: &mut String, actions: &mut Vec<Action>) {
    panel_head(ui, "LANGUAGES");
    let weak = Tokens::of(ui).text_weak;
    row(ui, "Understood", |ui| {
        let used = view.languages.packs.first();
        let readable = used.is_some_and(|pack| pack.facts.as_ref().is_ok_and(|facts| facts.readable));
        ui.label(if readable {
            "English and those of the language pack"
        } else {
            "English"
        });
        if readable {
            ui.label(RichText::new(LANGUAGES).size(text::SMALL).color(weak));
        }
    });
    for pack in &view.languages.packs {
        row(ui, "Language pack", |ui| pack_row(ui, pack, actions));
    }
    row(ui, "Install from a file", |ui| {
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(typed)
                .hint_text("languages.safetensors")
                .desired_width(220.0);
            ui.add(field).accessible_name("File of a language pack");
            let path = typed.trim();
            let button = ui.add_enabled(!path.is_empty(), Button::new("Install"));
            if button.accessible_name("Install the language pack").clicked() {
                let install = LanguageRequest::Install(path.into());
                actions.push(Action::Ask(Command::Languages(install)));
                typed.clear();
            }
            if ui
                .button("Choose\u{2026}")
                .accessible_name("Choose a language pack")
                .clicked()
            {
                actions.push(Action::ChooseLanguagePack);
            }
        });
        ui.label(
            RichText::new("Or drop the file on the window")
                .size(text::SMALL)
                .color(weak),
        );
        if let Some(error) = &view.languages.error {
            ui.colored_label(Tokens::of(ui).bad, error);
        }
    });
    ui.add_space(space::MEDIUM);
}

fn pack_row(ui: &mut Ui, pack: &InstalledPack, actions: &mut Vec<Action>) {
    let line = match &pack.facts {
        Ok(facts) => {
            let fits = if facts.readable {
                ""
            } else {
                ", cannot be used: install the pack of this version of Refocus"
            };
            format!("Version {}, {:.1} MB{fits}", facts.version, facts.bytes as f64 / 1e6)
        }
        Err(reason) => reason.clone(),
    };
    ui.label(line);
    if pack.own {
        let button = ui.button("Remove").accessible_name("Remove the language pack");
        if button.clicked() {
            actions.push(Action::Ask(Command::Languages(LanguageRequest::Remove)));
        }
    } else {
        one_line(ui, pack.path.display().to_string());
    }
}
