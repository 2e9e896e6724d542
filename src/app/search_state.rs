//! The search being edited, its number, and the newest answer.
//!
//! A person's own change is applied the moment its answer arrives. An answer that only adds newly indexed photos waits while
//! the pointer rests on the gallery, so that nothing jumps from under it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use refocus_engine::{Command, ReferenceSource, SearchRequest, SearchResults};

/// Shortest time between two searches that only take in newly indexed photos.
const REFRESH_EVERY: Duration = Duration::from_millis(1500);

/// What the person did with files has come to the order on screen within this time: many names take several looks.
const OWN_CHANGE_SEEN_WITHIN: Duration = Duration::from_secs(15);

/// What an arriving answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Of an older search: dropped.
    Stale,
    /// Answers what the person asked: shown now.
    Asked,
    /// The same question over more photos: shown now, view kept in place.
    Refreshed,
    /// The same question over more photos, shown later.
    Deferred,
}

/// The search and its answer.
#[derive(Debug, Default)]
pub(super) struct SearchState {
    /// What the person asks for; edited by the panels.
    pub(super) request: SearchRequest,
    /// The answer on screen.
    pub(super) results: Option<Arc<SearchResults>>,
    /// What it answers: the request may have changed since.
    pub(super) answered: SearchRequest,
    /// A newer answer to the same question, waiting for the pointer to leave.
    pub(super) deferred: Option<Arc<SearchResults>>,
    sent: Option<SearchRequest>,
    generation: u64,
    /// The first generation that asked the present question.
    asked_since: u64,
    library_changed: bool,
    refreshed_at: Option<Instant>,
    /// The next refresh may wait for the pointer to leave.
    may_defer: bool,
    /// When the person did something with the files of photos.
    own_change: Option<Instant>,
}

impl SearchState {
    /// Notes that an order made before now may miss photos.
    pub(super) fn library_changed(&mut self) {
        self.library_changed = true;
        self.may_defer = true;
    }

    /// Notes that a mark changed who passes the filter: the person did it and waits for it.
    pub(super) fn marks_changed(&mut self) {
        self.library_changed = true;
        self.refreshed_at = None;
        self.may_defer = false;
    }

    /// The command to send now, if the question changed or new photos wait to be ranked.
    pub(super) fn due(&mut self, now: Instant) -> Option<Command> {
        let asked = self.sent.as_ref() != Some(&self.request);
        let nothing_shown = self.results.as_ref().is_some_and(|shown| shown.order.is_empty());
        let rested = nothing_shown
            || self
                .refreshed_at
                .is_none_or(|at| now.duration_since(at) >= REFRESH_EVERY);
        let refresh = self.library_changed && rested;
        if !(asked || refresh) {
            return None;
        }
        self.generation += 1;
        if asked {
            self.asked_since = self.generation;
            self.deferred = None;
            self.sent = Some(self.request.clone());
        }
        self.library_changed = false;
        self.refreshed_at = Some(now);
        Some(Command::Search {
            generation: self.generation,
            request: Box::new(self.request.clone()),
        })
    }

