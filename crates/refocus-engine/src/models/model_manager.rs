//! The control thread's side of models: commands in, state out.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use crate::event::Event;
use crate::indexing::{Control, WriterCommand};
use crate::link::LibraryPaths;
use crate::shared::Shared;
use refocus_model::ModelChoice;
use refocus_model::clip::installed::{BUILT_IN, name_from};
use refocus_model::clip::{InstalledRecord, ModelsFolder};
use refocus_store::Database;
use refocus_workers::{Worker, WorkerPanic, fault};

use super::catalogue::{CATALOGUE, CatalogueEntry};
use super::hub::Hub;
use super::reembedding::{Finished, Reembedding, ReembeddingTools};
use super::state::{InstalledModel, ModelsState, NextModel, NextPhase, Transfer};

/// The front ends hear of progress this often, at most.
const TELL_EVERY: Duration = Duration::from_millis(150);

/// The state, and the way to tell it.
struct ModelListing {
    shared: Arc<Shared>,
    models: ModelsFolder,
    state: Mutex<(ModelsState, Instant)>,
    /// The number of the work for the next model whose progress is told and whose end is awaited.
    awaited: AtomicU64,
}

impl ModelListing {
    fn lock(&self) -> MutexGuard<'_, (ModelsState, Instant)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and tells it.
    fn tell(&self, change: impl FnOnce(&mut ModelsState)) {
        let state = {
            let mut listing = self.lock();
            change(&mut listing.0);
            listing.1 = Instant::now();
            listing.0.clone()
        };
        self.shared.tell(Event::Models(Arc::new(state)));
    }

    /// Changes the state and tells it, unless that was done a moment ago.
    fn progress(&self, change: impl FnOnce(&mut ModelsState)) {
        let state = {
            let mut listing = self.lock();
            change(&mut listing.0);
            if listing.1.elapsed() < TELL_EVERY {
                return;
            }
            listing.1 = Instant::now();
            listing.0.clone()
        };
        self.shared.tell(Event::Models(Arc::new(state)));
    }

    /// Looks again at what is installed.
    fn look(&self, change: impl FnOnce(&mut ModelsState)) {
        let installed = self.models.list().into_iter().map(|model| InstalledModel {
            title: model.record.name.clone(),
            licence: model.record.licence.clone(),
            source: model.record.source.clone(),
            bytes: model.bytes(),
            name: model.name,
        });
        let built_in = InstalledModel {
            name: BUILT_IN.to_owned(),
            title: "Built-in".to_owned(),
            licence: "Apache-2.0".to_owned(),
            bytes: 0,
            source: "part of the program".to_owned(),
        };
        let installed: Vec<InstalledModel> = std::iter::once(built_in).chain(installed).collect();
        self.tell(|state| {
            state.installed = installed;
            change(state);
        });
    }
}

/// Takes requests about models.
pub(crate) struct ModelManager {
    listing: Arc<ModelListing>,
    control: Arc<Control>,
    database: Database,
    to_writer: Sender<WriterCommand>,
    threads: usize,
    /// Whether a model that is to take over is made ready now; if not, it waits for a program that runs longer.
    works_ahead: bool,
    paths: LibraryPaths,
    finished: Sender<Finished>,
    reembedding: Option<Reembedding>,
    /// Threads of work that was given up, until they have ended.
    given_up: Vec<Worker>,
    transfer: Option<(Arc<AtomicBool>, Worker)>,
}

