//! Photos of which the words to be found are written come before those that only look alike.
//!
//! Of a query of which all words are written nothing is left to guess. Where only some are written, it depends on which. What
//! the picture model has a word for ("beach", "red") is seen, and a photo that shows four such words is a better answer than one
//! whose caption has two of them: they count for nothing alone. A name, a year, a word of a language that the model does not read
//! cannot be seen: there only what is written tells. So a photo comes first as well if it has at least half of what those words
//! tell, each weighed by how few photos have it (inverse document frequency: Spärck Jones, "A statistical interpretation of term
//! specificity and its application in retrieval", Journal of Documentation 28, 1972); words that nobody wrote tell nothing.
//! Scores stay what they are: how alike picture and words are.

use std::sync::Arc;

use crate::rows::{Chunk, Rows};
use crate::search::SearchResults;
use crate::written::{Term, WrittenMatch, WrittenSource};
use refocus_search::{FindQuery, WordBank};

/// Words and phrases that are looked for in texts, at most: more are a description, which nobody wrote like that.
const MOST_TERMS: usize = 32;

/// Share of what unseen words tell that a photo must have to come first without all words.
const SHARE: f32 = 0.5;

/// A photo that comes first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Written {
    row: u32,
    found: WrittenMatch,
    /// How much those of its words tell that cannot be seen.
    weight: f32,
    /// All of its words stand there as they were typed; else some may have been misread in the picture.
    exact: bool,
}

/// What is written of one photo of what is looked for.
#[derive(Clone, Copy, Default)]
struct Hits {
    /// A bit for each wanted term.
    terms: u32,
    /// Those of them that may have been misread in the picture.
    misread: u32,
    unwanted: bool,
    /// Terms by source, as [`WrittenSource::ALL`].
    sources: [u8; WrittenSource::ALL.len()],
}

/// The terms of a query.
struct Terms {
    wanted: Vec<Term>,
    unwanted: Vec<Term>,
    /// A bit for each wanted term that the model has no word for.
    unseen: u32,
}

impl Terms {
    fn new(query: &FindQuery, bank: &WordBank) -> Option<Self> {
        let wanted: Vec<Term> = query
            .wanted_as_written()
            .filter_map(Term::new)
            .take(MOST_TERMS + 1)
            .collect();
        let unwanted: Vec<Term> = query.unwanted.iter().filter_map(|text| Term::new(text)).collect();
        if wanted.is_empty() || wanted.len() + unwanted.len() > MOST_TERMS {
            return None;
        }
        let is_unseen = |term: &Term| term.words().iter().any(|word| !bank.knows_word(word));
        let unseen = bits(wanted.iter().map(is_unseen));
        Some(Self {
            wanted,
            unwanted,
            unseen,
        })
    }

    /// All wanted terms.
    fn all(&self) -> u32 {
        bits(self.wanted.iter().map(|_| true))
    }

    /// What is written of the photos of a chunk, by their places in it; empty where nothing is.
    fn hits(&self, chunk: &Chunk, bank: &WordBank) -> Vec<Hits> {
        let text = chunk.text();
        if text.text().is_empty() {
            return Vec::new();
        }
        let mut hits = vec![Hits::default(); chunk.rows().len()];
        for (number, term) in self.wanted.iter().enumerate() {
            text.each_with(term, |place, source| {
                let Some(hits) = hits.get_mut(place) else { return };
                hits.terms |= 1 << number;
                if let Some(count) = source.and_then(|source| hits.sources.get_mut(source as usize)) {
                    *count += 1;
                }
            });
        }
        let is_word = |word: &str| bank.knows_word(word);
        for (number, term) in self.wanted.iter().enumerate() {
            text.each_misread(term, &is_word, |place| {
                let Some(hits) = hits.get_mut(place).filter(|hits| hits.terms >> number & 1 == 0) else {
                    return;
                };
                hits.terms |= 1 << number;
                hits.misread |= 1 << number;
                if let Some(count) = hits.sources.get_mut(WrittenSource::Picture as usize) {
                    *count += 1;
                }
            });
        }
        for term in &self.unwanted {
            text.each_with(term, |place, _| {
                if let Some(hits) = hits.get_mut(place) {
                    hits.unwanted = true;
                }
            });
        }
        hits
    }
}

fn bits(set: impl Iterator<Item = bool>) -> u32 {
    set.enumerate()
        .filter(|(_, set)| *set)
        .fold(0, |bits, (number, _)| bits | 1 << number)
}

