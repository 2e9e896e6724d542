//! Changes that can be undone: every row is changed by way of the [`Recorder`], which notes what was there before.

use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use super::rows::{FaceBounds, FaceId, PersonId, Said, StepKind};
use super::waiting::WaitingRow;

/// Steps that are kept to be undone.
const MOST_STEPS: i64 = 200;

/// A person's own columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PersonFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) hidden: bool,
    #[serde(default)]
    pub(super) touched: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) picture: Option<i64>,
}

/// Whose a face is, and the code of who says so.
type Membership = (i64, i64);

/// A row before and after; short names, since a merge changes thousands of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Changed {
    #[serde(rename = "p")]
    Person(i64, Option<PersonFields>, Option<PersonFields>),
    #[serde(rename = "m")]
    Member(i64, Option<Membership>, Option<Membership>),
    /// Face and person; whether the row came.
    #[serde(rename = "r")]
    Refused(i64, i64, bool),
    #[serde(rename = "a")]
    Apart(i64, i64, bool),
    #[serde(rename = "w")]
    Waiting(WaitingRow, bool),
}

/// Changes rows within a transaction and notes what they were.
pub(super) struct Recorder<'t> {
    transaction: &'t Transaction<'t>,
    changes: Vec<Changed>,
}

impl<'t> Recorder<'t> {
    pub(super) fn new(transaction: &'t Transaction<'t>) -> Self {
        Self {
            transaction,
            changes: Vec::new(),
        }
    }

    /// For reading alone.
    pub(super) fn transaction(&self) -> &'t Transaction<'t> {
        self.transaction
    }

    pub(super) fn person(&self, id: PersonId) -> rusqlite::Result<Option<PersonFields>> {
        self.transaction
            .prepare_cached("SELECT name, hidden, touched, picture FROM person WHERE id = ?1")?
            .query_row(params![id.0], |row| {
                Ok(PersonFields {
                    name: row.get(0)?,
                    hidden: row.get(1)?,
                    touched: row.get(2)?,
                    picture: row.get(3)?,
                })
            })
            .optional()
    }

    pub(super) fn member(&self, face: FaceId) -> rusqlite::Result<Option<(PersonId, Said)>> {
        let found = member(self.transaction, face.0)?;
        Ok(found.map(|(person, said)| (PersonId(person), Said::of_code(said))))
    }

    /// Makes a person that there was not yet.
    pub(super) fn new_person(&mut self, fields: PersonFields) -> rusqlite::Result<PersonId> {
        let id = self
            .transaction
            .prepare_cached("INSERT INTO person (name, hidden, touched, picture) VALUES (?1, ?2, ?3, ?4) RETURNING id")?
            .query_row(
                params![fields.name, fields.hidden, fields.touched, fields.picture],
                |row| row.get(0),
            )?;
        self.changes.push(Changed::Person(id, None, Some(fields)));
        Ok(PersonId(id))
    }

    /// Changes, makes or removes a person. Whoever removes one has seen to what refers to it.
    pub(super) fn set_person(&mut self, id: PersonId, fields: Option<PersonFields>) -> rusqlite::Result<()> {
        let before = self.person(id)?;
        if before != fields {
            set_person(self.transaction, id.0, fields.as_ref())?;
            self.changes.push(Changed::Person(id.0, before, fields));
        }
        Ok(())
    }

    pub(super) fn set_member(&mut self, face: FaceId, to: Option<(PersonId, Said)>) -> rusqlite::Result<()> {
        let before = member(self.transaction, face.0)?;
        let after = to.map(|(person, said)| (person.0, said.code()));
        if before != after {
            set_member(self.transaction, face.0, after)?;
            self.changes.push(Changed::Member(face.0, before, after));
        }
        Ok(())
    }

    pub(super) fn set_refused(&mut self, face: FaceId, person: PersonId, refused: bool) -> rusqlite::Result<()> {
        if set_refused(self.transaction, face.0, person.0, refused)? {
            self.changes.push(Changed::Refused(face.0, person.0, refused));
        }
        Ok(())
    }

    pub(super) fn set_apart(&mut self, one: PersonId, other: PersonId, apart: bool) -> rusqlite::Result<()> {
        let (one, other) = (one.0.min(other.0), one.0.max(other.0));
        if one != other && set_apart(self.transaction, one, other, apart)? {
            self.changes.push(Changed::Apart(one, other, apart));
        }
        Ok(())
    }

    pub(super) fn set_waiting(&mut self, row: &WaitingRow, waiting: bool) -> rusqlite::Result<()> {
        if row.write(self.transaction, waiting)? {
            self.changes.push(Changed::Waiting(row.clone(), waiting));
        }
        Ok(())
    }

    /// The faces of a person with who says so.
    pub(super) fn members(&self, person: PersonId) -> rusqlite::Result<Vec<(FaceId, Said)>> {
        let mut statement = self
            .transaction
            .prepare_cached("SELECT face_id, said FROM member WHERE person_id = ?1 ORDER BY face_id")?;
        let rows = statement.query_map(params![person.0], |row| {
            Ok((FaceId(row.get(0)?), Said::of_code(row.get(1)?)))
        })?;
        rows.collect()
    }

    /// Faces of a photo, with where they are.
    pub(super) fn faces_of(&self, photo: &[u8; 32]) -> rusqlite::Result<Vec<(FaceId, FaceBounds)>> {
        let mut statement = self.transaction.prepare_cached(
            "SELECT f.id, f.bounds FROM face f JOIN photo p ON p.id = f.photo_id WHERE p.hash = ?1 ORDER BY f.id",
        )?;
        let rows = statement.query_map(params![photo], |row| {
            Ok((FaceId(row.get(0)?), FaceBounds::from_bytes(row.get(1)?)))
        })?;
        rows.collect()
    }

