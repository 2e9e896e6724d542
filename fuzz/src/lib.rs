//! What the fuzzers run over: the crates that read what others wrote, without the window, so that a build with a sanitizer takes
//! minutes.

/// As `targets.rs` names them: the program's own tests bring theirs.
pub mod stations {
    pub use refocus_media as library;
    pub use refocus_model as model;
    pub use refocus_store as store;
}

pub mod targets;
