//! Files that could not be read: which are tried again, and when.

use std::time::Duration;

use super::{Program, Running, wait_until, write_picture};

fn attempts(program: &Program) -> i64 {
    program.count("SELECT coalesce(max(attempts), 0) FROM failure")
}

#[test]
fn a_damaged_file_waits_for_a_change_and_a_later_gate_tries_it_again() {
    let program = Program::new();
    let photos = program.photos();
    std::fs::write(photos.join("a.jpg"), b"\xff\xd8\xff\xe0 not really").unwrap();
    let path = photos.to_str().unwrap();
    let index = || program.json(&["index", path, "--json"]);
    for _ in 0..3 {
        assert_eq!(index()["failed"], 1);
        assert_eq!(attempts(&program), 1, "it is not read again");
    }
    let connection = rusqlite::Connection::open(program.library()).unwrap();
    connection.execute("UPDATE failure SET gate = 0", []).unwrap();
    drop(connection);
    assert_eq!(index()["failed"], 1);
    assert_eq!(
        attempts(&program),
        2,
        "this program may read more than the one that failed"
    );
    write_picture(&photos.join("b.png"), 1);
    std::fs::rename(photos.join("b.png"), photos.join("a.jpg")).unwrap();
    assert_eq!(index()["encoded"], 1);
    assert_eq!(attempts(&program), 0);
}

/// Passing trouble that ends without a change of the file itself: a link whose target comes later.
#[cfg(unix)]
#[test]
fn passing_trouble_is_tried_again_by_itself_whatever_the_clock_says() {
    for failed_at in ["unixepoch() - 86400", "unixepoch() + 86400 * 365"] {
        let program = Program::new();
        let photos = program.photos();
        let target = program.path("target.png");
        std::os::unix::fs::symlink(&target, photos.join("link.png")).unwrap();
        write_picture(&photos.join("a.png"), 1);
        let path = photos.to_str().unwrap();
        let report = program.json(&["index", path, "--json"]);
        assert_eq!(
            (&report["failed"], &report["failures"][0]["kind"]),
            (&1.into(), &"io".into())
        );
        write_picture(&target, 2);
        let connection = rusqlite::Connection::open(program.library()).unwrap();
        // So often that its next try is hours away; and the clock was set back meanwhile, or not.
        let sql = format!("UPDATE failure SET attempts = 9, failed_at = {failed_at}");
        connection.execute(&sql, []).unwrap();
        drop(connection);
        let other = program.path("other");
        std::fs::create_dir(&other).unwrap();
        let _running = Running::start(&mut program.command(&["index", other.to_str().unwrap(), "--watch"]));
        wait_until(Duration::from_secs(60), failed_at, || program.file_rows().len() == 2);
        assert_eq!(attempts(&program), 0);
    }
}
