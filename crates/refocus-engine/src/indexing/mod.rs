//! From folders to encodings: scan → decode pool → batches → model → writer.
//!
//! One *run* deals with all folders that wait. The scan streams found files; files that are known and unchanged are only
//! counted. The rest goes through two pools over bounded channels: decoders (read, hash, decode, thumbnail, prepare) and
//! encoders (batches through the image tower). The one writer puts their results into SQLite, many photos a transaction, and
//! into the library in memory.
//!
//! | file | holds |
//! |---|---|
//! | `run.rs` | the two indexing threads: take tasks, start the pools, end the run |
//! | `scanning.rs` | looking at folders and files: what is new, changed, gone |
//! | `sweep.rs` | what a look at the disk met, and what it should have met |
//! | `decoding.rs` | one file: from its path to prepared pixels, or to the reason why not |
//! | `left_places.rs` | whether a known photo left another place |
//! | `encoding.rs` | batches through the model |
//! | `writer_thread.rs` | the writer as a thread, started anew after an internal error |
//! | `writer_command.rs` | what the writer is asked for |
//! | `writing.rs`, `written.rs` | results into the database; what was written into the library in memory |
//! | `place.rs` | what is done when the library's file is gone from its place |
//! | `emptied.rs` | folders whose photos all go at once |
//! | `edits.rs` | what a person changes: folders, their places, favourites and ratings |
//! | `revalidation.rs` | whether the disk still is as it was written down |
//! | `counters.rs` | progress: counts, rate, time left |
//! | `control.rs` | pause, resume, cancel |

mod control;
mod counters;
mod decoding;
mod edits;
mod emptied;
mod encoding;
mod left_places;
mod place;
mod revalidation;
mod run;
mod scanning;
mod sweep;
mod writer_command;
mod writer_thread;
mod writing;
mod written;

pub(super) use control::Control;
pub(super) use run::{Lane, Task, Tools, Why, spawn};
pub(super) use writer_command::WriterCommand;
pub(super) use writer_thread::WriterTools;

/// A writer at work for tests that need nothing else of the pipeline.
#[cfg(test)]
pub(super) fn writer_for_tests(
    database: &refocus_store::Database,
    shared: &std::sync::Arc<super::shared::Shared>,
    model: &dyn refocus_model::PhotoModel,
) -> crossbeam_channel::Sender<WriterCommand> {
    let (to_writer, commands) = crossbeam_channel::bounded(16);
    let info = model.info();
    let controls = [(); 2].map(|()| std::sync::Arc::default());
    let shared = std::sync::Arc::clone(shared);
    let writing = writing::Writing::open(database, shared, controls, &info.id.0, info.bytes_per_photo).unwrap();
    std::thread::spawn(move || writing.run(&commands));
    to_writer
}
