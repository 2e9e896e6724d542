//! What a person asks of the library's folders, on a thread of its own: a folder may lie on a drive that hangs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use refocus_workers::{Worker, WorkerPanic, attempt, fault, within};

use super::command::{Command, RetryScope};
use super::event::{Event, Folder, Lost, Progress};
use super::indexing::{Task, Why, WriterCommand};
use super::maintenance;
use super::rows::FolderId;
use super::running::Running;
use super::shared::Shared;
use super::watching::WatchRequest;

/// The thread.
const FOLDERS: &str = "refocus-folders";

/// A folder that does not answer within this time is told of, so that the next request gets its turn.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// A request about folders.
pub(super) enum FolderRequest {
    Add(PathBuf),
    Remove(FolderId),
    Relink(FolderId, PathBuf),
    /// Looks through one folder, or all.
    Rescan(Option<FolderId>, Why),
    /// Tries failed files again.
    Retry(RetryScope),
}

/// What the thread works with.
pub(super) struct Folders {
    pub(super) shared: Arc<Shared>,
    pub(super) to_writer: Sender<WriterCommand>,
    pub(super) watch: Option<Sender<WatchRequest>>,
    /// The lane of whole folders.
    pub(super) tasks: Sender<Task>,
}

impl Folders {
    /// Starts the thread. It ends when the sender of its requests is dropped.
    pub(super) fn spawn(self, requests: Receiver<FolderRequest>) -> io::Result<Worker> {
        let shared = Arc::clone(&self.shared);
        Worker::start(
            FOLDERS,
            move || {
                for request in requests {
                    if self.shared.stopping() {
                        return;
                    }
                    if let Err(panic) = attempt(FOLDERS, || self.answer(request)) {
                        let failed = format!("what was asked of a folder was not done: {panic}");
                        self.shared.tell(Event::IndexingFailed(failed));
                        // Whoever waits for the run that was to follow waits no longer.
                        self.shared.tell(Event::IndexingEnded(Progress::default()));
                    }
                }
            },
            move |panic| {
                let told = "Folders can no longer be added or removed: start Refocus again";
                shared.worker_failed(&panic, told, Lost::Worker);
            },
        )
    }

    fn answer(&self, request: FolderRequest) {
        fault::point("folders");
        match request {
            FolderRequest::Add(path) => self.add_folder(&path),
            FolderRequest::Remove(id) => self.remove_folder(id),
            FolderRequest::Relink(id, path) => self.relink(id, &path),
            FolderRequest::Rescan(id, why) => self.rescan(id, why),
            FolderRequest::Retry(scope) => self.retry(scope),
        }
    }

    fn add_folder(&self, path: &Path) {
        let path = match on_disk(path, |path| std::fs::canonicalize(path)) {
            Ok(path) => path,
            Err(reason) => {
                let message = format!("This folder cannot be opened ({reason}): {}", path.display());
                self.shared.indexing_impossible(message);
                return;
            }
        };
        // A folder below one that is there already is looked through again, but does not become a second one.
        let above = self
            .shared
            .snapshot()
            .folders
            .iter()
            .find(|folder| path.starts_with(&folder.path))
            .map(|f| f.id);
        let id = match above {
            Some(id) => Ok(id),
            None => self.ask_writer(|reply| WriterCommand::AddFolder(path.clone(), reply)),
        };
        match id {
            Ok(id) => self.look_through(id, path, Why::Person),
            Err(message) => {
                let failed = format!("the folder could not be added: {message}");
                self.shared.tell(Event::IndexingFailed(failed));
                // Whoever waits for the run that was to follow waits no longer.
                self.shared.tell(Event::IndexingEnded(Progress::default()));
            }
        }
    }

    fn remove_folder(&self, id: FolderId) {
        let removed = self
            .shared
            .snapshot()
            .folders
            .iter()
            .find(|folder| folder.id == id)
            .map(|f| f.path.clone());
        match self.ask_writer(|reply| WriterCommand::RemoveFolder(id, reply)) {
            Ok(()) => {
                // Folders around or inside the removed one take over the files that are theirs as well.
                let folders = self.shared.snapshot().folders.clone();
                for Folder { id, path, .. } in folders {
                    if removed
                        .as_ref()
                        .is_some_and(|removed| removed.starts_with(&path) || path.starts_with(removed))
                    {
                        self.look_through(id, path, Why::Machine);
                    }
                }
            }
            Err(message) => self
                .shared
                .tell(Event::Notice(format!("The folder could not be removed: {message}"))),
        }
    }

