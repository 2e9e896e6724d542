//! One walk: what is done with each entry that is met.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use walkdir::DirEntry;

use super::entered::Entered;
use super::file_system::is_hidden;
use super::names::{claims_to_be_picture, is_system_folder};
use super::{FoundFile, ScanOptions, ScanSummary, found_file};
use crate::companions::is_sidecar_name;
use crate::failure::{Failure, FailureKind};

pub(super) struct Walk<'a> {
    pub(super) options: &'a ScanOptions,
    /// The folder that the person added.
    pub(super) added: &'a Path,
    pub(super) each: &'a mut dyn FnMut(Result<FoundFile, (PathBuf, Failure)>),
    pub(super) sidecar: &'a mut dyn FnMut(FoundFile),
    pub(super) entered: Entered,
    pub(super) summary: ScanSummary,
}

impl Walk<'_> {
    pub(super) fn enters(&mut self, entry: &DirEntry) -> bool {
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
    pub(super) fn passes_over(&self, name: &OsStr, path: &Path) -> bool {
        let hidden = !self.options.include_hidden && (name.as_encoded_bytes().starts_with(b".") || is_hidden(path));
        hidden || self.options.is_excluded(self.added, path)
    }

    pub(super) fn meet_file(&mut self, path: &Path, metadata: std::io::Result<Metadata>) {
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
