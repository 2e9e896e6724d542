//! `refocus-lab bench`: the measurements behind every figure of speed in the README.
//!
//! | file | measures |
//! |---|---|
//! | `mod.rs` | ranking and indexing |
//! | `library.rs` | opening, ranking and looking through a large library |
//! | `start.rs` | the start of the program, from outside |
//! | `words.rs` | words in what is written of photos |
//! | `people.rs` | faces put to persons |
//! | `duplicates.rs` | photos that are nearly the same |
//! | `window.rs` | frame times and typing in a real window; the README's pictures |

mod duplicates;
pub(crate) mod library;
mod people;
mod start;
pub(crate) mod window;
mod words;

use std::path::Path;

use serde_json::{Value, json};

use refocus_engine::{Command, EngineConfig, LibraryPaths, RankingProbe};
use refocus_model::ModelChoice;
use refocus_model::ops::InstructionSet;

use refocus::cli::session::Session;
use refocus::cli::{WrongUsage, output};

use crate::arguments::{Bench, BenchWhat};

/// Runs one measurement.
pub(crate) fn run(paths: &LibraryPaths, arguments: &Bench) -> anyhow::Result<()> {
    match &arguments.what {
        BenchWhat::Rank {
            photos,
            instruction_set,
            json,
        } => {
            if let Some(name) = instruction_set
                && !InstructionSet::limit_to(name)
            {
                let sets = InstructionSet::available().into_iter().map(InstructionSet::name);
                let sets = sets.collect::<Vec<_>>().join(", ");
                return Err(WrongUsage(format!("this machine has {sets}, not \"{name}\"")).into());
            }
            show(&rank(*photos, &paths.model)?, *json)
        }
        BenchWhat::Words { photos, json } => show(&words::run(*photos)?, *json),
        BenchWhat::People { faces, seed, json } => show(&people::run(*faces, *seed)?, *json),
        BenchWhat::Duplicates {
            photos,
            new,
            threads,
            json,
        } => show(&duplicates::run(*photos, *new, *threads)?, *json),
        BenchWhat::Library { photos, json } => show(&library::run(*photos)?, *json),
        BenchWhat::Index { dir, json } => show(&index(dir)?, *json),
        BenchWhat::Start {
            photos,
            runs,
            program,
            json,
        } => show(&start::run(*photos, *runs, program.as_deref())?, *json),
        BenchWhat::Typing {
            photos,
            while_indexing,
            dir,
            in_time,
            json,
        } => show(
            &window::bench_typing(*photos, *while_indexing, dir.as_deref(), *in_time)?,
            *json,
        ),
        BenchWhat::Gallery {
            photos,
            while_indexing,
            dir,
            in_time,
            json,
        } => show(
            &window::bench_gallery(*photos, *while_indexing, dir.as_deref(), *in_time)?,
            *json,
        ),
    }
}

fn show(report: &Value, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return output::print_json(report);
    }
    for (key, value) in report.as_object().into_iter().flatten() {
        output::print(&format!("{key:<24} {value}"));
    }
    Ok(())
}

/// Instructions of which none was asked before, so that nothing is remembered: aspects, wordings and nonsense.
const INSTRUCTIONS: [&str; 24] = [
    "the colour of the clothes",
    "what kind of animal it is",
    "the place where it was taken",
    "how many people there are",
    "the light",
    "the season of the year",
    "the material it is made of",
    "what people are doing",
    "the mood of the picture",
    "the style of the picture",
    "the shape of the object",
    "the weather outside",
    "the food on the plate",
    "the time of day",
    "the pattern on the fabric",
    "the background behind the subject",
    "which sport is played",
    "the kind of vehicle",
    "the composition",
    "how sharp it is",
    "the kind of building",
    "the flowers in it",
    "the main colour and the kind of thing",
    "something quite unlike anything else",
];

fn rank(photos: usize, choice: &ModelChoice) -> anyhow::Result<Value> {
    let mut probe = RankingProbe::new(photos, choice)?;
    // The first search pays for pages that were never touched; nobody waits for it twice.
    probe.search("warm up", 0).map_err(anyhow::Error::msg)?;
    let mut runs = Vec::new();
    for (number, instruction) in INSTRUCTIONS.iter().enumerate() {
        runs.push(
            probe
                .search(instruction, number as u32 + 1)
                .map_err(anyhow::Error::msg)?,
        );
    }
    let mut new_reference = Vec::new();
    if let Some(last) = INSTRUCTIONS.last() {
        for number in 0..INSTRUCTIONS.len() as u32 {
            new_reference.push(
                probe
                    .search(last, 100 + number)
                    .map_err(anyhow::Error::msg)?
                    .timings
                    .total_ms,
            );
        }
    }
    let of = |value: fn(&refocus_engine::Timings) -> f32| -> Vec<f32> {
        runs.iter().map(|run| value(&run.timings)).collect()
    };
    Ok(json!({
        "photos": photos,
        "way": runs.first().map(|run| format!("{:?}", run.way)),
        "median_ms": quantile(of(|t| t.total_ms), 0.5),
        "p95_ms": quantile(of(|t| t.total_ms), 0.95),
        "text_ms": quantile(of(|t| t.text_ms), 0.5),
        "score_ms": quantile(of(|t| t.score_ms), 0.5),
        "sort_ms": quantile(of(|t| t.sort_ms), 0.5),
        "new_reference_ms": quantile(new_reference, 0.5),
        "bytes_per_photo": probe.bytes_per_photo(),
        "load_ms": probe.load_ms(),
        "device": probe.device(),
        "instruction_set": InstructionSet::best().name(),
    }))
}

fn index(dir: &Path) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let paths = LibraryPaths::at(&folder.path().join("bench.refocus"));
    let mut session = Session::with(EngineConfig::new(paths))?;
    let progress = session.run_indexing(Command::AddFolder(std::fs::canonicalize(dir)?), |_| {})?;
    let photos = (progress.encoded + progress.failed).max(1) as f32;
    Ok(json!({
        "photos": progress.found,
        "encoded": progress.encoded,
        "failed": progress.failed,
        "seconds": progress.seconds,
        "photos_per_second": photos / progress.seconds.max(1e-6),
        "decode_ms": progress.stages.decode_ms / photos,
        "preprocess_ms": progress.stages.preprocess_ms / photos,
        "tower_ms": progress.stages.tower_ms / photos,
        "store_ms": progress.stages.store_ms / photos,
        "device": session.device.device,
    }))
}

/// The value below which a share of the values lies.
pub(super) fn quantile(mut values: Vec<f32>, share: f32) -> f32 {
    values.sort_by(f32::total_cmp);
    let place = ((values.len().saturating_sub(1)) as f32 * share).round() as usize;
    values.get(place).copied().unwrap_or(f32::NAN)
}