    /// A folder's photos lie elsewhere now. A place where none of them is was a slip of the hand.
    fn relink(&self, id: FolderId, path: &Path) {
        const LOOKED_AT: usize = 500;
        let impossible = |message: String| self.shared.indexing_impossible(message);
        let path = match on_disk(path, |path| {
            std::fs::canonicalize(path).map(|path| (path.is_dir(), path))
        }) {
            Ok((true, path)) => path,
            Ok((false, path)) => return impossible(format!("This is not a folder: {}", path.display())),
            Err(reason) => {
                return impossible(format!("This folder cannot be opened ({reason}): {}", path.display()));
            }
        };
        let (from, others, below): (_, bool, Vec<PathBuf>) = {
            let snapshot = self.shared.snapshot();
            let Some(from) = snapshot.folders.iter().find(|f| f.id == id).map(|f| f.path.clone()) else {
                return impossible("The library has no such folder".to_owned());
            };
            let others = snapshot
                .folders
                .iter()
                .any(|other| other.id != id && (path.starts_with(&other.path) || other.path.starts_with(&path)));
            let rows = snapshot.rows.iter().filter(|row| row.folder == id && !row.gone);
            let below = rows.filter_map(|row| row.path.strip_prefix(&from).ok().map(Path::to_path_buf));
            (from.clone(), others, below.take(LOOKED_AT).collect())
        };
        if others {
            return impossible(format!("This folder is in the library already: {}", path.display()));
        }
        let any_there = on_disk(&path, move |path| {
            Ok(below.is_empty() || below.iter().any(|below| path.join(below).exists()))
        });
        if let Err(reason) = &any_there {
            return impossible(format!("This folder cannot be opened ({reason}): {}", path.display()));
        }
        if from != path && any_there == Ok(false) {
            return impossible(format!(
                "None of the photos of {} was found here, so nothing was changed: {}",
                from.display(),
                path.display()
            ));
        }
        match self.ask_writer(|reply| WriterCommand::Relink(id, path.clone(), reply)) {
            Ok(()) => self.look_through(id, path, Why::Person),
            Err(message) => impossible(format!("The folder's new place could not be kept: {message}")),
        }
    }

    fn rescan(&self, only: Option<FolderId>, why: Why) {
        let folders = self.shared.snapshot().folders.clone();
        for Folder { id, path, .. } in folders
            .into_iter()
            .filter(|folder| only.is_none_or(|only| folder.id == only))
        {
            self.look_through(id, path, why);
        }
    }

    /// Looks through a folder; one that is to be watched is watched first, so that nothing is missed in between.
    fn look_through(&self, id: FolderId, path: PathBuf, why: Why) {
        let request = WatchRequest::Folder {
            id,
            path: path.clone(),
            why,
        };
        let watched = self.watch.as_ref().is_some_and(|watch| watch.send(request).is_ok());
        if !watched {
            self.task(Task::Folder { id, path, why });
        }
    }

    fn retry(&self, scope: RetryScope) {
        let paths = match scope {
            RetryScope::All => self.shared.index().failures.keys().cloned().collect(),
            RetryScope::Files(paths) => paths,
        };
        let pending = Arc::default();
        self.task(Task::Retry { paths, pending });
    }

    fn task(&self, task: Task) {
        if self.tasks.send(task).is_err() {
            self.shared
                .indexing_impossible("Photos are not taken in any more: start Refocus again".to_owned());
        }
    }

    fn ask_writer<T>(&self, ask: impl FnOnce(Sender<Result<T, String>>) -> WriterCommand) -> Result<T, String> {
        let (reply, answer) = bounded(1);
        // A writer that dies drops the request, and with it the other end of the answer.
        let gone = || "an internal error of the writer, which is started anew".to_owned();
        self.to_writer.send(ask(reply)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

/// Asks the file system, which may hang where a drive or a network is away.
fn on_disk<T: Send + 'static>(
    path: &Path,
    ask: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T, String> {
    let path = path.to_path_buf();
    let asked = move || {
        fault::point("folder on disk");
        ask(&path).map_err(|error| error.to_string())
    };
    within("refocus-look", ANSWERS_WITHIN, asked).unwrap_or_else(|no_answer| Err(no_answer.to_string()))
}

impl Running {
    /// Copies the library on a thread of its own; one that is being written to can be copied all the same.
    pub(super) fn back_up(&mut self, to: PathBuf) {
        let (shared, paths) = (Arc::clone(&self.shared), self.paths.clone());
        let told = Arc::clone(&self.shared);
        let copy = move || {
            fault::point("backup");
            shared.tell(match maintenance::back_up(&paths, &to) {
                Ok(()) => Event::Done(format!("The library was copied to {}", to.display())),
                Err(error) => Event::Notice(format!("The library could not be copied: {error}")),
            });
        };
        let failed = move |panic: WorkerPanic| told.worker_failed(&panic, "The library could not be copied", Lost::One);
        match Worker::start("refocus-backup", copy, failed) {
            Ok(worker) => self.keep(worker),
            Err(error) => self
                .shared
                .tell(Event::Notice(format!("The library could not be copied: {error}"))),
        }
    }

    /// Renders the demo photos on a thread of its own, then has their folder added.
    pub(super) fn demo(&mut self, folder: Option<PathBuf>) {
        let folder = folder.unwrap_or_else(|| self.paths.demo.clone());
        let (shared, commands, told) = (
            Arc::clone(&self.shared),
            self.commands.clone(),
            Arc::clone(&self.shared),
        );
        let render = move || {
            fault::point("demo");
            match super::demo::render(&folder, &shared) {
                Ok(()) => drop(commands.send(Command::AddFolder(folder))),
                Err(message) => shared.indexing_impossible(message),
            }
        };
        let failed = move |panic: WorkerPanic| {
            told.indexing_impossible(format!("The demo photos could not be made: {panic}"));
        };
        match Worker::start("refocus-demo", render, failed) {
            Ok(worker) => self.keep(worker),
            Err(error) => self
                .shared
                .indexing_impossible(format!("The demo photos could not be made: {error}")),
        }
    }

    /// Keeps a worker until the end, and forgets those that have ended.
    fn keep(&mut self, worker: Worker) {
        self.workers.retain(|worker| !worker.has_ended());
        self.workers.push(worker);
    }
}
