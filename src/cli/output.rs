//! What goes to standard output and standard error.

use std::io::Write;

use serde_json::Value;

pub use refocus_engine::{path_text, with_path};

/// Prints a line on standard output. A reader that has closed its end (`| head`) is no error.
pub fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints a line on standard error.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Prints JSON on standard output.
pub fn print_json(value: &Value) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// As in "1 photo", "12 photos".
pub fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::Path;

    #[test]
    fn paths_in_utf8_stay_as_they_are() {
        let path = Path::new("/صور/100% 照片.jpg");
        assert_eq!(path_text(path), ("/صور/100% 照片.jpg".to_owned(), false));
        assert_eq!(
            with_path(path, json!({"rank": 1})),
            json!({"path": "/صور/100% 照片.jpg", "rank": 1})
        );
    }

    #[cfg(unix)]
    #[test]
    fn other_bytes_are_percent_encoded_and_marked() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"/a%b\xff.jpg"));
        assert_eq!(
            with_path(path, json!({})),
            json!({"path": "/a%25b%FF.jpg", "path_encoded": true})
        );
    }
}
