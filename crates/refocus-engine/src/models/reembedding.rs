//! The next model's work on the library, while the one in use serves.
//!
//! Photos are encoded by content, not by file: what the next model has encoded in an earlier run, even one that was killed,
//! is not done again. New photos that are indexed meanwhile are taken up before it takes over.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use thread_priority::{ThreadPriority, set_current_thread_priority};

use crate::indexing::{Control, WriterCommand};
use crate::reread::{Unread, reread};
use crate::shared::Shared;
use refocus_media::Scale;
use refocus_model::clip::ModelsFolder;
use refocus_model::{ModelChoice, PhotoModel, Prepared};
use refocus_store::Database;
use refocus_workers::{Worker, WorkerPanic, attempt, fault, in_pool};

use super::serving::Serving;
use super::state::NextPhase;

/// Photos a forward pass.
const BATCH: usize = 8;

/// How the next model's work ended.
pub(crate) struct Finished {
    /// Which work it was: one that was given up for another may still end.
    pub(crate) generation: u64,
    /// The model that has encoded everything and can take over, or why it cannot.
    pub(crate) outcome: Result<Box<(Serving, ModelChoice)>, String>,
}

/// What the work needs of the engine.
pub(crate) struct ReembeddingTools {
    pub(crate) shared: Arc<Shared>,
    pub(crate) control: Arc<Control>,
    pub(crate) database: Database,
    pub(crate) to_writer: Sender<WriterCommand>,
    pub(crate) models: ModelsFolder,
    pub(crate) threads: usize,
    /// The number of this work.
    pub(crate) generation: u64,
    /// Told of the phase, of what is done and of what there is in all.
    pub(crate) told: Arc<dyn Fn(NextPhase, usize, usize) + Send + Sync>,
    pub(crate) finished: Sender<Finished>,
}

/// The thread.
const REEMBED: &str = "refocus-next";

/// The work. Dropping it has the work end soon; what is encoded stays.
pub(crate) struct Reembedding {
    stop: Arc<AtomicBool>,
    worker: Option<Worker>,
}

impl Reembedding {
    /// Starts to make a model ready.
    pub(crate) fn start(tools: ReembeddingTools, choice: ModelChoice) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let own_stop = Arc::clone(&stop);
        let (generation, finished) = (tools.generation, tools.finished.clone());
        let work = move || {
            let _ = set_current_thread_priority(ThreadPriority::Min);
            let work = Work {
                tools: &tools,
                stop: &own_stop,
            };
            let outcome = match work.make_ready(&choice) {
                Ok(Some(serving)) => Ok(Box::new((serving, choice))),
                Ok(None) => return,
                Err(message) => Err(message),
            };
            fault::point("next model ready");
            let _ = tools.finished.send(Finished { generation, outcome });
        };
        let failed = move |panic: WorkerPanic| {
            let outcome = Err(format!("the model could not be made ready: {panic}"));
            let _ = finished.send(Finished { generation, outcome });
        };
        Ok(Self {
            stop,
            worker: Some(Worker::start(REEMBED, work, failed)?),
        })
    }

    /// Has the work end soon, and hands over its thread to be waited for.
    pub(crate) fn end(mut self) -> Option<Worker> {
        self.stop.store(true, Ordering::SeqCst);
        self.worker.take()
    }
}

