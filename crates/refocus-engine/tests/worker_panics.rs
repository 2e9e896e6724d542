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

mod common;
mod worker_cases;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use refocus_engine::{
    Command, Event, LibraryPaths, MarkChange, Progress, Reference, ReferenceSource, SearchRequest, WatchParams,
    load_model_and_words,
};
use refocus_media::ContentHash;
use refocus_store::{Database, LibraryLock};
use refocus_workers::fault;

use common::{Bench, HANG, write_photo};
use worker_cases::{cases, import_tiny, says_internal};

/// The end of an engine takes less than two seconds; a busy machine may add some.
const END: Duration = Duration::from_secs(4);

/// Photos that are there at the start.
const PHOTOS: usize = 6;

/// Faults are put into the process and not into an engine.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An engine over a few photos.
fn bench(watch: Option<WatchParams>) -> Bench {
    Bench::new(watch, PHOTOS)
}

impl Bench {
    fn run_ended(&mut self) -> Progress {
        self.wait("the end of the run", |event| match event {
            Event::IndexingEnded(progress) => Some(*progress),
            _ => None,
        })
    }

    fn search(&mut self) -> Option<String> {
        let generation = self.ask_for_an_order();
        self.wait("an answer", |event| match event {
            Event::Results(results) if results.generation == generation && !results.provisional => {
                Some(results.notice.clone())
            }
            _ => None,
        })
    }

    /// Leaves a search with the engine; returns its number.
    fn ask_for_an_order(&self) -> u64 {
        static SEARCHES: AtomicU64 = AtomicU64::new(0);
        let generation = SEARCHES.fetch_add(1, Ordering::Relaxed) + 1;
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
        generation
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

    /// Ends the engine, and in time; how long that took.
    fn end_in_time(&mut self) -> Duration {
        let took = self.end();
        assert!(took < END, "the end took {took:?}");
        took
    }

    fn wait_for_lock(&self) -> Duration {
        let start = Instant::now();
        while LibraryLock::take(&self.library).is_err() {
            assert!(start.elapsed() < HANG, "the lock is kept");
            std::thread::sleep(Duration::from_millis(5));
        }
        start.elapsed()
    }
}

#[test]
fn a_panic_in_any_worker_is_told_and_other_work_goes_on() {
    let _turn = one_at_a_time();
    for case in cases() {
        let mut bench = bench(case.watch.then(WatchParams::default));
        let armed = fault::panic_in(case.worker, case.times);
        (case.ask)(&mut bench);
        bench.wait(case.worker, |event| (case.told)(event).then_some(()));
        // From the first panic: the work before it is not what is waited for.
        let told = armed.first_met().map(|first| first.elapsed());
        assert!(armed.met() > 0, "{}", case.worker);
        drop(armed);
        (case.then)(&mut bench);
        bench.still_works();
        let end = bench.end_in_time();
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
        let mut bench = bench(case.watch.then(WatchParams::default));
        let armed = fault::stall_in(worker);
        (case.ask)(&mut bench);
        let deadline = Instant::now() + HANG;
        while armed.met() == 0 {
            assert!(Instant::now() < deadline, "{worker} was not met");
            std::thread::sleep(Duration::from_millis(2));
        }
        let end = bench.end_in_time();
        if matches!(worker, "writer" | "control") {
            // Whoever may still write keeps the right to do so.
            assert!(LibraryLock::take(&bench.library).is_err(), "{worker}");
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
    let mut bench = bench(None);
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
    let end = bench.end_in_time();
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
    let mut bench = bench(Some(WatchParams::default()));
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
    let end = bench.end_in_time();
    drop(armed);
    eprintln!("a folder falls silent: told after {told:?}, end {end:?}");
}

#[test]
fn a_model_that_was_given_up_does_not_take_over_when_it_is_ready_after_all() {
    let _turn = one_at_a_time();
    let mut bench = bench(None);
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
        LibraryPaths::at(&bench.library).model.checkpoint.as_deref(),
        Some("second")
    );
    bench.end_in_time();
}

#[test]
fn the_next_model_keeps_nothing_under_the_hash_of_what_lay_there_before() {
    let _turn = one_at_a_time();
    let mut bench = bench(None);
    import_tiny(&mut bench, "tiny");
    let path = bench.path(2);
    let before = ContentHash::of(&std::fs::read(&path).unwrap());
    write_photo(&path, 1000);
    let kept = ContentHash::of(&std::fs::read(bench.path(1)).unwrap());
    bench.send(Command::UseModel("tiny".to_owned()));
    bench.wait("the next model", |event| {
        matches!(event, Event::Ready(device) if device.model != "Built-in").then_some(())
    });
    bench.end_in_time();
    bench.wait_for_lock();
    let (model, _) = load_model_and_words(&LibraryPaths::at(&bench.library)).unwrap();
    let reader = Database::open_read_only(&bench.library).unwrap().reader().unwrap();
    let key = &model.info().id.0;
    assert!(reader.encoding_of_hash(key, &kept.0).unwrap().is_some());
    assert_eq!(reader.encoding_of_hash(key, &before.0).unwrap(), None);
}
