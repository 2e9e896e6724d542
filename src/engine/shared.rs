//! What the engine's threads share: the library in memory, and the way to the front end.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crossbeam_channel::Sender;

use crate::library::date_from_name;
use crate::store::{FailureRow, FileRow, Marks, PhotoFacts};

use super::event::{Event, Folder, Problem, Progress};
use super::rows::{DateSource, FileId, FolderId, PhotoRow, Rows};

/// Called after every event, so that a sleeping front end looks at its channel.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Everything known of the library, in memory. The row number is the index into `rows`, `encodings` and every order.
#[derive(Default)]
pub(super) struct Library {
    /// Rows as the front ends see them.
    pub(super) rows: Rows,
    /// `rows.len() * bytes_per_photo` bytes; zeros where a row is not encoded.
    pub(super) encodings: Vec<u8>,
    /// Length of an encoding; 0 until the model is loaded.
    pub(super) bytes_per_photo: usize,
    /// Row number of each path.
    pub(super) by_path: HashMap<Arc<Path>, u32>,
    /// Row number of each file id.
    pub(super) by_id: HashMap<FileId, u32>,
    /// Contents that the model in use has encoded, whether or not a file holds them now.
    pub(super) encoded_hashes: HashSet<[u8; 32]>,
    /// What the person thinks of photos, by content.
    pub(super) marks: HashMap<[u8; 32], Marks>,
    /// Grows with every change of a mark: a mark changes who passes a filter, but no encoding.
    pub(super) marks_version: u64,
    /// Files that could not be read.
    pub(super) failures: HashMap<PathBuf, FailureRow>,
    /// The folders, in the order in which they were added.
    pub(super) folders: Vec<Folder>,
    /// Grows with every change that can change an order.
    pub(super) version: u64,
}

impl Library {
    /// Puts a file's row in its place: a new row, or the one that its path has.
    pub(super) fn put(&mut self, file: FileRow, encoding: Option<&[u8]>) {
        let mut row = photo_row(file, encoding.is_some());
        row.marks = self.marks.get(&row.hash).copied().unwrap_or_default();
        let (id, path) = (row.id, Arc::clone(&row.path));
        let number = match self.by_path.get(&path) {
            Some(&number) => {
                self.rows.update(number, |old| *old = row);
                number
            }
            None => {
                let number = self.rows.push(row);
                self.encodings.resize(self.rows.len() * self.bytes_per_photo, 0);
                number
            }
        };
        if let Some(encoding) = encoding {
            self.set_encoding(number, encoding);
        }
        self.by_path.insert(path, number);
        self.by_id.insert(id, number);
        self.version += 1;
    }

    /// Gives a row its encoding.
    pub(super) fn set_encoding(&mut self, number: u32, encoding: &[u8]) {
        let from = number as usize * self.bytes_per_photo;
        let Some(place) = self.encodings.get_mut(from..from + self.bytes_per_photo) else {
            return;
        };
        if place.len() == encoding.len() {
            place.copy_from_slice(encoding);
            self.rows.update(number, |row| row.encoded = true);
            self.version += 1;
        }
    }

    /// Marks the row of a path as gone.
    pub(super) fn remove(&mut self, path: &Path) {
        if let Some(number) = self.by_path.remove(path) {
            if let Some(row) = self.rows.get(number) {
                self.by_id.remove(&row.id);
            }
            self.rows.update(number, |row| row.gone = true);
            self.version += 1;
        }
    }

    /// Takes over what the person thinks of photos.
    pub(super) fn set_marks(&mut self, changed: &[([u8; 32], Marks)]) {
        self.marks.extend(changed.iter().copied());
        let changed: HashMap<&[u8; 32], Marks> = changed.iter().map(|(hash, marks)| (hash, *marks)).collect();
        let rows: Vec<(u32, Marks)> = (0u32..)
            .zip(self.rows.iter())
            .filter_map(|(number, row)| Some((number, *changed.get(&row.hash)?)))
            .collect();
        for (number, marks) in rows {
            self.rows.update(number, |row| row.marks = marks);
        }
        self.marks_version += 1;
    }

