//! The thread that takes photos to the passes.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use refocus_media::Scale;
use refocus_workers::{Worker, WorkerPanic, attempt, fault, in_pool};
use thread_priority::{ThreadPriority, set_current_thread_priority};

use crate::event::{Event, IndexPhase, Lost};
use crate::indexing::Control;
use crate::reread::{Unread, reread};
use crate::shared::Shared;
use crate::snapshot::LibrarySnapshot;

use super::progress::Rate;
use super::{LEAST_SIDE, MOST_THREADS, Pass, PassPhase, PassProgress, SIDE};

/// The thread.
const PASSES: &str = "refocus-passes";

/// While a pass is on, the library is looked at for new photos this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Files that cannot be reached are tried again after this time.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Progress is told this often, at most.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// What the thread is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PassRequest {
    /// A pass was switched, paused, or has something to do; or a front end wants to be told how far they are.
    Look,
    /// To end.
    End,
}

/// A content that a pass lacks, and a file that holds it.
struct Waiting {
    hash: [u8; 32],
    path: Arc<Path>,
    /// The shorter side of the picture once its longer one is brought down.
    short_side: u32,
    /// Which passes lack it, a bit each.
    lacking: u32,
}

/// What the thread needs of the engine.
pub(crate) struct PassWorker {
    pub(crate) shared: Arc<Shared>,
    /// Of both lanes of indexing.
    pub(crate) controls: [Arc<Control>; 2],
    pub(crate) passes: Vec<Arc<dyn Pass>>,
    /// The last [`Command::LookAtPhotos`](crate::Command::LookAtPhotos). It grows before the look is asked for.
    pub(crate) generation: Arc<AtomicU64>,
    /// Whether it gives way to whatever else the computer does. Not where a person waits for its end.
    pub(crate) gives_way: bool,
}

/// What the thread keeps between two looks.
#[derive(Default)]
struct State {
    /// Under which [`Command::LookAtPhotos`](crate::Command::LookAtPhotos) the library was looked at last.
    generation: u64,
    /// Versions of the library and of what is stated of photos, of which nothing is left to do.
    done: Option<(u64, u64)>,
    /// Those that the passes were told of last.
    version: Option<(u64, u64)>,
    /// Contents whose files could not be reached, and when that was.
    unreachable: HashSet<[u8; 32]>,
    tried: Option<Instant>,
    /// Which passes have been loaded, a bit each.
    loaded: u32,
    /// What was told last, a pass each.
    told: Vec<Option<PassProgress>>,
}

impl PassWorker {
    /// Starts the thread. It ends with [`PassRequest::End`], or when all senders are dropped. An internal error ends the round in
    /// which it is met.
    pub(crate) fn spawn(self, requests: Receiver<PassRequest>) -> std::io::Result<Worker> {
        let (shared, passes) = (Arc::clone(&self.shared), self.passes.clone());
        let work = move || {
            self.give_way();
            let mut state = State {
                told: vec![None; self.passes.len()],
                ..State::default()
            };
            while self.wait(&requests, &mut state) {
                if let Err(panic) = attempt(PASSES, || self.look(&mut state)) {
                    lost(&self.shared, &self.passes, &panic);
                    self.tell_all(&mut state, &PassPhase::Failed(panic.to_string()));
                    return;
                }
            }
        };
        Worker::start(PASSES, work, move |panic| lost(&shared, &passes, &panic))
    }

    fn give_way(&self) {
        if self.gives_way {
            let _ = set_current_thread_priority(ThreadPriority::Min);
        }
    }

