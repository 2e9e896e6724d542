//! What a person wants about albums.

use std::sync::Arc;

use refocus_engine::{AlbumId, AlbumRequest, FileId};

/// What a panel returns.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) enum AlbumAction {
    /// Only the photos of an album take part; `None`: all again.
    Show(Option<AlbumId>),
    /// Asks which album, or for a name.
    Ask(AlbumQuestion),
    /// A step, which can be undone.
    Step(AlbumRequest),
    /// Asks for an album for all photos of a group, by their rows.
    AddRows(Arc<[u32]>),
}

/// A command of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::app) enum AlbumCommand {
    /// Makes an album.
    New,
    /// The chosen photos come into an album.
    Add,
    /// The chosen photos leave the album that is shown.
    TakeOut,
    /// Writes all albums to a file.
    Export,
    /// Takes over albums from a file.
    Import,
}

/// What the dialog asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) enum AlbumQuestion {
    /// Which album these photos come into.
    AddTo(Vec<FileId>),
    /// What a new album is called.
    New {
        /// The album that it lies in.
        inside: Option<AlbumId>,
        /// Its first photos.
        photos: Vec<FileId>,
    },
    /// What an album is called from now on.
    Rename(AlbumId),
    /// Which album it lies in from now on.
    MoveInto(AlbumId),
    /// The file that albums are written to.
    Export,
    /// The file that albums are read from.
    Import,
}
