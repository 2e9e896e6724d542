//! Under which name a file with several names is shown: symbolic links, files behind links to folders, hard links.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use refocus_media::{FoundFile, same_file};

use super::run::Tools;

/// As many files of one size and time are asked whether they are the same file.
const MOST_ALIKE: usize = 64;

/// Listed files by their bytes and time of change.
type Alike = HashMap<(u64, i64), Vec<Arc<Path>>>;

/// What one look at a folder has found out about names.
#[derive(Default)]
pub(super) struct Names {
    /// Real paths of folders.
    real: RefCell<HashMap<PathBuf, Option<PathBuf>>>,
    /// The files that can be the one at hand.
    alike: OnceCell<Alike>,
}

impl Names {
    /// The name under which a file is shown that has several, where that is another than the one at hand: what a symbolic link leads
    /// to; of hard links the one that stood for all before, or was met first. `root`: the added folder.
    pub(super) fn first(&self, tools: &Tools, root: &Path, file: &FoundFile) -> Option<PathBuf> {
        let link = file.link.as_ref()?;
        let own = if link.is_symbolic {
            self.as_listed(root, self.real_path(&file.path)?)
        } else {
            file.path.clone()
        };
        let Some(identity) = link.identity else {
            return (own != file.path).then_some(own);
        };
        let still = |name: &PathBuf| same_file(name, &own);
        let met = tools.shared.first_names().get(&identity).cloned();
        let first = met
            .filter(still)
            .or_else(|| self.listed(tools, file, &own))
            .unwrap_or(own);
        tools.shared.first_names().insert(identity, first.clone());
        (first != file.path).then_some(first)
    }

    /// The name under which the file at `own` is listed already, of those that other hard links give it.
    fn listed(&self, tools: &Tools, file: &FoundFile, own: &Path) -> Option<PathBuf> {
        let first_of = |name: &Path| tools.shared.index().links.first_name(name).map(Path::to_path_buf);
        if let Some(first) = first_of(own).filter(|first| same_file(first, own)) {
            return Some(first);
        }
        let alike = self.alike.get_or_init(|| {
            let mut alike = Alike::new();
            for row in tools.shared.rows().iter().filter(|row| !row.gone) {
                let paths = alike.entry((row.bytes, row.modified_ns)).or_default();
                paths.push(Arc::clone(&row.path));
            }
            alike
        });
        let alike = alike.get(&(file.bytes, file.modified_ns))?.iter().take(MOST_ALIKE);
        let other = alike
            .into_iter()
            .find(|other| ***other != *own && same_file(other, own))?;
        let first = first_of(other).filter(|first| same_file(first, own));
        Some(first.unwrap_or_else(|| other.to_path_buf()))
    }

    /// Where a file really is. The folder above it is asked once for all files in it.
    fn real_path(&self, path: &Path) -> Option<PathBuf> {
        if path.is_symlink() {
            return path.canonicalize().ok();
        }
        let folder = self.real_folder(path.parent()?)?;
        Some(folder.join(path.file_name()?))
    }

    fn real_folder(&self, folder: &Path) -> Option<PathBuf> {
        let mut known = self.real.borrow_mut();
        if let Some(real) = known.get(folder) {
            return real.clone();
        }
        let real = folder.canonicalize().ok();
        known.insert(folder.to_path_buf(), real.clone());
        real
    }

    /// A real path as it is listed: the added folder may be a link itself.
    fn as_listed(&self, root: &Path, real: PathBuf) -> PathBuf {
        let below = self
            .real_folder(root)
            .and_then(|root| Some(real.strip_prefix(root).ok()?.to_path_buf()));
        match below {
            Some(below) if !below.as_os_str().is_empty() => root.join(below),
            _ => real,
        }
    }
}
