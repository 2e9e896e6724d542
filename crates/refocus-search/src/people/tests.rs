//! People as a library grows.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::synthetic::{Crowd, CrowdParams, pairwise};
use super::*;
use crate::Work;

/// Orders in which photos arrive, over ten crowds.
const ORDERS: u64 = 50;

fn clustered(faces: &[Face]) -> Vec<Placement> {
    cluster(faces, &Nearness::default(), Work::default()).unwrap()
}

fn persons(placements: &[Placement]) -> Vec<Option<Placement>> {
    let person = |placement: &Placement| (*placement != Placement::Nobody).then_some(*placement);
    placements.iter().map(person).collect()
}

/// A library of people, photo by photo.
struct Growing<'c> {
    crowd: &'c Crowd,
    /// Faces that have come.
    seen: Vec<usize>,
    /// Whose each face is.
    whose: Vec<Option<i64>>,
    /// The last person's number.
    last: i64,
}

impl Growing<'_> {
    /// Photos one after the other in a random order, with runs from scratch when they are due or without; whose each face is in the end.
    fn in_order(crowd: &Crowd, seed: u64, with_runs: bool) -> Vec<Option<i64>> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut photos: Vec<u32> = (0..crowd.photos()).collect();
        for at in (1..photos.len()).rev() {
            photos.swap(at, rng.random_range(0..=at));
        }
        let mut growing = Growing {
            crowd,
            seen: Vec::new(),
            whose: vec![None; crowd.faces.len()],
            last: 0,
        };
        let mut index = PeopleIndex::new(&[], Nearness::default());
        for photo in photos {
            let of_photo: Vec<usize> = (0..crowd.faces.len())
                .filter(|at| crowd.faces[*at].photo == photo)
                .collect();
            let faces: Vec<(i64, Face)> = of_photo
                .iter()
                .map(|at| (*at as i64, crowd.faces[*at].clone()))
                .collect();
            growing.seen.extend(of_photo);
            let placed = index
                .add(&faces)
                .into_iter()
                .map(|(face, placement)| (face as usize, placement));
            index.adopt(&growing.take(placed));
            if with_runs && index.is_due() {
                let plain: Vec<Face> = growing.faces().into_iter().map(|(_, face)| face).collect();
                let placed: Vec<_> = growing.seen.iter().copied().zip(clustered(&plain)).collect();
                growing.take(placed);
                index = PeopleIndex::new(&growing.faces(), Nearness::default());
            }
        }
        growing.whose
    }

    /// As the store does: new persons get numbers.
    fn take(&mut self, placed: impl IntoIterator<Item = (usize, Placement)>) -> BTreeMap<u32, i64> {
        let mut made = BTreeMap::new();
        for (face, placement) in placed {
            self.whose[face] = match placement {
                Placement::Nobody => None,
                Placement::Person(person) => Some(person),
                Placement::New(number) => Some(*made.entry(number).or_insert_with(|| {
                    self.last += 1;
                    self.last
                })),
            };
        }
        made
    }

    fn faces(&self) -> Vec<(i64, Face)> {
        let face = |at: &usize| {
            let belongs = self.whose[*at].map_or(Belongs::Nobody, Belongs::Clustered);
            let face = self.crowd.faces[*at].clone();
            (*at as i64, Face { belongs, ..face })
        };
        self.seen.iter().map(face).collect()
    }
}

/// Least and mean.
fn least_and_mean(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count() as f64;
    (values.clone().fold(1.0, f64::min), values.sum::<f64>() / count)
}

/// Grows each crowd in some orders; the least precision, with runs from scratch when they are due.
fn least_precision(what: &str, crowds: &[Crowd], orders: u64) -> f64 {
    let [mut with_runs, mut without, mut scratch] = [Vec::new(), Vec::new(), Vec::new()];
    for (seed, crowd) in (0..).zip(crowds) {
        scratch.push(pairwise(crowd, &persons(&clustered(&crowd.faces))));
        for order in 0..orders {
            let seed = seed * orders + order;
            with_runs.push(pairwise(crowd, &Growing::in_order(crowd, seed, true)));
            without.push(pairwise(crowd, &Growing::in_order(crowd, seed, false)));
        }
    }
    for (how, found) in [
        ("as it grows", &with_runs),
        ("without runs", &without),
        ("from scratch", &scratch),
    ] {
        let precision = least_and_mean(found.iter().map(|found| found.precision));
        let recall = least_and_mean(found.iter().map(|found| found.recall));
        let telling = least_and_mean(found.iter().map(|found| found.recall_of_telling));
        println!(
            "{what} {how}: precision {precision:.4?}, recall {recall:.4?}, of telling faces {telling:.4?} (least, mean)"
        );
    }
    let all = with_runs.iter().chain(&scratch);
    assert!(all.clone().all(|found| found.recall_of_telling >= 0.6), "{with_runs:?}");
    all.map(|found| found.precision).fold(1.0, f64::min)
}

