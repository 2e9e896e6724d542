//! What is written of photos, in the form in which texts are compared, and how words are found in it.
//!
//! The texts of a chunk of rows stand one after the other in one string, each behind a control character that says which kind of
//! text it is. A word is looked for in the whole string at once, with vector instructions; where it is found says which photo it
//! belongs to and who wrote it. A text of another source is searched as soon as [`texts_of`] yields it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use memchr::memmem::Finder;

use refocus_media::tags::{push_search_form, search_form};
use refocus_media::words::{is_of_a_word, is_word_boundary, words};

use refocus_search::written_text::may_be_misread;

use super::rows::PhotoRow;

/// Where something is written of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WrittenSource {
    /// In the title.
    Title,
    /// In the caption.
    Caption,
    /// In a keyword, at any of its levels.
    Keyword,
    /// In the name of a person.
    Person,
    /// In the names of the place.
    Place,
    /// In the picture itself.
    Picture,
}

impl WrittenSource {
    /// All of them. Where words are found in several, the first one is told.
    pub const ALL: [Self; 6] = [
        Self::Title,
        Self::Caption,
        Self::Keyword,
        Self::Person,
        Self::Place,
        Self::Picture,
    ];

    /// Its name, in JSON and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Caption => "caption",
            Self::Keyword => "keyword",
            Self::Person => "person",
            Self::Place => "place",
            Self::Picture => "text",
        }
    }

    /// The control character before a text of this kind: 1 and up.
    fn mark(self) -> char {
        char::from(self as u8 + 1)
    }

    fn of_mark(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte).checked_sub(1)?).copied()
    }
}

/// Why a photo came first: the words that were to be found are written of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenMatch {
    /// Where most of the words are written.
    pub source: WrittenSource,
    /// Whether all of the words are written; else those that only reading can tell.
    pub whole: bool,
}

/// A text in which words are written that were to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenText {
    /// Whose it is.
    pub source: WrittenSource,
    /// The text, as another program wrote it.
    pub text: String,
    /// Where the words stand in it, bytes, in their order; each only where it stands first.
    pub found: Vec<Range<usize>>,
}

/// What is written of a photo, text by text: as other programs wrote it, and as it was read in the picture.
pub fn texts_of(row: &PhotoRow) -> impl Iterator<Item = (WrittenSource, &str)> {
    let written = row.extras.written.as_deref();
    let lines = written.into_iter().flat_map(|written| {
        [
            (WrittenSource::Title, written.title.as_ref()),
            (WrittenSource::Caption, written.caption.as_ref()),
            (WrittenSource::Place, written.place.as_ref()),
        ]
    });
    let keywords = row.extras.keywords.iter().flat_map(|keywords| keywords.iter());
    let people = written.into_iter().flat_map(|written| written.people.iter());
    lines
        .filter_map(|(source, text)| Some((source, text?.as_str())))
        .chain(people.map(|face| (WrittenSource::Person, face.name.as_str())))
        .chain(keywords.map(|keyword| (WrittenSource::Keyword, keyword.as_str())))
        .chain(
            row.extras
                .text
                .iter()
                .map(|read| (WrittenSource::Picture, read.text.as_str())),
        )
}

/// Bytes of a photo's texts that are searched, at most.
const LONGEST: usize = 1 << 16;

/// What is written of the photos of a chunk of rows.
#[derive(Debug, Default)]
pub(crate) struct ChunkText {
    /// Texts in search form, each behind the mark of its source.
    text: String,
    /// Where each row's texts end, bytes; empty where nothing is written of any.
    ends: Vec<u32>,
    /// The words in the pictures; made when a word is first looked for.
    read: OnceLock<ReadWords>,
}

/// Words that were read in pictures, some of them wrongly.
#[derive(Debug, Default)]
struct ReadWords {
    /// Each once, with the rows that have it, by their places in the chunk.
    words: HashMap<Box<str>, Vec<u32>>,
    /// The words of a row without what stands between them: a line that is read in two pieces parts a word.
    joined: Vec<(u32, String)>,
}

