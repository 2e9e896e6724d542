//! Training and evaluation on a person's own photos: what the program that people install needs of both.
//!
//! Encodings and triplets enter and a tuned focus encoder or a condition adapter leaves; labelled photos enter and figures
//! leave. The laboratory, which makes the built-in model, builds on the same losses, optimiser and metrics.
//!
//! | file | holds |
//! |---|---|
//! | `triplets.rs` | a file of a person's own triplets |
//! | `samples.rs` | what they teach |
//! | `tune.rs` | the focus encoder, tuned to them |
//! | `slot.rs`, `losses.rs`, `parameters.rs` | one step's photos and answers; what the head is pulled towards; the trained numbers and AdamW |
//! | `adapter/` | a condition token for a person's checkpoint, and its tower trained further |
//! | `contrast.rs` | what trainings of whole towers share: learning rate, contrast among pictures |
//! | `evaluation/` | how well labelled photos are ordered, named and grouped under an instruction |
//! | `error.rs` | why a training ended without a result |

pub mod adapter;
pub mod contrast;
mod error;
pub mod evaluation;
pub mod losses;
pub mod parameters;
pub mod samples;
pub mod slot;
pub mod triplets;
pub mod tune;

pub use error::TrainError;
