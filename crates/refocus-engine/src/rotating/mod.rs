//! Turning photos by their orientation tag: what is known of a photo goes with it.
//!
//! A turned photo is another content: it is encoded anew, and faces and text are looked for anew. What a person said of it (stars,
//! favourites, albums, names of faces), and the text that was read until it is read again, is said of the turned photo *before* its file
//! changes, so that a kill at any moment loses nothing.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | what can be asked, and what comes of it |
//! | `worker.rs` | the thread |

mod worker;

use std::path::PathBuf;

use refocus_media::rotate::ShownAs;
pub use refocus_media::rotate::{RotateError, Rotation, Turn, TurnPlace};

use crate::rows::FileId;

pub(crate) use worker::RotateWorker;

/// A request to turn photos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotateRequest {
    /// Turns photos.
    Turn {
        /// Which.
        photos: Vec<FileId>,
        /// Which way.
        turn: Turn,
        /// Where it is written.
        place: TurnPlace,
    },
    /// Takes turns back, or does them again: each as it was done.
    Carry(Vec<Rotation>),
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RotateAnswer {
    /// What was done, in its order.
    pub done: Vec<Rotation>,
    /// Photos that were as they should be already.
    pub unchanged: usize,
    /// Photos that could not be turned.
    pub failed: usize,
    /// Why the first of them could not; ends with its file.
    pub why: Option<String>,
}

impl RotateAnswer {
    /// Files that changed on disk, and the photos that they are about.
    #[must_use]
    pub fn changed(&self) -> Vec<PathBuf> {
        let files = self
            .done
            .iter()
            .flat_map(|one| [one.photo.clone(), one.file().to_path_buf()]);
        files.collect()
    }
}

/// A content that becomes another one by a turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carried {
    pub(crate) from: [u8; 32],
    pub(crate) to: [u8; 32],
    pub(crate) shown: ShownAs,
}

impl Carried {
    fn of(rotation: &Rotation) -> Self {
        Self {
            from: rotation.before.0,
            to: rotation.after.0,
            shown: rotation.shown,
        }
    }
}
