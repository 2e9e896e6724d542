//! Who and what is where: the detector's boxes as regions and numbers of a photo.
//!
//! A region of a box is weighted towards its middle, since the corners of a box rarely belong to the thing. Numbers say which
//! kind of thing a region is and how many of each kind the photo holds.

use super::colour_statistics::MASK_SIDE;
use super::detector::{CLASSES, Detection};

/// Kinds that the 80 classes fall into (COCO's own twelve).
pub const KINDS: usize = 12;
/// Numbers of a region: kinds, how many people (none, one, two, more), the largest person's share of the picture, the share of
/// people in the region.
pub const THINGS: usize = KINDS + PEOPLE + 2;
/// Numbers on how many people there are.
const PEOPLE: usize = 4;

/// Score from which a box counts: chosen on training photos, where nobody, one, two and more people are told apart best.
pub const COUNTED: f32 = 0.35;
/// Number of the class "person".
pub const PERSON_CLASS: u8 = 0;
/// Spread of a box's weight, in shares of its sides.
const SPREAD: f32 = 0.35;

const MASK: usize = MASK_SIDE * MASK_SIDE;

/// The kind of a class, 0–11: person, vehicle, outdoor, animal, accessory, sport, kitchen, food, furniture, electronic,
/// appliance, indoor.
#[must_use]
pub fn kind_of(class: u8) -> usize {
    match class {
        0 => 0,
        1..=8 => 1,
        9..=13 => 2,
        14..=23 => 3,
        24..=28 => 4,
        29..=38 => 5,
        39..=45 => 6,
        46..=55 => 7,
        56..=61 => 8,
        62..=67 => 9,
        68..=72 => 10,
        _ => 11,
    }
}

/// What a detector found in one photo.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Things {
    found: Vec<Detection>,
}

impl Things {
    /// From detections in any order; those that are too unsure are left out.
    #[must_use]
    pub fn new(mut found: Vec<Detection>) -> Self {
        found.retain(|thing| thing.score >= COUNTED && usize::from(thing.class) < CLASSES);
        found.sort_by(|a, b| prominence(b).total_cmp(&prominence(a)));
        Self { found }
    }

    /// The things, most prominent first.
    #[must_use]
    pub fn found(&self) -> &[Detection] {
        &self.found
    }

    /// The most prominent things, at most `most`: first one of each class, then more of the same.
    #[must_use]
    pub fn most_prominent(&self, most: usize) -> Vec<Detection> {
        let mut seen = [false; CLASSES];
        let (firsts, others): (Vec<Detection>, Vec<Detection>) = self
            .found
            .iter()
            .partition(|thing| !std::mem::replace(&mut seen[usize::from(thing.class)], true));
        firsts.into_iter().chain(others).take(most).collect()
    }

    /// How many of each class, most prominent class first.
    #[must_use]
    pub fn counts(&self) -> Vec<(u8, usize)> {
        let mut counts: Vec<(u8, usize)> = Vec::new();
        for thing in &self.found {
            match counts.iter_mut().find(|(class, _)| *class == thing.class) {
                Some((_, count)) => *count += 1,
                None => counts.push((thing.class, 1)),
            }
        }
        counts
    }

    /// How many people.
    #[must_use]
    pub fn people(&self) -> usize {
        self.of_people().count()
    }

    fn of_people(&self) -> impl Iterator<Item = &Detection> {
        self.found.iter().filter(|thing| thing.class == PERSON_CLASS)
    }

    /// Weight of each mask pixel among the people and beside them, `[64, 64]` each, 0–1.
    #[must_use]
    pub fn people_masks(&self) -> (Vec<f32>, Vec<f32>) {
        let (mut people, mut covered) = (vec![0.0f32; MASK], vec![0.0f32; MASK]);
        for person in self.of_people() {
            each_pixel(person.bbox, |at, weight| {
                people[at] = people[at].max(weight);
                covered[at] = 1.0;
            });
        }
        // Where people fill the picture a little is left, so that there is something beside them.
        let beside = covered.iter().map(|covered| 1.0 - 0.98 * covered).collect();
        (people, beside)
    }

    /// Numbers of the whole picture: how many of each kind (ln(1 + count)), how many people, the largest one's share, and the
    /// share of `mask` that people cover.
    #[must_use]
    pub fn numbers(&self, share_of_people: f32) -> [f32; THINGS] {
        let mut numbers = [0.0_f32; THINGS];
        for thing in &self.found {
            numbers[kind_of(thing.class)] += 1.0;
        }
        for number in numbers.iter_mut().take(KINDS) {
            *number = number.ln_1p();
        }
        numbers[KINDS + self.people().min(PEOPLE - 1)] = 1.0;
        numbers[KINDS + PEOPLE] = self.of_people().map(|person| area(person.bbox)).fold(0.0, f32::max);
        numbers[KINDS + PEOPLE + 1] = share_of_people;
        numbers
    }
}

