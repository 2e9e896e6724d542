//! The folders of the library as a tree, with how many photos lie in each and below it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use refocus_engine::PhotoRow;

/// How many photos lie in which folder, of a chunk of rows.
pub(super) type FolderCounts = Vec<(PathBuf, usize)>;

/// Counts the photos of a chunk. Photos of one folder mostly stand together.
pub(super) fn count_folders<'a>(rows: impl Iterator<Item = &'a PhotoRow>) -> FolderCounts {
    let mut counts: HashMap<&Path, usize> = HashMap::new();
    let mut last: Option<(&Path, usize)> = None;
    for folder in rows.filter_map(|row| row.path.parent()) {
        match &mut last {
            Some((same, count)) if *same == folder => *count += 1,
            _ => {
                if let Some((folder, count)) = last.replace((folder, 1)) {
                    *counts.entry(folder).or_default() += count;
                }
            }
        }
    }
    if let Some((folder, count)) = last {
        *counts.entry(folder).or_default() += count;
    }
    counts
        .into_iter()
        .map(|(folder, count)| (folder.to_path_buf(), count))
        .collect()
}

/// A folder below one of the library's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TreeFolder {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Photos in it and below it.
    pub(super) photos: usize,
}

/// All folders that hold photos, and those around them.
#[derive(Debug, Default)]
pub(super) struct FolderTree {
    /// Photos that lie in the folder itself.
    direct: HashMap<PathBuf, usize>,
    /// For each folder those right below it, by name; `None` after a change.
    inside: Option<HashMap<PathBuf, Vec<TreeFolder>>>,
}

impl FolderTree {
    /// Takes a chunk of rows out that was counted before, and puts in what it is now.
    pub(super) fn change(&mut self, before: &FolderCounts, now: &FolderCounts) {
        if before == now {
            return;
        }
        for (folder, count) in before {
            if let Some(direct) = self.direct.get_mut(folder) {
                *direct = direct.saturating_sub(*count);
                if *direct == 0 {
                    self.direct.remove(folder);
                }
            }
        }
        for (folder, count) in now {
            *self.direct.entry(folder.clone()).or_default() += count;
        }
        self.inside = None;
    }

    /// The library has other folders: all is to be counted anew.
    pub(super) fn tops_changed(&mut self) {
        self.inside = None;
    }

    /// Counts what lies below each folder, after a change. `tops`: the folders of the library.
    pub(super) fn count(&mut self, tops: &[&Path]) {
        if self.inside.is_some() {
            return;
        }
        let mut totals: HashMap<&Path, usize> = HashMap::new();
        for (folder, count) in &self.direct {
            let around = tops.iter().filter(|top| folder.starts_with(top));
            // The outermost of the library's folders.
            let Some(top) = around.min_by_key(|top| top.as_os_str().len()) else {
                continue;
            };
            for above in folder.ancestors().take_while(|above| above.starts_with(top)) {
                *totals.entry(above).or_default() += count;
            }
        }
        let mut inside: HashMap<PathBuf, Vec<TreeFolder>> = HashMap::new();
        for (path, photos) in totals {
            if let Some(parent) = path.parent() {
                inside.entry(parent.to_path_buf()).or_default().push(TreeFolder {
                    path: path.to_path_buf(),
                    photos,
                });
            }
        }
        for folders in inside.values_mut() {
            folders.sort_by_cached_key(|folder| {
                let name = folder
                    .path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .to_lowercase();
                (name, folder.path.clone())
            });
        }
        self.inside = Some(inside);
    }

    /// The folders with photos right below one, by name.
    pub(super) fn inside(&self, folder: &Path) -> &[TreeFolder] {
        self.inside
            .as_ref()
            .and_then(|inside| inside.get(folder))
            .map_or(&[], |folders| folders)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::test_rows;
    use super::*;

    fn rows(paths: &[&str]) -> Vec<PhotoRow> {
        let rows = (0..).zip(paths).map(|(number, path)| PhotoRow {
            path: Arc::from(Path::new(path)),
            ..test_rows::row(number)
        });
        rows.collect()
    }

    #[test]
    fn a_tree_counts_what_lies_below_each_folder_and_follows_changes() {
        let first = count_folders(rows(&["/p/a/1", "/p/a/2", "/p/b/c/3", "/p/a/4", "/p/5"]).iter());
        let second = count_folders(rows(&["/p/b/c/d/6", "/q/7", "/elsewhere/8"]).iter());
        let mut tree = FolderTree::default();
        tree.change(&Vec::new(), &first);
        tree.change(&Vec::new(), &second);
        let tops = [Path::new("/p"), Path::new("/q"), Path::new("/p/b")];
        tree.count(&tops);
        let shown = |tree: &FolderTree, folder: &str| {
            let inside = tree.inside(Path::new(folder)).iter();
            let named = inside.map(|folder| (folder.path.display().to_string(), folder.photos));
            named.collect::<Vec<_>>()
        };
        assert_eq!(shown(&tree, "/p"), [("/p/a".into(), 3), ("/p/b".into(), 2)]);
        assert_eq!(shown(&tree, "/p/b"), [("/p/b/c".into(), 2)]);
        assert_eq!(shown(&tree, "/elsewhere"), []);
        assert_eq!(shown(&tree, "/q"), []);
        tree.change(&second, &count_folders(rows(&["/p/a/6"]).iter()));
        tree.count(&tops);
        assert_eq!(shown(&tree, "/p"), [("/p/a".into(), 4), ("/p/b".into(), 1)]);
        assert_eq!(shown(&tree, "/p/b/c"), []);
    }
}
