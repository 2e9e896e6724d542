use super::*;
use crate::Database;
use crate::rows::{ContentRow, IndexedContent, IndexedFile, NewFailure, SidecarRow, Tags};

struct TestStore {
    folder: tempfile::TempDir,
    database: Database,
    writer: Writer,
    folder_id: i64,
    model_id: i64,
}

fn test_store() -> TestStore {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("library.refocus")).unwrap();
    let mut writer = database.writer().unwrap();
    let folder_id = writer.add_folder(Path::new("/photos")).unwrap();
    let model_id = writer.model_id("model@1", 4).unwrap();
    TestStore {
        folder,
        database,
        writer,
        folder_id,
        model_id,
    }
}

fn new_file(folder_id: i64, path: &str, hash: u8, encoding: &[u8]) -> Change {
    let facts = ContentRow {
        hash: [hash; 32],
        width: 3,
        height: 2,
        format: "JPEG".into(),
        ..Default::default()
    };
    Change::Indexed(IndexedFile {
        folder_id,
        path: path.into(),
        bytes: 10,
        modified_ns: 5,
        content: IndexedContent::New {
            facts: Box::new(facts),
            encoding: encoding.to_vec(),
        },
    })
}

fn files(database: &Database) -> Vec<(PathBuf, u8)> {
    let mut files = Vec::new();
    database
        .reader()
        .unwrap()
        .for_each_file(|file| files.push((file.path, file.photo.hash[0])))
        .unwrap();
    files
}

#[test]
fn a_file_has_one_row_however_often_it_is_written() {
    let mut store = test_store();
    store
        .writer
        .apply(
            store.model_id,
            &[new_file(store.folder_id, "/photos/a.jpg", 1, b"abcd")],
        )
        .unwrap();
    store
        .writer
        .apply(
            store.model_id,
            &[new_file(store.folder_id, "/photos/a.jpg", 2, b"efgh")],
        )
        .unwrap();
    assert_eq!(files(&store.database), [("/photos/a.jpg".into(), 2)]);
    let mut rows = Vec::new();
    let wrong = store
        .database
        .reader()
        .unwrap()
        .for_each_encoding("model@1", 4, |file, _, row| rows.push((file.is_some(), row.to_vec())))
        .unwrap();
    let expected = vec![(false, b"abcd".to_vec()), (true, b"efgh".to_vec())];
    assert_eq!(
        (rows, wrong),
        (expected, 0),
        "what no file holds now is handed over without one"
    );
}

#[test]
fn a_moved_file_keeps_its_encoding() {
    let mut store = test_store();
    store
        .writer
        .apply(
            store.model_id,
            &[new_file(store.folder_id, "/photos/a.jpg", 1, b"abcd")],
        )
        .unwrap();
    let known = IndexedFile {
        folder_id: store.folder_id,
        path: "/photos/b.jpg".into(),
        bytes: 10,
        modified_ns: 6,
        content: IndexedContent::Known { hash: [1; 32] },
    };
    let missing = IndexedFile {
        path: "/photos/c.jpg".into(),
        content: IndexedContent::Known { hash: [9; 32] },
        ..known
    };
    let outcomes = store
        .writer
        .apply(
            store.model_id,
            &[
                Change::Gone("/photos/a.jpg".into()),
                Change::Indexed(known),
                Change::Indexed(missing),
            ],
        )
        .unwrap();
    assert!(matches!(
        outcomes[..],
        [Outcome::NoFile, Outcome::File(_), Outcome::ContentMissing]
    ));
    assert_eq!(files(&store.database), [("/photos/b.jpg".into(), 1)]);
    let mut count = 0;
    store
        .database
        .reader()
        .unwrap()
        .for_each_encoding("model@1", 4, |_, _, _| count += 1)
        .unwrap();
    assert_eq!(count, 1);
}

