//! The real window on a display of its own: it opens, shows what is being indexed, scrolls and closes.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::{Program, assert_has_keys, write_picture};

/// A virtual display that ends with the test.
pub(super) struct Display {
    server: Child,
    pub(super) name: String,
}

impl Display {
    pub(super) fn start() -> Self {
        // Without `-noreset` the display starts anew, and closes who is just connecting, when its only client leaves: one that
        // looks for windows would do so several times a second.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1400x900x24"])
            .args(["-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed by packaging/install-test-tools");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut number)
            .unwrap();
        Self {
            server,
            name: format!(":{}", number.trim()),
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn the_window_opens_and_scrolls_while_photos_are_indexed() {
    let display = Display::start();
    let program = Program::new();
    let photos = program.photos();
    for number in 0..260 {
        write_picture(&photos.join(format!("{number:04}.png")), number);
    }
    let output = program
        .command(&["bench", "gallery", "--while-indexing", "--json", "--dir"])
        .arg(&photos)
        .env("DISPLAY", &display.name)
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_has_keys(
        &report,
        &[
            "photos",
            "frame_p50_ms",
            "frame_p95_ms",
            "texture_bytes_max",
            "texture_bytes_budget",
        ],
    );
    assert!(report["frames"].as_u64().unwrap() > 500, "{report}");
    assert!(report["photos"].as_u64().unwrap() >= 200, "{report}");
    let bytes = |key: &str| report[key].as_u64().unwrap();
    assert!(bytes("texture_bytes_max") > 0 && bytes("texture_bytes_max") <= bytes("texture_bytes_budget"));
}

#[test]
fn without_a_display_the_window_says_so_in_one_line() {
    let program = Program::new();
    let output = program
        .command(&[])
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.trim_end().lines().last().unwrap();
    assert!(last.starts_with("refocus: "), "{errors}");
}
