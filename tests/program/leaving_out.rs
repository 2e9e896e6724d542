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

#[test]
fn photos_listed_before_a_row_of_the_table_came_go_without_being_forgotten() {
    let program = Program::new();
    let photos = program.photos();
    for (number, name) in [
        "a.png",
        "@eaDir/a.png/SYNOPHOTO_THUMB_M.png",
        "covers/b.png",
        "covers/deep/c.png",
    ]
    .iter()
    .enumerate()
    {
        let picture = photos.join(name);
        std::fs::create_dir_all(picture.parent().unwrap()).unwrap();
        write_picture(&picture, number as u32);
    }
    std::fs::write(photos.join("covers/.nomedia"), "").unwrap();
    let path = photos.to_str().unwrap();
    // As before there was a table.
    let take_in = [
        "index",
        path,
        "--take-in",
        "synology-eadir",
        "--take-in",
        "synology-thumbnails",
        "--take-in",
        "nomedia",
        "--json",
    ];
    let before = program.json(&take_in);
    assert_eq!(
        (before["photos"].as_u64(), before["encoded"].as_u64()),
        (Some(4), Some(4))
    );
    assert_eq!(before["left_out"].as_array().unwrap().len(), 0);

    let output = program.run(&["index", path, "--json"]);
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("3 photos are left out from now on (.nomedia; @eaDir …);"),
        "{said}"
    );
    assert!(!said.contains("empty now"), "{said}");
    let now: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(now["photos"].as_u64(), Some(1));
    let left_out: Vec<_> = now["left_out"].as_array().unwrap().iter().collect();
    let told: Vec<_> = left_out
        .iter()
        .map(|row| (row["row"].as_str(), row["folders"].as_u64()))
        .collect();
    assert_eq!(told, [(Some("synology-eadir"), Some(1)), (Some("nomedia"), Some(1))]);
    let covers = std::fs::canonicalize(photos.join("covers")).unwrap();
    assert_eq!(left_out[1]["examples"][0]["path"].as_str(), covers.to_str());
    assert_eq!(program.file_rows().len(), 1, "the next start lists none of them");
    assert_eq!(
        program.count("SELECT count(*) FROM encoding"),
        4,
        "what was computed stays"
    );

    let again = program.json(&take_in);
    assert_eq!(
        (again["photos"].as_u64(), again["encoded"].as_u64()),
        (Some(4), Some(0))
    );

    let wrong = program.run(&["index", path, "--take-in", "nonsense"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&wrong.stderr).contains("synology-eadir"),
        "all rows are named"
    );
}

#[test]
fn a_folder_that_becomes_empty_by_the_table_is_told_as_left_out_and_not_as_lost() {
    let program = Program::new();
    let photos = program.photos();
    std::fs::create_dir(photos.join("#recycle")).unwrap();
    write_picture(&photos.join("#recycle/a.png"), 1);
    let path = photos.to_str().unwrap();
    program.json(&["index", path, "--take-in", "hash-recycle", "--json"]);
    let output = program.run(&["index", path]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("1 photo is left out from now on (#recycle);"), "{said}");
    assert!(said.contains("left out: 1 folder (#recycle)"), "{said}");
    assert!(!said.contains("empty now"), "{said}");
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
fn a_running_engine_takes_in_what_a_row_leaves_out_and_leaves_it_out_again() {
    let program = Program::new();
    let photos = program.photos();
    write_picture(&photos.join("a.png"), 1);
    std::fs::create_dir(photos.join(".thumbnails")).unwrap();
    write_picture(&photos.join(".thumbnails/b.png"), 2);
    let config = EngineConfig {
        watch: Some(WatchParams::default()),
        ..EngineConfig::new(LibraryPaths::at(&program.library()))
    };
    let engine = Engine::start(config).unwrap();
    engine.send(Command::AddFolder(photos));
    wait_for_rows(&engine, "one photo", |rows| shown(rows) == 1);
    let taken_in = EngineTuning {
        rules_off: vec!["thumbnails".into()],
        ..EngineTuning::default()
    };
    engine.send(Command::Tune(Box::new(taken_in)));
    wait_for_rows(&engine, "the thumbnail too", |rows| shown(rows) == 2);
    engine.send(Command::Tune(Box::default()));
    wait_for_rows(&engine, "one photo again", |rows| shown(rows) == 1);
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
