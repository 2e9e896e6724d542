//! The control thread: starts all others, turns commands into work for them, ends them.
//!
//! `running/starting.rs` and `running/ending.rs` hold the start and the end; here is what comes in between.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, never, select, tick};

use refocus_model::ModelChoice;
use refocus_store::Database;
use refocus_workers::{Worker, fault};

use super::albums::{AlbumJob, AlbumRequest};
use super::clean_up::CleanUpRequest;
use super::command::{Command, OutsideId, OutsideSource};
use super::event::{Event, IndexPhase, Lost};
use super::folders::FolderRequest;
use super::indexing::{Control, Task, Why, WriterCommand};
use super::languages::{LanguageRequest, answer_languages};
use super::link::LibraryPaths;
use super::models::{Finished, ModelManager, Serving};
use super::opening::{self, Access, Opened};
use super::outside::Outside;
use super::passes::PassRequest;
use super::people::{PeopleJob, PeopleRequest};
use super::ranking::JobQueue;
use super::rotating::{RotateAnswer, RotateRequest};
use super::shared::Shared;
use super::texts::PhotoTexts;
use super::tuning::{EngineTuning, Tuned};
use super::watching::WatchRequest;

use ending::AT_CLOSING;

mod ending;
mod starting;

/// A library that another Refocus writes to is asked for this often.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// A writer that makes no room for a mark within this time hangs in the system.
const WRITER_TAKES_WITHIN: Duration = Duration::from_secs(5);

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
    to_writer: Sender<WriterCommand>,
    jobs: Arc<JobQueue>,
    outside: Arc<Outside>,
    people: Sender<PeopleJob>,
    albums: Sender<AlbumJob>,
    passes: Sender<PassRequest>,
    texts: Arc<PhotoTexts>,
    /// Ends its thread when it is dropped.
    clean_up: Option<Sender<CleanUpRequest>>,
    /// Ends its thread when it is dropped.
    rotate: Option<Sender<(u64, RotateRequest)>>,
    /// Of the last [`Command::LookAtPhotos`].
    passes_generation: Arc<AtomicU64>,
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
                    if self.to_writer.send_timeout(mark, WRITER_TAKES_WITHIN).is_err() {
                        let lost = "The mark was not kept: nothing can be written to the library";
                        self.shared.tell(Event::Notice(lost.to_owned()));
                    }
                }
                Command::People { id, request } => self.ask_about_people(id, request),
                Command::Albums { id, request } => self.ask_about_albums(id, request),
                Command::Rotate { id, request } => self.rotate(id, request),
                Command::CleanUp(request) => self.clean_up(request),
                Command::LookAtPhotos { generation } => self.look_at_photos(generation),
                Command::Demo(folder) => self.demo(folder),
                Command::ListModels => self.models.list(),
                Command::UseModel(name) => self.models.use_model(&name),
                Command::ImportModel(folder) => self.models.import(folder),
                Command::LookUpModel(id) => self.models.look_up(&id),
                Command::DownloadModel(id) => self.models.download(&id),
                Command::CancelModel => self.models.cancel(),
                Command::RemoveModel(name) => self.models.remove(&name),
                Command::Languages(request) => self.languages(request),
                Command::ForgetTexts => self.forget_texts(),
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
            Command::RemoveFolder(_)
            | Command::Mark { .. }
            | Command::UseModel(_)
            | Command::CleanUp(CleanUpRequest::KeepAll(_) | CleanUpRequest::AskAgain(_)) => {
                self.shared.tell(Event::Notice(why.clone()));
                true
            }
            _ => false,
        }
    }

    /// Answers a request about language packs, whose files are read on a thread of their own.
    fn languages(&self, request: LanguageRequest) {
        let (shared, own) = (Arc::clone(&self.shared), self.paths.languages());
        let work = move || shared.tell(Event::Languages(Arc::new(answer_languages(&request, &own))));
        let shared = Arc::clone(&self.shared);
        let failed = move |panic| shared.worker_failed(&panic, "The language pack could not be read", Lost::One);
        if let Err(error) = Worker::start("refocus-languages", work, failed) {
            let line = format!("The language pack could not be read: {error}");
            self.shared.tell(Event::Notice(line));
        }
    }

    /// Leaves a request for the thread that keeps faces and persons.
    fn ask_about_people(&self, id: u64, request: PeopleRequest) {
        let job = PeopleJob::Asked(id, request);
        if self.people.send_timeout(job, WRITER_TAKES_WITHIN).is_err() {
            let result = Err("too much is asked about people at once: try again in a moment".to_owned());
            self.shared.tell(Event::PeopleAnswered { id, result });
        }
    }

    /// Leaves a request for the thread that keeps albums.
    fn ask_about_albums(&self, id: u64, request: AlbumRequest) {
        let job = AlbumJob::Asked(id, request);
        if self.albums.send_timeout(job, WRITER_TAKES_WITHIN).is_err() {
            let result = Err("too much is asked about albums at once: try again in a moment".to_owned());
            self.shared.tell(Event::AlbumsAnswered { id, result });
        }
    }

    /// Leaves a request for the thread that looks for photos that are alike.
    fn clean_up(&self, request: CleanUpRequest) {
        let sent = self.clean_up.as_ref().map(|requests| requests.try_send(request));
        if !matches!(sent, Some(Ok(()))) {
            let line = "Too much is asked about photos that are alike: try again in a moment";
            self.shared.tell(Event::Notice(line.to_owned()));
        }
    }

    /// Leaves a request for the thread that turns photos.
    fn rotate(&self, id: u64, request: RotateRequest) {
        let sent = self.rotate.as_ref().map(|requests| requests.try_send((id, request)));
        if !matches!(sent, Some(Ok(()))) {
            let answer = RotateAnswer {
                failed: 1,
                why: Some("too many photos are being turned already: try again in a moment".to_owned()),
                ..RotateAnswer::default()
            };
            self.shared.tell(Event::Rotated { id, answer });
        }
    }

    fn forget_texts(&self) {
        match self.texts.forget() {
            Ok(()) => {
                self.shared
                    .tell(Event::Done("The text that was read in photos is deleted".to_owned()));
                let _ = self.passes.try_send(PassRequest::Look);
            }
            Err(why) => self.shared.tell(Event::Notice(why)),
        }
    }

    fn look_at_photos(&self, generation: u64) {
        self.passes_generation.fetch_max(generation, Ordering::SeqCst);
        // Where a look is asked for already, it comes under this generation.
        let _ = self.passes.try_send(PassRequest::Look);
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
        let passes = |tuned: &Tuned| {
            let wanted = &tuned.wanted;
            (wanted.faces_paused, wanted.read_photos, wanted.text_paused)
        };
        if passes(&before) != passes(&now) {
            // Where a look is asked for already, it sees this too.
            let _ = self.passes.try_send(PassRequest::Look);
        }
        if !before.wanted.leaves_out_the_same(&now.wanted) && self.read_only.is_none() {
            self.ask_folders(FolderRequest::Rescan(None, Why::Machine));
        }
    }

    fn pause(&self, paused: bool) {
        self.control.pause(paused);
        self.changes_control.pause(paused);
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

/// Sets what a person can set and says which of it cannot be understood; hands back what was set before.
fn tune(shared: &Shared, tuning: EngineTuning, thumbnails: &Path) -> Arc<Tuned> {
    let (tuned, bad) = Tuned::new(tuning, thumbnails);
    for pattern in bad {
        shared.tell(Event::Notice(pattern.to_string()));
    }
    shared.tune(tuned)
}
