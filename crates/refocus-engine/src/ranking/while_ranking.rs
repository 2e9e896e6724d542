//! Nobody waits while a ranking runs: a rating is written, readers read, and the first new photo of a large library costs little.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::command::MarkChange;
use crate::indexing::{WriterCommand, Writing};
use crate::outside::Outside;
use crate::people::People;
use crate::rows::FileId;
use crate::search::{Reference, ReferenceSource, SearchRequest};
use crate::shared::Shared;
use crate::texts::PhotoTexts;
use refocus_model::{
    BuiltIn, EncodingLayout, FactorMap, ModelChoice, ModelError, ModelInfo, PhotoModel, PictureView, Prepared,
};
use refocus_search::WordBank;
use refocus_store::Database;
use refocus_workers::Worker;

use super::job_queue::{JobQueue, Search};
use super::probe::{fill, made_up_file, random_encodings};
use super::ranker::Ranker;

/// How long a test waits for what should come at once.
const HANG: Duration = Duration::from_secs(60);

/// The built-in model, whose text tower waits to be let go.
struct HeldUp {
    model: BuiltIn,
    entered: Sender<()>,
    let_go: Receiver<()>,
}

impl PhotoModel for HeldUp {
    fn info(&self) -> &ModelInfo {
        self.model.info()
    }

    fn input_side(&self) -> u32 {
        self.model.input_side()
    }

    fn prepare(&self, picture: PictureView<'_>) -> Result<Prepared, ModelError> {
        self.model.prepare(picture)
    }

    fn encode(&self, batch: &[Prepared]) -> Result<Vec<Vec<u8>>, ModelError> {
        self.model.encode(batch)
    }

    fn embed_text(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let _ = self.entered.try_send(());
        // Until the other end is dropped.
        let _ = self.let_go.recv();
        self.model.embed_text(texts)
    }

    fn layout(&self) -> &dyn EncodingLayout {
        self.model.layout()
    }

    fn focus_encoder(&self) -> Option<&refocus_model::focus_encoder::FocusEncoder> {
        self.model.focus_encoder()
    }

    fn patch_text_factors(&self, picture: &Prepared) -> Result<FactorMap, ModelError> {
        self.model.patch_text_factors(picture)
    }
}

fn shared() -> Arc<Shared> {
    // Nobody listens: what is told is dropped.
    Arc::new(Shared::new(bounded(1).0, Arc::new(|| {})))
}

fn model() -> BuiltIn {
    refocus_model::device::load_on_best_device(&ModelChoice::default())
        .unwrap()
        .0
}

/// Fills a library with so many photos, of which some have the same encoding.
fn fill_with(shared: &Shared, model: &BuiltIn, photos: usize) {
    let few: Vec<Vec<u8>> = random_encodings(model).take(256).collect();
    fill(shared, model, few.iter().cycle().take(photos).cloned());
}

fn ranker(shared: &Arc<Shared>, model: Arc<dyn PhotoModel>) -> Ranker {
    let outside = Arc::new(Outside::new(Arc::clone(shared), Arc::clone(&model)));
    let bank = Arc::new(WordBank::shipped().unwrap());
    Ranker::new(
        Arc::clone(shared),
        model,
        outside,
        People::nobody(shared),
        PhotoTexts::none(shared),
        Arc::new(JobQueue::default()),
        bank,
    )
}

fn search() -> Search {
    let request = SearchRequest {
        references: vec![Reference {
            source: ReferenceSource::Library(FileId(17)),
            positive: true,
        }],
        focus: "the colour".to_owned(),
        ..SearchRequest::default()
    };
    Search::new(1, request)
}

/// A writer at work that needs nothing else of the pipeline.
fn writer(database: &Database, shared: &Arc<Shared>, model: &dyn PhotoModel) -> Sender<WriterCommand> {
    let (to_writer, commands) = bounded(16);
    let info = model.info();
    let controls = [(); 2].map(|()| Arc::default());
    let writing = Writing::open(database, Arc::clone(shared), controls, &info.id.0, info.bytes_per_photo).unwrap();
    // A panic ends the channel: whoever sends to the writer sees it.
    Worker::start("writer-while-ranking", move || writing.run(&commands), |_| {}).unwrap();
    to_writer
}