    /// Waits until it is time to look again; while no pass is on, until somebody asks. Returns whether to go on.
    fn wait(&self, requests: &Receiver<PassRequest>, state: &mut State) -> bool {
        let request = if self.passes.iter().any(|pass| pass.is_on()) {
            requests.recv_timeout(LOOK_EVERY)
        } else {
            requests.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match request {
            Ok(PassRequest::Look) => {
                // What failed for all time so far may go now.
                state.done = None;
                state.version = None;
                state.unreachable.clear();
            }
            Err(RecvTimeoutError::Timeout) => {}
            Ok(PassRequest::End) | Err(RecvTimeoutError::Disconnected) => return false,
        }
        !self.shared.stopping()
    }

    /// Works on all that the passes lack, as far as that may be done now.
    fn look(&self, state: &mut State) {
        fault::point("passes");
        // Before the snapshot: what it tells is at least as new as what was asked for.
        state.generation = self.generation.load(Ordering::SeqCst);
        for (number, pass) in self.passes.iter().enumerate() {
            if !pass.is_on() {
                self.unload(state, number);
                self.tell(state, number, PassProgress::none(pass.kind()));
            }
        }
        if !self.passes.iter().any(|pass| pass.is_on()) {
            return;
        }
        let snapshot = self.shared.snapshot();
        let again = state.tried.is_some_and(|at| at.elapsed() >= TRY_AGAIN_AFTER);
        if again {
            state.unreachable.clear();
            state.tried = None;
        }
        let version = (snapshot.version, snapshot.stated_version);
        if state.done == Some(version) && !again {
            return;
        }
        if state.version != Some(version) {
            state.version = Some(version);
            for pass in self.passes.iter().filter(|pass| pass.is_on()) {
                pass.library_changed(&snapshot.rows);
            }
        }
        let waiting = self.waiting(&snapshot, &state.unreachable);
        let total = waiting.total;
        let lacked = |number: usize| {
            waiting
                .list
                .iter()
                .filter(|photo| photo.lacking >> number & 1 == 1)
                .count()
        };
        let rests = self.rests();
        for (number, pass) in self.passes.iter().enumerate().filter(|(_, pass)| pass.is_on()) {
            let left = lacked(number);
            let phase = match &rests {
                _ if left == 0 => PassPhase::UpToDate,
                Some(phase) => phase.clone(),
                None if pass.is_paused() => PassPhase::Paused,
                None => PassPhase::Working,
            };
            let progress = PassProgress {
                kind: pass.kind(),
                phase,
                done: total - left - waiting.unreachable.min(total - left),
                total,
                unreachable: waiting.unreachable,
                ..PassProgress::none(pass.kind())
            };
            let flushed = if left == 0 { pass.flush() } else { Ok(()) };
            match flushed {
                Ok(()) => self.tell(state, number, progress),
                Err(why) => self.fail(state, number, &why),
            }
            if left == 0 {
                self.unload(state, number);
            }
        }
        if waiting.list.is_empty() {
            state.done = Some(version);
        } else if rests.is_none() {
            self.round(state, &waiting);
        }
    }

    /// Why nothing is looked at now, though there is something to do.
    fn rests(&self) -> Option<PassPhase> {
        for control in &self.controls {
            match control.held_phase() {
                Some(IndexPhase::OnBattery) => return Some(PassPhase::OnBattery),
                Some(_) => return Some(PassPhase::Paused),
                None => {}
            }
        }
        let [bulk, _] = &self.controls;
        bulk.is_running().then_some(PassPhase::AfterIndexing)
    }

    /// The contents that passes lack, in the order of the library, and how many there are in all.
    fn waiting(&self, snapshot: &LibrarySnapshot, unreachable: &HashSet<[u8; 32]>) -> WaitingList {
        let mut seen = HashSet::new();
        let mut list = WaitingList::default();
        let is_online = |folder| snapshot.folders.iter().any(|of| of.id == folder && of.online);
        for row in snapshot.rows.iter().filter(|row| row.is_shown() && row.encoded) {
            if !seen.insert(row.hash) {
                continue;
            }
            let lacks = |pass: &Arc<dyn Pass>| pass.is_on() && pass.lacks(&row.hash);
            let lacking = (0..).zip(&self.passes).fold(
                0,
                |bits, (number, pass)| {
                    if lacks(pass) { bits | 1u32 << number } else { bits }
                },
            );
            if lacking == 0 {
                continue;
            }
            if unreachable.contains(&row.hash) || !is_online(row.folder) {
                list.unreachable += 1;
                continue;
            }
            let (long, short) = (row.width.max(row.height).max(1), row.width.min(row.height));
            let short_side = u64::from(LEAST_SIDE.min(long)) * u64::from(short) / u64::from(long);
            list.list.push(Waiting {
                hash: row.hash,
                path: Arc::clone(&row.path),
                short_side: short_side as u32 + 1,
                lacking,
            });
        }
        list.total = seen.len();
        list
    }

    /// Looks at what waits, until all is done or it has to rest.
    fn round(&self, state: &mut State, waiting: &WaitingList) {
        let mut failed = 0u32;
        for (number, pass) in self.passes.iter().enumerate() {
            let wanted = waiting.list.iter().any(|photo| photo.lacking >> number & 1 == 1);
            if !wanted || !pass.is_on() || pass.is_paused() || state.loaded >> number & 1 == 1 {
                continue;
            }
            match pass.load() {
                Ok(()) => state.loaded |= 1 << number,
                Err(why) => {
                    failed |= 1 << number;
                    self.fail(state, number, &why);
                }
            }
        }
        let works = |number: usize, pass: &Arc<dyn Pass>| {
            failed >> number & 1 == 0 && state.loaded >> number & 1 == 1 && pass.is_on() && !pass.is_paused()
        };
        let working: Vec<usize> = (0..)
            .zip(&self.passes)
            .filter(|(n, pass)| works(*n, pass))
            .map(|(n, _)| n)
            .collect();
        let todo: Vec<&Waiting> = waiting
            .list
            .iter()
            .filter(|photo| working.iter().any(|number| photo.lacking >> number & 1 == 1))
            .collect();
        if todo.is_empty() {
            return;
        }
        let ended = self.work_on(state, waiting, &working, &todo);
        state.unreachable.extend(ended.unreachable);
        if !state.unreachable.is_empty() {
            state.tried.get_or_insert_with(Instant::now);
        }
        let flushed = working.iter().filter_map(|number| {
            let flushed = self.passes.get(*number)?.flush();
            flushed.err().map(|why| (*number, why))
        });
        for (number, why) in flushed.collect::<Vec<_>>().into_iter().chain(ended.failed) {
            self.fail(state, number, &why);
        }
    }

    fn work_on(&self, state: &mut State, all: &WaitingList, working: &[usize], todo: &[&Waiting]) -> Ended {
        let next = AtomicUsize::new(0);
        let seen = AtomicUsize::new(0);
        let halted = AtomicBool::new(false);
        let ended = Mutex::new(Ended::default());
        let rate = Rate::start();
        let work = || {
            self.give_way();
            while !halted.load(Ordering::Relaxed) && self.may_go_on(working) {
                let Some(photo) = todo.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    return;
                };
                let looked = attempt(PASSES, || self.look_at(photo, working)).unwrap_or_else(|panic| {
                    let told = format!("This photo could not be looked at: {}", photo.path.display());
                    self.shared.worker_failed(&panic, &told, Lost::One);
                    // Not again: it would be the same.
                    self.give_up(photo, working)
                });
                match looked {
                    Ok(true) => {}
                    Ok(false) => drop(lock(&ended).unreachable.insert(photo.hash)),
                    Err((number, why)) => {
                        lock(&ended).failed.get_or_insert((number, why));
                        halted.store(true, Ordering::Relaxed);
                    }
                }
                seen.fetch_add(1, Ordering::Relaxed);
            }
        };
        let threads = self.shared.tuned().threads().min(MOST_THREADS);
        let ran = in_pool(|pool| {
            let workers: Vec<_> = (0..threads)
                .map_while(|number| pool.start(format!("{PASSES}-{number}"), work).ok())
                .collect();
            if workers.is_empty() {
                // Without a second thread this one does all of it.
                work();
            }
            while seen.load(Ordering::Relaxed) < todo.len() && workers.iter().any(|worker| !worker.is_finished()) {
                std::thread::sleep(TELL_EVERY);
                let seen = seen.load(Ordering::Relaxed);
                let left = todo.len().saturating_sub(seen);
                let unreachable = all.unreachable + lock(&ended).unreachable.len();
                for number in working {
                    let Some(pass) = self.passes.get(*number) else { continue };
                    let progress = PassProgress {
                        kind: pass.kind(),
                        phase: PassPhase::Working,
                        done: all.total.saturating_sub(left + unreachable),
                        total: all.total,
                        unreachable,
                        seconds_left: rate.seconds_left(seen, left),
                        ..PassProgress::none(pass.kind())
                    };
                    self.tell(state, *number, progress);
                }
            }
        });
        if let Err(panic) = ran {
            panic.resume();
        }
        ended.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the passes at work may look at another photo.
    fn may_go_on(&self, working: &[usize]) -> bool {
        let at_work = |pass: &Arc<dyn Pass>| pass.is_on() && !pass.is_paused();
        !self.shared.stopping()
            && self.rests().is_none()
            && working
                .iter()
                .all(|number| self.passes.get(*number).is_some_and(at_work))
    }

    /// Takes a photo to the passes that lack it. Returns whether it could be read.
    fn look_at(&self, photo: &Waiting, working: &[usize]) -> Result<bool, (usize, String)> {
        fault::point("pass photo");
        match reread(&photo.path, &photo.hash, Scale::ShortSideAtLeast(photo.short_side)) {
            Ok(picture) => {
                let picture = picture.brought_down_to(SIDE);
                for (number, pass) in self.lacking(photo, working) {
                    pass.look(photo.hash, Some(&picture)).map_err(|why| (number, why))?;
                }
                Ok(true)
            }
            Err(Unread::Undecodable) => self.give_up(photo, working),
            Err(Unread::Changed) => {
                self.shared.revisit(vec![photo.path.to_path_buf()]);
                Ok(false)
            }
            Err(Unread::Unreachable) => Ok(false),
        }
    }

    /// Has the passes note that a photo cannot be looked at.
    fn give_up(&self, photo: &Waiting, working: &[usize]) -> Result<bool, (usize, String)> {
        for (number, pass) in self.lacking(photo, working) {
            pass.look(photo.hash, None).map_err(|why| (number, why))?;
        }
        Ok(true)
    }

    fn lacking<'a>(
        &'a self,
        photo: &'a Waiting,
        working: &'a [usize],
    ) -> impl Iterator<Item = (usize, &'a Arc<dyn Pass>)> {
        let lacks = |number: &usize| photo.lacking >> number & 1 == 1;
        let passes = working.iter().copied().filter(lacks);
        passes.filter_map(|number| Some((number, self.passes.get(number)?)))
    }

