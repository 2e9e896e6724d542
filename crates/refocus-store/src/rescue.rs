//! A damaged database: a copy is put aside, and all that can still be read goes into a new one.
//!
//! Favourites and ratings come first, because they alone cannot be computed again; where the database has lost them, the
//! [keepsake](super::keepsake) beside it has them. A photo whose row is lost is read again at the next scan.

use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::error::StoreError;
use super::keepsake::Keepsake;
use super::new_file::{Occupied, beside, free_name, put_in_place, remove_if_there};
use super::open::{Database, Format, LIBRARY};

/// What was kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rescued {
    /// Where the damaged database lies now; `None` where its file was missing.
    pub aside: Option<PathBuf>,
    /// Photos with a favourite or a rating.
    pub marks: usize,
    /// Folders.
    pub folders: usize,
    /// Files with a photo and its encoding, as far as there is one.
    pub files: usize,
}

/// A table and the columns that every version of the schema has.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    /// Columns that came later; those that the damaged database has are kept too.
    pub(super) newer: &'static [&'static str],
    /// Rows are read in the order of this, from both ends.
    pub(super) key: &'static str,
}

/// What cannot be computed again first; rows after those that they refer to.
const TABLES: [Table; 8] = [
    Table {
        name: "mark",
        columns: &["hash", "favourite", "rating"],
        newer: &["unrated"],
        key: "hash",
    },
    Table {
        name: "alike",
        columns: &["hash", "decision", "files"],
        newer: &[],
        key: "rowid",
    },
    Table {
        name: "folder",
        columns: &["id", "path", "added_at"],
        newer: &[],
        key: "id",
    },
    Table {
        name: "photo",
        columns: &[
            "id",
            "hash",
            "width",
            "height",
            "format",
            "taken",
            "camera",
            "lens",
            "iso",
            "exposure",
            "f_number",
            "focal_length",
        ],
        newer: &[
            "rating",
            "keywords",
            "animated",
            "taken_ms",
            "taken_offset",
            "taken_source",
            "title",
            "caption",
            "place",
            "latitude",
            "longitude",
            "altitude",
            "faces",
            "motion",
            "facts_revision",
        ],
        key: "id",
    },
    Table {
        name: "file",
        columns: &["id", "folder_id", "path", "bytes", "modified_ns", "photo_id"],
        newer: &["same_as", "added_at"],
        key: "id",
    },
    Table {
        name: "failure",
        columns: &[
            "path",
            "folder_id",
            "kind",
            "message",
            "bytes",
            "modified_ns",
            "failed_at",
        ],
        newer: &[],
        key: "path",
    },
    Table {
        name: "model",
        columns: &["id", "key", "bytes_per_photo"],
        newer: &[],
        key: "id",
    },
    Table {
        name: "encoding",
        columns: &["model_id", "photo_id", "row"],
        newer: &[],
        key: "rowid",
    },
];

/// Rows that refer to rows which are lost.
const ORPHANS: &str = "
    DELETE FROM file     WHERE folder_id NOT IN (SELECT id FROM folder) OR photo_id NOT IN (SELECT id FROM photo);
    DELETE FROM failure  WHERE folder_id NOT IN (SELECT id FROM folder);
    DELETE FROM encoding WHERE model_id NOT IN (SELECT id FROM model) OR photo_id NOT IN (SELECT id FROM photo);
";

/// Builds a new database from what can be read of a damaged one, and puts the damaged one aside. The caller holds the
/// library's lock. A kill at any moment leaves the damaged database or the new one in place.
///
/// # Errors
/// The new one cannot be written; then nothing was changed.
pub fn rescue(path: &Path) -> Result<Rescued, StoreError> {
    let mut rescued = Rescued::default();
    rescued.aside = build_anew(path, &LIBRARY, &TABLES, |new| {
        restore_keepsake(new, &Keepsake::read(path))?;
        new.execute_batch(ORPHANS)?;
        let count = |sql: &str| new.query_row(sql, [], |row| row.get::<_, i64>(0));
        rescued.marks = count("SELECT count(*) FROM mark")? as usize;
        rescued.folders = count("SELECT count(*) FROM folder")? as usize;
        rescued.files = count("SELECT count(*) FROM file")? as usize;
        Ok(())
    })?;
    Ok(rescued)
}

