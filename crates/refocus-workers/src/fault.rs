//! Faults on request: tests put a panic, or a stall, into a worker by its name.
//!
//! Only tests call [`panic_in`] and [`stall_in`]; nothing that ships does, and no argument or variable of the environment can.
//! [`point`] is compiled in always, so that tests run the very code that ships: it is one relaxed load while nothing is armed,
//! and workers call it once a job.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Armed faults: what makes [`point`] look further.
static ARMED: AtomicUsize = AtomicUsize::new(0);
static FAULTS: Mutex<Vec<Fault>> = Mutex::new(Vec::new());
static CHANGED: Condvar = Condvar::new();

#[derive(Debug)]
struct Fault {
    number: usize,
    worker: String,
    kind: Kind,
    /// How often a worker has met it.
    met: usize,
    /// When one first did.
    first_met: Option<Instant>,
}

#[derive(Debug)]
enum Kind {
    Panic { left: usize },
    Stall,
}

/// A fault that is armed until this is dropped.
#[derive(Debug)]
pub struct Armed(usize);

/// The next `times` jobs of the worker of this name panic.
#[must_use]
pub fn panic_in(worker: &str, times: usize) -> Armed {
    arm(worker, Kind::Panic { left: times })
}

/// The worker of this name hangs in its next jobs, until the fault is dropped.
#[must_use]
pub fn stall_in(worker: &str) -> Armed {
    arm(worker, Kind::Stall)
}

fn arm(worker: &str, kind: Kind) -> Armed {
    static NUMBERS: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBERS.fetch_add(1, Ordering::SeqCst);
    faults().push(Fault {
        number,
        worker: worker.to_owned(),
        kind,
        met: 0,
        first_met: None,
    });
    ARMED.fetch_add(1, Ordering::SeqCst);
    Armed(number)
}

impl Armed {
    /// How often a worker has met it.
    #[must_use]
    pub fn met(&self) -> usize {
        faults()
            .iter()
            .find(|fault| fault.number == self.0)
            .map_or(0, |fault| fault.met)
    }

    /// When a worker first met it.
    #[must_use]
    pub fn first_met(&self) -> Option<Instant> {
        faults()
            .iter()
            .find(|fault| fault.number == self.0)
            .and_then(|fault| fault.first_met)
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        faults().retain(|fault| fault.number != self.0);
        ARMED.fetch_sub(1, Ordering::SeqCst);
        CHANGED.notify_all();
    }
}

/// A place in a worker's job at which a test may have it panic or hang.
#[inline]
pub fn point(worker: &str) {
    if ARMED.load(Ordering::Relaxed) > 0 {
        meet(worker);
    }
}

#[cold]
#[expect(clippy::panic, reason = "this is what it is for")]
fn meet(worker: &str) {
    let mut all = faults();
    let Some(fault) = all.iter_mut().find(|fault| fault.worker == worker) else {
        return;
    };
    let number = fault.number;
    if !matches!(fault.kind, Kind::Panic { left: 0 }) {
        fault.first_met.get_or_insert_with(Instant::now);
    }
    match &mut fault.kind {
        Kind::Panic { left: 0 } => return,
        Kind::Panic { left } => {
            *left -= 1;
            fault.met += 1;
        }
        Kind::Stall => {
            fault.met += 1;
            while all.iter().any(|fault| fault.number == number) {
                all = CHANGED.wait(all).unwrap_or_else(PoisonError::into_inner);
            }
            return;
        }
    }
    drop(all);
    panic!("a fault put into {worker}");
}

fn faults() -> MutexGuard<'static, Vec<Fault>> {
    FAULTS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempt;

    #[test]
    fn a_fault_hits_its_own_worker_as_often_as_was_asked_and_until_it_is_dropped() {
        let hit = |worker: &str| attempt(worker, || point(worker)).is_err();
        let armed = panic_in("fault-test", 2);
        assert_eq!([(); 3].map(|()| hit("fault-test")), [true, true, false]);
        assert!(!hit("another"));
        assert_eq!(armed.met(), 2);
        assert!(armed.first_met().is_some());
        drop(armed);
        let stalled = stall_in("fault-test");
        let worker = crate::Worker::start("stalls", || point("fault-test"), |_| {}).unwrap();
        while stalled.met() == 0 {
            std::thread::yield_now();
        }
        assert!(!worker.has_ended());
        drop(stalled);
        assert!(worker.ended_by(std::time::Instant::now() + std::time::Duration::from_secs(20)));
    }
}