#[test]
fn a_file_that_moves_keeps_its_row_and_replaces_what_stood_there() {
    let mut store = test_store();
    let files_before = [
        new_file(store.folder_id, "/photos/a.jpg", 1, b"abcd"),
        new_file(store.folder_id, "/photos/b.jpg", 2, b"efgh"),
    ];
    let before = store.writer.apply(store.model_id, &files_before).unwrap();
    let to = IndexedFile {
        folder_id: store.folder_id,
        path: "/photos/b.jpg".into(),
        bytes: 10,
        modified_ns: 6,
        content: IndexedContent::Known { hash: [1; 32] },
    };
    let moved = Change::Moved {
        from: "/photos/a.jpg".into(),
        to,
    };
    let after = store.writer.apply(store.model_id, &[moved]).unwrap();
    assert_eq!(after[0], before[0], "the same row");
    assert_eq!(files(&store.database), [("/photos/b.jpg".into(), 1)]);
    assert_eq!(
        store.database.reader().unwrap().places_of_hash(&[1; 32], 9).unwrap(),
        [Path::new("/photos/b.jpg")]
    );
}

#[test]
fn a_file_is_a_row_or_a_failure_but_never_both() {
    let mut store = test_store();
    let failure = NewFailure {
        folder_id: store.folder_id,
        path: "/photos/a.jpg".into(),
        kind: "corrupt".into(),
        message: "it ends too early".into(),
        bytes: 10,
        modified_ns: 7,
        gate: 1,
    };
    store
        .writer
        .apply(
            store.model_id,
            &[new_file(store.folder_id, "/photos/a.jpg", 1, b"abcd")],
        )
        .unwrap();
    store
        .writer
        .apply(store.model_id, &[Change::Failed(failure.clone())])
        .unwrap();
    let reader = store.database.reader().unwrap();
    assert!(files(&store.database).is_empty());
    assert_eq!(reader.failures().unwrap()[0].failure, failure);
    let again = store
        .writer
        .apply(store.model_id, &[Change::Failed(failure.clone())])
        .unwrap();
    assert_eq!(again, [Outcome::Failure { attempts: 2 }]);
    let otherwise = NewFailure {
        kind: "interrupted".into(),
        ..failure.clone()
    };
    let otherwise = store
        .writer
        .apply(store.model_id, &[Change::Failed(otherwise)])
        .unwrap();
    assert_eq!(
        otherwise,
        [Outcome::Failure { attempts: 1 }],
        "so does trouble of another kind"
    );
    let changed = NewFailure {
        modified_ns: 8,
        ..failure
    };
    let changed = store.writer.apply(store.model_id, &[Change::Failed(changed)]).unwrap();
    assert_eq!(
        changed,
        [Outcome::Failure { attempts: 1 }],
        "a change starts the count anew"
    );
    store
        .writer
        .apply(
            store.model_id,
            &[new_file(store.folder_id, "/photos/a.jpg", 2, b"abcd")],
        )
        .unwrap();
    assert_eq!(files(&store.database).len(), 1);
    assert!(reader.failures().unwrap().is_empty());
}

#[test]
fn an_encoding_of_the_wrong_length_counts_as_none() {
    let mut store = test_store();
    store
        .writer
        .apply(store.model_id, &[new_file(store.folder_id, "/photos/a.jpg", 1, b"abc")])
        .unwrap();
    let reader = store.database.reader().unwrap();
    let mut seen = 0;
    assert_eq!(reader.for_each_encoding("model@1", 4, |_, _, _| seen += 1).unwrap(), 1);
    let mut hashes = 0;
    reader.for_each_encoded_hash("model@1", 4, |_| hashes += 1).unwrap();
    assert_eq!((seen, hashes), (0, 0));
}

