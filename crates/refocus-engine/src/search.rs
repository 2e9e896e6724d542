//! A search as the front ends state it, and what comes back.

use std::sync::Arc;

use refocus_search::{FindQuery, TextQuery};

use super::OutsideId;
use super::filter::Filter;
use super::rows::{FileId, RowsInUse};
use super::timeline::Timeline;
use super::written::WrittenMatch;

pub use refocus_search::{Group, GroupKind, Timings, Way};

/// A photo that says "like this one", or "unlike this one".
pub type Reference = refocus_search::Reference<ReferenceSource>;

/// Where a reference comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReferenceSource {
    /// A photo of the library.
    Library(FileId),
    /// A picture that was dropped, pasted or named on the command line.
    Outside(OutsideId),
}

/// The order of the library where neither a reference nor a find text asks for another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum SortKey {
    /// Newest first.
    #[default]
    DateTaken,
    /// By file name, case folded.
    Name,
    /// Largest file first.
    Size,
    /// By folder, then name.
    Folder,
    /// Oldest first.
    OldestFirst,
}

/// The order of what a search finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum HitOrder {
    /// By how well they match.
    #[default]
    Best,
    /// The strong matches by when they were taken, newest first.
    Newest,
    /// The strong matches by when they were taken, oldest first.
    Oldest,
}

/// Share of the way from a typical photo of the library to the best matches that a strong match has come, where the person
/// chooses no other.
pub const STRONG_SHARE: f32 = 0.5;

/// What the middle of the window shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ViewKind {
    /// One order.
    #[default]
    Grid,
    /// Photos alike under the focus stand together.
    Groups,
    /// One order for each of a few focuses, side by side.
    Compare,
}

/// Most focuses that are compared at once.
pub const MOST_COLUMNS: usize = 4;

/// Everything that decides an order.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRequest {
    /// Positive and negative references.
    pub references: Vec<Reference>,
    /// The instruction: in which respect photos are compared. Empty: plain similarity.
    pub focus: String,
    /// Plain words for what a photo should show; `-word` counts against.
    pub find: String,
    /// 0 = plain similarity, exactly as without a focus; 1 = the focus alone.
    pub strength: f32,
    /// Weight of the match with the words beside the similarity, 0..=1.
    pub find_weight: f32,
    /// Order without references and find.
    pub sort: SortKey,
    /// Order of what references and find text bring up, in a grid.
    pub order: HitOrder,
    /// Share of the way from a typical photo of the library to the best matches that a strong match has come, 0..=1.
    pub strong_share: f32,
    /// Grid, groups, or a comparison.
    pub view: ViewKind,
    /// The focuses that are compared, at most [`MOST_COLUMNS`]; an empty one is plain similarity.
    pub compare: Vec<String>,
    /// Value words typed or edited by the person, in place of the bank's.
    pub value_words: Option<Vec<String>>,
    /// Which photos take part.
    pub filter: Filter,
    /// Whether photos that are nearly the same as a better placed one are folded into it.
    pub fold_duplicates: bool,
    /// How many of the first photos are looked at again with the instruction inside the image tower, where the model can do
    /// that; 0 for none. The order by what is stored comes first, as a provisional one.
    pub rerank_first: usize,
    /// How many of the first photos come with their value words (the window asks for one photo at a time instead).
    pub explain_first: usize,
}

impl Default for SearchRequest {
    fn default() -> Self {
        Self {
            references: Vec::new(),
            focus: String::new(),
            find: String::new(),
            strength: 1.0,
            find_weight: 0.5,
            sort: SortKey::default(),
            order: HitOrder::default(),
            strong_share: STRONG_SHARE,
            view: ViewKind::default(),
            compare: Vec::new(),
            value_words: None,
            filter: Filter::default(),
            fold_duplicates: false,
            rerank_first: 0,
            explain_first: 0,
        }
    }
}

impl SearchRequest {
    /// Whether what is written of photos can change the order.
    #[must_use]
    pub fn asks_for_words(&self) -> bool {
        !self.find.trim().is_empty() || !self.filter.keywords.trim().is_empty()
    }

