//! Text that was read in photos, in a file of its own beside the library.
//!
//! All of it can be read again: a damaged file is deleted and made anew ([`TextDatabase::start_anew`]), and
//! [`TextDatabase::forget`] deletes everything. A photo is the hash of its bytes, so that moved and re-indexed photos keep their text.
//!
//! | file | holds |
//! |---|---|
//! | `rows.rs` | the rows as plain structs, and the bytes in which places are kept |
//! | `mod.rs` | the file: made, opened, read, written, forgotten |

mod rows;

use std::path::{Path, PathBuf};

use rusqlite::params;

use super::connection::{ReadConnection, WriteConnection};
use super::new_file::{beside, free_name, make_private, remove_own_files};
use super::open::{Database, Format};
use super::{Place, StoreError};

pub use rows::{PhotoText, StoredLine, TextOutcome, TextVector, VECTOR_DIM};

/// Marks a SQLite file as the texts of a Refocus library ("RFTX", big-endian, in the file's header at byte 68).
pub const TEXT_APPLICATION_ID: u32 = 0x5246_5458;

/// What the file's name ends with, behind that of the library.
const ENDING: &str = "-text";

/// What stands behind the name of something that lay in the file's place and is not ours.
const FOUND_HERE: &str = " found here";

/// Each entry takes a file from version `index` to `index + 1`. Entries are never changed once released, only added.
const MIGRATIONS: &[&str] = &["
    -- Photos that were looked at, by the hash of their bytes. `outcome`: see `TextOutcome`. `lines`: one a line, in the order of
    -- reading. `places`: 18 bytes a line, see `StoredLine`. `vector`: what the lines mean together, see `TextVector`.
    CREATE TABLE photo (
        id       INTEGER PRIMARY KEY,
        hash     BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
        revision INTEGER NOT NULL,
        outcome  INTEGER NOT NULL,
        lines    TEXT,
        places   BLOB,
        vector   BLOB
    );
"];

/// The file of texts. Nothing in it cannot be made anew.
static TEXTS: Format = Format {
    application_id: TEXT_APPLICATION_ID,
    migrations: MIGRATIONS,
    keepsake: |path| beside(path, "-kept"),
    has_kept: |_| false,
};

/// The texts of a library, in a file of their own. The library's lock is the lock of this file too.
#[derive(Clone, Debug)]
pub struct TextDatabase(Database);

impl TextDatabase {
    /// Where it lies for the library at `library`.
    #[must_use]
    pub fn path_for(library: &Path) -> PathBuf {
        beside(library, ENDING)
    }

    /// Whether the library has such a file.
    ///
    /// # Errors
    /// [`StoreError::NotALibrary`] where something lies there that is no file. Nothing is written.
    pub fn is_there(library: &Path) -> Result<bool, StoreError> {
        Database::is_there_as(&Self::path_for(library), &TEXTS)
    }

    /// Opens the file, or makes a new one. An older schema is brought up to date; a newer, foreign or damaged file is reported and not
    /// touched. Others than its owner cannot read it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn open(library: &Path) -> Result<Self, StoreError> {
        let opened = Self(Database::open_as(&Self::path_for(library), &TEXTS)?);
        make_private(opened.path());
        Ok(opened)
    }

    /// Moves what lies in the file's place and is not Refocus's out of the way. Returns where it is now.
    ///
    /// # Errors
    /// It cannot be moved.
    pub fn set_aside(library: &Path) -> std::io::Result<PathBuf> {
        let path = Self::path_for(library);
        // Not a name that `remove_own_files` takes for one of ours.
        let aside = free_name(&path, FOUND_HERE);
        std::fs::rename(&path, &aside)?;
        Ok(aside)
    }

    /// Opens it only to read it.
    ///
    /// # Errors
    /// Any [`StoreError`]; [`StoreError::Older`] where the schema is not this program's, [`StoreError::CannotOpen`] where there is none.
    pub fn open_read_only(library: &Path) -> Result<Self, StoreError> {
        Database::open_read_only_as(&Self::path_for(library), &TEXTS).map(Self)
    }

    /// Deletes a damaged file and makes a new one: its photos are read again.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn start_anew(library: &Path) -> Result<Self, StoreError> {
        Self::forget(library).map_err(|error| StoreError::CannotOpen {
            detail: error.to_string(),
            path: Self::path_for(library),
        })?;
        Self::open(library)
    }

    /// Deletes all text that was read: the file and its log. Returns what was deleted. The caller holds the library's lock and has
    /// closed every connection.
    ///
    /// # Errors
    /// Something cannot be deleted; the rest is.
    pub fn forget(library: &Path) -> std::io::Result<Vec<PathBuf>> {
        remove_own_files(&Self::path_for(library))
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A read-only connection.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reader(&self) -> Result<TextRows, StoreError> {
        let connection = self.0.read_connection()?;
        Ok(TextRows(ReadConnection::new(connection, self.path().to_path_buf())))
    }

    /// The one connection that writes. The caller sees to it that there is only one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn writer(&self) -> Result<TextStore, StoreError> {
        let connection = self.0.write_connection()?;
        Ok(TextStore(WriteConnection::new(connection, self.path().to_path_buf())))
    }
}

