//! New faces, one photo at a time: to the persons there are, or to new ones.
//!
//! What [`cluster`](super::cluster) decides over all faces, this decides for a few in milliseconds, by the same distances: a face is compared
//! with the parts of persons (a person may look so different that their faces are several parts), and with the telling faces that are
//! nobody's yet. Nobody loses a face here, and no two persons become one: that is for the next run from scratch, which is due once one
//! face in ten is new ([`PeopleIndex::is_due`]). Of 1,300 made-up faces of 60 persons and 300 who pass by, photo by photo in 50 orders,
//! precision without such runs was 0.979 in the worst order, and 1 with them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::cluster::{Nearness, Sum};
use super::clustering::Placement;
use super::face::{Belongs, Face, canonical_order};
use super::neighbours::PackedFaces;

/// Faces of nobody that a new face is compared with in detail.
const LOOSE_NEIGHBOURS: usize = 8;

/// A run from scratch is due once one in so many faces is new.
const DUE: usize = 10;

/// Who a person is, before a new one has a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Owner {
    Known(i64),
    New(u32),
}

/// Faces of one person that look alike.
pub(super) struct Part {
    pub(super) owner: Owner,
    pub(super) sum: Sum,
}

#[derive(Default)]
pub(super) struct Person {
    pub(super) photos: HashSet<u32>,
    /// Somebody spoke of them: they are not to be merged into another one.
    pub(super) held: bool,
    /// Numbers of faces.
    pub(super) faces: Vec<i64>,
}

/// A face of nobody.
pub(super) struct Loose {
    pub(super) face: i64,
    pub(super) sum: Sum,
    pub(super) photo: u32,
    pub(super) refused: Vec<i64>,
}

/// Persons and the faces of nobody, ready to take new faces.
pub struct PeopleIndex {
    nearness: Nearness,
    pub(super) parts: Vec<Part>,
    pub(super) persons: BTreeMap<Owner, Person>,
    /// What new faces are compared with; places of those that found their person hold nothing.
    packed: PackedFaces,
    pub(super) loose: Vec<Option<Loose>>,
    pub(super) refused: HashMap<i64, Vec<i64>>,
    next: u32,
    /// Faces at the beginning, and since.
    known: usize,
    added: usize,
}

impl PeopleIndex {
    /// Of all faces by now, each with its number.
    #[must_use]
    pub fn new(faces: &[(i64, Face)], nearness: Nearness) -> Self {
        let mut index = Self {
            nearness,
            parts: Vec::new(),
            persons: BTreeMap::new(),
            packed: PackedFaces::new([]),
            loose: Vec::new(),
            refused: HashMap::new(),
            next: 0,
            known: faces.len(),
            added: 0,
        };
        let plain: Vec<Face> = faces.iter().map(|(_, face)| face.clone()).collect();
        let farthest = nearness.farthest().powi(2);
        let mut parts: BTreeMap<Owner, Vec<Sum>> = BTreeMap::new();
        let mut only_little: BTreeMap<Owner, Sum> = BTreeMap::new();
        for place in canonical_order(&plain) {
            let Some((number, face)) = faces.get(place as usize) else {
                continue;
            };
            index.note_refused(*number, face);
            let Some(owner) = face.belongs.person().map(Owner::Known) else {
                if face.telling {
                    index.add_loose(*number, face);
                }
                continue;
            };
            let person = index.persons.entry(owner).or_default();
            person.photos.insert(face.photo);
            person.held |= matches!(face.belongs, Belongs::Confirmed(_));
            person.faces.push(*number);
            let sum = Sum::of(face);
            if !face.telling {
                only_little.entry(owner).and_modify(|all| all.add(&sum)).or_insert(sum);
                continue;
            }
            let own = parts.entry(owner).or_default();
            let nearest = own
                .iter_mut()
                .map(|part| (part.apart(&sum), part))
                .filter(|(apart, _)| *apart <= farthest)
                .min_by(|a, b| a.0.total_cmp(&b.0));
            match nearest {
                Some((_, part)) => part.add(&sum),
                None => own.push(sum),
            }
        }
        for (owner, sum) in only_little {
            parts.entry(owner).or_insert_with(|| vec![sum]);
        }
        for (owner, sums) in parts {
            index.parts.extend(sums.into_iter().map(|sum| Part { owner, sum }));
        }
        index
    }

