//! A library as a file: copied, moved, examined, cleaned up, repaired. No engine runs meanwhile; what writes takes the library's lock.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use refocus_media::ThumbnailCache;
use refocus_store::{
    AlbumsError, Database, Keepsake, LibraryLock, LockRefused, Reader, StoreError, albums_path, read_albums, rescue,
    write_albums,
};

use super::link::LibraryPaths;
use super::people::files;
pub use super::people::files::ExaminedPeople;
use super::texts;
pub use super::texts::files::ExaminedTexts;
use super::tuning::THUMBNAIL_BYTES;
use refocus_store::texts::TextDatabase;

/// How long another Refocus may take to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum MaintenanceError {
    /// The database cannot be opened, read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The albums cannot be read or written.
    #[error(transparent)]
    Albums(#[from] AlbumsError),
    /// A copy is not what it was copied from; it was removed.
    #[error("the copy is damaged ({verdict}): {}", path.display())]
    DamagedCopy {
        /// SQLite's own words.
        verdict: String,
        /// The copy.
        path: PathBuf,
    },
    /// The second record of favourites and ratings cannot be written.
    #[error("favourites and ratings could not be kept a second time: {}", path.display())]
    Keepsake {
        /// What the system says.
        source: std::io::Error,
        /// The library that it belongs to.
        path: PathBuf,
    },
    /// Where the library is now cannot be remembered.
    #[error("the copy is whole, but its place cannot be remembered; nothing was removed")]
    Place(#[source] std::io::Error),
    /// A file of the old library cannot be copied or removed.
    #[error("a file of the library cannot be copied or removed: {}", path.display())]
    File {
        /// What the system says.
        source: std::io::Error,
        /// The file.
        path: PathBuf,
    },
    /// A damaged library cannot be rebuilt.
    #[error("nothing was changed")]
    NotRescued(#[source] StoreError),
}

/// What a look at a library found.
#[derive(Clone, Debug, Default)]
pub struct Examined {
    /// "ok", or what is wrong.
    pub integrity: String,
    /// Listed files.
    pub photos: usize,
    /// Files that could not be read.
    pub failures: usize,
    /// Bytes of the database that hold nothing.
    pub free_bytes: u64,
    /// Photos that no listed file holds.
    pub photos_without_file: u64,
    /// Encodings by other models than the one in use.
    pub other_encodings: u64,
    /// Encodings of a wrong length; such photos count as not encoded.
    pub wrong_encodings: u64,
    /// What a clean-up would free.
    pub removable_bytes: u64,
    /// Another process that has it open to write, where its number is known.
    pub writer: Option<u32>,
    /// What is kept of people; `None` where they are not recognised.
    pub people: Option<ExaminedPeople>,
    /// What is kept of text in photos; `None` where nothing was read.
    pub texts: Option<ExaminedTexts>,
}

/// What a clean-up did.
#[derive(Clone, Copy, Debug)]
pub struct CleanedUp {
    /// Bytes by which the database shrank.
    pub database_bytes: u64,
    /// Bytes of thumbnails that went.
    pub thumbnail_bytes: u64,
    /// Bytes of thumbnails that are left.
    pub thumbnail_bytes_kept: u64,
}

/// What a repair did.
#[derive(Clone, Debug)]
pub struct Repaired {
    /// What was wrong.
    pub damage: String,
    /// Folders that were kept.
    pub folders: usize,
    /// Files that were kept.
    pub files: usize,
    /// Favourites and ratings that were kept.
    pub marks: usize,
    /// Where the damaged file lies now; `None` where it was missing.
    pub aside: Option<PathBuf>,
}

/// What a repair of faces and persons did.
#[derive(Clone, Debug)]
pub struct RepairedPeople {
    /// What was wrong.
    pub damage: String,
    /// Persons that were kept.
    pub persons: usize,
    /// Faces that were kept.
    pub faces: usize,
    /// Where the damaged file lies now; `None` where it was missing.
    pub aside: Option<PathBuf>,
}

/// Copies the library as it is at this moment, also while another Refocus writes to it, and checks the copy.
///
/// # Errors
/// The library cannot be read, or the copy not be written; then none is left.
pub fn back_up(paths: &LibraryPaths, to: &Path) -> Result<(), MaintenanceError> {
    let reader = Database::open_read_only(&paths.database)?.reader()?;
    let copied = reader.back_up(to).map_err(MaintenanceError::from).and_then(|()| {
        let verdict = Database::open_read_only(to)?.reader()?.integrity()?;
        if verdict == "ok" {
            Ok(())
        } else {
            let path = to.to_path_buf();
            Err(MaintenanceError::DamagedCopy { verdict, path })
        }
    });
    let copied = copied.and_then(|()| Ok(files::back_up(&paths.database, to)?));
    let copied = copied.and_then(|()| Ok(texts::files::back_up(&paths.database, to)?));
    let copied = copied.and_then(|()| copy_albums(&paths.database, to));
    if copied.is_err() {
        // Half a copy must not be taken for a whole one.
        let _ = std::fs::remove_file(to);
    }
    copied
}

/// Copies the albums of the library at `from` to where they belong beside the library at `to`.
fn copy_albums(from: &Path, to: &Path) -> Result<(), MaintenanceError> {
    let albums = read_albums(&albums_path(from))?;
    if !albums.is_empty() {
        write_albums(&albums_path(to), &albums)?;
    }
    Ok(())
}

/// Copies the library, checks the copy, then removes the original. Thumbnails are left behind: they are made anew.
///
/// # Errors
/// As [`back_up`]; another Refocus writes to it. The original stays unless the copy is whole.
pub fn move_library(paths: &LibraryPaths, to: &Path) -> Result<(), MaintenanceError> {
    let lock = LibraryLock::take(&paths.database).map_err(|refused| refused.explain(&paths.database))?;
    back_up(paths, to)?;
    let reader = Database::open_read_only(to)?.reader()?;
    let path = to.to_path_buf();
    Keepsake::of(&reader)?
        .write(to)
        .map_err(|source| MaintenanceError::Keepsake { source, path })?;
    let new = LibraryPaths::at(to);
    if paths.model_choice.exists() {
        let path = new.model_choice.clone();
        std::fs::copy(&paths.model_choice, &new.model_choice)
            .map_err(|source| MaintenanceError::File { source, path })?;
    }
    if LibraryPaths::of_user().is_some_and(|own| own.database == paths.database) {
        LibraryPaths::set_own(to).map_err(MaintenanceError::Place)?;
    }
    let left = files::leave(&paths.database, to).and_then(|()| texts::files::leave(&paths.database));
    left.map_err(|source| MaintenanceError::File {
        source,
        path: paths.database.clone(),
    })?;
    let with_ending = |ending| {
        let mut name = paths.database.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let files = ["", "-wal", "-shm", "-marks.txt"].map(with_ending);
    for path in files.into_iter().chain([albums_path(&paths.database)]) {
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(MaintenanceError::File { source, path });
            }
            _ => {}
        }
    }
    drop(lock);
    Ok(())
}

/// Whether there is a library, or what is left of one whose file is missing.
#[must_use]
pub fn has_library(paths: &LibraryPaths) -> bool {
    paths.database.exists() || !Keepsake::read(&paths.database).is_empty()
}

/// Looks at the database; one that is not there yet is not made. `model`: the key of the model in use. What cannot be read is told as
/// the library's state.
#[must_use]
pub fn examine(paths: &LibraryPaths, model: &str) -> Examined {
    let mut found = Examined {
        integrity: "no library yet".to_owned(),
        ..Examined::default()
    };
    found.people = files::examine(&paths.database);
    found.texts = texts::files::examine(&paths.database);
    if !has_library(paths) {
        return found;
    }
    let lock = LibraryLock::take(&paths.database);
    if let Err(LockRefused::Held(process)) = &lock {
        found.writer = *process;
    }
    let opened = match &lock {
        Ok(_) => Database::open(&paths.database),
        Err(_) => Database::open_read_only(&paths.database),
    };
    let mut read = |reader: &Reader| {
        found.integrity = reader.integrity()?;
        reader.for_each_file(|_| found.photos += 1)?;
        found.failures = reader.failures()?.len();
        let sizes = reader.sizes(model)?;
        found.free_bytes = sizes.free_bytes;
        found.photos_without_file = sizes.photos_without_file;
        found.other_encodings = sizes.other_encodings;
        found.wrong_encodings = sizes.wrong_encodings;
        found.removable_bytes = sizes.without_file_bytes + sizes.other_bytes + sizes.free_bytes;
        Ok::<_, StoreError>(())
    };
    if let Err(error) = opened.and_then(|database| read(&database.reader()?)) {
        found.integrity = error.to_string();
    }
    found
}

/// Forgets photos that no file holds, encodings by other models than `model`, and their thumbnails.
///
/// # Errors
/// The library cannot be written: another Refocus has it open, the disk is full.
pub fn clean_up(paths: &LibraryPaths, model: &str) -> Result<CleanedUp, MaintenanceError> {
    let _lock = lock(paths)?;
    let size = || std::fs::metadata(&paths.database).map_or(0, |metadata| metadata.len());
    let before = size();
    let database = Database::open(&paths.database)?;
    database.writer()?.clean_up(model)?;
    let mut known = HashSet::new();
    database.reader()?.for_each_file(|file| {
        known.insert(file.photo.hash);
    })?;
    files::clean_up(&paths.database, &|photo| known.contains(photo))?;
    texts::files::clean_up(&paths.database, &|photo| known.contains(photo))?;
    let thumbnails = ThumbnailCache::new(&paths.thumbnails);
    let thumbnail_bytes = thumbnails.forget_unknown(&|photo| known.contains(&photo.0));
    Ok(CleanedUp {
        database_bytes: before.saturating_sub(size()),
        thumbnail_bytes,
        thumbnail_bytes_kept: thumbnails.keep_within(THUMBNAIL_BYTES),
    })
}

/// Puts a damaged library aside and builds a new one from what can be read of it; `None` where it is whole.
///
/// # Errors
/// Another Refocus has it open, or nothing can be read or written.
pub fn repair(paths: &LibraryPaths) -> Result<Option<Repaired>, MaintenanceError> {
    let _lock = lock(paths)?;
    let damage = match Database::open(&paths.database).and_then(|database| database.reader()?.integrity()) {
        Ok(verdict) => verdict,
        Err(StoreError::Damaged { detail, .. }) => detail,
        Err(error) => return Err(error.into()),
    };
    if damage == "ok" {
        return Ok(None);
    }
    let rescued = rescue(&paths.database).map_err(MaintenanceError::NotRescued)?;
    Ok(Some(Repaired {
        damage,
        folders: rescued.folders,
        files: rescued.files,
        marks: rescued.marks,
        aside: rescued.aside,
    }))
}

/// Puts a damaged file of faces and persons aside and builds a new one; `None` where it is whole, or people are not recognised.
///
/// # Errors
/// As [`repair`].
pub fn repair_people(paths: &LibraryPaths) -> Result<Option<RepairedPeople>, MaintenanceError> {
    let _lock = lock(paths)?;
    let repaired = files::repair(&paths.database).map_err(MaintenanceError::NotRescued)?;
    Ok(repaired.map(|(damage, rescued)| RepairedPeople {
        damage,
        persons: rescued.persons,
        faces: rescued.faces,
        aside: rescued.aside,
    }))
}

/// Makes a damaged file of the text in photos anew: they are read again. What was wrong with it; `None` where it is whole or there is
/// none.
///
/// # Errors
/// As [`repair`].
pub fn repair_texts(paths: &LibraryPaths) -> Result<Option<String>, MaintenanceError> {
    let _lock = lock(paths)?;
    texts::files::repair(&paths.database).map_err(MaintenanceError::NotRescued)
}

/// Deletes all text that was read in a library's photos. Returns the files that were deleted.
///
/// # Errors
/// Another Refocus has it open, or something cannot be deleted.
pub fn forget_texts(paths: &LibraryPaths) -> Result<Vec<PathBuf>, MaintenanceError> {
    let _lock = lock(paths)?;
    TextDatabase::forget(&paths.database).map_err(|source| MaintenanceError::File {
        source,
        path: TextDatabase::path_for(&paths.database),
    })
}

/// The encodings that a library keeps, by the bytes of the photos.
pub struct StoredEncodings {
    reader: Option<Reader>,
    model: String,
}

impl StoredEncodings {
    /// Those by a model, named by its key; none where there is no library yet.
    ///
    /// # Errors
    /// The library cannot be opened.
    pub fn open(paths: &LibraryPaths, model: &str) -> Result<Self, MaintenanceError> {
        let reader = if paths.database.exists() {
            Some(Database::open(&paths.database)?.reader()?)
        } else {
            None
        };
        Ok(Self {
            reader,
            model: model.to_owned(),
        })
    }

    /// The encoding of the photo with this content hash, as bytes in the model's layout.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn of_hash(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, MaintenanceError> {
        match &self.reader {
            Some(reader) => Ok(reader.encoding_of_hash(&self.model, hash)?),
            None => Ok(None),
        }
    }
}

fn lock(paths: &LibraryPaths) -> Result<LibraryLock, MaintenanceError> {
    let lock = LibraryLock::take(&paths.database).or_else(|_| {
        std::thread::sleep(PATIENCE);
        LibraryLock::take(&paths.database)
    });
    Ok(lock.map_err(|refused| refused.explain(&paths.database))?)
}
