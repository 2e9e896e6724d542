//! The `refocus` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    refocus::cli::run()
}
