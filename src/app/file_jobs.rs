//! What is done to files, on a thread of its own: copies, moves, names, the trash, exports, the clipboard.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};

use refocus_engine::{ExportFormat, ExportedOrder, PeopleState, Rows, SearchResults};
use refocus_media::batch_rename::{PlannedName, RenamedAll, rename_all};
use refocus_media::companions::companions;
use refocus_media::contact_sheet::{SheetForm, SheetPhoto};
use refocus_media::export_copies::CopyForm;
use refocus_media::file_actions::{Moved, Transfer, move_to, move_with_companions, transfer_into};
use refocus_workers::{Worker, WorkerPanic, attempt, fault};

use super::controls::photos;
use super::intake::{NOT_SHOWN, block_on};
use super::thumbnail_service::PixelSource;

mod copies;
mod sheet;

use copies::{CopiesTold, write_copies};
use sheet::write_sheet;

/// The thread.
const FILES: &str = "files";

/// Jobs that can be taken back.
const MOST_UNDONE: usize = 50;

/// Jobs that may wait; a person cannot start more.
const AHEAD: usize = 64;

/// Longest side of a picture that is copied to the clipboard.
const CLIPBOARD_SIDE: u32 = 8192;

/// An order to be written.
pub(super) struct ExportJob {
    pub(super) results: Arc<SearchResults>,
    pub(super) rows: Rows,
    pub(super) people: Arc<PeopleState>,
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
    /// Each photo into a folder of its own choice, which is made where it is not there.
    IntoFolders {
        plan: Vec<(Arc<Path>, PathBuf)>,
        how: Transfer,
    },
    Rename {
        file: Arc<Path>,
        name: String,
    },
    /// New names for several.
    RenameAll(Vec<PlannedName>),
    /// Back to where they were, last one first; each photo with what belongs to it.
    UndoMove(Vec<Vec<Moved>>),
    /// Out of the trash, back to where they were.
    Restore(Vec<PathBuf>),
    Trash(Vec<Arc<Path>>),
    /// Copies at another size or in another format.
    WriteCopies {
        files: Vec<Arc<Path>>,
        folder: PathBuf,
        form: CopyForm,
    },
    /// Photos on pages of paper.
    ContactSheet {
        photos: Vec<SheetPhoto>,
        form: SheetForm,
        path: PathBuf,
    },
    Export(Box<ExportJob>),
    /// One picture as pixels, several as a list of files.
    CopyPictures(Vec<Arc<Path>>),
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct FileOutcome {
    /// For the person.
    pub(super) line: String,
    /// Whether it was not done, or not all of it.
    pub(super) failed: bool,
    /// Photos that are somewhere else now, each with the files that belong to it.
    pub(super) moved: Vec<Vec<Moved>>,
    /// Files that went to the trash, from where they were.
    pub(super) trashed: Vec<PathBuf>,
    /// Places whose folders changed.
    pub(super) changed: Vec<PathBuf>,
    /// Of a photo that was to have a new name.
    pub(super) new_name: Option<NewName>,
}

/// Whether a photo has the name that it was to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NewName {
    Given,
    /// Why not; all files are called what they were called.
    Refused(String),
}

impl FileOutcome {
    /// An internal error on the way: what was done before it stays done, and a look at the folders finds it.
    fn failed(panic: &WorkerPanic) -> Self {
        Self {
            line: format!("This was not done, or not all of it: {panic}"),
            failed: true,
            ..Self::default()
        }
    }

    /// Of what changes no photos.
    fn told(line: Result<String, String>) -> Self {
        Self {
            failed: line.is_err(),
            line: line.unwrap_or_else(|error| error),
            ..Self::default()
        }
    }
}

/// What comes back from the thread or a dialog.
#[derive(Debug)]
pub(super) enum FileEvent {
    Done(FileOutcome),
    /// A folder or file was chosen in the native dialog.
    Chosen(PathBuf),
    /// The desktop offers no dialog.
    NoDialog,
    /// So many of so many copies are written.
    Copies(usize, usize),
    /// So many of so many photos are on a contact sheet.
    Sheet(usize, usize),
}

/// The thread and the way back.
pub(super) struct FileJobs {
    jobs: Sender<FileJob>,
    events: Receiver<FileEvent>,
    events_in: Sender<FileEvent>,
    wake: Arc<dyn Fn() + Send + Sync>,
    /// The person wants no more copies.
    stop_copies: Arc<AtomicBool>,
    /// What takes back what was done, the last one last.
    done: Vec<FileJob>,
}

