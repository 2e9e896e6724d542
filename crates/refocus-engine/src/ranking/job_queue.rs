//! The newest search, and the photos that wait for an explanation and a heat map; older ones are dropped.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::command::Explain;
use crate::rows::FileId;
use crate::search::SearchRequest;
use refocus_search::{FindQuery, TextQuery};

use super::people_search::PeopleSearch;
use super::text_search::TextSearch;

/// Where the control thread leaves work for the ranking thread.
#[derive(Debug, Default)]
pub(crate) struct JobQueue {
    pending: Mutex<PendingJobs>,
    arrived: Condvar,
    newest: AtomicU64,
}

#[derive(Debug, Default)]
struct PendingJobs {
    search: Option<Search>,
    explain: Option<Box<Explain>>,
    heat: Option<(FileId, u64)>,
    save_vectors: Option<PathBuf>,
    stop: bool,
}

/// A search that waits.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) generation: u64,
    pub(super) request: SearchRequest,
    /// The request's find text, parsed once for all that ask what it looks for.
    pub(super) find: FindQuery,
    /// The find text as typed, where `find` is what it says in English.
    pub(super) typed: Option<FindQuery>,
    /// How what was typed in another language is understood, in lines for the person.
    pub(super) understood: Vec<String>,
    /// What it has to do with people.
    pub(super) people: Option<Arc<PeopleSearch>>,
    /// What it has to do with text in photos.
    pub(super) text: Option<Arc<TextSearch>>,
    pub(super) arrived: Instant,
}

impl Search {
    /// A search that arrives now.
    pub(super) fn new(generation: u64, mut request: SearchRequest) -> Self {
        let (text, rest) = TextQuery::split(&request.find);
        request.find = rest;
        if request.sought().is_empty() {
            request.find.clear();
        }
        Self {
            generation,
            find: FindQuery::parse(&request.find),
            typed: None,
            understood: Vec::new(),
            people: None,
            text: TextSearch::of(text, &request.focus),
            request,
            arrived: Instant::now(),
        }
    }
}

/// What the ranking thread is to do next.
#[derive(Debug)]
pub(super) enum Job {
    Search(Box<Search>),
    Explain(Box<Explain>),
    Heat { id: FileId, generation: u64 },
    SaveVectors(PathBuf),
    Stop,
}

impl JobQueue {
    /// Leaves a search; one that still waits is dropped, one that runs becomes stale.
    pub(crate) fn search(&self, generation: u64, request: SearchRequest) {
        self.newest.fetch_max(generation, Ordering::SeqCst);
        let search = Search::new(generation, request);
        self.lock().search = Some(search);
        self.arrived.notify_all();
    }

    /// Asks for an explanation; an older request is dropped.
    pub(crate) fn explain(&self, explain: Box<Explain>) {
        self.lock().explain = Some(explain);
        self.arrived.notify_all();
    }

    /// Asks for a heat map, to be told under this generation; an older request is dropped.
    pub(crate) fn heat(&self, id: FileId, generation: u64) {
        self.lock().heat = Some((id, generation));
        self.arrived.notify_all();
    }

    /// Asks for a file with the vectors of the newest order.
    pub(crate) fn save_vectors(&self, path: PathBuf) {
        self.lock().save_vectors = Some(path);
        self.arrived.notify_all();
    }

    /// Ends the ranking thread.
    pub(crate) fn stop(&self) {
        self.newest.store(u64::MAX, Ordering::SeqCst);
        self.lock().stop = true;
        self.arrived.notify_all();
    }

    /// Whether a newer search has arrived.
    pub(super) fn is_stale(&self, generation: u64) -> bool {
        self.newest.load(Ordering::SeqCst) > generation
    }

    /// Waits for work: searches come before explanations.
    pub(super) fn next(&self) -> Job {
        let mut pending = self.lock();
        loop {
            if pending.stop {
                return Job::Stop;
            }
            if let Some(search) = pending.search.take() {
                return Job::Search(Box::new(search));
            }
            if let Some(explain) = pending.explain.take() {
                return Job::Explain(explain);
            }
            if let Some((id, generation)) = pending.heat.take() {
                return Job::Heat { id, generation };
            }
            if let Some(path) = pending.save_vectors.take() {
                return Job::SaveVectors(path);
            }
            pending = self.arrived.wait(pending).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, PendingJobs> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn only_the_newest_search_is_worked_on() {
        let jobs = JobQueue::default();
        jobs.search(
            1,
            SearchRequest {
                focus: "old".into(),
                ..SearchRequest::default()
            },
        );
        jobs.explain(Box::new(Explain {
            id: FileId(4),
            request: SearchRequest::default(),
            results: Arc::default(),
        }));
        jobs.search(
            2,
            SearchRequest {
                focus: "new".into(),
                ..SearchRequest::default()
            },
        );
        assert!(jobs.is_stale(1) && !jobs.is_stale(2));
        let Job::Search(search) = jobs.next() else {
            panic!("no search")
        };
        assert_eq!((search.generation, search.request.focus.as_str()), (2, "new"));
        assert!(matches!(jobs.next(), Job::Explain(explain) if explain.id == FileId(4)));
        jobs.stop();
        assert!(matches!(jobs.next(), Job::Stop));
        assert!(jobs.is_stale(2));
    }
}