    /// Counts the photos of each folder anew.
    pub(super) fn count_folders(&mut self) {
        let mut counts: HashMap<FolderId, usize> = HashMap::new();
        for row in self.rows.iter().filter(|row| !row.gone) {
            *counts.entry(row.folder).or_default() += 1;
        }
        for folder in &mut self.folders {
            folder.photos = counts.get(&folder.id).copied().unwrap_or_default();
        }
    }

    /// The files that could not be read, by path.
    pub(super) fn problems(&self) -> Arc<[Problem]> {
        let mut problems: Vec<Problem> = self
            .failures
            .values()
            .map(|row| Problem {
                path: row.failure.path.clone(),
                kind: row.failure.kind.parse().unwrap_or(crate::library::FailureKind::Io),
                message: row.failure.message.clone(),
            })
            .collect();
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        problems.into()
    }
}

fn photo_row(file: FileRow, encoded: bool) -> PhotoRow {
    let PhotoFacts {
        hash,
        width,
        height,
        format,
        taken,
        camera,
        ..
    } = file.photo;
    let name = file
        .path
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let (taken, taken_source) = match (taken, date_from_name(&name)) {
        (Some(taken), _) => (taken, DateSource::Exif),
        (None, Some(taken)) => (taken, DateSource::FileName),
        (None, None) => (file.modified_ns.div_euclid(1_000_000_000), DateSource::FileTime),
    };
    PhotoRow {
        id: FileId(file.id),
        folder: FolderId(file.folder_id),
        path: Arc::from(file.path),
        hash,
        width,
        height,
        bytes: file.bytes,
        modified_ns: file.modified_ns,
        taken,
        taken_source,
        camera: camera.map(Arc::from),
        format: known_format(&format),
        encoded,
        marks: Marks::default(),
        gone: false,
    }
}

/// The static name of a format that the database names.
fn known_format(name: &str) -> &'static str {
    ["JPEG", "PNG", "WebP", "GIF", "BMP", "TIFF"]
        .into_iter()
        .find(|known| *known == name)
        .unwrap_or("picture")
}

/// What the threads share.
pub(super) struct Shared {
    library: RwLock<Library>,
    events: Sender<Event>,
    wake: Wake,
    /// Set once, when everything is to end.
    stop: AtomicBool,
}

impl Shared {
    pub(super) fn new(events: Sender<Event>, wake: Wake) -> Self {
        Self {
            library: RwLock::default(),
            events,
            wake,
            stop: AtomicBool::new(false),
        }
    }

    /// The library, to be read. A thread that panicked while it wrote leaves whole rows, so its lock is taken over.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Library> {
        self.library.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The library, to be changed.
    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Library> {
        self.library.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Tells the front end. Waits where it is far behind; a front end that has gone is not waited for.
    pub(super) fn tell(&self, event: Event) {
        if self.events.send(event).is_ok() {
            (self.wake)();
        }
    }

    /// Sends the rows and folders as they are now.
    pub(super) fn tell_library(&self) {
        let event = {
            let library = self.read();
            Event::Library {
                rows: library.rows.clone(),
                folders: library.folders.clone(),
            }
        };
        self.tell(event);
    }

    /// Sends the list of files that could not be read.
    pub(super) fn tell_problems(&self) {
        let problems = self.read().problems();
        self.tell(Event::Problems(problems));
    }

    /// Tells why a wish to index came to nothing, so that nobody waits for it.
    pub(super) fn indexing_impossible(&self, message: String) {
        self.tell(Event::Notice(message));
        self.tell(Event::IndexingEnded(Progress::default()));
    }

    /// The flag that long jobs look at.
    pub(super) fn stop_flag(&self) -> &AtomicBool {
        &self.stop
    }

    /// Asks all threads to end.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// Whether all threads are to end.
    pub(super) fn stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}