impl FileJobs {
    /// Starts the thread. `wake` is called when something is done.
    pub(super) fn start(pixels: Arc<dyn PixelSource>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (jobs, todo) = crossbeam_channel::bounded::<FileJob>(AHEAD);
        let (events_in, events) = crossbeam_channel::bounded(AHEAD);
        let (out, waker) = (events_in.clone(), Arc::clone(&wake));
        let (failed_out, failed_waker) = (events_in.clone(), Arc::clone(&wake));
        let stop_copies = Arc::<AtomicBool>::default();
        let copies = CopiesTold {
            stop: Arc::clone(&stop_copies),
            out: events_in.clone(),
            wake: Arc::clone(&wake),
        };
        let work = move || {
            let mut clipboard = None;
            for job in todo {
                let outcome = attempt(FILES, || {
                    fault::point("files");
                    run(job, pixels.as_ref(), &mut clipboard, &copies)
                });
                let outcome = outcome.unwrap_or_else(|panic| {
                    clipboard = None;
                    FileOutcome::failed(&panic)
                });
                if out.send(FileEvent::Done(outcome)).is_err() {
                    return;
                }
                waker();
            }
        };
        let failed = move |panic: WorkerPanic| {
            let _ = failed_out.try_send(FileEvent::Done(FileOutcome::failed(&panic)));
            failed_waker();
        };
        if let Err(error) = Worker::start(FILES, work, failed) {
            tracing::error!("cannot start the thread for files: {error}");
        }
        Self {
            jobs,
            events,
            events_in,
            wake,
            stop_copies,
            done: Vec::new(),
        }
    }

    /// Has something done; returns whether there was room for it.
    pub(super) fn submit(&self, job: FileJob) -> bool {
        self.jobs.try_send(job).is_ok()
    }

    /// Writes no more copies than those in hand.
    pub(super) fn stop_copies(&self) {
        self.stop_copies.store(true, Ordering::Relaxed);
    }

    /// Takes note of photos that were moved, and of files that went to the trash, where they can be brought back from there. Returns
    /// whether there is something to take back.
    pub(super) fn note(&mut self, moved: Vec<Vec<Moved>>, trashed: Vec<PathBuf>) -> bool {
        let back = if !moved.is_empty() {
            FileJob::UndoMove(moved)
        } else if CAN_RESTORE && !trashed.is_empty() {
            FileJob::Restore(trashed)
        } else {
            return false;
        };
        if self.done.len() >= MOST_UNDONE {
            self.done.remove(0);
        }
        self.done.push(back);
        true
    }

    /// What takes back the last of these; once.
    pub(super) fn undo(&mut self) -> Option<FileJob> {
        self.done.pop()
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
        let failed_out = self.events_in.clone();
        let work = move || {
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
        };
        let failed = move |_: WorkerPanic| drop(failed_out.try_send(FileEvent::NoDialog));
        if let Err(error) = Worker::start("file dialog", work, failed) {
            tracing::error!("cannot start the dialog thread: {error}");
            let _ = self.events_in.try_send(FileEvent::NoDialog);
        }
    }
}

