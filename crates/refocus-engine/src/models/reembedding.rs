//! The next model's work on the library, while the one in use serves.
//!
//! Photos are encoded by content, not by file: what the next model has encoded in an earlier run, even one that was killed,
//! is not done again. New photos that are indexed meanwhile are taken up before it takes over.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use thread_priority::{ThreadPriority, set_current_thread_priority};

use crate::indexing::{Control, WriterCommand};
use crate::shared::Shared;
use refocus_media::{DecodeLimits, Scale, decode, read_file};
use refocus_model::clip::ModelsFolder;
use refocus_model::{ModelChoice, PhotoModel, Prepared};
use refocus_store::Database;

use super::serving::Serving;
use super::state::NextPhase;

/// Photos a forward pass.
const BATCH: usize = 8;

/// How the next model's work ended.
pub(crate) enum Finished {
    /// It has encoded everything and can take over.
    Ready(Box<Serving>, ModelChoice),
    /// It cannot, and why.
    Failed(String),
}

/// What the work needs of the engine.
pub(crate) struct BesideTools {
    pub(crate) shared: Arc<Shared>,
    pub(crate) control: Arc<Control>,
    pub(crate) database: Database,
    pub(crate) done: Sender<WriterCommand>,
    pub(crate) models: ModelsFolder,
    pub(crate) threads: usize,
    /// Told of the phase, of what is done and of what there is in all.
    pub(crate) told: Arc<dyn Fn(NextPhase, usize, usize) + Send + Sync>,
    pub(crate) finished: Sender<Finished>,
}

/// The thread. Dropping it ends the work; what is encoded stays.
pub(crate) struct Reembedding {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Reembedding {
    /// Starts to make a model ready.
    pub(crate) fn start(tools: BesideTools, choice: ModelChoice) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let own_stop = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("refocus-next".into()).spawn(move || {
            let _ = set_current_thread_priority(ThreadPriority::Min);
            let work = Work {
                tools: &tools,
                stop: &own_stop,
            };
            let finished = match work.make_ready(&choice) {
                Ok(Some(serving)) => Finished::Ready(Box::new(serving), choice),
                Ok(None) => return,
                Err(message) => Finished::Failed(message),
            };
            let _ = tools.finished.send(finished);
        })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Reembedding {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A content that waits, and a file that holds it.
type Waiting = ([u8; 32], Arc<Path>);

struct Work<'a> {
    tools: &'a BesideTools,
    stop: &'a AtomicBool,
}

impl Work<'_> {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.tools.shared.stopping()
    }

    /// Loads the model and encodes what it has not encoded yet; `None` where it was stopped.
    fn make_ready(&self, choice: &ModelChoice) -> Result<Option<Serving>, String> {
        let told = &self.tools.told;
        told(NextPhase::Loading, 0, 0);
        let mut words = |done, all| {
            told(NextPhase::Words, done, all);
            !self.stopped()
        };
        let serving = Serving::load(choice, &self.tools.models, &mut words);
        if self.stopped() {
            return Ok(None);
        }
        let serving = serving?;
        let info = serving.model.info();
        let reader = self.tools.database.reader().map_err(|error| error.to_string())?;
        let mut unreadable: HashSet<[u8; 32]> = HashSet::new();
        let mut before = usize::MAX;
        loop {
            let mut known = HashSet::new();
            reader
                .for_each_encoded_hash(&info.id.0, info.bytes_per_photo, |hash| {
                    known.insert(hash);
                })
                .map_err(|error| error.to_string())?;
            let (waiting, total) = self.waiting(&known, &unreadable);
            if waiting.is_empty() {
                return Ok(Some(serving));
            }
            // A pass that leaves as much as it found would go on for ever: the database refuses what is written.
            if waiting.len() >= before {
                return Err("the library could not be written; free some space and choose the model again".to_owned());
            }
            before = waiting.len();
            self.encode(serving.model.as_ref(), &waiting, total, &mut unreadable);
            if self.stopped() {
                return Ok(None);
            }
        }
    }

