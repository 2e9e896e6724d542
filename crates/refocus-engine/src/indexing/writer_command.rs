//! What the writer is asked for.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::Sender;

use crate::command::MarkChange;
use crate::rotating::Carried;
use crate::rows::{FileId, FolderId};
use crate::texts::KnownText;
use refocus_media::Failure;
use refocus_store::{ContentRow, SidecarRow};

use super::counters::Counters;
use super::decoding::Work;

/// Something for the writer.
pub(crate) enum WriterCommand {
    /// A file was dealt with.
    File {
        counters: Arc<Counters>,
        work: Box<Work>,
        outcome: FileOutcome,
    },
    /// A sidecar that was read.
    Sidecar(SidecarRow),
    /// A path is no longer there (a file, a sidecar, or a failure that has no file any more).
    Gone(PathBuf),
    /// A path is left out by the person: its row is shown no more, but stays in the database.
    Hide(PathBuf),
    /// A path is left out by the table though it is there: it is shown no more, and its row goes. What is known of its content stays,
    /// as that of a file that is gone.
    LeaveOut(PathBuf),
    /// Where the drive of a folder is mounted.
    MountedAt(FolderId, PathBuf),
    /// Adds a folder and answers with its id.
    AddFolder(PathBuf, Sender<Result<FolderId, String>>),
    /// Forgets a folder; answers when done.
    RemoveFolder(FolderId, Sender<Result<(), String>>),
    /// Gives a folder another place; answers when done.
    Relink(FolderId, PathBuf, Sender<Result<(), String>>),
    /// Photos that another model than the one in use has encoded.
    StoreReembedded {
        model_key: String,
        bytes_per_photo: usize,
        rows: Vec<([u8; 32], Vec<u8>)>,
    },
    /// Keeps that photos of these contents, with so many files each, are all to stay; answers when done.
    KeepAlike(Vec<([u8; 32], u32)>, Sender<Result<(), String>>),
    /// Takes such decisions back; answers when done.
    ForgetKeptAlike(Vec<i64>, Sender<Result<(), String>>),
    /// Marks photos.
    Mark { photos: Vec<FileId>, change: MarkChange },
    /// Says of contents what a person said of others, from which they come by a turn; answers when done.
    CarryOver(Vec<Carried>, Sender<Result<(), String>>),
    /// What was read in photos, and is kept: for the rows.
    Texts(Vec<KnownText>),
    /// What was read in photos is forgotten.
    ForgetTexts,
    /// Answers when everything sent before is in the database.
    Flush(Sender<()>),
    /// Writes what is in hand and ends.
    Stop,
}

/// What became of a file.
pub(crate) enum FileOutcome {
    /// Decoded and encoded.
    New { facts: Box<ContentRow>, encoding: Vec<u8> },
    /// Its content is in the database already. `left`: places at which it is listed but is not any more.
    Known { hash: [u8; 32], left: Vec<PathBuf> },
    /// Its content is in the database already; its metadata was read anew.
    Facts(Box<ContentRow>),
    /// Could not be read.
    Failed(Failure),
    /// Went away while it waited, or its folder did: then it is kept.
    Vanished { folder_there: bool },
}

impl WriterCommand {
    pub(super) fn file(counters: &Arc<Counters>, work: Work, outcome: FileOutcome) -> Self {
        Self::File {
            counters: Arc::clone(counters),
            work: Box::new(work),
            outcome,
        }
    }
}
