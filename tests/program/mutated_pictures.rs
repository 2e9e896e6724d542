//! Thousands of damaged and forged pictures indexed in one run: it ends, each file is a row or a failure, memory stays bounded,
//! and no picture takes long.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use refocus_media::{DecodeLimits, Scale, decode, read_facts};

use super::Program;
use super::mutated::{any, mutate, pictures, random, with_right_checksums};

/// Pictures of the test; the long check has 20,000 (`REFOCUS_MUTATED`).
fn count() -> u32 {
    let wanted = std::env::var("REFOCUS_MUTATED").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(240)
}

/// What one picture may take, and all of them together in memory.
const LONGEST: Duration = Duration::from_secs(5);
const MOST_MEMORY: u64 = 2 << 30;

fn write_pictures(folder: &Path, count: u32) -> Vec<(String, Vec<u8>)> {
    let mut random = random(5);
    let mut all = Vec::new();
    let mut seeds = pictures(0);
    for number in 0..count {
        let of_round = number as usize % seeds.len();
        if of_round == 0 {
            seeds = pictures(any(&mut random));
        }
        let other = &seeds[any(&mut random) as usize % seeds.len()].1;
        let (ending, whole) = &seeds[of_round];
        let mut bytes = mutate(whole, other, &mut random);
        while any(&mut random).is_multiple_of(3) {
            bytes = mutate(&bytes, other, &mut random);
        }
        // Half of the PNGs get past their checksums.
        if *ending == "png" && any(&mut random).is_multiple_of(2) {
            bytes = with_right_checksums(&bytes);
        }
        let name = format!("{number:05}.{ending}");
        std::fs::write(folder.join(&name), &bytes).unwrap();
        all.push((name, bytes));
    }
    all
}

fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kibibytes.unwrap_or_default() << 10
}

#[test]
fn mutated_pictures_are_each_a_row_or_a_failure() {
    let program = Program::new();
    let photos = program.photos();
    let count = count();
    let all = write_pictures(&photos, count);

    let (mut longest, mut slowest) = (Duration::ZERO, String::new());
    for (name, bytes) in &all {
        let start = Instant::now();
        let _ = decode(bytes, Scale::ShortSideAtLeast(520), &DecodeLimits::default());
        let _ = read_facts(bytes);
        if start.elapsed() > longest {
            (longest, slowest) = (start.elapsed(), name.clone());
        }
    }
    drop(all);

    let start = Instant::now();
    let mut running = program
        .command(&["index", photos.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut memory = 0;
    let status = loop {
        memory = memory.max(peak_memory(running.id()));
        if let Some(status) = running.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let took = start.elapsed();
    let (rows, failures) = (
        program.count("SELECT count(*) FROM file"),
        program.count("SELECT count(*) FROM failure"),
    );
    println!(
        "{count} mutated pictures: {rows} rows, {failures} failures, {:.1} s, {} MB at most, the slowest took {} ms ({slowest})",
        took.as_secs_f32(),
        memory >> 20,
        longest.as_millis()
    );
    assert!(status.success(), "{status}");
    assert_eq!(rows + failures, i64::from(count), "each is one row or one failure");
    assert_eq!(
        program.count("SELECT count(*) FROM failure WHERE path IN (SELECT path FROM file)"),
        0
    );
    assert!(rows > 0 && failures > 0, "damage of both kinds is needed");
    // A few are indexed on machines that do much else.
    let patience = if count > 1000 { LONGEST } else { 12 * LONGEST };
    assert!(longest < patience, "{slowest} took {longest:?}");
    assert!(memory < MOST_MEMORY, "{} MB", memory >> 20);
    assert_eq!(program.integrity(), "ok");
    // Nothing of it is tried again.
    let again = program.json(&["index", photos.to_str().unwrap(), "--json"]);
    assert_eq!(again["unchanged"].as_i64(), Some(rows));
}
