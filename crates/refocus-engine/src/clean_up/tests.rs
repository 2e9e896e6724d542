use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::imageops::FilterType;
use image::{DynamicImage, RgbImage};
use refocus_scenes::{Split, composite_scene};

use super::*;
use crate::{Command, Engine, EngineConfig, Event, LibraryPaths};

/// Different pictures.
const SCENES: u64 = 12;

/// An engine over drawn pictures and copies of them.
struct Drawn {
    _folder: tempfile::TempDir,
    photos: PathBuf,
    library: PathBuf,
    engine: Option<Engine>,
    generation: u64,
}

fn scene(number: u64) -> RgbImage {
    composite_scene(number * 17 + 3, Split::Test, 480).0
}

impl Drawn {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let photos = std::fs::canonicalize(folder.path()).unwrap().join("photos");
        std::fs::create_dir(&photos).unwrap();
        for number in 0..SCENES {
            scene(number).save(photos.join(format!("{number:02}.png"))).unwrap();
        }
        Self {
            photos,
            library: folder.path().join("library.refocus"),
            engine: None,
            generation: 0,
            _folder: folder,
        }
    }

    fn save(&self, name: &str, picture: &RgbImage) {
        DynamicImage::ImageRgb8(picture.clone())
            .save(self.photos.join(name))
            .unwrap();
    }

    /// Starts an engine anew, and has it index what is there.
    fn index(&mut self) {
        drop(self.engine.take());
        let engine = Engine::start(EngineConfig::new(LibraryPaths::at(&self.library))).unwrap();
        engine.send(Command::AddFolder(self.photos.clone()));
        self.engine = Some(engine);
        self.wait("the end of indexing", |event| {
            matches!(event, Event::IndexingEnded(_)).then_some(())
        });
    }

    fn wait<T>(&self, what: &str, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(120);
        let events = &self.engine.as_ref().unwrap().link().events;
        loop {
            let event = events
                .recv_deadline(deadline)
                .unwrap_or_else(|_| panic!("{what} did not come"));
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    fn ask(&self, request: CleanUpRequest) {
        self.engine.as_ref().unwrap().send(Command::CleanUp(request));
    }

    fn done(&self) -> Arc<CleanUp> {
        let generation = self.generation;
        self.wait("the groups", |event| match event {
            Event::CleanUp(found) => {
                (found.phase == CleanUpPhase::Done && found.generation == generation).then_some(found)
            }
            _ => None,
        })
    }

    fn look(&mut self) -> Arc<CleanUp> {
        self.generation += 1;
        self.ask(CleanUpRequest::Look {
            generation: self.generation,
        });
        self.done()
    }
}

fn names(group: &CleanUpGroup) -> Vec<String> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut names: Vec<String> = group.photos.iter().map(|photo| name(&photo.path)).collect();
    names.sort();
    names
}

fn named(found: &CleanUp) -> Vec<(CleanUpKind, Vec<String>)> {
    let mut named: Vec<_> = found.groups.iter().map(|group| (group.kind, names(group))).collect();
    named.sort();
    named
}

