//! Whole-program tests: the real binary, real files, a real database.

mod albums;
mod changes_and_kills;
mod changes_in_memory;
mod cleaning_up;
mod condition_adapters;
mod crate_rules;
mod dead_workers;
pub(crate) mod disk_changes;
mod evaluating;
mod exporting;
mod failing;
pub(crate) mod faults;
mod fuzzed;
mod hostile_files;
mod indexing;
mod kill_and_resume;
mod leaving_out;
mod models;
mod mutated;
mod mutated_pictures;
#[cfg(unix)]
mod no_display;
mod other_programs;
mod people;
mod removing;
mod rotating;
mod searching;
mod taking_over;
mod tending;
pub(crate) mod text;
pub(crate) mod watching;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A folder of photos and a library, both of their own.
pub(crate) struct Program {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) library: PathBuf,
}

impl Program {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            library: folder.path().join("library.refocus"),
            folder,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn photos(&self) -> PathBuf {
        let photos = self.path("photos");
        std::fs::create_dir_all(&photos).unwrap();
        photos
    }

    pub(crate) fn library(&self) -> PathBuf {
        self.library.clone()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
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

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must end with 0 and print JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
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
    pub(crate) fn file_rows(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let connection = rusqlite::Connection::open(self.library()).unwrap();
        let mut statement = connection
            .prepare("SELECT f.path, p.hash FROM file f JOIN photo p ON p.id = f.photo_id ORDER BY f.path")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    pub(crate) fn integrity(&self) -> String {
        let connection = rusqlite::Connection::open(self.library()).unwrap();
        connection
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap()
    }

    pub(crate) fn count(&self, sql: &str) -> i64 {
        let connection = rusqlite::Connection::open(self.library()).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// A program that runs on; it ends with the test.
pub(crate) struct Running {
    pub(crate) child: Child,
    /// What it said on standard error.
    said: Arc<Mutex<String>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let (lines, heard) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&said));
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut said = heard.lock().unwrap();
                said.push_str(&line);
                said.push('\n');
            }
        });
        Self { child, said }
    }

    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub(crate) fn wait_until_it_says(&mut self, words: &str) {
        wait_until(Duration::from_secs(120), words, || {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() || self.said().contains(words), "ended: {}", self.said());
            self.said().contains(words)
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// File rows, where the database can be read at this moment.
pub(crate) fn rows(program: &Program) -> i64 {
    let read = || {
        let connection = rusqlite::Connection::open(program.library())?;
        connection.query_row("SELECT count(*) FROM file", [], |row| row.get(0))
    };
    read().unwrap_or(0)
}

/// What "at once" is where the system tells of a change: below a second on a quiet machine, and far from the 30 s after which a
/// folder would be looked through in any case, also on a machine that does ten other things.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(15);

/// Waits for something to become true; returns how long it took.
pub(crate) fn wait_until(patience: Duration, what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < patience, "not within {patience:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    start.elapsed()
}

/// A folder of many files with few contents, which are read soon.
pub(crate) fn write_copies(folder: &Path, files: usize) {
    const CONTENTS: usize = 20;
    for number in 0..files {
        let below = folder.join(format!("{}", number % 7));
        std::fs::create_dir_all(&below).unwrap();
        let path = below.join(format!("{number:05}.png"));
        match number.checked_sub(CONTENTS) {
            None => write_picture(&path, number as u32),
            Some(_) => {
                let first = number % CONTENTS;
                let of = folder.join(format!("{}/{first:05}.png", first % 7));
                std::fs::copy(of, path).map(drop).unwrap();
            }
        }
    }
}

/// A small picture of one colour with a little of another, so that no two numbers give the same bytes. PNG where the
/// name promises nothing else.
pub(crate) fn write_picture(path: &Path, number: u32) {
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
    let format = image::ImageFormat::from_path(path).unwrap_or(image::ImageFormat::Png);
    picture.save_with_format(path, format).unwrap();
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

pub(crate) fn assert_has_keys(value: &Value, wanted: &[&str]) {
    let found = keys(value);
    for key in wanted {
        assert!(found.contains(key), "{key} is missing in {found:?}");
    }
}
