//! Rows for the tests of this folder.

use std::path::Path;
use std::sync::Arc;

use refocus_engine::{DateSource, FileId, FolderId, Marks, PhotoRow};

/// A photo of the library with a content of its own.
pub(super) fn row(number: i64) -> PhotoRow {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    PhotoRow {
        id: FileId(number),
        folder: FolderId(1),
        path: Arc::from(Path::new(&format!("/photos/{number:04}.jpg"))),
        hash,
        width: 3,
        height: 2,
        bytes: 1,
        modified_ns: 0,
        taken: 0,
        taken_source: DateSource::FileTime,
        camera: None,
        format: "JPEG",
        encoded: true,
        marks: Marks::default(),
        extras: Default::default(),
        gone: false,
    }
}
