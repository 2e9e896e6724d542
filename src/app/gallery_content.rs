//! What stands in the gallery, in order: references, then the answer, or groups; with heads between.

use std::collections::{HashMap, HashSet};
use std::iter::Peekable;
use std::slice::Iter;
use std::sync::Arc;
use std::vec::IntoIter;

use refocus_engine::{
    FOLDED, GroupKind, MonthRun, OutsideId, Reference, ReferenceSource, SearchResults, Timeline, ViewKind,
    WrittenSource,
};

use super::controls::photos;
use super::gallery_layout::SectionSpan;
use super::library_state::LibraryState;
use super::time_axis::TimeAxis;
use super::time_headings::{MonthCells, TimeHeading, time_headings};

/// One picture of the gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Cell {
    /// A photo of the library, by row number.
    Photo(u32),
    /// A picture from outside.
    Outside(OutsideId),
}

/// Where a photo stands in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// 0 = first.
    pub(super) rank: u32,
    /// Rank under plain similarity; `None` without a reference.
    pub(super) plain_rank: Option<u32>,
    /// Where the words that were to be found are written of it.
    pub(super) written: Option<WrittenSource>,
    /// Whether it could be ranked.
    pub(super) ranked: bool,
}

/// The head of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Value words, or what the section is.
    pub(super) title: String,
    /// How many photos.
    pub(super) detail: String,
    /// Key under which it is collapsed; `None` where it cannot be.
    pub(super) collapse_key: Option<String>,
    /// The photos of a group, most typical first.
    pub(super) rows: Arc<[u32]>,
}

/// A run of cells with an optional head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// Above the cells.
    pub(super) header: Option<Header>,
    /// Which cells.
    pub(super) span: SectionSpan,
}

/// Everything in the gallery.
#[derive(Clone, Debug, Default)]
pub(super) struct GalleryContent {
    /// The pictures in order.
    pub(super) cells: Vec<Cell>,
    /// Shape of each.
    pub(super) aspects: Vec<f32>,
    /// Place of each in the answer; `None` for references and in groups.
    pub(super) places: Vec<Option<Place>>,
    /// How many cells, from the start, are references.
    pub(super) references: usize,
    /// Runs of cells.
    pub(super) sections: Vec<Section>,
    /// Near-duplicates that are not shown.
    pub(super) folded: usize,
    /// Weak matches that are not shown.
    pub(super) weak: usize,
    /// The months of an order of time, in that order.
    pub(super) months: Vec<MonthCells>,
    /// What one moves through time by; `None` where photos stand in another order or are all of one month.
    pub(super) axis: Option<TimeAxis>,
    stands_for: HashMap<u32, u32>,
    /// Cell of each row, by row number; [`NO_CELL`] where it is not shown.
    cell_of: Vec<u32>,
}

/// Marks a row that has no cell.
const NO_CELL: u32 = u32::MAX;

/// How an answer is shown.
pub(super) struct Showing<'a> {
    /// Heads of groups that are folded in.
    pub(super) collapsed: &'a HashSet<String>,
    /// Grid or groups.
    pub(super) view: ViewKind,
    /// Weak matches are left out.
    pub(super) hide_weak: bool,
}

/// What is still to come of an order of time while its photos are put in their places.
struct TimeSections<'a> {
    headings: Peekable<IntoIter<TimeHeading>>,
    runs: Peekable<Iter<'a, MonthRun>>,
    /// First cell and title of the head whose photos are being placed.
    open: Option<(usize, String)>,
}

impl<'a> TimeSections<'a> {
    fn new(timeline: Option<&'a Timeline>) -> Self {
        let runs = timeline.map_or(&[][..], |timeline| &timeline.runs[..]);
        Self {
            headings: time_headings(runs).into_iter().peekable(),
            runs: runs.iter().peekable(),
            open: None,
        }
    }
}

