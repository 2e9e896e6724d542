//! Pause, resume, cancel.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::event::IndexPhase;

/// Switches that the threads of a run look at between two photos.
#[derive(Debug, Default)]
pub(crate) struct Control {
    held: Mutex<Hold>,
    changed: Condvar,
    cancelled: AtomicBool,
    running: AtomicBool,
}

/// What keeps a run from going on.
#[derive(Clone, Copy, Debug, Default)]
struct Hold {
    by_person: bool,
    by_battery: bool,
}

impl Hold {
    fn at_all(self) -> bool {
        self.by_person || self.by_battery
    }
}

impl Control {
    /// Pauses or resumes. A person who resumes does not mind the battery, until the next time it is in use.
    pub(crate) fn pause(&self, paused: bool) {
        self.hold(|held| {
            held.by_person = paused;
            held.by_battery &= paused;
        });
    }

    /// Rests because the computer runs on its battery, or goes on.
    pub(crate) fn rest_on_battery(&self, rest: bool) {
        self.hold(|held| held.by_battery = rest);
    }

    fn hold(&self, change: impl FnOnce(&mut Hold)) {
        change(&mut self.held());
        self.changed.notify_all();
    }

    fn held(&self) -> MutexGuard<'_, Hold> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The phase of a run that is held.
    pub(crate) fn held_phase(&self) -> Option<IndexPhase> {
        let held = *self.held();
        match held {
            Hold { by_person: true, .. } => Some(IndexPhase::Paused),
            Hold { by_battery: true, .. } => Some(IndexPhase::OnBattery),
            Hold { .. } => None,
        }
    }

    /// Gives up the run in hand; a pause ends with it.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.hold(|held| held.by_person = false);
    }

    /// Makes ready for the next run.
    pub(crate) fn start_run(&self) {
        self.cancelled.store(false, Ordering::SeqCst);
        self.running.store(true, Ordering::SeqCst);
    }

    /// Notes that the run has ended.
    pub(crate) fn end_run(&self) {
        self.running.store(false, Ordering::SeqCst);
    }

    /// Whether a run is in hand.
    pub(crate) fn is_running(&self) -> bool {
        self.running.load(Ordering::SeqCst)
    }

    /// The flag that a scan looks at.
    pub(crate) fn cancelled_flag(&self) -> &AtomicBool {
        &self.cancelled
    }

    /// Whether the run is given up.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// Waits while it is paused. Returns whether to go on.
    pub(crate) fn go_on(&self) -> bool {
        let mut held = self.held();
        while held.at_all() && !self.is_cancelled() {
            held = self.changed.wait(held).unwrap_or_else(PoisonError::into_inner);
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

    #[test]
    fn the_battery_holds_a_run_until_a_person_resumes_it() {
        let control = Control::default();
        control.rest_on_battery(true);
        assert_eq!(control.held_phase(), Some(IndexPhase::OnBattery));
        control.pause(true);
        assert_eq!(control.held_phase(), Some(IndexPhase::Paused));
        control.pause(false);
        assert_eq!(control.held_phase(), None);
        control.rest_on_battery(true);
        control.cancel();
        assert_eq!(
            control.held_phase(),
            Some(IndexPhase::OnBattery),
            "the next run rests as well"
        );
        control.rest_on_battery(false);
        control.start_run();
        assert!(control.go_on());
    }
}
