//! One file: from its path to prepared pixels, or to the reason why not.

use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::rows::FolderId;
use refocus_media::{
    ContentHash, DecodeLimits, Failure, FailureKind, FoundFile, Scale, ThumbnailCache, ThumbnailSize, decode, look_at,
    read_facts, read_file,
};
use refocus_model::Prepared;
use refocus_store::{ContentRow, Tags};

use super::counters::{Counters, Stage};
use super::run::Tools;
use super::writing::{FileOutcome, WriterCommand};

/// The thumbnail that is made while the picture is at hand: the size that the gallery shows first.
const SHOWN_FIRST: ThumbnailSize = ThumbnailSize::Medium;

/// A file to be read.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(super) folder_id: i64,
    /// The folder that the person added.
    pub(super) root: Arc<Path>,
    pub(super) file: FoundFile,
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
    done: &Sender<WriterCommand>,
) {
    for mut work in work {
        if !tools.control.go_on() || tools.shared.stopping() {
            return;
        }
        // Files of a folder that was removed meanwhile are not worth reading.
        if !tools.shared.read().has_folder(FolderId(work.folder_id)) {
            let folder_there = false;
            if done
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
        let sent = match read(tools, counters, &mut work) {
            Ok(Content::New { facts, prepared }) => decoded.send(Decoded { work, facts, prepared }).is_ok(),
            Ok(Content::Known(hash)) => done
                .send(WriterCommand::file(counters, work, FileOutcome::Known { hash }))
                .is_ok(),
            Err(failure) if failure.kind == FailureKind::Io && is_lost(&work) => {
                let folder_there = std::fs::metadata(&work.root).is_ok();
                let vanished = FileOutcome::Vanished { folder_there };
                done.send(WriterCommand::file(counters, work, vanished)).is_ok()
            }
            Err(failure) => done
                .send(WriterCommand::file(counters, work, FileOutcome::Failed(failure)))
                .is_ok(),
        };
        if !sent {
            return;
        }
    }
}

enum Content {
    New { facts: Box<ContentRow>, prepared: Prepared },
    Known([u8; 32]),
}

/// Whether the file went away while it waited, or its whole folder did.
fn is_lost(work: &Work) -> bool {
    let gone = |path: &Path| {
        path.symlink_metadata()
            .is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound)
    };
    gone(&work.file.path) || std::fs::read_dir(&work.root).is_err() && !work.root.is_file()
}

/// Looks at a file that changes while it is read this often, then takes it as it is: the next scan sees that it differs.
const STEADY_READS: usize = 3;

/// The bytes of a file, and in `found` its size and time as they were before and after reading.
fn read_steadily(found: &mut FoundFile, limits: &DecodeLimits) -> Result<Vec<u8>, Failure> {
    let mut before = look_at(&found.path)?;
    let mut bytes = read_file(&found.path, limits)?;
    for _ in 1..STEADY_READS {
        let after = look_at(&found.path)?;
        if after == before {
            break;
        }
        before = after;
        bytes = read_file(&found.path, limits)?;
    }
    *found = before;
    Ok(bytes)
}

fn read(tools: &Tools, counters: &Counters, work: &mut Work) -> Result<Content, Failure> {
    let limits = DecodeLimits::default();
    let model = &tools.model;
    let (bytes, hash) = counters.timed(Stage::Decode, || {
        let bytes = read_steadily(&mut work.file, &limits)?;
        let hash = ContentHash::of(&bytes);
        Ok::<_, Failure>((bytes, hash))
    })?;
    if tools.shared.read().encoded_hashes.contains(&hash.0) {
        return Ok(Content::Known(hash.0));
    }
    let (picture, facts) = counters.timed(Stage::Decode, || {
        let picture = decode(&bytes, Scale::ShortSideAtLeast(2 * model.input_side()), &limits)?;
        let facts = read_facts(&bytes);
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
    let facts = ContentRow {
        hash: hash.0,
        width: picture.original_width,
        height: picture.original_height,
        format: picture.format.as_str().to_owned(),
        taken: facts.taken,
        camera: facts.camera,
        lens: facts.lens,
        iso: facts.iso,
        exposure: facts.exposure_seconds,
        f_number: facts.f_number,
        focal_length: facts.focal_length_mm,
        tags: Tags {
            rating: facts.tags.rating,
            keywords: facts.tags.keywords,
        },
        animated: facts.animated,
    };
    Ok(Content::New {
        facts: Box::new(facts),
        prepared,
    })
}