impl GalleryContent {
    /// Builds the content of an answer.
    pub(super) fn new(
        library: &LibraryState,
        results: Option<&SearchResults>,
        references: &[Reference],
        outside_aspects: &HashMap<OutsideId, f32>,
        showing: &Showing<'_>,
    ) -> Self {
        let mut content = Self {
            cell_of: vec![NO_CELL; library.len()],
            ..Self::default()
        };
        let referenced = content.add_references(library, references, outside_aspects);
        let Some(results) = results else {
            return content;
        };
        let folded = content.take_folds(library, results, &referenced);
        match (&results.groups, showing.view) {
            (Some(groups), ViewKind::Groups) => {
                content.close_section(0, None);
                for group in groups.iter() {
                    let title = match group.kind {
                        GroupKind::Alike if group.value_words.is_empty() => "Alike".to_owned(),
                        GroupKind::Alike => group.value_words.join(" \u{b7} "),
                        GroupKind::Other => "Other".to_owned(),
                        GroupKind::Unclear => "Unclear under this focus".to_owned(),
                    };
                    let key = format!("{:?} {title}", group.kind);
                    let first = content.cells.len();
                    let shown = !showing.collapsed.contains(&key);
                    let is_there = |row: &&u32| library.photo(**row).is_some();
                    let rows = || {
                        let shown = group.rows.iter().filter(|row| !folded.contains(row));
                        shown.filter(is_there).copied()
                    };
                    if group.rows.iter().all(|row| library.photo(*row).is_none()) {
                        continue;
                    }
                    if shown {
                        for row in rows() {
                            content.push_photo(library, row, None);
                        }
                    }
                    let header = Header {
                        title,
                        detail: photos(rows().count()),
                        collapse_key: Some(key),
                        rows: group.rows.iter().filter(is_there).copied().collect(),
                    };
                    content.close_section(first, Some(header));
                }
            }
            _ => {
                let passed_over: HashSet<u32> = referenced.union(&folded).copied().collect();
                content.add_order(library, results, &passed_over, showing.hide_weak);
            }
        }
        content
    }

    /// The rows that stand behind another photo. A reference is always shown.
    fn take_folds(
        &mut self,
        library: &LibraryState,
        results: &SearchResults,
        referenced: &HashSet<u32>,
    ) -> HashSet<u32> {
        let mut folded = HashSet::new();
        let all = results.order.iter().zip(results.folds.iter());
        for (&row, &fold) in all.filter(|(row, _)| library.photo(**row).is_some()) {
            match fold {
                0 => {}
                FOLDED if referenced.contains(&row) => {}
                FOLDED => {
                    folded.insert(row);
                }
                count => {
                    self.stands_for.insert(row, count);
                }
            }
        }
        self.folded = folded.len();
        folded
    }

    /// How many near-duplicates stand behind a photo.
    pub(super) fn stands_for(&self, cell: Cell) -> u32 {
        match cell {
            Cell::Photo(row) => self.stands_for.get(&row).copied().unwrap_or(0),
            Cell::Outside(_) => 0,
        }
    }

    fn add_references(
        &mut self,
        library: &LibraryState,
        references: &[Reference],
        outside_aspects: &HashMap<OutsideId, f32>,
    ) -> HashSet<u32> {
        let mut referenced = HashSet::new();
        for reference in references {
            match reference.source {
                ReferenceSource::Library(id) => {
                    if let Some(row) = library.row_of(id) {
                        self.push_photo(library, row, None);
                        referenced.insert(row);
                    }
                }
                ReferenceSource::Outside(id) => {
                    self.cells.push(Cell::Outside(id));
                    self.aspects.push(outside_aspects.get(&id).copied().unwrap_or(1.0));
                    self.places.push(None);
                }
            }
        }
        self.references = self.cells.len();
        referenced
    }

    fn add_order(
        &mut self,
        library: &LibraryState,
        results: &SearchResults,
        passed_over: &HashSet<u32>,
        hide_weak: bool,
    ) {
        // References and the ranked photos flow into each other; only what is not encoded yet stands apart.
        let with_scores = !results.scores.is_empty();
        let ranked = if with_scores {
            results.ranked
        } else {
            results.order.len()
        };
        let timeline = results.timeline.as_deref();
        let strong = results.strong.filter(|_| hide_weak || timeline.is_some());
        let strong = strong.unwrap_or(ranked);
        self.cells.reserve(results.order.len());
        self.aspects.reserve(results.order.len());
        self.places.reserve(results.order.len());
        let mut time = TimeSections::new(timeline);
        for (rank, &row) in results.order.iter().enumerate() {
            if rank == ranked {
                self.end_of_ranked(&mut time);
            }
            self.month_begins(&mut time, rank as u32);
            if library.photo(row).is_none() {
                continue;
            }
            if (strong..ranked).contains(&rank) {
                self.weak += usize::from(!passed_over.contains(&row));
                continue;
            }
            if !passed_over.contains(&row) {
                let place = Place {
                    rank: results.rank_of(rank),
                    plain_rank: results.plain_ranks.get(rank).copied(),
                    written: results.written.get(rank).copied().flatten().map(|found| found.source),
                    ranked: with_scores && rank < ranked,
                };
                self.push_photo(library, row, Some(place));
            }
        }
        if ranked < results.order.len() {
            let first = self.sections.last().map_or(0, |section| section.span.cells.end);
            let count = self.cells.len() - first;
            if count > 0 {
                let header = Header {
                    title: "Not yet indexed".to_owned(),
                    detail: format!("{} take their place as soon as they are", photos(count)),
                    collapse_key: None,
                    rows: Arc::from([]),
                };
                self.close_section(first, Some(header));
            }
        } else {
            self.end_of_ranked(&mut time);
        }
        self.axis = timeline.filter(|_| !self.months.is_empty()).and_then(TimeAxis::new);
    }

