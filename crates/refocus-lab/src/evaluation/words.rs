//! Words that somebody read in a photo, and whether they are in what a program read.

use refocus_search::written_text::may_be_misread;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Letters of a word at least: of any, of one of Chinese characters or digits.
const SHORTEST: (usize, usize) = (3, 2);
/// Words that tell of writing instead of giving it.
const ABOUT: [&str; 25] = [
    "illegible",
    "unreadable",
    "letter",
    "letters",
    "text",
    "writing",
    "numbers",
    "lettering",
    "logo",
    "script",
    "sign",
    "signs",
    "label",
    "labels",
    "brand",
    "handwritten",
    "handwriting",
    "graffiti",
    "characters",
    "words",
    "print",
    "signature",
    "name",
    "names",
    "numerals",
];

/// How a word may be in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// As a word.
    Exact,
    /// As a part of the text without its spaces, too.
    Part,
    /// With a difference or two, too; numbers not.
    Forgiving,
}

/// A text that was read, folded.
#[derive(Debug, Clone, Default)]
pub struct FoldedText {
    words: Vec<String>,
    joined: String,
}

impl FoldedText {
    /// Of lines.
    pub fn new<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let words: Vec<String> = lines.flat_map(words_of).collect();
        Self {
            joined: words.concat(),
            words,
        }
    }

    /// Whether a folded word is in it.
    #[must_use]
    pub fn has(&self, word: &str, how: Match) -> bool {
        if self.words.iter().any(|other| other == word) {
            return true;
        }
        let letters = word.chars().count();
        if how == Match::Exact {
            return false;
        }
        if letters >= SHORTEST.0 && self.joined.contains(word) {
            return true;
        }
        if how == Match::Part {
            return false;
        }
        self.words.iter().any(|other| may_be_misread(word, other))
    }
}

/// Small letters without accents.
#[must_use]
pub fn folded(text: &str) -> String {
    let plain = text.nfkd().filter(|letter| !is_combining_mark(*letter));
    plain.flat_map(char::to_lowercase).collect()
}

/// The words of a text, folded; apostrophes are left out.
#[must_use]
pub fn words_of(text: &str) -> Vec<String> {
    let text = folded(text).replace(['\'', '’'], "");
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

/// The words that values of a label say stand in a photo, each once, the most important first. Values that tell of the writing
/// instead are left out.
#[must_use]
pub fn legible_words(values: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for words in values.iter().map(|value| words_of(value)) {
        if words.iter().any(|word| ABOUT.contains(&word.as_str())) {
            continue;
        }
        for word in words {
            let letters = word.chars().count();
            let short =
                word.chars().all(char::is_numeric) || word.chars().next().is_some_and(|first| first > '\u{2e80}');
            if (letters >= SHORTEST.0 || short && letters >= SHORTEST.1) && !out.contains(&word) {
                out.push(word);
            }
        }
    }
    out
}

/// Letters to be put in, left out or exchanged to make one text the other (Levenshtein).
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, letter) in a.chars().enumerate() {
        let mut next = vec![line + 1];
        for ((other, corner), above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or(0);
            let exchanged = corner + usize::from(letter != *other);
            next.push((left + 1).min(above + 1).min(exchanged));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn labels_give_the_words_that_stand_in_the_photo() {
        let label = values(&["CAFÉ de l'Étoile", "illegible text", "No 24", "東京駅", "cafe"]);
        assert_eq!(legible_words(&label), ["cafe", "letoile", "24", "東京駅"]);
        assert!(legible_words(&values(&["brand logo", "white letters"])).is_empty());
    }

    #[test]
    fn words_are_found_exactly_as_parts_and_with_differences() {
        let text = FoldedText::new(["OPEN DAI LY", "Restaurnt 1984"].into_iter());
        let all = [Match::Exact, Match::Part, Match::Forgiving];
        let found = |word: &str| all.map(|how| text.has(word, how));
        assert_eq!(found("open"), [true; 3]);
        assert_eq!(found("daily"), [false, true, true]);
        assert_eq!(found("restaurant"), [false, false, true]);
        assert_eq!(found("1985"), [false; 3]);
        assert_eq!(found("ape"), [false; 3]);
        assert!(!FoldedText::default().has("open", Match::Forgiving));
    }

    #[test]
    fn distances_count_letters() {
        for (a, b, expected) in [
            ("", "", 0),
            ("abc", "", 3),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("ab", "ba", 2),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
