//! Text through the real engine and real files: coloured photos stand for texts.

use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use refocus_store::texts::{TextVector, VECTOR_DIM};

use super::*;
use crate::{
    Command, Engine, EngineConfig, EngineTuning, GroupKind, LibraryPaths, PassKind, PassPhase, PhotoRow, Reference,
    ReferenceSource, Rows, SearchRequest, SearchResults, ViewKind, Way, WrittenSource, maintenance,
};

/// A guard against a hang, not a measurement.
const HANG: Duration = Duration::from_secs(300);

/// What stands in photos of these colours; nothing in others.
const TEXTS: [([u8; 3], &str); 4] = [
    ([250, 40, 40], "FARM MARKET\nopen Sunday"),
    ([40, 250, 40], "Caf\u{e9} Market\nmenu"),
    ([40, 40, 250], "NO ENTRY"),
    ([250, 250, 40], "farm road"),
];

/// A photo that looks empty, and is not.
const FAINT: [u8; 3] = [10, 10, 10];

/// Reads colours.
struct Colours {
    slow: Duration,
}

fn colour(picture: &Picture) -> [u8; 3] {
    let middle = (picture.height / 2 * picture.width + picture.width / 2) as usize * 3;
    picture.rgb[middle..middle + 3].try_into().unwrap()
}

fn text_of(colour: [u8; 3]) -> Option<&'static str> {
    let near = |of: &[u8; 3]| of.iter().zip(&colour).all(|(a, b)| a.abs_diff(*b) < 12);
    if near(&FAINT) {
        return Some("faint words");
    }
    TEXTS.iter().find(|(of, _)| near(of)).map(|(_, text)| *text)
}

impl ReadPictures for Colours {
    fn has_text(&self, picture: &Picture) -> Result<bool, String> {
        let colour = colour(picture);
        Ok(text_of(colour).is_some() && colour[0].max(colour[1]).max(colour[2]) > 100)
    }

    fn read(&self, picture: &Picture, go_on: &dyn Fn() -> bool) -> Result<Option<Vec<TextLine>>, String> {
        std::thread::sleep(self.slow);
        if !go_on() {
            return Ok(None);
        }
        let lines = text_of(colour(picture)).into_iter().flat_map(|text| text.lines());
        let lines = lines.map(|line| TextLine {
            corners: [[0.0, 0.0], [1.0, 0.0], [1.0, 0.5], [0.0, 0.5]],
            turns: 0,
            confidence: 1.0,
            text: line.to_owned(),
        });
        Ok(Some(lines.collect()))
    }

    fn vector(&self, text: &str) -> Result<TextVector, String> {
        let mut values = [0; VECTOR_DIM];
        values[text.len() % VECTOR_DIM] = 127;
        Ok(TextVector {
            scale: 1.0 / 127.0,
            values: Box::new(values),
        })
    }
}

/// An engine over coloured photos, and what it told last.
struct Album {
    folder: PathBuf,
    made: Arc<AtomicUsize>,
    slow: Duration,
    tuning: EngineTuning,
    engine: Option<Engine>,
    rows: Rows,
    generation: u64,
}

impl Album {
    fn in_folder(folder: &Path) -> Self {
        Self {
            folder: std::fs::canonicalize(folder).unwrap(),
            made: Arc::default(),
            slow: Duration::ZERO,
            tuning: EngineTuning {
                read_photos: ReadPhotos::Likely,
                ..EngineTuning::default()
            },
            engine: None,
            rows: Rows::default(),
            generation: 0,
        }
    }

    fn library(&self) -> PathBuf {
        self.folder.join("library.refocus")
    }

    fn photo(&self, name: &str) -> PathBuf {
        self.folder.join("photos").join(name)
    }

    fn draw(&self, name: &str, colour: [u8; 3]) {
        std::fs::create_dir_all(self.folder.join("photos")).unwrap();
        let mut picture = image::RgbImage::from_pixel(96, 64, image::Rgb(colour));
        // Each photo has a content of its own.
        for (x, byte) in name.bytes().enumerate() {
            picture.put_pixel(x as u32, 0, image::Rgb([byte, 7, 7]));
        }
        picture.save(self.photo(name)).unwrap();
    }

