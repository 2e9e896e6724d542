//! Threads and panics: what every other crate starts work with.
//!
//! | file | idea |
//! |---|---|
//! | `contain` | a panic in foreign code becomes an ordinary value |

mod contain;

pub use contain::contained;
