//! Where the processor time of a photo goes from its file to what a model reads: a table of stages, one core.
//!
//! ```text
//! cargo bench -p refocus-media --bench stages -- FOLDER [ROUNDS]
//! python3 benches/pillow_stages.py FOLDER [ROUNDS]
//! ```
//!
//! The second does the same with libjpeg-turbo, by Pillow. Run them by turns: figures of different minutes are not comparable.
//! `FOLDER` has the photos; without one there is nothing to measure. Each line has a stage's milliseconds a photo: the sum over the
//! photos of the fastest round of each, and the sum of the medians.

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use refocus_media::decode::{DecodeLimits, Picture, Scale, decode, read_file};
use refocus_media::facts::read_facts;
use refocus_media::failure::Failure;
use refocus_media::hash::ContentHash;
use refocus_media::resize::{ResizeFilter, resize_rgb};
use refocus_media::thumbnails::{ThumbnailCache, ThumbnailSize};

/// Sides of what the image tower and the detector read, pixels.
const MODEL_SIDES: [u32; 2] = [260, 320];
/// The scale that indexing asks for: twice the tower's side.
const SHORT_SIDE: u32 = 520;
const STAGES: [&str; 6] = ["read", "hash", "facts", "decode", "thumbnail", "model input"];

/// Milliseconds that this thread was on a processor.
#[cfg(unix)]
fn now(_start: Instant) -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// Milliseconds that passed.
#[cfg(not(unix))]
fn now(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

fn model_input(picture: &Picture) -> usize {
    let scaled = |side| {
        let Picture { width, height, rgb, .. } = picture;
        resize_rgb(rgb, *width, *height, side, side, ResizeFilter::Bicubic)
    };
    MODEL_SIDES.into_iter().map(|side| scaled(side).len()).sum()
}

/// Milliseconds of each stage.
fn stages(path: &Path, thumbnails: &ThumbnailCache, start: Instant) -> Result<[f64; STAGES.len()], Failure> {
    let limits = DecodeLimits::default();
    let mut times = [0.0; STAGES.len() + 1];
    let mut marks = times.iter_mut();
    let mut mark = || {
        if let Some(time) = marks.next() {
            *time = now(start);
        }
    };
    mark();
    let bytes = read_file(path, &limits)?;
    mark();
    let hash = ContentHash::of(&bytes);
    mark();
    std::hint::black_box(read_facts(&bytes));
    mark();
    let picture = decode(&bytes, Scale::ShortSideAtLeast(SHORT_SIDE), &limits)?;
    mark();
    let thumbnail = ThumbnailCache::make(&picture, ThumbnailSize::Medium);
    thumbnails.put(&hash, ThumbnailSize::Medium, &thumbnail)?;
    mark();
    std::hint::black_box(model_input(&picture));
    mark();
    let mut took = [0.0; STAGES.len()];
    for (took, pair) in took.iter_mut().zip(times.windows(2)) {
        *took = pair[1] - pair[0];
    }
    Ok(took)
}

/// Each stage's fastest and median round.
fn fastest_and_median(mut rounds: Vec<f64>) -> (f64, f64) {
    rounds.sort_by(f64::total_cmp);
    let at = |place: usize| rounds.get(place).copied().unwrap_or_default();
    (at(0), at(rounds.len() / 2))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(folder) = arguments.next() else {
        return Ok(());
    };
    let rounds: usize = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    paths.sort();
    let cache = tempfile::tempdir()?;
    let thumbnails = ThumbnailCache::new(cache.path());
    let start = Instant::now();
    let mut sums = [(0.0, 0.0); STAGES.len() + 1];
    for path in &paths {
        let took: Vec<[f64; STAGES.len()]> = (0..rounds.max(1))
            .map(|_| stages(path, &thumbnails, start))
            .collect::<Result<_, _>>()?;
        for (stage, sum) in sums.iter_mut().enumerate() {
            let of_stage =
                |times: &[f64; STAGES.len()]| times.get(stage).copied().unwrap_or_else(|| times.iter().sum());
            let (fastest, median) = fastest_and_median(took.iter().map(of_stage).collect());
            sum.0 += fastest;
            sum.1 += median;
        }
    }
    println!(
        "{} photos, {rounds} rounds, ms a photo on one core: fastest, median",
        paths.len()
    );
    for (name, (fastest, median)) in STAGES.iter().chain(&["all"]).zip(sums) {
        let photos = paths.len().max(1) as f64;
        println!("{name:>12} {:8.2} {:8.2}", fastest / photos, median / photos);
    }
    Ok(())
}
