//! How far a pass has come.

use std::time::{Duration, Instant};

/// Which pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PassKind {
    /// Finds faces, for persons.
    Faces,
    /// Reads text.
    Text,
}

impl PassKind {
    /// As threads and JSON name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Faces => "faces",
            Self::Text => "text",
        }
    }
}

/// What a pass does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PassPhase {
    /// It is switched off.
    #[default]
    Off,
    /// It works.
    Working,
    /// The person paused it.
    Paused,
    /// It rests until the computer is on mains power again.
    OnBattery,
    /// It rests until all photos are indexed.
    AfterIndexing,
    /// It has seen every photo that can be read.
    UpToDate,
    /// It cannot work; why, for the person.
    Failed(String),
}

/// How far a pass has come.
#[derive(Clone, Debug, PartialEq)]
pub struct PassProgress {
    /// Which pass.
    pub kind: PassKind,
    /// What it does.
    pub phase: PassPhase,
    /// Photos that it has seen, by content.
    pub done: usize,
    /// Photos that there are, by content.
    pub total: usize,
    /// Photos whose files cannot be reached now: they are looked at once they can.
    pub unreachable: usize,
    /// Seconds to go at the present rate; `None` while it is unknown.
    pub seconds_left: Option<f32>,
    /// The last [`Command::LookAtPhotos`](crate::Command::LookAtPhotos) before the look at the library that this tells of; 0 before
    /// the first.
    pub generation: u64,
}

impl PassProgress {
    /// Of a pass that has not begun.
    #[must_use]
    pub fn none(kind: PassKind) -> Self {
        Self {
            kind,
            phase: PassPhase::Off,
            done: 0,
            total: 0,
            unreachable: 0,
            seconds_left: None,
            generation: 0,
        }
    }
}

/// Photos a second since a round began; unknown until some have been seen.
#[derive(Debug)]
pub(super) struct Rate {
    start: Instant,
}

/// Photos that must have been seen before a rate is told.
const KNOWN_AFTER: usize = 8;

impl Rate {
    pub(super) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Seconds to go, with `seen` photos since the start and `left` to come.
    pub(super) fn seconds_left(&self, seen: usize, left: usize) -> Option<f32> {
        seconds_left(self.start.elapsed(), seen, left)
    }
}

fn seconds_left(passed: Duration, seen: usize, left: usize) -> Option<f32> {
    (seen >= KNOWN_AFTER).then(|| passed.as_secs_f32() / seen as f32 * left as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_told_once_a_rate_is_known() {
        assert_eq!(seconds_left(Duration::from_secs(4), 7, 100), None);
        assert_eq!(seconds_left(Duration::from_secs(4), 8, 100), Some(50.0));
        assert_eq!(seconds_left(Duration::from_secs(4), 8, 0), Some(0.0));
    }
}
