//! People as a library grows.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::synthetic::{Crowd, CrowdParams, pairwise};
use super::*;
use crate::Work;

/// Orders in which photos arrive.
const ORDERS: u64 = 50;

fn clustered(faces: &[Face]) -> Vec<Placement> {
    cluster(faces, &Nearness::default(), Work::default()).unwrap()
}

fn persons(placements: &[Placement]) -> Vec<Option<Placement>> {
    let person = |placement: &Placement| (*placement != Placement::Nobody).then_some(*placement);
    placements.iter().map(person).collect()
}

/// Photos one after the other in a random order; whose each face is in the end.
fn grown(crowd: &Crowd, seed: u64) -> Vec<Option<i64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut photos: Vec<u32> = (0..crowd.photos()).collect();
    for at in (1..photos.len()).rev() {
        photos.swap(at, rng.random_range(0..=at));
    }
    let mut index = PeopleIndex::new(&[], Nearness::default());
    let mut whose: Vec<Option<i64>> = vec![None; crowd.faces.len()];
    let mut next = 1;
    for photo in photos {
        let faces: Vec<(i64, Face)> = (0i64..)
            .zip(&crowd.faces)
            .filter(|(_, face)| face.photo == photo)
            .map(|(number, face)| (number, face.clone()))
            .collect();
        let mut adopted = BTreeMap::new();
        for (face, placement) in index.add(&faces) {
            whose[face as usize] = match placement {
                Placement::Nobody => None,
                Placement::Person(person) => Some(person),
                Placement::New(number) => Some(*adopted.entry(number).or_insert_with(|| {
                    next += 1;
                    next
                })),
            };
        }
        index.adopt(&adopted);
    }
    whose
}

/// Least and mean.
fn least_and_mean(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(1.0, f64::min);
    (least, values.iter().sum::<f64>() / values.len() as f64)
}

#[test]
fn pairs_are_right_in_whichever_order_photos_arrive() {
    let (mut precisions, mut recalls) = (Vec::new(), Vec::new());
    let (mut final_precisions, mut final_recalls) = (Vec::new(), Vec::new());
    for seed in 0..ORDERS {
        let crowd = Crowd::new(&CrowdParams {
            persons: 60,
            faces: 1_000,
            passers_by: 300,
            ..CrowdParams::small(seed / 10)
        });
        let whose = grown(&crowd, seed);
        let (precision, recall) = pairwise(&crowd, &whose);
        precisions.push(precision);
        recalls.push(recall);
        // The run from scratch that follows now and then.
        let faces: Vec<Face> = crowd
            .faces
            .iter()
            .zip(&whose)
            .map(|(face, person)| Face {
                belongs: person.map_or(Belongs::Nobody, Belongs::Clustered),
                ..face.clone()
            })
            .collect();
        let (precision, recall) = pairwise(&crowd, &persons(&clustered(&faces)));
        final_precisions.push(precision);
        final_recalls.push(recall);
    }
    let report = |what: &str, values: &[f64]| {
        let (least, mean) = least_and_mean(values);
        println!("{what}: least {least:.4}, mean {mean:.4}");
    };
    report("photo by photo, precision", &precisions);
    report("photo by photo, recall", &recalls);
    report("from scratch, precision", &final_precisions);
    report("from scratch, recall", &final_recalls);
    assert!(least_and_mean(&precisions).0 >= 0.98, "{precisions:?}");
    assert!(least_and_mean(&final_precisions).0 >= 0.98, "{final_precisions:?}");
    assert!(least_and_mean(&recalls).1 >= 0.7, "{recalls:?}");
    assert!(least_and_mean(&final_recalls).1 >= 0.7, "{final_recalls:?}");
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
            face.belongs = Belongs::Held(i64::from(*truth) + 10);
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
        crowd.faces[at].belongs = Belongs::Held(77);
    }
    for (place, at) in firsts.iter().enumerate() {
        crowd.faces[*at].belongs = Belongs::Held(if place % 2 == 0 { 10 } else { 99 });
    }
    // "This is not …", of faces that look exactly so.
    for at in &seconds[..5] {
        crowd.faces[*at].belongs = Belongs::Nobody;
        crowd.faces[*at].refused = vec![11];
    }
    let check = |placements: &[Placement]| {
        for (at, (face, placement)) in crowd.faces.iter().zip(placements).enumerate() {
            if let Belongs::Held(person) = face.belongs {
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
            .filter(|(face, placement)| **placement != Placement::Nobody && !matches!(face.belongs, Belongs::Held(_)))
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

#[test]
#[ignore = "temporary"]
fn tmp_bench() {
    let n: usize = std::env::var("N").unwrap().parse().unwrap();
    let crowd = Crowd::new(&CrowdParams::of_faces(n, 1));
    let start = std::time::Instant::now();
    let placements = clustered(&crowd.faces);
    println!("cluster {:?}", start.elapsed());
    println!("{:?}", pairwise(&crowd, &persons(&placements)));
    let known: Vec<(i64, Face)> = (0i64..)
        .zip(crowd.faces.iter().zip(&placements))
        .map(|(number, (face, p))| {
            let belongs = match p {
                Placement::New(p) => Belongs::Clustered(i64::from(*p)),
                _ => Belongs::Nobody,
            };
            (
                number,
                Face {
                    belongs,
                    ..face.clone()
                },
            )
        })
        .collect();
    let start = std::time::Instant::now();
    let mut index = PeopleIndex::new(&known, Nearness::default());
    println!(
        "index {:?} parts {} persons {}",
        start.elapsed(),
        index.parts.len(),
        index.persons()
    );
    let start = std::time::Instant::now();
    for i in 0..100 {
        index.add(&[(1_000_000 + i, crowd.faces[i as usize * 7].clone())]);
    }
    println!("add {:?}", start.elapsed() / 100);
    let start = std::time::Instant::now();
    println!(
        "{} suggestions {:?}",
        index.suggestions(&(0..30).collect::<Vec<_>>(), &[], 50).len(),
        start.elapsed()
    );
}
