//! Starting and ending the engine, and its control thread: commands become work for the other threads.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::library::ThumbnailCache;
use crate::model::PhotoModel;
use crate::model::device::{DeviceReport, SelfTest, load_on_best_device};
use crate::store::Database;

use super::command::{Command, RetryScope};
use super::event::{DeviceSummary, Event, Folder};
use super::indexing::{self, Control, Done, Task, Tools, Writing};
use super::link::{COMMANDS_AHEAD, EVENTS_AHEAD, EngineLink, LibraryPaths};
use super::outside::Outside;
use super::ranking::{Mailbox, Ranker};
use super::rows::FolderId;
use super::shared::{Shared, Wake};

/// Photos a forward pass: enough to keep the matrix products large, few enough that a pause is felt at once.
const BATCH: usize = 8;

/// Files whose results may wait for the writer.
const RESULTS_AHEAD: usize = 512;

/// Tasks that may wait for the indexing thread.
const TASKS_AHEAD: usize = 256;

/// How an engine is started.
#[derive(Clone)]
pub struct EngineConfig {
    /// The library's files.
    pub paths: LibraryPaths,
    /// Threads of the decode pool and of the encode pool; all cores where it is `None`.
    pub threads: Option<usize>,
    /// Whether all folders are looked through for changes at the start.
    pub rescan: bool,
    /// Called after every event.
    pub wake: Wake,
}

impl EngineConfig {
    /// An engine for these files that wakes nobody (a front end that waits on the channel).
    #[must_use]
    pub fn new(paths: LibraryPaths) -> Self {
        Self {
            paths,
            threads: None,
            rescan: false,
            wake: Arc::new(|| {}),
        }
    }
}

/// A running engine. Dropping it ends all threads, after the photos in hand are written.
#[derive(Debug)]
pub struct Engine {
    link: EngineLink,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts the engine's threads. What goes wrong later comes as [`Event::Unusable`] or [`Event::Notice`].
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(config: EngineConfig) -> std::io::Result<Self> {
        let (commands, wishes) = bounded(COMMANDS_AHEAD);
        let (told, events) = bounded(EVENTS_AHEAD);
        let shared = Arc::new(Shared::new(told, Arc::clone(&config.wake)));
        let own_commands = commands.clone();
        let thread = std::thread::Builder::new()
            .name("refocus-engine".into())
            .spawn(move || {
                match Running::start(&config, &shared, own_commands) {
                    Ok(running) => running.serve(&wishes),
                    Err(message) => {
                        tracing::error!(%message, "the engine cannot work");
                        shared.tell(Event::Unusable(message));
                        // Commands are taken and dropped, so that the front end never waits for an engine that is not there.
                        while wishes.recv().is_ok_and(|command| !matches!(command, Command::Shutdown)) {}
                    }
                }
                shared.tell(Event::Stopped);
            })?;
        Ok(Self {
            link: EngineLink { commands, events },
            thread: Some(thread),
        })
    }

    /// A front end's end of the engine.
    #[must_use]
    pub fn link(&self) -> &EngineLink {
        &self.link
    }

    /// Sends a command; an engine that has ended ignores it.
    pub fn send(&self, command: Command) {
        let _ = self.link.commands.send(command);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.send(Command::Shutdown);
        // The engine may wait for room in the event channel: take its last words until it has ended.
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() {
                let _ = self.link.events.recv_timeout(std::time::Duration::from_millis(20));
            }
            let _ = thread.join();
        }
    }
}

/// All that runs between start and end.
struct Running {
    shared: Arc<Shared>,
    control: Arc<Control>,
    paths: LibraryPaths,
    tasks: Option<Sender<Task>>,
    done: Sender<Done>,
    mailbox: Arc<Mailbox>,
    outside: Arc<Outside>,
    /// For threads that have a wish of their own when they are done.
    commands: Sender<Command>,
    threads: Vec<JoinHandle<()>>,
}