#[test]
fn two_models_keep_their_encodings_of_the_same_photo_apart() {
    let mut store = test_store();
    store
        .writer
        .apply(
            store.model_id,
            &[new_file(store.folder_id, "/photos/a.jpg", 1, b"abcd")],
        )
        .unwrap();
    let other = store.writer.model_id("other@1", 2).unwrap();
    let rows = [([1; 32], b"xy".to_vec()), ([9; 32], b"no".to_vec())];
    store.writer.add_encodings(other, &rows).unwrap();
    let reader = store.database.reader().unwrap();
    assert_eq!(
        reader.encoding_of_hash("other@1", &[1; 32]).unwrap(),
        Some(b"xy".to_vec())
    );
    assert_eq!(
        reader.encoding_of_hash("model@1", &[1; 32]).unwrap(),
        Some(b"abcd".to_vec())
    );
    assert_eq!(reader.encoding_of_hash("other@1", &[9; 32]).unwrap(), None);
}

fn marks(database: &Database) -> Vec<(u8, Marks)> {
    let mut marks = Vec::new();
    let reader = database.reader().unwrap();
    reader.for_each_mark(|hash, mark| marks.push((hash[0], mark))).unwrap();
    marks
}

#[test]
fn marks_outlive_the_file_and_its_folder_and_go_when_they_are_taken_back() {
    let mut store = test_store();
    store
        .writer
        .apply(
            store.model_id,
            &[new_file(store.folder_id, "/photos/a.jpg", 1, b"abcd")],
        )
        .unwrap();
    let liked = Marks {
        favourite: true,
        rating: 4,
        ..Default::default()
    };
    store.writer.set_marks(&[([1; 32], liked)]).unwrap();
    store
        .writer
        .apply(store.model_id, &[Change::Gone("/photos/a.jpg".into())])
        .unwrap();
    store.writer.remove_folder(store.folder_id).unwrap();
    assert_eq!(marks(&store.database), [(1, liked)]);
    store.writer.set_marks(&[([1; 32], Marks::default())]).unwrap();
    assert!(marks(&store.database).is_empty());
}

#[test]
fn a_folder_at_a_new_place_keeps_its_rows() {
    let mut store = test_store();
    let before = store
        .writer
        .apply(
            store.model_id,
            &[
                new_file(store.folder_id, "/photos/a.jpg", 1, b"abcd"),
                new_file(store.folder_id, "/photos/sub/b.jpg", 2, b"efgh"),
            ],
        )
        .unwrap();
    store
        .writer
        .relink(store.folder_id, Path::new("/mnt/new place"))
        .unwrap();
    assert_eq!(
        files(&store.database),
        [
            ("/mnt/new place/a.jpg".into(), 1),
            ("/mnt/new place/sub/b.jpg".into(), 2)
        ]
    );
    let reader = store.database.reader().unwrap();
    assert_eq!(reader.folders().unwrap()[0].path, Path::new("/mnt/new place"));
    let moved = new_file(store.folder_id, "/mnt/new place/a.jpg", 1, b"abcd");
    assert_eq!(store.writer.apply(store.model_id, &[moved]).unwrap()[0], before[0]);
}

#[test]
fn cleaning_up_forgets_what_no_file_and_no_model_needs_and_keeps_marks() {
    let mut store = test_store();
    let old_model = store.writer.model_id("model@0", 4).unwrap();
    let kept = new_file(store.folder_id, "/photos/a.jpg", 1, b"abcd");
    let gone = new_file(store.folder_id, "/photos/b.jpg", 2, b"efgh");
    store.writer.apply(old_model, std::slice::from_ref(&kept)).unwrap();
    store.writer.apply(store.model_id, &[kept, gone]).unwrap();
    store
        .writer
        .apply(store.model_id, &[Change::Gone("/photos/b.jpg".into())])
        .unwrap();
    let liked = Marks {
        favourite: true,
        rating: 0,
        ..Default::default()
    };
    store.writer.set_marks(&[([2; 32], liked)]).unwrap();
    let sizes = store.database.reader().unwrap().sizes("model@1").unwrap();
    assert_eq!((sizes.photos_without_file, sizes.without_file_bytes), (1, 4));
    assert_eq!(
        (sizes.other_encodings, sizes.other_bytes, sizes.wrong_encodings),
        (1, 4, 0)
    );
    store.writer.clean_up("model@1").unwrap();
    let reader = store.database.reader().unwrap();
    let sizes = reader.sizes("model@1").unwrap();
    assert_eq!(
        (sizes.photos_without_file, sizes.other_encodings, sizes.free_bytes),
        (0, 0, 0)
    );
    assert_eq!(
        reader.encoding_of_hash("model@1", &[1; 32]).unwrap(),
        Some(b"abcd".to_vec())
    );
    assert_eq!(marks(&store.database), [(2, liked)]);
}

