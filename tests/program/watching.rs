//! `refocus index --watch`: what happens on the disk is seen at once, and a folder that goes away keeps its photos.

use std::path::Path;
use std::time::Duration;

use super::{AT_ONCE, Program, Running, wait_until, write_copies, write_picture};

/// What a folder of many photos may take: they are decoded and encoded as well.
const MANY_PHOTOS: Duration = Duration::from_secs(120);

/// Nothing is found by looking through folders while a test runs.
const NO_POLLING: [&str; 2] = ["--poll-seconds", "3600"];

/// A moment in which something would have been seen, if it were seen.
const A_WHILE: Duration = Duration::from_secs(2);

fn watch(program: &Program, more: &[&str]) -> Running {
    let photos = program.photos();
    let arguments = [&["index", photos.to_str().unwrap(), "--watch"], more].concat();
    let mut running = Running::start(&mut program.command(&arguments));
    running.wait_until_it_says("watching for changes");
    running
}

pub(crate) fn names(program: &Program) -> Vec<String> {
    let rows = program.file_rows().into_iter();
    let path = rows.map(|(path, _)| String::from_utf8(path).unwrap());
    path.map(|path| Path::new(&path).file_name().unwrap().to_str().unwrap().to_owned())
        .collect()
}

pub(crate) fn wait_for(program: &Program, expected: &[&str]) {
    let took = wait_until(AT_ONCE, &format!("{expected:?}"), || names(program) == expected);
    println!("{expected:?} after {} ms", took.as_millis());
}

fn file_id(program: &Program, name: &str) -> i64 {
    program.count(&format!(
        "SELECT coalesce(max(id), -1) FROM file WHERE CAST(path AS TEXT) LIKE '%/{name}'"
    ))
}

#[test]
fn what_comes_changes_moves_and_goes_is_seen_at_once() {
    let program = Program::new();
    let photos = program.photos();
    write_picture(&photos.join("a.png"), 1);
    write_picture(&photos.join("b.png"), 2);
    let running = watch(&program, &NO_POLLING);
    write_picture(&photos.join("c.png"), 3);
    wait_for(&program, &["a.png", "b.png", "c.png"]);

    // A photo's identity is its content hash: a rename keeps the row, and nothing is encoded.
    let before = file_id(&program, "a.png");
    let encodings = program.count("SELECT count(*) FROM encoding");
    std::fs::rename(photos.join("a.png"), photos.join("d.png")).unwrap();
    wait_for(&program, &["b.png", "c.png", "d.png"]);
    assert_eq!(file_id(&program, "d.png"), before);
    std::fs::create_dir(photos.join("sub")).unwrap();
    std::fs::rename(photos.join("d.png"), photos.join("sub/d.png")).unwrap();
    wait_until(AT_ONCE, "moved into a folder", || {
        program.count("SELECT count(*) FROM file WHERE CAST(path AS TEXT) LIKE '%/sub/d.png'") == 1
    });
    assert_eq!(file_id(&program, "d.png"), before);
    std::fs::rename(photos.join("sub"), photos.join("renamed")).unwrap();
    wait_until(AT_ONCE, "the folder's new name", || {
        program.count("SELECT count(*) FROM file WHERE CAST(path AS TEXT) LIKE '%/renamed/d.png'") == 1
    });
    assert_eq!(file_id(&program, "d.png"), before);
    assert_eq!(program.count("SELECT count(*) FROM encoding"), encodings);

    // The same path with other bytes is another photo.
    write_picture(&photos.join("b.png"), 9);
    wait_until(AT_ONCE, "b.png is encoded again", || {
        program.count("SELECT count(*) FROM encoding") == encodings + 1
    });
    assert_eq!(names(&program), ["b.png", "c.png", "d.png"]);

    std::fs::remove_file(photos.join("c.png")).unwrap();
    wait_for(&program, &["b.png", "d.png"]);
    std::fs::remove_dir_all(photos.join("renamed")).unwrap();
    wait_for(&program, &["b.png"]);
    assert_eq!(running.said().matches("refocus:").count(), 0, "{}", running.said());
    assert_eq!(program.integrity(), "ok");
}

