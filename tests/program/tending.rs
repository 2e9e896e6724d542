//! Looking after a library: clean-up, repair, copies, another drive, another place of a folder, crash reports.

use std::path::Path;

use super::{Program, assert_has_keys, write_picture};

fn indexed(count: u32) -> Program {
    let program = Program::new();
    let photos = program.photos();
    for number in 0..count {
        write_picture(&photos.join(format!("{number:02}.png")), number);
    }
    program.json(&["index", photos.to_str().unwrap(), "--json"]);
    program
}

fn thumbnails(program: &Program) -> usize {
    walkdir::WalkDir::new(program.path("library.refocus-thumbnails"))
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .count()
}

#[test]
fn a_clean_up_forgets_what_no_file_holds_and_keeps_the_rest() {
    let program = indexed(30);
    let photos = program.photos();
    for number in 0..20 {
        std::fs::remove_file(photos.join(format!("{number:02}.png"))).unwrap();
    }
    program.json(&["index", photos.to_str().unwrap(), "--json"]);
    let before = program.json(&["doctor", "--json"]);
    assert_has_keys(
        &before,
        &[
            "version",
            "model",
            "devices",
            "database",
            "thumbnails_bytes",
            "photos",
            "failures",
        ],
    );
    assert_eq!(before["database"]["photos_without_file"], 20);
    assert_eq!(thumbnails(&program), 30);
    let text = String::from_utf8(program.run(&["doctor"]).stdout).unwrap();
    assert!(text.contains("refocus doctor --clean-up"), "{text}");
    let after = program.json(&["doctor", "--clean-up", "--json"]);
    assert_eq!(after["database"]["photos_without_file"], 0);
    assert_eq!(after["database"]["integrity"], "ok");
    assert!(after["database"]["bytes"].as_u64() < before["database"]["bytes"].as_u64());
    assert_eq!(thumbnails(&program), 10);
    let again = program.json(&["index", photos.to_str().unwrap(), "--json"]);
    assert_eq!((&again["encoded"], &again["unchanged"]), (&0.into(), &10.into()));
}

#[test]
fn a_repair_is_done_where_it_is_needed() {
    let program = indexed(40);
    let output = program.run(&["doctor", "--repair"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing to repair"));
    let mut bytes = std::fs::read(program.library()).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 8192].fill(0);
    std::fs::write(program.library(), bytes).unwrap();
    let output = program.run(&["doctor", "--repair"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.contains("put aside"), "{errors}");
    assert_eq!(program.integrity(), "ok");
    let photos = program.photos();
    assert_eq!(
        program.json(&["index", photos.to_str().unwrap(), "--json"])["photos"],
        40
    );
    assert_eq!(program.file_rows().len(), 40);
}

#[test]
fn a_library_is_copied_moved_and_told_where_its_folder_is() {
    let mut program = indexed(6);
    let copy = program.path("a copy.refocus");
    let rows = program.file_rows();
    assert!(
        program
            .run(&["library", "backup", copy.to_str().unwrap()])
            .status
            .success()
    );
    assert_eq!(
        program
            .run(&["library", "backup", copy.to_str().unwrap()])
            .status
            .code(),
        Some(2)
    );
    let elsewhere = program.path("other drive");
    std::fs::create_dir(&elsewhere).unwrap();
    let output = program.run(&["library", "move", elsewhere.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!program.library().exists());
    for library in [copy, elsewhere.join("library.refocus")] {
        program.library = library;
        assert_eq!(program.file_rows(), rows);
        assert_eq!(program.integrity(), "ok");
    }

    let (photos, new) = (program.photos(), program.path("new place"));
    std::fs::rename(&photos, &new).unwrap();
    let relink = |to: &Path| program.run(&["library", "relink", photos.to_str().unwrap(), to.to_str().unwrap()]);
    let wrong = relink(&elsewhere);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("None of the photos"));
    assert_eq!(program.file_rows(), rows);
    let ids = program.count("SELECT sum(id) FROM file");
    let right = relink(&new);
    let errors = String::from_utf8_lossy(&right.stderr);
    assert!(
        right.status.success() && errors.contains("6 known, 0 newly encoded"),
        "{errors}"
    );
    assert_eq!(program.count("SELECT sum(id) FROM file"), ids, "the same rows");
    for (path, _) in program.file_rows() {
        assert!(String::from_utf8(path).unwrap().contains("/new place/"));
    }
    let again = program.json(&["index", new.to_str().unwrap(), "--json"]);
    assert_eq!(again["unchanged"], 6);
}

/// Where the person's own library lies is remembered when it is moved.
#[test]
fn the_persons_own_library_is_found_where_it_was_moved_to() {
    let program = indexed(2);
    let own = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_refocus"));
        command
            .args(arguments)
            .env("HOME", program.path("home"))
            .env("XDG_DATA_HOME", program.path("home/data"))
            .env("XDG_CACHE_HOME", program.path("home/cache"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let photos = program.photos();
    own(&["index", photos.to_str().unwrap()]);
    let drive = program.path("drive.refocus");
    own(&["library", "move", drive.to_str().unwrap()]);
    let doctor: serde_json::Value = serde_json::from_str(&own(&["doctor", "--json"])).unwrap();
    assert_eq!(doctor["database"]["path"], drive.to_str().unwrap());
    assert_eq!(doctor["photos"], 2);
}

#[test]
fn a_crash_leaves_a_report_without_file_names() {
    let program = Program::new();
    let data = program.path("data");
    let output = program
        .command(&["doctor", "--crash"])
        .env("XDG_DATA_HOME", &data)
        .env("HOME", program.path("home"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(101));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("a report of this crash was written"), "{said}");
    let folder = data.join("refocus/logs/crashes");
    let reports: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(reports.len(), 1);
    let text = std::fs::read_to_string(&reports[0]).unwrap();
    for part in [
        env!("CARGO_PKG_VERSION"),
        "crash_report.rs",
        "backtrace",
        "message asked for, at <path>",
        "about to crash",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(!text.contains("secret") && !text.contains("somebody"), "{text}");
    let doctor = program
        .command(&["doctor", "--json"])
        .env("XDG_DATA_HOME", &data)
        .env("HOME", program.path("home"))
        .output()
        .unwrap();
    let doctor: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap();
    assert_eq!(doctor["crash_reports"], 1);
}
