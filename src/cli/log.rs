//! The log: what was asked for on standard error, the last lines in memory for a crash report, and, while the window is open,
//! a file that is turned over before it grows large.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Lines that a crash report shows.
const LAST_LINES: usize = 200;

/// A log file is turned over at this size.
const LARGEST_FILE: u64 = 1 << 20;

/// Log files that are kept beside the one in use.
const OLD_FILES: u32 = 3;

/// What is kept: this program's own news, and warnings of all.
const KEPT: &str = "warn,refocus=info";

/// What goes to standard error unless somebody asks for more: this program's own errors. A decoder's complaints of a damaged file say
/// nothing to the person; the file stands among those that could not be read, with its reason.
const SHOWN: &str = "off,refocus=error";

/// The last lines of this process.
static LOG: OnceLock<Arc<Log>> = OnceLock::new();

/// Starts the log. `REFOCUS_LOG` chooses what goes to standard error (as in `REFOCUS_LOG=refocus=debug`); with a folder the
/// rest is kept there as well.
pub(super) fn start(folder: Option<&Path>) {
    let shown = EnvFilter::try_from_env("REFOCUS_LOG").unwrap_or_else(|_| EnvFilter::new(SHOWN));
    let file = folder.and_then(|folder| {
        LogFile::open(folder)
            .inspect_err(|error| super::output::say(&format!("refocus: no log is kept ({error})")))
            .ok()
    });
    let log = LOG.get_or_init(|| {
        Arc::new(Log {
            lines: Mutex::default(),
            file: Mutex::new(file),
        })
    });
    let on_screen = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_filter(shown);
    let kept = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(LogWriter(Arc::clone(log)))
        .with_filter(EnvFilter::new(KEPT));
    let _ = tracing_subscriber::registry().with(on_screen).with(kept).try_init();
}

/// The last lines of this process, oldest first.
pub(super) fn last_lines() -> Vec<String> {
    LOG.get()
        .map(|log| held(&log.lines).iter().cloned().collect())
        .unwrap_or_default()
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Log {
    lines: Mutex<VecDeque<String>>,
    file: Mutex<Option<LogFile>>,
}

#[derive(Clone)]
struct LogWriter(Arc<Log>);

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for LogWriter {
    /// Called once an event, with the whole of it.
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        {
            let mut lines = held(&self.0.lines);
            for line in String::from_utf8_lossy(bytes).lines() {
                if lines.len() >= LAST_LINES {
                    lines.pop_front();
                }
                lines.push_back(line.to_owned());
            }
        }
        if let Some(file) = held(&self.0.file).as_mut() {
            // A full disk costs lines of the log and nothing else.
            let _ = file.write(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// `refocus.log`, and older ones as `refocus.log.1`, `.2` and so on.
struct LogFile {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl LogFile {
    fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("refocus.log");
        let file = File::options().create(true).append(true).open(&path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path, file, bytes })
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.bytes + bytes.len() as u64 > LARGEST_FILE {
            self.turn_over()?;
        }
        self.file.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn turn_over(&mut self) -> std::io::Result<()> {
        let old = |number: u32| self.path.with_extension(format!("log.{number}"));
        for number in (1..OLD_FILES).rev() {
            // Most of them are not there yet.
            let _ = std::fs::rename(old(number), old(number + 1));
        }
        std::fs::rename(&self.path, old(1))?;
        self.file = File::options().create(true).append(true).open(&self.path)?;
        self.bytes = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_file_is_turned_over_and_the_oldest_one_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = LogFile::open(folder.path()).unwrap();
        let line = [b'x'; 1000];
        for _ in 0..6 * LARGEST_FILE / 1000 {
            log.write(&line).unwrap();
        }
        let mut names: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            ["refocus.log", "refocus.log.1", "refocus.log.2", "refocus.log.3"]
        );
        for name in names {
            assert!(std::fs::metadata(folder.path().join(name)).unwrap().len() <= LARGEST_FILE);
        }
    }

    #[test]
    fn only_the_programs_own_errors_are_shown() {
        let said = Arc::new(Log {
            lines: Mutex::default(),
            file: Mutex::new(None),
        });
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(LogWriter(Arc::clone(&said)))
            .with_filter(EnvFilter::new(SHOWN));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::error!(target: "jxl_vardct::hf_coeff", "non_zeros too large");
            tracing::error!(target: "wgpu_core", "a device");
            tracing::warn!(target: "refocus_engine::loading", "may pass");
            tracing::error!(target: "refocus_engine::shared", "a worker");
            tracing::error!(target: "refocus", "the program");
        });
        let lines = held(&said.lines);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains("a worker") && lines[1].contains("the program"));
    }

    #[test]
    fn the_last_lines_are_kept() {
        let log = Arc::new(Log {
            lines: Mutex::default(),
            file: Mutex::new(None),
        });
        let mut writer = LogWriter(Arc::clone(&log));
        for number in 0..500 {
            // One write an event, as the subscriber does it.
            writer.write_all(format!("line {number}\n").as_bytes()).unwrap();
        }
        let lines = held(&log.lines);
        assert_eq!((lines.len(), lines.back().unwrap().as_str()), (LAST_LINES, "line 499"));
    }
}
