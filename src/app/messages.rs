//! What others tell the window: the engine, the threads that look at paths and do something to files, a later start.

use std::path::PathBuf;
use std::time::Instant;

use eframe::egui::Context;

use refocus_engine::{Command, Event, IndexPhase, LanguageRequest, Lost, OutsideSource, PassKind, ReferenceSource};

use super::albums::Undoable;
use super::application::RefocusApp;
use super::commands::UiCommand;
use super::controls::photos;
use super::drop_and_paste::come_to_front;
use super::file_jobs::{CAN_RESTORE, FileEvent, FileOutcome, NewName};
use super::intake::Arrived;
use super::library_state::EngineState;
use super::outside_pictures::OutsideArrival;
use super::remembering::restore_references;
use super::search_state::Arrival;
use super::settings_window::leave_out;

/// Events taken in one frame; the rest waits for the next one.
const EVENTS_A_FRAME: usize = 64;

impl RefocusApp {
    /// Takes what the engine said since the last frame.
    pub(super) fn drain_events(&mut self, ctx: &Context) {
        for _ in 0..EVENTS_A_FRAME {
            match self.engine.events.try_recv() {
                Ok(event) => self.take_event(event),
                Err(crossbeam_channel::TryRecvError::Empty) => return,
                Err(crossbeam_channel::TryRecvError::Disconnected) => {
                    self.engine_ended();
                    return;
                }
            }
        }
        ctx.request_repaint();
    }

