//! Searches that are about text in photos: words that must or must not stand in them (`text:café -text:sale`), and what is written as a
//! focus.
//!
//! Words after `text:` narrow a search as a filter does. Under a focus like "what is written on it" photos are ranked by how alike what is
//! written is, the others after them in the order that the focus gives by looks. Without a reference photos that share a telling word
//! stand together, and those without text are unclear.

use std::collections::HashMap;
use std::sync::Arc;

use memchr::memmem::Finder;
use refocus_media::tags::search_form;
use refocus_media::words::words;
use refocus_search::written_text::{ComparedText, TextParts, group_by_words};
use refocus_search::{Group, GroupKind, Groups, TextQuery, Way, WordBank};
use refocus_store::texts::TextVector;

use crate::rows::{PhotoRow, Rows};
use crate::search::{ReferenceSource, SearchResults, TextFocus, asks_about_text};
use crate::snapshot::LibrarySnapshot;
use crate::texts::ReadText;
use crate::written::{Term, WrittenMatch, WrittenSource, of_source};

use super::document_search;
use super::job_queue::Search;
use super::ranker::Ranker;
use super::results::{put_scored_first, references_in_front};

/// Part of the best match from which a text counts as alike.
const STRONG: f32 = 0.5;

/// Where `text:` is followed by nothing that can stand in a text.
const NO_LETTERS: &str = "text: looks for letters and digits; what stands behind it here has none";

/// Where no photo has text.
const NOTHING_READ: &str =
    "No text has been read in these photos so far: Settings, Text in photos, or refocus index --text";

/// Words of a text that describe it.
const TOLD_WORDS: usize = 4;

/// What a search has to do with text in photos.
#[derive(Debug)]
pub(super) struct TextSearch {
    query: TextQuery,
    focus: Option<TextFocus>,
}

/// A word that must or must not stand in a picture.
struct Asked {
    /// Its letters, which may stand within another word; `None` for what was quoted.
    part: Option<Finder<'static>>,
    /// Whole words, one after the other; `None` where it has none.
    term: Option<Term>,
}

impl Asked {
    fn of<'a>(words: &'a [String], quoted: &'a [String]) -> impl Iterator<Item = Self> + 'a {
        words.iter().map(|word| Self {
            part: (!quoted.contains(word)).then(|| Finder::new(&search_form(word)).into_owned()),
            term: Term::new(word),
        })
    }

    /// In which photos it stands, by row.
    fn rows(&self, rows: &Rows) -> Vec<bool> {
        let mut stands = vec![false; rows.len()];
        for (first, chunk) in rows.chunks() {
            let text = chunk.text();
            let mut found = |place: usize| {
                if let Some(stands) = stands.get_mut(first as usize + place) {
                    *stands = true;
                }
            };
            match (&self.part, &self.term) {
                (Some(letters), _) => text.each_read_with(letters, found),
                (None, Some(term)) => {
                    for place in 0..chunk.rows().len() {
                        let mut texts = of_source(text.of_row(place), WrittenSource::Picture);
                        if texts.any(|text| term.is_in(text)) {
                            found(place);
                        }
                    }
                }
                (None, None) => {}
            }
        }
        stands
    }

    /// In which photos it may stand, misread.
    fn misread_rows(&self, rows: &Rows, bank: &WordBank) -> Vec<bool> {
        let mut stands = vec![false; rows.len()];
        if let (Some(_), Some(term)) = (&self.part, &self.term) {
            for (first, chunk) in rows.chunks() {
                chunk.text().each_misread(term, &|word| bank.knows_word(word), |place| {
                    if let Some(stands) = stands.get_mut(first as usize + place) {
                        *stands = true;
                    }
                });
            }
        }
        stands
    }
}

impl TextSearch {
    /// Of a query, and of whether the focus is about text; `None` where neither is.
    pub(super) fn of(query: TextQuery, focus: &str) -> Option<Arc<Self>> {
        let focus = asks_about_text(focus);
        (focus.is_some() || !query.is_empty()).then(|| Arc::new(Self { query, focus }))
    }

    /// Whether photos are compared by what is written in them.
    pub(super) fn is_focus(&self) -> bool {
        self.focus.is_some()
    }

    /// What decides which photos take part.
    pub(super) fn key(&self) -> TextQuery {
        self.query.clone()
    }