#[test]
fn a_copy_holds_the_whole_library() {
    let mut store = test_store();
    store
        .writer
        .apply(
            store.model_id,
            &[new_file(store.folder_id, "/photos/a.jpg", 1, b"abcd")],
        )
        .unwrap();
    let copy = store.folder.path().join("copy 'of' it.refocus");
    let reader = store.database.reader().unwrap();
    reader.back_up(&copy).unwrap();
    assert!(
        reader.back_up(&copy).is_err(),
        "a file that is there is not written over"
    );
    let copy = Database::open(&copy).unwrap();
    assert_eq!(files(&copy), files(&store.database));
    assert_eq!(copy.reader().unwrap().integrity().unwrap(), "ok");
}

#[test]
fn removing_a_folder_forgets_its_files_and_keeps_what_was_computed() {
    let mut store = test_store();
    store
        .writer
        .apply(
            store.model_id,
            &[new_file(store.folder_id, "/photos/a.jpg", 1, b"abcd")],
        )
        .unwrap();
    store.writer.remove_folder(store.folder_id).unwrap();
    let reader = store.database.reader().unwrap();
    assert!(files(&store.database).is_empty() && reader.folders().unwrap().is_empty());
    assert_eq!(
        reader.encoding_of_hash("model@1", &[1; 32]).unwrap(),
        Some(b"abcd".to_vec())
    );
    assert_eq!(reader.integrity().unwrap(), "ok");
}

#[test]
fn what_other_programs_wrote_is_kept_and_goes_with_its_file() {
    let mut store = test_store();
    let tags = Tags {
        rating: Some(3),
        keywords: vec!["sea".into(), "two words".into()],
    };
    let sidecar = SidecarRow {
        folder_id: store.folder_id,
        path: "/photos/a.xmp".into(),
        bytes: 7,
        modified_ns: 8,
        tags: tags.clone(),
    };
    let mut photo = new_file(store.folder_id, "/photos/a.jpg", 1, b"abcd");
    if let Change::Indexed(IndexedFile {
        content: IndexedContent::New { facts, .. },
        ..
    }) = &mut photo
    {
        facts.tags = tags.clone();
        facts.animated = true;
    }
    store
        .writer
        .apply(store.model_id, &[photo, Change::Sidecar(sidecar.clone())])
        .unwrap();
    let reader = store.database.reader().unwrap();
    let facts = reader.facts_of_hash(&[1; 32]).unwrap().unwrap();
    assert_eq!((facts.tags, facts.animated), (tags, true));
    let sidecars = || {
        let mut found = Vec::new();
        reader.for_each_sidecar(|row| found.push(row)).unwrap();
        found
    };
    assert_eq!(sidecars(), [sidecar]);
    store.writer.relink(store.folder_id, Path::new("/moved")).unwrap();
    assert_eq!(sidecars()[0].path, Path::new("/moved/a.xmp"));
    store
        .writer
        .apply(store.model_id, &[Change::Gone("/moved/a.xmp".into())])
        .unwrap();
    assert_eq!(sidecars(), []);
    let unrated = Marks {
        unrated: true,
        ..Marks::default()
    };
    store.writer.set_marks(&[([1; 32], unrated)]).unwrap();
    let mut marks = Vec::new();
    reader.for_each_mark(|hash, mark| marks.push((hash, mark))).unwrap();
    assert_eq!(
        marks,
        [([1; 32], unrated)],
        "a rating that was taken away is something to remember"
    );
}
