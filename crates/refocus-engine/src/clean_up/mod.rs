//! Clean up: identical files, photos that are nearly the same and bursts, and which of each group is worth keeping.
//!
//! Nothing here deletes anything. One thread compares what the library holds, measures how sharp the photos of the groups are, and tells
//! the groups; a front end shows them and hands files to the trash. A group all of whose photos are to stay is not told again, until a
//! photo joins it.
//!
//! ```text
//! snapshot ─ contents ─▶ identical files ──┐
//!          ─ AlikeIndex ─▶ alike photos ───┴─ less what is to stay ─▶ sharpness, best ─▶ CleanUp
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `request.rs`, `state.rs` | what can be asked, what is told |
//! | `looking.rs` | from a library to groups |
//! | `kept_alike.rs` | groups all of whose photos are to stay |
//! | `sharpness.rs` | how sharp a picture is |
//! | `best.rs` | which photo of a group is worth keeping, and why |
//! | `worker.rs` | the thread |
//! | `probe.rs` | comparing a made-up library, for measurements |

mod best;
mod kept_alike;
mod looking;
mod probe;
mod request;
mod sharpness;
mod state;
#[cfg(test)]
mod tests;
mod worker;

pub use best::Reason;
pub use probe::{AlikeFound, AlikeProbe};
pub use request::CleanUpRequest;
pub use state::{CleanUp, CleanUpGroup, CleanUpKind, CleanUpPhase, CleanUpPhoto, ContentFiles};
pub(crate) use worker::CleanUpWorker;
