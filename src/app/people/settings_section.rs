//! People in the settings: how far the search for faces is, and the end of it all.

use eframe::egui::{RichText, Ui};

use refocus_engine::{PassPhase, PassProgress};

use crate::app::action::Action;
use crate::app::controls::{grouped, panel_head, photos};
use crate::app::design_tokens::{Tokens, space, text};
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
        ui.label(state_line(&view.face_pass));
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

/// What the search for faces does, and how far it is.
fn state_line(pass: &PassProgress) -> String {
    let counts = format!("{} of {}", grouped(pass.done), photos(pass.total));
    let unreachable = match pass.unreachable {
        0 => String::new(),
        some => format!(" \u{b7} {} cannot be reached now", photos(some)),
    };
    let line = match &pass.phase {
        PassPhase::Off => "not begun yet".to_owned(),
        PassPhase::Working => match pass.seconds_left {
            Some(seconds) => format!("{counts} \u{b7} {} left", duration(seconds)),
            None => counts,
        },
        PassPhase::Paused => format!("{counts} \u{b7} paused"),
        PassPhase::OnBattery => format!("{counts} \u{b7} rests until mains power is back"),
        PassPhase::AfterIndexing => format!("{counts} \u{b7} goes on once all photos are indexed"),
        PassPhase::UpToDate => format!("all {} have been looked at", photos(pass.total)),
        PassPhase::Failed(why) => format!("{counts} \u{b7} {why}"),
    };
    line + &unreachable
}

/// As in "3 min", for a time that is not known better.
fn duration(seconds: f32) -> String {
    let seconds = seconds.max(1.0).round() as u64;
    match seconds {
        0..90 => format!("{seconds} s"),
        90..5_400 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h", (seconds + 1_800) / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::PassKind;

    #[test]
    fn the_state_says_why_nothing_happens() {
        let mut pass = PassProgress {
            phase: PassPhase::Working,
            done: 120,
            total: 1_200,
            seconds_left: Some(400.0),
            ..PassProgress::none(PassKind::Faces)
        };
        assert_eq!(state_line(&pass), "120 of 1,200 photos \u{b7} 7 min left");
        pass.phase = PassPhase::AfterIndexing;
        pass.unreachable = 3;
        let line =
            "120 of 1,200 photos \u{b7} goes on once all photos are indexed \u{b7} 3 photos cannot be reached now";
        assert_eq!(state_line(&pass), line);
        pass.phase = PassPhase::UpToDate;
        pass.unreachable = 0;
        assert_eq!(state_line(&pass), "all 1,200 photos have been looked at");
        assert_eq!((duration(0.2), duration(9_000.0)), ("1 s".to_owned(), "3 h".to_owned()));
    }
}
