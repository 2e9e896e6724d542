//! Rows that are not shown by themselves: raw files behind the picture that stands for them, and other names of one file. And the
//! sidecars of a photo.
//!
//! Which files belong together is told by [`Groups`]; here are the names from which those around one file are made, so that a
//! library of a million photos is not kept a second time.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use refocus_media::companions::{Groups, Together, group_keys, is_raw_name};
use refocus_store::{Reader, SidecarRow, Stated};

use super::LibraryIndex;
use crate::shared::Shared;
use crate::stated;

/// Files of the library by what their names have in common, as far as that was asked for.
#[derive(Debug, Default)]
pub(super) struct Companions {
    /// `None` until a raw file or a sidecar comes: without one, nothing belongs together.
    names: Option<Names>,
    /// Photos whose sidecars may be others than those of which their rows tell.
    to_restate: HashSet<Arc<Path>>,
    /// All names were taken in before their rows come, so that each row is right from the start.
    names_came_first: bool,
}

/// Paths by a hash of their folder and of one of their keys. Two that share a hash by chance are told apart by [`Groups`].
#[derive(Debug, Default)]
struct Names(HashMap<u64, Vec<Arc<Path>>>);

impl Names {
    fn insert(&mut self, path: &Arc<Path>) {
        for hash in hashes(path) {
            let paths = self.0.entry(hash).or_insert_with(|| Vec::with_capacity(1));
            if !paths.contains(path) {
                paths.push(Arc::clone(path));
            }
        }
    }

    fn remove(&mut self, path: &Path) {
        for hash in hashes(path) {
            if let Some(paths) = self.0.get_mut(&hash) {
                paths.retain(|other| **other != *path);
                if paths.is_empty() {
                    self.0.remove(&hash);
                }
            }
        }
    }

    /// The files whose names have something in common with that of `path`; `None` where there is none but itself.
    fn around(&self, path: &Path) -> Option<Groups> {
        let paths = || {
            hashes(path)
                .into_iter()
                .flat_map(|hash| self.0.get(&hash).into_iter().flatten())
        };
        if paths().all(|other| **other == *path) {
            return None;
        }
        let mut groups = Groups::default();
        for other in paths() {
            groups.insert(other);
        }
        Some(groups)
    }
}

fn hashes(path: &Path) -> Vec<u64> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let hash = |key: String| {
        let mut hasher = DefaultHasher::new();
        folder.as_os_str().hash(&mut hasher);
        key.hash(&mut hasher);
        hasher.finish()
    };
    group_keys(path).into_iter().map(hash).collect()
}

impl LibraryIndex {
    /// Takes in the names of all photos before their rows, so that no row has to be worked out twice. `loaded` ends it.
    pub(crate) fn names_come_first(&mut self, paths: impl Iterator<Item = PathBuf>) {
        let names = self.companions.names.get_or_insert_default();
        for path in paths {
            names.insert(&Arc::from(path));
        }
        self.companions.names_came_first = true;
    }

    /// The rows to all names are there.
    pub(crate) fn loaded(&mut self) {
        self.companions.names_came_first = false;
    }

    /// A file is there from now on. The first one that others can belong to has all names looked at.
    pub(super) fn join(&mut self, path: &Arc<Path>, is_sidecar: bool) {
        if self.companions.names.is_none() && (is_sidecar || is_raw_name(path)) {
            let mut names = Names::default();
            self.by_path.keys().for_each(|path| names.insert(path));
            self.companions.names = Some(names);
        }
        if let Some(names) = &mut self.companions.names {
            names.insert(path);
        }
    }

    pub(super) fn leave(&mut self, path: &Path) {
        if let Some(names) = &mut self.companions.names {
            names.remove(path);
        }
    }

