//! Which folders a walk was in already: loops and links are known by it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use walkdir::DirEntry;

/// Remembers which folders were entered, so that links cannot lead to one twice.
pub(super) struct Entered {
    /// Real path of the root: a link that leads back inside it is not followed, because what it shows is met under its
    /// own name.
    root: Option<PathBuf>,
    folders: HashSet<FolderId>,
}

#[cfg(unix)]
type FolderId = (u64, u64);
#[cfg(not(unix))]
type FolderId = PathBuf;

impl Entered {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.canonicalize().ok(),
            folders: HashSet::new(),
        }
    }

    /// For a walk that enters no folder.
    pub(super) fn nowhere() -> Self {
        Self {
            root: None,
            folders: HashSet::new(),
        }
    }

    pub(super) fn first_time(&mut self, entry: &DirEntry) -> bool {
        if entry.depth() > 0 && entry.path_is_symlink() {
            let leads_inside = match (&self.root, entry.path().canonicalize()) {
                (Some(root), Ok(target)) => target.starts_with(root) || root.starts_with(&target),
                _ => false,
            };
            if leads_inside {
                return false;
            }
        }
        folder_id(entry).is_none_or(|id| self.folders.insert(id))
    }
}

#[cfg(unix)]
fn folder_id(entry: &DirEntry) -> Option<FolderId> {
    use std::os::unix::fs::MetadataExt;
    let metadata = entry.metadata().ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn folder_id(entry: &DirEntry) -> Option<FolderId> {
    entry.path().canonicalize().ok()
}
