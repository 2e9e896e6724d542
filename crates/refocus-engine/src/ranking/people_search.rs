//! Searches that are about people: names in the find text, persons that photos are narrowed to, and "who" as a focus.
//!
//! A name in the find text is that person: only photos that show them take part, and the rest of the text orders these. Under a focus
//! like "the same people" photos are ranked by who is in them: those with all the people of the references first, the others after
//! them in the order that the focus gives by looks. Without a reference each person's photos stand together.

use std::sync::Arc;

use refocus_media::tags::comparison_form;
use refocus_search::people::{
    Belongs, Face, NamedQuery, PeopleMatch, ShownFace, WantedPerson, group_by_person, is_telling, match_people,
};
use refocus_search::{FindQuery, Group, GroupKind, Groups, Way};

use crate::event::MatchedFace;
use crate::people::{NewFace, PeopleState, PersonId, PhotoFace};
use crate::rows::PhotoRow;
use crate::search::{ReferenceSource, SearchResults, asks_who};
use crate::snapshot::LibrarySnapshot;

use super::job_queue::Search;
use super::ranker::Ranker;
use super::results::{put_scored_first, references_in_front};
use super::whose::Whose;

/// What a search has to do with people.
#[derive(Debug)]
pub(super) struct PeopleSearch {
    state: Arc<PeopleState>,
    named: NamedQuery,
    /// Photos are compared by who is in them.
    pub(super) is_focus: bool,
    /// Photos are compared in a respect of one person.
    pub(super) whose: Option<Whose>,
}

/// What decides who takes part, as far as people do.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PeopleKey {
    version: u64,
    wanted: Vec<Vec<i64>>,
    unwanted: Vec<i64>,
}

impl PeopleSearch {
    /// What is known of people.
    pub(super) fn state(&self) -> &PeopleState {
        &self.state
    }

    pub(super) fn key(&self) -> PeopleKey {
        PeopleKey {
            version: self.state.version,
            wanted: self.named.wanted.clone(),
            unwanted: self.named.unwanted.clone(),
        }
    }

    /// Takes out the photos that do not show who is to be there, or show who is not.
    fn narrow(&self, subset: &mut [bool], search: &Search, snapshot: &LibrarySnapshot) {
        let filter = &search.request.filter.people;
        let asked = self.named.wanted.iter().flatten().chain(&self.named.unwanted);
        let asked = asked.copied().chain(filter.iter().map(|person| person.0));
        let forms: Vec<(i64, String)> = asked
            .filter_map(|person| Some((person, comparison_form(self.state.name_of(PersonId(person))?))))
            .collect();
        for (takes_part, row) in subset.iter_mut().zip(snapshot.rows.iter()).filter(|(part, _)| **part) {
            let persons = self.persons_in(row, &forms);
            *takes_part = self.named.allows(&persons) && filter.iter().all(|person| persons.contains(&person.0));
        }
    }

    /// Who is in a photo: by faces, and by names that other programs wrote without saying where. `forms`: the names that matter.
    fn persons_in(&self, row: &PhotoRow, forms: &[(i64, String)]) -> Vec<i64> {
        let faces = self.state.faces_of(&row.hash);
        let mut persons: Vec<i64> = faces.iter().filter_map(|face| Some(face.person?.0.0)).collect();
        let written = row.extras.written.as_deref().map_or(&[][..], |written| &written.people);
        for face in written {
            let form = comparison_form(&face.name);
            persons.extend(
                forms
                    .iter()
                    .filter(|(_, name)| *name == form)
                    .map(|(person, _)| *person),
            );
        }
        persons
    }

    /// Photos in groups by person, the largest first; then those with faces of nobody known, then those without faces.
    pub(super) fn groups(&self, subset: &[bool], encoded: &[bool], snapshot: &LibrarySnapshot) -> Groups {
        let (mut rows, mut persons, mut others, mut without, mut not_encoded) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let taking_part = (0u32..)
            .zip(subset.iter().zip(snapshot.rows.iter()))
            .filter(|(_, (part, _))| **part);
        for (number, (_, row)) in taking_part {
            let faces = self.state.faces_of(&row.hash);
            let shown = faces.iter().filter_map(|face| {
                let person = self.state.person(face.person?.0)?;
                (!person.hidden).then_some(person.id.0)
            });
            let shown: Vec<i64> = shown.collect();
            if !encoded.get(number as usize).copied().unwrap_or_default() {
                not_encoded.push(number);
            } else if !shown.is_empty() {
                rows.push(number);
                persons.push(shown);
            } else if faces.is_empty() {
                without.push(number);
            } else {
                others.push(number);
            }
        }
        let persons: Vec<&[i64]> = persons.iter().map(Vec::as_slice).collect();
        let mut groups: Vec<Group> = group_by_person(&persons, false)
            .into_iter()
            .map(|group| {
                let name = group.person.and_then(|person| self.state.name_of(PersonId(person)));
                Group {
                    kind: GroupKind::Alike,
                    value_words: vec![name.unwrap_or(UNNAMED).to_owned()],
                    rows: group
                        .photos
                        .iter()
                        .filter_map(|photo| rows.get(*photo as usize).copied())
                        .collect(),
                }
            })
            .collect();
        for (kind, rows) in [(GroupKind::Other, others), (GroupKind::Unclear, without)] {
            if !rows.is_empty() {
                groups.push(Group {
                    kind,
                    value_words: Vec::new(),
                    rows: rows.into(),
                });
            }
        }
        Groups { groups, not_encoded }
    }

