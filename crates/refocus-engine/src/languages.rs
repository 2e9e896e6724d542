//! Language packs as files: where they lie, how one is installed and removed.

use std::path::{Path, PathBuf};

use refocus_model::languages::LanguagePack;

/// What a pack's file is called by its ending.
const ENDING: &str = "safetensors";
/// The name under which a person's own pack is kept.
const OWN: &str = "languages.safetensors";

/// The folders in which packs are looked for: the person's own, then the system's.
#[must_use]
pub fn language_folders(own: &Path) -> Vec<PathBuf> {
    vec![own.to_path_buf(), PathBuf::from("/usr/share/refocus/languages")]
}

/// The packs that lie in these folders, the first of which is used.
#[must_use]
pub fn installed_packs(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut packs = Vec::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(folder) else {
            continue;
        };
        let mut here: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|ending| ending == ENDING))
            .collect();
        here.sort();
        packs.extend(here);
    }
    packs
}

/// Copies a pack into the person's folder, after it was opened as a check. Returns where it lies.
///
/// # Errors
/// A line for the person, which names the file.
pub fn install_pack(file: &Path, own: &Path) -> Result<PathBuf, String> {
    LanguagePack::open(file).map_err(|error| error.to_string())?;
    let kept = own.join(OWN);
    let arriving = own.join("arriving");
    let copied = std::fs::create_dir_all(own)
        .and_then(|()| std::fs::copy(file, &arriving))
        .and_then(|_| std::fs::rename(&arriving, &kept));
    copied.map_err(|error| format!("the language pack could not be copied ({error}): {}", kept.display()))?;
    Ok(kept)
}

/// Removes the person's own pack. `Ok(false)` where there is none.
///
/// # Errors
/// A line for the person, which names the file.
pub fn remove_pack(own: &Path) -> Result<bool, String> {
    let kept = own.join(OWN);
    match std::fs::remove_file(&kept) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(format!(
            "the language pack could not be removed ({error}): {}",
            kept.display()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_found_where_it_was_installed_until_it_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("languages");
        let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/languages.safetensors");
        assert!(installed_packs(std::slice::from_ref(&own)).is_empty());
        let kept = install_pack(&pack, &own).unwrap();
        assert_eq!(installed_packs(std::slice::from_ref(&own)), [kept]);
        assert!(remove_pack(&own).unwrap());
        assert!(!remove_pack(&own).unwrap());
    }

    #[test]
    fn a_file_that_is_no_pack_is_refused_by_name_and_nothing_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("languages");
        let file = folder.path().join("holiday.jpg");
        std::fs::write(&file, b"no pack").unwrap();
        assert!(install_pack(&file, &own).unwrap_err().contains("holiday.jpg"));
        assert!(installed_packs(&[own]).is_empty());
    }
}
