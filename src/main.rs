//! The `refocus` binary.

fn main() {}
