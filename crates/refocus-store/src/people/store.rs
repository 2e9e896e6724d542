//! The one connection that writes faces and persons: what runs of the clustering and the clean-up write.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::database::PeopleDatabase;
use super::recorder::Recorder;
use super::rows::{FaceBounds, FaceId, PersonId, Placement, StepKind};
use super::statements::{Laid, PeopleStatements, Persons, lay_down};
use super::waiting::{Statement, WaitingRow, face_at, say};
use crate::connection::WriteConnection;
use crate::{Place, StoreError};

/// The one connection that writes faces and persons.
#[derive(Debug)]
pub struct PeopleStore {
    pub(super) inner: WriteConnection,
}

/// What a run of the clustering changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clustered {
    /// The persons that were made, by the numbers of [`Placement::New`].
    pub new: BTreeMap<u32, PersonId>,
    /// Faces that belong to another person than before, or to one or none where it was the other way round.
    pub changed: usize,
}

impl PeopleStore {
    pub(super) fn new(database: &PeopleDatabase) -> Result<Self, StoreError> {
        let connection = database.0.write_connection()?;
        // Of what is deleted nothing stays in pages that are free.
        connection
            .pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))
            .map_err(|error| StoreError::from_sqlite(error, database.path()))?;
        Ok(Self {
            inner: WriteConnection::new(connection, database.path().to_path_buf()),
        })
    }

    /// What lies at the file's path by now.
    #[must_use]
    pub fn place(&self) -> Place {
        self.inner.place()
    }

    /// Writes the log back into the file, as far as nobody reads.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.inner.checkpoint()
    }

    /// Writes where a run of the clustering puts faces, in one transaction. What was said meanwhile stands: a face that holds to a
    /// person, or is said not to be the one it is put to, stays as it is, and so does one whose person is gone. Persons who have no
    /// face left, and of whom nothing was said, go.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn place_faces(&mut self, placements: &[(FaceId, Placement)]) -> Result<Clustered, StoreError> {
        self.inner
            .transaction(|transaction| place_each(transaction, placements))
    }

    /// As [`PeopleStore::place_faces`], of all faces that there are: [`PeopleReader::faces_since_clustering`] counts from here on.
    ///
    /// # Errors
    /// As [`PeopleStore::place_faces`].
    pub fn place_all_faces(&mut self, placements: &[(FaceId, Placement)]) -> Result<Clustered, StoreError> {
        self.inner.transaction(|transaction| {
            let last = placements.iter().map(|(face, _)| face.0).max().unwrap_or(0);
            transaction.execute("DELETE FROM clustered", [])?;
            transaction.execute("INSERT INTO clustered (last_face) VALUES (?1)", [last])?;
            place_each(transaction, placements)
        })
    }

    /// Reads names from what was exported, or from a keepsake: persons by their names, faces by photo and place. What is said of a
    /// face here already stays.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn import(&mut self, statements: &PeopleStatements) -> Result<Laid, StoreError> {
        self.step(StepKind::Import, |recorder| {
            lay_down(recorder, statements, Persons::ByName)
        })
    }

    /// Says of photos what was said of others, face by face: of `(from, to)` the second is the first with other bytes, as a program leaves it
    /// that writes a rating into a file. `place`: where a face of the so-manieth photo lies in the second one. What is said of a face there already stays.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn carry_over(
        &mut self,
        photos: &[([u8; 32], [u8; 32])],
        place: &dyn Fn(usize, FaceBounds) -> FaceBounds,
    ) -> Result<(), StoreError> {
        self.inner.transaction(|transaction| {
            for (number, (from, to)) in photos.iter().enumerate().filter(|(_, (from, to))| from != to) {
                let mut said = WaitingRow::read(transaction, "hash = ?1", from)?;
                for (face, bounds) in Recorder::new(transaction).faces_of(from)? {
                    let of_face = said_of(transaction, face)?.into_iter();
                    // A photo of before stands for a person as well as it did.
                    let of_face = of_face.filter(|(_, statement)| *statement != Statement::Picture);
                    said.extend(of_face.map(|(person, statement)| waiting(from, bounds, person, statement)));
                }
                let faces = Recorder::new(transaction).faces_of(to)?;
                for row in said {
                    let bounds = place(number, FaceBounds::from_bytes(row.bounds));
                    match face_at(&faces, bounds) {
                        Some(face) => say(
                            &mut Recorder::new(transaction),
                            face,
                            PersonId(row.person),
                            row.statement,
                        )?,
                        None => {
                            let bounds = bounds.to_bytes();
                            WaitingRow {
                                photo: *to,
                                bounds,
                                ..row
                            }
                            .write(transaction, true)?;
                        }
                    }
                }
            }
            Ok(())
        })
    }

    /// Forgets the faces of photos that are not `known` any more, and makes the file as small as it can be. What was said of them
    /// waits for the photo to come back.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn clean_up(&mut self, known: &dyn Fn(&[u8; 32]) -> bool) -> Result<(), StoreError> {
        self.inner.transaction(|transaction| {
            let unknown: Vec<(i64, [u8; 32])> = {
                let mut statement = transaction.prepare("SELECT id, hash FROM photo ORDER BY id")?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect::<rusqlite::Result<_>>()?
            };
            for (id, hash) in unknown {
                if !known(&hash) {
                    put_to_wait(transaction, &hash)?;
                    transaction
                        .prepare_cached("DELETE FROM photo WHERE id = ?1")?
                        .execute(params![id])?;
                }
            }
            remove_empty(transaction)
        })?;
        self.inner.vacuum()
    }
}

