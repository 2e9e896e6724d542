//! Looks after the folders: changes in them, drives that go and come, files that are worth another try, the size of the
//! thumbnail cache.
//!
//! Where the system tells of changes, what changed is looked at within a second. Where it does not (a network drive, too many
//! folders), the folder is looked through now and then, and when the person comes back to the window.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use refocus_media::watch::{FolderWatch, News, Touched};
use refocus_media::{ThumbnailCache, is_behind_link, marks_its_folder};
use refocus_workers::{Worker, attempt, fault};

use super::event::{Event, Lost, Noticing, Progress};
use super::indexing::{Control, Task, Why};
use super::library_index::is_due;
use super::power;
use super::presence::{Presence, Presences};
use super::rows::FolderId;
use super::shared::Shared;

mod folder_watches;

/// The loop's pace while nothing happens.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Whether the folders are there is looked at this often.
const PRESENCE_EVERY: Duration = Duration::from_secs(1);

/// Failed files are looked at this often for one whose time has come.
const RETRY_EVERY: Duration = Duration::from_secs(5);

/// A folder that the system watches is looked through all the same, this often.
const LOOK_THROUGH_EVERY: Duration = Duration::from_secs(3600);

/// A person who comes back to the window has folders looked through that were not within this time.
const FRESH_ENOUGH: Duration = Duration::from_secs(2);

/// No more is asked of the lane of whole folders while so much waits there.
const MOST_TASKS: usize = 8;

/// Tasks that may wait for room in a lane: indexing may rest for days.
const MOST_WAITING: usize = 1024;

/// The thumbnail cache is measured this often.
const TRIM_EVERY: Duration = Duration::from_secs(300);

/// Indexing that had to stop, for a full disk say, is tried again after this time.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// A request of the engine.
#[derive(Clone, Debug)]
pub(super) enum WatchRequest {
    /// Watches a folder, then looks through it.
    Folder { id: FolderId, path: PathBuf, why: Why },
    /// Looks through the folders of whose changes nobody tells.
    CatchUp,
    /// Brings the thumbnail cache within its size now.
    TrimThumbnails,
}

/// How the folders are looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchParams {
    /// Folders of which the system does not tell are looked through this often.
    pub poll_every: Duration,
    /// Does not ask the system at all.
    pub only_poll: bool,
}

impl Default for WatchParams {
    fn default() -> Self {
        Self {
            poll_every: Duration::from_secs(30),
            only_poll: false,
        }
    }
}

/// What the thread works with.
#[derive(Clone)]
pub(super) struct Watching {
    pub(super) shared: Arc<Shared>,
    pub(super) params: WatchParams,
    pub(super) requests: Receiver<WatchRequest>,
    /// The lane of whole folders.
    pub(super) bulk: Sender<Task>,
    /// The lane of changes.
    pub(super) changes: Sender<Task>,
    pub(super) thumbnails: Arc<ThumbnailCache>,
    /// Of both lanes.
    pub(super) controls: [Arc<Control>; 2],
    /// Who says what the computer is powered by.
    pub(super) power: power::PowerSource,
}

struct Watched {
    path: PathBuf,
    /// `None` while it is not there.
    identity: Option<(u64, u64)>,
    /// The system does not say whether it is there, and the person was told so.
    silent: bool,
    noticing: Noticing,
    looked_through: Instant,
    /// More happened than was told: to be looked through soon.
    due: bool,
}

/// The thread, and how often it is started anew after an internal error.
const WATCH: &str = "refocus-watch";
const MOST_RESTARTS: usize = 3;