impl Running {
    fn start(config: &EngineConfig, shared: &Arc<Shared>, commands: Sender<Command>) -> Result<Self, String> {
        let database = Database::open(&config.paths.database).map_err(|error| error.to_string())?;
        load_rows(&database, shared).map_err(|error| error.to_string())?;
        shared.tell_library();
        shared.tell_problems();

        let (model, devices) = load_on_best_device(&config.paths.model).map_err(|error| error.to_string())?;
        let model: Arc<dyn PhotoModel> = Arc::new(model);
        load_encodings(&database, shared, model.as_ref()).map_err(|error| error.to_string())?;
        shared.tell_library();

        let control = Arc::new(Control::default());
        let thumbnails = Arc::new(ThumbnailCache::new(&config.paths.thumbnails));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = config.threads.unwrap_or(cores).max(1);
        let (done, results) = bounded(RESULTS_AHEAD);
        let (tasks, waiting) = bounded(TASKS_AHEAD);
        let info = model.info();
        let writing = Writing::open(
            &database,
            Arc::clone(shared),
            Arc::clone(&control),
            &info.id.0,
            info.bytes_per_photo,
        )
        .map_err(|error| error.to_string())?;
        let no_thread = |error: std::io::Error| format!("no thread could be started ({error}); close other programs");
        let writer = std::thread::Builder::new()
            .name("refocus-writer".into())
            .spawn(move || writing.run(&results))
            .map_err(no_thread)?;
        let tools = Tools {
            shared: Arc::clone(shared),
            control: Arc::clone(&control),
            model: Arc::clone(&model),
            thumbnails: Arc::clone(&thumbnails),
            done: done.clone(),
            threads,
            batch: BATCH,
        };
        let indexer = indexing::spawn(tools, waiting).map_err(no_thread)?;
        let outside = Arc::new(Outside::new(Arc::clone(shared), Arc::clone(&model)));
        let mailbox = Arc::new(Mailbox::default());
        let ranker = Ranker::new(
            Arc::clone(shared),
            Arc::clone(&model),
            Arc::clone(&outside),
            Arc::clone(&mailbox),
        )
        .map_err(|error| error.to_string())?;
        let ranker = std::thread::Builder::new()
            .name("refocus-rank".into())
            .spawn(move || ranker.run())
            .map_err(no_thread)?;

        shared.tell(Event::Ready(summary(&devices, model.as_ref(), threads)));
        let running = Self {
            shared: Arc::clone(shared),
            control,
            paths: config.paths.clone(),
            tasks: Some(tasks),
            done,
            mailbox,
            outside,
            commands,
            threads: vec![indexer, ranker, writer],
        };
        if config.rescan {
            running.rescan(None);
        }
        Ok(running)
    }

    /// Takes commands until the front end shuts the engine down, or has gone.
    fn serve(mut self, wishes: &Receiver<Command>) {
        while let Ok(command) = wishes.recv() {
            match command {
                Command::AddFolder(path) => self.add_folder(&path),
                Command::RemoveFolder(id) => self.remove_folder(id),
                Command::Rescan(id) => self.rescan(id),
                Command::Pause => self.control.pause(true),
                Command::Resume => self.control.pause(false),
                Command::CancelIndexing => self.control.cancel(),
                Command::Retry(scope) => self.retry(scope),
                Command::Search { generation, request } => self.mailbox.search(generation, *request),
                Command::Explain(id) => self.mailbox.explain(id),
                Command::Heat(id) => self.mailbox.heat(id),
                Command::AddOutside { id, source } => Outside::add(&self.outside, id, source),
                Command::RemoveOutside(id) => self.outside.remove(id),
                Command::Mark { photos, change } => {
                    let _ = self.done.send(Done::Mark { photos, change });
                }
                Command::Demo(folder) => self.demo(folder),
                Command::Shutdown => break,
            }
        }
        self.end();
    }

    fn end(&mut self) {
        self.shared.stop();
        self.control.cancel();
        self.mailbox.stop();
        self.tasks = None;
        let mut threads = std::mem::take(&mut self.threads);
        // The writer ends last: what the pools still hand over is written.
        let writer = threads.pop();
        for thread in threads {
            let _ = thread.join();
        }
        let _ = self.done.send(Done::Stop);
        if let Some(writer) = writer {
            let _ = writer.join();
        }
    }

    fn add_folder(&self, path: &Path) {
        let path = match std::fs::canonicalize(path) {
            Ok(path) => path,
            Err(error) => {
                let message = format!("This folder cannot be opened ({error}): {}", path.display());
                self.shared.indexing_impossible(message);
                return;
            }
        };
        // A folder below one that is there already is looked through again, but does not become a second one.
        let above = self
            .shared
            .read()
            .folders
            .iter()
            .find(|folder| path.starts_with(&folder.path))
            .map(|f| f.id);
        let id = match above {
            Some(id) => Ok(id),
            None => self.ask_writer(|reply| Done::AddFolder(path.clone(), reply)),
        };
        match id {
            Ok(id) => self.task(Task::Folder { id, path }),
            Err(message) => self
                .shared
                .indexing_impossible(format!("The folder could not be added: {message}")),
        }
    }

    fn remove_folder(&self, id: FolderId) {
        let removed = self
            .shared
            .read()
            .folders
            .iter()
            .find(|folder| folder.id == id)
            .map(|f| f.path.clone());
        match self.ask_writer(|reply| Done::RemoveFolder(id, reply)) {
            Ok(()) => {
                // Folders around or inside the removed one take over the files that are theirs as well.
                let folders = self.shared.read().folders.clone();
                for Folder { id, path, .. } in folders {
                    if removed
                        .as_ref()
                        .is_some_and(|removed| removed.starts_with(&path) || path.starts_with(removed))
                    {
                        self.task(Task::Folder { id, path });
                    }
                }
            }
            Err(message) => self
                .shared
                .tell(Event::Notice(format!("The folder could not be removed: {message}"))),
        }
    }

