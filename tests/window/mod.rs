//! The real window, driven by keys and pointer, over an engine whose answers the test decides.
//!
//! Rendering needs a graphics adapter; software Vulkan is enough. Without one the tests that draw fail.

mod fake_engine;
mod first_start;
mod gallery;
mod keyboard;
mod looks;
mod many_photos;
mod search;
mod setup;