    /// Keeps what was changed as a step that can be undone; nothing where nothing was changed. Steps that were undone before can
    /// not be done again any more.
    pub(super) fn keep(self, kind: StepKind) -> rusqlite::Result<()> {
        if self.changes.is_empty() {
            return Ok(());
        }
        let changes = serde_json::to_string(&self.changes)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        self.transaction.execute("DELETE FROM step WHERE undone", [])?;
        self.transaction.execute(
            "INSERT INTO step (made_at, kind, changes) VALUES (?1, ?2, ?3)",
            params![crate::writer::seconds_since_epoch(), kind.word(), changes],
        )?;
        self.transaction.execute(
            "DELETE FROM step WHERE id <= (SELECT max(id) FROM step) - ?1",
            params![MOST_STEPS],
        )?;
        Ok(())
    }
}

/// Undoes the last step that was not undone (`back`), or does the last again that was. Rows whose faces are gone meanwhile are passed
/// over. `None` where there is none.
pub(super) fn go(transaction: &Transaction<'_>, back: bool) -> rusqlite::Result<Option<StepKind>> {
    let sql = if back {
        "SELECT id, kind, changes FROM step WHERE NOT undone ORDER BY id DESC LIMIT 1"
    } else {
        "SELECT id, kind, changes FROM step WHERE undone ORDER BY id LIMIT 1"
    };
    let found: Option<(i64, String, String)> = transaction
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((id, kind, changes)) = found else {
        return Ok(None);
    };
    let changes: Vec<Changed> = serde_json::from_str(&changes)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, error.into()))?;
    if back {
        for change in changes.iter().rev() {
            change.apply(transaction, true)?;
        }
    } else {
        for change in &changes {
            change.apply(transaction, false)?;
        }
    }
    transaction.execute("UPDATE step SET undone = ?2 WHERE id = ?1", params![id, back])?;
    Ok(StepKind::of_word(&kind))
}

/// What [`go`] would do.
pub(super) fn next(connection: &rusqlite::Connection, back: bool) -> rusqlite::Result<Option<StepKind>> {
    let sql = if back {
        "SELECT kind FROM step WHERE NOT undone ORDER BY id DESC LIMIT 1"
    } else {
        "SELECT kind FROM step WHERE undone ORDER BY id LIMIT 1"
    };
    let kind: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(kind.and_then(|kind| StepKind::of_word(&kind)))
}

impl Changed {
    fn apply(&self, transaction: &Transaction<'_>, back: bool) -> rusqlite::Result<()> {
        match self {
            Self::Person(id, before, after) => set_person(transaction, *id, if back { before } else { after }.as_ref()),
            Self::Member(face, before, after) => set_member(transaction, *face, if back { *before } else { *after }),
            Self::Refused(face, person, came) => set_refused(transaction, *face, *person, *came != back).map(drop),
            Self::Apart(one, other, came) => set_apart(transaction, *one, *other, *came != back).map(drop),
            Self::Waiting(row, came) => row.write(transaction, *came != back).map(drop),
        }
    }
}

fn member(transaction: &Transaction<'_>, face: i64) -> rusqlite::Result<Option<Membership>> {
    transaction
        .prepare_cached("SELECT person_id, said FROM member WHERE face_id = ?1")?
        .query_row(params![face], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

fn set_person(transaction: &Transaction<'_>, id: i64, fields: Option<&PersonFields>) -> rusqlite::Result<()> {
    let Some(fields) = fields else {
        transaction
            .prepare_cached("DELETE FROM person WHERE id = ?1")?
            .execute(params![id])?;
        return Ok(());
    };
    transaction
        .prepare_cached(
            "INSERT INTO person (id, name, hidden, touched, picture)
             VALUES (?1, ?2, ?3, ?4, (SELECT id FROM face WHERE id = ?5))
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, hidden = excluded.hidden, touched = excluded.touched,
                 picture = excluded.picture",
        )?
        .execute(params![id, fields.name, fields.hidden, fields.touched, fields.picture])?;
    Ok(())
}

fn set_member(transaction: &Transaction<'_>, face: i64, to: Option<Membership>) -> rusqlite::Result<()> {
    let Some((person, said)) = to else {
        transaction
            .prepare_cached("DELETE FROM member WHERE face_id = ?1")?
            .execute(params![face])?;
        return Ok(());
    };
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO member (face_id, person_id, said)
             SELECT f.id, p.id, ?3 FROM face f, person p WHERE f.id = ?1 AND p.id = ?2",
        )?
        .execute(params![face, person, said])?;
    Ok(())
}

/// Whether anything changed.
fn set_refused(transaction: &Transaction<'_>, face: i64, person: i64, refused: bool) -> rusqlite::Result<bool> {
    let sql = if refused {
        "INSERT OR IGNORE INTO refused (face_id, person_id)
         SELECT f.id, p.id FROM face f, person p WHERE f.id = ?1 AND p.id = ?2"
    } else {
        "DELETE FROM refused WHERE face_id = ?1 AND person_id = ?2"
    };
    Ok(transaction.prepare_cached(sql)?.execute(params![face, person])? > 0)
}

/// Whether anything changed.
fn set_apart(transaction: &Transaction<'_>, one: i64, other: i64, apart: bool) -> rusqlite::Result<bool> {
    let sql = if apart {
        "INSERT OR IGNORE INTO apart (one, other)
         SELECT a.id, b.id FROM person a, person b WHERE a.id = ?1 AND b.id = ?2"
    } else {
        "DELETE FROM apart WHERE one = ?1 AND other = ?2"
    };
    Ok(transaction.prepare_cached(sql)?.execute(params![one, other])? > 0)
}
