//! What the engine's threads share: the library in memory, and the way to the front end.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{SendTimeoutError, Sender};
use refocus_media::FileIdentity;
use refocus_workers::WorkerPanic;

use super::albums::AlbumsState;
use super::event::{Event, Folder, LeftOutHere, Lost, Noticing, Progress};
use super::library_index::{LibraryIndex, problems};
use super::rows::{FolderId, Rows};
use super::snapshot::LibrarySnapshot;
use super::tuning::Tuned;

/// A thread that waits for room for an event looks this often whether anybody will make room.
const ROOM_AFTER: Duration = Duration::from_millis(100);

/// Called after every event, so that a sleeping front end looks at its channel.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What the threads share.
pub(super) struct Shared {
    /// The newest snapshot. Its lock is held while an `Arc` is cloned or exchanged, and never longer.
    snapshot: Mutex<Arc<LibrarySnapshot>>,
    index: Mutex<LibraryIndex>,
    /// The albums as they were published last. Its lock is held while an `Arc` is cloned or exchanged.
    albums: Mutex<Arc<AlbumsState>>,
    tuned: RwLock<Arc<Tuned>>,
    events: Sender<Event>,
    wake: Wake,
    /// Set while everything is to end, for good or so that another model takes over.
    stop: AtomicBool,
    /// Set once, when the engine is dropped.
    closing: AtomicBool,
    /// Set once, when nobody takes events any more.
    silent: AtomicBool,
    /// Files that a scan handed to the pools and that are not written yet: a second scan need not hand them over again.
    in_hand: Mutex<HashSet<PathBuf>>,
    /// Paths where the disk was another already when what had been found there was written: to be looked at again.
    to_revisit: Mutex<Vec<PathBuf>>,
    /// Folders in which links were met.
    linked: Mutex<HashSet<FolderId>>,
    /// The name under which each file of several hard links is shown.
    first_names: Mutex<HashMap<FileIdentity, PathBuf>>,
    /// The state of the failures that was told last.
    failures_told: AtomicU64,
    /// When indexing had to stop, until somebody asks to go on.
    failed: Mutex<Option<Instant>>,
    /// Whether the program asks by itself.
    tried_again: AtomicBool,
}

impl Shared {
    pub(super) fn new(events: Sender<Event>, wake: Wake) -> Self {
        Self {
            snapshot: Mutex::default(),
            index: Mutex::default(),
            albums: Mutex::default(),
            tuned: RwLock::default(),
            events,
            wake,
            stop: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            in_hand: Mutex::default(),
            to_revisit: Mutex::default(),
            linked: Mutex::default(),
            first_names: Mutex::default(),
            failures_told: AtomicU64::new(u64::MAX),
            failed: Mutex::default(),
            tried_again: AtomicBool::new(false),
        }
    }

