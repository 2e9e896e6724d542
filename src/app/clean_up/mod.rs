//! Clean up, in the window: identical files, photos that are nearly the same and bursts, side by side; which of them stay, and which go
//! to the trash. Nothing goes before one question was answered, and all of it can be undone.
//!
//! ```text
//! Event::CleanUp ─▶ page ─ keys, buttons ─▶ Choices ─ question ─▶ FileJob::Trash
//!                        └ all stay ─▶ CleanUpRequest::KeepAll
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `action.rs`, `act.rs` | what a person wants; what comes of it |
//! | `choices.rs` | which photos stay, and which go |
//! | `page.rs` | the page: what is looked for, both lists, keys |
//! | `file_list.rs` | identical files as a list |
//! | `side_by_side.rs` | photos of a group side by side, at one zoom |
//! | `hints.rs` | what is said below each photo |

mod act;
mod action;
mod choices;
mod file_list;
mod hints;
mod page;
mod side_by_side;

pub(super) use action::CleanUpAction;
pub(super) use page::CleanUpPage;

/// Keys of the page that are no commands, for the list of shortcuts.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("K, X", "Clean up: keep this photo, to the trash"),
    ("B", "Clean up: keep the best of the group"),
    ("A", "Clean up: all of this group stay"),
    ("Left, Right", "Clean up: the photo before, the next one"),
    ("Up, Down, Enter", "Clean up: the group before, the next one"),
];
