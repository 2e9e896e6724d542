//! Some faces that look alike: their mean, their spread, and what keeps two such groups apart.

use std::collections::{HashMap, HashSet};

use super::face::{Face, IDENTITY_DIM};
use refocus_model::vector_math::{add_scaled, dot};

/// How near faces must be to be one person's: mean distances between the faces of two groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearness {
    /// Of two single faces.
    pub pair: f32,
    /// Of a face and a large group, and of two groups.
    pub group: f32,
    /// Of a face that tells little and a group.
    pub little: f32,
    /// By how much the second nearest person must be farther.
    pub margin: f32,
}

impl Default for Nearness {
    /// For identities of dlib's network, of which pairs of one person lie about 0.42 apart, of strangers 0.80 to 0.85, of siblings 0.6:
    /// found on 60 crowds of made-up identities of these distances (`synthetic.rs`). With groups up to 0.50 apart, precision over pairs
    /// was 0.984 in the worst crowd, up to 0.49 0.99; up to 0.48, of the pairs of telling faces 0.80 were put together in place of 0.87.
    /// Of faces that tell little and joined somebody up to 0.46 apart, one in a hundred joined the wrong one; up to 0.50, one in fifty.
    fn default() -> Self {
        Self {
            pair: 0.42,
            group: 0.49,
            little: 0.46,
            margin: 0.04,
        }
    }
}

impl Nearness {
    /// The largest mean of squared distances at which two groups of these sizes are one person's. Of few faces little is known: they
    /// must be nearer.
    pub(super) fn limit(&self, one: usize, other: usize) -> f32 {
        let unsure = 1.0 / one.max(1) as f32 + 1.0 / other.max(1) as f32;
        let distance = self.group + (self.pair - self.group) * (unsure - 1.0).max(0.0);
        distance * distance
    }

    /// No two faces farther apart than this begin a group.
    pub(super) fn farthest(&self) -> f32 {
        self.pair.max(self.group)
    }
}

/// The sum of some identities, enough to tell mean distances to others.
#[derive(Debug, Clone)]
pub(super) struct Sum {
    vector: Box<[f32; IDENTITY_DIM]>,
    squares: f32,
    count: usize,
}

impl Sum {
    pub(super) fn of(face: &Face) -> Self {
        Self {
            vector: Box::new(face.numbers()),
            squares: face.square(),
            count: 1,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    #[inline(always)]
    pub(super) fn add(&mut self, other: &Self) {
        add_scaled(self.vector.as_mut_slice(), 1.0, other.vector.as_slice());
        self.squares += other.squares;
        self.count += other.count;
    }

    /// The mean of the squared distances between all faces of one and all of the other.
    #[inline(always)]
    pub(super) fn apart(&self, other: &Self) -> f32 {
        let (own, others) = (self.count as f32, other.count as f32);
        let product = dot(self.vector.as_slice(), other.vector.as_slice());
        self.squares / own + other.squares / others - 2.0 * product / (own * others)
    }

    /// The same for one of its own faces and the rest; `None` where it is alone.
    pub(super) fn apart_from_rest(&self, face: &Self) -> Option<f32> {
        let rest = self.count.checked_sub(face.count).filter(|rest| *rest > 0)?;
        let (rest, own) = (rest as f32, face.count as f32);
        let squares = self.squares - face.squares;
        let product =
            dot(self.vector.as_slice(), face.vector.as_slice()) - dot(face.vector.as_slice(), face.vector.as_slice());
        Some(squares / rest + face.squares / own - 2.0 * product / (rest * own))
    }
}

/// Photos that show persons who hold to their faces.
pub(super) type HeldPhotos = HashMap<i64, HashSet<u32>>;

/// What says that two groups are not one person's, whatever they look like.
#[derive(Debug, Clone, Default)]
pub(super) struct Ties {
    /// The person whose they are, as was said.
    pub(super) person: Option<i64>,
    /// Persons whose they are not.
    pub(super) refused: Vec<i64>,
    /// Photos that show them; those of a person are in [`HeldPhotos`], as somebody may look so different that they are several groups.
    pub(super) photos: HashSet<u32>,
}

impl Ties {
    pub(super) fn of(face: &Face, person: Option<i64>, held: &mut HeldPhotos) -> Self {
        let mut ties = Self {
            person,
            refused: face.refused.clone(),
            photos: HashSet::from([face.photo]),
        };
        ties.hand_over(held);
        ties
    }

    /// Whether the two may be one person's. Once they may not, they never may.
    pub(super) fn allow(&self, other: &Self, held: &HeldPhotos) -> bool {
        match (self.person, other.person) {
            (Some(one), Some(two)) => one == two,
            (Some(person), None) => other.may_be(person, held),
            (None, Some(person)) => self.may_be(person, held),
            (None, None) => are_disjoint(&self.photos, &other.photos),
        }
    }

    fn may_be(&self, person: i64, held: &HeldPhotos) -> bool {
        !self.refused.contains(&person)
            && held
                .get(&person)
                .is_none_or(|photos| are_disjoint(&self.photos, photos))
    }

    pub(super) fn take(&mut self, mut other: Self, held: &mut HeldPhotos) {
        self.person = self.person.or(other.person);
        for person in other.refused {
            if !self.refused.contains(&person) {
                self.refused.push(person);
            }
        }
        if self.photos.len() < other.photos.len() {
            std::mem::swap(&mut self.photos, &mut other.photos);
        }
        self.photos.extend(other.photos);
        self.hand_over(held);
    }

    fn hand_over(&mut self, held: &mut HeldPhotos) {
        if let Some(person) = self.person {
            held.entry(person).or_default().extend(self.photos.drain());
        }
    }
}

fn are_disjoint(one: &HashSet<u32>, other: &HashSet<u32>) -> bool {
    let (few, many) = if one.len() < other.len() {
        (one, other)
    } else {
        (other, one)
    };
    few.iter().all(|photo| !many.contains(photo))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::synthetic::{Crowd, CrowdParams};

    #[test]
    fn the_mean_of_squared_distances_comes_from_sums() {
        let crowd = Crowd::new(&CrowdParams::small(3));
        let (one, other) = (&crowd.faces[..5], &crowd.faces[5..12]);
        let sum = |faces: &[Face]| {
            let mut sum = Sum::of(&faces[0]);
            faces[1..].iter().for_each(|face| sum.add(&Sum::of(face)));
            sum
        };
        let mean = |one: &[Face], other: &[Face]| {
            let pairs = one.iter().flat_map(|a| other.iter().map(|b| a.distance(b).powi(2)));
            pairs.sum::<f32>() / (one.len() * other.len()) as f32
        };
        assert!((sum(one).apart(&sum(other)) - mean(one, other)).abs() < 1e-3);
        let rest = sum(other).apart_from_rest(&Sum::of(&other[0])).unwrap();
        assert!((rest - mean(&other[..1], &other[1..])).abs() < 1e-3);
        assert!(Sum::of(&one[0]).apart_from_rest(&Sum::of(&one[0])).is_none());
    }

    #[test]
    fn the_fewer_faces_the_nearer_they_must_be() {
        let nearness = Nearness::default();
        let distance = |one, other| nearness.limit(one, other).sqrt();
        assert!((distance(1, 1) - nearness.pair).abs() < 1e-6);
        assert!((distance(1, 100_000) - nearness.group).abs() < 1e-3);
        assert!((distance(100_000, 100_000) - nearness.group).abs() < 1e-3);
        assert!(distance(1, 1) < distance(1, 2) && distance(1, 2) < distance(1, 3));
    }
}
