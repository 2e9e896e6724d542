//! Photos that a search has to look at itself. Their files may lie on a drive that hangs, so the ranking thread never touches them:
//! threads do that nobody joins, and a search waits for them only while it is wanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, bounded};

use refocus_workers::{Worker, attempt, fault};

/// The threads' name.
const READ: &str = "refocus-reader";
/// Who waits looks this often whether the search is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(30);
/// Files of which none was read for so long hang.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);
/// Threads that may hang at the same time. No more are started, so that searching on does not fill the machine with them.
const MOST_AT_WORK: usize = 32;

/// The threads.
#[derive(Default)]
pub(super) struct FileReaders {
    at_work: Arc<AtomicUsize>,
}

/// Counts a thread while it is at work.
struct AtWork(Arc<AtomicUsize>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl FileReaders {
    /// Does `work` for each place of `0..count` on a few threads, and returns what came of each; `None` for files that hang.
    /// Nothing at all where the search became stale: then the threads end after the file in hand.
    pub(super) fn each<T: Send + 'static>(
        &self,
        threads: usize,
        count: usize,
        work: impl Fn(usize) -> Result<T, String> + Send + Sync + 'static,
        stale: &dyn Fn() -> bool,
    ) -> Option<Vec<Option<Result<T, String>>>> {
        let (told, done) = bounded(count);
        let (work, next, given_up) = (
            Arc::new(work),
            Arc::new(AtomicUsize::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        for _ in 0..threads.clamp(1, count.max(1)) {
            if self.at_work.fetch_add(1, Ordering::SeqCst) >= MOST_AT_WORK {
                self.at_work.fetch_sub(1, Ordering::SeqCst);
                break;
            }
            let at_work = AtWork(Arc::clone(&self.at_work));
            let (work, next, given_up) = (Arc::clone(&work), Arc::clone(&next), Arc::clone(&given_up));
            let told = told.clone();
            let read = move || {
                let _at_work = at_work;
                while !given_up.load(Ordering::SeqCst) {
                    let place = next.fetch_add(1, Ordering::SeqCst);
                    if place >= count {
                        return;
                    }
                    // An internal error costs one file.
                    let result = attempt(READ, || {
                        fault::point("reading for a search");
                        work(place)
                    });
                    let _ = told.send((place, result.unwrap_or_else(|panic| Err(panic.to_string()))));
                }
            };
            if let Err(error) = Worker::start(READ, read, |_| {}) {
                tracing::warn!(%error, "no thread to read a file");
            }
        }
        drop(told);
        let mut all: Vec<Option<Result<T, String>>> = (0..count).map(|_| None).collect();
        let mut heard = Instant::now();
        loop {
            if stale() {
                given_up.store(true, Ordering::SeqCst);
                return None;
            }
            match done.recv_timeout(LOOK_EVERY) {
                Ok((place, result)) => {
                    heard = Instant::now();
                    if let Some(slot) = all.get_mut(place) {
                        *slot = Some(result);
                    }
                }
                Err(RecvTimeoutError::Timeout) if heard.elapsed() < ANSWERS_WITHIN => {}
                Err(_) => break,
            }
        }
        given_up.store(true, Ordering::SeqCst);
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_worked_on_once_and_a_panic_costs_one() {
        let readers = FileReaders::default();
        let work = |place: usize| {
            assert!(place != 3, "on purpose");
            Ok(place * place)
        };
        let all = readers.each(4, 10, work, &|| false).unwrap();
        for (place, result) in all.into_iter().enumerate() {
            match result.unwrap() {
                Ok(square) => assert_eq!(square, place * place),
                Err(message) => assert!(place == 3 && message.contains("on purpose"), "{message}"),
            }
        }
        assert_eq!(readers.each(4, 0, |_| Ok(()), &|| false), Some(Vec::new()));
    }

    #[test]
    fn files_that_hang_keep_no_search_and_only_so_many_threads() {
        let readers = FileReaders::default();
        let (hang, hung) = bounded::<()>(0);
        for _ in 0..2 * MOST_AT_WORK {
            let (started, hung) = (Instant::now(), hung.clone());
            let read = move |_| hung.recv().map_err(|error| error.to_string());
            // Where no thread is free there is no answer, at once.
            let all = readers.each(1, 1, read, &|| started.elapsed() > Duration::from_millis(5));
            assert!(all.is_none_or(|all| all == [None]));
        }
        assert_eq!(readers.at_work.load(Ordering::SeqCst), MOST_AT_WORK);
        drop(hang);
        let start = Instant::now();
        while readers.at_work.load(Ordering::SeqCst) > 0 {
            assert!(start.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(readers.each(1, 1, |_| Ok(7), &|| false), Some(vec![Some(Ok(7))]));
    }
}
