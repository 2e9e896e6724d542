//! New files beside the database: their names, and how one takes the database's own.

use std::fs::OpenOptions;
use std::io::Result;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

/// What becomes of a file that has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occupied {
    /// It is replaced.
    Replace,
    /// It stays, and the new file is removed.
    Keep,
}

/// Gives the file `new` the name `path`, which lies in the same folder. Its bytes are on the disk before it gets the name, so that
/// a kill or a power cut leaves what was there or the whole new file. `make_room` runs in between; where it fails, nothing is
/// renamed.
///
/// # Errors
/// `new` cannot be written to the disk or renamed, `path` is occupied and to be kept, or `make_room` fails.
pub(super) fn put_in_place(
    new: &Path,
    path: &Path,
    occupied: Occupied,
    make_room: impl FnOnce() -> Result<()>,
) -> Result<()> {
    // Some systems flush only what was opened for writing.
    OpenOptions::new().write(true).open(new)?.sync_all()?;
    make_room()?;
    match occupied {
        Occupied::Replace => std::fs::rename(new, path),
        Occupied::Keep => {
            let renamed = TempPath::try_from_path(new)?.persist_noclobber(path);
            renamed.map_err(|error| error.error)
        }
    }
}

/// The path of a file whose name is that of `path` and an ending.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A path beside `path` at which no file lies: `ending` and the first free number, as in `library.refocus.damaged-1`.
pub(super) fn free_name(path: &Path, ending: &str) -> PathBuf {
    (1u32..)
        .map(|number| beside(path, &format!("{ending}-{number}")))
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| beside(path, ending))
}

/// Removes a file and all whose names are its own and an ending: its log, what was put aside of it. Returns what was removed.
///
/// # Errors
/// Something cannot be removed; the rest is.
pub(super) fn remove_own_files(path: &Path) -> Result<Vec<PathBuf>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Some(name) = path.file_name() else {
        return Ok(Vec::new());
    };
    let mut removed = Vec::new();
    let mut failed = None;
    for entry in std::fs::read_dir(folder.unwrap_or(Path::new(".")))? {
        let entry = entry?;
        let own = entry.file_name();
        let rest = own.as_encoded_bytes().strip_prefix(name.as_encoded_bytes());
        // "-wal" and ".damaged-1" are its own; "library.refocus-peoplewatching" is not.
        if !rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'-' | b'.'))) {
            continue;
        }
        match remove_if_there(&entry.path()) {
            Ok(()) => removed.push(entry.path()),
            Err(error) => failed = Some(error),
        }
    }
    removed.sort();
    failed.map_or(Ok(removed), Err)
}

/// Removes a file that need not be there.
pub(super) fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Lets nobody but the owner read a file; the log beside it takes its permissions. Where that cannot be said, as on a stick, it stays
/// as it is.
#[cfg(unix)]
pub(super) fn make_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let others_may_read = std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    if others_may_read && let Err(error) = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)) {
        tracing::warn!(%error, path = %path.display(), "others may read this file");
    }
}

/// Elsewhere a file takes the permissions of its folder, which is the person's own.
#[cfg(not(unix))]
pub(super) fn make_private(_path: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_takes_a_name_that_is_free_or_to_be_replaced_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let new = beside(&path, "-new");
        let write_new = || std::fs::write(&new, "new").unwrap();
        let read = || std::fs::read_to_string(&path).unwrap();
        write_new();
        put_in_place(&new, &path, Occupied::Keep, || Ok(())).unwrap();
        assert_eq!(read(), "new");
        std::fs::write(&path, "old").unwrap();
        write_new();
        assert!(put_in_place(&new, &path, Occupied::Keep, || Ok(())).is_err());
        assert_eq!(read(), "old");
        write_new();
        let no_room = || Err(std::io::ErrorKind::Other.into());
        assert!(put_in_place(&new, &path, Occupied::Replace, no_room).is_err());
        assert_eq!(read(), "old");
        put_in_place(&new, &path, Occupied::Replace, || Ok(())).unwrap();
        assert_eq!(read(), "new");
        assert!(!new.exists());
    }

    #[test]
    fn a_free_name_is_that_of_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let first = free_name(&path, ".damaged");
        assert_eq!(first, folder.path().join("file.damaged-1"));
        std::fs::write(&first, []).unwrap();
        assert_eq!(free_name(&path, ".damaged"), folder.path().join("file.damaged-2"));
    }
}
