//! The subcommands that train and judge.
//!
//! | file | holds |
//! |---|---|
//! | `train.rs` | `refocus-lab train`: the stages of the built-in model, and the coloured shapes |
//! | `answer_bias.rs` | a stage of it: answers as often as in everyday photos |
//! | `eval.rs`, `eval_languages.rs`, `eval_tables.rs` | `refocus-lab eval …`; of other languages; its tables on the screen |

mod answer_bias;
pub(crate) mod eval;
mod eval_languages;
mod eval_tables;
pub(crate) mod train;
