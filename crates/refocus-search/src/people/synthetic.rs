//! Made-up people for tests and benchmarks: identities whose distances are distributed as those of dlib's network.
//!
//! Two faces of one person lie 0.42 apart on average (standard deviation 0.08), two of strangers 0.85 (0.1), two of siblings 0.6; the
//! numbers that vary are few (about 26 between persons, 14 within one), as the widths of these distributions say. Faces that tell little
//! are not only farther from their own: all of them are nearer to each other. Of 404 faces in 300 everyday photos (as many strangers),
//! those of 60 pixels and more lay 0.79 to 0.82 apart (0.1), of 44 to 60 pixels 0.78, of 20 to 44 pixels 0.69 to 0.72, smaller ones
//! 0.66 (0.08).

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests and benchmarks alone use it"
)]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::face::{Belongs, Face, IDENTITY_DIM};

/// What a crowd is made of.
#[derive(Debug, Clone)]
pub struct CrowdParams {
    pub persons: usize,
    /// Faces of these persons.
    pub faces: usize,
    /// Faces of people who are seen once.
    pub passers_by: usize,
    /// Share of the persons who have a sibling among them.
    pub siblings: f64,
    /// Share of faces that tell little; of those who pass by, as many of the rest again.
    pub little: f64,
    /// Mean distance of two strangers.
    pub strangers: f32,
    pub seed: u64,
}

impl CrowdParams {
    /// Some hundred faces.
    pub fn small(seed: u64) -> Self {
        Self {
            persons: 40,
            faces: 700,
            passers_by: 150,
            siblings: 0.2,
            little: 0.2,
            strangers: 0.85,
            seed,
        }
    }

    /// People who are as near to each other as those of everyday photos, many of them seen from afar, with more siblings and more who
    /// pass by.
    pub fn close(seed: u64) -> Self {
        Self {
            persons: 60,
            faces: 900,
            passers_by: 500,
            siblings: 0.3,
            little: 0.35,
            strangers: 0.80,
            seed,
        }
    }

    /// As many faces as asked for, of as many persons as a large library shows.
    pub fn of_faces(faces: usize, seed: u64) -> Self {
        Self {
            persons: (faces / 40).max(2),
            faces: faces - faces / 5,
            passers_by: faces / 5,
            siblings: 0.2,
            little: 0.2,
            strangers: 0.85,
            seed,
        }
    }
}

/// Faces with who they are.
pub struct Crowd {
    pub faces: Vec<Face>,
    /// The person of each face; everybody who passes by is one of their own.
    pub truth: Vec<u32>,
}

type Identity = [f32; IDENTITY_DIM];

/// Mean of the squares of distances: 0.42² + 0.08² within a person.
const WITHIN: f32 = 0.1828;
/// 0.6² + 0.06² of siblings.
const SIBLINGS: f32 = 0.3636;
/// The square of the standard deviation of strangers' distances.
const SPREAD: f32 = 0.01;
/// What a face that tells little keeps of whose it is, and the noise in place of the rest.
const LITTLE_KEEPS: f32 = 0.65;
const LITTLE_NOISE: f32 = 0.122;
/// How fast the variances of the numbers fall: so many numbers count.
const FALL_BETWEEN: f32 = 0.926;
const FALL_WITHIN: f32 = 0.867;

impl Crowd {
    pub fn new(params: &CrowdParams) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(params.seed);
        let centre = scaled(&gaussian(&mut rng, 1.0, 0), 1.58);
        let strangers = params.strangers.powi(2) + SPREAD;
        let person = |rng: &mut ChaCha8Rng| -> Identity {
            let own = scaled(&gaussian(rng, FALL_BETWEEN, 0), (strangers - WITHIN) / 2.0);
            std::array::from_fn(|at| centre[at] + own[at])
        };
        let mut persons: Vec<Identity> = Vec::new();
        for number in 0..params.persons {
            let sibling = number % 2 == 1 && rng.random_bool(2.0 * params.siblings.min(0.5));
            persons.push(match persons.last().filter(|_| sibling) {
                Some(elder) => {
                    let other = scaled(&gaussian(&mut rng, FALL_BETWEEN, 0), SIBLINGS - WITHIN);
                    std::array::from_fn(|at| elder[at] + other[at])
                }
                None => person(&mut rng),
            });
        }
        // Some are seen far more often than others.
        let weights: Vec<f64> = (0..params.persons)
            .map(|number| 1.0 / (3.0 + (number / 2) as f64))
            .collect();
        let total: f64 = weights.iter().sum();
        let mut who: Vec<u32> = (0..params.faces)
            .map(|_| {
                let mut left = rng.random_range(0.0..total);
                let found = weights.iter().position(|weight| {
                    left -= weight;
                    left < 0.0
                });
                found.unwrap_or(0) as u32
            })
            .collect();
        who.extend((0..params.passers_by).map(|number| (params.persons + number) as u32));
        for at in (1..who.len()).rev() {
            who.swap(at, rng.random_range(0..=at));
        }
        let mut crowd = Self {
            faces: Vec::new(),
            truth: Vec::new(),
        };
        let (mut photo, mut left) = (0, 0);
        let mut shown: Vec<u32> = Vec::new();
        for truth in who {
            // Nobody stands twice in a photo.
            if left == 0 || shown.contains(&truth) {
                (photo, left) = (photo + 1, rng.random_range(1..=4));
                shown.clear();
            }
            left -= 1;
            shown.push(truth);
            let mean = match persons.get(truth as usize) {
                Some(person) => *person,
                None => person(&mut rng),
            };
            let passes_by = truth as usize >= params.persons;
            let little = if passes_by {
                params.little * (2.0 - params.little)
            } else {
                params.little
            };
            let telling = !rng.random_bool(little);
            let (keeps, noise) = if telling {
                (1.0, WITHIN / 2.0)
            } else {
                (LITTLE_KEEPS, LITTLE_NOISE)
            };
            let noise = scaled(&gaussian(&mut rng, FALL_WITHIN, 37), noise);
            let numbers = std::array::from_fn(|at| centre[at] + keeps * (mean[at] - centre[at]) + noise[at]);
            crowd.faces.push(face(photo, numbers, telling));
            crowd.truth.push(truth);
        }
        crowd
    }

    pub fn photos(&self) -> u32 {
        self.faces.iter().map(|face| face.photo + 1).max().unwrap_or(0)
    }
}

