//! What can go wrong with a library's database, in words that say what to do.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// A failure of the database. Every message ends with the file it is about.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Written by a newer Refocus.
    #[error(
        "this library was written by a newer Refocus (its version is {found}, this program knows up to {known}); \
         nothing was changed, please update Refocus: {}", path.display()
    )]
    Newer {
        /// Version of the file.
        found: u32,
        /// Newest version that this program knows.
        known: u32,
        /// The database.
        path: PathBuf,
    },
    /// Some other program's file.
    #[error("this file is not a Refocus library ({what}); nothing was changed, please choose another file: {}", path.display())]
    NotALibrary {
        /// What it is instead.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Nothing is there, and nothing is to be made.
    #[error("there is no library here; refocus index FOLDER makes one (with the same --library, if any): {}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Pages that do not hold what they should.
    #[error(
        "the library is damaged ({detail}); nothing was changed. To keep what can be read of it: refocus doctor --repair. {}",
        path.display()
    )]
    Damaged {
        /// SQLite's own words.
        detail: String,
        /// The database.
        path: PathBuf,
    },
    /// Another process holds the write lock.
    #[error("the library is in use by another program; close that one and try again: {}", path.display())]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// Another Refocus writes to this library.
    #[error(
        "this library is open in another Refocus{}; close that one, or wait until it is done: {}",
        process.map_or_else(String::new, |number| format!(" (process {number})")), path.display()
    )]
    InUse {
        /// The other one's process number, where it is known.
        process: Option<u32>,
        /// The database.
        path: PathBuf,
    },
    /// An older schema that cannot be brought up to date now.
    #[error("this library is of an older version ({found}) and cannot be brought up to date now: {}", path.display())]
    Older {
        /// Version of the file.
        found: u32,
        /// The database.
        path: PathBuf,
    },
    /// No space left.
    #[error("the disk is full; what was written before is safe. Free some space: {}", path.display())]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// Permissions or a read-only medium.
    #[error("the library cannot be written; check the permissions of the file and its folder: {}", path.display())]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// The file or its folder cannot be opened.
    #[error("the library cannot be opened ({detail}): {}", path.display())]
    CannotOpen {
        /// The operating system's words.
        detail: String,
        /// The database.
        path: PathBuf,
    },
    /// A row that does not hold what it should.
    #[error("a row of the library is not as it should be ({detail}): {}", path.display())]
    BadRow {
        /// Which row and what is wrong.
        detail: String,
        /// The database.
        path: PathBuf,
    },
    /// Anything else that SQLite reports.
    #[error("the library reported an error ({source}): {}", path.display())]
    Sqlite {
        /// SQLite's error.
        source: rusqlite::Error,
        /// The database.
        path: PathBuf,
    },
}

impl StoreError {
    /// Sorts SQLite's errors into those above.
    pub(super) fn from_sqlite(source: rusqlite::Error, path: &Path) -> Self {
        let path = path.to_path_buf();
        let detail = source.to_string();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { detail, path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) if disk_is_full(&path) => Self::Full { path },
            Some(ErrorCode::CannotOpen) => Self::CannotOpen { detail, path },
            _ => Self::Sqlite { source, path },
        }
    }
}

/// A full disk shows itself in many ways (the index of the log cannot grow, a file cannot be made); this is the plain question.
fn disk_is_full(database: &Path) -> bool {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
    let probe = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
        .and_then(|mut file| std::io::Write::write_all(&mut file, &vec![0; 1 << 16]));
    probe.is_err_and(|error| error.kind() == std::io::ErrorKind::StorageFull)
}
