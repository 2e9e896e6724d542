//! A decoder that crashes or hangs while a folder is indexed costs its file: a row of `failures` says what happened, the other
//! photos are encoded, and the engine ends.
//!
//! A program of its own without a test harness: the decoder children are this very program.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

use std::path::Path;
use std::time::{Duration, Instant};

use refocus_engine::{Command, Engine, EngineConfig, Event, LibraryPaths};
use refocus_media::FailureKind;
use refocus_media::decoder_child::{self, Children};
use refocus_store::{Database, LibraryLock};

/// A guard against a hang of the test.
const HANG: Duration = Duration::from_secs(240);

/// In the child, before the decoder.
fn misdeed(bytes: &[u8]) {
    if bytes.ends_with(b"ABORT") {
        std::process::abort();
    }
    while bytes.ends_with(b"HANG") {
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn write(folder: &Path, name: &str, behind: &str) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/avif");
    let picture = std::fs::read(fixtures.join("quarters.avif")).unwrap();
    // In a box that readers pass over (ISO/IEC 14496-12, `free`).
    let length = (8 + behind.len() as u32).to_be_bytes();
    let bytes = [picture.as_slice(), &length, b"free", behind.as_bytes()].concat();
    std::fs::write(folder.join(name), bytes).unwrap();
}

/// Whether the test runner's arguments (a filter, ignored tests alone) leave this test out.
fn is_left_out() -> bool {
    std::env::args().skip(1).any(|argument| {
        let filter = !argument.starts_with('-') && !"decoder_child".contains(&argument);
        filter || argument == "--ignored" || argument == "--list"
    })
}

fn main() {
    if decoder_child::is_child() {
        decoder_child::serve_if_asked_with(misdeed);
    }
    if is_left_out() {
        return;
    }
    decoder_child::use_children(Children {
        patience: Duration::from_secs(4),
        ..Children::default()
    });

    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    std::fs::create_dir(&photos).unwrap();
    for name in ["a.avif", "c.avif", "e.avif"] {
        write(&photos, name, name);
    }
    write(&photos, "b.avif", "ABORT");
    write(&photos, "d.avif", "HANG");
    let paths = LibraryPaths::at(&folder.path().join("library.refocus"));
    let database = paths.database.clone();
    let engine = Engine::start(EngineConfig::new(paths)).unwrap();
    engine.send(Command::AddFolder(photos));
    let start = Instant::now();
    let ended = loop {
        assert!(start.elapsed() < HANG, "indexing does not end");
        if let Ok(Event::IndexingEnded(progress)) = engine.link().events.recv_timeout(Duration::from_secs(1)) {
            break progress;
        }
    };
    println!(
        "indexing with an abort and a hang: {:.1} s",
        start.elapsed().as_secs_f64()
    );
    assert_eq!(ended.encoded, 3);
    let end = Instant::now();
    drop(engine);
    println!("the engine ended after {:.2} s", end.elapsed().as_secs_f64());
    let _lock = LibraryLock::take(&database).unwrap();
    let mut failures = Database::open(&database).unwrap().reader().unwrap().failures().unwrap();
    failures.sort_by(|one, other| one.failure.path.cmp(&other.failure.path));
    let told: Vec<(String, &str)> = failures
        .iter()
        .map(|row| {
            let name = row.failure.path.file_name().unwrap().to_string_lossy().into_owned();
            println!("{name}: {} {}", row.failure.kind, row.failure.message);
            assert_eq!(row.failure.kind, FailureKind::Corrupt.as_str());
            (name, row.failure.message.as_str())
        })
        .collect();
    assert_eq!(told.len(), 2);
    assert!(told[0].0 == "b.avif" && told[0].1.contains("crashed"), "{told:?}");
    assert!(told[1].0 == "d.avif" && told[1].1.contains("still busy"), "{told:?}");
    println!("test result: ok");
}
