//! One file under several names: symbolic and hard links.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

/// Which names mean a file that has another name as well.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// The name under which a file is shown that has this one too.
    first: HashMap<Arc<Path>, Arc<Path>>,
    /// The further names of a file, by the one under which it is shown.
    further: HashMap<Arc<Path>, BTreeSet<Arc<Path>>>,
}

impl Links {
    /// The name under which this one's file is shown, where it is another.
    pub(crate) fn first_name(&self, path: &Path) -> Option<&Path> {
        self.first.get(path).map(AsRef::as_ref)
    }

    /// Takes note that `path` is a further name of `first`, or that it is none. Hands back the first name that it had.
    pub(super) fn set(&mut self, path: &Arc<Path>, first: Option<&Path>) -> Option<Arc<Path>> {
        let before = self.first.remove(path);
        if let Some(names) = before.as_ref().and_then(|before| self.further.get_mut(before)) {
            names.remove(path);
            if names.is_empty() {
                before.as_ref().map(|before| self.further.remove(before));
            }
        }
        if let Some(first) = first.filter(|first| *first != &**path) {
            let first: Arc<Path> = Arc::from(first);
            self.further
                .entry(Arc::clone(&first))
                .or_default()
                .insert(Arc::clone(path));
            self.first.insert(Arc::clone(path), first);
        }
        before
    }

    /// The name under which a file was shown is another from now on.
    pub(super) fn first_renamed(&mut self, from: &Path, to: &Arc<Path>) {
        let Some(further) = self.further.remove(from) else {
            return;
        };
        for name in further.iter().filter(|name| **name != *to) {
            self.first.insert(Arc::clone(name), Arc::clone(to));
        }
        self.first.remove(to);
        let further = further.into_iter().filter(|name| name != to);
        self.further.entry(Arc::clone(to)).or_default().extend(further);
    }

    /// All names of the file at `path`, the one under which it is shown first, whether or not they are in the library. Empty for a
    /// file of one name.
    pub(super) fn names(&self, path: &Path) -> Vec<Arc<Path>> {
        let first = self.first.get(path).map_or(path, AsRef::as_ref);
        let Some((first, further)) = self.further.get_key_value(first) else {
            return Vec::new();
        };
        std::iter::once(first).chain(further).cloned().collect()
    }

    /// The other names of the file at `path`.
    pub(super) fn around(&self, path: &Path) -> Vec<Arc<Path>> {
        let names = self.names(path).into_iter();
        names.filter(|name| **name != *path).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_file_are_known_from_each_of_them_and_forgotten_one_by_one() {
        let mut links = Links::default();
        let path = |name: &str| -> Arc<Path> { Arc::from(Path::new(name)) };
        let (one, two, three) = (path("/a/1.jpg"), path("/b/1.jpg"), path("/c/1.jpg"));
        links.set(&two, Some(&one));
        links.set(&three, Some(&one));
        for name in [&one, &two, &three] {
            assert_eq!(links.names(name), [one.clone(), two.clone(), three.clone()]);
        }
        assert_eq!(links.first_name(&two), Some(&*one));
        assert_eq!(links.set(&two, None), Some(one.clone()));
        assert_eq!(links.around(&one), std::slice::from_ref(&three));
        assert!(links.names(&two).is_empty());
        links.first_renamed(&one, &two);
        assert!(links.names(&one).is_empty());
        assert_eq!(links.names(&three), [two.clone(), three.clone()]);
        links.set(&three, Some(&three));
        assert!(links.names(&two).is_empty() && links.further.is_empty());
    }
}
