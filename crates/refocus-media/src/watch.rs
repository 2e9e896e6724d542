//! Changes below folders, as the system tells them.
//!
//! A path is handed on when nothing more has happened to it for a moment, so that a file that is being copied is looked at
//! once and not fifty times. What happened to it is not told: the receiver looks at the path.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// A path has come to rest when nothing happened to it for this long.
const QUIET: Duration = Duration::from_millis(300);

/// A path to which something happens all the time is handed on after this long all the same.
const PATIENCE: Duration = Duration::from_millis(1200);

/// News that may wait; when there are more, everything is looked through.
const NEWS_AHEAD: usize = 16_384;

/// Paths that may wait to come to rest; when there are more, everything is looked through.
const MOST_WAITING: usize = 4096;

/// Why changes below a folder are not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchTrouble {
    /// The system watches no more folders for this person.
    Limit,
    /// Anything else, in the system's words.
    Other(String),
}

/// A file or folder that came, changed or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Where.
    pub path: PathBuf,
    /// Whether other bytes may be there now, though size and time are as they were; false where only attributes changed.
    pub bytes: bool,
}

/// What there is to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// These files and folders.
    Paths(Vec<Touched>),
    /// More happened than could be told.
    Everything,
    /// From now on not all changes are told.
    Trouble(WatchTrouble),
}

enum Told {
    Path(Touched),
    Everything,
    Trouble(WatchTrouble),
}

/// What happened to a path that has not come to rest.
#[derive(Clone, Copy, Debug)]
struct Happening {
    first: Instant,
    last: Instant,
    bytes: bool,
}

/// The system's watch over folders.
pub struct FolderWatch {
    watcher: RecommendedWatcher,
    told: Receiver<Told>,
    waiting: HashMap<PathBuf, Happening>,
}

impl FolderWatch {
    /// A watch over nothing yet.
    ///
    /// # Errors
    /// The system gives none.
    pub fn start() -> Result<Self, WatchTrouble> {
        let (sender, told) = bounded(NEWS_AHEAD);
        // One place is kept for the word that others were lost.
        let watcher = notify::recommended_watcher(move |event| pass_on(event, &sender)).map_err(trouble)?;
        Ok(Self {
            watcher,
            told,
            waiting: HashMap::new(),
        })
    }

    /// Watches a folder and all below it. May take a while in a folder of many folders.
    ///
    /// # Errors
    /// It cannot be watched, or not as a whole; then no part of it is.
    pub fn watch(&mut self, folder: &Path) -> Result<(), WatchTrouble> {
        self.watcher.watch(folder, RecursiveMode::Recursive).map_err(|error| {
            self.unwatch(folder);
            trouble(error)
        })
    }

    /// Watches a folder no more.
    pub fn unwatch(&mut self, folder: &Path) {
        // A folder that has gone took its watch with it.
        let _ = self.watcher.unwatch(folder);
    }

    /// Waits for news, at most so long; `None` where there is none.
    pub fn next(&mut self, wait: Duration) -> Option<News> {
        match self.told.recv_timeout(wait) {
            Ok(told) => {
                if let Some(news) = self.take(told) {
                    return Some(news);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            // The watcher lives as long as this.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(wait),
        }
        while let Ok(told) = self.told.try_recv() {
            if let Some(news) = self.take(told) {
                return Some(news);
            }
        }
        let now = Instant::now();
        let ripe = |it: &Happening| now - it.last >= QUIET || now - it.first >= PATIENCE;
        let paths: Vec<Touched> = self
            .waiting
            .extract_if(|_, it| ripe(it))
            .map(|(path, Happening { bytes, .. })| Touched { path, bytes })
            .collect();
        (!paths.is_empty()).then_some(News::Paths(paths))
    }

    fn take(&mut self, told: Told) -> Option<News> {
        match told {
            Told::Path(Touched { path, bytes }) => {
                let now = Instant::now();
                let new = Happening {
                    first: now,
                    last: now,
                    bytes,
                };
                let happening = self.waiting.entry(path).or_insert(new);
                happening.last = now;
                happening.bytes |= bytes;
                (self.waiting.len() > MOST_WAITING).then(|| {
                    self.waiting.clear();
                    News::Everything
                })
            }
            Told::Everything => {
                self.waiting.clear();
                Some(News::Everything)
            }
            Told::Trouble(trouble) => Some(News::Trouble(trouble)),
        }
    }
}

impl std::fmt::Debug for FolderWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FolderWatch")
            .field("waiting", &self.waiting.len())
            .finish()
    }
}

