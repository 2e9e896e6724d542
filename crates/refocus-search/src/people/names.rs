//! Names in a find text: "anna on the beach", "anna and ben", "-anna".
//!
//! Names are whole words in the order in which they are written, without regard to cases and accents; the longest name counts. The
//! first word of a name stands for all who are called so, where nobody's whole name is that word and it says nothing else in a text
//! about photos ([`ORDINARY`]). A single word in quotation marks is no name: `"rose"` looks for the flower.

use std::collections::BTreeMap;

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words between names, and between a name and the rest, that say nothing about the photo.
const JOINING: [&str; 5] = ["and", "with", "&", "+", ","];
/// The same, only before a name: "photos of anna".
const BEFORE: [&str; 3] = ["of", "by", "from"];
/// Either of two names will do.
const OR: &str = "or";
/// Before a name: whoever it is, is not to be there.
const WITHOUT: [&str; 3] = ["without", "no", "not"];

/// What stands before a first name: "Opa Karl" is called Karl as well.
const TITLES: [&str; 26] = [
    "aunt", "auntie", "baby", "big", "cousin", "dr", "frau", "grandma", "grandpa", "granny", "herr", "little", "mr",
    "mrs", "ms", "nana", "nonna", "nonno", "oma", "onkel", "opa", "prof", "tante", "tia", "tio", "uncle",
];

/// First names that are ordinary words as well, and short words that are names elsewhere: alone they are no names.
const ORDINARY: [&str; 137] = [
    "all",
    "amber",
    "an",
    "angel",
    "apple",
    "april",
    "art",
    "ash",
    "august",
    "autumn",
    "baker",
    "basil",
    "bay",
    "bear",
    "berry",
    "bill",
    "birch",
    "bird",
    "blue",
    "bob",
    "brook",
    "brooke",
    "brown",
    "buck",
    "bud",
    "candy",
    "carol",
    "carter",
    "chance",
    "charity",
    "chase",
    "cherry",
    "christian",
    "clay",
    "cliff",
    "clover",
    "cooper",
    "coral",
    "crystal",
    "daisy",
    "dale",
    "dawn",
    "dean",
    "dick",
    "do",
    "dolly",
    "don",
    "drew",
    "duke",
    "earl",
    "eve",
    "faith",
    "fern",
    "flora",
    "forest",
    "fox",
    "frank",
    "gene",
    "ginger",
    "glen",
    "golden",
    "grace",
    "grant",
    "gray",
    "green",
    "guy",
    "happy",
    "harmony",
    "harper",
    "hazel",
    "heath",
    "heather",
    "holly",
    "honey",
    "hope",
    "hunter",
    "in",
    "iris",
    "ivy",
    "jack",
    "jade",
    "jasmine",
    "jay",
    "jewel",
    "joy",
    "june",
    "king",
    "lake",
    "lane",
    "laurel",
    "lily",
    "little",
    "major",
    "maple",
    "mark",
    "mason",
    "may",
    "melody",
    "miles",
    "mom",
    "moon",
    "my",
    "no",
    "ocean",
    "olive",
    "page",
    "parker",
    "pat",
    "pearl",
    "penny",
    "phoenix",
    "pierce",
    "poppy",
    "prince",
    "queen",
    "rain",
    "ray",
    "red",
    "reed",
    "rich",
    "river",
    "rob",
    "robin",
    "rocky",
    "rose",
    "ruby",
    "sage",
    "sandy",
    "sky",
    "so",
    "star",
    "sue",
    "summer",
    "sunny",
    "violet",
    "will",
    "willow",
];

/// The names of a library's people.
#[derive(Debug, Clone, Default)]
pub struct PeopleNames {
    /// Persons by the words of their name.
    names: BTreeMap<Vec<String>, Vec<i64>>,
    /// Persons by the word that they are called by alone.
    first_names: BTreeMap<String, Vec<i64>>,
    /// Words of the longest name.
    longest: usize,
}

/// A find text, read for names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamedQuery {
    /// Who is to be there: of each entry one person. Several persons may have one name.
    pub wanted: Vec<Vec<i64>>,
    /// Who is not to be there.
    pub unwanted: Vec<i64>,
    /// The rest of the text.
    pub rest: String,
}

