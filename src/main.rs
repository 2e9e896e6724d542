//! The `refocus` binary.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Pictures are decoded, embedded and drawn on threads of their own, and their memory is given back by others: an allocator
/// with an arena a thread fills with holes.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    refocus_media::decoder_child::serve_if_asked();
    refocus::compute_on_calling_threads();
    refocus::cli::run()
}
