//! What a person does with persons and faces. Every step is one transaction, and can be undone.

use std::collections::BTreeSet;

use super::recorder::{PersonFields, Recorder, go};
use super::rows::{FaceId, PersonId, Said, StepKind};
use super::store::PeopleStore;
use super::waiting::{Statement, WaitingRow};
use crate::StoreError;

impl PeopleStore {
    /// Gives a person a name, or takes it away. The faces that they have by now stay together from then on. `false` where there is no
    /// such person.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn name(&mut self, person: PersonId, name: Option<&str>) -> Result<bool, StoreError> {
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        self.step(StepKind::Name, |recorder| {
            let Some(mut fields) = touch_all(recorder, person)? else {
                return Ok(false);
            };
            fields.name = name.map(str::to_owned);
            recorder.set_person(person, Some(fields))?;
            Ok(true)
        })
    }

    /// Makes several persons one, for good. The name and the picture are those of `into`, or of the first that has any. `false` where
    /// `into` is no person; others that are none are passed over.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn merge(&mut self, into: PersonId, from: &[PersonId]) -> Result<bool, StoreError> {
        self.step(StepKind::Merge, |recorder| {
            if recorder.person(into)?.is_none() {
                return Ok(false);
            }
            for other in from.iter().filter(|other| **other != into) {
                if recorder.person(*other)?.is_some() {
                    merge(recorder, into, *other)?;
                }
            }
            Ok(true)
        })
    }

    /// Makes some faces of a person another person, who is not the same, with or without a name. `None` where none of `faces` is
    /// theirs.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn split(
        &mut self,
        person: PersonId,
        faces: &[FaceId],
        name: Option<&str>,
    ) -> Result<Option<PersonId>, StoreError> {
        self.step(StepKind::Split, |recorder| {
            let members: BTreeSet<FaceId> = recorder.members(person)?.into_iter().map(|(face, _)| face).collect();
            let moved: BTreeSet<FaceId> = faces.iter().copied().filter(|face| members.contains(face)).collect();
            if moved.is_empty() {
                return Ok(None);
            }
            let Some(mut fields) = touch_all(recorder, person)? else {
                return Ok(None);
            };
            let new = recorder.new_person(PersonFields {
                name: name.map(str::to_owned),
                touched: true,
                ..PersonFields::default()
            })?;
            for face in &moved {
                recorder.set_member(*face, Some((new, Said::Group)))?;
                recorder.set_refused(*face, person, true)?;
            }
            recorder.set_apart(person, new, true)?;
            if fields.picture.is_some_and(|picture| moved.contains(&FaceId(picture))) {
                fields.picture = None;
                recorder.set_person(person, Some(fields))?;
            }
            Ok(Some(new))
        })
    }

    /// "This is Anna", of some faces. `false` where there is no such person.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn confirm(&mut self, person: PersonId, faces: &[FaceId]) -> Result<bool, StoreError> {
        self.step(StepKind::Confirm, |recorder| {
            let Some(mut fields) = recorder.person(person)? else {
                return Ok(false);
            };
            fields.touched = true;
            recorder.set_person(person, Some(fields))?;
            for face in faces {
                take(recorder, *face, person)?;
            }
            Ok(true)
        })
    }

    /// "This is somebody else", of some faces: a new person, with or without a name.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn confirm_as_new(&mut self, name: Option<&str>, faces: &[FaceId]) -> Result<PersonId, StoreError> {
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        self.step(StepKind::Confirm, |recorder| {
            let person = recorder.new_person(PersonFields {
                name: name.map(str::to_owned),
                touched: true,
                ..PersonFields::default()
            })?;
            for face in faces {
                take(recorder, *face, person)?;
            }
            Ok(person)
        })
    }

    /// "This is not Anna", of some faces: they are hers no more, and never will be by themselves.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn refuse(&mut self, person: PersonId, faces: &[FaceId]) -> Result<(), StoreError> {
        self.step(StepKind::Refuse, |recorder| {
            let Some(fields) = recorder.person(person)? else {
                return Ok(());
            };
            for face in faces {
                if recorder.member(*face)?.is_some_and(|(member, _)| member == person) {
                    recorder.set_member(*face, None)?;
                }
                recorder.set_refused(*face, person, true)?;
            }
            let picture = fields.picture.filter(|picture| !faces.contains(&FaceId(*picture)));
            let touched = true;
            recorder.set_person(
                person,
                Some(PersonFields {
                    picture,
                    touched,
                    ..fields
                }),
            )
        })
    }

    /// "These two are not the same": they are never taken for one, unless they are merged.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn keep_apart(&mut self, one: PersonId, other: PersonId) -> Result<(), StoreError> {
        self.step(StepKind::Apart, |recorder| {
            touch_all(recorder, one)?;
            touch_all(recorder, other)?;
            recorder.set_apart(one, other, true)
        })
    }

    /// Hides a person, or shows them again. `false` where there is no such person.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn hide(&mut self, person: PersonId, hidden: bool) -> Result<bool, StoreError> {
        self.step(StepKind::Hide, |recorder| {
            let Some(fields) = touch_all(recorder, person)? else {
                return Ok(false);
            };
            recorder.set_person(person, Some(PersonFields { hidden, ..fields }))?;
            Ok(true)
        })
    }

    /// Chooses the face that stands for a person. `false` where it is not theirs.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn choose_picture(&mut self, person: PersonId, face: FaceId) -> Result<bool, StoreError> {
        self.step(StepKind::Picture, |recorder| {
            let is_theirs = recorder.member(face)?.is_some_and(|(member, _)| member == person);
            let Some(fields) = recorder.person(person)?.filter(|_| is_theirs) else {
                return Ok(false);
            };
            let chosen = PersonFields {
                touched: true,
                picture: Some(face.0),
                ..fields
            };
            recorder.set_person(person, Some(chosen))?;
            Ok(true)
        })
    }

    /// Undoes the last step; `None` where there is none.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn undo(&mut self) -> Result<Option<StepKind>, StoreError> {
        self.inner.transaction(|transaction| go(transaction, true))
    }

    /// Does again the step that was undone last, unless another was made since; `None` where there is none.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn redo(&mut self) -> Result<Option<StepKind>, StoreError> {
        self.inner.transaction(|transaction| go(transaction, false))
    }

    pub(super) fn step<T>(
        &mut self,
        kind: StepKind,
        run: impl FnOnce(&mut Recorder<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.inner.transaction(|transaction| {
            let mut recorder = Recorder::new(transaction);
            let result = run(&mut recorder)?;
            recorder.keep(kind)?;
            Ok(result)
        })
    }
}

