//! One column of the comparison: its photos, their places in its order, their layout.

use refocus_engine::{FOLDED, SearchResults};

use crate::app::design_tokens::space;
use crate::app::gallery_content::Place;
use crate::app::gallery_layout::{GalleryLayout, LayoutParams, SectionSpan};
use crate::app::library_state::LibraryState;

/// Marks a row that has no place in a column's order.
const NO_RANK: u32 = u32::MAX;

/// One column on screen.
#[derive(Debug, Default)]
pub(super) struct ShownColumn {
    pub(super) rows: Vec<u32>,
    pub(super) aspects: Vec<f32>,
    /// Of `rows`, by growing rank.
    pub(super) places: Vec<Place>,
    /// Place in the answer of each row by its number, also of rows that are not shown (weak, folded); [`NO_RANK`] where it
    /// has none.
    rank_of: Vec<u32>,
    pub(super) layout: GalleryLayout,
    params: Option<LayoutParams>,
    pub(super) goal: Option<f32>,
    pub(super) offset: f32,
    pub(super) view_height: f32,
}

impl ShownColumn {
    pub(super) fn new(library: &LibraryState, results: &SearchResults, hide_weak: bool) -> Self {
        let rows = library
            .len()
            .max(results.order.iter().max().map_or(0, |row| *row as usize + 1));
        let mut column = Self {
            rank_of: vec![NO_RANK; rows],
            ..Self::default()
        };
        let strong = results.strong.filter(|_| hide_weak).unwrap_or(results.ranked);
        for (rank, &row) in results.order.iter().enumerate().take(results.ranked) {
            if library.photo(row).is_none() {
                continue;
            }
            if let Some(known) = column.rank_of.get_mut(row as usize) {
                *known = rank as u32;
            }
            let folded = results.folds.get(rank).is_some_and(|&fold| fold == FOLDED);
            if rank >= strong || folded {
                continue;
            }
            column.rows.push(row);
            column
                .aspects
                .push(library.aspects.get(row as usize).copied().unwrap_or(1.0));
            column.places.push(Place {
                rank: rank as u32,
                plain_rank: results.plain_ranks.get(rank).copied(),
                written: results.written.get(rank).copied().flatten().map(|found| found.source),
                ranked: true,
            });
        }
        column
    }

    /// Place of a row in the answer.
    pub(super) fn rank(&self, row: u32) -> Option<u32> {
        let rank = self.rank_of.get(row as usize).copied();
        rank.filter(|rank| *rank != NO_RANK)
    }

    /// Where a row stands in `rows`.
    pub(super) fn position(&self, row: u32) -> Option<usize> {
        let rank = self.rank(row)?;
        self.places.binary_search_by_key(&rank, |place| place.rank).ok()
    }

    pub(super) fn lay_out(&mut self, width: f32, row_height: f32) {
        let params = LayoutParams {
            width,
            row_height,
            gap: space::PHOTO_GAP,
            header_height: 0.0,
        };
        if self.params != Some(params) {
            let all = SectionSpan {
                header: false,
                cells: 0..self.rows.len(),
            };
            self.layout = GalleryLayout::new(&self.aspects, &[all], params);
            self.params = Some(params);
        }
    }

    /// Moves the view so that a photo is seen whole.
    pub(super) fn reveal(&mut self, row: u32) {
        let place = self
            .position(row)
            .and_then(|at| self.layout.place_of(at, &self.aspects));
        if let Some(place) = place
            && (place.top() < self.offset || place.bottom() > self.offset + self.view_height)
        {
            self.goal = Some((place.center().y - self.view_height / 2.0).max(0.0));
        }
    }
}
