//! The photos that a command is about, and what is done with all of them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use refocus_engine::{MarkChange, PhotoRow, ReferenceSource, ViewKind};

use super::View;
use crate::app::action::Action;

/// For the person, where a command is about photos and there are none.
pub(in crate::app) const NOTHING_SELECTED: &str = "Select a photo first";

impl View {
    /// The photos that a command is about: the large one, else the selected ones.
    pub(in crate::app) fn chosen_rows(&self) -> Vec<u32> {
        match self.large {
            Some(row) => vec![row],
            None => self.selection.rows.iter().copied().collect(),
        }
    }

    /// Commands are about photos that are on screen: those that the answer leaves out are not selected any more. Focuses side by side
    /// have answers of their own.
    pub(in crate::app) fn select_only_shown(&mut self) {
        let Some(results) = &self.search.results else { return };
        if self.search.request.view == ViewKind::Compare || self.selection.rows.is_empty() {
            return;
        }
        let selected = &self.selection;
        let is_selected = |row: &&u32| selected.rows.contains(*row) || selected.cursor == Some(**row);
        let shown: HashSet<u32> = results.order.iter().filter(is_selected).copied().collect();
        let library = &self.library;
        let signs = &self.search.request.references;
        let is_reference = |row: u32| {
            library.row(row).is_some_and(|photo| {
                signs
                    .iter()
                    .any(|reference| reference.source == ReferenceSource::Library(photo.id))
            })
        };
        self.selection.keep(|row| shown.contains(&row) || is_reference(row));
    }

    /// Their rows; photos that are gone are passed over.
    pub(in crate::app) fn chosen_photos(&self) -> Vec<&PhotoRow> {
        let rows = self.chosen_rows();
        rows.iter().filter_map(|row| self.library.photo(*row)).collect()
    }

    /// The files of the chosen photos.
    pub(in crate::app) fn chosen_files(&self) -> Vec<Arc<Path>> {
        let photos = self.chosen_photos();
        photos.into_iter().map(|photo| Arc::clone(&photo.path)).collect()
    }

    /// The selected photos, also while one is large.
    pub(in crate::app) fn selected_photos(&self) -> impl Iterator<Item = &PhotoRow> {
        let selected = self.selection.rows.iter();
        selected.filter_map(|row| self.library.photo(*row))
    }

    /// The photo that the keyboard is on.
    pub(in crate::app) fn cursor(&self) -> Option<(u32, &PhotoRow)> {
        let row = self.selection.cursor?;
        Some((row, self.library.photo(row)?))
    }

    /// Where the photo lies that the keyboard is on.
    pub(in crate::app) fn cursor_path(&self) -> Option<PathBuf> {
        self.cursor().map(|(_, photo)| photo.path.to_path_buf())
    }

    /// All chosen photos become favourites, unless they are: then none is any more.
    pub(in crate::app) fn toggle_favourite(&self) -> Action {
        let all = self.chosen_photos().iter().all(|photo| photo.marks.favourite);
        self.mark_chosen(MarkChange::Favourite(!all))
    }

    /// Marks the chosen photos, where there are any.
    pub(in crate::app) fn mark_chosen(&self, change: MarkChange) -> Action {
        let photos: Vec<_> = self.chosen_photos().iter().map(|photo| photo.id).collect();
        if photos.is_empty() {
            return Action::Notice(NOTHING_SELECTED.into());
        }
        Action::Mark(photos, change)
    }
}
