//! Writing rows, through the one connection that writes.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::error::StoreError;
use super::in_place::{FileIdentity, Place, look};
use super::path_bytes;
use super::rows::{ContentRow, IndexedContent, IndexedFile, MOST_STARS, Marks, NewFailure, SidecarRow, Tags};

/// A row to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A file that was read.
    Indexed(IndexedFile),
    /// A file that could not be read. A row that stood for an older content of the file goes.
    Failed(NewFailure),
    /// A file that lies at another path now, its bytes unchanged. It keeps its row.
    Moved {
        /// Where it was.
        from: PathBuf,
        /// Where and what it is; its content is [`IndexedContent::Known`].
        to: IndexedFile,
    },
    /// A sidecar that was read.
    Sidecar(SidecarRow),
    /// A file that is not there any more. Its photo and encoding stay, for when it turns up elsewhere.
    Gone(PathBuf),
}

/// The result of a [`Change`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The file's row.
    File(i64),
    /// The file could not be read, for a reason of this kind; so often in a row by now, without having changed.
    Failure {
        /// At least 1.
        attempts: u32,
    },
    /// There is no file row (any more).
    NoFile,
    /// The change names content as known that the database does not have: the file must be read again.
    ContentMissing,
}

/// The one connection that writes.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    path: PathBuf,
    /// Of the file that is open; `None` where the system did not say.
    identity: Option<FileIdentity>,
}

impl Writer {
    pub(super) fn new(connection: Connection, path: PathBuf) -> Self {
        let identity = FileIdentity::of(&path).ok();
        Self {
            connection,
            path,
            identity,
        }
    }

    /// What lies at the library's path by now.
    #[must_use]
    pub fn place(&self) -> Place {
        look(&self.path, self.identity)
    }

    /// Writes a copy of the whole library to a file that is not there yet.
    pub(super) fn copy_to(&self, to: &Path) -> Result<(), StoreError> {
        vacuum_into(&self.connection, to)
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
                .map(|change| write(transaction, model_id, change))
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
        self.connection
            .execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")
            .map_err(|error| StoreError::from_sqlite(error, &self.path))
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
        self.connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .map_err(|error| StoreError::from_sqlite(error, &self.path))
    }

    /// The same, waiting for those who read, and leaves an empty log.
    pub(super) fn fold_log(&mut self) -> Result<(), StoreError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|error| StoreError::from_sqlite(error, &self.path))
    }

    fn transaction<T>(&mut self, run: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let path = &self.path;
        let explain = |error| StoreError::from_sqlite(error, path);
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(explain)?;
        let result = run(&transaction).map_err(explain)?;
        transaction.commit().map_err(explain)?;
        Ok(result)
    }
}

/// Writes a copy of the whole library, without its free pages, to a file that is not there yet.
pub(super) fn vacuum_into(connection: &Connection, to: &Path) -> Result<(), StoreError> {
    let name = to.to_str().ok_or_else(|| StoreError::CannotOpen {
        detail: "a copy's name must be Unicode".to_owned(),
        path: to.to_path_buf(),
    })?;
    connection
        .execute("VACUUM INTO ?1", [name])
        .map(|_| ())
        .map_err(|error| StoreError::from_sqlite(error, to))
}

