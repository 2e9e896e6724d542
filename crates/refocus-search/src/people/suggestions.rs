//! "Is this Anna?": faces and persons that are near somebody with a name, but not near enough to be theirs for sure.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{Owner, PeopleIndex};

/// Mean distance up to which it is worth asking.
const WORTH_ASKING: f32 = 0.58;

/// Who may be somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suggested {
    /// A face that is nobody's.
    Face(i64),
    /// A person, all of whose faces it would be.
    Person(i64),
}

/// A question to the person who owns the library.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suggestion {
    /// Who it may be.
    pub person: i64,
    /// Of whom it is asked.
    pub of: Suggested,
    /// Mean distance to the nearest faces of the person.
    pub distance: f32,
}

impl PeopleIndex {
    /// Questions about persons with a name, nearest first, at most `most`; of each face and person once, by the nearest name. `named`: who
    /// has one. `apart`: pairs that are not the same. Whom it is said not to be, and whoever stands beside them in a photo, is left
    /// out.
    #[must_use]
    pub fn suggestions(&self, named: &[i64], apart: &[(i64, i64)], most: usize) -> Vec<Suggestion> {
        let named: BTreeSet<i64> = named.iter().copied().collect();
        let apart: BTreeSet<(i64, i64)> = apart.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]).collect();
        let limit = WORTH_ASKING.powi(2);
        let of_named: Vec<(i64, &super::cluster::Sum)> = self
            .parts
            .iter()
            .filter_map(|part| match part.owner {
                Owner::Known(person) if named.contains(&person) => Some((person, &part.sum)),
                _ => None,
            })
            .collect();
        let mut best: BTreeMap<Suggested, (f32, i64)> = BTreeMap::new();
        let mut offer = |of: Suggested, person: i64, squared: f32| {
            let known = best.entry(of).or_insert((f32::INFINITY, person));
            if squared < known.0 {
                *known = (squared, person);
            }
        };
        for loose in self.loose.iter().flatten() {
            for (person, sum) in &of_named {
                let squared = sum.apart(&loose.sum).max(0.0);
                let is_shown = || {
                    let person = self.persons.get(&Owner::Known(*person));
                    person.is_some_and(|person| person.photos.contains(&loose.photo))
                };
                if squared <= limit && !loose.refused.contains(person) && !is_shown() {
                    offer(Suggested::Face(loose.face), *person, squared);
                }
            }
        }
        for part in &self.parts {
            let Owner::Known(other) = part.owner else {
                continue;
            };
            if named.contains(&other) {
                continue;
            }
            for (person, sum) in &of_named {
                let squared = sum.apart(&part.sum).max(0.0);
                if squared <= limit && !apart.contains(&(*person, other)) && self.may_be_one(*person, other) {
                    offer(Suggested::Person(other), *person, squared);
                }
            }
        }
        let mut all: Vec<Suggestion> = best
            .into_iter()
            .filter(|(_, (squared, _))| squared.is_finite())
            .map(|(of, (squared, person))| Suggestion {
                person,
                of,
                distance: squared.sqrt(),
            })
            .collect();
        all.sort_by(|a, b| {
            a.distance
                .total_cmp(&b.distance)
                .then((a.of, a.person).cmp(&(b.of, b.person)))
        });
        all.truncate(most);
        all
    }

    /// Whether nothing was said against two persons being one, and no photo shows both.
    fn may_be_one(&self, one: i64, other: i64) -> bool {
        let (Some(a), Some(b)) = (
            self.persons.get(&Owner::Known(one)),
            self.persons.get(&Owner::Known(other)),
        ) else {
            return false;
        };
        let (few, many) = if a.photos.len() < b.photos.len() {
            (a, b)
        } else {
            (b, a)
        };
        let refuses = |faces: &[i64], person: i64| {
            let mut refused = faces.iter().filter_map(|face| self.refused.get(face));
            refused.any(|persons| persons.contains(&person))
        };
        few.photos.iter().all(|photo| !many.photos.contains(photo))
            && !refuses(&a.faces, other)
            && !refuses(&b.faces, one)
    }
}
