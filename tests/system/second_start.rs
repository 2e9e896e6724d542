//! A second start hands what it was given to the window that is there.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::display::Display;
use crate::program::{Program, write_picture};

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A start of the program; its window is closed at the end of the test.
struct Window {
    process: Child,
    /// What it wrote to standard error.
    errors: PathBuf,
}

impl Window {
    /// How the process is, for who reads of a failure.
    fn state(&mut self) -> String {
        let errors = std::fs::read_to_string(&self.errors).unwrap_or_default();
        format!("process {:?}, which wrote: {errors}", self.process.try_wait())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start(program: &Program, display: &Display, library: &Path, opened: &[&Path]) -> Window {
    let errors = tempfile::NamedTempFile::new_in(program.folder.path()).unwrap();
    let (file, errors) = errors.keep().unwrap();
    let process = Command::new(env!("CARGO_BIN_EXE_refocus"))
        .arg("--library")
        .arg(library)
        .args(opened)
        .env("DISPLAY", &display.name)
        .env("XDG_RUNTIME_DIR", program.folder.path())
        .env("XDG_CONFIG_HOME", program.path("config"))
        .env_remove("WAYLAND_DISPLAY")
        .stderr(Stdio::from(file))
        .spawn()
        .unwrap();
    Window { process, errors }
}

fn ended(window: &mut Window) -> Option<bool> {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if let Some(status) = window.process.try_wait().unwrap() {
            return Some(status.success());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    None
}

fn wait_until(window: &mut Window, what: &str, mut seen: impl FnMut() -> bool) {
    let since = Instant::now();
    while !seen() {
        assert!(since.elapsed() < PATIENCE, "{what}: {}", window.state());
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn windows(display: &Display) -> usize {
    let output = Command::new("xdotool")
        .args(["search", "--onlyvisible", "--name", "^Refocus"])
        .env("DISPLAY", &display.name)
        .output()
        .expect("xdotool is installed by packaging/install-test-tools");
    String::from_utf8_lossy(&output.stdout).lines().count()
}

fn sockets(program: &Program) -> usize {
    let entries = std::fs::read_dir(program.folder.path()).unwrap();
    entries
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|end| end == "socket")
        })
        .count()
}

fn folder_rows(library: &Path) -> i64 {
    let Ok(connection) = rusqlite::Connection::open(library) else {
        return 0;
    };
    connection
        .query_row("SELECT count(*) FROM folder", [], |row| row.get(0))
        .unwrap_or(0)
}

#[test]
fn a_second_start_hands_its_folder_to_the_window_that_is_there() {
    let display = Display::start();
    let program = Program::new();
    let library = program.library();
    let [first, second] = ["first", "second"].map(|name| program.path(name));
    for (number, folder) in [&first, &second].into_iter().enumerate() {
        std::fs::create_dir_all(folder).unwrap();
        write_picture(&folder.join("a.png"), number as u32);
    }

    // A socket that an earlier window left behind when it was killed.
    let mut killed = start(&program, &display, &library, &[]);
    wait_until(&mut killed, "no window opened", || windows(&display) == 1);
    drop(killed);
    assert_eq!(sockets(&program), 1, "what this test is about");

    let mut window = start(&program, &display, &library, &[&first]);
    wait_until(&mut window, "no window opened in place of the killed one", || {
        windows(&display) == 1
    });
    wait_until(&mut window, "the first folder was not added", || {
        folder_rows(&library) == 1
    });
    let mut later = start(&program, &display, &library, &[&second]);
    assert_eq!(
        ended(&mut later),
        Some(true),
        "the second start must end by itself: {}",
        later.state()
    );
    wait_until(&mut window, "the second folder was not taken", || {
        folder_rows(&library) == 2
    });
    assert_eq!(windows(&display), 1);

    // Another library is another window.
    let other = program.path("other.refocus");
    let mut other = start(&program, &display, &other, &[]);
    wait_until(&mut other, "the other library has no window", || windows(&display) == 2);
    assert_eq!(sockets(&program), 2);
    drop((window, other));
}
