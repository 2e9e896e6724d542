//! From the library's file into memory.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use refocus_media::FACTS_REVISION;
use refocus_model::PhotoModel;
use refocus_store::{Database, FileRow, Marks, Reader, StoreError};

use super::encodings::Encodings;
use super::event::{Event, Folder, Noticing};
use super::library_index::{LibraryIndex, restate_photos, rows_with};
use super::opening::{self, Access, Opened};
use super::presence::{Presence, Presences};
use super::rows::{FileId, FolderId};
use super::shared::Shared;
use super::start::EngineConfig;
use super::texts;

/// Rows that are read from the database at a time.
const ROWS_AT_ONCE: usize = 8192;

/// Rows are shown before all of them are read when that takes longer than this.
const SHOW_AFTER: Duration = Duration::from_millis(700);

/// A folder that is there answers within this time, also on a busy machine; opening waits no longer for one that hangs.
const ANSWERS_WITHIN: Duration = Duration::from_millis(300);

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
    shared.change(|index| *index = LibraryIndex::default());
    let opened = opening::rebuild(&config.paths.database, lock, &error)?;
    load_rows(&opened.database, shared)?;
    Ok(opened)
}

/// Folders, failures, marks and sidecars. A folder that does not answer at once counts as offline until it does.
fn load_what_is_no_photo(reader: &Reader, shared: &Shared) -> Result<(), StoreError> {
    let rows = reader.folders()?;
    let mounted_at = rows
        .iter()
        .filter_map(|row| Some((FolderId(row.id), row.mounted_at.clone()?)))
        .collect();
    let paths: Vec<(FolderId, PathBuf)> = rows.iter().map(|row| (FolderId(row.id), row.path.clone())).collect();
    let presences = Presences::default().of_all(&paths, ANSWERS_WITHIN);
    let is_there = |id| matches!(presences.get(&id), Some(Presence::There(_) | Presence::File));
    let folders = rows
        .into_iter()
        .map(|row| Folder {
            id: FolderId(row.id),
            online: is_there(FolderId(row.id)),
            path: row.path,
            photos: 0,
            noticing: Noticing::default(),
            left_out: Arc::default(),
        })
        .collect();
    let failures = reader.failures()?;
    let failures = failures
        .into_iter()
        .map(|row| (row.failure.path.clone(), Arc::new(row)))
        .collect();
    let mut marks = HashMap::new();
    reader.for_each_mark(|hash, mark| {
        marks.insert(hash, mark);
    })?;
    let mut sidecars = HashMap::new();
    reader.for_each_sidecar(|row| {
        sidecars.insert(row.path.clone(), Arc::new(row));
    })?;
    shared.change(|index| {
        index.mounted_at = mounted_at;
        index.now.folders = folders;
        index.failures_version += 1;
        index.failures = failures;
        index.marks = marks;
        index.set_sidecars(sidecars);
    });
    Ok(())
}

/// All rows, without encodings.
fn load_rows(database: &Database, shared: &Shared) -> Result<(), StoreError> {
    let reader = database.reader()?;
    let (texts, wrong) = texts::files::load(database.path());
    if let Some(wrong) = wrong {
        shared.tell(Event::Notice(wrong));
    }
    shared.index().texts.extend(texts);
    load_what_is_no_photo(&reader, shared)?;
    let mut batch = Vec::with_capacity(ROWS_AT_ONCE);
    let tuned = shared.tuned();
    let roots = roots_of(shared);
    let is_left_out = |folder_id: i64, path: &Path, bytes: u64| {
        let root = roots.get(&folder_id);
        root.is_some_and(|root| tuned.hides(root, path, bytes))
    };
    if !shared.index().sidecars.is_empty() {
        let mut paths = Vec::new();
        reader.for_each_path(|folder_id, path, bytes| {
            if !is_left_out(folder_id, &path, bytes) {
                paths.push(path);
            }
        })?;
        shared.index().names_come_first(paths.into_iter());
    }
    let put = |batch: &mut Vec<FileRow>| {
        let mut index = shared.index();
        for file in batch
            .drain(..)
            .filter(|file| !is_left_out(file.folder_id, &file.path, file.bytes))
        {
            index.put(file, None);
        }
    };
    let (start, mut told) = (Instant::now(), false);
    reader.for_each_file(|file| {
        batch.push(file);
        if batch.len() >= ROWS_AT_ONCE {
            put(&mut batch);
            // A very large library shows its first rows while the others come.
            if !told && start.elapsed() >= SHOW_AFTER {
                told = true;
                shared.change(LibraryIndex::count_folders);
                shared.tell_library();
            }
        }
    })?;
    put(&mut batch);
    restate_photos(shared, &reader);
    shared.change(|index| {
        index.loaded();
        index.count_folders();
    });
    Ok(())
}

