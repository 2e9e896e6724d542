//! Numbers in a find text: "two dogs", "no people", `-people`. How many of a thing a photo shows is counted by the model's
//! detector; a vector of a sentence cannot tell two from three.

use refocus_model::detector::CLASS_NAMES;

use super::find::FindQuery;

/// What a photo gains where the number is right, beside one where it is not. Cosines of photos and texts differ by about as
/// much from a photo that shows all of a sentence to one that shows nothing of it.
const WEIGHT: f32 = 0.15;
/// The class of people, and its words that name all of them: "two people" are two in all, while beside "two girls" others may be.
const PERSON: (u8, [&str; 6]) = (0, ["people", "persons", "person", "humans", "folks", "anybody"]);
/// Words of some of the people.
const SOME_PEOPLE: [&str; 16] = [
    "man", "men", "woman", "women", "girl", "girls", "boy", "boys", "child", "children", "kid", "kids", "baby",
    "babies", "adults", "friends",
];
/// Words for numbers.
const NUMBERS: [(&str, usize); 14] = [
    ("no", 0),
    ("zero", 0),
    ("without", 0),
    ("one", 1),
    ("single", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
];
/// Words that may stand between a number and what is counted, at most.
const BETWEEN: usize = 2;
/// Other words for classes.
const OTHER_WORDS: [(&str, &str); 14] = [
    ("bike", "bicycle"),
    ("motorbike", "motorcycle"),
    ("plane", "airplane"),
    ("aeroplane", "airplane"),
    ("ship", "boat"),
    ("puppy", "dog"),
    ("puppies", "dog"),
    ("kitten", "cat"),
    ("sofa", "couch"),
    ("phone", "cell phone"),
    ("television", "tv"),
    ("glass", "wine glass"),
    ("ball", "sports ball"),
    ("plant", "potted plant"),
];

/// A number of things that a photo should show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    /// Class of the detector.
    pub class: u8,
    /// How many.
    pub number: usize,
    /// More are right too.
    pub or_more: bool,
}

impl Counted {
    /// The numbers that a find text names: in what is wanted with a number before it, and none of what is not wanted.
    #[must_use]
    pub(super) fn all_of(query: &FindQuery) -> Vec<Self> {
        let mut all: Vec<Self> = query.wanted.iter().flat_map(|phrase| in_phrase(phrase)).collect();
        for phrase in &query.unwanted {
            let words: Vec<String> = words_of(phrase);
            if let [word] = words.as_slice()
                && let Some((class, false)) = class_of(word)
            {
                all.push(Self {
                    class,
                    number: 0,
                    or_more: false,
                });
            }
        }
        all
    }

    /// What a photo's match gains by how many of the class it shows, −[`WEIGHT`] to [`WEIGHT`].
    #[must_use]
    pub(super) fn gain(self, shown: usize) -> f32 {
        let off = match (self.or_more, self.number) {
            (true, wanted) => wanted.saturating_sub(shown),
            (false, wanted) => wanted.abs_diff(shown),
        };
        // The more there are, the less one more or less says.
        let off = off as f32 / self.number.max(1) as f32;
        WEIGHT * (1.0 - 2.0 * off.min(1.0))
    }
}

fn words_of(phrase: &str) -> Vec<String> {
    let words = phrase.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn in_phrase(phrase: &str) -> Vec<Counted> {
    let words = words_of(phrase);
    let mut found = Vec::new();
    if words.iter().any(|word| word == "nobody") {
        found.push(Counted {
            class: PERSON.0,
            number: 0,
            or_more: false,
        });
    }
    for (place, word) in words.iter().enumerate() {
        let Some(number) = number_of(word) else { continue };
        let counted = words
            .iter()
            .skip(place + 1)
            .take(1 + BETWEEN)
            .take_while(|word| number_of(word).is_none())
            .find_map(|word| class_of(word));
        if let Some((class, some)) = counted
            // "No man" is not "nobody".
            && !(some && number == 0)
        {
            found.push(Counted {
                class,
                number,
                or_more: some,
            });
        }
    }
    found
}

fn number_of(word: &str) -> Option<usize> {
    let known = NUMBERS.iter().find(|(known, _)| *known == word);
    known
        .map(|(_, number)| *number)
        .or_else(|| word.parse().ok().filter(|number| *number <= 10))
}

/// The class that a word names in the singular or plural, and whether it names only some of the class.
pub(super) fn class_of(word: &str) -> Option<(u8, bool)> {
    if PERSON.1.contains(&word) {
        return Some((PERSON.0, false));
    }
    if SOME_PEOPLE.contains(&word) {
        return Some((PERSON.0, true));
    }
    let named = |wanted: &str| {
        let place = CLASS_NAMES.iter().position(|name| *name == wanted)?;
        Some((u8::try_from(place).ok()?, false))
    };
    let singular = |word: &str| {
        let other = OTHER_WORDS.iter().find(|(other, _)| *other == word);
        named(other.map_or(word, |(_, class)| class))
    };
    let without = |end: &str| word.strip_suffix(end);
    singular(word)
        .or_else(|| without("s").and_then(singular))
        .or_else(|| without("es").and_then(singular))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str) -> Vec<(&'static str, usize, bool)> {
        let all = Counted::all_of(&FindQuery::parse(text));
        all.iter()
            .map(|counted| (CLASS_NAMES[usize::from(counted.class)], counted.number, counted.or_more))
            .collect()
    }

    #[test]
    fn numbers_count_what_they_stand_before() {
        assert_eq!(counted("two dogs on a beach"), [("dog", 2, false)]);
        assert_eq!(counted("3 small white cats"), [("cat", 3, false)]);
        assert_eq!(counted("two girls in pink"), [("person", 2, true)]);
        assert_eq!(counted("street without people"), [("person", 0, false)]);
        assert_eq!(counted("nobody at the bus stop"), [("person", 0, false)]);
        assert_eq!(
            counted("one horse and two buses"),
            [("horse", 1, false), ("bus", 2, false)]
        );
        assert_eq!(counted("dogs"), []);
        assert_eq!(counted("two hills"), []);
        assert_eq!(counted("no man's land"), []);
    }

    #[test]
    fn what_is_not_wanted_is_to_be_none() {
        assert_eq!(counted("beach -people"), [("person", 0, false)]);
        assert_eq!(counted("-dog"), [("dog", 0, false)]);
        assert_eq!(counted("-\"dog on a sofa\""), []);
    }

    #[test]
    fn the_right_number_gains_most_and_one_off_matters_less_among_many() {
        let of = |number, or_more| Counted {
            class: 0,
            number,
            or_more,
        };
        let none = of(0, false);
        assert!(none.gain(0) > 0.0 && none.gain(1) < 0.0 && none.gain(9) == none.gain(1));
        let two = of(2, false);
        assert!(two.gain(2) > two.gain(3) && two.gain(3) > two.gain(5));
        assert!(of(8, false).gain(9) > two.gain(3));
        assert_eq!(of(2, true).gain(5), of(2, true).gain(2));
    }
}
