//! A panic, or a hang, put into each kind of worker in turn: the front end hears of it, other work goes on or is started anew,
//! the end of the engine takes no longer than it may, and the library's lock is free afterwards.
//!
//! The figures are printed (`--nocapture`). What is asserted leaves room for a busy machine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test says what it needs by failing"
)]

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use refocus_engine::{
    Command, Engine, EngineConfig, Event, Explain, Explanation, LibraryPaths, Lost, MarkChange, OutsideId,
    OutsideSource, Progress, Reference, ReferenceSource, RetryScope, Rows, SearchRequest, WatchParams,
    load_model_and_words,
};
use refocus_media::ContentHash;
use refocus_store::{Database, LibraryLock};
use refocus_workers::fault;

/// A guard against a hang, not a measurement.
const HANG: Duration = Duration::from_secs(120);

/// The end of an engine takes less than two seconds; a busy machine may add some.
const END: Duration = Duration::from_secs(4);

/// Photos that are there at the start.
const PHOTOS: usize = 6;

/// Faults are put into the process and not into an engine.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A picture with content of its own: decoders pass over what follows the end of a JPEG.
fn write_photo(path: &Path, number: usize) {
    static PICTURE: OnceLock<Vec<u8>> = OnceLock::new();
    let picture = PICTURE.get_or_init(|| {
        let picture = image::RgbImage::from_fn(320, 240, |x, y| image::Rgb([x as u8, y as u8, (x ^ y) as u8]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    });
    let mut bytes = picture.clone();
    bytes.extend(number.to_le_bytes());
    std::fs::write(path, bytes).unwrap();
}

struct Bench {
    /// Removed when everything has ended.
    _folder: tempfile::TempDir,
    photos: PathBuf,
    paths: LibraryPaths,
    engine: Option<Engine>,
    rows: Rows,
    problems: usize,
    generation: u64,
    written: usize,
}

impl Bench {
    fn new(watch: Option<WatchParams>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let photos = folder.path().join("photos");
        std::fs::create_dir(&photos).unwrap();
        let paths = LibraryPaths::at(&folder.path().join("library.refocus"));
        let mut bench = Self {
            photos: std::fs::canonicalize(photos).unwrap(),
            engine: Some(
                Engine::start(EngineConfig {
                    watch,
                    ..EngineConfig::new(paths.clone())
                })
                .unwrap(),
            ),
            paths,
            rows: Rows::default(),
            problems: 0,
            generation: 0,
            written: 0,
            _folder: folder,
        };
        bench.write(PHOTOS);
        bench.send(Command::AddFolder(bench.photos.clone()));
        let run = bench.run_ended();
        assert_eq!(run.encoded, PHOTOS);
        bench
    }

    fn send(&self, command: Command) {
        self.engine.as_ref().unwrap().send(command);
    }

    fn write(&mut self, count: usize) {
        for _ in 0..count {
            write_photo(&self.photos.join(format!("{:04}.jpg", self.written)), self.written);
            self.written += 1;
        }
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
                Event::Problems(problems) => self.problems = problems.len(),
                Event::Progress(_) | Event::Results(_) | Event::Models(_) => {}
                other => seen.push(format!("{other:?}")),
            }
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    fn run_ended(&mut self) -> Progress {
        self.wait("the end of the run", |event| match event {
            Event::IndexingEnded(progress) => Some(*progress),
            _ => None,
        })
    }

    fn search(&mut self) -> Option<String> {
        self.ask_for_an_order();
        let generation = self.generation;
        self.wait("an answer", |event| match event {
            Event::Results(results) if results.generation == generation && !results.provisional => {
                Some(results.notice.clone())
            }
            _ => None,
        })
    }

    fn ask_for_an_order(&mut self) {
        self.generation += 1;
        let generation = self.generation;
        let reference = self.rows.iter().find(|row| row.encoded && !row.gone).unwrap().id;
        let request = Box::new(SearchRequest {
            references: vec![Reference {
                source: ReferenceSource::Library(reference),
                positive: true,
            }],
            focus: "the colour".to_owned(),
            ..SearchRequest::default()
        });
        self.send(Command::Search { generation, request });
    }

    /// Searches, and is answered.
    fn answers(&mut self) {
        let notice = self.search();
        assert!(!notice.as_deref().is_some_and(says_internal), "{notice:?}");
    }

    /// Searches, marks and takes in a new photo.
    fn still_works(&mut self) {
        self.answers();
        let id = self.rows.iter().find(|row| !row.gone).unwrap().id;
        self.send(Command::Mark {
            photos: vec![id],
            change: MarkChange::Rating(4),
        });
        self.write(1);
        self.send(Command::Rescan(None));
        let wanted = self.written;
        self.wait("the new photo and the mark", |event| match event {
            Event::Library { rows, .. } => {
                let rows: Vec<_> = rows.iter().filter(|row| !row.gone && row.encoded).collect();
                (rows.len() == wanted && rows.iter().any(|row| row.marks.rating == 4)).then_some(())
            }
            _ => None,
        });
    }

    /// Ends the engine; how long that took.
    fn end(&mut self) -> Duration {
        let start = Instant::now();
        drop(self.engine.take());
        let took = start.elapsed();
        assert!(took < END, "the end took {took:?}");
        took
    }

    fn wait_for_lock(&self) -> Duration {
        let start = Instant::now();
        while LibraryLock::take(&self.paths.database).is_err() {
            assert!(start.elapsed() < HANG, "the lock is kept");
            std::thread::sleep(Duration::from_millis(5));
        }
        start.elapsed()
    }
}

/// One kind of worker, what has it work, and how its panic is told.
struct Case {
    worker: &'static str,
    times: usize,
    ask: fn(&mut Bench),
    told: fn(&Event) -> bool,
    /// What is to be waited for before other work is tried.
    then: fn(&mut Bench),
    watch: bool,
}

const CASE: Case = Case {
    worker: "",
    times: 1,
    ask: |_| {},
    told: |_| false,
    then: |_| {},
    watch: false,
};

fn index_more(bench: &mut Bench) {
    bench.write(3);
    bench.send(Command::Rescan(None));
}

fn run_ends(bench: &mut Bench) {
    bench.run_ended();
}

fn first_photo(bench: &Bench) -> refocus_engine::FileId {
    bench.rows.iter().find(|row| !row.gone).unwrap().id
}

fn explain_first_photo(bench: &Bench) -> Command {
    Command::Explain(Box::new(Explain {
        id: first_photo(bench),
        request: SearchRequest::default(),
        results: Default::default(),
    }))
}

fn failed_with(event: &Event, lost_by_it: Lost) -> bool {
    matches!(event, Event::WorkerFailed { lost, message } if *lost == lost_by_it && message.contains("a fault put into"))
}

fn says_internal(text: &str) -> bool {
    text.contains("an internal error") && text.contains("a fault put into")
}

fn outside(bench: &Bench, id: u64) {
    bench.send(Command::AddOutside {
        id: OutsideId(id),
        source: OutsideSource::File(bench.photos.join("0000.jpg")),
    });
}

fn import_tiny(bench: &mut Bench, name: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/checkpoints/clip");
    let folder = bench.paths.database.parent().unwrap().join(name);
    std::fs::create_dir(&folder).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    bench.send(Command::ImportModel(folder));
    let name = name.to_owned();
    bench.wait("the imported model", move |event| match event {
        Event::Models(state) => {
            assert!(state.error.is_none(), "{:?}", state.error);
            state.installed.iter().any(|model| model.name == name).then_some(())
        }
        _ => None,
    });
}

fn cases() -> Vec<Case> {
    let once = |event: &Event| failed_with(event, Lost::One);
    let requests = |event: &Event| failed_with(event, Lost::Requests);
    let unanswered = |event: &Event| matches!(event, Event::Results(results) if results.notice.as_deref().is_some_and(says_internal));
    let run_failed = |event: &Event| matches!(event, Event::IndexingFailed(why) if says_internal(why));
    vec![
        Case {
            worker: "decode",
            ask: index_more,
            told: once,
            then: |bench| {
                let run = bench.run_ended();
                assert_eq!((run.encoded, run.failed), (2, 1), "it costs the one photo");
                bench.send(Command::Retry(RetryScope::All));
                bench.run_ended();
            },
            ..CASE
        },
        Case {
            worker: "encode",
            ask: index_more,
            told: once,
            then: |bench| assert_eq!(bench.run_ended().encoded, 3, "one by one all are encoded"),
            ..CASE
        },
        Case {
            // Whatever is encoded panics: that is not about a photo.
            worker: "encode",
            times: usize::MAX,
            ask: |bench| {
                bench.write(40);
                bench.send(Command::Rescan(None));
            },
            told: run_failed,
            then: |bench| {
                bench.run_ended();
                // Photos that came alone count as read and failed.
                bench.send(Command::Retry(RetryScope::All));
                bench.run_ended();
            },
            ..CASE
        },
        Case {
            worker: "scan",
            ask: index_more,
            told: run_failed,
            then: run_ends,
            ..CASE
        },
        Case {
            worker: "progress",
            ask: index_more,
            told: once,
            then: |bench| assert_eq!(bench.run_ended().encoded, 3),
            ..CASE
        },
        Case {
            worker: "writer",
            ask: |bench| {
                bench.send(Command::Mark {
                    photos: vec![first_photo(bench)],
                    change: MarkChange::Rating(2),
                });
            },
            told: requests,
            ..CASE
        },
        Case {
            // In the middle of a run, which ends with it.
            worker: "writer",
            ask: index_more,
            told: run_failed,
            then: run_ends,
            ..CASE
        },
        Case {
            worker: "ranking",
            ask: Bench::ask_for_an_order,
            told: unanswered,
            ..CASE
        },
        Case {
            worker: "ranking part",
            ask: Bench::ask_for_an_order,
            told: unanswered,
            ..CASE
        },
        Case {
            worker: "explain",
            ask: |bench| {
                bench.search();
                bench.send(explain_first_photo(bench));
            },
            told: once,
            then: |bench| {
                bench.wait("an answer", |event| {
                    matches!(event, Event::Explanation(Explanation { failed: Some(why), .. }) if says_internal(why))
                        .then_some(())
                });
                bench.send(explain_first_photo(bench));
                bench.wait("an explanation", |event| {
                    matches!(event, Event::Explanation(_)).then_some(())
                });
            },
            ..CASE
        },
        Case {
            worker: "heat",
            ask: |bench| {
                bench.search();
                bench.send(Command::Heat {
                    id: first_photo(bench),
                    generation: 1,
                });
            },
            told: |event| matches!(event, Event::Heat(heat) if heat.map.as_ref().is_err_and(|why| says_internal(why))),
            then: |bench| {
                bench.send(Command::Heat {
                    id: first_photo(bench),
                    generation: 1,
                });
                bench.wait("a heat map", |event| {
                    matches!(event, Event::Heat(heat) if heat.map.is_ok()).then_some(())
                });
            },
            ..CASE
        },
        Case {
            worker: "vectors",
            ask: |bench| {
                bench.search();
                bench.send(Command::SaveVectors(bench.photos.with_file_name("vectors.safetensors")));
            },
            told: |event| matches!(event, Event::VectorsSaved { saved: Err(why), .. } if says_internal(why)),
            ..CASE
        },
        Case {
            worker: "vectors file",
            ask: |bench| {
                bench.search();
                bench.send(Command::SaveVectors(bench.photos.with_file_name("vectors.safetensors")));
            },
            told: |event| matches!(event, Event::VectorsSaved { saved: Err(why), .. } if says_internal(why)),
            ..CASE
        },
        Case {
            worker: "revalidation",
            ask: index_more,
            told: once,
            ..CASE
        },
        Case {
            worker: "watching",
            told: requests,
            then: |bench| {
                // Noticed by the watch alone.
                bench.write(1);
                let wanted = bench.written;
                bench.wait("the photo that nobody asked for", |event| match event {
                    Event::Library { rows, .. } => {
                        (rows.iter().filter(|row| !row.gone && row.encoded).count() == wanted).then_some(())
                    }
                    _ => None,
                });
            },
            watch: true,
            ..CASE
        },
        Case {
            worker: "trim",
            told: once,
            ask: |bench| {
                bench.send(Command::Tune(Box::new(refocus_engine::EngineTuning {
                    thumbnail_bytes: 123 << 20,
                    ..refocus_engine::EngineTuning::default()
                })));
            },
            watch: true,
            ..CASE
        },
        Case {
            worker: "control",
            ask: |bench| bench.send(Command::ListModels),
            told: requests,
            then: |bench| {
                bench.wait("the second start", |event| {
                    matches!(event, Event::Ready(_)).then_some(())
                });
            },
            ..CASE
        },
        Case {
            worker: "folders",
            ask: |bench| bench.send(Command::Rescan(None)),
            told: run_failed,
            then: run_ends,
            ..CASE
        },
        Case {
            worker: "outside",
            ask: |bench| outside(bench, 1),
            told: |event| matches!(event, Event::Outside { result: Err(why), .. } if says_internal(why)),
            then: |bench| {
                outside(bench, 2);
                bench.wait("the second picture", |event| {
                    matches!(event, Event::Outside { result: Ok(_), .. }).then_some(())
                });
            },
            ..CASE
        },
        Case {
            worker: "model download",
            ask: |bench| bench.send(Command::DownloadModel(refocus_engine::CATALOGUE[0].id.to_owned())),
            told: |event| matches!(event, Event::Models(state) if state.error.as_deref().is_some_and(says_internal)),
            then: |bench| import_tiny(bench, "tiny"),
            ..CASE
        },
        Case {
            worker: "re-embedding",
            times: usize::MAX,
            ask: |bench| {
                import_tiny(bench, "tiny");
                bench.send(Command::UseModel("tiny".to_owned()));
            },
            told: |event| matches!(event, Event::Models(state) if state.error.as_deref().is_some_and(says_internal)),
            ..CASE
        },
        Case {
            // A batch that panics once is encoded one by one, and the model takes over.
            worker: "re-embedding",
            ask: |bench| {
                import_tiny(bench, "tiny");
                bench.send(Command::UseModel("tiny".to_owned()));
            },
            told: |event| matches!(event, Event::Ready(device) if device.model != "Built-in"),
            ..CASE
        },
        Case {
            worker: "backup",
            ask: |bench| bench.send(Command::BackUp(bench.photos.with_file_name("copy.refocus"))),
            told: once,
            ..CASE
        },
        Case {
            worker: "demo",
            ask: |bench| bench.send(Command::Demo(Some(bench.photos.with_file_name("demo")))),
            told: |event| matches!(event, Event::Notice(why) if says_internal(why)),
            then: run_ends,
            ..CASE
        },
    ]
}

#[test]
fn a_panic_in_any_worker_is_told_and_other_work_goes_on() {
    let _turn = one_at_a_time();
    for case in cases() {
        let mut bench = Bench::new(case.watch.then(WatchParams::default));
        let armed = fault::panic_in(case.worker, case.times);
        (case.ask)(&mut bench);
        bench.wait(case.worker, |event| (case.told)(event).then_some(()));
        // From the first panic: the work before it is not what is waited for.
        let told = armed.first_met().map(|first| first.elapsed());
        assert!(armed.met() > 0, "{}", case.worker);
        drop(armed);
        (case.then)(&mut bench);
        bench.still_works();
        let end = bench.end();
        let lock = bench.wait_for_lock();
        eprintln!(
            "panic in {}: told after {told:?}, end {end:?}, lock free after {lock:?}",
            case.worker
        );
    }
}

#[test]
fn a_worker_that_hangs_does_not_hold_up_the_end() {
    let _turn = one_at_a_time();
    let find = |worker: &str| cases().into_iter().find(|case| case.worker == worker).unwrap();
    for worker in [
        "decode",
        "encode",
        "scan",
        "progress",
        "writer",
        "heat",
        "explain",
        "vectors",
        "vectors file",
        "revalidation",
        "watching",
        "trim",
        "control",
        "folders",
        "outside",
        "model download",
        "re-embedding",
        "backup",
    ] {
        let case = find(worker);
        let mut bench = Bench::new(case.watch.then(WatchParams::default));
        let armed = fault::stall_in(worker);
        (case.ask)(&mut bench);
        let deadline = Instant::now() + HANG;
        while armed.met() == 0 {
            assert!(Instant::now() < deadline, "{worker} was not met");
            std::thread::sleep(Duration::from_millis(2));
        }
        let end = bench.end();
        if matches!(worker, "writer" | "control") {
            // Whoever may still write keeps the right to do so.
            assert!(LibraryLock::take(&bench.paths.database).is_err(), "{worker}");
            drop(armed);
            let lock = bench.wait_for_lock();
            eprintln!("hang of {worker}: end {end:?}, lock free {lock:?} after the hang");
            continue;
        }
        let lock = bench.wait_for_lock();
        eprintln!("hang of {worker}: end {end:?}, lock free after {lock:?}");
    }
}

#[test]
fn a_folder_that_does_not_answer_is_named_and_searching_goes_on() {
    let _turn = one_at_a_time();
    let mut bench = Bench::new(None);
    let armed = fault::stall_in("folder on disk");
    let hanging = bench.photos.with_file_name("a drive that is away");
    bench.send(Command::AddFolder(hanging.clone()));
    let start = Instant::now();
    bench.answers();
    let searched = start.elapsed();
    let line = bench.wait("the folder's name", |event| match event {
        Event::Notice(line) => Some(line.clone()),
        _ => None,
    });
    assert!(
        line.contains("no answer") && line.ends_with(hanging.to_str().unwrap()),
        "{line}"
    );
    let end = bench.end();
    drop(armed);
    bench.wait_for_lock();
    eprintln!(
        "a folder that hangs: searched in {searched:?}, told after {:?}, end {end:?}",
        start.elapsed()
    );
}

#[test]
fn a_folder_that_falls_silent_is_named_and_everything_else_goes_on() {
    let _turn = one_at_a_time();
    let mut bench = Bench::new(Some(WatchParams::default()));
    let armed = fault::stall_in("presence");
    let start = Instant::now();
    let line = bench.wait("the folder's name", |event| match event {
        Event::Notice(line) => Some(line.clone()),
        _ => None,
    });
    let told = start.elapsed();
    assert!(
        line.contains("does not answer") && line.ends_with(bench.photos.to_str().unwrap()),
        "{line}"
    );
    bench.answers();
    drop(armed);
    // It answers again, and is looked through.
    bench.write(1);
    let wanted = bench.written;
    bench.wait("the new photo", |event| match event {
        Event::Library { rows, .. } => {
            (rows.iter().filter(|row| !row.gone && row.encoded).count() == wanted).then_some(())
        }
        _ => None,
    });
    let armed = fault::stall_in("presence");
    let end = bench.end();
    drop(armed);
    eprintln!("a folder falls silent: told after {told:?}, end {end:?}");
}

#[test]
fn a_model_that_was_given_up_does_not_take_over_when_it_is_ready_after_all() {
    let _turn = one_at_a_time();
    let mut bench = Bench::new(None);
    import_tiny(&mut bench, "first");
    import_tiny(&mut bench, "second");
    let armed = fault::stall_in("next model ready");
    bench.send(Command::UseModel("first".to_owned()));
    let deadline = Instant::now() + HANG;
    while armed.met() == 0 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(2));
    }
    // The answer to the second request is on its way when the first model says that it is ready.
    bench.send(Command::UseModel("second".to_owned()));
    bench.wait("the second request", |event| match event {
        Event::Models(state) => state
            .next
            .as_ref()
            .is_some_and(|next| next.name == "second")
            .then_some(()),
        _ => None,
    });
    drop(armed);
    let serving = bench.wait("a model that takes over", |event| match event {
        Event::Models(state) if state.serving != "built-in" => Some(state.serving.clone()),
        _ => None,
    });
    assert_eq!(serving, "second");
    assert_eq!(
        LibraryPaths::at(&bench.paths.database).model.checkpoint.as_deref(),
        Some("second")
    );
    bench.end();
}

#[test]
fn the_next_model_keeps_nothing_under_the_hash_of_what_lay_there_before() {
    let _turn = one_at_a_time();
    let mut bench = Bench::new(None);
    import_tiny(&mut bench, "tiny");
    let path = bench.photos.join("0002.jpg");
    let before = ContentHash::of(&std::fs::read(&path).unwrap());
    write_photo(&path, 1000);
    let kept = ContentHash::of(&std::fs::read(bench.photos.join("0001.jpg")).unwrap());
    bench.send(Command::UseModel("tiny".to_owned()));
    bench.wait("the next model", |event| {
        matches!(event, Event::Ready(device) if device.model != "Built-in").then_some(())
    });
    bench.end();
    bench.wait_for_lock();
    let (model, _) = load_model_and_words(&LibraryPaths::at(&bench.paths.database)).unwrap();
    let reader = Database::open_read_only(&bench.paths.database)
        .unwrap()
        .reader()
        .unwrap();
    let key = &model.info().id.0;
    assert!(reader.encoding_of_hash(key, &kept.0).unwrap().is_some());
    assert_eq!(reader.encoding_of_hash(key, &before.0).unwrap(), None);
}
