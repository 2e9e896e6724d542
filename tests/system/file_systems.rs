//! File systems of their own, mounted by the test: one that is full, one that cannot be written, one that is taken out. Mounting
//! needs root.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::program::faults::{fill, one_line};
use crate::program::text::write_signs;
use crate::program::watching::names;
use crate::program::{Program, Running, rows, wait_until, write_picture};

/// A mounted file system; it ends with the test.
struct Mounted {
    place: PathBuf,
}

impl Mounted {
    /// An empty file system in memory that holds so much.
    fn tmpfs(place: &Path, size: &str) -> Self {
        mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "refocus-test"], place);
        Self {
            place: place.to_path_buf(),
        }
    }

    /// Changes how much it holds, or whether it can be written.
    fn change(&self, option: &str) {
        mount(&["-o", &format!("remount,{option}")], &self.place);
    }
}

fn mount(arguments: &[&str], place: &Path) {
    let output = Command::new("mount").args(arguments).arg(place).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "mounting needs root: {errors}");
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.place).status();
    }
}

#[test]
fn a_full_disk_stops_indexing_with_a_message_and_loses_nothing() {
    const PHOTOS: u32 = 400;
    let mut program = Program::new();
    let photos = program.photos();
    fill(&photos, PHOTOS);
    let drive = program.path("drive");
    std::fs::create_dir(&drive).unwrap();
    let mounted = Mounted::tmpfs(&drive, "1500k");
    program.library = drive.join("library.refocus");
    let path = photos.to_str().unwrap();
    for _ in 0..2 {
        let output = program.run(&["index", path, "--json"]);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            errors.contains("the disk is full") && errors.trim_end().ends_with("library.refocus"),
            "{errors}"
        );
        assert_eq!(program.integrity(), "ok");
        assert!(rows(&program) < i64::from(PHOTOS));
    }
    // What is there can be searched.
    let found = program.json(&["search", "--find", "a circle", "--json"]);
    assert_eq!(found["results"].as_array().unwrap().len() as i64, rows(&program));
    let before = rows(&program);
    mounted.change("size=64m");
    let report = program.json(&["index", path, "--json"]);
    assert_eq!(report["photos"], PHOTOS);
    assert!(report["unchanged"].as_i64().unwrap() >= before);
    assert_eq!(rows(&program), i64::from(PHOTOS));
    assert_eq!(program.integrity(), "ok");
}

/// Where the program stays it goes on by itself, and says so.
#[test]
fn a_full_disk_is_tried_again_by_a_program_that_stays() {
    const PHOTOS: u32 = 120;
    let mut program = Program::new();
    let photos = program.photos();
    fill(&photos, 10);
    let drive = program.path("drive");
    std::fs::create_dir(&drive).unwrap();
    let mounted = Mounted::tmpfs(&drive, "16m");
    program.library = drive.join("library.refocus");
    let mut running = Running::start(&mut program.command(&["index", photos.to_str().unwrap(), "--watch"]));
    running.wait_until_it_says("watching for changes");
    fill_up(&drive.join("something else"));
    fill(&photos, PHOTOS);
    running.wait_until_it_says("tried again every minute: the disk is full");
    assert!(!running.said().contains("go on:"), "{}", running.said());
    // Said once, though it is tried again meanwhile.
    std::thread::sleep(Duration::from_secs(65));
    assert_eq!(
        running.said().matches("the disk is full").count(),
        1,
        "{}",
        running.said()
    );
    mounted.change("size=64m");
    wait_until(Duration::from_secs(180), "the rest", || {
        rows(&program) == i64::from(PHOTOS)
    });
}

