//! Refocus finds one's own photos by saying in which respect they should be alike.
//!
//! A photo travels one way; each crate below `crates/` is one station of that way and knows only stations before it:
//!
//! ```text
//! photo file ─ media ─▶ model ─▶ store ─▶ engine ─▶ app / cli
//!              scan,     image     SQLite    pipeline,   egui window,
//!              decode    tower,              search      commands
//!                        text tower
//! ```
//!
//! This crate is the program: the window ([`app`]) and the command line ([`cli`]).

pub mod about;
pub mod app;
mod byte_text;
pub mod cli;

/// Makes candle compute each operation on the thread that asks for it; the first line of `main`, before any thread runs.
///
/// Refocus runs one forward a core over different photos. candle's own helper threads would wait in a busy loop between
/// operations, which costs more than half of the time of every core; candle asks for their number in the environment
/// alone.
#[expect(unsafe_code, reason = "candle takes this setting from the environment only")]
pub fn compute_on_calling_threads() {
    const THREADS: &str = "CANDLE_NUM_THREADS";
    if std::env::var_os(THREADS).is_none() {
        // SAFETY: this is the first line of the program; no other thread runs yet that could read the environment.
        unsafe { std::env::set_var(THREADS, "1") };
    }
}