    fn engine_ended(&mut self) {
        if !self.engine.ended {
            self.engine.ended = true;
            if !matches!(self.view.library.engine, EngineState::Unusable(_)) {
                let text = "The background worker has stopped. Close the window and start Refocus again.";
                self.view.library.engine = EngineState::Unusable(text.into());
            }
        }
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::Ready(device) => {
                if let Some(warning) = &device.warning {
                    self.panels.notices.add(warning.clone());
                }
                self.view.library.engine = EngineState::Ready(device);
                self.engine.ask_again();
                self.view.heat.ask_again();
                // Another model may have taken over: its order is another one.
                self.view.search.library_changed();
                self.clean_up_follows_library();
                self.restore_references();
            }
            Event::ReadOnly(why) => self.view.library.read_only = Some(why),
            Event::Writable => {
                if let Some(why) = self.view.library.read_only.take() {
                    self.panels.notices.remove(&why);
                }
            }
            Event::Unusable(reason) => self.view.library.engine = EngineState::Unusable(reason),
            Event::Library { rows, folders } => {
                let change = self.view.library.update_rows(rows, folders);
                if change.gone {
                    // At once, also where the order on screen is kept as it is.
                    self.panels.gallery.content_changed(false);
                    self.panels.compare.photos_gone();
                }
                if change.shapes && !change.gone {
                    self.panels.gallery.content_changed(false);
                }
                if change.photos {
                    let library = &self.view.library;
                    self.view.thumbnails.forget_gone(|row| library.row(row));
                    self.view.selection.keep(|row| library.photo(row).is_some());
                    let large_is_gone = self.view.large.is_some_and(|row| library.photo(row).is_none());
                    self.view.search.library_changed();
                    if large_is_gone {
                        // With it a slide show ends, and its hold on the screen.
                        self.leave_large();
                    }
                    self.clean_up_follows_library();
                } else {
                    let request = &self.view.search.request;
                    let counts =
                        change.marks && request.filter.asks_for_marks() || change.written && request.asks_for_words();
                    if counts {
                        self.view.search.marks_changed();
                    }
                }
                self.restore_references();
            }
            Event::CleanUp(found) => self.clean_up_told(found),
            Event::Progress(progress) => {
                if self.view.library.progress.phase == IndexPhase::Idle
                    && let Some(stopped) = self.view.library.stopped.take()
                {
                    self.panels.notices.remove(&stopped);
                }
                self.view.library.progress = progress;
            }
            Event::IndexingFailed(reason) => {
                self.panels.notices.add_lasting(reason.clone());
                self.view.library.stopped = Some(reason);
            }
            Event::IndexingEnded(progress) => self.view.library.progress = progress,
            Event::Problems(problems) => self.view.library.problems = problems,
            Event::Results(results) => {
                let hold = self.panels.gallery.holds_order();
                let library = &self.view.library;
                let is_there = |row| library.photo(row).is_some();
                let arrival = self.view.search.arrived(results, hold, is_there);
                match arrival {
                    Arrival::Asked => self.panels.gallery.content_changed(true),
                    Arrival::Refreshed => self.panels.gallery.content_changed(false),
                    Arrival::Deferred | Arrival::Stale => return,
                }
                self.view.select_only_shown();
            }
            Event::Explanation(explanation) => self.view.explanation = Some(explanation),
            Event::Heat(heat) => self.view.heat.arrived(heat),
            Event::VectorsSaved { path, saved } => match saved {
                Ok(count) => {
                    let line = format!("Vectors of {} written to {}", photos(count), path.display());
                    self.panels.notices.add(line);
                }
                Err(reason) => self.panels.notices.add_lasting(reason),
            },
            Event::Outside { id, result } => {
                let arrival = self.view.outside.arrived(id, result);
                self.take_outside(arrival, ReferenceSource::Outside(id));
            }
            Event::Models(state) => self.view.models = state,
            Event::Languages(state) => {
                let changed = self.view.languages.packs != state.packs;
                self.view.languages = state;
                if changed {
                    // What is searched for may be understood now.
                    self.view.search.marks_changed();
                }
            }
            Event::People(people) => {
                self.view.people = people;
                self.people_changed();
                if self.view.search.request.asks_for_people() {
                    self.view.search.marks_changed();
                }
            }
            Event::PeopleAnswered { id, result } => self.people_answered(id, result),
            Event::Albums(albums) => {
                self.view.library.update_albums(albums, &self.view.passes);
                if self.view.search.request.filter.album.is_some() {
                    self.view.search.marks_changed();
                }
            }
            Event::Rotated { id, answer } => self.rotated(id, &answer),
            Event::AlbumsAnswered { id, result } => self.albums_answered(id, result),
            Event::Pass(progress) => match progress.kind {
                PassKind::Faces => self.view.face_pass = progress,
                PassKind::Text => self.view.text_pass = progress,
            },
            Event::Notice(text) => self.panels.notices.add_lasting(text),
            Event::Done(text) => self.panels.notices.add(text),
            Event::WorkerFailed { message, lost } => self.worker_failed(message, lost),
            Event::Stopped => self.engine_ended(),
        }
    }

    fn restore_references(&mut self) {
        if let Some(line) = restore_references(&mut self.view) {
            self.panels.notices.add_lasting(line);
        }
    }

    /// A worker that has ended for good is named at the lower edge until the program is started again; what was lost with one that
    /// was started anew is said nowhere else.
    fn worker_failed(&mut self, message: String, lost: Lost) {
        match lost {
            Lost::One => self.panels.notices.add(message),
            Lost::Requests => self.panels.notices.add_lasting(message),
            Lost::Worker => {
                let ended = &mut self.view.ended_workers;
                if !ended.contains(&message) {
                    ended.push(message.clone());
                }
                self.panels.notices.add(message);
            }
        }
    }

    fn take_outside(&mut self, arrival: OutsideArrival, source: ReferenceSource) {
        match arrival {
            OutsideArrival::Gone => {}
            OutsideArrival::New => self.view.search.toggle_reference(source, true),
            OutsideArrival::Again => self.view.search.library_changed(),
            OutsideArrival::Failed(name, reason) => {
                let line = format!("{name} cannot be a reference: {reason}");
                self.panels.notices.add_lasting(line);
            }
        }
    }

    /// Takes what was dropped, pasted or chosen.
    pub(super) fn take_arrivals(&mut self) {
        while let Some(arrived) = self.intake.take() {
            match arrived {
                Arrived::Folder(path) => {
                    self.panels.path.found(&path);
                    self.engine.send(Command::AddFolder(path));
                }
                Arrived::Picture(path) => {
                    self.panels.path.found(&path);
                    let name = path
                        .file_name()
                        .unwrap_or(path.as_os_str())
                        .to_string_lossy()
                        .into_owned();
                    self.add_outside(name, OutsideSource::File(path));
                }
                Arrived::LanguagePack(path) => self.engine.send(Command::Languages(LanguageRequest::Install(path))),
                Arrived::LeftOut(path) => {
                    if let Err(line) = leave_out(&mut self.view.settings, path) {
                        self.panels.notices.add(line);
                    }
                }
                Arrived::Missing(path) => {
                    let line = format!("There is nothing to read at {}", path.display());
                    if !self.panels.path.refused(&path, &line) {
                        self.panels.notices.add(line);
                    }
                }
                Arrived::Pixels { width, height, rgba } => {
                    let source = OutsideSource::Pixels { width, height, rgba };
                    self.add_outside("Pasted picture".into(), source);
                }
                Arrived::Failed(line) => {
                    self.panels.path.not_done();
                    self.panels.notices.add_lasting(line);
                }
                Arrived::NoDialog if self.panels.settings.is_open() => self
                    .panels
                    .notices
                    .add("The desktop offers no folder dialog: type the folder's path".into()),
                Arrived::NoDialog => self.panels.path.open(),
            }
        }
    }

    /// A person who comes back has often changed something elsewhere.
    pub(super) fn notice_return(&mut self, ctx: &Context) {
        let attended = ctx.input(|input| input.viewport().focused).unwrap_or(true);
        if attended && !std::mem::replace(&mut self.attended, attended) {
            self.engine.send(Command::CatchUp);
        }
        self.attended = attended;
    }

    /// Takes a picture from outside as a reference.
    fn add_outside(&mut self, name: String, source: OutsideSource) {
        let id = self.view.outside.add(name);
        self.engine.send(Command::AddOutside { id, source });
    }

    /// Takes the paths of later starts of the program, and comes to the front for them.
    pub(super) fn take_handed(&mut self, ctx: &Context) {
        let Some(handed) = &self.handed else { return };
        let starts: Vec<Vec<PathBuf>> = handed.try_iter().collect();
        if !starts.is_empty() {
            come_to_front(ctx);
        }
        for paths in starts {
            self.intake.look_at(paths);
        }
    }

    /// Takes what the thread for files and the native dialogs have to say.
    pub(super) fn take_file_events(&mut self) {
        while let Some(event) = self.files.take() {
            match event {
                FileEvent::Done(outcome) => {
                    self.view.copies = None;
                    self.view.sheet = None;
                    self.files_done(outcome);
                }
                FileEvent::Copies(done, of) => self.view.copies = Some((done, of)),
                FileEvent::Sheet(done, of) => self.view.sheet = Some((done, of)),
                FileEvent::Chosen(path) if self.panels.sheet.is_open() => self.panels.sheet.chosen(&path),
                FileEvent::Chosen(path) if self.panels.sort.is_open() => self.panels.sort.chosen(&path),
                FileEvent::Chosen(path) if self.panels.copies.is_open() => self.panels.copies.chosen(&path),
                FileEvent::Chosen(path) => self.panels.questions.chosen(&path),
                FileEvent::NoDialog => {
                    let line = "This desktop offers no file dialog: type the path";
                    self.panels.notices.add(line.into());
                }
            }
        }
    }

    fn files_done(&mut self, outcome: FileOutcome) {
        match outcome.new_name {
            // A wrong answer to a question, and nothing is lost by it.
            Some(NewName::Refused(reason)) => {
                if !self.panels.questions.refused(reason) {
                    self.panels.notices.add(outcome.line);
                }
                return;
            }
            Some(NewName::Given) => self.panels.questions.renamed(),
            None if outcome.failed => self.panels.questions.not_done(),
            None => {}
        }
        if outcome.failed {
            self.panels.notices.add_lasting(outcome.line);
        } else {
            let back = !outcome.moved.is_empty() || CAN_RESTORE && !outcome.trashed.is_empty();
            let undo = Some(("Undo", UiCommand::UndoMove)).filter(|_| back);
            match undo {
                Some(_) => self.panels.notices.add_with_button(outcome.line, undo),
                None => self.panels.notices.add(outcome.line),
            }
        }
        if !outcome.trashed.is_empty() {
            self.clean_up_trashed();
        }
        if self.files.note(outcome.moved, outcome.trashed) {
            self.undoable.push(Undoable::Files);
        }
        if !outcome.changed.is_empty() {
            self.view.search.files_changed(Instant::now());
        }
        for folder in &self.view.library.folders {
            if outcome.changed.iter().any(|path| path.starts_with(&folder.path)) {
                self.engine.send(Command::Rescan(Some(folder.id)));
            }
        }
    }

    /// Sends what changed: the search, the photo to explain.
    pub(super) fn send_changes(&mut self, ctx: &Context) {
        let now = Instant::now();
        self.view.follow_search();
        if matches!(self.view.library.engine, EngineState::Ready(_))
            && let Some(command) = self.view.search.due(now)
        {
            self.engine.send(command);
        }
        if let Some(wait) = self.view.search.wait(now) {
            ctx.request_repaint_after(wait);
        }
        self.engine.ask_for_explanation(&self.view);
        self.engine.ask_for_heat(&mut self.view);
        if !self.engine.flush(ctx) {
            self.engine_ended();
        }
    }
}