    /// Who is in a photo, as value words: names, and once whoever has none.
    pub(super) fn words_of(&self, row: &PhotoRow) -> Vec<(String, f32)> {
        let mut words: Vec<&str> = self.state.names_in(&row.hash);
        let shown = self.state.faces_of(&row.hash).iter().filter_map(|face| face.person);
        let unnamed = shown
            .filter(|(person, _)| self.state.name_of(*person).is_none())
            .count();
        words.extend((unnamed > 0).then_some(UNNAMED));
        words.into_iter().map(|word| (word.to_owned(), 1.0)).collect()
    }

    /// Puts photos with the people of the references first.
    fn put_first(&self, results: &mut SearchResults, wanted: &Wanted, first: usize, snapshot: &LibrarySnapshot) {
        put_scored_first(results, first, |number| {
            let row = snapshot.rows.get(number);
            row.map_or(0.0, |row| wanted.score(self.state.faces_of(&row.hash)))
        });
        let scores = results.scores.get(first..results.ranked).unwrap_or_default();
        results.strong = Some(first + scores.iter().take_while(|score| **score > 0.0).count());
        results.way = Way::People;
    }
}

/// Head of the group of a person without a name.
const UNNAMED: &str = "somebody without a name";

/// Who is looked for by references.
struct Wanted {
    positive: Vec<WantedPerson>,
    negative: Vec<WantedPerson>,
}

impl Wanted {
    fn score(&self, faces: &[PhotoFace]) -> f32 {
        let shown: Vec<ShownFace<'_>> = faces.iter().map(shown_face).collect();
        let score = |people: &[WantedPerson]| match people {
            [] => 0.0,
            _ => match_people(people, &shown).score,
        };
        score(&self.positive) - score(&self.negative)
    }

    /// Adds the faces of a reference; those of one person are one who is looked for.
    fn add(&mut self, person: Option<PersonId>, face: Face, positive: bool) {
        let list = if positive {
            &mut self.positive
        } else {
            &mut self.negative
        };
        let person = person.map(|person| person.0);
        match list
            .iter_mut()
            .find(|wanted| person.is_some() && wanted.person == person)
        {
            Some(wanted) => wanted.faces.push(face),
            None => list.push(WantedPerson {
                person,
                faces: vec![face],
            }),
        }
    }
}

fn shown_face(face: &PhotoFace) -> ShownFace<'_> {
    ShownFace {
        face: face.id.0,
        person: face.person.map(|(person, _)| person.0),
        values: &face.identity.values,
        scale: face.identity.scale,
    }
}

/// A face of a reference.
fn wanted_face(face: &PhotoFace) -> Face {
    let quality = face.quality;
    Face {
        photo: 0,
        values: face.identity.values,
        scale: face.identity.scale,
        telling: is_telling(quality.size, quality.sharpness, quality.pose),
        belongs: face
            .person
            .map_or(Belongs::Nobody, |(person, _)| Belongs::Confirmed(person.0)),
        refused: Vec::new(),
    }
}

fn new_face(face: &NewFace) -> Face {
    Face {
        photo: 0,
        values: face.identity.values,
        scale: face.identity.scale,
        telling: true,
        belongs: Belongs::Nobody,
        refused: Vec::new(),
    }
}

impl Ranker {
    /// Reads a search for people: what is left of its find text and of its focus goes on as before.
    pub(super) fn read_for_people(&self, mut search: Search) -> Search {
        let state = self.people.state();
        if !state.on {
            return search;
        }
        let named = state.names().read(&search.request.find);
        let has_names = !named.wanted.is_empty() || !named.unwanted.is_empty();
        if has_names {
            search.request.find.clone_from(&named.rest);
            search.find = FindQuery::parse(&named.rest);
        }
        let is_focus = asks_who(&search.request.focus);
        if has_names || is_focus || !search.request.filter.people.is_empty() {
            search.people = Some(Arc::new(PeopleSearch {
                state,
                named,
                is_focus,
                whose: None,
            }));
        }
        self.read_focus_for_people(search)
    }

    /// Reads the focus alone: a respect of one person narrows the search to their photos.
    pub(super) fn read_focus_for_people(&self, mut search: Search) -> Search {
        let state = match &search.people {
            Some(people) => Arc::clone(&people.state),
            None => self.people.state(),
        };
        let read = if state.on {
            Whose::read(&state, &search.request.focus)
        } else {
            None
        };
        let Some((whose, respect)) = read else { return search };
        search.request.focus = respect;
        let mut named = search
            .people
            .as_ref()
            .map_or_else(NamedQuery::default, |people| people.named.clone());
        named.wanted.push(whose.persons().to_vec());
        search.people = Some(Arc::new(PeopleSearch {
            state,
            named,
            is_focus: false,
            whose: Some(whose),
        }));
        search
    }

