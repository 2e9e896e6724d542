//! What a person changes in the library: folders, their places, favourites and ratings.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::command::MarkChange;
use crate::event::{Event, Folder, Noticing};
use crate::rows::{FileId, FolderId};
use refocus_store::{MOST_STARS, Marks, SidecarRow};

use super::writing::Writing;

impl Writing {
    pub(super) fn add_folder(&mut self, path: PathBuf) -> Result<FolderId, String> {
        self.commit();
        let id = FolderId(self.writer.add_folder(&path).map_err(|error| error.to_string())?);
        let mut library = self.shared.write();
        if !library.folders.iter().any(|folder| folder.id == id) {
            library.folders.push(Folder {
                id,
                path,
                photos: 0,
                online: true,
                noticing: Noticing::default(),
            });
        }
        drop(library);
        self.keepsake_stale.get_or_insert_with(Instant::now);
        self.tell();
        Ok(id)
    }

    /// Marks photos at once: a person waits for it, and a kill must not undo it.
    pub(super) fn mark(&mut self, photos: &[FileId], change: MarkChange) {
        let changed: Vec<([u8; 32], Marks)> = {
            let library = self.shared.read();
            let rows = photos.iter().filter_map(|id| library.rows.get(*library.by_id.get(id)?));
            // A raw file goes with the photo that stands for it.
            let with_raws = rows.flat_map(|row| {
                let raws = row.extras.raws.iter().flat_map(|raws| raws.iter());
                let raws = raws.filter_map(|raw| library.rows.get(*library.by_path.get(raw)?));
                [row].into_iter().chain(raws)
            });
            with_raws
                .map(|row| {
                    let own = library.marks.get(&row.hash).copied().unwrap_or_default();
                    (row.hash, marked(own, change, row.extras.brought_rating))
                })
                .collect()
        };
        match self.writer.set_marks(&changed) {
            Ok(()) => {
                self.shared.write().set_marks(&changed);
                self.keepsake_stale.get_or_insert_with(Instant::now);
                self.shared.tell_library();
            }
            Err(error) => self
                .shared
                .tell(Event::Notice(format!("The mark could not be kept: {error}"))),
        }
    }

    pub(super) fn relink(&mut self, id: FolderId, path: &Path) -> Result<(), String> {
        self.commit();
        self.writer.relink(id.0, path).map_err(|error| error.to_string())?;
        self.keepsake_stale.get_or_insert_with(Instant::now);
        let mut library = self.shared.write();
        let Some(folder) = library.folders.iter_mut().find(|folder| folder.id == id) else {
            return Ok(());
        };
        let from = std::mem::replace(&mut folder.path, path.to_path_buf());
        folder.online = true;
        library.mounted_at.remove(&id);
        let at_new_place = |old: &Path| match old.strip_prefix(&from) {
            Ok(below) if below.as_os_str().is_empty() => Some(path.to_path_buf()),
            Ok(below) => Some(path.join(below)),
            Err(_) => None,
        };
        let of_folder = library.rows.iter().filter(|row| row.folder == id && !row.gone);
        let moves: Vec<_> = of_folder
            .filter_map(|row| Some((Arc::clone(&row.path), at_new_place(&row.path)?)))
            .collect();
        for (from, to) in moves {
            library.rename(&from, &to);
        }
        let beside = library.sidecars.extract_if(|_, row| row.folder_id == id.0);
        let moved: Vec<SidecarRow> = beside
            .filter_map(|(old, row)| {
                let path = at_new_place(&old)?;
                Some(SidecarRow { path, ..row })
            })
            .collect();
        library
            .sidecars
            .extend(moved.into_iter().map(|row| (row.path.clone(), row)));
        let failed: Vec<PathBuf> = library
            .failures
            .keys()
            .filter(|path| path.starts_with(&from))
            .cloned()
            .collect();
        for old in failed {
            if let Some(mut row) = library
                .failures
                .remove(&old)
                .filter(|row| row.failure.folder_id == id.0)
                && let Some(new) = at_new_place(&old)
            {
                row.failure.path = new;
                library.put_failure(row);
            }
        }
        drop(library);
        self.tell();
        Ok(())
    }

    pub(super) fn remove_folder(&mut self, id: FolderId) -> Result<(), String> {
        self.commit();
        self.writer.remove_folder(id.0).map_err(|error| error.to_string())?;
        let mut library = self.shared.write();
        let paths: Vec<_> = library
            .rows
            .iter()
            .filter(|row| row.folder == id && !row.gone)
            .map(|row| Arc::clone(&row.path))
            .collect();
        for path in paths {
            library.remove(&path);
        }
        library.failures.retain(|_, row| row.failure.folder_id != id.0);
        library.sidecars.retain(|_, row| row.folder_id != id.0);
        library.failures_version += 1;
        library.folders.retain(|folder| folder.id != id);
        drop(library);
        self.keepsake_stale.get_or_insert_with(Instant::now);
        self.tell();
        Ok(())
    }
}

/// The person's own marks after a change. A rating that is taken back stays away, also where the photo brought one along.
fn marked(marks: Marks, change: MarkChange, brought: u8) -> Marks {
    match change {
        MarkChange::Favourite(favourite) => Marks { favourite, ..marks },
        MarkChange::Rating(rating) => Marks {
            rating: rating.min(MOST_STARS),
            unrated: rating == 0 && brought > 0,
            ..marks
        },
    }
}
