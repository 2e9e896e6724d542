//! Tests of the whole program: the command line, real files, a real database, the window's logic.
//!
//! Plain `cargo test` needs no root, no display, no graphics driver and no network. What needs them is in `system` and behind the
//! feature `system-tests`, which `packaging/test` switches on. One binary holds all, since each would link the whole program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test says what it needs by failing"
)]

mod program;
#[cfg(all(feature = "system-tests", target_os = "linux"))]
mod system;
mod window;
