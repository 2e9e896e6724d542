//! One walk: what is done with each entry that is met.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use walkdir::DirEntry;

use super::entered::Entered;
use super::file_system::is_hidden;
use super::first_bytes::begin_as_picture;
use super::left_out::{Kind, LeftOut, LeftOutRule, is_taken_in, rule_of};
use super::names::{NamedAs, claims_to_be_picture, is_copy_of_picture, named_as};
use super::{FoundFile, ScanOptions, ScanSummary, found_file};
use crate::companions::is_companion_name;
use crate::failure::{Failure, FailureKind};

/// Most files and folders that a summary lists as left out, and most of each row.
const MOST_LISTED: usize = 2000;
const MOST_LISTED_OF_RULE: u64 = 200;

pub(super) struct Walk<'a> {
    pub(super) options: &'a ScanOptions,
    /// The folder that the person added.
    pub(super) added: &'a Path,
    pub(super) each: &'a mut dyn FnMut(Result<FoundFile, (PathBuf, Failure)>),
    pub(super) companion: &'a mut dyn FnMut(FoundFile),
    pub(super) entered: Entered,
    /// The outermost symbolic link to a folder in which the walk is, or was last.
    pub(super) below_link: Option<PathBuf>,
    pub(super) summary: ScanSummary,
}

impl Walk<'_> {
    pub(super) fn enters(&mut self, entry: &DirEntry) -> bool {
        let path = entry.path();
        // The scanned folder itself may be a part of the added one.
        if self.leaves_out(path, Kind::Folder) || (entry.depth() > 0 && self.passes_over(entry.file_name(), path)) {
            return false;
        }
        self.summary.links += u64::from(entry.path_is_symlink());
        let first_time = self.entered.first_time(entry);
        self.summary.folders += u64::from(first_time);
        if first_time && entry.depth() > 0 && entry.path_is_symlink() && !self.is_below_link(path) {
            self.below_link = Some(path.to_owned());
        }
        first_time
    }

    /// Whether the walk came to a path by a symbolic link to a folder above it.
    pub(super) fn is_below_link(&self, path: &Path) -> bool {
        self.below_link.as_ref().is_some_and(|link| path.starts_with(link))
    }

    /// Whether a file below the root is looked at.
    pub(super) fn looks_at(&mut self, path: &Path, name: &OsStr) -> bool {
        !self.leaves_out(path, Kind::File) && !self.passes_over(name, path)
    }

    /// Left out by the table, which is noted; what the person leaves out by their own rules is not noted.
    fn leaves_out(&mut self, path: &Path, kind: Kind) -> bool {
        let Some(rule) = self.rule_of(path, kind) else {
            return false;
        };
        let promised = kind == Kind::Folder || named_as(path) != NamedAs::Other || is_copy_of_picture(path);
        if promised && !self.options.is_excluded(self.added, path) {
            self.note(path, rule, kind == Kind::Folder);
        }
        true
    }

    fn note(&mut self, path: &Path, rule: &'static LeftOutRule, is_folder: bool) {
        let summary = &mut self.summary;
        summary.left_out_count += 1;
        let of_rule = summary.left_out_by_rule.entry(rule.id).or_default();
        if summary.left_out.len() < MOST_LISTED && of_rule.total() < MOST_LISTED_OF_RULE {
            summary.left_out.push(LeftOut {
                path: path.to_owned(),
                rule: rule.id,
                is_folder,
            });
        }
        let count = if is_folder {
            &mut of_rule.folders
        } else {
            &mut of_rule.files
        };
        *count += 1;
    }

    /// The row of the table that leaves this path out.
    pub(super) fn rule_of(&self, path: &Path, kind: Kind) -> Option<&'static LeftOutRule> {
        rule_of(self.options, self.added, path, kind)
    }

    /// Hidden by its name or by the person's own rules.
    pub(super) fn passes_over(&self, name: &OsStr, path: &Path) -> bool {
        let hidden = !self.options.include_hidden
            && (name.as_encoded_bytes().starts_with(b".") || is_hidden(path))
            && !is_taken_in(self.options, self.added, path);
        hidden || self.options.is_excluded(self.added, path)
    }

    /// `is_link`: the path is a symbolic link, and `metadata` are those of what it leads to.
    pub(super) fn meet_file(&mut self, path: &Path, metadata: std::io::Result<Metadata>, is_link: bool) {
        let claims = match named_as(path) {
            NamedAs::Picture => true,
            NamedAs::Nothing => metadata.as_ref().is_ok_and(|metadata| begin_as_picture(path, metadata)),
            // A copy such as "a.jpg_original", which the person asks for.
            NamedAs::Other => {
                is_taken_in(self.options, self.added, path)
                    && metadata.as_ref().is_ok_and(|metadata| begin_as_picture(path, metadata))
            }
        };
        if !claims {
            self.summary.other_files += 1;
            if is_companion_name(path)
                && let Ok(metadata) = metadata
                && metadata.is_file()
            {
                (self.companion)(found_file(path, &metadata, is_link));
            }
            return;
        }
        let found = metadata.map_err(|error| Failure::at(path, error)).and_then(|metadata| {
            if metadata.is_file() {
                Ok(found_file(path, &metadata, is_link))
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

    pub(super) fn meet_trouble(&mut self, root: &Path, error: walkdir::Error) {
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
                let failure = Failure::at(&path, std::io::ErrorKind::NotFound.into());
                self.report(path, failure);
            }
            return;
        }
        let failure = error.into_io_error().map_or_else(
            || Failure::new(FailureKind::Io, "Looking at it failed. Check the drive, then rescan."),
            |error| Failure::at(&path, error),
        );
        self.report(path, failure);
    }

    fn report(&mut self, path: PathBuf, failure: Failure) {
        self.summary.failures += 1;
        (self.each)(Err((path, failure)));
    }
}