    /// Begins what begins at this place of an order of time: a head, a month.
    fn month_begins(&mut self, time: &mut TimeSections<'_>, place: u32) {
        if let Some(heading) = time.headings.next_if(|heading| heading.first == place) {
            self.close_heading(&mut time.open);
            time.open = Some((self.cells.len(), heading.title));
        }
        if let Some(run) = time.runs.next_if(|run| run.first == place) {
            self.months.push(MonthCells {
                month: run.month,
                first: self.cells.len(),
                count: 0,
            });
        }
    }

    /// Closes the section before a head: that of the head before it, or the references.
    fn close_heading(&mut self, open: &mut Option<(usize, String)>) {
        match open.take() {
            Some((first, title)) if first < self.cells.len() => {
                let header = Header {
                    title,
                    detail: photos(self.cells.len() - first),
                    collapse_key: None,
                    rows: Arc::from([]),
                };
                self.close_section(first, Some(header));
            }
            // All of its photos have gone.
            Some(_) => {}
            None => self.close_section(0, None),
        }
    }

    /// Closes the last section of what has its place in the order, and counts the months.
    fn end_of_ranked(&mut self, time: &mut TimeSections<'_>) {
        self.close_heading(&mut time.open);
        let mut end = self.cells.len();
        for month in self.months.iter_mut().rev() {
            month.count = end - month.first;
            end = month.first;
        }
        self.months.retain(|month| month.count > 0);
    }

    fn push_photo(&mut self, library: &LibraryState, row: u32, place: Option<Place>) {
        if let Some(cell) = self.cell_of.get_mut(row as usize).filter(|cell| **cell == NO_CELL) {
            *cell = self.cells.len() as u32;
        }
        self.cells.push(Cell::Photo(row));
        self.aspects
            .push(library.aspects.get(row as usize).copied().unwrap_or(1.0));
        self.places.push(place);
    }

    fn close_section(&mut self, first: usize, header: Option<Header>) {
        if header.is_none() && first == self.cells.len() {
            return;
        }
        self.sections.push(Section {
            span: SectionSpan {
                header: header.is_some(),
                cells: first..self.cells.len(),
            },
            header,
        });
    }

    /// The spans that a layout is made from.
    pub(super) fn spans(&self) -> Vec<SectionSpan> {
        self.sections.iter().map(|section| section.span.clone()).collect()
    }

