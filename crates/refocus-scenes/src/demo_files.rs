//! Writing the demo photos: JPEG with EXIF, PNG and WebP below one folder, and `labels.csv` beside them.
//!
//! A file is written under a temporary name and renamed when it is complete, so whatever has its final name is
//! complete; such files are kept, never overwritten.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use image::codecs::jpeg::JpegEncoder;
use image::{ImageError, ImageFormat};
use refocus_workers::in_pool;

use super::demo::{DemoPicture, FileFormat, demo_file_name, demo_picture};

/// Name of the table of truths in the demo folder.
pub const LABELS_FILE: &str = "labels.csv";

/// JPEG quality of the demo photos.
const QUALITY: u8 = 88;
const THREADS: usize = 2;

const COLUMNS: [&str; 18] = [
    "path",
    "object",
    "kind",
    "shape",
    "texture",
    "colour",
    "count",
    "background",
    "background_colour",
    "hour",
    "brightness",
    "warmth",
    "style",
    "position",
    "size",
    "objects",
    "taken",
    "camera",
];

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

type Labels = HashMap<String, Vec<String>>;

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

fn encode(picture: &DemoPicture) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    match picture.format {
        FileFormat::Jpeg => {
            JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(&picture.image)?;
            let exif = exif_segment(picture.camera_make, picture.camera_model, &picture.taken);
            // After the two bytes that open every JPEG.
            bytes.splice(2..2, exif);
        }
        FileFormat::Png => picture.image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?,
        FileFormat::WebP => picture
            .image
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::WebP)?,
    }
    Ok(bytes)
}

/// An APP1 segment (Exif 2.3) with make, model, upright orientation, software and the date taken; little-endian TIFF.
fn exif_segment(make: &str, model: &str, taken: &str) -> Vec<u8> {
    const ASCII: u16 = 2;
    const SHORT: u16 = 3;
    const LONG: u16 = 4;
    // Six entries in the first directory, one in the second; values longer than four bytes follow both.
    let first = 8_u32;
    let second = first + 2 + 6 * 12 + 4;
    let mut tail_at = second + 2 + 12 + 4;
    let mut tail: Vec<u8> = Vec::new();
    let mut text = |tag: u16, value: &str| {
        let length = value.len() as u32 + 1;
        let mut entry = Vec::with_capacity(12);
        entry.extend(tag.to_le_bytes());
        entry.extend(ASCII.to_le_bytes());
        entry.extend(length.to_le_bytes());
        entry.extend(tail_at.to_le_bytes());
        tail.extend(value.as_bytes());
        tail.push(0);
        tail_at += length;
        // Exif asks for even offsets.
        if tail_at % 2 == 1 {
            tail.push(0);
            tail_at += 1;
        }
        entry
    };
    let number = |tag: u16, kind: u16, value: u32| {
        let mut entry = Vec::with_capacity(12);
        entry.extend(tag.to_le_bytes());
        entry.extend(kind.to_le_bytes());
        entry.extend(1_u32.to_le_bytes());
        entry.extend(value.to_le_bytes());
        entry
    };
    let mut tiff: Vec<u8> = b"II*\0".to_vec();
    tiff.extend(first.to_le_bytes());
    tiff.extend(6_u16.to_le_bytes());
    tiff.extend(text(0x010F, make));
    tiff.extend(text(0x0110, model));
    tiff.extend(number(0x0112, SHORT, 1));
    tiff.extend(text(0x0131, "Refocus demo renderer"));
    tiff.extend(text(0x0132, taken));
    tiff.extend(number(0x8769, LONG, second));
    tiff.extend(0_u32.to_le_bytes());
    tiff.extend(1_u16.to_le_bytes());
    tiff.extend(text(0x9003, taken));
    tiff.extend(0_u32.to_le_bytes());
    tiff.extend(tail);
    let mut segment = vec![0xFF, 0xE1];
    segment.extend(((tiff.len() + 8) as u16).to_be_bytes());
    segment.extend(b"Exif\0\0");
    segment.extend(tiff);
    segment
}

