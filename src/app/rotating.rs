//! Photos that are turned by a key, and the turns that can be taken back or done again.

use std::collections::HashMap;
use std::time::Instant;

use refocus_engine::{Command, RotateAnswer, RotateRequest, Rotation, Turn, TurnPlace};

use super::albums::Undoable;
use super::application::RefocusApp;
use super::commands::UiCommand;
use super::controls::{photos, sentence};
use super::view::NOTHING_SELECTED;

/// Steps that can be taken back.
const MOST_STEPS: usize = 50;

/// Why the engine was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// The person turned photos this way.
    Turn(Turn, TurnPlace),
    /// A turn is taken back.
    Undo,
    /// It is done again.
    Redo,
}

/// What was turned in this run of the program.
#[derive(Debug, Default)]
pub(super) struct Rotations {
    last: u64,
    asked: HashMap<u64, Asked>,
    /// Turns that take back what was done, the last one last.
    undo: Vec<Vec<Rotation>>,
    redo: Vec<Vec<Rotation>>,
}

/// What takes turns back: the last one first.
fn back(done: &[Rotation]) -> Vec<Rotation> {
    done.iter().rev().map(Rotation::back).collect()
}

impl RefocusApp {
    /// Turns the chosen photos.
    pub(super) fn turn_chosen(&mut self, turn: Turn) {
        let chosen: Vec<_> = self.view.chosen_photos().iter().map(|photo| photo.id).collect();
        if chosen.is_empty() {
            self.panels.notices.add(NOTHING_SELECTED.into());
            return;
        }
        let place = self.view.settings.turn_place();
        let request = RotateRequest::Turn {
            photos: chosen,
            turn,
            place,
        };
        self.ask_to_rotate(Asked::Turn(turn, place), request);
    }

    /// Takes the last turn back.
    pub(super) fn undo_turn(&mut self) {
        if let Some(back) = self.rotations.undo.pop() {
            self.ask_to_rotate(Asked::Undo, RotateRequest::Carry(back));
        }
    }

    /// Does the turn again that was taken back last; returns whether there was one.
    pub(super) fn redo_turn(&mut self) -> bool {
        let again = self.rotations.redo.pop();
        let there = again.is_some();
        if let Some(again) = again {
            self.ask_to_rotate(Asked::Redo, RotateRequest::Carry(again));
        }
        there
    }

    fn ask_to_rotate(&mut self, asked: Asked, request: RotateRequest) {
        self.rotations.last += 1;
        let id = self.rotations.last;
        self.rotations.asked.insert(id, asked);
        self.engine.send(Command::Rotate { id, request });
    }

    /// Takes the engine's answer.
    pub(super) fn rotated(&mut self, id: u64, answer: &RotateAnswer) {
        let Some(asked) = self.rotations.asked.remove(&id) else {
            return;
        };
        let changed = answer.changed();
        self.panels.lightbox.forget(&changed);
        self.panels.photo_compare.forget(&changed);
        if !answer.done.is_empty() {
            self.view.search.files_changed(Instant::now());
            let steps = match asked {
                Asked::Undo => &mut self.rotations.redo,
                Asked::Turn(..) | Asked::Redo => &mut self.rotations.undo,
            };
            if steps.len() >= MOST_STEPS {
                steps.remove(0);
            }
            steps.push(back(&answer.done));
            match asked {
                Asked::Undo => self.redoable.push(Undoable::Turn),
                Asked::Turn(..) => {
                    self.rotations.redo.clear();
                    self.redoable.clear();
                    self.undoable.push(Undoable::Turn);
                }
                Asked::Redo => self.undoable.push(Undoable::Turn),
            }
        }
        let line = told(asked, answer);
        let is_undoable = !answer.done.is_empty() && asked != Asked::Undo;
        if answer.failed > 0 {
            self.panels.notices.add_lasting(line);
        } else {
            let undo = is_undoable.then_some(("Undo", UiCommand::UndoMove));
            self.panels.notices.add_with_button(line, undo);
        }
    }
}

/// What came of it, for the person.
fn told(asked: Asked, answer: &RotateAnswer) -> String {
    let done = photos(answer.done.len());
    let mut line = match asked {
        Asked::Turn(Turn::Left, _) => format!("{done} turned to the left"),
        Asked::Turn(Turn::Right, _) => format!("{done} turned to the right"),
        Asked::Turn(Turn::Upright, _) => format!("{done} shown as stored"),
        Asked::Undo => format!("{done} turned back"),
        Asked::Redo => format!("{done} turned again"),
    };
    if answer.done.is_empty() && answer.failed == 0 {
        return "Shown as stored already".to_owned();
    }
    let beside = answer.done.iter().filter(|one| one.is_beside).count();
    if matches!(asked, Asked::Turn(_, TurnPlace::File)) && beside > 0 {
        let of_which = if beside == answer.done.len() {
            "beside the file".to_owned()
        } else {
            format!("{} of them beside the file", photos(beside))
        };
        line.push_str(&format!(", {of_which}: this is not written into every format"));
    }
    match &answer.why {
        Some(why) if answer.done.is_empty() => format!("Not turned: {}", sentence(why)),
        Some(why) => format!("{line}; {} not: {why}", photos(answer.failed)),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_file_and_nothing_is_said_to_be_done_that_was_not() {
        let answer = RotateAnswer {
            failed: 1,
            why: Some("this file or its folder may not be written: /a/b.jpg".into()),
            ..RotateAnswer::default()
        };
        let line = told(Asked::Turn(Turn::Left, TurnPlace::File), &answer);
        assert_eq!(line, "Not turned: This file or its folder may not be written: /a/b.jpg");
        let nothing = told(Asked::Turn(Turn::Upright, TurnPlace::File), &RotateAnswer::default());
        assert_eq!(nothing, "Shown as stored already");
    }
}
