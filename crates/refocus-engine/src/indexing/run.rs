//! The indexing thread: takes tasks, scans, starts the pools, ends the run.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use refocus_workers::{Pool, Worker, WorkerPanic, attempt, fault, in_pool};
use thread_priority::{ThreadPriority, set_current_thread_priority};

use crate::event::{Event, IndexPhase, Lost};
use crate::rows::FolderId;
use crate::shared::Shared;
use refocus_media::ThumbnailCache;
use refocus_media::watch::Touched;
use refocus_model::PhotoModel;
use refocus_store::Database;

use super::control::Control;
use super::counters::Counters;
use super::decoding::{Work, decode_all};
use super::encoding::encode_all;
use super::names::Names;
use super::scanning::{Looking, forget, retry};
use super::writer_command::WriterCommand;

/// Files that the scan may be ahead of the decoders: what makes the count and the time left exact early on.
const FILES_AHEAD: usize = 65_536;

/// Progress is told this often.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// The progress thread, and how often it is started anew.
const PROGRESS: &str = "refocus-progress";
const MOST_RESTARTS: usize = 3;

/// After so many runs in a row that met an internal error a lane waits for somebody to ask.
const MOST_FAILED_RUNS: usize = 3;

/// What the pipeline works with.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) shared: Arc<Shared>,
    /// For what is not in memory; written to by the writer alone.
    pub(crate) database: Database,
    pub(crate) control: Arc<Control>,
    pub(crate) model: Arc<dyn PhotoModel>,
    pub(crate) thumbnails: Arc<ThumbnailCache>,
    pub(crate) to_writer: Sender<WriterCommand>,
    /// Photos a forward pass.
    pub(crate) batch: usize,
    /// Which of the two indexing threads it is.
    pub(crate) lane: Lane,
    /// Where the lane of changes leaves what is too much for it.
    pub(crate) other_lane: Option<Sender<Task>>,
    /// Whether indexing whole folders gives way to whatever else the computer does.
    pub(crate) gives_way: bool,
}

impl Tools {
    /// Threads of each pool.
    fn threads(&self) -> usize {
        match self.lane {
            Lane::Bulk => self.shared.tuned().threads(),
            Lane::Changes => 1,
        }
    }
}

/// Indexing goes in two lanes, so that a photo that comes today need not wait for a hundred thousand that came yesterday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Whole folders; its progress is told.
    Bulk,
    /// Single changes, as they happen.
    Changes,
}

impl Lane {
    fn thread(self) -> &'static str {
        match self {
            Self::Bulk => "refocus-index",
            Self::Changes => "refocus-changes",
        }
    }
}

/// On whose account a folder is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// A person asked: files with passing trouble are tried again.
    Person,
    /// The program looks by itself: they are tried again when their time has come.
    Machine,
}

/// Something to be indexed.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// A folder, whole.
    Folder { id: FolderId, path: PathBuf, why: Why },
    /// Files and folders below a folder to which something happened.
    Changed {
        id: FolderId,
        root: PathBuf,
        paths: Vec<Touched>,
    },
    /// Failed files, whatever is remembered of them.
    Retry {
        paths: Vec<PathBuf>,
        /// Kept until what became of them is written.
        pending: Arc<()>,
    },
    /// Ends the lane.
    End,
}

/// Starts the indexing thread. It ends with [`Task::End`], or when the sender of its tasks is dropped. An internal error ends the
/// run in which it is met, and not the thread.
pub(crate) fn spawn(tools: Tools, tasks: Receiver<Task>) -> std::io::Result<Worker> {
    let (shared, lane) = (Arc::clone(&tools.shared), tools.lane);
    let work = move || {
        lower_priority(&tools);
        let mut failed_runs = 0;
        while let Ok(first) = tasks.recv() {
            if tools.shared.stopping() || matches!(first, Task::End) {
                return;
            }
            tools.control.start_run();
            let ended = run(&tools, first, &tasks);
            tools.control.end_run();
            failed_runs = if ended.is_ok() { 0 } else { failed_runs + 1 };
            if ended.is_err() && failed_runs < MOST_FAILED_RUNS {
                tools.shared.note_failure();
            }
        }
    };
    Worker::start(lane.thread(), work, move |panic| {
        let told = "New and changed photos are not taken in any more: start Refocus again";
        shared.worker_failed(&panic, told, Lost::Worker);
    })
}

/// In a window, indexing whole folders gives way to everything that a person waits for. A single change is such a thing itself, as is
/// a command that ends with the indexing.
fn lower_priority(tools: &Tools) {
    if !tools.gives_way || tools.lane == Lane::Changes {
        return;
    }
    if let Err(error) = set_current_thread_priority(ThreadPriority::Min) {
        tracing::debug!(?error, "the indexing threads keep their priority");
    }
}

/// One run: this task, and all that come while it lasts.
fn run(tools: &Tools, first: Task, tasks: &Receiver<Task>) -> Result<(), WorkerPanic> {
    let counters = Arc::new(Counters::default());
    let ended = attempt(tools.lane.thread(), || pipeline(tools, &counters, first, tasks)).flatten();
    if let Err(panic) = &ended {
        tracing::error!(
            worker = panic.worker,
            message = panic.message,
            "an indexing run was given up"
        );
        tools.shared.in_hand().clear();
        tools.shared.tell(Event::IndexingFailed(format!(
            "indexing stopped: {panic}; rescan the folders to go on"
        )));
    }
    if tools.lane == Lane::Bulk {
        // What a cancelled run left in the queue must not count as being dealt with.
        tools.shared.in_hand().clear();
        let progress = counters.progress(IndexPhase::Idle);
        tracing::info!(?progress, "indexing run ended");
        tools.shared.tell(Event::IndexingEnded(progress));
    }
    ended
}

