//! Walking a folder: which files claim to be pictures.
//!
//! Files are handed out one by one as they are met, in the file system's own order: a folder of a million files is
//! never held in memory. What a file *is* is told later, by its bytes; here the name only says what it claims.

use std::cell::Cell;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use walkdir::{DirEntry, WalkDir};

use super::companions::is_sidecar_name;
use super::failure::{Failure, FailureKind};
use super::patterns::PathPatterns;

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

pub(super) const PICTURE_EXTENSIONS: [&str; 16] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "dib", "tif", "tiff", "jxl", "heic", "heif", "hif",
    "avif",
];

/// Camera raw files: what is read of them is the preview.
pub(super) const RAW_EXTENSIONS: [&str; 25] = [
    "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "iiq", "kdc", "mef", "mos", "mrw", "nef", "nrw",
    "orf", "pef", "raf", "raw", "rw2", "rwl", "sr2", "srw", "x3f",
];

/// Folders that systems and programs keep for themselves. Compared without case.
const SYSTEM_FOLDERS: [&str; 12] = [
    "$recycle.bin",
    "recycler",
    "system volume information",
    "lost+found",
    "@eadir",
    "#recycle",
    "#snapshot",
    "node_modules",
    "__pycache__",
    "__macosx",
    "$windows.~bt",
    "found.000",
];

/// Ends of folder names that hold a photo program's previews.
const PREVIEW_FOLDER_ENDINGS: [&str; 2] = [".lrdata", ".cocatalogdb"];

/// Whether the name's extension is one that pictures have. Upper and lower case are the same.
pub fn claims_to_be_picture(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|extension| {
        PICTURE_EXTENSIONS
            .iter()
            .chain(&RAW_EXTENSIONS)
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
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
        entered: Entered {
            root: None,
            folders: HashSet::new(),
        },
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

struct Walk<'a> {
    options: &'a ScanOptions,
    /// The folder that the person added.
    added: &'a Path,
    each: &'a mut dyn FnMut(Result<FoundFile, (PathBuf, Failure)>),
    sidecar: &'a mut dyn FnMut(FoundFile),
    entered: Entered,
    summary: ScanSummary,
}

impl Walk<'_> {
    fn enters(&mut self, entry: &DirEntry) -> bool {
        if entry.depth() > 0 {
            let name = entry.file_name();
            if self.passes_over(name, entry.path()) || is_system_folder(name) {
                return false;
            }
        }
        self.summary.links += u64::from(entry.path_is_symlink());
        let first_time = self.entered.first_time(entry);
        self.summary.folders += u64::from(first_time);
        first_time
    }

    /// Hidden by its name or by the person's own rules.
    fn passes_over(&self, name: &OsStr, path: &Path) -> bool {
        let hidden = !self.options.include_hidden && (name.as_encoded_bytes().starts_with(b".") || is_hidden(path));
        hidden || self.options.is_excluded(self.added, path)
    }

    fn meet_file(&mut self, path: &Path, metadata: std::io::Result<Metadata>) {
        if !claims_to_be_picture(path) {
            self.summary.other_files += 1;
            if is_sidecar_name(path)
                && let Ok(metadata) = metadata
                && metadata.is_file()
            {
                (self.sidecar)(found_file(path, &metadata));
            }
            return;
        }
        let found = metadata.map_err(Failure::from).and_then(|metadata| {
            if metadata.is_file() {
                Ok(found_file(path, &metadata))
            } else {
                Err(Failure::unsupported(
                    "It is not an ordinary file (a pipe, a socket or a device).",
                ))
            }
        });
        match found {
            Ok(file) if file.bytes < self.options.smallest_bytes => self.summary.other_files += 1,
            Ok(file) => {
                self.summary.photos += 1;
                self.summary.bytes = self.summary.bytes.saturating_add(file.bytes);
                (self.each)(Ok(file));
            }
            Err(failure) => self.report(path.to_owned(), failure),
        }
    }

    fn meet_trouble(&mut self, root: &Path, error: walkdir::Error) {
        // Only a loop has an ancestor.
        if error.loop_ancestor().is_some() {
            self.summary.links += 1;
            return;
        }
        let path = error.path().unwrap_or(root).to_owned();
        let missing = error
            .io_error()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        if missing && path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
            // A link to nowhere: of interest only where a picture was promised.
            if claims_to_be_picture(&path) {
                self.report(
                    path,
                    Failure::new(FailureKind::Io, "It is a link to a file that is not there."),
                );
            }
            return;
        }
        let failure = error.into_io_error().map_or_else(
            || Failure::new(FailureKind::Io, "Looking at it failed. Check the drive, then rescan."),
            Failure::from,
        );
        self.report(path, failure);
    }

    fn report(&mut self, path: PathBuf, failure: Failure) {
        self.summary.failures += 1;
        (self.each)(Err((path, failure)));
    }
}

