//! All that a person said of people, apart from the file: for the keepsake, and to be carried elsewhere.
//!
//! Faces are named by photo (the hash of its bytes) and place, so that the statements mean the same where the faces have other numbers,
//! or have not been found yet.

use std::collections::BTreeMap;

use rusqlite::params;

use super::passes::named;
use super::reader::PeopleReader;
use super::recorder::{PersonFields, Recorder};
use super::rows::{FaceBounds, FaceId, PersonId};
use super::store::waiting;
use super::waiting::{Statement, face_at, say};
use crate::StoreError;

/// A place in a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FacePlace {
    /// blake3 of the photo's bytes.
    pub photo: [u8; 32],
    /// Where in it.
    pub bounds: FaceBounds,
}

/// A person as they are told elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatedPerson {
    /// The name.
    pub name: Option<String>,
    /// Not to be shown among persons.
    pub hidden: bool,
}

/// Something said of a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatedFace {
    /// Which face.
    pub place: FacePlace,
    /// Whom it is about, one of [`PeopleStatements::persons`].
    pub person: PersonId,
    /// What is said.
    pub statement: Statement,
}

/// All that a person said of people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleStatements {
    /// Persons who have a name or of whom anything was said.
    pub persons: BTreeMap<PersonId, StatedPerson>,
    /// What was said of faces, in order.
    pub faces: Vec<StatedFace>,
    /// Pairs of persons who are not the same.
    pub apart: Vec<(PersonId, PersonId)>,
}

/// What was taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Laid {
    /// Persons.
    pub persons: usize,
    /// Statements about faces that are there.
    pub faces: usize,
    /// Statements about faces that the pass has not found yet.
    pub waiting: usize,
}

/// Which person is meant by a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Persons {
    /// The one with the same number: the statements are of this very file.
    AsNumbered,
    /// The one with the same name; another one where it has none.
    ByName,
}

impl PeopleStatements {
    /// What the file holds now.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn of(reader: &PeopleReader) -> Result<Self, StoreError> {
        let mut statements = Self::default();
        let sql = "SELECT p.hash, f.bounds, m.person_id, m.said FROM member m JOIN face f ON f.id = m.face_id
                       JOIN photo p ON p.id = f.photo_id WHERE m.said <> 0
                   UNION ALL SELECT p.hash, f.bounds, r.person_id, 4 FROM refused r JOIN face f ON f.id = r.face_id
                       JOIN photo p ON p.id = f.photo_id
                   UNION ALL SELECT p.hash, f.bounds, n.id, 5 FROM person n JOIN face f ON f.id = n.picture
                       JOIN photo p ON p.id = f.photo_id
                   UNION ALL SELECT hash, bounds, person_id, said FROM waiting";
        reader.inner.visit(sql, params![], |row| {
            let Some(statement) = Statement::of_code(row.get(3)?) else {
                return Ok(());
            };
            statements.faces.push(StatedFace {
                place: FacePlace {
                    photo: row.get(0)?,
                    bounds: FaceBounds::from_bytes(row.get(1)?),
                },
                person: PersonId(row.get(2)?),
                statement,
            });
            Ok(())
        })?;
        statements.faces.sort_unstable();
        let sql = "SELECT id, name, hidden FROM person WHERE touched OR name IS NOT NULL
                       OR EXISTS (SELECT 1 FROM member WHERE person_id = person.id AND said <> 0)
                       OR EXISTS (SELECT 1 FROM refused WHERE person_id = person.id)
                       OR EXISTS (SELECT 1 FROM waiting WHERE person_id = person.id)
                   ORDER BY id";
        let persons = reader.inner.collect(sql, |row| {
            let person = StatedPerson {
                name: row.get(1)?,
                hidden: row.get(2)?,
            };
            Ok((PersonId(row.get(0)?), person))
        })?;
        statements.persons = persons.into_iter().collect();
        statements.apart = reader.kept_apart()?;
        // Of two that are not the same one may be no more than a number.
        for (one, other) in &statements.apart {
            statements.persons.entry(*one).or_default();
            statements.persons.entry(*other).or_default();
        }
        Ok(statements)
    }

    /// The same, with the faces of persons with a name that nobody spoke of: for other programs, who find all photos of somebody so.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn with_clustered(reader: &PeopleReader) -> Result<Self, StoreError> {
        let mut statements = Self::of(reader)?;
        let sql = "SELECT p.hash, f.bounds, m.person_id FROM member m JOIN face f ON f.id = m.face_id
                       JOIN photo p ON p.id = f.photo_id JOIN person n ON n.id = m.person_id
                   WHERE m.said = 0 AND n.name IS NOT NULL";
        let clustered = reader.inner.collect(sql, |row| {
            Ok(StatedFace {
                place: FacePlace {
                    photo: row.get(0)?,
                    bounds: FaceBounds::from_bytes(row.get(1)?),
                },
                person: PersonId(row.get(2)?),
                statement: Statement::Clustering,
            })
        })?;
        statements.faces.extend(clustered);
        statements.faces.sort_unstable();
        Ok(statements)
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.persons.is_empty()
    }
}