    /// The library as it was published last. Whoever reads for longer than a look-up takes reads this.
    pub(super) fn snapshot(&self) -> Arc<LibrarySnapshot> {
        Arc::clone(&self.snapshot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The library as scanning and writing see it, for single look-ups and changes: nobody touches a file or the database, or
    /// goes through all rows, while holding this. Changes are seen by others once they are published. A thread that panicked
    /// while it wrote leaves whole rows, so its lock is taken over.
    pub(super) fn index(&self) -> MutexGuard<'_, LibraryIndex> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows as they are in the index, whether or not they were published.
    pub(super) fn rows(&self) -> Rows {
        self.index().now.rows.clone()
    }

    /// Lets all who read see what was changed.
    pub(super) fn publish(&self) {
        let mut index = self.index();
        let next = Arc::new(index.next_snapshot());
        // Under the index's lock, so that of two who publish the later one has the later state.
        let before = std::mem::replace(&mut *self.snapshot.lock().unwrap_or_else(PoisonError::into_inner), next);
        drop(index);
        // Chunks that nobody else holds are freed outside of the locks.
        drop(before);
    }

    /// Changes the library and lets all who read see it.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut LibraryIndex) -> T) -> T {
        let answer = change(&mut self.index());
        self.publish();
        answer
    }

    /// The albums.
    pub(super) fn albums(&self) -> Arc<AlbumsState> {
        Arc::clone(&self.albums.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets all who read see other albums, and tells them.
    pub(super) fn publish_albums(&self, albums: AlbumsState) {
        let albums = Arc::new(albums);
        *self.albums.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&albums);
        self.tell(Event::Albums(albums));
    }

    /// What is set at this moment.
    pub(super) fn tuned(&self) -> Arc<Tuned> {
        Arc::clone(&self.tuned.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets it anew; hands back what was set before.
    pub(super) fn tune(&self, tuned: Tuned) -> Arc<Tuned> {
        let mut place = self.tuned.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut place, Arc::new(tuned))
    }

    /// Tells the front end. Waits where it is far behind; a front end that has gone is not waited for.
    pub(super) fn tell(&self, event: Event) {
        let mut event = event;
        loop {
            match self.events.send_timeout(event, ROOM_AFTER) {
                Ok(()) => return (self.wake)(),
                Err(SendTimeoutError::Timeout(back)) if !self.silent.load(Ordering::SeqCst) => event = back,
                Err(_) => return,
            }
        }
    }

    /// Tells that a worker met an internal error; `consequence` says what became of its work.
    pub(super) fn worker_failed(&self, panic: &WorkerPanic, consequence: &str, lost: Lost) {
        tracing::error!(worker = panic.worker, message = panic.message, "{consequence}");
        self.tell(Event::WorkerFailed {
            message: format!("{consequence} (an internal error: {})", panic.message),
            lost,
        });
    }

    /// Sends the rows and folders as they were published last.
    pub(super) fn tell_library(&self) {
        let snapshot = self.snapshot();
        self.tell(Event::Library {
            rows: snapshot.rows.clone(),
            folders: snapshot.folders.clone(),
        });
    }

    /// Sends the list of files that could not be read, where it changed.
    pub(super) fn tell_problems(&self) {
        let failures: Vec<_> = {
            let index = self.index();
            let version = index.failures_version;
            if self.failures_told.swap(version, Ordering::Relaxed) == version {
                return;
            }
            index.failures.values().cloned().collect()
        };
        self.tell(Event::Problems(problems(&failures)));
    }

    /// Files that a scan handed to the pools and that are not written yet.
    pub(super) fn in_hand(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes paths where the disk is not what was written of it.
    pub(super) fn revisit(&self, paths: Vec<PathBuf>) {
        self.to_revisit
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(paths);
    }

    /// The paths that were doubted since this was asked last.
    pub(super) fn take_revisits(&self) -> Vec<PathBuf> {
        std::mem::take(&mut self.to_revisit.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes whether links were met in a folder: symbolic ones, or files of several names.
    pub(super) fn set_linked(&self, id: FolderId, linked: bool) {
        let mut folders = self.linked.lock().unwrap_or_else(PoisonError::into_inner);
        if linked {
            folders.insert(id);
        } else {
            folders.remove(&id);
        }
    }

    /// Whether links were met in a folder when it was last looked at.
    pub(super) fn is_linked(&self, id: FolderId) -> bool {
        self.linked.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    /// The name under which each file of several hard links is shown, of those that were met.
    pub(super) fn first_names(&self) -> MutexGuard<'_, HashMap<FileIdentity, PathBuf>> {
        self.first_names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Indexing had to stop.
    pub(super) fn note_failure(&self) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Notes whether indexing that had to stop is tried again by itself.
    pub(super) fn set_tried_again(&self, tried_again: bool) {
        self.tried_again.store(tried_again, Ordering::Relaxed);
    }

    /// Tells that indexing had to stop for something that may pass, and whether anybody has to do something to have it go on.
    pub(super) fn indexing_stopped(&self, why: &str) {
        self.note_failure();
        let goes_on = if self.tried_again.load(Ordering::Relaxed) {
            "indexing stopped and is tried again every minute"
        } else {
            "indexing stopped"
        };
        self.tell(Event::IndexingFailed(format!("{goes_on}: {why}")));
    }

    /// Whether indexing had to stop so long ago; asking takes the note back.
    pub(super) fn failed_before(&self, age: Duration) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let due = failed.is_some_and(|at| at.elapsed() >= age);
        if due {
            *failed = None;
        }
        due
    }

    /// Notes whether a folder is there; returns whether that is news, and tells it.
    pub(super) fn set_online(&self, id: FolderId, online: bool) -> bool {
        self.change_folder(id, |folder| std::mem::replace(&mut folder.online, online) != online)
    }

    /// Notes how changes in a folder are noticed.
    pub(super) fn set_noticing(&self, id: FolderId, noticing: Noticing) {
        self.change_folder(id, |folder| {
            std::mem::replace(&mut folder.noticing, noticing) != noticing
        });
    }

    /// Notes what the table left out of a folder.
    pub(super) fn set_left_out(&self, id: FolderId, left_out: Arc<[LeftOutHere]>) {
        self.change_folder(id, |folder| {
            let changed = folder.left_out != left_out;
            folder.left_out = left_out;
            changed
        });
    }

    fn change_folder(&self, id: FolderId, change: impl FnOnce(&mut Folder) -> bool) -> bool {
        let changed = {
            let mut index = self.index();
            let folder = index.now.folders.iter_mut().find(|folder| folder.id == id);
            folder.is_some_and(change)
        };
        if changed {
            self.publish();
            self.tell_library();
        }
        changed
    }

    /// Tells why a request to index came to nothing, so that nobody waits for it.
    pub(super) fn indexing_impossible(&self, message: String) {
        self.tell(Event::Notice(message));
        self.tell(Event::IndexingEnded(Progress::default()));
    }

    /// The flag that long jobs look at.
    pub(super) fn stop_flag(&self) -> &AtomicBool {
        &self.stop
    }

    /// Asks all threads to end.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// Lets threads work again after [`Shared::stop`].
    pub(super) fn go_on(&self) {
        self.stop.store(false, Ordering::SeqCst);
    }

    /// Whether all threads are to end.
    pub(super) fn stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst) || self.closing()
    }

    /// Notes that the engine is dropped: nothing is worth waiting long for any more.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }

    /// Whether the engine is dropped.
    pub(super) fn closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// Events come to nothing from now on, so that no thread waits for room for them.
    pub(super) fn fall_silent(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }

    /// Whether nobody is told anything any more.
    pub(super) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::SeqCst)
    }
}
