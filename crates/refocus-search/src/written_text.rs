//! Text that was read in photos, as something to compare: what two texts mean, and which telling words they share.
//!
//! Texts come in comparison form (folded case and accents), as words between spaces or line ends. A word tells the more, the fewer
//! photos have it (inverse document frequency: Spärck Jones, Journal of Documentation 28, 1972).

use std::collections::{HashMap, HashSet};

/// Words of fewer characters (that are letters of an alphabet) group nothing.
const SHORTEST: usize = 3;

/// Groups at most; what is left goes to the others.
const MOST_GROUPS: usize = 30;

/// Share of the photos with text beyond which a word says nothing.
const EVERYWHERE: f32 = 0.5;

/// Part of the likeness that shared words make up; what the texts mean makes up the rest.
const SHARED: f32 = 0.5;

/// Words that stand everywhere: they group nothing.
const COMMON: [&str; 40] = [
    "the", "and", "for", "you", "your", "our", "are", "was", "with", "from", "this", "that", "not", "all", "new",
    "www", "com", "der", "die", "das", "und", "den", "von", "mit", "ein", "eine", "les", "des", "une", "est", "pour",
    "los", "las", "del", "por", "con", "per", "che", "van", "het",
];

/// Letters of a word from which one, two and three misread letters are forgiven.
const FORGIVEN: [usize; 3] = [4, 7, 10];
/// A part of a word that was read alone, the rest being covered: its letters at least, and its share of the word.
const LEFT_OF_WORD: (usize, f32) = (5, 0.6);

/// Whether `read` may be a word that was misread: one to three letters are others, missing or too many, or a part of the word is covered.
/// Numbers are never forgiven. Both are in small letters without accents.
#[must_use]
pub fn may_be_misread(word: &str, read: &str) -> bool {
    let (letters, read_letters) = (word.chars().count(), read.chars().count());
    let most = FORGIVEN.iter().filter(|from| letters >= **from).count();
    if most == 0 || read_letters > letters + most || word.chars().all(char::is_numeric) {
        return false;
    }
    let (least, share) = LEFT_OF_WORD;
    if read_letters >= least && read_letters as f32 >= share * letters as f32 && word.contains(read) {
        return true;
    }
    letters - letters.min(read_letters) <= most && differences(word, read, most) <= most
}

/// Letters to be put in, left out or exchanged to make one word the other (Levenshtein), or any number beyond `most`.
fn differences(a: &str, b: &str, most: usize) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, letter) in a.chars().enumerate() {
        let mut above_left = line;
        let mut left = line + 1;
        let mut least = left;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (other, corner) in b.iter().zip(row.iter_mut().skip(1)) {
            let exchanged = above_left + usize::from(letter != *other);
            above_left = *corner;
            left = (left + 1).min(*corner + 1).min(exchanged);
            *corner = left;
            least = least.min(left);
        }
        if least > most {
            return least;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// A text: its words, and what it means.
#[derive(Clone, Debug, Default)]
pub struct TextParts<'a> {
    /// Its words, each once.
    pub words: HashSet<&'a str>,
    /// `[dim]` numbers and what they are multiplied by: a vector of unit length. `None` where it is not known.
    pub vector: Option<(&'a [i8], f32)>,
}

impl<'a> TextParts<'a> {
    /// Of the words of a text.
    pub fn new(words: impl Iterator<Item = &'a str>, vector: Option<(&'a [i8], f32)>) -> Self {
        Self {
            words: words.collect(),
            vector,
        }
    }
}

/// A text that others are compared with.
#[derive(Debug)]
pub struct ComparedText<'a> {
    text: &'a TextParts<'a>,
    /// How much each of its words tells.
    tells: HashMap<&'a str, f32>,
    all: f32,
    /// What a word tells that nobody counted.
    rare: f32,
}

impl<'a> ComparedText<'a> {
    /// Of a text among `others`, in which its words are counted.
    pub fn new<'o>(text: &'a TextParts<'a>, others: impl Iterator<Item = &'o TextParts<'o>>) -> Self {
        let mut counts: HashMap<&str, u32> = text.words.iter().map(|word| (*word, 0)).collect();
        let mut photos = 0u32;
        for other in others {
            photos += 1;
            for word in &other.words {
                if let Some(count) = counts.get_mut(*word) {
                    *count += 1;
                }
            }
        }
        let rare = (photos as f32 + 1.0).ln();
        let tells: HashMap<&str, f32> = counts
            .into_iter()
            .map(|(word, count)| (word, ((photos as f32 + 1.0) / (count as f32 + 1.0)).ln().max(0.0)))
            .collect();
        Self {
            all: tells.values().sum(),
            text,
            tells,
            rare,
        }
    }

    /// How alike another text is, 0 to 1.
    #[must_use]
    pub fn likeness(&self, other: &TextParts<'_>) -> f32 {
        let shared: f32 = other.words.iter().filter_map(|word| self.tells.get(*word)).sum();
        let common = other
            .words
            .iter()
            .filter(|word| self.tells.contains_key(**word))
            .count();
        // Words of the other that were not counted tell something between nothing and most.
        let of_other = shared + (other.words.len() - common) as f32 * 0.5 * self.rare;
        let between = (self.all * of_other).sqrt();
        let shared = if between > 0.0 {
            (shared / between).min(1.0)
        } else {
            0.0
        };
        let meaning = match (self.text.vector, other.vector) {
            (Some(one), Some(other)) => cosine(one, other).max(0.0),
            _ => 0.0,
        };
        SHARED * shared + (1.0 - SHARED) * meaning
    }
}

