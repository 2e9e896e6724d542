//! The control thread: starts all others, turns commands into work for them, ends them.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, never, select, tick};

use refocus_media::ThumbnailCache;
use refocus_model::clip::ModelsFolder;
use refocus_model::clip::installed::BUILT_IN;
use refocus_model::device::{DeviceReport, SelfTest};
use refocus_model::{ModelChoice, PhotoModel};
use refocus_store::Database;
use refocus_workers::{Worker, fault, still_at_work};

use super::command::{Command, OutsideId, OutsideSource};
use super::event::{DeviceSummary, Event, IndexPhase};
use super::folders::{FolderRequest, Folders};
use super::indexing::{self, Control, Lane, Task, Tools, Why, WriterCommand, WriterTools};
use super::library_index::LibraryIndex;
use super::link::LibraryPaths;
use super::loading::{load_encodings, open_and_load, rebuild_and_load};
use super::models::{Finished, ModelManager, Serving};
use super::opening::{self, Access, Opened};
use super::outside::Outside;
use super::ranking::{JobQueue, Ranker};
use super::shared::Shared;
use super::start::EngineConfig;
use super::tuning::{EngineTuning, Tuned};
use super::watching::{WatchRequest, Watching};

/// Photos a forward pass: enough to keep the matrix products large, few enough that a pause is felt at once.
const BATCH: usize = 8;

/// Files whose results may wait for the writer.
const RESULTS_AHEAD: usize = 512;

/// Tasks that may wait for the indexing thread.
const TASKS_AHEAD: usize = 256;

/// A library that another Refocus writes to is asked for this often.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// A writer that makes no room for a mark within this time hangs in the system.
const WRITER_TAKES_WITHIN: Duration = Duration::from_secs(5);

/// How long the end of threads is waited for: together less than what the end of the engine may take.
const AT_CLOSING: Patience = Patience {
    workers: Duration::from_millis(800),
    writer: Duration::from_millis(1700),
};

/// The same where another model takes over: photos in hand are finished.
const AT_TAKING_OVER: Patience = Patience {
    workers: Duration::from_secs(20),
    writer: Duration::from_secs(80),
};

/// How long the end of threads is waited for, from the moment at which all are told to end.
#[derive(Clone, Copy)]
struct Patience {
    workers: Duration,
    /// Of the writer, which ends when the others have.
    writer: Duration,
}

/// A model that takes over from the one in use.
pub(super) struct Switch {
    serving: Serving,
    pub(super) choice: ModelChoice,
    /// Pictures from outside that serve as references.
    outside: Vec<(OutsideId, OutsideSource)>,
    paused: bool,
    pub(super) database: Database,
    /// Held all the while.
    access: Option<Access>,
    /// The other Refocus, which wrote until now, may have changed what was loaded.
    pub(super) catch_up: bool,
}

/// All that runs between start and end, or between two models.
pub(super) struct Running {
    pub(super) shared: Arc<Shared>,
    control: Arc<Control>,
    /// Of the lane of changes.
    changes_control: Arc<Control>,
    pub(super) database: Database,
    pub(super) paths: LibraryPaths,
    tasks: Option<Sender<Task>>,
    /// Of the lane of changes.
    changes: Option<Sender<Task>>,
    watch: Option<Sender<WatchRequest>>,
    done: Sender<WriterCommand>,
    jobs: Arc<JobQueue>,
    outside: Arc<Outside>,
    models: ModelManager,
    next_ready: Receiver<Finished>,
    /// For threads that have a request of their own when they are done.
    pub(super) commands: Sender<Command>,
    folders: Option<Sender<FolderRequest>>,
    pub(super) workers: Vec<Worker>,
    /// Ends last.
    writer: Option<Worker>,
    /// The model at work.
    serving: Serving,
    works_ahead: bool,
    /// Why nothing can be written.
    read_only: Option<String>,
    /// Handed on or given up when all has ended.
    access: Option<Access>,
}

