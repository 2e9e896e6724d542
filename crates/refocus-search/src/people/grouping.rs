//! Photos grouped by who is in them.

use std::collections::BTreeMap;

/// Photos of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonGroup {
    /// The person; `None` for the photos that show nobody known.
    pub person: Option<i64>,
    /// Photos, in their order.
    pub photos: Vec<u32>,
}

/// Groups photos by person, largest group first; photos of nobody known come last. `persons` has the persons of each photo. A photo of
/// several stands in the group of the one who is in most photos, or in the groups of all of them.
#[must_use]
pub fn group_by_person(persons: &[&[i64]], in_all: bool) -> Vec<PersonGroup> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for of_photo in persons {
        for person in distinct(of_photo) {
            *counts.entry(person).or_default() += 1;
        }
    }
    let mut groups: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
    let mut nobody = Vec::new();
    for (photo, of_photo) in (0u32..).zip(persons) {
        let mut of_photo = distinct(of_photo);
        of_photo.sort_by_key(|person| (std::cmp::Reverse(counts.get(person).copied()), *person));
        if !in_all {
            of_photo.truncate(1);
        }
        if of_photo.is_empty() {
            nobody.push(photo);
        }
        for person in of_photo {
            groups.entry(person).or_default().push(photo);
        }
    }
    let mut all: Vec<PersonGroup> = groups
        .into_iter()
        .map(|(person, photos)| PersonGroup {
            person: Some(person),
            photos,
        })
        .collect();
    all.sort_by_key(|group| (std::cmp::Reverse(group.photos.len()), group.person));
    if !nobody.is_empty() {
        all.push(PersonGroup {
            person: None,
            photos: nobody,
        });
    }
    all
}

fn distinct(persons: &[i64]) -> Vec<i64> {
    let mut persons = persons.to_vec();
    persons.sort_unstable();
    persons.dedup();
    persons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_stand_with_their_persons_largest_group_first_and_nobody_last() {
        let photos: [&[i64]; 6] = [&[], &[7, 3, 7], &[3], &[9], &[3, 9], &[7]];
        let groups = |in_all| {
            let groups = group_by_person(&photos, in_all);
            groups
                .into_iter()
                .map(|group| (group.person, group.photos))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            groups(false),
            [
                (Some(3), vec![1, 2, 4]),
                (Some(7), vec![5]),
                (Some(9), vec![3]),
                (None, vec![0])
            ]
        );
        assert_eq!(
            groups(true),
            [
                (Some(3), vec![1, 2, 4]),
                (Some(7), vec![1, 5]),
                (Some(9), vec![3, 4]),
                (None, vec![0])
            ]
        );
        assert!(group_by_person(&[], true).is_empty());
    }
}
