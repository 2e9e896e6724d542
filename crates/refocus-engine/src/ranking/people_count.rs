//! "How many people": the faces that were found correct what the picture alone says.
//!
//! The model counts people in a picture of 260 pixels a side, in which a face far back is a speck; the search for faces looks at 1,024.
//! Whoever shows a face is there, so a photo never stands under fewer people than it shows faces. It may stand under more: backs of heads
//! are people as well.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use refocus_search::{Group, GroupKind, Groups};

use crate::people::PeopleState;
use crate::snapshot::LibrarySnapshot;

/// Focuses that ask for the number of people.
const HOW_MANY: [&str; 8] = [
    "how many people",
    "how many persons",
    "how many people there are",
    "how many people are in it",
    "how many persons are shown",
    "the number of people",
    "number of people",
    "number of faces",
];

/// Words at the head of a group, with the fewest and most people that they mean.
const COUNTS: [(&str, usize, usize); 12] = [
    ("nobody", 0, 0),
    ("no people", 0, 0),
    ("one person", 1, 1),
    ("a single person", 1, 1),
    ("two people", 2, 2),
    ("a pair of people", 2, 2),
    ("three people", 3, 3),
    ("four people", 4, 4),
    ("five people", 5, 5),
    ("six people", 6, 6),
    ("a few people", 3, 6),
    ("many people", 7, usize::MAX),
];

/// Whether a focus asks for the number of people.
pub(super) fn asks_how_many(focus: &str) -> bool {
    let focus = focus.trim().trim_end_matches('?').to_lowercase();
    HOW_MANY.contains(&focus.as_str())
}

/// The groups with each photo under at least as many people as it shows faces, where there is a group for so many.
pub(super) fn with_faces_counted(groups: Groups, people: &PeopleState, snapshot: &LibrarySnapshot) -> Groups {
    let faces_of = |number: u32| {
        snapshot
            .rows
            .get(number)
            .map_or(0, |row| people.faces_of(&row.hash).len())
    };
    corrected(groups, faces_of)
}

fn corrected(mut groups: Groups, faces_of: impl Fn(u32) -> usize) -> Groups {
    let counts: Vec<Option<(usize, usize)>> = groups.groups.iter().map(|group| count_of(&group.value_words)).collect();
    let fitting = |faces: usize| {
        let fits = |count: &&(usize, (usize, usize))| (count.1.0..=count.1.1).contains(&faces);
        let known = counts
            .iter()
            .enumerate()
            .filter_map(|(place, count)| Some((place, (*count)?)));
        let known: Vec<(usize, (usize, usize))> = known.collect();
        // The exact number before a range.
        known
            .iter()
            .filter(fits)
            .min_by_key(|(_, (from, to))| to - from)
            .map(|(place, _)| *place)
    };
    let mut moved: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for (group, count) in groups.groups.iter_mut().zip(&counts) {
        let Some((_, most)) = count else { continue };
        let better = |number: &u32| {
            let faces = faces_of(*number);
            if faces > *most { fitting(faces) } else { None }
        };
        if group.rows.iter().all(|number| better(number).is_none()) {
            continue;
        }
        let mut stay = Vec::with_capacity(group.rows.len());
        for number in group.rows.iter() {
            match better(number) {
                Some(place) => moved.entry(place).or_default().push(*number),
                None => stay.push(*number),
            }
        }
        group.rows = stay.into();
    }
    for (place, rows) in moved {
        if let Some(group) = groups.groups.get_mut(place) {
            let all: Arc<[u32]> = group.rows.iter().copied().chain(rows).collect();
            group.rows = all;
        }
    }
    groups.groups.retain(|group| !group.rows.is_empty());
    // The largest first again, and what has no words last; those of one size as they stood.
    groups
        .groups
        .sort_by_key(|group| (group.kind != GroupKind::Alike, Reverse(size_of(group))));
    groups
}

/// Photos of a group; those without words keep their places.
fn size_of(group: &Group) -> usize {
    if group.kind == GroupKind::Alike {
        group.rows.len()
    } else {
        0
    }
}

/// How many people the words at the head of a group mean.
fn count_of(words: &[String]) -> Option<(usize, usize)> {
    let word = words.first()?;
    let found = COUNTS.iter().find(|(of, ..)| of == word);
    found.map(|(_, from, to)| (*from, *to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(word: &str, rows: &[u32]) -> Group {
        Group {
            kind: GroupKind::Alike,
            value_words: vec![word.to_owned()],
            rows: rows.into(),
        }
    }

    #[test]
    fn a_photo_never_stands_under_fewer_people_than_it_shows_faces() {
        let groups = Groups {
            groups: vec![
                group("nobody", &[0, 1, 2, 3]),
                group("one person", &[4, 5]),
                group("two people", &[6]),
                group("a few people", &[7]),
                group("a dog", &[8]),
            ],
            not_encoded: vec![9],
        };
        // Row 3 shows eight, for which there is no group; row 7 shows one, and others may turn their backs.
        let faces = [0, 1, 4, 8, 1, 2, 2, 1, 3, 0];
        let corrected = corrected(groups, |number| faces[number as usize]);
        let rows: Vec<&[u32]> = corrected.groups.iter().map(|group| &*group.rows).collect();
        assert_eq!(rows, [&[0, 3][..], &[4, 1], &[6, 5], &[7, 2], &[8]]);
        let words: Vec<&str> = corrected
            .groups
            .iter()
            .map(|group| group.value_words[0].as_str())
            .collect();
        assert_eq!(words, ["nobody", "one person", "two people", "a few people", "a dog"]);
        assert_eq!(corrected.not_encoded, [9]);
    }

    #[test]
    fn only_the_number_of_people_is_counted() {
        assert!(asks_how_many(" How many people? ") && asks_how_many("the number of people"));
        assert!(!asks_how_many("how many dogs") && !asks_how_many("the people"));
    }
}
