//! What was said of faces by photo and place, until the pass finds them there.

use rusqlite::{Transaction, params};
use serde::{Deserialize, Serialize};

use super::recorder::Recorder;
use super::rows::{FaceBounds, FaceId, PersonId, Said};

/// Faces are the same where their bounds have at least this in common of what both cover.
pub(super) const SAME_FACE: f32 = 0.5;

/// What can be said of a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statement {
    /// It is this person's, as a run of the clustering says: told to others, and never kept waiting.
    Clustering,
    /// The same, by the name that another program wrote.
    Region,
    /// The same: one of the faces that the person named, merged or split.
    Group,
    /// The same, said of this very face.
    Person,
    /// It is not this person's.
    Not,
    /// It stands for this person.
    Picture,
}

impl Statement {
    pub(super) const ALL: [(Self, i64, &'static str); 6] = [
        (Self::Clustering, 0, "clustering"),
        (Self::Region, 1, "region"),
        (Self::Group, 2, "group"),
        (Self::Person, 3, "person"),
        (Self::Not, 4, "not"),
        (Self::Picture, 5, "picture"),
    ];

    fn code(self) -> i64 {
        Self::ALL
            .iter()
            .find_map(|(statement, code, _)| (*statement == self).then_some(*code))
            .unwrap_or_default()
    }

    pub(super) fn of_code(code: i64) -> Option<Self> {
        Self::ALL
            .iter()
            .find_map(|(statement, known, _)| (*known == code).then_some(*statement))
    }

    pub(super) fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find_map(|(statement, _, word)| (*statement == self).then_some(*word))
            .unwrap_or_default()
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find_map(|(statement, _, known)| (*known == word).then_some(*statement))
    }

    /// That a face is a person's, as far as the statement says so.
    fn said(self) -> Option<Said> {
        match self {
            Self::Group => Some(Said::Group),
            Self::Clustering => Some(Said::Clustering),
            Self::Region => Some(Said::Region),
            Self::Person => Some(Said::Person),
            Self::Not | Self::Picture => None,
        }
    }
}

/// A statement of a face that is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WaitingRow {
    #[serde(rename = "h")]
    pub(super) photo: [u8; 32],
    #[serde(rename = "b")]
    pub(super) bounds: [u8; 8],
    #[serde(rename = "p")]
    pub(super) person: i64,
    #[serde(rename = "s")]
    pub(super) statement: Statement,
}

impl WaitingRow {
    /// Adds or removes the row; whether anything changed.
    pub(super) fn write(&self, transaction: &Transaction<'_>, waiting: bool) -> rusqlite::Result<bool> {
        let sql = if waiting {
            "INSERT OR IGNORE INTO waiting (hash, bounds, person_id, said)
             SELECT ?1, ?2, p.id, ?4 FROM person p WHERE p.id = ?3"
        } else {
            "DELETE FROM waiting WHERE hash = ?1 AND bounds = ?2 AND person_id = ?3 AND said = ?4"
        };
        let values = params![self.photo, self.bounds, self.person, self.statement.code()];
        Ok(transaction.prepare_cached(sql)?.execute(values)? > 0)
    }

    /// The rows that a condition on them holds for.
    pub(super) fn read(
        transaction: &Transaction<'_>,
        condition: &str,
        value: impl rusqlite::ToSql,
    ) -> rusqlite::Result<Vec<Self>> {
        let sql = format!(
            "SELECT hash, bounds, person_id, said FROM waiting WHERE {condition} ORDER BY hash, bounds, person_id, said"
        );
        let mut statement = transaction.prepare_cached(&sql)?;
        let rows = statement.query_map(params![value], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        let mut all = Vec::new();
        for row in rows {
            let (photo, bounds, person, code) = row?;
            // One that a newer program wrote waits for that.
            if let Some(statement) = Statement::of_code(code) {
                all.push(Self {
                    photo,
                    bounds,
                    person,
                    statement,
                });
            }
        }
        Ok(all)
    }
}

/// The face among `faces` that lies at `bounds`, as far as any does.
pub(super) fn face_at(faces: &[(FaceId, FaceBounds)], bounds: FaceBounds) -> Option<FaceId> {
    let overlaps = faces.iter().map(|(face, at)| (at.overlap(bounds), *face));
    overlaps
        .filter(|(overlap, _)| *overlap >= SAME_FACE)
        .max_by(|(one, a), (other, b)| one.total_cmp(other).then(b.cmp(a)))
        .map(|(_, face)| face)
}

/// Says of a face what was said of its place. What a person said of it already stays.
pub(super) fn say(
    recorder: &mut Recorder<'_>,
    face: FaceId,
    person: PersonId,
    statement: Statement,
) -> rusqlite::Result<()> {
    let now = recorder.member(face)?;
    if let Some(said) = statement.said() {
        if now.is_none_or(|(_, by)| by < said && by < Said::Group) {
            recorder.set_member(face, Some((person, said)))?;
        }
        return Ok(());
    }
    match statement {
        Statement::Picture => {
            if let Some(mut fields) = recorder.person(person)?
                && fields.picture.is_none()
            {
                fields.picture = Some(face.0);
                recorder.set_person(person, Some(fields))?;
            }
        }
        _ => match now {
            Some((member, by)) if member == person && by.holds() => {}
            Some((member, _)) if member == person => {
                recorder.set_member(face, None)?;
                recorder.set_refused(face, person, true)?;
            }
            _ => recorder.set_refused(face, person, true)?,
        },
    }
    Ok(())
}
