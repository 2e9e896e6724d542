//! Text as a file beside a library: read at the start, copied, moved, examined and cleaned up with it.

use std::path::Path;

use refocus_store::texts::{TextDatabase, TextStore};
use refocus_store::{Place, StoreError};

use super::{KnownText, in_words};

/// What a look at the file found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExaminedTexts {
    /// "ok", or what is wrong.
    pub integrity: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Photos that the pass has looked at.
    pub photos: usize,
    /// Photos in which it read something.
    pub with_text: usize,
}

/// All that is known of a library's photos, and what is wrong with the file, for the person: the pass mends that.
pub(crate) fn load(library: &Path) -> (Vec<KnownText>, Option<String>) {
    let mut all = Vec::new();
    let is_there = TextDatabase::is_there(library);
    if matches!(is_there, Ok(false)) {
        return (all, None);
    }
    let read = is_there
        .and_then(|_| TextDatabase::open_read_only(library))
        .and_then(|database| database.reader()?.for_each(|text| all.push(KnownText::of(text))));
    let wrong = match read {
        Ok(0) => None,
        Ok(broken) => Some(format!("The text of {broken} photos is damaged; it is read again")),
        Err(error) => Some(format!("Text in photos cannot be searched: {}", in_words(&error))),
    };
    if let Some(wrong) = &wrong {
        tracing::warn!(wrong, "text in photos");
    }
    (all, wrong)
}

/// Whether the file that is open to write is still in its place.
pub(super) fn is_in_place(store: &TextStore) -> bool {
    store.place() == Place::Open
}

/// Copies the file of the library at `from` to where it belongs beside the library at `to`, where there is one that can be read: what is
/// damaged is read anew from the photos.
pub(crate) fn back_up(from: &Path, to: &Path) -> Result<(), StoreError> {
    if !TextDatabase::is_there(from)? {
        return Ok(());
    }
    let place = TextDatabase::path_for(to);
    let copied = TextDatabase::open_read_only(from).and_then(|database| database.reader()?.back_up(&place));
    if copied.is_err() {
        // Half a copy must not be taken for a whole one.
        let _ = std::fs::remove_file(&place);
    }
    match copied {
        Err(error @ (StoreError::Damaged { .. } | StoreError::Older { .. })) => {
            tracing::warn!(%error, "text in photos is not copied");
            Ok(())
        }
        other => other,
    }
}

/// After the library was copied: everything at `from` goes.
pub(crate) fn leave(from: &Path) -> std::io::Result<()> {
    TextDatabase::forget(from).map(drop)
}

/// Looks at the file; `None` where nothing was read.
pub(crate) fn examine(library: &Path) -> Option<ExaminedTexts> {
    if matches!(TextDatabase::is_there(library), Ok(false)) {
        return None;
    }
    let mut found = ExaminedTexts {
        bytes: std::fs::metadata(TextDatabase::path_for(library)).map_or(0, |metadata| metadata.len()),
        ..ExaminedTexts::default()
    };
    let mut read = || {
        let reader = TextDatabase::open_read_only(library)?.reader()?;
        found.integrity = reader.integrity()?;
        reader.for_each(|text| {
            found.photos += 1;
            found.with_text += usize::from(!text.lines.is_empty());
        })?;
        Ok::<_, StoreError>(())
    };
    if let Err(error) = read() {
        found.integrity = in_words(&error);
    }
    Some(found)
}

/// Forgets the texts of photos that are not `known`; a damaged file goes: its photos are read again.
pub(crate) fn clean_up(library: &Path, known: &dyn Fn(&[u8; 32]) -> bool) -> Result<(), StoreError> {
    if !TextDatabase::is_there(library)? {
        return Ok(());
    }
    let cleaned = TextDatabase::open(library).and_then(|database| database.writer()?.clean_up(known));
    match cleaned {
        Err(StoreError::Damaged { .. }) => TextDatabase::start_anew(library).map(drop),
        other => other,
    }
}

/// Makes a damaged file anew; what was wrong with it, or `None` where it is whole or there is none.
pub(crate) fn repair(library: &Path) -> Result<Option<String>, StoreError> {
    if matches!(TextDatabase::is_there(library), Ok(false)) {
        return Ok(None);
    }
    let damage = match TextDatabase::open(library).and_then(|database| database.reader()?.integrity()) {
        Ok(verdict) if verdict == "ok" => return Ok(None),
        Ok(verdict) => verdict,
        Err(StoreError::Damaged { detail, .. }) => detail,
        Err(StoreError::NotALibrary { what, path }) => {
            let aside = TextDatabase::set_aside(library).map_err(|_| StoreError::NotALibrary { what, path })?;
            return Ok(Some(format!(
                "it is not Refocus's, {what}, kept as {}",
                aside.display()
            )));
        }
        Err(error) => return Err(error),
    };
    TextDatabase::start_anew(library).map(|_| Some(damage))
}