/// What was read stays, the rest is read once there is room.
#[test]
fn a_full_disk_stops_the_reading_of_text_with_a_message_and_loses_nothing() {
    const PHOTOS: u8 = 80;
    let mut program = Program::new();
    let photos = program.photos();
    write_signs(&photos, PHOTOS);
    let drive = program.path("drive");
    std::fs::create_dir(&drive).unwrap();
    let mounted = Mounted::tmpfs(&drive, "64m");
    program.library = drive.join("library.refocus");
    let path = photos.to_str().unwrap();
    program.json(&["index", path, "--json"]);
    let blocking = drive.join("something else");
    fill_up(&blocking);
    // Room for some of what is read.
    let length = blocking.metadata().unwrap().len();
    std::fs::OpenOptions::new()
        .write(true)
        .open(&blocking)
        .and_then(|file| file.set_len(length - (96 << 10)))
        .unwrap();
    for _ in 0..2 {
        let output = program.run(&["index", path, "--text", "--json"]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains("the disk is full"), "{errors}");
        assert!(!errors.contains("panicked"), "{errors}");
    }
    assert_eq!(program.integrity(), "ok");
    mounted.change("size=128m");
    let report = program.json(&["index", path, "--text", "--json"]);
    assert_eq!(report["text"]["with_text"], PHOTOS);
    let doctor = program.json(&["doctor", "--json"]);
    assert_eq!(
        (&doctor["text"]["integrity"], &doctor["text"]["with_text"]),
        (&"ok".into(), &PHOTOS.into())
    );
    let found = program.json(&["search", "--find", "text:cafe", "--json"]);
    assert_eq!(found["results"].as_array().unwrap().len(), usize::from(PHOTOS));
}

/// Writes a file until its file system has no room left, so that how much the library takes does not matter.
fn fill_up(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
}

#[test]
fn thumbnails_that_find_no_room_cost_nothing_but_themselves() {
    let program = Program::new();
    let photos = program.photos();
    fill(&photos, 60);
    let thumbnails = program.path("library.refocus-thumbnails");
    std::fs::create_dir(&thumbnails).unwrap();
    let _mounted = Mounted::tmpfs(&thumbnails, "64k");
    let report = program.json(&["index", photos.to_str().unwrap(), "--json"]);
    assert_eq!(report["encoded"], 60);
    let left: Vec<_> = walkdir::WalkDir::new(&thumbnails)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_library_that_cannot_be_written_can_be_searched() {
    let mut program = Program::new();
    let photos = program.photos();
    fill(&photos, 5);
    let drive = program.path("drive");
    std::fs::create_dir(&drive).unwrap();
    let mounted = Mounted::tmpfs(&drive, "16m");
    program.library = drive.join("library.refocus");
    program.json(&["index", photos.to_str().unwrap(), "--json"]);
    mounted.change("ro");
    let found = program.json(&["search", "--find", "a circle", "--json"]);
    assert_eq!(found["results"].as_array().unwrap().len(), 5);
    let output = program.run(&["index", photos.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        one_line(&output).contains("Read-only file system"),
        "{}",
        one_line(&output)
    );
    let doctor = program.json(&["doctor", "--json"]);
    assert_eq!(doctor["database"]["integrity"], "ok");
}

/// A drive that is taken out leaves the empty folder at which it was mounted.
#[test]
fn an_empty_mount_point_is_an_unplugged_drive_and_not_an_empty_folder() {
    let program = Program::new();
    let photos = program.photos();
    let drive = Mounted::tmpfs(&photos, "16m");
    for number in 0..3 {
        write_picture(&photos.join(format!("{number}.png")), number);
    }
    let path = photos.to_str().unwrap();
    program.json(&["index", path, "--json"]);
    drop(drive);
    assert_eq!(std::fs::read_dir(&photos).unwrap().count(), 0);
    let output = program.run(&["index", path, "--json"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("kept until it is back"));
    assert_eq!(program.file_rows().len(), 3);
    // Photos in the same place without the drive are taken for what they are.
    write_picture(&photos.join("7.png"), 7);
    program.json(&["index", path, "--json"]);
    assert_eq!(names(&program), ["7.png"]);
}
