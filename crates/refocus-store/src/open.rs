//! The checks before a database is touched, and its two kinds of connection.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;
use super::keepsake::Keepsake;
use super::reader::Reader;
use super::schema::{APPLICATION_ID, MIGRATIONS};
use super::writer::Writer;

/// How long a connection waits for another one's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Databases up to this size are checked page by page when they are opened; larger ones by `refocus doctor`.
const CHECK_WHOLE_UP_TO: u64 = 32 << 20;

/// What tells one kind of our databases from the other.
#[derive(Debug)]
pub(super) struct Format {
    /// Marks the file, see [`APPLICATION_ID`].
    pub(super) application_id: u32,
    /// Each takes a database from version `index` to `index + 1`.
    pub(super) migrations: &'static [&'static str],
    /// Where the plain-text copy of what cannot be computed again lies, for a database at a path.
    pub(super) keepsake: fn(&Path) -> PathBuf,
    /// Whether that copy holds anything.
    pub(super) has_kept: fn(&Path) -> bool,
}

impl Format {
    /// Version of the newest schema.
    pub(super) const fn version(&self) -> u32 {
        self.migrations.len() as u32
    }
}

/// The library itself.
pub(super) static LIBRARY: Format = Format {
    application_id: APPLICATION_ID,
    migrations: MIGRATIONS,
    keepsake: Keepsake::path_for,
    has_kept: |path| !Keepsake::read(path).is_empty(),
};

/// A library's database that was found fit to be used.
#[derive(Clone, Debug)]
pub struct Database {
    path: PathBuf,
    format: &'static Format,
    /// Nothing may be written, not even beside the file: it is read as if nobody could change it.
    immutable: bool,
}

impl Database {
    /// Opens a library, or makes a new one where there is no file and no keepsake of an earlier one. An older schema is brought up
    /// to date; a newer, foreign or damaged file is reported and not touched.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_as(path, &LIBRARY)
    }

    /// The same, of any of our databases.
    pub(super) fn open_as(path: &Path, format: &'static Format) -> Result<Self, StoreError> {
        check_header(path, format)?;
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(|error| StoreError::CannotOpen {
                detail: error.to_string(),
                path: path.to_path_buf(),
            })?;
        }
        let database = Self {
            path: path.to_path_buf(),
            format,
            immutable: false,
        };
        database.migrate().map_err(|error| error.explain(path))?;
        Ok(database)
    }

    /// Whether something lies at `path` that can only be opened or refused: a library, what is left of one whose file is missing or
    /// empty, or anything else but an empty file. Where it does not, [`Database::open`] makes a new library.
    ///
    /// # Errors
    /// [`StoreError::NotALibrary`] where it is no file at all. Nothing is written, also not beside it.
    pub fn is_there(path: &Path) -> Result<bool, StoreError> {
        Self::is_there_as(path, &LIBRARY)
    }

    /// The same, of any of our databases.
    pub(super) fn is_there_as(path: &Path, format: &Format) -> Result<bool, StoreError> {
        check_kind(path)?;
        let is_empty = std::fs::metadata(path).map_or_else(
            |error| error.kind() == std::io::ErrorKind::NotFound,
            |metadata| metadata.len() == 0,
        );
        Ok(!is_empty || (format.has_kept)(path))
    }

    /// Opens a library only to read it: another Refocus writes to it, or nobody can. Nothing is brought up to date.
    ///
    /// # Errors
    /// Any [`StoreError`]; [`StoreError::Older`] where the schema is not this program's.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        Self::open_read_only_as(path, &LIBRARY)
    }

    /// The same, of any of our databases.
    pub(super) fn open_read_only_as(path: &Path, format: &'static Format) -> Result<Self, StoreError> {
        check_header(path, format)?;
        let with = |immutable| {
            let database = Self {
                path: path.to_path_buf(),
                format,
                immutable,
            };
            database.check_readable().map(|()| database)
        };
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        // What stands in a log that cannot be taken along would be missing.
        let has_log = std::fs::metadata(PathBuf::from(log)).is_ok_and(|log| log.len() > 0);
        match with(false) {
            Err(StoreError::CannotOpen { .. } | StoreError::ReadOnly { .. } | StoreError::Full { .. }) if !has_log => {
                with(true)
            }
            other => other,
        }
    }

    fn check_readable(&self) -> Result<(), StoreError> {
        let connection = self.read_connection()?;
        let version = self
            .check_version(&connection)
            .map_err(|error| error.explain(&self.path))?;
        if version < self.format.version() {
            return Err(StoreError::Older {
                found: version,
                path: self.path.clone(),
            });
        }
        Ok(())
    }

    pub(super) fn read_connection(&self) -> Result<Connection, StoreError> {
        let explain = |error| StoreError::from_sqlite(error, &self.path);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = if self.immutable {
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(immutable_uri(&self.path), flags)
        } else {
            Connection::open_with_flags(&self.path, flags)
        };
        let connection = connection.map_err(explain)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(explain)?;
        Ok(connection)
    }

    /// Where the database is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A read-only connection.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Ok(Reader::new(self.read_connection()?, self.path.clone()))
    }

    /// The one connection that writes. The caller sees to it that there is only one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn writer(&self) -> Result<Writer, StoreError> {
        Ok(Writer::new(self.write_connection()?, self.path.clone()))
    }

    pub(super) fn write_connection(&self) -> Result<Connection, StoreError> {
        // A file that is gone since it was opened would be made anew, without a table in it.
        self.connect(OpenFlags::empty())
            .map_err(|error| StoreError::from_sqlite(error, &self.path))
    }

    fn connect(&self, more: OpenFlags) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // Readers go on while the writer writes; with NORMAL, a power cut can lose the last transactions but never tears one.
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "normal")?;
        Ok(connection)
    }

    fn migrate(&self) -> Result<(), MigrationError> {
        // Version and integrity are read before anything is written; the header alone may be older than the WAL.
        if let Ok(metadata) = std::fs::metadata(&self.path)
            && metadata.len() > 0
        {
            let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            self.check_version(&connection)?;
            if metadata.len() <= CHECK_WHOLE_UP_TO {
                let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
                if verdict != "ok" {
                    let detail = verdict.lines().last().unwrap_or("quick_check failed").to_owned();
                    return Err(StoreError::Damaged {
                        detail,
                        path: self.path.clone(),
                    }
                    .into());
                }
            }
        }
        let mut connection = self.connect(OpenFlags::SQLITE_OPEN_CREATE)?;
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let version = self.check_version(&transaction)?;
        for (index, sql) in self.format.migrations.iter().enumerate().skip(version as usize) {
            tracing::info!(from = index, "bringing the library's schema up to date");
            transaction.execute_batch(sql)?;
        }
        if version < self.format.version() {
            transaction.pragma_update(None, "application_id", self.format.application_id)?;
            transaction.pragma_update(None, "user_version", self.format.version())?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn check_version(&self, connection: &Connection) -> Result<u32, MigrationError> {
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let application: u32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables > 0 && application != self.format.application_id {
            let what = "it is another program's SQLite database";
            return Err(StoreError::NotALibrary {
                what,
                path: self.path.clone(),
            }
            .into());
        }
        if version > self.format.version() {
            return Err(StoreError::Newer {
                found: version,
                known: self.format.version(),
                path: self.path.clone(),
            }
            .into());
        }
        Ok(version)
    }
}

/// What a migration can end with.
enum MigrationError {
    Store(StoreError),
    Sqlite(rusqlite::Error),
}

impl MigrationError {
    fn explain(self, path: &Path) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Sqlite(error) => StoreError::from_sqlite(error, path),
        }
    }
}

