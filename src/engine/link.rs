//! The two channels between a front end and the engine, and where a library keeps its files.

use std::path::{Path, PathBuf};

use crossbeam_channel::{Receiver, Sender};

use super::{Command, Event};

/// Commands that may wait for the engine before a front end has to.
pub const COMMANDS_AHEAD: usize = 256;

/// Events that may wait for a front end before the engine has to.
pub const EVENTS_AHEAD: usize = 1024;

/// A front end's end of the engine.
#[derive(Clone, Debug)]
pub struct EngineLink {
    /// Where commands go in.
    pub commands: Sender<Command>,
    /// Where events come out.
    pub events: Receiver<Event>,
}

/// The files of one library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryPaths {
    /// The SQLite database.
    pub database: PathBuf,
    /// The folder of the thumbnails; it can be deleted at any time.
    pub thumbnails: PathBuf,
    /// The folder into which the demo photos are rendered.
    pub demo: PathBuf,
}

impl LibraryPaths {
    /// The person's own library in the platform's data and cache folders; `None` where there is no home folder.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let folders = directories::ProjectDirs::from("io.github", "refocus", "Refocus")?;
        Some(Self {
            database: folders.data_dir().join("library.refocus"),
            thumbnails: folders.cache_dir().join("thumbnails"),
            demo: folders.data_dir().join("demo photos"),
        })
    }

    /// A library at a chosen file; its thumbnails and demo photos lie beside it.
    #[must_use]
    pub fn at(database: &Path) -> Self {
        let mut thumbnails = database.as_os_str().to_owned();
        thumbnails.push("-thumbnails");
        let demo = database
            .parent()
            .map_or_else(|| PathBuf::from("demo photos"), |parent| parent.join("demo photos"));
        Self {
            database: database.to_path_buf(),
            thumbnails: thumbnails.into(),
            demo,
        }
    }
}
