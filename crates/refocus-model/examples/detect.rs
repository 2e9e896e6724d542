//! Prints what the detector finds in the photos of a folder, for measurements:
//!
//! `cargo run --release -p refocus-model --example detect -- FOLDER [SIDE [INSTRUCTION_SET]]`
//!
//! A line for each detection with a score of at least 0.05: file, class, score, left, top, right, bottom (0 to 1), separated by
//! tabs. The milliseconds of processor time a photo, decoding not counted, come last, on standard error: the mean, and for the detector
//! that of the fastest batch, which other programs disturb least. On systems other than Linux it is time by the clock.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]
#![allow(clippy::expect_used, reason = "an example that cannot run says why and ends")]

use std::path::Path;
use std::time::{Duration, Instant};

use candle_core::Device;
use refocus_model::detector::{DetectionLimits, Detector};
use refocus_model::ops::{Backend, InstructionSet};
use refocus_model::{PictureView, Prepared};

const LIMITS: DetectionLimits = DetectionLimits {
    score: 0.05,
    overlap: 0.6,
    count: 100,
};
const BATCH: usize = 8;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().expect("a folder of photos");
    let side = arguments
        .get(1)
        .map_or(Ok(416), |side| side.parse())
        .expect("a side in pixels");
    let set = match arguments.get(2) {
        Some(name) => InstructionSet::available().into_iter().find(|set| set.name() == name),
        None => Some(InstructionSet::best()),
    };
    let path = Backend::Kernels(set.expect("an instruction set of this machine"));
    let detector = Detector::with_path(&Device::Cpu, path, side)
        .expect("a detector")
        .with_limits(LIMITS);
    let entries = std::fs::read_dir(folder).expect("a folder that can be read");
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let begin = Instant::now();
    let (mut squashing, mut detecting) = (Duration::ZERO, Duration::ZERO);
    let mut fastest = f64::INFINITY;
    let mut photos = 0;
    for files in files.chunks(BATCH) {
        let mut names = Vec::new();
        let mut batch: Vec<Prepared> = Vec::new();
        for file in files {
            let Ok(photo) = image::open(file).map(image::DynamicImage::into_rgb8) else {
                continue;
            };
            let start = processor_time(begin);
            let view = PictureView::new(photo.width(), photo.height(), photo.as_raw());
            if let Ok(prepared) = view.and_then(|view| detector.prepare(view)) {
                batch.push(prepared);
                names.push(file.file_name().map_or(file.as_path(), Path::new).display());
            }
            squashing += processor_time(begin).saturating_sub(start);
        }
        let start = processor_time(begin);
        let all = detector.detect(&batch).expect("detections");
        let took = processor_time(begin).saturating_sub(start);
        detecting += took;
        if batch.len() == BATCH {
            fastest = fastest.min(took.as_secs_f64() * 1000.0 / BATCH as f64);
        }
        photos += batch.len();
        for (name, found) in names.iter().zip(all) {
            for thing in found {
                let [left, top, right, bottom] = thing.bbox;
                let (class, score) = (thing.class_name(), thing.score);
                println!("{name}\t{class}\t{score:.4}\t{left:.4}\t{top:.4}\t{right:.4}\t{bottom:.4}");
            }
        }
    }
    let each = |time: Duration| time.as_secs_f64() * 1000.0 / photos.max(1) as f64;
    eprintln!(
        "{photos} photos: squashing {:.2} ms, detecting {:.2} ms each, {fastest:.2} in the fastest batch",
        each(squashing),
        each(detecting)
    );
}

/// Time that this thread has computed.
fn processor_time(begin: Instant) -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = statistics.and_then(|numbers| numbers.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| begin.elapsed(), Duration::from_nanos)
}