impl From<StoreError> for MigrationError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<rusqlite::Error> for MigrationError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// The path as a URI (SQLite, "URI filenames") that says that nobody writes to the file.
fn immutable_uri(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in super::path_bytes::to_bytes(path) {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri.push_str("?immutable=1");
    uri
}

/// Reads the file's first 100 bytes (SQLite file format, section 1.3), so that a foreign or newer file is never even opened by
/// SQLite, which might write beside it.
fn check_header(path: &Path, format: &Format) -> Result<(), StoreError> {
    let cannot_open = |detail: String| StoreError::CannotOpen {
        detail,
        path: path.to_path_buf(),
    };
    check_kind(path)?;
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return check_new(path, format, "its file is missing");
        }
        Err(error) => return Err(cannot_open(error.to_string())),
    };
    let mut header = Vec::with_capacity(100);
    file.by_ref()
        .take(100)
        .read_to_end(&mut header)
        .map_err(|error| cannot_open(error.to_string()))?;
    if header.is_empty() {
        return check_new(path, format, "its file is empty");
    }
    let number = |at: usize| {
        header
            .get(at..at + 4)
            .map(|bytes| bytes.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)))
    };
    let (Some(version), Some(application)) = (number(60), number(68)) else {
        if (format.keepsake)(path).exists() {
            return Err(StoreError::Damaged {
                detail: "it is too short".to_owned(),
                path: path.to_path_buf(),
            });
        }
        return Err(StoreError::NotALibrary {
            what: "it is too short",
            path: path.to_path_buf(),
        });
    };
    if !header.starts_with(b"SQLite format 3\0") {
        // A library whose first page was overwritten still has its keepsake; anything else is some other file.
        if (format.keepsake)(path).exists() {
            return Err(StoreError::Damaged {
                detail: "its first page was overwritten".to_owned(),
                path: path.to_path_buf(),
            });
        }
        return Err(StoreError::NotALibrary {
            what: "it is not an SQLite database",
            path: path.to_path_buf(),
        });
    }
    if application == format.application_id && version > format.version() {
        return Err(StoreError::Newer {
            found: version,
            known: format.version(),
            path: path.to_path_buf(),
        });
    }
    Ok(())
}

/// Refuses what is there and is no file: opening a named pipe would wait for whoever writes to it.
fn check_kind(path: &Path) -> Result<(), StoreError> {
    let Ok(metadata) = std::fs::metadata(path) else {
        return Ok(());
    };
    let what = if metadata.is_dir() {
        "it is a folder"
    } else if metadata.is_file() {
        return Ok(());
    } else {
        "it is no file but a pipe, a socket or a device"
    };
    Err(StoreError::NotALibrary {
        what,
        path: path.to_path_buf(),
    })
}

/// A new library may be made where there is no file, or an empty one, unless a keepsake beside it says that there was a library:
/// a new one would write over what is left of that.
fn check_new(path: &Path, format: &Format, lost: &str) -> Result<(), StoreError> {
    if !(format.has_kept)(path) {
        return Ok(());
    }
    Err(StoreError::Damaged {
        detail: lost.to_owned(),
        path: path.to_path_buf(),
    })
}

#[cfg(test)]
mod tests;
