//! What a person changes in the library: folders, their places, favourites and ratings.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::command::MarkChange;
use crate::event::{Event, Folder, Noticing};
use crate::library_index::{restate_photos, rows_with};
use crate::rotating::Carried;
use crate::rows::{FileId, FolderId};
use refocus_store::{MOST_STARS, Marks, SidecarRow};

use super::writing::Writing;

/// Rows that are changed while the index's lock is held.
const ROWS_AT_ONCE: usize = 256;

impl Writing {
    pub(super) fn add_folder(&mut self, path: PathBuf) -> Result<FolderId, String> {
        self.commit();
        self.mind_place()?;
        let id = FolderId(self.writer.add_folder(&path).map_err(|error| error.to_string())?);
        self.shared.change(|index| {
            let folders = &mut index.now.folders;
            if !folders.iter().any(|folder| folder.id == id) {
                folders.push(Folder {
                    id,
                    path,
                    photos: 0,
                    online: true,
                    noticing: Noticing::default(),
                    left_out: Arc::default(),
                });
            }
        });
        self.keepsake_stale.get_or_insert_with(Instant::now);
        self.tell();
        Ok(id)
    }

    /// Marks photos at once: a person waits for it, and a kill must not undo it.
    pub(super) fn mark(&mut self, photos: &[FileId], change: MarkChange) {
        let changed: Vec<([u8; 32], Marks)> = {
            let index = self.shared.index();
            let rows = photos.iter().filter_map(|id| index.now.row_of(*id));
            // A raw file goes with the photo that stands for it.
            let with_raws = rows.flat_map(|row| {
                let raws = row.extras.raws.iter().flat_map(|raws| raws.iter());
                let raws = raws.filter_map(|raw| index.now.rows.get(*index.by_path.get(raw)?));
                [row].into_iter().chain(raws)
            });
            with_raws
                .map(|row| {
                    let own = index.marks.get(&row.hash).copied().unwrap_or_default();
                    (row.hash, marked(own, change, row.extras.brought_rating))
                })
                .collect()
        };
        let kept = self
            .mind_place()
            .and_then(|()| self.writer.set_marks(&changed).map_err(|error| error.to_string()));
        match kept {
            Ok(()) => {
                let changed: HashMap<[u8; 32], Marks> = changed.into_iter().collect();
                // Nobody but this thread changes rows, so that what was published last is what there is.
                let rows = rows_with(&changed, &self.shared.snapshot().rows);
                self.shared.change(|index| index.set_marks(&changed, &rows));
                self.keepsake_stale.get_or_insert_with(Instant::now);
                self.shared.tell_library();
            }
            Err(error) => self
                .shared
                .tell(Event::Notice(format!("The mark could not be kept: {error}"))),
        }
    }

    /// Says of turned photos what the person said of them before.
    pub(super) fn carry_over(&mut self, carried: &[Carried]) -> Result<(), String> {
        let marks: Vec<([u8; 32], Marks)> = {
            let index = self.shared.index();
            let of = |hash| index.marks.get(hash).copied().unwrap_or_default();
            let changed = carried.iter().filter(|one| of(&one.from) != of(&one.to));
            changed.map(|one| (one.to, of(&one.from))).collect()
        };
        self.mind_place()?;
        self.writer.set_marks(&marks).map_err(|error| error.to_string())?;
        let pairs: Vec<([u8; 32], [u8; 32])> = carried.iter().map(|one| (one.from, one.to)).collect();
        self.writer
            .carry_kept_alike(&pairs)
            .map_err(|error| error.to_string())?;
        if !marks.is_empty() {
            let changed: HashMap<[u8; 32], Marks> = marks.into_iter().collect();
            let rows = rows_with(&changed, &self.shared.snapshot().rows);
            self.shared.change(|index| index.set_marks(&changed, &rows));
            self.keepsake_stale.get_or_insert_with(Instant::now);
        }
        Ok(())
    }

