//! A folder that changes all the time under a program that is killed again and again: at the end the library equals a fresh index.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use super::disk_changes::DiskChanges;
use super::{Program, Running};

/// How long it goes on; the long check takes more time (`REFOCUS_CHANGES_SECONDS`).
fn time() -> Duration {
    let seconds = std::env::var("REFOCUS_CHANGES_SECONDS").ok();
    Duration::from_secs(seconds.and_then(|text| text.parse().ok()).unwrap_or(30))
}

/// A program lives so long between two kills.
const LIFE: Duration = Duration::from_secs(6);

/// News come to rest within this time after the last change, on a machine that does much else.
const REST: Duration = Duration::from_secs(120);

#[test]
fn whatever_happens_on_the_disk_the_library_ends_as_a_fresh_index() {
    let program = Program::new();
    let mut disk = DiskChanges::new(&program, 7);
    let photos = disk.photos.to_str().unwrap().to_owned();
    let watch = || Running::start(&mut program.command(&["index", &photos, "--watch"]));
    let (start, mut running, mut born, mut kills) = (Instant::now(), watch(), Instant::now(), 0);
    while start.elapsed() < time() {
        disk.step();
        let wait = [0, 0, 10, 50, 200, 400][disk.pick(6)];
        std::thread::sleep(Duration::from_millis(wait));
        let ended = running.child.try_wait().unwrap();
        assert!(ended.is_none(), "it ended: {}", running.said());
        if born.elapsed() > LIFE {
            drop(running);
            (0..disk.pick(10)).for_each(|_| disk.step());
            (running, born, kills) = (watch(), Instant::now(), kills + 1);
        }
    }
    let took = disk.wait_until_equal(&program, || running.said(), REST);
    println!(
        "{kills} kills; {}; equal after {:.1} s",
        disk.done(),
        took.as_secs_f64()
    );
    assert_eq!(program.integrity(), "ok");
}
