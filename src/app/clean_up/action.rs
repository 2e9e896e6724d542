//! What a person wants of the page.

use std::path::Path;
use std::sync::Arc;

use refocus_engine::{CleanUpRequest, ContentFiles};

/// Files that are to go to the trash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::app) struct Spare {
    /// The photos.
    pub(in crate::app) photos: Vec<Arc<Path>>,
    /// Files: theirs, and raw files that go with them.
    pub(in crate::app) files: usize,
    /// Bytes of all of these.
    pub(in crate::app) bytes: u64,
}

/// What a person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) enum CleanUpAction {
    /// The page, or back from it to the photos.
    Toggle,
    /// Something for the engine.
    Ask(CleanUpRequest),
    /// All photos of a group stay.
    KeepAll(Vec<ContentFiles>),
    /// The question whether these go to the trash.
    AskBeforeTrash(Spare),
}
