//! What the reader of text makes of pictures, and how long it takes:
//! `cargo run --release -p refocus-model --example read_text -- [--repeat N] [--set NAME] PICTURE…`
//!
//! Pictures whose longer side exceeds 1,280 pixels are reduced to that. Times are the least of N runs, milliseconds of processor time
//! of one thread; on systems other than Linux by the clock. A line of text is printed with its confidence, the quarters of a turn that
//! bring it upright and its four corners (x and y as parts of the sides).

#![allow(clippy::print_stdout, reason = "an example prints what it found")]

use std::time::{Duration, Instant};

use candle_core::Device;
use refocus_model::PictureView;
use refocus_model::ops::InstructionSet;
use refocus_model::text::TextReader;

/// Longer side that is read, pixels.
const LONGEST: u32 = 1280;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut repeat = 1usize;
    let mut pictures = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--repeat" => repeat = arguments.next().ok_or("--repeat needs a number")?.parse()?,
            "--set" => {
                let set = arguments.next().ok_or("--set needs a name")?;
                if !InstructionSet::limit_to(&set) {
                    return Err(format!("this machine has no {set}").into());
                }
            }
            _ => pictures.push(argument),
        }
    }
    let begin = Instant::now();
    let reader = TextReader::built_in(&Device::Cpu)?;
    for path in pictures {
        let mut picture = image::open(&path)?;
        if picture.width().max(picture.height()) > LONGEST {
            picture = picture.resize(LONGEST, LONGEST, image::imageops::Triangle);
        }
        let rgb = picture.into_rgb8();
        let view = PictureView::new(rgb.width(), rgb.height(), rgb.as_raw())?;
        let (mut gate, mut find) = (f64::INFINITY, f64::INFINITY);
        let (mut passes, mut lines) = (false, Vec::new());
        for _ in 0..repeat.max(1) {
            let started = processor_time(begin);
            passes = reader.has_text(view)?;
            gate = gate.min(processor_time(begin).saturating_sub(started).as_secs_f64());
            let started = processor_time(begin);
            lines = reader.find(view)?;
            find = find.min(processor_time(begin).saturating_sub(started).as_secs_f64());
        }
        println!(
            "{path}: {} × {}, gate {} in {:.1} ms, {} lines in {:.1} ms",
            rgb.width(),
            rgb.height(),
            if passes { "passes" } else { "stops" },
            gate * 1000.0,
            lines.len(),
            find * 1000.0
        );
        for line in lines {
            let corners = line.corners.as_flattened().iter().map(|part| format!("{part:.6}"));
            let corners = corners.collect::<Vec<_>>().join(" ");
            println!("  {:.3} {} {corners} {}", line.confidence, line.turns, line.text);
        }
    }
    Ok(())
}

/// What the system gave this thread to compute, which others on the machine do not change.
fn processor_time(begin: Instant) -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = statistics.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| begin.elapsed(), Duration::from_nanos)
}
