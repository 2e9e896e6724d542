//! Starting and ending the engine, and its control thread: commands become work for the other threads.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, never, select, tick};

use crate::library::ThumbnailCache;
use crate::model::clip::ModelsFolder;
use crate::model::clip::installed::BUILT_IN;
use crate::model::device::{DeviceReport, SelfTest};
use crate::model::{ModelChoice, PhotoModel};
use crate::store::{Database, FileRow, Marks, Reader, StoreError};

use super::command::{Command, OutsideId, OutsideSource, RetryScope};
use super::event::{DeviceSummary, Event, Folder, IndexPhase, Noticing};
use super::indexing::{self, Control, Done, Lane, Task, Tools, Why, Writing};
use super::link::{COMMANDS_AHEAD, EVENTS_AHEAD, EngineLink, LibraryPaths};
use super::models::{Desk, Finished, Serving};
use super::opening::{self, Access, AccessWanted, Opened};
use super::outside::Outside;
use super::ranking::{Mailbox, Ranker};
use super::rows::FolderId;
use super::shared::{Shared, Wake};
use super::tuning::{EngineTuning, Tuned};
use super::watching::{WatchParams, Watching, Wish};

/// Photos a forward pass: enough to keep the matrix products large, few enough that a pause is felt at once.
const BATCH: usize = 8;

/// Files whose results may wait for the writer.
const RESULTS_AHEAD: usize = 512;

/// Tasks that may wait for the indexing thread.
const TASKS_AHEAD: usize = 256;

/// Rows that are read from the database at a time.
const ROWS_AT_ONCE: usize = 8192;

/// Rows are shown before all of them are read when that takes longer than this.
const SHOW_AFTER: Duration = Duration::from_millis(700);

/// How an engine is started.
#[derive(Clone)]
pub struct EngineConfig {
    /// The library's files.
    pub paths: LibraryPaths,
    /// What a person can set, as it is at the start.
    pub tuning: EngineTuning,
    /// Where the system says what the computer is powered by.
    pub power_supplies: PathBuf,
    /// Whether all folders are looked through for changes at the start.
    pub rescan: bool,
    /// How the folders are looked after while the engine runs; not at all where it is `None`.
    pub watch: Option<WatchParams>,
    /// What is asked of the library.
    pub access: AccessWanted,
    /// Whether a model that is to take over is made ready in the background; a program that ends soon leaves it to others.
    pub works_ahead: bool,
    /// Called after every event.
    pub wake: Wake,
}

impl EngineConfig {
    /// An engine for these files that wakes nobody (a front end that waits on the channel).
    #[must_use]
    pub fn new(paths: LibraryPaths) -> Self {
        Self {
            paths,
            tuning: EngineTuning::default(),
            power_supplies: super::power::POWER_SUPPLIES.into(),
            rescan: false,
            watch: None,
            access: AccessWanted::Any,
            works_ahead: false,
            wake: Arc::new(|| {}),
        }
    }
}

