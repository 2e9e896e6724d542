//! Walking a folder: which files claim to be pictures.
//!
//! Files are handed out one by one as they are met, in the file system's own order: a folder of a million files is
//! never held in memory. What a file *is* is told later, by its bytes; here the name only says what it claims.
//!
//! | file | holds |
//! |---|---|
//! | `walk.rs` | what is done with each entry that is met |
//! | `entered.rs` | which folders were entered, so that links lead to none twice |
//! | `left_out.rs` | the table of what systems and programs keep for themselves |
//! | `names.rs` | what a name says of its file |
//! | `first_bytes.rs` | files whose names say nothing |
//! | `file_system.rs` | times, hard links, hidden files: where systems differ |

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use walkdir::WalkDir;

use super::companions::is_sidecar_name;
use super::failure::Failure;
use super::patterns::PathPatterns;
use entered::Entered;
use file_system::{modified_ns, shared_identity};
use left_out::{Kind, rule_of};
use walk::Walk;

mod entered;
mod file_system;
mod first_bytes;
mod left_out;
mod names;
mod walk;

pub use file_system::{FileIdentity, same_file};
pub use left_out::{LeftOut, LeftOutCount, LeftOutGroup, LeftOutRule, left_out_rule, left_out_rules, marks_its_folder};
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
    /// [`LeftOutRule::id`] of the rows of the table that the person has switched off.
    pub rules_off: Vec<String>,
}

impl ScanOptions {
    /// Whether the person's own rules, or a row of the table, leave out a file of `bytes` below the added folder `root`. The
    /// disk is asked for files that mark their folders.
    #[must_use]
    pub fn leaves_out(&self, root: &Path, path: &Path, bytes: u64) -> bool {
        self.is_left_out_by_person(root, path, bytes) || self.rule_of_file(root, path).is_some()
    }

    /// Whether the person's own rules leave out a file of `bytes` below the added folder `root`: their folders, patterns and
    /// smallest size, not the table. The disk is not asked.
    #[must_use]
    pub fn is_left_out_by_person(&self, root: &Path, path: &Path, bytes: u64) -> bool {
        bytes < self.smallest_bytes || below(root, path).any(|above| self.is_excluded(root, above))
    }

    /// The row of the table that leaves out a file below the added folder `root`, or the outermost folder above the file that is
    /// left out, as a scan meets it. The disk is asked for files that mark their folders.
    #[must_use]
    pub fn rule_of_file(&self, root: &Path, path: &Path) -> Option<&'static LeftOutRule> {
        let rules = below(root, path).filter_map(|above| {
            let kind = if above == path { Kind::File } else { Kind::Folder };
            rule_of(self, root, above, kind)
        });
        rules.last()
    }

    /// [`ScanOptions::rule_of_file`] of what is at `path`, be it a file or a folder.
    #[must_use]
    pub fn rule_of_path(&self, root: &Path, path: &Path) -> Option<&'static LeftOutRule> {
        below(root, path).find_map(|above| {
            let kind = if above == path { Kind::of(path) } else { Kind::Folder };
            rule_of(self, root, above, kind)
        })
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
    /// Set where the file has other names as well.
    pub link: Option<Link>,
}

/// What a scan met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Files and folders that the table left out, for a folder's details: a folder is one of them, whatever it holds. Listed up
    /// to some thousands.
    pub left_out: Vec<LeftOut>,
    /// How many there were, listed or not.
    pub left_out_count: u64,
    /// How many of each row, by [`LeftOutRule::id`].
    pub left_out_by_rule: BTreeMap<&'static str, LeftOutCount>,
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
    scan_with_companions(root, options, stop, each, &mut |found| {
        if is_sidecar_name(&found.path) {
            sidecar(found);
        }
    })
}

