//! Why a file could not be read (minimal form until the station lands).
/// Kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// Not a picture this build reads.
    Unsupported,
    /// Damaged.
    Corrupt,
    /// Beyond the limits.
    TooLarge,
    /// No permission to read it.
    NoPermission,
    /// The disk failed.
    Io,
    /// Not enough memory.
    OutOfMemory,
}
