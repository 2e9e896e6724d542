//! `refocus-lab bench library`: how a library of many photos opens, ranks, is looked through for changes, and what it takes up.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use refocus_engine::{
    self as engine, Command, Engine, EngineConfig, Event, FileId, LibraryPaths, Progress, Reference, ReferenceSource,
    SearchRequest,
};

/// Photos whose files lie on the disk; the rest stand for a folder that is offline.
const MOST_FILES: usize = 100_000;

/// Instructions of which none was asked before.
const INSTRUCTIONS: [&str; 5] = [
    "the colour of the clothes",
    "what kind of animal it is",
    "the place where it was taken",
    "the light",
    "the material it is made of",
];

pub(super) fn run(photos: usize) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let paths = LibraryPaths::at(&folder.path().join("library.refocus"));
    let files = folder.path().join("photos");
    let start = Instant::now();
    let on_disk = photos.min(MOST_FILES);
    engine::write_made_up_library(&paths.database, photos, Some((&files, on_disk))).map_err(anyhow::Error::msg)?;
    let written_s = start.elapsed().as_secs_f64();
    let database_bytes = std::fs::metadata(&paths.database)?.len();
    // After the writing, which needs the model as well: what it leaves behind is not the library's.
    let base = resident_when_empty(&folder.path().join("empty"))?;

    let start = Instant::now();
    let engine = Engine::start(EngineConfig::new(paths)).context("no thread could be started")?;
    let mut first = None;
    let first_reference = wait(&engine, |event| match event {
        Event::Library { rows, .. } if !rows.is_empty() => {
            first.get_or_insert_with(|| start.elapsed().as_secs_f64() * 1e3);
            (rows.len() == photos).then(|| rows.get(0).map(|row| row.id)).flatten()
        }
        _ => None,
    })?;
    let all_rows_ms = start.elapsed().as_secs_f64() * 1e3;
    wait(&engine, |event| matches!(event, Event::Ready(_)).then_some(()))?;
    let ready_ms = start.elapsed().as_secs_f64() * 1e3;
    let resident = resident_bytes();

    let mut firsts = Vec::new();
    let mut settled = Vec::new();
    for (generation, instruction) in (1..).zip(INSTRUCTIONS) {
        let (first, last) = search(&engine, generation, instruction, first_reference)?;
        firsts.push(first);
        settled.push(last);
    }
    let after_ranking = resident_bytes();
    let read_before = bytes_read();
    let start = Instant::now();
    engine.send(Command::Rescan(None));
    let progress = wait(&engine, |event| match event {
        Event::IndexingEnded(progress) => Some(progress),
        _ => None,
    })?;
    let rescan_s = start.elapsed().as_secs_f64();
    check(progress, on_disk)?;
    let per_photo = |bytes: Option<u64>| {
        bytes
            .zip(base)
            .map(|(now, base)| now.saturating_sub(base) / photos.max(1) as u64)
    };
    Ok(json!({
        "photos": photos,
        "open_ms": first,
        "all_rows_ms": all_rows_ms,
        "ready_ms": ready_ms,
        "rank_ms": super::quantile(settled, 0.5),
        "first_screen_ms": super::quantile(firsts, 0.5),
        "rescan_s": rescan_s,
        "rescan_files": on_disk,
        "rescan_bytes_read": read_before.zip(bytes_read()).map(|(before, after)| after - before),
        "resident_bytes_per_photo": per_photo(resident),
        "resident_after_ranking_bytes_per_photo": per_photo(after_ranking),
        "resident_base_bytes": base,
        "database_bytes_per_photo": database_bytes / photos.max(1) as u64,
        "written_s": written_s,
    }))
}

fn check(progress: Progress, files: usize) -> anyhow::Result<()> {
    if progress.unchanged != files || progress.encoded + progress.failed != 0 {
        bail!("the rescan should have found {files} unchanged files: {progress:?}");
    }
    Ok(())
}

/// Memory of a program with the model and no photos.
fn resident_when_empty(database: &Path) -> anyhow::Result<Option<u64>> {
    let engine = Engine::start(EngineConfig::new(LibraryPaths::at(database))).context("no thread could be started")?;
    wait(&engine, |event| matches!(event, Event::Ready(_)).then_some(()))?;
    // A first search loads what every search needs.
    search(&engine, 1, "the shape", FileId(0)).ok();
    Ok(resident_bytes())
}

fn wait<T>(engine: &Engine, mut wanted: impl FnMut(Event) -> Option<T>) -> anyhow::Result<T> {
    loop {
        let event = engine.link().events.recv().context("the engine has ended")?;
        if let Event::Unusable(message) = &event {
            bail!("{message}");
        }
        if let Some(found) = wanted(event) {
            return Ok(found);
        }
    }
}

/// Milliseconds until the first answer to a new instruction, and until the last one.
fn search(engine: &Engine, generation: u64, instruction: &str, reference: FileId) -> anyhow::Result<(f32, f32)> {
    let request = SearchRequest {
        references: vec![Reference {
            source: ReferenceSource::Library(reference),
            positive: true,
        }],
        focus: instruction.to_owned(),
        ..SearchRequest::default()
    };
    let start = Instant::now();
    engine.send(Command::Search {
        generation,
        request: Box::new(request),
    });
    let mut first = None;
    wait(engine, |event| match event {
        Event::Results(results) if results.generation == generation => {
            let ms = start.elapsed().as_secs_f32() * 1e3;
            let first = *first.get_or_insert(ms);
            (!results.provisional).then_some((first, ms))
        }
        Event::Notice(_) => Some((f32::NAN, f32::NAN)),
        _ => None,
    })
}

/// Memory of this process that lies in RAM; known on Linux alone.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// Bytes that this process has asked for from files so far; known on Linux alone.
fn bytes_read() -> Option<u64> {
    let io = std::fs::read_to_string("/proc/self/io").ok()?;
    io.lines()
        .find_map(|line| line.strip_prefix("rchar: "))?
        .trim()
        .parse()
        .ok()
}
