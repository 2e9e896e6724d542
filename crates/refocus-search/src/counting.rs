//! A focus that asks for a number: "how many dogs", "number of cats". The detector counts its classes; words near the question do not.
//! (People are counted by the focus encoder as well, in words such as "a few people": they are no part of this.)

use std::collections::BTreeMap;

use refocus_model::detector::CLASS_NAMES;

use super::counted::class_of;
use super::groups::{Group, GroupKind, Groups};
use super::rows::{EncodingRows, Gallery};

/// How the number is asked for, before the name of what is counted.
const ASKED: [&str; 7] = [
    "how many",
    "number of",
    "the number of",
    "the count of",
    "count of",
    "count the",
    "count",
];
/// Words that end the name of what is counted.
const AFTER: [&str; 9] = ["are", "is", "there", "in", "on", "can", "do", "shown", "you"];
/// Words before it that do not name it.
const BEFORE: [&str; 3] = ["the", "different", "visible"];
/// Class of people.
const PERSON: u8 = 0;
/// Numbers that are shown as the answers of such a focus, from none on.
const ANSWERS: usize = 5;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counting {
    class: u8,
}

impl Counting {
    /// What a focus asks the number of, if the detector counts it.
    #[must_use]
    pub fn asked(focus: &str) -> Option<Self> {
        let focus = focus.to_lowercase();
        let words: Vec<&str> = focus
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let after = ASKED.iter().find_map(|asked| {
            let asked: Vec<&str> = asked.split(' ').collect();
            words.strip_prefix(asked.as_slice())
        })?;
        let named = after
            .iter()
            .skip_while(|word| BEFORE.contains(word))
            .take_while(|word| !AFTER.contains(word));
        let (class, _) = class_of(&named.copied().collect::<Vec<_>>().join(" "))?;
        (class != PERSON).then_some(Self { class })
    }

    /// The first answers, from none on.
    #[must_use]
    pub fn answers(self) -> Vec<String> {
        (0..ANSWERS).map(|number| self.answer(number)).collect()
    }

    /// The number that a photo shows, in words; `None` for a model that does not count.
    #[must_use]
    pub fn of_photo(self, model: &dyn EncodingRows, encoding: &[u8]) -> Option<String> {
        model.count(encoding, self.class).map(|number| self.answer(number))
    }

    fn answer(self, number: usize) -> String {
        let name = CLASS_NAMES.get(usize::from(self.class)).copied().unwrap_or("thing");
        match number {
            0 => format!("no {}", plural(name)),
            1 => format!("1 {name}"),
            more => format!("{more} {}", plural(name)),
        }
    }

    /// The photos of a subset (one entry a photo; all without one) by how many they show, the largest group first, those without any last;
    /// `None` for a model that does not count.
    #[must_use]
    pub fn groups(self, gallery: &Gallery<'_>, subset: Option<&[bool]>) -> Option<Groups> {
        let mut groups = Groups::default();
        let mut by_number: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for (row, photo) in (0u32..).zip(0..gallery.len()) {
            if !subset.is_none_or(|subset| subset.get(photo).copied().unwrap_or(false)) {
                continue;
            }
            match gallery.encoding(photo) {
                Some(encoding) => {
                    let number = gallery.model().count(encoding, self.class)?;
                    by_number.entry(number).or_default().push(row);
                }
                None => groups.not_encoded.push(row),
            }
        }
        let none = by_number.remove(&0);
        let mut shown: Vec<(usize, Vec<u32>)> = by_number.into_iter().collect();
        shown.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
        shown.extend(none.map(|rows| (0, rows)));
        groups.groups = shown
            .into_iter()
            .map(|(number, rows)| Group {
                kind: GroupKind::Alike,
                value_words: vec![self.answer(number)],
                rows: rows.into(),
            })
            .collect();
        Some(groups)
    }
}

/// The plural of a class's name.
fn plural(name: &str) -> String {
    match name {
        "sheep" | "skis" | "scissors" => name.to_owned(),
        "mouse" => "mice".to_owned(),
        "knife" => "knives".to_owned(),
        _ if ["s", "sh", "ch", "x"].iter().any(|end| name.ends_with(end)) => format!("{name}es"),
        _ => format!("{name}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::Planted;

    #[test]
    fn a_number_of_something_that_the_detector_counts_is_counted() {
        for (focus, answer) in [
            ("number of cats", "2 cats"),
            ("How many dogs are there?", "2 dogs"),
            ("the number of traffic lights", "2 traffic lights"),
            ("how many buses", "2 buses"),
            ("count the sheep", "2 sheep"),
        ] {
            assert_eq!(Counting::asked(focus).unwrap().answer(2), answer, "{focus}");
        }
        for other in [
            "how many people",
            "how many women",
            "number of hills",
            "the cats",
            "how many",
            "count",
        ] {
            assert_eq!(Counting::asked(other), None, "{other}");
        }
        let cats = Counting::asked("number of cats").unwrap();
        assert_eq!(cats.answers(), ["no cats", "1 cat", "2 cats", "3 cats", "4 cats"]);
    }

    #[test]
    fn a_model_that_does_not_count_gives_no_groups() {
        let planted = Planted::new(5);
        assert_eq!(
            Counting::asked("number of cats")
                .unwrap()
                .groups(&planted.gallery(), None),
            None
        );
    }
}
