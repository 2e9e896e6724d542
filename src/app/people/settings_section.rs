//! People in the settings: how far the search for faces is, and the end of it all.

use eframe::egui::{RichText, Ui};

use crate::app::action::Action;
use crate::app::controls::{grouped, panel_head};
use crate::app::design_tokens::{Tokens, space, text};
use crate::app::pass_line::pass_line;
use crate::app::settings::Settings;
use crate::app::settings_window::row;
use crate::app::view::View;

use super::PeopleCommand;

/// Draws the part; nothing where people are not recognised.
pub(in crate::app) fn ui(ui: &mut Ui, view: &View, settings: &mut Settings, actions: &mut Vec<Action>) {
    let people = &view.people;
    if !people.on {
        return;
    }
    panel_head(ui, "PEOPLE");
    row(ui, "Faces in photos", |ui| {
        ui.label(pass_line(&view.face_pass));
        let (label, paused) = if settings.faces_paused {
            ("Resume", false)
        } else {
            ("Pause", true)
        };
        if ui
            .button(label)
            .accessible_name(format!("{label} the search for faces"))
            .clicked()
        {
            settings.faces_paused = paused;
        }
    });
    row(ui, "Kept", |ui| {
        let line = format!(
            "{} faces \u{b7} {} persons \u{b7} {} with a name",
            grouped(people.faces),
            grouped(people.persons.len()),
            grouped(view.named_people)
        );
        ui.label(line);
        let line = "on this computer alone";
        ui.label(RichText::new(line).size(text::SMALL).color(Tokens::of(ui).text_weak));
    });
    row(ui, "", |ui| {
        let label = "Delete everything about people\u{2026}";
        let words = RichText::new(label).color(Tokens::of(ui).bad);
        if ui.button(words).clicked() {
            actions.push(Action::Run(PeopleCommand::Forget.into()));
        }
    });
    ui.add_space(space::MEDIUM);
}
