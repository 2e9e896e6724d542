//! Word by word into English: the words of what people photograph, in all their forms.
//!
//! A word is looked up as it is written (without accents), then without its ending: two words are one where the same stem is left
//! of both by endings of the language. German and Dutch compounds are taken apart; Chinese and Japanese, which put no blanks, and
//! Korean compounds are read from the left, the longest word first. The English words are put in the order of English where that
//! is simple: what kind of thing before the thing, and the place after it.

use std::collections::HashMap;

use super::detection::Language;
use super::folding::{fold, squash};
use crate::ModelError;
use crate::assets::WeightFile;

/// Letters that a stem has at least.
const SHORTEST_STEM: usize = 3;
/// Letters of a part of a compound, at least.
const SHORTEST_PART: usize = 3;
/// What stands between the parts of a compound.
const LINKS: [&str; 7] = ["", "s", "n", "en", "es", "er", "e"];
/// Characters of a text that are read.
const MOST_CHARACTERS: usize = 400;

/// The lists of a pack.
#[derive(serde::Deserialize)]
pub(super) struct WordLists {
    /// What the words mean.
    english: Vec<String>,
    /// For each the letter of its [`Part`].
    parts: String,
    /// For each language its forms, folded, and the place of what they mean.
    forms: HashMap<String, HashMap<String, usize>>,
    /// For each language the endings of its words.
    endings: HashMap<String, Vec<String>>,
}

/// What a word does in a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Thing,
    Kind,
    Action,
    Number,
    /// "on", "with".
    Relation,
    /// "which", "colour": what a focus asks; says nothing in what is to be found.
    Question,
    /// Articles and the like: nothing by itself.
    None,
}

impl Part {
    fn of(letter: u8) -> Option<Self> {
        Some(match letter {
            b't' => Self::Thing,
            b'k' => Self::Kind,
            b'a' => Self::Action,
            b'x' => Self::Number,
            b'r' => Self::Relation,
            b'q' => Self::Question,
            b'-' => Self::None,
            _ => return None,
        })
    }
}

/// The words of one language.
#[derive(Default)]
struct Words {
    forms: HashMap<String, usize>,
    /// Stems, and for each the length of the ending that was taken from the form and what it means.
    stems: HashMap<String, Vec<(usize, usize)>>,
    /// Longest first, the empty one last.
    endings: Vec<String>,
    /// Most words (or, without blanks, characters) of a form.
    longest: usize,
}

/// What a text says by its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WordByWord {
    /// In English.
    pub(super) english: String,
    /// Whether every word of the text was known.
    pub(super) complete: bool,
}

/// The dictionary of a pack.
pub(super) struct Dictionary {
    english: Vec<String>,
    parts: Vec<Part>,
    words: HashMap<&'static str, Words>,
}

impl Dictionary {
    /// # Errors
    /// [`ModelError::Asset`] where the lists do not fit each other.
    pub(super) fn new(lists: WordLists, file: &WeightFile<'_>) -> Result<Self, ModelError> {
        let parts: Option<Vec<Part>> = lists.parts.bytes().map(Part::of).collect();
        let parts = parts
            .filter(|parts| parts.len() == lists.english.len())
            .ok_or_else(|| file.mismatch("its dictionary does not say what its words are"))?;
        let (mut forms, mut endings) = (lists.forms, lists.endings);
        if forms
            .values()
            .flat_map(HashMap::values)
            .any(|word| *word >= parts.len())
        {
            return Err(file.mismatch("its dictionary speaks of words that are not in it"));
        }
        let mut words = HashMap::new();
        for language in Language::ALL {
            let code = language.code();
            let forms = forms.remove(code).unwrap_or_default();
            let endings = endings.remove(code).unwrap_or_default();
            words.insert(code, Words::new(forms, endings, language, &parts));
        }
        Ok(Self {
            english: lists.english,
            parts,
            words,
        })
    }

    /// The words of a focus in English, in the order of the text; `None` where one of them is not known.
    pub(super) fn focus_words(&self, text: &str, language: Language) -> Option<Vec<&str>> {
        let text: String = text.chars().take(MOST_CHARACTERS).collect();
        let (words, complete) = self.meanings(&fold(&text), language)?;
        if !complete {
            return None;
        }
        let says = words.into_iter().filter(|word| self.part(*word) != Part::Relation);
        says.map(|word| self.english.get(word).map(String::as_str)).collect()
    }

