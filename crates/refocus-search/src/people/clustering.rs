//! All faces from scratch: which are one person's.
//!
//! Average linkage (UPGMA; Sokal and Michener, 1958) over the nearest neighbours of each face, with squared distances, whose means follow
//! from sums alone. The nearest two groups become one first; groups of few faces must be nearer than large ones. The means of groups tell
//! siblings apart, which single pairs do not. Faces that tell little are put to persons afterwards, so that none of them makes two
//! persons one. Nothing depends on the order in which the faces come.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use super::cluster::{HeldPhotos, Nearness, Sum, Ties};
use super::face::{Belongs, Face, canonical_order};
use super::neighbours::{Neighbour, PackedFaces};
use crate::work::Work;

/// Neighbours of a face that are looked at.
const NEIGHBOURS: usize = 24;
/// Groups of at least this many faces are persons for sure: a face must not lie between two of them.
const SURE: usize = 3;

/// Where a face is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placement {
    /// To a person that there is.
    Person(i64),
    /// To a person that there was not yet: faces with the same number belong to the same one.
    New(u32),
    /// To nobody for sure.
    Nobody,
}

/// Puts all faces to persons, one placement a face. What is held stays, whatever it looks like; persons whose faces nobody spoke of are
/// formed anew, and keep their number where most of their faces stay together. `None` if the job became stale.
#[must_use]
pub fn cluster(faces: &[Face], nearness: &Nearness, work: Work<'_>) -> Option<Vec<Placement>> {
    let order = canonical_order(faces);
    let ordered: Vec<&Face> = order.iter().filter_map(|place| faces.get(*place as usize)).collect();
    let (telling, little): (Vec<u32>, Vec<u32>) =
        (0u32..ordered.len() as u32).partition(|place| ordered.get(*place as usize).is_some_and(|face| face.telling));
    let of = |places: &[u32]| -> Vec<&Face> {
        let faces = places.iter().filter_map(|place| ordered.get(*place as usize));
        faces.copied().collect()
    };
    let (telling_faces, little_faces) = (of(&telling), of(&little));
    let packed = PackedFaces::new(telling_faces.iter().copied());
    let farthest = nearness.farthest();
    let neighbours = packed.nearest(&telling_faces, NEIGHBOURS, farthest, |row| Some(row as u32), work)?;
    let mut groups = Groups::new(&telling_faces);
    for face in &little_faces {
        if let Some(person) = holds(face) {
            groups.held.entry(person).or_default().insert(face.photo);
        }
    }
    groups.grow(&neighbours, nearness, &work)?;
    let mut persons = groups.persons(&telling_faces, &neighbours, nearness);
    let near = packed.nearest(&little_faces, NEIGHBOURS, nearness.little, |_| None, work)?;
    let of_little = groups.join_little(&little_faces, &near, &persons, nearness);
    persons.extend(of_little);
    let places = telling.iter().chain(&little);
    let mut owners = vec![Owner::Nobody; ordered.len()];
    for (place, owner) in places.zip(persons) {
        if let Some(to) = owners.get_mut(*place as usize) {
            *to = owner;
        }
    }
    let placed = keep_numbers(&ordered, &owners);
    let mut placements = vec![Placement::Nobody; faces.len()];
    for (place, placement) in order.iter().zip(placed) {
        if let Some(to) = placements.get_mut(*place as usize) {
            *to = placement;
        }
    }
    Some(placements)
}

/// Whose a face is, before new persons have numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Owner {
    Nobody,
    /// By number, as was said.
    Confirmed(i64),
    /// A group, by its root.
    Group(u32),
}

/// Groups of faces that become fewer.
struct Groups {
    parent: Vec<u32>,
    /// Of roots; `None` for the others.
    sums: Vec<Option<Sum>>,
    ties: Vec<Ties>,
    held: HeldPhotos,
}

/// A pair of groups, nearest first; then by place, so that the order is always the same.
type Pair = Reverse<(u32, u32, u32)>;

impl Groups {
    fn new(faces: &[&Face]) -> Self {
        let mut held = HeldPhotos::new();
        let ties = faces
            .iter()
            .map(|face| Ties::of(face, holds(face), &mut held))
            .collect();
        Self {
            parent: (0..faces.len() as u32).collect(),
            sums: faces.iter().map(|face| Some(Sum::of(face))).collect(),
            ties,
            held,
        }
    }

    fn root(&mut self, place: u32) -> u32 {
        let mut at = place;
        while let Some(above) = self.parent.get(at as usize).copied().filter(|above| *above != at) {
            // Halves the way for the next time.
            let next = self.parent.get(above as usize).copied().unwrap_or(above);
            if let Some(parent) = self.parent.get_mut(at as usize) {
                *parent = next;
            }
            at = next;
        }
        at
    }