/// Builds a new database of a format from what can be read of the tables of a damaged one; `restore` adds what is kept elsewhere and
/// removes rows whose others are lost. Returns where the damaged one lies now; `None` where its file was missing.
pub(super) fn build_anew(
    path: &Path,
    format: &'static Format,
    tables: &[Table],
    restore: impl FnOnce(&mut Connection) -> rusqlite::Result<()>,
) -> Result<Option<PathBuf>, StoreError> {
    let explain = |error| StoreError::from_sqlite(error, path);
    let cannot = |error: std::io::Error| StoreError::CannotOpen {
        detail: error.to_string(),
        path: path.to_path_buf(),
    };
    let new_path = beside(path, "-rescued");
    for name in [new_path.clone(), beside(&new_path, "-wal"), beside(&new_path, "-shm")] {
        remove_if_there(&name).map_err(cannot)?;
    }
    drop(Database::open_as(&new_path, format)?);
    let mut new = Connection::open(&new_path).map_err(explain)?;
    new.pragma_update(None, "foreign_keys", false).map_err(explain)?;
    new.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
        .map_err(explain)?;
    // One that cannot be opened at all gives nothing; the keepsake has what matters.
    let old = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok();
    if let Some(old) = &old {
        for table in tables {
            let kept = copy(old, &mut new, table).map_err(explain)?;
            tracing::info!(table = table.name, kept, "rows kept");
        }
    }
    drop(old);
    restore(&mut new).map_err(explain)?;
    let aside = path.exists().then(|| free_name(path, ".damaged"));
    new.close().map_err(|(_, error)| explain(error))?;
    put_in_place(&new_path, path, Occupied::Replace, || make_room(path, aside.as_deref())).map_err(cannot)?;
    Ok(aside)
}

/// Copies what can be read of a table: forwards up to a damaged place, then backwards down to it.
fn copy(old: &Connection, new: &mut Connection, table: &Table) -> rusqlite::Result<usize> {
    let has = |column: &&&str| old.prepare(&format!("SELECT {column} FROM {}", table.name)).is_ok();
    let names: Vec<&str> = table
        .columns
        .iter()
        .chain(table.newer.iter().filter(has))
        .copied()
        .collect();
    let columns = names.join(", ");
    let places = vec!["?"; names.len()].join(", ");
    let into = format!("INSERT OR IGNORE INTO {} ({columns}) VALUES ({places})", table.name);
    let transaction = new.transaction()?;
    let mut kept = 0;
    {
        let mut insert = transaction.prepare(&into)?;
        for order in ["ASC", "DESC"] {
            let from = format!("SELECT {columns} FROM {} ORDER BY {} {order}", table.name, table.key);
            let whole = read_rows(old, &from, names.len(), &mut |values| {
                // A row that breaks a rule of the schema is damage that the page's structure does not show.
                match insert.execute(params_from_iter(values)) {
                    Ok(inserted) => kept += inserted,
                    Err(rusqlite::Error::SqliteFailure(error, _))
                        if error.code == rusqlite::ErrorCode::ConstraintViolation => {}
                    Err(error) => return Err(error),
                }
                Ok(())
            })?;
            if whole {
                break;
            }
        }
    }
    transaction.commit()?;
    Ok(kept)
}

/// Hands over rows until the end (true) or a place that cannot be read (false).
fn read_rows(
    old: &Connection,
    sql: &str,
    columns: usize,
    each: &mut dyn FnMut(Vec<Value>) -> rusqlite::Result<()>,
) -> rusqlite::Result<bool> {
    let Ok(mut statement) = old.prepare(sql) else {
        return Ok(false);
    };
    let Ok(mut rows) = statement.query([]) else {
        return Ok(false);
    };
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                let values: rusqlite::Result<Vec<Value>> = (0..columns).map(|column| row.get(column)).collect();
                if let Ok(values) = values {
                    each(values)?;
                }
            }
            Ok(None) => return Ok(true),
            Err(_) => return Ok(false),
        }
    }
}

fn restore_keepsake(new: &mut Connection, keepsake: &Keepsake) -> rusqlite::Result<()> {
    let transaction = new.transaction()?;
    for folder in &keepsake.folders {
        transaction.execute(
            "INSERT OR IGNORE INTO folder (path, added_at) VALUES (?1, 0)",
            [super::path_bytes::to_bytes(folder)],
        )?;
    }
    for (hash, marks) in &keepsake.marks {
        transaction.execute(
            "INSERT OR IGNORE INTO mark (hash, favourite, rating, unrated) VALUES (?1, ?2, ?3, ?4)",
            rusqlite::params![hash, marks.favourite, marks.rating, marks.unrated],
        )?;
    }
    transaction.commit()
}

