//! What the window remembers between two starts, in a small JSON file of the platform's configuration folder.
//!
//! The file is written beside its place and renamed, so a kill leaves the old one whole. A file that cannot be understood is
//! set aside under another name and everything starts from its default; unknown keys of a newer version are passed over.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use serde::{Deserialize, Serialize};

use refocus_engine::{EngineTuning, ReadPhotos, THUMBNAIL_BYTES, TurnPlace, ViewKind};
use refocus_workers::{Worker, attempt, fault};

use super::application::ThemeChoice;
use super::lightbox::{SLIDE_SECONDS, USUAL_SLIDE_SECONDS};
use super::saved_searches::{MOST_SAVED, SavedReference, SavedSearch};

/// The thread that writes, and how long its end is waited for.
const WRITER: &str = "settings";
const WRITTEN_WITHIN: Duration = Duration::from_secs(1);

/// Larger files were not written by this program.
const LARGEST_FILE: u64 = 1 << 20;

/// A smaller thumbnail cache would be of no use.
pub(super) const FEWEST_MEGABYTES: u64 = 64;

/// More threads than any computer of a person has.
const MOST_THREADS: usize = 256;

/// Most folders, and most patterns, that are left out.
pub(super) const MOST_EXCLUDED: usize = 200;

/// Most references that are kept: more than a person chooses one by one.
const MOST_REFERENCES: usize = 200;

/// Most focuses of each kind that are kept.
pub(super) const MOST_FOCUSES: usize = 24;

/// Place and size of the window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct WindowPlace {
    /// Left upper corner on the desktop, points.
    pub(super) position: Option<[f32; 2]>,
    /// Size without the desktop's frame, points.
    pub(super) size: [f32; 2],
    /// Fills the screen.
    pub(super) maximized: bool,
}

/// Everything that is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub(super) window: Option<WindowPlace>,
    pub(super) theme: ThemeChoice,
    pub(super) left_panel: bool,
    pub(super) left_width: f32,
    pub(super) right_panel: bool,
    pub(super) right_width: f32,
    pub(super) rank_badges: bool,
    /// Whether photos say when they were taken.
    pub(super) tile_dates: bool,
    /// The view that the person chose; `None`: it follows the search.
    pub(super) view: Option<ViewKind>,
    /// Height of the rows of photos, points.
    pub(super) row_height: f32,
    /// How long a slide show shows a photo, seconds.
    pub(super) slide_seconds: f32,
    /// Whether a turned photo says so itself, where its format allows it, or a sidecar beside it.
    pub(super) turns_in_file: bool,
    /// Most megabytes of thumbnails on the disk.
    pub(super) thumbnail_megabytes: u64,
    /// Threads that index; `None`: one for each core.
    pub(super) threads: Option<usize>,
    /// Whether indexing rests while the computer runs on its battery.
    pub(super) pause_on_battery: bool,
    /// Folders that are left out.
    pub(super) excluded_folders: Vec<PathBuf>,
    /// Patterns of what is left out.
    pub(super) excluded_patterns: Vec<String>,
    /// Smaller files are left out; 0 takes all.
    pub(super) smallest_kilobytes: u64,
    /// Rows of the table of what systems and programs keep for themselves that are switched off, by name; names that this version does
    /// not know are kept for the one that does.
    pub(super) rules_off: Vec<String>,
    /// Whether the search for faces rests.
    pub(super) faces_paused: bool,
    /// Which photos are read.
    pub(super) read_photos: ReadPhotos,
    /// Whether reading rests.
    pub(super) text_paused: bool,
    /// The library that was open.
    pub(super) library: Option<PathBuf>,
    /// The focus that was typed.
    pub(super) focus: String,
    /// The words that were to be found.
    pub(super) find: String,
    /// The references that photos were compared with, and how many more of them came from outside the library.
    pub(super) references: Vec<SavedReference>,
    pub(super) references_outside: usize,
    /// Focuses that the person pinned, oldest first.
    pub(super) pinned: Vec<String>,
    /// Focuses that were used, newest first.
    pub(super) recent: Vec<String>,
    /// The focuses of the compare view.
    pub(super) compare: Vec<String>,
    /// Searches under a name.
    pub(super) saved: Vec<SavedSearch>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: None,
            theme: ThemeChoice::System,
            left_panel: true,
            left_width: 248.0,
            right_panel: false,
            right_width: 288.0,
            rank_badges: false,
            tile_dates: false,
            view: None,
            row_height: 176.0,
            slide_seconds: USUAL_SLIDE_SECONDS,
            turns_in_file: false,
            thumbnail_megabytes: THUMBNAIL_BYTES >> 20,
            threads: None,
            pause_on_battery: false,
            excluded_folders: Vec::new(),
            excluded_patterns: Vec::new(),
            smallest_kilobytes: 0,
            rules_off: Vec::new(),
            faces_paused: false,
            read_photos: ReadPhotos::default(),
            text_paused: false,
            library: None,
            focus: String::new(),
            find: String::new(),
            references: Vec::new(),
            references_outside: 0,
            pinned: Vec::new(),
            recent: Vec::new(),
            compare: Vec::new(),
            saved: Vec::new(),
        }
    }
}