    /// Merges the nearest groups until none are near enough. A pair's mean distance only grows while its groups do (the linkage is
    /// reducible), so that an old one is a lower bound: it is looked at again when its turn comes.
    fn grow(&mut self, neighbours: &[Vec<Neighbour>], nearness: &Nearness, work: &Work<'_>) -> Option<()> {
        let mut pairs: BinaryHeap<Pair> = BinaryHeap::new();
        for (face, near) in (0u32..).zip(neighbours) {
            for other in near {
                let is_mutual = || {
                    let back = neighbours.get(other.face as usize);
                    back.is_some_and(|back| back.iter().any(|third| third.face == face))
                };
                if face < other.face || !is_mutual() {
                    pairs.push(Reverse((
                        other.squared.to_bits(),
                        face.min(other.face),
                        face.max(other.face),
                    )));
                }
            }
        }
        let farthest = nearness.farthest().powi(2);
        loop {
            let mut too_few = Vec::new();
            let mut merged = 0;
            for turn in 0usize.. {
                if turn.is_multiple_of(1 << 14) && (work.stale)() {
                    return None;
                }
                let Some(Reverse((bits, one, other))) = pairs.pop() else {
                    break;
                };
                let (one, other) = (self.root(one), self.root(other));
                let (one, other) = (one.min(other), one.max(other));
                if one == other {
                    continue;
                }
                let Some((apart, limit)) = self.compare(one, other, nearness) else {
                    continue;
                };
                if apart > farthest {
                    continue;
                }
                if apart.to_bits() > bits {
                    pairs.push(Reverse((apart.to_bits(), one, other)));
                } else if apart <= limit {
                    self.merge(one, other);
                    merged += 1;
                } else {
                    // Near enough once the groups are larger.
                    too_few.push(Reverse((apart.to_bits(), one, other)));
                }
            }
            if merged == 0 {
                return Some(());
            }
            pairs.extend(too_few);
        }
    }

    /// The mean of squared distances between two groups, and the largest at which they are one person's; `None` where they may not be.
    fn compare(&self, one: u32, other: u32, nearness: &Nearness) -> Option<(f32, f32)> {
        let (one, other) = (one as usize, other as usize);
        if !self.ties.get(one)?.allow(self.ties.get(other)?, &self.held) {
            return None;
        }
        let (one, other) = (self.sums.get(one)?.as_ref()?, self.sums.get(other)?.as_ref()?);
        Some((one.apart(other).max(0.0), nearness.limit(one.count(), other.count())))
    }

    fn merge(&mut self, one: u32, other: u32) {
        let (one, gone) = (one as usize, other as usize);
        let sum = self.sums.get_mut(gone).and_then(Option::take);
        let ties = self.ties.get_mut(gone).map(std::mem::take);
        if let (Some(Some(into)), Some(sum)) = (self.sums.get_mut(one), sum) {
            into.add(&sum);
        }
        if let (Some(into), Some(ties)) = (self.ties.get_mut(one), ties) {
            into.take(ties, &mut self.held);
        }
        if let Some(parent) = self.parent.get_mut(gone) {
            *parent = one as u32;
        }
    }

    /// Whose each face is. A face that lies between two persons is nobody's, and so is one that is alone.
    fn persons(&mut self, faces: &[&Face], neighbours: &[Vec<Neighbour>], nearness: &Nearness) -> Vec<Owner> {
        let roots: Vec<u32> = (0..faces.len() as u32).map(|place| self.root(place)).collect();
        let owners: Vec<Owner> = roots.iter().map(|root| self.owner(*root)).collect();
        let mut placed = Vec::with_capacity(faces.len());
        for ((face, near), (root, owner)) in faces.iter().zip(neighbours).zip(roots.iter().zip(&owners)) {
            placed.push(match (face.belongs, owner) {
                (Belongs::Confirmed(person), _) => Owner::Confirmed(person),
                _ if self.is_between(face, near, *root, &roots, &owners, nearness) => Owner::Nobody,
                (_, owner) => *owner,
            });
        }
        // What is left of a group may be a single face.
        let mut left: HashMap<Owner, usize> = HashMap::new();
        placed.iter().for_each(|owner| *left.entry(*owner).or_default() += 1);
        for owner in &mut placed {
            if matches!(owner, Owner::Group(_)) && left.get(owner).is_none_or(|count| *count < 2) {
                *owner = Owner::Nobody;
            }
        }
        placed
    }

    fn owner(&self, root: u32) -> Owner {
        if let Some(person) = self.ties.get(root as usize).and_then(|ties| ties.person) {
            return Owner::Confirmed(person);
        }
        let sum = self.sums.get(root as usize).and_then(Option::as_ref);
        match sum {
            Some(sum) if sum.count() >= 2 => Owner::Group(root),
            _ => Owner::Nobody,
        }
    }

