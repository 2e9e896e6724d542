//! The library as it was at one moment, for all who read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use refocus_search::{EncodingRows, FocusError, Gallery};

use super::encodings::Encodings;
use super::event::Folder;
use super::rows::{FileId, FolderId, PhotoRow, Rows};

/// Rows, encodings and folders of one moment. It never changes: ranking, explaining and telling hold one of these and no lock,
/// while the writer prepares the next. Clones share all that did not change in between.
#[derive(Clone, Debug, Default)]
pub(super) struct LibrarySnapshot {
    /// Rows as the front ends see them; a row's number is the place in every order.
    pub(super) rows: Rows,
    /// What the model in use made of them.
    pub(super) encodings: Encodings,
    /// Row number of each file id.
    pub(super) numbers: RowNumbers,
    /// The folders, in the order in which they were added.
    pub(super) folders: Vec<Folder>,
    /// Grows with every change that can change an order.
    pub(super) version: u64,
    /// Grows with every change of a mark: a mark changes who passes a filter, but no encoding.
    pub(super) marks_version: u64,
    /// Grows with every change of what files and sidecars state of photos that are listed already: as a mark, it changes who passes
    /// a filter.
    pub(super) stated_version: u64,
}

impl LibrarySnapshot {
    /// The row number of a file.
    pub(super) fn number_of(&self, id: FileId) -> Option<u32> {
        self.numbers.get(id)
    }

    /// The row of a file.
    pub(super) fn row_of(&self, id: FileId) -> Option<&PhotoRow> {
        self.rows.get(self.number_of(id)?)
    }

    /// The encodings as searches read them. `encoded`: which rows have one.
    pub(super) fn gallery<'a>(
        &'a self,
        model: &'a dyn EncodingRows,
        encoded: &'a [bool],
    ) -> Result<Gallery<'a>, FocusError> {
        self.encodings.gallery(model, encoded)
    }

    /// Whether a folder is one of the library's.
    pub(super) fn has_folder(&self, id: FolderId) -> bool {
        self.folders.iter().any(|folder| folder.id == id)
    }
}

/// Ids a chunk of [`RowNumbers`] holds.
const IDS: i64 = 1024;
/// No row.
const NONE: u32 = u32::MAX;

/// The row number of each file id, in chunks that clones share. The database numbers files one after the other, so that a chunk
/// is mostly full.
#[derive(Clone, Debug, Default)]
pub(super) struct RowNumbers(BTreeMap<i64, Arc<[u32; IDS as usize]>>);

impl RowNumbers {
    pub(super) fn get(&self, id: FileId) -> Option<u32> {
        let chunk = self.0.get(&id.0.div_euclid(IDS))?;
        chunk.get(place(id)).copied().filter(|number| *number != NONE)
    }

    pub(super) fn insert(&mut self, id: FileId, number: u32) {
        let chunk = self.0.entry(id.0.div_euclid(IDS));
        let chunk = Arc::make_mut(chunk.or_insert_with(|| Arc::new([NONE; IDS as usize])));
        if let Some(slot) = chunk.get_mut(place(id)) {
            *slot = number;
        }
    }

    /// Forgets an id, where it still is the one of this row.
    pub(super) fn remove(&mut self, id: FileId, number: u32) {
        if self.get(id) != Some(number) {
            return;
        }
        self.insert(id, NONE);
        let chunk = id.0.div_euclid(IDS);
        if self
            .0
            .get(&chunk)
            .is_some_and(|chunk| chunk.iter().all(|number| *number == NONE))
        {
            self.0.remove(&chunk);
        }
    }
}

fn place(id: FileId) -> usize {
    id.0.rem_euclid(IDS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_until_they_are_removed_and_clones_keep_theirs() {
        let mut numbers = RowNumbers::default();
        let ids = [-1, 0, 1023, 1024, 1 << 40].map(FileId);
        for (number, id) in (0..).zip(ids) {
            numbers.insert(id, number);
        }
        let before = numbers.clone();
        assert!((0..).zip(ids).all(|(number, id)| numbers.get(id) == Some(number)));
        numbers.remove(ids[1], 7);
        assert_eq!(numbers.get(ids[1]), Some(1), "another row's id is no business of it");
        for (number, id) in (0..).zip(ids) {
            numbers.remove(id, number);
        }
        assert!(ids.iter().all(|id| numbers.get(*id).is_none()) && numbers.0.is_empty());
        assert_eq!(before.get(ids[3]), Some(3));
        assert_eq!(before.get(FileId(77)), None);
    }
}
