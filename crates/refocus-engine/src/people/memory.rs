//! Faces and persons in memory, and the clustering over them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use refocus_search::Work;
use refocus_search::people::{
    Belongs, Face, Nearness, PeopleIndex, Placement as Placed, Suggested, cluster, is_telling,
};
use refocus_store::StoreError;
use refocus_store::people::{FaceId, FaceRow, PeopleReader, PersonId, PersonRow, Placement};

use super::FACES_REVISION;
use super::state::{PeopleState, Person, PhotoFace, Question, QuestionAbout};

/// Questions that wait for an answer, at most.
const MOST_QUESTIONS: usize = 200;

/// Faces and persons as the file has them.
pub(super) struct Memory {
    photos: HashMap<[u8; 32], Arc<[PhotoFace]>>,
    photo_of: HashMap<FaceId, [u8; 32]>,
    /// Numbers of photos, for the clustering.
    numbers: HashMap<[u8; 32], u32>,
    refused: HashMap<FaceId, Vec<i64>>,
    index: PeopleIndex,
    /// Faces that the index has taken.
    indexed: HashSet<FaceId>,
}

impl Memory {
    /// All that the file has.
    pub(super) fn load(reader: &PeopleReader) -> Result<Self, StoreError> {
        let mut rows: HashMap<[u8; 32], Vec<PhotoFace>> = HashMap::new();
        reader.for_each_face(|row| rows.entry(row.photo).or_default().push(photo_face(&row)))?;
        let mut memory = Self {
            photos: rows.into_iter().map(|(photo, faces)| (photo, faces.into())).collect(),
            photo_of: HashMap::new(),
            numbers: HashMap::new(),
            refused: refused(reader)?,
            index: PeopleIndex::new(&[], Nearness::default()),
            indexed: HashSet::new(),
        };
        for (photo, faces) in &memory.photos {
            memory.photo_of.extend(faces.iter().map(|face| (face.id, *photo)));
        }
        let faces = memory.all_faces();
        memory.indexed = faces.iter().map(|(id, _)| FaceId(*id)).collect();
        memory.index = PeopleIndex::new(&faces, Nearness::default()).with_new(reader.faces_since_clustering()?);
        Ok(memory)
    }

    /// All faces of the present revision, in the order in which they were found first.
    fn all_faces(&mut self) -> Vec<(i64, Face)> {
        let mut all: Vec<([u8; 32], PhotoFace)> = Vec::with_capacity(self.photo_of.len());
        for (photo, faces) in &self.photos {
            let current = faces.iter().filter(|face| face.revision == FACES_REVISION);
            all.extend(current.map(|face| (*photo, face.clone())));
        }
        all.sort_by_key(|(_, face)| face.id);
        all.iter()
            .map(|(photo, face)| (face.id.0, self.face(photo, face)))
            .collect()
    }

    /// A face as the clustering sees it.
    fn face(&mut self, photo: &[u8; 32], face: &PhotoFace) -> Face {
        let next = self.numbers.len() as u32;
        let quality = face.quality;
        Face {
            photo: *self.numbers.entry(*photo).or_insert(next),
            values: face.identity.values,
            scale: face.identity.scale,
            telling: is_telling(quality.size, quality.sharpness, quality.pose),
            belongs: match face.person {
                None => Belongs::Nobody,
                Some((person, said)) if said.holds() => Belongs::Confirmed(person.0),
                Some((person, _)) => Belongs::Clustered(person.0),
            },
            refused: self.refused.get(&face.id).cloned().unwrap_or_default(),
        }
    }

    /// The faces of a photo as the file has them now.
    pub(super) fn take(&mut self, photo: [u8; 32], rows: &[FaceRow]) {
        if let Some(before) = self.photos.get(&photo) {
            for face in before.iter() {
                self.photo_of.remove(&face.id);
            }
        }
        let faces: Arc<[PhotoFace]> = rows.iter().map(photo_face).collect();
        self.photo_of.extend(faces.iter().map(|face| (face.id, photo)));
        if faces.is_empty() {
            self.photos.remove(&photo);
        } else {
            self.photos.insert(photo, faces);
        }
    }

