//! The indexing thread: takes tasks, scans, starts the pools, ends the run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use thread_priority::{ThreadPriority, set_current_thread_priority};

use crate::engine::event::{Event, IndexPhase};
use crate::engine::rows::FolderId;
use crate::engine::shared::Shared;
use crate::library::{Failure, FailureKind, FoundFile, ScanOptions, ThumbnailCache, scan};
use crate::model::PhotoModel;

use super::control::Control;
use super::counters::Counters;
use super::decoding::{Work, decode_all};
use super::encoding::encode_all;
use super::writing::{Done, FileOutcome};

/// Files that the scan may be ahead of the decoders: what makes the count and the time left exact early on.
const FILES_AHEAD: usize = 65_536;

/// Progress is told this often.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// What the pipeline works with.
pub(in crate::engine) struct Tools {
    pub(in crate::engine) shared: Arc<Shared>,
    pub(in crate::engine) control: Arc<Control>,
    pub(in crate::engine) model: Arc<dyn PhotoModel>,
    pub(in crate::engine) thumbnails: Arc<ThumbnailCache>,
    pub(in crate::engine) done: Sender<Done>,
    /// Threads of each pool.
    pub(in crate::engine) threads: usize,
    /// Photos a forward pass.
    pub(in crate::engine) batch: usize,
}

/// Something to be indexed.
#[derive(Clone, Debug)]
pub(in crate::engine) enum Task {
    /// A folder, whole.
    Folder { id: FolderId, path: PathBuf },
    /// Failed files, whatever is remembered of them.
    Retry(Vec<PathBuf>),
}

/// Starts the indexing thread. It ends when the sender of its tasks is dropped.
pub(in crate::engine) fn spawn(tools: Tools, tasks: Receiver<Task>) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("refocus-index".into()).spawn(move || {
        lower_priority();
        while let Ok(first) = tasks.recv() {
            if tools.shared.stopping() {
                return;
            }
            tools.control.start_run();
            run(&tools, first, &tasks);
        }
    })
}

/// Indexing gives way to everything that a person waits for.
fn lower_priority() {
    if let Err(error) = set_current_thread_priority(ThreadPriority::Min) {
        tracing::debug!(?error, "the indexing threads keep their priority");
    }
}

/// One run: this task, and all that come while it lasts.
fn run(tools: &Tools, first: Task, tasks: &Receiver<Task>) {
    let counters = Arc::new(Counters::default());
    let scanning = AtomicBool::new(true);
    let ended = AtomicBool::new(false);
    let phase = || {
        if tools.control.is_paused() {
            IndexPhase::Paused
        } else if scanning.load(Ordering::Relaxed) {
            IndexPhase::Scanning
        } else {
            IndexPhase::Encoding
        }
    };
    std::thread::scope(|scope| {
        let progress = || {
            while !ended.load(Ordering::Relaxed) {
                tools.shared.tell(Event::Progress(counters.progress(phase())));
                std::thread::park_timeout(PROGRESS_EVERY);
            }
        };
        let ticker = std::thread::Builder::new()
            .name("refocus-progress".into())
            .spawn_scoped(scope, progress);
        std::thread::scope(|pools| {
            let (work_in, work_out) = bounded::<Work>(FILES_AHEAD);
            let (decoded_in, decoded_out) = bounded(2 * tools.batch);
            for number in 0..tools.threads {
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
                match task {
                    Task::Folder { id, path } => scan_folder(tools, &counters, id, &path, &work_in),
                    Task::Retry(paths) => retry(tools, &counters, paths, &work_in),
                }
                next = tasks.try_recv().ok();
            }
            scanning.store(false, Ordering::Relaxed);
        });
        let (reply, flushed) = bounded(1);
        if tools.done.send(Done::Flush(reply)).is_ok() {
            let _ = flushed.recv();
        }
        ended.store(true, Ordering::Relaxed);
        if let Ok(ticker) = ticker {
            ticker.thread().unpark();
        }
    });
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
    let spawned = std::thread::Builder::new().name(name).spawn_scoped(scope, move || {
        lower_priority();
        run();
    });
    if let Err(error) = spawned {
        tools.control.cancel();
        tools.shared.tell(Event::Notice(format!(
            "Indexing stopped: no thread could be started ({error})."
        )));
    }
}

