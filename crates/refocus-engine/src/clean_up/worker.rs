//! The thread that looks for photos that are alike.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use refocus_media::Scale;
use refocus_model::PhotoModel;
use refocus_search::Work;
use refocus_store::Database;
use refocus_workers::{Worker, attempt, fault, in_pool};

use crate::event::{Event, Lost};
use crate::indexing::WriterCommand;
use crate::reread::reread;
use crate::rows::PhotoRow;
use crate::shared::Shared;
use crate::snapshot::LibrarySnapshot;

use super::best::{Candidate, best};
use super::kept_alike::KeptAlike;
use super::looking::{FoundGroup, Looking, Unfinished};
use super::sharpness::{LARGEST, Sharpness};
use super::{CleanUp, CleanUpGroup, CleanUpKind, CleanUpPhase, CleanUpPhoto, CleanUpRequest, ContentFiles};

/// The thread, and those that help it.
const CLEAN_UP: &str = "refocus-clean-up";
const MEASURE: &str = "refocus-sharpness";

/// How often it is started anew after an internal error.
const MOST_RESTARTS: usize = 3;

/// The writer answers within this time.
const WRITER_ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Progress is told this often, and groups whose photos are being measured, at most.
const TELL_EVERY: Duration = Duration::from_millis(200);
const GROUPS_EVERY: Duration = Duration::from_secs(1);

/// Photos a thread measures between two looks at whether anybody still waits.
const AT_ONCE: usize = 4;

/// What the thread needs of the engine.
pub(crate) struct CleanUpWorker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) model: Arc<dyn PhotoModel>,
    pub(crate) database: Database,
    pub(crate) to_writer: Sender<WriterCommand>,
}

/// What the thread keeps between two requests.
#[derive(Default)]
struct State {
    looking: Looking,
    /// The look that is not finished.
    wanted: Option<u64>,
    /// What was told last.
    told: CleanUp,
    /// How sharp photos are, by content; `None` for those that cannot be read.
    measured: HashMap<[u8; 32], Option<Sharpness>>,
}

impl CleanUpWorker {
    /// Starts the thread. It ends when all senders are dropped. After an internal error it forgets what was compared.
    pub(crate) fn spawn(self, requests: Receiver<CleanUpRequest>) -> std::io::Result<Worker> {
        let shared = Arc::clone(&self.shared);
        let work = move || {
            for restart in 0..=MOST_RESTARTS {
                let Err(panic) = attempt(CLEAN_UP, || self.run(&requests)) else {
                    return;
                };
                let (told, lost) = if restart == MOST_RESTARTS {
                    (
                        "Photos that are alike are not looked for any more: start Refocus again",
                        Lost::Worker,
                    )
                } else {
                    ("Photos that are alike were not found: look again", Lost::Requests)
                };
                self.shared.worker_failed(&panic, told, lost);
            }
        };
        Worker::start(CLEAN_UP, work, move |panic| {
            let told = "Photos that are alike are not looked for any more: start Refocus again";
            shared.worker_failed(&panic, told, Lost::Worker);
        })
    }

    fn run(&self, requests: &Receiver<CleanUpRequest>) {
        let mut state = State::default();
        loop {
            let request = if state.wanted.is_some() {
                requests.try_recv().ok()
            } else {
                match requests.recv() {
                    Ok(request) => Some(request),
                    Err(_) => return,
                }
            };
            if self.shared.stopping() {
                return;
            }
            match request {
                Some(request) => self.take(&mut state, request),
                None => self.look(&mut state, requests),
            }
        }
    }

    fn take(&self, state: &mut State, request: CleanUpRequest) {
        match request {
            CleanUpRequest::Look { generation } => state.wanted = Some(generation),
            CleanUpRequest::Stop => {
                if let Some(generation) = state.wanted.take() {
                    state.told.generation = generation;
                    state.told.phase = CleanUpPhase::Stopped;
                }
                // Also where it has come to its end meanwhile: whoever stops it waits for that.
                self.tell(state);
            }
            CleanUpRequest::Close => {
                *state = State {
                    // Small, and slow to be measured again.
                    measured: std::mem::take(&mut state.measured),
                    ..State::default()
                };
            }
            CleanUpRequest::KeepAll(contents) => {
                let kept = self.keep_all(&contents);
                self.decided(state, kept);
            }
            CleanUpRequest::AskAgain(contents) => {
                let taken_back = self.ask_again(&contents);
                self.decided(state, taken_back);
            }
        }
    }