/// Letters of a word at least that may be parted, or a part of another word.
const SHORTEST_PART: usize = 5;

impl ChunkText {
    pub(crate) fn of(rows: &[PhotoRow]) -> Self {
        let mut all = Self::default();
        if rows.iter().all(|row| texts_of(row).next().is_none()) {
            return all;
        }
        all.ends.reserve_exact(rows.len());
        for row in rows {
            let start = all.text.len();
            for (source, text) in texts_of(row) {
                let room = LONGEST.saturating_sub(all.text.len() - start);
                let text = text.get(..text.floor_char_boundary(room)).unwrap_or_default();
                all.push(source, text);
            }
            all.ends.push(u32::try_from(all.text.len()).unwrap_or(u32::MAX));
        }
        all.text.shrink_to_fit();
        all
    }

    fn push(&mut self, source: WrittenSource, text: &str) {
        self.text.push(source.mark());
        // What looks like a mark must not pass for one.
        if text.bytes().any(|byte| WrittenSource::of_mark(byte).is_some()) {
            let cleaned: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            push_search_form(&cleaned, &mut self.text);
        } else {
            push_search_form(text, &mut self.text);
        }
    }

    /// Calls `found` with the place in the chunk of each row in whose picture some letters stand, in search form, also within a word.
    pub(crate) fn each_read_with(&self, letters: &Finder<'_>, mut found: impl FnMut(usize)) {
        let mut from = 0;
        while let Some(at) = self.text.as_bytes().get(from..).and_then(|rest| letters.find(rest)) {
            let at = from + at;
            if source_at(&self.text, at) == Some(WrittenSource::Picture) {
                let place = self.ends.partition_point(|end| *end as usize <= at);
                found(place);
                // Once in a row is enough.
                from = self.range(place).end.max(at + 1);
            } else {
                from = at + 1;
            }
        }
    }

    /// Calls `found` with the place in the chunk of each row in whose picture a word may be written though it is not as it was read:
    /// parted, within a longer word, or with some letters misread or covered. `is_word`: what is a word itself was read as it stands.
    pub(crate) fn each_misread(&self, term: &Term, is_word: &dyn Fn(&str) -> bool, mut found: impl FnMut(usize)) {
        let [word] = term.words() else { return };
        let read = self.read.get_or_init(|| self.read_words());
        if word.chars().count() >= SHORTEST_PART {
            for (place, joined) in &read.joined {
                if term.first.find(joined.as_bytes()).is_some() {
                    found(*place as usize);
                }
            }
        }
        for (other, places) in &read.words {
            if may_be_misread(word, other) && !is_word(other) {
                places.iter().for_each(|place| found(*place as usize));
            }
        }
    }

    fn read_words(&self) -> ReadWords {
        let mut read = ReadWords::default();
        for place in 0..self.ends.len() {
            let mut joined = String::new();
            for text in of_source(self.of_row(place), WrittenSource::Picture) {
                for word in words(text) {
                    joined.push_str(word);
                    match read.words.get_mut(word) {
                        Some(places) if places.last() == Some(&(place as u32)) => {}
                        Some(places) => places.push(place as u32),
                        None => drop(read.words.insert(word.into(), vec![place as u32])),
                    }
                }
            }
            if !joined.is_empty() {
                read.joined.push((place as u32, joined));
            }
        }
        read
    }

    /// The texts of all rows.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The texts of a row, by its place in the chunk.
    pub(crate) fn of_row(&self, place: usize) -> &str {
        self.text.get(self.range(place)).unwrap_or_default()
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<u32>()
    }

    fn range(&self, place: usize) -> Range<usize> {
        let end = |place: usize| self.ends.get(place).map_or(0, |end| *end as usize);
        place.checked_sub(1).map_or(0, end)..end(place)
    }

