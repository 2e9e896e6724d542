//! The subcommands that train and judge.
//!
//! | file | holds |
//! |---|---|
//! | `train.rs` | `refocus-lab train`: the stages of the built-in model, and the coloured shapes |
//! | `eval.rs`, `eval_tables.rs` | `refocus-lab eval …`, and its tables on the screen |

pub(crate) mod eval;
mod eval_tables;
pub(crate) mod train;
