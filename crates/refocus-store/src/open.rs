//! The checks before a database is touched, and its two kinds of connection.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;
use super::reader::Reader;
use super::schema::{APPLICATION_ID, MIGRATIONS, VERSION};
use super::writer::Writer;

/// How long a connection waits for another one's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Databases up to this size are checked page by page when they are opened; larger ones by `refocus doctor`.
const CHECK_WHOLE_UP_TO: u64 = 32 << 20;

/// A library's database that was found fit to be used.
#[derive(Clone, Debug)]
pub struct Database {
    path: PathBuf,
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
        check_header(path)?;
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(|error| StoreError::CannotOpen {
                detail: error.to_string(),
                path: path.to_path_buf(),
            })?;
        }
        let database = Self {
            path: path.to_path_buf(),
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
        check_kind(path)?;
        let is_empty = std::fs::metadata(path).map_or_else(
            |error| error.kind() == std::io::ErrorKind::NotFound,
            |metadata| metadata.len() == 0,
        );
        Ok(!is_empty || !super::Keepsake::read(path).is_empty())
    }

    /// Opens a library only to read it: another Refocus writes to it, or nobody can. Nothing is brought up to date.
    ///
    /// # Errors
    /// Any [`StoreError`]; [`StoreError::Older`] where the schema is not this program's.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        check_header(path)?;
        let with = |immutable| {
            let database = Self {
                path: path.to_path_buf(),
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
        if version < VERSION {
            return Err(StoreError::Older {
                found: version,
                path: self.path.clone(),
            });
        }
        Ok(())
    }

    fn read_connection(&self) -> Result<Connection, StoreError> {
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
        // A file that is gone since it was opened would be made anew, without a table in it.
        let connection = self
            .connect(OpenFlags::empty())
            .map_err(|error| StoreError::from_sqlite(error, &self.path))?;
        Ok(Writer::new(connection, self.path.clone()))
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
        for (index, sql) in MIGRATIONS.iter().enumerate().skip(version as usize) {
            tracing::info!(from = index, "bringing the library's schema up to date");
            transaction.execute_batch(sql)?;
        }
        if version < VERSION {
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn check_version(&self, connection: &Connection) -> Result<u32, MigrationError> {
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let application: u32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables > 0 && application != APPLICATION_ID {
            let what = "it is another program's SQLite database";
            return Err(StoreError::NotALibrary {
                what,
                path: self.path.clone(),
            }
            .into());
        }
        if version > VERSION {
            return Err(StoreError::Newer {
                found: version,
                known: VERSION,
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
fn check_header(path: &Path) -> Result<(), StoreError> {
    let cannot_open = |detail: String| StoreError::CannotOpen {
        detail,
        path: path.to_path_buf(),
    };
    check_kind(path)?;
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return check_new(path, "its file is missing"),
        Err(error) => return Err(cannot_open(error.to_string())),
    };
    let mut header = Vec::with_capacity(100);
    file.by_ref()
        .take(100)
        .read_to_end(&mut header)
        .map_err(|error| cannot_open(error.to_string()))?;
    if header.is_empty() {
        return check_new(path, "its file is empty");
    }
    let number = |at: usize| {
        header
            .get(at..at + 4)
            .map(|bytes| bytes.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)))
    };
    let (Some(version), Some(application)) = (number(60), number(68)) else {
        if super::Keepsake::path_for(path).exists() {
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
        if super::Keepsake::path_for(path).exists() {
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
    if application == APPLICATION_ID && version > VERSION {
        return Err(StoreError::Newer {
            found: version,
            known: VERSION,
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
fn check_new(path: &Path, lost: &str) -> Result<(), StoreError> {
    if super::Keepsake::read(path).is_empty() {
        return Ok(());
    }
    Err(StoreError::Damaged {
        detail: lost.to_owned(),
        path: path.to_path_buf(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn files_in(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    }

    #[test]
    fn a_new_library_is_made_and_opened_again() {
        let folder = folder();
        let path = folder.path().join("deep/er/library.refocus");
        Database::open(&path).unwrap();
        Database::open(&path).unwrap();
        assert!(path.exists());
    }

    /// A library as version 1 of the schema left it, with one photo in it.
    fn version_1(path: &Path) {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection
            .pragma_update(None, "application_id", APPLICATION_ID)
            .unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute_batch(
                "INSERT INTO folder (id, path, added_at) VALUES (1, x'2F70', 0);
                 INSERT INTO photo (id, hash, width, height, format) VALUES (1, zeroblob(32), 3, 2, 'JPEG');
                 INSERT INTO file (folder_id, path, bytes, modified_ns, photo_id) VALUES (1, x'2F702F61', 10, 5, 1);
                 INSERT INTO model (id, key, bytes_per_photo) VALUES (1, 'model@1', 4);
                 INSERT INTO encoding (model_id, photo_id, row) VALUES (1, 1, x'61626364');",
            )
            .unwrap();
    }

    #[test]
    fn a_library_of_version_1_keeps_its_photos_and_learns_to_hold_marks() {
        let folder = folder();
        let path = folder.path().join("library.refocus");
        version_1(&path);
        let database = Database::open(&path).unwrap();
        let mut encodings = Vec::new();
        let reader = database.reader().unwrap();
        reader
            .for_each_encoding("model@1", 4, |_, _, row| encodings.push(row.to_vec()))
            .unwrap();
        assert_eq!(encodings, [b"abcd"]);
        let liked = crate::Marks {
            favourite: true,
            rating: 5,
            ..Default::default()
        };
        database.writer().unwrap().set_marks(&[([0; 32], liked)]).unwrap();
        let mut marks = Vec::new();
        reader.for_each_mark(|hash, mark| marks.push((hash, mark))).unwrap();
        assert_eq!(marks, [([0; 32], liked)]);
        let version: u32 = Connection::open(&path)
            .unwrap()
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(version, VERSION);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_refused_at_once_and_an_empty_one_is_no_library() {
        let folder = folder();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let socket = folder.path().join("socket");
        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for path in [&pipe, &socket, Path::new("/dev/null"), folder.path()] {
            for refused in [
                Database::is_there(path).map(drop),
                Database::open(path).map(drop),
                Database::open_read_only(path).map(drop),
            ] {
                assert!(
                    matches!(refused, Err(StoreError::NotALibrary { .. })),
                    "{path:?}: {refused:?}"
                );
            }
        }
        let path = folder.path().join("library.refocus");
        assert!(!Database::is_there(&path).unwrap());
        std::fs::write(&path, []).unwrap();
        assert!(!Database::is_there(&path).unwrap());
        Database::open(&path).unwrap();
        assert!(Database::is_there(&path).unwrap());
    }

    #[test]
    fn a_newer_library_is_refused_and_untouched() {
        let folder = folder();
        let path = folder.path().join("library.refocus");
        Database::open(&path).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", VERSION + 1).unwrap();
        drop(connection);
        let before = files_in(folder.path());
        let error = Database::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::Newer { .. }), "{error}");
        assert!(error.to_string().contains("newer Refocus") && error.to_string().ends_with("library.refocus"));
        assert_eq!(files_in(folder.path()), before);
    }

    #[test]
    fn a_damaged_library_is_reported_and_untouched() {
        let folder = folder();
        let path = folder.path().join("library.refocus");
        Database::open(&path).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        for byte in &mut bytes[4096..middle] {
            *byte = 0xA5;
        }
        std::fs::write(&path, &bytes).unwrap();
        let error = Database::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn other_files_are_refused_and_untouched() {
        let folder = folder();
        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "x".repeat(5000)).unwrap();
        let foreign = folder.path().join("foreign.db");
        Connection::open(&foreign)
            .unwrap()
            .execute_batch("CREATE TABLE a (b)")
            .unwrap();
        let before = files_in(folder.path());
        for path in [&text, &foreign, &folder.path().to_path_buf()] {
            let error = Database::open(path).unwrap_err();
            assert!(matches!(error, StoreError::NotALibrary { .. }), "{error}");
        }
        assert_eq!(files_in(folder.path()), before);
    }

    #[test]
    fn a_library_cut_short_is_reported() {
        let folder = folder();
        let path = folder.path().join("library.refocus");
        Database::open(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let error = Database::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    }
}