    /// Puts the faces of these photos that the index does not have yet to persons.
    pub(super) fn place(&mut self, photos: &[[u8; 32]]) -> Vec<(FaceId, Placement)> {
        let mut new = Vec::new();
        for photo in photos {
            let Some(faces) = self.photos.get(photo).cloned() else {
                continue;
            };
            for face in faces.iter().filter(|face| face.revision == FACES_REVISION) {
                if self.indexed.insert(face.id) {
                    new.push((face.id.0, self.face(photo, face)));
                }
            }
        }
        let placed = self.index.add(&new);
        placed
            .into_iter()
            .map(|(face, to)| (FaceId(face), placement(to)))
            .collect()
    }

    /// Which persons the new ones of [`Memory::place`] have become.
    pub(super) fn adopt(&mut self, new: &BTreeMap<u32, PersonId>) {
        self.index
            .adopt(&new.iter().map(|(number, person)| (*number, person.0)).collect());
    }

    /// Whether so many faces came one at a time that all of them should be looked at together.
    pub(super) fn is_due(&self) -> bool {
        self.index.is_due()
    }

    /// Puts all faces to persons from scratch; what was said stays. `None` if it became stale.
    pub(super) fn cluster(&mut self, stale: &(dyn Fn() -> bool + Sync)) -> Option<Vec<(FaceId, Placement)>> {
        let all = self.all_faces();
        let (ids, faces): (Vec<i64>, Vec<Face>) = all.into_iter().unzip();
        let work = Work {
            stale,
            ..Work::default()
        };
        let placed = cluster(&faces, &Nearness::default(), work)?;
        Some(
            ids.into_iter()
                .map(FaceId)
                .zip(placed.into_iter().map(placement))
                .collect(),
        )
    }

    /// Photos of faces, each once.
    pub(super) fn photos_of(&self, faces: impl IntoIterator<Item = FaceId>) -> BTreeSet<[u8; 32]> {
        faces
            .into_iter()
            .filter_map(|face| self.photo_of.get(&face).copied())
            .collect()
    }

    /// Photos with faces that the library does not have.
    pub(super) fn absent(&self, library: &HashSet<[u8; 32]>) -> HashSet<[u8; 32]> {
        self.photos
            .keys()
            .filter(|photo| !library.contains(*photo))
            .copied()
            .collect()
    }

    /// What front ends and rankings read. Faces of `absent` photos are kept for when these come back, and counted and shown nowhere; a
    /// person without a name who has no others is nobody until then.
    pub(super) fn state(
        &self,
        reader: &PeopleReader,
        version: u64,
        absent: &HashSet<[u8; 32]>,
    ) -> Result<PeopleState, StoreError> {
        let present = self.photos.iter().filter(|(photo, _)| !absent.contains(*photo));
        let photos: HashMap<[u8; 32], Arc<[PhotoFace]>> =
            present.map(|(photo, faces)| (*photo, Arc::clone(faces))).collect();
        let (best, counts) = (best_faces(&photos), counts(&photos));
        let rows = reader.persons()?.into_iter();
        let persons = rows.map(|row| self.person(row, &best, &counts));
        let mut persons: Vec<Person> = persons.filter(|who| who.photos > 0 || who.name.is_some()).collect();
        persons.sort_by(|a, b| b.photos.cmp(&a.photos).then(a.id.cmp(&b.id)));
        let named = persons.iter().filter(|person| !person.hidden && person.name.is_some());
        let named: Vec<i64> = named.map(|person| person.id.0).collect();
        let apart: Vec<(i64, i64)> = reader.kept_apart()?.iter().map(|(a, b)| (a.0, b.0)).collect();
        let hidden: HashSet<PersonId> = persons.iter().filter(|p| p.hidden).map(|p| p.id).collect();
        let questions = self.index.suggestions(&named, &apart, MOST_QUESTIONS);
        let is_known = |id: i64| persons.iter().any(|who| who.id.0 == id);
        let questions = questions.into_iter().filter_map(|asked| {
            let about = match asked.of {
                Suggested::Face(face) => self.question_about(FaceId(face), absent)?,
                Suggested::Person(person) if is_known(person) => QuestionAbout::Person(PersonId(person)),
                Suggested::Person(_) => return None,
            };
            Some(Question {
                person: PersonId(asked.person),
                about,
                distance: asked.distance,
            })
        });
        let questions =
            questions.filter(|asked| !matches!(asked.about, QuestionAbout::Person(p) if hidden.contains(&p)));
        let questions: Arc<[Question]> = questions.collect();
        Ok(PeopleState {
            questions,
            undo: reader.undoable()?,
            redo: reader.redoable()?,
            version,
            ..PeopleState::of(persons, photos)
        })
    }

