//! Text in the settings: which photos are read, how far that is, and the end of what was read.

use eframe::egui::{RichText, Ui};

use refocus_engine::{Command, ReadPhotos};

use crate::app::action::Action;
use crate::app::controls::{panel_head, photos, segmented};
use crate::app::design_tokens::{Tokens, space, text};
use crate::app::pass_line::pass_line;
use crate::app::settings::Settings;
use crate::app::settings_window::row;
use crate::app::view::View;

/// Draws the part.
///
/// `asks`: whether it is being asked if what was read is to be deleted.
pub(in crate::app) fn ui(
    ui: &mut Ui,
    view: &View,
    settings: &mut Settings,
    asks: &mut bool,
    actions: &mut Vec<Action>,
) {
    panel_head(ui, "TEXT IN PHOTOS");
    row(ui, "Read", |ui| {
        let choices = [
            (ReadPhotos::Off, "Nothing"),
            (ReadPhotos::Likely, "What looks like text"),
            (ReadPhotos::All, "Every photo"),
        ];
        if let Some(choice) = segmented(ui, settings.read_photos, &choices) {
            settings.read_photos = choice;
        }
    });
    if settings.read_photos != ReadPhotos::Off {
        row(ui, "", |ui| {
            ui.label(pass_line(&view.text_pass));
            let (label, paused) = if settings.text_paused {
                ("Resume", false)
            } else {
                ("Pause", true)
            };
            if ui
                .button(label)
                .accessible_name(format!("{label} the reading of photos"))
                .clicked()
            {
                settings.text_paused = paused;
            }
        });
    }
    let with_text = view.library.photos_with_text();
    row(ui, "Kept", |ui| {
        let line = match with_text {
            0 => "no text yet".to_owned(),
            some => format!("the words of {}", photos(some)),
        };
        ui.label(line);
        let line = "on this computer alone";
        ui.label(RichText::new(line).size(text::SMALL).color(Tokens::of(ui).text_weak));
    });
    *asks &= with_text > 0;
    if with_text > 0 {
        row(ui, "", |ui| {
            if !*asks {
                let words = RichText::new("Delete the text that was read\u{2026}").color(Tokens::of(ui).bad);
                *asks = ui.button(words).clicked();
                return;
            }
            ui.label(format!("Delete the words of {}?", photos(with_text)));
            let words = RichText::new("Delete").color(Tokens::of(ui).bad);
            if ui.button(words).accessible_name("Delete the text").clicked() {
                *asks = false;
                settings.read_photos = ReadPhotos::Off;
                actions.push(Action::Ask(Command::ForgetTexts));
            }
            if ui.button("Keep").accessible_name("Keep the text").clicked() {
                *asks = false;
            }
        });
        if *asks {
            row(ui, "", |ui| {
                let line =
                    "Nothing more is read until you choose it above. It can all be read again, which takes its time.";
                ui.label(RichText::new(line).size(text::SMALL).color(Tokens::of(ui).text_weak));
            });
        }
    }
    ui.add_space(space::MEDIUM);
}
