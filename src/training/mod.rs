//! Instruction tuning: scenes, triplets, losses, loop.
