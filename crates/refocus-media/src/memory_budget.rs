//! What all pictures that are being decoded may hold together.
//!
//! Each decoding says before its first large allocation how much it will hold, and waits until the others leave so much. One
//! that wants more than the whole budget (a panorama) waits until it is alone.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that all decodings of this process hold at a time: as much as [`DecodeLimits`](super::DecodeLimits) allows one picture.
pub const DECODING_BYTES: u64 = 3 << 29;

/// The budget of this process.
static DECODING: MemoryBudget = MemoryBudget::new(DECODING_BYTES);

/// Bytes that are shared out.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    total: u64,
    used: Mutex<u64>,
    freed: Condvar,
}

impl MemoryBudget {
    const fn new(total: u64) -> Self {
        Self {
            total,
            used: Mutex::new(0),
            freed: Condvar::new(),
        }
    }

    fn used(&self) -> MutexGuard<'_, u64> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The share of one decoding; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: &'static MemoryBudget,
    bytes: u64,
}

impl Share {
    /// Nothing yet of this process's budget.
    pub(super) fn none() -> Self {
        Self::of(&DECODING)
    }

    fn of(budget: &'static MemoryBudget) -> Self {
        Self { budget, bytes: 0 }
    }

    /// Waits until there is room for so many bytes. What was held before is given back first, so that two decodings never wait
    /// for each other.
    pub(super) fn take(&mut self, bytes: u64) {
        self.give_back();
        let mut used = self.budget.used();
        while *used > 0 && used.saturating_add(bytes) > self.budget.total {
            used = self.budget.freed.wait(used).unwrap_or_else(PoisonError::into_inner);
        }
        *used = used.saturating_add(bytes);
        self.bytes = bytes;
    }

    fn give_back(&mut self) {
        let mut used = self.budget.used();
        *used = used.saturating_sub(std::mem::take(&mut self.bytes));
        drop(used);
        self.budget.freed.notify_all();
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
                            let mut share = Share::of(&BUDGET);
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
        assert_eq!(*BUDGET.used(), 0);
    }

    #[test]
    fn one_that_wants_more_than_there_is_waits_until_it_is_alone() {
        static BUDGET: MemoryBudget = MemoryBudget::new(100);
        let mut small = Share::of(&BUDGET);
        small.take(10);
        std::thread::scope(|scope| {
            let large = scope.spawn(|| {
                let mut share = Share::of(&BUDGET);
                share.take(1000);
            });
            std::thread::sleep(std::time::Duration::from_millis(30));
            assert!(!large.is_finished());
            drop(small);
            large.join().unwrap();
        });
    }
}
