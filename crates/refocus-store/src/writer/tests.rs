use super::*;
use crate::Database;
use crate::reader::Reader;
use crate::rows::{ContentRow, IndexedContent, IndexedFile, NewFailure, Position, SidecarRow, Stated, StatedDate};

/// A library in a folder of its own, with the folder `/photos` and the model `model@1` of 4 bytes a photo.
struct TestStore {
    folder: tempfile::TempDir,
    database: Database,
    writer: Writer,
    folder_id: i64,
    model_id: i64,
}

impl TestStore {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("library.refocus")).unwrap();
        let mut writer = database.writer().unwrap();
        let folder_id = writer.add_folder(Path::new("/photos")).unwrap();
        let model_id = writer.model_id("model@1", 4).unwrap();
        Self {
            folder,
            database,
            writer,
            folder_id,
            model_id,
        }
    }

    /// With the photo `/photos/a.jpg`, whose hash is `[1; 32]`, encoded as `abcd`.
    fn with_a_photo() -> Self {
        let mut store = Self::new();
        let photo = store.photo("/photos/a.jpg", 1, b"abcd");
        store.apply(&[photo]);
        store
    }

    fn apply(&mut self, changes: &[Change]) -> Vec<Outcome> {
        self.writer.apply(self.model_id, changes).unwrap()
    }

    /// A file whose content and encoding are new.
    fn photo(&self, path: &str, hash: u8, encoding: &[u8]) -> Change {
        let facts = ContentRow {
            hash: [hash; 32],
            width: 3,
            height: 2,
            format: "JPEG".into(),
            ..Default::default()
        };
        Change::Indexed(IndexedFile {
            folder_id: self.folder_id,
            path: path.into(),
            bytes: 10,
            modified_ns: 5,
            same_as: None,
            content: IndexedContent::New {
                facts: Box::new(facts),
                encoding: encoding.to_vec(),
            },
        })
    }

    /// A file whose content is in the library.
    fn known(&self, path: &str, hash: u8) -> IndexedFile {
        IndexedFile {
            folder_id: self.folder_id,
            path: path.into(),
            bytes: 10,
            modified_ns: 6,
            same_as: None,
            content: IndexedContent::Known { hash: [hash; 32] },
        }
    }

    fn mark(&mut self, hash: u8, marks: Marks) {
        self.writer.set_marks(&[([hash; 32], marks)]).unwrap();
    }

    fn reader(&self) -> Reader {
        self.database.reader().unwrap()
    }

    /// Path and first byte of the hash of each file.
    fn files(&self) -> Vec<(PathBuf, u8)> {
        files(&self.database)
    }

    /// First byte of the hash and marks of each photo that has any.
    fn marks(&self) -> Vec<(u8, Marks)> {
        let mut marks = Vec::new();
        self.reader()
            .for_each_mark(|hash, mark| marks.push((hash[0], mark)))
            .unwrap();
        marks
    }

    fn encoding(&self, model: &str, hash: u8) -> Option<Vec<u8>> {
        self.reader().encoding_of_hash(model, &[hash; 32]).unwrap()
    }
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
    let mut store = TestStore::with_a_photo();
    store.apply(&[store.photo("/photos/a.jpg", 2, b"efgh")]);
    assert_eq!(store.files(), [("/photos/a.jpg".into(), 2)]);
    let mut rows = Vec::new();
    let wrong = store
        .reader()
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
    let mut store = TestStore::with_a_photo();
    let known = store.known("/photos/b.jpg", 1);
    let missing = store.known("/photos/c.jpg", 9);
    let outcomes = store.apply(&[
        Change::Gone("/photos/a.jpg".into()),
        Change::Indexed(known),
        Change::Indexed(missing),
    ]);
    assert!(matches!(
        outcomes[..],
        [Outcome::NoFile, Outcome::File { .. }, Outcome::ContentMissing]
    ));
    assert_eq!(store.files(), [("/photos/b.jpg".into(), 1)]);
    let mut count = 0;
    store
        .reader()
        .for_each_encoding("model@1", 4, |_, _, _| count += 1)
        .unwrap();
    assert_eq!(count, 1);
}