fn row(picture: &DemoPicture) -> Vec<String> {
    let truth = &picture.truth;
    let single = truth.objects.first().filter(|_| truth.objects.len() == 1);
    let kind = truth
        .objects
        .first()
        .filter(|_| truth.object.is_some())
        .and_then(|object| object.kind);
    let objects: Vec<String> = truth
        .objects
        .iter()
        .map(|object| match object.colour {
            Some(colour) => format!("{colour} {}", object.name),
            None => object.name.clone(),
        })
        .collect();
    let word = |value: Option<&'static str>| value.unwrap_or_default().to_owned();
    vec![
        picture.file_name.clone(),
        truth.object.clone().unwrap_or_default(),
        word(kind.map(|kind| kind.word())),
        word(truth.shape.map(|shape| shape.word())),
        word(truth.texture.map(|texture| texture.word())),
        word(truth.colour.map(|colour| colour.word())),
        truth.count.to_string(),
        truth.background.word().to_owned(),
        word(truth.background_colour.map(|colour| colour.word())),
        truth.light.hour.word().to_owned(),
        truth.light.brightness.word().to_owned(),
        truth.light.warmth.word().to_owned(),
        truth.style.word().to_owned(),
        word(single.map(|object| object.position.word())),
        word(single.map(|object| object.size.word())),
        objects.join("; "),
        picture.taken.clone(),
        format!(
            "{} {}",
            picture.camera_make,
            picture.camera_model.trim_start_matches(picture.camera_make).trim()
        ),
    ]
}

/// The rows of an earlier run by path; empty where there is no table.
fn read_labels(path: &Path) -> Result<Labels, SceneError> {
    let failed = |source| SceneError::Labels {
        source,
        path: path.to_owned(),
    };
    let exists = path.try_exists().map_err(|source| SceneError::Io {
        action: "look at",
        source,
        path: path.to_owned(),
    })?;
    if !exists {
        return Ok(Labels::new());
    }
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    if reader.headers().map_err(failed)? != COLUMNS.as_slice() {
        return Err(SceneError::ForeignLabels { path: path.to_owned() });
    }
    let mut rows = Labels::new();
    for record in reader.records() {
        let row: Vec<String> = record.map_err(failed)?.iter().map(str::to_owned).collect();
        if let Some(name) = row.first() {
            rows.insert(name.clone(), row);
        }
    }
    Ok(rows)
}

