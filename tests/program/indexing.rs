//! `refocus index` on ordinary folders.

use super::{Program, assert_has_keys, write_copies, write_picture};

#[test]
fn a_second_run_encodes_nothing_and_a_changed_file_is_encoded_again() {
    let program = Program::new();
    let photos = program.photos();
    for number in 0..6 {
        write_picture(&photos.join(format!("{number}.png")), number);
    }
    std::fs::write(photos.join("notes.txt"), "not a photo").unwrap();
    let path = photos.to_str().unwrap();
    let first = program.json(&["index", path, "--json"]);
    assert_has_keys(
        &first,
        &["photos", "encoded", "unchanged", "failed", "seconds", "failures"],
    );
    assert_eq!(
        (first["photos"].as_u64(), first["encoded"].as_u64()),
        (Some(6), Some(6))
    );
    let second = program.json(&["index", path, "--json"]);
    assert_eq!(
        (second["encoded"].as_u64(), second["unchanged"].as_u64()),
        (Some(0), Some(6))
    );
    write_picture(&photos.join("0.png"), 77);
    let third = program.json(&["index", path, "--json"]);
    assert_eq!(
        (third["encoded"].as_u64(), third["unchanged"].as_u64()),
        (Some(1), Some(5))
    );
    assert_eq!(program.file_rows().len(), 6);
}

#[test]
fn a_moved_folder_is_not_encoded_again_and_a_deleted_file_goes() {
    let program = Program::new();
    let photos = program.photos();
    std::fs::create_dir(photos.join("old")).unwrap();
    for number in 0..4 {
        write_picture(&photos.join(format!("old/{number}.png")), number);
    }
    let path = photos.to_str().unwrap();
    program.json(&["index", path, "--json"]);
    std::fs::rename(photos.join("old"), photos.join("new name")).unwrap();
    std::fs::remove_file(photos.join("new name/3.png")).unwrap();
    let moved = program.json(&["index", path, "--json"]);
    assert_eq!(
        (moved["photos"].as_u64(), moved["encoded"].as_u64()),
        (Some(3), Some(0))
    );
    let rows = program.file_rows();
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter()
            .all(|(path, _)| String::from_utf8_lossy(path).contains("new name"))
    );
}

#[test]
fn all_photos_of_a_large_folder_move_with_it() {
    const PHOTOS: usize = 6000;
    let program = Program::new();
    let photos = program.photos();
    write_copies(&photos.join("old"), PHOTOS);
    let path = photos.to_str().unwrap();
    program.json(&["index", path, "--json"]);
    for (from, to) in [("old", "new"), ("new", "old again")] {
        std::fs::rename(photos.join(from), photos.join(to)).unwrap();
        let moved = program.json(&["index", path, "--json"]);
        assert_eq!(moved["encoded"].as_u64(), Some(0));
        let rows = program.file_rows();
        assert_eq!(rows.len(), PHOTOS);
        let below = photos.join(to).into_os_string().into_encoded_bytes();
        assert!(rows.iter().all(|(path, _)| path.starts_with(&below)));
    }
}

#[test]
fn a_missing_folder_is_an_error_of_one_line_and_status_1() {
    let program = Program::new();
    let output = program.run(&["index", "nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors.trim_end().lines().count(), 1, "{errors}");
    assert!(errors.trim_end().contains("nowhere"));
    assert_eq!(program.run(&["index"]).status.code(), Some(2));
}

#[test]
fn an_offline_folder_keeps_its_rows() {
    let program = Program::new();
    let photos = program.photos();
    write_picture(&photos.join("a.png"), 1);
    program.json(&["index", photos.to_str().unwrap(), "--json"]);
    let other = program.path("other");
    std::fs::create_dir(&other).unwrap();
    write_picture(&other.join("b.png"), 2);
    std::fs::rename(&photos, program.path("unplugged")).unwrap();
    program.json(&["index", other.to_str().unwrap(), "--json"]);
    assert_eq!(program.file_rows().len(), 2);
}

#[test]
fn a_library_of_a_newer_version_is_refused_and_untouched() {
    let program = Program::new();
    let photos = program.photos();
    write_picture(&photos.join("a.png"), 1);
    program.json(&["index", photos.to_str().unwrap(), "--json"]);
    rusqlite::Connection::open(program.library())
        .unwrap()
        .pragma_update(None, "user_version", 9999)
        .unwrap();
    let before = std::fs::read(program.library()).unwrap();
    let output = program.run(&["search", "--focus", "the colour", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("newer Refocus"));
    assert_eq!(std::fs::read(program.library()).unwrap(), before);
}

#[test]
fn a_folder_without_photos_is_said_to_be_one() {
    let program = Program::new();
    let (photos, other) = (program.photos(), program.path("other"));
    std::fs::create_dir(&other).unwrap();
    let said = |folders: &[&std::path::Path]| {
        let output = program.command(&["index"]).args(folders).output().unwrap();
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stderr).trim_end().to_owned()
    };
    let none = |folder: &std::path::Path| {
        let folder = std::fs::canonicalize(folder).unwrap();
        format!("no photos were found in {}", folder.display())
    };
    assert_eq!(said(&[&photos]), none(&photos));
    write_picture(&photos.join("1.png"), 1);
    let both = said(&[&photos, &other]);
    assert!(
        both.starts_with(&none(&other)) && both.contains("1 photos: 1 encoded"),
        "{both}"
    );
    assert_eq!(both.lines().count(), 2, "{both}");
}
