//! The library in memory, as the writer changes it: the next snapshot, and the look-ups that only scanning and writing need.
//!
//! It lies behind a lock that is held for single look-ups and changes, never while files, the database or the model are at work.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use refocus_media::{FACTS_REVISION, FailureKind, GATE_VERSION};
use refocus_store::{ContentRow, FailureRow, FileRow, Marks, SidecarRow, Stated};

use super::encodings::Encodings;
use super::event::Problem;
use super::free_numbers::FreeNumbers;
use super::rows::{DateSource, Extras, FileId, FolderId, PhotoRow, Rows};
use super::snapshot::LibrarySnapshot;
use super::stated;
use super::texts::{KnownText, KnownTexts};

mod companions;
mod links;

pub(super) use companions::restate_photos;

/// Everything known of the library. The row number is the place in `now.rows`, `now.encodings` and every order.
#[derive(Default)]
pub(super) struct LibraryIndex {
    /// What the next snapshot shows.
    pub(super) now: LibrarySnapshot,
    /// Row number of each path.
    pub(super) by_path: HashMap<Arc<Path>, u32>,
    /// Contents that the model in use has encoded, whether or not a file holds them now.
    pub(super) encoded_hashes: HashSet<[u8; 32]>,
    /// Contents whose metadata an older revision has read.
    pub(super) stale_facts: HashSet<[u8; 32]>,
    /// What the person thinks of photos, by content.
    pub(super) marks: HashMap<[u8; 32], Marks>,
    /// Text that was read in photos, by content.
    pub(super) texts: KnownTexts,
    /// Sidecars, by path.
    pub(super) sidecars: HashMap<PathBuf, Arc<SidecarRow>>,
    /// Files that belong together.
    companions: companions::Companions,
    /// What raw files state: it counts for the pictures that stand for them, where these say nothing.
    stated_in_raws: HashMap<Arc<Path>, Arc<Stated>>,
    /// Files with several names.
    pub(super) links: links::Links,
    /// Files that could not be read. A list of them is taken by sharing the rows.
    pub(super) failures: HashMap<PathBuf, Arc<FailureRow>>,
    /// Grows with every change of `failures`.
    pub(super) failures_version: u64,
    /// Where each folder's drive was mounted when it was last looked through.
    pub(super) mounted_at: HashMap<FolderId, PathBuf>,
    /// Row numbers that may mean other photos, or will.
    free: FreeNumbers,
    /// Photos that are listed under each folder.
    counts: HashMap<FolderId, usize>,
}

/// What a look at a folder expects to meet.
pub(super) struct Known {
    pub(super) folder: FolderId,
    /// All rows; those of other folders are passed over.
    pub(super) rows: Rows,
    /// The folder's files that could not be read.
    pub(super) failures: Vec<Arc<FailureRow>>,
    /// The folder's sidecars.
    pub(super) sidecars: Vec<Arc<SidecarRow>>,
}

impl LibraryIndex {
    /// Puts a file's row in its place: a new row, or the one that its path has.
    pub(super) fn put(&mut self, file: FileRow, encoding: Option<&[u8]>) {
        if file.photo.facts_revision < FACTS_REVISION {
            self.stale_facts.insert(file.photo.hash);
        } else if !self.stale_facts.is_empty() {
            self.stale_facts.remove(&file.photo.hash);
        }
        let same_as = file.same_as.clone();
        let (mut row, in_file) = photo_row(file, false);
        let (id, path) = (row.id, Arc::clone(&row.path));
        self.join(&path, false);
        self.note_raw(&path, &in_file);
        let shown_before = self.links.set(&path, same_as.as_deref());
        self.state(&mut row, &in_file);
        *self.counts.entry(row.folder).or_default() += 1;
        let number = match self.by_path.get(&path) {
            Some(&number) => {
                self.uncount(number);
                let before = self.now.rows.get(number).map(|old| (old.id, old.encoded));
                if let Some((id, encoded)) = before {
                    self.now.numbers.remove(id, number);
                    // The encoding stays in its place until it is known whether the new one is another.
                    row.encoded = encoded;
                }
                self.now.rows.update(number, |old| *old = row);
                number
            }
            None => match self.free.take() {
                Some(number) => {
                    self.now.rows.update(number, |place| *place = row);
                    number
                }
                None => self.now.rows.push(row),
            },
        };
        match encoding {
            Some(encoding) => self.set_encoding(number, encoding),
            None => self.release_encoding(number),
        }
        self.by_path.insert(Arc::clone(&path), number);
        self.now.numbers.insert(id, number);
        self.regroup(&path);
        if let Some(before) = shown_before {
            self.regroup(&before);
        }
        self.now.version += 1;
    }

