//! Changes of rows, and the statements that write each of them.

use std::path::PathBuf;
use std::sync::LazyLock;

use rusqlite::{OptionalExtension, ToSql, Transaction, params, params_from_iter};

use super::seconds_since_epoch;
use crate::path_bytes;
use crate::rows::{ContentRow, IndexedContent, IndexedFile, NewFailure, SidecarRow};
use crate::stated_columns;

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
    File {
        /// Row id.
        id: i64,
        /// When the file came into the library, seconds since 1970-01-01 UTC.
        added_at: i64,
    },
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

pub(super) fn write(transaction: &Transaction<'_>, model_id: i64, change: &Change) -> rusqlite::Result<Outcome> {
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
                IndexedContent::Facts(facts) => photo(transaction, facts)?,
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
            let outcome = transaction
                .prepare_cached(
                    "INSERT INTO file (folder_id, path, bytes, modified_ns, photo_id, same_as, added_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                     ON CONFLICT (path) DO UPDATE SET folder_id = excluded.folder_id, bytes = excluded.bytes,
                         modified_ns = excluded.modified_ns, photo_id = excluded.photo_id, same_as = excluded.same_as
                     RETURNING id, added_at",
                )?
                .query_row(
                    params![
                        file.folder_id,
                        path,
                        file.bytes.cast_signed(),
                        file.modified_ns,
                        photo_id,
                        file.same_as.as_deref().map(path_bytes::to_bytes),
                        seconds_since_epoch(),
                    ],
                    |row| {
                        Ok(Outcome::File {
                            id: row.get(0)?,
                            added_at: row.get(1)?,
                        })
                    },
                )?;
            Ok(outcome)
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
            static SQL: LazyLock<String> = LazyLock::new(|| {
                format!(
                    "INSERT OR REPLACE INTO sidecar (path, folder_id, bytes, modified_ns, facts_revision, {})
                     VALUES (?1, ?2, ?3, ?4, ?5, {})",
                    stated_columns::COLUMNS,
                    stated_columns::parameters(6)
                )
            });
            let path = path_bytes::to_bytes(&sidecar.path);
            let bytes = sidecar.bytes.cast_signed();
            let own: [&dyn ToSql; 5] = [
                &path,
                &sidecar.folder_id,
                &bytes,
                &sidecar.modified_ns,
                &sidecar.facts_revision,
            ];
            let stated = stated_columns::values(&sidecar.stated);
            transaction.prepare_cached(&SQL)?.execute(params_from_iter(
                own.into_iter().chain(stated_columns::as_parameters(&stated)),
            ))?;
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
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "INSERT INTO photo (hash, width, height, format, camera, lens, iso, exposure, f_number, focal_length, animated, motion,
                                facts_revision, {})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, {})
             ON CONFLICT (hash) DO UPDATE SET width = excluded.width, height = excluded.height, format = excluded.format,
                 camera = excluded.camera, lens = excluded.lens, iso = excluded.iso, exposure = excluded.exposure,
                 f_number = excluded.f_number, focal_length = excluded.focal_length, animated = excluded.animated,
                 motion = excluded.motion, facts_revision = excluded.facts_revision, {}
             RETURNING id",
            stated_columns::COLUMNS,
            stated_columns::parameters(14),
            stated_columns::from_excluded()
        )
    });
    let own: [&dyn ToSql; 13] = [
        &facts.hash,
        &facts.width,
        &facts.height,
        &facts.format,
        &facts.camera,
        &facts.lens,
        &facts.iso,
        &facts.exposure,
        &facts.f_number,
        &facts.focal_length,
        &facts.animated,
        &facts.motion,
        &facts.facts_revision,
    ];
    let stated = stated_columns::values(&facts.stated);
    transaction.prepare_cached(&SQL)?.query_row(
        params_from_iter(own.into_iter().chain(stated_columns::as_parameters(&stated))),
        |row| row.get(0),
    )
}
