//! Folders whose photos all go at once, while the folder itself stays: an accident looks like this, and so does a drive that is mounted
//! elsewhere. It is told; a photo that goes alone is not.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::event::Folder;
use crate::rows::FolderId;

/// Photos that go one after the other within this time went together.
const TOGETHER: Duration = Duration::from_secs(10);

/// How many photos of a folder went one after the other, and when the last of them.
#[derive(Debug, Default)]
pub(super) struct Emptied {
    gone: HashMap<FolderId, (usize, Instant)>,
}

impl Emptied {
    /// Takes note of a photo whose file is not there any more.
    pub(super) fn note(&mut self, folder: FolderId) {
        let now = Instant::now();
        let (count, last) = self.gone.entry(folder).or_insert((0, now));
        if now.duration_since(*last) > TOGETHER {
            *count = 0;
        }
        (*count, *last) = (*count + 1, now);
    }

    /// A line for the person for each folder that became empty since this was asked last. `folders`: as they are by now.
    pub(super) fn lines(&mut self, folders: &[Folder]) -> Vec<String> {
        if self.gone.is_empty() {
            return Vec::new();
        }
        let empty = folders.iter().filter(|folder| folder.photos == 0);
        let emptied = empty.filter_map(|folder| Some(line(self.gone.remove(&folder.id)?.0, &folder.path)));
        let lines = emptied.collect();
        self.gone
            .retain(|id, (_, last)| last.elapsed() <= TOGETHER && folders.iter().any(|folder| folder.id == *id));
        lines
    }
}

fn line(photos: usize, folder: &Path) -> String {
    let are = if photos == 1 { "photo is" } else { "photos are" };
    format!(
        "This folder is empty now: its {photos} {are} no longer shown. Favourites, ratings and what was computed of them are kept for \
         when the files come back: {}",
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Noticing;
    use std::sync::Arc;

    fn folder(photos: usize) -> Folder {
        Folder {
            id: FolderId(1),
            path: "/photos".into(),
            photos,
            online: true,
            noticing: Noticing::default(),
            left_out: Arc::default(),
        }
    }

    #[test]
    fn a_folder_that_loses_its_last_photos_is_told_once() {
        let mut emptied = Emptied::default();
        assert!(
            emptied.lines(&[folder(0)]).is_empty(),
            "one that was empty before is no news"
        );
        emptied.note(FolderId(1));
        assert!(emptied.lines(&[folder(2)]).is_empty());
        emptied.note(FolderId(1));
        emptied.note(FolderId(1));
        let lines = emptied.lines(&[folder(0)]);
        assert!(
            lines[0].contains("its 3 photos are") && lines[0].ends_with(": /photos"),
            "{lines:?}"
        );
        assert!(emptied.lines(&[folder(0)]).is_empty());
        // Of a folder that was removed nothing is told.
        emptied.note(FolderId(2));
        assert!(emptied.lines(&[folder(0)]).is_empty() && emptied.gone.is_empty());
    }
}
