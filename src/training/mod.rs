//! Instruction tuning: scenes, triplets, losses, loop.
//!
//! - `scenes/`: the scene renderer

pub mod scenes;