    /// After a decision the groups are others.
    fn decided(&self, state: &mut State, kept: Result<(), String>) {
        if let Err(why) = kept {
            let line = format!("What you decided about these photos could not be kept: {why}");
            self.shared.tell(Event::Notice(line));
        }
        if state.told.generation > 0 {
            state.wanted.get_or_insert(state.told.generation);
        }
    }

    fn keep_all(&self, contents: &[ContentFiles]) -> Result<(), String> {
        let contents = contents.iter().map(|content| (content.hash, content.files)).collect();
        self.ask_writer(|reply| WriterCommand::KeepAlike(contents, reply))
    }

    fn ask_again(&self, contents: &[ContentFiles]) -> Result<(), String> {
        let mut contents = contents.to_vec();
        contents.sort_unstable();
        let decisions = self.kept_alike()?.about(&contents);
        self.ask_writer(|reply| WriterCommand::ForgetKeptAlike(decisions, reply))
    }

    fn ask_writer(&self, command: impl FnOnce(Sender<Result<(), String>>) -> WriterCommand) -> Result<(), String> {
        let (reply, answer) = bounded(1);
        let hangs = || "the library does not answer".to_owned();
        self.to_writer
            .send_timeout(command(reply), WRITER_ANSWERS_WITHIN)
            .map_err(|_| hangs())?;
        answer.recv_timeout(WRITER_ANSWERS_WITHIN).map_err(|_| hangs())?
    }

    fn kept_alike(&self) -> Result<KeptAlike, String> {
        let reader = self.database.reader().map_err(|error| error.to_string())?;
        KeptAlike::read(&reader).map_err(|error| error.to_string())
    }

    /// Goes on with the look that is not finished, until it is or another request comes.
    fn look(&self, state: &mut State, requests: &Receiver<CleanUpRequest>) {
        fault::point("clean up");
        let Some(generation) = state.wanted else { return };
        let stale = || self.shared.stopping() || !requests.is_empty();
        let snapshot = self.shared.snapshot();
        let kept = self.kept_alike().unwrap_or_else(|why| {
            let line = format!("Which groups are to stay could not be read: {why}");
            self.shared.tell(Event::Notice(line));
            KeptAlike::default()
        });
        state.told.generation = generation;
        let start = Instant::now();
        match self.find(state, &snapshot, &kept, &stale) {
            Ok(found) => {
                state.told.compared_s = start.elapsed().as_secs_f32();
                self.measure(state, &snapshot, &found, &stale);
            }
            Err(Unfinished::Stale) => {}
            Err(Unfinished::Unreadable(error)) => {
                state.wanted = None;
                state.told.phase = CleanUpPhase::Stopped;
                let line = format!("Photos that are alike could not be looked for: {error}");
                self.shared.tell(Event::Notice(line));
                self.tell(state);
            }
        }
    }