impl NamedQuery {
    /// Whether a photo that shows these persons is what is looked for, as far as names say.
    #[must_use]
    pub fn allows(&self, persons: &[i64]) -> bool {
        let has = |person: &i64| persons.contains(person);
        self.wanted.iter().all(|one_of| one_of.iter().any(has)) && !self.unwanted.iter().any(has)
    }
}

/// A word of a text as it was typed, and as it is compared.
struct Word<'a> {
    typed: &'a str,
    /// `None` of what is punctuation alone.
    form: Option<String>,
    /// It stands in a quotation.
    quoted: bool,
    negative: bool,
    /// A comma ends it.
    ends: bool,
}

enum Piece<'a> {
    Text(&'a str),
    Name(Vec<i64>),
    Without(Vec<i64>),
}

impl PeopleNames {
    /// Of persons with their names.
    pub fn new<'a>(persons: impl IntoIterator<Item = (i64, &'a str)>) -> Self {
        let mut all = Self::default();
        for (person, name) in persons {
            let words = words_of_name(name);
            if words.is_empty() {
                continue;
            }
            all.longest = all.longest.max(words.len());
            let of_name = all.names.entry(words).or_default();
            if !of_name.contains(&person) {
                of_name.push(person);
            }
        }
        all.add_first_names();
        all
    }

    /// First names of those whose names have several words: "karl" of "Opa Karl".
    fn add_first_names(&mut self) {
        for (words, persons) in &self.names {
            let called = match words.as_slice() {
                [title, name, ..] if TITLES.contains(&title.as_str()) => name,
                [name, _, ..] => name,
                _ => continue,
            };
            if !ORDINARY.contains(&called.as_str()) && !self.names.contains_key(std::slice::from_ref(called)) {
                let all = self.first_names.entry(called.clone()).or_default();
                all.extend(
                    persons
                        .iter()
                        .filter(|person| !all.contains(person))
                        .copied()
                        .collect::<Vec<_>>(),
                );
                all.sort_unstable();
            }
        }
    }

    /// Persons whose whole name this is.
    #[must_use]
    pub fn called(&self, name: &str) -> &[i64] {
        self.names.get(&words_of_name(name)).map_or(&[], Vec::as_slice)
    }

    /// Persons of these words: whole names before first names.
    fn of_words(&self, words: &[String]) -> Option<&[i64]> {
        let first_name = || match words {
            [word] => self.first_names.get(word),
            _ => None,
        };
        self.names.get(words).or_else(first_name).map(Vec::as_slice)
    }

    /// Whether nobody has a name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Reads a find text.
    #[must_use]
    pub fn read(&self, text: &str) -> NamedQuery {
        let plain = || NamedQuery {
            rest: text.to_owned(),
            ..NamedQuery::default()
        };
        if self.is_empty() {
            return plain();
        }
        let words = words_of(text);
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let Some((length, persons)) = self.name_at(&words, at) else {
                pieces.push(Piece::Text(word.typed));
                at += 1;
                continue;
            };
            at += length;
            let is_without = match pieces.last() {
                Some(Piece::Text(before)) => WITHOUT.contains(&word_form(before).as_str()),
                _ => false,
            };
            if is_without {
                pieces.pop();
            }
            pieces.push(if word.negative || is_without {
                Piece::Without(persons.to_vec())
            } else {
                Piece::Name(persons.to_vec())
            });
        }
        if !pieces.iter().any(|piece| !matches!(piece, Piece::Text(_))) {
            return plain();
        }
        put_together(&pieces)
    }

    /// The longest name that begins at a word: how many words it has, and whose it is.
    fn name_at(&self, words: &[Word<'_>], at: usize) -> Option<(usize, &[i64])> {
        let mut forms = Vec::new();
        let mut found = None;
        for (length, word) in (1..=self.longest).zip(words.get(at..)?) {
            // "-anna -ben" are two, and "anna, lund" too.
            if length > 1 && (word.negative || words.get(at + length - 2).is_some_and(|before| before.ends)) {
                break;
            }
            let Some(form) = &word.form else {
                break;
            };
            forms.push(form.clone());
            let mut persons = self.of_words(&forms);
            if persons.is_none()
                && let Some(owner) = possessor(form)
                && let Some(last) = forms.last_mut()
            {
                let whole = std::mem::replace(last, owner.to_owned());
                persons = self.of_words(&forms);
                if let Some(last) = forms.last_mut() {
                    *last = whole;
                }
            }
            // A word that is quoted alone is meant as a word.
            if let Some(persons) = persons.filter(|_| length > 1 || !word.quoted) {
                found = Some((length, persons));
            }
        }
        found
    }
}