    /// The same where so many of the faces came since all were put to persons from scratch ([`PeopleIndex::is_due`]).
    #[must_use]
    pub fn with_new(self, new: usize) -> Self {
        let all = self.known + self.added;
        let added = new.min(all);
        Self {
            known: all - added,
            added,
            ..self
        }
    }

    /// Persons, those of new faces included.
    #[must_use]
    pub fn persons(&self) -> usize {
        self.persons.len()
    }

    /// Whether so many faces came that all should be put to persons from scratch ([`cluster`](super::cluster)), and the index be made anew:
    /// what came first has no more say than what came last.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.added * DUE > self.known
    }

    /// Takes the faces of new photos. Returns each face, new or not, that has another person now; of the new ones all, also those that are
    /// nobody's. Numbers of [`Placement::New`] go on from call to call, until [`PeopleIndex::adopt`] says what they have become.
    pub fn add(&mut self, faces: &[(i64, Face)]) -> Vec<(i64, Placement)> {
        let plain: Vec<Face> = faces.iter().map(|(_, face)| face.clone()).collect();
        let order = canonical_order(&plain);
        let in_order = || order.iter().filter_map(|place| faces.get(*place as usize));
        self.added += faces.len();
        let mut changed = BTreeMap::new();
        let mut grown = BTreeSet::new();
        for (number, face) in in_order() {
            changed.insert(*number, None);
            self.note_refused(*number, face);
        }
        for (number, face) in in_order() {
            if let Some(person) = face.belongs.person() {
                let owner = Owner::Known(person);
                self.persons.entry(owner).or_default().held |= matches!(face.belongs, Belongs::Confirmed(_));
                let part = self.nearest_part_of(owner, &Sum::of(face));
                self.join(owner, part, *number, face.photo, &Sum::of(face), face.telling);
                changed.insert(*number, Some(owner));
            } else if face.telling {
                self.add_telling(*number, face, &mut changed, &mut grown);
            }
        }
        while let Some(part) = grown.pop_first() {
            self.absorb(part, &mut changed, &mut grown);
        }
        for (number, face) in in_order().filter(|(_, face)| !face.telling && face.belongs == Belongs::Nobody) {
            let sum = Sum::of(face);
            let limit = self.nearness.little.powi(2);
            if let Some((part, owner)) = self.sure_part(*number, face.photo, &sum, |_| limit) {
                self.join(owner, Some(part), *number, face.photo, &sum, false);
                changed.insert(*number, Some(owner));
            }
        }
        let placement = |owner: Option<Owner>| match owner {
            None => Placement::Nobody,
            Some(Owner::Known(person)) => Placement::Person(person),
            Some(Owner::New(number)) => Placement::New(number),
        };
        changed
            .into_iter()
            .map(|(face, owner)| (face, placement(owner)))
            .collect()
    }

    /// Says which persons the new ones have become.
    pub fn adopt(&mut self, numbers: &BTreeMap<u32, i64>) {
        let known = |owner: Owner| match owner {
            Owner::New(number) => numbers.get(&number).map_or(owner, |person| Owner::Known(*person)),
            Owner::Known(_) => owner,
        };
        for part in &mut self.parts {
            part.owner = known(part.owner);
        }
        let persons = std::mem::take(&mut self.persons);
        self.persons = persons
            .into_iter()
            .map(|(owner, person)| (known(owner), person))
            .collect();
    }

    fn note_refused(&mut self, number: i64, face: &Face) {
        if !face.refused.is_empty() {
            self.refused.insert(number, face.refused.clone());
        }
    }

    fn add_loose(&mut self, number: i64, face: &Face) {
        self.packed.push(face);
        self.loose.push(Some(Loose {
            face: number,
            sum: Sum::of(face),
            photo: face.photo,
            refused: face.refused.clone(),
        }));
    }

    fn may_be(&self, face: i64, photo: u32, owner: Owner) -> bool {
        let is_refused = match owner {
            Owner::Known(person) => self.refused.get(&face).is_some_and(|refused| refused.contains(&person)),
            Owner::New(_) => false,
        };
        !is_refused
            && self
                .persons
                .get(&owner)
                .is_none_or(|person| !person.photos.contains(&photo))
    }

    fn nearest_part_of(&self, owner: Owner, sum: &Sum) -> Option<usize> {
        let own = self.parts.iter().enumerate().filter(|(_, part)| part.owner == owner);
        let nearest = own.map(|(place, part)| (part.sum.apart(sum), place));
        nearest
            .filter(|(apart, _)| *apart <= self.nearness.farthest().powi(2))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, place)| place)
    }

    /// The part that a face joins: near enough (`limit` of a part's faces), and no other person nearly as near.
    fn sure_part(&self, face: i64, photo: u32, sum: &Sum, limit: impl Fn(usize) -> f32) -> Option<(usize, Owner)> {
        let mut best: Option<(f32, usize, Owner)> = None;
        let mut second = f32::INFINITY;
        for (place, part) in self.parts.iter().enumerate() {
            let apart = part.sum.apart(sum).max(0.0);
            match best {
                Some((nearest, ..)) if apart >= nearest => {
                    if best.is_some_and(|(_, _, owner)| owner != part.owner) {
                        second = second.min(apart);
                    }
                }
                _ => {
                    if let Some((nearest, _, owner)) = best
                        && owner != part.owner
                    {
                        second = nearest;
                    }
                    best = Some((apart, place, part.owner));
                }
            }
        }
        let (apart, place, owner) = best?;
        let count = self.parts.get(place)?.sum.count();
        let is_sure = second.sqrt() - apart.sqrt() >= self.nearness.margin;
        (apart <= limit(count) && is_sure && self.may_be(face, photo, owner)).then_some((place, owner))
    }

    fn add_telling(
        &mut self,
        number: i64,
        face: &Face,
        changed: &mut BTreeMap<i64, Option<Owner>>,
        grown: &mut BTreeSet<usize>,
    ) {
        let sum = Sum::of(face);
        let nearness = self.nearness;
        if let Some((part, owner)) = self.sure_part(number, face.photo, &sum, |count| nearness.limit(1, count)) {
            self.join(owner, Some(part), number, face.photo, &sum, true);
            changed.insert(number, Some(owner));
            grown.insert(part);
            return;
        }
        let near = self.packed.nearest_to(face, LOOSE_NEIGHBOURS, self.nearness.pair);
        let other = near.into_iter().find_map(|neighbour| {
            let slot = self.loose.get_mut(neighbour.face as usize)?;
            let is_other = slot.as_ref().is_some_and(|loose| loose.photo != face.photo);
            if is_other { slot.take() } else { None }
        });
        let Some(other) = other else {
            self.add_loose(number, face);
            return;
        };
        let owner = Owner::New(self.next);
        self.next += 1;
        let part = self.parts.len();
        self.join(owner, None, other.face, other.photo, &other.sum, true);
        self.join(owner, Some(part), number, face.photo, &sum, true);
        changed.insert(other.face, Some(owner));
        changed.insert(number, Some(owner));
        grown.insert(part);
    }

    /// Adds a face to a person; a telling one also to what they look like, as a part of its own where none is named.
    fn join(&mut self, owner: Owner, part: Option<usize>, face: i64, photo: u32, sum: &Sum, telling: bool) {
        let person = self.persons.entry(owner).or_default();
        person.photos.insert(photo);
        person.faces.push(face);
        if !telling {
            return;
        }
        match part.and_then(|part| self.parts.get_mut(part)) {
            Some(part) => part.sum.add(sum),
            None => self.parts.push(Part {
                owner,
                sum: sum.clone(),
            }),
        }
    }

    /// Faces of nobody that are a person's for sure, now that more is known of them.
    fn absorb(&mut self, part: usize, changed: &mut BTreeMap<i64, Option<Owner>>, grown: &mut BTreeSet<usize>) {
        let Some(grown_part) = self.parts.get(part) else {
            return;
        };
        let limit = self.nearness.limit(1, grown_part.sum.count());
        let near: Vec<usize> = self
            .loose
            .iter()
            .enumerate()
            .filter(|(_, loose)| {
                loose
                    .as_ref()
                    .is_some_and(|loose| grown_part.sum.apart(&loose.sum) <= limit)
            })
            .map(|(place, _)| place)
            .collect();
        let nearness = self.nearness;
        for place in near {
            let Some(loose) = self.loose.get_mut(place).and_then(Option::take) else {
                continue;
            };
            match self.sure_part(loose.face, loose.photo, &loose.sum, |count| nearness.limit(1, count)) {
                Some((joined, owner)) => {
                    self.join(owner, Some(joined), loose.face, loose.photo, &loose.sum, true);
                    changed.insert(loose.face, Some(owner));
                    if joined != part {
                        grown.insert(joined);
                    }
                }
                None => {
                    if let Some(slot) = self.loose.get_mut(place) {
                        *slot = Some(loose);
                    }
                }
            }
        }
    }
}