fn run(
    job: FileJob,
    pixels: &dyn PixelSource,
    clipboard: &mut Option<arboard::Clipboard>,
    copies: &CopiesTold,
) -> FileOutcome {
    match job {
        FileJob::Copy { files, folder } => {
            let (done, failed) = each(&files, |file| transfer_into(file, &folder, Transfer::Copy));
            outcome("copied", &done, failed)
        }
        FileJob::Move { files, folder } => {
            let (mut moved, failed) = each(&files, |file| transfer_into(file, &folder, Transfer::Move));
            moved.retain(|group| !group.is_empty());
            outcome_of_move("moved", moved, failed)
        }
        FileJob::IntoFolders { plan, how } => into_folders(&plan, how),
        FileJob::Rename { file, name } => {
            let target = file.with_file_name(&name);
            match move_with_companions(&file, &target) {
                Ok(group) => FileOutcome {
                    new_name: Some(NewName::Given),
                    ..outcome_of_move("renamed", vec![group], None)
                },
                Err(error) => {
                    let reason = in_words(&error);
                    FileOutcome {
                        line: format!("The photo is not renamed. {reason}"),
                        failed: true,
                        new_name: Some(NewName::Refused(reason)),
                        ..FileOutcome::default()
                    }
                }
            }
        }
        FileJob::RenameAll(names) => renamed(&rename_all(&names)),
        FileJob::UndoMove(moved) => {
            let (mut back, mut failed) = (Vec::new(), None);
            for group in moved.into_iter().rev() {
                let parted = group.iter().rev().find_map(|Moved { now, before }| {
                    let error = move_to(now, before).err()?;
                    Some(format!("{}: {}", in_words(&error), before.display()))
                });
                match parted {
                    None => back.push(group),
                    Some(reason) => failed = Some(reason),
                }
            }
            outcome("moved back", &back, failed)
        }
        FileJob::Trash(files) => {
            let (done, failed) = each(&files, to_trash);
            FileOutcome {
                trashed: done.iter().flatten().map(|file| file.before.clone()).collect(),
                ..outcome("moved to the trash", &done, failed)
            }
        }
        FileJob::WriteCopies { files, folder, form } => write_copies(&files, &folder, form, copies),
        FileJob::ContactSheet { photos, form, path } => write_sheet(&photos, &form, &path, copies),
        FileJob::Restore(files) => restored(&files),
        FileJob::Export(job) => FileOutcome::told(export(&job)),
        FileJob::CopyPictures(files) => FileOutcome::told(copy_pictures(&files, pixels, clipboard)),
    }
}

/// Puts photos into the folders that were planned for them.
fn into_folders(plan: &[(Arc<Path>, PathBuf)], how: Transfer) -> FileOutcome {
    let (mut done, mut failed) = (Vec::new(), None);
    for (file, folder) in plan {
        let put = std::fs::create_dir_all(folder).and_then(|()| transfer_into(file, folder, how));
        match put {
            Ok(group) => done.push(group),
            Err(error) => {
                failed.get_or_insert_with(|| format!("{}: {}", in_words(&error), file.display()));
            }
        }
    }
    // Those that lay there already.
    done.retain(|group| !group.is_empty());
    match how {
        Transfer::Copy => outcome("copied into folders", &done, failed),
        Transfer::Move => outcome_of_move("moved into folders", done, failed),
    }
}

/// What is told of new names.
fn renamed(all: &RenamedAll) -> FileOutcome {
    let failed = all
        .failed
        .as_ref()
        .map(|(path, error)| format!("{}: {}", in_words(error), path.display()));
    let told = format!("{} renamed", photos(all.renamed));
    let moved = all.steps.iter().flatten();
    FileOutcome {
        failed: failed.is_some(),
        line: match failed {
            None => told,
            Some(reason) => format!("{told}; the others keep their names: {reason}"),
        },
        changed: moved
            .flat_map(|moved| [moved.now.clone(), moved.before.clone()])
            .collect(),
        moved: all.steps.clone(),
        ..FileOutcome::default()
    }
}

/// Moves a photo to the trash after the files that belong to it.
fn to_trash(photo: &Path) -> std::io::Result<Vec<Moved>> {
    let mut group = vec![photo.to_path_buf()];
    group.extend(companions(photo));
    for path in group.iter().rev() {
        trash::delete(path).map_err(|error| std::io::Error::other(format!("{error} ({})", path.display())))?;
    }
    let moved = |path: PathBuf| Moved {
        now: path.clone(),
        before: path,
    };
    Ok(group.into_iter().map(moved).collect())
}

/// Whether this system lets programs bring files back from the trash.
pub(super) const CAN_RESTORE: bool = cfg!(any(
    target_os = "windows",
    all(
        unix,
        not(any(target_os = "macos", target_os = "ios", target_os = "android"))
    )
));

