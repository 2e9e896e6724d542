//! What comes of what a person wants about albums.

use refocus_engine::{AlbumAnswer, AlbumRequest, AlbumStep, Command, FileId};

use super::{AlbumAction, AlbumCommand, AlbumQuestion};
use crate::app::application::RefocusApp;
use crate::app::commands::UiCommand;
use crate::app::controls::sentence;
use crate::app::view::NOTHING_SELECTED;

/// Kinds of steps that one key undoes, in the order in which they were done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Undoable {
    /// Files were moved, or went to the trash.
    Files,
    /// Something about albums.
    Album,
    /// Photos were turned.
    Turn,
}

impl RefocusApp {
    /// Does what a person wants about albums.
    pub(in crate::app) fn act_albums(&mut self, action: AlbumAction) {
        match action {
            AlbumAction::Show(album) => {
                self.view.search.request.filter.album = album;
                self.view.people_page = None;
                self.leave_large();
            }
            AlbumAction::Ask(question) => self.panels.albums.dialog.ask(question, &self.view),
            AlbumAction::Step(request) => self.ask_albums(request),
            AlbumAction::AddRows(rows) => {
                let photos = rows.iter().filter_map(|row| Some(self.view.library.photo(*row)?.id));
                let question = AlbumQuestion::AddTo(photos.collect());
                self.panels.albums.dialog.ask(question, &self.view);
            }
        }
    }

    /// Runs a command about albums.
    pub(in crate::app) fn run_albums(&mut self, command: AlbumCommand) {
        let chosen: Vec<FileId> = self.view.chosen_photos().iter().map(|photo| photo.id).collect();
        match command {
            AlbumCommand::New => {
                let inside = self.view.search.request.filter.album;
                self.act_albums(AlbumAction::Ask(AlbumQuestion::New {
                    inside,
                    photos: Vec::new(),
                }));
            }
            AlbumCommand::Add if chosen.is_empty() => self.panels.notices.add(NOTHING_SELECTED.into()),
            AlbumCommand::Add => self.act_albums(AlbumAction::Ask(AlbumQuestion::AddTo(chosen))),
            AlbumCommand::TakeOut => match self.view.search.request.filter.album {
                None => self.panels.notices.add("Show an album first".into()),
                Some(_) if chosen.is_empty() => self.panels.notices.add(NOTHING_SELECTED.into()),
                Some(album) => self.ask_albums(AlbumRequest::TakeOut { album, photos: chosen }),
            },
            AlbumCommand::Export => self.act_albums(AlbumAction::Ask(AlbumQuestion::Export)),
            AlbumCommand::Import => self.act_albums(AlbumAction::Ask(AlbumQuestion::Import)),
        }
    }

    /// Takes the engine's answer to a step.
    pub(in crate::app) fn albums_answered(&mut self, id: u64, result: Result<AlbumAnswer, String>) {
        let undone = self.panels.albums.undoing.remove(&id);
        let answer = match result {
            Ok(answer) => answer,
            Err(why) => return self.panels.notices.add(sentence(&why)),
        };
        let Some(step) = answer.step else {
            return self.panels.notices.add("The albums are written".into());
        };
        if let Some(undone) = undone {
            let words = if undone { "Undone" } else { "Done again" };
            self.panels.notices.add(format!("{words}: {step}"));
            if undone {
                self.redoable.push(Undoable::Album);
            } else {
                self.undoable.push(Undoable::Album);
            }
            return;
        }
        let undo = answer.changed.then_some(("Undo", UiCommand::UndoMove));
        if answer.changed {
            self.undoable.push(Undoable::Album);
        }
        self.panels.notices.add_with_button(sentence(&step.to_string()), undo);
        if let AlbumStep::Deleted(_) = step {
            let filter = &mut self.view.search.request.filter;
            filter.album = filter
                .album
                .filter(|shown| self.view.library.albums().album(*shown).is_some());
        }
    }

    /// Undoes the last step about albums.
    pub(in crate::app) fn undo_album(&mut self) {
        self.ask_albums(AlbumRequest::Undo);
    }

    /// Does the step about albums again that was undone last.
    pub(in crate::app) fn redo_album(&mut self) {
        self.ask_albums(AlbumRequest::Redo);
    }

    fn ask_albums(&mut self, request: AlbumRequest) {
        self.panels.albums.last += 1;
        let id = self.panels.albums.last;
        match request {
            AlbumRequest::Undo => drop(self.panels.albums.undoing.insert(id, true)),
            AlbumRequest::Redo => drop(self.panels.albums.undoing.insert(id, false)),
            _ => {}
        }
        self.engine.send(Command::Albums { id, request });
    }
}
