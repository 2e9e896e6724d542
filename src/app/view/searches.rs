//! The search as a whole: its history, the pinned focus, searches that are saved.

use refocus_engine::{Command, HitOrder, ReferenceSource, SearchRequest, SortKey, ViewKind};

use super::View;
use crate::app::saved_searches::SavedSearch;

/// How many of the first results are looked at again where the person wants that.
const RERANKED_FIRST: usize = 50;

/// What is left to do when a saved search was opened.
pub(in crate::app) struct OpenedSearch {
    /// What the engine is to be told.
    pub(in crate::app) commands: Vec<Command>,
    /// How many of its references are not in the library any more.
    pub(in crate::app) missing: usize,
}

impl View {
    /// Back to the search before, or forward to the one after. Returns whether there is one.
    pub(in crate::app) fn go_in_history(&mut self, forward: bool) -> bool {
        let Some(step) = self.history.go(forward) else {
            return false;
        };
        let (view, mut request) = (step.view, step.request);
        // A picture from outside that was removed since cannot be brought back.
        request.references.retain(|reference| match reference.source {
            ReferenceSource::Outside(id) => self.outside.contains(id),
            ReferenceSource::Library(_) => true,
        });
        if view == Some(ViewKind::Compare) {
            self.settings.compare.clone_from(&request.compare);
        }
        self.settings.view = view;
        self.search.request = request;
        true
    }

    /// Pins the focus, or takes it from the pinned ones. Returns whether there is one.
    pub(in crate::app) fn toggle_pin(&mut self) -> bool {
        let focus = self.search.request.focus.trim().to_owned();
        if focus.is_empty() {
            return false;
        }
        if self.settings.pinned.contains(&focus) {
            self.settings.pinned.retain(|other| *other != focus);
        } else {
            self.settings.pin(focus);
        }
        true
    }

    /// Nothing is asked any more. Returns what the engine is to be told.
    pub(in crate::app) fn clear_search(&mut self) -> Vec<Command> {
        let commands = self.drop_all_references();
        self.search.request.focus.clear();
        self.search.request.find.clear();
        self.search.request.order = HitOrder::Best;
        self.settings.view = None;
        commands
    }

    /// Has what was found stand in another order; without a search the library. Returns a line for the person where there is nothing
    /// to order like that.
    pub(in crate::app) fn order_hits(&mut self, order: HitOrder) -> Option<String> {
        let asks = self.search.asks();
        let request = &mut self.search.request;
        match (asks, order) {
            (true, _) => request.order = order,
            (false, HitOrder::Newest) => request.sort = SortKey::DateTaken,
            (false, HitOrder::Oldest) => request.sort = SortKey::OldestFirst,
            (false, HitOrder::Best) => {
                return Some("Choose a reference or type something to find first".to_owned());
            }
        }
        None
    }

    /// Has the first results looked at again, or not any more. Returns whether the model in use can do it.
    pub(in crate::app) fn toggle_reranking(&mut self) -> bool {
        if !self.library.can_rerank() {
            return false;
        }
        let first = &mut self.search.request.rerank_first;
        *first = if *first == 0 { RERANKED_FIRST } else { 0 };
        true
    }

    /// The search on screen takes the place of a saved one, under its name.
    pub(in crate::app) fn replace_saved(&mut self, number: usize) {
        let (new, _) = SavedSearch::on_screen(self);
        if let Some(saved) = self.settings.saved.get_mut(number) {
            *saved = new.named(saved.name().to_owned());
        }
    }

    /// Gives a saved search another name.
    pub(in crate::app) fn rename_saved(&mut self, number: usize, name: String) {
        if let Some(saved) = self.settings.saved.get_mut(number) {
            *saved = std::mem::take(saved).named(name);
        }
    }

    /// Forgets a saved search. Returns a line for the person.
    pub(in crate::app) fn remove_saved(&mut self, number: usize) -> Option<String> {
        if number >= self.settings.saved.len() {
            return None;
        }
        let saved = self.settings.saved.remove(number);
        Some(format!("Removed the saved search \u{201c}{}\u{201d}", saved.name()))
    }

    /// Asks what a saved search asked; `None`: there is none of this number.
    pub(in crate::app) fn open_saved(&mut self, number: usize) -> Option<OpenedSearch> {
        let saved = self.settings.saved.get(number).cloned()?;
        let commands = self.drop_all_references();
        let (request, missing) = saved.asked_in(&self.library, &self.passes);
        let (view, compared) = saved.view();
        if view == Some(ViewKind::Compare) {
            self.settings.compare = compared.to_vec();
        }
        self.settings.view = view;
        let rerank_first = self.search.request.rerank_first;
        self.search.request = SearchRequest {
            rerank_first,
            ..request
        };
        Some(OpenedSearch { commands, missing })
    }
}