/// Brings files back from the trash to where they were. Where several of a path lie there, the one that came last is meant.
#[cfg(any(
    target_os = "windows",
    all(unix, not(any(target_os = "macos", target_os = "ios", target_os = "android")))
))]
fn restored(files: &[PathBuf]) -> FileOutcome {
    use std::collections::{HashMap, HashSet};
    use trash::os_limited::{list, restore_all};

    let not_back = |reason: String| FileOutcome {
        line: format!("The files are still in the trash of this computer: {reason}"),
        failed: true,
        ..FileOutcome::default()
    };
    let listed = match list() {
        Ok(listed) => listed,
        Err(error) => return not_back(error.to_string()),
    };
    let wanted: HashSet<&PathBuf> = files.iter().collect();
    let mut newest: HashMap<PathBuf, trash::TrashItem> = HashMap::new();
    for item in listed {
        let path = item.original_path();
        let newer = newest
            .get(&path)
            .is_none_or(|known| known.time_deleted < item.time_deleted);
        if newer && wanted.contains(&path) {
            newest.insert(path, item);
        }
    }
    let (mut back, mut failed) = (Vec::new(), None);
    for file in files {
        let restored = match newest.remove(file) {
            Some(item) => restore_all([item]).map_err(|error| error.to_string()),
            None => Err("it is not in the trash any more".to_owned()),
        };
        match restored {
            Ok(()) => back.push(file.clone()),
            Err(reason) => failed = failed.or_else(|| Some(format!("{reason}: {}", file.display()))),
        }
    }
    let count = match back.len() {
        1 => "1 file".to_owned(),
        count => format!("{} files", super::controls::grouped(count)),
    };
    FileOutcome {
        failed: failed.is_some(),
        line: match failed {
            None => format!("{count} brought back from the trash"),
            Some(reason) => format!("{count} brought back; the others are still in the trash: {reason}"),
        },
        changed: back,
        ..FileOutcome::default()
    }
}

#[cfg(not(any(
    target_os = "windows",
    all(unix, not(any(target_os = "macos", target_os = "ios", target_os = "android")))
)))]
fn restored(_: &[PathBuf]) -> FileOutcome {
    FileOutcome::told(Err("Bring the files back from the trash of this computer".to_owned()))
}

/// Does something to each photo and to what belongs to it; returns where they are now, and what went wrong first.
fn each(files: &[Arc<Path>], act: impl Fn(&Path) -> std::io::Result<Vec<Moved>>) -> (Vec<Vec<Moved>>, Option<String>) {
    let (mut done, mut failed) = (Vec::new(), None);
    for file in files {
        match act(file) {
            Ok(group) => done.push(group),
            Err(error) => {
                failed.get_or_insert_with(|| format!("{}: {}", in_words(&error), file.display()));
            }
        }
    }
    (done, failed)
}

/// What the system reports, without its number, which says nothing to a person.
fn in_words(error: &std::io::Error) -> String {
    let mut words = error.to_string();
    if let Some(number) = words.find(" (os error") {
        words.truncate(number);
    }
    words
}

fn outcome_of_move(what: &str, moved: Vec<Vec<Moved>>, failed: Option<String>) -> FileOutcome {
    let told = outcome(what, &moved, failed);
    FileOutcome { moved, ..told }
}

fn outcome(what: &str, done: &[Vec<Moved>], failed: Option<String>) -> FileOutcome {
    let files = done.iter().flatten();
    FileOutcome {
        failed: failed.is_some(),
        line: line(what, done, failed),
        changed: files
            .flat_map(|moved| [moved.now.clone(), moved.before.clone()])
            .collect(),
        ..FileOutcome::default()
    }
}

/// As in "3 photos moved, and 2 files that belong to them", or with what went wrong.
fn line(what: &str, done: &[Vec<Moved>], failed: Option<String>) -> String {
    let others: usize = done.iter().map(|group| group.len().saturating_sub(1)).sum();
    let with = match others {
        0 => String::new(),
        1 => ", and a raw file or sidecar with them".to_owned(),
        more => format!(", and {more} raw files or sidecars with them"),
    };
    let photos = photos(done.len());
    match failed {
        None => format!("{photos} {what}{with}"),
        Some(reason) => format!("{photos} {what}{with}; the others stay where they are: {reason}"),
    }
}