/// Makes the persons that are not there, by their numbers.
pub(super) fn add_persons(recorder: &mut Recorder<'_>, statements: &PeopleStatements) -> rusqlite::Result<()> {
    for (id, person) in &statements.persons {
        if recorder.person(*id)?.is_none() {
            recorder.set_person(*id, Some(fields(person)))?;
        }
    }
    Ok(())
}

fn fields(person: &StatedPerson) -> PersonFields {
    PersonFields {
        name: person.name.clone(),
        hidden: person.hidden,
        touched: true,
        picture: None,
    }
}

/// Says again what was said. What is said of a face already stays.
pub(super) fn lay_down(
    recorder: &mut Recorder<'_>,
    statements: &PeopleStatements,
    persons: Persons,
) -> rusqlite::Result<Laid> {
    let mut laid = Laid {
        persons: statements.persons.len(),
        ..Laid::default()
    };
    let mut numbers = BTreeMap::new();
    match persons {
        Persons::AsNumbered => {
            add_persons(recorder, statements)?;
            numbers.extend(statements.persons.keys().map(|id| (*id, *id)));
        }
        Persons::ByName => {
            for (id, person) in &statements.persons {
                numbers.insert(*id, by_name(recorder, statements, *id, person)?);
            }
        }
    }
    let mut photo_before = None;
    let mut faces: Vec<(FaceId, FaceBounds)> = Vec::new();
    for said in &statements.faces {
        let Some(person) = numbers.get(&said.person) else {
            continue;
        };
        let photo = said.place.photo;
        if photo_before != Some(photo) {
            faces = recorder.faces_of(&photo)?;
            photo_before = Some(photo);
        }
        match face_at(&faces, said.place.bounds) {
            Some(face) => {
                say(recorder, face, *person, said.statement)?;
                laid.faces += 1;
            }
            None if said.statement == Statement::Clustering => {}
            None => {
                recorder.set_waiting(&waiting(&photo, said.place.bounds, *person, said.statement), true)?;
                laid.waiting += 1;
            }
        }
    }
    for (one, other) in &statements.apart {
        if let (Some(one), Some(other)) = (numbers.get(one), numbers.get(other)) {
            recorder.set_apart(*one, *other, true)?;
        }
    }
    Ok(laid)
}

/// The person who is meant: of the same name; without one, whoever has one of the faces by now that are said to be theirs.
fn by_name(
    recorder: &mut Recorder<'_>,
    statements: &PeopleStatements,
    id: PersonId,
    person: &StatedPerson,
) -> rusqlite::Result<PersonId> {
    if let Some(name) = &person.name {
        let found = named(recorder, name)?;
        if let Some(known) = recorder.person(found)? {
            let touched = PersonFields {
                touched: true,
                hidden: known.hidden || person.hidden,
                ..known
            };
            recorder.set_person(found, Some(touched))?;
        }
        return Ok(found);
    }
    for said in statements.faces.iter().filter(|said| said.person == id) {
        if !matches!(said.statement, Statement::Group | Statement::Person | Statement::Region) {
            continue;
        }
        let faces = recorder.faces_of(&said.place.photo)?;
        if let Some(face) = face_at(&faces, said.place.bounds)
            && let Some((member, by)) = recorder.member(face)?
            && by.holds()
        {
            return Ok(member);
        }
    }
    recorder.new_person(fields(person))
}
