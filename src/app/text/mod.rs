//! Text in photos, in the window.
//!
//! | file | holds |
//! |---|---|
//! | `text_layer.rs` | the words of the large photo, to be selected and copied |
//! | `word_places.rs` | where on the screen each word stands |
//! | `commands.rs` | what the commands do |
//! | `settings_section.rs` | which photos are read, and how far that is |

mod commands;
mod settings_section;
mod text_layer;
mod word_places;

pub(super) use commands::{copies_words, copy_text, pause, show_words};
pub(super) use settings_section::ui as settings_section;
pub(super) use text_layer::TextLayer;