fn export(job: &ExportJob) -> Result<String, String> {
    let order = ExportedOrder {
        model: &job.model,
        focus: &job.focus,
        find: &job.find,
        results: &job.results,
        rows: &job.rows,
        people: &job.people,
    };
    match order.save(ExportFormat::of_name(&job.path), &job.path) {
        Ok(()) => Ok(format!(
            "{} written to {}",
            photos(job.results.order.len()),
            job.path.display()
        )),
        Err(error) => Err(format!(
            "The order could not be written ({error}): {}",
            job.path.display()
        )),
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

    fn done(job: FileJob) -> FileOutcome {
        let (out, _events) = crossbeam_channel::bounded(1);
        let told = CopiesTold {
            stop: Arc::default(),
            out,
            wake: Arc::new(|| {}),
        };
        run(job, &NoPixels, &mut None, &told)
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
        let moved = done(FileJob::Move {
            files: all,
            folder: to.clone(),
        });
        assert!(
            moved.line.starts_with("2 photos moved; the others stay"),
            "{}",
            moved.line
        );
        assert!(to.join("a.jpg").exists() && !files[0].exists());
        let back = done(FileJob::UndoMove(moved.moved));
        assert_eq!(back.line, "2 photos moved back");
        assert!(files.iter().all(|file| file.exists()));
    }

    #[test]
    fn photos_go_into_folders_that_are_made_and_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let file: Arc<Path> = Arc::from(folder.path().join("a.jpg"));
        std::fs::write(&file, "mine").unwrap();
        let to = folder.path().join("2013/07");
        std::fs::create_dir_all(&to).unwrap();
        std::fs::write(to.join("a.jpg"), "theirs").unwrap();
        let plan = || vec![(Arc::clone(&file), to.clone())];
        let job = |how| FileJob::IntoFolders { plan: plan(), how };
        let copied = done(job(Transfer::Copy));
        assert_eq!(
            (copied.line.as_str(), copied.moved.len()),
            ("1 photo copied into folders", 0)
        );
        let moved = done(job(Transfer::Move));
        assert_eq!(moved.line, "1 photo moved into folders");
        assert!(to.join("a (3).jpg").exists() && !file.exists());
        assert_eq!(std::fs::read(to.join("a.jpg")).unwrap(), b"theirs");
        done(FileJob::UndoMove(moved.moved));
        assert_eq!(std::fs::read(&file).unwrap(), b"mine");
        // Whoever lies there already stays.
        let again = done(FileJob::IntoFolders {
            plan: vec![(Arc::from(to.join("a.jpg")), to.clone())],
            how: Transfer::Move,
        });
        assert_eq!(again.line, "0 photos moved into folders");
    }

    #[test]
    fn the_line_says_what_went_with_the_photos() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("to");
        std::fs::create_dir(&to).unwrap();
        for name in ["a.jpg", "a.nef", "a.xmp"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let moved = done(FileJob::Move {
            files: vec![Arc::from(folder.path().join("a.jpg"))],
            folder: to.clone(),
        });
        assert_eq!(moved.line, "1 photo moved, and 2 raw files or sidecars with them");
        assert!(to.join("a.nef").exists() && !folder.path().join("a.nef").exists());
        let back = done(FileJob::UndoMove(moved.moved));
        assert_eq!(back.line, "1 photo moved back, and 2 raw files or sidecars with them");
        assert!(folder.path().join("a.nef").exists() && folder.path().join("a.jpg").exists());
    }

    #[test]
    fn a_new_name_that_is_taken_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file: Arc<Path> = Arc::from(folder.path().join("a.jpg"));
        std::fs::write(&file, "a").unwrap();
        std::fs::write(folder.path().join("b.jpg"), "b").unwrap();
        let rename = |name: &str| {
            done(FileJob::Rename {
                file: Arc::clone(&file),
                name: name.to_owned(),
            })
        };
        let refused = rename("b.jpg");
        assert!(refused.moved.is_empty() && refused.failed);
        let reason = "There is already a file of that name: b.jpg".to_owned();
        assert_eq!(refused.new_name, Some(NewName::Refused(reason)));
        let long = rename(&"n".repeat(300));
        assert!(
            matches!(&long.new_name, Some(NewName::Refused(reason)) if reason.starts_with("The name is too long")),
            "{long:?}"
        );
        std::fs::rename(&file, folder.path().join("elsewhere")).unwrap();
        let gone = rename("c.jpg");
        assert!(
            matches!(&gone.new_name, Some(NewName::Refused(reason)) if !reason.contains("os error")),
            "{gone:?}"
        );
        std::fs::rename(folder.path().join("elsewhere"), &file).unwrap();
        assert_eq!(std::fs::read(folder.path().join("b.jpg")).unwrap(), b"b");
        let renamed = rename("c.jpg");
        assert_eq!((renamed.moved.len(), renamed.new_name), (1, Some(NewName::Given)));
    }
}
