//! Which photos the others are compared with.

use refocus_engine::{Command, Reference, ReferenceSource, ViewKind};

use super::NOTHING_SELECTED;
use crate::app::application::RefocusApp;

/// Photos of a group that stand for all of it as references: its most typical ones.
const MOST_OF_A_GROUP: usize = 12;

impl RefocusApp {
    /// Forgets a reference; a picture from outside goes with it.
    pub(in crate::app) fn drop_reference(&mut self, source: ReferenceSource) {
        self.view.search.remove_reference(source);
        if let ReferenceSource::Outside(id) = source
            && self.view.outside.remove(id)
        {
            self.engine.send(Command::RemoveOutside(id));
        }
    }

    pub(in crate::app) fn drop_all_references(&mut self) {
        for Reference { source, .. } in self.view.search.request.references.clone() {
            self.drop_reference(source);
        }
    }

    pub(in crate::app) fn selected_as_references(&mut self, positive: bool) {
        let selected = self.view.selection.rows.iter();
        let photos = selected.filter_map(|row| self.view.library.photo(*row));
        let sources: Vec<_> = photos.map(|photo| ReferenceSource::Library(photo.id)).collect();
        if sources.is_empty() {
            self.panels.notices.add(NOTHING_SELECTED.into());
        }
        for source in sources {
            self.view.search.toggle_reference(source, positive);
        }
        self.leave_groups();
    }

    /// Photos are compared with something: an order says more than groups.
    pub(in crate::app) fn leave_groups(&mut self) {
        let view = &mut self.view.settings.view;
        *view = view.filter(|view| *view != ViewKind::Groups);
    }

    /// The chosen photo is what all others are compared with; the focus stays.
    pub(in crate::app) fn more_like_this(&mut self) {
        let Some(row) = self.view.chosen_rows().first().copied() else {
            self.panels.notices.add(NOTHING_SELECTED.into());
            return;
        };
        if self.view.library.photo(row).is_some() {
            self.compare_with(&[row]);
            self.leave_large();
        }
    }

    /// Makes these photos the references, in place of all others.
    pub(in crate::app) fn compare_with(&mut self, rows: &[u32]) {
        self.drop_all_references();
        for row in rows {
            if let Some(photo) = self.view.library.photo(*row) {
                let source = ReferenceSource::Library(photo.id);
                self.view.search.toggle_reference(source, true);
            }
        }
        self.leave_groups();
    }

    /// The most typical photos of a group become the references.
    pub(in crate::app) fn compare_with_group(&mut self, rows: &[u32]) {
        let typical = rows.get(..MOST_OF_A_GROUP).unwrap_or(rows);
        self.compare_with(typical);
    }

    /// Only the photos of a group take part, in one order.
    pub(in crate::app) fn show_only(&mut self, rows: &[u32]) {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        self.view.search.request.filter.only = Some(rows.into());
        self.view.settings.view = Some(ViewKind::Grid);
    }
}
