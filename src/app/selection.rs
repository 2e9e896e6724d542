//! Which photos are selected, and where the keyboard stands.

use std::collections::BTreeSet;

use super::gallery_content::Cell;

/// Selected rows, and the row from which a range is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    /// Row numbers.
    pub(super) rows: BTreeSet<u32>,
    /// The row that the keyboard is on.
    pub(super) cursor: Option<u32>,
    anchor: Option<u32>,
}

impl Selection {
    /// Selects one photo only.
    pub(super) fn set(&mut self, row: u32) {
        self.rows = BTreeSet::from([row]);
        self.cursor = Some(row);
        self.anchor = Some(row);
    }

    /// Adds or takes away one photo.
    pub(super) fn toggle(&mut self, row: u32) {
        if !self.rows.remove(&row) {
            self.rows.insert(row);
        }
        self.cursor = Some(row);
        self.anchor = Some(row);
    }

    /// Selects everything between the anchor and `row` in the order on screen.
    /// `position` tells where in `cells` a row stands.
    pub(super) fn extend(&mut self, row: u32, cells: &[Cell], position: impl Fn(u32) -> Option<usize>) {
        let anchor = self.anchor.and_then(&position);
        match (anchor, position(row)) {
            (Some(from), Some(to)) => {
                let range = from.min(to)..=from.max(to);
                self.rows = cells
                    .get(range)
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|cell| match cell {
                        Cell::Photo(row) => Some(*row),
                        Cell::Outside(_) => None,
                    })
                    .collect();
                self.cursor = Some(row);
            }
            _ => self.set(row),
        }
    }

    /// Selects all photos on screen.
    pub(super) fn all(&mut self, cells: &[Cell]) {
        self.rows = cells
            .iter()
            .filter_map(|cell| match cell {
                Cell::Photo(row) => Some(*row),
                Cell::Outside(_) => None,
            })
            .collect();
    }

    /// Selects no more what is not there any more: its number may soon mean another photo.
    pub(super) fn keep(&mut self, is_there: impl Fn(u32) -> bool) {
        self.rows.retain(|row| is_there(*row));
        self.cursor = self.cursor.filter(|row| is_there(*row));
        self.anchor = self.anchor.filter(|row| is_there(*row));
    }

    /// Selects nothing.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_follows_the_order_on_screen() {
        let cells = [5, 3, 9, 1].map(Cell::Photo);
        let position = |row| cells.iter().position(|cell| *cell == Cell::Photo(row));
        let mut selection = Selection::default();
        selection.set(3);
        selection.extend(1, &cells, position);
        assert_eq!(selection.rows, BTreeSet::from([1, 3, 9]));
        selection.extend(5, &cells, position);
        assert_eq!(
            selection.rows,
            BTreeSet::from([3, 5]),
            "the range turns around its anchor"
        );
        selection.toggle(3);
        assert_eq!(selection.rows, BTreeSet::from([5]));
        selection.toggle(9);
        selection.keep(|row| row != 9);
        assert_eq!(
            (selection.rows, selection.cursor, selection.anchor),
            (BTreeSet::from([5]), None, None)
        );
    }
}
