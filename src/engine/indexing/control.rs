//! Pause, resume, cancel.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// Switches that the threads of a run look at between two photos.
#[derive(Debug, Default)]
pub(in crate::engine) struct Control {
    paused: Mutex<bool>,
    changed: Condvar,
    cancelled: AtomicBool,
}

impl Control {
    /// Pauses or resumes.
    pub(in crate::engine) fn pause(&self, paused: bool) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = paused;
        self.changed.notify_all();
    }

    /// Whether it is paused.
    pub(in crate::engine) fn is_paused(&self) -> bool {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up the run in hand; a pause ends with it.
    pub(in crate::engine) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.pause(false);
    }

    /// Makes ready for the next run.
    pub(in crate::engine) fn start_run(&self) {
        self.cancelled.store(false, Ordering::SeqCst);
    }

    /// The flag that a scan looks at.
    pub(in crate::engine) fn cancelled_flag(&self) -> &AtomicBool {
        &self.cancelled
    }

    /// Whether the run is given up.
    pub(in crate::engine) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// Waits while it is paused. Returns whether to go on.
    pub(in crate::engine) fn go_on(&self) -> bool {
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        while *paused && !self.is_cancelled() {
            paused = self.changed.wait(paused).unwrap_or_else(PoisonError::into_inner);
        }
        !self.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_holds_until_it_is_resumed_or_cancelled() {
        let control = Control::default();
        control.pause(true);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| control.go_on());
            std::thread::sleep(std::time::Duration::from_millis(30));
            assert!(!waiting.is_finished());
            control.pause(false);
            assert!(waiting.join().unwrap());
            control.pause(true);
            let waiting = scope.spawn(|| control.go_on());
            control.cancel();
            assert!(!waiting.join().unwrap());
        });
        control.start_run();
        assert!(control.go_on());
    }
}