fn write(transaction: &Transaction<'_>, model_id: i64, change: &Change) -> rusqlite::Result<Outcome> {
    match change {
        Change::Indexed(file) => {
            let photo_id = match &file.content {
                IndexedContent::New { facts, encoding } => {
                    let photo_id = photo(transaction, facts)?;
                    transaction
                        .prepare_cached(
                            "INSERT OR REPLACE INTO encoding (model_id, photo_id, row) VALUES (?1, ?2, ?3)",
                        )?
                        .execute(params![model_id, photo_id, encoding])?;
                    photo_id
                }
                IndexedContent::Known { hash } => {
                    let known = transaction
                        .prepare_cached("SELECT id FROM photo WHERE hash = ?1")?
                        .query_row(params![hash], |row| row.get(0))
                        .optional()?;
                    let Some(photo_id) = known else {
                        return Ok(Outcome::ContentMissing);
                    };
                    photo_id
                }
            };
            let path = path_bytes::to_bytes(&file.path);
            transaction
                .prepare_cached("DELETE FROM failure WHERE path = ?1")?
                .execute(params![path])?;
            let id = transaction
                .prepare_cached(
                    "INSERT INTO file (folder_id, path, bytes, modified_ns, photo_id) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (path) DO UPDATE SET folder_id = excluded.folder_id, bytes = excluded.bytes,
                         modified_ns = excluded.modified_ns, photo_id = excluded.photo_id
                     RETURNING id",
                )?
                .query_row(
                    params![
                        file.folder_id,
                        path,
                        file.bytes.cast_signed(),
                        file.modified_ns,
                        photo_id
                    ],
                    |row| row.get(0),
                )?;
            Ok(Outcome::File(id))
        }
        Change::Moved { from, to } => {
            // What stood at the new place was replaced.
            transaction
                .prepare_cached("DELETE FROM file WHERE path = ?1")?
                .execute(params![path_bytes::to_bytes(&to.path)])?;
            transaction
                .prepare_cached("UPDATE file SET path = ?2 WHERE path = ?1")?
                .execute(params![path_bytes::to_bytes(from), path_bytes::to_bytes(&to.path)])?;
            write(transaction, model_id, &Change::Indexed(to.clone()))
        }
        Change::Failed(failure) => {
            let path = path_bytes::to_bytes(&failure.path);
            transaction
                .prepare_cached("DELETE FROM file WHERE path = ?1")?
                .execute(params![path])?;
            let attempts = transaction
                .prepare_cached(
                    "INSERT INTO failure (path, folder_id, kind, message, bytes, modified_ns, failed_at, gate)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                     ON CONFLICT (path) DO UPDATE SET
                         attempts = CASE WHEN bytes = excluded.bytes AND modified_ns = excluded.modified_ns
                                              AND kind = excluded.kind
                                         THEN attempts + 1 ELSE 1 END,
                         folder_id = excluded.folder_id, kind = excluded.kind, message = excluded.message,
                         bytes = excluded.bytes, modified_ns = excluded.modified_ns, failed_at = excluded.failed_at,
                         gate = excluded.gate
                     RETURNING attempts",
                )?
                .query_row(
                    params![
                        path,
                        failure.folder_id,
                        failure.kind,
                        failure.message,
                        failure.bytes.cast_signed(),
                        failure.modified_ns,
                        seconds_since_epoch(),
                        failure.gate,
                    ],
                    |row| row.get(0),
                )?;
            Ok(Outcome::Failure { attempts })
        }
        Change::Sidecar(sidecar) => {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO sidecar (path, folder_id, bytes, modified_ns, rating, keywords)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    path_bytes::to_bytes(&sidecar.path),
                    sidecar.folder_id,
                    sidecar.bytes.cast_signed(),
                    sidecar.modified_ns,
                    sidecar.tags.rating,
                    lines(&sidecar.tags),
                ])?;
            Ok(Outcome::NoFile)
        }
        Change::Gone(path) => {
            let path = path_bytes::to_bytes(path);
            transaction
                .prepare_cached("DELETE FROM file WHERE path = ?1")?
                .execute(params![path])?;
            transaction
                .prepare_cached("DELETE FROM failure WHERE path = ?1")?
                .execute(params![path])?;
            transaction
                .prepare_cached("DELETE FROM sidecar WHERE path = ?1")?
                .execute(params![path])?;
            Ok(Outcome::NoFile)
        }
    }
}

