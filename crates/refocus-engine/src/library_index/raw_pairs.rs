//! Raw files and the pictures that stand for them: a raw file whose JPEG is there is behind it and not shown.

use std::path::Path;
use std::sync::Arc;

use refocus_media::companions::{is_raw_name, shown_for_raw, stands_for_raw_name};

use super::LibraryIndex;

impl LibraryIndex {
    /// Puts a raw file behind the picture that stands for it, whichever of them came first.
    pub(super) fn pair(&mut self, path: &Path, number: u32) {
        if is_raw_name(path) {
            self.raws.entry(path.with_extension("")).or_default().push(number);
            let shown: Vec<u32> = shown_for_raw(path)
                .filter_map(|shown| self.by_path.get(shown.as_path()).copied())
                .collect();
            for number in shown {
                self.pair_up(number);
            }
        } else if !self.raws.is_empty() && stands_for_raw_name(path) {
            self.pair_up(number);
        }
    }

    /// Works out anew for which raw files a picture stands.
    fn pair_up(&mut self, number: u32) {
        let Some(path) = self.now.rows.get(number).map(|row| Arc::clone(&row.path)) else {
            return;
        };
        let raws = self.raws.get(&path.with_extension("")).cloned().unwrap_or_default();
        let paths: Vec<Arc<Path>> = raws
            .iter()
            .filter_map(|raw| Some(Arc::clone(&self.now.rows.get(*raw)?.path)))
            .collect();
        for raw in raws {
            self.set_behind(raw, true);
        }
        let paths = (!paths.is_empty()).then(|| paths.into());
        self.now.rows.update(number, |row| row.extras.raws = paths);
    }

    /// A row is about to go or to change: raw files behind it come forward, a picture before it stands for it no more.
    pub(super) fn unpair(&mut self, number: u32) {
        let Some(row) = self.now.rows.get(number) else { return };
        let (path, stood_for) = (Arc::clone(&row.path), row.extras.raws.is_some());
        let name = path.with_extension("");
        if is_raw_name(&path) {
            if let Some(raws) = self.raws.get_mut(&name) {
                raws.retain(|raw| *raw != number);
                if raws.is_empty() {
                    self.raws.remove(&name);
                }
            }
            self.set_behind(number, false);
            let shown: Vec<u32> = shown_for_raw(&path)
                .filter_map(|shown| self.by_path.get(shown.as_path()).copied())
                .collect();
            for number in shown {
                self.pair_up(number);
            }
        } else if stood_for {
            self.now.rows.update(number, |row| row.extras.raws = None);
            for raw in self.raws.get(&name).cloned().unwrap_or_default() {
                let Some(path) = self.now.rows.get(raw).map(|row| Arc::clone(&row.path)) else {
                    continue;
                };
                // Another picture of the same name may stand for it as well.
                let mut others = shown_for_raw(&path).filter_map(|shown| self.by_path.get(shown.as_path()));
                if !others.any(|other| *other != number) {
                    self.set_behind(raw, false);
                }
            }
        }
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
}
