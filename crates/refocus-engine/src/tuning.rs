//! What a person can set about the engine, also while it runs.

use std::path::{Path, PathBuf};

use crate::texts::ReadPhotos;
use refocus_media::{BadPattern, LeftOutRule, PathPatterns, ScanOptions, left_out_rules};

/// Most bytes of thumbnails that are kept, where nothing else is asked for: those of some 100,000 photos.
pub const THUMBNAIL_BYTES: u64 = 2 << 30;

/// What a person can set about the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineTuning {
    /// Threads of the decode pool and of the encode pool; all cores where it is `None`. Holds from the next indexing run.
    pub threads: Option<usize>,
    /// Whether indexing rests while the computer runs on its battery.
    pub pause_on_battery: bool,
    /// Most bytes of thumbnails that are kept.
    pub thumbnail_bytes: u64,
    /// Folders whose photos are left out, with all that they hold.
    pub excluded_folders: Vec<PathBuf>,
    /// Patterns of what is left out; see [`PathPatterns`].
    pub excluded_patterns: Vec<String>,
    /// Files with fewer bytes are left out; 0 takes all.
    pub smallest_bytes: u64,
    /// Rows of the table of what systems and programs keep for themselves ([`refocus_media::left_out_rules`]) that the person has
    /// switched off, by [`refocus_media::LeftOutRule::id`]. Names that no row has mean nothing.
    pub rules_off: Vec<String>,
    /// Whether the search for faces rests.
    pub faces_paused: bool,
    /// Which photos are read.
    pub read_photos: ReadPhotos,
    /// Whether reading rests.
    pub text_paused: bool,
}

impl Default for EngineTuning {
    fn default() -> Self {
        Self {
            threads: None,
            pause_on_battery: false,
            thumbnail_bytes: THUMBNAIL_BYTES,
            excluded_folders: Vec::new(),
            excluded_patterns: Vec::new(),
            smallest_bytes: 0,
            rules_off: Vec::new(),
            faces_paused: false,
            read_photos: ReadPhotos::Off,
            text_paused: false,
        }
    }
}

impl EngineTuning {
    /// Whether both leave out the same files.
    pub(super) fn leaves_out_the_same(&self, other: &Self) -> bool {
        self.excluded_folders == other.excluded_folders
            && self.excluded_patterns == other.excluded_patterns
            && self.smallest_bytes == other.smallest_bytes
            && self.rules_off == other.rules_off
    }
}

/// What is set, in the form in which the threads use it.
#[derive(Debug, Default)]
pub(super) struct Tuned {
    pub(super) wanted: EngineTuning,
    /// What scans pass over.
    pub(super) scan_options: ScanOptions,
    /// Whether the person leaves anything out.
    selective: bool,
}

impl Tuned {
    /// `own_folder` holds the library's own pictures. Patterns that cannot be understood are left away and handed back.
    pub(super) fn new(wanted: EngineTuning, own_folder: &Path) -> (Self, Vec<BadPattern>) {
        let (good, bad): (Vec<_>, Vec<_>) = wanted
            .excluded_patterns
            .iter()
            .map(|text| PathPatterns::new(std::slice::from_ref(text)).map(|_| text.clone()))
            .partition(Result::is_ok);
        let good: Vec<String> = good.into_iter().filter_map(Result::ok).collect();
        let excluded_patterns = PathPatterns::new(&good).unwrap_or_default();
        // A library that lies among the photos must not find its own thumbnails.
        let mut excluded_folders = vec![own_folder.to_path_buf()];
        excluded_folders.extend(wanted.excluded_folders.iter().cloned());
        let selective = excluded_folders.len() > 1 || !excluded_patterns.is_empty() || wanted.smallest_bytes > 0;
        // Each once: scans ask for every file.
        let is_off = |rule: &&LeftOutRule| wanted.rules_off.iter().any(|off| off == rule.id);
        let rules_off = left_out_rules().iter().filter(is_off);
        let rules_off = rules_off.map(|rule| rule.id.to_owned()).collect();
        let tuned = Self {
            scan_options: ScanOptions {
                excluded_folders,
                excluded_patterns,
                smallest_bytes: wanted.smallest_bytes,
                rules_off,
                ..ScanOptions::default()
            },
            wanted,
            selective,
        };
        (tuned, bad.into_iter().filter_map(Result::err).collect())
    }

    /// Threads of each pool.
    pub(super) fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.wanted.threads.unwrap_or_else(cores).max(1)
    }

    /// Whether the person's own rules leave out a file below the added folder `root`: its row stays, for the day on which it is
    /// wanted again. What the table leaves out has no row once a scan has met it, so that nobody need ask the table (nor the disk,
    /// for files that mark their folders) when a library is opened.
    pub(super) fn hides(&self, root: &Path, path: &Path, bytes: u64) -> bool {
        self.selective && self.scan_options.is_left_out_by_person(root, path, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_decides_what_is_left_out_and_a_bad_pattern_costs_only_itself() {
        let wanted = EngineTuning {
            excluded_folders: vec!["/photos/private".into()],
            excluded_patterns: vec!["[z-a".into(), "*.gif".into()],
            smallest_bytes: 100,
            ..EngineTuning::default()
        };
        let (tuned, bad) = Tuned::new(wanted, Path::new("/data/thumbnails"));
        assert_eq!(bad.len(), 1);
        let root = Path::new("/photos");
        for (path, bytes, left_out) in [
            ("/photos/a.jpg", 100, false),
            ("/photos/a.jpg", 99, true),
            ("/photos/private/a.jpg", 100, true),
            ("/photos/b/a.GIF", 100, true),
            ("/photos/@eaDir/a.jpg", 100, false),
        ] {
            assert_eq!(tuned.hides(root, Path::new(path), bytes), left_out, "{path}");
        }
        let (all, _) = Tuned::new(EngineTuning::default(), Path::new("/data/thumbnails"));
        assert!(!all.hides(root, Path::new("/photos/private/a.gif"), 1));
    }

    #[test]
    fn a_row_that_is_switched_off_leaves_out_other_files() {
        let all = EngineTuning::default();
        let some = EngineTuning {
            rules_off: vec!["nomedia".into(), "of-a-later-version".into(), "nomedia".into()],
            ..EngineTuning::default()
        };
        assert!(all.leaves_out_the_same(&all) && !all.leaves_out_the_same(&some));
        let (tuned, _) = Tuned::new(some, Path::new("/data/thumbnails"));
        assert_eq!(tuned.scan_options.rules_off, ["nomedia"]);
    }
}
