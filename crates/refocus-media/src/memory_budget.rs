//! What all pictures that are being decoded may hold together.
//!
//! Each decoding says before its first large allocation how much it will hold, and waits until the others leave so much. One
//! that wants more than the whole budget (a panorama) waits until it is alone. Those that wait form a queue, and only its first
//! is let in, also where a later one would fit: otherwise small pictures would pass a large one for ever. A picture that a
//! person waits for stands before those of background work, but passes at most [`MOST_PASSED`] of them.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::failure::Failure;

/// Bytes that all decodings of this process hold at a time: as much as [`DecodeLimits`](super::DecodeLimits) allows one picture.
pub const DECODING_BYTES: u64 = 3 << 29;

/// How many requests of background work one that a person waits for may pass: more than there are decoder threads, so that it
/// passes all that wait, and few enough that a person who scrolls without end does not stop indexing.
const MOST_PASSED: u64 = 64;

/// The budget of this process.
static DECODING: MemoryBudget = MemoryBudget::new(DECODING_BYTES);

/// Who waits for a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Urgency {
    /// A person, now.
    Person,
    /// Work in the background.
    #[default]
    Background,
}

/// Bytes that are shared out.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    total: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    used: u64,
    /// Number of the next request. Begins where a place before it can be told apart from the first.
    next: u64,
    /// Places of those that wait, the first first: [`Place::of`].
    waiting: BTreeSet<Place>,
}

/// A place in the queue: where it stands, and the request's number where two stand at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place(u64, u64);

impl Place {
    fn of(number: u64, urgency: Urgency) -> Self {
        match urgency {
            Urgency::Person => Self(number - MOST_PASSED, number),
            Urgency::Background => Self(number, number),
        }
    }
}

impl MemoryBudget {
    const fn new(total: u64) -> Self {
        Self {
            total,
            state: Mutex::new(State {
                used: 0,
                next: MOST_PASSED,
                waiting: BTreeSet::new(),
            }),
            changed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a decoder tells before its first large allocation how much it will hold.
pub(super) trait Reserve {
    /// Waits until there is room for so many bytes.
    ///
    /// # Errors
    /// Whoever decides on it is not there any more.
    fn reserve(&mut self, bytes: u64) -> Result<(), Failure>;
}

/// The share of one decoding; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: &'static MemoryBudget,
    urgency: Urgency,
    bytes: u64,
}

impl Share {
    /// Nothing yet of this process's budget.
    pub(super) fn none(urgency: Urgency) -> Self {
        Self::of(&DECODING, urgency)
    }

    fn of(budget: &'static MemoryBudget, urgency: Urgency) -> Self {
        Self {
            budget,
            urgency,
            bytes: 0,
        }
    }

    /// Waits until there is room for so many bytes and all that stand before it in the queue have theirs. What was held before
    /// is given back first, so that two decodings never wait for each other.
    pub(super) fn take(&mut self, bytes: u64) {
        self.give_back();
        let budget = self.budget;
        let mut state = budget.state();
        let place = Place::of(state.next, self.urgency);
        state.next += 1;
        state.waiting.insert(place);
        while state.waiting.first() != Some(&place) || state.used > 0 && state.used.saturating_add(bytes) > budget.total
        {
            state = budget.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting.remove(&place);
        state.used = state.used.saturating_add(bytes);
        self.bytes = bytes;
        drop(state);
        // The next in the queue may fit as well.
        budget.changed.notify_all();
    }

    fn give_back(&mut self) {
        let mut state = self.budget.state();
        state.used = state.used.saturating_sub(std::mem::take(&mut self.bytes));
        drop(state);
        self.budget.changed.notify_all();
    }
}

impl Reserve for Share {
    fn reserve(&mut self, bytes: u64) -> Result<(), Failure> {
        self.take(bytes);
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn all_together_never_hold_more_than_the_budget_and_all_get_their_turn() {
        static BUDGET: MemoryBudget = MemoryBudget::new(100);
        static HELD: AtomicU64 = AtomicU64::new(0);
        let turns: usize = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..6u64)
                .map(|worker| {
                    scope.spawn(move || {
                        for round in 0..40 {
                            let bytes = 10 + (worker * 31 + round * 17) % 60;
                            let mut share = Share::of(&BUDGET, Urgency::Background);
                            share.take(bytes);
                            let held = HELD.fetch_add(bytes, Ordering::SeqCst) + bytes;
                            assert!(held <= 100, "{held}");
                            std::thread::yield_now();
                            HELD.fetch_sub(bytes, Ordering::SeqCst);
                        }
                        40
                    })
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).sum()
        });
        assert_eq!(turns, 240);
        assert_eq!(BUDGET.state().used, 0);
    }

    #[test]
    fn one_that_wants_more_than_there_is_waits_until_it_is_alone() {
        static BUDGET: MemoryBudget = MemoryBudget::new(100);
        let mut small = Share::of(&BUDGET, Urgency::Background);
        small.take(10);
        std::thread::scope(|scope| {
            let large = scope.spawn(|| {
                let mut share = Share::of(&BUDGET, Urgency::Background);
                share.take(1000);
            });
            std::thread::sleep(std::time::Duration::from_millis(30));
            assert!(!large.is_finished());
            drop(small);
            large.join().unwrap();
        });
    }

    /// Waits until so many stand in the queue; their threads may start late.
    fn until_waiting(budget: &MemoryBudget, count: usize) {
        while budget.state().waiting.len() < count {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    #[test]
    fn small_ones_do_not_pass_a_large_one_that_waits() {
        static BUDGET: MemoryBudget = MemoryBudget::new(100);
        let mut first = Share::of(&BUDGET, Urgency::Background);
        first.take(60);
        let order = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            let order = &order;
            let start = |name: &'static str, bytes, waiting| {
                scope.spawn(move || {
                    let mut share = Share::of(&BUDGET, Urgency::Background);
                    share.take(bytes);
                    order.lock().unwrap().push(name);
                });
                until_waiting(&BUDGET, waiting);
            };
            start("large", 80, 1);
            // It would fit beside the first, and not beside the large one.
            start("small", 30, 2);
            assert!(order.lock().unwrap().is_empty());
            drop(first);
        });
        assert_eq!(BUDGET.state().used, 0);
        assert_eq!(order.into_inner().unwrap(), ["large", "small"]);
    }

    #[test]
    fn what_a_person_waits_for_passes_background_work_but_not_without_end() {
        static BUDGET: MemoryBudget = MemoryBudget::new(100);
        let mut first = Share::of(&BUDGET, Urgency::Background);
        first.take(100);
        let order = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            let order = &order;
            let start = |name: &'static str, urgency, waiting| {
                scope.spawn(move || {
                    let mut share = Share::of(&BUDGET, urgency);
                    share.take(100);
                    order.lock().unwrap().push(name);
                });
                until_waiting(&BUDGET, waiting);
            };
            start("background", Urgency::Background, 1);
            start("person", Urgency::Person, 2);
            // As if so many had been asked for meanwhile.
            BUDGET.state().next += MOST_PASSED;
            start("late person", Urgency::Person, 3);
            drop(first);
        });
        assert_eq!(order.into_inner().unwrap(), ["person", "background", "late person"]);
    }
}