impl Drop for Reembedding {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

/// A content that waits, and a file that holds it.
type Waiting = ([u8; 32], Arc<Path>);

struct Work<'a> {
    tools: &'a ReembeddingTools,
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
            self.encode(serving.model.as_ref(), &waiting, total, &mut unreadable)?;
            if self.stopped() {
                return Ok(None);
            }
        }
    }

    /// Contents of the library that wait, and how many there are in all.
    fn waiting(&self, known: &HashSet<[u8; 32]>, unreadable: &HashSet<[u8; 32]>) -> (Vec<Waiting>, usize) {
        let snapshot = self.tools.shared.snapshot();
        let mut seen = HashSet::new();
        let mut waiting = Vec::new();
        for row in snapshot.rows.iter().filter(|row| !row.gone) {
            if seen.insert(row.hash) && !known.contains(&row.hash) && !unreadable.contains(&row.hash) {
                waiting.push((row.hash, Arc::clone(&row.path)));
            }
        }
        (waiting, seen.len())
    }

    /// Encodes what waits, and adds to `unreadable` what cannot be.
    fn encode(
        &self,
        model: &dyn PhotoModel,
        waiting: &[Waiting],
        total: usize,
        unreadable: &mut HashSet<[u8; 32]>,
    ) -> Result<(), String> {
        let next = AtomicUsize::new(0);
        let finished = AtomicUsize::new(total - waiting.len());
        let failed = Mutex::new(HashSet::new());
        (self.tools.told)(NextPhase::Photos, finished.load(Ordering::Relaxed), total);
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
        let encoded = in_pool(|pool| {
            let started = (0..self.tools.threads.max(1))
                .map_while(|number| pool.start(format!("{REEMBED}-{number}"), work).ok())
                .count();
            if started == 0 {
                // Without a second thread this one does all of it.
                work();
            }
        });
        encoded.map_err(|panic| format!("the model could not be made ready: {panic}"))?;
        unreadable.extend(failed.into_inner().unwrap_or_else(PoisonError::into_inner));
        let (reply, flushed) = bounded(1);
        if self.tools.to_writer.send(WriterCommand::Flush(reply)).is_ok() {
            // A writer that dies drops the other end.
            let _ = flushed.recv();
        }
        Ok(())
    }

    /// Encodes some photos and hands them to the writer. Returns those that cannot be encoded now: files that have gone or that
    /// hold something else than was indexed are looked at again by the indexer.
    fn encode_batch(&self, model: &dyn PhotoModel, batch: &[Waiting]) -> Vec<[u8; 32]> {
        let (mut hashes, mut prepared, mut bad) = (Vec::new(), Vec::new(), Vec::new());
        for (hash, path) in batch {
            let picture = attempt(REEMBED, || {
                fault::point("re-embedding picture");
                prepare(model, path, hash)
            });
            match picture.unwrap_or(Err(Unread::Undecodable)) {
                Ok(picture) => {
                    hashes.push(*hash);
                    prepared.push(picture);
                }
                Err(why) => {
                    if why == Unread::Changed {
                        self.tools.shared.revisit(vec![path.to_path_buf()]);
                    }
                    bad.push(*hash);
                }
            }
        }
        let whole = attempt(REEMBED, || {
            fault::point("re-embedding");
            model.encode(&prepared)
        });
        let rows = match &whole {
            Ok(Ok(rows)) if rows.len() == hashes.len() => hashes.into_iter().zip(rows.iter().cloned()).collect(),
            _ => {
                // One photo at a time, so that one does not fail its neighbours.
                let (mut rows, mut panics) = (Vec::new(), 0);
                for (hash, picture) in hashes.into_iter().zip(&prepared) {
                    let one = attempt(REEMBED, || {
                        fault::point("re-embedding");
                        model.encode(std::slice::from_ref(picture)).map(|mut rows| rows.pop())
                    });
                    panics += usize::from(one.is_err());
                    match one {
                        Ok(Ok(Some(row))) => rows.push((hash, row)),
                        _ => bad.push(hash),
                    }
                }
                match whole {
                    // It is not about one photo: the model is at fault.
                    Err(panic) if panics == prepared.len() => panic.resume(),
                    _ => rows,
                }
            }
        };
        let info = model.info();
        let _ = self.tools.to_writer.send(WriterCommand::StoreReembedded {
            model_key: info.id.0.clone(),
            bytes_per_photo: info.bytes_per_photo,
            rows,
        });
        bad
    }
}

/// The picture of a content as the model reads it.
fn prepare(model: &dyn PhotoModel, path: &Path, hash: &[u8; 32]) -> Result<Prepared, Unread> {
    let picture = reread(path, hash, Scale::ShortSideAtLeast(2 * model.input_side()))?;
    model
        .prepare_pixels(picture.width, picture.height, &picture.rgb)
        .map_err(|_| Unread::Undecodable)
}