    /// Calls `found` with the place in the chunk of each row of which a term is written, and where its texts say so.
    pub(crate) fn each_with(&self, term: &Term, mut found: impl FnMut(usize, Option<WrittenSource>)) {
        let mut from = 0;
        while let Some(at) = term.find_from(&self.text, from) {
            let place = self.ends.partition_point(|end| *end as usize <= at);
            found(place, source_at(&self.text, at));
            // Once in a row is enough.
            from = self.range(place).end.max(at + 1);
        }
    }
}

/// The kind of text that a byte of a chunk's text belongs to.
fn source_at(text: &str, at: usize) -> Option<WrittenSource> {
    let before = text.as_bytes().get(..at)?;
    before.iter().rev().find_map(|byte| WrittenSource::of_mark(*byte))
}

/// Texts of one kind in the texts of a row.
pub(crate) fn of_source(text: &str, source: WrittenSource) -> impl Iterator<Item = &str> {
    let is_mark = |c: char| u8::try_from(c).is_ok_and(|byte| WrittenSource::of_mark(byte).is_some());
    text.split_inclusive(is_mark)
        .zip(text.split(is_mark).skip(1))
        .filter(move |(before, _)| before.ends_with(source.mark()))
        .map(|(_, entry)| entry)
}

/// Words of a term that are compared, at most.
const MOST_WORDS: usize = 32;

/// Words that stand in a text as whole words, one after the other, whatever stands between them.
#[derive(Debug)]
pub(crate) struct Term {
    words: Vec<String>,
    first: Finder<'static>,
}

impl Term {
    /// The words of what was typed; `None` where it has none.
    pub(crate) fn new(typed: &str) -> Option<Self> {
        let typed = search_form(typed);
        let words: Vec<String> = words(&typed).take(MOST_WORDS).map(str::to_owned).collect();
        let first = Finder::new(words.first()?).into_owned();
        Some(Self { words, first })
    }

    /// Its words, in search form.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether it stands in a text.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.find_from(text, 0).is_some()
    }

    /// Where it stands first in a text (in search form), bytes.
    pub(crate) fn range_in(&self, text: &str) -> Option<Range<usize>> {
        let at = self.find_from(text, 0)?;
        Some(at..self.stands_at(text, at)?)
    }

    /// Where it stands first in a text (in search form), from a byte on.
    fn find_from(&self, text: &str, mut from: usize) -> Option<usize> {
        loop {
            let at = from + self.first.find(text.as_bytes().get(from..)?)?;
            if self.stands_at(text, at).is_some() {
                return Some(at);
            }
            from = at + 1;
        }
    }

    /// Where it ends, if it stands at this byte.
    fn stands_at(&self, text: &str, at: usize) -> Option<usize> {
        // Most places where a short word is found lie within another one; that is told without reading characters.
        let is_plain = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_alphanumeric);
        if is_plain(at) && at.checked_sub(1).is_some_and(is_plain) {
            return None;
        }
        let (before, mut rest) = text.split_at_checked(at)?;
        if let (Some(before), Some(after)) = (before.chars().next_back(), rest.chars().next())
            && !is_word_boundary(before, after)
        {
            return None;
        }
        for (place, word) in self.words.iter().enumerate() {
            if place > 0 {
                rest = rest.get(rest.find(is_of_a_word_or_mark)?..)?;
            }
            rest = rest.strip_prefix(word.as_str())?;
            if let (Some(before), Some(after)) = (word.chars().next_back(), rest.chars().next())
                && !is_word_boundary(before, after)
            {
                return None;
            }
        }
        Some(text.len() - rest.len())
    }
}

/// What ends the way from one word of a term to the next.
fn is_of_a_word_or_mark(c: char) -> bool {
    is_of_a_word(c) || u8::try_from(c).is_ok_and(|byte| WrittenSource::of_mark(byte).is_some())
}

#[cfg(test)]
mod tests;