/// Streams a folder's files to the decoders and notices which ones have gone.
fn scan_folder(tools: &Tools, counters: &Arc<Counters>, id: FolderId, root: &Path, work: &Sender<Work>) {
    let mut seen: HashSet<PathBuf> = HashSet::new();
    let mut unreadable: Vec<PathBuf> = Vec::new();
    let scanned = scan(
        root,
        &ScanOptions::default(),
        tools.control.cancelled_flag(),
        &mut |found| match found {
            Ok(file) => {
                seen.insert(file.path.clone());
                counters.found.fetch_add(1, Ordering::Relaxed);
                offer(tools, counters, id, file, work);
            }
            Err((path, failure)) => {
                seen.insert(path.clone());
                if path.is_dir() {
                    unreadable.push(path.clone());
                } else {
                    counters.found.fetch_add(1, Ordering::Relaxed);
                }
                report(tools, counters, id, path, failure);
            }
        },
    );
    let online = scanned.is_ok();
    if let Some(folder) = tools.shared.write().folders.iter_mut().find(|folder| folder.id == id) {
        folder.online = online;
    }
    match scanned {
        Ok(_) if !tools.control.is_cancelled() && !tools.shared.stopping() => {
            forget_gone(tools, id, root, &seen, &unreadable);
        }
        Ok(_) => {}
        Err(failure) => {
            tracing::warn!(folder = %root.display(), %failure, "folder is offline");
            tools.shared.tell(Event::Notice(format!(
                "This folder cannot be reached; its photos are kept until it is back ({}): {}",
                failure.message,
                root.display()
            )));
        }
    }
}

/// Passes over what is known and unchanged; sends the rest to the decoders.
fn offer(tools: &Tools, counters: &Counters, id: FolderId, file: FoundFile, work: &Sender<Work>) {
    {
        let library = tools.shared.read();
        let known = library
            .by_path
            .get(file.path.as_path())
            .and_then(|&number| library.rows.get(number));
        if known.is_some_and(|row| row.encoded && row.bytes == file.bytes && row.modified_ns == file.modified_ns) {
            counters.unchanged.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let failed = library.failures.get(&file.path).is_some_and(|row| {
            let permanent = row.failure.kind.parse().is_ok_and(FailureKind::is_permanent);
            permanent && row.failure.bytes == file.bytes && row.failure.modified_ns == file.modified_ns
        });
        if failed {
            counters.failed.fetch_add(1, Ordering::Relaxed);
            return;
        }
    }
    // The receivers are gone only when the run was cancelled.
    let _ = work.send(Work { folder_id: id.0, file });
}

/// A path that the scan itself could not look at. A folder is listed among the problems but does not count as a photo.
fn report(tools: &Tools, counters: &Arc<Counters>, id: FolderId, path: PathBuf, failure: Failure) {
    let is_folder = path.is_dir();
    let work = Work {
        folder_id: id.0,
        file: FoundFile {
            path,
            bytes: 0,
            modified_ns: 0,
        },
    };
    let uncounted = Arc::new(Counters::default());
    let counters = if is_folder { &uncounted } else { counters };
    let _ = tools
        .done
        .send(Done::file(counters, work, FileOutcome::Failed(failure)));
}

fn forget_gone(tools: &Tools, id: FolderId, root: &Path, seen: &HashSet<PathBuf>, unreadable: &[PathBuf]) {
    let gone: Vec<PathBuf> = {
        let library = tools.shared.read();
        let files = library
            .rows
            .iter()
            .filter(|row| row.folder == id && !row.gone)
            .map(|row| row.path.to_path_buf());
        let failures = library
            .failures
            .values()
            .filter(|row| row.failure.folder_id == id.0)
            .map(|row| row.failure.path.clone());
        files
            .chain(failures)
            .filter(|path| {
                path.starts_with(root)
                    && !seen.contains(path)
                    && !unreadable.iter().any(|folder| path.starts_with(folder))
            })
            .collect()
    };
    for path in gone {
        let _ = tools.done.send(Done::Gone(path));
    }
}

/// Reads failed files again; those that are not there any more are forgotten.
fn retry(tools: &Tools, counters: &Arc<Counters>, paths: Vec<PathBuf>, work: &Sender<Work>) {
    for path in paths {
        let Some(folder_id) = tools.shared.read().failures.get(&path).map(|row| row.failure.folder_id) else {
            continue;
        };
        if !path.exists() && path.symlink_metadata().is_err() {
            let _ = tools.done.send(Done::Gone(path));
            continue;
        }
        let stop = tools.control.cancelled_flag();
        let mut again = |found: Result<FoundFile, (PathBuf, Failure)>| match found {
            Ok(file) => {
                counters.found.fetch_add(1, Ordering::Relaxed);
                let _ = work.send(Work { folder_id, file });
            }
            Err((path, failure)) => {
                counters.found.fetch_add(1, Ordering::Relaxed);
                report(tools, counters, FolderId(folder_id), path, failure);
            }
        };
        if let Err(failure) = scan(&path, &ScanOptions::default(), stop, &mut again) {
            again(Err((path, failure)));
        }
    }
}