    fn is_between(
        &self,
        face: &Face,
        near: &[Neighbour],
        root: u32,
        roots: &[u32],
        owners: &[Owner],
        nearness: &Nearness,
    ) -> bool {
        let alone = Sum::of(face);
        let sum = |root: u32| self.sums.get(root as usize).and_then(Option::as_ref);
        let Some(own) = sum(root).and_then(|sum| sum.apart_from_rest(&alone)) else {
            return false;
        };
        let own_owner = self.owner(root);
        let mut looked_at = vec![root];
        near.iter().any(|other| {
            let place = other.face as usize;
            let (Some(other_root), Some(owner)) = (roots.get(place), owners.get(place)) else {
                return false;
            };
            if looked_at.contains(other_root) || *owner == own_owner {
                return false;
            }
            looked_at.push(*other_root);
            sum(*other_root).is_some_and(|sum| {
                sum.count() >= SURE && sum.apart(&alone).max(0.0).sqrt() - own.max(0.0).sqrt() < nearness.margin
            })
        })
    }

    /// Whose the faces are that tell little: of the nearest person, where that is near enough and no other nearly as near.
    fn join_little(
        &mut self,
        faces: &[&Face],
        near: &[Vec<Neighbour>],
        persons: &[Owner],
        nearness: &Nearness,
    ) -> Vec<Owner> {
        let mut shown: HashMap<Owner, std::collections::HashSet<u32>> = HashMap::new();
        let mut owners = Vec::with_capacity(faces.len());
        for (face, near) in faces.iter().zip(near) {
            if let Belongs::Confirmed(person) = face.belongs {
                owners.push(Owner::Confirmed(person));
                continue;
            }
            let alone = Sum::of(face);
            let ties = Ties::of(face, None, &mut HeldPhotos::new());
            let mut best: BTreeMap<Owner, (f32, u32)> = BTreeMap::new();
            for other in near {
                let root = self.root(other.face);
                let owner = persons.get(other.face as usize).copied().unwrap_or(Owner::Nobody);
                if owner == Owner::Nobody || best.get(&owner).is_some_and(|(_, known)| *known == root) {
                    continue;
                }
                let Some(sum) = self.sums.get(root as usize).and_then(Option::as_ref) else {
                    continue;
                };
                let entry = best.entry(owner).or_insert((f32::INFINITY, root));
                let apart = sum.apart(&alone).max(0.0);
                if apart < entry.0 {
                    *entry = (apart, root);
                }
            }
            let mut by_distance: Vec<(f32, u32, Owner)> = best
                .into_iter()
                .map(|(owner, (apart, root))| (apart.sqrt(), root, owner))
                .collect();
            by_distance.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)));
            let second = by_distance.get(1).map_or(f32::INFINITY, |second| second.0);
            let joins = by_distance.first().filter(|(distance, root, owner)| {
                let allowed = self
                    .ties
                    .get(*root as usize)
                    .is_some_and(|own| own.allow(&ties, &self.held));
                let is_shown = shown.get(owner).is_some_and(|photos| photos.contains(&face.photo));
                *distance <= nearness.little && second - distance >= nearness.margin && allowed && !is_shown
            });
            let owner = joins.map_or(Owner::Nobody, |(_, _, owner)| *owner);
            if owner != Owner::Nobody {
                shown.entry(owner).or_default().insert(face.photo);
            }
            owners.push(owner);
        }
        owners
    }
}

fn holds(face: &Face) -> Option<i64> {
    match face.belongs {
        Belongs::Confirmed(person) => Some(person),
        Belongs::Nobody | Belongs::Clustered(_) => None,
    }
}

/// Gives groups the numbers of the persons most of whose faces they have; others are new, numbered by their first face.
fn keep_numbers(faces: &[&Face], owners: &[Owner]) -> Vec<Placement> {
    let mut taken: Vec<i64> = faces.iter().filter_map(|face| holds(face)).collect();
    taken.sort_unstable();
    taken.dedup();
    let mut shared: BTreeMap<(u32, i64), usize> = BTreeMap::new();
    for (face, owner) in faces.iter().zip(owners) {
        if let (Belongs::Clustered(person), Owner::Group(root)) = (face.belongs, owner) {
            *shared.entry((*root, person)).or_default() += 1;
        }
    }
    let mut shared: Vec<((u32, i64), usize)> = shared.into_iter().collect();
    shared.sort_by(|a, b| b.1.cmp(&a.1).then((a.0.1, a.0.0).cmp(&(b.0.1, b.0.0))));
    let mut numbers: HashMap<u32, Placement> = HashMap::new();
    for ((root, person), _) in shared {
        if !numbers.contains_key(&root)
            && let Err(place) = taken.binary_search(&person)
        {
            taken.insert(place, person);
            numbers.insert(root, Placement::Person(person));
        }
    }
    let mut new = 0;
    let placed = owners.iter().map(|owner| match owner {
        Owner::Nobody => Placement::Nobody,
        Owner::Confirmed(person) => Placement::Person(*person),
        Owner::Group(root) => *numbers.entry(*root).or_insert_with(|| {
            new += 1;
            Placement::New(new - 1)
        }),
    });
    placed.collect()
}
