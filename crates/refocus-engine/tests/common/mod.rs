//! An engine over a few photos in a temporary folder, and a front end that waits for what the engine tells.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use refocus_engine::{Command, Engine, EngineConfig, Event, LibraryPaths, Rows, WatchParams};

/// A guard against a hang, not a measurement.
pub(crate) const HANG: Duration = Duration::from_secs(120);

/// A picture with content of its own: decoders pass over what follows the end of a JPEG.
pub(crate) fn write_photo(path: &Path, number: usize) {
    static PICTURE: OnceLock<Vec<u8>> = OnceLock::new();
    let picture = PICTURE.get_or_init(|| {
        let picture = image::RgbImage::from_fn(320, 240, |x, y| image::Rgb([x as u8, y as u8, (x ^ y) as u8]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    });
    let mut bytes = picture.clone();
    bytes.extend(number.to_le_bytes());
    std::fs::write(path, bytes).unwrap();
}

/// The engine and what the front end knows of it.
pub(crate) struct Bench {
    /// Removed when everything has ended.
    _folder: tempfile::TempDir,
    pub(crate) photos: PathBuf,
    /// In a folder of its own.
    pub(crate) library: PathBuf,
    engine: Option<Engine>,
    /// As they were told last.
    pub(crate) rows: Rows,
    /// Photos that were written: the number of the next one.
    pub(crate) written: usize,
}

impl Bench {
    /// Starts an engine and has it index so many photos.
    pub(crate) fn new(watch: Option<WatchParams>, photos: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [photos_folder, library_folder] = ["photos", "library"].map(|name| folder.path().join(name));
        std::fs::create_dir(&photos_folder).unwrap();
        std::fs::create_dir(&library_folder).unwrap();
        let library = library_folder.join("library.refocus");
        let engine = Engine::start(EngineConfig {
            watch,
            ..EngineConfig::new(LibraryPaths::at(&library))
        });
        let mut bench = Self {
            photos: std::fs::canonicalize(photos_folder).unwrap(),
            library,
            engine: Some(engine.unwrap()),
            rows: Rows::default(),
            written: 0,
            _folder: folder,
        };
        bench.write(photos);
        bench.send(Command::AddFolder(bench.photos.clone()));
        bench.wait("the end of the run", |event| {
            matches!(event, Event::IndexingEnded(run) if run.encoded == photos).then_some(())
        });
        if bench.rows.len() != photos {
            bench.wait("the rows", |event| match event {
                Event::Library { rows, .. } => (rows.len() == photos).then_some(()),
                _ => None,
            });
        }
        bench
    }

    pub(crate) fn send(&self, command: Command) {
        self.engine.as_ref().unwrap().send(command);
    }

    /// The path of the photo with this number.
    pub(crate) fn path(&self, number: usize) -> PathBuf {
        self.photos.join(format!("{number:04}.jpg"))
    }

    /// Writes so many more photos.
    pub(crate) fn write(&mut self, count: usize) {
        for _ in 0..count {
            write_photo(&self.path(self.written), self.written);
            self.written += 1;
        }
    }

    /// Takes events until one is what is waited for.
    pub(crate) fn wait<T>(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + HANG;
        let mut seen = Vec::new();
        loop {
            let events = &self.engine.as_ref().unwrap().link().events;
            let Ok(event) = events.recv_deadline(deadline) else {
                panic!("{what} did not come; {seen:?}");
            };
            match &event {
                Event::Library { rows, .. } => self.rows = rows.clone(),
                Event::Problems(_) | Event::Progress(_) | Event::Results(_) | Event::Models(_) => {}
                other => seen.push(format!("{other:?}")),
            }
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    /// Ends the engine; how long that took.
    pub(crate) fn end(&mut self) -> Duration {
        let start = Instant::now();
        drop(self.engine.take());
        start.elapsed()
    }
}
