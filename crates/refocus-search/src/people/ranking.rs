//! Photos by who is in them.

use super::face::{Face, IDENTITY_DIM};

/// Faces at least this near are as sure as can be.
const NEAREST: f32 = 0.25;
/// Faces farther apart than this have nothing in common.
const FARTHEST: f32 = 0.8;
/// A face that is nobody's yet may be somebody's up to here.
const MAY_BE: f32 = 0.5;

/// Somebody who is looked for, by reference photos.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WantedPerson {
    /// The person, where it is known who it is.
    pub person: Option<i64>,
    /// Their faces in the references.
    pub faces: Vec<Face>,
}

/// Who somebody in a photo is and what their face looks like.
#[derive(Debug, Clone, Copy)]
pub struct ShownFace<'a> {
    /// Number of the face.
    pub face: i64,
    /// The person, where it is known who it is.
    pub person: Option<i64>,
    /// Identity: each number is `values × scale`.
    pub values: &'a [i8; IDENTITY_DIM],
    /// What the numbers are multiplied by.
    pub scale: f32,
}

/// How well a photo shows who is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct PeopleMatch {
    /// 0 (nobody) to 1 (all, for sure): photos with all of them above those with one less, and so on; among photos with as many, those
    /// with more alike faces first.
    pub score: f32,
    /// How many are there.
    pub found: usize,
    /// For each who is looked for the face that matched, with how alike it is, 0 to 1.
    pub faces: Vec<Option<(i64, f32)>>,
}

/// Tells how well the faces of a photo show all of `wanted`.
#[must_use]
pub fn match_people(wanted: &[WantedPerson], shown: &[ShownFace<'_>]) -> PeopleMatch {
    let mut pairs = Vec::new();
    for (place, wanted) in wanted.iter().enumerate() {
        for (at, shown) in shown.iter().enumerate() {
            if let Some((is_sure, alike)) = compare(wanted, shown) {
                pairs.push((is_sure, alike, place, at));
            }
        }
    }
    // Who is known for sure first, then the most alike; each once.
    pairs.sort_by(|a, b| {
        b.0.cmp(&a.0)
            .then(b.1.total_cmp(&a.1))
            .then((a.2, a.3).cmp(&(b.2, b.3)))
    });
    let mut faces = vec![None; wanted.len()];
    let mut taken = vec![false; shown.len()];
    let mut alikeness = 0.0;
    let mut found = 0;
    for (_, alike, place, at) in pairs {
        if let (Some(slot @ None), Some(taken), Some(shown)) = (faces.get_mut(place), taken.get_mut(at), shown.get(at))
            && !*taken
        {
            *taken = true;
            *slot = Some((shown.face, alike));
            alikeness += alike;
            found += 1;
        }
    }
    let mean = if found == 0 { 0.0 } else { alikeness / found as f32 };
    // A little less than a whole step, so that one person more is always more.
    let score = if found == 0 {
        0.0
    } else {
        (found as f32 - 1.0 + 0.1 + 0.9 * mean) / wanted.len() as f32
    };
    PeopleMatch { score, found, faces }
}

/// Whether a face is somebody's for sure, and how alike it is; `None` where it is not theirs.
fn compare(wanted: &WantedPerson, shown: &ShownFace<'_>) -> Option<(bool, f32)> {
    let distances = wanted.faces.iter().map(|face| distance(face, shown));
    let nearest = distances.fold(f32::INFINITY, f32::min);
    let alike = ((FARTHEST - nearest) / (FARTHEST - NEAREST)).clamp(0.0, 1.0);
    match (wanted.person, shown.person) {
        (Some(wanted), Some(shown)) => (wanted == shown).then_some((true, alike)),
        _ => (nearest <= MAY_BE).then_some((false, alike)),
    }
}

fn distance(face: &Face, shown: &ShownFace<'_>) -> f32 {
    let products = face.values.iter().zip(shown.values);
    let product: i32 = products.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
    let square: i32 = shown.values.iter().map(|value| i32::from(*value).pow(2)).sum();
    let own = square as f32 * shown.scale * shown.scale;
    (face.square() + own - 2.0 * product as f32 * face.scale * shown.scale)
        .max(0.0)
        .sqrt()
}

/// One number for a photo under positive and negative references: who is wanted counts for it, who is not against it as much.
#[must_use]
pub fn people_score(wanted: &[WantedPerson], unwanted: &[WantedPerson], shown: &[ShownFace<'_>]) -> f32 {
    let score = |people: &[WantedPerson]| match people {
        [] => 0.0,
        _ => match_people(people, shown).score,
    };
    score(wanted) - score(unwanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::synthetic::{Crowd, CrowdParams};

    struct Photos {
        crowd: Crowd,
    }

    impl Photos {
        /// Some faces of a person, by who they are.
        fn faces(&self, truth: u32) -> Vec<&Face> {
            let all = self.crowd.faces.iter().zip(&self.crowd.truth);
            all.filter(|(face, of)| **of == truth && face.telling)
                .map(|(face, _)| face)
                .collect()
        }

        fn shown<'a>(&'a self, who: &[(u32, Option<i64>)]) -> Vec<ShownFace<'a>> {
            let face = |(number, (truth, person)): (i64, &(u32, Option<i64>))| {
                let face = self.faces(*truth)[number as usize];
                ShownFace {
                    face: number,
                    person: *person,
                    values: &face.values,
                    scale: face.scale,
                }
            };
            (0i64..).zip(who).map(face).collect()
        }

        fn wanted(&self, truth: u32, person: Option<i64>) -> WantedPerson {
            WantedPerson {
                person,
                faces: vec![self.faces(truth)[5].clone()],
            }
        }
    }

    #[test]
    fn photos_with_all_of_them_come_first_then_by_how_many_and_by_how_alike() {
        let photos = Photos {
            crowd: Crowd::new(&CrowdParams {
                siblings: 0.0,
                ..CrowdParams::small(2)
            }),
        };
        let wanted = [
            photos.wanted(0, Some(10)),
            photos.wanted(2, Some(12)),
            photos.wanted(4, None),
        ];
        let score = |who: &[(u32, Option<i64>)]| match_people(&wanted, &photos.shown(who));
        let all = score(&[(4, None), (2, Some(12)), (0, Some(10))]);
        let two = score(&[(0, Some(10)), (2, Some(12)), (6, None), (8, Some(18))]);
        let one = score(&[(2, Some(12)), (8, Some(18))]);
        let none = score(&[(6, Some(16)), (8, None)]);
        assert_eq!([all.found, two.found, one.found, none.found], [3, 2, 1, 0]);
        assert!(all.score > two.score && two.score > one.score && one.score > none.score);
        assert_eq!(two.faces[1].map(|(face, _)| face), Some(1));
        assert!(two.faces[2].is_none());
        // A face that is said to be somebody else's is not taken for theirs, however alike.
        assert_eq!(score(&[(0, Some(11))]).found, 0);
        let twice = score(&[(0, Some(10)), (0, Some(10))]);
        assert_eq!(twice.found, 1, "each is found once");
        let unwanted = [photos.wanted(2, Some(12))];
        let shown = photos.shown(&[(0, Some(10)), (2, Some(12))]);
        assert!(people_score(&wanted, &unwanted, &shown) < people_score(&wanted, &[], &shown));
        assert_eq!(people_score(&[], &[], &shown), 0.0);
    }
}
