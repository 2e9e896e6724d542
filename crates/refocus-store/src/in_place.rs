//! Whether the library's file is still the one that is open, and how it is written again where it is gone.
//!
//! On Unix a file that is deleted, or replaced by another one, lives on for those that have it open: SQLite goes on without an error,
//! and what it writes is lost with the last connection. SQLite itself keeps its hands off the log of a file that is not its own any
//! more (`databaseIsUnmoved` in `pager.c`), so closing the old connection does no harm to a new file.

use std::path::{Path, PathBuf};

use super::connection::WriteConnection;
use super::error::StoreError;
use super::new_file::{Occupied, beside, free_name, put_in_place, remove_if_there};
use super::open::Database;
use super::writer::Writer;

/// What lies at the library's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file that is open; or nobody can tell.
    Open,
    /// Nothing, in a folder that is there.
    Empty,
    /// Nothing, and its folder is not there either: a drive that was taken out, say.
    Away,
    /// Another file.
    Other,
}

/// Which file it is: device and inode. Elsewhere than on Unix an open file can be neither deleted nor replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileIdentity(u64, u64);

impl FileIdentity {
    /// Of what lies at a path.
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Ok(Self(metadata.dev(), metadata.ino()))
        }
        #[cfg(not(unix))]
        {
            let _ = metadata;
            Ok(Self(0, 0))
        }
    }
}

/// What lies at `path`, where `open` is the file that was opened there.
pub(super) fn look(path: &Path, open: Option<FileIdentity>) -> Place {
    match (FileIdentity::of(path), open) {
        (Ok(now), Some(open)) if now != open => Place::Other,
        (Err(error), _) if error.kind() == std::io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            if folder.unwrap_or(Path::new(".")).is_dir() {
                Place::Empty
            } else {
                Place::Away
            }
        }
        // A disk that does not answer for a moment has not lost the file.
        _ => Place::Open,
    }
}

impl Database {
    /// Writes the library again from a connection whose file is gone from its place. The connection serves no more afterwards: what
    /// it writes is lost. A file that came to the place meanwhile stays as it is.
    ///
    /// # Errors
    /// Any [`StoreError`]; then the place is as it was.
    pub fn write_again(&self, from: &Writer) -> Result<(), StoreError> {
        self.write_again_from(&from.inner)
    }

    /// The same, of any of our databases.
    pub(super) fn write_again_from(&self, from: &WriteConnection) -> Result<(), StoreError> {
        let path = self.path();
        let cannot = |error: std::io::Error| StoreError::CannotOpen {
            detail: error.to_string(),
            path: path.to_path_buf(),
        };
        let new = beside(path, "-again");
        for name in [new.clone(), beside(&new, "-journal"), beside(&new, "-wal")] {
            remove_if_there(&name).map_err(cannot)?;
        }
        let placed = from.copy_to(&new).and_then(|()| {
            put_in_place(&new, path, Occupied::Keep, || {
                if look(path, None) != Place::Empty {
                    return Err(std::io::ErrorKind::AlreadyExists.into());
                }
                // The log is the lost file's, and would be taken for the new one's.
                remove_if_there(&beside(path, "-wal"))?;
                remove_if_there(&beside(path, "-shm"))
            })
            .map_err(cannot)
        });
        if placed.is_err() {
            let _ = remove_if_there(&new);
        }
        placed
    }

    /// Copies the library of a connection whose place another file has taken to a new file beside it; hands back where that is. The
    /// log is written back into the connection's own file, wherever that is now: whoever opens the other file would take it for
    /// that one's.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn copy_beside(&self, from: &mut Writer) -> Result<PathBuf, StoreError> {
        if let Err(error) = from.inner.fold_log() {
            tracing::warn!(%error, "the log of a library that was replaced lies beside another file");
        }
        let free = free_name(self.path(), ".replaced");
        from.inner.copy_to(&free).inspect_err(|_| {
            // Half a copy must not be taken for a whole one.
            let _ = remove_if_there(&free);
        })?;
        Ok(free)
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::super::{Keepsake, Marks};
    use super::*;

    fn library() -> (tempfile::TempDir, Database, Writer) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("library.refocus")).unwrap();
        let mut writer = database.writer().unwrap();
        writer.add_folder(Path::new("/photos")).unwrap();
        writer.set_marks(&[([7; 32], rated(3))]).unwrap();
        (folder, database, writer)
    }

    fn rated(rating: u8) -> Marks {
        Marks {
            rating,
            ..Marks::default()
        }
    }

    #[test]
    fn a_file_that_is_gone_or_another_one_is_noticed() {
        let (folder, database, writer) = library();
        assert_eq!(writer.place(), Place::Open);
        std::fs::rename(database.path(), folder.path().join("elsewhere")).unwrap();
        assert_eq!(writer.place(), Place::Empty);
        std::fs::write(database.path(), "another file").unwrap();
        assert_eq!(writer.place(), Place::Other);
        std::fs::rename(folder.path().join("elsewhere"), database.path()).unwrap();
        assert_eq!(writer.place(), Place::Open);
        std::fs::remove_dir_all(folder.path()).unwrap();
        assert_eq!(writer.place(), Place::Away);
    }

    #[test]
    fn a_library_that_was_deleted_is_written_again_whole_and_goes_on() {
        let (folder, database, old) = library();
        let reader = database.reader().unwrap();
        std::fs::remove_file(database.path()).unwrap();
        database.write_again(&old).unwrap();
        let mut new = database.writer().unwrap();
        assert_eq!(new.place(), Place::Open);
        new.set_marks(&[([8; 32], rated(5))]).unwrap();
        drop((reader, old));
        drop(new);
        let reader = Database::open(database.path()).unwrap().reader().unwrap();
        assert_eq!(reader.integrity().unwrap(), "ok");
        let kept = Keepsake::of(&reader).unwrap();
        assert_eq!(kept.folders, [Path::new("/photos")]);
        assert_eq!(kept.marks.into_values().collect::<Vec<_>>(), [rated(3), rated(5)]);
        drop(reader);
        let mut left: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| !name.to_string_lossy().ends_with("-shm") && !name.to_string_lossy().ends_with("-wal"))
            .collect();
        left.sort();
        assert_eq!(left, ["library.refocus"]);
    }

    #[test]
    fn a_file_that_took_the_place_stays_as_it_is() {
        let (folder, database, mut old) = library();
        let own = folder.path().join("own");
        std::fs::rename(database.path(), &own).unwrap();
        std::fs::write(database.path(), "another file").unwrap();
        assert!(database.write_again(&old).is_err());
        let copy = database.copy_beside(&mut old).unwrap();
        assert_eq!(
            std::fs::metadata(beside(database.path(), "-wal")).unwrap().len(),
            0,
            "no log for the other file"
        );
        drop(old);
        assert_eq!(std::fs::read_to_string(database.path()).unwrap(), "another file");
        for library in [&copy, &own] {
            let kept = Keepsake::of(&Database::open(library).unwrap().reader().unwrap()).unwrap();
            assert_eq!(kept.marks.into_values().collect::<Vec<_>>(), [rated(3)], "{library:?}");
        }
    }
}
