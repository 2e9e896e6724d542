//! Evaluation sets of the laboratory: rendered scenes of which everything is known, and the paper's benchmarks.
//!
//! What judges (metrics, ways of ranking, reports) is in `refocus_training::evaluation`, which people use on their own photos.
//!
//! | file | holds |
//! |---|---|
//! | `scenes.rs`, `pointing.rs` | rendered scenes: four aspects; two objects |
//! | `captions.rs` | find: photos ranked by their captions |
//! | `faces.rs` | the face finder on photos whose faces somebody marked |
//! | `text.rs`, `pages.rs`, `words.rs` | the reader of text: on labelled photos, on rendered pages; words that are looked for |
//! | `languages.rs` | focus and find in other languages, beside English |
//! | `int8.rs` | what rounding to int8 costs |
//! | `colorshape.rs` | FocalLens from scratch: three small towers, retrieval by colour and by shape |
//! | `protocols/` | the paper's benchmarks in their published formats |

pub mod captions;
pub mod colorshape;
pub mod faces;
pub mod int8;
pub mod languages;
pub mod pages;
pub mod pointing;
pub mod protocols;
pub mod scenes;
pub mod text;
pub mod words;