    /// Time until a refresh is due, where one waits.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        let at = self.refreshed_at?;
        self.library_changed
            .then(|| REFRESH_EVERY.saturating_sub(now.duration_since(at)))
    }

    /// The person changed the files of photos: the orders that follow are what they wait for, and are not kept back.
    pub(super) fn files_changed(&mut self, now: Instant) {
        self.own_change = Some(now);
    }

    /// Whether the orders that come now can be due to what the person did with files.
    fn follows_own_change(&self) -> bool {
        self.own_change.is_some_and(|at| at.elapsed() < OWN_CHANGE_SEEN_WITHIN)
    }

    /// Takes an answer. `hold`: the pointer rests on the gallery. `is_there`: whether a row's photo has not gone.
    pub(super) fn arrived(
        &mut self,
        results: Arc<SearchResults>,
        hold: bool,
        is_there: impl Fn(u32) -> bool,
    ) -> Arrival {
        let shown = self.results.as_ref().map(|shown| shown.generation);
        if results.generation < self.asked_since || shown.is_some_and(|shown| results.generation < shown) {
            return Arrival::Stale;
        }
        let answered = shown.is_some_and(|shown| shown >= self.asked_since);
        let settles = self.results.as_ref().is_some_and(|shown| shown.provisional);
        if !answered || settles {
            self.deferred = None;
            self.results = Some(results);
            self.answered = self.sent.clone().unwrap_or_default();
            return Arrival::Asked;
        }
        let same = self
            .results
            .as_ref()
            .is_some_and(|shown| looks_like(shown, &results, is_there));
        // The first photos of a library are shown as they come.
        let hold = std::mem::replace(&mut self.may_defer, true) && hold && !self.follows_own_change();
        if hold && !same && self.results.as_ref().is_some_and(|shown| !shown.order.is_empty()) {
            self.deferred = Some(results);
            return Arrival::Deferred;
        }
        self.deferred = None;
        self.results = Some(results);
        Arrival::Refreshed
    }

    /// Number of the search that was asked last.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the answer on screen is one to the present question.
    pub(super) fn answered(&self) -> bool {
        let shown = self.results.as_ref().map(|shown| shown.generation);
        self.sent.as_ref() == Some(&self.request) && shown.is_some_and(|shown| shown >= self.asked_since)
    }

    /// Shows the answer that was deferred; returns whether there was one.
    pub(super) fn release(&mut self) -> bool {
        let Some(deferred) = self.deferred.take() else {
            return false;
        };
        self.results = Some(deferred);
        true
    }

    /// Whether the order is a ranking, not only a sorting.
    pub(super) fn ranks(&self) -> bool {
        !self.request.references.is_empty() || !self.request.find.trim().is_empty()
    }

    /// Whether anything is asked, be it a focus alone: the order is another one than the library's own.
    pub(super) fn asks(&self) -> bool {
        self.ranks() || !self.request.focus.trim().is_empty()
    }

    /// Makes a picture a reference, changes its sign, or (where it is one with this sign already) removes it.
    pub(super) fn toggle_reference(&mut self, source: ReferenceSource, positive: bool) {
        let references = &mut self.request.references;
        match references.iter().position(|reference| reference.source == source) {
            Some(at) if references.get(at).is_some_and(|r| r.positive == positive) => {
                references.remove(at);
            }
            Some(at) => {
                if let Some(reference) = references.get_mut(at) {
                    reference.positive = positive;
                }
            }
            None => references.push(refocus_engine::Reference { source, positive }),
        }
    }

    /// Removes a reference.
    pub(super) fn remove_reference(&mut self, source: ReferenceSource) {
        self.request.references.retain(|reference| reference.source != source);
    }
}

