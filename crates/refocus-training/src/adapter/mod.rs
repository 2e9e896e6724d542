//! FocalLens inside a person's checkpoint: a condition token for its vision tower, and the tower itself trained further.
//!
//! Triplets (photo, instruction, output) enter; an adapter leaves, which turns an instruction's text vector into one more token
//! at the input of one block. The loss is the paper's: contrast between the conditional embedding and the text vector of the
//! output, here also among photos under the same instruction. By itself the adapter is all that is trained; with
//! [`AdapterParams::tower`] the blocks from the condition on, the last normalisation and the projection are trained too.
//!
//! ```text
//! photo ─ patches ─ blocks below L (once) ─▶ kept ─┐
//! instruction ─ t(q) ─ adapter ─▶ token ───────────┴─ blocks from L on ─▶ E(x, q) ─ contrast with t(output), with other photos
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `student.rs` | the tower under training: which weights move, and which stand still |
//! | `run.rs` | loss and loop |

mod run;
mod student;

pub use run::{AdapterParams, Progress, Trained, train};