    fn rescan(&self, only: Option<FolderId>) {
        let folders = self.shared.read().folders.clone();
        for Folder { id, path, .. } in folders
            .into_iter()
            .filter(|folder| only.is_none_or(|only| folder.id == only))
        {
            self.task(Task::Folder { id, path });
        }
    }

    fn retry(&self, scope: RetryScope) {
        let paths = match scope {
            RetryScope::All => self.shared.read().failures.keys().cloned().collect(),
            RetryScope::Files(paths) => paths,
        };
        self.task(Task::Retry(paths));
    }

    fn demo(&mut self, folder: Option<PathBuf>) {
        let folder = folder.unwrap_or_else(|| self.paths.demo.clone());
        let (shared, commands) = (Arc::clone(&self.shared), self.commands.clone());
        let spawned = std::thread::Builder::new()
            .name("refocus-demo".into())
            .spawn(move || match super::demo::render(&folder, &shared) {
                Ok(()) => {
                    let _ = commands.send(Command::AddFolder(folder));
                }
                Err(message) => shared.indexing_impossible(message),
            });
        match spawned {
            Ok(thread) => self.threads.insert(0, thread),
            Err(error) => self
                .shared
                .indexing_impossible(format!("The demo photos could not be made: {error}")),
        }
    }

    fn task(&self, task: Task) {
        if let Some(tasks) = &self.tasks {
            let _ = tasks.send(task);
        }
    }

    fn ask_writer<T>(&self, ask: impl FnOnce(Sender<Result<T, String>>) -> Done) -> Result<T, String> {
        let (reply, answer) = bounded(1);
        let gone = || "the engine is ending".to_owned();
        self.done.send(ask(reply)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

/// The device in use, and a loud line where one that is there could not be used.
fn summary(devices: &[DeviceReport], model: &dyn PhotoModel, threads: usize) -> DeviceSummary {
    let used = devices
        .iter()
        .find(|report| report.used)
        .map_or("CPU", |report| match report.name.as_str() {
            "cuda" => "GPU (CUDA)",
            "metal" => "GPU (Metal)",
            "cpu (avx512)" => "CPU (AVX-512)",
            "cpu (avx2)" => "CPU (AVX2)",
            _ => "CPU",
        });
    let failed = devices
        .iter()
        .find(|report| report.available && report.self_test == SelfTest::Failed);
    DeviceSummary {
        device: format!("{used} · {threads} threads"),
        model: model.info().name.clone(),
        warning: failed.map(|report| format!("{} is not used: {}", report.name, report.why)),
    }
}

fn load_rows(database: &Database, shared: &Shared) -> Result<(), crate::store::StoreError> {
    let reader = database.reader()?;
    let mut library = shared.write();
    library.folders = reader
        .folders()?
        .into_iter()
        .map(|row| Folder {
            id: FolderId(row.id),
            online: row.path.exists(),
            path: row.path,
            photos: 0,
        })
        .collect();
    library.failures = reader
        .failures()?
        .into_iter()
        .map(|row| (row.failure.path.clone(), row))
        .collect();
    let mut marks = std::collections::HashMap::new();
    reader.for_each_mark(|hash, mark| {
        marks.insert(hash, mark);
    })?;
    library.marks = marks;
    reader.for_each_file(|file| library.put(file, None))?;
    library.count_folders();
    Ok(())
}

fn load_encodings(
    database: &Database,
    shared: &Shared,
    model: &dyn PhotoModel,
) -> Result<(), crate::store::StoreError> {
    let reader = database.reader()?;
    let (info, layout) = (model.info(), model.layout());
    let mut library = shared.write();
    library.bytes_per_photo = info.bytes_per_photo;
    let bytes = library.rows.len() * info.bytes_per_photo;
    library.encodings.resize(bytes, 0);
    let wrong = reader.for_each_encoding(&info.id.0, info.bytes_per_photo, |file, encoding| {
        if let Some(&number) = library
            .by_id
            .get(&super::rows::FileId(file))
            .filter(|_| layout.check(encoding).is_ok())
        {
            library.set_encoding(number, encoding);
        }
    })?;
    if wrong > 0 {
        tracing::warn!(rows = wrong, "encodings of the wrong length are made again");
    }
    let mut hashes = std::collections::HashSet::new();
    reader.for_each_encoded_hash(&info.id.0, info.bytes_per_photo, |hash| {
        hashes.insert(hash);
    })?;
    library.encoded_hashes = hashes;
    Ok(())
}
