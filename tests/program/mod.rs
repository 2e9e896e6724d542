//! Whole-program tests: the real binary, real files, a real database.

mod drivers;
mod evaluating;
mod exporting;
mod hostile_files;
mod indexing;
mod kill_and_resume;
mod real_window;
mod searching;
mod second_start;
mod walk;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A folder of photos and a library, both of their own.
struct Program {
    folder: tempfile::TempDir,
}

impl Program {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn photos(&self) -> PathBuf {
        let photos = self.path("photos");
        std::fs::create_dir_all(&photos).unwrap();
        photos
    }

    fn library(&self) -> PathBuf {
        self.path("library.refocus")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_refocus"));
        // Started far from its own folder: the model must be found all the same.
        command
            .current_dir(self.folder.path())
            // Where a window listens for later starts.
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .arg("--library")
            .arg(self.library())
            .args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must end with 0 and print JSON.
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{arguments:?} ended with {}: {errors}",
            output.status
        );
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"))
    }

    /// Every file row as (path, hash in hex), in order.
    fn file_rows(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let connection = rusqlite::Connection::open(self.library()).unwrap();
        let mut statement = connection
            .prepare("SELECT f.path, p.hash FROM file f JOIN photo p ON p.id = f.photo_id ORDER BY f.path")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    fn integrity(&self) -> String {
        let connection = rusqlite::Connection::open(self.library()).unwrap();
        connection
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap()
    }

    fn count(&self, sql: &str) -> i64 {
        let connection = rusqlite::Connection::open(self.library()).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// A small picture of one colour with a little of another, so that no two numbers give the same bytes.
fn write_picture(path: &Path, number: u32) {
    let colour = [
        (number * 37 % 256) as u8,
        (number * 91 % 256) as u8,
        (number * 17 % 256) as u8,
    ];
    let picture = image::RgbImage::from_fn(96, 64, |x, y| {
        let inside = (x as i32 - 48).pow(2) + (y as i32 - 32).pow(2) < 400;
        image::Rgb(if inside {
            colour
        } else {
            [240, 240, (number % 200) as u8]
        })
    });
    picture.save(path).unwrap();
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn assert_has_keys(value: &Value, wanted: &[&str]) {
    let found = keys(value);
    for key in wanted {
        assert!(found.contains(key), "{key} is missing in {found:?}");
    }
}