    /// Which photos take part in a search, people included.
    pub(super) fn narrowed_by_people(search: &Search, subset: &Arc<[bool]>, snapshot: &LibrarySnapshot) -> Arc<[bool]> {
        let Some(people) = &search.people else {
            // Nobody is known where people are switched off.
            let all = search.request.filter.people.is_empty();
            return if all {
                Arc::clone(subset)
            } else {
                subset.iter().map(|_| false).collect()
            };
        };
        let mut narrowed = subset.to_vec();
        people.narrow(&mut narrowed, search, snapshot);
        narrowed.into()
    }

    /// Under a focus about people: photos with the people of the references first. A notice says where no reference shows a face.
    pub(super) fn put_people_first(
        &mut self,
        search: &Search,
        snapshot: &LibrarySnapshot,
        results: &mut SearchResults,
    ) {
        let Some(people) = search.people.clone().filter(|people| people.is_focus) else {
            return;
        };
        if search.request.references.is_empty() {
            return;
        }
        let wanted = self.wanted(search, &people.state, snapshot);
        if wanted.positive.is_empty() && wanted.negative.is_empty() {
            results.notice = Some("No face was found in the reference: photos are compared by looks".to_owned());
            return;
        }
        let first = references_in_front(&results.order, &search.request, snapshot);
        people.put_first(results, &wanted, first, snapshot);
        let explained = results.order.iter().take(results.value_words.len());
        let words = explained.map(|number| {
            snapshot
                .rows
                .get(*number)
                .map_or_else(Vec::new, |row| people.words_of(row))
        });
        results.value_words = words.collect();
    }

    fn wanted(&mut self, search: &Search, state: &PeopleState, snapshot: &LibrarySnapshot) -> Wanted {
        let mut wanted = Wanted {
            positive: Vec::new(),
            negative: Vec::new(),
        };
        for reference in &search.request.references {
            match reference.source {
                ReferenceSource::Library(id) => {
                    let faces = snapshot.row_of(id).map_or(&[][..], |row| state.faces_of(&row.hash));
                    for face in faces {
                        let person = face.person.map(|(person, _)| person);
                        wanted.add(person, wanted_face(face), reference.positive);
                    }
                }
                ReferenceSource::Outside(id) => {
                    for face in self.outside_faces(id).iter() {
                        wanted.add(None, new_face(face), reference.positive);
                    }
                }
            }
        }
        wanted
    }

    /// The faces of a picture from outside the library, found once.
    fn outside_faces(&mut self, id: crate::OutsideId) -> Arc<[NewFace]> {
        if let Some(faces) = self.outside_faces.get(&id) {
            return Arc::clone(faces);
        }
        let found = self.outside.large(id).and_then(|picture| self.people.find(&picture));
        let faces: Arc<[NewFace]> = found
            .inspect_err(|why| tracing::warn!(why, "no faces can be looked for in this picture"))
            .unwrap_or_default()
            .into();
        self.outside_faces.insert(id, Arc::clone(&faces));
        faces
    }

    /// Which faces of a photo matched who is looked for, the surest first; empty where the search is not about people.
    pub(super) fn matched_faces(
        &mut self,
        search: &Search,
        row: &PhotoRow,
        snapshot: &LibrarySnapshot,
    ) -> Vec<MatchedFace> {
        let Some(people) = search.people.clone() else {
            return Vec::new();
        };
        let state = &people.state;
        let shown = state.faces_of(&row.hash);
        let mut faces: Vec<(i64, f32)> = Vec::new();
        if people.is_focus && !search.request.references.is_empty() {
            let wanted = self.wanted(search, state, snapshot);
            let views: Vec<ShownFace<'_>> = shown.iter().map(shown_face).collect();
            let PeopleMatch { faces: matched, .. } = match_people(&wanted.positive, &views);
            faces.extend(matched.into_iter().flatten());
        }
        let named = people.named.wanted.iter().flatten().copied();
        let named: Vec<i64> = named
            .chain(search.request.filter.people.iter().map(|person| person.0))
            .collect();
        let by_name = shown
            .iter()
            .filter(|face| face.person.is_some_and(|(person, _)| named.contains(&person.0)));
        for face in by_name {
            if !faces.iter().any(|(id, _)| *id == face.id.0) {
                faces.push((face.id.0, 1.0));
            }
        }
        faces.sort_by(|a, b| b.1.total_cmp(&a.1));
        let told = faces.into_iter().filter_map(|(id, alike)| {
            let face = shown.iter().find(|face| face.id.0 == id)?;
            let name = face.person.and_then(|(person, _)| state.name_of(person));
            Some(MatchedFace {
                face: face.id,
                bounds: face.bounds,
                name: name.map(str::to_owned),
                alike,
            })
        });
        told.collect()
    }
}
