use std::sync::Arc;

use super::*;
use crate::rows::{Extras, PhotoRow, Rows, Written};

fn rows(of: &[(&str, &[&str])]) -> Rows {
    let mut rows = Rows::default();
    for (caption, keywords) in of {
        let mut row = PhotoRow::of_nothing();
        row.gone = false;
        row.extras = Extras {
            keywords: (!keywords.is_empty()).then(|| keywords.iter().map(|&word| word.to_owned()).collect()),
            written: (!caption.is_empty()).then(|| {
                Arc::new(Written {
                    caption: Some((*caption).to_owned()),
                    people: vec![refocus_media::Face {
                        name: "Bo Ek".to_owned(),
                        area: [0.0; 4],
                    }],
                    ..Written::default()
                })
            }),
            ..Extras::default()
        };
        rows.push(row);
    }
    rows
}

/// The rows of which a term is written, and where.
fn found(rows: &Rows, typed: &str) -> Vec<(usize, Option<WrittenSource>)> {
    let (term, mut all) = (Term::new(typed).unwrap(), Vec::new());
    for (_, chunk) in rows.chunks() {
        chunk.text().each_with(&term, |place, source| all.push((place, source)));
    }
    all
}

#[test]
fn whole_words_are_found_in_every_text_and_the_source_is_told() {
    use WrittenSource::{Caption, Keyword, Person};
    let rows = rows(&[
        ("", &[]),
        ("Grandma in Oslo, with Oslo's tram", &["Europe|Norway", "Caf\u{e9}"]),
        ("", &["oslo"]),
        ("Oslofjord \u{6771}\u{4eac}\u{30bf}\u{30ef}\u{30fc}", &[]),
    ]);
    assert_eq!(found(&rows, "OSLO"), [(1, Some(Caption)), (2, Some(Keyword))]);
    assert_eq!(found(&rows, "norway"), [(1, Some(Keyword))]);
    assert_eq!(found(&rows, "CAFE\u{301}"), [(1, Some(Keyword))]);
    assert_eq!(found(&rows, "bo"), [(1, Some(Person)), (3, Some(Person))]);
    assert_eq!(found(&rows, "\u{4eac}\u{30bf}"), [(3, Some(Caption))]);
    assert_eq!(found(&rows, "grand"), []);
    // In order, whatever stands between them, and never from one text to the next.
    assert_eq!(found(&rows, "in oslo with").len(), 1);
    assert_eq!(found(&rows, "oslo grandma"), []);
    assert_eq!(found(&rows, "tram europe"), []);
    assert_eq!(found(&rows, "europe norway").len(), 1);
    assert!(Term::new(" -!").is_none());
}

#[test]
fn nothing_is_kept_where_nothing_is_written_and_a_change_is_seen() {
    let mut rows = rows(&[("", &[]), ("", &[])]);
    assert_eq!(rows.chunks().map(|(_, chunk)| chunk.text().bytes()).sum::<usize>(), 0);
    let before = rows.clone();
    rows.update(1, |row| row.extras.keywords = Some(Arc::from(["sea".to_owned()])));
    assert_eq!(found(&rows, "sea").len(), 1);
    assert_eq!(found(&before, "sea").len(), 0);
    rows.update(1, |row| row.extras.keywords = None);
    assert_eq!(found(&rows, "sea").len(), 0);
}

#[test]
fn texts_that_hold_control_characters_or_have_no_end_are_no_danger() {
    let long = "\u{fb03}".repeat(100_000);
    let rows = rows(&[("\u{1}\u{2}\u{3}a\0", &["x\u{5}y"]), (&long, &["late"])]);
    assert_eq!(found(&rows, "y"), [(0, Some(WrittenSource::Keyword))]);
    assert_eq!(found(&rows, "a").len(), 1);
    assert_eq!(found(&rows, "late").len(), 0, "what is too long is cut");
    let bytes: usize = rows.chunks().map(|(_, chunk)| chunk.text().bytes()).sum();
    assert!(bytes < 4 * LONGEST, "{bytes}");
}

#[test]
fn the_texts_of_one_kind_can_be_taken_apart() {
    let rows = rows(&[("One", &["Two|Three", "Four"])]);
    let (_, chunk) = rows.chunks().next().unwrap();
    let text = chunk.text().of_row(0);
    let of = |source| of_source(text, source).collect::<Vec<_>>();
    assert_eq!(of(WrittenSource::Keyword), ["two|three", "four"]);
    assert_eq!(of(WrittenSource::Caption), ["one"]);
    assert_eq!(of(WrittenSource::Person), ["bo ek"]);
    assert!(of(WrittenSource::Place).is_empty());
}