    /// Takes out the photos in which something is missing, or stands that must not. A word that stands in no picture may have been misread
    /// in some.
    pub(super) fn narrow(&self, subset: &mut [bool], rows: &Rows, bank: &WordBank) {
        // The same photos for a word that must stand there as for one that must not.
        let found = |asked: Asked| {
            let stands = asked.rows(rows);
            if stands.contains(&true) {
                stands
            } else {
                asked.misread_rows(rows, bank)
            }
        };
        for asked in Asked::of(&self.query.wanted, &self.query.quoted) {
            for (takes_part, stands) in subset.iter_mut().zip(found(asked)) {
                *takes_part &= stands;
            }
        }
        for asked in Asked::of(&self.query.unwanted, &self.query.quoted) {
            for (takes_part, stands) in subset.iter_mut().zip(found(asked)) {
                *takes_part &= !stands;
            }
        }
    }

    /// Tells of photos that were narrowed by words in them that these were found there, and why there may be none.
    pub(super) fn tell(&self, results: &mut SearchResults, snapshot: &LibrarySnapshot) {
        if self.query.without_letters {
            results.notice = Some(NO_LETTERS.to_owned());
        } else if !self.query.is_empty() && snapshot.rows.iter().all(|row| row.extras.text.is_none()) {
            results.notice = Some(NOTHING_READ.to_owned());
        }
        if !self.query.wanted.is_empty() && results.written.is_empty() {
            let found = WrittenMatch {
                source: WrittenSource::Picture,
                whole: true,
            };
            results.written = vec![Some(found); results.order.len()].into();
        }
    }

    /// Photos by the words that stand in them; of the others those with text, then those without.
    pub(super) fn groups(&self, subset: &[bool], encoded: &[bool], snapshot: &LibrarySnapshot) -> Groups {
        if self.focus == Some(TextFocus::Document) {
            return document_search::groups(subset, encoded, snapshot);
        }
        let (mut rows, mut without, mut not_encoded) = (Vec::new(), Vec::new(), Vec::new());
        for (number, row) in taking_part(subset, snapshot) {
            if !encoded.get(number as usize).copied().unwrap_or_default() {
                not_encoded.push(number);
            } else if row.extras.text.is_some() {
                rows.push(number);
            } else {
                without.push(number);
            }
        }
        let forms = forms(&snapshot.rows);
        let parts: Vec<TextParts<'_>> = rows
            .iter()
            .map(|number| TextParts::new(words(forms.get(number).copied().unwrap_or_default()), None))
            .collect();
        let (found, rest) = group_by_words(&parts);
        let of_places = |places: &[u32]| -> Arc<[u32]> {
            places
                .iter()
                .filter_map(|place| rows.get(*place as usize).copied())
                .collect()
        };
        let mut groups: Vec<Group> = found
            .into_iter()
            .map(|group| Group {
                kind: GroupKind::Alike,
                rows: of_places(&group.photos),
                value_words: vec![group.word],
            })
            .collect();
        for (kind, rows) in [
            (GroupKind::Other, of_places(&rest)),
            (GroupKind::Unclear, without.into()),
        ] {
            if !rows.is_empty() {
                groups.push(Group {
                    kind,
                    value_words: Vec::new(),
                    rows,
                });
            }
        }
        Groups { groups, not_encoded }
    }

    /// The first words of a photo's text, as value words.
    pub(super) fn words_of(&self, row: &PhotoRow) -> Vec<(String, f32)> {
        if self.focus == Some(TextFocus::Document) {
            return document_search::words_of(row);
        }
        let text = row.extras.text.as_deref().map_or("", |read| read.text.as_str());
        words(text)
            .take(TOLD_WORDS)
            .map(|word| (word.to_owned(), 1.0))
            .collect()
    }
}

/// The rows that take part, by number.
fn taking_part<'a>(subset: &'a [bool], snapshot: &'a LibrarySnapshot) -> impl Iterator<Item = (u32, &'a PhotoRow)> {
    let rows = (0u32..).zip(subset.iter().zip(snapshot.rows.iter()));
    rows.filter(|(_, (part, _))| **part)
        .map(|(number, (_, row))| (number, row))
}

/// What is written in the pictures of the rows that have text, in search form, by number.
fn forms(rows: &Rows) -> HashMap<u32, &str> {
    let mut forms = HashMap::new();
    for (first, chunk) in rows.chunks() {
        let text = chunk.text();
        for (place, (number, row)) in (first..).zip(chunk.rows()).enumerate() {
            if row.is_shown() && row.extras.text.is_some() {
                let read = of_source(text.of_row(place), WrittenSource::Picture).next();
                forms.insert(number, read.unwrap_or_default());
            }
        }
    }
    forms
}

fn vector(read: &ReadText) -> Option<(&[i8], f32)> {
    let TextVector { scale, values } = read.vector.as_ref()?;
    Some((&values[..], *scale))
}