    /// Gives a row what its file and its sidecars state, and the marks that follow from it.
    fn state(&self, row: &mut PhotoRow, in_file: &Stated) {
        let (sidecars, raws) = self.stated_by_companions(&row.path);
        let in_sidecars: Vec<&Stated> = sidecars.iter().map(|sidecar| &sidecar.stated).collect();
        let in_raws: Vec<&Stated> = raws.iter().map(AsRef::as_ref).collect();
        stated::state(row, in_file, &in_sidecars, &in_raws);
        let own = self.marks.get(&row.hash).copied().unwrap_or_default();
        row.marks = shown_marks(own, row.extras.brought_rating);
        row.extras.text = self.texts.of(&row.hash);
    }

    /// Takes over the encodings of a model, and the numbers of the rows that have one.
    pub(super) fn take_encodings(&mut self, encodings: Encodings, encoded: &[bool], hashes: HashSet<[u8; 32]>) {
        self.now.encodings = encodings;
        for (number, encoded) in (0u32..).zip(encoded) {
            if self.now.rows.get(number).is_some_and(|row| row.encoded != *encoded) {
                self.now.rows.update(number, |row| row.encoded = *encoded);
            }
        }
        self.encoded_hashes = hashes;
        self.now.version += 1;
    }

    /// Forgets all encodings: another model takes over.
    pub(super) fn clear_encodings(&mut self) {
        self.take_encodings(Encodings::default(), &vec![false; self.now.rows.len()], HashSet::new());
    }

    /// Gives a row its encoding; one that is none leaves it without.
    fn set_encoding(&mut self, number: u32, encoding: &[u8]) {
        let Some(row) = self.now.rows.get(number) else { return };
        let had_one = row.encoded;
        if !self.now.encodings.set(number, encoding, !had_one) {
            self.release_encoding(number);
        } else if !had_one {
            self.now.rows.update(number, |row| row.encoded = true);
        }
    }

    /// A row has no encoding any more.
    fn release_encoding(&mut self, number: u32) {
        if self.now.rows.get(number).is_some_and(|row| row.encoded) {
            self.now.encodings.release(number);
            self.now.rows.update(number, |row| row.encoded = false);
        }
    }