fn photo(transaction: &Transaction<'_>, facts: &ContentRow) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached(
            "INSERT INTO photo (hash, width, height, format, taken, camera, lens, iso, exposure, f_number, focal_length, rating,
                                keywords, animated)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (hash) DO UPDATE SET width = excluded.width, height = excluded.height, format = excluded.format,
                 taken = excluded.taken, camera = excluded.camera, lens = excluded.lens, iso = excluded.iso,
                 exposure = excluded.exposure, f_number = excluded.f_number, focal_length = excluded.focal_length,
                 rating = excluded.rating, keywords = excluded.keywords, animated = excluded.animated
             RETURNING id",
        )?
        .query_row(
            params![
                facts.hash,
                facts.width,
                facts.height,
                facts.format,
                facts.taken,
                facts.camera,
                facts.lens,
                facts.iso,
                facts.exposure,
                facts.f_number,
                facts.focal_length,
                facts.tags.rating,
                lines(&facts.tags),
                facts.animated,
            ],
            |row| row.get(0),
        )
}

/// Keywords, one a line; nothing where there are none.
fn lines(tags: &Tags) -> Option<String> {
    (!tags.keywords.is_empty()).then(|| tags.keywords.join("\n"))
}

fn seconds_since_epoch() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs().cast_signed())
}

#[cfg(test)]
mod tests {
    use super::super::Database;
    use super::*;

    struct Library {
        _folder: tempfile::TempDir,
        database: Database,
        writer: Writer,
        folder_id: i64,
        model_id: i64,
    }

