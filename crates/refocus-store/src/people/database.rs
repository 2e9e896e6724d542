//! The file of faces and persons beside a library: made, opened, rescued, and forgotten as a whole.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::keepsake;
use super::reader::PeopleReader;
use super::recorder::Recorder;
use super::schema::{MIGRATIONS, PEOPLE_APPLICATION_ID};
use super::statements::{PeopleStatements, Persons, add_persons, lay_down};
use super::store::PeopleStore;
use crate::StoreError;
use crate::new_file::{beside, make_private, remove_own_files};
use crate::open::{Database, Format};
use crate::rescue::{Table, build_anew};

/// What the file's name ends with, behind that of the library.
const ENDING: &str = "-people";

/// The file of faces and persons.
static PEOPLE: Format = Format {
    application_id: PEOPLE_APPLICATION_ID,
    migrations: MIGRATIONS,
    keepsake: keepsake::path_for,
    has_kept: |path| !keepsake::read(path).is_empty(),
};

/// What cannot be computed again first.
const TABLES: [Table; 8] = [
    Table {
        name: "person",
        columns: &["id", "name", "hidden", "touched", "picture"],
        newer: &[],
        key: "id",
    },
    Table {
        name: "photo",
        columns: &["id", "hash", "revision", "failed"],
        newer: &[],
        key: "id",
    },
    Table {
        name: "face",
        columns: &[
            "id", "photo_id", "revision", "bounds", "points", "quality", "scale", "identity",
        ],
        newer: &[],
        key: "id",
    },
    Table {
        name: "member",
        columns: &["face_id", "person_id", "said"],
        newer: &[],
        key: "face_id",
    },
    Table {
        name: "refused",
        columns: &["face_id", "person_id"],
        newer: &[],
        key: "face_id",
    },
    Table {
        name: "apart",
        columns: &["one", "other"],
        newer: &[],
        key: "one",
    },
    Table {
        name: "waiting",
        columns: &["hash", "bounds", "person_id", "said"],
        newer: &[],
        key: "hash",
    },
    Table {
        name: "step",
        columns: &["id", "made_at", "kind", "undone", "changes"],
        newer: &[],
        key: "id",
    },
];

/// Rows that refer to rows which are lost. A person whose row is lost has lost the name; the faces still belong together.
const ORPHANS: &str = "
    INSERT OR IGNORE INTO person (id, touched)
        SELECT DISTINCT person_id, max(said) > 0 FROM member GROUP BY person_id;
    DELETE FROM face    WHERE photo_id NOT IN (SELECT id FROM photo);
    DELETE FROM member  WHERE face_id NOT IN (SELECT id FROM face);
    DELETE FROM refused WHERE face_id NOT IN (SELECT id FROM face) OR person_id NOT IN (SELECT id FROM person);
    DELETE FROM apart   WHERE one NOT IN (SELECT id FROM person) OR other NOT IN (SELECT id FROM person);
    DELETE FROM waiting WHERE person_id NOT IN (SELECT id FROM person);
    UPDATE person SET picture = NULL WHERE picture NOT IN (SELECT id FROM face);
";

/// The faces and persons of a library, in a file of their own: what is known of people is in one place, and goes as a whole.
///
/// The library's lock is the lock of this file too.
#[derive(Clone, Debug)]
pub struct PeopleDatabase(pub(super) Database);

/// What was kept of a damaged file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleRescued {
    /// Where the damaged file lies now; `None` where it was missing.
    pub aside: Option<PathBuf>,
    /// Persons.
    pub persons: usize,
    /// Faces.
    pub faces: usize,
    /// What was said of faces that the pass has to find again.
    pub waiting: usize,
}

impl PeopleDatabase {
    /// Where it lies for the library at `library`.
    #[must_use]
    pub fn path_for(library: &Path) -> PathBuf {
        beside(library, ENDING)
    }

    /// Whether the library has such a file, or what is left of one. Where it does not, nothing was ever kept of people.
    ///
    /// # Errors
    /// [`StoreError::NotALibrary`] where something lies there that is no file. Nothing is written.
    pub fn is_there(library: &Path) -> Result<bool, StoreError> {
        Database::is_there_as(&Self::path_for(library), &PEOPLE)
    }