#[test]
fn copies_are_found_different_pictures_stay_apart_and_the_best_is_told_with_reasons() {
    let mut drawn = Drawn::new();
    let first = scene(0);
    drawn.save(
        "00 half.jpg",
        &image::imageops::resize(&first, 240, 240, FilterType::Triangle),
    );
    drawn.save("01 brighter.png", &image::imageops::brighten(&scene(1), 18));
    drawn.save("02 blurred.png", &image::imageops::blur(&scene(2), 0.8));
    std::fs::copy(drawn.photos.join("03.png"), drawn.photos.join("03 (1).png")).unwrap();
    drawn.index();
    let found = drawn.look();
    let group = |kind, names: &[&str]| (kind, names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        named(&found),
        [
            group(CleanUpKind::Identical, &["03 (1).png", "03.png"]),
            group(CleanUpKind::Same, &["00 half.jpg", "00.png"]),
            group(CleanUpKind::Same, &["01 brighter.png", "01.png"]),
            group(CleanUpKind::Same, &["02 blurred.png", "02.png"]),
        ]
    );
    let best = |wanted: &str| {
        let group = found
            .groups
            .iter()
            .find(|group| names(group).contains(&wanted.to_owned()));
        let group = group.unwrap();
        assert!(group.photos[group.best].path.ends_with(wanted), "{group:?}");
        group.why.clone()
    };
    assert_eq!(best("00.png")[0], Reason::Larger);
    assert_eq!(best("02.png")[0], Reason::Sharper);
    assert_eq!(best("03.png")[0], Reason::OriginalName);
    let identical = &found.groups[0];
    assert_eq!(identical.kind, CleanUpKind::Identical, "identical files come first");
    let bytes = std::fs::metadata(drawn.photos.join("03.png")).unwrap().len();
    assert_eq!(identical.spare_bytes(), bytes);
    assert!(
        std::fs::read_dir(&drawn.photos).unwrap().count() == SCENES as usize + 4,
        "nothing is deleted"
    );
}

#[test]
fn a_group_that_is_to_stay_stays_decided_across_starts_until_that_is_taken_back_or_a_photo_joins_it() {
    let mut drawn = Drawn::new();
    drawn.save(
        "00 half.jpg",
        &image::imageops::resize(&scene(0), 240, 240, FilterType::Triangle),
    );
    std::fs::copy(drawn.photos.join("03.png"), drawn.photos.join("03 copy.png")).unwrap();
    drawn.index();
    let found = drawn.look();
    assert_eq!(found.groups.len(), 2);
    for group in found.groups.iter() {
        drawn.ask(CleanUpRequest::KeepAll(group.contents()));
        drawn.done();
    }
    assert!(drawn.look().groups.is_empty());
    drawn.index();
    assert!(drawn.look().groups.is_empty(), "after a start");
    let alike = found
        .groups
        .iter()
        .find(|group| group.kind == CleanUpKind::Same)
        .unwrap();
    drawn.ask(CleanUpRequest::AskAgain(alike.contents()));
    assert_eq!(
        named(&drawn.done()),
        named(&CleanUp {
            groups: Arc::from([alike.clone()]),
            ..CleanUp::default()
        })
    );
    drawn.ask(CleanUpRequest::KeepAll(alike.contents()));
    assert!(drawn.done().groups.is_empty());
    // Others join both.
    drawn.save(
        "00 small.jpg",
        &image::imageops::resize(&scene(0), 300, 300, FilterType::Triangle),
    );
    std::fs::copy(drawn.photos.join("03.png"), drawn.photos.join("03 copy 2.png")).unwrap();
    drawn.index();
    let sizes: Vec<usize> = drawn.look().groups.iter().map(|group| group.photos.len()).collect();
    assert_eq!(sizes, [3, 3]);
}

#[test]
fn looking_is_given_up_on_demand_and_what_was_asked_meanwhile_is_answered() {
    let mut drawn = Drawn::new();
    drawn.save(
        "00 half.jpg",
        &image::imageops::resize(&scene(0), 240, 240, FilterType::Triangle),
    );
    drawn.index();
    drawn.generation = 1;
    drawn.ask(CleanUpRequest::Look { generation: 1 });
    drawn.ask(CleanUpRequest::Stop);
    drawn.wait("the end", |event| match event {
        Event::CleanUp(found) => matches!(found.phase, CleanUpPhase::Done | CleanUpPhase::Stopped).then_some(()),
        _ => None,
    });
    drawn.ask(CleanUpRequest::Close);
    assert_eq!(drawn.look().groups.len(), 1);
    // What has gone is in no group.
    std::fs::remove_file(drawn.photos.join("00 half.jpg")).unwrap();
    drawn.index();
    assert!(drawn.look().groups.is_empty());
}