    /// A text in English; `None` where none of its words that says something is known.
    pub(super) fn translate(&self, text: &str, language: Language) -> Option<WordByWord> {
        let text: String = text.chars().take(MOST_CHARACTERS).collect();
        let (mut words, complete) = self.meanings(&fold(&text), language)?;
        words.retain(|word| self.part(*word) != Part::Question);
        let words = self.in_english_order(words, language);
        let says = |word: &usize| self.part(*word) != Part::Relation;
        let first = words.iter().position(says)?;
        let last = words.iter().rposition(says)?;
        let mut english: Vec<&str> = Vec::new();
        for word in words.get(first..=last)? {
            let word = self.english.get(*word)?.as_str();
            if english.last() != Some(&word) {
                english.push(word);
            }
        }
        Some(WordByWord {
            english: english.join(" "),
            complete,
        })
    }

    fn part(&self, word: usize) -> Part {
        self.parts.get(word).copied().unwrap_or(Part::None)
    }

    /// What the words of a folded text mean, in their order, and whether all were known.
    fn meanings(&self, text: &str, language: Language) -> Option<(Vec<usize>, bool)> {
        let of = self.words.get(language.code())?;
        let (mut meanings, mut complete) = (Vec::new(), true);
        let is_between = |c: char| !c.is_alphanumeric() && c != '-';
        if matches!(language, Language::Japanese | Language::Chinese) {
            for run in text.split(is_between) {
                let (found, unknown) = of.without_blanks(run, 1);
                meanings.extend(found);
                complete &= unknown < 2;
            }
        } else {
            let words: Vec<&str> = text.split(is_between).filter(|word| !word.is_empty()).collect();
            let mut at = 0;
            while let Some(word) = words.get(at) {
                if let Some((count, meaning)) = of.phrase(words.get(at..).unwrap_or_default()) {
                    meanings.push(meaning);
                    at += count;
                    continue;
                }
                let found = self.word_or_parts(of, word, language);
                complete &= !found.is_empty();
                meanings.extend(found);
                at += 1;
            }
        }
        meanings.retain(|word| self.part(*word) != Part::None);
        Some((meanings, complete))
    }

