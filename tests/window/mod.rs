//! The real window, driven by keys and pointer, over an engine whose answers the test decides.
//!
//! Keys, pointer and what a screen reader would hear need no graphics driver. Pictures need one (software Vulkan is enough): they are drawn
//! with the feature `system-tests`, and then a machine without one fails.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test where it cannot go on"
)]

mod about;
mod albums;
mod clean_up;
mod compare;
mod contact_sheet;
mod failing_workers;
mod fake_engine;
mod files;
mod filters;
mod first_start;
mod gallery;
mod heat;
mod history;
mod in_time;
mod keyboard;
#[cfg(feature = "system-tests")]
mod looks;
mod many_photos;
mod marks;
mod models;
mod names;
mod people;
mod photo_compare;
mod remembered;
mod rotating;
mod saved;
mod search;
mod settings;
mod setup;
mod slide_show;
mod smart_albums;
mod tending;
mod text;
