//! A second start hands what it was given to the window that is there.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::real_window::Display;
use super::{Program, write_picture};

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A window that is closed at the end of the test.
struct Window(Child);

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(program: &Program, display: &Display, library: &Path, opened: &[&Path]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_refocus"))
        .arg("--library")
        .arg(library)
        .args(opened)
        .env("DISPLAY", &display.name)
        .env("XDG_RUNTIME_DIR", program.folder.path())
        .env("XDG_CONFIG_HOME", program.path("config"))
        .env_remove("WAYLAND_DISPLAY")
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn ended(child: &mut Child) -> Option<bool> {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.success());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    None
}

fn wait_until(what: &str, mut seen: impl FnMut() -> bool) {
    let since = Instant::now();
    while !seen() {
        assert!(since.elapsed() < PATIENCE, "{what}");
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
    wait_until("no window opened", || windows(&display) == 1);
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(sockets(&program), 1, "what this test is about");

    let window = Window(start(&program, &display, &library, &[&first]));
    wait_until("no window opened in place of the killed one", || windows(&display) == 1);
    wait_until("the first folder was not added", || folder_rows(&library) == 1);
    let mut later = start(&program, &display, &library, &[&second]);
    assert_eq!(ended(&mut later), Some(true), "the second start must end by itself");
    wait_until("the second folder was not taken", || folder_rows(&library) == 2);
    assert_eq!(windows(&display), 1);

    // Another library is another window.
    let other = program.path("other.refocus");
    let other = Window(start(&program, &display, &other, &[]));
    wait_until("the other library has no window", || windows(&display) == 2);
    assert_eq!(sockets(&program), 2);
    drop((window, other));
}