/// Called on the watcher's own thread, which must not wait: a full channel makes room for one word that says so.
fn pass_on(event: notify::Result<notify::Event>, sender: &Sender<Told>) {
    let send = |told| {
        if let Err(TrySendError::Full(_)) = sender.try_send(told) {
            tracing::debug!("more changes than can be kept");
        }
    };
    match event {
        Ok(event) if event.need_rescan() || sender.is_full() => send(Told::Everything),
        Ok(event) if is_a_change(event.kind) => {
            if sender.len() + event.paths.len() + 1 >= NEWS_AHEAD {
                send(Told::Everything);
            } else {
                let bytes = !matches!(event.kind, EventKind::Modify(ModifyKind::Metadata(_)));
                event
                    .paths
                    .into_iter()
                    .for_each(|path| send(Told::Path(Touched { path, bytes })));
            }
        }
        Ok(_) => {}
        Err(error) => send(Told::Trouble(trouble(error))),
    }
}

/// Opening and reading a file changes nothing; closing one that was written does.
fn is_a_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(mode)) => mode == AccessMode::Write,
        EventKind::Access(_) => false,
        _ => true,
    }
}

fn trouble(error: notify::Error) -> WatchTrouble {
    match error.kind {
        notify::ErrorKind::MaxFilesWatch => WatchTrouble::Limit,
        // "No space left on device", and "too many open files" for the watch itself, are limits of the same kind.
        notify::ErrorKind::Io(error) if matches!(error.raw_os_error(), Some(28 | 24)) => WatchTrouble::Limit,
        kind => WatchTrouble::Other(notify::Error::new(kind).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_within(watch: &mut FolderWatch, seconds: u64, wanted: &Path) -> bool {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(seconds) {
            match watch.next(Duration::from_millis(50)) {
                Some(News::Paths(paths)) if paths.iter().any(|touched| touched.path == wanted) => return true,
                Some(News::Trouble(trouble)) => panic!("{trouble:?}"),
                _ => {}
            }
        }
        false
    }

    #[test]
    fn what_comes_changes_and_goes_is_told_also_in_new_folders() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let mut watch = FolderWatch::start().unwrap();
        watch.watch(&root).unwrap();
        let file = root.join("a.jpg");
        std::fs::write(&file, "x").unwrap();
        assert!(told_within(&mut watch, 5, &file), "a new file");
        let moved = root.join("b.jpg");
        std::fs::rename(&file, &moved).unwrap();
        assert!(told_within(&mut watch, 5, &moved), "a new name");
        let deep = root.join("new");
        std::fs::create_dir(&deep).unwrap();
        assert!(told_within(&mut watch, 5, &deep), "a new folder");
        let inside = deep.join("c.jpg");
        std::fs::write(&inside, "x").unwrap();
        assert!(told_within(&mut watch, 5, &inside), "a file in it");
        std::fs::remove_file(&inside).unwrap();
        assert!(told_within(&mut watch, 5, &inside), "its end");
    }

    #[test]
    fn reading_is_no_change() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let file = root.join("a.jpg");
        std::fs::write(&file, "x").unwrap();
        let mut watch = FolderWatch::start().unwrap();
        watch.watch(&root).unwrap();
        std::fs::read(&file).unwrap();
        assert!(!told_within(&mut watch, 1, &file));
    }

    #[test]
    fn a_folder_that_is_not_there_cannot_be_watched() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = FolderWatch::start().unwrap();
        assert!(matches!(
            watch.watch(&folder.path().join("gone")),
            Err(WatchTrouble::Other(_))
        ));
    }
}