/// The photos that come first, by row number. `subset`: which rows take part.
pub(super) fn written(query: &FindQuery, rows: &Rows, bank: &WordBank, subset: &[bool]) -> Vec<Written> {
    let Some(terms) = Terms::new(query, bank) else {
        return Vec::new();
    };
    let all = terms.all();
    let mut photos_with = vec![0u32; terms.wanted.len()];
    let mut candidates: Vec<(u32, Hits)> = Vec::new();
    for (first, chunk) in rows.chunks() {
        for (number, hits) in (first..)
            .zip(terms.hits(chunk, bank))
            .filter(|(_, hits)| hits.terms != 0)
        {
            for (term, photos) in photos_with.iter_mut().enumerate() {
                *photos += hits.terms >> term & 1;
            }
            let comes_first = hits.terms == all || hits.terms & terms.unseen != 0;
            if comes_first && !hits.unwanted && subset.get(number as usize) == Some(&true) {
                candidates.push((number, hits));
            }
        }
    }
    let tells: Vec<f32> = photos_with
        .iter()
        .enumerate()
        .map(|(term, photos)| match photos {
            0 => 0.0,
            _ if terms.unseen >> term & 1 == 0 => 0.0,
            photos => ((rows.len() as f32 + 1.0) / *photos as f32).ln(),
        })
        .collect();
    let enough = SHARE * tells.iter().sum::<f32>();
    candidates
        .into_iter()
        .filter_map(|(row, hits)| {
            let told = tells.iter().enumerate().filter(|(term, _)| hits.terms >> term & 1 == 1);
            let weight: f32 = told.map(|(_, tells)| tells).sum();
            let whole = hits.terms == all;
            let sources = WrittenSource::ALL.iter().zip(hits.sources);
            // The first of those with the most words.
            let (source, _) = sources.rev().max_by_key(|(_, count)| *count)?;
            (whole || weight >= enough).then_some(Written {
                row,
                found: WrittenMatch { source: *source, whole },
                weight,
                exact: hits.misread == 0,
            })
        })
        .collect()
}

/// Puts these photos before all others, those with all words first, of these those in which none may be misread, the best looking first
/// among equals. The first `references` of
/// the order stay where they are.
pub(super) fn put_first(results: &mut SearchResults, written: &[Written], references: usize) {
    if written.is_empty() {
        return;
    }
    let of_row = |row: &u32| {
        let at = written.binary_search_by_key(row, |written| written.row).ok()?;
        written.get(at)
    };
    let found: Vec<Option<&Written>> = results.order.iter().map(of_row).collect();
    let is_written = |place: usize| found.get(place).copied().flatten();
    let mut places: Vec<usize> = (references..found.len())
        .filter(|place| is_written(*place).is_some())
        .collect();
    // A photo that is not encoded yet comes last among equals; it has its place all the same.
    let not_encoded = places.iter().filter(|place| **place >= results.ranked).count();
    let strong = results.strong.map(|strong| {
        let weak = places.iter().filter(|place| **place >= strong).count();
        strong + weak
    });
    places.sort_by(|a, b| {
        let key = |place: usize| is_written(place).map(|written| (written.found.whole, written.exact, written.weight));
        // Stable: the order by looks stays among equals.
        key(*b).partial_cmp(&key(*a)).unwrap_or(std::cmp::Ordering::Equal)
    });
    let lifted = places.len();
    places.extend((references..found.len()).filter(|place| is_written(*place).is_none()));
    let order: Vec<usize> = (0..references.min(found.len())).chain(places).collect();
    let told = order
        .iter()
        .take(references + lifted)
        .map(|place| is_written(*place).map(|written| written.found));
    results.written = told.collect();
    results.order = moved(&results.order, &order);
    results.scores = moved(&results.scores, &order);
    results.plain_ranks = moved(&results.plain_ranks, &order);
    results.plain_scores = moved(&results.plain_scores, &order);
    results.ranked += not_encoded;
    results.strong = strong;
}

