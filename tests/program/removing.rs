//! A folder that is taken out of the library while it is being read.

use std::time::{Duration, Instant};

use refocus_engine::{Command, Engine, EngineConfig, Event, Folder, LibraryPaths, WatchParams};

use super::{Program, write_picture};

const PATIENCE: Duration = Duration::from_secs(240);

#[test]
fn a_folder_that_is_removed_while_it_is_indexed_leaves_nothing_and_stops_nothing() {
    let program = Program::new();
    let (wrong, right) = (program.path("wrong"), program.path("right"));
    for (folder, photos) in [(&wrong, 300), (&right, 12)] {
        std::fs::create_dir(folder).unwrap();
        for number in 0..photos {
            write_picture(&folder.join(format!("{number}.png")), number);
            // One that cannot be read, and one with a sidecar.
            std::fs::write(folder.join("broken.png"), "broken").unwrap();
            std::fs::write(folder.join("0.xmp"), super::disk_changes::sidecar(3)).unwrap();
        }
    }
    let mut config = EngineConfig::new(LibraryPaths::at(&program.library()));
    config.watch = Some(WatchParams::default());
    let engine = Engine::start(config).unwrap();
    engine.send(Command::AddFolder(wrong));
    engine.send(Command::AddFolder(right));
    let (start, mut removed) = (Instant::now(), false);
    let mut folders: Vec<Folder> = Vec::new();
    while !(removed && folders.len() == 1 && folders[0].photos == 12) {
        assert!(start.elapsed() < PATIENCE, "{folders:?}");
        match engine.link().events.recv_timeout(Duration::from_millis(100)) {
            Ok(Event::Library { folders: told, .. }) => folders = told,
            Ok(Event::IndexingFailed(message)) => panic!("{message}"),
            _ => {}
        }
        if !removed && folders.first().is_some_and(|folder| folder.photos > 20) {
            removed = true;
            engine.send(Command::RemoveFolder(folders[0].id));
        }
    }
    // Photos that were in the pipeline when the folder was removed are not written.
    while let Ok(event) = engine.link().events.recv_timeout(Duration::from_secs(2)) {
        if let Event::IndexingFailed(message) = event {
            panic!("{message}");
        }
    }
    drop(engine);
    assert_eq!(program.file_rows().len(), 12);
    assert_eq!(program.count("SELECT count(*) FROM failure"), 1);
    assert_eq!(program.count("SELECT count(*) FROM sidecar"), 1);
    assert_eq!(program.integrity(), "ok");
}
