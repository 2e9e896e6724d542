//! A folder that changes all the time, under an engine of which a person wants now this and now that: what a window would show is
//! what the database holds, and that is what is on the disk.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use refocus_engine::{
    Command, Engine, EngineConfig, Event, Folder, LibraryPaths, MarkChange, PhotoRow, Problem, RetryScope, Rows,
    WatchParams,
};

use super::Program;
use super::disk_changes::DiskChanges;

/// How long things go on.
const TIME: Duration = Duration::from_secs(25);

/// A moment in which nothing comes any more.
const QUIET: Duration = Duration::from_millis(1500);

const PATIENCE: Duration = Duration::from_secs(240);

/// The state that an engine sent last.
#[derive(Default)]
struct Told {
    rows: Rows,
    folders: Vec<Folder>,
    problems: Vec<Problem>,
    ready: bool,
}

impl Told {
    /// Hears what the engine says until it is silent for `quiet`.
    fn hear(&mut self, engine: &Engine, quiet: Duration) {
        while let Ok(event) = engine.link().events.recv_timeout(quiet) {
            match event {
                Event::Library { rows, folders } => (self.rows, self.folders) = (rows, folders),
                Event::Problems(problems) => self.problems = problems.to_vec(),
                Event::Ready(_) => self.ready = true,
                _ => {}
            }
        }
    }

    /// Every listed photo by its path, and every problem.
    fn shown(&self) -> (BTreeMap<PathBuf, PhotoRow>, Vec<PathBuf>) {
        let rows = self.rows.iter().filter(|row| !row.gone).map(|row| {
            let mut row = row.clone();
            // In the order in which they came.
            if let Some(raws) = &row.extras.raws {
                let mut sorted = raws.to_vec();
                sorted.sort();
                row.extras.raws = Some(sorted.into());
            }
            (row.path.to_path_buf(), row)
        });
        let problems = self.problems.iter().map(|problem| problem.path.clone());
        (rows.collect(), problems.collect())
    }

    fn until_ready(&mut self, engine: &Engine) {
        let start = Instant::now();
        while !self.ready {
            assert!(start.elapsed() < PATIENCE, "the library is not there");
            self.hear(engine, Duration::from_millis(50));
        }
    }
}

fn config(program: &Program) -> EngineConfig {
    EngineConfig::new(LibraryPaths::at(&program.library()))
}

#[test]
fn what_is_shown_is_what_is_kept_and_what_is_kept_is_what_is_there() {
    let program = Program::new();
    let mut disk = DiskChanges::new(&program, 11);
    let engine = Engine::start(EngineConfig {
        watch: Some(WatchParams::default()),
        ..config(&program)
    })
    .unwrap();
    let mut told = Told::default();
    told.until_ready(&engine);
    engine.send(Command::AddFolder(disk.photos.clone()));
    let start = Instant::now();
    while start.elapsed() < TIME {
        disk.step();
        told.hear(&engine, Duration::from_millis(5));
        if disk.pick(4) == 0 && !told.rows.is_empty() {
            let number = disk.pick(told.rows.len()) as u32;
            let stars = disk.pick(6) as u8;
            let photos = told.rows.get(number).map(|row| row.id).into_iter().collect();
            let change = MarkChange::Rating(stars);
            engine.send(Command::Mark { photos, change });
        }
        if disk.pick(12) == 0 {
            let folder = told.folders.first().map(|folder| folder.id);
            let command = match (disk.pick(6), folder) {
                (0, _) => Command::Pause,
                (1, _) => Command::CancelIndexing,
                (2, _) => Command::Rescan(None),
                (3, _) => Command::Retry(RetryScope::All),
                (4, Some(folder)) => Command::RemoveFolder(folder),
                _ => Command::AddFolder(disk.photos.clone()),
            };
            engine.send(command);
            let soon = disk.pick(400) as u64;
            std::thread::sleep(Duration::from_millis(soon));
            engine.send(Command::Resume);
            engine.send(Command::AddFolder(disk.photos.clone()));
        }
        let wait = [0, 0, 10, 50, 150][disk.pick(5)];
        std::thread::sleep(Duration::from_millis(wait));
    }
    // A run that was given up is made good by the next look at the folder.
    engine.send(Command::Rescan(None));
    (0..20).for_each(|_| disk.change("described"));
    let took = disk.wait_until_equal(&program, String::new, PATIENCE);
    println!("{}; equal after {:.1} s", disk.done(), took.as_secs_f64());
    told.hear(&engine, QUIET);
    let (rows, problems) = told.shown();
    let counted = rows.values().filter(|row| row.is_shown()).count();
    assert_eq!(told.folders.iter().map(|folder| folder.photos).sum::<usize>(), counted);
    assert!(rows.values().all(|row| row.encoded), "all are encoded");
    drop(engine);

    let again = Engine::start(config(&program)).unwrap();
    let mut kept = Told::default();
    kept.until_ready(&again);
    let (kept_rows, kept_problems) = kept.shown();
    assert_eq!(problems, kept_problems);
    for (path, row) in &rows {
        assert_eq!(Some(row), kept_rows.get(path), "{}", path.display());
    }
    assert_eq!(rows.len(), kept_rows.len());
    assert!(rows.values().any(|row| row.extras.brought_rating > 0));
}