impl ModelManager {
    #[expect(
        clippy::too_many_arguments,
        reason = "what the models needs of the engine, handed on once"
    )]
    pub(crate) fn new(
        shared: Arc<Shared>,
        control: Arc<Control>,
        database: Database,
        to_writer: Sender<WriterCommand>,
        threads: usize,
        works_ahead: bool,
        paths: LibraryPaths,
        finished: Sender<Finished>,
    ) -> Self {
        let models = ModelsFolder::new(&paths.models);
        let state = ModelsState {
            serving: paths.model.checkpoint.clone().unwrap_or_else(|| BUILT_IN.to_owned()),
            catalogue: CATALOGUE,
            ..ModelsState::default()
        };
        let mut models = Self {
            listing: Arc::new(ModelListing {
                shared,
                models,
                state: Mutex::new((state, Instant::now())),
                awaited: AtomicU64::new(0),
            }),
            control,
            database,
            to_writer,
            threads,
            works_ahead,
            paths,
            finished,
            reembedding: None,
            given_up: Vec::new(),
            transfer: None,
        };
        if let Some(next) = models.paths.model.next.clone().filter(|_| models.works_ahead) {
            models.make_ready(&next);
        }
        models
    }

    /// Tells what there is.
    pub(crate) fn list(&self) {
        self.listing.look(|_| {});
    }

    /// Lets a model take over as soon as it has encoded the library.
    pub(crate) fn use_model(&mut self, name: &str) {
        self.give_up_next();
        let serving = self.listing.lock().0.serving.clone();
        let next = (name != serving).then(|| name.to_owned());
        if next.is_some() && name != BUILT_IN && self.listing.models.get(name).is_err() {
            let line = format!("There is no model {name}: import or download it first.");
            self.listing.tell(|state| state.error = Some(line));
            return;
        }
        self.paths.model.next = next.clone();
        self.keep_choice();
        self.listing.tell(|state| {
            state.next = None;
            state.error = None;
        });
        if let Some(next) = next {
            self.make_ready(&next);
        }
    }

    /// Whether this is the work for the next model that was asked for last.
    pub(crate) fn is_awaited(&self, generation: u64) -> bool {
        self.reembedding.is_some() && self.listing.awaited.load(Ordering::SeqCst) == generation
    }

    /// Gives up the work for the next model. Its thread may take a while to end and is not waited for here; nothing that it
    /// says from now on counts.
    fn give_up_next(&mut self) -> bool {
        self.listing.awaited.fetch_add(1, Ordering::SeqCst);
        self.given_up.retain(|worker| !worker.has_ended());
        let given_up = self.reembedding.take();
        let any = given_up.is_some();
        self.given_up.extend(given_up.and_then(Reembedding::end));
        any
    }

    fn make_ready(&mut self, next: &str) {
        let generation = self.listing.awaited.fetch_add(1, Ordering::SeqCst) + 1;
        let choice = ModelChoice {
            checkpoint: (next != BUILT_IN).then(|| next.to_owned()),
            next: None,
            ..self.paths.model.clone()
        };
        let (listing, name) = (Arc::clone(&self.listing), next.to_owned());
        let told = move |phase, done, total| {
            let change = |state: &mut ModelsState| {
                if listing.awaited.load(Ordering::SeqCst) != generation {
                    return;
                }
                state.next = Some(NextModel {
                    name: name.clone(),
                    phase,
                    done,
                    total,
                });
            };
            if phase == NextPhase::Loading {
                listing.tell(change);
            } else {
                listing.progress(change);
            }
        };
        let tools = ReembeddingTools {
            shared: Arc::clone(&self.listing.shared),
            control: Arc::clone(&self.control),
            database: self.database.clone(),
            to_writer: self.to_writer.clone(),
            models: self.listing.models.clone(),
            threads: self.threads,
            generation,
            told: Arc::new(told),
            finished: self.finished.clone(),
        };
        match Reembedding::start(tools, choice) {
            Ok(reembedding) => self.reembedding = Some(reembedding),
            Err(error) => self.failed(&format!("no thread could be started ({error})")),
        }
    }

    /// The next model cannot take over.
    pub(crate) fn failed(&mut self, message: &str) {
        self.give_up_next();
        self.paths.model.next = None;
        self.keep_choice();
        self.listing.tell(|state| {
            state.next = None;
            state.error = Some(message.to_owned());
        });
    }

    /// Keeps the choice of the model that takes over now.
    pub(crate) fn take_over(&mut self, choice: &ModelChoice) {
        self.give_up_next();
        self.paths.model = choice.clone();
        self.keep_choice();
    }

    fn keep_choice(&self) {
        if let Err(error) = self.paths.model.write(&self.paths.model_choice) {
            let line = format!(
                "The choice of a model cannot be kept ({error}): {}",
                self.paths.model_choice.display()
            );
            self.listing.shared.tell(Event::Notice(line));
        }
    }

    /// Asks the hub what it offers under a catalogue's entry.
    pub(crate) fn look_up(&mut self, id: &str) {
        let id = id.to_owned();
        self.transfer(&id.clone(), move |listing, _| {
            let entry = entry(&id)?;
            let offer = Hub::at(&hub_address())
                .look_up(entry.repository)
                .map_err(|error| error.to_string())?;
            listing.tell(|state| state.offer = Some((id, offer)));
            Ok(())
        });
    }

    /// Fetches a catalogue's entry and installs it.
    pub(crate) fn download(&mut self, id: &str) {
        let id = id.to_owned();
        self.transfer(&id.clone(), move |listing, cancelled| {
            let entry = entry(&id)?;
            let hub = Hub::at(&hub_address());
            let offer = hub.look_up(entry.repository).map_err(|error| error.to_string())?;
            let mut progress = |done, total| listing.progress(|state| set_transfer(state, &id, done, total));
            let folder = listing.models.arriving(&id);
            hub.fetch(&offer, &folder, cancelled, &mut progress)
                .map_err(|error| error.to_string())?;
            let licence = offer.licence.as_deref().unwrap_or(entry.licence);
            let source = format!("{} at {}", offer.repository, offer.commit);
            let record = InstalledRecord::new(entry.name, licence, &source);
            listing.models.install(&id, record).map_err(|error| error.to_string())?;
            Ok(())
        });
    }

    /// Copies a checkpoint from a folder.
    pub(crate) fn import(&mut self, folder: PathBuf) {
        let name = import_name(&folder);
        self.transfer(&name.clone(), move |listing, cancelled| {
            let record = InstalledRecord::new(&name, "not known", &folder.display().to_string());
            let mut progress = |done, total| {
                listing.progress(|state| set_transfer(state, &name, done, total));
                !cancelled.load(Ordering::Relaxed)
            };
            let imported = listing.models.import(&folder, &name, record, &mut progress);
            imported.map(|_| ()).map_err(|error| error.to_string())
        });
    }

    /// Gives up what is on its way in, or the model that is to take over.
    pub(crate) fn cancel(&mut self) {
        if let Some((cancelled, _)) = &self.transfer {
            cancelled.store(true, Ordering::SeqCst);
        }
        if self.give_up_next() {
            self.paths.model.next = None;
            self.keep_choice();
            self.listing.tell(|state| state.next = None);
        }
    }

    /// Removes a checkpoint's files; its encodings stay, for when it comes back.
    pub(crate) fn remove(&mut self, name: &str) {
        let (serving, next) = {
            let listing = self.listing.lock();
            (
                listing.0.serving.clone(),
                listing.0.next.as_ref().map(|next| next.name.clone()),
            )
        };
        let error = if name == serving || Some(name) == next.as_deref() {
            Some("A model in use cannot be removed: choose another one first.".to_owned())
        } else {
            self.listing.models.remove(name).err().map(|error| error.to_string())
        };
        self.listing.look(|state| state.error = error);
    }

    /// Runs something on a thread of its own, one at a time.
    fn transfer(
        &mut self,
        name: &str,
        run: impl FnOnce(&ModelListing, &AtomicBool) -> Result<(), String> + Send + 'static,
    ) {
        let running = self.transfer.take_if(|(_, worker)| !worker.has_ended());
        if let Some((cancelled, worker)) = running {
            if self.listing.lock().0.transfer.is_some() {
                self.transfer = Some((cancelled, worker));
                let line = "Another model is on its way; wait for it or cancel it.".to_owned();
                self.listing.tell(|state| state.error = Some(line));
                return;
            }
            // It has told its end and is about to reach it: whoever was told may ask for the next at once.
            self.given_up.push(worker);
        }
        self.listing.tell(|state| {
            state.error = None;
            set_transfer(state, name, 0, 0);
        });
        let cancelled = Arc::new(AtomicBool::new(false));
        let (listing, own_cancelled) = (Arc::clone(&self.listing), Arc::clone(&cancelled));
        let told = Arc::clone(&listing);
        let work = move || {
            fault::point("model download");
            let error = run(&listing, &own_cancelled).err();
            listing.look(|state| {
                state.transfer = None;
                state.error = error;
            });
        };
        let started = Worker::start("refocus-models", work, move |panic: WorkerPanic| {
            told.tell(|state| {
                state.transfer = None;
                state.error = Some(format!("The model did not arrive: {panic}"));
            });
        });
        match started {
            Ok(worker) => self.transfer = Some((cancelled, worker)),
            Err(error) => self.listing.tell(|state| {
                state.transfer = None;
                state.error = Some(format!("no thread could be started ({error})"));
            }),
        }
    }

    /// Ends what is on its way in, where a download keeps what it has, and the work for the next model. Hands over the threads
    /// to be waited for.
    pub(crate) fn end(&mut self) -> Vec<Worker> {
        self.give_up_next();
        let mut workers = std::mem::take(&mut self.given_up);
        if let Some((cancelled, worker)) = self.transfer.take() {
            cancelled.store(true, Ordering::SeqCst);
            workers.push(worker);
        }
        workers
    }
}

fn set_transfer(state: &mut ModelsState, name: &str, done: u64, total: u64) {
    state.transfer = Some(Transfer {
        name: name.to_owned(),
        done,
        total,
    });
}

fn entry(id: &str) -> Result<&'static CatalogueEntry, String> {
    CatalogueEntry::find(id).ok_or_else(|| format!("there is no {id} in the catalogue"))
}

/// The name under which the checkpoint in a folder is imported.
pub(super) fn import_name(folder: &Path) -> String {
    name_from(&folder.file_name().unwrap_or_default().to_string_lossy())
}

/// The hub's address; another one, as in a company's own network, is named in the environment.
pub(crate) fn hub_address() -> String {
    std::env::var("REFOCUS_HUB").unwrap_or_else(|_| super::hub::HUB.to_owned())
}