impl Settings {
    /// The library that was open last, where it is still there.
    #[must_use]
    pub fn last_library(&self) -> Option<&Path> {
        self.library.as_deref().filter(|library| library.is_file())
    }

    /// Whether these are the settings of the window over this library.
    #[must_use]
    pub fn is_of(&self, database: &Path) -> bool {
        self.library.as_deref() == Some(database)
    }

    /// What of it concerns the engine.
    #[must_use]
    pub fn tuning(&self) -> EngineTuning {
        EngineTuning {
            threads: self.threads,
            pause_on_battery: self.pause_on_battery,
            thumbnail_bytes: self.thumbnail_megabytes.saturating_mul(1 << 20),
            excluded_folders: self.excluded_folders.clone(),
            excluded_patterns: self.excluded_patterns.clone(),
            smallest_bytes: self.smallest_kilobytes.saturating_mul(1 << 10),
            rules_off: self.rules_off.clone(),
            faces_paused: self.faces_paused,
            read_photos: self.read_photos,
            text_paused: self.text_paused,
        }
    }

    /// Where a turn of a photo is written.
    #[must_use]
    pub fn turn_place(&self) -> TurnPlace {
        if self.turns_in_file {
            TurnPlace::File
        } else {
            TurnPlace::Sidecar
        }
    }

    /// Keeps a focus among the chips.
    pub(super) fn pin(&mut self, focus: String) {
        self.recent.retain(|other| *other != focus);
        if !self.pinned.contains(&focus) {
            self.pinned.push(focus);
        }
    }

    /// A pinned focus is one that was used, like others.
    pub(super) fn unpin(&mut self, focus: &str) {
        self.forget_focus(focus);
        self.recent.insert(0, focus.to_owned());
    }

    /// Takes a focus from the chips.
    pub(super) fn forget_focus(&mut self, focus: &str) {
        self.recent.retain(|other| other != focus);
        self.pinned.retain(|other| other != focus);
    }

    /// Brings numbers from outside into their ranges.
    fn checked(mut self) -> Self {
        let or = |value: f32, range: std::ops::RangeInclusive<f32>, default: f32| {
            if value.is_finite() {
                value.clamp(*range.start(), *range.end())
            } else {
                default
            }
        };
        self.left_width = or(self.left_width, super::application::LEFT_WIDTHS, 248.0);
        self.right_width = or(self.right_width, super::application::RIGHT_WIDTHS, 288.0);
        self.row_height = or(self.row_height, super::gallery::ROW_HEIGHTS, 176.0);
        self.slide_seconds = or(self.slide_seconds, SLIDE_SECONDS, USUAL_SLIDE_SECONDS);
        self.thumbnail_megabytes = self.thumbnail_megabytes.max(FEWEST_MEGABYTES);
        self.threads = self.threads.map(|threads| threads.clamp(1, MOST_THREADS));
        self.excluded_folders.truncate(MOST_EXCLUDED);
        self.excluded_patterns.truncate(MOST_EXCLUDED);
        self.rules_off.truncate(MOST_EXCLUDED);
        self.window = self.window.filter(|window| {
            let [width, height] = window.size;
            (200.0..20_000.0).contains(&width) && (200.0..20_000.0).contains(&height)
        });
        for list in [&mut self.pinned, &mut self.recent, &mut self.compare] {
            list.truncate(MOST_FOCUSES);
        }
        self.saved.truncate(MOST_SAVED);
        self.references.truncate(MOST_REFERENCES);
        self
    }
}

