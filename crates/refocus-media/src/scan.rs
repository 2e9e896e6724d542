//! Walking a folder: which files claim to be pictures.
//!
//! Files are handed out one by one as they are met, in the file system's own order: a folder of a million files is
//! never held in memory. What a file *is* is told later, by its bytes; here the name only says what it claims.
//!
//! | file | holds |
//! |---|---|
//! | `walk.rs` | what is done with each entry that is met |
//! | `entered.rs` | which folders were entered, so that links lead to none twice |
//! | `names.rs` | extensions of pictures, folders of systems and programs |
//! | `file_system.rs` | times, hard links, hidden files: where systems differ |

use std::cell::Cell;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use walkdir::WalkDir;

use super::failure::Failure;
use super::patterns::PathPatterns;
use entered::Entered;
use file_system::{has_other_names, modified_ns};
use names::is_system_folder;
use walk::Walk;

mod entered;
mod file_system;
mod names;
mod walk;

pub use names::claims_to_be_picture;
pub(super) use names::{PICTURE_EXTENSIONS, RAW_EXTENSIONS};

/// What to pass over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanOptions {
    /// Whether files and folders whose names begin with a dot (or that Windows hides) are taken too.
    pub include_hidden: bool,
    /// Folders that are passed over with all they hold.
    pub excluded_folders: Vec<PathBuf>,
    /// Files and folders that are passed over, by their path below the added folder.
    pub excluded_patterns: PathPatterns,
    /// Files with fewer bytes are passed over; 0 takes all (an empty file is then found, and fails with its reason).
    pub smallest_bytes: u64,
    /// The folder of which the scanned one is a part, where it is one: links that lead back into it are not followed.
    pub part_of: Option<PathBuf>,
}

impl ScanOptions {
    /// Whether the person's own rules leave out a file of `bytes` below the added folder `root`.
    #[must_use]
    pub fn leaves_out(&self, root: &Path, path: &Path, bytes: u64) -> bool {
        bytes < self.smallest_bytes || below(root, path).any(|above| self.is_excluded(root, above))
    }

    fn is_excluded(&self, root: &Path, path: &Path) -> bool {
        self.excluded_folders.iter().any(|folder| path == folder)
            || (!self.excluded_patterns.is_empty()
                && path
                    .strip_prefix(root)
                    .is_ok_and(|below| self.excluded_patterns.matches(below)))
    }
}

/// `path` and the folders above it, as far as they lie below `root`.
fn below<'a>(root: &'a Path, path: &'a Path) -> impl Iterator<Item = &'a Path> {
    path.ancestors()
        .take_while(move |above| *above != root && above.starts_with(root))
}

/// A file that claims to be a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Where it is: the scanned root joined with what lies below. May be any bytes, not only UTF-8.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was last changed: nanoseconds since 1970-01-01 UTC, negative before; 0 where the file system does not
    /// say.
    pub modified_ns: i64,
}

/// What a scan met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanSummary {
    /// Files that claim to be pictures.
    pub photos: u64,
    /// Their sizes together.
    pub bytes: u64,
    /// Other files.
    pub other_files: u64,
    /// Folders entered, the root included.
    pub folders: u64,
    /// Symbolic links, followed or not, and files that have other names as well (hard links): what happens under one name may
    /// show under another.
    pub links: u64,
    /// Files and folders that could not be looked at; each was reported.
    pub failures: u64,
    /// Whether the stop flag ended it early.
    pub stopped: bool,
}

/// Walks `root`, which may also be a single file, and hands every file that claims to be a picture to `each`; a file or
/// folder that cannot be looked at is handed over as its path and failure, and the walk goes on.
///
/// Symbolic links to folders are followed, and every folder is entered once: a loop, or a link into the root itself, is
/// passed over without a word. `stop` is looked at before every entry.
///
/// # Errors
/// The root itself is missing (it is *offline*, not empty) or cannot be looked at.
pub fn scan(
    root: &Path,
    options: &ScanOptions,
    stop: &AtomicBool,
    each: &mut dyn FnMut(Result<FoundFile, (PathBuf, Failure)>),
) -> Result<ScanSummary, Failure> {
    scan_with_sidecars(root, options, stop, each, &mut |_| ())
}

