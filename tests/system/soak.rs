//! The real window over a folder in which something happens all the time, while focuses are typed. At the end the library must
//! equal a fresh index of the folder, and memory must not have grown. `packaging/soak MINUTES` runs it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::display::Display;
use crate::program::disk_changes::DiskChanges;
use crate::program::{Program, Running, wait_until};

/// Memory may grow by this share after the first quarter of the time.
const GROWTH: f64 = 1.10;

/// Memory and news come to rest within this time after the last change.
const REST: Duration = Duration::from_secs(180);

const FOCUSES: [&str; 8] = [
    "the colour",
    "the shape",
    "the place",
    "the light",
    "what it is made of",
    "the season",
    "how many there are",
    "la couleur",
];

fn xdotool(display: &Display, arguments: &[&str]) -> String {
    let output = Command::new("xdotool")
        .args(arguments)
        .env("DISPLAY", &display.name)
        .output()
        .expect("xdotool is installed by packaging/install-test-tools");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn resident_kilobytes(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

/// The middle of several values: one reading of a busy program's memory says little.
fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[test]
#[ignore = "runs for many minutes: packaging/soak"]
fn after_hours_of_change_the_library_equals_a_fresh_index() {
    let minutes: f64 = std::env::var("REFOCUS_SOAK_MINUTES").map_or(60.0, |text| text.parse().unwrap());
    let time = Duration::from_secs_f64(minutes * 60.0);
    let program = Program::new();
    let display = Display::start();
    let mut disk = DiskChanges::new(&program, 5);
    let photos = disk.photos.clone();
    let mut running = open(&program, &display, &photos);
    wait_until(Duration::from_secs(120), "the window", || {
        let found = xdotool(&display, &["search", "--onlyvisible", "--name", "^Refocus"]);
        found.lines().next().is_some_and(|id| {
            xdotool(&display, &["windowfocus", id]);
            true
        })
    });
    let (start, mut typed, mut measured) = (Instant::now(), Instant::now(), Instant::now());
    let mut memory: Vec<(Duration, f64)> = Vec::new();
    let mut focuses = 0;
    while start.elapsed() < time {
        assert!(
            running.child.try_wait().unwrap().is_none(),
            "it ended: {}",
            running.said()
        );
        disk.step();
        let wait = 20 + disk.pick(400) as u64;
        std::thread::sleep(Duration::from_millis(wait));
        if typed.elapsed() > Duration::from_secs(7) {
            typed = Instant::now();
            xdotool(&display, &["key", "ctrl+f"]);
            xdotool(&display, &["key", "ctrl+a"]);
            xdotool(&display, &["type", "--delay", "25", FOCUSES[focuses % FOCUSES.len()]]);
            focuses += 1;
        }
        if measured.elapsed() > Duration::from_secs(2) {
            measured = Instant::now();
            memory.push((start.elapsed(), resident_kilobytes(running.child.id())));
        }
    }
    let took = disk.wait_until_equal(&program, || running.said(), REST);
    let of = |from: f64, to: f64| -> Vec<f64> {
        let within = memory
            .iter()
            .filter(|(at, _)| (from..to).contains(&(at.as_secs_f64() / time.as_secs_f64())));
        within.map(|(_, kilobytes)| *kilobytes).collect()
    };
    let (quarter, end) = (middle(&of(0.2, 0.3)), middle(&of(0.9, 1.0)));
    println!(
        "{minutes} minutes, {}, {focuses} focuses; equal to a fresh index {:.1} s after the last change; memory {:.0} MB after a quarter, {:.0} MB at the end",
        disk.done(),
        took.as_secs_f64(),
        quarter / 1e3,
        end / 1e3
    );
    assert_eq!(program.integrity(), "ok");
    assert!(end <= quarter * GROWTH, "memory grew from {quarter} kB to {end} kB");
}

fn open(program: &Program, display: &Display, photos: &Path) -> Running {
    // A copy: a build during these hours does not take the program away from under its window.
    let own = program.path("refocus");
    std::fs::copy(env!("CARGO_BIN_EXE_refocus"), &own).unwrap();
    let mut command = Command::new(own);
    command
        .current_dir(program.path(""))
        .env("XDG_RUNTIME_DIR", program.path(""))
        .arg("--library")
        .arg(program.library())
        .arg(photos)
        .env("DISPLAY", &display.name)
        .env("XDG_CONFIG_HOME", program.path("config"))
        .env("XDG_DATA_HOME", program.path("data"))
        .env_remove("WAYLAND_DISPLAY");
    Running::start(&mut command)
}
