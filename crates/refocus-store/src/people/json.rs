//! What was said of people as JSON, for other programs and other libraries.
//!
//! ```json
//! {"refocus_people": 1,
//!  "persons": [{"id": 3, "name": "Anna", "hidden": false,
//!               "faces": [{"photo": "HASH", "bounds": [0.1, 0.2, 0.3, 0.4], "says": "person"}]}],
//!  "apart": [[3, 8]]}
//! ```
//!
//! `says` is `person`, `group`, `region` or `clustering` (theirs, by who says so), `not` (not theirs), or `picture` (stands for them).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::rows::{FaceBounds, PersonId};
use super::statements::{FacePlace, PeopleStatements, StatedFace, StatedPerson};
use super::waiting::Statement;
use crate::keepsake::{hex, unhex};

/// Newest version of the form.
const VERSION: u64 = 1;

/// Why JSON holds no persons.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeopleJsonError {
    /// Something else.
    #[error("this is no list of persons that refocus people export wrote")]
    NotPeople,
    /// Of a newer program.
    #[error("this list of persons is of a newer Refocus (version {0}, this program knows up to {VERSION})")]
    Newer(u64),
    /// An entry cannot be understood.
    #[error("person number {person} of the list cannot be understood: {what}")]
    Entry {
        /// Which, from 1.
        person: usize,
        /// What is wrong.
        what: &'static str,
    },
}

impl PeopleStatements {
    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut faces: BTreeMap<PersonId, Vec<Value>> = BTreeMap::new();
        for said in &self.faces {
            faces.entry(said.person).or_default().push(json!({
                "photo": hex(&said.place.photo),
                "bounds": said.place.bounds.fractions(),
                "says": said.statement.word(),
            }));
        }
        let persons: Vec<Value> = self
            .persons
            .iter()
            .map(|(id, person)| {
                let faces = faces.remove(id).unwrap_or_default();
                json!({"id": id.0, "name": person.name, "hidden": person.hidden, "faces": faces})
            })
            .collect();
        let apart: Vec<[i64; 2]> = self.apart.iter().map(|(one, other)| [one.0, other.0]).collect();
        json!({"refocus_people": VERSION, "persons": persons, "apart": apart})
    }

    /// Of such JSON. Keys that are not known are passed over.
    ///
    /// # Errors
    /// [`PeopleJsonError`].
    pub fn from_json(value: &Value) -> Result<Self, PeopleJsonError> {
        match value.get("refocus_people").and_then(Value::as_u64) {
            Some(version) if version > VERSION => return Err(PeopleJsonError::Newer(version)),
            Some(_) => {}
            None => return Err(PeopleJsonError::NotPeople),
        }
        let list = value.get("persons").and_then(Value::as_array);
        let mut statements = Self::default();
        for (place, entry) in list.ok_or(PeopleJsonError::NotPeople)?.iter().enumerate() {
            let wrong = |what| PeopleJsonError::Entry {
                person: place + 1,
                what,
            };
            let id = entry.get("id").and_then(Value::as_i64).filter(|id| *id > 0);
            let id = PersonId(id.ok_or(wrong("\"id\" is no number above 0"))?);
            let person = StatedPerson {
                name: entry.get("name").and_then(Value::as_str).map(str::to_owned),
                hidden: entry.get("hidden").and_then(Value::as_bool).unwrap_or(false),
            };
            statements.persons.insert(id, person);
            for face in entry.get("faces").and_then(Value::as_array).into_iter().flatten() {
                let said = stated(face, id).map_err(wrong)?;
                statements.faces.push(said);
            }
        }
        for pair in value.get("apart").and_then(Value::as_array).into_iter().flatten() {
            if let Some([one, other]) = pair.as_array().map(Vec::as_slice)
                && let (Some(one), Some(other)) = (one.as_i64(), other.as_i64())
            {
                statements.apart.push((PersonId(one), PersonId(other)));
            }
        }
        Ok(statements)
    }
}

fn stated(face: &Value, person: PersonId) -> Result<StatedFace, &'static str> {
    let photo = face.get("photo").and_then(Value::as_str).and_then(unhex);
    let mut bounds = [f32::NAN; 4];
    let numbers = face.get("bounds").and_then(Value::as_array).map(Vec::as_slice);
    for (bound, number) in bounds.iter_mut().zip(numbers.unwrap_or_default()) {
        *bound = number.as_f64().map_or(f32::NAN, |number| number as f32);
    }
    if !bounds.iter().all(|bound| (0.0..=1.0).contains(bound)) {
        return Err("\"bounds\" are not four numbers from 0 to 1");
    }
    Ok(StatedFace {
        place: FacePlace {
            photo: photo.ok_or("\"photo\" is no hash of 64 hexadecimal digits")?,
            bounds: FaceBounds::of_fractions(bounds),
        },
        person,
        statement: face
            .get("says")
            .and_then(Value::as_str)
            .and_then(Statement::of_word)
            .ok_or("\"says\" is not person, group, region, clustering, not or picture")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> PeopleStatements {
        let said = |left: u16, statement| StatedFace {
            place: FacePlace {
                photo: [left as u8; 32],
                bounds: FaceBounds {
                    left,
                    top: 1,
                    right: 60_001,
                    bottom: 65_535,
                },
            },
            person: PersonId(4),
            statement,
        };
        let anna = StatedPerson {
            name: Some("Anna".to_owned()),
            hidden: false,
        };
        PeopleStatements {
            persons: BTreeMap::from([(PersonId(4), anna), (PersonId(7), StatedPerson::default())]),
            faces: (0..2_000).map(|left| said(left * 30, Statement::Person)).collect(),
            apart: vec![(PersonId(4), PersonId(7))],
        }
    }

    #[test]
    fn json_holds_all_that_was_said() {
        let statements = some();
        let text = statements.to_json().to_string();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(PeopleStatements::from_json(&value).unwrap(), statements);
    }

    #[test]
    fn other_json_is_refused_with_the_reason() {
        assert_eq!(PeopleStatements::from_json(&json!([])), Err(PeopleJsonError::NotPeople));
        assert_eq!(
            PeopleStatements::from_json(&json!({"refocus_people": 2})),
            Err(PeopleJsonError::Newer(2))
        );
        let mut value = some().to_json();
        value["persons"][0]["faces"][0]["bounds"][0] = json!(7);
        assert!(matches!(
            PeopleStatements::from_json(&value),
            Err(PeopleJsonError::Entry { person: 1, .. })
        ));
    }
}
