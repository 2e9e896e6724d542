//! Instruction tuning: scenes, triplets, losses, loop.
//!
//! Photos and rendered scenes enter; what the built-in model is made of leaves.
//!
//! | file | holds |
//! |---|---|
//! | `held_out.rs` | classes of photos that training never sees |
//! | `everyday/` | photos of everyday life with labels in words |
//! | `head/` | the focus encoder: pictures, triplets, loop |
//! | `colorshape/` | FocalLens from scratch: small towers with a condition token |
//! | `vocabulary/` | instructions, answers and class knowledge that triplets are made from |
//! | `projections.rs` | bases and means of the built-in encoder |

pub mod colorshape;
pub mod everyday;
pub mod head;
pub mod held_out;
pub mod projections;
pub mod vocabulary;
