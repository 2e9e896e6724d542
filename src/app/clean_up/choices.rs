//! Which photos stay, and which go: marks that do nothing until the question is answered.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use refocus_engine::{CleanUpGroup, CleanUpPhoto};

use super::action::Spare;

/// What becomes of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Keep,
    Trash,
}

/// What was chosen, by path. A photo of which nothing was said stays.
#[derive(Debug, Default)]
pub(super) struct Choices(HashMap<Arc<Path>, Choice>);

/// What was chosen of some photos before a step.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Before(Vec<(Arc<Path>, Option<Choice>)>);

impl Choices {
    /// What is chosen of these photos now, to come back to it.
    pub(super) fn before<'a>(&self, photos: impl Iterator<Item = &'a CleanUpPhoto>) -> Before {
        Before(photos.map(|photo| (Arc::clone(&photo.path), self.of(photo))).collect())
    }

    /// Takes a step back.
    pub(super) fn restore(&mut self, before: Before) {
        for (path, choice) in before.0 {
            match choice {
                Some(choice) => drop(self.0.insert(path, choice)),
                None => drop(self.0.remove(&path)),
            }
        }
    }

    pub(super) fn of(&self, photo: &CleanUpPhoto) -> Option<Choice> {
        self.0.get(&photo.path).copied()
    }

    /// Keeps a photo, or takes that back.
    pub(super) fn keep(&mut self, photo: &CleanUpPhoto) {
        self.toggle(photo, Choice::Keep);
    }

    /// Marks a photo for the trash, or takes that back. Returns whether it could be: one photo of a group stays.
    pub(super) fn trash(&mut self, group: &[CleanUpPhoto], place: usize) -> bool {
        let Some(photo) = group.get(place) else { return true };
        let goes = |other: &CleanUpPhoto| self.of(other) == Some(Choice::Trash);
        let others_stay = group
            .iter()
            .enumerate()
            .any(|(other, photo)| other != place && !goes(photo));
        if !others_stay && !goes(photo) {
            return false;
        }
        self.toggle(photo, Choice::Trash);
        true
    }

    /// Keeps the best of a group; all others are marked for the trash.
    pub(super) fn keep_best(&mut self, group: &CleanUpGroup) {
        for (place, photo) in group.photos.iter().enumerate() {
            let choice = if place == group.best {
                Choice::Keep
            } else {
                Choice::Trash
            };
            self.0.insert(Arc::clone(&photo.path), choice);
        }
    }

    /// Nothing is said of the photos of a group any more.
    pub(super) fn forget(&mut self, group: &CleanUpGroup) {
        for photo in group.photos.iter() {
            self.0.remove(&photo.path);
        }
    }

    /// What is marked for the trash, of the groups that are told. Of a group all of whose photos are marked, the best stays: a photo that
    /// was to stay may have gone in the meantime.
    pub(super) fn spare<'a>(&self, groups: impl Iterator<Item = &'a CleanUpGroup>) -> Spare {
        let mut spare = Spare::default();
        let mut once = std::collections::HashSet::new();
        for group in groups {
            let goes = |photo: &CleanUpPhoto| self.of(photo) == Some(Choice::Trash);
            let all = group.photos.iter().all(goes);
            for (place, photo) in group.photos.iter().enumerate() {
                if goes(photo) && !(all && place == group.best) && once.insert(Arc::clone(&photo.path)) {
                    spare.photos.push(Arc::clone(&photo.path));
                    spare.files += photo.files;
                    spare.bytes += photo.bytes;
                }
            }
        }
        spare
    }

    fn toggle(&mut self, photo: &CleanUpPhoto, choice: Choice) {
        if self.0.insert(Arc::clone(&photo.path), choice) == Some(choice) {
            self.0.remove(&photo.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::{CleanUpKind, FileId};

    fn group(count: u8, best: usize) -> CleanUpGroup {
        let photo = |number: u8| CleanUpPhoto {
            row: u32::from(number),
            id: FileId(i64::from(number)),
            path: Arc::from(Path::new(&format!("/a/{number}.jpg"))),
            hash: [number; 32],
            bytes: 100,
            files: 1 + usize::from(number == 2),
            sharpness: None,
        };
        CleanUpGroup {
            kind: CleanUpKind::Same,
            photos: (0..count).map(photo).collect(),
            best,
            why: Vec::new(),
        }
    }

    #[test]
    fn a_mark_is_taken_back_by_the_same_key() {
        let group = group(3, 0);
        let mut choices = Choices::default();
        assert!(choices.trash(&group.photos, 1));
        choices.keep(&group.photos[0]);
        assert_eq!(choices.of(&group.photos[0]), Some(Choice::Keep));
        assert_eq!(choices.spare(std::iter::once(&group)).photos.len(), 1);
        assert!(choices.trash(&group.photos, 1));
        choices.keep(&group.photos[0]);
        assert!(choices.0.is_empty());
    }

    #[test]
    fn one_photo_of_a_group_stays() {
        let group = group(2, 0);
        let mut choices = Choices::default();
        assert!(choices.trash(&group.photos, 0));
        assert!(!choices.trash(&group.photos, 1));
        assert_eq!(choices.of(&group.photos[1]), None);
    }

    #[test]
    fn of_a_group_of_which_all_are_marked_the_best_stays() {
        let all = group(3, 1);
        let mut choices = Choices::default();
        choices.keep_best(&all);
        // The one that was to stay has gone meanwhile.
        let mut left = group(3, 0);
        left.photos = Arc::from([all.photos[0].clone(), all.photos[2].clone()]);
        let spare = choices.spare(std::iter::once(&left));
        assert_eq!(spare.photos, [Arc::clone(&all.photos[2].path)]);
    }

    #[test]
    fn files_and_bytes_are_counted_with_raw_files_and_each_once() {
        let group = group(3, 0);
        let mut choices = Choices::default();
        choices.keep_best(&group);
        let spare = choices.spare([&group, &group].into_iter());
        assert_eq!((spare.photos.len(), spare.files, spare.bytes), (2, 3, 200));
        choices.forget(&group);
        assert_eq!(choices.spare(std::iter::once(&group)), Spare::default());
    }
}
