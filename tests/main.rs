//! Tests of the whole program.

mod window;