    fn find(
        &self,
        state: &mut State,
        snapshot: &LibrarySnapshot,
        kept: &KeptAlike,
        stale: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<FoundGroup>, Unfinished> {
        let work = Work {
            threads: self.shared.tuned().threads(),
            stale,
        };
        let State { looking, told, .. } = state;
        let mut next = Instant::now();
        looking.compare(snapshot, self.model.layout(), work, |done, total| {
            (told.phase, told.done, told.total) = (CleanUpPhase::Comparing, done, total);
            if Instant::now() >= next {
                next = Instant::now() + TELL_EVERY;
                self.shared.tell(Event::CleanUp(Arc::new(told.clone())));
            }
        })?;
        looking.groups(snapshot, self.model.layout(), kept)
    }

    /// Measures how sharp the photos of the groups are, and tells the groups.
    fn measure(
        &self,
        state: &mut State,
        snapshot: &LibrarySnapshot,
        found: &[FoundGroup],
        stale: &(dyn Fn() -> bool + Sync),
    ) {
        // Of identical files none is sharper.
        let alike = found.iter().filter(|group| group.kind != CleanUpKind::Identical);
        let mut rows: Vec<&PhotoRow> = alike
            .flat_map(|group| group.rows.iter().filter_map(|number| snapshot.rows.get(*number)))
            .collect();
        let total = rows.len();
        rows.retain(|row| !state.measured.contains_key(&row.hash));
        let mut done = total - rows.len();
        let mut told = Instant::now();
        let threads = self.shared.tuned().threads();
        (state.told.done, state.told.total) = (done, total);
        state.told.rows_in_use = snapshot.rows.in_use();
        state.told.phase = CleanUpPhase::Measuring;
        state.told.groups = self.groups(state, snapshot, found);
        if !rows.is_empty() {
            self.tell(state);
        }
        for part in rows.chunks(threads * AT_ONCE) {
            if stale() {
                return;
            }
            state.measured.extend(measure_all(part, threads));
            done += part.len();
            state.told.done = done;
            if told.elapsed() >= GROUPS_EVERY {
                state.told.groups = self.groups(state, snapshot, found);
                self.tell(state);
                told = Instant::now();
            }
        }
        state.wanted = None;
        state.told.phase = CleanUpPhase::Done;
        state.told.groups = self.groups(state, snapshot, found);
        self.tell(state);
    }

    /// The groups as they are told, with what is measured of their photos so far.
    fn groups(&self, state: &State, snapshot: &LibrarySnapshot, found: &[FoundGroup]) -> Arc<[CleanUpGroup]> {
        let group = |group: &FoundGroup| {
            let rows: Vec<&PhotoRow> = group
                .rows
                .iter()
                .filter_map(|number| snapshot.rows.get(*number))
                .collect();
            let measured: Vec<Option<Sharpness>> = rows
                .iter()
                .map(|row| state.measured.get(&row.hash).copied().flatten())
                .collect();
            let sharpness = Sharpness::compared(&measured);
            let sharpest = sharpness.iter().flatten().copied().fold(0.0, f32::max);
            let candidates: Vec<Candidate<'_>> = rows
                .iter()
                .zip(&sharpness)
                .map(|(row, sharpness)| Candidate {
                    row,
                    sharpness: *sharpness,
                })
                .collect();
            let (best, why) = best(&candidates);
            let photos = group.rows.iter().zip(rows.iter().zip(&sharpness));
            let photos = photos.map(|(number, (row, sharpness))| CleanUpPhoto {
                row: *number,
                id: row.id,
                path: Arc::clone(&row.path),
                hash: row.hash,
                bytes: row.bytes + self.raw_bytes(snapshot, row),
                files: 1 + row.extras.raws.as_ref().map_or(0, |raws| raws.len()),
                sharpness: sharpness.filter(|_| sharpest > 0.0).map(|value| value / sharpest),
            });
            CleanUpGroup {
                kind: group.kind,
                photos: photos.collect(),
                best,
                why,
            }
        };
        found.iter().map(group).collect()
    }

    /// Bytes of raw files that go with a photo.
    fn raw_bytes(&self, snapshot: &LibrarySnapshot, row: &PhotoRow) -> u64 {
        let Some(raws) = &row.extras.raws else { return 0 };
        let index = self.shared.index();
        let rows = raws
            .iter()
            .filter_map(|raw| snapshot.rows.get(*index.by_path.get(raw)?));
        rows.map(|row| row.bytes).sum()
    }

    fn tell(&self, state: &State) {
        self.shared.tell(Event::CleanUp(Arc::new(state.told.clone())));
    }
}

/// How sharp photos are, on so many threads.
fn measure_all(rows: &[&PhotoRow], threads: usize) -> Vec<([u8; 32], Option<Sharpness>)> {
    let waiting = Mutex::new(rows.iter());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut done = Vec::new();
        while let Some(row) = next() {
            done.push((row.hash, measure_one(row)));
        }
        done
    };
    let measured = in_pool(|pool| {
        // A thread that could not be started has taken nothing.
        let helpers: Vec<_> = (1..threads.min(rows.len()))
            .filter_map(|_| pool.start(MEASURE, work).ok())
            .collect();
        let mut done = work();
        for helper in helpers {
            done.extend(helper.join().unwrap_or_default());
        }
        done
    });
    measured.unwrap_or_else(|panic| panic.resume())
}

/// `None` where the file cannot be read, or is another by now.
fn measure_one(row: &PhotoRow) -> Option<Sharpness> {
    let (long, short) = (row.width.max(row.height).max(1), row.width.min(row.height));
    let short_side = u64::from(LARGEST.min(long)) * u64::from(short) / u64::from(long);
    let picture = reread(&row.path, &row.hash, Scale::ShortSideAtLeast(short_side as u32 + 1)).ok()?;
    Some(Sharpness::of(&picture))
}
