//! Patterns of paths that a person does not want in the gallery.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Patterns over the path of a file or folder below the folder that the person added. `*` stands for any run of characters
/// but `/`, `**` for any run of folders, `?` for one character, `[a-z]` and `{jpg,png}` for a choice; upper and lower case are
/// the same. A pattern without `/` is matched against names at every depth; what a folder's pattern matches is left out with
/// all that it holds.
#[derive(Clone, Debug, Default)]
pub struct PathPatterns {
    texts: Vec<String>,
    set: GlobSet,
}

/// A pattern that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This pattern is not understood ({reason}): {pattern}")]
pub struct BadPattern {
    /// The pattern as it was typed.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl PathPatterns {
    /// Patterns as they were typed; blank ones are passed over.
    ///
    /// # Errors
    /// The first of them that cannot be understood.
    pub fn new(texts: &[String]) -> Result<Self, BadPattern> {
        let mut set = GlobSetBuilder::new();
        let mut kept = Vec::new();
        for text in texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            let bad = |reason: String| BadPattern {
                pattern: text.to_owned(),
                reason,
            };
            let below = text.trim_end_matches('/');
            // Without a folder in it, a pattern is about names, wherever they are.
            let whole = match below.strip_prefix('/') {
                Some(from_the_top) => from_the_top.to_owned(),
                None if below.contains('/') => below.to_owned(),
                None => format!("**/{below}"),
            };
            let glob = GlobBuilder::new(&whole)
                .case_insensitive(true)
                .literal_separator(true)
                .build()
                .map_err(|error| bad(error.kind().to_string()))?;
            set.add(glob);
            kept.push(text.to_owned());
        }
        let set = set.build().map_err(|error| BadPattern {
            pattern: kept.join(" "),
            reason: error.kind().to_string(),
        })?;
        Ok(Self { texts: kept, set })
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether one of them matches the path of a file or folder, as it is named below the added folder.
    #[must_use]
    pub fn matches(&self, below: &Path) -> bool {
        !self.is_empty() && self.set.is_match(below)
    }
}

impl PartialEq for PathPatterns {
    fn eq(&self, other: &Self) -> bool {
        self.texts == other.texts
    }
}

impl Eq for PathPatterns {}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        let patterns = PathPatterns::new(&[pattern.to_owned()]).unwrap();
        patterns.matches(Path::new(path))
    }

    #[test]
    fn names_match_at_every_depth_and_paths_from_the_top() {
        for (pattern, path, expected) in [
            ("*.tmp.jpg", "deep/er/A.TMP.JPG", true),
            ("img_????.*", "IMG_1234.jpg", true),
            ("img_????.*", "IMG_123.jpg", false),
            ("*screenshot*", "Screenshots 2023", true),
            ("a*b*c", "a-bb-b-c", true),
            ("a*b*c", "a/b/c", false),
            ("2023/*", "2023/a.jpg", true),
            ("2023/*", "old/2023/a.jpg", false),
            ("/top.jpg", "top.jpg", true),
            ("/top.jpg", "sub/top.jpg", false),
            ("**/raw/*.tif", "a/b/raw/c.tif", true),
            ("private/", "a/private", true),
            ("*.{gif,bmp}", "x/y.GIF", true),
            (
                "\u{62a}\u{635}\u{648}\u{64a}\u{631}*",
                "\u{62a}\u{635}\u{648}\u{64a}\u{631} 1.jpg",
                true,
            ),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        assert!(!matches(" ", "anything"));
        // Patterns that make naive matchers take for ever end at once.
        assert!(!matches(&"*a".repeat(30), &"a".repeat(29)));
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        let error = PathPatterns::new(&["*.jpg".into(), "[z-a".into()]).unwrap_err();
        assert_eq!(error.pattern, "[z-a");
        assert!(!error.reason.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn names_of_any_bytes_can_be_matched() {
        use std::os::unix::ffi::OsStrExt;
        let name = Path::new(std::ffi::OsStr::from_bytes(b"\xff\xfe.jpg"));
        assert!(PathPatterns::new(&["*.jpg".into()]).unwrap().matches(name));
    }
}
