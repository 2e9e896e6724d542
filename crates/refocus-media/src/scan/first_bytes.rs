//! Files whose names say nothing: whether they begin as pictures do.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

use crate::sniff::begins_as_picture;

/// As many bytes as are read: enough for the marks of all formats.
const MOST_BYTES: u64 = 32;

/// Whether an ordinary file's first bytes are those of a picture. A pipe or a device is not opened, nor a file that its cloud
/// would have to bring first; what cannot be read promised nothing.
pub(super) fn begin_as_picture(path: &Path, metadata: &Metadata) -> bool {
    if !metadata.is_file() || metadata.len() == 0 || is_elsewhere(metadata) {
        return false;
    }
    let mut first = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut first));
    read.is_ok() && begins_as_picture(&first)
}

/// Whether the bytes are with a cloud and come when the file is read: `FILE_ATTRIBUTE_OFFLINE`,
/// `FILE_ATTRIBUTE_RECALL_ON_OPEN` and `FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS` (Microsoft, File Attribute Constants).
#[cfg(windows)]
fn is_elsewhere(metadata: &Metadata) -> bool {
    use std::os::windows::fs::MetadataExt;
    const OFFLINE: u32 = 0x1000 | 0x0004_0000 | 0x0040_0000;
    metadata.file_attributes() & OFFLINE != 0
}

#[cfg(not(windows))]
fn is_elsewhere(_metadata: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use crate::scan::tests::{folder_with, scan_all};
    use crate::scan::{ScanOptions, comes_to};

    #[test]
    fn files_whose_names_say_nothing_are_taken_by_their_first_bytes() {
        let root = folder_with(&["text", "empty", "IMG_0001.1", "no.jpg", "movie", "jpeg.txt"]);
        let write = |name: &str, bytes: &[u8]| std::fs::write(root.path().join(name), bytes).unwrap();
        let jpeg = [0xFF, 0xD8, 0xFF, 0xE0];
        write("empty", b"");
        write("jpeg", &jpeg);
        write("saved.jpg_large", &jpeg);
        write("2019.05.03", &jpeg);
        write("St. Peter", b"\x89PNG\r\n\x1a\n");
        write("F0A1", b"RIFF\0\0\0\0WEBPVP8 ");
        write("heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic");
        write("movie", b"\0\0\0\x18ftypisom\0\0\0\0isommp42");
        write("jpeg.txt", &jpeg);
        write("copy.jpg_original", &jpeg);
        let (found, failed, summary) = scan_all(root.path(), &ScanOptions::default());
        assert_eq!(
            found,
            [
                "2019.05.03",
                "F0A1",
                "St. Peter",
                "heic",
                "jpeg",
                "no.jpg",
                "saved.jpg_large"
            ]
        );
        assert!(failed.is_empty());
        assert_eq!((summary.photos, summary.other_files), (7, 5));
        assert!(comes_to(
            root.path(),
            &root.path().join("jpeg"),
            &ScanOptions::default()
        ));
        assert!(!comes_to(
            root.path(),
            &root.path().join("text"),
            &ScanOptions::default()
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_without_an_ending_is_not_opened() {
        let root = folder_with(&["a.jpg"]);
        let made = std::process::Command::new("mkfifo")
            .arg(root.path().join("pipe"))
            .status();
        assert!(made.is_ok_and(|status| status.success()));
        let (found, failed, summary) = scan_all(root.path(), &ScanOptions::default());
        assert_eq!((found.len(), failed.len(), summary.other_files), (1, 0, 1));
    }
}
