//! The system's limit of watched folders, lowered in a user namespace of the test's own.

use std::process::Command;

use crate::program::watching::wait_for;
use crate::program::{Program, Running, write_picture};

#[test]
fn at_the_systems_limit_a_message_names_it_and_changes_are_found_all_the_same() {
    let program = Program::new();
    let photos = program.photos();
    for folder in 0..9 {
        std::fs::create_dir(photos.join(folder.to_string())).unwrap();
    }
    // The limit of a user namespace of its own concerns nobody else.
    let inner = program.command(&["index", photos.to_str().unwrap(), "--watch", "--poll-seconds", "1"]);
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "sh", "-c"])
        .arg("echo 4 > /proc/sys/user/max_inotify_watches && exec \"$0\" \"$@\"")
        .arg(inner.get_program())
        .args(inner.get_args())
        .current_dir(program.folder.path());
    let mut running = Running::start(&mut command);
    running.wait_until_it_says("watching for changes");
    running.wait_until_it_says("watches no more folders");
    assert!(
        running.said().contains("fs.inotify.max_user_watches"),
        "{}",
        running.said()
    );
    write_picture(&photos.join("7/a.png"), 1);
    wait_for(&program, &["a.png"]);
}