/// Remembers which folders were entered, so that links cannot lead to one twice.
struct Entered {
    /// Real path of the root: a link that leads back inside it is not followed, because what it shows is met under its
    /// own name.
    root: Option<PathBuf>,
    folders: HashSet<FolderId>,
}

#[cfg(unix)]
type FolderId = (u64, u64);
#[cfg(not(unix))]
type FolderId = PathBuf;

impl Entered {
    fn new(root: &Path) -> Self {
        Self {
            root: root.canonicalize().ok(),
            folders: HashSet::new(),
        }
    }

    fn first_time(&mut self, entry: &DirEntry) -> bool {
        if entry.depth() > 0 && entry.path_is_symlink() {
            let leads_inside = match (&self.root, entry.path().canonicalize()) {
                (Some(root), Ok(target)) => target.starts_with(root) || root.starts_with(&target),
                _ => false,
            };
            if leads_inside {
                return false;
            }
        }
        folder_id(entry).is_none_or(|id| self.folders.insert(id))
    }
}

#[cfg(unix)]
fn folder_id(entry: &DirEntry) -> Option<FolderId> {
    use std::os::unix::fs::MetadataExt;
    let metadata = entry.metadata().ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn folder_id(entry: &DirEntry) -> Option<FolderId> {
    entry.path().canonicalize().ok()
}

#[cfg(unix)]
fn has_other_names(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.nlink() > 1
}

/// The standard library does not say.
#[cfg(not(unix))]
fn has_other_names(_metadata: &Metadata) -> bool {
    false
}

#[cfg(windows)]
fn is_hidden(path: &Path) -> bool {
    use std::os::windows::fs::MetadataExt;
    const HIDDEN_OR_SYSTEM: u32 = 0x2 | 0x4;
    path.symlink_metadata()
        .is_ok_and(|metadata| metadata.file_attributes() & HIDDEN_OR_SYSTEM != 0)
}

#[cfg(not(windows))]
fn is_hidden(_path: &Path) -> bool {
    false
}

fn is_system_folder(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    SYSTEM_FOLDERS.contains(&name.as_str()) || PREVIEW_FOLDER_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn modified_ns(metadata: &Metadata) -> i64 {
    metadata.modified().map_or(0, nanoseconds_since_1970)
}

fn nanoseconds_since_1970(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn write(root: &Path, name: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }

    fn scan_all(root: &Path, options: &ScanOptions) -> (Vec<String>, Vec<(PathBuf, Failure)>, ScanSummary) {
        let (mut found, mut failed) = (Vec::new(), Vec::new());
        let mut each = |outcome: Result<FoundFile, (PathBuf, Failure)>| match outcome {
            Ok(file) => found.push(file.path.strip_prefix(root).unwrap().to_string_lossy().into_owned()),
            Err(trouble) => failed.push(trouble),
        };
        let summary = scan(root, options, &AtomicBool::new(false), &mut each).unwrap();
        found.sort();
        (found, failed, summary)
    }

    #[test]
    fn pictures_are_found_at_every_depth_and_other_files_counted() {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "a.jpg",
            "b/c.PNG",
            "b/d/e.tiff",
            "b/raw.CR2",
            "b/note.txt",
            "no-extension",
            "b/f.heic",
        ] {
            write(root.path(), name);
        }
        let (found, failed, summary) = scan_all(root.path(), &ScanOptions::default());
        assert_eq!(found, ["a.jpg", "b/c.PNG", "b/d/e.tiff", "b/f.heic", "b/raw.CR2"]);
        assert!(failed.is_empty());
        assert_eq!((summary.photos, summary.other_files, summary.folders), (5, 2, 3));
        assert_eq!(summary.bytes, found.iter().map(|name| name.len() as u64).sum::<u64>());
    }

    #[test]
    fn a_scan_comes_to_files_and_sidecars_under_their_own_names() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for name in ["a.jpg", "b/c.jpg", "b/c.xmp", ".hidden/d.jpg", "e.txt"] {
            write(root, name);
        }
        let options = ScanOptions {
            smallest_bytes: 2,
            ..ScanOptions::default()
        };
        let comes_to = |name: &str| comes_to(root, &root.join(name), &options);
        for name in ["a.jpg", "b/c.jpg", "b/c.xmp"] {
            assert!(comes_to(name), "{name}");
        }
        for name in ["b", ".hidden/d.jpg", "e.txt", "gone.jpg", "gone/a.jpg"] {
            assert!(!comes_to(name), "{name}");
        }
        fs::write(root.join("a.jpg"), "1").unwrap();
        assert!(!comes_to("a.jpg"), "too small");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(root.join("b"), root.join("link")).unwrap();
            assert!(!comes_to("link/c.jpg") && !comes_to("link"));
        }
    }

    #[test]
    fn hidden_and_system_folders_are_passed_over() {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "seen.jpg",
            ".hidden.jpg",
            "._seen.jpg",
            ".thumbnails/a.jpg",
            "$RECYCLE.BIN/a.jpg",
            "System Volume Information/a.jpg",
            "lost+found/a.jpg",
            "sub/@eaDir/a.jpg",
            "node_modules/a.jpg",
            "Catalog Previews.lrdata/a.jpg",
        ] {
            write(root.path(), name);
        }
        assert_eq!(scan_all(root.path(), &ScanOptions::default()).0, ["seen.jpg"]);
        let with_hidden = ScanOptions {
            include_hidden: true,
            ..ScanOptions::default()
        };
        assert_eq!(
            scan_all(root.path(), &with_hidden).0,
            ["._seen.jpg", ".hidden.jpg", ".thumbnails/a.jpg", "seen.jpg"]
        );
    }

    #[test]
    fn a_root_that_is_hidden_itself_is_scanned() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join(".photos");
        write(&root, "a.jpg");
        assert_eq!(scan_all(&root, &ScanOptions::default()).0, ["a.jpg"]);
    }

    #[test]
    fn the_persons_own_exclusions_hold() {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "keep.jpg",
            "tiny.gif",
            "private/a.jpg",
            "Screenshots 2023/a.jpg",
            "sub/IMG_screenshot_7.jpg",
        ] {
            write(root.path(), name);
        }
        let options = ScanOptions {
            excluded_folders: vec![root.path().join("private")],
            excluded_patterns: PathPatterns::new(&["*SCREENSHOT*".to_owned()]).unwrap(),
            smallest_bytes: 8,
            ..ScanOptions::default()
        };
        fs::write(root.path().join("tiny.gif"), "tiny").unwrap();
        assert_eq!(scan_all(root.path(), &options).0, ["keep.jpg"]);
        for (name, bytes, left_out) in [
            ("keep.jpg", 8, false),
            ("keep.jpg", 7, true),
            ("private/a.jpg", 99, true),
            ("Screenshots 2023/a.jpg", 99, true),
            ("sub/other.jpg", 99, false),
        ] {
            let path = root.path().join(name);
            assert_eq!(options.leaves_out(root.path(), &path, bytes), left_out, "{name}");
        }
    }

    #[test]
    fn a_path_is_passed_over_where_a_scan_would_not_come_to_it() {
        let root = Path::new("/photos/.mine");
        let options = ScanOptions {
            excluded_folders: vec!["/photos/.mine/thumbnails".into()],
            ..ScanOptions::default()
        };
        for (path, expected) in [
            ("/photos/.mine/a.jpg", false),
            ("/photos/.mine/b/c/a.jpg", false),
            ("/photos/.mine/.b/c/a.jpg", true),
            ("/photos/.mine/b/.a.jpg", true),
            ("/photos/.mine/thumbnails/ab/a.jpg", true),
            ("/photos/.mine/node_modules/a.jpg", true),
        ] {
            assert_eq!(passed_over(root, Path::new(path), &options), expected, "{path}");
        }
    }

    #[test]
    fn a_single_file_can_be_the_root() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "one.jpg");
        write(root.path(), "two.jpg");
        let file = root.path().join("one.jpg");
        let mut found = Vec::new();
        let summary = scan(&file, &ScanOptions::default(), &AtomicBool::new(false), &mut |f| {
            found.push(f.unwrap());
        })
        .unwrap();
        assert_eq!((found.len(), summary.photos), (1, 1));
        assert_eq!((found[0].path.as_path(), found[0].bytes), (file.as_path(), 7));
        assert!(found[0].modified_ns > 1_600_000_000_000_000_000);
    }

    #[test]
    fn a_missing_root_is_a_failure_and_not_an_empty_folder() {
        let root = tempfile::tempdir().unwrap();
        let gone = root.path().join("unplugged");
        let failure = scan(&gone, &ScanOptions::default(), &AtomicBool::new(false), &mut |_| ()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Io);
        assert!(failure.message.contains("drive"), "{failure}");
    }

    #[test]
    fn the_stop_flag_ends_the_walk_at_the_next_entry() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..50 {
            write(root.path(), &format!("{number}.jpg"));
        }
        let stop = AtomicBool::new(false);
        let mut seen = 0;
        let summary = scan(root.path(), &ScanOptions::default(), &stop, &mut |_| {
            seen += 1;
            stop.store(seen == 3, Ordering::Relaxed);
        })
        .unwrap();
        assert!(summary.stopped);
        assert_eq!(seen, 3);
    }

    #[test]
    fn times_before_1970_and_beyond_the_range_are_kept_in_range() {
        use std::time::Duration;
        assert_eq!(
            nanoseconds_since_1970(UNIX_EPOCH - Duration::from_secs(1)),
            -1_000_000_000
        );
        assert_eq!(
            nanoseconds_since_1970(UNIX_EPOCH + Duration::from_secs(1 << 40)),
            i64::MAX
        );
    }

    #[cfg(unix)]
    mod links_and_names {
        use super::*;
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::symlink;

        #[test]
        fn loops_are_passed_over_quietly_and_nothing_is_found_twice() {
            let root = tempfile::tempdir().unwrap();
            write(root.path(), "real/a.jpg");
            symlink(root.path(), root.path().join("real/up")).unwrap();
            symlink(root.path().join("real"), root.path().join("same")).unwrap();
            symlink(root.path().parent().unwrap(), root.path().join("above")).unwrap();
            symlink("self", root.path().join("self")).unwrap();
            let (found, failed, _) = scan_all(root.path(), &ScanOptions::default());
            assert_eq!(found, ["real/a.jpg"]);
            assert!(failed.iter().all(|(path, _)| path.ends_with("self")), "{failed:?}");
        }

        #[test]
        fn linked_folders_elsewhere_are_followed_once() {
            let root = tempfile::tempdir().unwrap();
            let elsewhere = tempfile::tempdir().unwrap();
            write(elsewhere.path(), "deep/b.jpg");
            symlink(elsewhere.path(), root.path().join("one")).unwrap();
            symlink(elsewhere.path(), root.path().join("two")).unwrap();
            symlink(elsewhere.path().join("deep/b.jpg"), root.path().join("linked.jpg")).unwrap();
            let (found, failed, _) = scan_all(root.path(), &ScanOptions::default());
            assert_eq!(found.len(), 2, "{found:?}");
            assert_eq!(found.iter().filter(|name| name.ends_with("deep/b.jpg")).count(), 1);
            assert!(failed.is_empty());
        }

        #[test]
        fn links_to_nowhere_are_reported_only_where_a_picture_was_promised() {
            let root = tempfile::tempdir().unwrap();
            symlink("nowhere", root.path().join("gone.jpg")).unwrap();
            symlink("nowhere", root.path().join("gone")).unwrap();
            let (found, failed, summary) = scan_all(root.path(), &ScanOptions::default());
            assert!(found.is_empty());
            assert_eq!((failed.len(), summary.failures), (1, 1));
            assert!(failed[0].0.ends_with("gone.jpg") && failed[0].1.message.contains("link"));
        }

        #[test]
        fn names_of_any_bytes_are_found() {
            let root = tempfile::tempdir().unwrap();
            let names: [&[u8]; 6] = [
                "صورة.jpg".as_bytes(),
                "照片 一.png".as_bytes(),
                b"with space.jpg",
                b"new\nline.jpg",
                b"\xff\xfe\x80.jpg",
                b"-rf --help.gif",
            ];
            for name in names {
                fs::write(root.path().join(OsStr::from_bytes(name)), "x").unwrap();
            }
            let mut found = Vec::new();
            let mut each = |file: Result<FoundFile, _>| {
                found.push(file.unwrap().path.file_name().unwrap().as_bytes().to_vec());
            };
            scan(root.path(), &ScanOptions::default(), &AtomicBool::new(false), &mut each).unwrap();
            found.sort();
            let mut expected: Vec<Vec<u8>> = names.iter().map(|name| name.to_vec()).collect();
            expected.sort();
            assert_eq!(found, expected);
        }

        #[test]
        fn a_socket_named_like_a_picture_is_reported_and_not_opened() {
            let root = tempfile::tempdir().unwrap();
            let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket.jpg")).unwrap();
            let (found, failed, _) = scan_all(root.path(), &ScanOptions::default());
            assert!(found.is_empty());
            assert_eq!(failed[0].1.kind, FailureKind::Unsupported);
        }

        #[test]
        fn an_unreadable_folder_is_reported_and_the_walk_goes_on() {
            use std::os::unix::fs::PermissionsExt;
            let root = tempfile::tempdir().unwrap();
            write(root.path(), "closed/a.jpg");
            write(root.path(), "open/b.jpg");
            let closed = root.path().join("closed");
            fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
            let may_read_anything = fs::read_dir(&closed).is_ok();
            let (found, failed, _) = scan_all(root.path(), &ScanOptions::default());
            fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
            if may_read_anything {
                // The superuser is never refused.
                assert_eq!(found, ["closed/a.jpg", "open/b.jpg"]);
            } else {
                assert_eq!(found, ["open/b.jpg"]);
                assert_eq!(
                    (failed[0].0.as_path(), failed[0].1.kind),
                    (closed.as_path(), FailureKind::NoPermission)
                );
            }
        }
    }
}
