//! What draws the window: Vulkan, else OpenGL, else a message that says what to install.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use refocus::app::FIRST_FRAME;

use super::display::Display;
use crate::program::Program;

const NOTHING: &str = "/nonexistent";

#[test]
fn without_vulkan_opengl_draws() {
    let (display, program) = (Display::start(), Program::new());
    let mut window = program
        .command(&[])
        .env("DISPLAY", &display.name)
        .env("XDG_CONFIG_HOME", program.path("config"))
        .env("VK_DRIVER_FILES", NOTHING)
        .env("VK_ICD_FILENAMES", NOTHING)
        .env("REFOCUS_LOG", "refocus::app::milestones=info")
        .env_remove("WAYLAND_DISPLAY")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(window.stderr.take().unwrap()).lines();
    let drawn = lines.map_while(Result::ok).any(|line| line.contains(FIRST_FRAME));
    let _ = window.kill();
    window.wait().unwrap();
    assert!(drawn, "no frame was drawn");
}

#[test]
fn without_any_driver_one_line_says_what_to_install() {
    let (display, program) = (Display::start(), Program::new());
    let output = program
        .command(&[])
        .env("DISPLAY", &display.name)
        .env("XDG_CONFIG_HOME", program.path("config"))
        .env("VK_DRIVER_FILES", NOTHING)
        .env("VK_ICD_FILENAMES", NOTHING)
        .env("__EGL_VENDOR_LIBRARY_FILENAMES", NOTHING)
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.trim_end().lines().last().unwrap();
    assert!(last.starts_with("refocus: no window can be opened"), "{errors}");
    assert!(last.contains("Vulkan or OpenGL driver"), "{errors}");
}
