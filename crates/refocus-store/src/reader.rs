//! Reading rows, through a read-only connection.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::connection::ReadConnection;
use super::error::StoreError;
use super::path_bytes;
use super::rows::{ContentRow, FailureRow, FileRow, FolderRow, Marks, NewFailure, SidecarRow, Sizes};
use super::stated_columns;

/// A read-only view of a library.
#[derive(Debug)]
pub struct Reader {
    inner: ReadConnection,
}

impl Reader {
    pub(super) fn new(connection: Connection, path: PathBuf) -> Self {
        Self {
            inner: ReadConnection::new(connection, path),
        }
    }

    /// The folders, in the order in which they were added.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn folders(&self) -> Result<Vec<FolderRow>, StoreError> {
        self.inner
            .collect("SELECT id, path, mounted_at FROM folder ORDER BY id", |row| {
                Ok(FolderRow {
                    id: row.get(0)?,
                    path: path_bytes::from_bytes(row.get_ref(1)?.as_blob()?),
                    mounted_at: row.get_ref(2)?.as_blob_or_null()?.map(path_bytes::from_bytes),
                })
            })
    }

    /// Hands over the folder's id, the path and the bytes of every file.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn for_each_path(&self, mut each: impl FnMut(i64, PathBuf, u64)) -> Result<(), StoreError> {
        self.inner
            .visit("SELECT folder_id, path, bytes FROM file", params![], |row| {
                let path = path_bytes::from_bytes(row.get_ref(1)?.as_blob()?);
                each(row.get(0)?, path, row.get::<_, i64>(2)?.cast_unsigned());
                Ok(())
            })
    }

    /// Hands over every file with its photo, in the order of file ids.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn for_each_file(&self, mut each: impl FnMut(FileRow)) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT f.id, f.folder_id, f.path, f.bytes, f.modified_ns, p.hash, f.same_as, f.added_at, {} FROM file f JOIN photo p ON p.id = f.photo_id
             ORDER BY f.id",
            content_columns()
        );
        self.inner.visit(&sql, params![], |row| {
            each(FileRow {
                id: row.get(0)?,
                folder_id: row.get(1)?,
                path: path_bytes::from_bytes(row.get_ref(2)?.as_blob()?),
                bytes: row.get::<_, i64>(3)?.cast_unsigned(),
                modified_ns: row.get(4)?,
                same_as: row.get_ref(6)?.as_blob_or_null()?.map(path_bytes::from_bytes),
                added_at: row.get(7)?,
                photo: content(row, row.get(5)?, 8)?,
            });
            Ok(())
        })
    }

    /// Hands over every encoding by this model, with its photo's hash, for each file that holds the photo, and once without one
    /// where no file holds it now. In the order in which they lie on the disk: any other has SQLite sort all of them in a
    /// temporary file. Returns how many had another length than `bytes_per_photo`; these are passed over, as if the photo were
    /// not encoded.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn for_each_encoding(
        &self,
        model: &str,
        bytes_per_photo: usize,
        mut each: impl FnMut(Option<i64>, [u8; 32], &[u8]),
    ) -> Result<usize, StoreError> {
        // The order of a cross join is kept.
        let sql = "SELECT f.id, p.hash, e.row FROM encoding e
                   CROSS JOIN photo p ON p.id = e.photo_id
                   LEFT JOIN file f ON f.photo_id = e.photo_id
                   WHERE e.model_id = (SELECT id FROM model WHERE key = ?1)";
        let mut of_wrong_length = 0;
        self.inner.visit(sql, params![model], |row| {
            let blob = row.get_ref(2)?.as_blob()?;
            if blob.len() == bytes_per_photo {
                each(row.get(0)?, row.get(1)?, blob);
            } else {
                of_wrong_length += 1;
            }
            Ok(())
        })?;
        Ok(of_wrong_length)
    }

    /// Hands over the hash of every photo that this model has encoded, whether or not a file holds it now.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn for_each_encoded_hash(
        &self,
        model: &str,
        bytes_per_photo: usize,
        mut each: impl FnMut([u8; 32]),
    ) -> Result<(), StoreError> {
        let sql = "SELECT p.hash FROM photo p
                   JOIN encoding e ON e.photo_id = p.id AND e.model_id = (SELECT id FROM model WHERE key = ?1)
                   WHERE length(e.row) = ?2";
        self.inner.visit(sql, params![model, bytes_per_photo as i64], |row| {
            each(row.get(0)?);
            Ok(())
        })
    }

    /// The encoding of the photo with these bytes.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn encoding_of_hash(&self, model: &str, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT e.row FROM photo p
                   JOIN encoding e ON e.photo_id = p.id AND e.model_id = (SELECT id FROM model WHERE key = ?1)
                   WHERE p.hash = ?2";
        self.inner
            .connection
            .query_row(sql, params![model, hash], |row| row.get(0))
            .optional()
            .map_err(|error| StoreError::from_sqlite(error, &self.inner.path))
    }

    /// What is known of the photo with these bytes.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn facts_of_hash(&self, hash: &[u8; 32]) -> Result<Option<ContentRow>, StoreError> {
        let sql = format!("SELECT {} FROM photo p WHERE p.hash = ?1", content_columns());
        self.inner
            .connection
            .query_row(&sql, params![hash], |row| content(row, *hash, 0))
            .optional()
            .map_err(|error| StoreError::from_sqlite(error, &self.inner.path))
    }

    /// Places where the photo with these bytes lies, as far as is known: the first `most` of them.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn places_of_hash(&self, hash: &[u8; 32], most: usize) -> Result<Vec<PathBuf>, StoreError> {
        let sql =
            "SELECT f.path FROM file f JOIN photo p ON p.id = f.photo_id WHERE p.hash = ?1 ORDER BY f.id LIMIT ?2";
        let mut places = Vec::new();
        self.inner.visit(sql, params![hash, most as i64], |row| {
            places.push(path_bytes::from_bytes(row.get_ref(0)?.as_blob()?));
            Ok(())
        })?;
        Ok(places)
    }

    /// Hands over every photo that is marked, whether or not a file holds it now.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn for_each_mark(&self, mut each: impl FnMut([u8; 32], Marks)) -> Result<(), StoreError> {
        self.inner
            .visit("SELECT hash, favourite, rating, unrated FROM mark", params![], |row| {
                let marks = Marks {
                    favourite: row.get(1)?,
                    rating: row.get(2)?,
                    unrated: row.get(3)?,
                };
                each(row.get(0)?, marks);
                Ok(())
            })
    }

    /// Hands over every content of every decision of [`Writer::keep_alike`](crate::Writer::keep_alike): its hash, the decision, and
    /// how many files of it there were.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn for_each_kept_alike(&self, mut each: impl FnMut([u8; 32], i64, u32)) -> Result<(), StoreError> {
        self.inner
            .visit("SELECT hash, decision, files FROM alike", params![], |row| {
                each(row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(())
            })
    }

    /// Hands over every sidecar.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn for_each_sidecar(&self, mut each: impl FnMut(SidecarRow)) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT path, folder_id, bytes, modified_ns, facts_revision, {} FROM sidecar",
            stated_columns::COLUMNS
        );
        self.inner.visit(&sql, params![], |row| {
            each(SidecarRow {
                path: path_bytes::from_bytes(row.get_ref(0)?.as_blob()?),
                folder_id: row.get(1)?,
                bytes: row.get::<_, i64>(2)?.cast_unsigned(),
                modified_ns: row.get(3)?,
                facts_revision: row.get(4)?,
                stated: stated_columns::read(row, 5)?,
            });
            Ok(())
        })
    }

    /// All files that could not be read, by path.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn failures(&self) -> Result<Vec<FailureRow>, StoreError> {
        let sql = "SELECT path, folder_id, kind, message, bytes, modified_ns, failed_at, attempts, gate
                   FROM failure ORDER BY path";
        self.inner.collect(sql, |row| {
            Ok(FailureRow {
                failure: NewFailure {
                    path: path_bytes::from_bytes(row.get_ref(0)?.as_blob()?),
                    folder_id: row.get(1)?,
                    kind: row.get(2)?,
                    message: row.get(3)?,
                    bytes: row.get::<_, i64>(4)?.cast_unsigned(),
                    modified_ns: row.get(5)?,
                    gate: row.get(8)?,
                },
                failed_at: row.get(6)?,
                attempts: row.get(7)?,
            })
        })
    }

    /// What the database holds, for the model in use.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn sizes(&self, model: &str) -> Result<Sizes, StoreError> {
        let number = |sql: &str, params: &[&dyn rusqlite::ToSql]| {
            self.inner
                .connection
                .query_row(sql, params, |row| row.get::<_, i64>(0))
                .map(i64::cast_unsigned)
                .map_err(|error| StoreError::from_sqlite(error, &self.inner.path))
        };
        let page = number("PRAGMA page_size", &[])?;
        let without_file = "FROM photo p LEFT JOIN encoding e ON e.photo_id = p.id
                            WHERE NOT EXISTS (SELECT 1 FROM file f WHERE f.photo_id = p.id)";
        let of_others = "FROM encoding WHERE model_id NOT IN (SELECT id FROM model WHERE key = ?1)";
        Ok(Sizes {
            bytes: page * number("PRAGMA page_count", &[])?,
            free_bytes: page * number("PRAGMA freelist_count", &[])?,
            photos_without_file: number(&format!("SELECT count(DISTINCT p.id) {without_file}"), &[])?,
            without_file_bytes: number(&format!("SELECT coalesce(sum(length(e.row)), 0) {without_file}"), &[])?,
            other_encodings: number(&format!("SELECT count(*) {of_others}"), &[&model])?,
            other_bytes: number(&format!("SELECT coalesce(sum(length(row)), 0) {of_others}"), &[&model])?,
            wrong_encodings: number(
                "SELECT count(*) FROM encoding e JOIN model m ON m.id = e.model_id WHERE length(e.row) <> m.bytes_per_photo",
                &[],
            )?,
        })
    }

    /// Writes a copy of the whole library, without its free pages, to a file that is not there yet.
    ///
    /// # Errors
    /// Any [`StoreError`]; what was written of the copy is then of no use.
    pub fn back_up(&self, to: &std::path::Path) -> Result<(), StoreError> {
        self.inner.back_up(to)
    }

    /// SQLite's own whole check: "ok", or the first thing that is wrong.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn integrity(&self) -> Result<String, StoreError> {
        self.inner.integrity()
    }
}

/// The columns of a photo's row, in the order in which [`content`] reads them.
fn content_columns() -> String {
    format!(
        "p.width, p.height, p.format, p.camera, p.lens, p.iso, p.exposure, p.f_number, p.focal_length, p.animated, p.motion,
         p.facts_revision, {}",
        stated_columns::of_table("p")
    )
}

/// A photo's row, from column `first` on.
fn content(row: &Row<'_>, hash: [u8; 32], first: usize) -> rusqlite::Result<ContentRow> {
    Ok(ContentRow {
        hash,
        width: row.get(first)?,
        height: row.get(first + 1)?,
        format: row.get(first + 2)?,
        camera: row.get(first + 3)?,
        lens: row.get(first + 4)?,
        iso: row.get(first + 5)?,
        exposure: row.get(first + 6)?,
        f_number: row.get(first + 7)?,
        focal_length: row.get(first + 8)?,
        animated: row.get(first + 9)?,
        motion: row.get(first + 10)?,
        facts_revision: row.get(first + 11)?,
        stated: stated_columns::read(row, first + 12)?,
    })
}