    /// The words that a photo is looked for by; empty where the find text holds none, as while `-people` is being typed.
    #[must_use]
    pub fn sought(&self) -> &str {
        if FindQuery::parse(&self.find).is_empty() {
            ""
        } else {
            self.find.trim()
        }
    }

    /// Whether only photos take part in which words stand, or do not.
    #[must_use]
    pub fn narrows_by_text(&self) -> bool {
        !TextQuery::split(&self.find).0.is_empty()
    }

    /// Whether who is in the photos can change the order.
    #[must_use]
    pub fn asks_for_people(&self) -> bool {
        asks_who(&self.focus) || !self.find.trim().is_empty() || !self.filter.people.is_empty()
    }

    /// Whether scores are cosines, -1..=1: one measure alone orders the photos. Several are standardised before they are added,
    /// and their sum has no bounds.
    #[must_use]
    pub fn scores_are_cosines(&self) -> bool {
        let (references, focus) = (!self.references.is_empty(), !self.focus.trim().is_empty());
        let partly = references && focus && self.strength > 0.0 && self.strength < 1.0;
        let with_words = !self.find.trim().is_empty() && self.find_weight != 0.0 && (references || focus);
        !partly && !with_words
    }
}

/// Whether a focus compares photos by which persons are in them, where people are recognised. Not by what kind of people, or how many.
#[must_use]
pub(crate) fn asks_who(focus: &str) -> bool {
    const WHO: [&str; 27] = [
        "who",
        "who is it",
        "who it is",
        "who is in it",
        "who is in them",
        "who is in the photo",
        "who is in the picture",
        "who is this",
        "who is there",
        "who is shown",
        "who they are",
        "which person",
        "which people",
        "the person",
        "the persons",
        "the people",
        "the people in it",
        "the same person",
        "the same persons",
        "the same people",
        "the person in it",
        "the face",
        "the faces",
        "the same face",
        "whose face",
        "by person",
        "identity",
    ];
    let words = plain_words(focus);
    let without_article = words.strip_prefix("the ").unwrap_or(&words);
    WHO.iter()
        .any(|who| *who == words || who.strip_prefix("the ") == Some(without_article))
}

/// How a focus compares photos by their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFocus {
    /// By what is written in them.
    Words,
    /// By the kind of document that they show.
    Document,
}

/// Whether a focus compares photos by their text, and how.
#[must_use]
pub(crate) fn asks_about_text(focus: &str) -> Option<TextFocus> {
    const DOCUMENT: [&str; 7] = [
        "kind of document",
        "type of document",
        "what kind of document it is",
        "what kind of document",
        "document",
        "document type",
        "documents",
    ];
    const WRITTEN: [&str; 26] = [
        "text",
        "words",
        "word",
        "writing",
        "lettering",
        "inscription",
        "text in it",
        "text on it",
        "text in the photo",
        "text in the picture",
        "words in it",
        "words on it",
        "words in the picture",
        "words in the photo",
        "same words",
        "same text",
        "what is written",
        "what is written on it",
        "what is written in it",
        "what is written there",
        "what it says",
        "what the sign says",
        "what the signs say",
        "what the text says",
        "written words",
        "written text",
    ];
    let plain = plain_words(focus);
    let plain = plain.strip_prefix("the ").unwrap_or(&plain);
    if DOCUMENT.contains(&plain) {
        Some(TextFocus::Document)
    } else {
        WRITTEN.contains(&plain).then_some(TextFocus::Words)
    }
}

/// A focus in small letters, its words with one space between them.
fn plain_words(focus: &str) -> String {
    let plain: String = focus
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                ' '
            }
        })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The answer under one focus of a comparison.
#[derive(Clone, Debug)]
pub struct Column {
    /// The focus.
    pub focus: String,
    /// What it would be alone.
    pub results: Arc<SearchResults>,
}

impl SearchResults {
    /// How well an entry of the order matches, 0 = best.
    #[must_use]
    pub fn rank_of(&self, place: usize) -> u32 {
        self.ranks.get(place).copied().unwrap_or(place as u32)
    }

    /// Where the words that were to be found are written of an entry of the order, by name; `None` where they are not.
    #[must_use]
    pub fn written_source(&self, place: usize) -> Option<&'static str> {
        let found = self.written.get(place).copied().flatten();
        found.map(|found| found.source.as_str())
    }
}