/// The damaged file gets a second name, then the new one takes its first: there is a library at every moment. The damaged
/// one's log goes with it, so that it is not taken for the new one's.
fn make_room(path: &Path, aside: Option<&Path>) -> std::io::Result<()> {
    let log = beside(path, "-wal");
    match aside {
        Some(aside) => {
            if std::fs::hard_link(path, aside).is_err() {
                std::fs::copy(path, aside)?;
            }
            if log.exists() {
                std::fs::rename(&log, beside(aside, "-wal"))?;
            }
        }
        // A log is of no use without its database.
        None => remove_if_there(&log)?,
    }
    remove_if_there(&beside(path, "-shm"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, ContentRow, IndexedContent, IndexedFile, Marks};

    const PHOTOS: u32 = 400;
    const ENCODING: usize = 300;

    fn hash(number: u32) -> [u8; 32] {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        hash
    }

    fn fill(path: &Path) {
        let mut writer = Database::open(path).unwrap().writer().unwrap();
        let folder_id = writer.add_folder(Path::new("/photos")).unwrap();
        let model_id = writer.model_id("model@1", ENCODING).unwrap();
        let changes: Vec<Change> = (0..PHOTOS)
            .map(|number| {
                let facts = ContentRow {
                    hash: hash(number),
                    format: "JPEG".into(),
                    ..ContentRow::default()
                };
                Change::Indexed(IndexedFile {
                    folder_id,
                    path: format!("/photos/{number}.jpg").into(),
                    bytes: 1,
                    modified_ns: 1,
                    same_as: None,
                    content: IndexedContent::New {
                        facts: Box::new(facts),
                        encoding: vec![number as u8; ENCODING],
                    },
                })
            })
            .collect();
        writer.apply(model_id, &changes).unwrap();
        let marks: Vec<_> = (0..PHOTOS).map(|number| (hash(number), mark(number))).collect();
        writer.set_marks(&marks).unwrap();
    }

    fn mark(number: u32) -> Marks {
        Marks {
            favourite: true,
            rating: (number % 6) as u8,
            ..Default::default()
        }
    }

    fn kept(path: &Path) -> (usize, usize, usize) {
        let reader = Database::open(path).unwrap().reader().unwrap();
        assert_eq!(reader.integrity().unwrap(), "ok");
        let (mut files, mut encodings, mut marks) = (0, 0, 0);
        reader.for_each_file(|_| files += 1).unwrap();
        reader
            .for_each_encoding("model@1", ENCODING, |_, _, row| {
                assert!(row.iter().all(|byte| *byte == row[0]));
                encodings += 1;
            })
            .unwrap();
        reader
            .for_each_mark(|hash, found| {
                let number = u32::from_be_bytes(hash[..4].try_into().unwrap());
                assert_eq!(found, mark(number));
                marks += 1;
            })
            .unwrap();
        (files, encodings, marks)
    }

    #[test]
    fn a_page_that_is_overwritten_costs_what_stood_on_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.refocus");
        fill(&path);
        let whole = std::fs::read(&path).unwrap();
        let pages = whole.len() / 4096;
        let mut losses = Vec::new();
        for page in 1..pages {
            let mut damaged = whole.clone();
            damaged[page * 4096..(page + 1) * 4096].fill(0xA5);
            std::fs::write(&path, &damaged).unwrap();
            let rescued = rescue(&path).unwrap();
            assert_eq!(
                std::fs::read(rescued.aside.as_ref().unwrap()).unwrap(),
                damaged,
                "the damaged one is kept"
            );
            std::fs::remove_file(rescued.aside.unwrap()).unwrap();
            let (files, encodings, marks) = kept(&path);
            let all = PHOTOS as usize;
            losses.push(3 * all - files - encodings - marks);
            assert!(marks == all || (files, encodings) == (all, all), "page {page}");
        }
        // Most pages are leaves, with a handful of rows each.
        losses.sort_unstable();
        assert!(losses[losses.len() / 2] < PHOTOS as usize / 10, "{losses:?}");
    }

    #[test]
    fn marks_and_folders_outlive_a_database_of_which_nothing_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.refocus");
        fill(&path);
        let keepsake = Keepsake::of(&Database::open(&path).unwrap().reader().unwrap()).unwrap();
        keepsake.write(&path).unwrap();
        std::fs::write(&path, vec![0x5A; 40_000]).unwrap();
        let rescued = rescue(&path).unwrap();
        assert_eq!((rescued.marks, rescued.folders, rescued.files), (PHOTOS as usize, 1, 0));
        assert_eq!(kept(&path), (0, 0, PHOTOS as usize));
    }

    #[test]
    fn marks_and_folders_outlive_a_database_that_is_missing_or_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.refocus");
        fill(&path);
        let keepsake = Keepsake::of(&Database::open(&path).unwrap().reader().unwrap()).unwrap();
        keepsake.write(&path).unwrap();
        for missing in [true, false] {
            if missing {
                std::fs::remove_file(&path).unwrap();
            } else {
                std::fs::write(&path, []).unwrap();
            }
            assert!(matches!(Database::open(&path), Err(StoreError::Damaged { .. })));
            assert_eq!(Keepsake::read(&path), keepsake, "opening writes nothing");
            let rescued = rescue(&path).unwrap();
            assert_eq!((rescued.marks, rescued.folders), (PHOTOS as usize, 1));
            assert_eq!(rescued.aside.is_none(), missing);
            assert_eq!(kept(&path), (0, 0, PHOTOS as usize));
        }
    }
}
