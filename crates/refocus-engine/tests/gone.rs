//! What goes away while the engine works: the library's own file, all photos of a folder.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it needs by failing"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use refocus_engine::{
    Command, Engine, EngineConfig, Event, FileId, LibraryPaths, MarkChange, Marks, Rows, WatchParams,
};
use refocus_store::{Database, Keepsake, LibraryLock};

/// A guard against a hang, not a measurement.
const HANG: Duration = Duration::from_secs(120);

const PHOTOS: u8 = 4;

/// An engine over a few photos.
struct Bench {
    /// Removed when everything has ended.
    _folder: tempfile::TempDir,
    photos: PathBuf,
    library: PathBuf,
    engine: Option<Engine>,
    rows: Rows,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let photos = folder.path().join("photos");
        std::fs::create_dir(&photos).unwrap();
        for number in 0..PHOTOS {
            let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, number * 40]));
            picture.save(photos.join(format!("{number}.png"))).unwrap();
        }
        let below = folder.path().join("library");
        std::fs::create_dir(&below).unwrap();
        let library = below.join("library.refocus");
        let engine = Engine::start(EngineConfig {
            watch: Some(WatchParams::default()),
            ..EngineConfig::new(LibraryPaths::at(&library))
        });
        let mut bench = Self {
            photos: std::fs::canonicalize(photos).unwrap(),
            library,
            engine: Some(engine.unwrap()),
            rows: Rows::default(),
            _folder: folder,
        };
        bench.send(Command::AddFolder(bench.photos.clone()));
        bench.wait("the end of the run", |event| {
            matches!(event, Event::IndexingEnded(run) if run.encoded == usize::from(PHOTOS)).then_some(())
        });
        if bench.rows.len() != usize::from(PHOTOS) {
            bench.wait("the rows", |event| match event {
                Event::Library { rows, .. } => (rows.len() == usize::from(PHOTOS)).then_some(()),
                _ => None,
            });
        }
        bench
    }

    fn send(&self, command: Command) {
        self.engine.as_ref().unwrap().send(command);
    }

    /// Takes events until one is what is waited for.
    fn wait<T>(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + HANG;
        let mut seen = Vec::new();
        loop {
            let events = &self.engine.as_ref().unwrap().link().events;
            let Ok(event) = events.recv_deadline(deadline) else {
                panic!("{what} did not come; {seen:?}");
            };
            match &event {
                Event::Library { rows, .. } => self.rows = rows.clone(),
                Event::Progress(_) | Event::Models(_) => {}
                other => seen.push(format!("{other:?}")),
            }
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    fn notice(&mut self, words: &str) -> String {
        self.wait(words, |event| match event {
            Event::Notice(line) => line.contains(words).then(|| line.clone()),
            _ => None,
        })
    }

    fn photo(&self, number: u32) -> FileId {
        self.rows.get(number).unwrap().id
    }

    fn rate(&self, number: u32, stars: u8) {
        self.send(Command::Mark {
            photos: vec![self.photo(number)],
            change: MarkChange::Rating(stars),
        });
    }

    /// Ends the engine.
    fn end(&mut self) {
        drop(self.engine.take());
    }
}

fn ratings(library: &Path) -> Vec<u8> {
    let reader = Database::open(library).unwrap().reader().unwrap();
    assert_eq!(reader.integrity().unwrap(), "ok");
    let mut ratings: Vec<u8> = Keepsake::of(&reader)
        .unwrap()
        .marks
        .values()
        .map(|m| m.rating)
        .collect();
    ratings.sort_unstable();
    ratings
}

#[test]
fn a_library_that_is_deleted_while_it_is_open_is_written_again_with_every_rating() {
    let mut bench = Bench::new();
    bench.rate(0, 3);
    bench.wait("the rating", |event| match event {
        Event::Library { rows, .. } => (rows.get(0).unwrap().marks.rating == 3).then_some(()),
        _ => None,
    });
    std::fs::remove_file(&bench.library).unwrap();
    bench.rate(1, 5);
    let line = bench.notice("written again");
    assert!(line.ends_with("library.refocus"), "{line}");
    // The next one goes into the new file; deleted once more, that is written again as well, and nobody need rate anything for it.
    bench.rate(2, 1);
    for ending in ["-wal", "-shm", "-lock", "-marks.txt", ""] {
        let mut name = bench.library.as_os_str().to_owned();
        name.push(ending);
        let _ = std::fs::remove_file(name);
    }
    bench.notice("written again");
    assert!(LibraryLock::take(&bench.library).is_err(), "nobody else may write");
    bench.end();
    LibraryLock::take(&bench.library).unwrap();
    assert_eq!(ratings(&bench.library), [1, 3, 5]);
    let files = Database::open(&bench.library).unwrap().reader().unwrap();
    let mut rows = 0;
    files.for_each_file(|_| rows += 1).unwrap();
    assert_eq!(rows, usize::from(PHOTOS));
    assert_eq!(Keepsake::read(&bench.library).marks.len(), 3, "the second copy as well");
}

#[test]
fn another_file_in_the_place_of_the_library_is_left_alone_and_nothing_is_lost_in_silence() {
    let mut bench = Bench::new();
    bench.rate(0, 4);
    bench.wait("the rating", |event| match event {
        Event::Library { rows, .. } => (rows.get(0).unwrap().marks.rating == 4).then_some(()),
        _ => None,
    });
    let own = bench.library.with_extension("own");
    std::fs::rename(&bench.library, &own).unwrap();
    std::fs::write(&bench.library, "something else").unwrap();
    let why = bench.wait("that nothing is written", |event| match event {
        Event::ReadOnly(why) => Some(why.clone()),
        _ => None,
    });
    assert!(why.contains("Another file lies in the place"), "{why}");
    bench.rate(1, 2);
    bench.notice("The mark could not be kept");
    let copy = bench.library.with_extension("refocus.replaced-1");
    assert!(why.contains(&copy.display().to_string()), "{why}");
    assert_eq!(std::fs::read_to_string(&bench.library).unwrap(), "something else");
    assert_eq!(ratings(&copy), [4]);
    // Its own file comes back.
    std::fs::rename(&own, &bench.library).unwrap();
    bench.wait("that it can be written again", |event| {
        matches!(event, Event::Writable).then_some(())
    });
    bench.rate(1, 5);
    bench.wait("the rating", |event| match event {
        Event::Library { rows, .. } => (rows.get(1).unwrap().marks == rated(5)).then_some(()),
        _ => None,
    });
    bench.end();
    assert_eq!(ratings(&bench.library), [4, 5]);
}

#[test]
fn a_library_whose_folder_is_away_goes_on_when_it_is_back() {
    let mut bench = Bench::new();
    let folder = bench.library.parent().unwrap().to_path_buf();
    let away = folder.with_extension("away");
    std::fs::rename(&folder, &away).unwrap();
    bench.notice("folder is not there any more");
    bench.rate(0, 1);
    bench.notice("The mark could not be kept");
    assert!(!folder.exists(), "nothing is made where a drive may be mounted");
    std::fs::rename(&away, &folder).unwrap();
    bench.wait("that it can be written again", |event| {
        matches!(event, Event::Writable).then_some(())
    });
    bench.rate(0, 2);
    bench.wait("the rating", |event| match event {
        Event::Library { rows, .. } => (rows.get(0).unwrap().marks == rated(2)).then_some(()),
        _ => None,
    });
    bench.end();
    assert_eq!(ratings(&bench.library), [2]);
}

#[test]
fn a_folder_that_is_emptied_at_once_is_told_with_what_becomes_of_its_photos() {
    let mut bench = Bench::new();
    bench.rate(0, 3);
    let path = |number: u8| bench.photos.join(format!("{number}.png"));
    let files: Vec<(PathBuf, Vec<u8>)> = (0..PHOTOS)
        .map(|number| (path(number), std::fs::read(path(number)).unwrap()))
        .collect();
    // One that goes alone is no news.
    std::fs::remove_file(&files[0].0).unwrap();
    bench.wait("three photos", |event| match event {
        Event::Library { folders, .. } => (folders[0].photos == 3).then_some(()),
        Event::Notice(line) => panic!("{line}"),
        _ => None,
    });
    for (path, _) in &files[1..] {
        std::fs::remove_file(path).unwrap();
    }
    let line = bench.notice("empty now");
    assert!(
        line.contains("photos are no longer shown") && line.ends_with("/photos"),
        "{line}"
    );
    for (path, bytes) in &files {
        std::fs::write(path, bytes).unwrap();
    }
    bench.wait("all photos", |event| match event {
        Event::Library { rows, folders } => {
            let rated = rows.iter().filter(|row| !row.gone && row.marks == rated(3)).count();
            (folders[0].photos == usize::from(PHOTOS) && rated == 1).then_some(())
        }
        _ => None,
    });
}

fn rated(rating: u8) -> Marks {
    Marks {
        rating,
        ..Marks::default()
    }
}
