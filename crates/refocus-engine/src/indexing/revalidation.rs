//! Whether the disk still is as it was written down.
//!
//! Files change while they wait to be read, encoded and written, and two lanes may have read them at different moments. So each
//! path is looked at once more *after* the library in memory knows of it. What happened before that moment is seen here; what
//! happens after it is met by a scan that knows the row. Nothing falls between the two.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use refocus_media::look_at;
use refocus_store::Change;
use refocus_workers::{Worker, attempt, fault};

use crate::event::Lost;
use crate::shared::Shared;

/// The thread, and what is lost where it meets an internal error.
const REVALIDATE: &str = "refocus-revalidate";
const UNCHECKED: &str = "Files that changed while they were read are seen when their folder is looked through";

/// Transactions whose revalidation may wait.
const AHEAD: usize = 64;

/// The thread that asks the disk. The writer hands over what it has written and goes on: on a drive that hangs this thread waits,
/// and nobody waits for this thread.
pub(super) struct Revalidator {
    shared: Arc<Shared>,
    requests: Sender<Vec<Revalidation>>,
}

impl Revalidator {
    /// Starts the thread; it ends when this is dropped and what was asked for is answered.
    pub(super) fn start(shared: &Arc<Shared>) -> Self {
        let (requests, asked) = bounded(AHEAD);
        let (of_thread, told) = (Arc::clone(shared), Arc::clone(shared));
        let started = Worker::start(
            REVALIDATE,
            move || answer(&of_thread, &asked),
            move |panic| {
                told.worker_failed(&panic, UNCHECKED, Lost::Worker);
            },
        );
        if let Err(error) = started {
            tracing::warn!(%error, "what changed while it was written is seen at the next look at its folder");
        }
        Self {
            shared: Arc::clone(shared),
            requests,
        }
    }

    /// Has paths looked at once more. Where too much waits, or nobody answers, their folders are looked through instead.
    pub(super) fn ask(&self, revalidations: Vec<Revalidation>) {
        if revalidations.is_empty() {
            return;
        }
        if let Err(refused) = self.requests.try_send(revalidations) {
            let folders = &self.shared.snapshot().folders;
            let refused = refused.into_inner();
            let doubted: HashSet<&PathBuf> = refused
                .iter()
                .filter_map(|it| folders.iter().find(|folder| it.path.starts_with(&folder.path)))
                .map(|folder| &folder.path)
                .collect();
            self.shared.revisit(doubted.into_iter().cloned().collect());
        }
    }
}

fn answer(shared: &Shared, asked: &Receiver<Vec<Revalidation>>) {
    for revalidations in asked {
        let looked = attempt(REVALIDATE, || {
            fault::point("revalidation");
            let doubted = revalidations.into_iter().filter_map(Revalidation::mismatch);
            shared.revisit(doubted.collect());
        });
        if let Err(panic) = looked {
            shared.worker_failed(&panic, UNCHECKED, Lost::One);
        }
    }
}

/// What a change says of a path.
#[derive(Debug)]
pub(super) struct Revalidation {
    path: PathBuf,
    expected: Expected,
}

#[derive(Debug)]
enum Expected {
    /// A file of this size and time is there.
    File { bytes: u64, modified_ns: i64 },
    /// Something is there.
    Something,
    /// Nothing is there.
    Nothing,
}

impl Revalidation {
    /// The revalidations of a change.
    pub(super) fn of(change: &Change) -> Vec<Self> {
        let file = |path: &PathBuf, bytes, modified_ns| Self {
            path: path.clone(),
            expected: Expected::File { bytes, modified_ns },
        };
        let nothing = |path: &PathBuf| Self {
            path: path.clone(),
            expected: Expected::Nothing,
        };
        match change {
            Change::Indexed(it) => vec![file(&it.path, it.bytes, it.modified_ns)],
            Change::Moved { from, to } => vec![nothing(from), file(&to.path, to.bytes, to.modified_ns)],
            Change::Sidecar(it) => vec![file(&it.path, it.bytes, it.modified_ns)],
            // A path that could not even be looked at has neither.
            Change::Failed(it) if it.bytes == 0 && it.modified_ns == 0 => vec![Self {
                path: it.path.clone(),
                expected: Expected::Something,
            }],
            Change::Failed(it) => vec![file(&it.path, it.bytes, it.modified_ns)],
            Change::Gone(path) => vec![nothing(path)],
        }
    }

    /// The path, where the disk says otherwise by now. A disk that does not answer counts as unchanged.
    pub(super) fn mismatch(self) -> Option<PathBuf> {
        let is_missing = |error: &std::io::Error| error.kind() == ErrorKind::NotFound;
        let holds = match self.expected {
            Expected::File { bytes, modified_ns } => match look_at(&self.path) {
                Ok(now) => now.bytes == bytes && now.modified_ns == modified_ns,
                Err(error) => !is_missing(&error),
            },
            Expected::Something => !self.path.symlink_metadata().is_err_and(|error| is_missing(&error)),
            Expected::Nothing => self.path.symlink_metadata().is_err(),
        };
        (!holds).then_some(self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_store::{IndexedContent, IndexedFile, NewFailure};

    fn indexed(path: &std::path::Path) -> IndexedFile {
        let found = look_at(path).unwrap();
        IndexedFile {
            folder_id: 1,
            path: found.path,
            bytes: found.bytes,
            modified_ns: found.modified_ns,
            same_as: None,
            content: IndexedContent::Known { hash: [0; 32] },
        }
    }

    fn doubted(change: &Change) -> Vec<PathBuf> {
        Revalidation::of(change)
            .into_iter()
            .filter_map(Revalidation::mismatch)
            .collect()
    }

    #[test]
    fn a_file_that_changed_or_went_since_it_was_read_is_doubted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        std::fs::write(&path, "one").unwrap();
        let change = Change::Indexed(indexed(&path));
        assert!(doubted(&change).is_empty());
        std::fs::write(&path, "longer").unwrap();
        assert_eq!(doubted(&change), std::slice::from_ref(&path));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(doubted(&change), [path]);
    }

    #[test]
    fn what_came_back_to_the_place_it_had_left_is_doubted() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from.png"), folder.path().join("to.png"));
        std::fs::write(&to, "x").unwrap();
        let (gone, moved) = (
            Change::Gone(from.clone()),
            Change::Moved {
                from: from.clone(),
                to: indexed(&to),
            },
        );
        assert!(doubted(&gone).is_empty());
        assert!(doubted(&moved).is_empty());
        std::fs::rename(&to, &from).unwrap();
        assert_eq!(doubted(&gone), std::slice::from_ref(&from));
        assert_eq!(doubted(&moved), [from, to]);
    }

    #[test]
    fn a_failure_without_a_size_is_doubted_only_when_nothing_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("closed");
        std::fs::create_dir(&path).unwrap();
        let change = Change::Failed(NewFailure {
            folder_id: 1,
            path: path.clone(),
            kind: "no_permission".into(),
            message: String::new(),
            bytes: 0,
            modified_ns: 0,
            gate: 1,
        });
        assert!(doubted(&change).is_empty());
        std::fs::remove_dir(&path).unwrap();
        assert_eq!(doubted(&change), [path]);
    }
}
