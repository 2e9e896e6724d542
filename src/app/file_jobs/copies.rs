//! Copies of photos, written on a few threads.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::Sender;
use refocus_media::export_copies::{CopyError, CopyForm, export_copy};
use refocus_workers::{attempt, in_pool};

use super::{FileEvent, FileOutcome};
use crate::app::controls::grouped;

/// The threads.
const COPIES: &str = "copies";
/// How many: each holds a whole photo.
const THREADS: usize = 4;

/// Who hears how far copies have come, and says when there are enough.
pub(super) struct CopiesTold {
    pub(super) stop: Arc<AtomicBool>,
    pub(super) out: Sender<FileEvent>,
    pub(super) wake: Arc<dyn Fn() + Send + Sync>,
}

impl CopiesTold {
    pub(super) fn tell_sheet(&self, done: usize, of: usize) {
        if self.out.try_send(FileEvent::Sheet(done, of)).is_ok() {
            (self.wake)();
        }
    }

    fn tell(&self, done: usize, of: usize) {
        // Where the window is behind, it hears of the next one.
        if self.out.try_send(FileEvent::Copies(done, of)).is_ok() {
            (self.wake)();
        }
    }
}

/// Writes copies on a few threads, in any order.
pub(super) fn write_copies(files: &[Arc<Path>], folder: &Path, form: CopyForm, told: &CopiesTold) -> FileOutcome {
    told.stop.store(false, Ordering::Relaxed);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failed: Mutex<Option<String>> = Mutex::default();
    let work = || {
        while !told.stop.load(Ordering::Relaxed) {
            let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) else {
                return;
            };
            let copied = attempt(COPIES, || export_copy(file, folder, form));
            let copied = copied.unwrap_or_else(|panic| Err(CopyError::Photo(panic.to_string())));
            match copied {
                Ok(_) => told.tell(done.fetch_add(1, Ordering::Relaxed) + 1, files.len()),
                Err(why) => {
                    let why = match why {
                        CopyError::Folder(why) => {
                            // The others would fare no better.
                            told.stop.store(true, Ordering::Relaxed);
                            why
                        }
                        CopyError::Photo(why) => format!("{why} ({})", file.display()),
                    };
                    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    failed.get_or_insert(why);
                }
            }
        }
    };
    let threads = std::thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .min(THREADS);
    let ran = in_pool(|pool| {
        let workers: Vec<_> = (0..threads)
            .map_while(|number| pool.start(format!("{COPIES}-{number}"), work).ok())
            .collect();
        if workers.is_empty() {
            work();
        }
    });
    if let Err(panic) = ran {
        return FileOutcome::failed(&panic);
    }
    let done = done.into_inner();
    let written = match done {
        1 => "1 copy written".to_owned(),
        more => format!("{} copies written", grouped(more)),
    };
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    FileOutcome {
        failed: failed.is_some(),
        line: match failed {
            Some(why) => format!("{written} of {}: {why}", grouped(files.len())),
            None if done < files.len() => format!("{written} of {}, then stopped", grouped(files.len())),
            None => format!("{written} to {}", folder.display()),
        },
        changed: vec![folder.join("copies")],
        ..FileOutcome::default()
    }
}
