//! One Refocus writes to a library at a time: a lock on a small file beside the database, which the system takes back when the
//! process ends, however it ends.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// The right to write to a library. It ends when this is dropped.
#[derive(Debug)]
pub struct LibraryLock {
    _file: File,
}

/// Why the right was not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockRefused {
    /// Another process has it; its number, where it could be told.
    Held(Option<u32>),
    /// The lock's file cannot be made or written, in the system's words.
    NotWritable(String),
}

impl LibraryLock {
    /// Asks for the right to write to the library at `database`, and does not wait.
    ///
    /// # Errors
    /// [`LockRefused`].
    pub fn take(database: &Path) -> Result<Self, LockRefused> {
        let not_writable = |error: std::io::Error| LockRefused::NotWritable(error.to_string());
        let path = lock_path(database);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(not_writable)?;
        }
        let open = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let mut file = open.map_err(not_writable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Without the process number the lock still holds: only the message is shorter.
                let _ = file.take(32).read_to_string(&mut holder);
                return Err(LockRefused::Held(holder.trim().parse().ok()));
            }
            Err(TryLockError::Error(error)) => {
                // Some network drives know no locks. SQLite's own still keep the database whole.
                tracing::warn!(%error, "this drive knows no locks");
                return Ok(Self { _file: file });
            }
        }
        let number = std::process::id().to_string();
        let noted = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(number.as_bytes()));
        if let Err(error) = noted {
            tracing::debug!(%error, "the lock holds without a number in it");
        }
        Ok(Self { _file: file })
    }
}

impl LockRefused {
    /// As an error of the library at `database`.
    #[must_use]
    pub fn explain(self, database: &Path) -> StoreError {
        let path = database.to_path_buf();
        match self {
            Self::Held(process) => StoreError::InUse { process, path },
            Self::NotWritable(detail) => StoreError::CannotOpen { detail, path },
        }
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-lock");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_the_lock_until_it_lets_go_and_the_other_learns_who() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("new/library.refocus");
        let lock = LibraryLock::take(&database).unwrap();
        let refused = LibraryLock::take(&database).unwrap_err();
        assert_eq!(refused, LockRefused::Held(Some(std::process::id())));
        let line = refused.explain(&database).to_string();
        assert!(
            line.contains(&std::process::id().to_string()) && line.ends_with("library.refocus"),
            "{line}"
        );
        drop(lock);
        LibraryLock::take(&database).unwrap();
    }
}
