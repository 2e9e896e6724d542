//! `refocus people` and `refocus index --people`, as a script uses them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use refocus_engine::{
    Command, Engine, EngineConfig, Event, FaceBounds, FaceIdentity, FaceQuality, FaceSource, FindFaces, LibraryPaths,
    NewFace, PassPhase, PeopleRequest,
};
use refocus_media::Picture;
use serde_json::{Value, json};

use super::{Program, write_picture};

const PHOTOS: u32 = 24;

/// One face a photo, in every other photo that of the same person.
struct ByTurns;

impl FindFaces for ByTurns {
    fn find(&self, picture: &Picture) -> Result<Vec<NewFace>, String> {
        // Photos differ in their colours; who it is has to be told by something that the test has drawn.
        let odd = picture.width > picture.height;
        let mut values = [0i8; 128];
        for (place, value) in values.iter_mut().enumerate() {
            let first_half = place < 64;
            *value = if first_half == odd { 70 } else { -20 };
        }
        Ok(vec![NewFace {
            bounds: FaceBounds::of_fractions([0.2, 0.2, 0.6, 0.7]),
            points: [[0; 2]; 5],
            quality: FaceQuality {
                size: 120,
                sharpness: 220,
                pose: 0,
            },
            identity: FaceIdentity {
                values,
                scale: 1.0 / 700.0,
            },
        }])
    }
}

/// A library of two persons: one in wide photos, one in tall ones.
fn with_two_persons() -> Program {
    let program = Program::new();
    let photos = program.photos();
    for number in 0..PHOTOS {
        let wide = number % 2 == 0;
        let (width, height) = if wide { (64, 48) } else { (48, 64) };
        let colour = image::Rgb([number as u8 * 9, 90, 200 - number as u8 * 5]);
        let name = photos.join(format!("{number:02}-{}.png", if wide { "wide" } else { "tall" }));
        image::RgbImage::from_pixel(width, height, colour).save(name).unwrap();
    }
    let mut config = EngineConfig::new(LibraryPaths::at(&program.library()));
    config.faces = FaceSource::new(|| Ok(Arc::new(ByTurns)));
    let engine = Engine::start(config).unwrap();
    engine.send(Command::AddFolder(photos));
    engine.send(Command::People {
        id: 1,
        request: PeopleRequest::SwitchOn,
    });
    loop {
        let event = engine.link().events.recv_timeout(Duration::from_secs(120)).unwrap();
        if let Event::Pass(pass) = event
            && pass.phase == PassPhase::UpToDate
            && pass.done == PHOTOS as usize
        {
            break;
        }
    }
    drop(engine);
    program
}

fn people_file(program: &Program) -> PathBuf {
    program.path("library.refocus-people")
}

/// Number, name, photos of everybody, by `list --json`.
fn listed(program: &Program) -> Vec<(i64, Value, u64)> {
    let list = program.json(&["people", "list", "--all", "--json"]);
    let entry = |person: &Value| {
        let number = |key: &str| person[key].as_i64().unwrap();
        assert_eq!(number("faces"), number("photos"));
        (number("id"), person["name"].clone(), number("photos") as u64)
    };
    list.as_array().unwrap().iter().map(entry).collect()
}

fn failed(program: &Program, arguments: &[&str], status: i32, says: &str) {
    let output = program.run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {errors}");
    assert!(errors.contains(says), "{errors}");
}

