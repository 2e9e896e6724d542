//! What can be asked about albums.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use refocus_store::AlbumId;

use crate::rows::FileId;

/// A request about albums. Each step that changes them can be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlbumRequest {
    /// Makes an album.
    Create {
        /// Its name.
        name: String,
        /// The album that it lies in.
        inside: Option<AlbumId>,
        /// Its first photos.
        photos: Vec<FileId>,
    },
    /// Gives an album another name.
    Rename {
        /// Which.
        album: AlbumId,
        /// The name.
        name: String,
    },
    /// Puts an album, and those in it, into another one, or beside the outermost.
    Move {
        /// Which.
        album: AlbumId,
        /// Where to.
        inside: Option<AlbumId>,
    },
    /// Deletes an album and those in it. No photo is touched.
    Delete {
        /// Which.
        album: AlbumId,
    },
    /// Puts photos into an album.
    Add {
        /// Which.
        album: AlbumId,
        /// The photos.
        photos: Vec<FileId>,
    },
    /// Takes photos out of an album and of those in it. No photo is touched.
    TakeOut {
        /// Which.
        album: AlbumId,
        /// The photos.
        photos: Vec<FileId>,
    },
    /// Takes over albums that were exported. Those of the same name at the same place become one.
    Import(PathBuf),
    /// Writes all albums to a file.
    Export(PathBuf),
    /// Undoes the last step.
    Undo,
    /// Does the last step again that was undone.
    Redo,
    /// Has the albums told, before the answer.
    Tell,
}

/// What was done, for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlbumStep {
    /// An album was made, with so many photos.
    Created(Arc<str>, usize),
    /// It has another name.
    Renamed(Arc<str>),
    /// It lies elsewhere.
    Moved(Arc<str>),
    /// It was deleted, and those in it.
    Deleted(Arc<str>),
    /// So many photos came into it that were not there yet.
    Added(Arc<str>, usize),
    /// So many photos were taken out of it.
    TakenOut(Arc<str>, usize),
    /// So many albums were taken over from a file.
    Imported(usize),
}

impl fmt::Display for AlbumStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let photos = |count: &usize| match count {
            1 => "1 photo".to_owned(),
            more => format!("{more} photos"),
        };
        match self {
            Self::Created(name, 0) => write!(f, "the album {name} was made"),
            Self::Created(name, count) => write!(f, "the album {name} was made with {}", photos(count)),
            Self::Renamed(name) => write!(f, "the album is called {name}"),
            Self::Moved(name) => write!(f, "the album {name} was moved"),
            Self::Deleted(name) => write!(f, "the album {name} was deleted; its photos are where they were"),
            Self::Added(name, 0) => write!(f, "all of them are in {name} already"),
            Self::Added(name, count) => write!(f, "{} put into {name}", photos(count)),
            Self::TakenOut(name, 0) => write!(f, "none of them is in {name}"),
            Self::TakenOut(name, count) => write!(f, "{} taken out of {name}", photos(count)),
            Self::Imported(1) => write!(f, "1 album was taken over"),
            Self::Imported(count) => write!(f, "{count} albums were taken over"),
        }
    }
}

/// What came of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlbumAnswer {
    /// What was done, undone or done again; `None` where nothing changed that could be undone.
    pub step: Option<AlbumStep>,
    /// Whether something changed.
    pub changed: bool,
    /// The album that was made or changed.
    pub album: Option<AlbumId>,
}
