use super::*;
use crate::schema::VERSION;

/// A place for a library in a folder of its own.
struct Place {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.refocus");
        Self { folder, path }
    }

    /// With an empty library of the present version.
    fn with_library() -> Self {
        let place = Self::new();
        Database::open(&place.path).unwrap();
        place
    }

    /// The files of the folder, each with its bytes.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    }

    /// Why the library cannot be opened.
    fn refusal(&self) -> StoreError {
        Database::open(&self.path).unwrap_err()
    }
}

#[test]
fn a_new_library_is_made_and_opened_again() {
    let place = Place::new();
    let path = place.folder.path().join("deep/er/library.refocus");
    Database::open(&path).unwrap();
    Database::open(&path).unwrap();
    assert!(path.exists());
}

/// A library as version 1 of the schema left it, with one photo in it.
fn version_1(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(MIGRATIONS[0]).unwrap();
    connection
        .pragma_update(None, "application_id", APPLICATION_ID)
        .unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    connection
        .execute_batch(
            "INSERT INTO folder (id, path, added_at) VALUES (1, x'2F70', 1234);
             INSERT INTO photo (id, hash, width, height, format) VALUES (1, zeroblob(32), 3, 2, 'JPEG');
             INSERT INTO file (folder_id, path, bytes, modified_ns, photo_id) VALUES (1, x'2F702F61', 10, 5, 1);
             INSERT INTO model (id, key, bytes_per_photo) VALUES (1, 'model@1', 4);
             INSERT INTO encoding (model_id, photo_id, row) VALUES (1, 1, x'61626364');",
        )
        .unwrap();
}

#[test]
fn a_library_of_version_1_keeps_its_photos_and_learns_to_hold_marks() {
    let place = Place::new();
    version_1(&place.path);
    let database = Database::open(&place.path).unwrap();
    let mut encodings = Vec::new();
    let reader = database.reader().unwrap();
    reader
        .for_each_encoding("model@1", 4, |_, _, row| encodings.push(row.to_vec()))
        .unwrap();
    assert_eq!(encodings, [b"abcd"]);
    let mut added = Vec::new();
    reader.for_each_file(|file| added.push(file.added_at)).unwrap();
    assert_eq!(added, [1234], "as long ago as its folder");
    let liked = crate::Marks {
        favourite: true,
        rating: 5,
        ..Default::default()
    };
    database.writer().unwrap().set_marks(&[([0; 32], liked)]).unwrap();
    let mut marks = Vec::new();
    reader.for_each_mark(|hash, mark| marks.push((hash, mark))).unwrap();
    assert_eq!(marks, [([0; 32], liked)]);
    let decision = database.writer().unwrap().keep_alike(&[([0; 32], 2)]).unwrap();
    let mut alike = Vec::new();
    reader
        .for_each_kept_alike(|hash, decision, files| alike.push((hash, decision, files)))
        .unwrap();
    assert_eq!(alike, [([0; 32], decision, 2)]);
    let version: u32 = Connection::open(&place.path)
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, VERSION);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_at_once_and_an_empty_one_is_no_library() {
    let place = Place::new();
    let folder = place.folder.path();
    let pipe = folder.join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let socket = folder.join("socket");
    let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for path in [&pipe, &socket, Path::new("/dev/null"), folder] {
        for refused in [
            Database::is_there(path).map(drop),
            Database::open(path).map(drop),
            Database::open_read_only(path).map(drop),
        ] {
            assert!(
                matches!(refused, Err(StoreError::NotALibrary { .. })),
                "{path:?}: {refused:?}"
            );
        }
    }
    let path = &place.path;
    assert!(!Database::is_there(path).unwrap());
    std::fs::write(path, []).unwrap();
    assert!(!Database::is_there(path).unwrap());
    Database::open(path).unwrap();
    assert!(Database::is_there(path).unwrap());
}

#[test]
fn a_newer_library_is_refused_and_untouched() {
    let place = Place::with_library();
    let connection = Connection::open(&place.path).unwrap();
    connection.pragma_update(None, "user_version", VERSION + 1).unwrap();
    drop(connection);
    let before = place.files();
    let error = place.refusal();
    assert!(matches!(error, StoreError::Newer { .. }), "{error}");
    assert!(error.to_string().contains("newer Refocus") && error.to_string().ends_with("library.refocus"));
    assert_eq!(place.files(), before);
}

#[test]
fn a_damaged_library_is_reported_and_untouched() {
    let place = Place::with_library();
    let mut bytes = std::fs::read(&place.path).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[4096..middle] {
        *byte = 0xA5;
    }
    std::fs::write(&place.path, &bytes).unwrap();
    let error = place.refusal();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(std::fs::read(&place.path).unwrap(), bytes);
}

#[test]
fn other_files_are_refused_and_untouched() {
    let place = Place::new();
    let folder = place.folder.path();
    let text = folder.join("notes.txt");
    std::fs::write(&text, "x".repeat(5000)).unwrap();
    let foreign = folder.join("foreign.db");
    Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE a (b)")
        .unwrap();
    let before = place.files();
    for path in [&text, &foreign, &folder.to_path_buf()] {
        let error = Database::open(path).unwrap_err();
        assert!(matches!(error, StoreError::NotALibrary { .. }), "{error}");
    }
    assert_eq!(place.files(), before);
}

#[test]
fn a_library_cut_short_is_reported() {
    let place = Place::with_library();
    let bytes = std::fs::read(&place.path).unwrap();
    std::fs::write(&place.path, &bytes[..bytes.len() / 2]).unwrap();
    let error = place.refusal();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}
