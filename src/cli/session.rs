//! An engine that a command waits on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use serde_json::Value;

use super::arguments::Scope;
use crate::app::SettingsFile;
use refocus_engine::{
    AccessWanted, AlbumAnswer, AlbumRequest, AlbumsState, Command, DeviceSummary, Engine, EngineConfig, EngineTuning,
    Event, Filter, Folder, LibraryPaths, Lost, OutsideId, OutsideSource, PassKind, PassPhase, PassProgress,
    PeopleRequest, PeopleState, PhotoRow, Problem, Progress, ReadPhotos, Reference, ReferenceSource, RotateAnswer,
    RotateRequest, Rows, SearchRequest, SearchResults, TurnPlace,
};

/// An engine without a window, and what it last told.
pub struct Session {
    engine: Engine,
    /// What it computes on.
    pub device: DeviceSummary,
    /// The rows of the library.
    pub rows: Rows,
    /// Its folders.
    pub folders: Vec<Folder>,
    /// Files that cannot be read.
    pub problems: Vec<Problem>,
    /// Who is in the photos.
    pub people: Arc<PeopleState>,
    /// Albums.
    albums: Arc<AlbumsState>,
    next_people: u64,
    next_albums: u64,
    next_look: u64,
    next_outside: u64,
    generation: u64,
}

impl Session {
    /// Starts the engine over a library that is there, and waits until it can work. A model that is to take over is left to programs
    /// that run longer.
    pub fn start(paths: &LibraryPaths) -> anyhow::Result<Self> {
        Self::with(EngineConfig {
            access: AccessWanted::Existing,
            tuning: tuning_of(paths),
            ..EngineConfig::new(paths.clone())
        })
    }

    /// Starts an engine that may change what the library keeps.
    pub fn to_write(paths: &LibraryPaths) -> anyhow::Result<Self> {
        Self::with(EngineConfig {
            access: AccessWanted::Write,
            tuning: tuning_of(paths),
            ..EngineConfig::new(paths.clone())
        })
    }

    /// Starts an engine that also makes the next model ready.
    pub fn start_ahead(paths: &LibraryPaths) -> anyhow::Result<Self> {
        Self::with(EngineConfig {
            works_ahead: true,
            access: AccessWanted::Write,
            ..EngineConfig::new(paths.clone())
        })
    }

    /// Starts an engine of any kind and waits until it can work.
    pub fn with(config: EngineConfig) -> anyhow::Result<Self> {
        let engine = Engine::start(config).context("no thread could be started")?;
        let mut session = Self {
            engine,
            device: DeviceSummary::default(),
            rows: Rows::default(),
            folders: Vec::new(),
            problems: Vec::new(),
            people: Arc::default(),
            albums: Arc::default(),
            next_people: 0,
            next_albums: 0,
            next_look: 0,
            next_outside: 0,
            generation: 0,
        };
        session.device = session.wait(|event| match event {
            Event::Ready(device) => Some(device),
            _ => None,
        })?;
        if let Some(warning) = &session.device.warning {
            super::output::say(&format!("refocus: {warning}"));
        }
        // Searches know who is in the photos from the first one on.
        session.ask_people(PeopleRequest::Tell)?;
        Ok(session)
    }

    /// Sends a command.
    pub fn send(&self, command: Command) {
        self.engine.send(command);
    }

    /// Takes events until one is what is waited for.
    pub fn wait<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> anyhow::Result<T> {
        loop {
            let event = self.engine.link().events.recv().context("the engine has ended")?;
            match &event {
                Event::Library { rows, folders } => {
                    self.rows = rows.clone();
                    self.folders.clone_from(folders);
                }
                Event::People(people) => self.people = Arc::clone(people),
                Event::Albums(albums) => self.albums = Arc::clone(albums),
                Event::Problems(problems) => self.problems = problems.to_vec(),
                Event::Unusable(message) => bail!("{message}"),
                Event::Notice(notice) | Event::Done(notice) => super::output::say(&format!("refocus: {notice}")),
                Event::WorkerFailed {
                    message,
                    lost: Lost::One,
                } => super::output::say(&format!("refocus: {message}")),
                // What is waited for does not come any more.
                Event::WorkerFailed { message, .. } => bail!("{message}"),
                Event::Stopped => bail!("the engine has ended"),
                _ => {}
            }
            if let Some(found) = wanted(event) {
                return Ok(found);
            }
        }
    }

    /// Sends a command that starts an indexing run and waits for the run's end.
    pub fn run_indexing(&mut self, command: Command, mut each: impl FnMut(&Progress)) -> anyhow::Result<Progress> {
        self.send(command);
        let mut failed = None;
        let progress = self.wait(|event| match event {
            Event::Progress(progress) => {
                each(&progress);
                None
            }
            Event::IndexingFailed(reason) => {
                failed = Some(reason);
                None
            }
            Event::IndexingEnded(progress) => Some(progress),
            _ => None,
        })?;
        match failed {
            Some(reason) => bail!("{reason}"),
            None => Ok(progress),
        }
    }

    /// Asks something about people and waits for the answer.
    pub fn ask_people(&mut self, request: PeopleRequest) -> anyhow::Result<Value> {
        self.next_people += 1;
        let id = self.next_people;
        self.send(Command::People { id, request });
        let answer = self.wait(|event| match event {
            Event::PeopleAnswered { id: of, result } if of == id => Some(result),
            _ => None,
        })?;
        answer.map_err(anyhow::Error::msg)
    }

