//! Which photos the others are compared with. What the engine is to be told of a change is returned as commands.

use refocus_engine::{Command, FileId, Reference, ReferenceSource, ViewKind};

use super::View;

/// Photos of a group that stand for all of it as references: its most typical ones.
const MOST_OF_A_GROUP: usize = 12;

impl View {
    /// Whether a photo is a reference, and of which sign.
    pub(in crate::app) fn reference_sign(&self, photo: FileId) -> Option<bool> {
        let source = ReferenceSource::Library(photo);
        let references = &self.search.request.references;
        let found = references.iter().find(|reference| reference.source == source);
        found.map(|reference| reference.positive)
    }

    /// Forgets a reference; a picture from outside goes with it.
    pub(in crate::app) fn drop_reference(&mut self, source: ReferenceSource) -> Option<Command> {
        self.search.remove_reference(source);
        match source {
            ReferenceSource::Outside(id) => self.outside.remove(id).then_some(Command::RemoveOutside(id)),
            ReferenceSource::Library(_) => None,
        }
    }

    /// Forgets all references.
    pub(in crate::app) fn drop_all_references(&mut self) -> Vec<Command> {
        let references = self.search.request.references.clone();
        let dropped = references.into_iter();
        dropped
            .filter_map(|Reference { source, .. }| self.drop_reference(source))
            .collect()
    }

    /// Makes the selected photos references, or changes or takes away those that are. Returns whether any is selected.
    pub(in crate::app) fn selected_as_references(&mut self, positive: bool) -> bool {
        let photos = self.selected_photos();
        let sources: Vec<_> = photos.map(|photo| ReferenceSource::Library(photo.id)).collect();
        for source in &sources {
            self.search.toggle_reference(*source, positive);
        }
        self.leave_groups();
        !sources.is_empty()
    }

    /// Makes these photos the references, in place of all others.
    pub(in crate::app) fn compare_with(&mut self, rows: &[u32]) -> Vec<Command> {
        let commands = self.drop_all_references();
        for row in rows {
            if let Some(photo) = self.library.photo(*row) {
                let source = ReferenceSource::Library(photo.id);
                self.search.toggle_reference(source, true);
            }
        }
        self.leave_groups();
        commands
    }

    /// The most typical photos of a group become the references.
    pub(in crate::app) fn compare_with_group(&mut self, rows: &[u32]) -> Vec<Command> {
        let typical = rows.get(..MOST_OF_A_GROUP).unwrap_or(rows);
        self.compare_with(typical)
    }

    /// Only the photos of a group take part, in one order.
    pub(in crate::app) fn show_only(&mut self, rows: &[u32]) {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        self.search.request.filter.only = Some(rows.into());
        self.settings.view = Some(ViewKind::Grid);
    }

    /// Photos are compared with something: an order says more than groups.
    fn leave_groups(&mut self) {
        let view = &mut self.settings.view;
        *view = view.filter(|view| *view != ViewKind::Groups);
    }
}
