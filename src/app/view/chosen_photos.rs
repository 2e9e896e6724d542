//! What is done with the chosen photos: marks, paths, file actions.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::Context;
use refocus_engine::{Command, MarkChange};

use super::NOTHING_SELECTED;
use crate::app::application::RefocusApp;
use crate::app::file_jobs::FileJob;

impl RefocusApp {
    /// All become favourites, unless they are: then none is any more.
    pub(in crate::app) fn toggle_favourite(&mut self) {
        let all = self.view.chosen_photos().iter().all(|photo| photo.marks.favourite);
        self.mark_chosen(MarkChange::Favourite(!all));
    }

    pub(in crate::app) fn mark_chosen(&mut self, change: MarkChange) {
        let photos: Vec<_> = self.view.chosen_photos().iter().map(|photo| photo.id).collect();
        if photos.is_empty() {
            self.panels.notices.add(NOTHING_SELECTED.into());
            return;
        }
        self.engine.send(Command::Mark { photos, change });
    }

    pub(in crate::app) fn cursor_path(&self) -> Option<PathBuf> {
        self.view.cursor().map(|(_, photo)| photo.path.to_path_buf())
    }

    pub(in crate::app) fn copy_paths(&mut self, ctx: &Context) {
        let selected = self.view.selection.rows.iter();
        let photos = selected.filter_map(|row| self.view.library.photo(*row));
        let paths: Vec<String> = photos.map(|photo| photo.path.display().to_string()).collect();
        self.panels.notices.add(match paths.len() {
            0 => NOTHING_SELECTED.into(),
            1 => "Path copied".into(),
            more => format!("{more} paths copied"),
        });
        if !paths.is_empty() {
            ctx.copy_text(paths.join("\n"));
        }
    }

    /// Goes on with the files of the chosen photos, where there are any.
    pub(in crate::app) fn with_chosen_files(&mut self, go_on: impl FnOnce(&mut Self, Vec<Arc<std::path::Path>>)) {
        let files = self.view.chosen_files();
        if files.is_empty() {
            self.panels.notices.add(NOTHING_SELECTED.into());
        } else {
            go_on(self, files);
        }
    }

    /// Moves the photos of the last move back.
    pub(in crate::app) fn undo_move(&mut self) {
        let moved = std::mem::take(&mut self.last_move);
        if moved.is_empty() {
            self.panels.notices.add("There is no move to take back".into());
        } else {
            self.do_with_files(FileJob::UndoMove(moved));
        }
    }

    pub(in crate::app) fn do_with_files(&mut self, job: FileJob) {
        if !self.files.submit(job) {
            self.panels.questions.not_done();
            let line = "Too much is being done to files already; try again in a moment";
            self.panels.notices.add(line.into());
        }
    }
}