    /// Gives the row of a path another path; what had that one is gone.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) {
        self.remove(to);
        if let Some(&number) = self.by_path.get(from) {
            self.by_path.remove(from);
            self.leave(from);
            let from: Arc<Path> = Arc::from(from);
            let first = self.links.set(&from, None);
            let to: Arc<Path> = Arc::from(to);
            self.links.set(&to, first.as_deref());
            self.links.first_renamed(&from, &to);
            self.now.rows.update(number, |row| row.path = Arc::clone(&to));
            self.by_path.insert(Arc::clone(&to), number);
            self.join(&to, false);
            self.regroup(&from);
            if let Some(stated) = self.stated_in_raws.remove(&from) {
                self.stated_in_raws.insert(Arc::clone(&to), stated);
            }
            self.regroup(&to);
            self.now.version += 1;
        }
    }

    /// A row no longer counts for its folder.
    fn uncount(&mut self, number: u32) {
        let folder = self
            .now
            .rows
            .get(number)
            .filter(|row| row.is_shown())
            .map(|row| row.folder);
        if let Some(count) = folder.and_then(|folder| self.counts.get_mut(&folder)) {
            *count = count.saturating_sub(1);
        }
    }

    /// Marks the row of a path as gone, and gives back what it held.
    pub(super) fn remove(&mut self, path: &Path) {
        if let Some(&number) = self.by_path.get(path) {
            self.by_path.remove(path);
            self.leave(path);
            self.uncount(number);
            if let Some(row) = self.now.rows.get(number) {
                self.now.numbers.remove(row.id, number);
            }
            self.release_encoding(number);
            self.now.rows.remove(number);
            self.free.release(number);
            self.regroup(path);
            self.links.set(&Arc::from(path), None);
            self.stated_in_raws.remove(path);
            self.now.version += 1;
        }
    }

    /// Takes over what the person thinks of photos. `rows`: the numbers of all rows with these contents, which are found
    /// without a lock ([`rows_with`]).
    pub(super) fn set_marks(&mut self, changed: &HashMap<[u8; 32], Marks>, rows: &[u32]) {
        self.marks.extend(changed);
        for &number in rows {
            let Some(row) = self.now.rows.get(number) else { continue };
            let Some(own) = changed.get(&row.hash) else { continue };
            let marks = shown_marks(*own, row.extras.brought_rating);
            if row.marks != marks {
                self.now.rows.update(number, |row| row.marks = marks);
            }
        }
        self.now.marks_version += 1;
    }

    /// Takes over what was newly read in photos. `rows`: the numbers of all rows with these contents ([`rows_with`]).
    pub(super) fn set_texts(&mut self, changed: HashMap<[u8; 32], KnownText>, rows: &[u32]) {
        for &number in rows {
            let Some(row) = self.now.rows.get(number) else { continue };
            let Some(text) = changed.get(&row.hash).map(|known| known.text.clone()) else {
                continue;
            };
            if row.extras.text != text {
                self.now.rows.update(number, |row| row.extras.text = text);
            }
        }
        self.texts.extend(changed.into_values());
        self.now.stated_version += 1;
    }

    /// Forgets what was read in photos. `rows`: the numbers of all rows that show some of it.
    pub(super) fn forget_texts(&mut self, rows: &[u32]) {
        for &number in rows {
            self.now.rows.update(number, |row| row.extras.text = None);
        }
        self.texts.clear();
        self.now.stated_version += 1;
    }

    /// The next snapshot, which is about to be published.
    pub(super) fn next_snapshot(&mut self) -> LibrarySnapshot {
        self.free.publish(&mut self.now.rows);
        self.now.clone()
    }

    /// Whether a path is listed with this content.
    pub(super) fn stands_at(&self, path: &Path, hash: &[u8; 32]) -> bool {
        let number = self.by_path.get(path);
        let row = number.and_then(|&number| self.now.rows.get(number));
        row.is_some_and(|row| row.hash == *hash)
    }

    /// How large the file of a path was when it was read.
    pub(super) fn bytes_of(&self, path: &Path) -> Option<u64> {
        let number = self.by_path.get(path)?;
        Some(self.now.rows.get(*number)?.bytes)
    }

    /// What is known of a folder at this moment.
    pub(super) fn known(&self, folder: FolderId) -> Known {
        let failures = self.failures.values();
        let sidecars = self.sidecars.values();
        Known {
            folder,
            rows: self.now.rows.clone(),
            failures: failures
                .filter(|row| row.failure.folder_id == folder.0)
                .cloned()
                .collect(),
            sidecars: sidecars.filter(|row| row.folder_id == folder.0).cloned().collect(),
        }
    }

    /// Brings the counts of the folders up to date.
    pub(super) fn count_folders(&mut self) {
        for folder in &mut self.now.folders {
            folder.photos = self.counts.get(&folder.id).copied().unwrap_or_default();
        }
    }

    /// Takes note of a file that could not be read.
    pub(super) fn put_failure(&mut self, row: FailureRow) {
        self.failures.insert(row.failure.path.clone(), Arc::new(row));
        self.failures_version += 1;
    }

    /// Forgets the failure of a path.
    pub(super) fn remove_failure(&mut self, path: &Path) {
        if self.failures.remove(path).is_some() {
            self.failures_version += 1;
        }
    }
}