/// Whether what is shown of an order looks like a newer one: what has gone is not shown any more.
fn looks_like(shown: &SearchResults, newer: &SearchResults, is_there: impl Fn(u32) -> bool) -> bool {
    let same =
        |shown: &[u32], newer: &[u32]| shown == newer || shown.iter().filter(|row| is_there(**row)).eq(newer.iter());
    let same_groups = match (&shown.groups, &newer.groups) {
        (None, None) => true,
        (Some(shown), Some(newer)) => {
            let left = || shown.iter().filter(|group| group.rows.iter().any(|row| is_there(*row)));
            left().count() == newer.len()
                && left().zip(newer.iter()).all(|(shown, newer)| {
                    shown.kind == newer.kind && shown.value_words == newer.value_words && same(&shown.rows, &newer.rows)
                })
        }
        (Some(_), None) | (None, Some(_)) => false,
    };
    same(&shown.order, &newer.order) && same_groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::FileId;

    fn answer(generation: u64) -> Arc<SearchResults> {
        Arc::new(SearchResults {
            generation,
            order: Arc::from([0_u32, 1]),
            ..SearchResults::default()
        })
    }

    fn all_there(_: u32) -> bool {
        true
    }

    fn asked(state: &mut SearchState, now: Instant) -> u64 {
        match state.due(now) {
            Some(Command::Search { generation, .. }) => generation,
            other => panic!("no search: {other:?}"),
        }
    }

    #[test]
    fn every_change_is_asked_once_with_a_growing_number() {
        let now = Instant::now();
        let mut state = SearchState::default();
        let first = asked(&mut state, now);
        assert!(state.due(now).is_none());
        state.request.focus = "the light".into();
        assert!(asked(&mut state, now) > first);
        assert!(state.due(now).is_none());
    }

    #[test]
    fn an_answer_to_an_older_question_is_dropped() {
        let now = Instant::now();
        let mut state = SearchState::default();
        let old = asked(&mut state, now);
        state.request.focus = "the place".into();
        let new = asked(&mut state, now);
        assert_eq!(state.arrived(answer(old), false, all_there), Arrival::Stale);
        assert!(state.results.is_none());
        assert_eq!(state.arrived(answer(new), true, all_there), Arrival::Asked);
    }

    #[test]
    fn new_photos_do_not_reorder_under_the_pointer() {
        let now = Instant::now();
        let mut state = SearchState::default();
        let first = asked(&mut state, now);
        assert_eq!(state.arrived(answer(first), true, all_there), Arrival::Asked);
        state.library_changed();
        assert!(
            state.due(now).is_none(),
            "not more often than the rest between two refreshes"
        );
        let second = asked(&mut state, now + REFRESH_EVERY);
        let mut grown = (*answer(second)).clone();
        grown.order = grown.order.iter().copied().chain([1000]).collect();
        assert_eq!(state.arrived(Arc::new(grown), true, all_there), Arrival::Deferred);
        assert_eq!(state.results.as_ref().unwrap().generation, first);
        assert!(state.release());
        assert_eq!(state.results.as_ref().unwrap().generation, second);
        assert!(!state.release());
    }

    #[test]
    fn what_the_person_did_with_files_is_seen_at_once_under_the_pointer_too() {
        let now = Instant::now();
        let mut state = SearchState::default();
        let first = asked(&mut state, now);
        state.arrived(answer(first), true, all_there);
        state.files_changed(Instant::now());
        for round in 1..3_u32 {
            state.library_changed();
            let next = asked(&mut state, now + round * REFRESH_EVERY);
            let mut renamed = (*answer(next)).clone();
            renamed.order = renamed.order.iter().map(|row| row + 1000 * round).collect();
            assert_eq!(state.arrived(Arc::new(renamed), true, all_there), Arrival::Refreshed);
        }
        state.own_change = Instant::now().checked_sub(OWN_CHANGE_SEEN_WITHIN);
        state.library_changed();
        let later = asked(&mut state, now + 4 * REFRESH_EVERY);
        assert_eq!(state.arrived(answer(later), true, all_there), Arrival::Deferred);
    }

    #[test]
    fn the_complete_order_follows_a_first_screenful_at_once() {
        let now = Instant::now();
        let mut state = SearchState::default();
        let asked = asked(&mut state, now);
        let mut first = (*answer(asked)).clone();
        first.provisional = true;
        first.order = first.order.iter().rev().copied().collect();
        assert_eq!(state.arrived(Arc::new(first), true, all_there), Arrival::Asked);
        assert_eq!(state.arrived(answer(asked), true, all_there), Arrival::Asked);
        assert_eq!(state.results.as_ref().unwrap().order, answer(asked).order);
    }

    #[test]
    fn an_answer_that_changes_nothing_is_not_kept_back() {
        let now = Instant::now();
        let mut state = SearchState::default();
        let first = asked(&mut state, now);
        assert_eq!(state.arrived(answer(first), true, all_there), Arrival::Asked);
        state.library_changed();
        let second = asked(&mut state, now + REFRESH_EVERY);
        assert_eq!(state.arrived(answer(second), true, all_there), Arrival::Refreshed);
        assert!(state.deferred.is_none());
    }

    #[test]
    fn an_answer_that_only_lacks_what_has_gone_is_not_kept_back() {
        let now = Instant::now();
        let mut state = SearchState::default();
        let first = asked(&mut state, now);
        state.arrived(answer(first), true, all_there);
        state.library_changed();
        let second = asked(&mut state, now + REFRESH_EVERY);
        let mut less = (*answer(second)).clone();
        less.order = Arc::from([1_u32]);
        assert_eq!(
            state.arrived(Arc::new(less.clone()), true, all_there),
            Arrival::Deferred,
            "a filter let go of it"
        );
        assert_eq!(state.arrived(Arc::new(less), true, |row| row != 0), Arrival::Refreshed);
        assert!(state.deferred.is_none());
    }

    #[test]
    fn what_the_order_on_screen_answers_is_known_while_another_question_is_typed() {
        let now = Instant::now();
        let mut state = SearchState::default();
        state.request.focus = "the light".into();
        let first = asked(&mut state, now);
        state.arrived(answer(first), false, all_there);
        state.request.focus = "the place".into();
        let second = asked(&mut state, now);
        assert_eq!(state.answered.focus, "the light");
        state.arrived(answer(second), false, all_there);
        assert_eq!(state.answered.focus, "the place");
    }

    #[test]
    fn a_reference_changes_sign_and_is_taken_back() {
        let mut state = SearchState::default();
        let photo = ReferenceSource::Library(FileId(3));
        state.toggle_reference(photo, true);
        assert!(state.request.references[0].positive);
        state.toggle_reference(photo, false);
        assert_eq!(state.request.references.len(), 1);
        assert!(!state.request.references[0].positive);
        state.toggle_reference(photo, false);
        assert!(state.request.references.is_empty());
    }
}