    /// Asks something about albums and waits for the answer.
    pub fn ask_albums(&mut self, request: AlbumRequest) -> anyhow::Result<AlbumAnswer> {
        self.next_albums += 1;
        let id = self.next_albums;
        self.send(Command::Albums { id, request });
        let answer = self.wait(|event| match event {
            Event::AlbumsAnswered { id: of, result } if of == id => Some(result),
            _ => None,
        })?;
        answer.map_err(anyhow::Error::msg)
    }

    /// Turns photos and waits until that is done.
    pub fn rotate(&mut self, request: RotateRequest) -> anyhow::Result<RotateAnswer> {
        const ONLY: u64 = 1;
        self.send(Command::Rotate { id: ONLY, request });
        self.wait(|event| match event {
            Event::Rotated { answer, .. } => Some(answer),
            _ => None,
        })
    }

    /// The albums as they are now.
    pub fn read_albums(&mut self) -> anyhow::Result<Arc<AlbumsState>> {
        self.ask_albums(AlbumRequest::Tell)?;
        match &self.albums.failed {
            Some(why) => bail!("{why}"),
            None => Ok(Arc::clone(&self.albums)),
        }
    }

    /// The filter for which arguments ask.
    pub fn filter_of(&mut self, scope: &Scope) -> anyhow::Result<Filter> {
        let album = match &scope.album {
            Some(name) => Some(super::albums::one(&*self.read_albums()?, name)?),
            None => None,
        };
        Ok(Filter {
            within: folder_within(scope.within.as_deref())?,
            this_level: scope.this_level,
            album,
            ..Filter::default()
        })
    }

    /// Waits until a pass has looked at all photos.
    pub fn finish_pass(&mut self, kind: PassKind, mut each: impl FnMut(&PassProgress)) -> anyhow::Result<PassProgress> {
        let mut failed = None;
        self.next_look += 1;
        let asked = self.next_look;
        self.send(Command::LookAtPhotos { generation: asked });
        let progress = self.wait(|event| match event {
            // What was told of an earlier look may not know the photos that came since.
            Event::Pass(progress) if progress.kind == kind && progress.generation >= asked => {
                each(&progress);
                match &progress.phase {
                    PassPhase::UpToDate => Some(progress),
                    PassPhase::Failed(why) => {
                        failed = Some(why.clone());
                        Some(progress)
                    }
                    PassPhase::Off => {
                        failed = Some(match kind {
                            PassKind::Faces => "recognising people was switched off".to_owned(),
                            PassKind::Text => "reading photos was switched off".to_owned(),
                        });
                        Some(progress)
                    }
                    _ => None,
                }
            }
            _ => None,
        })?;
        failed.map_or(Ok(progress), |why| Err(anyhow::Error::msg(why)))
    }

    /// The library's row of a file.
    pub fn row_of(&self, path: &Path) -> Option<&PhotoRow> {
        self.rows.iter().find(|row| !row.gone && *row.path == *path)
    }

    /// A picture as a reference: the library's own encoding where it has one, else it is encoded now.
    pub fn reference(&mut self, path: &Path, positive: bool) -> anyhow::Result<Reference> {
        let absolute = std::fs::canonicalize(path)
            .with_context(|| format!("this reference cannot be opened: {}", path.display()))?;
        if let Some(row) = self.row_of(&absolute).filter(|row| row.encoded) {
            return Ok(Reference {
                source: ReferenceSource::Library(row.id),
                positive,
            });
        }
        let id = OutsideId(self.next_outside);
        self.next_outside += 1;
        self.send(Command::AddOutside {
            id,
            source: OutsideSource::File(absolute),
        });
        let result = self.wait(|event| match event {
            Event::Outside { id: of, result } if of == id => Some(result.map(|_| ())),
            _ => None,
        })?;
        match result {
            Ok(()) => Ok(Reference {
                source: ReferenceSource::Outside(id),
                positive,
            }),
            Err(message) => bail!("{message}"),
        }
    }

    /// Ranks and waits for the order.
    pub fn search(&mut self, request: SearchRequest) -> anyhow::Result<std::sync::Arc<SearchResults>> {
        self.generation += 1;
        let generation = self.generation;
        self.send(Command::Search {
            generation,
            request: Box::new(request),
        });
        self.wait(|event| match event {
            Event::Results(results) if results.generation == generation && !results.provisional => Some(results),
            _ => None,
        })
    }
}

/// What is set for a library: what the person set in its window, where it is the one that the window shows. A command reads photos only
/// where it is asked to.
pub fn tuning_of(paths: &LibraryPaths) -> EngineTuning {
    let tuning = SettingsFile::of_user()
        .map(|file| file.load_untouched())
        .filter(|settings| settings.is_of(&paths.database))
        .map_or_else(EngineTuning::default, |settings| settings.tuning());
    EngineTuning {
        read_photos: ReadPhotos::Off,
        ..tuning
    }
}

/// Where a turn of a photo is written, as the person set it in the library's window.
pub fn turn_place_of(paths: &LibraryPaths) -> TurnPlace {
    SettingsFile::of_user()
        .map(|file| file.load_untouched())
        .filter(|settings| settings.is_of(&paths.database))
        .map_or_else(TurnPlace::default, |settings| settings.turn_place())
}

/// The folder of `--in`, as the rows name it.
pub fn folder_within(within: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    within
        .map(|dir| {
            std::fs::canonicalize(dir).with_context(|| format!("this folder cannot be opened: {}", dir.display()))
        })
        .transpose()
}
