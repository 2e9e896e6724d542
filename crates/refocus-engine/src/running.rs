//! The control thread: starts all others, turns commands into work for them, ends them.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, never, select, tick};

use refocus_media::ThumbnailCache;
use refocus_model::clip::ModelsFolder;
use refocus_model::clip::installed::BUILT_IN;
use refocus_model::device::{DeviceReport, SelfTest};
use refocus_model::{ModelChoice, PhotoModel};
use refocus_store::Database;

use super::command::{Command, OutsideId, OutsideSource};
use super::event::{DeviceSummary, Event, IndexPhase};
use super::indexing::{self, Control, Lane, Task, Tools, Why, WriterCommand, Writing};
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

/// A model that takes over from the one in use.
pub(super) struct Switch {
    serving: Serving,
    pub(super) choice: ModelChoice,
    /// Pictures from outside that serve as references.
    outside: Vec<(OutsideId, OutsideSource)>,
    paused: bool,
    pub(super) database: Database,
    /// LibraryIndex all the while.
    access: Access,
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
    pub(super) tasks: Option<Sender<Task>>,
    pub(super) watch: Option<Sender<WatchRequest>>,
    done: Sender<WriterCommand>,
    jobs: Arc<JobQueue>,
    outside: Arc<Outside>,
    models: ModelManager,
    next_ready: Receiver<Finished>,
    /// For threads that have a wish of their own when they are done.
    pub(super) commands: Sender<Command>,
    pub(super) threads: Vec<JoinHandle<()>>,
    /// The model at work.
    serving: Serving,
    works_ahead: bool,
    /// Why nothing can be written.
    read_only: Option<String>,
    /// LibraryIndex until the writer has ended.
    access: Access,
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
            let (requests_in, requests) = bounded(TASKS_AHEAD);
            let (changes, changed) = bounded(TASKS_AHEAD);
            let watching = Watching {
                shared: Arc::clone(shared),
                params,
                requests,
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
            watch = Some(requests_in);
        }
        threads_running.push(indexing::spawn(tools, waiting).map_err(no_thread)?);
        let outside = Arc::new(Outside::new(Arc::clone(shared), Arc::clone(&model)));
        let jobs = Arc::new(JobQueue::default());
        let ranker = Ranker::new(
            Arc::clone(shared),
            Arc::clone(&model),
            Arc::clone(&outside),
            Arc::clone(&jobs),
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
            watch,
            done,
            jobs,
            outside,
            models,
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
    pub(super) fn serve(mut self, requests: &Receiver<Command>) -> Option<Switch> {
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
                recv(requests) -> command => match command {
                    Ok(command) => command,
                    Err(_) => break,
                },
                recv(self.next_ready) -> finished => match finished {
                    Ok(Finished::Ready(serving, choice)) => return Some(self.hand_over(*serving, choice)),
                    Ok(Finished::Failed(message)) => {
                        self.models.failed(&message);
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
                    // Where many requests wait already, this one is among them.
                    let _ = self.watch.as_ref().map(|watch| watch.try_send(WatchRequest::CatchUp));
                }
                Command::Pause => self.pause(true),
                Command::Resume => self.pause(false),
                Command::CancelIndexing => self.control.cancel(),
                Command::Retry(scope) => self.retry(scope),
                Command::Search { generation, request } => self.jobs.search(generation, *request),
                Command::Explain(id) => self.jobs.explain(id),
                Command::Heat(id) => self.jobs.heat(id),
                Command::SaveVectors(path) => self.jobs.save_vectors(path),
                Command::AddOutside { id, source } => Outside::add(&self.outside, id, source),
                Command::RemoveOutside(id) => self.outside.remove(id),
                Command::Mark { photos, change } => {
                    let _ = self.done.send(WriterCommand::Mark { photos, change });
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
        self.end();
        None
    }

    /// Ends everything that works with the model in use, so that another one can take over.
    fn hand_over(mut self, serving: Serving, choice: ModelChoice) -> Switch {
        self.models.take_over(&choice);
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
            // Where many requests wait already, the cache is measured a little later.
            let _ = self
                .watch
                .as_ref()
                .map(|watch| watch.try_send(WatchRequest::TrimThumbnails));
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
        self.models.end();
        self.jobs.stop();
        self.tasks = None;
        let mut threads = std::mem::take(&mut self.threads);
        // The writer ends last: what the pools still hand over is written.
        let writer = threads.pop();
        for thread in threads {
            let _ = thread.join();
        }
        let _ = self.done.send(WriterCommand::Stop);
        if let Some(writer) = writer {
            let _ = writer.join();
        }
    }

    pub(super) fn task(&self, task: Task) {
        if let Some(tasks) = &self.tasks {
            let _ = tasks.send(task);
        }
    }

    pub(super) fn ask_writer<T>(
        &self,
        ask: impl FnOnce(Sender<Result<T, String>>) -> WriterCommand,
    ) -> Result<T, String> {
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

/// Sets what a person can set and says which of it cannot be understood; hands back what was set before.
fn tune(shared: &Shared, tuning: EngineTuning, thumbnails: &Path) -> Arc<Tuned> {
    let (tuned, bad) = Tuned::new(tuning, thumbnails);
    for pattern in bad {
        shared.tell(Event::Notice(pattern.to_string()));
    }
    shared.tune(tuned)
}

/// Answers everything with no.
fn refuse_to_write(done: &Receiver<WriterCommand>) {
    let no = || "nothing can be written to this library".to_owned();
    for done in done {
        match done {
            WriterCommand::AddFolder(_, reply) => drop(reply.send(Err(no()))),
            WriterCommand::RemoveFolder(_, reply) | WriterCommand::Relink(_, _, reply) => drop(reply.send(Err(no()))),
            WriterCommand::Flush(reply) => drop(reply.send(())),
            WriterCommand::Stop => return,
            WriterCommand::File { .. }
            | WriterCommand::Gone(_)
            | WriterCommand::Sidecar(_)
            | WriterCommand::Hide(_)
            | WriterCommand::MountedAt(..)
            | WriterCommand::Mark { .. }
            | WriterCommand::StoreReembedded { .. } => {}
        }
    }
}
