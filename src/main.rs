//! The `refocus` binary.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Pictures are decoded, embedded and drawn on threads of their own, and their memory is given back by others: an allocator
/// with an arena a thread fills with holes.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Makes candle compute each operation on the thread that asks for it.
///
/// Refocus runs one forward a core over different photos. candle's own helper threads would wait in a busy loop between
/// operations, which costs more than half of the time of every core; candle asks for their number in the environment
/// alone.
#[expect(unsafe_code, reason = "candle takes this setting from the environment only")]
fn compute_on_calling_threads() {
    const THREADS: &str = "CANDLE_NUM_THREADS";
    if std::env::var_os(THREADS).is_none() {
        // SAFETY: this is the first line of the program; no other thread runs yet that could read the environment.
        unsafe { std::env::set_var(THREADS, "1") };
    }
}

fn main() -> ExitCode {
    compute_on_calling_threads();
    refocus::cli::run()
}
