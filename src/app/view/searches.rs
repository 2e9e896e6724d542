//! The search as a whole: its history, its filters, searches that are saved.

use refocus_engine::{Filter, ReferenceSource, SearchRequest, ViewKind};

use crate::app::application::RefocusApp;
use crate::app::controls::photos;
use crate::app::saved_searches::{MOST_SAVED, SavedSearch};

/// How many of the first results are looked at again where the person wants that.
const RERANKED_FIRST: usize = 50;

impl RefocusApp {
    /// Back to the search before, or forward to the one after.
    pub(in crate::app) fn go_in_history(&mut self, forward: bool) {
        let Some(step) = self.view.history.go(forward) else {
            return;
        };
        let (view, mut request) = (step.view, step.request);
        // A picture from outside that was removed since cannot be brought back.
        request.references.retain(|reference| match reference.source {
            ReferenceSource::Outside(id) => self.view.outside.contains(id),
            ReferenceSource::Library(_) => true,
        });
        if view == Some(ViewKind::Compare) {
            self.view.settings.compare.clone_from(&request.compare);
        }
        self.view.settings.view = view;
        self.view.search.request = request;
        self.leave_large();
    }

    pub(in crate::app) fn pin_focus(&mut self) {
        let focus = self.view.search.request.focus.trim().to_owned();
        if focus.is_empty() {
            self.panels.notices.add("Type a focus first".into());
            return;
        }
        let settings = &mut self.view.settings;
        if settings.pinned.contains(&focus) {
            settings.pinned.retain(|other| *other != focus);
        } else {
            settings.pin(focus);
        }
    }

    pub(in crate::app) fn clear_search(&mut self) {
        self.drop_all_references();
        self.view.search.request.focus.clear();
        self.view.search.request.find.clear();
        self.view.settings.view = None;
    }

    /// Lets every photo take part again.
    pub(in crate::app) fn clear_filters(&mut self) {
        self.view.search.request.filter = Filter::default();
        self.view.search.request.fold_duplicates = false;
        self.panels.left.filters.clear();
        if std::mem::take(&mut self.view.hide_weak) {
            self.panels.gallery.content_changed(false);
        }
    }

    /// Has the first results looked at again, or not any more.
    pub(in crate::app) fn toggle_reranking(&mut self) {
        if !self.view.library.can_rerank() {
            let notice = "The model in use cannot check photos precisely: it has no condition adapter";
            return self.panels.notices.add(notice.into());
        }
        let first = &mut self.view.search.request.rerank_first;
        *first = if *first == 0 { RERANKED_FIRST } else { 0 };
    }

    /// Keeps the search on screen; a field for its name opens.
    pub(in crate::app) fn save_search(&mut self) {
        let number = self.view.settings.saved.len();
        if number >= MOST_SAVED {
            let line = format!("{MOST_SAVED} searches are saved; remove one first");
            return self.panels.notices.add(line);
        }
        let (saved, lost) = SavedSearch::on_screen(&self.view);
        if lost > 0 {
            let line = "from outside the library cannot be kept in a saved search";
            self.panels.notices.add(format!("{} {line}", photos(lost)));
        }
        self.view.settings.left_panel = true;
        self.panels.left.saved.rename(number, saved.name().to_owned());
        self.view.settings.saved.push(saved);
    }

    pub(in crate::app) fn replace_saved(&mut self, number: usize) {
        let (new, _) = SavedSearch::on_screen(&self.view);
        if let Some(saved) = self.view.settings.saved.get_mut(number) {
            *saved = new.named(saved.name().to_owned());
        }
    }

    pub(in crate::app) fn remove_saved(&mut self, number: usize) {
        if number < self.view.settings.saved.len() {
            let saved = self.view.settings.saved.remove(number);
            let line = format!("Removed the saved search \u{201c}{}\u{201d}", saved.name());
            self.panels.notices.add(line);
        }
    }

    pub(in crate::app) fn open_saved(&mut self, number: usize) {
        let Some(saved) = self.view.settings.saved.get(number).cloned() else {
            return;
        };
        self.drop_all_references();
        let (request, missing) = saved.asked_in(&self.view.library, &self.view.passes);
        if missing > 0 {
            let line = format!("{} of this search are not in the library any more", photos(missing));
            self.panels.notices.add(line);
        }
        let (view, compared) = saved.view();
        if view == Some(ViewKind::Compare) {
            self.view.settings.compare = compared.to_vec();
        }
        self.view.settings.view = view;
        let rerank_first = self.view.search.request.rerank_first;
        self.view.search.request = SearchRequest {
            rerank_first,
            ..request
        };
        self.leave_large();
    }
}
