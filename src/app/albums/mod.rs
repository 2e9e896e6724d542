//! Albums in the window: the list in the left panel, the dialog that asks for one, and what comes of both.
//!
//! ```text
//! AlbumsState ─▶ left_section.rs, dialog.rs, chips ─▶ AlbumAction ─▶ act.rs ─▶ AlbumRequest
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `action.rs` | what a person wants |
//! | `act.rs` | what comes of it, and the lines that tell it |
//! | `left_section.rs` | the list; photos are dropped on it |
//! | `dialog.rs` | which album, and what it is called |
//! | `dragging.rs` | photos under way to an album |

mod act;
mod action;
mod dialog;
mod dragging;
mod left_section;

use std::collections::HashMap;

use eframe::egui::{Context, Ui};

use super::action::Action;
use super::controls::removable_chip;
use super::view::View;

pub(super) use act::Undoable;
pub(super) use action::{AlbumAction, AlbumCommand, AlbumQuestion};
pub(super) use dragging::{drag_photos, dragged_label};
pub(super) use left_section::AlbumList;

use dialog::AlbumDialog;

/// Characters of an album's name above the photos.
const LONGEST_CHIP: usize = 32;

/// What belongs to albums alone.
#[derive(Debug, Default)]
pub(super) struct AlbumPanels {
    dialog: AlbumDialog,
    /// Number of the last request.
    last: u64,
    /// Requests on their way that undo a step (true) or do it again (false).
    undoing: HashMap<u64, bool>,
}

impl AlbumPanels {
    /// Whether the dialog is open: keys are its then.
    pub(super) fn asks(&self) -> bool {
        self.dialog.is_open()
    }

    /// Draws the open dialog.
    pub(super) fn dialogs_ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        self.dialog.ui(ctx, view)
    }
}

/// The chip above the photos that says which album is shown; a click shows all photos again.
pub(super) fn chip(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let Some(album) = view.search.request.filter.album else {
        return;
    };
    let name = view
        .library
        .albums()
        .album(album)
        .map_or("an album that is gone", |album| &album.name);
    let mut short: String = name.chars().take(LONGEST_CHIP).collect();
    if short.len() < name.len() {
        short.push('\u{2026}');
    }
    if removable_chip(ui, &short, &format!("Leave the album {name}")).clicked() {
        actions.push(Action::Albums(AlbumAction::Show(None)));
    }
}
