//! The classes of the real photos that nothing is ever fitted or trained on, so that they can be judged.
//!
//! `assets/held-out-classes.json` is the list; it was drawn once by [`HeldOut::draw`] and is committed: what ships is what
//! was judged. Every stage of training reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

/// Endings of the pictures of a data folder, in any case.
const PICTURES: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

/// The committed list.
const COMMITTED: &str = include_str!("../../../../assets/held-out-classes.json");

/// Held-out class folders of each data set.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HeldOut {
    /// Seed that the classes were drawn with.
    pub seed: u64,
    /// Folder name of a data set → folder names of its held-out classes.
    pub classes: BTreeMap<String, BTreeSet<String>>,
}

impl HeldOut {
    /// The committed list.
    ///
    /// # Errors
    /// When the file inside the binary is damaged.
    pub fn committed() -> Result<Self, serde_json::Error> {
        serde_json::from_str(COMMITTED)
    }

    /// Draws `count` classes of each data set: (name, all its classes, count).
    pub fn draw(seed: u64, sets: &[(&str, BTreeSet<String>, usize)]) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let classes = sets
            .iter()
            .map(|(name, all, count)| {
                let drawn: BTreeSet<usize> = sample(&mut random, all.len(), (*count).min(all.len()))
                    .into_iter()
                    .collect();
                let names = all
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| drawn.contains(i))
                    .map(|(_, class)| class.clone());
                ((*name).to_owned(), names.collect())
            })
            .collect();
        Self { seed, classes }
    }

    /// The pictures below a data folder that lie in no held-out class, by name.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn training_photos(&self, folder: &Path) -> walkdir::Result<Vec<PathBuf>> {
        let mut photos = Vec::new();
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let entry = entry?;
            let ending = entry.path().extension();
            let picture = ending.is_some_and(|ending| PICTURES.iter().any(|known| ending.eq_ignore_ascii_case(known)));
            if entry.file_type().is_file() && picture && !self.contains(entry.path()) {
                photos.push(entry.into_path());
            }
        }
        Ok(photos)
    }

    /// Whether a photo lies in a held-out class: below a folder of that name, below the folder of its data set.
    pub fn contains(&self, photo: &Path) -> bool {
        let mut set = None;
        for component in photo.components() {
            let Component::Normal(name) = component else { continue };
            let Some(name) = name.to_str() else { continue };
            if set.is_some_and(|classes: &BTreeSet<String>| classes.contains(name)) {
                return true;
            }
            set = self.classes.get(name).or(set);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_list_holds_25_objects_10_groceries_and_2_garments() {
        let held_out = HeldOut::committed().unwrap();
        let counts: Vec<(&str, usize)> = held_out
            .classes
            .iter()
            .map(|(set, names)| (set.as_str(), names.len()))
            .collect();
        assert_eq!(counts, [("caltech101", 25), ("clothing", 2), ("grocery", 10)]);
    }

    #[test]
    fn photos_below_a_held_out_class_of_their_own_set_are_held_out() {
        let held_out = HeldOut::draw(0, &[("birds", BTreeSet::from(["emu".to_owned()]), 1)]);
        assert!(held_out.contains(Path::new("/data/birds/emu/1.webp")));
        assert!(held_out.contains(Path::new("birds/large/emu/1.webp")));
        assert!(!held_out.contains(Path::new("/data/birds/ibis/1.webp")));
        assert!(!held_out.contains(Path::new("/emu/birds/ibis/1.webp")));
        assert!(!held_out.contains(Path::new("/data/cars/emu/1.webp")));
    }

    #[test]
    fn the_same_seed_draws_the_same_classes() {
        let all: BTreeSet<String> = (0..40).map(|i| i.to_string()).collect();
        let draw = |seed| HeldOut::draw(seed, &[("set", all.clone(), 7)]);
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3).classes, draw(4).classes);
        assert!(draw(3).classes.values().all(|names| names.len() == 7));
    }
}
