//! What a file's or a folder's name says of it.

use std::ffi::OsStr;
use std::path::Path;

pub(crate) const PICTURE_EXTENSIONS: [&str; 16] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "dib", "tif", "tiff", "jxl", "heic", "heif", "hif",
    "avif",
];

/// Camera raw files: what is read of them is the preview.
pub(crate) const RAW_EXTENSIONS: [&str; 25] = [
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

pub(super) fn is_system_folder(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    SYSTEM_FOLDERS.contains(&name.as_str()) || PREVIEW_FOLDER_ENDINGS.iter().any(|ending| name.ends_with(ending))
}