#[test]
fn pairs_are_right_in_whichever_order_photos_arrive() {
    let crowds: Vec<Crowd> = (0..10)
        .map(|seed| {
            Crowd::new(&CrowdParams {
                persons: 60,
                faces: 1_000,
                passers_by: 300,
                ..CrowdParams::small(seed)
            })
        })
        .collect();
    assert!(least_precision("as usual", &crowds, ORDERS / 10) >= 0.98);
    let close: Vec<Crowd> = (0..5).map(|seed| Crowd::new(&CrowdParams::close(seed))).collect();
    assert!(least_precision("close", &close, 2) >= 0.98);
}

#[test]
fn a_run_from_scratch_does_not_depend_on_the_order_of_faces_or_on_threads() {
    let crowd = Crowd::new(&CrowdParams::small(4));
    let expected = clustered(&crowd.faces);
    let backwards: Vec<Face> = crowd.faces.iter().rev().cloned().collect();
    for threads in [1, 3] {
        let work = Work {
            threads,
            ..Work::default()
        };
        let mut placed = cluster(&backwards, &Nearness::default(), work).unwrap();
        placed.reverse();
        assert_eq!(placed, expected);
    }
    assert!(cluster(&[], &Nearness::default(), Work::default()).unwrap().is_empty());
    let stale = Work {
        stale: &|| true,
        ..Work::default()
    };
    assert!(cluster(&crowd.faces, &Nearness::default(), stale).is_none());
}

#[test]
fn persons_keep_their_numbers_from_run_to_run() {
    let crowd = Crowd::new(&CrowdParams::small(5));
    let first = clustered(&crowd.faces);
    let again: Vec<Face> = crowd
        .faces
        .iter()
        .zip(&first)
        .map(|(face, placement)| Face {
            belongs: match placement {
                Placement::New(number) => Belongs::Clustered(i64::from(*number) + 100),
                _ => Belongs::Nobody,
            },
            ..face.clone()
        })
        .collect();
    for (before, after) in again.iter().zip(clustered(&again)) {
        let person = match after {
            Placement::Person(person) => Some(person),
            Placement::New(_) => Some(-1),
            Placement::Nobody => None,
        };
        assert_eq!(before.belongs.person(), person);
    }
}

/// A crowd in which the two largest persons have numbers that hold.
fn with_held(seed: u64) -> Crowd {
    let mut crowd = Crowd::new(&CrowdParams::small(seed));
    for (face, truth) in crowd.faces.iter_mut().zip(&crowd.truth) {
        if *truth < 2 {
            face.belongs = Belongs::Confirmed(i64::from(*truth) + 10);
        }
    }
    crowd
}

#[test]
fn what_a_person_said_is_never_overruled() {
    let mut crowd = with_held(6);
    let of = |crowd: &Crowd, truth: u32| -> Vec<usize> {
        (0..crowd.faces.len()).filter(|at| crowd.truth[*at] == truth).collect()
    };
    let (firsts, seconds) = (of(&crowd, 0), of(&crowd, 1));
    // A merge of two who look nothing alike, and a split of one who does.
    for at in of(&crowd, 4).into_iter().chain(of(&crowd, 8)) {
        crowd.faces[at].belongs = Belongs::Confirmed(77);
    }
    for (place, at) in firsts.iter().enumerate() {
        crowd.faces[*at].belongs = Belongs::Confirmed(if place % 2 == 0 { 10 } else { 99 });
    }
    // "This is not …", of faces that look exactly so.
    for at in &seconds[..5] {
        crowd.faces[*at].belongs = Belongs::Nobody;
        crowd.faces[*at].refused = vec![11];
    }
    let check = |placements: &[Placement]| {
        for (at, (face, placement)) in crowd.faces.iter().zip(placements).enumerate() {
            if let Belongs::Confirmed(person) = face.belongs {
                assert_eq!(*placement, Placement::Person(person), "{at}");
            }
            for refused in &face.refused {
                assert_ne!(*placement, Placement::Person(*refused), "{at}");
            }
        }
        // Two of one photo are two.
        let mut shown: Vec<_> = crowd
            .faces
            .iter()
            .zip(placements)
            .filter(|(face, placement)| {
                **placement != Placement::Nobody && !matches!(face.belongs, Belongs::Confirmed(_))
            })
            .map(|(face, placement)| (face.photo, format!("{placement:?}")))
            .collect();
        shown.sort();
        let before = shown.len();
        shown.dedup();
        assert_eq!(shown.len(), before);
    };
    check(&clustered(&crowd.faces));
    let (known, new): (Vec<_>, Vec<_>) = (0i64..)
        .zip(crowd.faces.iter().cloned())
        .partition(|(number, face)| face.belongs != Belongs::Nobody || number % 3 == 0);
    let mut index = PeopleIndex::new(&known, Nearness::default());
    let mut placements = vec![Placement::Nobody; crowd.faces.len()];
    for (number, face) in &known {
        if let Some(person) = face.belongs.person() {
            placements[*number as usize] = Placement::Person(person);
        }
    }
    for (number, face) in new {
        for (changed, placement) in index.add(&[(number, face.clone())]) {
            placements[changed as usize] = placement;
        }
    }
    check(&placements);
}