/// Where the settings lie.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    path: PathBuf,
}

impl SettingsFile {
    /// The person's own, in the platform's configuration folder; `None` where there is no home folder.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let folders = directories::ProjectDirs::from("io.github", "refocus", "Refocus")?;
        Some(Self::at(&folders.config_dir().join("window.json")))
    }

    /// Another file.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
        }
    }

    /// What is remembered, or the defaults; a damaged file is left for the window to deal with.
    #[must_use]
    pub fn load_untouched(&self) -> Settings {
        let readable = std::fs::metadata(&self.path).is_ok_and(|file| file.len() <= LARGEST_FILE);
        let text = std::fs::read(&self.path).ok().filter(|_| readable).unwrap_or_default();
        serde_json::from_slice(&text).map_or_else(|_| Settings::default(), Settings::checked)
    }

    /// What is remembered, and a line for the person where the file could not be used.
    #[must_use]
    pub fn load(&self) -> (Settings, Option<String>) {
        let readable = std::fs::metadata(&self.path).is_ok_and(|file| file.len() <= LARGEST_FILE);
        let text = match std::fs::read(&self.path) {
            Ok(text) if readable => text,
            Ok(_) => Vec::new(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (Settings::default(), None),
            Err(error) => {
                let line = format!(
                    "The window's settings cannot be read ({error}): {}",
                    self.path.display()
                );
                return (Settings::default(), Some(line));
            }
        };
        match serde_json::from_slice::<Settings>(&text) {
            Ok(settings) => (settings.checked(), None),
            Err(error) => (Settings::default(), Some(self.set_aside(&error))),
        }
    }

    fn set_aside(&self, error: &serde_json::Error) -> String {
        tracing::warn!(%error, "the window's settings are damaged");
        let aside = self.path.with_extension("damaged.json");
        match std::fs::rename(&self.path, &aside) {
            Ok(()) => format!(
                "The window's settings were damaged and start anew; the old file is {}",
                aside.display()
            ),
            Err(error) => format!(
                "The window's settings are damaged and cannot be set aside ({error}): {}",
                self.path.display()
            ),
        }
    }

    /// Writes the settings: the file holds the old ones or the new ones, never half of either.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn save(&self, settings: &Settings) -> std::io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, settings)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

/// Writes settings on a thread of its own.
pub(super) struct SettingsWriter {
    /// What was handed over last; `None`: it could not be written.
    written: Option<Settings>,
    requests: Option<Sender<Settings>>,
    failures: Receiver<String>,
    worker: Option<Worker>,
}

impl SettingsWriter {
    /// A writer of a file that holds `settings` now. `wake` is called when settings could not be written.
    pub(super) fn start(file: SettingsFile, settings: Settings, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (requests, todo) = crossbeam_channel::bounded::<Settings>(1);
        let (failed, failures) = crossbeam_channel::bounded(1);
        let work = move || {
            for settings in todo {
                let saved = attempt(WRITER, || {
                    fault::point("settings");
                    file.save(&settings).map_err(|error| error.to_string())
                });
                if let Err(reason) = saved.unwrap_or_else(|panic| Err(panic.to_string())) {
                    let line = format!("The window's settings are not kept ({reason}): {}", file.path.display());
                    tracing::warn!("{line}");
                    // One that was not taken yet says the same.
                    let _ = failed.try_send(line);
                    wake();
                }
            }
        };
        let worker = Worker::start(WRITER, work, |panic| tracing::error!("{panic}"));
        Self {
            written: Some(settings),
            requests: Some(requests),
            failures,
            worker: worker
                .inspect_err(|error| tracing::error!("cannot start the settings thread: {error}"))
                .ok(),
        }
    }

    /// Why settings could not be written, where that was not asked yet: they count as never written, and are offered again.
    pub(super) fn take_failure(&mut self) -> Option<String> {
        let failure = self.failures.try_recv().ok()?;
        self.written = None;
        Some(failure)
    }

    /// Whether settings differ from what was written last.
    pub(super) fn differs(&self, settings: &Settings) -> bool {
        self.written.as_ref() != Some(settings)
    }

    /// Has settings written that differ from the last ones. Never waits; what finds no room is offered again next time.
    pub(super) fn keep(&mut self, settings: Settings) {
        if !self.differs(&settings) {
            return;
        }
        if let Some(requests) = &self.requests {
            match requests.try_send(settings.clone()) {
                Ok(()) => self.written = Some(settings),
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
            }
        }
    }

    /// Writes the last settings and waits until they are on the disk: for the end of the program.
    pub(super) fn finish(&mut self, settings: Settings) {
        let _ = self.take_failure();
        let differs = self.differs(&settings);
        if let Some(requests) = self.requests.take()
            && differs
        {
            let _ = requests.send_timeout(settings, WRITTEN_WITHIN);
        }
        // A disk that hangs does not hold up the end of the program.
        if let Some(worker) = self.worker.take()
            && !worker.ended_by(Instant::now() + WRITTEN_WITHIN)
        {
            tracing::warn!("the window's settings may not be kept: the disk does not answer");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> (tempfile::TempDir, SettingsFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::at(&folder.path().join("new folder/window.json"));
        (folder, file)
    }

    fn some() -> Settings {
        Settings {
            row_height: 240.0,
            view: Some(ViewKind::Groups),
            focus: "la couleur / \u{8272}".into(),
            pinned: vec!["the light".into()],
            window: Some(WindowPlace {
                position: Some([40.0, 30.0]),
                size: [1000.0, 700.0],
                maximized: false,
            }),
            ..Settings::default()
        }
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let (_folder, file) = file();
        assert_eq!(file.load(), (Settings::default(), None), "no file is no fault");
        file.save(&some()).unwrap();
        assert_eq!(file.load(), (some(), None));
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_everything_starts_anew() {
        let (_folder, file) = file();
        file.save(&some()).unwrap();
        let whole = std::fs::read(&file.path).unwrap();
        for damaged in [&whole[..whole.len() / 2], b"\xff\xfe", b""] {
            std::fs::write(&file.path, damaged).unwrap();
            let (settings, line) = file.load();
            assert_eq!(settings, Settings::default());
            assert!(line.unwrap().contains("damaged"));
            assert!(!file.path.exists());
            assert_eq!(
                std::fs::read(file.path.with_extension("damaged.json")).unwrap(),
                damaged
            );
        }
        assert_eq!(file.load(), (Settings::default(), None));
    }

    #[test]
    fn keys_that_are_missing_or_unknown_and_numbers_out_of_range_do_no_harm() {
        let (_folder, file) = file();
        std::fs::create_dir_all(file.path.parent().unwrap()).unwrap();
        std::fs::write(
            &file.path,
            r#"{"row_height": 1e9, "from_the_future": [1], "theme": "Dark"}"#,
        )
        .unwrap();
        let (settings, line) = file.load();
        assert_eq!(line, None);
        assert_eq!(settings.theme, ThemeChoice::Dark);
        assert!((settings.row_height - 480.0).abs() < 1e-3);
    }

    #[test]
    fn the_last_settings_are_on_the_disk_when_the_program_ends() {
        let (_folder, file) = file();
        let mut writer = SettingsWriter::start(file.clone(), Settings::default(), Arc::new(|| ()));
        for height in 100..140 {
            writer.keep(Settings {
                row_height: height as f32,
                ..some()
            });
        }
        writer.finish(some());
        assert_eq!(file.load().0, some());
    }
}