/// The values in another order; none where there are none.
pub(super) fn moved<T: Copy>(values: &Arc<[T]>, order: &[usize]) -> Arc<[T]> {
    order.iter().filter_map(|place| values.get(*place).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{PhotoRow, Written as Texts};

    /// Rows with these captions.
    fn rows(captions: &[&str]) -> Rows {
        let mut rows = Rows::default();
        for caption in captions {
            let mut row = PhotoRow::of_nothing();
            row.gone = false;
            row.extras.written = (!caption.is_empty()).then(|| {
                Arc::new(Texts {
                    caption: Some((*caption).to_owned()),
                    ..Texts::default()
                })
            });
            rows.push(row);
        }
        rows
    }

    /// The photos that come first, and whether all words are written of them.
    fn first(captions: &[&str], find: &str) -> Vec<(u32, bool)> {
        let (rows, bank) = (rows(captions), WordBank::shipped().unwrap());
        let all = vec![true; captions.len()];
        let mut results = SearchResults {
            order: (0..captions.len() as u32).collect(),
            ranked: captions.len(),
            ..SearchResults::default()
        };
        put_first(&mut results, &written(&FindQuery::parse(find), &rows, &bank, &all), 0);
        let first = results.order.iter().zip(results.written.iter());
        first.map(|(row, found)| (*row, found.unwrap().whole)).collect()
    }

    #[test]
    fn photos_with_all_words_come_first_and_unwanted_words_keep_them_back() {
        let captions = [
            "a red beach",
            "Grandma in Oslo",
            "",
            "Oslo: grandma's cat",
            "grandmas Oslo",
        ];
        assert_eq!(first(&captions, "oslo grandma"), [(1, true), (3, true)]);
        assert_eq!(first(&captions, "\"grandma in oslo\""), [(1, true)]);
        assert_eq!(first(&captions, "\"oslo grandma\" -cat"), []);
        assert_eq!(first(&captions, "grandma -cat"), [(1, true)]);
        assert_eq!(first(&captions, "-cat"), []);
        assert_eq!(first(&captions, "beach"), [(0, true)]);
    }

    #[test]
    fn some_words_count_where_only_reading_tells_and_not_where_seeing_does() {
        let captions = [
            "red car",
            "the beach at Lofoten",
            "on the beach",
            "Anna and Bjorn",
            "Anna",
            "der Hund",
        ];
        // Two of four words, all of which the model can see.
        assert_eq!(first(&captions, "red car beach dog"), []);
        assert_eq!(first(&captions, "sunset over lofoten"), [(1, false)]);
        // More of the names before fewer; a year that nobody wrote tells nothing.
        assert_eq!(first(&captions, "anna bjorn beach 2019"), [(3, false)]);
        assert_eq!(first(&captions, "anna beach 2019"), [(3, false), (4, false)]);
        let many = vec!["das Haus der Oma"; 20];
        let captions = [&many[..], &["Sonne am Strand"]].concat();
        assert_eq!(
            first(&captions, "strand der oma sonne"),
            [(20, false)],
            "what is on every photo tells little"
        );
        let long = vec!["word"; 40].join(" ");
        assert_eq!(
            first(&["word"], &long),
            [],
            "a description is not looked for word by word"
        );
    }

    #[test]
    fn all_that_belongs_to_a_photo_goes_with_it_and_references_stay_in_front() {
        let found = WrittenMatch {
            source: WrittenSource::Title,
            whole: true,
        };
        let entry = |row, whole, weight| Written {
            row,
            found: WrittenMatch { whole, ..found },
            weight,
            exact: true,
        };
        let mut results = SearchResults {
            order: Arc::from([9, 5, 6, 7, 8, 4]),
            ranked: 5,
            scores: Arc::from([1.0, 0.9, 0.8, 0.7, 0.6, f32::NAN]),
            plain_ranks: Arc::from([0, 1, 2, 3, 4, 5]),
            strong: Some(3),
            ..SearchResults::default()
        };
        let written = [
            entry(4, true, 0.0),
            entry(5, false, 1.0),
            entry(8, true, 0.0),
            entry(9, true, 0.0),
        ];
        put_first(&mut results, &written, 1);
        assert_eq!(results.order[..], [9, 8, 4, 5, 6, 7]);
        assert_eq!(results.plain_ranks[..], [0, 4, 5, 1, 2, 3]);
        assert_eq!(results.scores[1], 0.6);
        assert!(
            results.scores[2].is_nan(),
            "a photo that is not encoded yet has its place and no score"
        );
        assert_eq!((results.ranked, results.strong), (6, Some(5)));
        let wholes: Vec<_> = results
            .written
            .iter()
            .map(|found| found.map(|found| found.whole))
            .collect();
        assert_eq!(wholes, [Some(true), Some(true), Some(true), Some(false)]);

        let before = results.order.clone();
        put_first(&mut results, &[], 1);
        assert!(Arc::ptr_eq(&before, &results.order), "without texts nothing is touched");
    }
}
