//! `refocus-lab bench people`: made-up faces of a large library put to persons, from scratch and photo by photo.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};

use refocus_search::Work;
use refocus_search::people::synthetic::{Crowd, CrowdParams, pairwise};
use refocus_search::people::{
    Belongs, Face, Nearness, PeopleIndex, Placement, ShownFace, WantedPerson, cluster, people_score,
};

use super::quantile;

/// Photos that come one after the other once the others are there.
const NEW_PHOTOS: u32 = 200;
/// Questions that are asked at a time.
const QUESTIONS: usize = 50;
/// Persons with a name.
const NAMED: i64 = 30;

pub(super) fn run(faces: usize, seed: u64) -> anyhow::Result<Value> {
    let crowd = Crowd::new(&CrowdParams::of_faces(faces, seed));
    let start = Instant::now();
    let placements = cluster(&crowd.faces, &Nearness::default(), Work::default()).unwrap_or_default();
    let cluster_s = start.elapsed().as_secs_f64();
    let persons: Vec<Option<i64>> = placements.iter().map(number).collect();
    let pairs = pairwise(&crowd, &persons);
    let of_somebody = persons.iter().flatten().count();
    let found: std::collections::BTreeSet<i64> = persons.iter().flatten().copied().collect();

    let late = crowd.photos().saturating_sub(NEW_PHOTOS);
    let known: Vec<(i64, Face)> = (0i64..)
        .zip(crowd.faces.iter().zip(&persons))
        .filter(|(_, (face, _))| face.photo < late)
        .map(|(number, (face, person))| {
            let belongs = person.map_or(Belongs::Nobody, Belongs::Clustered);
            (
                number,
                Face {
                    belongs,
                    ..face.clone()
                },
            )
        })
        .collect();
    let start = Instant::now();
    let mut index = PeopleIndex::new(&known, Nearness::default());
    let index_ms = milliseconds(start);
    let mut times = Vec::new();
    let mut next = faces as i64;
    for photo in late..crowd.photos() {
        let new: Vec<(i64, Face)> = (0i64..)
            .zip(&crowd.faces)
            .filter(|(_, face)| face.photo == photo)
            .map(|(number, face)| (number, face.clone()))
            .collect();
        let start = Instant::now();
        let placed = index.add(&new);
        times.push(milliseconds(start));
        let mut adopted = BTreeMap::new();
        for (_, placement) in placed {
            if let Placement::New(number) = placement {
                next += 1;
                adopted.entry(number).or_insert(next);
            }
        }
        index.adopt(&adopted);
    }
    let start = Instant::now();
    let asked = index.suggestions(&(0..NAMED).collect::<Vec<_>>(), &[], QUESTIONS).len();
    let suggest_ms = milliseconds(start);
    let start = Instant::now();
    let best = rank(&crowd, &persons);
    let rank_ms = milliseconds(start);
    Ok(json!({
        "faces": faces,
        "photos": crowd.photos(),
        "cluster_s": cluster_s,
        "persons": found.len(),
        "faces_of_persons": of_somebody,
        "pairwise_precision": pairs.precision,
        "pairwise_recall": pairs.recall,
        "pairwise_recall_of_telling": pairs.recall_of_telling,
        "index_ms": index_ms,
        "new_photo_ms": quantile(times.clone(), 0.5),
        "new_photo_p95_ms": quantile(times, 0.95),
        "suggest_ms": suggest_ms,
        "suggested": asked,
        "rank_ms": rank_ms,
        "best_score": best,
    }))
}

/// All photos by two persons; the best score.
fn rank(crowd: &Crowd, persons: &[Option<i64>]) -> f32 {
    let wanted: Vec<WantedPerson> = crowd
        .faces
        .iter()
        .zip(persons)
        .filter_map(|(face, person)| Some((face, (*person)?)))
        .take(2)
        .map(|(face, person)| WantedPerson {
            person: Some(person),
            faces: vec![face.clone()],
        })
        .collect();
    let mut best = 0.0f32;
    let mut shown: Vec<ShownFace<'_>> = Vec::new();
    let mut photo = 0;
    for ((face, person), number) in crowd.faces.iter().zip(persons).zip(0i64..) {
        if face.photo != photo {
            best = best.max(people_score(&wanted, &[], &shown));
            shown.clear();
            photo = face.photo;
        }
        shown.push(ShownFace {
            face: number,
            person: *person,
            values: &face.values,
            scale: face.scale,
        });
    }
    best.max(people_score(&wanted, &[], &shown))
}

fn number(placement: &Placement) -> Option<i64> {
    match placement {
        Placement::Person(person) => Some(*person),
        Placement::New(number) => Some(i64::from(*number)),
        Placement::Nobody => None,
    }
}

fn milliseconds(start: Instant) -> f32 {
    start.elapsed().as_secs_f32() * 1e3
}
