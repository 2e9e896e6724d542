//! A find text of which nothing in the library is true: an order always comes out, and only this says that it means little.
//!
//! Scores tell nothing by themselves. What a photo is can be said in some word of the bank, whatever it is: a text that is true of a photo is
//! about as near to it as the nearest of these words, and one that is not true of any photo is far behind it even where it comes
//! first.

use refocus_model::focus_encoder::FocusEncoder;
use refocus_model::vector_math::dot;

use super::FocusError;
use super::find::{FindQuery, FindVector};
use super::gallery::ConditionedGallery;
use super::lexicon::is_other_script;
use super::rank::SHOWS_SHARE;
use super::rows::{Gallery, Part};
use super::word_bank::WordBank;

/// Share of the match with the nearest word of the vocabulary that a text of which something is true reaches with one of the first
/// [`LOOKED_AT`] photos. Of the captions of 675 everyday photos, each looked for among all, 2.7 in 100 stay below, of 100 to 2,000
/// others 1 to 3; of 16 texts without sense or in other languages 14 or 15 do, and of 34 about what no photo shows 6 to 16.
const NEAR: f32 = 0.57;
/// Photos from the start of the order of which one must match.
const LOOKED_AT: usize = 3;
/// Unknown words that are named, at most.
const NAMED: usize = 3;

/// What a person should know about what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindNotice {
    /// Nothing in the library matches well.
    Weak,
    /// There are no words in it.
    NoWords,
    /// Words that are not among those that Refocus knows.
    Unknown(Vec<String>),
}

impl std::fmt::Display for FindNotice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Weak => f.write_str("Nothing here matches these words well; these are the nearest."),
            Self::NoWords => f.write_str("There is no word in this. Refocus looks for English words."),
            Self::Unknown(words) => {
                let named: Vec<String> = words
                    .iter()
                    .take(NAMED)
                    .map(|word| format!("\u{201c}{word}\u{201d}"))
                    .collect();
                let more = if words.len() > NAMED { " and others" } else { "" };
                let noun = if words.len() == 1 { "word" } else { "words" };
                let named = named.join(", ");
                write!(
                    f,
                    "Refocus does not know the {noun} {named}{more}; it understands everyday English. The nearest photos stand first."
                )
            }
        }
    }
}

impl FindNotice {
    /// What is to be told of a find text of which no photo has all words written on it. `is_weak`: whether nothing matches it well (see
    /// [`Vocabulary::is_weak`]).
    #[must_use]
    pub fn of(query: &FindQuery, bank: &WordBank, is_weak: bool) -> Option<Self> {
        if query.wanted.is_empty() {
            return None;
        }
        let text = query.wanted.join(" ");
        let words: Vec<&str> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        if words.is_empty() {
            return Some(Self::NoWords);
        }
        let content = words.iter().filter(|word| !bank.lexicon().says_nothing(word));
        let (known, unknown): (Vec<&str>, Vec<&str>) = content.partition(|word| bank.knows_word(word));
        // Every text has a word that is missing in the bank and that the text tower reads all the same. It does not read one of
        // which most are missing: of 3,647 captions in English seven in a thousand are such.
        let is_foreign = unknown.len() > 1 && unknown.len() >= known.len();
        if !unknown.is_empty() && (is_foreign || is_other_script(&text) || (is_weak && unknown.len() > known.len())) {
            return Some(Self::Unknown(unknown.into_iter().map(str::to_owned).collect()));
        }
        is_weak.then_some(Self::Weak)
    }
}

/// The words of a bank in the space of what photos show, and what photos are compared with.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// `[words, text_dim]`.
    texts: Vec<f32>,
    /// `[words, output]`.
    shown: Vec<f32>,
    text_dim: usize,
    output: usize,
}

