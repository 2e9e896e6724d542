//! Named threads.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use super::panicked::{WorkerPanic, attempt};

/// A thread of its own. Dropping this leaves it running; whoever needs its end asks for it with a deadline.
#[derive(Debug)]
pub struct Worker {
    name: String,
    ended: Arc<Ended>,
}

#[derive(Debug, Default)]
struct Ended {
    flag: Mutex<bool>,
    changed: Condvar,
}

/// Says that the worker has ended, also where telling of its panic panics.
struct SaysEnded(Arc<Ended>);

impl Drop for SaysEnded {
    fn drop(&mut self) {
        *self.0.flag.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
    }
}

impl Worker {
    /// Starts a thread. Where `work` panics, everything it owns is dropped and `failed` is called on the same thread, before the
    /// worker counts as ended.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(
        name: impl Into<String>,
        work: impl FnOnce() + Send + 'static,
        failed: impl FnOnce(WorkerPanic) + Send + 'static,
    ) -> io::Result<Self> {
        let name = name.into();
        let ended = Arc::new(Ended::default());
        let (own_name, says_ended) = (name.clone(), SaysEnded(Arc::clone(&ended)));
        Builder::new().name(name.clone()).spawn(move || {
            let _says_ended = says_ended;
            if let Err(panic) = attempt(&own_name, work) {
                // A panic in telling has nobody left to be told to; the panic hook has reported it.
                let _ = attempt(&own_name, || failed(panic));
            }
        })?;
        Ok(Self { name, ended })
    }

    /// The thread's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        *self.ended.flag.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for its end, until the deadline at most. Returns whether it has ended.
    #[must_use]
    pub fn ended_by(&self, deadline: Instant) -> bool {
        let mut ended = self.ended.flag.lock().unwrap_or_else(PoisonError::into_inner);
        while !*ended {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            ended = self
                .ended
                .changed
                .wait_timeout(ended, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        *ended
    }
}

/// Waits for the end of workers, until the deadline at most, and returns those that are still at work.
#[must_use]
pub fn still_at_work(workers: Vec<Worker>, deadline: Instant) -> Vec<Worker> {
    workers
        .into_iter()
        .filter(|worker| !worker.ended_by(deadline))
        .collect()
}

/// Why work that was waited for has brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// It takes longer than anybody waits: a drive or a network that hangs, say. The thread ends when the system lets it.
    #[error("no answer came within {} s", .0.as_secs_f32())]
    Late(Duration),
    /// It panicked.
    #[error(transparent)]
    Panicked(#[from] WorkerPanic),
    /// No thread could be started.
    #[error("no thread could be started ({0})")]
    NoThread(String),
}

/// Does something that may hang in the operating system on a thread of its own and waits for it so long at most.
///
/// # Errors
/// [`NoAnswer`].
pub fn within<T: Send + 'static>(
    name: &str,
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoAnswer> {
    let place: Arc<Mutex<Option<Result<T, WorkerPanic>>>> = Arc::default();
    let (answer, panicked) = (Arc::clone(&place), Arc::clone(&place));
    let worker = Worker::start(
        name,
        move || {
            let done = work();
            *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(Ok(done));
        },
        move |panic| *panicked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Err(panic)),
    )
    .map_err(|error| NoAnswer::NoThread(error.to_string()))?;
    let _ = worker.ended_by(Instant::now() + patience);
    let answer = place.lock().unwrap_or_else(PoisonError::into_inner).take();
    match answer {
        Some(answer) => Ok(answer?),
        None => Err(NoAnswer::Late(patience)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    const HANG: Duration = Duration::from_secs(20);

    #[test]
    fn a_panic_drops_what_the_worker_owns_then_is_told_then_the_worker_has_ended() {
        let (owned, released) = channel::<()>();
        let (told, heard) = channel();
        let worker = Worker::start(
            "a-worker",
            move || {
                let _owned = owned;
                panic!("on purpose");
            },
            move |panic| told.send(panic).unwrap(),
        )
        .unwrap();
        assert!(worker.ended_by(Instant::now() + HANG) && worker.has_ended());
        assert!(released.recv().is_err(), "the other end of its channel is released");
        let panic = heard.try_recv().unwrap();
        assert_eq!(
            (panic.worker.as_str(), panic.message.as_str()),
            ("a-worker", "on purpose")
        );
    }

    #[test]
    fn a_worker_that_does_not_end_is_waited_for_no_longer_than_the_deadline() {
        let (release, hold) = channel::<()>();
        let stuck = Worker::start("stuck", move || _ = hold.recv(), |_| {}).unwrap();
        let quick = Worker::start("quick", || {}, |_| {}).unwrap();
        assert!(quick.ended_by(Instant::now() + HANG));
        let left = still_at_work(vec![quick, stuck], Instant::now() + Duration::from_millis(30));
        assert_eq!(left.iter().map(Worker::name).collect::<Vec<_>>(), ["stuck"]);
        drop(release);
        assert!(still_at_work(left, Instant::now() + HANG).is_empty());
    }

    #[test]
    fn what_hangs_is_given_up_and_what_panics_says_so() {
        assert_eq!(within("quick", HANG, || 3), Ok(3));
        let (release, hold) = channel::<()>();
        let patience = Duration::from_millis(20);
        let late = within("late", patience, move || _ = hold.recv());
        assert_eq!(late, Err(NoAnswer::Late(patience)));
        drop(release);
        let panicked = within::<()>("bad", HANG, || panic!("on purpose"));
        assert!(matches!(panicked, Err(NoAnswer::Panicked(panic)) if panic.message == "on purpose"));
    }
}
