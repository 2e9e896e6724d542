//! What a crash leaves: version, system, what panicked and where, a backtrace, the last lines of the log. No file names.
//!
//! The report stays on this machine. The next window offers it once; `refocus doctor` says where the reports are.

use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};

use super::log;

/// A report that nobody has been shown yet ends in this, and in [`SHOWN`] afterwards.
const NEW: &str = "txt";
const SHOWN: &str = "shown.txt";

/// More reports than this are not kept: a program that crashes at every start must not fill a disk.
const MOST_REPORTS: usize = 20;

/// Where this person's logs and reports are; `None` where there is no home folder.
pub(super) fn log_folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("io.github", "refocus", "Refocus")?;
    Some(folders.data_local_dir().join("logs"))
}

fn folder() -> Option<PathBuf> {
    Some(log_folder()?.join("crashes"))
}

/// The folder, as a person is told of it.
pub(super) fn folder_text() -> String {
    folder().map_or_else(String::new, |folder| folder.display().to_string())
}

/// Installs a panic hook that writes a report of every panic that is not contained, after the standard hook.
pub(super) fn watch_for_panics() {
    let printed = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        printed(info);
        if let Some(written) = folder().and_then(|folder| write(&folder, &report(info)).ok()) {
            super::output::say(&format!(
                "refocus: a report of this crash was written: {}",
                written.display()
            ));
        }
    }));
}

/// Panics, to see that a report is written.
#[expect(clippy::panic, reason = "this is what it is for")]
pub(super) fn crash() {
    tracing::info!(path = "/home/somebody/a secret name.jpg", "about to crash");
    panic!("asked for, at /home/somebody/a secret name.jpg");
}

/// How many reports there are.
pub(super) fn count() -> usize {
    folder().map_or(0, |folder| reports(&folder).len())
}

/// The newest report that nobody has been shown, and where it is. It counts as shown from then on.
pub(super) fn newest_unseen() -> Option<(PathBuf, String)> {
    let unseen = reports(&folder()?)
        .into_iter()
        .filter(|path| !path.to_string_lossy().ends_with(SHOWN));
    let mut newest = None;
    for path in unseen {
        let shown = path.with_extension(SHOWN);
        if std::fs::rename(&path, &shown).is_ok() {
            newest = Some(shown);
        }
    }
    let path = newest?;
    let text = std::fs::read_to_string(&path).ok()?;
    Some((path, text))
}

/// All reports, oldest first.
fn reports(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == NEW))
        .collect();
    paths.sort();
    paths
}

fn write(folder: &Path, text: &str) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let kept = reports(folder);
    for old in kept.iter().take((kept.len() + 1).saturating_sub(MOST_REPORTS)) {
        std::fs::remove_file(old)?;
    }
    let when = jiff::Timestamp::now().as_millisecond();
    let path = folder.join(format!("crash-{when}-{}.{NEW}", std::process::id()));
    std::fs::write(&path, text)?;
    Ok(path)
}

fn report(info: &PanicHookInfo<'_>) -> String {
    let message = info.payload_as_str().unwrap_or("a panic without a message");
    let thread = std::thread::current();
    let mut text = String::new();
    let _ = writeln!(text, "Refocus {} stopped unexpectedly.", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(
        text,
        "commit {}\nsystem {} {}\ntime {}\nthread {}",
        option_env!("REFOCUS_COMMIT").unwrap_or("not named"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        jiff::Timestamp::now(),
        thread.name().unwrap_or("without a name"),
    );
    let _ = writeln!(text, "message {}", without_names(message));
    if let Some(place) = info.location() {
        let _ = writeln!(text, "at {}:{}:{}", place.file(), place.line(), place.column());
    }
    let _ = writeln!(text, "\nbacktrace\n{}", Backtrace::force_capture());
    let _ = writeln!(text, "last lines of the log, without file names");
    for line in log::last_lines() {
        let _ = writeln!(text, "{}", without_names(&line));
    }
    text
}

/// A line without what may be a path: everything from the first place that looks like the start of one. Paths come last in this
/// program's messages, so that little else is lost.
fn without_names(line: &str) -> String {
    match start_of_path(line) {
        Some(at) => format!("{}<path>", line.get(..at).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// A slash or backslash at the start of a word, a drive letter before one, or a name that ends like a picture's.
fn start_of_path(line: &str) -> Option<usize> {
    const PICTURES: [&str; 9] = [".jp", ".png", ".web", ".gif", ".bmp", ".tif", ".hei", ".avif", ".jxl"];
    let mut word_start = 0;
    let mut before = ' ';
    for (at, letter) in line.char_indices() {
        let starts_word = !before.is_alphanumeric() && before != '/' && before != '\\' && before != '<';
        let rest = line.get(at..).unwrap_or_default();
        let drive = rest.get(1..3).is_some_and(|rest| rest == ":\\" || rest == ":/");
        if starts_word {
            word_start = at;
        }
        if starts_word && (letter == '/' || letter == '\\' || (letter.is_ascii_alphabetic() && drive)) {
            return Some(at);
        }
        let lower: String = rest.chars().take(5).collect::<String>().to_lowercase();
        if PICTURES.iter().any(|ending| lower.starts_with(ending)) {
            return Some(word_start);
        }
        before = letter;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_may_be_a_path_is_left() {
        for (line, expected) in [
            ("ranked 10 photos in 3.5 ms", "ranked 10 photos in 3.5 ms"),
            (
                "the disk is full: /home/ann/a b/library.refocus",
                "the disk is full: <path>",
            ),
            ("offline folder=/mnt/secret reason=\"gone\"", "offline folder=<path>"),
            ("cannot read \"C:\\Users\\Ann\\x.jpg\"", "cannot read \"<path>"),
            ("cannot read D:/x", "cannot read <path>"),
            ("skipped holiday.JPG and b", "skipped <path>"),
            ("3 photos/s at 1/2 scale", "3 photos/s at 1/2 scale"),
            ("", ""),
        ] {
            assert_eq!(without_names(line), expected, "{line}");
        }
    }

    #[test]
    fn a_program_that_crashes_all_the_time_keeps_its_last_reports() {
        let folder = tempfile::tempdir().unwrap();
        let mut last = PathBuf::new();
        for number in 0..30 {
            last = write(folder.path(), &number.to_string()).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let kept = reports(folder.path());
        assert_eq!((kept.len(), kept.last()), (MOST_REPORTS, Some(&last)));
    }
}
