//! The newest search, and the photos that wait for an explanation and a heat map; older ones are dropped.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::engine::rows::FileId;
use crate::engine::search::SearchRequest;

/// Where the control thread leaves work for the ranking thread.
#[derive(Debug, Default)]
pub(in crate::engine) struct Mailbox {
    letters: Mutex<Letters>,
    arrived: Condvar,
    newest: AtomicU64,
}

#[derive(Debug, Default)]
struct Letters {
    search: Option<Search>,
    explain: Option<FileId>,
    heat: Option<FileId>,
    save_vectors: Option<PathBuf>,
    stop: bool,
}

/// A search that waits.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) generation: u64,
    pub(super) request: SearchRequest,
    pub(super) arrived: Instant,
}

/// What the ranking thread is to do next.
#[derive(Debug)]
pub(super) enum Letter {
    Search(Box<Search>),
    Explain(FileId),
    Heat(FileId),
    SaveVectors(PathBuf),
    Stop,
}

impl Mailbox {
    /// Leaves a search; one that still waits is dropped, one that runs becomes stale.
    pub(in crate::engine) fn search(&self, generation: u64, request: SearchRequest) {
        self.newest.fetch_max(generation, Ordering::SeqCst);
        self.lock().search = Some(Search {
            generation,
            request,
            arrived: Instant::now(),
        });
        self.arrived.notify_all();
    }

    /// Asks for an explanation; an older wish is dropped.
    pub(in crate::engine) fn explain(&self, id: FileId) {
        self.lock().explain = Some(id);
        self.arrived.notify_all();
    }

    /// Asks for a heat map; an older wish is dropped.
    pub(in crate::engine) fn heat(&self, id: FileId) {
        self.lock().heat = Some(id);
        self.arrived.notify_all();
    }

    /// Asks for a file with the vectors of the newest order.
    pub(in crate::engine) fn save_vectors(&self, path: PathBuf) {
        self.lock().save_vectors = Some(path);
        self.arrived.notify_all();
    }

    /// Ends the ranking thread.
    pub(in crate::engine) fn stop(&self) {
        self.newest.store(u64::MAX, Ordering::SeqCst);
        self.lock().stop = true;
        self.arrived.notify_all();
    }

    /// Whether a newer search has arrived.
    pub(super) fn is_stale(&self, generation: u64) -> bool {
        self.newest.load(Ordering::SeqCst) > generation
    }

    /// Waits for work: searches come before explanations.
    pub(super) fn next(&self) -> Letter {
        let mut letters = self.lock();
        loop {
            if letters.stop {
                return Letter::Stop;
            }
            if let Some(search) = letters.search.take() {
                return Letter::Search(Box::new(search));
            }
            if let Some(id) = letters.explain.take() {
                return Letter::Explain(id);
            }
            if let Some(id) = letters.heat.take() {
                return Letter::Heat(id);
            }
            if let Some(path) = letters.save_vectors.take() {
                return Letter::SaveVectors(path);
            }
            letters = self.arrived.wait(letters).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_search_is_worked_on() {
        let mailbox = Mailbox::default();
        mailbox.search(
            1,
            SearchRequest {
                focus: "old".into(),
                ..SearchRequest::default()
            },
        );
        mailbox.explain(FileId(4));
        mailbox.search(
            2,
            SearchRequest {
                focus: "new".into(),
                ..SearchRequest::default()
            },
        );
        assert!(mailbox.is_stale(1) && !mailbox.is_stale(2));
        let Letter::Search(search) = mailbox.next() else {
            panic!("no search")
        };
        assert_eq!((search.generation, search.request.focus.as_str()), (2, "new"));
        assert!(matches!(mailbox.next(), Letter::Explain(FileId(4))));
        mailbox.stop();
        assert!(matches!(mailbox.next(), Letter::Stop));
        assert!(mailbox.is_stale(2));
    }
}
