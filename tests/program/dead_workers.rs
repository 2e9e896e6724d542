//! `refocus index` ends with exit status 1 and a line, whichever of its workers dies.

use std::process::Command;
use std::time::{Duration, Instant};

use refocus_workers::fault;

use super::{Program, wait_until, write_picture};

/// Names the worker in which this test binary, started once more, puts a panic.
const WORKER: &str = "REFOCUS_TEST_WORKER";
const LIBRARY: &str = "REFOCUS_TEST_LIBRARY";
const PHOTOS: &str = "REFOCUS_TEST_PHOTOS";

/// Runs as a process of its own, started by the test below; on its own it does nothing.
#[test]
fn a_program_with_a_fault_in_it() {
    let Ok(worker) = std::env::var(WORKER) else { return };
    let [library, photos] = [LIBRARY, PHOTOS].map(|name| std::env::var_os(name).unwrap());
    let _armed = fault::panic_in(&worker, usize::MAX);
    let arguments = ["refocus".into(), "--library".into(), library, "index".into(), photos];
    std::process::exit(refocus::cli::run_with(arguments).into());
}

#[test]
fn indexing_ends_with_a_line_and_exit_status_1_whichever_worker_dies() {
    let program = Program::new();
    let photos = program.photos();
    for number in 0..24 {
        write_picture(&photos.join(format!("{number:04}.png")), number);
    }
    for worker in ["encode", "scan", "writer", "control", "folders"] {
        let library = program.path(&format!("{worker}.refocus"));
        let start = Instant::now();
        // A file and no pipe: what panics print could fill a pipe that nobody reads meanwhile.
        let said = program.path(&format!("{worker}.txt"));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "program::dead_workers::a_program_with_a_fault_in_it",
                "--nocapture",
            ])
            .env(WORKER, worker)
            .env(LIBRARY, &library)
            .env(PHOTOS, &photos)
            // Where the reports of a crash go.
            .env("XDG_DATA_HOME", program.path("data"))
            .stdout(std::process::Stdio::null())
            .stderr(std::fs::File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let mut told = None;
        wait_until(Duration::from_secs(120), worker, || {
            if told.is_none() && String::from_utf8_lossy(&std::fs::read(&said).unwrap()).contains("a fault put into") {
                told = Some(Instant::now());
            }
            child.try_wait().unwrap().is_some()
        });
        let status = child.wait().unwrap();
        let errors = String::from_utf8_lossy(&std::fs::read(&said).unwrap()).into_owned();
        assert_eq!(status.code(), Some(1), "{worker}: {errors}");
        assert!(
            errors
                .lines()
                .any(|line| line.starts_with("refocus: ") && line.contains("an internal error")),
            "{worker}: {errors}"
        );
        let after_it = told.map(|told| told.elapsed());
        eprintln!(
            "{worker}: ended after {:?}, {after_it:?} after the panic",
            start.elapsed()
        );
        refocus_store::LibraryLock::take(&library).unwrap();
    }
}
