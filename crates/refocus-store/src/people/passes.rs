//! What the pass over photos writes: faces, found again at their places, and names that other programs wrote.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Transaction, params};

use super::names::same_name_form;
use super::recorder::{PersonFields, Recorder};
use super::rows::{FaceBounds, FaceId, NamedRegion, NewFace, PersonId, PhotoPass, Said};
use super::store::{PeopleStore, remove_empty, said_of};
use super::waiting::{SAME_FACE, WaitingRow, face_at, say};
use crate::StoreError;

/// A region of another program means the face that has at least this in common with it of what both cover. Some programs draw it
/// around the face, some around the whole head.
const SAME_REGION: f32 = 0.2;

impl PeopleStore {
    /// Writes what the pass made of some photos, in one transaction. A face that was there before keeps its number, its person and all
    /// that was said of it; one that is not found again goes, unless something was said of it. Names that were waiting for a face
    /// at its place, and those that other programs wrote, come to it. Returns the numbers of each photo's faces, in the order in which
    /// they were handed over.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn store_passes(&mut self, revision: u32, passes: &[PhotoPass]) -> Result<Vec<Vec<FaceId>>, StoreError> {
        self.inner.transaction(|transaction| {
            let mut of_all = Vec::with_capacity(passes.len());
            for pass in passes {
                of_all.push(store(transaction, revision, pass)?);
            }
            remove_empty(transaction)?;
            Ok(of_all)
        })
    }

    /// Writes the names that other programs wrote into photos, in place of those that they had written before.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing was written.
    pub fn set_regions(&mut self, photos: &[([u8; 32], Vec<NamedRegion>)]) -> Result<(), StoreError> {
        self.inner.transaction(|transaction| {
            for (photo, regions) in photos {
                let faces = Recorder::new(transaction).faces_of(photo)?;
                name_by_regions(transaction, &faces, regions)?;
            }
            remove_empty(transaction)
        })
    }
}

fn store(transaction: &Transaction<'_>, revision: u32, pass: &PhotoPass) -> rusqlite::Result<Vec<FaceId>> {
    let photo_id: i64 = transaction
        .prepare_cached(
            "INSERT INTO photo (hash, revision, failed) VALUES (?1, ?2, ?3)
             ON CONFLICT (hash) DO UPDATE SET revision = excluded.revision, failed = excluded.failed RETURNING id",
        )?
        .query_row(params![pass.photo, revision, pass.faces.is_none()], |row| row.get(0))?;
    let Some(found) = &pass.faces else {
        return Ok(Vec::new());
    };
    let before = Recorder::new(transaction).faces_of(&pass.photo)?;
    let again = match_up(&before, found);
    let mut ids = Vec::with_capacity(found.len());
    for (face, known) in found.iter().zip(&again) {
        ids.push(write_face(transaction, photo_id, revision, face, *known)?);
    }
    let again: BTreeSet<FaceId> = again.into_iter().flatten().collect();
    for (face, _) in before.iter().filter(|(face, _)| !again.contains(face)) {
        if said_of(transaction, *face)?.is_empty() {
            transaction
                .prepare_cached("DELETE FROM face WHERE id = ?1")?
                .execute(params![face.0])?;
        }
    }
    let faces = Recorder::new(transaction).faces_of(&pass.photo)?;
    for row in WaitingRow::read(transaction, "hash = ?1", pass.photo)? {
        if let Some(face) = face_at(&faces, FaceBounds::from_bytes(row.bounds)) {
            say(
                &mut Recorder::new(transaction),
                face,
                PersonId(row.person),
                row.statement,
            )?;
            row.write(transaction, false)?;
        }
    }
    name_by_regions(transaction, &faces, &pass.regions)?;
    Ok(ids)
}