#[test]
fn a_file_that_moves_keeps_its_row_and_replaces_what_stood_there() {
    let mut store = TestStore::new();
    let files_before = [
        store.photo("/photos/a.jpg", 1, b"abcd"),
        store.photo("/photos/b.jpg", 2, b"efgh"),
    ];
    let before = store.apply(&files_before);
    let moved = Change::Moved {
        from: "/photos/a.jpg".into(),
        to: store.known("/photos/b.jpg", 1),
    };
    let after = store.apply(&[moved]);
    assert_eq!(after[0], before[0], "the same row");
    assert_eq!(store.files(), [("/photos/b.jpg".into(), 1)]);
    assert_eq!(
        store.reader().places_of_hash(&[1; 32], 9).unwrap(),
        [Path::new("/photos/b.jpg")]
    );
}

#[test]
fn a_file_keeps_when_it_came_into_the_library_through_changes_and_moves() {
    let mut store = TestStore::with_a_photo();
    let set = "UPDATE file SET added_at = 7";
    store.writer.inner.connection.execute(set, []).unwrap();
    let changed = store.photo("/photos/a.jpg", 2, b"efgh");
    let moved = Change::Moved {
        from: "/photos/a.jpg".into(),
        to: store.known("/photos/b.jpg", 2),
    };
    let new = store.photo("/photos/new.jpg", 3, b"ijkl");
    let before = super::seconds_since_epoch();
    let added: Vec<i64> = store
        .apply(&[changed, moved, new])
        .into_iter()
        .map(|outcome| match outcome {
            Outcome::File { added_at, .. } => added_at,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(added[..2], [7, 7]);
    assert!(added[2] >= before);
    let mut read = Vec::new();
    store.reader().for_each_file(|file| read.push(file.added_at)).unwrap();
    assert_eq!(read, added[1..]);
}

#[test]
fn a_file_is_a_row_or_a_failure_but_never_both() {
    let mut store = TestStore::new();
    let failure = NewFailure {
        folder_id: store.folder_id,
        path: "/photos/a.jpg".into(),
        kind: "corrupt".into(),
        message: "it ends too early".into(),
        bytes: 10,
        modified_ns: 7,
        gate: 1,
    };
    store.apply(&[store.photo("/photos/a.jpg", 1, b"abcd")]);
    store.apply(&[Change::Failed(failure.clone())]);
    let reader = store.reader();
    assert!(store.files().is_empty());
    assert_eq!(reader.failures().unwrap()[0].failure, failure);
    let again = store.apply(&[Change::Failed(failure.clone())]);
    assert_eq!(again, [Outcome::Failure { attempts: 2 }]);
    let otherwise = NewFailure {
        kind: "interrupted".into(),
        ..failure.clone()
    };
    let otherwise = store.apply(&[Change::Failed(otherwise)]);
    assert_eq!(
        otherwise,
        [Outcome::Failure { attempts: 1 }],
        "so does trouble of another kind"
    );
    let changed = NewFailure {
        modified_ns: 8,
        ..failure
    };
    let changed = store.apply(&[Change::Failed(changed)]);
    assert_eq!(
        changed,
        [Outcome::Failure { attempts: 1 }],
        "a change starts the count anew"
    );
    store.apply(&[store.photo("/photos/a.jpg", 2, b"abcd")]);
    assert_eq!(store.files().len(), 1);
    assert!(reader.failures().unwrap().is_empty());
}

#[test]
fn an_encoding_of_the_wrong_length_counts_as_none() {
    let mut store = TestStore::new();
    store.apply(&[store.photo("/photos/a.jpg", 1, b"abc")]);
    let reader = store.reader();
    let mut seen = 0;
    assert_eq!(reader.for_each_encoding("model@1", 4, |_, _, _| seen += 1).unwrap(), 1);
    let mut hashes = 0;
    reader.for_each_encoded_hash("model@1", 4, |_| hashes += 1).unwrap();
    assert_eq!((seen, hashes), (0, 0));
}

#[test]
fn two_models_keep_their_encodings_of_the_same_photo_apart() {
    let mut store = TestStore::with_a_photo();
    let other = store.writer.model_id("other@1", 2).unwrap();
    let rows = [([1; 32], b"xy".to_vec()), ([9; 32], b"no".to_vec())];
    store.writer.add_encodings(other, &rows).unwrap();
    assert_eq!(store.encoding("other@1", 1), Some(b"xy".to_vec()));
    assert_eq!(store.encoding("model@1", 1), Some(b"abcd".to_vec()));
    assert_eq!(store.encoding("other@1", 9), None);
}

#[test]
fn marks_outlive_the_file_and_its_folder_and_go_when_they_are_taken_back() {
    let mut store = TestStore::with_a_photo();
    let liked = Marks {
        favourite: true,
        rating: 4,
        ..Default::default()
    };
    store.mark(1, liked);
    store.apply(&[Change::Gone("/photos/a.jpg".into())]);
    store.writer.remove_folder(store.folder_id).unwrap();
    assert_eq!(store.marks(), [(1, liked)]);
    store.mark(1, Marks::default());
    assert!(store.marks().is_empty());
}

#[test]
fn a_folder_at_a_new_place_keeps_its_rows() {
    let mut store = TestStore::new();
    let before = store.apply(&[
        store.photo("/photos/a.jpg", 1, b"abcd"),
        store.photo("/photos/sub/b.jpg", 2, b"efgh"),
    ]);
    store
        .writer
        .relink(store.folder_id, Path::new("/mnt/new place"))
        .unwrap();
    assert_eq!(
        store.files(),
        [
            ("/mnt/new place/a.jpg".into(), 1),
            ("/mnt/new place/sub/b.jpg".into(), 2)
        ]
    );
    let reader = store.reader();
    assert_eq!(reader.folders().unwrap()[0].path, Path::new("/mnt/new place"));
    let moved = store.photo("/mnt/new place/a.jpg", 1, b"abcd");
    assert_eq!(store.apply(&[moved])[0], before[0]);
}

#[test]
fn cleaning_up_forgets_what_no_file_and_no_model_needs_and_keeps_marks() {
    let mut store = TestStore::new();
    let old_model = store.writer.model_id("model@0", 4).unwrap();
    let kept = store.photo("/photos/a.jpg", 1, b"abcd");
    let gone = store.photo("/photos/b.jpg", 2, b"efgh");
    store.writer.apply(old_model, std::slice::from_ref(&kept)).unwrap();
    store.apply(&[kept, gone]);
    store.apply(&[Change::Gone("/photos/b.jpg".into())]);
    let liked = Marks {
        favourite: true,
        rating: 0,
        ..Default::default()
    };
    store.mark(2, liked);
    let sizes = store.reader().sizes("model@1").unwrap();
    assert_eq!((sizes.photos_without_file, sizes.without_file_bytes), (1, 4));
    assert_eq!(
        (sizes.other_encodings, sizes.other_bytes, sizes.wrong_encodings),
        (1, 4, 0)
    );
    store.writer.clean_up("model@1").unwrap();
    let sizes = store.reader().sizes("model@1").unwrap();
    assert_eq!(
        (sizes.photos_without_file, sizes.other_encodings, sizes.free_bytes),
        (0, 0, 0)
    );
    assert_eq!(store.encoding("model@1", 1), Some(b"abcd".to_vec()));
    assert_eq!(store.marks(), [(2, liked)]);
}

#[test]
fn a_copy_holds_the_whole_library() {
    let store = TestStore::with_a_photo();
    let copy = store.folder.path().join("copy 'of' it.refocus");
    let reader = store.reader();
    reader.back_up(&copy).unwrap();
    assert!(
        reader.back_up(&copy).is_err(),
        "a file that is there is not written over"
    );
    let copy = Database::open(&copy).unwrap();
    assert_eq!(files(&copy), store.files());
    assert_eq!(copy.reader().unwrap().integrity().unwrap(), "ok");
}

#[test]
fn removing_a_folder_forgets_its_files_and_keeps_what_was_computed() {
    let mut store = TestStore::with_a_photo();
    store.writer.remove_folder(store.folder_id).unwrap();
    let reader = store.reader();
    assert!(store.files().is_empty() && reader.folders().unwrap().is_empty());
    assert_eq!(store.encoding("model@1", 1), Some(b"abcd".to_vec()));
    assert_eq!(reader.integrity().unwrap(), "ok");
}

fn all_stated() -> Stated {
    Stated {
        taken: Some(StatedDate {
            seconds: -5,
            milliseconds: Some(120),
            offset_minutes: Some(-210),
            source: "xmp".into(),
        }),
        rating: Some(-1),
        keywords: Some(vec!["sea".into(), "two words".into()]),
        title: Some("A title".into()),
        caption: Some("Two\nlines".into()),
        place: Some("Alfama, Lisbon".into()),
        gps: Some(Position {
            latitude: 38.71,
            longitude: -9.13,
            altitude_m: Some(12.5),
        }),
        faces: Some("[]".into()),
    }
}

#[test]
fn metadata_that_is_read_anew_takes_the_place_of_the_old_and_leaves_the_encoding() {
    let mut store = TestStore::with_a_photo();
    let reader = store.reader();
    let before = reader.facts_of_hash(&[1; 32]).unwrap().unwrap();
    assert_eq!((before.facts_revision, &before.stated), (0, &Stated::default()));
    let none_at_all = Stated {
        rating: Some(0),
        keywords: Some(Vec::new()),
        ..Stated::default()
    };
    for stated in [all_stated(), none_at_all, Stated::default()] {
        let facts = ContentRow {
            stated,
            facts_revision: 3,
            ..before.clone()
        };
        let file = IndexedFile {
            content: IndexedContent::Facts(Box::new(facts.clone())),
            ..store.known("/photos/a.jpg", 1)
        };
        assert!(matches!(
            store.apply(&[Change::Indexed(file)])[..],
            [Outcome::File { .. }]
        ));
        assert_eq!(reader.facts_of_hash(&[1; 32]).unwrap(), Some(facts.clone()));
        let mut files = Vec::new();
        reader.for_each_file(|row| files.push(row.photo)).unwrap();
        assert_eq!(files, [facts]);
    }
    let mut encodings = 0;
    let visited = reader.for_each_encoding("model@1", 4, |_, _, row| encodings += usize::from(row == b"abcd"));
    assert_eq!((visited.unwrap(), encodings), (0, 1));
}

#[test]
fn what_other_programs_wrote_is_kept_and_goes_with_its_file() {
    let mut store = TestStore::new();
    let stated = all_stated();
    let sidecar = SidecarRow {
        folder_id: store.folder_id,
        path: "/photos/a.xmp".into(),
        bytes: 7,
        modified_ns: 8,
        stated: stated.clone(),
        facts_revision: 2,
    };
    let mut photo = store.photo("/photos/a.jpg", 1, b"abcd");
    if let Change::Indexed(IndexedFile {
        content: IndexedContent::New { facts, .. },
        ..
    }) = &mut photo
    {
        facts.stated = stated.clone();
        facts.animated = true;
        facts.motion = true;
        facts.facts_revision = 1;
    }
    store.apply(&[photo, Change::Sidecar(sidecar.clone())]);
    let reader = store.reader();
    let facts = reader.facts_of_hash(&[1; 32]).unwrap().unwrap();
    assert_eq!((facts.stated, facts.animated, facts.motion), (stated, true, true));
    let sidecars = || {
        let mut found = Vec::new();
        reader.for_each_sidecar(|row| found.push(row)).unwrap();
        found
    };
    assert_eq!(sidecars(), [sidecar]);
    store.writer.relink(store.folder_id, Path::new("/moved")).unwrap();
    assert_eq!(sidecars()[0].path, Path::new("/moved/a.xmp"));
    store.apply(&[Change::Gone("/moved/a.xmp".into())]);
    assert_eq!(sidecars(), []);
    let unrated = Marks {
        unrated: true,
        ..Marks::default()
    };
    store.mark(1, unrated);
    let mut marks = Vec::new();
    reader.for_each_mark(|hash, mark| marks.push((hash, mark))).unwrap();
    assert_eq!(
        marks,
        [([1; 32], unrated)],
        "a rating that was taken away is something to remember"
    );
}

#[test]
fn a_decision_about_photos_that_are_alike_is_kept_until_it_is_taken_back() {
    let mut store = TestStore::new();
    let kept = |store: &TestStore| {
        let mut kept = Vec::new();
        let reader = store.database.reader().unwrap();
        reader
            .for_each_kept_alike(|hash, decision, files| kept.push((hash[0], decision, files)))
            .unwrap();
        kept.sort_unstable();
        kept
    };
    let first = store.writer.keep_alike(&[([1; 32], 2), ([2; 32], 1)]).unwrap();
    let second = store.writer.keep_alike(&[([1; 32], 3)]).unwrap();
    assert_ne!(first, second);
    assert_eq!(kept(&store), [(1, first, 2), (1, second, 3), (2, first, 1)]);
    store.writer.clean_up("model@1").unwrap();
    assert_eq!(kept(&store).len(), 3, "it outlives what can be computed again");
    store.writer.forget_kept_alike(first).unwrap();
    store.writer.forget_kept_alike(77).unwrap();
    assert_eq!(kept(&store), [(1, second, 3)]);
}