/// Puts faces to persons where nothing was said against it, and removes persons who are left without one.
fn place_each(transaction: &Transaction<'_>, placements: &[(FaceId, Placement)]) -> rusqlite::Result<Clustered> {
    let mut clustered = Clustered::default();
    for (face, placement) in placements {
        let to = match placement {
            Placement::Nobody => None,
            Placement::Person(person) => Some(*person),
            Placement::New(number) => Some(match clustered.new.get(number) {
                Some(person) => *person,
                None => {
                    let person = transaction
                        .prepare_cached("INSERT INTO person DEFAULT VALUES RETURNING id")?
                        .query_row([], |row| row.get(0).map(PersonId))?;
                    clustered.new.insert(*number, person);
                    person
                }
            }),
        };
        clustered.changed += place(transaction, *face, to)?;
    }
    remove_empty(transaction)?;
    clustered
        .new
        .retain(|_, person| exists(transaction, *person).unwrap_or(true));
    Ok(clustered)
}

/// Puts a face to a person where nothing was said against it; how many rows changed.
fn place(transaction: &Transaction<'_>, face: FaceId, to: Option<PersonId>) -> rusqlite::Result<usize> {
    match to {
        None => transaction
            .prepare_cached("DELETE FROM member WHERE face_id = ?1 AND said = 0")?
            .execute(params![face.0]),
        Some(person) => transaction
            .prepare_cached(
                "INSERT INTO member (face_id, person_id, said)
                 SELECT f.id, p.id, 0 FROM face f, person p WHERE f.id = ?1 AND p.id = ?2
                     AND NOT EXISTS (SELECT 1 FROM refused r WHERE r.face_id = f.id AND r.person_id = p.id)
                 ON CONFLICT (face_id) DO UPDATE SET person_id = excluded.person_id
                     WHERE said = 0 AND person_id <> excluded.person_id",
            )?
            .execute(params![face.0, person.0]),
    }
}

fn exists(connection: &Connection, person: PersonId) -> rusqlite::Result<bool> {
    let found = connection
        .prepare_cached("SELECT 1 FROM person WHERE id = ?1")?
        .query_row(params![person.0], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

/// Persons that are nothing but a number.
pub(super) fn remove_empty(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "DELETE FROM person WHERE NOT touched
                 AND NOT EXISTS (SELECT 1 FROM member WHERE person_id = person.id)
                 AND NOT EXISTS (SELECT 1 FROM waiting WHERE person_id = person.id)",
        )?
        .execute([])?;
    Ok(())
}

/// Writes down by place what was said of the faces of a photo, before they go.
fn put_to_wait(transaction: &Transaction<'_>, photo: &[u8; 32]) -> rusqlite::Result<()> {
    let faces = Recorder::new(transaction).faces_of(photo)?;
    for (face, bounds) in faces {
        for (person, statement) in said_of(transaction, face)? {
            waiting(photo, bounds, person, statement).write(transaction, true)?;
        }
    }
    Ok(())
}

pub(super) fn waiting(photo: &[u8; 32], bounds: FaceBounds, person: PersonId, statement: Statement) -> WaitingRow {
    WaitingRow {
        photo: *photo,
        bounds: bounds.to_bytes(),
        person: person.0,
        statement,
    }
}

/// All that was said of a face.
pub(super) fn said_of(connection: &Connection, face: FaceId) -> rusqlite::Result<Vec<(PersonId, Statement)>> {
    // The numbers of `Statement`.
    let mut statement = connection.prepare_cached(
        "SELECT person_id, said FROM member WHERE face_id = ?1 AND said <> 0
         UNION ALL SELECT person_id, 4 FROM refused WHERE face_id = ?1
         UNION ALL SELECT id, 5 FROM person WHERE picture = ?1",
    )?;
    let rows = statement.query_map(params![face.0], |row| {
        Ok((PersonId(row.get(0)?), Statement::of_code(row.get(1)?)))
    })?;
    let mut all = Vec::new();
    for row in rows {
        let (person, statement) = row?;
        all.extend(statement.map(|statement| (person, statement)));
    }
    Ok(all)
}
