//! One file: from its path to prepared pixels, or to the reason why not.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::library::{
    ContentHash, DecodeLimits, Failure, FoundFile, Scale, ThumbnailCache, ThumbnailSize, decode, read_facts, read_file,
};
use crate::model::{PictureView, Prepared};
use crate::store::PhotoFacts;

use super::counters::{Counters, Stage};
use super::run::Tools;
use super::writing::{Done, FileOutcome};

/// The thumbnail that is made while the picture is at hand: the size that the gallery shows first.
const SHOWN_FIRST: ThumbnailSize = ThumbnailSize::Medium;

/// A file to be read.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Work {
    pub(super) folder_id: i64,
    pub(super) file: FoundFile,
}

/// A file that was decoded and waits for the model.
pub(super) struct Decoded {
    pub(super) work: Work,
    pub(super) facts: Box<PhotoFacts>,
    pub(super) prepared: Prepared,
}

/// A decoder thread: takes files until there are none, or until the run is cancelled.
pub(super) fn decode_all(
    tools: &Tools,
    counters: &Arc<Counters>,
    work: &Receiver<Work>,
    decoded: &Sender<Decoded>,
    done: &Sender<Done>,
) {
    for work in work {
        if !tools.control.go_on() || tools.shared.stopping() {
            return;
        }
        let sent = match read(tools, counters, &work) {
            Ok(Content::New { facts, prepared }) => decoded.send(Decoded { work, facts, prepared }).is_ok(),
            Ok(Content::Known(hash)) => done
                .send(Done::file(counters, work, FileOutcome::Known { hash }))
                .is_ok(),
            Err(failure) => done
                .send(Done::file(counters, work, FileOutcome::Failed(failure)))
                .is_ok(),
        };
        if !sent {
            return;
        }
    }
}

enum Content {
    New { facts: Box<PhotoFacts>, prepared: Prepared },
    Known([u8; 32]),
}

fn read(tools: &Tools, counters: &Counters, work: &Work) -> Result<Content, Failure> {
    let limits = DecodeLimits::default();
    let model = &tools.model;
    let (bytes, hash) = counters.timed(Stage::Decode, || {
        let bytes = read_file(&work.file.path, &limits)?;
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
        let view = PictureView::new(picture.width, picture.height, &picture.rgb)?;
        model.prepare(view)
    });
    let prepared =
        prepared.map_err(|error| Failure::corrupt(format!("the model cannot read this picture ({error})")))?;
    let facts = PhotoFacts {
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
    };
    Ok(Content::New {
        facts: Box::new(facts),
        prepared,
    })
}
