//! What a person asks of the library's folders.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use refocus_store::Database;

use super::command::{Command, RetryScope};
use super::event::{Event, Folder};
use super::indexing::{Task, Why, WriterCommand};
use super::rows::FolderId;
use super::running::Running;
use super::watching::WatchRequest;

impl Running {
    pub(super) fn add_folder(&self, path: &Path) {
        let path = match std::fs::canonicalize(path) {
            Ok(path) => path,
            Err(error) => {
                let message = format!("This folder cannot be opened ({error}): {}", path.display());
                self.shared.indexing_impossible(message);
                return;
            }
        };
        // A folder below one that is there already is looked through again, but does not become a second one.
        let above = self
            .shared
            .read()
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
            Err(message) => self
                .shared
                .indexing_impossible(format!("The folder could not be added: {message}")),
        }
    }

    pub(super) fn remove_folder(&self, id: FolderId) {
        let removed = self
            .shared
            .read()
            .folders
            .iter()
            .find(|folder| folder.id == id)
            .map(|f| f.path.clone());
        match self.ask_writer(|reply| WriterCommand::RemoveFolder(id, reply)) {
            Ok(()) => {
                // Folders around or inside the removed one take over the files that are theirs as well.
                let folders = self.shared.read().folders.clone();
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
    pub(super) fn relink(&self, id: FolderId, path: &Path) {
        const LOOKED_AT: usize = 500;
        let impossible = |message: String| self.shared.indexing_impossible(message);
        let path = match std::fs::canonicalize(path) {
            Ok(path) if path.is_dir() => path,
            Ok(path) => return impossible(format!("This is not a folder: {}", path.display())),
            Err(error) => {
                return impossible(format!("This folder cannot be opened ({error}): {}", path.display()));
            }
        };
        let (from, others, below): (_, bool, Vec<PathBuf>) = {
            let library = self.shared.read();
            let Some(from) = library.folders.iter().find(|f| f.id == id).map(|f| f.path.clone()) else {
                return impossible("The library has no such folder".to_owned());
            };
            let others = library
                .folders
                .iter()
                .any(|other| other.id != id && (path.starts_with(&other.path) || other.path.starts_with(&path)));
            let rows = library.rows.iter().filter(|row| row.folder == id && !row.gone);
            let below = rows.filter_map(|row| row.path.strip_prefix(&from).ok().map(Path::to_path_buf));
            (from.clone(), others, below.take(LOOKED_AT).collect())
        };
        if others {
            return impossible(format!("This folder is in the library already: {}", path.display()));
        }
        if from != path && !below.is_empty() && !below.iter().any(|below| path.join(below).exists()) {
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

    /// Copies the library on a thread of its own; one that is being written to can be copied all the same.
    pub(super) fn back_up(&mut self, to: PathBuf) {
        let (shared, database) = (Arc::clone(&self.shared), self.paths.database.clone());
        let copy = move || {
            let copied = Database::open_read_only(&database)
                .and_then(|database| database.reader())
                .and_then(|reader| reader.back_up(&to));
            shared.tell(Event::Notice(match copied {
                Ok(()) => format!("The library was copied to {}", to.display()),
                Err(error) => format!("The library could not be copied: {error}"),
            }));
        };
        match std::thread::Builder::new().name("refocus-backup".into()).spawn(copy) {
            Ok(thread) => self.threads.insert(0, thread),
            Err(error) => self
                .shared
                .tell(Event::Notice(format!("The library could not be copied: {error}"))),
        }
    }

    pub(super) fn rescan(&self, only: Option<FolderId>, why: Why) {
        let folders = self.shared.read().folders.clone();
        for Folder { id, path, .. } in folders
            .into_iter()
            .filter(|folder| only.is_none_or(|only| folder.id == only))
        {
            self.look_through(id, path, why);
        }
    }

    /// Looks through a folder; one that is to be watched is watched first, so that nothing is missed in between.
    fn look_through(&self, id: FolderId, path: PathBuf, why: Why) {
        match &self.watch {
            Some(watch) => drop(watch.send(WatchRequest::Folder { id, path, why })),
            None => self.task(Task::Folder { id, path, why }),
        }
    }

    pub(super) fn retry(&self, scope: RetryScope) {
        let paths = match scope {
            RetryScope::All => self.shared.read().failures.keys().cloned().collect(),
            RetryScope::Files(paths) => paths,
        };
        let pending = Arc::default();
        self.task(Task::Retry { paths, pending });
    }

    pub(super) fn demo(&mut self, folder: Option<PathBuf>) {
        let folder = folder.unwrap_or_else(|| self.paths.demo.clone());
        let (shared, commands) = (Arc::clone(&self.shared), self.commands.clone());
        let spawned = std::thread::Builder::new()
            .name("refocus-demo".into())
            .spawn(move || match super::demo::render(&folder, &shared) {
                Ok(()) => {
                    let _ = commands.send(Command::AddFolder(folder));
                }
                Err(message) => shared.indexing_impossible(message),
            });
        match spawned {
            Ok(thread) => self.threads.insert(0, thread),
            Err(error) => self
                .shared
                .indexing_impossible(format!("The demo photos could not be made: {error}")),
        }
    }
}