/// The path of each folder.
fn roots_of(shared: &Shared) -> HashMap<i64, PathBuf> {
    let folders = &shared.snapshot().folders;
    folders
        .iter()
        .map(|folder| (folder.id.0, folder.path.clone()))
        .collect()
}

/// Brings the rows in memory to what another Refocus has written since they were loaded. Rows keep their numbers.
pub(super) fn catch_up(database: &Database, shared: &Shared) -> Result<(), StoreError> {
    let reader = database.reader()?;
    // What a writer that ended early has left is part of it.
    shared.publish();
    let snapshot = shared.snapshot();
    let mut there: HashSet<PathBuf> = HashSet::new();
    let mut new: Vec<FileRow> = Vec::new();
    let stale_facts = shared.index().stale_facts.clone();
    // A row whose file has another id by now is put again, under its path.
    reader.for_each_file(|file| {
        let row = snapshot.row_of(FileId(file.id));
        let facts_came = file.photo.facts_revision >= FACTS_REVISION && stale_facts.contains(&file.photo.hash);
        there.insert(file.path.clone());
        let same_name = shared.index().links.first_name(&file.path) == file.same_as.as_deref();
        let same = !facts_came
            && same_name
            && row.is_some_and(|row| {
                *row.path == *file.path
                    && row.folder.0 == file.folder_id
                    && row.hash == file.photo.hash
                    && (row.bytes, row.modified_ns) == (file.bytes, file.modified_ns)
            });
        if !same {
            new.push(file);
        }
    })?;
    load_what_is_no_photo(&reader, shared)?;
    let tuned = shared.tuned();
    let roots = roots_of(shared);
    new.retain(|file| {
        let root = roots.get(&file.folder_id);
        !root.is_some_and(|root| tuned.hides(root, &file.path, file.bytes))
    });
    let rows = snapshot.rows.iter().filter(|row| !row.gone);
    let gone: Vec<Arc<Path>> = rows
        .map(|row| &row.path)
        .filter(|path| !there.contains(path.as_ref()))
        .cloned()
        .collect();
    {
        let mut index = shared.index();
        for path in gone {
            index.remove(&path);
        }
        for file in new {
            index.put(file, None);
        }
    }
    restate_photos(shared, &reader);
    shared.publish();
    // Those that were taken away meanwhile are among them.
    let snapshot = shared.snapshot();
    let marks: HashMap<[u8; 32], Marks> = {
        let index = shared.index();
        let rows = snapshot.rows.iter().filter(|row| !row.gone);
        rows.map(|row| (row.hash, index.marks.get(&row.hash).copied().unwrap_or_default()))
            .collect()
    };
    let rows = rows_with(&marks, &snapshot.rows);
    shared.change(|index| {
        index.set_marks(&marks, &rows);
        index.count_folders();
    });
    shared.tell_library();
    shared.tell_problems();
    Ok(())
}

/// Reads what the model in use made of the photos.
pub(super) fn load_encodings(database: &Database, shared: &Shared, model: &dyn PhotoModel) -> Result<(), StoreError> {
    let reader = database.reader()?;
    let (info, layout) = (model.info(), model.layout());
    let snapshot = shared.snapshot();
    let mut encodings = Encodings::new(info.bytes_per_photo);
    let mut encoded = vec![false; snapshot.rows.len()];
    let mut hashes = HashSet::new();
    let mut broken = 0;
    let wrong = reader.for_each_encoding(&info.id.0, info.bytes_per_photo, |file, hash, encoding| {
        if layout.check(encoding).is_err() {
            broken += 1;
            return;
        }
        hashes.insert(hash);
        if let Some(number) = file.and_then(|file| snapshot.number_of(FileId(file)))
            && let Some(had_one) = encoded.get_mut(number as usize)
        {
            *had_one |= encodings.set(number, encoding, !*had_one);
        }
    })?;
    if wrong + broken > 0 {
        tracing::warn!(rows = wrong + broken, "encodings that are none are made again");
    }
    // So that rows which only this snapshot shares with the index are changed in their place.
    drop(snapshot);
    shared.change(|index| index.take_encodings(encodings, &encoded, hashes));
    Ok(())
}