    fn library() -> Library {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("library.refocus")).unwrap();
        let mut writer = database.writer().unwrap();
        let folder_id = writer.add_folder(Path::new("/photos")).unwrap();
        let model_id = writer.model_id("model@1", 4).unwrap();
        Library {
            _folder: folder,
            database,
            writer,
            folder_id,
            model_id,
        }
    }

    fn new_file(folder_id: i64, path: &str, hash: u8, encoding: &[u8]) -> Change {
        let facts = ContentRow {
            hash: [hash; 32],
            width: 3,
            height: 2,
            format: "JPEG".into(),
            ..Default::default()
        };
        Change::Indexed(IndexedFile {
            folder_id,
            path: path.into(),
            bytes: 10,
            modified_ns: 5,
            content: IndexedContent::New {
                facts: Box::new(facts),
                encoding: encoding.to_vec(),
            },
        })
    }

    fn files(database: &Database) -> Vec<(PathBuf, u8)> {
        let mut files = Vec::new();
        database
            .reader()
            .unwrap()
            .for_each_file(|file| files.push((file.path, file.photo.hash[0])))
            .unwrap();
        files
    }

    #[test]
    fn a_file_has_one_row_however_often_it_is_written() {
        let mut l = library();
        l.writer
            .apply(l.model_id, &[new_file(l.folder_id, "/photos/a.jpg", 1, b"abcd")])
            .unwrap();
        l.writer
            .apply(l.model_id, &[new_file(l.folder_id, "/photos/a.jpg", 2, b"efgh")])
            .unwrap();
        assert_eq!(files(&l.database), [("/photos/a.jpg".into(), 2)]);
        let mut rows = Vec::new();
        let wrong = l
            .database
            .reader()
            .unwrap()
            .for_each_encoding("model@1", 4, |file, _, row| rows.push((file.is_some(), row.to_vec())))
            .unwrap();
        let expected = vec![(false, b"abcd".to_vec()), (true, b"efgh".to_vec())];
        assert_eq!(
            (rows, wrong),
            (expected, 0),
            "what no file holds now is handed over without one"
        );
    }

    #[test]
    fn a_moved_file_keeps_its_encoding() {
        let mut l = library();
        l.writer
            .apply(l.model_id, &[new_file(l.folder_id, "/photos/a.jpg", 1, b"abcd")])
            .unwrap();
        let known = IndexedFile {
            folder_id: l.folder_id,
            path: "/photos/b.jpg".into(),
            bytes: 10,
            modified_ns: 6,
            content: IndexedContent::Known { hash: [1; 32] },
        };
        let missing = IndexedFile {
            path: "/photos/c.jpg".into(),
            content: IndexedContent::Known { hash: [9; 32] },
            ..known
        };
        let outcomes = l
            .writer
            .apply(
                l.model_id,
                &[
                    Change::Gone("/photos/a.jpg".into()),
                    Change::Indexed(known),
                    Change::Indexed(missing),
                ],
            )
            .unwrap();
        assert!(matches!(
            outcomes[..],
            [Outcome::NoFile, Outcome::File(_), Outcome::ContentMissing]
        ));
        assert_eq!(files(&l.database), [("/photos/b.jpg".into(), 1)]);
        let mut count = 0;
        l.database
            .reader()
            .unwrap()
            .for_each_encoding("model@1", 4, |_, _, _| count += 1)
            .unwrap();
        assert_eq!(count, 1);
    }

    #[test]
    fn a_file_that_moves_keeps_its_row_and_replaces_what_stood_there() {
        let mut l = library();
        let files_before = [
            new_file(l.folder_id, "/photos/a.jpg", 1, b"abcd"),
            new_file(l.folder_id, "/photos/b.jpg", 2, b"efgh"),
        ];
        let before = l.writer.apply(l.model_id, &files_before).unwrap();
        let to = IndexedFile {
            folder_id: l.folder_id,
            path: "/photos/b.jpg".into(),
            bytes: 10,
            modified_ns: 6,
            content: IndexedContent::Known { hash: [1; 32] },
        };
        let moved = Change::Moved {
            from: "/photos/a.jpg".into(),
            to,
        };
        let after = l.writer.apply(l.model_id, &[moved]).unwrap();
        assert_eq!(after[0], before[0], "the same row");
        assert_eq!(files(&l.database), [("/photos/b.jpg".into(), 1)]);
        assert_eq!(
            l.database.reader().unwrap().places_of_hash(&[1; 32], 9).unwrap(),
            [Path::new("/photos/b.jpg")]
        );
    }

    #[test]
    fn a_file_is_a_row_or_a_failure_but_never_both() {
        let mut l = library();
        let failure = NewFailure {
            folder_id: l.folder_id,
            path: "/photos/a.jpg".into(),
            kind: "corrupt".into(),
            message: "it ends too early".into(),
            bytes: 10,
            modified_ns: 7,
            gate: 1,
        };
        l.writer
            .apply(l.model_id, &[new_file(l.folder_id, "/photos/a.jpg", 1, b"abcd")])
            .unwrap();
        l.writer.apply(l.model_id, &[Change::Failed(failure.clone())]).unwrap();
        let reader = l.database.reader().unwrap();
        assert!(files(&l.database).is_empty());
        assert_eq!(reader.failures().unwrap()[0].failure, failure);
        let again = l.writer.apply(l.model_id, &[Change::Failed(failure.clone())]).unwrap();
        assert_eq!(again, [Outcome::Failure { attempts: 2 }]);
        let otherwise = NewFailure {
            kind: "interrupted".into(),
            ..failure.clone()
        };
        let otherwise = l.writer.apply(l.model_id, &[Change::Failed(otherwise)]).unwrap();
        assert_eq!(
            otherwise,
            [Outcome::Failure { attempts: 1 }],
            "so does trouble of another kind"
        );
        let changed = NewFailure {
            modified_ns: 8,
            ..failure
        };
        let changed = l.writer.apply(l.model_id, &[Change::Failed(changed)]).unwrap();
        assert_eq!(
            changed,
            [Outcome::Failure { attempts: 1 }],
            "a change starts the count anew"
        );
        l.writer
            .apply(l.model_id, &[new_file(l.folder_id, "/photos/a.jpg", 2, b"abcd")])
            .unwrap();
        assert_eq!(files(&l.database).len(), 1);
        assert!(reader.failures().unwrap().is_empty());
    }

    #[test]
    fn an_encoding_of_the_wrong_length_counts_as_none() {
        let mut l = library();
        l.writer
            .apply(l.model_id, &[new_file(l.folder_id, "/photos/a.jpg", 1, b"abc")])
            .unwrap();
        let reader = l.database.reader().unwrap();
        let mut seen = 0;
        assert_eq!(reader.for_each_encoding("model@1", 4, |_, _, _| seen += 1).unwrap(), 1);
        let mut hashes = 0;
        reader.for_each_encoded_hash("model@1", 4, |_| hashes += 1).unwrap();
        assert_eq!((seen, hashes), (0, 0));
    }

    #[test]
    fn two_models_keep_their_encodings_of_the_same_photo_apart() {
        let mut l = library();
        l.writer
            .apply(l.model_id, &[new_file(l.folder_id, "/photos/a.jpg", 1, b"abcd")])
            .unwrap();
        let other = l.writer.model_id("other@1", 2).unwrap();
        let rows = [([1; 32], b"xy".to_vec()), ([9; 32], b"no".to_vec())];
        l.writer.add_encodings(other, &rows).unwrap();
        let reader = l.database.reader().unwrap();
        assert_eq!(
            reader.encoding_of_hash("other@1", &[1; 32]).unwrap(),
            Some(b"xy".to_vec())
        );
        assert_eq!(
            reader.encoding_of_hash("model@1", &[1; 32]).unwrap(),
            Some(b"abcd".to_vec())
        );
        assert_eq!(reader.encoding_of_hash("other@1", &[9; 32]).unwrap(), None);
    }

    fn marks(database: &Database) -> Vec<(u8, Marks)> {
        let mut marks = Vec::new();
        let reader = database.reader().unwrap();
        reader.for_each_mark(|hash, mark| marks.push((hash[0], mark))).unwrap();
        marks
    }

    #[test]
    fn marks_outlive_the_file_and_its_folder_and_go_when_they_are_taken_back() {
        let mut l = library();
        l.writer
            .apply(l.model_id, &[new_file(l.folder_id, "/photos/a.jpg", 1, b"abcd")])
            .unwrap();
        let liked = Marks {
            favourite: true,
            rating: 4,
            ..Default::default()
        };
        l.writer.set_marks(&[([1; 32], liked)]).unwrap();
        l.writer
            .apply(l.model_id, &[Change::Gone("/photos/a.jpg".into())])
            .unwrap();
        l.writer.remove_folder(l.folder_id).unwrap();
        assert_eq!(marks(&l.database), [(1, liked)]);
        l.writer.set_marks(&[([1; 32], Marks::default())]).unwrap();
        assert!(marks(&l.database).is_empty());
    }

    #[test]
    fn a_folder_at_a_new_place_keeps_its_rows() {
        let mut l = library();
        let before = l
            .writer
            .apply(
                l.model_id,
                &[
                    new_file(l.folder_id, "/photos/a.jpg", 1, b"abcd"),
                    new_file(l.folder_id, "/photos/sub/b.jpg", 2, b"efgh"),
                ],
            )
            .unwrap();
        l.writer.relink(l.folder_id, Path::new("/mnt/new place")).unwrap();
        assert_eq!(
            files(&l.database),
            [
                ("/mnt/new place/a.jpg".into(), 1),
                ("/mnt/new place/sub/b.jpg".into(), 2)
            ]
        );
        let reader = l.database.reader().unwrap();
        assert_eq!(reader.folders().unwrap()[0].path, Path::new("/mnt/new place"));
        let moved = new_file(l.folder_id, "/mnt/new place/a.jpg", 1, b"abcd");
        assert_eq!(l.writer.apply(l.model_id, &[moved]).unwrap()[0], before[0]);
    }

    #[test]
    fn cleaning_up_forgets_what_no_file_and_no_model_needs_and_keeps_marks() {
        let mut l = library();
        let old_model = l.writer.model_id("model@0", 4).unwrap();
        let kept = new_file(l.folder_id, "/photos/a.jpg", 1, b"abcd");
        let gone = new_file(l.folder_id, "/photos/b.jpg", 2, b"efgh");
        l.writer.apply(old_model, std::slice::from_ref(&kept)).unwrap();
        l.writer.apply(l.model_id, &[kept, gone]).unwrap();
        l.writer
            .apply(l.model_id, &[Change::Gone("/photos/b.jpg".into())])
            .unwrap();
        let liked = Marks {
            favourite: true,
            rating: 0,
            ..Default::default()
        };
        l.writer.set_marks(&[([2; 32], liked)]).unwrap();
        let sizes = l.database.reader().unwrap().sizes("model@1").unwrap();
        assert_eq!((sizes.photos_without_file, sizes.without_file_bytes), (1, 4));
        assert_eq!(
            (sizes.other_encodings, sizes.other_bytes, sizes.wrong_encodings),
            (1, 4, 0)
        );
        l.writer.clean_up("model@1").unwrap();
        let reader = l.database.reader().unwrap();
        let sizes = reader.sizes("model@1").unwrap();
        assert_eq!(
            (sizes.photos_without_file, sizes.other_encodings, sizes.free_bytes),
            (0, 0, 0)
        );
        assert_eq!(
            reader.encoding_of_hash("model@1", &[1; 32]).unwrap(),
            Some(b"abcd".to_vec())
        );
        assert_eq!(marks(&l.database), [(2, liked)]);
    }

    #[test]
    fn a_copy_holds_the_whole_library() {
        let mut l = library();
        l.writer
            .apply(l.model_id, &[new_file(l.folder_id, "/photos/a.jpg", 1, b"abcd")])
            .unwrap();
        let copy = l._folder.path().join("copy 'of' it.refocus");
        let reader = l.database.reader().unwrap();
        reader.back_up(&copy).unwrap();
        assert!(
            reader.back_up(&copy).is_err(),
            "a file that is there is not written over"
        );
        let copy = Database::open(&copy).unwrap();
        assert_eq!(files(&copy), files(&l.database));
        assert_eq!(copy.reader().unwrap().integrity().unwrap(), "ok");
    }

    #[test]
    fn removing_a_folder_forgets_its_files_and_keeps_what_was_computed() {
        let mut l = library();
        l.writer
            .apply(l.model_id, &[new_file(l.folder_id, "/photos/a.jpg", 1, b"abcd")])
            .unwrap();
        l.writer.remove_folder(l.folder_id).unwrap();
        let reader = l.database.reader().unwrap();
        assert!(files(&l.database).is_empty() && reader.folders().unwrap().is_empty());
        assert_eq!(
            reader.encoding_of_hash("model@1", &[1; 32]).unwrap(),
            Some(b"abcd".to_vec())
        );
        assert_eq!(reader.integrity().unwrap(), "ok");
    }

    #[test]
    fn what_other_programs_wrote_is_kept_and_goes_with_its_file() {
        let mut l = library();
        let tags = Tags {
            rating: Some(3),
            keywords: vec!["sea".into(), "two words".into()],
        };
        let sidecar = SidecarRow {
            folder_id: l.folder_id,
            path: "/photos/a.xmp".into(),
            bytes: 7,
            modified_ns: 8,
            tags: tags.clone(),
        };
        let mut photo = new_file(l.folder_id, "/photos/a.jpg", 1, b"abcd");
        if let Change::Indexed(IndexedFile {
            content: IndexedContent::New { facts, .. },
            ..
        }) = &mut photo
        {
            facts.tags = tags.clone();
            facts.animated = true;
        }
        l.writer
            .apply(l.model_id, &[photo, Change::Sidecar(sidecar.clone())])
            .unwrap();
        let reader = l.database.reader().unwrap();
        let facts = reader.facts_of_hash(&[1; 32]).unwrap().unwrap();
        assert_eq!((facts.tags, facts.animated), (tags, true));
        let sidecars = || {
            let mut found = Vec::new();
            reader.for_each_sidecar(|row| found.push(row)).unwrap();
            found
        };
        assert_eq!(sidecars(), [sidecar]);
        l.writer.relink(l.folder_id, Path::new("/moved")).unwrap();
        assert_eq!(sidecars()[0].path, Path::new("/moved/a.xmp"));
        l.writer
            .apply(l.model_id, &[Change::Gone("/moved/a.xmp".into())])
            .unwrap();
        assert_eq!(sidecars(), []);
        let unrated = Marks {
            unrated: true,
            ..Marks::default()
        };
        l.writer.set_marks(&[([1; 32], unrated)]).unwrap();
        let mut marks = Vec::new();
        reader.for_each_mark(|hash, mark| marks.push((hash, mark))).unwrap();
        assert_eq!(
            marks,
            [([1; 32], unrated)],
            "a rating that was taken away is something to remember"
        );
    }
}