impl Ranker {
    /// Which photos take part in a search, words in them included.
    pub(super) fn narrowed_by_text(&self, search: &Search, subset: Arc<[bool]>, rows: &Rows) -> Arc<[bool]> {
        let Some(text) = search.text.as_ref().filter(|text| !text.query.is_empty()) else {
            return subset;
        };
        let mut narrowed = subset.to_vec();
        text.narrow(&mut narrowed, rows, &self.bank);
        narrowed.into()
    }

    /// Under a focus about text: photos in which something alike is written first. A notice says where no reference shows any text.
    pub(super) fn put_text_first(&mut self, search: &Search, snapshot: &LibrarySnapshot, results: &mut SearchResults) {
        let Some(text) = search.text.clone().filter(|text| text.is_focus()) else {
            return;
        };
        if search.request.references.is_empty() {
            return;
        }
        let (mut positive, mut negative, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
        for reference in &search.request.references {
            let (read, kind) = match reference.source {
                ReferenceSource::Library(id) => {
                    let row = snapshot.row_of(id);
                    (
                        row.and_then(|row| row.extras.text.clone()),
                        row.and_then(document_search::kind_of),
                    )
                }
                ReferenceSource::Outside(id) => {
                    let read = self.outside_text(id);
                    let kind = read.as_deref().and_then(document_search::kind_of_text);
                    (read, kind)
                }
            };
            kinds.extend(kind.filter(|_| reference.positive));
            if let Some(read) = read {
                let list = if reference.positive {
                    &mut positive
                } else {
                    &mut negative
                };
                list.push((search_form(&read.text), read));
            }
        }
        if positive.is_empty() {
            results.notice = Some("No text was read in the reference: photos are compared by looks".to_owned());
            return;
        }
        let forms = forms(&snapshot.rows);
        let parts: HashMap<u32, TextParts<'_>> = forms
            .iter()
            .filter_map(|(number, form)| {
                let read = snapshot.rows.get(*number)?.extras.text.as_deref()?;
                Some((*number, TextParts::new(words(form), vector(read))))
            })
            .collect();
        let of = |(form, read): &'_ (String, Arc<ReadText>)| -> Vec<(u32, f32)> {
            let own = TextParts::new(words(form), vector(read));
            let compared = ComparedText::new(&own, parts.values());
            parts
                .iter()
                .map(|(number, other)| (*number, compared.likeness(other)))
                .collect()
        };
        let mut scores: HashMap<u32, f32> = HashMap::new();
        for (list, sign) in [(&positive, 1.0), (&negative, -1.0)] {
            for reference in list {
                for (number, likeness) in of(reference) {
                    *scores.entry(number).or_default() += sign * likeness / list.len() as f32;
                }
            }
        }
        if text.focus == Some(TextFocus::Document) {
            for number in forms.keys() {
                let kind = snapshot.rows.get(*number).and_then(document_search::kind_of);
                if kind.is_some_and(|kind| kinds.contains(&kind)) {
                    // Likeness of what is written is at most 1: it orders those of one kind.
                    *scores.entry(*number).or_default() += 1.0;
                }
            }
        }
        let first = references_in_front(&results.order, &search.request, snapshot);
        put_first(results, &scores, first);
        let explained = results.order.iter().take(results.value_words.len());
        let told = explained.map(|number| {
            snapshot
                .rows
                .get(*number)
                .map_or_else(Vec::new, |row| text.words_of(row))
        });
        results.value_words = told.collect();
    }

    /// The text of a picture from outside the library, read once; `None` where there is none.
    fn outside_text(&mut self, id: crate::OutsideId) -> Option<Arc<ReadText>> {
        if let Some(read) = self.outside_texts.get(&id) {
            return read.clone();
        }
        let read = self.outside.large(id).and_then(|picture| self.texts.read(&picture));
        let read = read
            .inspect_err(|why| tracing::warn!(why, "this picture cannot be read"))
            .ok()
            .filter(|read| !read.lines.is_empty())
            .map(Arc::new);
        self.outside_texts.insert(id, read.clone());
        read
    }
}

/// Puts photos first whose text scores, the best first; the others stay in their order behind them. The first `references` of the order
/// stay where they are.
fn put_first(results: &mut SearchResults, scores: &HashMap<u32, f32>, references: usize) {
    put_scored_first(results, references, |number| {
        scores.get(&number).copied().unwrap_or(0.0)
    });
    let scores = results.scores.get(references..results.ranked).unwrap_or_default();
    let best = scores.first().copied().unwrap_or(0.0);
    let strong = scores
        .iter()
        .take_while(|score| **score > 0.0 && **score >= STRONG * best);
    results.strong = Some(references + strong.count());
    results.way = Way::WrittenText;
}