    /// Where a picture stands.
    pub(super) fn position(&self, cell: Cell) -> Option<usize> {
        match cell {
            Cell::Photo(row) => {
                let at = self.cell_of.get(row as usize).filter(|cell| **cell != NO_CELL);
                at.map(|at| *at as usize)
            }
            // Pictures from outside stand among the references, of which there are few.
            Cell::Outside(_) => {
                let references = self.cells.get(..self.references).unwrap_or_default();
                references.iter().position(|&other| other == cell)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_rows::row;
    use super::super::view::Passes;
    use super::*;
    use refocus_engine::{FileId, Group, Rows};

    fn library(count: i64) -> LibraryState {
        let mut rows = Rows::default();
        for number in 0..count {
            rows.push(row(number + 100));
        }
        let mut library = LibraryState::default();
        library.update_rows(rows, Vec::new());
        library
    }

    fn build(
        library: &LibraryState,
        results: &SearchResults,
        references: &[Reference],
        view: ViewKind,
    ) -> GalleryContent {
        GalleryContent::new(
            library,
            Some(results),
            references,
            &HashMap::new(),
            &Showing {
                collapsed: &HashSet::new(),
                view,
                hide_weak: true,
            },
        )
    }

    #[test]
    fn weak_matches_and_near_duplicates_are_left_out_and_counted() {
        let library = library(6);
        let results = SearchResults {
            order: Arc::from([3_u32, 1, 0, 2, 5, 4]),
            scores: Arc::from([0.9_f32, 0.8, 0.7, 0.3, 0.2, f32::NAN]),
            folds: Arc::from([1, FOLDED, 0, 0, 0, 0]),
            ranked: 5,
            strong: Some(3),
            ..SearchResults::default()
        };
        let content = build(&library, &results, &[], ViewKind::Grid);
        assert_eq!(
            content.cells,
            [3, 0, 4].map(Cell::Photo),
            "what cannot be ranked is not weak"
        );
        assert_eq!(
            (content.folded, content.weak, content.stands_for(Cell::Photo(3))),
            (1, 2, 1)
        );
    }

    #[test]
    fn what_has_gone_is_taken_out_of_an_order_that_still_has_it() {
        let mut rows = Rows::default();
        for number in 0..6 {
            rows.push(row(number + 100));
        }
        for gone in [1, 3, 5] {
            rows.update(gone, |row| row.gone = true);
        }
        let mut library = LibraryState::default();
        library.update_rows(rows, Vec::new());
        let group = |words: &str, rows: &[u32]| Group {
            kind: GroupKind::Alike,
            value_words: vec![words.to_owned()],
            rows: Arc::from(rows),
        };
        let results = SearchResults {
            order: Arc::from([3_u32, 1, 0, 2, 4, 5]),
            scores: Arc::from([0.9_f32, 0.8, 0.7, 0.3, 0.2, f32::NAN]),
            folds: Arc::from([0, FOLDED, 0, 0, 0, 0]),
            ranked: 5,
            strong: Some(3),
            groups: Some(Arc::from([group("teal", &[2, 3, 0, 4]), group("red", &[1, 5])])),
            ..SearchResults::default()
        };
        let grid = build(&library, &results, &[], ViewKind::Grid);
        assert_eq!(grid.cells, [0].map(Cell::Photo));
        assert_eq!((grid.folded, grid.weak, grid.sections.len()), (0, 2, 1));
        assert_eq!(grid.places[0].unwrap().rank, 2, "its place in the answer");
        let groups = build(&library, &results, &[], ViewKind::Groups);
        assert_eq!(groups.cells, [2, 0, 4].map(Cell::Photo));
        assert_eq!(groups.sections.len(), 1, "an empty group has no head");
        let header = groups.sections[0].header.as_ref().unwrap();
        assert_eq!((header.detail.as_str(), &header.rows[..]), ("3 photos", &[2, 0, 4][..]));
    }

    #[test]
    fn references_stand_first_and_only_once() {
        let mut library = library(4);
        let results = SearchResults {
            order: Arc::from([3_u32, 1, 0, 2]),
            scores: Arc::from([0.9_f32, 0.8, 0.7, 0.6]),
            ranked: 4,
            ..SearchResults::default()
        };
        let reference = Reference {
            source: ReferenceSource::Library(FileId(101)),
            positive: true,
        };
        library.find_rows(std::slice::from_ref(&reference), &Passes::default());
        let content = build(&library, &results, &[reference], ViewKind::Grid);
        assert_eq!(content.cells, [1, 3, 0, 2].map(Cell::Photo));
        let places = [1, 3, 0, 2].map(|row| content.position(Cell::Photo(row)));
        assert_eq!(places, [Some(0), Some(1), Some(2), Some(3)]);
        assert_eq!(content.position(Cell::Photo(9)), None);
        assert_eq!(content.references, 1);
        assert_eq!(content.sections.len(), 1);
        assert_eq!(content.places[1].unwrap().rank, 0);
    }

    #[test]
    fn photos_without_an_encoding_stand_under_their_own_head() {
        let library = library(4);
        let results = SearchResults {
            order: Arc::from([3_u32, 1, 0, 2]),
            scores: Arc::from([0.9_f32, 0.8, f32::NAN, f32::NAN]),
            ranked: 2,
            ..SearchResults::default()
        };
        let content = build(&library, &results, &[], ViewKind::Grid);
        assert_eq!(content.sections.len(), 2);
        assert_eq!(content.sections[1].span.cells, 2..4);
        assert_eq!(content.sections[1].header.as_ref().unwrap().title, "Not yet indexed");
        assert!(!content.places[3].unwrap().ranked);
    }

    #[test]
    fn groups_have_heads_and_a_collapsed_one_has_no_cells() {
        let library = library(4);
        let group = |words: &[&str], rows: &[u32]| Group {
            kind: GroupKind::Alike,
            value_words: words.iter().map(|word| (*word).to_owned()).collect(),
            rows: Arc::from(rows),
        };
        let results = SearchResults {
            order: Arc::from([0_u32, 1, 2, 3]),
            groups: Some(Arc::from([group(&["teal"], &[2, 0]), group(&["red"], &[1, 3])])),
            ..SearchResults::default()
        };
        let content = build(&library, &results, &[], ViewKind::Groups);
        assert_eq!(content.cells, [2, 0, 1, 3].map(Cell::Photo));
        let key = content.sections[0]
            .header
            .as_ref()
            .unwrap()
            .collapse_key
            .clone()
            .unwrap();
        let collapsed = HashSet::from([key]);
        let content = GalleryContent::new(
            &library,
            Some(&results),
            &[],
            &HashMap::new(),
            &Showing {
                collapsed: &collapsed,
                view: ViewKind::Groups,
                hide_weak: false,
            },
        );
        assert_eq!(content.cells, [1, 3].map(Cell::Photo));
        assert_eq!(content.sections.len(), 2);
        assert_eq!(content.sections[0].header.as_ref().unwrap().detail, "2 photos");
    }
}
