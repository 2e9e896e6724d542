//! What goes away while the engine works: the library's own file, all photos of a folder.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it needs by failing"
)]

mod common;

use std::path::{Path, PathBuf};

use refocus_engine::{Command, Event, FileId, MarkChange, Marks, WatchParams};
use refocus_store::{Database, Keepsake, LibraryLock};

use common::Bench;

const PHOTOS: usize = 4;

/// An engine that watches its folders, over a few photos.
fn watching() -> Bench {
    Bench::new(Some(WatchParams::default()), PHOTOS)
}

impl Bench {
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
    let mut bench = watching();
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
    assert_eq!(rows, PHOTOS);
    assert_eq!(Keepsake::read(&bench.library).marks.len(), 3, "the second copy as well");
}

#[test]
fn another_file_in_the_place_of_the_library_is_left_alone_and_nothing_is_lost_in_silence() {
    let mut bench = watching();
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
    let mut bench = watching();
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
    let mut bench = watching();
    bench.rate(0, 3);
    let paths = (0..PHOTOS).map(|number| bench.path(number));
    let files: Vec<(PathBuf, Vec<u8>)> = paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
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
            (folders[0].photos == PHOTOS && rated == 1).then_some(())
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
