//! Faces and persons as files beside a library: copied, moved, examined, cleaned up and repaired with it.

use std::path::Path;

use refocus_store::StoreError;
use refocus_store::people::{PeopleDatabase, PeopleRescued, PeopleStatements};

/// What a look at the file found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExaminedPeople {
    /// "ok", or what is wrong.
    pub integrity: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Photos that the pass has seen.
    pub photos: usize,
    /// Faces.
    pub faces: usize,
    /// Persons.
    pub persons: usize,
}

/// Copies the file of the library at `from` to where it belongs beside the library at `to`, where there is one.
pub(crate) fn back_up(from: &Path, to: &Path) -> Result<(), StoreError> {
    if !PeopleDatabase::is_there(from)? {
        return Ok(());
    }
    let copied = PeopleDatabase::open_read_only(from)?
        .reader()?
        .back_up(&PeopleDatabase::path_for(to));
    if copied.is_err() {
        // Half a copy must not be taken for a whole one.
        let _ = std::fs::remove_file(PeopleDatabase::path_for(to));
    }
    copied
}

/// After the library was copied to `to`: the keepsake comes along, and everything at `from` goes.
pub(crate) fn leave(from: &Path, to: &Path) -> std::io::Result<()> {
    let statements = PeopleStatements::read_keepsake(from);
    if !statements.is_empty() {
        statements.write_keepsake(to)?;
    }
    PeopleDatabase::forget(from).map(drop)
}

/// Looks at the file; `None` where people are not recognised.
pub(crate) fn examine(library: &Path) -> Option<ExaminedPeople> {
    if matches!(PeopleDatabase::is_there(library), Ok(false)) {
        return None;
    }
    let mut found = ExaminedPeople {
        bytes: std::fs::metadata(PeopleDatabase::path_for(library)).map_or(0, |metadata| metadata.len()),
        ..ExaminedPeople::default()
    };
    let mut read = || {
        let reader = PeopleDatabase::open_read_only(library)?.reader()?;
        found.integrity = reader.integrity()?;
        reader.for_each_pass(|pass| {
            found.photos += 1;
            found.faces += pass.faces;
        })?;
        found.persons = reader.persons()?.len();
        Ok::<_, StoreError>(())
    };
    if let Err(error) = read() {
        found.integrity = error.to_string();
    }
    Some(found)
}

/// Forgets the faces of photos that are not `known`. What was said of them waits for the photo to come back.
pub(crate) fn clean_up(library: &Path, known: &dyn Fn(&[u8; 32]) -> bool) -> Result<(), StoreError> {
    if PeopleDatabase::is_there(library)? {
        PeopleDatabase::open(library)?.writer()?.clean_up(known)?;
    }
    Ok(())
}

/// Puts a damaged file aside and builds a new one from what can be read of it; `None` where it is whole, or there is none.
pub(crate) fn repair(library: &Path) -> Result<Option<(String, PeopleRescued)>, StoreError> {
    if !PeopleDatabase::is_there(library)? {
        return Ok(None);
    }
    let damage = match PeopleDatabase::open(library).and_then(|database| database.reader()?.integrity()) {
        Ok(verdict) if verdict == "ok" => return Ok(None),
        Ok(verdict) => verdict,
        Err(StoreError::Damaged { detail, .. }) => detail,
        Err(error) => return Err(error),
    };
    PeopleDatabase::rescue(library).map(|rescued| Some((damage, rescued)))
}
