//! What the fuzzers run over: the stations that read what others wrote, built from the program's own folders, but without the
//! window, so that a build with a sanitizer takes minutes.
#![allow(dead_code, unused_imports, reason = "the program uses what the fuzzers do not")]

#[path = "../../src/library/mod.rs"]
pub mod library;
#[path = "../../src/model/mod.rs"]
pub mod model;
#[path = "../../src/panics.rs"]
mod panics;
#[path = "../../src/store/mod.rs"]
pub mod store;

/// As `targets.rs` names them: the program's own tests bring theirs.
pub mod stations {
    pub use crate::{library, model, store};
}

pub mod targets;
