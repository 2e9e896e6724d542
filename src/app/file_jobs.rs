//! What is done to files, on a thread of its own: copies, moves, names, the trash, exports, the clipboard.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};

use crate::engine::{ExportFormat, ExportedOrder, Rows, SearchResults};
use crate::library::file_actions::{copy_into, move_into, move_to};

use super::controls::photos;
use super::intake::{NOT_SHOWN, block_on};
use super::thumbnail_service::PixelSource;

/// Jobs that may wait; a person cannot start more.
const AHEAD: usize = 64;

/// Longest side of a picture that is copied to the clipboard.
const CLIPBOARD_SIDE: u32 = 8192;

/// A file and where it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) now: PathBuf,
    pub(super) before: PathBuf,
}

/// An order to be written.
pub(super) struct ExportJob {
    pub(super) results: Arc<SearchResults>,
    pub(super) rows: Rows,
    pub(super) model: String,
    pub(super) focus: String,
    pub(super) find: String,
    pub(super) path: PathBuf,
}

/// Something to be done.
pub(super) enum FileJob {
    Copy {
        files: Vec<Arc<Path>>,
        folder: PathBuf,
    },
    Move {
        files: Vec<Arc<Path>>,
        folder: PathBuf,
    },
    Rename {
        file: Arc<Path>,
        name: String,
    },
    /// Back to where they were, last one first.
    UndoMove(Vec<Moved>),
    Trash(Vec<Arc<Path>>),
    Export(Box<ExportJob>),
    /// One picture as pixels, several as a list of files.
    CopyPictures(Vec<Arc<Path>>),
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct FileOutcome {
    /// For the person.
    pub(super) line: String,
    /// Files that are somewhere else now.
    pub(super) moved: Vec<Moved>,
    /// Places whose folders changed.
    pub(super) changed: Vec<PathBuf>,
}

/// What comes back from the thread or a dialog.
#[derive(Debug)]
pub(super) enum FileEvent {
    Done(FileOutcome),
    /// A folder or file was chosen in the native dialog.
    Chosen(PathBuf),
    /// The desktop offers no dialog.
    NoDialog,
}

/// The thread and the way back.
pub(super) struct FileJobs {
    jobs: Sender<FileJob>,
    events: Receiver<FileEvent>,
    events_in: Sender<FileEvent>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl FileJobs {
    /// Starts the thread. `wake` is called when something is done.
    pub(super) fn start(pixels: Arc<dyn PixelSource>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (jobs, todo) = crossbeam_channel::bounded::<FileJob>(AHEAD);
        let (events_in, events) = crossbeam_channel::bounded(AHEAD);
        let (out, waker) = (events_in.clone(), Arc::clone(&wake));
        let spawned = std::thread::Builder::new().name("files".into()).spawn(move || {
            let mut clipboard = None;
            for job in todo {
                let outcome = run(job, pixels.as_ref(), &mut clipboard);
                if out.send(FileEvent::Done(outcome)).is_err() {
                    return;
                }
                waker();
            }
        });
        if let Err(error) = spawned {
            tracing::error!("cannot start the thread for files: {error}");
        }
        Self {
            jobs,
            events,
            events_in,
            wake,
        }
    }

    /// Has something done; returns whether there was room for it.
    pub(super) fn submit(&self, job: FileJob) -> bool {
        self.jobs.try_send(job).is_ok()
    }

    /// What is done.
    pub(super) fn take(&self) -> Option<FileEvent> {
        self.events.try_recv().ok()
    }

    /// Opens a native dialog on a thread of its own: for a folder, or for a new file of this name.
    pub(super) fn choose(&self, title: &str, new_file: Option<&str>) {
        let dialog = rfd::AsyncFileDialog::new().set_title(title);
        let name = new_file.map(str::to_owned);
        let (out, wake) = (self.events_in.clone(), Arc::clone(&self.wake));
        let spawned = std::thread::Builder::new().name("file dialog".into()).spawn(move || {
            let asked = Instant::now();
            let chosen = match name {
                Some(name) => block_on(dialog.set_file_name(name).save_file()),
                None => block_on(dialog.pick_folder()),
            };
            let event = match chosen {
                Some(chosen) => Some(FileEvent::Chosen(chosen.path().to_path_buf())),
                None if asked.elapsed() < NOT_SHOWN => Some(FileEvent::NoDialog),
                None => None,
            };
            if let Some(event) = event {
                let _ = out.try_send(event);
                wake();
            }
        });
        if let Err(error) = spawned {
            tracing::error!("cannot start the dialog thread: {error}");
            let _ = self.events_in.try_send(FileEvent::NoDialog);
        }
    }
}

fn run(job: FileJob, pixels: &dyn PixelSource, clipboard: &mut Option<arboard::Clipboard>) -> FileOutcome {
    match job {
        FileJob::Copy { files, folder } => {
            let (done, failed) = each(&files, |file| copy_into(file, &folder));
            FileOutcome {
                line: line("copied", done.len(), failed),
                changed: done.into_iter().map(|moved| moved.now).collect(),
                ..FileOutcome::default()
            }
        }
        FileJob::Move { files, folder } => {
            let (mut moved, failed) = each(&files, |file| move_into(file, &folder));
            moved.retain(|moved| moved.now != moved.before);
            outcome_of_move("moved", moved, failed)
        }
        FileJob::Rename { file, name } => {
            let target = file.with_file_name(&name);
            let (moved, failed) = each(&[file], |file| move_to(file, &target).map(|()| target.clone()));
            outcome_of_move("renamed", moved, failed)
        }
        FileJob::UndoMove(moved) => {
            let (mut back, mut failed) = (Vec::new(), None);
            for Moved { now, before } in moved.into_iter().rev() {
                match move_to(&now, &before) {
                    Ok(()) => back.extend([now, before]),
                    Err(error) => failed = Some(format!("{error}: {}", before.display())),
                }
            }
            FileOutcome {
                line: line("moved back", back.len() / 2, failed),
                changed: back,
                ..FileOutcome::default()
            }
        }
        FileJob::Trash(files) => {
            let (done, failed) = each(&files, |file| {
                trash::delete(file)
                    .map(|()| file.to_path_buf())
                    .map_err(|error| std::io::Error::other(error.to_string()))
            });
            FileOutcome {
                line: line("moved to the trash", done.len(), failed),
                changed: done.into_iter().map(|moved| moved.now).collect(),
                ..FileOutcome::default()
            }
        }
        FileJob::Export(job) => FileOutcome {
            line: export(&job),
            ..FileOutcome::default()
        },
        FileJob::CopyPictures(files) => FileOutcome {
            line: copy_pictures(&files, pixels, clipboard).unwrap_or_else(|error| error),
            ..FileOutcome::default()
        },
    }
}

/// Does something to each file; returns where they are now, and what went wrong first.
fn each(files: &[Arc<Path>], act: impl Fn(&Path) -> std::io::Result<PathBuf>) -> (Vec<Moved>, Option<String>) {
    let (mut done, mut failed) = (Vec::new(), None);
    for file in files {
        match act(file) {
            Ok(now) => done.push(Moved {
                now,
                before: file.to_path_buf(),
            }),
            Err(error) => {
                failed.get_or_insert_with(|| format!("{error}: {}", file.display()));
            }
        }
    }
    (done, failed)
}

fn outcome_of_move(what: &str, moved: Vec<Moved>, failed: Option<String>) -> FileOutcome {
    FileOutcome {
        line: line(what, moved.len(), failed),
        changed: moved
            .iter()
            .flat_map(|moved| [moved.now.clone(), moved.before.clone()])
            .collect(),
        moved,
    }
}

/// As in "3 photos moved", or with what went wrong.
fn line(what: &str, done: usize, failed: Option<String>) -> String {
    match failed {
        None => format!("{} {what}", photos(done)),
        Some(reason) => format!("{} {what}; the others stay where they are: {reason}", photos(done)),
    }
}

fn export(job: &ExportJob) -> String {
    let order = ExportedOrder {
        model: &job.model,
        focus: &job.focus,
        find: &job.find,
        results: &job.results,
        rows: &job.rows,
    };
    match order.save(ExportFormat::of_name(&job.path), &job.path) {
        Ok(()) => format!("{} written to {}", photos(job.results.order.len()), job.path.display()),
        Err(error) => format!("The order could not be written ({error}): {}", job.path.display()),
    }
}

fn copy_pictures(
    files: &[Arc<Path>],
    pixels: &dyn PixelSource,
    clipboard: &mut Option<arboard::Clipboard>,
) -> Result<String, String> {
    let explain = |error: arboard::Error| format!("The clipboard cannot be used: {error}");
    // The clipboard's content lives as long as this: on X11 the program itself hands it to others.
    let clipboard = match clipboard {
        Some(clipboard) => clipboard,
        None => clipboard.insert(arboard::Clipboard::new().map_err(explain)?),
    };
    if let [file] = files {
        let image = pixels.full(file, CLIPBOARD_SIDE)?;
        let bytes: Vec<u8> = image.pixels.iter().flat_map(|pixel| pixel.to_array()).collect();
        let data = arboard::ImageData {
            width: image.width(),
            height: image.height(),
            bytes: bytes.into(),
        };
        clipboard.set_image(data).map_err(explain)?;
        return Ok("Picture copied".to_owned());
    }
    clipboard.set().file_list(files).map_err(explain)?;
    Ok(format!("{} copied", photos(files.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{Color32, ColorImage};

    struct NoPixels;

    impl PixelSource for NoPixels {
        fn thumbnail(&self, _: &super::super::thumbnail_service::ThumbnailRequest) -> Result<ColorImage, String> {
            Ok(ColorImage::filled([1, 1], Color32::RED))
        }

        fn full(&self, _: &Path, _: u32) -> Result<ColorImage, String> {
            Err("not asked for".into())
        }
    }

    fn outcome(job: FileJob) -> FileOutcome {
        run(job, &NoPixels, &mut None)
    }

    #[test]
    fn a_move_of_several_files_is_taken_back_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("to");
        std::fs::create_dir(&to).unwrap();
        let files: Vec<Arc<Path>> = ["a.jpg", "b.jpg"]
            .map(|name| Arc::from(folder.path().join(name)))
            .to_vec();
        for file in &files {
            std::fs::write(file, file.as_os_str().as_encoded_bytes()).unwrap();
        }
        let mut all = files.clone();
        all.push(Arc::from(folder.path().join("none.jpg")));
        let moved = outcome(FileJob::Move {
            files: all,
            folder: to.clone(),
        });
        assert!(
            moved.line.starts_with("2 photos moved; the others stay"),
            "{}",
            moved.line
        );
        assert!(to.join("a.jpg").exists() && !files[0].exists());
        let back = outcome(FileJob::UndoMove(moved.moved));
        assert_eq!(back.line, "2 photos moved back");
        assert!(files.iter().all(|file| file.exists()));
    }

    #[test]
    fn a_new_name_that_is_taken_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file: Arc<Path> = Arc::from(folder.path().join("a.jpg"));
        std::fs::write(&file, "a").unwrap();
        std::fs::write(folder.path().join("b.jpg"), "b").unwrap();
        let rename = |name: &str| {
            outcome(FileJob::Rename {
                file: Arc::clone(&file),
                name: name.to_owned(),
            })
        };
        assert!(rename("b.jpg").moved.is_empty());
        assert_eq!(std::fs::read(folder.path().join("b.jpg")).unwrap(), b"b");
        assert_eq!(rename("c.jpg").moved.len(), 1);
    }
}