/// [`scan`] that hands over whatever may move along with a photo: sidecars, other programs' settings, videos of Live Photos; in
/// no order against their photos, and whether or not there is one.
///
/// # Errors
/// As [`scan`].
pub fn scan_with_companions(
    root: &Path,
    options: &ScanOptions,
    stop: &AtomicBool,
    each: &mut dyn FnMut(Result<FoundFile, (PathBuf, Failure)>),
    companion: &mut dyn FnMut(FoundFile),
) -> Result<ScanSummary, Failure> {
    let metadata = std::fs::metadata(root).map_err(|error| Failure::at(root, error))?;
    let added = options.part_of.as_deref().unwrap_or(root);
    let mut walk = Walk {
        options,
        added,
        each,
        companion,
        entered: Entered::new(added),
        below_link: is_linked_folder(added, root).then(|| root.to_owned()),
        summary: ScanSummary::default(),
    };
    if !metadata.is_dir() {
        let is_link = root.is_symlink() || is_behind_link(added, root);
        walk.summary.links = u64::from(link_of(&metadata, is_link).is_some());
        walk.meet_file(root, Ok(metadata), is_link);
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
                if walk.looks_at(entry.path(), entry.file_name()) {
                    let metadata = entry.metadata();
                    let is_link = entry.path_is_symlink() || walk.is_below_link(entry.path());
                    let linked = metadata
                        .as_ref()
                        .map_or(is_link, |metadata| link_of(metadata, is_link).is_some());
                    walk.summary.links += u64::from(linked);
                    let metadata = metadata.map_err(std::io::Error::from);
                    walk.meet_file(entry.path(), metadata, is_link);
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
    Ok(found_file(path, &std::fs::metadata(path)?, path.is_symlink()))
}

fn found_file(path: &Path, metadata: &Metadata, is_link: bool) -> FoundFile {
    FoundFile {
        path: path.to_owned(),
        bytes: metadata.len(),
        modified_ns: modified_ns(metadata),
        link: link_of(metadata, is_link),
    }
}

/// That a file has other names as well. Two names mean the same file where [`same_file`] says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// This name is a symbolic link, or a folder above it is one.
    pub is_symbolic: bool,
    /// What all hard links of the file have in common, where there are several.
    pub identity: Option<FileIdentity>,
}

fn link_of(metadata: &Metadata, is_symbolic: bool) -> Option<Link> {
    let identity = shared_identity(metadata);
    (is_symbolic || identity.is_some()).then_some(Link { is_symbolic, identity })
}

/// Whether a scan of `root` would not come to `path`, because it or a folder above it is hidden, excluded or left out by the
/// table.
#[must_use]
pub fn passed_over(root: &Path, path: &Path, options: &ScanOptions) -> bool {
    let walk = Walk {
        options,
        added: root,
        each: &mut |_| (),
        companion: &mut |_| (),
        entered: Entered::nowhere(),
        below_link: None,
        summary: ScanSummary::default(),
    };
    below(root, path).any(|above| {
        let kind = if above == path { Kind::of(path) } else { Kind::Folder };
        let hidden = above.file_name().is_some_and(|name| walk.passes_over(name, above));
        hidden || walk.rule_of(above, kind).is_some()
    })
}

/// Whether a scan of `root` would hand over what is at `path` at this moment, under this very name: a file or a companion, not
/// a folder, and nothing that lies behind a link to a folder (it may be met under another name).
#[must_use]
pub fn comes_to(root: &Path, path: &Path, options: &ScanOptions) -> bool {
    let there = path.symlink_metadata().is_ok() && !path.is_dir();
    if !there || passed_over(root, path, options) || is_behind_link(root, path) {
        return false;
    }
    let met = Cell::new(false);
    let (mut each, mut companion) = (|_| met.set(true), |_| met.set(true));
    let scanned = scan_with_companions(path, options, &AtomicBool::new(false), &mut each, &mut companion);
    scanned.is_ok() && met.get()
}

/// Whether a scan of `root`, a part of an added folder, comes to everything in it by a symbolic link.
fn is_linked_folder(added: &Path, root: &Path) -> bool {
    root != added && (root.is_symlink() || is_behind_link(added, root))
}

/// Whether a folder between `root` and `path` is a symbolic link.
#[must_use]
pub fn is_behind_link(root: &Path, path: &Path) -> bool {
    below(root, path).skip(1).any(Path::is_symlink)
}

#[cfg(test)]
mod tests;
