//! Tests of the whole program.

mod program;
mod window;
