//! Passes: work on every photo after it is encoded, at the lowest priority, with a progress and a pause of its own.
//!
//! A [`Pass`] says which contents it has still to see at its present revision, and looks at pictures. One thread ([`PassWorker`])
//! hands each picture, decoded once, to all passes that lack it. It rests while photos are indexed, while the computer runs on its
//! battery, and while the person wants it to; a pass that is switched off costs no thread, no memory and no time.
//!
//! ```text
//! snapshot ─ contents that a pass lacks ─▶ decode, longer side 960 to 1,024 ─▶ Pass::look ─▶ what the pass keeps
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `worker.rs` | the thread: when it works, and on what |
//! | `progress.rs` | how far a pass has come |

mod progress;
mod worker;

use refocus_media::Picture;

use crate::rows::Rows;

pub use progress::{PassKind, PassPhase, PassProgress};
pub(crate) use worker::{PassRequest, PassWorker};

/// Longer side of the pictures that passes look at, pixels: a face of a group stands on 24 and more of them.
pub(crate) const SIDE: u32 = 1_024;

/// The longer side of a larger photo's picture has at least so many pixels: a JPEG of 4,000 × 3,000 comes at a quarter of its size,
/// where 1,024 would have it decoded at half and brought down.
pub(crate) const LEAST_SIDE: u32 = 960;

/// Threads that look at photos at most: each holds a picture and what the networks make of it, some 50 MB.
pub(crate) const MOST_THREADS: usize = 4;

/// Work on every photo. Several threads look at once.
pub(crate) trait Pass: Send + Sync {
    /// Which it is.
    fn kind(&self) -> PassKind;

    /// What is lost while it cannot work, for the person.
    fn without_it(&self) -> &'static str;

    /// Whether the person wants it.
    fn is_on(&self) -> bool;

    /// Whether the person wants it to rest.
    fn is_paused(&self) -> bool;

    /// Whether it has still to see a content at its present revision.
    fn lacks(&self, hash: &[u8; 32]) -> bool;

    /// Photos have come or gone, or something else is stated of them.
    fn library_changed(&self, rows: &Rows);

    /// Makes ready what it works with; called before the first picture, and again after [`Pass::unload`].
    ///
    /// # Errors
    /// Why it cannot work, for the person.
    fn load(&self) -> Result<(), String>;

    /// Lets go of what it works with: there is nothing to do for the time being.
    fn unload(&self);

    /// Looks at the picture of a content and keeps what it finds; `picture` is `None` where the file is no picture that can be
    /// decoded. The longer side has at most [`SIDE`] pixels.
    ///
    /// # Errors
    /// Why nothing can be kept, for the person; the pass stops.
    fn look(&self, hash: [u8; 32], picture: Option<&Picture>) -> Result<(), String>;

    /// All that was looked at is to be written now.
    ///
    /// # Errors
    /// Why it cannot be kept, for the person.
    fn flush(&self) -> Result<(), String>;
}