fn paths(answer: &Value) -> Vec<String> {
    let results = answer["results"].as_array().unwrap();
    results
        .iter()
        .map(|result| result["path"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn nobody_is_known_before_somebody_said_yes() {
    let program = Program::new();
    write_picture(&program.photos().join("a.png"), 1);
    let indexed = program.json(&["index", "photos", "--json"]);
    assert_eq!(indexed["people"], Value::Null);
    assert!(!people_file(&program).exists());
    assert_eq!(program.json(&["people", "list", "--json"]), json!([]));
    failed(&program, &["people", "name", "1", "Anna"], 1, "index --people");
    assert!(!people_file(&program).exists());

    // The models that ship find no face in coloured squares.
    let mut indexed = program.json(&["index", "photos", "--people", "--json"]);
    assert!(indexed["people"]["seconds"].take().as_f64().unwrap() > 0.0);
    assert_eq!(
        indexed["people"],
        json!({"seconds": null, "photos": 1, "unreachable": 0, "faces": 0, "persons": 0, "of_nobody": 0})
    );
    assert!(people_file(&program).exists());
    failed(&program, &["people", "forget"], 2, "--yes");
    assert!(people_file(&program).exists());
    program.json(&["people", "forget", "--yes", "--json"]);
    let left = std::fs::read_dir(program.folder.path()).unwrap();
    let left: Vec<PathBuf> = left.map(|entry| entry.unwrap().path()).collect();
    assert!(!left.iter().any(|path| names_people(path)), "{left:?}");
}

/// A window that rested the search for faces, or a search that had nothing left to do, made the command wait for ever.
#[test]
fn looking_for_faces_again_ends_also_where_nothing_is_new_or_the_window_rests() {
    let program = Program::new();
    write_picture(&program.photos().join("a.png"), 1);
    let settings = program.path("config/refocus");
    std::fs::create_dir_all(&settings).unwrap();
    let rests = json!({"library": program.library(), "faces_paused": true});
    std::fs::write(settings.join("window.json"), rests.to_string()).unwrap();
    for photos in [1, 1, 1, 2, 2] {
        write_picture(&program.photos().join(format!("{photos}.png")), photos + 10);
        let mut command = program.command(&["index", "photos", "--people", "--json"]);
        let command = command.env("XDG_CONFIG_HOME", program.path("config"));
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let start = std::time::Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(
                start.elapsed() < Duration::from_secs(120),
                "it waits for what never comes"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output().unwrap();
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told["people"]["photos"], told["photos"]);
    }
}

fn names_people(path: &Path) -> bool {
    path.file_name().unwrap().to_string_lossy().contains("people")
}

#[test]
fn persons_are_named_merged_split_hidden_exported_and_read_again() {
    let program = with_two_persons();
    let persons = listed(&program);
    assert_eq!(persons.len(), 2, "{persons:?}");
    let wide = program.json(&["people", "faces", &persons[0].0.to_string(), "--json"]);
    let first = wide[0]["path"].as_str().unwrap();
    let is_wide = first.contains("wide");
    let (wide, tall) = if is_wide {
        (persons[0].0, persons[1].0)
    } else {
        (persons[1].0, persons[0].0)
    };

    program.json(&["people", "name", &wide.to_string(), "Anna Lund", "--json"]);
    program.json(&["people", "name", &tall.to_string(), "Ben", "--json"]);
    let of_anna = program.json(&["search", "--find", "anna lund", "--json"]);
    assert_eq!(paths(&of_anna).len(), PHOTOS as usize / 2);
    assert!(paths(&of_anna).iter().all(|path| path.contains("wide")));
    assert_eq!(of_anna["results"][0]["people"], json!(["Anna Lund"]));
    let without = program.json(&["search", "--find", "-ben", "--json"]);
    assert!(paths(&without).iter().all(|path| path.contains("wide")));

    // Two photos of Ben show somebody else; then all are one, and it is taken back.
    let split = [
        "people",
        "split",
        "ben",
        "photos/01-tall.png",
        "photos/03-tall.png",
        "--name",
        "Cem",
        "--json",
    ];
    let after = program.json(&split);
    assert_eq!(after["people"].as_array().unwrap().len(), 3);
    program.json(&["people", "merge", "Anna Lund", "ben", "cem", "--json"]);
    assert_eq!(listed(&program).len(), 1);
    program.json(&["people", "undo", "--json"]);
    assert_eq!(listed(&program).len(), 3);
    failed(
        &program,
        &["people", "merge", "anna lund", "nobody at all"],
        1,
        "nobody is called",
    );

    program.json(&["people", "hide", "cem", "--json"]);
    let shown = program.json(&["people", "list", "--json"]);
    assert_eq!(shown.as_array().unwrap().len(), 2);
    let groups = program.json(&["groups", "--focus", "the same people", "--json"]);
    let heads: Vec<&Value> = groups["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| &group["value_words"])
        .collect();
    assert_eq!(heads, [&json!(["Anna Lund"]), &json!(["Ben"]), &json!([])]);

    let names = program.path("names.json");
    let exported = program.run(&["people", "export", names.to_str().unwrap()]);
    assert!(exported.status.success());
    let before = listed(&program);
    program.json(&["people", "forget", "--yes", "--json"]);
    failed(
        &program,
        &["people", "import", names.to_str().unwrap()],
        1,
        "index --people",
    );
    failed(
        &program,
        &["people", "import", "photos/01-tall.png"],
        1,
        "index --people",
    );
    assert_eq!(before.len(), 3);
}