    /// Works out anew what is shown of the photos around a file that came, changed or went, and takes note of those whose
    /// sidecars may be others now. The file's own row tells of its sidecars already.
    pub(super) fn regroup(&mut self, path: &Path) {
        let groups = self.companions.names.as_ref().and_then(|names| names.around(path));
        let around: Vec<(PathBuf, Together)> = groups.map_or_else(Vec::new, |groups| {
            let photos = groups.photos(path).into_iter();
            photos.map(|photo| (photo.clone(), groups.of(&photo))).collect()
        });
        if !around.iter().any(|(photo, _)| photo == path) {
            self.place(path, None);
        }
        let mut of_sidecars = around.iter().map(|(_, together)| &together.sidecars);
        let sidecars_matter = !self.companions.names_came_first
            && (self.sidecars.contains_key(path) || of_sidecars.any(|sidecars| !sidecars.is_empty()));
        for (photo, together) in around {
            self.place(&photo, Some(together));
            if photo != path && (sidecars_matter || self.raw_matters(path, &photo)) {
                self.restate_later(&photo);
            }
        }
        for other in self.links.around(path) {
            let together = self.together(&other);
            self.place(&other, together);
        }
    }

    /// What belongs together with a photo; `None` where nothing does.
    fn together(&self, photo: &Path) -> Option<Together> {
        let groups = self.companions.names.as_ref()?.around(photo)?;
        Some(groups.of(photo))
    }

    fn restate_later(&mut self, photo: &Path) {
        if let Some((photo, _)) = self.by_path.get_key_value(photo) {
            self.companions.to_restate.insert(Arc::clone(photo));
        }
    }

    /// Decides whether a photo is shown by itself, and for which files it stands.
    fn place(&mut self, path: &Path, together: Option<Together>) {
        let Some(&number) = self.by_path.get(path) else { return };
        let photo = together.as_ref().and_then(|together| together.photo.as_deref());
        let is_behind = photo.is_some_and(|photo| photo != path && self.by_path.contains_key(photo));
        let raws = together.filter(|_| !is_behind).map(|together| together.raws);
        let raws = self.rows_at(raws.into_iter().flatten());
        let (is_other_name, places) = self.other_names(path, number);
        self.set_behind(number, is_behind || is_other_name);
        let Some(row) = self.now.rows.get(number) else { return };
        if row.extras.raws != raws || row.extras.places != places {
            self.now.rows.update(number, |row| {
                row.extras.raws = raws;
                row.extras.places = places;
            });
            self.now.version += 1;
        }
    }

    /// Those of some paths that have rows.
    fn rows_at(&self, paths: impl Iterator<Item = PathBuf>) -> Option<Arc<[Arc<Path>]>> {
        let there = paths.filter_map(|path| self.by_path.get_key_value(path.as_path()));
        let there: Vec<Arc<Path>> = there.map(|(path, _)| Arc::clone(path)).collect();
        (!there.is_empty()).then(|| there.into())
    }

    /// Whether the file at `path` is shown under another name, and otherwise its other names.
    fn other_names(&self, path: &Path, number: u32) -> (bool, Option<Arc<[Arc<Path>]>>) {
        let hash_of = |path: &Path| {
            let row = self.by_path.get(path).and_then(|&number| self.now.rows.get(number));
            row.map(|row| row.hash)
        };
        let own = self.now.rows.get(number).map(|row| row.hash);
        let names = self.links.names(path);
        // Where one of them was read before its file changed, they are shown apart until the other is read too.
        let mut there = names.into_iter().filter(|name| hash_of(name) == own);
        let Some(first) = there.next() else {
            return (false, None);
        };
        if *first != *path {
            return (true, None);
        }
        (false, self.rows_at(there.map(|name| name.to_path_buf())))
    }

    fn set_behind(&mut self, number: u32, behind: bool) {
        let Some(row) = self.now.rows.get(number).filter(|row| row.extras.behind != behind) else {
            return;
        };
        if !row.gone
            && let Some(count) = self.counts.get_mut(&row.folder)
        {
            *count = if behind { count.saturating_sub(1) } else { *count + 1 };
        }
        self.now.rows.update(number, |row| row.extras.behind = behind);
        self.now.version += 1;
    }