impl Watching {
    /// Starts the thread. It ends when the engine stops.
    pub(super) fn spawn(self) -> std::io::Result<Worker> {
        let shared = Arc::clone(&self.shared);
        let work = move || {
            for restart in 0.. {
                // A new loop finds its folders in the library and looks through all of them.
                let Err(panic) = attempt(WATCH, || WatchLoop::new(self.clone()).run()) else {
                    return;
                };
                if restart == MOST_RESTARTS {
                    return self.shared.worker_failed(&panic, NO_LONGER, Lost::Worker);
                }
                let told = "The folders are watched anew";
                self.shared.worker_failed(&panic, told, Lost::Requests);
            }
        };
        Worker::start(WATCH, work, move |panic| {
            shared.worker_failed(&panic, NO_LONGER, Lost::Worker);
        })
    }
}

/// What a person is told where changes are no longer noticed.
const NO_LONGER: &str = "Changes in the folders are no longer noticed: start Refocus again";

/// A lane of the indexing threads.
#[derive(Clone, Copy)]
enum To {
    Bulk,
    Changes,
}

/// The thread's own state.
struct WatchLoop {
    tools: Watching,
    watch: Option<FolderWatch>,
    folders: HashMap<FolderId, Watched>,
    presences: Presences,
    /// Tasks for which a lane had no room yet.
    waiting: VecDeque<(To, Task)>,
    said_limit: bool,
    /// That a lane has ended was told.
    said_lane: bool,
    presence: Instant,
    retried: Instant,
    /// Lives while files are tried again.
    retrying: Weak<()>,
    trimmed: Instant,
    /// Measures the thumbnail cache: a walk over many files, for which no change waits.
    trimming: Option<Worker>,
    /// The cache is to be measured at once.
    trim_due: bool,
    /// Indexing rests because of the battery.
    rests: bool,
}

impl WatchLoop {
    fn new(tools: Watching) -> Self {
        let watch = if tools.params.only_poll {
            None
        } else {
            FolderWatch::start()
                .inspect_err(|trouble| tracing::warn!(?trouble, "the system watches no folders"))
                .ok()
        };
        Self {
            tools,
            watch,
            folders: HashMap::new(),
            presences: Presences::default(),
            waiting: VecDeque::new(),
            said_limit: false,
            said_lane: false,
            presence: Instant::now(),
            retried: Instant::now(),
            retrying: Weak::new(),
            trimmed: Instant::now(),
            trimming: None,
            trim_due: false,
            rests: false,
        }
    }

    fn run(mut self) {
        self.mind_the_battery();
        while !self.tools.shared.stopping() {
            fault::point("watching");
            while let Ok(request) = self.tools.requests.try_recv() {
                match request {
                    WatchRequest::Folder { id, path, why } => {
                        let presence = self.presences.of_one(id, &path);
                        self.watch_folder(id, &path, presence);
                        // A lane would hang on a silent folder; it is looked through when it answers again.
                        if presence != Presence::Silent {
                            self.send(To::Bulk, Task::Folder { id, path, why });
                        } else if why == Why::Person {
                            let silent = format!("this folder does not answer: {}", path.display());
                            self.tools.shared.tell(Event::IndexingFailed(silent));
                            self.tools.shared.tell(Event::IndexingEnded(Progress::default()));
                        }
                    }
                    WatchRequest::CatchUp => self.catch_up(FRESH_ENOUGH),
                    WatchRequest::TrimThumbnails => self.trim_due = true,
                }
            }
            match self.watch.as_mut().map(|watch| watch.next(POLL_INTERVAL)) {
                Some(Some(News::Paths(paths))) => self.look_at(paths),
                Some(Some(News::Everything)) => self.look_through_everything(),
                Some(Some(News::Trouble(trouble))) => self.watch_failed(&trouble),
                Some(None) => {}
                None => std::thread::sleep(POLL_INTERVAL),
            }
            if self.presence.elapsed() >= PRESENCE_EVERY {
                self.presence = Instant::now();
                self.look_for_folders();
                self.look_again();
                self.catch_up(self.tools.params.poll_every);
                self.go_on_after_failure();
                self.mind_the_battery();
            }
            if self.retried.elapsed() >= RETRY_EVERY {
                self.retried = Instant::now();
                self.retry_what_is_due();
            }
            self.trim_thumbnails();
            self.flush();
        }
    }

