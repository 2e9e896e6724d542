use super::super::library_state::LibraryState;
use super::super::test_rows::row;
use super::*;
use refocus_engine::{FOLDED, Rows};

/// Five photos, of which some have gone.
fn library(gone: &[u32]) -> LibraryState {
    let mut rows = Rows::default();
    for number in 0..5 {
        rows.push(row(number));
    }
    for gone in gone {
        rows.update(*gone, |row| row.gone = true);
    }
    let mut library = LibraryState::default();
    library.update_rows(rows, Vec::new());
    library
}

#[test]
fn a_first_comparison_starts_from_plain_similarity_and_the_typed_focus() {
    let focuses = first_focuses("  the light ");
    assert_eq!(focuses, ["", "the light", "the colour of the object"]);
}

#[test]
fn a_column_leaves_out_folded_and_weak_photos_but_knows_their_places() {
    let results = SearchResults {
        order: Arc::from([4_u32, 2, 0, 1]),
        ranked: 4,
        strong: Some(3),
        folds: Arc::from([1, FOLDED, 0, 0]),
        ..SearchResults::default()
    };
    let column = ShownColumn::new(&library(&[]), &results, true);
    assert_eq!(column.rows, [4, 0]);
    assert_eq!((column.rank(1), column.position(1)), (Some(3), None));
    assert_eq!((column.rank(0), column.position(0)), (Some(2), Some(1)));
    assert_eq!((column.rank(3), column.rank(99)), (None, None));
    let column = ShownColumn::new(&library(&[]), &results, false);
    assert_eq!(column.rows, [4, 0, 1]);
    let column = ShownColumn::new(&library(&[0]), &results, false);
    assert_eq!(column.rows, [4, 1], "what has gone is not shown");
    assert_eq!(
        (column.rank(0), column.rank(1), column.position(1)),
        (None, Some(3), Some(1))
    );
}
