//! The indexing thread: takes tasks, scans, starts the pools, ends the run.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use thread_priority::{ThreadPriority, set_current_thread_priority};

use crate::event::{Event, IndexPhase};
use crate::rows::FolderId;
use crate::shared::Shared;
use refocus_media::ThumbnailCache;
use refocus_media::watch::Touched;
use refocus_model::PhotoModel;

use super::control::Control;
use super::counters::Counters;
use super::decoding::{Work, decode_all};
use super::encoding::encode_all;
use super::scanning::{Looking, forget, retry};
use super::writing::WriterCommand;

/// Files that the scan may be ahead of the decoders: what makes the count and the time left exact early on.
const FILES_AHEAD: usize = 65_536;

/// Progress is told this often.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// What the pipeline works with.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) shared: Arc<Shared>,
    pub(crate) control: Arc<Control>,
    pub(crate) model: Arc<dyn PhotoModel>,
    pub(crate) thumbnails: Arc<ThumbnailCache>,
    pub(crate) done: Sender<WriterCommand>,
    /// Photos a forward pass.
    pub(crate) batch: usize,
    /// Which of the two indexing threads it is.
    pub(crate) lane: Lane,
    /// Where the lane of changes leaves what is too much for it.
    pub(crate) other_lane: Option<Sender<Task>>,
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
}

/// Starts the indexing thread. It ends when the sender of its tasks is dropped.
pub(crate) fn spawn(tools: Tools, tasks: Receiver<Task>) -> std::io::Result<std::thread::JoinHandle<()>> {
    let name = match tools.lane {
        Lane::Bulk => "refocus-index",
        Lane::Changes => "refocus-changes",
    };
    std::thread::Builder::new().name(name.into()).spawn(move || {
        lower_priority(tools.lane);
        while let Ok(first) = tasks.recv() {
            if tools.shared.stopping() {
                return;
            }
            tools.control.start_run();
            run(&tools, first, &tasks);
        }
    })
}

/// Indexing whole folders gives way to everything that a person waits for. A single change is such a thing itself.
fn lower_priority(lane: Lane) {
    if lane == Lane::Changes {
        return;
    }
    if let Err(error) = set_current_thread_priority(ThreadPriority::Min) {
        tracing::debug!(?error, "the indexing threads keep their priority");
    }
}

/// One run: this task, and all that come while it lasts.
fn run(tools: &Tools, first: Task, tasks: &Receiver<Task>) {
    let counters = Arc::new(Counters::default());
    let scanning = AtomicBool::new(true);
    let ended = AtomicBool::new(false);
    let shown = tools.lane == Lane::Bulk;
    let (mut not_met, mut retries) = (Vec::new(), Vec::new());
    let phase = || {
        if let Some(held) = tools.control.held_phase() {
            held
        } else if scanning.load(Ordering::Relaxed) {
            IndexPhase::Scanning
        } else {
            IndexPhase::Encoding
        }
    };
    std::thread::scope(|scope| {
        let progress = || {
            // While indexing rests nothing changes, and no window need wake up.
            let mut told = None;
            while shown && !ended.load(Ordering::Relaxed) {
                let now = counters.progress(phase());
                if told.replace(now) != Some(now) {
                    tools.shared.tell(Event::Progress(now));
                }
                std::thread::park_timeout(PROGRESS_EVERY);
            }
        };
        let ticker = std::thread::Builder::new()
            .name("refocus-progress".into())
            .spawn_scoped(scope, progress);
        std::thread::scope(|pools| {
            let (work_in, work_out) = bounded::<Work>(FILES_AHEAD);
            let (decoded_in, decoded_out) = bounded(2 * tools.batch);
            for number in 0..tools.threads() {
                let counted = &counters;
                let (work, decoded, done) = (work_out.clone(), decoded_in.clone(), tools.done.clone());
                spawn_in(pools, tools, format!("refocus-decode-{number}"), move || {
                    decode_all(tools, counted, &work, &decoded, &done);
                });
                let (decoded, done) = (decoded_out.clone(), tools.done.clone());
                spawn_in(pools, tools, format!("refocus-encode-{number}"), move || {
                    encode_all(tools, counted, &decoded, &done);
                });
            }
            drop((work_out, decoded_in, decoded_out));
            let mut next = Some(first);
            while let Some(task) = next {
                if tools.control.is_cancelled() || tools.shared.stopping() {
                    break;
                }
                let looking = |id, root: PathBuf, why| Looking {
                    tools,
                    counters: &counters,
                    work: &work_in,
                    id,
                    root: Arc::from(root),
                    why,
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
                        retry(tools, &counters, paths, &work_in);
                    }
                }
                next = tasks.try_recv().ok();
            }
            scanning.store(false, Ordering::Relaxed);
        });
        if !tools.control.is_cancelled() && !tools.shared.stopping() {
            for (root, paths) in not_met {
                forget(tools, &root, paths);
            }
        }
        let (reply, flushed) = bounded(1);
        if tools.done.send(WriterCommand::Flush(reply)).is_ok() {
            let _ = flushed.recv();
        }
        ended.store(true, Ordering::Relaxed);
        if let Ok(ticker) = ticker {
            ticker.thread().unpark();
        }
    });
    if !shown {
        return;
    }
    // What a cancelled run left in the queue must not count as being dealt with.
    tools.shared.in_hand().clear();
    let progress = counters.progress(IndexPhase::Idle);
    tracing::info!(?progress, "indexing run ended");
    tools.shared.tell(Event::IndexingEnded(progress));
}

fn spawn_in<'scope, 'env>(
    scope: &'scope std::thread::Scope<'scope, 'env>,
    tools: &Tools,
    name: String,
    run: impl FnOnce() + Send + 'scope,
) {
    let lane = tools.lane;
    let spawned = std::thread::Builder::new().name(name).spawn_scoped(scope, move || {
        lower_priority(lane);
        run();
    });
    if let Err(error) = spawned {
        tools.control.cancel();
        tools.shared.tell(Event::Notice(format!(
            "Indexing stopped: no thread could be started ({error})."
        )));
    }
}
