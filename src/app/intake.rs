//! What comes in from outside: dropped files, pasted paths and pictures, the native folder dialog.
//!
//! Asking the disk whether a path is a folder, converting pasted pixels and waiting for a dialog all happen on other threads.

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use eframe::egui::ColorImage;
use refocus_workers::{Worker, WorkerPanic, attempt, fault};

/// The thread.
const INTAKE: &str = "intake";

/// Requests that may wait; a person cannot produce more.
const AHEAD: usize = 1024;

/// A dialog that is answered faster than this was not shown: the desktop has none.
pub(super) const NOT_SHOWN: Duration = Duration::from_millis(150);

/// Something that arrived.
#[derive(Debug)]
pub(super) enum Arrived {
    /// A folder.
    Folder(PathBuf),
    /// A folder that is to be left out.
    LeftOut(PathBuf),
    /// A language pack.
    LanguagePack(PathBuf),
    /// A file, taken for a picture.
    Picture(PathBuf),
    /// A path at which there is nothing that can be read.
    Missing(PathBuf),
    /// Pixels from the clipboard.
    Pixels { width: u32, height: u32, rgba: Vec<u8> },
    /// The desktop offers no folder dialog.
    NoDialog,
    /// Something could not be taken in, in words.
    Failed(String),
}

enum Job {
    Look(Vec<PathBuf>),
    Convert(Arc<ColorImage>),
}