/// Reads texts.
#[derive(Debug)]
pub struct TextRows(ReadConnection);

impl TextRows {
    /// Hands over what every photo's text is. A row that does not hold what it should is passed over; how many there were is returned.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn for_each(&self, mut each: impl FnMut(PhotoText)) -> Result<usize, StoreError> {
        let mut broken = 0;
        self.0.visit(
            "SELECT hash, revision, outcome, lines, places, vector FROM photo",
            params![],
            |row| {
                match rows::read(row) {
                    Some(text) => each(text),
                    None => broken += 1,
                }
                Ok(())
            },
        )?;
        Ok(broken)
    }

    /// Writes a copy of the whole file, without its free pages, to a file that is not there yet.
    ///
    /// # Errors
    /// Any [`StoreError`]; what was written of the copy is then of no use.
    pub fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        self.0.back_up(to)
    }

    /// SQLite's own whole check: "ok", or the first thing that is wrong.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn integrity(&self) -> Result<String, StoreError> {
        self.0.integrity()
    }
}

/// Writes texts.
#[derive(Debug)]
pub struct TextStore(WriteConnection);

impl TextStore {
    /// What lies at the file's path by now.
    #[must_use]
    pub fn place(&self) -> Place {
        self.0.place()
    }

    /// Writes what was read in some photos, in one transaction, in place of what was known of them.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn store(&mut self, texts: &[PhotoText]) -> Result<(), StoreError> {
        self.0.transaction(|transaction| {
            let mut insert = transaction.prepare_cached(
                "INSERT OR REPLACE INTO photo (hash, revision, outcome, lines, places, vector)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for text in texts {
                let (lines, places) = rows::columns(&text.lines);
                insert.execute(params![
                    text.photo,
                    text.revision,
                    text.outcome.code(),
                    lines,
                    places,
                    text.vector.as_ref().map(TextVector::to_bytes),
                ])?;
            }
            Ok(())
        })
    }

    /// Forgets the texts of photos that are not `known`.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was forgotten.
    pub fn clean_up(&mut self, known: &dyn Fn(&[u8; 32]) -> bool) -> Result<(), StoreError> {
        self.0.transaction(|transaction| {
            let mut select = transaction.prepare("SELECT hash FROM photo")?;
            let hashes = select.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
            let hashes: Vec<Vec<u8>> = hashes.collect::<rusqlite::Result<_>>()?;
            let mut delete = transaction.prepare("DELETE FROM photo WHERE hash = ?1")?;
            for hash in hashes {
                if !<[u8; 32]>::try_from(hash.as_slice()).is_ok_and(|hash| known(&hash)) {
                    delete.execute([hash])?;
                }
            }
            Ok(())
        })?;
        self.0.vacuum()
    }
}

#[cfg(test)]
mod tests;
