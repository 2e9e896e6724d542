//! Refocus finds one's own photos by saying in which respect they should be alike.
//!
//! A photo travels one way; each module is one station of that way:
//!
//! ```text
//! photo file ─ library ─▶ model ─▶ store ─▶ focus ─▶ engine ─▶ app / cli
//!              scan,       image     SQLite    instruction  the only     egui window,
//!              decode      tower,              → order      bridge       commands
//!                          text tower
//! ```

pub mod about;
pub mod app;
pub mod cli;
pub mod engine;
pub mod evaluation;
pub mod focus;
pub mod library;
pub mod model;
mod panics;
pub mod store;
pub mod training;
