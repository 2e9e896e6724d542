//! What goes to standard output and standard error.

use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value, json};

/// Prints a line on standard output. A reader that has closed its end (`| head`) is no error.
pub(super) fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints a line on standard error.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Prints JSON on standard output.
pub(super) fn print_json(value: &Value) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// A path as JSON strings can hold it, and whether it had to be percent-encoded because its bytes are not UTF-8.
pub(super) fn path_text(path: &Path) -> (String, bool) {
    if let Some(text) = path.to_str() {
        return (text.to_owned(), false);
    }
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        // A percent sign is encoded as well, so that the text can be decoded again without doubt.
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    (text, true)
}

/// An object that starts with a path.
pub(super) fn with_path(path: &Path, more: Value) -> Value {
    let (text, encoded) = path_text(path);
    let mut object = Map::new();
    object.insert("path".into(), json!(text));
    if encoded {
        object.insert("path_encoded".into(), json!(true));
    }
    if let Value::Object(more) = more {
        object.extend(more);
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;

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