/// Writes the table in order of path; rows of an earlier, larger run stay. A table that would not change is not touched.
fn write_labels(path: &Path, rows: Vec<Vec<String>>, mut known: Labels) -> Result<(), SceneError> {
    for row in rows {
        if let Some(name) = row.first() {
            known.insert(name.clone(), row);
        }
    }
    let mut rows: Vec<Vec<String>> = known.into_values().collect();
    rows.sort();
    let failed = |source| SceneError::Labels {
        source,
        path: path.to_owned(),
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(failed)?;
    for row in rows {
        writer.write_record(&row).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| SceneError::Io {
        action: "write",
        source: io::Error::other(error.to_string()),
        path: path.to_owned(),
    })?;
    // A table that cannot be read again is written anew, which reports its own reason.
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    write_whole(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::DEMO_COUNT;
    use std::collections::BTreeMap;
    use std::time::SystemTime;

    fn files(dir: &Path) -> BTreeMap<PathBuf, SystemTime> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                found.extend(files(&entry.path()));
            } else {
                found.insert(entry.path(), entry.metadata().unwrap().modified().unwrap());
            }
        }
        found
    }

    #[test]
    fn the_whole_library_is_written_decodes_and_a_second_run_rewrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let go_on = AtomicBool::new(false);
        let mut seen = Vec::new();
        let first = write_demo(
            folder.path(),
            DEMO_COUNT,
            &mut |done, total| seen.push((done, total)),
            &go_on,
        )
        .unwrap();
        assert_eq!(
            (first.written, first.kept, first.stopped),
            (DEMO_COUNT as usize, 0, false)
        );
        assert_eq!(seen.last(), Some(&(DEMO_COUNT as usize, DEMO_COUNT as usize)));
        let before = files(folder.path());
        assert_eq!(
            before.len(),
            DEMO_COUNT as usize + 1,
            "the pictures and the labels, nothing left over"
        );
        for path in before.keys().filter(|path| !path.ends_with(LABELS_FILE)) {
            let image = image::open(path).unwrap_or_else(|error| panic!("{error}: {}", path.display()));
            assert!(image.width() >= 480);
        }
        let mut rows = csv::Reader::from_path(&first.labels).unwrap();
        assert_eq!(rows.records().count(), DEMO_COUNT as usize);

        let second = write_demo(folder.path(), DEMO_COUNT, &mut |_, _| {}, &go_on).unwrap();
        assert_eq!((second.written, second.kept), (0, DEMO_COUNT as usize));
        assert_eq!(files(folder.path()), before);
    }

    #[test]
    fn a_file_with_other_content_is_left_alone_and_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(demo_file_name(0));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"mine").unwrap();
        let summary = write_demo(folder.path(), 2, &mut |_, _| {}, &AtomicBool::new(false)).unwrap();
        assert_eq!((summary.written, &summary.differing), (1, &vec![path.clone()]));
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        assert!(!fs::read_to_string(summary.labels).unwrap().contains(&demo_file_name(0)));
    }

    #[test]
    fn somebody_elses_labels_stop_it_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(LABELS_FILE), "name,age\nAda,36\n").unwrap();
        let result = write_demo(folder.path(), 3, &mut |_, _| {}, &AtomicBool::new(false));
        assert!(matches!(result, Err(SceneError::ForeignLabels { .. })));
        assert_eq!(files(folder.path()).len(), 1);
    }

    #[test]
    fn a_lost_table_is_made_again_without_touching_the_pictures() {
        let folder = tempfile::tempdir().unwrap();
        let go_on = AtomicBool::new(false);
        let first = write_demo(folder.path(), 3, &mut |_, _| {}, &go_on).unwrap();
        let table = fs::read(&first.labels).unwrap();
        fs::remove_file(&first.labels).unwrap();
        let second = write_demo(folder.path(), 3, &mut |_, _| {}, &go_on).unwrap();
        assert_eq!((second.written, second.kept), (0, 3));
        assert_eq!(fs::read(&first.labels).unwrap(), table);
    }

    #[test]
    fn a_stop_ends_it_early_and_the_next_run_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let stop = AtomicBool::new(false);
        let summary = write_demo(
            folder.path(),
            40,
            &mut |_, _| stop.store(true, Ordering::Relaxed),
            &stop,
        )
        .unwrap();
        assert!(summary.stopped && summary.written < 40);
        let rest = write_demo(folder.path(), 40, &mut |_, _| {}, &AtomicBool::new(false)).unwrap();
        assert_eq!((rest.kept, rest.written), (summary.written, 40 - summary.written));
    }

    #[test]
    fn exif_of_a_jpeg_says_when_and_with_what() {
        let picture = demo_picture(0);
        assert_eq!(picture.format, FileFormat::Jpeg);
        let bytes = encode(&picture).unwrap();
        let exif = exif::Reader::new()
            .read_from_container(&mut Cursor::new(&bytes))
            .unwrap();
        let text = |tag| {
            let field = exif.get_field(tag, exif::In::PRIMARY).unwrap();
            let exif::Value::Ascii(lines) = &field.value else {
                panic!("{tag} is no text")
            };
            String::from_utf8(lines[0].clone()).unwrap()
        };
        assert_eq!(text(exif::Tag::DateTimeOriginal), picture.taken);
        assert_eq!(text(exif::Tag::Make), picture.camera_make);
        assert_eq!(text(exif::Tag::Model), picture.camera_model);
    }
}
