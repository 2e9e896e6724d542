//! Words in the texts of a made-up library, for measurements.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::filter::Filter;
use crate::rows::{PhotoRow, Rows, Written};
use crate::texts::{ReadText, TextLine};
use crate::written::texts_of;
use refocus_media::tags::search_form;
use refocus_search::{FindQuery, FocusError, TextQuery, WordBank};

use super::text_search::TextSearch;
use super::written_first::written;

/// Words of a caption, and keywords of a photo.
const CAPTION: usize = 12;
const KEYWORDS: usize = 5;
/// Every so many photos one has this name in its caption.
const NAMED: usize = 500;
const NAME: &str = "Ragnhild";
/// Every so many photos one has text in its picture: so many lines of so many words.
const WITH_TEXT: usize = 5;
const LINES: usize = 8;
const WORDS: usize = 4;
/// One in so many photos with text has this word.
const SIGNS: usize = 100;
const SIGN: &str = "Kirkegata";

/// Rows without files and encodings, each with a caption and keywords of words of the word bank (seeded).
pub struct WordsProbe {
    rows: Rows,
    bank: WordBank,
}

impl WordsProbe {
    /// Makes so many rows.
    ///
    /// # Errors
    /// [`FocusError`] where the word bank cannot be read.
    pub fn new(photos: usize) -> Result<Self, FocusError> {
        let (bank, mut rows) = (WordBank::shipped()?, Rows::default());
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let vocabulary = &bank.words().vocabulary;
        let mut word = || {
            let number = random.random::<u32>() as usize % vocabulary.len().max(1);
            vocabulary.get(number).cloned().unwrap_or_default()
        };
        for number in 0..photos {
            let mut row = PhotoRow::of_nothing();
            row.gone = false;
            let mut caption: Vec<String> = (0..CAPTION).map(|_| word()).collect();
            if number % NAMED == 0 {
                caption.push(NAME.to_owned());
            }
            row.extras.keywords = Some((0..KEYWORDS).map(|_| word()).collect());
            row.extras.written = Some(Arc::new(Written {
                caption: Some(caption.join(" ")),
                ..Written::default()
            }));
            if number % WITH_TEXT == 0 {
                let mut lines: Vec<String> = (0..LINES)
                    .map(|_| (0..WORDS).map(|_| word()).collect::<Vec<_>>().join(" "))
                    .collect();
                if number % (WITH_TEXT * SIGNS) == 0 {
                    lines.push(SIGN.to_owned());
                }
                let lines = lines.into_iter().map(|text| TextLine {
                    corners: [[0.0; 2]; 4],
                    turns: 0,
                    confidence: 1.0,
                    text,
                });
                row.extras.text = Some(Arc::new(ReadText::new(lines.collect(), None)));
            }
            rows.push(row);
        }
        Ok(Self { rows, bank })
    }

    /// A name that one photo in 500 has.
    #[must_use]
    pub fn name(&self) -> &'static str {
        NAME
    }

    /// A word that one in 100 of the photos with text has in its picture.
    #[must_use]
    pub fn sign(&self) -> &'static str {
        SIGN
    }

    /// Photos that what a find text says of text in pictures (`text:word`) leaves.
    #[must_use]
    pub fn narrowed(&self, find: &str) -> usize {
        let mut subset = vec![true; self.rows.len()];
        if let Some(text) = TextSearch::of(TextQuery::split(find).0, "") {
            text.narrow(&mut subset, &self.rows, &self.bank);
        }
        subset.iter().filter(|takes_part| **takes_part).count()
    }

    /// Brings all texts into the form that is searched, as happens once; returns its bytes.
    #[must_use]
    pub fn prepare(&self) -> usize {
        self.rows.chunks().map(|(_, chunk)| chunk.text().bytes()).sum()
    }

    /// Photos that pass the filter for words.
    #[must_use]
    pub fn filtered(&self, words: &str) -> usize {
        let filter = Filter {
            keywords: words.to_owned(),
            ..Filter::default()
        };
        filter.passing(&self.rows).iter().filter(|passes| **passes).count()
    }

    /// The same with every photo's texts brought into the form in which texts are compared for this query alone.
    #[must_use]
    pub fn filtered_anew(&self, words: &str) -> usize {
        let passes = |row: &&PhotoRow| {
            let texts: Vec<String> = texts_of(row).map(|(_, text)| search_form(text)).collect();
            let text = texts.join("\n");
            words.split(' ').all(|word| text.contains(&search_form(word)))
        };
        self.rows.iter().filter(passes).count()
    }

    /// Photos that come first under a find text.
    #[must_use]
    pub fn found(&self, find: &str) -> usize {
        let all = vec![true; self.rows.len()];
        written(&FindQuery::parse(find), &self.rows, &self.bank, &all).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_looking_finds_the_same_photos() {
        let probe = WordsProbe::new(3 * NAMED).unwrap();
        assert!(probe.prepare() > 3 * NAMED * CAPTION);
        assert_eq!(
            (probe.filtered(NAME), probe.filtered_anew(NAME), probe.found(NAME)),
            (3, 3, 3)
        );
        assert_eq!((probe.found(SIGN), probe.narrowed("text:kirkegata")), (3, 3));
        assert_eq!(probe.narrowed("text:kirkegat0"), 3, "as it may have been misread");
        assert_eq!(probe.narrowed("-text:kirkegata"), 3 * NAMED - 3);
    }
}
