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
//! | `left_out.rs` | what the table of what systems and programs keep left out of a folder |
//! | `left_places.rs` | whether a known photo left another place |
//! | `names.rs` | under which name a file with several names is shown |
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
mod left_out;
mod left_places;
mod names;
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
#[cfg(test)]
pub(super) use writing::Writing;