/// For each face that was found the one that it was before: pairs with most in common first.
fn match_up(before: &[(FaceId, FaceBounds)], found: &[NewFace]) -> Vec<Option<FaceId>> {
    let mut pairs = Vec::new();
    for (place, face) in found.iter().enumerate() {
        for (known, bounds) in before {
            let overlap = bounds.overlap(face.bounds);
            if overlap >= SAME_FACE {
                pairs.push((overlap, *known, place));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut again = vec![None; found.len()];
    let mut taken = BTreeSet::new();
    for (_, known, place) in pairs {
        if let Some(free @ None) = again.get_mut(place)
            && taken.insert(known)
        {
            *free = Some(known);
        }
    }
    again
}

fn write_face(
    transaction: &Transaction<'_>,
    photo_id: i64,
    revision: u32,
    face: &NewFace,
    known: Option<FaceId>,
) -> rusqlite::Result<FaceId> {
    let values = face.identity.values.map(i8::cast_unsigned);
    let scale = f64::from(face.identity.scale);
    transaction
        .prepare_cached(
            "INSERT INTO face (id, photo_id, revision, bounds, points, quality, scale, identity)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, bounds = excluded.bounds, points = excluded.points,
                 quality = excluded.quality, scale = excluded.scale, identity = excluded.identity
             RETURNING id",
        )?
        .query_row(
            params![
                known.map(|face| face.0),
                photo_id,
                revision,
                face.bounds.to_bytes(),
                face.point_bytes(),
                face.quality.to_bytes(),
                scale,
                values.as_slice(),
            ],
            |row| row.get(0).map(FaceId),
        )
}

/// Gives faces the names of the regions that mean them; takes those away that no region gives any more. What a person said stands.
fn name_by_regions(
    transaction: &Transaction<'_>,
    faces: &[(FaceId, FaceBounds)],
    regions: &[NamedRegion],
) -> rusqlite::Result<()> {
    let mut recorder = Recorder::new(transaction);
    let meant = meant_by(faces, regions);
    for (face, _) in faces {
        let now = recorder.member(*face)?;
        let name = meant
            .iter()
            .find_map(|(meant, region)| (meant == face).then_some(region.name.trim()));
        match (name, now) {
            (None, Some((_, Said::Region))) => recorder.set_member(*face, None)?,
            (Some(name), None | Some((_, Said::Clustering | Said::Region))) => {
                let person = match now {
                    Some((person, _)) if has_name(&recorder, person, name)? => person,
                    _ => named(&mut recorder, name)?,
                };
                if !is_refused(transaction, *face, person)? {
                    recorder.set_member(*face, Some((person, Said::Region)))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The face that each region means: pairs with most in common first, each once.
fn meant_by<'r>(faces: &[(FaceId, FaceBounds)], regions: &'r [NamedRegion]) -> Vec<(FaceId, &'r NamedRegion)> {
    let mut pairs = Vec::new();
    for (place, region) in regions
        .iter()
        .enumerate()
        .filter(|(_, region)| !region.name.trim().is_empty())
    {
        for (face, bounds) in faces {
            let overlap = bounds.overlap(region.bounds);
            let around = bounds.has_middle_in(region.bounds) && region.bounds.has_middle_in(*bounds);
            if overlap >= SAME_REGION && around {
                pairs.push((overlap, *face, place, region));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut taken, mut used) = (BTreeSet::new(), BTreeSet::new());
    let mut meant = Vec::new();
    for (_, face, place, region) in pairs {
        if !taken.contains(&face) && used.insert(place) {
            taken.insert(face);
            meant.push((face, region));
        }
    }
    meant
}

fn has_name(recorder: &Recorder<'_>, person: PersonId, name: &str) -> rusqlite::Result<bool> {
    let known = recorder.person(person)?.and_then(|fields| fields.name);
    Ok(known.is_some_and(|known| same_name_form(&known) == same_name_form(name)))
}

/// The person of a name, made where there is none. Of several with one name it is the first.
pub(super) fn named(recorder: &mut Recorder<'_>, name: &str) -> rusqlite::Result<PersonId> {
    let wanted = same_name_form(name);
    {
        let mut statement = recorder
            .transaction()
            .prepare_cached("SELECT id, name FROM person WHERE name IS NOT NULL ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if same_name_form(row.get_ref(1)?.as_str()?) == wanted {
                return row.get(0).map(PersonId);
            }
        }
    }
    recorder.new_person(PersonFields {
        name: Some(name.trim().to_owned()),
        ..PersonFields::default()
    })
}

fn is_refused(transaction: &Transaction<'_>, face: FaceId, person: PersonId) -> rusqlite::Result<bool> {
    let found = transaction
        .prepare_cached("SELECT 1 FROM refused WHERE face_id = ?1 AND person_id = ?2")?
        .query_row(params![face.0, person.0], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}
