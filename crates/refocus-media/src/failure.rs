//! Why a file could not be read, in words for the person who owns it.

use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What kind of trouble a file gave. Decides whether trying again without a change can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// A format, or a variant of one, that is not read.
    Unsupported,
    /// The bytes are damaged, cut short, or not a picture at all.
    Corrupt,
    /// More pixels, memory or bytes than the limits allow.
    TooLarge,
    /// The system does not let this person read the file.
    NoPermission,
    /// The disk, the network drive or the file system failed; or the file went away.
    Io,
    /// Memory ran out while the file was read.
    OutOfMemory,
    /// Reading it was ended: by somebody, or because it took too long on this machine at that time. The file may be the reason, so it
    /// is tried once more and not again and again.
    Interrupted,
}

impl FailureKind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 7] = [
        Self::Unsupported,
        Self::Corrupt,
        Self::TooLarge,
        Self::NoPermission,
        Self::Io,
        Self::OutOfMemory,
        Self::Interrupted,
    ];

    /// The name used in the database and in JSON, for example `too_large`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Corrupt => "corrupt",
            Self::TooLarge => "too_large",
            Self::NoPermission => "no_permission",
            Self::Io => "io",
            Self::OutOfMemory => "out_of_memory",
            Self::Interrupted => "interrupted",
        }
    }

    /// True when only a change of the file (or of this program) can help, once it failed so often in a row; false for passing
    /// trouble such as a lost network drive, a missing permission or a lack of memory.
    pub fn is_permanent(self, attempts: u32) -> bool {
        match self {
            Self::Unsupported | Self::Corrupt | Self::TooLarge => true,
            Self::Interrupted => attempts > 1,
            Self::NoPermission | Self::Io | Self::OutOfMemory => false,
        }
    }

    /// Seconds to wait before an unchanged file is tried again by itself, after it failed so often in a row: half a minute,
    /// then four times as long each time, at most six hours. `None` where only a change can help.
    pub fn retry_after(self, attempts: u32) -> Option<i64> {
        const FIRST: i64 = 30;
        const LONGEST: i64 = 6 * 3600;
        (!self.is_permanent(attempts)).then(|| {
            let doublings = 2 * attempts.saturating_sub(1).min(16);
            (FIRST << doublings).min(LONGEST)
        })
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no [`FailureKind`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of failure \"{0}\"")]
pub struct UnknownFailureKind(String);

impl FromStr for FailureKind {
    type Err = UnknownFailureKind;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownFailureKind(word.to_owned()))
    }
}

/// One file's trouble: its kind, and a sentence that says what is wrong and what to do.
///
/// The message never holds the path: whoever knows the path puts it last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct Failure {
    /// What kind of trouble it is.
    pub kind: FailureKind,
    /// What is wrong and what to do about it, in plain words.
    pub message: String,
}

impl Failure {
    /// A failure of any kind.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// A format or variant that is not read.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unsupported, message)
    }

    /// Damaged bytes.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Corrupt, message)
    }

    /// Beyond the limits.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(FailureKind::TooLarge, message)
    }

    /// Memory ran out while `bytes` more were asked for.
    pub fn out_of_memory(bytes: u64) -> Self {
        let message = format!(
            "There is not enough memory for this picture ({} more are needed). Close other programs and retry.",
            readable_bytes(bytes)
        );
        Self::new(FailureKind::OutOfMemory, message)
    }
}

impl Failure {
    /// What became of looking at or reading `path`. A link that leads nowhere, or back to itself, is told as such: no drive failed.
    pub fn at(path: &Path, error: io::Error) -> Self {
        let leads_back = is_loop(&error);
        if (leads_back || error.kind() == io::ErrorKind::NotFound) && path.is_symlink() {
            let message = if leads_back {
                "It is a link that leads back to itself. Remove it, or let it lead to a file, then rescan."
            } else {
                "It is a link to a file that is not there. Bring the file back or remove the link, then rescan."
            };
            return Self::new(FailureKind::Io, message);
        }
        Self::from(error)
    }
}