    /// Hands a task over; where there is no room, a little later. Where too much waits, single changes are given up for a look
    /// through everything.
    fn send(&mut self, to: To, task: Task) {
        if self.waiting.len() >= MOST_WAITING {
            self.waiting.retain(|(_, task)| !matches!(task, Task::Changed { .. }));
            self.look_through_everything();
        }
        self.waiting.push_back((to, task));
        self.flush();
    }

    fn flush(&mut self) {
        for _ in 0..self.waiting.len() {
            let Some((to, task)) = self.waiting.pop_front() else {
                return;
            };
            let lane = match to {
                To::Bulk => &self.tools.bulk,
                To::Changes => &self.tools.changes,
            };
            match lane.try_send(task) {
                Ok(()) => {}
                Err(TrySendError::Full(task)) => self.waiting.push_back((to, task)),
                Err(TrySendError::Disconnected(_)) if self.said_lane => {}
                Err(TrySendError::Disconnected(_)) => {
                    self.said_lane = true;
                    let message = "Changes in the folders are no longer taken in: start Refocus again";
                    self.tools.shared.tell(Event::WorkerFailed {
                        message: message.to_owned(),
                        lost: Lost::Worker,
                    });
                }
            }
        }
    }

    /// The folder that a path lies in.
    fn folder_of(&self, path: &Path) -> Option<(FolderId, &Path)> {
        let folders = self.folders.iter().filter(|(_, folder)| path.starts_with(&folder.path));
        let nearest = folders.max_by_key(|(_, folder)| folder.path.as_os_str().len());
        nearest.map(|(id, folder)| (*id, folder.path.as_path()))
    }

    /// Has paths looked at where the disk was not as it was written down. What lies behind a link may be listed under another
    /// name, and waits for the next look at the whole folder; a folder that is itself in doubt is looked through.
    fn look_again(&mut self) {
        let mut paths = self.tools.shared.take_revisits();
        for folder in self.folders.values_mut() {
            folder.due |= paths.contains(&folder.path);
        }
        paths.retain(|path| {
            let folder = self.folder_of(path);
            folder.is_some_and(|(_, root)| root != path && !is_behind_link(root, path))
        });
        if !paths.is_empty() {
            tracing::debug!(paths = paths.len(), "the disk is not as it was written down");
            let paths = paths.into_iter().map(|path| Touched { path, bytes: false });
            self.look_at(paths.collect());
        }
    }

    /// Sends changed paths to the folder that each lies in.
    fn look_at(&mut self, paths: Vec<Touched>) {
        let mut by_folder: HashMap<FolderId, Vec<Touched>> = HashMap::new();
        for touched in paths {
            let Some((id, root)) = self.folder_of(&touched.path) else {
                continue;
            };
            let marked = marks_its_folder(&touched.path)
                .then(|| touched.path.parent())
                .flatten()
                .filter(|marked| *marked != root && marked.starts_with(root));
            let touched = match marked {
                // A file ".nomedia" came or went: its folder's photos go or come. What is left out of the whole is counted soon.
                Some(marked) => {
                    let marked = marked.to_path_buf();
                    self.look_through_soon(id);
                    Touched {
                        path: marked,
                        bytes: false,
                    }
                }
                None => touched,
            };
            by_folder.entry(id).or_default().push(touched);
        }
        for (id, paths) in by_folder {
            if let Some(folder) = self.folders.get_mut(&id) {
                // What else a link leads to, and under which of its names a folder is listed, only a look at the whole can say.
                folder.due |= self.tools.shared.is_linked(id);
                let root = folder.path.clone();
                self.send(To::Changes, Task::Changed { id, root, paths });
            }
        }
    }