    /// Opens the file, or makes a new one: only for a person who said yes. An older schema is brought up to date; a newer, foreign or
    /// damaged file, and one that is missing while its keepsake is there, is reported and not touched. Others than its owner cannot
    /// read it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn open(library: &Path) -> Result<Self, StoreError> {
        let opened = Self(Database::open_as(&Self::path_for(library), &PEOPLE)?);
        make_private(opened.path());
        Ok(opened)
    }

    /// Opens it only to read it.
    ///
    /// # Errors
    /// Any [`StoreError`]; [`StoreError::Older`] where the schema is not this program's, [`StoreError::CannotOpen`] where there is none.
    pub fn open_read_only(library: &Path) -> Result<Self, StoreError> {
        Database::open_read_only_as(&Self::path_for(library), &PEOPLE).map(Self)
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A read-only connection.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn reader(&self) -> Result<PeopleReader, StoreError> {
        PeopleReader::new(self)
    }

    /// The one connection that writes. The caller sees to it that there is only one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn writer(&self) -> Result<PeopleStore, StoreError> {
        PeopleStore::new(self)
    }

    /// Writes the file again from a connection whose file is gone from its place, as [`Database::write_again`] does.
    ///
    /// # Errors
    /// Any [`StoreError`]; then the place is as it was.
    pub fn write_again(&self, from: &PeopleStore) -> Result<(), StoreError> {
        self.0.write_again_from(&from.inner)
    }

    /// Builds a new file from what can be read of a damaged one and from the keepsake, and puts the damaged one aside. The caller holds
    /// the library's lock. A kill at any moment leaves the damaged file or the new one in place.
    ///
    /// # Errors
    /// The new one cannot be written; then nothing was changed.
    pub fn rescue(library: &Path) -> Result<PeopleRescued, StoreError> {
        let path = Self::path_for(library);
        let kept = keepsake::read(&path);
        let mut rescued = PeopleRescued::default();
        rescued.aside = build_anew(&path, &PEOPLE, &TABLES, |new| {
            restore(new, &kept)?;
            let count = |sql: &str| new.query_row(sql, [], |row| row.get::<_, i64>(0));
            rescued.persons = count("SELECT count(*) FROM person")? as usize;
            rescued.faces = count("SELECT count(*) FROM face")? as usize;
            rescued.waiting = count("SELECT count(*) FROM waiting")? as usize;
            Ok(())
        })?;
        make_private(&path);
        Ok(rescued)
    }

    /// Deletes all that is kept of people: the file, its log, its keepsake, and what was put aside of damaged ones. Returns what was
    /// deleted. The caller holds the library's lock and has closed every connection.
    ///
    /// # Errors
    /// Something cannot be deleted; the rest is.
    pub fn forget(library: &Path) -> std::io::Result<Vec<PathBuf>> {
        remove_own_files(&Self::path_for(library))
    }
}

impl PeopleStatements {
    /// Writes the keepsake of the library at `library`: the file holds the old state or the new one, never half of either.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn write_keepsake(&self, library: &Path) -> std::io::Result<()> {
        keepsake::write(self, &PeopleDatabase::path_for(library))
    }

    /// Reads the keepsake of the library at `library`. Lines that cannot be understood are passed over; without a file it is empty.
    #[must_use]
    pub fn read_keepsake(library: &Path) -> Self {
        keepsake::read(&PeopleDatabase::path_for(library))
    }

    /// Where the keepsake of the library at `library` lies.
    #[must_use]
    pub fn keepsake_path(library: &Path) -> PathBuf {
        keepsake::path_for(&PeopleDatabase::path_for(library))
    }
}

fn restore(new: &mut Connection, kept: &PeopleStatements) -> rusqlite::Result<()> {
    let transaction = new.transaction()?;
    let mut recorder = Recorder::new(&transaction);
    // Before rows without their persons go.
    add_persons(&mut recorder, kept)?;
    transaction.execute_batch(ORPHANS)?;
    lay_down(&mut recorder, kept, Persons::AsNumbered)?;
    drop(recorder);
    transaction.commit()
}
