//! Photos on disk: everything between a folder that a person gave and pixels that a model can read.
//!
//! Data enters as paths and bytes and leaves as found files, decoded sRGB pictures, facts (date, camera), content
//! hashes and thumbnails. Nothing here knows of SQLite, candle or egui.
mod failure;
pub use failure::FailureKind;
