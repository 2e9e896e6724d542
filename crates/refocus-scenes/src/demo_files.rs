//! Writing the demo photos: JPEG with EXIF, PNG and WebP below one folder, and `labels.csv` beside them.
//!
//! A file is written under a temporary name and renamed when it is complete, so whatever has its final name is
//! complete; such files are kept, never overwritten.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use image::ImageError;
use refocus_workers::in_pool;

use super::demo::{demo_file_name, demo_picture};
use encode::encode;
use labels::{Labels, read_labels, row, write_labels};

mod encode;
mod labels;

/// Name of the table of truths in the demo folder.
pub const LABELS_FILE: &str = "labels.csv";
const THREADS: usize = 2;

/// Why the demo photos could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// A folder or file could not be made, read or renamed.
    #[error("cannot {action} ({source}): {path}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The system's reason.
        source: io::Error,
        /// The file or folder.
        path: PathBuf,
    },
    /// A picture could not be encoded.
    #[error("cannot encode the picture ({source}): {path}", path = path.display())]
    Encode {
        /// The encoder's reason.
        source: ImageError,
        /// The file that was to be written.
        path: PathBuf,
    },
    /// The table of labels could not be read or written.
    #[error("cannot read or write the labels ({source}): {path}", path = path.display())]
    Labels {
        /// The reason.
        source: csv::Error,
        /// The table.
        path: PathBuf,
    },
    /// There is a `labels.csv` of somebody else in the folder.
    #[error("a labels table with other columns is already there; choose another folder: {path}", path = path.display())]
    ForeignLabels {
        /// The table.
        path: PathBuf,
    },
    /// A rendering thread ended without a result.
    #[error("a rendering thread stopped")]
    Thread,
}

/// What [`write_demo`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemoSummary {
    /// Files written now.
    pub written: usize,
    /// Complete files that were already there.
    pub kept: usize,
    /// Files of the same name with other content, left as they are and not in the labels.
    pub differing: Vec<PathBuf>,
    /// The table of labels.
    pub labels: PathBuf,
    /// Whether it ended early because it was asked to stop.
    pub stopped: bool,
}

/// What became of one picture.
enum Outcome {
    Written(Vec<String>),
    Kept(Vec<String>),
    Differs(PathBuf),
}

/// Renders the first `count` demo pictures into `dir` and writes [`LABELS_FILE`] there.
///
/// `progress` is called on this thread with (done, total) after each picture. When `stop` becomes true, pictures in
/// work are finished, the labels of what is there are written, and the summary says so. A second run renders only
/// what is missing.
///
/// # Errors
/// The first failure of the file system or an encoder; [`SceneError::ForeignLabels`] before anything is written.
pub fn write_demo(
    dir: &Path,
    count: u32,
    progress: &mut dyn FnMut(usize, usize),
    stop: &AtomicBool,
) -> Result<DemoSummary, SceneError> {
    let labels = dir.join(LABELS_FILE);
    let known = read_labels(&labels)?;
    make_folder(dir)?;
    let total = count as usize;
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let mut outcomes: Vec<Option<Outcome>> = Vec::new();
    outcomes.resize_with(total, || None);
    let mut failure = None;
    let rendered = in_pool(|pool| {
        let (sender, receiver) = sync_channel(8);
        for number in 0..THREADS {
            let (sender, next, failed, known) = (sender.clone(), &next, &failed, &known);
            let work = move || {
                render_until_done(
                    dir,
                    total,
                    next,
                    known,
                    || stop.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed),
                    &sender,
                );
            };
            if let Err(source) = pool.start(format!("demo-{number}"), work) {
                failed.store(true, Ordering::Relaxed);
                failure = Some(SceneError::Io {
                    action: "start a thread",
                    source,
                    path: dir.to_owned(),
                });
            }
        }
        drop(sender);
        let mut done = 0;
        for (index, result) in receiver {
            match result {
                Ok(outcome) => {
                    done += 1;
                    if let Some(slot) = outcomes.get_mut(index) {
                        *slot = Some(outcome);
                    }
                    progress(done, total);
                }
                Err(error) => {
                    failed.store(true, Ordering::Relaxed);
                    failure.get_or_insert(error);
                }
            }
        }
    });
    if let Some(error) = failure {
        return Err(error);
    }
    rendered.map_err(|_| SceneError::Thread)?;
    let stopped = stop.load(Ordering::Relaxed) && outcomes.iter().any(Option::is_none);
    if !stopped && outcomes.iter().any(Option::is_none) {
        return Err(SceneError::Thread);
    }
    let mut summary = DemoSummary {
        labels: labels.clone(),
        stopped,
        ..DemoSummary::default()
    };
    let mut rows = Vec::with_capacity(total);
    for outcome in outcomes.into_iter().flatten() {
        match outcome {
            Outcome::Written(row) => {
                summary.written += 1;
                rows.push(row);
            }
            Outcome::Kept(row) => {
                summary.kept += 1;
                rows.push(row);
            }
            Outcome::Differs(path) => summary.differing.push(path),
        }
    }
    write_labels(&labels, rows, known)?;
    Ok(summary)
}

fn render_until_done(
    dir: &Path,
    total: usize,
    next: &AtomicUsize,
    known: &Labels,
    halt: impl Fn() -> bool,
    results: &SyncSender<(usize, Result<Outcome, SceneError>)>,
) {
    while !halt() {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= total {
            return;
        }
        // The receiver lives as long as the scope; a failed send means that nobody waits any more.
        if results.send((index, render_one(dir, index as u32, known))).is_err() {
            return;
        }
    }
}

fn render_one(dir: &Path, index: u32, known: &Labels) -> Result<Outcome, SceneError> {
    let name = demo_file_name(index);
    let path = dir.join(&name);
    let exists = path.try_exists().map_err(|source| SceneError::Io {
        action: "look at",
        source,
        path: path.clone(),
    })?;
    if let (true, Some(row)) = (exists, known.get(&name)) {
        return Ok(Outcome::Kept(row.clone()));
    }
    let picture = demo_picture(index);
    let bytes = encode(&picture).map_err(|source| SceneError::Encode {
        source,
        path: path.clone(),
    })?;
    if exists {
        let there = fs::read(&path).map_err(|source| SceneError::Io {
            action: "read",
            source,
            path: path.clone(),
        })?;
        return Ok(if there == bytes {
            Outcome::Kept(row(&picture))
        } else {
            Outcome::Differs(path)
        });
    }
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    write_whole(&path, &bytes)?;
    Ok(Outcome::Written(row(&picture)))
}

fn make_folder(path: &Path) -> Result<(), SceneError> {
    fs::create_dir_all(path).map_err(|source| SceneError::Io {
        action: "make the folder",
        source,
        path: path.to_owned(),
    })
}

/// Writes under a hidden temporary name, then renames.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), SceneError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let failed = |action| {
        move |source| SceneError::Io {
            action,
            source,
            path: path.to_owned(),
        }
    };
    fs::write(&temporary, bytes).map_err(failed("write"))?;
    fs::rename(&temporary, path).map_err(|source| {
        // The rename's own reason matters more than whether its leftover could be removed.
        let _ = fs::remove_file(&temporary);
        SceneError::Io {
            action: "rename into place",
            source,
            path: path.to_owned(),
        }
    })
}

#[cfg(test)]
mod tests;
