//! Words as they are written: which aspects an instruction names by its own words, and whether it is English at all.
//!
//! A sentence vector blurs short instructions ("the colour of the clothes" lies near clothes as much as near colour);
//! the words themselves do not.

use super::word_bank::BankWords;
use std::collections::{HashMap, HashSet};

/// Words that say nothing about which aspect is meant.
const STOP_WORDS: &str = "a about alike all also an and any are as at be by by can compare compared comparing depicted do \
     does each every find focus focused focusing for from give group has have having how i image images in into is it \
     its kind like look looking looks match matching me my of on one only or order our out photo photograph photos \
     picture pictures please put rank same see seen show shown shows similar similarity so some sort sorted such than \
     that the their them there these they thing things this those to type up us use used using very want way we what \
     when where which while who whose with would you your";

/// The words of a bank, by the aspects that use them in their instructions.
#[derive(Debug, Clone, Default)]
pub(super) struct Lexicon {
    /// For each stem its aspects and how surely it names each (0 to 1).
    aspects: HashMap<String, Vec<(usize, f32)>>,
    /// All stems of the bank.
    known: HashSet<String>,
    stop: HashSet<&'static str>,
}

impl Lexicon {
    /// Collects the words of a bank.
    pub(super) fn new(words: &BankWords) -> Self {
        let stop = STOP_WORDS.split_whitespace().collect::<HashSet<_>>();
        let mut lexicon = Self {
            stop,
            ..Self::default()
        };
        let mut shares: HashMap<String, HashMap<usize, f32>> = HashMap::new();
        for (index, aspect) in words.aspects.iter().enumerate() {
            let texts = aspect.instructions.iter().chain([&aspect.name, &aspect.label]);
            let count = texts.clone().count() as f32;
            for text in texts {
                for stem in lexicon.content_stems(text).into_iter().collect::<HashSet<_>>() {
                    *shares.entry(stem).or_default().entry(index).or_default() += 1.0 / count;
                }
            }
            for word in aspect.values.iter().flat_map(|value| value.words()) {
                lexicon.known.extend(stems(word));
            }
        }
        for word in &words.vocabulary {
            lexicon.known.extend(stems(word));
        }
        lexicon.known.extend(shares.keys().cloned());
        for (stem, aspects) in shares {
            // A word that many aspects use ("clothes") says less about each than one that is a single aspect's own.
            let total = aspects.values().sum::<f32>();
            let mut aspects = aspects
                .into_iter()
                .map(|(a, share)| (a, share / total))
                .collect::<Vec<_>>();
            aspects.sort_by_key(|&(aspect, _)| aspect);
            lexicon.aspects.insert(stem, aspects);
        }
        lexicon
    }

    /// How much each of `count` aspects is named by the words of a text: 0 to 1, together at most 1.
    pub(super) fn aspects_named(&self, text: &str, count: usize) -> Vec<f32> {
        let mut named = vec![0.0; count];
        let stems = self.content_stems(text);
        for stem in &stems {
            for &(aspect, share) in self.aspects.get(stem).into_iter().flatten() {
                if let Some(named) = named.get_mut(aspect) {
                    *named += share / stems.len() as f32;
                }
            }
        }
        named
    }

    /// Whether a text can be English: it has a word that the bank knows, or too few words to tell.
    pub(super) fn knows_a_word_of(&self, text: &str) -> bool {
        let stems = self.content_stems(text);
        stems.len() < 2 || stems.iter().any(|stem| self.known.contains(stem))
    }

    /// Whether a word is one of the bank's, or one that says nothing.
    pub(super) fn knows(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        self.stop.contains(word.as_str()) || self.known.contains(&stem(&word))
    }

    /// Whether a word says nothing by itself.
    pub(super) fn says_nothing(&self, word: &str) -> bool {
        self.stop.contains(word.to_lowercase().as_str())
    }

    fn content_stems(&self, text: &str) -> Vec<String> {
        words_of(text)
            .filter(|word| !self.stop.contains(word.as_str()))
            .map(|word| stem(&word))
            .collect()
    }
}

/// Whether most letters of a text belong to another script than the one English is written in.
pub(super) fn is_other_script(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let latin = text.chars().filter(|c| c.is_alphabetic() && *c < '\u{250}').count();
    letters > 2 * latin
}

fn stems(text: &str) -> impl Iterator<Item = String> {
    words_of(text).map(|word| stem(&word))
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Plurals and the American spelling of -our: enough for the nouns that name aspects.
fn stem(word: &str) -> String {
    let mut word = word.replace("colour", "color").replace("grey", "gray");
    for (ending, keep) in [
        ("ies", "y"),
        ("sses", "ss"),
        ("shes", "sh"),
        ("ches", "ch"),
        ("xes", "x"),
    ] {
        if word.len() > 4 && word.ends_with(ending) {
            word.truncate(word.len() - ending.len());
            word.push_str(keep);
            return word;
        }
    }
    if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") {
        word.pop();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;

    #[test]
    fn plural_and_american_spelling_name_the_same_aspect() {
        let bank = synthetic::bank();
        let named = |text| bank.lexicon().aspects_named(text, bank.words().aspects.len());
        for text in ["colour", "the colors", "same color please", "Colours!"] {
            assert!(named(text)[0] > 0.9, "{text}: {:?}", named(text));
        }
        assert!(named("the shape")[1] > 0.9);
        assert_eq!(named("quantum chromodynamics"), [0.0, 0.0]);
    }

    #[test]
    fn other_languages_are_noticed_and_wordless_text_is_not_accused() {
        let bank = synthetic::bank();
        assert!(!bank.lexicon().knows_a_word_of("die Farbe der Kleidung"));
        assert!(bank.lexicon().knows_a_word_of("the colour"));
        assert!(bank.lexicon().knows_a_word_of("…"));
        assert!(bank.lexicon().knows("The") && bank.lexicon().knows("Colours") && !bank.lexicon().knows("Oslo"));
        assert!(is_other_script("服の色"));
        assert!(is_other_script("لون الملابس"));
        assert!(!is_other_script("café"));
        assert!(!is_other_script(""));
    }

    #[test]
    fn stems_keep_short_words_and_double_s() {
        for (word, expected) in [
            ("dress", "dress"),
            ("dresses", "dress"),
            ("cities", "city"),
            ("boxes", "box"),
            ("bus", "bus"),
            ("gas", "gas"),
        ] {
            assert_eq!(stem(word), expected);
        }
    }
}