    fn question_about(&self, face: FaceId, absent: &HashSet<[u8; 32]>) -> Option<QuestionAbout> {
        let photo = self.photo_of.get(&face).filter(|photo| !absent.contains(*photo))?;
        let found = self.photos.get(photo)?.iter().find(|of| of.id == face)?;
        Some(QuestionAbout::Face(*photo, face, found.bounds))
    }

    fn person(&self, row: PersonRow, best: &HashMap<PersonId, FaceId>, counts: &Counts) -> Person {
        let (photos, faces) = counts.get(&row.id).copied().unwrap_or_default();
        let of_face = |face: FaceId| {
            let photo = self.photo_of.get(&face)?;
            let found = self.photos.get(photo)?.iter().find(|of| of.id == face)?;
            Some((*photo, face, found.bounds))
        };
        let chosen = row.picture.and_then(of_face);
        Person {
            id: row.id,
            name: row.name.map(Arc::from),
            hidden: row.hidden,
            faces,
            photos,
            picture: chosen.or_else(|| best.get(&row.id).copied().and_then(of_face)),
        }
    }
}

/// Photos and faces of each person.
type Counts = HashMap<PersonId, (usize, usize)>;

fn counts(photos: &HashMap<[u8; 32], Arc<[PhotoFace]>>) -> Counts {
    let mut counts = Counts::new();
    for faces in photos.values() {
        let mut seen = HashSet::new();
        for (person, _) in faces.iter().filter_map(|face| face.person) {
            let count = counts.entry(person).or_default();
            count.0 += usize::from(seen.insert(person));
            count.1 += 1;
        }
    }
    counts
}

/// The face of each person that can be seen best.
fn best_faces(photos: &HashMap<[u8; 32], Arc<[PhotoFace]>>) -> HashMap<PersonId, FaceId> {
    let mut best: HashMap<PersonId, (f32, FaceId)> = HashMap::new();
    for face in photos.values().flat_map(|faces| faces.iter()) {
        let Some((person, _)) = face.person else { continue };
        let seen = (seen_well(face), face.id);
        let so_far = best.entry(person).or_insert(seen);
        if seen.0 > so_far.0 || (seen.0 == so_far.0 && seen.1 < so_far.1) {
            *so_far = seen;
        }
    }
    best.into_iter().map(|(person, (_, face))| (person, face)).collect()
}

/// How well a face can be seen; only to compare. Beyond some size it is no better for being larger.
fn seen_well(face: &PhotoFace) -> f32 {
    let quality = face.quality;
    let size = f32::from(quality.size).min(200.0);
    let frontal = 1.0 - 0.7 * f32::from(quality.pose) / 255.0;
    size * frontal * (0.3 + f32::from(quality.sharpness) / 255.0)
}

fn photo_face(row: &FaceRow) -> PhotoFace {
    PhotoFace {
        id: row.id,
        bounds: row.face.bounds,
        points: row.face.points,
        quality: row.face.quality,
        identity: row.face.identity,
        revision: row.revision,
        person: row.person,
    }
}

fn refused(reader: &PeopleReader) -> Result<HashMap<FaceId, Vec<i64>>, StoreError> {
    let mut all: HashMap<FaceId, Vec<i64>> = HashMap::new();
    for (face, person) in reader.refused()? {
        all.entry(face).or_default().push(person.0);
    }
    Ok(all)
}

fn placement(placed: Placed) -> Placement {
    match placed {
        Placed::Person(person) => Placement::Person(PersonId(person)),
        Placed::New(number) => Placement::New(number),
        Placed::Nobody => Placement::Nobody,
    }
}