/// The thread that looks at paths, and the way back.
pub(super) struct Intake {
    jobs: Sender<Job>,
    results: Receiver<Arrived>,
    results_in: Sender<Arrived>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Intake {
    /// Starts the thread. `wake` is called when something has arrived.
    pub(super) fn start(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (jobs, todo) = crossbeam_channel::bounded(AHEAD);
        let (results_in, results) = crossbeam_channel::bounded(AHEAD);
        let (out, waker) = (results_in.clone(), wake.clone());
        let (failed_out, failed_waker) = (results_in.clone(), wake.clone());
        let failed = move |panic: WorkerPanic| {
            send(
                &failed_out,
                Arrived::Failed(format!("Nothing dropped or pasted is taken any more: {panic}")),
            );
            failed_waker();
        };
        if let Err(error) = Worker::start(INTAKE, move || work(&todo, &out, waker.as_ref()), failed) {
            tracing::error!("cannot start the intake thread: {error}");
        }
        Self {
            jobs,
            results,
            results_in,
            wake,
        }
    }

    /// Has paths looked at.
    pub(super) fn look_at(&self, paths: Vec<PathBuf>) {
        if !paths.is_empty() {
            self.submit(Job::Look(paths));
        }
    }

    /// Takes pasted pixels.
    pub(super) fn convert(&self, image: Arc<ColorImage>) {
        self.submit(Job::Convert(image));
    }

    fn submit(&self, job: Job) {
        if self.jobs.try_send(job).is_err() {
            tracing::warn!("the intake is full: something dropped or pasted was passed over");
        }
    }

    /// Opens the native folder dialog on a thread of its own.
    pub(super) fn choose_folder(&self) {
        self.folder_dialog("Choose a folder of photos", Arrived::Folder);
    }

    /// The same for a folder that is to be left out.
    pub(super) fn choose_folder_to_leave_out(&self) {
        self.folder_dialog("Choose a folder to leave out", Arrived::LeftOut);
    }

    /// The same for the file of a language pack.
    pub(super) fn choose_language_pack(&self) {
        let dialog = rfd::AsyncFileDialog::new().set_title("Choose a language pack");
        let dialog = dialog.add_filter("Language packs", &["safetensors"]);
        self.dialog(dialog.pick_files(), Arrived::LanguagePack);
    }

    fn folder_dialog(&self, title: &str, arrived: fn(PathBuf) -> Arrived) {
        self.dialog(rfd::AsyncFileDialog::new().set_title(title).pick_folders(), arrived);
    }

    fn dialog(
        &self,
        dialog: impl Future<Output = Option<Vec<rfd::FileHandle>>> + Send + 'static,
        arrived: fn(PathBuf) -> Arrived,
    ) {
        let (out, wake) = (self.results_in.clone(), self.wake.clone());
        let failed_out = self.results_in.clone();
        let work = move || {
            let asked = Instant::now();
            match block_on(dialog) {
                Some(folders) => {
                    for folder in folders {
                        send(&out, arrived(folder.path().to_path_buf()));
                    }
                }
                None if asked.elapsed() < NOT_SHOWN => send(&out, Arrived::NoDialog),
                None => {}
            }
            wake();
        };
        let started = Worker::start("folder dialog", work, move |_| send(&failed_out, Arrived::NoDialog));
        if let Err(error) = started {
            tracing::error!("cannot start the dialog thread: {error}");
            send(&self.results_in, Arrived::NoDialog);
        }
    }

    /// What has arrived.
    pub(super) fn take(&self) -> Option<Arrived> {
        self.results.try_recv().ok()
    }
}

fn send(out: &Sender<Arrived>, arrived: Arrived) {
    if out.try_send(arrived).is_err() {
        tracing::warn!("the window takes no more: something dropped or pasted was passed over");
    }
}

fn work(todo: &Receiver<Job>, out: &Sender<Arrived>, wake: &(dyn Fn() + Send + Sync)) {
    for job in todo {
        if let Err(panic) = attempt(INTAKE, || take_in(job, out)) {
            send(out, Arrived::Failed(format!("This could not be taken in: {panic}")));
        }
        wake();
    }
}

fn take_in(job: Job, out: &Sender<Arrived>) {
    fault::point("intake");
    match job {
        Job::Look(paths) => {
            for path in paths {
                let arrived = match std::fs::metadata(&path) {
                    Ok(found) if found.is_dir() => Arrived::Folder(path),
                    Ok(_) if path.extension().is_some_and(|ending| ending == "safetensors") => {
                        Arrived::LanguagePack(path)
                    }
                    Ok(_) => Arrived::Picture(path),
                    Err(_) => Arrived::Missing(path),
                };
                send(out, arrived);
            }
        }
        Job::Convert(image) => {
            let rgba = image
                .pixels
                .iter()
                .flat_map(|pixel| pixel.to_srgba_unmultiplied())
                .collect();
            let (width, height) = (image.width() as u32, image.height() as u32);
            send(out, Arrived::Pixels { width, height, rgba });
        }
    }
}

/// The absolute paths in a text, one a line, as file managers copy them.
pub(super) fn paths_in(text: &str) -> Vec<PathBuf> {
    text.lines()
        .map(|line| line.trim().trim_matches(['"', '\'']))
        .filter_map(|line| match line.strip_prefix("file://") {
            Some(encoded) => percent_decoded(encoded),
            None if line.starts_with("~/") => {
                let home = directories::BaseDirs::new()?.home_dir().to_path_buf();
                Some(home.join(line.trim_start_matches("~/")))
            }
            None => Some(PathBuf::from(line)),
        })
        .filter(|path| path.is_absolute())
        .collect()
}

/// A path out of a `file://` address (RFC 8089: percent-encoded bytes); `None` where the encoding is broken.
fn percent_decoded(encoded: &str) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
    }
    #[cfg(not(unix))]
    {
        // `file:///C:/…`: the slash before the drive is not part of the path.
        let text = String::from_utf8(bytes).ok()?;
        Some(PathBuf::from(text.trim_start_matches('/')))
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end on this thread.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_file_managers_copy_them() {
        let text = "file:///photos/my%20trip\n\"/photos/a b.jpg\"\nnot a path\n/photos/\u{65c5}\u{884c}.png\n";
        assert_eq!(
            paths_in(text),
            ["/photos/my trip", "/photos/a b.jpg", "/photos/\u{65c5}\u{884c}.png"].map(PathBuf::from)
        );
        assert!(paths_in("file:///broken%2").is_empty());
    }

    #[test]
    fn folders_pictures_and_missing_paths_are_told_apart_off_the_window_thread() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.jpg");
        std::fs::write(&file, b"x").unwrap();
        let (woken, wakes) = crossbeam_channel::unbounded();
        let intake = Intake::start(Arc::new(move || {
            let _ = woken.send(());
        }));
        intake.look_at(vec![
            folder.path().to_path_buf(),
            file.clone(),
            folder.path().join("none"),
        ]);
        wakes.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(matches!(intake.take(), Some(Arrived::Folder(path)) if path == folder.path()));
        assert!(matches!(intake.take(), Some(Arrived::Picture(path)) if path == file));
        assert!(matches!(intake.take(), Some(Arrived::Missing(_))));
    }

    #[test]
    fn pasted_pixels_come_back_unmultiplied() {
        let (woken, wakes) = crossbeam_channel::unbounded();
        let intake = Intake::start(Arc::new(move || {
            let _ = woken.send(());
        }));
        intake.convert(Arc::new(ColorImage::from_rgba_unmultiplied(
            [1, 1],
            &[200, 100, 50, 255],
        )));
        wakes.recv_timeout(Duration::from_secs(20)).unwrap();
        let Some(Arrived::Pixels {
            width: 1,
            height: 1,
            rgba,
        }) = intake.take()
        else {
            panic!("no pixels");
        };
        assert_eq!(rgba, [200, 100, 50, 255]);
    }
}
