//! The two channels between a front end and the engine, and where a library keeps its files.

use std::path::{Path, PathBuf};

use crossbeam_channel::{Receiver, Sender};

use super::{Command, Event};
use crate::model::ModelChoice;

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
    /// Which weights the model takes, if not its own.
    pub model: ModelChoice,
    /// The file that keeps this choice.
    pub model_choice: PathBuf,
}

impl LibraryPaths {
    /// The person's own library in the platform's data and cache folders; `None` where there is no home folder.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let folders = directories::ProjectDirs::from("io.github", "refocus", "Refocus")?;
        let model_choice = folders.data_dir().join("model.json");
        Some(Self {
            model: chosen(&model_choice),
            model_choice,
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
        let mut model_choice = database.as_os_str().to_owned();
        model_choice.push("-model.json");
        let model_choice = PathBuf::from(model_choice);
        Self {
            model: chosen(&model_choice),
            model_choice,
            database: database.to_path_buf(),
            thumbnails: thumbnails.into(),
            demo,
        }
    }
}

/// The kept choice; one that cannot be read is reported and the built-in model is taken.
fn chosen(file: &Path) -> ModelChoice {
    ModelChoice::read(file).unwrap_or_else(|error| {
        tracing::warn!(%error, "the choice of a model cannot be read; the built-in model is used");
        ModelChoice::default()
    })
}