    /// Keeps at once that photos which are alike are all to stay.
    pub(super) fn keep_alike(&mut self, contents: &[([u8; 32], u32)]) -> Result<(), String> {
        self.mind_place()?;
        self.writer.keep_alike(contents).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Takes such decisions back.
    pub(super) fn forget_kept_alike(&mut self, decisions: &[i64]) -> Result<(), String> {
        self.mind_place()?;
        for decision in decisions {
            let forgotten = self.writer.forget_kept_alike(*decision);
            forgotten.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    pub(super) fn relink(&mut self, id: FolderId, path: &Path) -> Result<(), String> {
        self.commit();
        self.mind_place()?;
        self.writer.relink(id.0, path).map_err(|error| error.to_string())?;
        self.keepsake_stale.get_or_insert_with(Instant::now);
        let from = {
            let mut index = self.shared.index();
            let Some(folder) = index.now.folders.iter_mut().find(|folder| folder.id == id) else {
                return Ok(());
            };
            let from = std::mem::replace(&mut folder.path, path.to_path_buf());
            folder.online = true;
            index.mounted_at.remove(&id);
            from
        };
        let at_new_place = |old: &Path| match old.strip_prefix(&from) {
            Ok(below) if below.as_os_str().is_empty() => Some(path.to_path_buf()),
            Ok(below) => Some(path.join(below)),
            Err(_) => None,
        };
        let moved: Vec<SidecarRow> = {
            let index = self.shared.index();
            let of_folder = index.sidecars.values().filter(|row| row.folder_id == id.0);
            of_folder.map(|row| SidecarRow::clone(row)).collect()
        };
        for sidecars in moved.chunks(ROWS_AT_ONCE) {
            let mut index = self.shared.index();
            for row in sidecars {
                index.remove_sidecar(&row.path);
                if let Some(path) = at_new_place(&row.path) {
                    index.put_sidecar(Arc::new(SidecarRow { path, ..row.clone() }));
                }
            }
        }
        for paths in self.paths_of(id).chunks(ROWS_AT_ONCE) {
            let mut index = self.shared.index();
            for from in paths {
                if let Some(to) = at_new_place(from) {
                    index.rename(from, &to);
                }
            }
        }
        let mut index = self.shared.index();
        let failed: Vec<PathBuf> = index
            .failures
            .keys()
            .filter(|path| path.starts_with(&from))
            .cloned()
            .collect();
        for old in failed {
            if let Some(row) = index.failures.remove(&old).filter(|row| row.failure.folder_id == id.0)
                && let Some(new) = at_new_place(&old)
            {
                let mut row = Arc::unwrap_or_clone(row);
                row.failure.path = new;
                index.put_failure(row);
            }
        }
        drop(index);
        restate_photos(&self.shared, &self.reader);
        self.shared.publish();
        self.tell();
        Ok(())
    }

    pub(super) fn remove_folder(&mut self, id: FolderId) -> Result<(), String> {
        self.commit();
        self.mind_place()?;
        self.writer.remove_folder(id.0).map_err(|error| error.to_string())?;
        for paths in self.paths_of(id).chunks(ROWS_AT_ONCE) {
            let mut index = self.shared.index();
            for path in paths {
                index.remove(path);
            }
        }
        let sidecars: Vec<PathBuf> = {
            let index = self.shared.index();
            let of_folder = index.sidecars.values().filter(|row| row.folder_id == id.0);
            of_folder.map(|row| row.path.clone()).collect()
        };
        for paths in sidecars.chunks(ROWS_AT_ONCE) {
            let mut index = self.shared.index();
            paths.iter().for_each(|path| index.remove_sidecar(path));
        }
        restate_photos(&self.shared, &self.reader);
        self.shared.change(|index| {
            index.failures.retain(|_, row| row.failure.folder_id != id.0);
            index.failures_version += 1;
            index.now.folders.retain(|folder| folder.id != id);
        });
        self.keepsake_stale.get_or_insert_with(Instant::now);
        self.tell();
        Ok(())
    }

    /// The paths of a folder's rows.
    fn paths_of(&self, id: FolderId) -> Vec<Arc<Path>> {
        let rows = self.shared.rows();
        let of_folder = rows.iter().filter(|row| row.folder == id && !row.gone);
        of_folder.map(|row| Arc::clone(&row.path)).collect()
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
