//! Instruction tuning: scenes, triplets, losses, loop.

pub mod held_out;
pub mod projections;