/// The pools and the scan of a run, from the first task to the last file in the database.
fn pipeline(tools: &Tools, counters: &Arc<Counters>, first: Task, tasks: &Receiver<Task>) -> Result<(), WorkerPanic> {
    let scanning = AtomicBool::new(true);
    in_pool(|pool| {
        // Dropped at the end of the run, also by a panic: that ends the progress thread.
        let (_end, ended) = bounded::<()>(0);
        if tools.lane == Lane::Bulk {
            let scanning = &scanning;
            let started = pool.start(PROGRESS, move || {
                keep_telling_progress(tools, counters, scanning, &ended);
            });
            if let Err(error) = started {
                tracing::warn!(%error, "no progress is told");
            }
        }
        let not_met = in_pool(|pools| {
            let _cancel = CancelOnPanic(&tools.control);
            let (work_in, work_out) = bounded::<Work>(FILES_AHEAD);
            let (decoded_in, decoded_out) = bounded(2 * tools.batch);
            for number in 0..tools.threads() {
                let (work, decoded, to_writer) = (work_out.clone(), decoded_in.clone(), tools.to_writer.clone());
                start_in(&pools, tools, format!("refocus-decode-{number}"), move || {
                    decode_all(tools, counters, &work, &decoded, &to_writer);
                });
                let (decoded, to_writer) = (decoded_out.clone(), tools.to_writer.clone());
                start_in(&pools, tools, format!("refocus-encode-{number}"), move || {
                    encode_all(tools, counters, &decoded, &to_writer);
                });
            }
            drop((work_out, decoded_in, decoded_out));
            let not_met = scan(tools, counters, first, tasks, &work_in);
            scanning.store(false, Ordering::Relaxed);
            not_met
        });
        let ended = not_met.map(|not_met| {
            if !tools.control.is_cancelled() && !tools.shared.stopping() {
                for (root, paths) in not_met {
                    forget(tools, &root, paths);
                }
            }
        });
        // Also where the run is given up: who hears of its end finds what it has left, failures above all.
        let (reply, flushed) = bounded(1);
        if tools.to_writer.send(WriterCommand::Flush(reply)).is_ok() {
            // A writer that dies drops the other end.
            let _ = flushed.recv();
        }
        ended
    })
    .flatten()
}

/// Scans what the tasks name and hands the files to the pools. Returns paths that were not met below a folder, with the folder.
fn scan(
    tools: &Tools,
    counters: &Arc<Counters>,
    first: Task,
    tasks: &Receiver<Task>,
    work: &Sender<Work>,
) -> Vec<(PathBuf, Vec<PathBuf>)> {
    // The files that are tried again count as pending until the run ends.
    let (mut not_met, mut retries) = (Vec::new(), Vec::new());
    let mut next = Some(first);
    while let Some(task) = next {
        if tools.control.is_cancelled() || tools.shared.stopping() {
            break;
        }
        fault::point("scan");
        let looking = |id, root: PathBuf, why| Looking {
            tools,
            counters,
            work,
            id,
            root: Arc::from(root),
            why,
            names: Names::default(),
        };
        match task {
            Task::Folder { id, path, why } => looking(id, path, why).whole_folder(),
            Task::Changed { id, root, paths } => {
                let looking = looking(id, root.clone(), Why::Person);
                let too_much = tools.other_lane.as_ref().filter(|_| looking.is_much(&paths));
                match too_much {
                    Some(lane) => drop(lane.send(Task::Changed { id, root, paths })),
                    None => not_met.push((root, looking.changes(&paths))),
                }
            }
            Task::Retry { paths, pending } => {
                retries.push(pending);
                retry(tools, counters, paths, work);
            }
            Task::End => break,
        }
        next = tasks.try_recv().ok();
    }
    not_met
}

/// Tells the progress of a run until the other end of `ended` is dropped.
fn keep_telling_progress(tools: &Tools, counters: &Counters, scanning: &AtomicBool, ended: &Receiver<()>) {
    for _ in 0..=MOST_RESTARTS {
        match attempt(PROGRESS, || tell_progress(tools, counters, scanning, ended)) {
            Ok(()) => return,
            Err(panic) => {
                let told = "The progress of indexing could not be told for a moment; indexing goes on";
                tools.shared.worker_failed(&panic, told, Lost::One);
            }
        }
    }
}

fn tell_progress(tools: &Tools, counters: &Counters, scanning: &AtomicBool, ended: &Receiver<()>) {
    // While indexing rests nothing changes, and no window need wake up.
    let mut told = None;
    loop {
        fault::point("progress");
        let phase = match tools.control.held_phase() {
            Some(held) => held,
            None if scanning.load(Ordering::Relaxed) => IndexPhase::Scanning,
            None => IndexPhase::Encoding,
        };
        let now = counters.progress(phase);
        if told.replace(now) != Some(now) {
            tools.shared.tell(Event::Progress(now));
        }
        if ended.recv_timeout(PROGRESS_EVERY) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// Has the pools stop where the scan panics: they must not work through all that it left them first.
struct CancelOnPanic<'a>(&'a Control);

impl Drop for CancelOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.cancel();
        }
    }
}

/// A thread of a pool. Where it panics the run is given up: what it would have handed on is missing.
fn start_in<'scope>(pool: &Pool<'scope, '_>, tools: &'scope Tools, name: String, run: impl FnOnce() + Send + 'scope) {
    let work = move || {
        lower_priority(tools);
        run();
    };
    if let Err(error) = pool.start_or(name, work, |_| tools.control.cancel()) {
        tools.control.cancel();
        tools.shared.tell(Event::IndexingFailed(format!(
            "indexing stopped: no thread could be started ({error})"
        )));
    }
}
