//! One file: from its path to prepared pixels, or to the reason why not.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::event::Lost;
use crate::rows::FolderId;
use crate::stated::content_row;
use refocus_media::{DecodeLimits, Failure, FailureKind, FoundFile, PhotoBytes, Scale, ThumbnailCache, ThumbnailSize};
use refocus_model::Prepared;
use refocus_store::{ContentRow, Database, Reader, StoreError};
use refocus_workers::{WorkerPanic, attempt, fault};

use super::counters::{Counters, Stage};
use super::left_places::LeftPlaces;
use super::run::Tools;
use super::writer_command::{FileOutcome, WriterCommand};

/// The thumbnail that is made while the picture is at hand: the size that the gallery shows first.
const SHOWN_FIRST: ThumbnailSize = ThumbnailSize::Medium;

/// A file to be read.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(super) folder_id: i64,
    /// The folder that the person added.
    pub(super) root: Arc<Path>,
    pub(super) file: FoundFile,
    /// The name under which the file is shown, where that is another.
    pub(super) same_as: Option<PathBuf>,
}

/// A file that was decoded and waits for the model.
pub(super) struct Decoded {
    pub(super) work: Work,
    pub(super) facts: Box<ContentRow>,
    pub(super) prepared: Prepared,
}

/// A decoder thread: takes files until there are none, or until the run is cancelled.
pub(super) fn decode_all(
    tools: &Tools,
    counters: &Arc<Counters>,
    work: &Receiver<Work>,
    decoded: &Sender<Decoded>,
    to_writer: &Sender<WriterCommand>,
) {
    let mut left_places = LeftPlaces::new(&tools.shared, &tools.database);
    let mut stored = StoredFacts {
        database: &tools.database,
        reader: None,
    };
    for mut work in work {
        if !tools.control.go_on() || tools.shared.stopping() {
            return;
        }
        // Files of a folder that was removed meanwhile are not worth reading.
        if !tools.shared.snapshot().has_folder(FolderId(work.folder_id)) {
            let folder_there = false;
            if to_writer
                .send(WriterCommand::file(
                    counters,
                    work,
                    FileOutcome::Vanished { folder_there },
                ))
                .is_err()
            {
                return;
            }
            continue;
        }
        let sent = match read_or_fail(tools, counters, &mut stored, &mut work) {
            Ok(Content::New { facts, prepared }) => decoded.send(Decoded { work, facts, prepared }).is_ok(),
            Ok(Content::Known(hash)) => {
                let left = left_places.of(&work.file.path, &hash);
                to_writer
                    .send(WriterCommand::file(counters, work, FileOutcome::Known { hash, left }))
                    .is_ok()
            }
            Ok(Content::Facts(facts)) => to_writer
                .send(WriterCommand::file(counters, work, FileOutcome::Facts(facts)))
                .is_ok(),
            Err(failure) if failure.kind == FailureKind::Io && is_lost(&work) => {
                let folder_there = std::fs::metadata(&work.root).is_ok();
                let vanished = FileOutcome::Vanished { folder_there };
                to_writer.send(WriterCommand::file(counters, work, vanished)).is_ok()
            }
            Err(failure) => to_writer
                .send(WriterCommand::file(counters, work, FileOutcome::Failed(failure)))
                .is_ok(),
        };
        if !sent {
            return;
        }
    }
}

/// Reads a file; an internal error on the way costs this one file.
fn read_or_fail(
    tools: &Tools,
    counters: &Counters,
    stored: &mut StoredFacts<'_>,
    work: &mut Work,
) -> Result<Content, Failure> {
    let content = attempt("refocus-decode", || {
        fault::point("decode");
        read(tools, counters, stored, work)
    });
    content.unwrap_or_else(|panic| Err(failure_of(tools, counters, &panic)))
}

/// What is written of a file that met an internal error. The first one of a run is told at once.
pub(super) fn failure_of(tools: &Tools, counters: &Counters, panic: &WorkerPanic) -> Failure {
    if counters.first_panic() {
        let told = "A photo could not be taken in and is listed among the problems";
        tools.shared.worker_failed(panic, told, Lost::One);
    }
    Failure::corrupt(format!(
        "Refocus met an internal error in this file ({}). Opening it in an image editor and saving it anew may help.",
        panic.message
    ))
}

enum Content {
    New {
        facts: Box<ContentRow>,
        prepared: Prepared,
    },
    Known([u8; 32]),
    /// Known, and its metadata read anew.
    Facts(Box<ContentRow>),
}

/// What the database has of contents.
struct StoredFacts<'a> {
    database: &'a Database,
    reader: Option<Reader>,
}

impl StoredFacts<'_> {
    /// The row of a content; nothing where it cannot be read, and then its metadata stays as it is.
    fn facts_of(&mut self, hash: &[u8; 32]) -> Option<ContentRow> {
        let warn = |error: &StoreError| tracing::warn!(%error, "metadata is not read anew");
        if self.reader.is_none() {
            self.reader = self.database.reader().inspect_err(warn).ok();
        }
        let reader = self.reader.as_ref()?;
        reader.facts_of_hash(hash).inspect_err(warn).ok().flatten()
    }
}

/// Whether the file went away while it waited, or its whole folder did.
fn is_lost(work: &Work) -> bool {
    let gone = |path: &Path| {
        path.symlink_metadata()
            .is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound)
    };
    gone(&work.file.path) || std::fs::read_dir(&work.root).is_err() && !work.root.is_file()
}

fn read(tools: &Tools, counters: &Counters, stored: &mut StoredFacts<'_>, work: &mut Work) -> Result<Content, Failure> {
    let limits = DecodeLimits::default();
    let model = &tools.model;
    let photo = counters.timed(Stage::Decode, || PhotoBytes::read(&work.file.path, &limits))?;
    let hash = photo.hash;
    work.file = photo.found.clone();
    let (encoded, stale) = {
        let index = tools.shared.index();
        (
            index.encoded_hashes.contains(&hash.0),
            index.stale_facts.contains(&hash.0),
        )
    };
    if encoded {
        let before = if stale { stored.facts_of(&hash.0) } else { None };
        let Some(before) = before else {
            return Ok(Content::Known(hash.0));
        };
        let facts = counters.timed(Stage::Decode, || photo.facts());
        let size = (before.width, before.height);
        return Ok(Content::Facts(Box::new(content_row(
            hash.0,
            size,
            &before.format,
            &facts,
        ))));
    }
    let (picture, facts) = counters.timed(Stage::Decode, || {
        let picture = photo.decode(Scale::ShortSideAtLeast(2 * model.input_side()), &limits)?;
        let facts = photo.facts();
        let thumbnail = ThumbnailCache::make(&picture, SHOWN_FIRST);
        if let Err(failure) = tools.thumbnails.put(&hash, SHOWN_FIRST, &thumbnail) {
            tracing::debug!(%failure, "a thumbnail that cannot be kept is made again when it is shown");
        }
        Ok::<_, Failure>((picture, facts))
    })?;
    let prepared = counters.timed(Stage::Preprocess, || {
        model.prepare_pixels(picture.width, picture.height, &picture.rgb)
    });
    let prepared =
        prepared.map_err(|error| Failure::corrupt(format!("the model cannot read this picture ({error})")))?;
    let size = (picture.original_width, picture.original_height);
    let facts = content_row(hash.0, size, picture.format.as_str(), &facts);
    Ok(Content::New {
        facts: Box::new(facts),
        prepared,
    })
}