/// Numbers of a region that is one thing: its kind, as sure as it is.
pub(super) fn numbers_of(thing: &Detection) -> [f32; THINGS] {
    let mut numbers = [0.0; THINGS];
    numbers[kind_of(thing.class)] = thing.score;
    if thing.class == PERSON_CLASS {
        numbers[KINDS + PEOPLE] = area(thing.bbox);
        numbers[KINDS + PEOPLE + 1] = 1.0;
    }
    numbers
}

/// Weight of each mask pixel in a box, `[64, 64]`, 0–1: highest in the middle.
pub(super) fn box_mask(bbox: [f32; 4]) -> Vec<f32> {
    let mut mask = vec![0.0; MASK];
    each_pixel(bbox, |at, weight| mask[at] = weight);
    mask
}

fn each_pixel([left, top, right, bottom]: [f32; 4], mut visit: impl FnMut(usize, f32)) {
    let side = MASK_SIDE as f32;
    let range = |from: f32, to: f32| {
        let first = ((from * side) as usize).min(MASK_SIDE - 1);
        first..((to * side).ceil() as usize).clamp(first + 1, MASK_SIDE)
    };
    let weight = |at: usize, from: f32, to: f32| {
        let away = ((at as f32 + 0.5) / side - (from + to) / 2.0) / (to - from).max(1.0 / side);
        (-away * away / (2.0 * SPREAD * SPREAD)).exp()
    };
    for y in range(top, bottom) {
        let of_row = weight(y, top, bottom);
        for x in range(left, right) {
            visit(y * MASK_SIDE + x, of_row * weight(x, left, right));
        }
    }
}

pub(super) fn area([left, top, right, bottom]: [f32; 4]) -> f32 {
    (right - left).max(0.0) * (bottom - top).max(0.0)
}

fn prominence(thing: &Detection) -> f32 {
    thing.score * area(thing.bbox).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::CLASS_NAMES;

    fn thing(name: &str, score: f32, bbox: [f32; 4]) -> Detection {
        let class = CLASS_NAMES.iter().position(|known| *known == name).unwrap() as u8;
        Detection { class, score, bbox }
    }

    fn party() -> Things {
        let mut found: Vec<Detection> = (0..5)
            .map(|i| thing("person", 0.9, [0.18 * i as f32, 0.2, 0.18 * i as f32 + 0.16, 0.9]))
            .collect();
        found.push(thing("dog", 0.6, [0.4, 0.8, 0.5, 0.95]));
        found.push(thing("cat", 0.3, [0.0, 0.0, 1.0, 1.0]));
        Things::new(found)
    }

    #[test]
    fn one_of_each_class_comes_before_more_of_the_same() {
        let party = party();
        let classes: Vec<&str> = party.most_prominent(4).iter().map(Detection::class_name).collect();
        assert_eq!(classes, ["person", "dog", "person", "person"]);
        assert_eq!(party.counts(), [(PERSON_CLASS, 5), (16, 1)], "the cat is too unsure");
        let numbers = party.numbers(0.5);
        assert_eq!(numbers[KINDS..KINDS + PEOPLE], [0.0, 0.0, 0.0, 1.0]);
        assert!((numbers[3] - 2f32.ln()).abs() < 1e-6, "one animal");
        assert_eq!(Things::default().numbers(0.0)[KINDS], 1.0, "nobody");
    }

    #[test]
    fn people_and_what_is_beside_them_share_the_picture() {
        let (people, beside) = party().people_masks();
        let (in_person, in_corner) = (35 * MASK_SIDE + 5, 2 * MASK_SIDE + 2);
        assert!(people[in_person] > 0.8 && beside[in_person] < 0.1);
        assert!(people[in_corner] == 0.0 && beside[in_corner] == 1.0);
        let (nobody, all) = Things::default().people_masks();
        assert!(nobody.iter().all(|weight| *weight == 0.0) && all.iter().all(|weight| *weight == 1.0));
    }

    #[test]
    fn boxes_at_and_beyond_the_edge_have_pixels() {
        for bbox in [
            [0.999, 0.999, 1.0, 1.0],
            [0.0; 4],
            [0.0, 0.0, 1.0, 1.0],
            [0.5, 0.5, 0.5, 0.5],
        ] {
            let mask = box_mask(bbox);
            assert!(
                mask.iter().any(|weight| *weight > 0.0) && mask.iter().all(|weight| weight.is_finite()),
                "{bbox:?}"
            );
        }
    }

    #[test]
    fn every_class_has_its_kind() {
        let kind = |name: &str| kind_of(CLASS_NAMES.iter().position(|known| *known == name).unwrap() as u8);
        for (name, expected) in [
            ("person", 0),
            ("bicycle", 1),
            ("boat", 1),
            ("traffic light", 2),
            ("bench", 2),
            ("bird", 3),
            ("giraffe", 3),
            ("backpack", 4),
            ("suitcase", 4),
            ("frisbee", 5),
            ("tennis racket", 5),
            ("bottle", 6),
            ("bowl", 6),
            ("banana", 7),
            ("cake", 7),
            ("chair", 8),
            ("toilet", 8),
            ("tv", 9),
            ("cell phone", 9),
            ("microwave", 10),
            ("refrigerator", 10),
            ("book", 11),
            ("toothbrush", 11),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }
}
