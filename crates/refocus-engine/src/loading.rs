//! From the library's file into memory.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use refocus_model::PhotoModel;
use refocus_store::{Database, FileRow, Marks, Reader, StoreError};

use super::event::{Folder, Noticing};
use super::library_index::LibraryIndex;
use super::opening::{self, Access, Opened};
use super::rows::{FileId, FolderId};
use super::shared::Shared;
use super::start::EngineConfig;

/// Rows that are read from the database at a time.
const ROWS_AT_ONCE: usize = 8192;

/// Rows are shown before all of them are read when that takes longer than this.
const SHOW_AFTER: Duration = Duration::from_millis(700);

/// Opens the library and loads its rows; damage that shows only then has the library rebuilt as well.
pub(super) fn open_and_load(
    config: &EngineConfig,
    shared: &Shared,
) -> Result<(Database, Access, Option<String>), StoreError> {
    let mut opened = opening::open(&config.paths.database, config.access)?;
    if let Err(error) = load_rows(&opened.database, shared) {
        opened = rebuild_and_load(config, shared, opened.access, error)?;
    }
    let Opened {
        database,
        access,
        notice,
    } = opened;
    Ok((database, access, notice))
}

/// Rebuilds a library in which damage was met, and loads the rows of the new one. Any other error, and damage of a library that
/// cannot be written, is handed back.
pub(super) fn rebuild_and_load(
    config: &EngineConfig,
    shared: &Shared,
    access: Access,
    error: StoreError,
) -> Result<Opened, StoreError> {
    let Access::Write(lock) = access else { return Err(error) };
    if !matches!(error, StoreError::Damaged { .. }) {
        return Err(error);
    }
    *shared.write() = LibraryIndex::default();
    let opened = opening::rebuild(&config.paths.database, lock, &error)?;
    load_rows(&opened.database, shared)?;
    Ok(opened)
}

/// Folders, failures, marks and sidecars.
fn load_what_is_no_photo(reader: &Reader, shared: &Shared) -> Result<(), StoreError> {
    let mut library = shared.write();
    let folders = reader.folders()?;
    library.mounted_at = folders
        .iter()
        .filter_map(|row| Some((FolderId(row.id), row.mounted_at.clone()?)))
        .collect();
    library.folders = folders
        .into_iter()
        .map(|row| Folder {
            id: FolderId(row.id),
            online: row.path.exists(),
            path: row.path,
            photos: 0,
            noticing: Noticing::default(),
        })
        .collect();
    library.failures_version += 1;
    library.failures = reader
        .failures()?
        .into_iter()
        .map(|row| (row.failure.path.clone(), row))
        .collect();
    let mut marks = HashMap::new();
    reader.for_each_mark(|hash, mark| {
        marks.insert(hash, mark);
    })?;
    library.marks = marks;
    let mut sidecars = HashMap::new();
    reader.for_each_sidecar(|row| {
        sidecars.insert(row.path.clone(), row);
    })?;
    library.sidecars = sidecars;
    Ok(())
}

/// All rows, without encodings.
fn load_rows(database: &Database, shared: &Shared) -> Result<(), StoreError> {
    let reader = database.reader()?;
    load_what_is_no_photo(&reader, shared)?;
    let mut batch = Vec::with_capacity(ROWS_AT_ONCE);
    let tuned = shared.tuned();
    let roots: HashMap<i64, PathBuf> = {
        let library = shared.read();
        let roots = library.folders.iter();
        roots.map(|folder| (folder.id.0, folder.path.clone())).collect()
    };
    let is_left_out = |file: &FileRow| {
        let root = roots.get(&file.folder_id);
        root.is_some_and(|root| tuned.leaves_out(root, &file.path, file.bytes))
    };
    let put = |batch: &mut Vec<FileRow>| {
        let mut library = shared.write();
        for file in batch.drain(..).filter(|file| !is_left_out(file)) {
            library.put(file, None);
        }
        library.count_folders();
    };
    let (start, mut told) = (Instant::now(), false);
    reader.for_each_file(|file| {
        batch.push(file);
        if batch.len() >= ROWS_AT_ONCE {
            put(&mut batch);
            // A very large library shows its first rows while the others come.
            if !told && start.elapsed() >= SHOW_AFTER {
                told = true;
                shared.tell_library();
            }
        }
    })?;
    put(&mut batch);
    Ok(())
}

/// Brings the rows in memory to what another Refocus has written since they were loaded. Rows keep their numbers.
pub(super) fn catch_up(database: &Database, shared: &Shared) -> Result<(), StoreError> {
    let reader = database.reader()?;
    let mut there: HashSet<PathBuf> = HashSet::new();
    let mut new: Vec<FileRow> = Vec::new();
    {
        let library = shared.read();
        reader.for_each_file(|file| {
            let known = library.by_path.get(file.path.as_path());
            let row = known.and_then(|&number| library.rows.get(number));
            there.insert(file.path.clone());
            let same = row.is_some_and(|row| {
                row.id.0 == file.id
                    && row.folder.0 == file.folder_id
                    && row.hash == file.photo.hash
                    && (row.bytes, row.modified_ns) == (file.bytes, file.modified_ns)
            });
            if !same {
                new.push(file);
            }
        })?;
    }
    load_what_is_no_photo(&reader, shared)?;
    let mut library = shared.write();
    let gone: Vec<Arc<Path>> = library
        .by_path
        .keys()
        .filter(|path| !there.contains(path.as_ref()))
        .cloned()
        .collect();
    for path in gone {
        library.remove(&path);
    }
    let tuned = shared.tuned();
    let roots: HashMap<i64, PathBuf> = library
        .folders
        .iter()
        .map(|folder| (folder.id.0, folder.path.clone()))
        .collect();
    for file in new {
        let root = roots.get(&file.folder_id);
        if !root.is_some_and(|root| tuned.leaves_out(root, &file.path, file.bytes)) {
            library.put(file, None);
        }
    }
    // Those that were taken away meanwhile are among them.
    let marks: Vec<([u8; 32], Marks)> = library
        .rows
        .iter()
        .map(|row| (row.hash, library.marks.get(&row.hash).copied().unwrap_or_default()))
        .collect();
    library.set_marks(&marks);
    library.count_folders();
    drop(library);
    shared.tell_library();
    shared.tell_problems();
    Ok(())
}

/// Reads what the model in use made of the photos.
pub(super) fn load_encodings(database: &Database, shared: &Shared, model: &dyn PhotoModel) -> Result<(), StoreError> {
    let reader = database.reader()?;
    let (info, layout) = (model.info(), model.layout());
    let mut library = shared.write();
    library.bytes_per_photo = info.bytes_per_photo;
    // Fresh memory is zero without being written, where `resize` would write it all.
    library.encodings = vec![0; library.rows.len() * info.bytes_per_photo];
    let mut hashes = HashSet::new();
    let mut broken = 0;
    let wrong = reader.for_each_encoding(&info.id.0, info.bytes_per_photo, |file, hash, encoding| {
        if layout.check(encoding).is_err() {
            broken += 1;
            return;
        }
        hashes.insert(hash);
        if let Some(number) = file.and_then(|file| library.by_id.get(&FileId(file)).copied()) {
            library.set_encoding(number, encoding);
        }
    })?;
    if wrong + broken > 0 {
        tracing::warn!(rows = wrong + broken, "encodings that are none are made again");
    }
    library.encoded_hashes = hashes;
    Ok(())
}
