//! Killed in the middle of indexing, started again: it goes on where it was, nothing twice, nothing lost.

use std::collections::HashSet;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{Program, rows, write_picture};

/// Kills of the test; the long check makes many more (`REFOCUS_KILLS`).
fn kills() -> u32 {
    std::env::var("REFOCUS_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20)
}

#[test]
fn killed_while_indexing_it_goes_on_where_it_was() {
    let program = Program::new();
    let photos = program.photos();
    let count = 30 * kills();
    for number in 0..count {
        write_picture(&photos.join(format!("{number:04}.png")), number);
    }
    std::fs::write(photos.join("broken.jpg"), b"\xff\xd8\xff\xe0 not really").unwrap();
    let path = photos.to_str().unwrap();
    let mut before = 0;
    for kill in 0..kills() {
        let mut running = program
            .command(&["index", path])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Wait until this run has written something of its own, then a little longer by a different time each round. Every
        // fourth is killed while it starts or looks through the folder, whatever it has written.
        let early = kill % 4 == 3;
        let deadline = Instant::now() + Duration::from_secs(60);
        while !early && Instant::now() < deadline && running.try_wait().unwrap().is_none() {
            if program.library().exists() && rows(&program) > before {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(u64::from(
            kill * 37 % if early { 400 } else { 90 },
        )));
        running.kill().unwrap();
        running.wait().unwrap();
        assert_eq!(program.integrity(), "ok");
        let now = rows(&program);
        assert!(now >= before, "rows were lost: {before}, then {now}");
        before = now;
    }
    let last = program.json(&["index", path, "--json"]);
    assert_eq!(last["photos"].as_u64(), Some(u64::from(count) + 1));
    assert_eq!(last["failed"].as_u64(), Some(1));
    assert!(
        last["unchanged"].as_u64().unwrap() >= before as u64,
        "what was there is not encoded again"
    );
    let rows = program.file_rows();
    assert_eq!(rows.len(), count as usize);
    assert_eq!(
        rows.iter().map(|(path, _)| path).collect::<HashSet<_>>().len(),
        rows.len()
    );
    assert_eq!(program.count("SELECT count(*) FROM encoding"), i64::from(count));
    assert_eq!(program.count("SELECT count(*) FROM failure"), 1);
    assert_eq!(program.integrity(), "ok");
}
