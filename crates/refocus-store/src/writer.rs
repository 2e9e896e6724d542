//! Writing rows, through the one connection that writes.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, Transaction, params};

use super::connection::WriteConnection;
use super::error::StoreError;
use super::in_place::Place;
use super::path_bytes;
use super::rows::{MOST_STARS, Marks};

mod change;

pub use change::{Change, Outcome};

/// The one connection that writes.
#[derive(Debug)]
pub struct Writer {
    pub(super) inner: WriteConnection,
}

impl Writer {
    pub(super) fn new(connection: Connection, path: PathBuf) -> Self {
        Self {
            inner: WriteConnection::new(connection, path),
        }
    }

    /// What lies at the library's path by now.
    #[must_use]
    pub fn place(&self) -> Place {
        self.inner.place()
    }

    /// Adds a folder, or finds it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn add_folder(&mut self, folder: &Path) -> Result<i64, StoreError> {
        self.transaction(|transaction| {
            let bytes = path_bytes::to_bytes(folder);
            transaction.execute(
                "INSERT OR IGNORE INTO folder (path, added_at) VALUES (?1, ?2)",
                params![bytes, seconds_since_epoch()],
            )?;
            transaction.query_row("SELECT id FROM folder WHERE path = ?1", params![bytes], |row| {
                row.get(0)
            })
        })
    }

    /// Forgets a folder, its files and its failures. Photos and encodings stay.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn remove_folder(&mut self, folder_id: i64) -> Result<(), StoreError> {
        self.transaction(|transaction| {
            transaction.execute("DELETE FROM folder WHERE id = ?1", params![folder_id])?;
            Ok(())
        })
    }

    /// Remembers where the drive of a folder is mounted.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn set_mounted_at(&mut self, folder_id: i64, mounted_at: &Path) -> Result<(), StoreError> {
        self.transaction(|transaction| {
            transaction.execute(
                "UPDATE folder SET mounted_at = ?2 WHERE id = ?1",
                params![folder_id, path_bytes::to_bytes(mounted_at)],
            )?;
            Ok(())
        })
    }

    /// The row of a model, made where it is new.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn model_id(&mut self, key: &str, bytes_per_photo: usize) -> Result<i64, StoreError> {
        self.transaction(|transaction| {
            transaction.execute(
                "INSERT OR IGNORE INTO model (key, bytes_per_photo) VALUES (?1, ?2)",
                params![key, bytes_per_photo as i64],
            )?;
            transaction.query_row("SELECT id FROM model WHERE key = ?1", params![key], |row| row.get(0))
        })
    }

    /// Writes encodings of photos that are in the library already, by their content, in one transaction. A content that is not
    /// there any more is passed over.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn add_encodings(&mut self, model_id: i64, rows: &[([u8; 32], Vec<u8>)]) -> Result<(), StoreError> {
        self.transaction(|transaction| {
            for (hash, row) in rows {
                transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO encoding (model_id, photo_id, row)
                         SELECT ?1, id, ?3 FROM photo WHERE hash = ?2",
                    )?
                    .execute(params![model_id, hash, row])?;
            }
            Ok(())
        })
    }

    /// Writes all changes in one transaction: all of them are there afterwards, or none.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing of `changes` was written.
    pub fn apply(&mut self, model_id: i64, changes: &[Change]) -> Result<Vec<Outcome>, StoreError> {
        self.transaction(|transaction| {
            changes
                .iter()
                .map(|change| change::write(transaction, model_id, change))
                .collect()
        })
    }

    /// Writes what the person thinks of photos, in one transaction. A photo without any mark has no row.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn set_marks(&mut self, marks: &[([u8; 32], Marks)]) -> Result<(), StoreError> {
        self.transaction(|transaction| {
            for (hash, marks) in marks {
                if *marks == Marks::default() {
                    transaction
                        .prepare_cached("DELETE FROM mark WHERE hash = ?1")?
                        .execute(params![hash])?;
                } else {
                    transaction
                        .prepare_cached(
                            "INSERT OR REPLACE INTO mark (hash, favourite, rating, unrated) VALUES (?1, ?2, ?3, ?4)",
                        )?
                        .execute(params![
                            hash,
                            marks.favourite,
                            marks.rating.min(MOST_STARS),
                            marks.unrated
                        ])?;
                }
            }
            Ok(())
        })
    }

    /// Keeps that photos which are alike are all to stay: their contents, each once and with how many files of it there are, as one
    /// decision. Returns its number.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn keep_alike(&mut self, contents: &[([u8; 32], u32)]) -> Result<i64, StoreError> {
        self.transaction(|transaction| {
            let decision =
                transaction.query_row("SELECT coalesce(max(decision), 0) + 1 FROM alike", [], |row| row.get(0))?;
            for (hash, files) in contents {
                transaction
                    .prepare_cached("INSERT INTO alike (hash, decision, files) VALUES (?1, ?2, ?3)")?
                    .execute(params![hash, decision, files])?;
            }
            Ok(decision)
        })
    }

    /// Has decisions of [`Writer::keep_alike`] hold for contents `to` as they do for `from`, of which these are turned.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn carry_kept_alike(&mut self, contents: &[([u8; 32], [u8; 32])]) -> Result<(), StoreError> {
        self.transaction(|transaction| {
            for (from, to) in contents {
                transaction
                    .prepare_cached(
                        "INSERT INTO alike (hash, decision, files)
                         SELECT ?2, decision, files FROM alike of WHERE hash = ?1 AND NOT EXISTS
                             (SELECT 1 FROM alike WHERE hash = ?2 AND decision = of.decision)",
                    )?
                    .execute(params![from, to])?;
            }
            Ok(())
        })
    }

    /// Takes a decision of [`Writer::keep_alike`] back. One that is not there is no error.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn forget_kept_alike(&mut self, decision: i64) -> Result<(), StoreError> {
        self.transaction(|transaction| {
            transaction.execute("DELETE FROM alike WHERE decision = ?1", params![decision])?;
            Ok(())
        })
    }

    /// Forgets photos that no listed file holds, encodings by other models than the one in use, and encodings of the wrong
    /// length, and makes the file as small as it can be. Favourites and ratings stay.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn clean_up(&mut self, model: &str) -> Result<(), StoreError> {
        self.transaction(|transaction| {
            transaction.execute(
                "DELETE FROM encoding WHERE model_id NOT IN (SELECT id FROM model WHERE key = ?1)
                 OR length(row) <> (SELECT bytes_per_photo FROM model WHERE id = model_id)",
                params![model],
            )?;
            transaction.execute(
                "DELETE FROM photo WHERE NOT EXISTS (SELECT 1 FROM file WHERE file.photo_id = photo.id)",
                params![],
            )?;
            transaction.execute("DELETE FROM model WHERE key <> ?1", params![model])?;
            Ok(())
        })?;
        self.inner.vacuum()
    }

    /// Gives a folder another place: all its files and failures lie below the new path from now on.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn relink(&mut self, folder_id: i64, to: &Path) -> Result<(), StoreError> {
        self.transaction(|transaction| {
            let from: Vec<u8> =
                transaction.query_row("SELECT path FROM folder WHERE id = ?1", params![folder_id], |row| {
                    row.get(0)
                })?;
            let from = path_bytes::from_bytes(&from);
            transaction.execute(
                "UPDATE folder SET path = ?2, mounted_at = NULL WHERE id = ?1",
                params![folder_id, path_bytes::to_bytes(to)],
            )?;
            // The next look at the folder tells which names mean one file.
            transaction.execute(
                "UPDATE file SET same_as = NULL WHERE folder_id = ?1",
                params![folder_id],
            )?;
            for table in ["file", "failure", "sidecar"] {
                let mut paths: Vec<Vec<u8>> = Vec::new();
                let mut select = transaction.prepare(&format!("SELECT path FROM {table} WHERE folder_id = ?1"))?;
                let mut rows = select.query(params![folder_id])?;
                while let Some(row) = rows.next()? {
                    paths.push(row.get(0)?);
                }
                let mut update =
                    transaction.prepare(&format!("UPDATE OR REPLACE {table} SET path = ?2 WHERE path = ?1"))?;
                for path in paths {
                    let old = path_bytes::from_bytes(&path);
                    if let Ok(below) = old.strip_prefix(&from) {
                        // Joining nothing would end the path with a separator.
                        let new = if below.as_os_str().is_empty() {
                            to.to_path_buf()
                        } else {
                            to.join(below)
                        };
                        update.execute(params![path, path_bytes::to_bytes(&new)])?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Writes the WAL back into the database file.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.inner.checkpoint()
    }

    fn transaction<T>(&mut self, run: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.inner.transaction(run)
    }
}

pub(super) fn seconds_since_epoch() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs().cast_signed())
}

#[cfg(test)]
mod tests;
