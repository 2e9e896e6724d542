//! A respect of one person: "the clothes of anna" compares photos of her by what is below her face, "anna's hair" by what is around it.
//!
//! The photos that show the person take part, and no others. Of their encodings a copy is ranked that speaks of the person's region
//! alone ([`EncodingRows::within`](refocus_search::EncodingRows::within)): in a group photo it is her dress that counts.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use refocus_store::people::FaceBounds;

use crate::people::{PeopleState, PersonId};
use crate::snapshot::LibrarySnapshot;

use super::job_queue::Search;
use super::ranker::Ranker;

/// Whose respect it is, and where it is seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Whose {
    /// Persons of one name.
    persons: Vec<i64>,
    seen: Seen,
}

/// Where a respect of a person is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Seen {
    /// Below the face.
    OnTheBody,
    /// On the face and around it.
    OnTheHead,
    /// Anywhere about them.
    AllOver,
}

/// Beginnings of words for what is worn.
const WORN: [&str; 22] = [
    "cloth", "wear", "dress", "outfit", "shirt", "t-shirt", "blouse", "jacket", "coat", "sweater", "trouser", "pants",
    "jeans", "skirt", "suit", "uniform", "costume", "shoe", "fashion", "attire", "garment", "sleeve",
];

/// Beginnings of words for what a face shows.
const ON_A_FACE: [&str; 16] = [
    "face",
    "facial",
    "expression",
    "hair",
    "smil",
    "laugh",
    "eye",
    "glasses",
    "beard",
    "age",
    "old",
    "emotion",
    "feeling",
    "mood",
    "look",
    "hat",
];

impl Seen {
    fn of(focus: &str) -> Self {
        let focus = focus.to_lowercase();
        let speaks_of = |words: &[&str]| {
            let mut typed = focus.split(|letter: char| !letter.is_alphanumeric() && letter != '-');
            typed.any(|typed| words.iter().any(|word| typed.starts_with(word)))
        };
        match () {
            () if speaks_of(&WORN) => Self::OnTheBody,
            () if speaks_of(&ON_A_FACE) => Self::OnTheHead,
            () => Self::AllOver,
        }
    }

    /// The region, of where the face is: left, top, right, bottom as shares of the picture. A body is some three faces wide, and as
    /// far as it is seen at most six high.
    fn region(self, [left, top, right, bottom]: [f32; 4]) -> [f32; 4] {
        let (width, height) = (right - left, bottom - top);
        let [left, top, right, bottom] = match self {
            Self::OnTheBody => [
                left - width,
                bottom - 0.1 * height,
                right + width,
                bottom + 5.0 * height,
            ],
            Self::OnTheHead => [
                left - 0.5 * width,
                top - 0.6 * height,
                right + 0.5 * width,
                bottom + 0.3 * height,
            ],
            Self::AllOver => [left - width, top - 0.6 * height, right + width, bottom + 5.0 * height],
        };
        [left, top, right, bottom].map(|edge| edge.clamp(0.0, 1.0))
    }
}

impl Whose {
    /// Reads a focus: whose respect it is, and the respect without the name. `None` where it names nobody, several, or nothing beside
    /// a name.
    pub(super) fn read(state: &PeopleState, focus: &str) -> Option<(Self, String)> {
        let read = state.names().read(focus);
        let rest = read.rest.trim();
        let [persons] = read.wanted.as_slice() else { return None };
        if rest.is_empty() || !read.unwanted.is_empty() {
            return None;
        }
        let whose = Self {
            persons: persons.clone(),
            seen: Seen::of(rest),
        };
        Some((whose, rest.to_owned()))
    }

    /// Persons of the name.
    pub(super) fn persons(&self) -> &[i64] {
        &self.persons
    }

    /// The face in a photo, and whether it is the only one.
    fn face(&self, state: &PeopleState, hash: &[u8; 32]) -> Option<(FaceBounds, bool)> {
        let faces = state.faces_of(hash);
        let is_theirs = |person: PersonId| self.persons.contains(&person.0);
        let face = faces
            .iter()
            .find(|face| face.person.is_some_and(|(person, _)| is_theirs(person)))?;
        Some((face.bounds, faces.len() == 1))
    }
}

/// A snapshot in which the encodings of somebody's photos speak of them alone, and what it is one of.
pub(super) struct Narrowed {
    key: (u64, u64, Whose),
    snapshot: Arc<LibrarySnapshot>,
}

impl Ranker {
    /// The snapshot that a search ranks: the one at hand, or one that speaks of somebody alone.
    pub(super) fn about_somebody(&mut self, search: &Search, snapshot: &Arc<LibrarySnapshot>) -> Arc<LibrarySnapshot> {
        let people = search.people.as_deref();
        let Some((people, whose)) = people.and_then(|people| Some((people, people.whose.as_ref()?))) else {
            self.narrowed = None;
            return Arc::clone(snapshot);
        };
        let state = people.state();
        let key = (snapshot.version, state.version, whose.clone());
        if let Some(kept) = self.narrowed.as_ref().filter(|kept| kept.key == key) {
            return Arc::clone(&kept.snapshot);
        }
        let layout = self.model.layout();
        let mut own = LibrarySnapshot::clone(snapshot);
        for (number, row) in (0u32..).zip(snapshot.rows.iter()).filter(|(_, row)| row.encoded) {
            let Some((bounds, alone)) = whose.face(state, &row.hash) else {
                continue;
            };
            let region = whose.seen.region(bounds.fractions());
            let encoding = snapshot.encodings.get(number);
            if let Some(within) = encoding.and_then(|encoding| layout.within(encoding, region, alone)) {
                own.encodings.set(number, &within, false);
            }
        }
        // What was worked out of the library as it is must not be taken for this, nor the other way round.
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        own.version = hasher.finish() | 1 << 63;
        let snapshot = Arc::new(own);
        self.narrowed = Some(Narrowed {
            key,
            snapshot: Arc::clone(&snapshot),
        });
        snapshot
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use crate::people::Person;

    use super::*;

    #[test]
    fn a_focus_says_whose_respect_it_is_and_where_it_is_seen() {
        let person = |id, name: &str| Person {
            id: PersonId(id),
            name: Some(Arc::from(name)),
            hidden: false,
            faces: 1,
            photos: 1,
            picture: None,
        };
        let state = PeopleState::of(vec![person(1, "Anna Lund"), person(2, "Ben")], HashMap::new());
        let read = |focus: &str| Whose::read(&state, focus).map(|(whose, rest)| (whose.persons, whose.seen, rest));
        let on = |seen, rest: &str| Some((vec![1], seen, rest.to_owned()));
        assert_eq!(read("the clothes of anna"), on(Seen::OnTheBody, "the clothes"));
        assert_eq!(read("Anna's hair"), on(Seen::OnTheHead, "hair"));
        assert_eq!(read("what anna lund is doing"), on(Seen::AllOver, "what is doing"));
        for focus in [
            "the clothes",
            "anna",
            "the clothes of anna and ben",
            "the clothes without ben",
        ] {
            assert_eq!(read(focus), None, "{focus}");
        }
    }

    #[test]
    fn a_region_stays_in_the_picture() {
        assert_eq!(Seen::OnTheBody.region([0.4, 0.25, 0.5, 0.5]), [0.3, 0.475, 0.6, 1.0]);
        let [left, top, right, bottom] = Seen::AllOver.region([0.0, 0.0, 0.5, 0.5]);
        assert_eq!((left, top, right, bottom), (0.0, 0.0, 1.0, 1.0));
    }
}
