//! Groups all of whose photos are to stay.

use std::collections::HashMap;

use refocus_store::{Reader, StoreError};

use super::ContentFiles;

/// What the person decided, by content.
#[derive(Clone, Debug, Default)]
pub(super) struct KeptAlike {
    /// For each content the decisions about it, and how many of its files were to stay.
    by_content: HashMap<[u8; 32], HashMap<i64, u32>>,
    /// Contents of each decision.
    sizes: HashMap<i64, usize>,
}

impl KeptAlike {
    pub(super) fn read(reader: &Reader) -> Result<Self, StoreError> {
        let mut kept = Self::default();
        reader.for_each_kept_alike(|hash, decision, files| kept.add(hash, decision, files))?;
        Ok(kept)
    }

    fn add(&mut self, hash: [u8; 32], decision: i64, files: u32) {
        let before = self.by_content.entry(hash).or_default().insert(decision, files);
        if before.is_none() {
            *self.sizes.entry(decision).or_default() += 1;
        }
    }

    /// Whether one decision was about all of these files, and perhaps more.
    pub(super) fn covers(&self, contents: &[ContentFiles]) -> bool {
        self.decisions(contents, |kept, wanted| kept >= wanted).next().is_some()
    }

    /// The decisions about exactly these files.
    pub(super) fn about(&self, contents: &[ContentFiles]) -> Vec<i64> {
        let same = self.decisions(contents, |kept, wanted| kept == wanted);
        same.filter(|decision| self.sizes.get(decision) == Some(&contents.len()))
            .collect()
    }

    fn decisions<'a>(
        &'a self,
        contents: &'a [ContentFiles],
        enough: impl Fn(u32, u32) -> bool + 'a,
    ) -> impl Iterator<Item = i64> + 'a {
        let first = contents.first().and_then(|first| self.by_content.get(&first.hash));
        let decisions = first.into_iter().flat_map(|decisions| decisions.keys().copied());
        decisions.filter(move |decision| {
            contents.iter().all(|content| {
                let kept = self.by_content.get(&content.hash).and_then(|kept| kept.get(decision));
                kept.is_some_and(|kept| enough(*kept, content.files))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(number: u8, files: u32) -> ContentFiles {
        ContentFiles {
            hash: [number; 32],
            files,
        }
    }

    #[test]
    fn a_group_is_asked_about_again_once_a_photo_joins_it() {
        let mut kept = KeptAlike::default();
        for (number, decision) in [(1, 7), (2, 7), (3, 7), (3, 8), (4, 8)] {
            kept.add([number; 32], decision, 1);
        }
        assert!(kept.covers(&[content(1, 1), content(2, 1), content(3, 1)]));
        assert!(kept.covers(&[content(1, 1), content(3, 1)]), "one of them has gone");
        assert!(!kept.covers(&[content(1, 1), content(2, 1), content(5, 1)]));
        assert!(
            !kept.covers(&[content(2, 1), content(3, 1), content(4, 1)]),
            "two decisions"
        );
        assert_eq!(kept.about(&[content(3, 1), content(4, 1)]), [8]);
        assert!(kept.about(&[content(1, 1), content(3, 1)]).is_empty());
    }

    #[test]
    fn a_further_copy_of_files_that_were_to_stay_is_asked_about() {
        let mut kept = KeptAlike::default();
        kept.add([1; 32], 1, 2);
        assert!(kept.covers(&[content(1, 2)]));
        assert!(!kept.covers(&[content(1, 3)]));
    }
}
