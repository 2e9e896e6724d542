//! `refocus-lab bench start`: the program from outside, as a person starts it, over an indexed library.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use refocus::app::{FIRST_FRAME, LIBRARY_SHOWN, PHOTOS_IN_ORDER};
use refocus_engine as engine;

/// Starts the program over a made-up library of `photos`, `runs` times, and measures from the start of the process to what is
/// drawn. Medians; the first run, which reads the program from disk, is given as well.
pub(super) fn run(photos: usize, runs: usize, program: Option<&Path>) -> anyhow::Result<Value> {
    let program = program.map_or_else(beside, |program| Ok(program.to_path_buf()))?;
    let folder = tempfile::tempdir()?;
    let library = folder.path().join("bench.refocus");
    engine::write_made_up_library(&library, photos, None).map_err(anyhow::Error::msg)?;
    let starts: Vec<Milestones> = (0..runs.max(1))
        .map(|_| start(&program, &library))
        .collect::<anyhow::Result<_>>()?;
    let median = |of: fn(&Milestones) -> f32| super::quantile(starts.iter().map(of).collect(), 0.5);
    Ok(json!({
        "photos": photos,
        "runs": starts.len(),
        "first_frame_ms": median(|start| start.first_frame),
        "library_shown_ms": median(|start| start.library_shown),
        "photos_in_order_ms": median(|start| start.photos_in_order),
        "first_run_first_frame_ms": starts.first().map(|start| start.first_frame),
    }))
}

/// Milliseconds from the start of the process.
#[derive(Default)]
struct Milestones {
    first_frame: f32,
    library_shown: f32,
    photos_in_order: f32,
}

/// The program that people install, which lies beside this one.
fn beside() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name(format!("refocus{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        bail!("build the program first (cargo build --release): {}", program.display());
    }
    Ok(program)
}

fn start(program: &Path, library: &Path) -> anyhow::Result<Milestones> {
    let started = Instant::now();
    let mut program = Command::new(program)
        .arg("--library")
        .arg(library)
        .env("REFOCUS_LOG", "error,refocus::app::milestones=info")
        .stderr(Stdio::piped())
        .spawn()?;
    let output = program.stderr.take().context("the program's lines cannot be read")?;
    let mut reached = Milestones::default();
    let mut other = String::new();
    for line in BufReader::new(output).lines() {
        let line = line?;
        let ms = started.elapsed().as_secs_f32() * 1e3;
        if line.contains(FIRST_FRAME) {
            reached.first_frame = ms;
        } else if line.contains(LIBRARY_SHOWN) {
            reached.library_shown = ms;
        } else if line.contains(PHOTOS_IN_ORDER) {
            reached.photos_in_order = ms;
            break;
        } else {
            other = line;
        }
    }
    let _ = program.kill();
    program.wait()?;
    if reached.photos_in_order == 0.0 {
        bail!("the window did not come as far as its photos: {other}");
    }
    Ok(reached)
}
