//! Instruction tuning: scenes, triplets, losses, loop.
//!
//! Photos and rendered scenes enter; what the built-in model is made of leaves.
//!
//! | file | holds |
//! |---|---|
//! | `scenes/` | the scene renderer: demo, training and test pictures of which everything is known |
//! | `held_out.rs` | classes of photos that training never sees |
//! | `head/` | the focus encoder: pictures, triplets, losses, loop |
//! | `lessons.rs` | what a person's own triplets teach |
//! | `adapter/` | a condition token for a person's checkpoint, and its tower trained further |
//! | `contrast.rs` | what trainings of whole towers share: learning rate, contrast among pictures |
//! | `colorshape/` | FocalLens from scratch: small towers with a condition token |
//! | `vocabulary/` | instructions, answers and class knowledge that triplets are made from |
//! | `projections.rs` | bases and means of the built-in encoder |

pub mod adapter;
pub mod colorshape;
mod contrast;
pub mod head;
pub mod held_out;
pub mod lessons;
pub mod projections;
pub mod scenes;
pub mod vocabulary;
