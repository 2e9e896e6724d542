//! The words that must be written of a photo.

use memchr::memmem::Finder;

use refocus_media::tags::{LEVEL, keyword_matches, search_form};

use crate::written::{Term, WrittenSource, of_source};

/// Words that are looked for at once, at most; more are passed over.
const MOST: usize = 64;

/// What is typed into the filter for words.
#[derive(Debug)]
pub(crate) struct WantedWords(Vec<Wanted>);

#[derive(Debug)]
enum Wanted {
    /// A word or a part of one.
    Part(Finder<'static>),
    /// Levels of a keyword, with [`LEVEL`] or `/` between them, that follow each other, the last of them perhaps only begun; or the
    /// same characters anywhere.
    Levels { typed: String, first: Finder<'static> },
    /// Whole words, one after the other.
    Quoted(Term),
}

impl WantedWords {
    /// Reads what was typed; `None` where it asks for nothing. A quotation without an end reaches to the end of the text.
    pub(crate) fn new(typed: &str) -> Option<Self> {
        let mut wanted = Vec::new();
        // Every other piece stands in quotation marks.
        for (number, piece) in typed.split('"').enumerate() {
            if number % 2 == 1 {
                wanted.extend(Term::new(piece).map(Wanted::Quoted));
            } else {
                let words = piece.split([' ', ',', ';']).filter(|word| !word.is_empty());
                wanted.extend(words.map(|word| Wanted::unquoted(&search_form(word))));
            }
        }
        wanted.truncate(MOST);
        (!wanted.is_empty()).then_some(Self(wanted))
    }

    /// Whether all of them are in the texts of a row.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        !text.is_empty() && self.0.iter().all(|wanted| wanted.is_in(text))
    }
}

impl Wanted {
    fn unquoted(word: &str) -> Self {
        let finder = |text: &str| Finder::new(text).into_owned();
        let is_between = [LEVEL, '/'];
        match word.split(is_between).find(|level| !level.is_empty()) {
            Some(first) if word.contains(is_between) => Self::Levels {
                typed: word.to_owned(),
                first: finder(first),
            },
            _ => Self::Part(finder(word)),
        }
    }

    fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Part(part) => part.find(text.as_bytes()).is_some(),
            Self::Levels { typed, first } => {
                first.find(text.as_bytes()).is_some()
                    && (text.contains(typed.as_str())
                        || of_source(text, WrittenSource::Keyword).any(|keyword| keyword_matches(keyword, typed)))
            }
            Self::Quoted(term) => term.is_in(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rows::{PhotoRow, Written};
    use crate::written::ChunkText;

    fn text() -> ChunkText {
        let mut row = PhotoRow::of_nothing();
        let keywords = ["Europe|Norway|New Town", "24/7", "M\u{fc}nchen"];
        row.extras.keywords = Some(keywords.map(str::to_owned).into());
        row.extras.written = Some(Arc::new(Written {
            caption: Some("Annabelle at the\nwestern wall (1/2)".to_owned()),
            ..Written::default()
        }));
        ChunkText::of(&[row])
    }

    fn is_found(typed: &str) -> bool {
        WantedWords::new(typed).is_none_or(|wanted| wanted.are_in(text().of_row(0)))
    }

    #[test]
    fn a_keyword_is_found_by_any_level_and_by_levels_that_follow_each_other() {
        for typed in [
            "Europe",
            "norway",
            "Europe|Norway",
            "europe/norway",
            "norw",
            "europe/nor",
            "Europe/Norway/n",
            "europe/",
            "europe/norway/",
            "EUROPE WALL",
            "24/7",
            "1/2",
        ] {
            assert!(is_found(typed), "{typed}");
        }
        for typed in [
            "norway/europe",
            "europe/new",
            "euro/norway",
            "europe/nor/",
            "europe/way",
            "europe/norway/oslo",
            "europe sea",
        ] {
            assert!(!is_found(typed), "{typed}");
        }
    }

    #[test]
    fn words_may_be_parts_and_quoted_ones_are_whole_and_in_order() {
        for typed in [
            "anna",
            "\"new town\"",
            "\"at the western\"",
            "\"norway new\"",
            "MU\u{308}NCHEN",
            "  ",
            "",
            "\"",
            "wall \"annabelle",
        ] {
            assert!(is_found(typed), "{typed}");
        }
        for typed in ["\"anna\"", "\"the at\"", "\"town 24\"", "wall \"anna"] {
            assert!(!is_found(typed), "{typed}");
        }
        let empty = ChunkText::default();
        assert!(!WantedWords::new("a").unwrap().are_in(empty.of_row(0)));
    }
}