    /// Contents of the library that wait, and how many there are in all.
    fn waiting(&self, known: &HashSet<[u8; 32]>, unreadable: &HashSet<[u8; 32]>) -> (Vec<Waiting>, usize) {
        let library = self.tools.shared.read();
        let mut seen = HashSet::new();
        let mut waiting = Vec::new();
        for row in library.rows.iter().filter(|row| !row.gone) {
            if seen.insert(row.hash) && !known.contains(&row.hash) && !unreadable.contains(&row.hash) {
                waiting.push((row.hash, Arc::clone(&row.path)));
            }
        }
        (waiting, seen.len())
    }

    fn encode(&self, model: &dyn PhotoModel, waiting: &[Waiting], total: usize, unreadable: &mut HashSet<[u8; 32]>) {
        let next = AtomicUsize::new(0);
        let finished = AtomicUsize::new(total - waiting.len());
        let failed = Mutex::new(HashSet::new());
        (self.tools.told)(NextPhase::Photos, finished.load(Ordering::Relaxed), total);
        std::thread::scope(|scope| {
            for number in 0..self.tools.threads {
                let work = || {
                    let _ = set_current_thread_priority(ThreadPriority::Min);
                    while !self.stopped() {
                        while self.tools.control.held_phase().is_some() && !self.stopped() {
                            std::thread::sleep(Duration::from_millis(100));
                        }
                        let from = next.fetch_add(BATCH, Ordering::Relaxed);
                        let Some(batch) = waiting.get(from..(from + BATCH).min(waiting.len())) else {
                            return;
                        };
                        if batch.is_empty() {
                            return;
                        }
                        let bad = self.encode_batch(model, batch);
                        failed.lock().unwrap_or_else(PoisonError::into_inner).extend(bad);
                        let done = finished.fetch_add(batch.len(), Ordering::Relaxed) + batch.len();
                        (self.tools.told)(NextPhase::Photos, done, total);
                    }
                };
                let spawned = std::thread::Builder::new()
                    .name(format!("refocus-next-{number}"))
                    .spawn_scoped(scope, work);
                if spawned.is_err() {
                    break;
                }
            }
        });
        unreadable.extend(failed.into_inner().unwrap_or_else(PoisonError::into_inner));
        let (reply, flushed) = bounded(1);
        if self.tools.done.send(WriterCommand::Flush(reply)).is_ok() {
            let _ = flushed.recv();
        }
    }

    /// Encodes some photos and hands them to the writer. Returns those that cannot be encoded: files that have gone or changed
    /// are the indexer's to find out.
    fn encode_batch(&self, model: &dyn PhotoModel, batch: &[Waiting]) -> Vec<[u8; 32]> {
        let (mut hashes, mut prepared, mut bad) = (Vec::new(), Vec::new(), Vec::new());
        for (hash, path) in batch {
            match prepare(model, path) {
                Some(picture) => {
                    hashes.push(*hash);
                    prepared.push(picture);
                }
                None => bad.push(*hash),
            }
        }
        let rows = match model.encode(&prepared) {
            Ok(rows) if rows.len() == hashes.len() => hashes.into_iter().zip(rows).collect(),
            _ => {
                // One photo at a time, so that one does not fail its neighbours.
                let mut rows = Vec::new();
                for (hash, picture) in hashes.into_iter().zip(&prepared) {
                    match model.encode(std::slice::from_ref(picture)).map(|mut rows| rows.pop()) {
                        Ok(Some(row)) => rows.push((hash, row)),
                        _ => bad.push(hash),
                    }
                }
                rows
            }
        };
        let info = model.info();
        let _ = self.tools.done.send(WriterCommand::StoreReembedded {
            model_key: info.id.0.clone(),
            bytes_per_photo: info.bytes_per_photo,
            rows,
        });
        bad
    }
}

fn prepare(model: &dyn PhotoModel, path: &Path) -> Option<Prepared> {
    let limits = DecodeLimits::default();
    let picture = read_file(path, &limits)
        .and_then(|bytes| decode(&bytes, Scale::ShortSideAtLeast(2 * model.input_side()), &limits))
        .ok()?;
    model.prepare_pixels(picture.width, picture.height, &picture.rgb).ok()
}