/// The person says something of all faces that somebody has by now: no run of the clustering may take any away, and no name that another
/// program wrote.
fn touch_all(recorder: &mut Recorder<'_>, person: PersonId) -> rusqlite::Result<Option<PersonFields>> {
    let Some(mut fields) = recorder.person(person)? else {
        return Ok(None);
    };
    for (face, said) in recorder.members(person)? {
        if said < Said::Group {
            recorder.set_member(face, Some((person, Said::Group)))?;
        }
    }
    fields.touched = true;
    recorder.set_person(person, Some(fields.clone()))?;
    Ok(Some(fields))
}

/// The person says that a face is somebody's.
fn take(recorder: &mut Recorder<'_>, face: FaceId, person: PersonId) -> rusqlite::Result<()> {
    if let Some((before, _)) = recorder.member(face)?
        && before != person
        && let Some(fields) = recorder.person(before)?
        && fields.picture == Some(face.0)
    {
        // It cannot stand for somebody whose it is not.
        let picture = None;
        recorder.set_person(before, Some(PersonFields { picture, ..fields }))?;
    }
    recorder.set_refused(face, person, false)?;
    recorder.set_member(face, Some((person, Said::Person)))
}

/// All that is `from`'s becomes `into`'s.
fn merge(recorder: &mut Recorder<'_>, into: PersonId, from: PersonId) -> rusqlite::Result<()> {
    let (Some(mut kept), Some(lost)) = (touch_all(recorder, into)?, touch_all(recorder, from)?) else {
        return Ok(());
    };
    kept.name = kept.name.or(lost.name);
    kept.picture = kept.picture.or(lost.picture);
    kept.hidden &= lost.hidden;
    // What is not the one is not the other either, unless it is said to be.
    for face in refused_by(recorder, from)? {
        recorder.set_refused(face, from, false)?;
        if recorder.member(face)?.is_none_or(|(person, _)| person != into) {
            recorder.set_refused(face, into, true)?;
        }
    }
    for (face, said) in recorder.members(from)? {
        recorder.set_refused(face, into, false)?;
        recorder.set_member(face, Some((into, said)))?;
    }
    for other in apart_from(recorder, from)? {
        recorder.set_apart(from, other, false)?;
        if other != into {
            recorder.set_apart(into, other, true)?;
        }
    }
    for row in WaitingRow::read(recorder.transaction(), "person_id = ?1", from.0)? {
        recorder.set_waiting(&row, false)?;
        let person = into.0;
        let is_said = row.statement != Statement::Picture || kept.picture.is_none();
        if is_said {
            recorder.set_waiting(&WaitingRow { person, ..row }, true)?;
        }
    }
    recorder.set_person(from, None)?;
    recorder.set_person(into, Some(kept))
}

fn refused_by(recorder: &Recorder<'_>, person: PersonId) -> rusqlite::Result<Vec<FaceId>> {
    let mut statement = recorder
        .transaction()
        .prepare_cached("SELECT face_id FROM refused WHERE person_id = ?1 ORDER BY face_id")?;
    let rows = statement.query_map([person.0], |row| row.get(0).map(FaceId))?;
    rows.collect()
}

fn apart_from(recorder: &Recorder<'_>, person: PersonId) -> rusqlite::Result<Vec<PersonId>> {
    let mut statement = recorder.transaction().prepare_cached(
        "SELECT CASE one WHEN ?1 THEN other ELSE one END FROM apart WHERE one = ?1 OR other = ?1 ORDER BY 1",
    )?;
    let rows = statement.query_map([person.0], |row| row.get(0).map(PersonId))?;
    rows.collect()
}
