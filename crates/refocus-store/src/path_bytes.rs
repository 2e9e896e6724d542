//! Paths as exact bytes: names that are not UTF-8 (Unix) or not UTF-16 (Windows) survive the database.

use std::path::{Path, PathBuf};

/// The path as bytes: its own bytes on Unix, little-endian UTF-16 units on Windows.
pub fn to_bytes(path: &Path) -> Vec<u8> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        path.as_os_str().as_bytes().to_vec()
    }
    #[cfg(windows)]
    {
        use std::os::windows::ffi::OsStrExt;
        path.as_os_str().encode_wide().flat_map(u16::to_le_bytes).collect()
    }
}

/// The path of such bytes.
pub fn from_bytes(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
    }
    #[cfg(windows)]
    {
        use std::os::windows::ffi::OsStringExt;
        let (units, _) = bytes.as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        PathBuf::from(std::ffi::OsString::from_wide(&units))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn names_that_are_not_utf8_survive() {
        let path = Path::new(std::ffi::OsStr::from_bytes(b"/photos/caf\xe9 \n\xff.jpg"));
        assert_eq!(from_bytes(&to_bytes(path)), path);
    }
}
