//! Progress of a run: counts, rate, time left.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::event::{IndexPhase, Progress, StageTimes};

/// The rate is taken over this time.
const WINDOW: Duration = Duration::from_secs(10);

/// Counters that the threads of a run share.
#[derive(Debug)]
pub(crate) struct Counters {
    pub(super) found: AtomicUsize,
    pub(super) encoded: AtomicUsize,
    pub(super) unchanged: AtomicUsize,
    pub(super) failed: AtomicUsize,
    /// Photos that had to be decoded, whatever came of it: what the rate is made of.
    pub(super) worked: AtomicUsize,
    /// Nanoseconds that the stages took, over all threads: decode, preprocess, tower, store.
    pub(super) nanoseconds: [AtomicU64; 4],
    /// Whether a photo that met an internal error was told of: one line a run, the rest is in the list of problems.
    panic_told: AtomicBool,
    clock: Mutex<Clock>,
}

/// A stage of the pipeline whose time is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    Decode = 0,
    Preprocess = 1,
    Tower = 2,
    Store = 3,
}

#[derive(Debug)]
struct Clock {
    running: Duration,
    last: Instant,
    paused: bool,
    /// (running time, photos worked on) at past moments, oldest first.
    past: VecDeque<(Duration, usize)>,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            found: AtomicUsize::new(0),
            encoded: AtomicUsize::new(0),
            unchanged: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            worked: AtomicUsize::new(0),
            nanoseconds: Default::default(),
            panic_told: AtomicBool::new(false),
            clock: Mutex::new(Clock {
                running: Duration::ZERO,
                last: Instant::now(),
                paused: false,
                past: VecDeque::from([(Duration::ZERO, 0)]),
            }),
        }
    }
}

impl Counters {
    /// Runs a stage and counts its time.
    pub(super) fn timed<T>(&self, stage: Stage, run: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = run();
        let spent = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        if let Some(counter) = self.nanoseconds.get(stage as usize) {
            counter.fetch_add(spent, Ordering::Relaxed);
        }
        result
    }

    /// Notes that a photo met an internal error; whether it is the first one of the run.
    pub(super) fn first_panic(&self) -> bool {
        !self.panic_told.swap(true, Ordering::Relaxed)
    }

    /// The counters as the front ends see them.
    pub(super) fn progress(&self, phase: IndexPhase) -> Progress {
        let (found, encoded, unchanged, failed) = (
            self.found.load(Ordering::Relaxed),
            self.encoded.load(Ordering::Relaxed),
            self.unchanged.load(Ordering::Relaxed),
            self.failed.load(Ordering::Relaxed),
        );
        let worked = self.worked.load(Ordering::Relaxed);
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        clock.tick(phase.rests());
        let rate = clock.rate(worked);
        let left = found.saturating_sub(encoded + unchanged + failed);
        let seconds_left = (rate > 0.0 && left > 0).then(|| left as f32 / rate);
        Progress {
            phase,
            found,
            encoded,
            unchanged,
            failed,
            photos_per_second: rate,
            seconds_left,
            seconds: clock.running.as_secs_f32(),
            stages: StageTimes {
                decode_ms: self.milliseconds(Stage::Decode),
                preprocess_ms: self.milliseconds(Stage::Preprocess),
                tower_ms: self.milliseconds(Stage::Tower),
                store_ms: self.milliseconds(Stage::Store),
            },
        }
    }

    fn milliseconds(&self, stage: Stage) -> f32 {
        self.nanoseconds
            .get(stage as usize)
            .map_or(0.0, |counter| counter.load(Ordering::Relaxed) as f32 / 1e6)
    }
}

impl Clock {
    fn tick(&mut self, paused: bool) {
        let now = Instant::now();
        if !self.paused {
            self.running += now - self.last;
        }
        self.last = now;
        self.paused = paused;
    }

    fn rate(&mut self, worked: usize) -> f32 {
        if self
            .past
            .back()
            .is_none_or(|(at, _)| self.running - *at >= Duration::from_millis(250))
        {
            self.past.push_back((self.running, worked));
        }
        while self.past.get(1).is_some_and(|(at, _)| self.running - *at >= WINDOW) {
            self.past.pop_front();
        }
        match self.past.front() {
            Some((at, before)) if self.running > *at => {
                (worked - before.min(&worked)) as f32 / (self.running - *at).as_secs_f32()
            }
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_follows_from_the_rate_and_the_rest() {
        let counters = Counters::default();
        counters.found.store(100, Ordering::Relaxed);
        counters.progress(IndexPhase::Encoding);
        std::thread::sleep(Duration::from_millis(300));
        counters.worked.store(30, Ordering::Relaxed);
        counters.encoded.store(25, Ordering::Relaxed);
        counters.failed.store(5, Ordering::Relaxed);
        let progress = counters.progress(IndexPhase::Encoding);
        assert_eq!(progress.done(), 30);
        let left = progress.seconds_left.unwrap();
        assert!((left * progress.photos_per_second - 70.0).abs() < 0.1);
        assert!(progress.photos_per_second <= 30.0 / 0.3 + 1.0);
    }

    #[test]
    fn a_pause_does_not_count_as_time() {
        let counters = Counters::default();
        let before = counters.progress(IndexPhase::Paused).seconds;
        std::thread::sleep(Duration::from_millis(60));
        let after = counters.progress(IndexPhase::Encoding).seconds;
        assert!(after - before < 0.03, "{before} {after}");
    }
}