/// [`scan`] that hands over the sidecars as well, in no order against their photos.
///
/// # Errors
/// As [`scan`].
pub fn scan_with_sidecars(
    root: &Path,
    options: &ScanOptions,
    stop: &AtomicBool,
    each: &mut dyn FnMut(Result<FoundFile, (PathBuf, Failure)>),
    sidecar: &mut dyn FnMut(FoundFile),
) -> Result<ScanSummary, Failure> {
    let metadata = std::fs::metadata(root)?;
    let added = options.part_of.as_deref().unwrap_or(root);
    let mut walk = Walk {
        options,
        added,
        each,
        sidecar,
        entered: Entered::new(added),
        summary: ScanSummary::default(),
    };
    if !metadata.is_dir() {
        walk.summary.links = u64::from(root.is_symlink() || has_other_names(&metadata));
        walk.meet_file(root, Ok(metadata));
        return Ok(walk.summary);
    }
    // Named here, because below the root an unreadable folder only costs itself.
    std::fs::read_dir(root)?;

    let mut entries = WalkDir::new(root).follow_links(true).into_iter();
    while let Some(entry) = entries.next() {
        if stop.load(Ordering::Relaxed) {
            walk.summary.stopped = true;
            break;
        }
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {
                if !walk.enters(&entry) {
                    entries.skip_current_dir();
                }
            }
            Ok(entry) => {
                if !walk.passes_over(entry.file_name(), entry.path()) {
                    let metadata = entry.metadata();
                    let linked = entry.path_is_symlink() || metadata.as_ref().is_ok_and(has_other_names);
                    walk.summary.links += u64::from(linked);
                    walk.meet_file(entry.path(), metadata.map_err(std::io::Error::from));
                }
            }
            Err(error) => walk.meet_trouble(root, error),
        }
    }
    Ok(walk.summary)
}

/// What a scan would hand over for this one file.
///
/// # Errors
/// It is not there, or cannot be looked at.
pub fn look_at(path: &Path) -> std::io::Result<FoundFile> {
    Ok(found_file(path, &std::fs::metadata(path)?))
}

fn found_file(path: &Path, metadata: &Metadata) -> FoundFile {
    FoundFile {
        path: path.to_owned(),
        bytes: metadata.len(),
        modified_ns: modified_ns(metadata),
    }
}

/// Whether a scan of `root` would not come to `path`, because it or a folder above it is hidden, the system's own or excluded.
#[must_use]
pub fn passed_over(root: &Path, path: &Path, options: &ScanOptions) -> bool {
    let walk = Walk {
        options,
        added: root,
        each: &mut |_| (),
        sidecar: &mut |_| (),
        entered: Entered::nowhere(),
        summary: ScanSummary::default(),
    };
    below(root, path).any(|above| {
        above
            .file_name()
            .is_some_and(|name| walk.passes_over(name, above) || is_system_folder(name))
    })
}

/// Whether a scan of `root` would hand over what is at `path` at this moment, under this very name: a file or a sidecar, not a
/// folder, and nothing that lies behind a link to a folder (it may be met under another name).
#[must_use]
pub fn comes_to(root: &Path, path: &Path, options: &ScanOptions) -> bool {
    let there = path.symlink_metadata().is_ok() && !path.is_dir();
    if !there || passed_over(root, path, options) || is_behind_link(root, path) {
        return false;
    }
    let met = Cell::new(false);
    let (mut each, mut sidecar) = (|_| met.set(true), |_| met.set(true));
    let scanned = scan_with_sidecars(path, options, &AtomicBool::new(false), &mut each, &mut sidecar);
    scanned.is_ok() && met.get()
}

/// Whether a folder between `root` and `path` is a symbolic link.
#[must_use]
pub fn is_behind_link(root: &Path, path: &Path) -> bool {
    below(root, path).skip(1).any(Path::is_symlink)
}

#[cfg(test)]
mod tests;
