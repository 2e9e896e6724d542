//! What comes of what a person wants of the page.

use std::sync::Arc;
use std::time::Instant;

use eframe::egui::Context;

use refocus_engine::{CleanUp, CleanUpRequest, Command};

use crate::app::RefocusApp;
use crate::app::commands::UiCommand;

use super::CleanUpAction;
use super::page::{Step, trash_words};

impl RefocusApp {
    /// Does what a person wants.
    pub(in crate::app) fn act_clean_up(&mut self, ctx: &Context, action: CleanUpAction) {
        match action {
            CleanUpAction::Toggle => self.toggle_clean_up(ctx),
            CleanUpAction::Ask(request) => self.engine.send(Command::CleanUp(request)),
            CleanUpAction::KeepAll(contents) => {
                let page = &mut self.panels.clean_up;
                page.steps.push(Step::Kept(contents.clone()));
                self.engine.send(Command::CleanUp(CleanUpRequest::KeepAll(contents)));
                let line = "All of these stay; they are not shown again".to_owned();
                let undo = Some(("Undo", UiCommand::UndoMove));
                self.panels.notices.add_with_button(line, undo);
            }
            CleanUpAction::AskBeforeTrash(spare) => {
                let title = format!("{}?", trash_words(&spare));
                self.panels.questions.ask_before_clean_up(spare.photos, title);
            }
        }
    }

    /// Opens the page, or goes back from it to the photos.
    pub(in crate::app) fn toggle_clean_up(&mut self, ctx: &Context) {
        if self.view.clean_up_open {
            self.close_clean_up();
            return;
        }
        // Keys are the page's from now on, whatever led to it.
        ctx.memory_mut(|memory| {
            if let Some(focused) = memory.focused() {
                memory.surrender_focus(focused);
            }
        });
        // Commands about photos are not for ones that cannot be seen.
        self.view.selection.clear();
        self.leave_large();
        self.view.people_page = None;
        self.view.clean_up_open = true;
        let look = self.panels.clean_up.look();
        self.engine.send(Command::CleanUp(look));
    }

    /// Back to the photos, where the page is open.
    pub(in crate::app) fn close_clean_up(&mut self) {
        if std::mem::take(&mut self.view.clean_up_open) {
            self.panels.clean_up.close();
            self.engine.send(Command::CleanUp(CleanUpRequest::Close));
        }
    }

    /// Takes what the engine tells.
    pub(in crate::app) fn clean_up_told(&mut self, found: Arc<CleanUp>) {
        // What was told after the page was closed is of no use.
        if self.view.clean_up_open {
            self.panels.clean_up.told(&self.view, found);
        }
    }

    /// Photos have come or gone: the page shows those that are there, and the library is looked at again soon.
    pub(in crate::app) fn clean_up_follows_library(&mut self) {
        if self.view.clean_up_open {
            self.panels.clean_up.look_due = true;
            self.panels.clean_up.groups_changed(&self.view);
        }
    }

    /// Looks at the library again, where it has changed.
    pub(in crate::app) fn look_for_alike_again(&mut self, ctx: &Context) {
        match self.panels.clean_up.due(Instant::now()) {
            Ok(()) => {
                let look = self.panels.clean_up.look();
                self.engine.send(Command::CleanUp(look));
            }
            Err(Some(wait)) => ctx.request_repaint_after(wait),
            Err(None) => {}
        }
    }

    /// Photos went to the trash while the page is open: the last step is that.
    pub(in crate::app) fn clean_up_trashed(&mut self) {
        if self.view.clean_up_open {
            self.panels.clean_up.steps.push(Step::Trashed);
        }
    }

    /// Undoes the last step of the page, where that was a decision; returns whether it was.
    pub(in crate::app) fn undo_clean_up(&mut self) -> bool {
        if !self.view.clean_up_open {
            return false;
        }
        match self.panels.clean_up.steps.pop() {
            Some(Step::Kept(contents)) => {
                self.engine.send(Command::CleanUp(CleanUpRequest::AskAgain(contents)));
                let line = "These photos are shown again".to_owned();
                self.panels.notices.add_with_button(line, None);
                true
            }
            Some(Step::Marked(before)) => {
                self.panels.clean_up.undo_marks(before);
                true
            }
            Some(Step::Trashed) | None => false,
        }
    }
}