/// The numbers of the rows with one of these contents.
pub(super) fn rows_with<V>(changed: &HashMap<[u8; 32], V>, rows: &Rows) -> Vec<u32> {
    // A person mostly marks one photo, and a comparison is a tenth of a look-up: that counts for a million rows.
    const FEW: usize = 8;
    let few: Vec<[u8; 32]> = changed.keys().take(FEW + 1).copied().collect();
    let is_changed = |hash: &[u8; 32]| match few.len() {
        0..=FEW => few.contains(hash),
        _ => changed.contains_key(hash),
    };
    let rows = (0u32..).zip(rows.iter());
    rows.filter(|(_, row)| !row.gone && is_changed(&row.hash))
        .map(|(number, _)| number)
        .collect()
}

/// The files that could not be read, by path.
pub(super) fn problems(failures: &[Arc<FailureRow>]) -> Arc<[Problem]> {
    let mut problems: Vec<Problem> = failures
        .iter()
        .map(|row| Problem {
            path: row.failure.path.clone(),
            kind: kind_of(row),
            message: row.failure.message.clone(),
            failed_at: row.failed_at,
            next_try: next_try(row),
        })
        .collect();
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    problems.into()
}

fn kind_of(row: &FailureRow) -> FailureKind {
    row.failure.kind.parse().unwrap_or(FailureKind::Io)
}

/// When a failed file is tried again by itself, seconds since 1970-01-01 UTC.
fn next_try(row: &FailureRow) -> Option<i64> {
    let wait = kind_of(row).retry_after(row.attempts)?;
    Some(row.failed_at.saturating_add(wait))
}

/// Whether only a change can help a file that failed.
pub(super) fn waits_for_change(row: &FailureRow) -> bool {
    kind_of(row).is_permanent(row.attempts) && row.failure.gate >= GATE_VERSION
}

/// Whether the time has come to try a failed file again, though nothing changed. A clock that was set back has not made
/// yesterday's failure one of tomorrow: it is tried at once.
pub(super) fn is_due(row: &FailureRow, now: i64) -> bool {
    next_try(row).is_some_and(|next| next <= now || row.failed_at > now)
}

/// The row of a file, still without what is stated of it, and that.
fn photo_row(file: FileRow, encoded: bool) -> (PhotoRow, Stated) {
    let ContentRow {
        hash,
        width,
        height,
        format,
        stated,
        camera,
        animated,
        motion,
        ..
    } = file.photo;
    let row = PhotoRow {
        id: FileId(file.id),
        folder: FolderId(file.folder_id),
        path: Arc::from(file.path),
        hash,
        width,
        height,
        bytes: file.bytes,
        modified_ns: file.modified_ns,
        taken: 0,
        taken_source: DateSource::FileTime,
        camera: camera.map(Arc::from),
        format: known_format(&format),
        encoded,
        marks: Marks::default(),
        extras: Extras {
            added_at: file.added_at,
            animated,
            motion,
            ..Extras::default()
        },
        gone: false,
    };
    (row, stated)
}

/// What a photo shows: the person's own rating, or the one that it brought along where the person gave none.
pub(super) fn shown_marks(own: Marks, brought: u8) -> Marks {
    Marks {
        rating: if own.rating == 0 && !own.unrated {
            brought
        } else {
            own.rating
        },
        favourite: own.favourite,
        unrated: false,
    }
}

/// The static name of a format that the database names.
fn known_format(name: &str) -> &'static str {
    [
        "JPEG", "PNG", "WebP", "GIF", "BMP", "TIFF", "JPEG XL", "RAW", "HEIC", "AVIF",
    ]
    .into_iter()
    .find(|known| *known == name)
    .unwrap_or("picture")
}

#[cfg(test)]
mod tests;
