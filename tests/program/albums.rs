//! `refocus albums`, and searches within an album or a folder, as a script uses them.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::{Program, write_picture};

fn with_photos(count: u32) -> Program {
    let program = Program::new();
    for number in 0..count {
        let folder = program.photos().join(if number % 2 == 0 { "even" } else { "odd" });
        std::fs::create_dir_all(&folder).unwrap();
        write_picture(&folder.join(format!("{number}.png")), number);
    }
    write_picture(&program.photos().join("top.png"), 1000);
    program.json(&["index", "photos", "--json"]);
    program
}

fn done(program: &Program, arguments: &[&str]) -> String {
    let output = program.run(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

fn refused(program: &Program, arguments: &[&str], words: &str) {
    let output = program.run(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    assert!(said.contains(words), "{arguments:?}: {said}");
}

/// Path and number of photos of each album.
fn listed(program: &Program) -> Vec<(String, u64)> {
    let list = program.json(&["albums", "list", "--json"]);
    let albums = list.as_array().unwrap().iter();
    albums
        .map(|album| {
            (
                album["path"].as_str().unwrap().to_owned(),
                album["photos"].as_u64().unwrap(),
            )
        })
        .collect()
}

fn names(found: &Value) -> Vec<String> {
    let name = |entry: &Value| {
        let path = PathBuf::from(entry["path"].as_str().unwrap());
        path.file_name().unwrap().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = found.as_array().unwrap().iter().map(name).collect();
    names.sort_unstable();
    names
}

#[test]
fn albums_are_made_filled_moved_exported_and_searched() {
    let program = with_photos(6);
    let even = |number: u32| format!("photos/even/{number}.png");
    let said = done(&program, &["albums", "make", "Norway", &even(0), &even(2), &even(0)]);
    assert!(said.contains("the album Norway was made with 2 photos"), "{said}");
    done(
        &program,
        &["albums", "make", "Fjords", "photos/odd/1.png", "--inside", "norway"],
    );
    let said = done(
        &program,
        &["albums", "add", "Norway/Fjords", "photos/odd/1.png", "photos/odd/3.png"],
    );
    assert!(said.contains("1 photo put into Fjords"), "{said}");
    let expected = |counts: [u64; 2]| {
        vec![
            ("Norway".to_owned(), counts[0]),
            ("Norway/Fjords".to_owned(), counts[1]),
        ]
    };
    assert_eq!(listed(&program), expected([4, 2]));
    let found = program.json(&["search", "--album", "norway", "--find", "a colour", "--json"]);
    assert_eq!(names(&found["results"]), ["0.png", "1.png", "2.png", "3.png"]);
    let found = program.json(&["search", "--album", "Fjords", "--in", "photos/odd", "--json"]);
    assert_eq!(names(&found["results"]), ["1.png", "3.png"]);
    let found = program.json(&["search", "--in", "photos", "--this-level", "--json"]);
    assert_eq!(names(&found["results"]), ["top.png"]);
    refused(&program, &["search", "--album", "Sweden"], "there is no album Sweden");
    refused(
        &program,
        &["albums", "make", "NORWAY"],
        "there is an album Norway here already",
    );
    refused(
        &program,
        &["albums", "move", "Norway", "--inside", "Fjords"],
        "cannot lie in itself",
    );
    refused(
        &program,
        &["albums", "add", "Norway", "Cargo.toml"],
        "no photo of the library: Cargo.toml",
    );

    // What a photo is in does not hang on where it lies: moved, renamed, with its folder too.
    std::fs::rename(program.path(&even(0)), program.path("photos/moved.png")).unwrap();
    std::fs::rename(program.photos(), program.path("elsewhere")).unwrap();
    done(&program, &["library", "relink", "photos", "elsewhere"]);
    program.json(&["index", "elsewhere", "--json"]);
    assert_eq!(listed(&program), expected([4, 2]));
    assert_eq!(
        names(&program.json(&["albums", "show", "norway", "--json"])),
        ["1.png", "2.png", "3.png", "moved.png"]
    );

    done(&program, &["albums", "export", "albums.json"]);
    let said = done(&program, &["albums", "take-out", "Norway", "elsewhere/odd/1.png"]);
    assert!(said.contains("1 photo taken out of Norway"), "{said}");
    assert_eq!(listed(&program), expected([3, 1]));
    done(&program, &["albums", "rename", "Fjords", "water"]);
    done(&program, &["albums", "move", "water"]);
    done(&program, &["albums", "delete", "Norway"]);
    assert_eq!(listed(&program), [("water".to_owned(), 1)]);
    assert!(program.path("elsewhere/even/2.png").exists());
    done(&program, &["albums", "import", "albums.json"]);
    let back = listed(&program);
    assert_eq!(back[..2], expected([4, 2]));
    assert_eq!(back.len(), 3);

    // A copy of the library has them, one that was moved too.
    let text = |library: &str| std::fs::read_to_string(program.path(&format!("{library}-albums.json")));
    let own = program.library().file_name().unwrap().to_string_lossy().into_owned();
    let before = text(&own).unwrap();
    done(&program, &["library", "backup", "copy.refocus"]);
    assert_eq!(text("copy.refocus").unwrap(), before);
    done(&program, &["library", "move", "moved.refocus"]);
    assert_eq!(text("moved.refocus").unwrap(), before);
    assert!(text(&own).is_err(), "nothing is left of it");
}

#[test]
fn a_damaged_file_of_albums_is_told_and_left_as_it_is() {
    let program = with_photos(2);
    done(&program, &["albums", "make", "Norway"]);
    let mut file = program.library().into_os_string();
    file.push("-albums.json");
    let file = PathBuf::from(file);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &text[..text.len() / 2]).unwrap();
    for arguments in [
        &["albums", "list"][..],
        &["albums", "make", "Sweden"],
        &["search", "--album", "Norway"],
    ] {
        refused(&program, arguments, "the albums are damaged");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text[..text.len() / 2]);
    }
    // Everything else goes on.
    assert_eq!(program.json(&["search", "--json"])["photos"], 3);
    std::fs::write(&file, text).unwrap();
    assert_eq!(listed(&program), [("Norway".to_owned(), 0)]);
}

#[test]
fn a_kill_leaves_the_albums_as_they_were_or_as_they_were_to_be() {
    let program = with_photos(4);
    let mut made = 0;
    for round in 0..16_u64 {
        let name = format!("album {round}");
        let mut child = program
            .command(&["albums", "make", &name, "photos/top.png"])
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(40 + 37 * (round % 8)));
        // It may have ended.
        let _ = child.kill();
        let ended = child.wait().unwrap().success();
        let albums = listed(&program);
        let there = albums.iter().any(|(path, photos)| *path == name && *photos == 1);
        assert!(there || !ended, "{name} was made");
        made += usize::from(there);
        assert_eq!(albums.len(), made, "{albums:?}");
    }
}
