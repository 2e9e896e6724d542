//! What is asked about people, and what comes of it.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Instant;

use refocus_store::StoreError;
use refocus_store::people::{PeopleDatabase, PeopleStatements, PeopleStore};
use serde_json::{Value, json};

use refocus_media::rotate::ShownAs;
use refocus_store::people::FaceBounds;

use crate::passes::PassRequest;
use crate::rotating::Carried;

use super::PeopleRequest;
use super::memory::Memory;
use super::worker::{PeopleWorker, State, in_words};

/// Longest name, characters.
const LONGEST_NAME: usize = 120;

impl PeopleWorker {
    /// Changes something that was said, and reads everything anew.
    pub(super) fn change<T>(
        &self,
        state: &mut State,
        change: impl FnOnce(&mut PeopleStore) -> Result<T, StoreError>,
    ) -> Option<T> {
        match self.try_change(state, change) {
            Ok(done) => Some(done),
            Err(why) => {
                tracing::warn!(why, "something about people is not kept");
                None
            }
        }
    }

    fn try_change<T>(
        &self,
        state: &mut State,
        change: impl FnOnce(&mut PeopleStore) -> Result<T, StoreError>,
    ) -> Result<T, String> {
        self.mind_place(state)?;
        let Some(open) = &mut state.open else {
            return Err("people are not recognised in this library: switch it on first".to_owned());
        };
        let Some(store) = &mut open.store else {
            return Err(self.read_only.clone().unwrap_or_default());
        };
        let done = change(store).map_err(|error| error.to_string())?;
        open.memory = Memory::load(&open.reader).map_err(|error| error.to_string())?;
        state.untold = true;
        state.keepsake_stale.get_or_insert_with(Instant::now);
        Ok(done)
    }

    /// Says of the faces of turned photos what was said of them before, at the places to which they turned.
    pub(super) fn carry_over(&self, state: &mut State, carried: &[Carried]) -> Result<(), String> {
        // Where people are not recognised, nothing was said of anybody.
        if state.open.is_none() {
            return Ok(());
        }
        let photos: Vec<([u8; 32], [u8; 32])> = carried.iter().map(|one| (one.from, one.to)).collect();
        let turned = |photo: usize, bounds: FaceBounds| match carried.get(photo) {
            Some(one) => FaceBounds::of_fractions(ShownAs::turned(bounds.fractions(), one.shown)),
            None => bounds,
        };
        self.try_change(state, |store| store.carry_over(&photos, &turned))
    }

    pub(super) fn answer(&self, state: &mut State, request: PeopleRequest) -> Result<Value, String> {
        let reads = matches!(request, PeopleRequest::Export | PeopleRequest::Tell);
        if let (Some(why), false) = (&self.read_only, reads) {
            return Err(why.clone());
        }
        let gone = || "this person or face is not there any more".to_owned();
        let done = |happened: bool| if happened { Ok(Value::Null) } else { Err(gone()) };
        match request {
            PeopleRequest::SwitchOn if state.open.is_some() => {
                // Whoever asks again wants what failed to be tried again.
                let _ = self.to_passes.try_send(PassRequest::Look);
                Ok(Value::Null)
            }
            PeopleRequest::SwitchOn => match self.open(state) {
                Ok(()) => Ok(Value::Null),
                Err(error) => Err(in_words(&error)),
            },
            PeopleRequest::Forget => self.forget(state),
            PeopleRequest::Name { name: Some(name), .. } | PeopleRequest::Split { name: Some(name), .. }
                if name.chars().count() > LONGEST_NAME =>
            {
                Err(format!("a name has at most {LONGEST_NAME} letters"))
            }
            PeopleRequest::Name { person, name } => {
                done(self.try_change(state, |store| store.name(person, name.as_deref()))?)
            }
            PeopleRequest::Merge { into, from } if from.iter().all(|other| *other == into) => {
                Err("a person is the same as themselves already: name two".to_owned())
            }
            PeopleRequest::Merge { into, from } => done(self.try_change(state, |store| store.merge(into, &from))?),
            PeopleRequest::Split { person, faces, name } => {
                let new = self.try_change(state, |store| store.split(person, &faces, name.as_deref()))?;
                new.map_or_else(|| Err(gone()), |new| Ok(json!({ "id": new.0 })))
            }
            PeopleRequest::Confirm { person, faces } => {
                done(self.try_change(state, |store| store.confirm(person, &faces))?)
            }
            PeopleRequest::ConfirmAsNew { name, faces } => {
                let new = self.try_change(state, |store| store.confirm_as_new(name.as_deref(), &faces))?;
                Ok(json!({ "id": new.0 }))
            }
            PeopleRequest::Refuse { person, faces } => {
                self.try_change(state, |store| store.refuse(person, &faces))?;
                Ok(Value::Null)
            }
            PeopleRequest::KeepApart(one, other) => {
                self.try_change(state, |store| store.keep_apart(one, other))?;
                Ok(Value::Null)
            }
            PeopleRequest::Hide { person, hidden } => done(self.try_change(state, |store| store.hide(person, hidden))?),
            PeopleRequest::ChoosePicture { person, face } => {
                done(self.try_change(state, |store| store.choose_picture(person, face))?)
            }
            PeopleRequest::Undo | PeopleRequest::Redo => {
                let back = request == PeopleRequest::Undo;
                let step = self.try_change(state, |store| if back { store.undo() } else { store.redo() })?;
                let nothing = if back {
                    "there is nothing to undo"
                } else {
                    "there is nothing to do again"
                };
                step.map(|_| Value::Null).ok_or_else(|| nothing.to_owned())
            }
            PeopleRequest::Import(value) => {
                let statements = PeopleStatements::from_json(&value).map_err(|error| error.to_string())?;
                let laid = self.try_change(state, |store| store.import(&statements))?;
                Ok(json!({"persons": laid.persons, "faces": laid.faces, "waiting": laid.waiting}))
            }
            PeopleRequest::Tell => {
                state.untold = true;
                Ok(Value::Null)
            }
            PeopleRequest::Export => {
                let open = state
                    .open
                    .as_ref()
                    .ok_or_else(|| "people are not recognised in this library".to_owned())?;
                let statements = PeopleStatements::with_clustered(&open.reader);
                Ok(statements.map_err(|error| error.to_string())?.to_json())
            }
        }
    }

    /// Deletes everything that is kept of people.
    fn forget(&self, state: &mut State) -> Result<Value, String> {
        self.people.on.store(false, Ordering::SeqCst);
        state.open = None;
        state.seen.clear();
        state.oldest = None;
        state.keepsake_stale = None;
        let forgotten = PeopleDatabase::forget(&self.people.library);
        self.people.set_seen(HashSet::new());
        self.people.set_trouble(None);
        state.untold = true;
        let _ = self.to_passes.try_send(PassRequest::Look);
        let forgotten = forgotten.map_err(|error| {
            let path = PeopleDatabase::path_for(&self.people.library);
            format!(
                "something that is kept of people could not be deleted ({error}): {}",
                path.display()
            )
        })?;
        Ok(json!({ "deleted": forgotten.len() }))
    }
}