/// A library that another Refocus writes to is asked for this often.
const ASK_AGAIN: Duration = Duration::from_secs(1);

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
                let mut config = config;
                let mut takes_over = None;
                loop {
                    match Running::start(&config, &shared, own_commands.clone(), takes_over.take()) {
                        Ok(running) => match running.serve(&wishes) {
                            Some(mut switch) => {
                                if switch.catch_up
                                    && let Err(error) = catch_up(&switch.database, &shared)
                                {
                                    let message = error.to_string();
                                    // Its rows are as they were; what they lack is found by looking through the folders.
                                    shared.tell(Event::Notice(message));
                                }
                                switch.catch_up = false;
                                config.paths.model = switch.choice.clone();
                                // What the old model had still to do is found again.
                                config.rescan = config.works_ahead;
                                takes_over = Some(switch);
                            }
                            None => break,
                        },
                        Err(message) => {
                            tracing::warn!(%message, "the engine cannot work");
                            shared.tell(Event::Unusable(message));
                            // Commands are taken and dropped, so that the front end never waits for an engine that is not there.
                            while wishes.recv().is_ok_and(|command| !matches!(command, Command::Shutdown)) {}
                            break;
                        }
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

/// A model that takes over from the one in use.
struct Switch {
    serving: Serving,
    choice: ModelChoice,
    /// Pictures from outside that serve as references.
    outside: Vec<(OutsideId, OutsideSource)>,
    paused: bool,
    database: Database,
    /// Held all the while.
    access: Access,
    /// The other Refocus, which wrote until now, may have changed what was loaded.
    catch_up: bool,
}

/// All that runs between start and end, or between two models.
struct Running {
    shared: Arc<Shared>,
    control: Arc<Control>,
    /// Of the lane of changes.
    changes_control: Arc<Control>,
    database: Database,
    paths: LibraryPaths,
    tasks: Option<Sender<Task>>,
    watch: Option<Sender<Wish>>,
    done: Sender<Done>,
    mailbox: Arc<Mailbox>,
    outside: Arc<Outside>,
    desk: Desk,
    next_ready: Receiver<Finished>,
    /// For threads that have a wish of their own when they are done.
    commands: Sender<Command>,
    threads: Vec<JoinHandle<()>>,
    /// The model at work.
    serving: Serving,
    works_ahead: bool,
    /// Why nothing can be written.
    read_only: Option<String>,
    /// Held until the writer has ended.
    access: Access,
}

impl Running {
    fn start(
        config: &EngineConfig,
        shared: &Arc<Shared>,
        commands: Sender<Command>,
        takes_over: Option<Switch>,
    ) -> Result<Self, String> {
        // A model that takes over finds what was set since the start.
        if takes_over.is_none() {
            tune(shared, config.tuning.clone(), &config.paths.thumbnails);
        }
        let (control, changes_control) = (Arc::new(Control::default()), Arc::new(Control::default()));
        let (mut database, mut access, serving, outside_pictures) = match takes_over {
            Some(switch) => {
                shared.go_on();
                control.pause(switch.paused);
                changes_control.pause(switch.paused);
                shared.write().clear_encodings();
                (switch.database, switch.access, switch.serving, switch.outside)
            }
            None => {
                let (database, access, notice) = open_and_load(config, shared).map_err(|error| error.to_string())?;
                if let Some(notice) = notice {
                    shared.tell(Event::Notice(notice));
                }
                if let Some(why) = access.read_only() {
                    shared.tell(Event::ReadOnly(why.to_owned()));
                }
                shared.tell_library();
                shared.tell_problems();
                (database, access, load_serving(config, shared)?, Vec::new())
            }
        };
        let kept_serving = serving.clone();
        let Serving {
            name,
            model,
            bank,
            devices,
        } = serving;
        if let Err(error) = load_encodings(&database, shared, model.as_ref()) {
            let rebuilt = rebuild_and_load(config, shared, access, error).map_err(|error| error.to_string())?;
            database = rebuilt.database;
            access = rebuilt.access;
            shared.tell(Event::Notice(rebuilt.notice.unwrap_or_default()));
            load_encodings(&database, shared, model.as_ref()).map_err(|error| error.to_string())?;
        }
        shared.tell_library();

        let thumbnails = Arc::new(ThumbnailCache::new(&config.paths.thumbnails));
        let (done, results) = bounded(RESULTS_AHEAD);
        let (tasks, waiting) = bounded(TASKS_AHEAD);
        let info = model.info();
        let read_only = access.read_only().map(str::to_owned);
        let no_thread = |error: std::io::Error| format!("no thread could be started ({error}); close other programs");
        let writer = std::thread::Builder::new().name("refocus-writer".into());
        let writer = if read_only.is_some() {
            writer.spawn(move || refuse_to_write(&results))
        } else {
            let writing = Writing::open(
                &database,
                Arc::clone(shared),
                [Arc::clone(&control), Arc::clone(&changes_control)],
                &info.id.0,
                info.bytes_per_photo,
            )
            .map_err(|error| error.to_string())?;
            writer.spawn(move || writing.run(&results))
        }
        .map_err(no_thread)?;
        let tools = Tools {
            shared: Arc::clone(shared),
            control: Arc::clone(&control),
            model: Arc::clone(&model),
            thumbnails: Arc::clone(&thumbnails),
            done: done.clone(),
            batch: BATCH,
            lane: Lane::Bulk,
            other_lane: None,
        };
        let mut threads_running = Vec::new();
        let mut watch = None;
        if let Some(params) = config.watch.filter(|_| read_only.is_none()) {
            let (wishes_in, wishes) = bounded(TASKS_AHEAD);
            let (changes, changed) = bounded(TASKS_AHEAD);
            let watching = Watching {
                shared: Arc::clone(shared),
                params,
                wishes,
                bulk: tasks.clone(),
                changes,
                thumbnails: Arc::clone(&thumbnails),
                controls: [Arc::clone(&control), Arc::clone(&changes_control)],
                power_supplies: config.power_supplies.clone(),
            };
            threads_running.push(watching.spawn().map_err(no_thread)?);
            let tools = Tools {
                control: Arc::clone(&changes_control),
                lane: Lane::Changes,
                other_lane: Some(tasks.clone()),
                ..tools.clone()
            };
            threads_running.push(indexing::spawn(tools, changed).map_err(no_thread)?);
            watch = Some(wishes_in);
        }
        threads_running.push(indexing::spawn(tools, waiting).map_err(no_thread)?);
        let outside = Arc::new(Outside::new(Arc::clone(shared), Arc::clone(&model)));
        let mailbox = Arc::new(Mailbox::default());
        let ranker = Ranker::new(
            Arc::clone(shared),
            Arc::clone(&model),
            Arc::clone(&outside),
            Arc::clone(&mailbox),
            bank,
        );
        let ranker = std::thread::Builder::new()
            .name("refocus-rank".into())
            .spawn(move || ranker.run())
            .map_err(no_thread)?;

        threads_running.extend([ranker, writer]);

        shared.tell(Event::Ready(summary(
            &devices,
            model.as_ref(),
            shared.tuned().threads(),
        )));
        let (finished, next_ready) = bounded(1);
        let mut paths = config.paths.clone();
        if name == BUILT_IN {
            paths.model.checkpoint = None;
        }
        let desk = Desk::new(
            Arc::clone(shared),
            Arc::clone(&control),
            database.clone(),
            done.clone(),
            shared.tuned().threads(),
            config.works_ahead && read_only.is_none(),
            paths,
            finished,
        );
        desk.list();
        for (id, source) in outside_pictures {
            Outside::add(&outside, id, source);
        }
        let running = Self {
            shared: Arc::clone(shared),
            control,
            changes_control,
            paths: config.paths.clone(),
            tasks: Some(tasks),
            watch,
            done,
            mailbox,
            outside,
            desk,
            next_ready,
            commands,
            threads: threads_running,
            serving: kept_serving,
            works_ahead: config.works_ahead,
            read_only,
            database,
            access,
        };
        if config.rescan && running.read_only.is_none() {
            running.rescan(None, Why::Machine);
        }
        Ok(running)
    }

    /// Takes commands until the front end shuts the engine down, or has gone (`None`), or another model takes over.
    fn serve(mut self, wishes: &Receiver<Command>) -> Option<Switch> {
        // A command that ends soon has its answer to wait for, and leaves this to windows.
        let ask_again = if self.works_ahead && self.access.may_become_writable() {
            tick(ASK_AGAIN)
        } else {
            never()
        };
        loop {
            let command = select! {
                recv(ask_again) -> _ => match opening::take_over(&self.paths.database) {
                    Some(opened) => return Some(self.start_to_write(opened)),
                    None => continue,
                },
                recv(wishes) -> command => match command {
                    Ok(command) => command,
                    Err(_) => break,
                },
                recv(self.next_ready) -> finished => match finished {
                    Ok(Finished::Ready(serving, choice)) => return Some(self.hand_over(*serving, choice)),
                    Ok(Finished::Failed(message)) => {
                        self.desk.failed(&message);
                        continue;
                    }
                    Err(_) => break,
                },
            };
            if self.refuses(&command) {
                continue;
            }
            match command {
                Command::AddFolder(path) => self.add_folder(&path),
                Command::RemoveFolder(id) => self.remove_folder(id),
                Command::Relink { folder, path } => self.relink(folder, &path),
                Command::BackUp(to) => self.back_up(to),
                Command::Rescan(id) => self.rescan(id, Why::Person),
                Command::CatchUp => {
                    // Where many wishes wait already, this one is among them.
                    let _ = self.watch.as_ref().map(|watch| watch.try_send(Wish::CatchUp));
                }
                Command::Pause => self.pause(true),
                Command::Resume => self.pause(false),
                Command::CancelIndexing => self.control.cancel(),
                Command::Retry(scope) => self.retry(scope),
                Command::Search { generation, request } => self.mailbox.search(generation, *request),
                Command::Explain(id) => self.mailbox.explain(id),
                Command::Heat(id) => self.mailbox.heat(id),
                Command::SaveVectors(path) => self.mailbox.save_vectors(path),
                Command::AddOutside { id, source } => Outside::add(&self.outside, id, source),
                Command::RemoveOutside(id) => self.outside.remove(id),
                Command::Mark { photos, change } => {
                    let _ = self.done.send(Done::Mark { photos, change });
                }
                Command::Demo(folder) => self.demo(folder),
                Command::ListModels => self.desk.list(),
                Command::UseModel(name) => self.desk.use_model(&name),
                Command::ImportModel(folder) => self.desk.import(folder),
                Command::LookUpModel(id) => self.desk.look_up(&id),
                Command::DownloadModel(id) => self.desk.download(&id),
                Command::CancelModel => self.desk.cancel(),
                Command::RemoveModel(name) => self.desk.remove(&name),
                Command::Tune(tuning) => self.tune(*tuning),
                Command::Shutdown => break,
            }
        }
        self.end();
        None
    }

    /// Ends everything that works with the model in use, so that another one can take over.
    fn hand_over(mut self, serving: Serving, choice: ModelChoice) -> Switch {
        self.desk.take_over(&choice);
        let (outside, paused) = (
            self.outside.sources(),
            self.control.held_phase() == Some(IndexPhase::Paused),
        );
        self.end();
        Switch {
            serving,
            choice,
            outside,
            paused,
            database: self.database,
            access: self.access,
            catch_up: false,
        }
    }

    /// The Refocus that wrote to the library has ended: this one goes on in its place.
    fn start_to_write(mut self, opened: Opened) -> Switch {
        let (outside, paused) = (
            self.outside.sources(),
            self.control.held_phase() == Some(IndexPhase::Paused),
        );
        self.end();
        self.shared.tell(Event::Writable);
        self.shared.tell(Event::Notice(opened.notice.unwrap_or_else(|| {
            "The other Refocus has ended; this window keeps the library up to date from now on".to_owned()
        })));
        Switch {
            serving: self.serving,
            choice: self.paths.model.clone(),
            outside,
            paused,
            database: opened.database,
            access: opened.access,
            catch_up: true,
        }
    }

    /// Says no to what would have to be written where nothing can be.
    fn refuses(&self, command: &Command) -> bool {
        let Some(why) = &self.read_only else { return false };
        match command {
            Command::AddFolder(_)
            | Command::Rescan(_)
            | Command::Retry(_)
            | Command::Demo(_)
            | Command::Relink { .. } => {
                self.shared.indexing_impossible(why.clone());
                true
            }
            Command::RemoveFolder(_) | Command::Mark { .. } | Command::UseModel(_) => {
                self.shared.tell(Event::Notice(why.clone()));
                true
            }
            _ => false,
        }
    }

    /// Takes over what a person set: the threads at the next indexing run, the rest at once.
    fn tune(&self, tuning: EngineTuning) {
        let before = tune(&self.shared, tuning, &self.paths.thumbnails);
        let now = self.shared.tuned();
        if before.wanted.thumbnail_bytes != now.wanted.thumbnail_bytes {
            // Where many wishes wait already, the cache is measured a little later.
            let _ = self.watch.as_ref().map(|watch| watch.try_send(Wish::TrimThumbnails));
        }
        if !before.wanted.leaves_out_the_same(&now.wanted) && self.read_only.is_none() {
            self.rescan(None, Why::Machine);
        }
    }

    fn pause(&self, paused: bool) {
        self.control.pause(paused);
        self.changes_control.pause(paused);
    }

    fn end(&mut self) {
        self.shared.stop();
        self.control.cancel();
        self.changes_control.cancel();
        self.desk.end();
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
            Ok(id) => self.look_through(id, path, Why::Person),
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
                        self.look_through(id, path, Why::Machine);
                    }
                }
            }
            Err(message) => self
                .shared
                .tell(Event::Notice(format!("The folder could not be removed: {message}"))),
        }
    }

    /// A folder's photos lie elsewhere now. A place where none of them is was a slip of the hand.
    fn relink(&self, id: FolderId, path: &Path) {
        const LOOKED_AT: usize = 500;
        let impossible = |message: String| self.shared.indexing_impossible(message);
        let path = match std::fs::canonicalize(path) {
            Ok(path) if path.is_dir() => path,
            Ok(path) => return impossible(format!("This is not a folder: {}", path.display())),
            Err(error) => {
                return impossible(format!("This folder cannot be opened ({error}): {}", path.display()));
            }
        };
        let (from, others, below): (_, bool, Vec<PathBuf>) = {
            let library = self.shared.read();
            let Some(from) = library.folders.iter().find(|f| f.id == id).map(|f| f.path.clone()) else {
                return impossible("The library has no such folder".to_owned());
            };
            let others = library
                .folders
                .iter()
                .any(|other| other.id != id && (path.starts_with(&other.path) || other.path.starts_with(&path)));
            let rows = library.rows.iter().filter(|row| row.folder == id && !row.gone);
            let below = rows.filter_map(|row| row.path.strip_prefix(&from).ok().map(Path::to_path_buf));
            (from.clone(), others, below.take(LOOKED_AT).collect())
        };
        if others {
            return impossible(format!("This folder is in the library already: {}", path.display()));
        }
        if from != path && !below.is_empty() && !below.iter().any(|below| path.join(below).exists()) {
            return impossible(format!(
                "None of the photos of {} was found here, so nothing was changed: {}",
                from.display(),
                path.display()
            ));
        }
        match self.ask_writer(|reply| Done::Relink(id, path.clone(), reply)) {
            Ok(()) => self.look_through(id, path, Why::Person),
            Err(message) => impossible(format!("The folder's new place could not be kept: {message}")),
        }
    }

    /// Copies the library on a thread of its own; one that is being written to can be copied all the same.
    fn back_up(&mut self, to: PathBuf) {
        let (shared, database) = (Arc::clone(&self.shared), self.paths.database.clone());
        let copy = move || {
            let copied = Database::open_read_only(&database)
                .and_then(|database| database.reader())
                .and_then(|reader| reader.back_up(&to));
            shared.tell(Event::Notice(match copied {
                Ok(()) => format!("The library was copied to {}", to.display()),
                Err(error) => format!("The library could not be copied: {error}"),
            }));
        };
        match std::thread::Builder::new().name("refocus-backup".into()).spawn(copy) {
            Ok(thread) => self.threads.insert(0, thread),
            Err(error) => self
                .shared
                .tell(Event::Notice(format!("The library could not be copied: {error}"))),
        }
    }

    fn rescan(&self, only: Option<FolderId>, why: Why) {
        let folders = self.shared.read().folders.clone();
        for Folder { id, path, .. } in folders
            .into_iter()
            .filter(|folder| only.is_none_or(|only| folder.id == only))
        {
            self.look_through(id, path, why);
        }
    }

    /// Looks through a folder; one that is to be watched is watched first, so that nothing is missed in between.
    fn look_through(&self, id: FolderId, path: PathBuf, why: Why) {
        match &self.watch {
            Some(watch) => drop(watch.send(Wish::Folder { id, path, why })),
            None => self.task(Task::Folder { id, path, why }),
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

/// The chosen model; one that cannot be loaded is reported and the built-in one serves.
fn load_serving(config: &EngineConfig, shared: &Shared) -> Result<Serving, String> {
    let models = ModelsFolder::new(&config.paths.models);
    let mut words = |_, _| !shared.stopping();
    match Serving::load(&config.paths.model, &models, &mut words) {
        Err(message) if config.paths.model.checkpoint.is_some() => {
            shared.tell(Event::Notice(format!(
                "The chosen model cannot be used, the built-in one serves: {message}"
            )));
            let choice = ModelChoice {
                checkpoint: None,
                ..config.paths.model.clone()
            };
            Serving::load(&choice, &models, &mut words)
        }
        loaded => loaded,
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
        checks_precisely: model.conditioned_tower().is_some(),
        warning: failed.map(|report| format!("{} is not used: {}", report.name, report.why)),
    }
}

/// Opens the library and loads its rows; damage that shows only then has the library rebuilt as well.
fn open_and_load(config: &EngineConfig, shared: &Shared) -> Result<(Database, Access, Option<String>), StoreError> {
    let mut opened = opening::open(&config.paths.database, config.access)?;
    if let Err(error) = load_rows(&opened.database, shared) {
        opened = rebuild_and_load(config, shared, opened.access, error)?;
    }
    let Opened {
        database,
        access,
        notice,
    } = opened;
    Ok((database, access, notice))
}

/// Rebuilds a library in which damage was met, and loads the rows of the new one. Any other error, and damage of a library that
/// cannot be written, is handed back.
fn rebuild_and_load(
    config: &EngineConfig,
    shared: &Shared,
    access: Access,
    error: StoreError,
) -> Result<Opened, StoreError> {
    let Access::Write(lock) = access else { return Err(error) };
    if !matches!(error, StoreError::Damaged { .. }) {
        return Err(error);
    }
    *shared.write() = super::shared::Library::default();
    let opened = opening::rebuild(&config.paths.database, lock, &error)?;
    load_rows(&opened.database, shared)?;
    Ok(opened)
}

/// Sets what a person can set and says which of it cannot be understood; hands back what was set before.
fn tune(shared: &Shared, tuning: EngineTuning, thumbnails: &Path) -> Arc<Tuned> {
    let (tuned, bad) = Tuned::new(tuning, thumbnails);
    for pattern in bad {
        shared.tell(Event::Notice(pattern.to_string()));
    }
    shared.tune(tuned)
}

/// Answers everything with no.
fn refuse_to_write(done: &Receiver<Done>) {
    let no = || "nothing can be written to this library".to_owned();
    for done in done {
        match done {
            Done::AddFolder(_, reply) => drop(reply.send(Err(no()))),
            Done::RemoveFolder(_, reply) | Done::Relink(_, _, reply) => drop(reply.send(Err(no()))),
            Done::Flush(reply) => drop(reply.send(())),
            Done::Stop => return,
            Done::File { .. }
            | Done::Gone(_)
            | Done::Sidecar(_)
            | Done::Hide(_)
            | Done::MountedAt(..)
            | Done::Mark { .. }
            | Done::Beside { .. } => {}
        }
    }
}

/// Folders, failures, marks and sidecars.
fn load_what_is_no_photo(reader: &Reader, shared: &Shared) -> Result<(), StoreError> {
    let mut library = shared.write();
    let folders = reader.folders()?;
    library.mounted_at = folders
        .iter()
        .filter_map(|row| Some((FolderId(row.id), row.mounted_at.clone()?)))
        .collect();
    library.folders = folders
        .into_iter()
        .map(|row| Folder {
            id: FolderId(row.id),
            online: row.path.exists(),
            path: row.path,
            photos: 0,
            noticing: Noticing::default(),
        })
        .collect();
    library.failures_version += 1;
    library.failures = reader
        .failures()?
        .into_iter()
        .map(|row| (row.failure.path.clone(), row))
        .collect();
    let mut marks = HashMap::new();
    reader.for_each_mark(|hash, mark| {
        marks.insert(hash, mark);
    })?;
    library.marks = marks;
    let mut sidecars = HashMap::new();
    reader.for_each_sidecar(|row| {
        sidecars.insert(row.path.clone(), row);
    })?;
    library.sidecars = sidecars;
    Ok(())
}

fn load_rows(database: &Database, shared: &Shared) -> Result<(), StoreError> {
    let reader = database.reader()?;
    load_what_is_no_photo(&reader, shared)?;
    let mut batch = Vec::with_capacity(ROWS_AT_ONCE);
    let tuned = shared.tuned();
    let roots: HashMap<i64, PathBuf> = {
        let library = shared.read();
        let roots = library.folders.iter();
        roots.map(|folder| (folder.id.0, folder.path.clone())).collect()
    };
    let is_left_out = |file: &FileRow| {
        let root = roots.get(&file.folder_id);
        root.is_some_and(|root| tuned.leaves_out(root, &file.path, file.bytes))
    };
    let put = |batch: &mut Vec<FileRow>| {
        let mut library = shared.write();
        for file in batch.drain(..).filter(|file| !is_left_out(file)) {
            library.put(file, None);
        }
        library.count_folders();
    };
    let (start, mut told) = (Instant::now(), false);
    reader.for_each_file(|file| {
        batch.push(file);
        if batch.len() >= ROWS_AT_ONCE {
            put(&mut batch);
            // A very large library shows its first rows while the others come.
            if !told && start.elapsed() >= SHOW_AFTER {
                told = true;
                shared.tell_library();
            }
        }
    })?;
    put(&mut batch);
    Ok(())
}

/// Brings the rows in memory to what another Refocus has written since they were loaded. Rows keep their numbers.
fn catch_up(database: &Database, shared: &Shared) -> Result<(), StoreError> {
    let reader = database.reader()?;
    let mut there: HashSet<PathBuf> = HashSet::new();
    let mut new: Vec<FileRow> = Vec::new();
    {
        let library = shared.read();
        reader.for_each_file(|file| {
            let known = library.by_path.get(file.path.as_path());
            let row = known.and_then(|&number| library.rows.get(number));
            there.insert(file.path.clone());
            let same = row.is_some_and(|row| {
                row.id.0 == file.id
                    && row.folder.0 == file.folder_id
                    && row.hash == file.photo.hash
                    && (row.bytes, row.modified_ns) == (file.bytes, file.modified_ns)
            });
            if !same {
                new.push(file);
            }
        })?;
    }
    load_what_is_no_photo(&reader, shared)?;
    let mut library = shared.write();
    let gone: Vec<Arc<Path>> = library
        .by_path
        .keys()
        .filter(|path| !there.contains(path.as_ref()))
        .cloned()
        .collect();
    for path in gone {
        library.remove(&path);
    }
    let tuned = shared.tuned();
    let roots: HashMap<i64, PathBuf> = library
        .folders
        .iter()
        .map(|folder| (folder.id.0, folder.path.clone()))
        .collect();
    for file in new {
        let root = roots.get(&file.folder_id);
        if !root.is_some_and(|root| tuned.leaves_out(root, &file.path, file.bytes)) {
            library.put(file, None);
        }
    }
    // Those that were taken away meanwhile are among them.
    let marks: Vec<([u8; 32], Marks)> = library
        .rows
        .iter()
        .map(|row| (row.hash, library.marks.get(&row.hash).copied().unwrap_or_default()))
        .collect();
    library.set_marks(&marks);
    library.count_folders();
    drop(library);
    shared.tell_library();
    shared.tell_problems();
    Ok(())
}

fn load_encodings(database: &Database, shared: &Shared, model: &dyn PhotoModel) -> Result<(), StoreError> {
    let reader = database.reader()?;
    let (info, layout) = (model.info(), model.layout());
    let mut library = shared.write();
    library.bytes_per_photo = info.bytes_per_photo;
    // Fresh memory is zero without being written, where `resize` would write it all.
    library.encodings = vec![0; library.rows.len() * info.bytes_per_photo];
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
