//! What a machine can do to a library: another Refocus, damage, a cache that goes, a clock that goes backwards. A full disk and one that cannot be
//! written are in `system/file_systems.rs`.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use super::{AT_ONCE, Program, Running, rows, wait_until, write_picture};

pub(crate) fn fill(photos: &Path, count: u32) {
    for number in 0..count {
        write_picture(&photos.join(format!("{number:04}.png")), number);
    }
}

pub(crate) fn one_line(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    assert_eq!(errors.lines().count(), 1, "{errors}");
    errors
}

/// Marks all photos, in the database and, by one more start, in the second copy of the ratings.
fn mark_all(program: &Program, photos: &str) {
    let connection = rusqlite::Connection::open(program.library()).unwrap();
    let mark = "INSERT INTO mark (hash, favourite, rating) SELECT hash, 1, 4 FROM photo";
    connection.execute(mark, []).unwrap();
    drop(connection);
    program.json(&["index", photos, "--json"]);
}

/// How many photos have the marks of [`mark_all`].
fn marked(program: &Program) -> i64 {
    program.count("SELECT count(*) FROM mark WHERE favourite = 1 AND rating = 4")
}

#[test]
fn thumbnails_that_are_deleted_while_it_runs_are_made_again() {
    let program = Program::new();
    let photos = program.photos();
    fill(&photos, 200);
    let thumbnails = program.path("library.refocus-thumbnails");
    let mut running = Running::start(&mut program.command(&["index", photos.to_str().unwrap()]));
    let mut deleted = 0;
    while running.child.try_wait().unwrap().is_none() {
        deleted += u32::from(std::fs::remove_dir_all(&thumbnails).is_ok());
        std::thread::sleep(Duration::from_millis(30));
    }
    assert!(deleted > 0);
    assert_eq!(rows(&program), 200, "{}", running.said());
    assert_eq!(program.count("SELECT count(*) FROM failure"), 0);
}

#[test]
fn a_second_refocus_searches_and_says_which_process_writes() {
    let program = Program::new();
    let photos = program.photos();
    fill(&photos, 5);
    let path = photos.to_str().unwrap();
    let mut first = Running::start(&mut program.command(&["index", path, "--watch"]));
    first.wait_until_it_says("watching for changes");
    let found = program.json(&["search", "--find", "a circle", "--json"]);
    assert_eq!(found["results"].as_array().unwrap().len(), 5);
    let output = program.run(&["index", path]);
    assert_eq!(output.status.code(), Some(1));
    let said = one_line(&output);
    assert!(said.contains(&format!("process {}", first.child.id())), "{said}");
    // A lock dies with its process, however that ends.
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    assert_eq!(program.json(&["index", path, "--json"])["unchanged"], 5);
}

/// Like another program that holds the database in the middle of a change.
#[test]
fn a_database_that_another_program_holds_can_be_searched() {
    let program = Program::new();
    let photos = program.photos();
    fill(&photos, 3);
    program.json(&["index", photos.to_str().unwrap(), "--json"]);
    let other = rusqlite::Connection::open(program.library()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let found = program.json(&["search", "--find", "a circle", "--json"]);
    assert_eq!(found["results"].as_array().unwrap().len(), 3);
    other.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn a_damaged_library_is_put_aside_and_rebuilt_with_its_ratings() {
    let program = Program::new();
    let photos = program.photos();
    fill(&photos, 120);
    let path = photos.to_str().unwrap();
    program.json(&["index", path, "--json"]);
    mark_all(&program, path);
    let whole = std::fs::read(program.library()).unwrap();
    let pages = whole.len() / 4096;
    for (name, from, to) in [("pages in the middle", pages / 3, pages / 2), ("everything", 0, pages)] {
        let mut damaged = whole.clone();
        damaged[from * 4096..to * 4096].fill(0xA5);
        std::fs::write(program.library(), &damaged).unwrap();
        let _ = std::fs::remove_file(program.path("library.refocus-wal"));
        let output = program.run(&["index", path, "--json"]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {errors}");
        assert!(
            errors.contains("has been rebuilt") && errors.contains("put aside"),
            "{name}: {errors}"
        );
        assert_eq!(marked(&program), 120, "{name}");
        assert_eq!(rows(&program), 120, "{name}");
        assert_eq!(program.count("SELECT count(*) FROM encoding"), 120, "{name}");
        assert_eq!(program.integrity(), "ok", "{name}");
    }
    let aside = |number: u32| program.path(&format!("library.refocus.damaged-{number}"));
    assert!(aside(1).exists() && aside(2).exists());
}

/// A sync program or a full disk leaves no file, or an empty one; whatever is started then, the second copy of the ratings is used
/// and not written over.
#[test]
fn a_library_whose_file_is_missing_or_empty_gets_its_ratings_back() {
    let program = Program::new();
    let photos = program.photos();
    fill(&photos, 5);
    let path = photos.to_str().unwrap();
    program.json(&["index", path, "--json"]);
    mark_all(&program, path);
    let keepsake = program.path("library.refocus-marks.txt");
    let written = std::fs::read(&keepsake).unwrap();
    for command in [
        &["search", "--find", "a circle"][..],
        &["groups", "--focus", "the colour"],
        &["index", path],
        &["doctor", "--repair"],
    ] {
        for empty in [false, true] {
            std::fs::remove_file(program.library()).unwrap();
            let _ = std::fs::remove_file(program.path("library.refocus-wal"));
            if empty {
                std::fs::write(program.library(), []).unwrap();
            }
            let output = program.run(command);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{command:?}, empty {empty}: {errors}");
            assert_eq!(std::fs::read(&keepsake).unwrap(), written, "{command:?}, empty {empty}");
            assert_eq!(marked(&program), 5, "{command:?}, empty {empty}");
        }
    }
}

/// Files from the future, from before 1970, and a clock that goes back between two runs.
#[test]
fn the_clock_may_go_backwards() {
    let program = Program::new();
    let photos = program.photos();
    fill(&photos, 4);
    let touch = |name: &str, date: &str| {
        let status = Command::new("touch")
            .args(["-d", date])
            .arg(photos.join(name))
            .status()
            .unwrap();
        assert!(status.success());
    };
    touch("0000.png", "2099-01-01");
    touch("0001.png", "1950-01-01");
    let path = photos.to_str().unwrap();
    assert_eq!(program.json(&["index", path, "--json"])["encoded"], 4);
    assert_eq!(program.json(&["index", path, "--json"])["unchanged"], 4);
    // Older than what is known, and yet another picture.
    write_picture(&photos.join("0002.png"), 77);
    touch("0002.png", "2001-01-01");
    let report = program.json(&["index", path, "--json"]);
    assert_eq!((&report["encoded"], &report["unchanged"]), (&1.into(), &3.into()));
    let connection = rusqlite::Connection::open(program.library()).unwrap();
    connection
        .execute("UPDATE folder SET added_at = unixepoch() + 86400 * 365", [])
        .unwrap();
    drop(connection);
    let mut running = Running::start(&mut program.command(&["index", path, "--watch", "--poll-seconds", "3600"]));
    running.wait_until_it_says("watching for changes");
    write_picture(&photos.join("new.png"), 5);
    wait_until(AT_ONCE, "a new file", || rows(&program) == 5);
}