/// Gathers names, and the rest without the words that only joined them.
fn put_together(pieces: &[Piece<'_>]) -> NamedQuery {
    let mut query = NamedQuery::default();
    let mut rest: Vec<&str> = Vec::new();
    let is_name = |at: Option<usize>| {
        let piece = at.and_then(|at| pieces.get(at));
        piece.is_some_and(|piece| !matches!(piece, Piece::Text(_)))
    };
    for (at, piece) in pieces.iter().enumerate() {
        let (before, after) = (is_name(at.checked_sub(1)), is_name(Some(at + 1)));
        match piece {
            Piece::Text(text) => {
                let form = text.to_lowercase();
                let joins = JOINING.contains(&form.as_str()) && (before || after)
                    || BEFORE.contains(&form.as_str()) && after
                    || form == OR && before && after;
                if !joins {
                    rest.push(text);
                }
            }
            Piece::Without(persons) => query.unwanted.extend(persons),
            Piece::Name(persons) => {
                let or = matches!(at.checked_sub(1).and_then(|at| pieces.get(at)), Some(Piece::Text(text)) if text.eq_ignore_ascii_case(OR))
                    && matches!(at.checked_sub(2).and_then(|at| pieces.get(at)), Some(Piece::Name(_)));
                match query.wanted.last_mut().filter(|_| or) {
                    Some(one_of) => one_of.extend(persons),
                    None => query.wanted.push(persons.clone()),
                }
            }
        }
    }
    query.wanted.dedup();
    query.unwanted.sort_unstable();
    query.unwanted.dedup();
    query.rest = rest.join(" ");
    query
}

/// The words of a name as they are compared.
fn words_of_name(name: &str) -> Vec<String> {
    let words = name.split_whitespace().map(word_form);
    words.filter(|word| !word.is_empty()).collect()
}

/// Words between spaces, with those of a quotation marked.
fn words_of(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let sign = usize::from(rest.starts_with('-'));
        let quoted = rest.get(sign..).and_then(|after| after.strip_prefix('"'));
        let end = match quoted {
            Some(inside) => inside.find('"').map_or(rest.len(), |end| sign + 1 + end + 1),
            None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (typed, remaining) = rest.split_at(end);
        for typed in typed.split_whitespace() {
            words.push(Word {
                typed,
                form: Some(word_form(typed)).filter(|form| !form.is_empty()),
                quoted: quoted.is_some(),
                negative: typed.starts_with('-'),
                ends: typed.ends_with([',', ';']),
            });
        }
        rest = remaining.trim_start();
    }
    words
}

/// A word as it is compared: composed (NFC), without cases, without the accents of Latin, Greek and Cyrillic letters, without the
/// punctuation around it.
fn word_form(word: &str) -> String {
    let inner = word.trim_matches(|letter: char| !letter.is_alphanumeric() && !is_combining_mark(letter));
    let is_accent = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
    // Three ways in which an apostrophe is typed.
    let inner = inner.replace(['\u{2018}', '\u{2019}', '\u{2bc}'], "'");
    inner
        .nfd()
        .default_case_fold()
        .nfd()
        .filter(|letter| !is_accent(letter))
        .nfc()
        .collect()
}

/// "anna" of "anna's".
fn possessor(form: &str) -> Option<&str> {
    form.strip_suffix("'s")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> PeopleNames {
        PeopleNames::new([
            (1, "Anna"),
            (2, "Ben"),
            (3, "Anna Lund"),
            (4, "Jose\u{301} Garc\u{ed}a"),
            (5, "\u{7530}\u{4e2d}"),
            (6, "ben"),
            (7, "O'Brien"),
            (8, "  "),
            (9, "Mary-Jane"),
        ])
    }

    fn read(text: &str) -> (Vec<Vec<i64>>, Vec<i64>, String) {
        let query = names().read(text);
        (query.wanted, query.unwanted, query.rest)
    }

    #[test]
    fn names_are_found_among_other_words() {
        for (text, wanted, unwanted, rest) in [
            ("anna on the beach", vec![vec![1]], vec![], "on the beach"),
            ("anna and ben", vec![vec![1], vec![2, 6]], vec![], ""),
            ("a dog with ANNA, red car", vec![vec![1]], vec![], "a dog red car"),
            ("-anna", vec![], vec![1], ""),
            ("beach -anna lund -ben", vec![], vec![2, 3, 6], "beach"),
            ("beach without anna", vec![], vec![1], "beach"),
            ("anna lund anna", vec![vec![3], vec![1]], vec![], ""),
            ("photos of jos\u{e9} GARCI\u{301}A", vec![vec![4]], vec![], "photos"),
            ("jose garcia at home", vec![vec![4]], vec![], "at home"),
            ("Jose on a bike", vec![vec![4]], vec![], "on a bike"),
            ("anna or ben at home", vec![vec![1, 2, 6]], vec![], "at home"),
            ("anna's dog", vec![vec![1]], vec![], "dog"),
            ("\u{7530}\u{4e2d} sea", vec![vec![5]], vec![], "sea"),
            ("o'brien mary-jane", vec![vec![7], vec![9]], vec![], ""),
            ("anna, lund", vec![vec![1]], vec![], "lund"),
            ("anna & ben + a boat", vec![vec![1], vec![2, 6]], vec![], "a boat"),
        ] {
            assert_eq!(read(text), (wanted, unwanted, rest.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_stays_as_it_was_typed() {
        for text in [
            "annabel on the beach",
            "\"anna\"  red -\"ben\"",
            "banana and  bread",
            "-dog t-shirt - --",
            "\"open anna",
            "",
            "garc\u{ed}a",
        ] {
            assert_eq!(read(text), (vec![], vec![], text.to_owned()), "{text}");
        }
        assert_eq!(PeopleNames::default().read("anna").rest, "anna");
    }

    #[test]
    fn a_first_name_stands_for_all_who_are_called_so_unless_it_is_a_word() {
        let names = PeopleNames::new([
            (1, "Anna Lund"),
            (2, "Anna Berg"),
            (3, "Rose Miller"),
            (4, "Ben"),
            (5, "Ben Ode"),
        ]);
        assert_eq!(names.read("anna at the sea").wanted, [vec![1, 2]]);
        assert_eq!(names.read("anna lund").wanted, [vec![1]]);
        assert_eq!(names.read("sea -anna").unwanted, [1, 2]);
        assert_eq!(names.read("a red rose").rest, "a red rose");
        assert_eq!(names.read("rose miller").wanted, [vec![3]]);
        assert_eq!(names.read("ben").wanted, [vec![4]], "somebody's whole name");
        assert_eq!((names.called("anna"), names.called("ANNA berg")), (&[][..], &[2][..]));
        let family = PeopleNames::new([
            (1, "Opa Karl"),
            (2, "Uwe \"der Lange\" B\u{f6}hm"),
            (3, "O\u{2019}Neill-Gro\u{df}"),
        ]);
        assert_eq!(family.read("karl in the garden").wanted, [vec![1]]);
        assert_eq!(family.read("uwe \"der lange\" bohm").wanted, [vec![2]]);
        assert_eq!(family.read("o'neill-gross").wanted, [vec![3]]);
        assert_eq!(family.read("-\"opa karl\" boat").unwanted, [1]);
        assert!(TITLES.is_sorted());
        assert!(ORDINARY.is_sorted() && ORDINARY.iter().all(|word| word_form(word) == **word));
    }

    #[test]
    fn photos_are_allowed_by_who_is_in_them() {
        let query = names().read("anna or ben -o'brien");
        assert!(query.allows(&[6]) && query.allows(&[1, 3]));
        assert!(!query.allows(&[3]) && !query.allows(&[1, 7]) && !query.allows(&[]));
    }
}