/// Whether links lead in a circle, or through too many others.
fn is_loop(error: &io::Error) -> bool {
    #[cfg(unix)]
    let code = rustix::io::Errno::LOOP.raw_os_error();
    // ERROR_CANT_RESOLVE_FILENAME.
    #[cfg(not(unix))]
    let code = 1921;
    error.raw_os_error() == Some(code)
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::PermissionDenied => Self::new(
                FailureKind::NoPermission,
                "The system does not allow reading it. Change its permissions, then retry.",
            ),
            Kind::NotFound => Self::new(
                FailureKind::Io,
                "It is not there (any more). Is its drive connected? Rescan the folder once it is back.",
            ),
            Kind::OutOfMemory => Self::new(
                FailureKind::OutOfMemory,
                "There is not enough memory. Close other programs and retry.",
            ),
            _ => Self::new(
                FailureKind::Io,
                format!("Reading it failed: {error}. Check the drive, then retry."),
            ),
        }
    }
}

/// `bytes` in the unit that a person would choose, for example `1.5 GB`.
pub(crate) fn readable_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 1 && value < 100.0);
    format!("{value:.decimals$} {}", UNITS.get(unit).copied().unwrap_or("bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_from_its_own_name() {
        let names: Vec<&str> = FailureKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(
            names,
            [
                "unsupported",
                "corrupt",
                "too_large",
                "no_permission",
                "io",
                "out_of_memory",
                "interrupted"
            ]
        );
        for kind in FailureKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.as_str()));
        }
        assert!("corrupted".parse::<FailureKind>().is_err());
    }

    #[test]
    fn only_trouble_inside_the_file_is_permanent_and_what_was_interrupted_twice() {
        let permanent = |attempts| -> Vec<FailureKind> {
            let kinds = FailureKind::ALL.into_iter();
            kinds.filter(|kind| kind.is_permanent(attempts)).collect()
        };
        let inside = [FailureKind::Unsupported, FailureKind::Corrupt, FailureKind::TooLarge];
        assert_eq!(permanent(1), inside);
        assert_eq!(permanent(2), [&inside[..], &[FailureKind::Interrupted]].concat());
        assert_eq!(FailureKind::Interrupted.retry_after(1), Some(30));
        assert_eq!(FailureKind::Interrupted.retry_after(2), None);
    }

    #[test]
    fn passing_trouble_is_tried_again_at_growing_distances() {
        let waits: Vec<_> = [0, 1, 2, 3, 4, 6, 7, u32::MAX]
            .map(|attempts| FailureKind::Io.retry_after(attempts).unwrap())
            .to_vec();
        assert_eq!(waits, [30, 30, 120, 480, 1920, 21_600, 21_600, 21_600]);
        assert_eq!(FailureKind::Corrupt.retry_after(1), None);
    }

    #[test]
    fn io_errors_keep_their_kind() {
        let of = |kind: io::ErrorKind| Failure::from(io::Error::from(kind)).kind;
        assert_eq!(of(io::ErrorKind::PermissionDenied), FailureKind::NoPermission);
        assert_eq!(of(io::ErrorKind::NotFound), FailureKind::Io);
        assert_eq!(of(io::ErrorKind::TimedOut), FailureKind::Io);
        assert_eq!(of(io::ErrorKind::OutOfMemory), FailureKind::OutOfMemory);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_or_to_itself_is_told_as_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let told = |name: &str| {
            let path = folder.path().join(name);
            let failure = Failure::at(&path, std::fs::metadata(&path).unwrap_err());
            assert_eq!(failure.kind, FailureKind::Io);
            failure.message
        };
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
        link("nowhere", "broken.jpg");
        link("self.jpg", "self.jpg");
        assert!(told("broken.jpg").starts_with("It is a link to a file that is not there."));
        assert!(told("self.jpg").starts_with("It is a link that leads back to itself."));
        assert!(told("no file at all.jpg").starts_with("It is not there (any more)."));
    }

    #[test]
    fn bytes_are_written_for_people() {
        assert_eq!(readable_bytes(0), "0 bytes");
        assert_eq!(readable_bytes(12_345), "12 kB");
        assert_eq!(readable_bytes(1_500_000_000), "1.5 GB");
        assert_eq!(readable_bytes(u64::MAX), "18446744 TB");
    }
}
