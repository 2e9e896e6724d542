//! What a look at the disk met, so that what is known and was not met can be forgotten.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::library_index::{Known, LibraryIndex};
use crate::rows::{FolderId, Rows};

/// A look at some folders and files of one added folder. Rows that come while it lasts are not part of it.
pub(super) struct Sweep {
    folder: FolderId,
    /// The rows that were there at the start.
    rows: Rows,
    /// A bit for each of them: whether it was met.
    met: Vec<u64>,
    /// Failures that were there at the start and have not been met yet.
    failures: HashSet<PathBuf>,
    /// Sidecars likewise.
    sidecars: HashSet<PathBuf>,
    /// Folders that were looked through, and paths at which nothing is any more.
    looked_at: HashSet<PathBuf>,
    /// Folders that could not be looked into: what is known below them stays.
    unreadable: HashSet<PathBuf>,
}

impl Sweep {
    /// Begins a look at parts of a folder.
    pub(super) fn start(known: Known) -> Self {
        let failures = known.failures.iter().map(|row| row.failure.path.clone());
        let sidecars = known.sidecars.iter().map(|row| row.path.clone());
        Self {
            folder: known.folder,
            met: vec![0; known.rows.len().div_ceil(64)],
            failures: failures.collect(),
            sidecars: sidecars.collect(),
            rows: known.rows,
            looked_at: HashSet::new(),
            unreadable: HashSet::new(),
        }
    }

    /// A file or folder is there.
    pub(super) fn met(&mut self, index: &LibraryIndex, path: &Path) {
        if let Some(&number) = index.by_path.get(path)
            && let Some(bits) = self.met.get_mut(number as usize / 64)
        {
            *bits |= 1 << (number % 64);
        }
        self.failures.remove(path);
    }

    /// A sidecar is there.
    pub(super) fn met_sidecar(&mut self, path: &Path) {
        self.sidecars.remove(path);
    }

    /// All that is below `path` is met from now on, or is gone.
    pub(super) fn looks_at(&mut self, path: PathBuf) {
        self.looked_at.insert(path);
    }

    /// A folder cannot be looked into.
    pub(super) fn cannot_look_into(&mut self, path: PathBuf) {
        self.unreadable.insert(path);
    }

    /// Known paths that were not met where they should have been. `rows`: as they are by now.
    pub(super) fn gone(&self, rows: &Rows) -> Vec<PathBuf> {
        let files = self
            .rows
            .iter()
            .zip(rows.iter())
            .enumerate()
            .filter(|(number, (before, row))| {
                !before.gone && !row.gone && row.folder == self.folder && !self.was_met(*number)
            })
            .map(|(_, (_, row))| row.path.as_ref());
        files
            .chain(self.failures.iter().chain(&self.sidecars).map(PathBuf::as_path))
            .filter(|path| {
                let mut above = path.ancestors();
                let looked_at = above.any(|above| self.looked_at.contains(above));
                looked_at && !path.ancestors().any(|above| self.unreadable.contains(above))
            })
            .map(Path::to_path_buf)
            .collect()
    }

    fn was_met(&self, number: usize) -> bool {
        self.met
            .get(number / 64)
            .is_some_and(|bits| bits >> (number % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_store::{ContentRow, FailureRow, FileRow, NewFailure};

    fn index(files: &[&str], failures: &[&str]) -> LibraryIndex {
        let mut index = LibraryIndex::default();
        for (id, path) in files.iter().enumerate() {
            put(&mut index, id, path);
        }
        for path in failures {
            index.put_failure(FailureRow {
                failure: NewFailure {
                    folder_id: 1,
                    path: path.into(),
                    kind: "corrupt".into(),
                    message: String::new(),
                    bytes: 0,
                    modified_ns: 0,
                    gate: 1,
                },
                failed_at: 0,
                attempts: 1,
            });
        }
        index
    }

    fn put(index: &mut LibraryIndex, id: usize, path: &str) {
        let file = FileRow {
            id: id as i64,
            folder_id: 1,
            path: path.into(),
            bytes: 1,
            modified_ns: 0,
            same_as: None,
            added_at: 0,
            photo: ContentRow::default(),
        };
        index.put(file, None);
    }

    fn sorted(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
        paths.sort();
        paths
    }

    #[test]
    fn what_was_not_met_is_gone_and_what_came_meanwhile_stays() {
        let mut index = index(&["/p/a.jpg", "/p/b.jpg"], &["/p/c.jpg", "/p/d.jpg"]);
        let mut sweep = Sweep::start(index.known(FolderId(1)));
        sweep.looks_at("/p".into());
        sweep.met(&index, Path::new("/p/a.jpg"));
        sweep.met(&index, Path::new("/p/c.jpg"));
        put(&mut index, 9, "/p/new.jpg");
        assert_eq!(
            sorted(sweep.gone(&index.now.rows)),
            [Path::new("/p/b.jpg"), Path::new("/p/d.jpg")]
        );
    }

    #[test]
    fn only_what_was_looked_at_can_be_gone() {
        let index = index(&["/p/sub/a.jpg", "/p/b.jpg", "/p/closed/c.jpg", "/p/subway.jpg"], &[]);
        let mut sweep = Sweep::start(index.known(FolderId(1)));
        sweep.looks_at("/p/sub".into());
        assert_eq!(sweep.gone(&index.now.rows), [Path::new("/p/sub/a.jpg")]);
        sweep.looks_at("/p".into());
        sweep.cannot_look_into("/p/closed".into());
        assert_eq!(sweep.gone(&index.now.rows).len(), 3);
        assert!(Sweep::start(index.known(FolderId(2))).gone(&index.now.rows).is_empty());
    }
}