impl Vocabulary {
    /// The general vocabulary of a bank.
    ///
    /// # Errors
    /// [`FocusError::Text`] with the model's message.
    pub fn new(bank: &WordBank, encoder: &FocusEncoder) -> Result<Self, FocusError> {
        let texts = bank.vocabulary_vectors().to_vec();
        let shown = encoder.embed_texts(&texts);
        Ok(Self {
            shown: shown.map_err(|error| FocusError::Text(error.to_string()))?,
            texts,
            text_dim: bank.dim(),
            output: encoder.weights().config.output,
        })
    }

    /// Whether none of the first photos of an order by `words` (in falling order of their match) matches them well. `shows`: the library
    /// under [`SHOWS`](super::SHOWS). `Ok(false)` where there is no photo.
    ///
    /// # Errors
    /// [`FocusError::Text`] with the model's message.
    pub fn is_weak(
        &self,
        words: &FindVector,
        first: &[u32],
        gallery: &Gallery<'_>,
        shows: &ConditionedGallery,
        encoder: &FocusEncoder,
    ) -> Result<bool, FocusError> {
        let asked = encoder.embed_texts(words.text());
        let asked = asked.map_err(|error| FocusError::Text(error.to_string()))?;
        let model = gallery.model();
        let mut factors = vec![0.0; model.factor_dim()];
        let mut shown = vec![0.0; self.output];
        let mut any = false;
        for &photo in first.iter().take(LOOKED_AT) {
            let Some(encoding) = gallery.encoding(photo as usize) else {
                continue;
            };
            any = true;
            model.text_factors(encoding, Part::Foreground, &mut factors);
            let text: Vec<f32> = model
                .lift()
                .chunks_exact(model.factor_dim().max(1))
                .map(|row| dot(row, &factors))
                .collect();
            shows.read(photo as usize, &mut shown);
            let matched = |of_text: &[f32], of_shown: &[f32]| {
                (1.0 - SHOWS_SHARE) * dot(&text, of_text) + SHOWS_SHARE * dot(&shown, of_shown)
            };
            let known = self
                .texts
                .chunks_exact(self.text_dim)
                .zip(self.shown.chunks_exact(self.output));
            let best = known.map(|(text, shown)| matched(text, shown)).fold(0.0, f32::max);
            if matched(words.text(), &asked) >= NEAR * best {
                return Ok(false);
            }
        }
        Ok(any)
    }

    /// How many photos from the start of an order [`Vocabulary::is_weak`] looks at.
    pub const LOOKED_AT: usize = LOOKED_AT;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(text: &str, is_weak: bool) -> Option<FindNotice> {
        FindNotice::of(&FindQuery::parse(text), &WordBank::shipped().unwrap(), is_weak)
    }

    fn unknown(words: &[&str]) -> Option<FindNotice> {
        Some(FindNotice::Unknown(words.iter().map(|&word| word.to_owned()).collect()))
    }

    #[test]
    fn texts_that_are_no_english_are_told_with_their_words() {
        assert_eq!(notice("xxxx", true), unknown(&["xxxx"]));
        assert_eq!(
            notice("der Hund auf dem Sofa", false),
            unknown(&["der", "Hund", "auf", "dem"])
        );
        assert_eq!(
            notice("\u{72ac}\u{3068}\u{732b}", false),
            unknown(&["\u{72ac}\u{3068}\u{732b}"])
        );
        assert_eq!(notice("\u{1f600}\u{1f600}", false), Some(FindNotice::NoWords));
        let told = unknown(&["asdf", "qwerty", "hjkl", "fnord"]).unwrap().to_string();
        assert!(
            told.contains("\u{201c}asdf\u{201d}, \u{201c}qwerty\u{201d}, \u{201c}hjkl\u{201d} and others"),
            "{told}"
        );
        assert!(!told.contains("fnord"));
    }

    #[test]
    fn english_is_told_to_match_badly_only_where_it_does() {
        for text in [
            "two dogs on a beach",
            "a man leans against a red car",
            "a lectern",
            "-people",
            "the dog -xxxx",
        ] {
            assert_eq!(notice(text, false), None, "{text}");
        }
        assert_eq!(notice("two dogs on a beach", true), Some(FindNotice::Weak));
        assert_eq!(notice("-people", true), None);
    }
}