    fn unload(&self, state: &mut State, number: usize) {
        if state.loaded >> number & 1 == 1 {
            state.loaded &= !(1 << number);
            if let Some(pass) = self.passes.get(number) {
                pass.unload();
            }
        }
    }

    /// A pass cannot work: it is told, and tried again when somebody asks.
    fn fail(&self, state: &mut State, number: usize, why: &str) {
        tracing::warn!(why, "a pass cannot work");
        let Some(pass) = self.passes.get(number) else { return };
        self.unload(state, number);
        let before = state.told.get(number).cloned().flatten();
        let progress = PassProgress {
            phase: PassPhase::Failed(why.to_owned()),
            seconds_left: None,
            ..before.unwrap_or_else(|| PassProgress::none(pass.kind()))
        };
        self.tell(state, number, progress);
        let snapshot = self.shared.snapshot();
        state.done = Some((snapshot.version, snapshot.stated_version));
    }

    fn tell_all(&self, state: &mut State, phase: &PassPhase) {
        for (number, pass) in self.passes.iter().enumerate().filter(|(_, pass)| pass.is_on()) {
            let progress = PassProgress {
                phase: phase.clone(),
                ..PassProgress::none(pass.kind())
            };
            self.tell(state, number, progress);
        }
    }

    /// Tells the progress of a pass, where it is news.
    fn tell(&self, state: &mut State, number: usize, progress: PassProgress) {
        let progress = PassProgress {
            generation: state.generation,
            ..progress
        };
        let Some(told) = state.told.get_mut(number) else { return };
        if told.as_ref() != Some(&progress) {
            *told = Some(progress.clone());
            self.shared.tell(Event::Pass(progress));
        }
    }
}

/// All that waits.
#[derive(Default)]
struct WaitingList {
    list: Vec<Waiting>,
    /// Contents that there are.
    total: usize,
    /// Contents that passes lack, and whose files cannot be reached now.
    unreachable: usize,
}

/// How a round ended.
#[derive(Default)]
struct Ended {
    unreachable: HashSet<[u8; 32]>,
    /// The pass that cannot go on, and why.
    failed: Option<(usize, String)>,
}

/// The thread has ended before it should.
fn lost(shared: &Shared, passes: &[Arc<dyn Pass>], panic: &WorkerPanic) {
    let on = passes.iter().filter(|pass| pass.is_on());
    let told: Vec<&str> = on.map(|pass| pass.without_it()).collect();
    shared.worker_failed(panic, &told.join(". "), Lost::Worker);
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