    /// The sidecars of a photo, the one that counts most first; and what the raw files state for which it stands.
    pub(super) fn stated_by_companions(&self, photo: &Path) -> (Vec<Arc<SidecarRow>>, Vec<Arc<Stated>>) {
        if self.sidecars.is_empty() && self.stated_in_raws.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let together = self.together(photo).unwrap_or_default();
        let sidecars = together.sidecars.iter();
        let sidecars = sidecars.filter_map(|path| self.sidecars.get(path).cloned());
        let raws = together.raws.iter().filter(|path| *path != photo);
        let raws = raws.filter_map(|path| self.stated_in_raws.get(path.as_path()).cloned());
        (sidecars.collect(), raws.collect())
    }

    /// Keeps what a raw file states, for the picture that stands for it.
    pub(super) fn note_raw(&mut self, path: &Arc<Path>, stated: &Stated) {
        if !is_raw_name(path) {
            return;
        }
        if *stated == Stated::default() {
            self.stated_in_raws.remove(path);
        } else {
            self.stated_in_raws.insert(Arc::clone(path), Arc::new(stated.clone()));
        }
    }

    /// A raw file came, changed or went: whether a picture that stands for it, or did, may tell something else now.
    fn raw_matters(&self, raw: &Path, photo: &Path) -> bool {
        let row = self.by_path.get(photo).and_then(|&number| self.now.rows.get(number));
        let (Some(stated), Some(row)) = (self.stated_in_raws.get(raw), row) else {
            return false;
        };
        let has_gone = !self.by_path.contains_key(raw);
        !is_raw_name(photo) && (has_gone || stated::adds_to(row, stated))
    }

    /// A sidecar came or changed.
    pub(crate) fn put_sidecar(&mut self, row: Arc<SidecarRow>) {
        let path: Arc<Path> = Arc::from(row.path.as_path());
        self.sidecars.insert(row.path.clone(), row);
        self.join(&path, true);
        self.regroup(&path);
    }

    /// A sidecar went.
    pub(crate) fn remove_sidecar(&mut self, path: &Path) {
        if self.sidecars.contains_key(path) {
            // While it is known as one, those that it tells of are found.
            self.leave(path);
            self.regroup(path);
            self.sidecars.remove(path);
        }
    }

    /// Takes over all sidecars of the library in place of those that were known.
    pub(crate) fn set_sidecars(&mut self, sidecars: HashMap<PathBuf, Arc<SidecarRow>>) {
        let gone: Vec<PathBuf> = self
            .sidecars
            .keys()
            .filter(|path| !sidecars.contains_key(*path))
            .cloned()
            .collect();
        for path in gone {
            self.remove_sidecar(&path);
        }
        for (path, row) in sidecars {
            if self.sidecars.get(&path) != Some(&row) {
                self.put_sidecar(row);
            }
        }
    }

    /// The photos whose sidecars may be others than those of which their rows tell.
    pub(super) fn take_to_restate(&mut self) -> HashSet<Arc<Path>> {
        std::mem::take(&mut self.companions.to_restate)
    }

    /// What a photo shows is worked out anew from what its file states, after its sidecars changed.
    pub(super) fn restate(&mut self, path: &Path, in_file: &Stated) {
        let Some(&number) = self.by_path.get(path) else { return };
        let Some(mut row) = self.now.rows.get(number).cloned() else {
            return;
        };
        self.state(&mut row, in_file);
        if self.now.rows.get(number) != Some(&row) {
            self.now.rows.update(number, |old| *old = row);
            self.now.stated_version += 1;
        }
    }
}

/// Photos whose sidecars came, changed or went learn what is stated of them now. What their files state is read from the database
/// while the index is free for others.
pub(crate) fn restate_photos(shared: &Shared, reader: &Reader) {
    let photos = shared.index().take_to_restate();
    for photo in photos {
        let hash = {
            let index = shared.index();
            let row = index.by_path.get(&photo).and_then(|&row| index.now.rows.get(row));
            row.map(|row| row.hash)
        };
        let Some(hash) = hash else { continue };
        let in_file = match reader.facts_of_hash(&hash) {
            Ok(facts) => facts.map_or_else(Stated::default, |facts| facts.stated),
            Err(error) => {
                tracing::warn!(%error, "what a photo's file states is not known");
                Stated::default()
            }
        };
        shared.index().restate(&photo, &in_file);
    }
}
