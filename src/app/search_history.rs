//! Back and forward through searches, and the focuses that were used.

use std::time::{Duration, Instant};

use refocus_engine::{SearchRequest, ViewKind};

/// Changes of the same kind that follow each other faster than this are one step: a word, not its letters.
const ONE_STEP: Duration = Duration::from_millis(1200);

/// A focus that stands this long was meant.
const MEANT: Duration = Duration::from_millis(2500);

/// Most steps that can be taken back.
const MOST_STEPS: usize = 100;

/// A search as it was.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    /// What was asked.
    pub(super) request: SearchRequest,
    /// The view that the person had chosen.
    pub(super) view: Option<ViewKind>,
}

/// The searches so far, and which of them is on screen.
#[derive(Debug, Default)]
pub(super) struct SearchHistory {
    steps: Vec<Step>,
    at: usize,
    changed: Option<Instant>,
    /// The focus that waits to count as used.
    pending: bool,
}

impl SearchHistory {
    /// Takes note of the search on screen.
    pub(super) fn note(&mut self, request: &SearchRequest, view: Option<ViewKind>, now: Instant) {
        let Some(present) = self.steps.get_mut(self.at) else {
            self.steps.push(Step {
                request: request.clone(),
                view,
            });
            self.at = self.steps.len() - 1;
            return;
        };
        if present.request == *request && present.view == view {
            return;
        }
        let step = Step {
            request: request.clone(),
            view,
        };
        let typed_on = self.changed.is_some_and(|at| now.duration_since(at) < ONE_STEP);
        self.pending |= present.request.focus != request.focus;
        if self.at > 0 && typed_on && only_typing(&present.request, request) {
            *present = step;
            self.steps.truncate(self.at + 1);
        } else {
            self.steps.truncate(self.at + 1);
            self.steps.push(step);
            if self.steps.len() > MOST_STEPS {
                self.steps.remove(0);
            }
            self.at = self.steps.len() - 1;
        }
        self.changed = Some(now);
    }

    /// Whether there is a search before (`false`) or after (`true`) the one on screen.
    pub(super) fn can_go(&self, forward: bool) -> bool {
        if forward {
            self.at + 1 < self.steps.len()
        } else {
            self.at > 0
        }
    }

    /// The search before or after.
    pub(super) fn go(&mut self, forward: bool) -> Option<Step> {
        if !self.can_go(forward) {
            return None;
        }
        self.at = if forward { self.at + 1 } else { self.at - 1 };
        self.changed = None;
        self.pending = false;
        self.steps.get(self.at).cloned()
    }

    /// The focus on screen, once, when it has stood long enough to count as used; else how long to wait.
    pub(super) fn used_focus(&mut self, now: Instant) -> Result<String, Option<Duration>> {
        let Some(since) = self.changed.filter(|_| self.pending) else {
            return Err(None);
        };
        let stood = now.duration_since(since);
        if stood < MEANT {
            return Err(Some(MEANT - stood));
        }
        self.pending = false;
        let focus = self.steps.get(self.at).map(|step| step.request.focus.trim().to_owned());
        focus.filter(|focus| !focus.is_empty()).ok_or(None)
    }
}

/// Whether two searches differ only in what is typed or drawn with a slider.
fn only_typing(before: &SearchRequest, after: &SearchRequest) -> bool {
    let bare = |request: &SearchRequest| SearchRequest {
        focus: String::new(),
        find: String::new(),
        strength: 0.0,
        strong_share: 0.0,
        view: ViewKind::Grid,
        compare: Vec::new(),
        ..request.clone()
    };
    bare(before) == bare(after)
}

/// Puts a used focus first. One that was only typed further takes the place of its beginning.
pub(super) fn remember_focus(recent: &mut Vec<String>, focus: &str) {
    recent.retain(|other| other != focus);
    if recent.first().is_some_and(|newest| focus.starts_with(newest.as_str())) {
        recent.remove(0);
    }
    recent.insert(0, focus.to_owned());
    recent.truncate(super::settings::MOST_FOCUSES);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn focus(text: &str) -> SearchRequest {
        SearchRequest {
            focus: text.into(),
            ..SearchRequest::default()
        }
    }

    #[test]
    fn a_word_is_one_step_and_a_new_word_drops_what_was_ahead() {
        let mut history = SearchHistory::default();
        let start = Instant::now();
        history.note(&focus(""), None, start);
        for (letters, after) in [("l", 0), ("li", 100), ("light", 300)] {
            history.note(&focus(letters), None, start + Duration::from_millis(after));
        }
        history.note(&focus("place"), None, start + Duration::from_secs(9));
        assert!(!history.can_go(true));
        assert_eq!(history.go(false).unwrap().request.focus, "light");
        assert_eq!(history.go(false).unwrap().request.focus, "");
        assert!(history.go(false).is_none());
        assert_eq!(history.go(true).unwrap().request.focus, "light");
        history.note(&focus("light"), None, start + Duration::from_secs(10));
        assert!(history.can_go(true), "going back is no new step");
        history.note(&focus("style"), None, start + Duration::from_secs(12));
        assert!(!history.can_go(true));
    }

    #[test]
    fn a_focus_counts_as_used_once_and_only_when_it_stood() {
        let mut history = SearchHistory::default();
        let start = Instant::now();
        history.note(&focus(""), None, start);
        assert_eq!(history.used_focus(start), Err(None));
        history.note(&focus("light"), None, start);
        assert!(matches!(history.used_focus(start), Err(Some(_))));
        assert_eq!(history.used_focus(start + MEANT), Ok("light".into()));
        assert_eq!(history.used_focus(start + MEANT * 2), Err(None));
    }

    #[test]
    fn recent_focuses_hold_each_once_and_no_beginnings() {
        let mut recent = Vec::new();
        for text in ["the place", "the col", "the colour", "the place"] {
            remember_focus(&mut recent, text);
        }
        assert_eq!(recent, ["the place", "the colour"]);
    }
}
