//! What is known of people at one moment, for all who read it.

use std::collections::HashMap;
use std::sync::Arc;

use refocus_search::people::PeopleNames;
use refocus_store::people::{FaceBounds, FaceId, FaceIdentity, FaceQuality, PersonId, Said, StepKind};

/// A face of a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoFace {
    /// Identity.
    pub id: FaceId,
    /// Where it is.
    pub bounds: FaceBounds,
    /// Five points (x, y) of it, in 65,535ths of the photo's width and height.
    pub points: [[u16; 2]; 5],
    /// How well it can be seen.
    pub quality: FaceQuality,
    /// Whose it is, in numbers.
    pub identity: FaceIdentity,
    /// Revision of the pass that found it: numbers of another one than the present are not to be compared with.
    pub revision: u32,
    /// Whose it is, and who says so; `None` where nobody is sure.
    pub person: Option<(PersonId, Said)>,
}

/// A person.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Identity.
    pub id: PersonId,
    /// The name, where one was given.
    pub name: Option<Arc<str>>,
    /// Not to be shown among the others.
    pub hidden: bool,
    /// Faces.
    pub faces: usize,
    /// Photos, by content.
    pub photos: usize,
    /// The photo (hash of its bytes) and face that stand for them; `None` where they have no face now.
    pub picture: Option<([u8; 32], FaceId, FaceBounds)>,
}

/// Whom a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionAbout {
    /// A face that is nobody's for sure: its photo and place.
    Face([u8; 32], FaceId, FaceBounds),
    /// Somebody without a name, all of whose faces it would be.
    Person(PersonId),
}

/// "Is this Anna?"
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// Who it may be.
    pub person: PersonId,
    /// Of whom it is asked.
    pub about: QuestionAbout,
    /// How far apart the faces are, 0 (the same) to about 1.
    pub distance: f32,
}

/// What is known of people. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct PeopleState {
    /// The person said yes: faces are found and kept.
    pub on: bool,
    /// Why faces and persons cannot be read or kept, for the person.
    pub failed: Option<String>,
    /// Persons, those with most photos first.
    pub persons: Arc<[Person]>,
    /// Questions about persons with a name, the likeliest first.
    pub questions: Arc<[Question]>,
    /// Faces in all.
    pub faces: usize,
    /// Faces that are nobody's for sure.
    pub unassigned: usize,
    /// The step that would be undone.
    pub undo: Option<StepKind>,
    /// The step that would be done again.
    pub redo: Option<StepKind>,
    /// Grows with every change.
    pub version: u64,
    pub(super) photos: HashMap<[u8; 32], Arc<[PhotoFace]>>,
    pub(super) places: HashMap<PersonId, usize>,
    pub(super) names: Arc<PeopleNames>,
}

impl PeopleState {
    /// What is known where these persons and the faces of these photos (by the hash of their bytes) are all that is kept, and nothing
    /// is asked. The order of the persons is taken as it is.
    #[must_use]
    pub fn of(persons: Vec<Person>, photos: HashMap<[u8; 32], Arc<[PhotoFace]>>) -> Self {
        let all = || photos.values().flat_map(|faces| faces.iter());
        let names = persons
            .iter()
            .filter_map(|person| Some((person.id.0, person.name.as_deref()?)));
        Self {
            on: true,
            faces: all().count(),
            unassigned: all().filter(|face| face.person.is_none()).count(),
            places: (0..).zip(&persons).map(|(place, person)| (person.id, place)).collect(),
            names: Arc::new(PeopleNames::new(names)),
            persons: persons.into(),
            photos,
            ..Self::default()
        }
    }

    /// The faces of a photo, by the hash of its bytes.
    #[must_use]
    pub fn faces_of(&self, hash: &[u8; 32]) -> &[PhotoFace] {
        self.photos.get(hash).map_or(&[], |faces| faces)
    }

    /// A person.
    #[must_use]
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.persons.get(*self.places.get(&id)?)
    }

    /// The name of a person who has one.
    #[must_use]
    pub fn name_of(&self, id: PersonId) -> Option<&str> {
        self.person(id)?.name.as_deref()
    }

    /// The persons with a name of a photo, each once, in the order in which their faces were found.
    pub fn names_in(&self, hash: &[u8; 32]) -> Vec<&str> {
        let mut names = Vec::new();
        for (person, _) in self.faces_of(hash).iter().filter_map(|face| face.person) {
            if let Some(name) = self.name_of(person).filter(|name| !names.contains(name)) {
                names.push(name);
            }
        }
        names
    }

    /// Names as they are looked for in a find text.
    #[must_use]
    pub fn names(&self) -> &PeopleNames {
        &self.names
    }

    /// Persons of a name, in the form in which names are compared.
    #[must_use]
    pub fn named(&self, name: &str) -> Vec<PersonId> {
        self.names.called(name).iter().map(|id| PersonId(*id)).collect()
    }
}
