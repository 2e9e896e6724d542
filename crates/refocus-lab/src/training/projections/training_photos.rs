//! Which photos projections are fitted on.

use std::path::PathBuf;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{FitError, Params};
use crate::training::held_out::HeldOut;

/// The photos to fit on, each with the name of its data set; the same for the same seed and folders.
pub(super) fn training_photos(params: &Params, held_out: &HeldOut) -> Result<Vec<(String, PathBuf)>, FitError> {
    let mut random = ChaCha8Rng::seed_from_u64(params.seed);
    let mut files = Vec::new();
    let mut draw = |mut photos: Vec<(String, PathBuf)>| {
        photos.shuffle(&mut random);
        photos.truncate(params.photos_per_folder);
        files.extend(photos);
    };
    for folder in &params.folders {
        let set = folder
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let photos = held_out.training_photos(folder)?;
        draw(photos.into_iter().map(|path| (set.clone(), path)).collect());
    }
    let everyday = params.everyday.iter();
    draw(everyday.map(|path| ("everyday".to_owned(), path.clone())).collect());
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_photos_leave_out_held_out_classes_and_repeat_with_the_seed() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("set");
        for class in ["kept", "judged"] {
            std::fs::create_dir_all(set.join(class)).unwrap();
            for i in 0..6 {
                std::fs::write(set.join(class).join(format!("{i}.webp")), []).unwrap();
            }
            std::fs::write(set.join(class).join("notes.txt"), []).unwrap();
        }
        let held_out = HeldOut::draw(0, &[("set", ["judged".to_owned()].into(), 1)]);
        let params = |seed, photos_per_folder| Params {
            folders: vec![set.clone()],
            everyday: Vec::new(),
            photos_per_folder,
            seed,
            out: PathBuf::new(),
        };
        let all = training_photos(&params(1, 100), &held_out).unwrap();
        assert_eq!(all.len(), 6);
        assert!(
            all.iter()
                .all(|(name, path)| name == "set" && path.starts_with(set.join("kept")))
        );
        assert_eq!(training_photos(&params(1, 4), &held_out).unwrap(), all[..4]);
        let with_everyday = Params {
            everyday: (0..9).map(|i| folder.path().join(format!("{i}.webp"))).collect(),
            ..params(1, 4)
        };
        let sets: Vec<String> = training_photos(&with_everyday, &held_out)
            .unwrap()
            .into_iter()
            .map(|(set, _)| set)
            .collect();
        assert_eq!(sets, [["set"; 4], ["everyday"; 4]].concat());
    }
}
