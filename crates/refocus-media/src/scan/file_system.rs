//! What the file system says of a file, where systems differ.

use std::fs::Metadata;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Which file it is, while the system runs: its device's number, and its own on that device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileIdentity(u64, u64);

/// The identity of a file that has several hard links.
#[cfg(unix)]
pub(super) fn shared_identity(metadata: &Metadata) -> Option<FileIdentity> {
    use std::os::unix::fs::MetadataExt;
    (metadata.nlink() > 1).then(|| FileIdentity(metadata.dev(), metadata.ino()))
}

/// The standard library does not say.
#[cfg(not(unix))]
pub(super) fn shared_identity(_metadata: &Metadata) -> Option<FileIdentity> {
    None
}

/// Whether two paths lead to the same file: hard links, or links to it. False where either is not there.
#[cfg(unix)]
#[must_use]
pub fn same_file(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |path: &Path| path.metadata().map(|metadata| (metadata.dev(), metadata.ino()));
    matches!((id(a), id(b)), (Ok(a), Ok(b)) if a == b)
}

/// Whether two paths lead to the same file: hard links, or links to it. False where either is not there.
#[cfg(windows)]
#[must_use]
pub fn same_file(a: &Path, b: &Path) -> bool {
    matches!((file_id::get_file_id(a), file_id::get_file_id(b)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(windows)]
pub(super) fn is_hidden(path: &Path) -> bool {
    use std::os::windows::fs::MetadataExt;
    const HIDDEN_OR_SYSTEM: u32 = 0x2 | 0x4;
    path.symlink_metadata()
        .is_ok_and(|metadata| metadata.file_attributes() & HIDDEN_OR_SYSTEM != 0)
}

#[cfg(not(windows))]
pub(super) fn is_hidden(_path: &Path) -> bool {
    false
}

pub(super) fn modified_ns(metadata: &Metadata) -> i64 {
    metadata.modified().map_or(0, nanoseconds_since_1970)
}

pub(super) fn nanoseconds_since_1970(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}
