//! The two channels between a front end and the engine, and where a library keeps its files.

use std::path::{Path, PathBuf};

use crossbeam_channel::{Receiver, Sender};

use super::{Command, Event};
use refocus_model::ModelChoice;

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
    /// The folder of checkpoints that were imported or downloaded.
    pub models: PathBuf,
}

impl LibraryPaths {
    /// The person's own library in the platform's data and cache folders; `None` where there is no home folder.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let folders = directories::ProjectDirs::from("io.github", "refocus", "Refocus")?;
        let model_choice = folders.data_dir().join("model.json");
        let moved_to = std::fs::read(Self::place_file(&folders)).ok().map(path_of_bytes);
        Some(Self {
            model: chosen(&model_choice),
            model_choice,
            database: moved_to.unwrap_or_else(|| folders.data_dir().join("library.refocus")),
            thumbnails: folders.cache_dir().join("thumbnails"),
            demo: folders.data_dir().join("demo photos"),
            models: folders.data_dir().join("models"),
        })
    }

    /// The folder of the person's own language pack.
    #[must_use]
    pub fn languages(&self) -> PathBuf {
        let name = self.models.file_name().unwrap_or_default().to_string_lossy();
        let before = name.strip_suffix("models").unwrap_or(&name);
        self.models.with_file_name(format!("{before}languages"))
    }

    /// Where faces and persons are kept, once the person said yes.
    #[must_use]
    pub fn people(&self) -> PathBuf {
        refocus_store::people::PeopleDatabase::path_for(&self.database)
    }

    /// Remembers that the person's own library lies elsewhere from now on.
    ///
    /// # Errors
    /// Where the data folder cannot be written.
    pub fn set_own(database: &Path) -> std::io::Result<()> {
        let folders = directories::ProjectDirs::from("io.github", "refocus", "Refocus")
            .ok_or_else(|| std::io::Error::other("no home folder was found"))?;
        std::fs::create_dir_all(folders.data_dir())?;
        std::fs::write(Self::place_file(&folders), database.as_os_str().as_encoded_bytes())
    }

    /// Holds the path of a library that was moved away from the data folder.
    fn place_file(folders: &directories::ProjectDirs) -> PathBuf {
        folders.data_dir().join("library-place")
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
        let mut models = database.as_os_str().to_owned();
        models.push("-models");
        Self {
            model: chosen(&model_choice),
            model_choice,
            database: database.to_path_buf(),
            thumbnails: thumbnails.into(),
            demo,
            models: models.into(),
        }
    }
}

#[cfg(unix)]
fn path_of_bytes(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_of_bytes(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// The kept choice; one that cannot be read is reported and the built-in model is taken.
fn chosen(file: &Path) -> ModelChoice {
    ModelChoice::read(file).unwrap_or_else(|error| {
        tracing::warn!(%error, "the choice of a model cannot be read; the built-in model is used");
        ModelChoice::default()
    })
}
