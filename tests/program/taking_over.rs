//! An engine that could only read goes on where the Refocus that wrote has ended.
#![cfg(unix)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use refocus_engine::{
    Command, Engine, EngineConfig, Event, FileId, FolderId, LibraryPaths, MarkChange, Rows, WatchParams,
};

use super::{Program, Running, wait_until, write_picture};

const PATIENCE: Duration = Duration::from_secs(240);

/// The state that an engine sent last.
#[derive(Default)]
struct Told {
    rows: Rows,
    folders: Vec<(FolderId, PathBuf)>,
    read_only: bool,
    ready: usize,
}

fn listen(engine: &Engine, told: &mut Told, what: &str, mut until: impl FnMut(&Told) -> bool) {
    let start = Instant::now();
    while !until(told) {
        assert!(start.elapsed() < PATIENCE, "not told: {what}");
        match engine.link().events.recv_timeout(Duration::from_millis(100)) {
            Ok(Event::Library { rows, folders }) => {
                told.rows = rows;
                told.folders = folders.into_iter().map(|folder| (folder.id, folder.path)).collect();
            }
            Ok(Event::ReadOnly(_)) => told.read_only = true,
            Ok(Event::Writable) => told.read_only = false,
            Ok(Event::Ready(_)) => told.ready += 1,
            _ => {}
        }
    }
}

fn row_of(told: &Told, name: &str) -> Option<(u32, FileId)> {
    let mut rows = (0u32..).zip(told.rows.iter());
    rows.find(|(_, row)| !row.gone && row.path.ends_with(name))
        .map(|(number, row)| (number, row.id))
}

#[test]
fn a_second_engine_takes_over_writing_when_the_first_has_ended() {
    let program = Program::new();
    let photos = program.photos();
    for number in 0..3 {
        write_picture(&photos.join(format!("{number}.png")), number);
    }
    let mut first = Running::start(&mut program.command(&["index", photos.to_str().unwrap(), "--watch"]));
    first.wait_until_it_says("watching for changes");
    wait_until(PATIENCE, "three photos", || super::rows(&program) == 3);

    let mut config = EngineConfig::new(LibraryPaths::at(&program.library()));
    config.watch = Some(WatchParams::default());
    config.works_ahead = true;
    let second = Engine::start(config).unwrap();
    let mut told = Told::default();
    listen(&second, &mut told, "the library", |told| {
        told.ready == 1 && told.rows.len() == 3
    });
    assert!(told.read_only);
    let kept = row_of(&told, "2.png").unwrap();

    // What the first one still does: a photo comes, another goes.
    write_picture(&photos.join("later.png"), 9);
    std::fs::remove_file(photos.join("0.png")).unwrap();
    wait_until(PATIENCE, "a change by the first", || {
        program.count("SELECT count(*) FROM file WHERE CAST(path AS TEXT) LIKE '%later.png'") == 1
            && super::rows(&program) == 3
    });
    drop(first);

    listen(&second, &mut told, "it takes over", |told| {
        !told.read_only && told.ready == 2
    });
    listen(&second, &mut told, "what the first one wrote", |told| {
        row_of(told, "later.png").is_some() && row_of(told, "0.png").is_none()
    });
    assert_eq!(row_of(&told, "2.png"), Some(kept), "rows keep their numbers");

    second.send(Command::Mark {
        photos: vec![kept.1],
        change: MarkChange::Rating(4),
    });
    wait_until(PATIENCE, "a mark by the second", || {
        program.count("SELECT count(*) FROM mark WHERE rating = 4") == 1
    });
    write_picture(&photos.join("newest.png"), 11);
    listen(&second, &mut told, "it watches the folder", |told| {
        row_of(told, "newest.png").is_some()
    });
    drop(second);
    assert_eq!(program.integrity(), "ok");
}
