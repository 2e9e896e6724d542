//! FocalLens from scratch: a small vision transformer with a condition token, trained on one coloured shape a picture.
//!
//! Three towers of one size are trained on the same pictures, instructions and answers, for the same number of steps: without
//! a condition, with the condition at the first block (the paper's form), and with the condition at the last block (late:
//! everything below it is the same for every instruction). Texts come from the built-in text tower.
//!
//! ```text
//! picture ─ patches ─▶ vision transformer ─▶ E(x, q) ─ compared with t(answer) and with E of other pictures
//! instruction ─ t(q) ─ adapter ─▶ token ─┘
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `tower.rs` | sizes, weights under training, weights in a file |
//! | `samples.rs` | pictures, instructions and answers |
//! | `run.rs` | loss and loop |

pub mod run;
pub mod samples;
pub mod tower;

pub use run::{Progress, Settings, train};
pub use samples::{Aspect, Samples};
pub use tower::{Injection, SmallTower};