fn cosine((one, one_scale): (&[i8], f32), (other, other_scale): (&[i8], f32)) -> f32 {
    let product: i32 = one.iter().zip(other).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
    product as f32 * one_scale * other_scale
}

/// Photos whose texts share a word.
#[derive(Debug, PartialEq, Eq)]
pub struct WordGroup {
    /// The word.
    pub word: String,
    /// The photos, by their place among the texts, in their order.
    pub photos: Vec<u32>,
}

/// Photos by the words that their texts share, the largest group first, each photo once; and those that share none that tells
/// anything.
#[must_use]
pub fn group_by_words(texts: &[TextParts<'_>]) -> (Vec<WordGroup>, Vec<u32>) {
    let mut photos_with: HashMap<&str, Vec<u32>> = HashMap::new();
    for (place, text) in (0u32..).zip(texts) {
        for word in text.words.iter().filter(|word| groups(word)) {
            photos_with.entry(word).or_default().push(place);
        }
    }
    let most = (texts.len() as f32 * EVERYWHERE).max(2.0);
    photos_with.retain(|_, photos| photos.len() > 1 && photos.len() as f32 <= most);
    let mut left: Vec<bool> = vec![true; texts.len()];
    let mut found = Vec::new();
    while found.len() < MOST_GROUPS {
        let free = |photos: &[u32]| {
            photos
                .iter()
                .filter(|photo| left.get(**photo as usize) == Some(&true))
                .count()
        };
        let counted = photos_with.iter().map(|(word, photos)| (free(photos), *word));
        // Among equals the longer word tells more; then the alphabet, so that the answer is always the same.
        let best = counted.max_by(|a, b| (a.0, a.1.len()).cmp(&(b.0, b.1.len())).then_with(|| b.1.cmp(a.1)));
        let Some((count, word)) = best.filter(|(count, _)| *count > 1) else {
            break;
        };
        let photos = photos_with.remove(word).unwrap_or_default();
        let mut group = WordGroup {
            word: word.to_owned(),
            photos: Vec::with_capacity(count),
        };
        for photo in photos {
            if let Some(is_left) = left.get_mut(photo as usize).filter(|left| **left) {
                *is_left = false;
                group.photos.push(photo);
            }
        }
        found.push(group);
    }
    found.sort_by_key(|group| std::cmp::Reverse(group.photos.len()));
    let rest = (0u32..).zip(&left).filter(|(_, left)| **left).map(|(place, _)| place);
    (found, rest.collect())
}

/// Whether a word can head a group. Characters that are words of their own (Chinese, Japanese) are too many for that.
fn groups(word: &str) -> bool {
    word.chars().count() >= SHORTEST && !word.chars().any(char::is_numeric) && !COMMON.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> TextParts<'_> {
        TextParts::new(text.split(' '), None)
    }

    #[test]
    fn texts_that_share_telling_words_are_more_alike() {
        let texts = ["farm market open", "farm market", "open the door", "the sea", "farm"].map(parts);
        let compared = ComparedText::new(&texts[0], texts.iter());
        let likeness: Vec<f32> = texts.iter().map(|text| compared.likeness(text)).collect();
        assert!(
            likeness[0] > likeness[1] && likeness[1] > likeness[2] && likeness[2] > likeness[3],
            "{likeness:?}"
        );
        assert_eq!(likeness[3], 0.0);
        assert!((likeness[0] - SHARED).abs() < 1e-6);
    }

    #[test]
    fn some_letters_may_be_misread_or_covered_and_no_digit() {
        for (word, read) in [
            ("market", "marke1"),
            ("open", "opn"),
            ("restaurant", "restaurnl"),
            ("toyota", "tovota"),
            ("united", "inited"),
            ("universitatis", "umversitalis"),
            ("washington", "shingto"),
            ("cowboys", "wboys"),
        ] {
            assert!(may_be_misread(word, read), "{word} {read}");
        }
        for (word, read) in [
            ("ape", "cape"),
            ("market", "maket1s"),
            ("1984", "1985"),
            ("restaurant", "rest"),
            ("restaurant", "taura"),
            ("19841984", "84198"),
            ("open", "pens"),
        ] {
            assert!(!may_be_misread(word, read), "{word} {read}");
        }
    }

    #[test]
    fn what_texts_mean_counts_beside_their_words() {
        let (one, other) = ([127i8, 0], [0i8, 127]);
        let scale = 1.0 / 127.0;
        let text = |vector| TextParts::new("word".split(' '), Some((vector, scale)));
        let (same, different) = (text(&one[..]), text(&other[..]));
        let compared = ComparedText::new(&same, [&same, &different].into_iter());
        assert!(compared.likeness(&same) > compared.likeness(&different) + 0.4);
    }

    #[test]
    fn photos_are_grouped_by_the_words_they_share_and_each_stands_once() {
        let texts = [
            "open market sale",
            "market 2019",
            "the market closed",
            "sale open",
            "the 2019",
            "alone",
        ]
        .map(parts);
        let (groups, rest) = group_by_words(&texts);
        let told: Vec<(&str, &[u32])> = groups
            .iter()
            .map(|group| (group.word.as_str(), &group.photos[..]))
            .collect();
        assert_eq!(told, [("market", &[0, 1, 2][..])]);
        assert_eq!(rest, [3, 4, 5]);
        assert_eq!(group_by_words(&[]), (Vec::new(), Vec::new()));
    }
}