#[test]
fn a_file_that_marks_its_folder_takes_the_photos_away_and_its_end_brings_them_back() {
    let program = Program::new();
    let photos = program.photos();
    write_picture(&photos.join("a.png"), 1);
    std::fs::create_dir_all(photos.join("covers/deep")).unwrap();
    write_picture(&photos.join("covers/b.png"), 2);
    write_picture(&photos.join("covers/deep/c.png"), 3);
    let mut running = watch(&program, &NO_POLLING);
    let marker = photos.join("covers/.nomedia");
    std::fs::write(&marker, "").unwrap();
    wait_for(&program, &["a.png"]);
    running.wait_until_it_says("2 photos are left out from now on (.nomedia);");
    write_picture(&photos.join("covers/d.png"), 4);
    std::thread::sleep(A_WHILE);
    assert_eq!(names(&program), ["a.png"], "what comes into it is left out too");
    let encodings = program.count("SELECT count(*) FROM encoding");
    std::fs::remove_file(&marker).unwrap();
    wait_for(&program, &["a.png", "b.png", "d.png", "c.png"]);
    assert_eq!(
        program.count("SELECT count(*) FROM encoding"),
        encodings + 1,
        "only d.png is new"
    );

    // One in the added folder itself says nothing of a folder that the person asked for.
    std::fs::write(photos.join(".nomedia"), "").unwrap();
    // A folder is renamed to a name that the table knows, and back.
    std::fs::rename(photos.join("covers"), photos.join("#recycle")).unwrap();
    wait_for(&program, &["a.png"]);
    std::fs::rename(photos.join("#recycle"), photos.join("covers")).unwrap();
    wait_for(&program, &["a.png", "b.png", "d.png", "c.png"]);
    assert!(!running.said().contains("empty now"), "{}", running.said());
}

#[test]
fn a_folder_of_many_photos_that_is_dropped_in_is_taken_in_whole() {
    let program = Program::new();
    let photos = program.photos();
    let elsewhere = program.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    for number in 0..120 {
        write_picture(&elsewhere.join(format!("{number:03}.png")), number);
    }
    let _running = watch(&program, &NO_POLLING);
    std::fs::rename(&elsewhere, photos.join("dropped")).unwrap();
    wait_until(MANY_PHOTOS, "120 photos", || program.file_rows().len() == 120);
    std::fs::remove_dir_all(photos.join("dropped")).unwrap();
    wait_for(&program, &[]);
}

#[test]
fn a_file_that_grows_while_it_is_copied_ends_as_one_photo_and_no_problem() {
    let program = Program::new();
    let photos = program.photos();
    let _running = watch(&program, &NO_POLLING);
    write_picture(&program.path("whole.png"), 5);
    let whole = std::fs::read(program.path("whole.png")).unwrap();
    for end in [whole.len() / 4, whole.len() / 2, whole.len()] {
        std::fs::write(photos.join("slow.png"), &whole[..end]).unwrap();
        std::thread::sleep(Duration::from_millis(700));
    }
    wait_for(&program, &["slow.png"]);
    wait_until(AT_ONCE, "no failure is left", || {
        program.count("SELECT count(*) FROM failure") == 0
    });
}

#[test]
fn where_the_system_does_not_tell_the_folder_is_looked_through() {
    let program = Program::new();
    let photos = program.photos();
    write_picture(&photos.join("a.png"), 1);
    let _running = watch(&program, &["--only-poll", "--poll-seconds", "1"]);
    write_picture(&photos.join("b.png"), 2);
    wait_for(&program, &["a.png", "b.png"]);
    std::fs::remove_file(photos.join("a.png")).unwrap();
    wait_for(&program, &["b.png"]);
}

#[test]
fn a_folder_that_goes_away_keeps_its_photos_and_is_looked_through_when_it_is_back() {
    let program = Program::new();
    let photos = program.photos();
    for number in 0..5 {
        write_picture(&photos.join(format!("{number}.png")), number);
    }
    let mut running = watch(&program, &NO_POLLING);
    let away = program.path("unplugged");
    std::fs::rename(&photos, &away).unwrap();
    running.wait_until_it_says("kept until it is back");
    std::thread::sleep(A_WHILE);
    assert_eq!(program.file_rows().len(), 5);
    assert_eq!(program.count("SELECT count(*) FROM failure"), 0);
    write_picture(&away.join("5.png"), 5);
    std::fs::remove_file(away.join("0.png")).unwrap();
    std::fs::rename(&away, &photos).unwrap();
    wait_for(&program, &["1.png", "2.png", "3.png", "4.png", "5.png"]);
    // It is watched again.
    write_picture(&photos.join("6.png"), 6);
    wait_for(&program, &["1.png", "2.png", "3.png", "4.png", "5.png", "6.png"]);
}

#[test]
fn a_folder_that_disappears_while_it_is_scanned_loses_nothing() {
    let program = Program::new();
    let photos = program.photos();
    for number in 0..150 {
        let folder = photos.join(format!("{}", number / 10));
        std::fs::create_dir_all(&folder).unwrap();
        write_picture(&folder.join(format!("{number}.png")), number);
    }
    let path = photos.to_str().unwrap();
    let away = program.path("away");
    for round in 0..3 {
        let before = if program.library().exists() {
            program.file_rows().len()
        } else {
            0
        };
        let mut running = Running::start(&mut program.command(&["index", path]));
        wait_until(MANY_PHOTOS, "it has begun", || {
            running.child.try_wait().unwrap().is_some()
                || (program.library().exists() && super::rows(&program) > before as i64)
        });
        std::fs::rename(&photos, &away).unwrap();
        let status = running.child.wait().unwrap();
        std::fs::rename(&away, &photos).unwrap();
        assert!(status.success(), "{round}: {}", running.said());
        assert_eq!(program.count("SELECT count(*) FROM failure"), 0, "{round}");
        assert!(program.file_rows().len() >= before, "{round}");
    }
    program.json(&["index", path, "--json"]);
    assert_eq!(program.file_rows().len(), 150);
    assert_eq!(program.integrity(), "ok");
}

