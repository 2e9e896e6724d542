//! The real window, measured and pictured. It is driven through what `refocus::app` offers for that.
//!
//! | file | holds |
//! |---|---|
//! | `measured_window.rs` | a window whose frames wait for no screen |
//! | `gallery_bench.rs`, `typing_bench.rs` | frame times while it scrolls; from a key press to the new order |
//! | `made_up_library.rs` | a library of any size without files |
//! | `screenshots.rs` | the README's pictures |

mod gallery_bench;
mod made_up_library;
mod measured_window;
mod screenshots;
mod typing_bench;

pub(crate) use gallery_bench::{GalleryMeasurement, measure_gallery};
pub(crate) use made_up_library::{MadeUpLibrary, plain_colours};
pub(crate) use screenshots::take_screenshots;
pub(crate) use typing_bench::{TypedInto, measure_typing};