    /// What a word means, or what the parts of a compound mean; nothing where that is not known.
    fn word_or_parts(&self, of: &Words, word: &str, language: Language) -> Vec<usize> {
        if let Some(meaning) = of.word(word, language) {
            return vec![meaning];
        }
        let says = |word: &usize| !matches!(self.part(*word), Part::None | Part::Relation);
        if word.contains('-') {
            let parts = word.split('-').filter(|part| !part.is_empty());
            let meanings: Option<Vec<usize>> = parts.map(|part| of.word(part, language)).collect();
            return meanings.unwrap_or_default();
        }
        match language {
            Language::Korean => of.without_blanks(word, 2).0,
            Language::German | Language::Dutch => {
                let places = word.char_indices().map(|(place, _)| place).skip(SHORTEST_PART);
                let mut places: Vec<usize> = places.collect();
                places.reverse();
                let apart = places.into_iter().find_map(|place| {
                    let (before, after) = word.split_at(place);
                    if after.len() < SHORTEST_PART {
                        return None;
                    }
                    let after = of.word(after, language).filter(says)?;
                    let before = LINKS.iter().find_map(|link| {
                        let before = before.strip_suffix(link).filter(|part| part.len() >= SHORTEST_PART)?;
                        of.word(before, language).filter(says)
                    })?;
                    Some(vec![before, after])
                });
                apart.unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// Words in the order of English, where that is simple.
    fn in_english_order(&self, mut words: Vec<usize>, language: Language) -> Vec<usize> {
        match language {
            // "desk on laptop" → "laptop on desk".
            Language::Japanese | Language::Korean | Language::Chinese | Language::Turkish => {
                let mut pieces: Vec<Vec<usize>> = vec![Vec::new()];
                for word in words {
                    let Some(piece) = pieces.last_mut() else { break };
                    if self.part(word) == Part::Relation {
                        piece.insert(0, word);
                        pieces.push(Vec::new());
                    } else {
                        piece.push(word);
                    }
                }
                pieces.reverse();
                pieces.concat()
            }
            // "car red" → "red car".
            Language::French | Language::Spanish | Language::Italian | Language::Portuguese | Language::Polish => {
                for place in 1..words.len() {
                    let pair = [place - 1, place].map(|at| words.get(at).map(|word| self.part(*word)));
                    if pair == [Some(Part::Thing), Some(Part::Kind)] {
                        words.swap(place - 1, place);
                    }
                }
                words
            }
            _ => words,
        }
    }
}

impl Words {
    fn new(forms: HashMap<String, usize>, mut endings: Vec<String>, language: Language, parts: &[Part]) -> Self {
        endings.push(String::new());
        endings.sort_by_key(|ending| std::cmp::Reverse(ending.len()));
        let blanks = !matches!(language, Language::Japanese | Language::Chinese);
        let length = |form: &String| match blanks {
            true => form.split(' ').count(),
            false => form.chars().count(),
        };
        let longest = forms.keys().map(length).max().unwrap_or(1);
        let mut stems: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (form, meaning) in &forms {
            let part = parts.get(*meaning).copied().unwrap_or(Part::None);
            if !blanks
                || form.contains(' ')
                || matches!(part, Part::None | Part::Relation)
                || language == Language::Korean
            {
                continue;
            }
            let form = squash(form, language);
            for ending in &endings {
                if let Some(stem) = form.strip_suffix(ending.as_str()).filter(|stem| is_long(stem)) {
                    stems.entry(stem.to_owned()).or_default().push((ending.len(), *meaning));
                }
            }
        }
        for meanings in stems.values_mut() {
            meanings.sort_unstable();
        }
        Self {
            forms,
            stems,
            endings,
            longest,
        }
    }

    /// What the longest run of two and more of these words means that is one form, and how many they are.
    fn phrase(&self, words: &[&str]) -> Option<(usize, usize)> {
        (2..=self.longest.min(words.len())).rev().find_map(|count| {
            let words = words.get(..count)?;
            let found = self.forms.get(&words.join(" "))?;
            Some((count, *found))
        })
    }

    /// What a folded word means.
    fn word(&self, word: &str, language: Language) -> Option<usize> {
        if let Some(meaning) = self.forms.get(word) {
            return Some(*meaning);
        }
        if language == Language::Korean {
            let stems = self
                .endings
                .iter()
                .filter_map(|ending| word.strip_suffix(ending.as_str()));
            return stems.filter_map(|stem| self.forms.get(stem)).copied().next_back();
        }
        let word = squash(word, language);
        // The longest stem, then the shortest endings.
        let found = self.endings.iter().filter_map(|ending| {
            let stem = word.strip_suffix(ending.as_str()).filter(|stem| is_long(stem))?;
            let (of_form, meaning) = self.stems.get(stem)?.first()?;
            Some((std::cmp::Reverse(stem.len()), ending.len() + of_form, *meaning))
        });
        found.min().map(|(_, _, meaning)| meaning)
    }

    /// The meanings of words of `shortest` characters and more in a text without blanks, and how many characters were in no word.
    fn without_blanks(&self, text: &str, shortest: usize) -> (Vec<usize>, usize) {
        let characters: Vec<char> = text.chars().collect();
        let (mut meanings, mut unknown, mut at) = (Vec::new(), 0, 0);
        while at < characters.len() {
            let most = self.longest.max(characters.len().min(8)).min(characters.len() - at);
            let found = (shortest..=most).rev().find_map(|count| {
                let word: String = characters.get(at..at + count)?.iter().collect();
                self.forms.get(&word).map(|meaning| (count, *meaning))
            });
            match found {
                Some((count, meaning)) => {
                    meanings.push(meaning);
                    at += count;
                }
                None => {
                    unknown += 1;
                    at += 1;
                }
            }
        }
        (meanings, unknown)
    }
}

fn is_long(stem: &str) -> bool {
    stem.chars().count() >= SHORTEST_STEM
}