    /// Has all folders looked through soon: while a hundred thousand files are copied, this is asked for many times.
    fn look_through_everything(&mut self) {
        for folder in self.folders.values_mut() {
            folder.due = true;
        }
    }

    /// Has a folder looked through when what changed in it has been looked at.
    fn look_through_soon(&mut self, id: FolderId) {
        if let Some(folder) = self.folders.get_mut(&id) {
            folder.due = true;
            folder.looked_through = Instant::now();
        }
    }

    fn look_through(&mut self, id: FolderId) {
        let Some(folder) = self.folders.get_mut(&id) else {
            return;
        };
        folder.looked_through = Instant::now();
        folder.due = false;
        let path = folder.path.clone();
        let why = Why::Machine;
        self.send(To::Bulk, Task::Folder { id, path, why });
    }

    /// Looks through folders that nobody watches, where that was not done within `age`.
    fn catch_up(&mut self, age: Duration) {
        // Folders that wait already are looked through when their turn comes.
        if self.tools.bulk.len() > MOST_TASKS {
            return;
        }
        let stale = |folder: &Watched| {
            let age = match folder.noticing {
                _ if folder.due => FRESH_ENOUGH,
                Noticing::AtOnce => LOOK_THROUGH_EVERY,
                Noticing::NowAndThen | Noticing::WhenAsked => age,
            };
            folder.identity.is_some() && folder.looked_through.elapsed() >= age
        };
        let stale: Vec<FolderId> = self
            .folders
            .iter()
            .filter(|(_, folder)| stale(folder))
            .map(|(id, _)| *id)
            .collect();
        for id in stale {
            self.look_through(id);
        }
    }

    fn retry_what_is_due(&mut self) {
        // Indexing may rest for hours: what was asked for once need not be asked for again.
        if self.retrying.strong_count() > 0 {
            return;
        }
        let now = jiff::Timestamp::now().as_second();
        let due: Vec<PathBuf> = {
            let index = self.tools.shared.index();
            let due = index.failures.values().filter(|row| is_due(row, now));
            due.map(|row| row.failure.path.clone()).collect()
        };
        if !due.is_empty() {
            let pending = Arc::new(());
            self.retrying = Arc::downgrade(&pending);
            self.send(To::Changes, Task::Retry { paths: due, pending });
        }
    }

    fn go_on_after_failure(&mut self) {
        if self.tools.shared.failed_before(AFTER_FAILURE) {
            self.look_through_everything();
        }
    }

    /// Lets indexing rest while the computer runs on its battery, where the person wants that. Only a change counts: who goes on
    /// all the same is not stopped again.
    fn mind_the_battery(&mut self) {
        let wanted = self.tools.shared.tuned().wanted.pause_on_battery;
        let rests = wanted && power::on_battery(&self.tools.power) == Some(true);
        if std::mem::replace(&mut self.rests, rests) != rests {
            for control in &self.tools.controls {
                control.rest_on_battery(rests);
            }
        }
    }

    fn trim_thumbnails(&mut self) {
        let busy = self.trimming.as_ref().is_some_and(|worker| !worker.has_ended());
        if busy || (self.trimmed.elapsed() < TRIM_EVERY && !self.trim_due) {
            return;
        }
        self.trim_due = false;
        self.trimmed = Instant::now();
        let thumbnails = Arc::clone(&self.tools.thumbnails);
        let limit = self.tools.shared.tuned().wanted.thumbnail_bytes;
        let shared = Arc::clone(&self.tools.shared);
        let trim = move || {
            fault::point("trim");
            let kept = thumbnails.keep_within(limit);
            tracing::debug!(kept, "thumbnails measured");
        };
        let told = "The thumbnails could not be brought within their limit; it is tried again in a while";
        self.trimming = Worker::start("refocus-trim", trim, move |panic| {
            shared.worker_failed(&panic, told, Lost::One);
        })
        .inspect_err(|error| tracing::warn!(%error, "the thumbnails are not measured"))
        .ok();
    }
}
