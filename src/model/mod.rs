//! The candle networks and what feeds them.
//!
//! A decoded picture enters and leaves as an *encoding* (photo tokens and global vectors, once a photo); a text enters
//! and leaves as a unit vector. Nothing here knows of SQLite or egui, or reads files other than checkpoints.

pub mod image_tower;
pub mod ops;
