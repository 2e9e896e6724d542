//! A decoder that crashes or hangs while a folder is indexed costs its file: a row of `failures` says what happened, the other
//! photos are encoded, and the engine ends. What hung is tried once more, what crashed is not; a file for which the time was too short
//! alone is read then.
//!
//! A program of its own without a test harness: the decoder children are this very program.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use refocus_engine::{Command, Engine, EngineConfig, Event, LibraryPaths, Progress};
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
    while bytes.ends_with(b"HANG") || awaited(bytes).is_some_and(|file| !file.exists()) {
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A picture that names a file is not decoded before that file is there: as on a machine that does much else until then.
const WAIT: &[u8] = b"WAIT FOR ";

fn awaited(bytes: &[u8]) -> Option<PathBuf> {
    let at = bytes.windows(WAIT.len()).rposition(|part| part == WAIT)?;
    Some(String::from_utf8_lossy(&bytes[at + WAIT.len()..]).into_owned().into())
}

fn run_ended(engine: &Engine) -> Progress {
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < HANG, "indexing does not end");
        if let Ok(Event::IndexingEnded(progress)) = engine.link().events.recv_timeout(Duration::from_secs(1)) {
            println!("indexing: {:.1} s", start.elapsed().as_secs_f64());
            return progress;
        }
    }
}

/// The failures by name: kind, words of the message, and how often in a row.
fn assert_told(paths: &LibraryPaths, expected: &[(String, FailureKind, &str, u32)]) {
    let _lock = LibraryLock::take(&paths.database).unwrap();
    let reader = Database::open(&paths.database).unwrap().reader().unwrap();
    let mut failures = reader.failures().unwrap();
    failures.sort_by(|one, other| one.failure.path.cmp(&other.failure.path));
    assert_eq!(failures.len(), expected.len(), "{failures:?}");
    for (row, (name, kind, words, attempts)) in failures.iter().zip(expected) {
        println!("{} {} {}", row.failure.kind, row.attempts, row.failure.message);
        assert!(row.failure.path.ends_with(name), "{row:?}");
        assert_eq!(
            (row.failure.kind.as_str(), row.attempts),
            (kind.as_str(), *attempts),
            "{row:?}"
        );
        assert!(row.failure.message.contains(words), "{row:?}");
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
    let is_quiet = folder.path().join("quiet");
    write(&photos, "f.avif", &format!("WAIT FOR {}", is_quiet.display()));
    let paths = LibraryPaths::at(&folder.path().join("library.refocus"));
    let engine = Engine::start(EngineConfig::new(paths.clone())).unwrap();
    engine.send(Command::AddFolder(photos));
    assert_eq!(run_ended(&engine).encoded, 3);
    let end = Instant::now();
    drop(engine);
    println!("the engine ended after {:.2} s", end.elapsed().as_secs_f64());
    let crashed = ("b.avif".to_owned(), FailureKind::Corrupt, "crashed", 1);
    let hung = |attempts| ("d.avif".to_owned(), FailureKind::Interrupted, "still busy", attempts);
    let slow = ("f.avif".to_owned(), FailureKind::Interrupted, "still busy", 1);
    assert_told(&paths, &[crashed.clone(), hung(1), slow]);

    std::fs::write(is_quiet, "").unwrap();
    let engine = Engine::start(EngineConfig::new(paths.clone())).unwrap();
    for encoded in [1, 0] {
        engine.send(Command::Rescan(None));
        let ended = run_ended(&engine);
        assert_eq!((ended.encoded, ended.failed), (encoded, 2));
    }
    drop(engine);
    assert_told(&paths, &[crashed, hung(2)]);
    println!("test result: ok");
}
