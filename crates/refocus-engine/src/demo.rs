//! Demo photos, rendered by the program itself.

use std::path::Path;
use std::time::Instant;

use refocus_scenes::write_demo;

use super::event::{Event, IndexPhase, Progress};
use super::shared::Shared;

/// Pictures of the demo library.
const DEMO_PHOTOS: u32 = 480;

/// Renders what is not there yet.
///
/// # Errors
/// A line for the person.
pub(super) fn render(folder: &Path, shared: &Shared) -> Result<(), String> {
    let start = Instant::now();
    let mut told = Instant::now();
    let mut progress = |done: usize, all: usize| {
        if told.elapsed().as_millis() >= 200 || done == all {
            told = Instant::now();
            let seconds = start.elapsed().as_secs_f32();
            let rate = if seconds > 0.0 { done as f32 / seconds } else { 0.0 };
            shared.tell(Event::Progress(Progress {
                phase: IndexPhase::Rendering,
                found: all,
                encoded: done,
                photos_per_second: rate,
                seconds_left: (rate > 0.0).then(|| all.saturating_sub(done) as f32 / rate),
                seconds,
                ..Progress::default()
            }));
        }
    };
    write_demo(folder, DEMO_PHOTOS, &mut progress, shared.stop_flag())
        .map(|_| ())
        .map_err(|error| format!("The demo photos could not be made: {error}"))
}