    fn start(&mut self) {
        let (made, slow) = (Arc::clone(&self.made), self.slow);
        let texts = TextSource::new(move || {
            made.fetch_add(1, Ordering::SeqCst);
            Ok(Arc::new(Colours { slow }))
        });
        let engine = Engine::start(EngineConfig {
            texts,
            tuning: self.tuning.clone(),
            ..EngineConfig::new(LibraryPaths::at(&self.library()))
        });
        self.engine = Some(engine.unwrap());
        self.wait("a start", |event| matches!(event, Event::Ready(_)).then_some(()));
    }

    fn end(&mut self) {
        drop(self.engine.take());
    }

    fn send(&self, command: Command) {
        self.engine.as_ref().unwrap().send(command);
    }

    fn wait<T>(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + HANG;
        let mut seen = Vec::new();
        loop {
            let Ok(event) = self.engine.as_ref().unwrap().link().events.recv_deadline(deadline) else {
                panic!("{what} did not come; {seen:?}");
            };
            match &event {
                Event::Library { rows, .. } => self.rows = rows.clone(),
                Event::Notice(_) | Event::Pass(_) | Event::WorkerFailed { .. } => seen.push(format!("{event:?}")),
                _ => {}
            }
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    /// Indexes all photos anew and waits until every one was looked at.
    fn read(&mut self) {
        self.send(Command::AddFolder(self.folder.join("photos")));
        self.wait("the end of the run", |event| {
            matches!(event, Event::IndexingEnded(_)).then_some(())
        });
        self.until(&PassPhase::UpToDate);
    }

    /// Waits for the pass, and for the rows that it leaves.
    fn until(&mut self, phase: &PassPhase) -> crate::PassProgress {
        self.generation += 1;
        let generation = self.generation;
        self.send(Command::LookAtPhotos { generation });
        let phase = phase.clone();
        let told = self.wait("the pass", |event| match event {
            Event::Pass(pass) => (pass.kind == PassKind::Text && pass.generation >= generation && pass.phase == phase)
                .then(|| pass.clone()),
            _ => None,
        });
        // The rows come a moment later.
        std::thread::sleep(Duration::from_millis(900));
        self.search(SearchRequest::default());
        told
    }

    fn tune(&mut self, change: impl FnOnce(&mut EngineTuning)) {
        change(&mut self.tuning);
        self.send(Command::Tune(Box::new(self.tuning.clone())));
    }

    fn search(&mut self, request: SearchRequest) -> Arc<SearchResults> {
        self.generation += 1;
        let generation = self.generation;
        self.send(Command::Search {
            generation,
            request: Box::new(request),
        });
        self.wait("an order", |event| match event {
            Event::Results(results) => {
                (results.generation == generation && !results.provisional).then(|| Arc::clone(results))
            }
            _ => None,
        })
    }

    fn find(&mut self, find: &str) -> Arc<SearchResults> {
        self.search(SearchRequest {
            find: find.to_owned(),
            ..SearchRequest::default()
        })
    }

    fn names(&self, rows: &[u32]) -> Vec<String> {
        let rows = rows.iter().filter_map(|number| self.rows.get(*number));
        rows.map(|row| row.path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    }

    /// Names of the photos that were narrowed to, sorted.
    fn found(&mut self, find: &str) -> Vec<String> {
        let results = self.find(find);
        let mut names = self.names(&results.order);
        names.sort();
        names
    }

    fn row(&self, name: &str) -> &PhotoRow {
        let path = self.photo(name);
        self.rows.iter().find(|row| !row.gone && *row.path == *path).unwrap()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.row(name).extras.text.as_deref().map(|read| read.text.as_str())
    }
}

/// Photos with each text, one without, and one whose text is faint.
fn drawn() -> (tempfile::TempDir, Album) {
    let folder = tempfile::tempdir().unwrap();
    let album = Album::in_folder(folder.path());
    for (name, (colour, _)) in ["farm.png", "cafe.png", "entry.png", "road.png"].into_iter().zip(TEXTS) {
        album.draw(name, colour);
    }
    album.draw("nothing.png", [128, 128, 128]);
    album.draw("faint.png", FAINT);
    (folder, album)
}

fn read() -> (tempfile::TempDir, Album) {
    let (folder, mut album) = drawn();
    album.start();
    album.read();
    (folder, album)
}

#[test]
fn where_photos_are_not_to_be_read_nothing_is_read_kept_or_loaded() {
    let (_folder, mut album) = drawn();
    album.tuning.read_photos = ReadPhotos::Off;
    album.start();
    album.send(Command::AddFolder(album.folder.join("photos")));
    album.wait("the end of the run", |event| {
        matches!(event, Event::IndexingEnded(_)).then_some(())
    });
    // Longer than the pass waits between two looks, had it any.
    std::thread::sleep(Duration::from_millis(1_500));
    album.end();
    assert_eq!(album.made.load(Ordering::SeqCst), 0);
    assert!(!TextDatabase::is_there(&album.library()).unwrap());
}

#[test]
fn words_in_photos_are_found_narrowed_by_and_told() {
    let (_folder, mut album) = read();
    assert_eq!(album.text("farm.png"), Some(TEXTS[0].1));
    assert_eq!(album.text("faint.png"), None, "what looks empty is not read");
    let results = album.find("market");
    let written: Vec<_> = results.written.iter().flatten().map(|found| found.source).collect();
    assert_eq!(written, [WrittenSource::Picture; 2]);
    let mut first = album.names(&results.order[..2]);
    first.sort();
    assert_eq!(first, ["cafe.png", "farm.png"]);

    assert_eq!(album.found("text:market"), ["cafe.png", "farm.png"]);
    assert_eq!(
        album.found("text:CAFE"),
        ["cafe.png"],
        "accents and case count for nothing"
    );
    assert_eq!(album.found("text:ark"), ["cafe.png", "farm.png"], "a part of a word");
    assert_eq!(
        album.found("text:\"ark\""),
        Vec::<String>::new(),
        "quoted words are whole"
    );
    assert_eq!(album.found("text:\"farm market\""), ["farm.png"]);
    assert_eq!(album.found("text:farm -text:market"), ["road.png"]);
    assert_eq!(album.found("-text:market").len(), 4);
    assert_eq!(
        album.found("text:entri"),
        ["entry.png"],
        "a word that stands nowhere may have been misread"
    );
    assert_eq!(album.found("text:noentry"), ["entry.png"], "or parted");
    let told = album.find("text:market");
    assert_eq!(told.written.iter().flatten().count(), 2);

    let named = album.search(SearchRequest {
        find: "text:market a red thing".to_owned(),
        ..SearchRequest::default()
    });
    assert_eq!(named.order.len(), 2, "the rest of the find text orders what is left");
}

#[test]
fn what_is_written_is_a_focus() {
    let (_folder, mut album) = read();
    let like = |name: &str, album: &Album| SearchRequest {
        focus: "what is written on it".to_owned(),
        references: vec![Reference {
            source: ReferenceSource::Library(album.row(name).id),
            positive: true,
        }],
        ..SearchRequest::default()
    };
    let request = like("farm.png", &album);
    let results = album.search(request);
    assert_eq!(results.way, Way::WrittenText);
    let names = album.names(&results.order);
    assert_eq!(names[0], "farm.png");
    let mut alike = names[1..3].to_vec();
    alike.sort();
    assert_eq!(alike, ["cafe.png", "road.png"]);
    let request = like("nothing.png", &album);
    let results = album.search(request);
    assert!(
        results.notice.as_ref().unwrap().contains("No text"),
        "{:?}",
        results.notice
    );

    let groups = album.search(SearchRequest {
        focus: "the words".to_owned(),
        view: ViewKind::Groups,
        ..SearchRequest::default()
    });
    let groups: Vec<(GroupKind, Vec<String>, usize)> = groups
        .groups
        .iter()
        .flat_map(|groups| groups.iter())
        .map(|group| (group.kind, group.value_words.clone(), group.rows.len()))
        .collect();
    assert_eq!(groups[0], (GroupKind::Alike, vec!["market".to_owned()], 2));
    assert_eq!(groups.last().unwrap(), &(GroupKind::Unclear, Vec::new(), 2));

    let documents = album.search(SearchRequest {
        focus: "the kind of document".to_owned(),
        view: ViewKind::Groups,
        ..SearchRequest::default()
    });
    let heads: Vec<_> = documents.groups.iter().flat_map(|groups| groups.iter()).collect();
    assert_eq!(
        (heads[0].value_words.clone(), heads[0].rows.len()),
        (vec!["sign".to_owned()], 4)
    );
    assert_eq!(heads[1].kind, GroupKind::Unclear);
}

#[test]
fn what_was_read_outlives_a_restart_a_move_a_copy_and_is_cleaned_up() {
    let (folder, mut album) = read();
    album.end();
    std::fs::rename(album.photo("farm.png"), album.photo("moved.png")).unwrap();
    album.start();
    album.read();
    assert_eq!(album.text("moved.png"), Some(TEXTS[0].1));
    assert_eq!(album.made.load(Ordering::SeqCst), 1, "nothing is read twice");
    album.end();
    let paths = LibraryPaths::at(&album.library());
    let copy = folder.path().join("copy.refocus");
    maintenance::back_up(&paths, &copy).unwrap();
    let examined = maintenance::examine(&LibraryPaths::at(&copy), "").texts.unwrap();
    assert_eq!(
        (examined.integrity.as_str(), examined.photos, examined.with_text),
        ("ok", 6, 4)
    );
    std::fs::remove_file(album.photo("moved.png")).unwrap();
    album.start();
    album.read();
    album.end();
    maintenance::clean_up(&paths, "").unwrap();
    assert_eq!(maintenance::examine(&paths, "").texts.unwrap().photos, 5);
    let moved = folder.path().join("elsewhere.refocus");
    maintenance::move_library(&paths, &moved).unwrap();
    assert!(!TextDatabase::is_there(&album.library()).unwrap());
    assert_eq!(
        maintenance::examine(&LibraryPaths::at(&moved), "")
            .texts
            .unwrap()
            .photos,
        5
    );
}

#[test]
fn every_photo_is_read_where_that_is_wanted_and_forgetting_forgets() {
    let (_folder, mut album) = read();
    album.tune(|tuning| tuning.read_photos = ReadPhotos::All);
    album.until(&PassPhase::UpToDate);
    assert_eq!(album.text("faint.png"), Some("faint words"));
    assert_eq!(album.text("nothing.png"), None);
    album.tune(|tuning| tuning.read_photos = ReadPhotos::Off);
    album.send(Command::ForgetTexts);
    album.wait("the deletion", |event| {
        matches!(event, Event::Done(line) if line.contains("is deleted")).then_some(())
    });
    album.wait("rows without text", |event| match event {
        Event::Library { rows, .. } => rows.iter().all(|row| row.extras.text.is_none()).then_some(()),
        _ => None,
    });
    assert_eq!(album.found("text:market"), Vec::<String>::new());
    assert!(!TextDatabase::is_there(&album.library()).unwrap());
    album.end();
    assert!(!TextDatabase::is_there(&album.library()).unwrap());
}

#[test]
fn reading_rests_while_it_is_paused() {
    let (_folder, mut album) = drawn();
    album.tuning.text_paused = true;
    album.start();
    album.send(Command::AddFolder(album.folder.join("photos")));
    album.wait("the pause", |event| match event {
        Event::Pass(pass) => (pass.phase == PassPhase::Paused && pass.total == 6).then_some(()),
        _ => None,
    });
    assert_eq!(album.made.load(Ordering::SeqCst), 0);
    album.tune(|tuning| tuning.text_paused = false);
    album.until(&PassPhase::UpToDate);
    assert_eq!(album.text("road.png"), Some("farm road"));
}

#[test]
fn a_damaged_file_is_read_anew_and_one_that_is_lost_is_written_again() {
    let (_folder, mut album) = read();
    let file = TextDatabase::path_for(&album.library());
    std::fs::remove_file(&file).unwrap();
    album.draw("late.png", TEXTS[2].0);
    album.read();
    assert_eq!(album.text("late.png"), Some("NO ENTRY"));
    album.end();
    assert!(file.exists());
    // Those that were read before are read again at the next start.
    album.start();
    album.read();
    assert_eq!(album.text("farm.png"), Some(TEXTS[0].1));
    album.end();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100..].fill(0xff);
    std::fs::write(&file, bytes).unwrap();
    album.start();
    album.send(Command::AddFolder(album.folder.join("photos")));
    album.wait("what happened", |event| {
        matches!(event, Event::Notice(line) if line.contains("damaged")).then_some(())
    });
    album.until(&PassPhase::UpToDate);
    assert_eq!(album.text("farm.png"), Some(TEXTS[0].1));
}

#[test]
fn something_else_in_the_files_place_is_kept_aside_and_photos_are_read() {
    for is_folder in [false, true] {
        let (_folder, mut album) = drawn();
        let place = TextDatabase::path_for(&album.library());
        if is_folder {
            std::fs::create_dir(&place).unwrap();
        } else {
            std::fs::write(&place, "something of somebody else").unwrap();
        }
        album.start();
        album.send(Command::AddFolder(album.folder.join("photos")));
        let told = album.wait("what happened", |event| match event {
            Event::Notice(line) if line.contains("Something else") => Some(line.clone()),
            _ => None,
        });
        album.until(&PassPhase::UpToDate);
        assert_eq!(album.text("farm.png"), Some(TEXTS[0].1));
        album.end();
        let aside = place.with_file_name("library.refocus-text found here-1");
        assert!(told.contains(&aside.display().to_string()), "{told}");
        if is_folder {
            assert!(aside.is_dir());
        } else {
            assert_eq!(std::fs::read_to_string(&aside).unwrap(), "something of somebody else");
        }
        // It is nobody's to delete.
        files::leave(&album.library()).unwrap();
        assert!(aside.exists() && !place.exists());
    }
}

/// Names the folder of the child that is killed.
const CHILD: &str = "REFOCUS_TEST_TEXT";

#[test]
fn nothing_that_was_read_is_lost_or_read_twice_after_kills() {
    if let Some(folder) = std::env::var_os(CHILD) {
        let mut album = Album::in_folder(Path::new(&folder));
        album.slow = Duration::from_millis(30);
        album.start();
        album.read();
        return album.end();
    }
    let kills = std::env::var("REFOCUS_KILLS").ok().and_then(|kills| kills.parse().ok());
    let folder = tempfile::tempdir().unwrap();
    let mut album = Album::in_folder(folder.path());
    for number in 0..120 {
        album.draw(&format!("{number:03}.png"), TEXTS[number % TEXTS.len()].0);
    }
    for kill in 0..kills.unwrap_or(5u64) {
        let mut child = Process::new(std::env::current_exe().unwrap())
            .args([
                "texts::tests::nothing_that_was_read_is_lost_or_read_twice_after_kills",
                "--exact",
            ])
            .env(CHILD, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(700 + kill * 137 % 900));
        child.kill().unwrap();
        child.wait().unwrap();
        // What is there is whole.
        for text in files::load(&album.library()).0 {
            assert!(text.text.is_some());
        }
    }
    album.start();
    album.read();
    assert!((0..120).all(|number| album.text(&format!("{number:03}.png")) == Some(TEXTS[number % TEXTS.len()].1)));
    assert_eq!(files::load(&album.library()).0.len(), 120);
}
