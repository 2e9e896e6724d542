//! Photos that a person does not want: patterns, small files; and what becomes of what is known of them.

use std::path::Path;
use std::time::Duration;

use refocus_engine::{
    Command, Engine, EngineConfig, EngineTuning, Event, IndexPhase, LibraryPaths, PowerSource, Rows, WatchParams,
};

use super::{Program, write_picture};

fn fill(photos: &Path) {
    std::fs::create_dir_all(photos.join("Screenshots")).unwrap();
    for (number, name) in ["a.png", "b.png", "old.bmp", "Screenshots/c.png"].iter().enumerate() {
        write_picture(&photos.join(name), number as u32);
    }
}

#[test]
fn patterns_and_sizes_given_to_index_are_left_out() {
    let program = Program::new();
    let photos = program.photos();
    fill(&photos);
    let path = photos.to_str().unwrap();
    let some = program.json(&[
        "index",
        path,
        "--exclude",
        "screenshots",
        "--exclude",
        "*.BMP",
        "--json",
    ]);
    assert_eq!((some["photos"].as_u64(), some["encoded"].as_u64()), (Some(2), Some(2)));
    let all = program.json(&["index", path, "--json"]);
    assert_eq!((all["photos"].as_u64(), all["encoded"].as_u64()), (Some(4), Some(2)));

    // What is left out now is not shown, but its rows stay: nothing is computed again.
    let large = program.json(&["index", path, "--smallest", "1000", "--json"]);
    assert_eq!(large["photos"].as_u64(), Some(0));
    assert_eq!(program.file_rows().len(), 4);
    let again = program.json(&["index", path, "--json"]);
    assert_eq!(
        (again["photos"].as_u64(), again["encoded"].as_u64()),
        (Some(4), Some(0))
    );

    let wrong = program.run(&["index", path, "--exclude", "[z-a"]);
    assert_eq!(wrong.status.code(), Some(2));
}

/// Takes events until the rows are as they should be.
fn wait_for_rows(engine: &Engine, what: &str, mut wanted: impl FnMut(&Rows) -> bool) {
    let start = std::time::Instant::now();
    loop {
        assert!(start.elapsed() < Duration::from_secs(120), "not in time: {what}");
        if let Ok(Event::Library { rows, .. }) = engine.link().events.recv_timeout(Duration::from_secs(1))
            && wanted(&rows)
        {
            return;
        }
    }
}

fn shown(rows: &Rows) -> usize {
    rows.iter().filter(|row| !row.gone && row.encoded).count()
}

#[test]
fn a_running_engine_hides_what_is_left_out_and_shows_it_again() {
    let program = Program::new();
    let photos = program.photos();
    fill(&photos);
    let config = EngineConfig {
        watch: Some(WatchParams::default()),
        ..EngineConfig::new(LibraryPaths::at(&program.library()))
    };
    let engine = Engine::start(config).unwrap();
    engine.send(Command::AddFolder(photos.clone()));
    wait_for_rows(&engine, "all photos", |rows| shown(rows) == 4);
    let without = EngineTuning {
        excluded_folders: vec![std::fs::canonicalize(&photos).unwrap().join("Screenshots")],
        excluded_patterns: vec!["*.bmp".into()],
        ..EngineTuning::default()
    };
    engine.send(Command::Tune(Box::new(without.clone())));
    wait_for_rows(&engine, "two are left out", |rows| shown(rows) == 2);
    drop(engine);
    assert_eq!(program.file_rows().len(), 4, "the rows stay");

    let config = EngineConfig {
        tuning: without,
        watch: Some(WatchParams::default()),
        ..EngineConfig::new(LibraryPaths::at(&program.library()))
    };
    let engine = Engine::start(config).unwrap();
    wait_for_rows(&engine, "they are not shown at the next start", |rows| shown(rows) == 2);
    engine.send(Command::Tune(Box::default()));
    wait_for_rows(&engine, "all are back", |rows| shown(rows) == 4);
}

#[test]
fn indexing_rests_on_battery_and_goes_on_with_mains_power() {
    let program = Program::new();
    let photos = program.photos();
    fill(&photos);
    let supplies = program.path("power");
    let say = |status: &str, online: &str| {
        for (supply, kind) in [("BAT0", "Battery"), ("AC", "Mains")] {
            std::fs::create_dir_all(supplies.join(supply)).unwrap();
            std::fs::write(supplies.join(supply).join("type"), kind).unwrap();
        }
        std::fs::write(supplies.join("BAT0/status"), status).unwrap();
        std::fs::write(supplies.join("AC/online"), online).unwrap();
    };
    say("Discharging", "0");
    let config = EngineConfig {
        tuning: EngineTuning {
            pause_on_battery: true,
            ..EngineTuning::default()
        },
        power: PowerSource::Supplies(supplies.clone()),
        watch: Some(WatchParams::default()),
        ..EngineConfig::new(LibraryPaths::at(&program.library()))
    };
    let engine = Engine::start(config).unwrap();
    engine.send(Command::AddFolder(photos));
    let mut rested = false;
    let start = std::time::Instant::now();
    while !rested {
        assert!(start.elapsed() < Duration::from_secs(60), "it does not rest");
        if let Ok(Event::Progress(progress)) = engine.link().events.recv_timeout(Duration::from_secs(1)) {
            rested = progress.phase == IndexPhase::OnBattery;
            assert_eq!(progress.encoded, 0);
        }
    }
    say("Charging", "1");
    wait_for_rows(&engine, "it goes on", |rows| shown(rows) == 4);
}