#[test]
fn new_faces_come_to_the_persons_there_are_and_little_ones_make_none() {
    let crowd = with_held(9);
    let (known, new): (Vec<_>, Vec<_>) = (0i64..)
        .zip(crowd.faces.iter().cloned())
        .partition(|(number, face)| face.belongs != Belongs::Nobody && number % 2 == 0);
    let mut index = PeopleIndex::new(&known, Nearness::default());
    let (mut right, mut wrong, mut of_two) = (0, 0, 0);
    for (number, face) in new {
        let truth = crowd.truth[number as usize];
        of_two += usize::from(truth < 2 && face.telling);
        let face = Face {
            belongs: Belongs::Nobody,
            ..face
        };
        for (changed, placement) in index.add(&[(number, face)]) {
            if changed == number && matches!(placement, Placement::Person(10 | 11)) {
                let is_right = placement == Placement::Person(i64::from(truth) + 10);
                *if is_right { &mut right } else { &mut wrong } += 1;
            }
        }
    }
    println!("{right} right, {wrong} wrong of {of_two}");
    assert!(
        right * 10 >= of_two * 8 && wrong * 50 <= right,
        "{right} {wrong} {of_two}"
    );
    let mut little = PeopleIndex::new(&[], Nearness::default());
    for (number, face) in (0i64..).zip(&crowd.faces) {
        let face = Face {
            telling: false,
            belongs: Belongs::Nobody,
            ..face.clone()
        };
        assert_eq!(little.add(&[(number, face)]), [(number, Placement::Nobody)]);
    }
    assert_eq!(little.persons(), 0);
}

#[test]
fn questions_are_asked_of_who_is_near_a_name_and_never_of_who_it_is_not() {
    let mut crowd = with_held(11);
    let placements = clustered(&crowd.faces);
    for (at, placement) in placements.iter().enumerate() {
        if let Placement::New(number) = placement {
            crowd.faces[at].belongs = Belongs::Clustered(i64::from(*number) + 1_000);
        }
    }
    // Some faces of the first person are nobody's.
    let firsts: Vec<usize> = (0..crowd.faces.len())
        .filter(|at| crowd.truth[*at] == 0 && crowd.faces[*at].telling)
        .collect();
    for at in &firsts[..10] {
        crowd.faces[*at].belongs = Belongs::Nobody;
    }
    crowd.faces[firsts[0]].refused = vec![10];
    let faces: Vec<_> = (0i64..).zip(crowd.faces.iter().cloned()).collect();
    let index = PeopleIndex::new(&faces, Nearness::default());
    let asked = index.suggestions(&[10], &[], 1_000);
    assert!(asked.is_sorted_by(|a, b| a.distance <= b.distance));
    let of_faces: Vec<i64> = asked
        .iter()
        .filter_map(|suggestion| match suggestion.of {
            Suggested::Face(face) => Some(face),
            Suggested::Person(_) => None,
        })
        .collect();
    let found = firsts[1..10]
        .iter()
        .filter(|at| of_faces.contains(&(**at as i64)))
        .count();
    assert!(found >= 6, "{found} {of_faces:?}");
    assert!(!of_faces.contains(&(firsts[0] as i64)));
    assert!(asked.iter().all(|suggestion| suggestion.person == 10));
    assert_eq!(index.suggestions(&[10], &[], 2).len(), 2.min(asked.len()));
    let apart: Vec<(i64, i64)> = asked
        .iter()
        .filter_map(|suggestion| match suggestion.of {
            Suggested::Person(person) => Some((person, 10)),
            Suggested::Face(_) => None,
        })
        .collect();
    let again = index.suggestions(&[10], &apart, 1_000);
    assert!(
        again
            .iter()
            .all(|suggestion| matches!(suggestion.of, Suggested::Face(_)))
    );
}
