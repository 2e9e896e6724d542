//! Faces and persons as those who use them see them.

mod lost;
mod passes;
mod steps;

use std::path::PathBuf;

use super::*;

/// A library's people in a folder of their own.
struct TestPeople {
    folder: tempfile::TempDir,
    library: PathBuf,
    database: PeopleDatabase,
    store: PeopleStore,
}

impl TestPeople {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("library.refocus");
        let database = PeopleDatabase::open(&library).unwrap();
        let store = database.writer().unwrap();
        Self {
            folder,
            library,
            database,
            store,
        }
    }

    /// With `photos` photos of two faces each, all the left ones a person, all the right ones another.
    fn with_two_persons(photos: u8) -> (Self, [PersonId; 2]) {
        let mut people = Self::new();
        let faces = people.pass(1, 0..photos);
        let placements = faces.iter().flat_map(|faces| {
            let of_person = |place: u32| (faces[place as usize], Placement::New(place));
            [of_person(0), of_person(1)]
        });
        let clustered = people.store.place_faces(&placements.collect::<Vec<_>>()).unwrap();
        (people, [clustered.new[&0], clustered.new[&1]])
    }

    /// Two faces in each of these photos, as the pass of this revision finds them.
    fn pass(&mut self, revision: u32, photos: std::ops::Range<u8>) -> Vec<Vec<FaceId>> {
        let passes: Vec<_> = photos
            .map(|photo| PhotoPass {
                photo: hash(photo),
                faces: Some(vec![face(0.1, revision), face(0.6, revision)]),
                regions: Vec::new(),
            })
            .collect();
        self.store.store_passes(revision, &passes).unwrap()
    }

    fn reader(&self) -> PeopleReader {
        self.database.reader().unwrap()
    }

    fn faces(&self, person: PersonId) -> Vec<FaceId> {
        let faces = self.reader().faces_of_person(person).unwrap();
        faces.into_iter().map(|face| face.id).collect()
    }

    fn named(&self, name: &str) -> Option<PersonRow> {
        let persons = self.reader().persons().unwrap();
        persons.into_iter().find(|person| person.name.as_deref() == Some(name))
    }

    /// All rows that a person can change, as text.
    fn rows(&self) -> Vec<String> {
        let reader = self.reader();
        let mut rows = Vec::new();
        for table in ["person", "member", "refused", "apart", "waiting"] {
            let sql = format!("SELECT * FROM {table}");
            reader
                .inner
                .visit(&sql, [], |row| {
                    let columns = row.as_ref().column_count();
                    let values: Vec<rusqlite::types::Value> = (0..columns).map(|at| row.get(at).unwrap()).collect();
                    rows.push(format!("{table} {values:?}"));
                    Ok(())
                })
                .unwrap();
        }
        rows.sort();
        rows
    }
}

fn hash(number: u8) -> [u8; 32] {
    let mut hash = [number.wrapping_mul(37); 32];
    hash[0] = number;
    hash
}

/// A face at a place from the left; another revision draws the bounds a little differently.
fn face(left: f32, revision: u32) -> NewFace {
    let left = left + 0.01 * revision as f32;
    NewFace {
        bounds: FaceBounds::of_fractions([left, 0.2, left + 0.2, 0.5]),
        points: [[1, 2], [3, 4], [5, 6], [7, 8], [9, 65_535]],
        quality: FaceQuality {
            size: 300,
            sharpness: 200,
            pose: 10,
        },
        identity: FaceIdentity {
            values: std::array::from_fn(|place| (place as i32 - 100) as i8),
            scale: 0.01 * revision as f32,
        },
    }
}
