//! `refocus rotate`: what is known of a photo goes with it.

use std::path::Path;

use super::{Program, write_picture};

fn rotated(program: &Program, arguments: &[&str]) -> String {
    let output = program.run(&[&["rotate"], arguments].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Width and height that the library has of the one photo, and its hash.
fn size(program: &Program, name: &str) -> (i64, i64) {
    let of = |column: &str| {
        program.count(&format!(
            "SELECT p.{column} FROM file f JOIN photo p ON p.id = f.photo_id WHERE CAST(f.path AS TEXT) LIKE '%{name}'"
        ))
    };
    (of("width"), of("height"))
}

fn mark(program: &Program) {
    let connection = rusqlite::Connection::open(program.library()).unwrap();
    let mark = "INSERT INTO mark (hash, favourite, rating) SELECT hash, 1, 4 FROM photo";
    connection.execute(mark, []).unwrap();
}

/// Whether every photo that a file holds has its stars.
fn all_marked(program: &Program) -> bool {
    program.count(
        "SELECT count(*) FROM file f JOIN photo p ON p.id = f.photo_id
         WHERE NOT EXISTS (SELECT 1 FROM mark m WHERE m.hash = p.hash AND m.rating = 4)",
    ) == 0
}

fn in_album(program: &Program) -> usize {
    let shown = program.json(&["albums", "show", "kept", "--json"]);
    shown.as_array().unwrap().len()
}

fn wide_picture(path: &Path) {
    let picture = image::RgbImage::from_fn(64, 32, |x, y| image::Rgb([(x * 3) as u8, (y * 7) as u8, 90]));
    picture.save(path).unwrap();
}

#[test]
fn a_photo_that_is_turned_beside_or_in_its_file_keeps_stars_and_albums() {
    for way in ["--beside", "--in-file"] {
        let program = Program::new();
        let photo = program.photos().join("wide.jpg");
        wide_picture(&photo);
        write_picture(&program.photos().join("other.png"), 2);
        program.json(&["index", "photos", "--json"]);
        mark(&program);
        program.run(&["albums", "make", "kept", "photos/wide.jpg"]);
        let before = std::fs::read(&photo).unwrap();
        assert_eq!(size(&program, "wide.jpg"), (64, 32));
        let printed = rotated(&program, &["right", "photos/wide.jpg", way]);
        let beside = way == "--beside";
        assert_eq!(printed.contains("wide.jpg.xmp"), beside, "{printed}");
        assert_eq!(std::fs::read(&photo).unwrap() == before, beside);
        assert_eq!(size(&program, "wide.jpg"), (32, 64));
        assert!(all_marked(&program));
        assert_eq!(in_album(&program), 1);
        // A look through the folder and a new library see the same.
        program.json(&["index", "photos", "--json"]);
        assert_eq!(size(&program, "wide.jpg"), (32, 64));
        let other = Program {
            library: program.path("other.refocus"),
            folder: tempfile::tempdir().unwrap(),
        };
        other.json(&["index", program.photos().to_str().unwrap(), "--json"]);
        assert_eq!(size(&other, "wide.jpg"), (32, 64));
        rotated(&program, &["left", "photos/wide.jpg", way]);
        assert_eq!(size(&program, "wide.jpg"), (64, 32));
        assert!(all_marked(&program));
        assert_eq!(in_album(&program), 1);
        assert!(!program.photos().join("wide.jpg.xmp").exists());
    }
}

#[test]
fn what_cannot_be_turned_is_named_and_the_others_are_turned() {
    let program = Program::new();
    let (locked, free) = (program.photos().join("locked.jpg"), program.photos().join("free.jpg"));
    wide_picture(&locked);
    write_picture(&free, 5);
    program.json(&["index", "photos", "--json"]);
    let mut permissions = std::fs::metadata(&locked).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&locked, permissions).unwrap();
    let output = program.run(&["rotate", "left", "photos/locked.jpg", "photos/free.jpg", "--in-file"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("1 photo turned, 1 photo not: this file or its folder may not be written"),
        "{said}"
    );
    assert!(said.trim_end().ends_with("locked.jpg"), "{said}");
    assert_eq!(size(&program, "locked.jpg"), (64, 32));
}
