//! Training of the built-in focus encoder: `refocus-lab train`.
//!
//! Pictures enter; the token layer of the encoder and the weights of the head leave. The order is: a plan of pictures,
//! their numbers from the image tower (once, kept), what can be asked about each and answered (the triplets), and steps of
//! contrast between h and the text of the answer.
//!
//! | file | holds |
//! |---|---|
//! | `pictures.rs` | which pictures are made, and from what |
//! | `cache.rs` | what the image tower says of each, kept in a folder |
//! | `examples.rs` | what can be asked about a picture, and all answers |
//! | `texts.rs` | text vectors, kept beside the cache |
//! | `instructions.rs` | the wordings that are asked with |
//! | `known.rs` | those of them that a focus encoder keeps, to know what is like them |
//! | `batches.rs` | what one step sees |
//! | `negatives.rs` | and which answers it is contrasted with |
//! | `teacher.rs` | softer answers to everyday photos, from photos of other sources |
//! | `triplets.rs` | all of it put together |
//! | `run.rs` | the loop and its checkpoints |
//! | `router.rs` | the router, fitted by itself |
//! | `routes.rs` | what the router is trained towards, measured on photos that were kept back |
//! | `answer_bias.rs` | what is added to y so that answers come as often as in everyday photos |
//! | `report.rs` | how well pictures are answered that were kept back |
//!
//! Losses, trained numbers and AdamW are in `refocus_training`, which tunes to a person's own triplets with them.

pub mod answer_bias;
pub mod batches;
pub mod cache;
pub mod examples;
pub mod instructions;
pub mod known;
pub mod negatives;
pub mod pictures;
pub mod report;
pub mod router;
pub mod routes;
pub mod run;
pub mod teacher;
pub mod texts;
pub mod triplets;