/// Rates a photo, and returns after how long the rating is in the database.
fn rate(photo: usize, stars: u8, to_writer: &Sender<WriterCommand>, database: &Database) -> Duration {
    let reader = database.reader().unwrap();
    let hash = made_up_file(photo).photo.hash;
    let start = Instant::now();
    let rating = WriterCommand::Mark {
        photos: vec![FileId(photo as i64)],
        change: MarkChange::Rating(stars),
    };
    to_writer.send(rating).unwrap();
    while start.elapsed() < HANG {
        let mut there = false;
        reader
            .for_each_mark(|of, marks| there |= of == hash && marks.rating == stars)
            .unwrap();
        if there {
            return start.elapsed();
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("the rating is not in the database");
}

/// Waits for something that others do.
fn until(what: &str, mut there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !there() {
        assert!(start.elapsed() < HANG, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn ratings_are_written_and_readers_read_while_a_ranking_runs() {
    let (shared, model) = (shared(), model());
    fill_with(&shared, &model, 200_000);
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("library.refocus")).unwrap();
    let (entered, is_ranking) = bounded(1);
    let (let_go, held_up) = bounded::<()>(0);
    let model: Arc<dyn PhotoModel> = Arc::new(HeldUp {
        model,
        entered,
        let_go: held_up,
    });
    let writer = writer(&database, &shared, model.as_ref());
    let mut ranker = ranker(&shared, model);
    std::thread::scope(|scope| {
        let ranking = scope.spawn(|| ranker.search(&search()).unwrap());
        is_ranking.recv_timeout(HANG).unwrap();
        // A change before it, so that the rating stands behind a transaction and a publication.
        let gone = Path::new("/photos/3.jpg");
        writer.send(WriterCommand::Gone(gone.to_path_buf())).unwrap();
        let (reply, flushed) = bounded(1);
        writer.send(WriterCommand::Flush(reply)).unwrap();
        flushed.recv_timeout(HANG).unwrap();
        let took = rate(5, 4, &writer, &database);
        println!("a rating during a ranking of 200,000 photos: {took:?}");
        until("the rating is seen", || {
            let snapshot = shared.snapshot();
            snapshot.row_of(FileId(5)).is_some_and(|row| row.marks.rating == 4)
        });
        assert!(shared.snapshot().row_of(FileId(3)).is_none());
        assert!(!ranking.is_finished(), "all that was while the ranking ran");
        drop(let_go);
        let results = ranking.join().unwrap();
        assert_eq!(results.order.len(), 200_000, "the ranking is of the library as it was");
    });
    writer.send(WriterCommand::Stop).unwrap();
}

/// Bytes that the process holds in memory.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0usize) * 4096
}

/// `cargo test --release -p refocus-engine a_million -- --ignored --nocapture` prints the figures.
#[test]
#[ignore = "takes 5 GB of memory and a minute; prints figures"]
fn a_million_photos_take_a_rating_and_a_first_new_photo_without_a_pause() {
    const PHOTOS: usize = 1_000_000;
    let (shared, model) = (shared(), model());
    fill_with(&shared, &model, PHOTOS);
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("library.refocus")).unwrap();

    // The first new photo after opening, with a front end that holds the rows it was told.
    let told = shared.snapshot().rows.clone();
    let encoding = random_encodings(&model).nth(3).unwrap();
    let stop = AtomicBool::new(false);
    let (longest, took, grown) = std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut longest = Duration::ZERO;
            while !stop.load(Ordering::Relaxed) {
                let start = Instant::now();
                let snapshot = shared.snapshot();
                assert!(snapshot.row_of(FileId(17)).is_some());
                longest = longest.max(start.elapsed());
                drop(snapshot);
                std::thread::sleep(Duration::from_micros(200));
            }
            longest
        });
        let before = resident();
        let start = Instant::now();
        shared.change(|index| index.put(made_up_file(PHOTOS), Some(&encoding)));
        let took = start.elapsed();
        let grown = resident().saturating_sub(before);
        std::thread::sleep(Duration::from_millis(50));
        stop.store(true, Ordering::Relaxed);
        (reading.join().unwrap(), took, grown)
    });
    println!(
        "the first photo added to {PHOTOS}: {took:?}, the longest wait of a reader {longest:?}, memory grew by {} KiB",
        grown >> 10
    );
    assert_eq!(told.len() + 1, shared.snapshot().rows.len());
    assert!(grown < 8 << 20, "{grown} bytes");

    let model: Arc<dyn PhotoModel> = Arc::new(model);
    let writer = writer(&database, &shared, model.as_ref());
    let mut ranker = ranker(&shared, model);
    let ranking = AtomicBool::new(true);
    let ratings = std::thread::scope(|scope| {
        scope.spawn(|| {
            let start = Instant::now();
            ranker.search(&search()).unwrap();
            println!("a ranking of {PHOTOS} photos under a new focus: {:?}", start.elapsed());
            ranking.store(false, Ordering::SeqCst);
        });
        let mut ratings = Vec::new();
        while ranking.load(Ordering::SeqCst) {
            let number = ratings.len();
            ratings.push(rate(number, 1 + number as u8 % 5, &writer, &database));
        }
        ratings
    });
    let longest = ratings.iter().max().copied().unwrap_or_default();
    println!(
        "{} ratings meanwhile: the slowest is in the database after {longest:?}",
        ratings.len()
    );
    writer.send(WriterCommand::Stop).unwrap();
}