fn face(photo: u32, numbers: Identity, telling: bool) -> Face {
    let largest = numbers.iter().fold(0.0f32, |most, number| most.max(number.abs()));
    let scale = largest / 127.0;
    Face {
        photo,
        values: numbers.map(|number| (number / scale).round() as i8),
        scale,
        telling,
        belongs: Belongs::Nobody,
        refused: Vec::new(),
    }
}

/// Numbers whose variances fall; `stride` mixes which of them vary most. The variances sum to 1.
fn gaussian(rng: &mut ChaCha8Rng, fall: f32, stride: usize) -> Identity {
    let mut numbers = [0.0; IDENTITY_DIM];
    let mut variance = 1.0f32;
    let mut total = 0.0;
    for place in 0..IDENTITY_DIM {
        let (one, two) = (rng.random_range(f32::MIN_POSITIVE..1.0), rng.random_range(0.0f32..1.0));
        let normal = (-2.0 * one.ln()).sqrt() * (std::f32::consts::TAU * two).cos();
        let at = if stride == 0 {
            place
        } else {
            (place * stride + 11) % IDENTITY_DIM
        };
        numbers[at] = normal * variance.sqrt();
        total += variance;
        variance *= fall;
    }
    numbers.map(|number| number / total.sqrt())
}

/// With the variances summing to `variance`.
fn scaled(numbers: &Identity, variance: f32) -> Identity {
    numbers.map(|number| number * variance.sqrt())
}

/// How right a grouping of faces is, over pairs of faces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pairwise {
    /// Of the pairs that are put to one person, the share that is one person's.
    pub precision: f64,
    /// Of the pairs that are one person's, the share that is put together; faces of nobody are together with none.
    pub recall: f64,
    /// The same, of faces that tell who they are.
    pub recall_of_telling: f64,
}

/// Compares whose faces are said to be with whose they are.
pub fn pairwise<P: std::hash::Hash + Eq + Copy>(crowd: &Crowd, persons: &[Option<P>]) -> Pairwise {
    let all: Vec<usize> = (0..crowd.faces.len()).collect();
    let telling: Vec<usize> = all.iter().copied().filter(|at| crowd.faces[*at].telling).collect();
    let (precision, recall) = shares(crowd, persons, &all);
    Pairwise {
        precision,
        recall,
        recall_of_telling: shares(crowd, persons, &telling).1,
    }
}

/// Precision and recall over some faces.
fn shares<P: std::hash::Hash + Eq + Copy>(crowd: &Crowd, persons: &[Option<P>], faces: &[usize]) -> (f64, f64) {
    use std::collections::HashMap;
    let mut both: HashMap<(P, u32), u64> = HashMap::new();
    let mut of_person: HashMap<P, u64> = HashMap::new();
    let mut of_truth: HashMap<u32, u64> = HashMap::new();
    for (person, truth) in faces.iter().map(|at| (persons[*at], crowd.truth[*at])) {
        *of_truth.entry(truth).or_default() += 1;
        if let Some(person) = person {
            *both.entry((person, truth)).or_default() += 1;
            *of_person.entry(person).or_default() += 1;
        }
    }
    let pairs = |counts: &mut dyn Iterator<Item = &u64>| counts.map(|n| n * (n - 1) / 2).sum::<u64>() as f64;
    let right = pairs(&mut both.values());
    (
        right / pairs(&mut of_person.values()).max(1.0),
        right / pairs(&mut of_truth.values()).max(1.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_deviation(values: &[f32]) -> (f32, f32) {
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / values.len() as f32;
        (mean, variance.sqrt())
    }

    #[test]
    fn distances_are_distributed_as_those_of_real_faces() {
        let crowd = Crowd::new(&CrowdParams {
            little: 0.0,
            siblings: 0.0,
            ..CrowdParams::of_faces(2_000, 5)
        });
        let (mut within, mut between) = (Vec::new(), Vec::new());
        for (one, truth) in crowd.faces.iter().zip(&crowd.truth) {
            for (other, other_truth) in crowd.faces.iter().zip(&crowd.truth).take(300) {
                if one != other {
                    let to = if truth == other_truth {
                        &mut within
                    } else {
                        &mut between
                    };
                    to.push(one.distance(other));
                }
            }
        }
        let (within, between) = (mean_and_deviation(&within), mean_and_deviation(&between));
        println!("within {within:?}, between {between:?}");
        assert!(
            (within.0 - 0.42).abs() < 0.02 && (within.1 - 0.08).abs() < 0.02,
            "{within:?}"
        );
        assert!(
            (between.0 - 0.85).abs() < 0.03 && (between.1 - 0.1).abs() < 0.02,
            "{between:?}"
        );
    }

    #[test]
    fn nobody_stands_twice_in_a_photo() {
        let crowd = Crowd::new(&CrowdParams::small(1));
        let mut seen: Vec<_> = crowd.faces.iter().map(|face| face.photo).zip(&crowd.truth).collect();
        seen.sort_unstable();
        let before = seen.len();
        seen.dedup();
        assert_eq!(seen.len(), before);
    }
}