impl Running {
    /// Opens the library, loads the model and starts the threads, or goes on with what another model leaves.
    ///
    /// # Errors
    /// Why the engine cannot work, for the person.
    pub(super) fn start(
        config: &EngineConfig,
        shared: &Arc<Shared>,
        commands: Sender<Command>,
        takes_over: Option<Switch>,
    ) -> Result<Self, String> {
        shared.go_on();
        // A model that takes over finds what was set since the start.
        if takes_over.is_none() {
            tune(shared, config.tuning.clone(), &config.paths.thumbnails);
        }
        let (control, changes_control) = (Arc::new(Control::default()), Arc::new(Control::default()));
        let (mut database, mut access, serving, outside_pictures) = match takes_over {
            Some(switch) => {
                control.pause(switch.paused);
                changes_control.pause(switch.paused);
                shared.change(LibraryIndex::clear_encodings);
                let access = switch.access.ok_or("the right to write to the library was lost")?;
                (switch.database, access, switch.serving, switch.outside)
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
        let read_only = access.read_only().map(str::to_owned);
        let no_thread = |error: std::io::Error| format!("no thread could be started ({error}); close other programs");
        let writer = WriterTools {
            database: database.clone(),
            shared: Arc::clone(shared),
            controls: [Arc::clone(&control), Arc::clone(&changes_control)],
            model: Arc::clone(&model),
            lock: access.lock(),
        };
        let writer = writer.start(results)?;
        let tools = Tools {
            shared: Arc::clone(shared),
            database: database.clone(),
            control: Arc::clone(&control),
            model: Arc::clone(&model),
            thumbnails: Arc::clone(&thumbnails),
            done: done.clone(),
            batch: BATCH,
            lane: Lane::Bulk,
            other_lane: None,
        };
        let mut workers = Vec::new();
        let (mut watch, mut changes_in) = (None, None);
        let params = config.watch.filter(|_| read_only.is_none());
        shared.set_tried_again(params.is_some());
        if let Some(params) = params {
            let (requests_in, requests) = bounded(TASKS_AHEAD);
            let (changes, changed) = bounded(TASKS_AHEAD);
            let watching = Watching {
                shared: Arc::clone(shared),
                params,
                requests,
                bulk: tasks.clone(),
                changes: changes.clone(),
                thumbnails: Arc::clone(&thumbnails),
                controls: [Arc::clone(&control), Arc::clone(&changes_control)],
                power: config.power.clone(),
            };
            workers.push(watching.spawn().map_err(no_thread)?);
            let tools = Tools {
                control: Arc::clone(&changes_control),
                lane: Lane::Changes,
                other_lane: Some(tasks.clone()),
                ..tools.clone()
            };
            workers.push(indexing::spawn(tools, changed).map_err(no_thread)?);
            watch = Some(requests_in);
            changes_in = Some(changes);
        }
        workers.push(indexing::spawn(tools, waiting).map_err(no_thread)?);
        let (folders, asked) = bounded(TASKS_AHEAD);
        let of_folders = Folders {
            shared: Arc::clone(shared),
            done: done.clone(),
            watch: watch.clone(),
            tasks: tasks.clone(),
        };
        workers.push(of_folders.spawn(asked).map_err(no_thread)?);
        let outside = Arc::new(Outside::new(Arc::clone(shared), Arc::clone(&model)));
        let jobs = Arc::new(JobQueue::default());
        let ranker = Ranker::new(
            Arc::clone(shared),
            Arc::clone(&model),
            Arc::clone(&outside),
            Arc::clone(&jobs),
            bank,
        );
        workers.push(ranker.spawn().map_err(no_thread)?);

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
        let models = ModelManager::new(
            Arc::clone(shared),
            Arc::clone(&control),
            database.clone(),
            done.clone(),
            shared.tuned().threads(),
            config.works_ahead && read_only.is_none(),
            paths,
            finished,
        );
        models.list();
        for (id, source) in outside_pictures {
            Outside::add(&outside, id, source);
        }
        let running = Self {
            shared: Arc::clone(shared),
            control,
            changes_control,
            paths: config.paths.clone(),
            tasks: Some(tasks),
            changes: changes_in,
            watch,
            done,
            jobs,
            outside,
            models,
            next_ready,
            commands,
            folders: Some(folders),
            workers,
            writer: Some(writer),
            serving: kept_serving,
            works_ahead: config.works_ahead,
            read_only,
            database,
            access: Some(access),
        };
        if config.rescan && running.read_only.is_none() {
            running.ask_folders(FolderRequest::Rescan(None, Why::Machine));
        }
        Ok(running)
    }

    /// Takes commands until the front end shuts the engine down, or has gone (`None`), or another model takes over.
    ///
    /// # Errors
    /// Why nothing can take over, for the person.
    pub(super) fn serve(mut self, requests: &Receiver<Command>) -> Result<Option<Switch>, String> {
        // A command that ends soon has its answer to wait for, and leaves this to windows.
        let waits_for_access = self.access.as_ref().is_some_and(Access::may_become_writable);
        let ask_again = if self.works_ahead && waits_for_access {
            tick(ASK_AGAIN)
        } else {
            never()
        };
        loop {
            let command = select! {
                recv(ask_again) -> _ => match opening::take_over(&self.paths.database) {
                    Some(opened) => return self.start_to_write(opened).map(Some),
                    None => continue,
                },
                recv(requests) -> command => match command {
                    Ok(command) => command,
                    Err(_) => break,
                },
                recv(self.next_ready) -> finished => match finished {
                    // A model that was given up for another one has nothing to say any more.
                    Ok(finished) if !self.models.is_awaited(finished.generation) => continue,
                    Ok(Finished { outcome: Ok(ready), .. }) => {
                        let (serving, choice) = *ready;
                        return self.hand_over(serving, choice).map(Some);
                    }
                    Ok(Finished { outcome: Err(message), .. }) => {
                        self.models.failed(&message);
                        continue;
                    }
                    Err(_) => break,
                },
            };
            if self.shared.is_silent() {
                break;
            }
            fault::point("control");
            if self.refuses(&command) {
                continue;
            }
            match command {
                Command::AddFolder(path) => self.ask_folders(FolderRequest::Add(path)),
                Command::RemoveFolder(id) => self.ask_folders(FolderRequest::Remove(id)),
                Command::Relink { folder, path } => self.ask_folders(FolderRequest::Relink(folder, path)),
                Command::BackUp(to) => self.back_up(to),
                Command::Rescan(id) => self.ask_folders(FolderRequest::Rescan(id, Why::Person)),
                Command::CatchUp => {
                    // Where many requests wait already, this one is among them.
                    let _ = self.watch.as_ref().map(|watch| watch.try_send(WatchRequest::CatchUp));
                }
                Command::Pause => self.pause(true),
                Command::Resume => self.pause(false),
                Command::CancelIndexing => self.control.cancel(),
                Command::Retry(scope) => self.ask_folders(FolderRequest::Retry(scope)),
                Command::Search { generation, request } => self.jobs.search(generation, *request),
                Command::Explain(explain) => self.jobs.explain(explain),
                Command::Heat { id, generation } => self.jobs.heat(id, generation),
                Command::SaveVectors(path) => self.jobs.save_vectors(path),
                Command::AddOutside { id, source } => Outside::add(&self.outside, id, source),
                Command::RemoveOutside(id) => self.outside.remove(id),
                Command::Mark { photos, change } => {
                    let mark = WriterCommand::Mark { photos, change };
                    if self.done.send_timeout(mark, WRITER_TAKES_WITHIN).is_err() {
                        let lost = "The mark was not kept: nothing can be written to the library";
                        self.shared.tell(Event::Notice(lost.to_owned()));
                    }
                }
                Command::Demo(folder) => self.demo(folder),
                Command::ListModels => self.models.list(),
                Command::UseModel(name) => self.models.use_model(&name),
                Command::ImportModel(folder) => self.models.import(folder),
                Command::LookUpModel(id) => self.models.look_up(&id),
                Command::DownloadModel(id) => self.models.download(&id),
                Command::CancelModel => self.models.cancel(),
                Command::RemoveModel(name) => self.models.remove(&name),
                Command::Tune(tuning) => self.tune(*tuning),
                Command::Shutdown => break,
            }
        }
        self.end(AT_CLOSING);
        Ok(None)
    }

    /// Ends everything that works with the model in use, so that another one can take over.
    fn hand_over(mut self, serving: Serving, choice: ModelChoice) -> Result<Switch, String> {
        self.models.take_over(&choice);
        let (outside, paused) = (
            self.outside.sources(),
            self.control.held_phase() == Some(IndexPhase::Paused),
        );
        self.end_for_another()?;
        Ok(Switch {
            serving,
            choice,
            outside,
            paused,
            database: self.database.clone(),
            access: self.access.take(),
            catch_up: false,
        })
    }

    /// The Refocus that wrote to the library has ended: this one goes on in its place.
    fn start_to_write(mut self, opened: Opened) -> Result<Switch, String> {
        let (outside, paused) = (
            self.outside.sources(),
            self.control.held_phase() == Some(IndexPhase::Paused),
        );
        self.end_for_another()?;
        self.shared.tell(Event::Writable);
        let taken_over = "The other Refocus has ended; this window keeps the library up to date from now on";
        self.shared.tell(match opened.notice {
            Some(rebuilt) => Event::Notice(rebuilt),
            None => Event::Done(taken_over.to_owned()),
        });
        Ok(Switch {
            serving: self.serving.clone(),
            choice: self.paths.model.clone(),
            outside,
            paused,
            database: opened.database,
            access: Some(opened.access),
            catch_up: true,
        })
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
            // Where many requests wait already, the cache is measured a little later.
            let _ = self
                .watch
                .as_ref()
                .map(|watch| watch.try_send(WatchRequest::TrimThumbnails));
        }
        if !before.wanted.leaves_out_the_same(&now.wanted) && self.read_only.is_none() {
            self.ask_folders(FolderRequest::Rescan(None, Why::Machine));
        }
    }

    fn pause(&self, paused: bool) {
        self.control.pause(paused);
        self.changes_control.pause(paused);
    }

    /// Ends what another model or the right to write is to follow on.
    fn end_for_another(&mut self) -> Result<(), String> {
        if self.end(AT_TAKING_OVER) {
            Ok(())
        } else {
            // A second writer beside the first one would break the rule that there is one.
            Err(
                "What was to be written to the library hangs in the system: close Refocus and start it again"
                    .to_owned(),
            )
        }
    }

    /// Has all threads end, the writer last: what the pools still hand over is written. Returns whether the writer has ended;
    /// threads that hang in the system are left behind and end when the system lets them.
    fn end(&mut self, patience: Patience) -> bool {
        self.shared.stop();
        self.control.cancel();
        self.changes_control.cancel();
        self.jobs.stop();
        // The folders' thread and the watching one may hang in the system with a sender in hand: the lanes are told to end.
        for lane in [self.tasks.take(), self.changes.take()].into_iter().flatten() {
            let _ = lane.try_send(Task::End);
        }
        self.folders = None;
        self.watch = None;
        let mut workers = std::mem::take(&mut self.workers);
        workers.extend(self.models.end());
        let start = Instant::now();
        let left = self.wait_for(workers, start, patience.workers, AT_CLOSING.workers);
        for worker in &left {
            tracing::warn!(worker = worker.name(), "a thread hangs and is left behind");
        }
        let Some(writer) = self.writer.take() else { return true };
        let _ = self
            .done
            .send_timeout(WriterCommand::Stop, AT_CLOSING.writer - AT_CLOSING.workers);
        self.wait_for(vec![writer], start, patience.writer, AT_CLOSING.writer)
            .is_empty()
    }

    /// Waits for the end of workers for so long from `start` on; where the engine is dropped meanwhile, for `at_closing`.
    fn wait_for(
        &self,
        mut workers: Vec<Worker>,
        start: Instant,
        patience: Duration,
        at_closing: Duration,
    ) -> Vec<Worker> {
        const LOOK: Duration = Duration::from_millis(50);
        loop {
            let limit = if self.shared.closing() {
                at_closing.min(patience)
            } else {
                patience
            };
            let left = limit.saturating_sub(start.elapsed());
            workers = still_at_work(workers, Instant::now() + left.min(LOOK));
            if workers.is_empty() || start.elapsed() >= limit {
                return workers;
            }
        }
    }

    /// Leaves a request for the folders' thread, which may wait for the file system where this one may not.
    pub(super) fn ask_folders(&self, request: FolderRequest) {
        let sent = self.folders.as_ref().map(|folders| folders.try_send(request));
        if !matches!(sent, Some(Ok(()))) {
            self.shared
                .indexing_impossible("Too much is asked of the folders at once: try again in a moment".to_owned());
        }
    }
}

impl Drop for Running {
    /// Also where the control thread panics: nothing that it started goes on without it.
    fn drop(&mut self) {
        self.end(AT_CLOSING);
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

/// Sets what a person can set and says which of it cannot be understood; hands back what was set before.
fn tune(shared: &Shared, tuning: EngineTuning, thumbnails: &Path) -> Arc<Tuned> {
    let (tuned, bad) = Tuned::new(tuning, thumbnails);
    for pattern in bad {
        shared.tell(Event::Notice(pattern.to_string()));
    }
    shared.tune(tuned)
}
