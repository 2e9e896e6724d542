use rusqlite::Connection;

use super::*;

fn line(text: &str, at: f32) -> StoredLine {
    StoredLine {
        corners: [[at, 0.25], [0.75, 0.25], [0.75, 0.5], [-0.25, 1.5]],
        turns: 3,
        confidence: 1.0,
        text: text.to_owned(),
    }
}

fn photo(number: u8, lines: Vec<StoredLine>) -> PhotoText {
    PhotoText {
        photo: [number; 32],
        revision: 7,
        outcome: TextOutcome::Read,
        vector: (!lines.is_empty()).then(|| TextVector {
            scale: 0.5,
            values: Box::new([-7; VECTOR_DIM]),
        }),
        lines,
    }
}

fn all(database: &TextDatabase) -> (Vec<PhotoText>, usize) {
    let mut all = Vec::new();
    let broken = database.reader().unwrap().for_each(|text| all.push(text)).unwrap();
    all.sort_by_key(|text| text.photo);
    (all, broken)
}

#[test]
fn what_was_read_comes_back_and_is_replaced_and_cleaned_up() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library.refocus");
    assert!(!TextDatabase::is_there(&library).unwrap());
    let database = TextDatabase::open(&library).unwrap();
    let mut store = database.writer().unwrap();
    let texts = [
        photo(1, vec![line("CAFÉ 東京", 0.0), line("", 1.0)]),
        photo(2, Vec::new()),
        PhotoText {
            outcome: TextOutcome::LooksEmpty,
            ..photo(3, Vec::new())
        },
    ];
    store.store(&texts).unwrap();
    assert_eq!(all(&database), (texts.to_vec(), 0));
    let again = photo(1, vec![line("one\ntwo\rthree", 0.5)]);
    store.store(std::slice::from_ref(&again)).unwrap();
    let (read, _) = all(&database);
    assert_eq!(read[0].lines, [line("one two three", 0.5)]);
    assert_eq!(read.len(), 3);
    store.clean_up(&|hash| hash[0] == 3).unwrap();
    assert_eq!(all(&database).0, texts[2..]);
    let copy = folder.path().join("copy");
    database
        .reader()
        .unwrap()
        .back_up(&TextDatabase::path_for(&copy))
        .unwrap();
    assert_eq!(all(&TextDatabase::open_read_only(&copy).unwrap()).0, texts[2..]);
    drop((store, database));
    let deleted = TextDatabase::forget(&library).unwrap();
    assert!(deleted.contains(&TextDatabase::path_for(&library)));
    assert!(!TextDatabase::is_there(&library).unwrap());
    assert!(TextDatabase::is_there(&copy).unwrap(), "another library's stays");
}

#[test]
fn rows_that_hold_something_else_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library.refocus");
    let database = TextDatabase::open(&library).unwrap();
    let numbers: Vec<PhotoText> = (1..=6).map(|number| photo(number, vec![line("a", 0.0)])).collect();
    database.writer().unwrap().store(&numbers).unwrap();
    let spoil = Connection::open(database.path()).unwrap();
    for (number, change) in [
        (1, "places = x'00'"),
        (2, "lines = 'a' || char(10) || 'b'"),
        (3, "outcome = 9"),
        (4, "lines = x'ff'"),
        (5, "vector = x'00'"),
    ] {
        let sql = format!("UPDATE photo SET {change} WHERE hash = ?1");
        spoil.execute(&sql, [[number; 32]]).unwrap();
    }
    let (read, broken) = all(&database);
    assert_eq!(broken, 4);
    // Without its vector a text is still a text.
    assert_eq!(read[0].vector, None);
    assert_eq!(read[1], numbers[5]);
}

#[test]
fn a_damaged_file_is_reported_and_started_anew() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library.refocus");
    drop(TextDatabase::open(&library).unwrap());
    let path = TextDatabase::path_for(&library);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100..].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(TextDatabase::open(&library), Err(StoreError::Damaged { .. })));
    let database = TextDatabase::start_anew(&library).unwrap();
    assert_eq!(all(&database), (Vec::new(), 0));
}

#[test]
fn a_photo_with_a_page_of_text_takes_little() {
    let folder = tempfile::tempdir().unwrap();
    let database = TextDatabase::open(&folder.path().join("library.refocus")).unwrap();
    let lines: Vec<StoredLine> = (0..20).map(|_| line("twenty-four letters here", 0.5)).collect();
    let texts: Vec<PhotoText> = (0..200).map(|number| photo(number, lines.clone())).collect();
    database.writer().unwrap().store(&texts).unwrap();
    let copy = folder.path().join("copy");
    database.reader().unwrap().back_up(&copy).unwrap();
    let bytes = std::fs::metadata(copy).unwrap().len() / 200;
    assert!(bytes <= 1_536, "{bytes}");
}
