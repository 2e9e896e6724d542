//! What of a file changes, so that it can be taken back without a second copy of the file in memory; and how it is written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{RotateError, Times};
use crate::hash::ContentHash;

/// A change of one file: a run of bytes in place of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Splice {
    file: PathBuf,
    /// The whole file before and after; `None` where there is none.
    before: Option<ContentHash>,
    after: Option<ContentHash>,
    /// Where the bytes differ, and what stands there.
    at: usize,
    old: Vec<u8>,
    new: Vec<u8>,
    times: Times,
}

impl Splice {
    /// The change between two states of a file; `None`: it is not there.
    pub(super) fn between(file: &Path, before: Option<&[u8]>, after: Option<&[u8]>, times: Times) -> Self {
        let (old, new) = (before.unwrap_or_default(), after.unwrap_or_default());
        let at = old.iter().zip(new).take_while(|(one, other)| one == other).count();
        let rest = |bytes: &[u8]| bytes.get(at..).unwrap_or_default().to_vec();
        let (mut old, mut new) = (rest(old), rest(new));
        let alike = old
            .iter()
            .rev()
            .zip(new.iter().rev())
            .take_while(|(one, other)| one == other);
        let alike = alike.count();
        old.truncate(old.len() - alike);
        new.truncate(new.len() - alike);
        Self {
            file: file.to_path_buf(),
            before: before.map(ContentHash::of),
            after: after.map(ContentHash::of),
            at,
            old,
            new,
            times,
        }
    }

    pub(super) fn back(&self) -> Self {
        Self {
            file: self.file.clone(),
            before: self.after,
            after: self.before,
            at: self.at,
            old: self.new.clone(),
            new: self.old.clone(),
            times: self.times.map(|(before, after)| (after, before)),
        }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn carry_out(&self) -> Result<(), RotateError> {
        let path = self.file.clone();
        self.write()
            .and_then(|held| match held {
                true => Ok(()),
                false => Err(io::Error::from(io::ErrorKind::InvalidData)),
            })
            .map_err(|source| match source.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::AlreadyExists => RotateError::Changed { path },
                _ => RotateError::NotWritten { source, path },
            })
    }

    /// Writes the new state; whether the old one was what was expected.
    fn write(&self) -> io::Result<bool> {
        let Some(before) = self.before else {
            return self.write_new().map(|()| true);
        };
        // The name may be a link; what it leads to is replaced, not the link.
        let file = self.file.canonicalize()?;
        let facts = fs::metadata(&file)?;
        let bytes = fs::read(&file)?;
        if ContentHash::of(&bytes) != before {
            return Ok(false);
        }
        // Renaming would replace a file that its owner has made read-only.
        if facts.permissions().readonly() {
            return Err(io::Error::from(io::ErrorKind::PermissionDenied));
        }
        let Some(after) = self.after else {
            fs::remove_file(&file)?;
            return Ok(true);
        };
        let (Some(first), Some(rest)) = (bytes.get(..self.at), bytes.get(self.at + self.old.len()..)) else {
            return Ok(false);
        };
        let changed = [first, &self.new, rest].concat();
        if ContentHash::of(&changed) != after {
            return Ok(false);
        }
        let mut written = self.temporary(&file)?;
        written.write_all(&changed)?;
        written.as_file().set_permissions(facts.permissions())?;
        if let Some((_, modified)) = self.times {
            written.as_file().set_modified(modified)?;
        }
        written.as_file().sync_all()?;
        // Shortly before it is replaced: another program may write as well.
        if fs::metadata(&file)?.modified().ok() != facts.modified().ok() {
            return Ok(false);
        }
        written.persist(&file).map_err(|error| error.error)?;
        sync_folder(&file);
        Ok(true)
    }

    fn write_new(&self) -> io::Result<()> {
        let mut written = self.temporary(&self.file)?;
        written.write_all(&self.new)?;
        #[cfg(unix)]
        {
            // What a new file gets that is not a temporary one.
            use std::os::unix::fs::PermissionsExt;
            written.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        written.as_file().sync_all()?;
        written.persist_noclobber(&self.file).map_err(|error| error.error)?;
        sync_folder(&self.file);
        Ok(())
    }

    fn temporary(&self, file: &Path) -> io::Result<tempfile::NamedTempFile> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        tempfile::Builder::new()
            .prefix(".refocus-turn-")
            .tempfile_in(folder.unwrap_or(Path::new(".")))
    }
}

/// The new name is on disk too. Where the system does not offer it, the name comes with the next flush.
fn sync_folder(file: &Path) {
    if let Some(Ok(folder)) = file.parent().map(File::open) {
        let _ = folder.sync_all();
    }
}

/// What the system reports, for the person.
pub(super) fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "this file is not there any more".to_owned(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "this file or its folder may not be written".to_owned()
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full, and the file is as it was".to_owned()
        }
        kind => format!("this file cannot be written ({kind})"),
    }
}
