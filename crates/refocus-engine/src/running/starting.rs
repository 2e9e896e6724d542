//! The start of all threads, from a library's file and a model or from what another model leaves.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crossbeam_channel::{Sender, bounded};

use refocus_media::ThumbnailCache;
use refocus_model::clip::ModelsFolder;
use refocus_model::clip::installed::BUILT_IN;
use refocus_model::device::{DeviceReport, SelfTest};
use refocus_model::{ModelChoice, PhotoModel};

use super::{Running, Switch, tune};
use crate::albums::AlbumWorker;
use crate::clean_up::CleanUpWorker;
use crate::command::Command;
use crate::event::{DeviceSummary, Event};
use crate::folders::{FolderRequest, Folders};
use crate::indexing::{self, Control, Lane, Tools, Why, WriterTools};
use crate::languages::language_folders;
use crate::library_index::LibraryIndex;
use crate::loading::{load_encodings, open_and_load, rebuild_and_load};
use crate::models::{ModelManager, Serving};
use crate::outside::Outside;
use crate::passes::PassWorker;
use crate::people::{FacePass, People, PeopleWorker};
use crate::ranking::{JobQueue, Languages, Ranker};
use crate::rotating::RotateWorker;
use crate::shared::Shared;
use crate::start::EngineConfig;
use crate::texts::{PhotoTexts, TextPass};
use crate::watching::Watching;

/// Photos a forward pass: enough to keep the matrix products large, few enough that a pause is felt at once.
const BATCH: usize = 8;

/// Files whose results may wait for the writer.
const RESULTS_AHEAD: usize = 512;

/// Photos that were looked at for faces, and requests about people, that may wait.
const PEOPLE_AHEAD: usize = 256;

/// Requests about albums that may wait.
const ALBUMS_AHEAD: usize = 64;

/// Requests that may wait for the passes.
const PASSES_AHEAD: usize = 16;

/// Requests about photos that are alike that may wait.
const CLEAN_UP_AHEAD: usize = 64;

/// Requests to turn photos that may wait: a person who turns one several times is quick.
const ROTATE_AHEAD: usize = 256;

/// Tasks that may wait for the indexing thread.
const TASKS_AHEAD: usize = 256;

impl Running {
    /// Opens the library, loads the model and starts the threads, or goes on with what another model leaves.
    ///
    /// # Errors
    /// Why the engine cannot work, for the person.
    pub(crate) fn start(
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
        let (to_writer, writer_commands) = bounded(RESULTS_AHEAD);
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
        let writer = writer.start(writer_commands)?;
        let tools = Tools {
            shared: Arc::clone(shared),
            database: database.clone(),
            control: Arc::clone(&control),
            model: Arc::clone(&model),
            thumbnails: Arc::clone(&thumbnails),
            to_writer: to_writer.clone(),
            batch: BATCH,
            lane: Lane::Bulk,
            other_lane: None,
            gives_way: config.gives_way,
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
            to_writer: to_writer.clone(),
            watch: watch.clone(),
            tasks: tasks.clone(),
        };
        workers.push(of_folders.spawn(asked).map_err(no_thread)?);
        let outside = Arc::new(Outside::new(Arc::clone(shared), Arc::clone(&model)));
        let jobs = Arc::new(JobQueue::default());
        let (people_in, people_jobs) = bounded(PEOPLE_AHEAD);
        let (passes_in, pass_requests) = bounded(PASSES_AHEAD);
        let people = Arc::new(People::new(
            Arc::clone(shared),
            config.paths.database.clone(),
            config.faces.clone(),
            people_in.clone(),
        ));
        let face_pass = FacePass::new(Arc::clone(&people));
        let texts = Arc::new(PhotoTexts::new(
            Arc::clone(shared),
            config.paths.database.clone(),
            config.texts.clone(),
            to_writer.clone(),
            read_only.is_some(),
        ));
        let text_pass = TextPass::new(Arc::clone(&texts));
        let ranker = Ranker::new(
            Arc::clone(shared),
            Arc::clone(&model),
            Arc::clone(&outside),
            Arc::clone(&people),
            Arc::clone(&texts),
            Arc::clone(&jobs),
            bank,
        )
        .with_languages(Languages::of(language_folders(&config.paths.languages())));
        workers.push(ranker.spawn().map_err(no_thread)?);

        let people_worker = PeopleWorker {
            people,
            to_passes: passes_in.clone(),
            read_only: read_only.clone(),
        };
        workers.push(people_worker.spawn(people_jobs).map_err(no_thread)?);
        let (albums_in, album_jobs) = bounded(ALBUMS_AHEAD);
        let albums = AlbumWorker {
            shared: Arc::clone(shared),
            library: config.paths.database.clone(),
            read_only: read_only.clone(),
        };
        workers.push(albums.spawn(album_jobs).map_err(no_thread)?);
        let passes_generation = Arc::<AtomicU64>::default();
        let passes = PassWorker {
            shared: Arc::clone(shared),
            generation: Arc::clone(&passes_generation),
            controls: [Arc::clone(&control), Arc::clone(&changes_control)],
            passes: vec![Arc::new(face_pass), Arc::new(text_pass)],
            gives_way: config.gives_way,
        };
        workers.push(passes.spawn(pass_requests).map_err(no_thread)?);

        let (clean_up_in, clean_up_requests) = bounded(CLEAN_UP_AHEAD);
        let clean_up = CleanUpWorker {
            shared: Arc::clone(shared),
            model: Arc::clone(&model),
            database: database.clone(),
            to_writer: to_writer.clone(),
        };
        workers.push(clean_up.spawn(clean_up_requests).map_err(no_thread)?);

        let (rotate_in, rotate_requests) = bounded(ROTATE_AHEAD);
        let rotate = RotateWorker {
            shared: Arc::clone(shared),
            to_writer: to_writer.clone(),
            albums: albums_in.clone(),
            people: people_in.clone(),
            texts: Arc::clone(&texts),
            read_only: read_only.clone(),
        };
        workers.push(rotate.spawn(rotate_requests).map_err(no_thread)?);

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
            to_writer.clone(),
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
            to_writer,
            jobs,
            outside,
            people: people_in,
            albums: albums_in,
            passes: passes_in,
            texts,
            clean_up: Some(clean_up_in),
            rotate: Some(rotate_in),
            passes_generation,
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
            "cpu (avx512-vnni)" | "cpu (avx512)" => "CPU (AVX-512)",
            "cpu (avx-vnni)" | "cpu (avx2)" => "CPU (AVX2)",
            _ => "CPU",
        });
    let failed = devices
        .iter()
        .find(|report| report.available && report.self_test == SelfTest::Failed);
    DeviceSummary {
        device: format!("{used} · {threads} threads"),
        model: model.info().name.clone(),
        can_rerank: model.conditioned_tower().is_some(),
        warning: failed.map(|report| format!("{} is not used: {}", report.name, report.why)),
    }
}
