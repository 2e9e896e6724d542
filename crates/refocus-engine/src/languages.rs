//! Language packs as files: where they lie, how one is installed and removed.

use std::path::{Path, PathBuf};

use refocus_model::languages::{LanguagePack, PackFacts};

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
    LanguagePack::open(file).map_err(|error| {
        format!("This file cannot be installed: choose the languages.safetensors of this version of Refocus. {error}")
    })?;
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

/// A pack that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledPack {
    /// Its file.
    pub path: PathBuf,
    /// What the file says of itself, or what is wrong with it.
    pub facts: Result<PackFacts, String>,
    /// Whether it is the person's own, which can be removed.
    pub own: bool,
}

/// What is known of language packs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LanguagesState {
    /// Those that are there; the first is used.
    pub packs: Vec<InstalledPack>,
    /// Why the last request was not done.
    pub error: Option<String>,
}

/// What can be asked about language packs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LanguageRequest {
    /// Which there are.
    List,
    /// Copies a pack into the person's folder.
    Install(PathBuf),
    /// Removes the person's own pack.
    Remove,
}

/// Does what is asked, and says what is there then. Reads whole files.
pub(crate) fn answer_languages(request: &LanguageRequest, own: &Path) -> LanguagesState {
    let done = match request {
        LanguageRequest::List => Ok(()),
        LanguageRequest::Install(file) => install_pack(file, own).map(drop),
        LanguageRequest::Remove => remove_pack(own).map(drop),
    };
    let packs = installed_packs(&language_folders(own))
        .into_iter()
        .map(|path| InstalledPack {
            facts: PackFacts::read(&path).map_err(|error| error.to_string()),
            own: path.starts_with(own),
            path,
        });
    LanguagesState {
        packs: packs.collect(),
        error: done.err(),
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
        let state = answer_languages(&LanguageRequest::List, &own);
        assert!(state.packs[0].own && state.packs[0].facts.as_ref().unwrap().readable);
        assert!(remove_pack(&own).unwrap());
        assert!(!remove_pack(&own).unwrap());
    }

    #[test]
    fn a_file_that_is_no_pack_is_refused_by_name_and_nothing_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("languages");
        let file = folder.path().join("holiday.jpg");
        std::fs::write(&file, b"no pack").unwrap();
        let told = answer_languages(&LanguageRequest::Install(file), &own).error.unwrap();
        assert!(told.contains("holiday.jpg") && told.contains("choose"), "{told}");
        assert!(installed_packs(&[own]).is_empty());
    }
}
