//! What the product shows under an instruction is what evaluation judges: the same order and the same groups, from an engine
//! that indexed the photos (`refocus search` and `refocus groups` print its results) and from evaluation over the same files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it needs by failing"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use refocus_engine::{
    Command, Engine, EngineConfig, Event, LibraryPaths, Reference, ReferenceSource, Rows, SearchRequest, SearchResults,
    ViewKind, load_model_and_words,
};
use refocus_search::Gallery;
use refocus_training::evaluation::cache::EncodingCache;
use refocus_training::evaluation::encode::{PhotoFile, encode_all};
use refocus_training::evaluation::ways::{Contender, PhotoSet};

const PHOTOS: u32 = 48;
/// One that names its own answers, one of a known aspect, and one of several respects.
const INSTRUCTIONS: [&str; 3] = ["a creature or a gadget", "the colour", "colour and shape"];

/// An engine over a folder, and the rows that it knows.
struct Session {
    engine: Engine,
    rows: Rows,
    generation: u64,
}

impl Session {
    fn wait<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            // A guard against a hang, not a measurement.
            let event = self
                .engine
                .link()
                .events
                .recv_timeout(Duration::from_secs(300))
                .unwrap();
            if let Event::Library { rows, .. } = &event {
                self.rows = rows.clone();
            }
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    fn search(&mut self, request: SearchRequest) -> Arc<SearchResults> {
        self.generation += 1;
        let generation = self.generation;
        self.engine.send(Command::Search {
            generation,
            request: Box::new(request),
        });
        self.wait(|event| match event {
            Event::Results(results) if results.generation == generation && !results.provisional => Some(results),
            _ => None,
        })
    }
}

#[test]
fn search_and_groups_are_those_that_evaluation_judges() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    refocus_scenes::write_demo(&photos, PHOTOS, &mut |_, _| {}, &AtomicBool::new(false)).unwrap();
    let paths = LibraryPaths::at(&folder.path().join("library.refocus"));
    let mut session = Session {
        engine: Engine::start(EngineConfig::new(paths.clone())).unwrap(),
        rows: Rows::default(),
        generation: 0,
    };
    session.engine.send(Command::AddFolder(photos));
    session.wait(|event| matches!(event, Event::IndexingEnded(_)).then_some(()));

    let (model, bank) = load_model_and_words(&paths).unwrap();
    let by_one = SearchRequest {
        focus: INSTRUCTIONS[0].to_owned(),
        find: "a photo".to_owned(),
        ..SearchRequest::default()
    };
    // The rows of the end of the run come with the first answer at the latest.
    session.search(by_one);
    let files: Vec<PathBuf> = session.rows.iter().map(|row| row.path.to_path_buf()).collect();
    assert!(files.len() >= PHOTOS as usize, "{} files", files.len());
    let sources: Vec<PhotoFile> = files.iter().cloned().map(PhotoFile).collect();
    let mut cache = EncodingCache::open(None).unwrap();
    let encoded = encode_all(model.as_ref(), &sources, &mut cache, &|_, _| {}).unwrap();
    let encodings: Vec<Vec<u8>> = encoded.into_iter().map(|one| one.unwrap().encoding).collect();
    let encodings = encodings.concat();
    let gallery = Gallery::new(model.layout(), &encodings, None).unwrap();
    let set = PhotoSet::new(gallery, &bank, &model, model.focus_encoder());
    let all = vec![true; files.len()];

    for instruction in INSTRUCTIONS {
        let photo = 7;
        let like = session.search(SearchRequest {
            references: vec![Reference {
                source: ReferenceSource::Library(session.rows.get(photo).unwrap().id),
                positive: true,
            }],
            focus: instruction.to_owned(),
            ..SearchRequest::default()
        });
        let grouped = session.search(SearchRequest {
            focus: instruction.to_owned(),
            view: ViewKind::Groups,
            ..SearchRequest::default()
        });
        set.under(Contender::FocusEncoder, instruction, |under| {
            let judged = under.like(photo, &all)?;
            assert_eq!(*like.order, *judged.order, "order under {instruction:?}");
            let shown = grouped.groups.as_deref().unwrap();
            let judged = under.groups(&all)?.unwrap();
            assert_eq!(shown, judged, "groups under {instruction:?}");
            assert!(!shown.is_empty(), "groups under {instruction:?}");
            Ok(())
        })
        .unwrap();
    }
}