/// Marks an entry of [`SearchResults::folds`] that is folded into an earlier one.
pub const FOLDED: u32 = u32::MAX;

/// A complete order. Row numbers index [`Rows`](super::Rows).
#[derive(Clone, Debug, Default)]
pub struct SearchResults {
    /// The number that the front end gave to the request; later requests have larger ones.
    pub generation: u64,
    /// A first screenful: the complete order follows under the same number.
    pub provisional: bool,
    /// Row numbers, best first; photos without an encoding last. Where the request asks for the order of time, the strong matches stand
    /// in that order, before the weak ones.
    pub order: Arc<[u32]>,
    /// How many of `order`, from its start, have their place; the rest is not encoded yet.
    pub ranked: usize,
    /// For the first entries of `order` where in their texts the words that were to be found are written; beyond its end are those
    /// that only look like them, or are not encoded yet.
    pub written: Arc<[Option<WrittenMatch>]>,
    /// Score of each entry of `order` (same length; NaN where not encoded yet), -1..=1 where the request's
    /// [`scores_are_cosines`](SearchRequest::scores_are_cosines). Empty where the order is only sorted.
    pub scores: Arc<[f32]>,
    /// Rank (0 = first) of each entry of `order` under plain similarity; empty without a reference.
    pub plain_ranks: Arc<[u32]>,
    /// Plain similarity of each entry of `order`, -1..=1; empty without a reference.
    pub plain_scores: Arc<[f32]>,
    /// Value words and their weights of the first entries of `order`, as many as the request asked for.
    pub value_words: Arc<[Vec<(String, f32)>]>,
    /// Groups, largest first, where the request asked for them.
    pub groups: Option<Arc<[Group]>>,
    /// For a comparison: the answer under each of its focuses, in their order. The order above is then the first of them.
    pub columns: Arc<[Column]>,
    /// The words that could answer the focus, best first: what the subspace is made of.
    pub condition_words: Arc<[String]>,
    /// How many of the first entries were put in order by looking at the photos again.
    pub reranked: usize,
    /// How many of `order`, from its start, match well as far as this library goes under this search: the rest are the
    /// weak matches. `None` where nothing was ranked, or too little to tell.
    pub strong: Option<usize>,
    /// How well each entry of `order` matches (0 = best), where the strong matches are in the order of time; else empty.
    pub ranks: Arc<[u32]>,
    /// The months of `order`, where it is an order of time.
    pub timeline: Option<Arc<Timeline>>,
    /// How many near-duplicates each entry of `order` stands for (same length); [`FOLDED`] where the entry itself is
    /// folded into an earlier one. Empty where this was not asked for.
    pub folds: Arc<[u32]>,
    /// How it was ranked.
    pub way: Way,
    /// How long it took.
    pub timings: Timings,
    /// A line for the person, as where the focus is unlike anything that the model knows.
    pub notice: Option<String>,
    /// A line for the person where nothing in the library matches the find text, or where it is not understood.
    pub find_notice: Option<String>,
    /// A line that says how focus and find text in another language were understood.
    pub understood: Option<String>,
    /// Keeps the row numbers of this order from meaning other photos.
    pub rows_in_use: RowsInUse,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_find_text_without_words_looks_for_nothing() {
        let sought = |find: &str| {
            let request = SearchRequest {
                find: find.to_owned(),
                ..SearchRequest::default()
            };
            request.sought().to_owned()
        };
        for nothing in ["", " ", "-", " - ", "\"", "\"\"", "-\""] {
            assert_eq!(sought(nothing), "", "{nothing:?}");
        }
        assert_eq!(sought(" -people "), "-people");
    }

    #[test]
    fn a_focus_about_persons_is_told_from_one_about_people() {
        for who in ["who", "Who is in it?", "the same people", "same person", "the person"] {
            assert!(asks_who(who), "{who}");
        }
        for other in [
            "how many people",
            "what kind of people",
            "the colour of the person's clothes",
            "",
        ] {
            assert!(!asks_who(other), "{other}");
        }
    }
}