#[test]
fn a_folder_that_is_renamed_back_and_forth_while_it_is_read_ends_as_it_is() {
    const PHOTOS: usize = 1500;
    let program = Program::new();
    let photos = program.photos();
    write_copies(&photos.join("here"), PHOTOS);
    let running = watch(&program, &NO_POLLING);
    let wait = |milliseconds| std::thread::sleep(Duration::from_millis(milliseconds));
    for round in 0..12 {
        // The pauses go from below to above the delay after which the watcher handles a change.
        std::fs::rename(photos.join("here"), photos.join("there")).unwrap();
        wait(60 + 90 * round);
        std::fs::rename(photos.join("there"), photos.join("here")).unwrap();
        wait(900 - 70 * round);
    }
    let below = photos.join("here").into_os_string().into_encoded_bytes();
    let took = wait_until(MANY_PHOTOS, "all photos at their place", || {
        let rows = program.file_rows();
        rows.len() == PHOTOS && rows.iter().all(|(path, _)| path.starts_with(&below))
    });
    // The state is final, not one on the way to another.
    wait(2000);
    assert_eq!(program.file_rows().len(), PHOTOS, "{}", running.said());
    assert_eq!(program.count("SELECT count(*) FROM failure"), 0);
    println!("as it is after {} ms", took.as_millis());
}

fn hash_of(program: &Program, name: &str) -> Vec<u8> {
    let mut rows = program.file_rows().into_iter();
    rows.find(|(path, _)| path.ends_with(name.as_bytes()))
        .map_or_else(Vec::new, |(_, hash)| hash)
}

#[test]
fn photos_that_change_places_are_told_apart_though_size_and_time_are_the_same() {
    let program = Program::new();
    let photos = program.photos();
    let time = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let at_the_same_time = |name: &str| {
        let file = std::fs::File::options().write(true).open(photos.join(name)).unwrap();
        file.set_modified(time).unwrap();
    };
    for (number, name) in ["a.bmp", "b.bmp"].into_iter().enumerate() {
        write_picture(&photos.join(name), number as u32);
        at_the_same_time(name);
    }
    let running = watch(&program, &NO_POLLING);
    let (a, b) = (hash_of(&program, "a.bmp"), hash_of(&program, "b.bmp"));
    assert_ne!(a, b);
    std::fs::rename(photos.join("a.bmp"), photos.join("aside")).unwrap();
    std::fs::rename(photos.join("b.bmp"), photos.join("a.bmp")).unwrap();
    std::fs::rename(photos.join("aside"), photos.join("b.bmp")).unwrap();
    wait_until(AT_ONCE, "swapped", || {
        hash_of(&program, "a.bmp") == b && hash_of(&program, "b.bmp") == a
    });
    write_picture(&photos.join("a.bmp"), 5);
    at_the_same_time("a.bmp");
    wait_until(AT_ONCE, "written anew, its time set back", || {
        ![&a, &b].contains(&&hash_of(&program, "a.bmp"))
    });
    drop(running);
}

#[cfg(unix)]
#[test]
fn a_folder_with_two_links_to_it_is_listed_once() {
    use std::os::unix::fs::symlink;
    let program = Program::new();
    let (photos, outside) = (program.photos(), program.path("outside"));
    std::fs::create_dir(&outside).unwrap();
    write_picture(&outside.join("a.png"), 1);
    symlink(&outside, photos.join("first")).unwrap();
    let running = watch(&program, &NO_POLLING);
    wait_for(&program, &["a.png"]);
    std::fs::create_dir(photos.join("new")).unwrap();
    symlink(&outside, photos.join("new/second")).unwrap();
    write_picture(&outside.join("b.png"), 2);
    write_picture(&photos.join("c.png"), 3);
    let listed = |expected: &[&str]| {
        wait_until(AT_ONCE, &format!("{expected:?}"), || {
            let mut names = names(&program);
            names.sort();
            names == expected
        });
    };
    listed(&["a.png", "b.png", "c.png"]);
    std::fs::remove_file(photos.join("first")).unwrap();
    wait_until(AT_ONCE, "listed under the link that is left", || {
        program.count("SELECT count(*) FROM file WHERE CAST(path AS TEXT) LIKE '%/second/%'") == 2
    });
    listed(&["a.png", "b.png", "c.png"]);
    std::thread::sleep(A_WHILE);
    listed(&["a.png", "b.png", "c.png"]);
    drop(running);
}
