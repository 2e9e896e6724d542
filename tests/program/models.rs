//! Two models in one library: both encode it, one takes over from the other and back, also when it is killed in between.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{Program, write_picture};

const PHOTOS: u32 = 60;
/// Photos that come later.
const NEW: u32 = 24;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/checkpoints")
        .join(name)
}

fn run(program: &Program, arguments: &[&str]) -> String {
    let output = program.run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    errors + &String::from_utf8_lossy(&output.stdout)
}

/// Encodings of each model: its key and how many, by key.
fn encodings(program: &Program) -> Vec<(String, i64)> {
    let connection = rusqlite::Connection::open(program.library()).unwrap();
    let sql = "SELECT m.key, count(*) FROM encoding e JOIN model m ON m.id = e.model_id GROUP BY m.key ORDER BY m.key";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Everything that is stored for photos by one model, in order.
fn rows_of(program: &Program, model: &str) -> Vec<Vec<u8>> {
    let connection = rusqlite::Connection::open(program.library()).unwrap();
    let sql = "SELECT e.row FROM encoding e JOIN model m ON m.id = e.model_id WHERE m.key LIKE ?1 || '@%' ORDER BY e.photo_id";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([model], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Kills `refocus model use` when the model has so many encodings.
fn kill_while_taking_over(program: &Program, model: &str, encoded: usize) {
    let mut taking_over = program
        .command(&["model", "use", model])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while Instant::now() < deadline && taking_over.try_wait().unwrap().is_none() {
        if rows_of(program, model).len() >= encoded {
            break;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    taking_over.kill().unwrap();
    taking_over.wait().unwrap();
}

#[test]
fn two_models_serve_one_library_by_turns_and_nothing_is_lost_or_mixed_up() {
    let program = Program::new();
    let photos = program.photos();
    for number in 0..PHOTOS {
        write_picture(&photos.join(format!("{number:04}.png")), number);
    }
    run(&program, &["index", photos.to_str().unwrap()]);
    let before = rows_of(&program, "built-in");
    assert_eq!(before.len(), PHOTOS as usize);

    run(
        &program,
        &["model", "import", fixture("clip").to_str().unwrap(), "--name", "tiny"],
    );
    let listed = program.json(&["model", "list", "--json"]);
    let state = |name: &str, listed: &serde_json::Value| {
        let model = listed.as_array().unwrap().iter().find(|model| model["name"] == name);
        model.unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (state("built-in", &listed).as_str(), state("tiny", &listed).as_str()),
        ("in use", "there")
    );

    // Killed while the new model encodes: the old one still serves, what was encoded stays.
    kill_while_taking_over(&program, "tiny", 8);
    assert_eq!(program.integrity(), "ok");
    assert_eq!(rows_of(&program, "built-in"), before);
    let half = rows_of(&program, "tiny");

    let search = |focus: &str| {
        let like = photos.join("0007.png");
        program.json(&["search", "--like", like.to_str().unwrap(), "--focus", focus, "--json"])
    };
    let found = search("the colour");
    assert_eq!(found["results"].as_array().unwrap().len(), PHOTOS as usize);

    // It goes on where it was.
    run(&program, &["model", "use", "tiny"]);
    let own = rows_of(&program, "tiny");
    assert_eq!(own.len(), PHOTOS as usize);
    assert!(
        half.iter().all(|row| own.contains(row)),
        "what was encoded before the kill is still there"
    );
    assert_eq!(state("tiny", &program.json(&["model", "list", "--json"])), "in use");
    let counts: Vec<i64> = encodings(&program).into_iter().map(|(_, count)| count).collect();
    assert_eq!(counts, [i64::from(PHOTOS), i64::from(PHOTOS)]);

    // The new model ranks, with and without a focus, and its own vectors decide.
    let (plain, focused) = (search(""), search("the colour"));
    assert!(focused["model"].as_str().unwrap().contains("clip") || focused["model"].as_str().unwrap().contains("tiny"));
    assert_eq!(plain["results"][0]["path"], focused["results"][0]["path"]);
    assert_eq!(focused["not_encoded"].as_array().map_or(0, Vec::len), 0);
    let doctor = program.json(&["doctor", "--json"]);
    assert!(doctor["model"].as_str().unwrap().starts_with("tiny@"), "{doctor}");

    // New photos are encoded by the model in use; the other one catches up when it takes over, also in two goes.
    for number in 0..NEW {
        write_picture(&photos.join(format!("new-{number:02}.png")), 900 + number);
    }
    let all = (PHOTOS + NEW) as usize;
    run(&program, &["index", photos.to_str().unwrap()]);
    let own = rows_of(&program, "tiny");
    assert_eq!(own.len(), all);
    assert_eq!(rows_of(&program, "built-in"), before);
    kill_while_taking_over(&program, "built-in", before.len() + 4);
    assert_eq!(program.integrity(), "ok");
    assert_eq!(rows_of(&program, "tiny"), own);
    assert_eq!(rows_of(&program, "built-in")[..before.len()], before[..]);
    assert_eq!(search("the colour")["results"].as_array().unwrap().len(), all);
    run(&program, &["model", "use", "built-in"]);
    let after = rows_of(&program, "built-in");
    assert_eq!((after.len(), &after[..before.len()]), (all, &before[..]));
    assert_eq!(rows_of(&program, "tiny"), own);

    // Back once more: nothing is left to encode.
    let start = Instant::now();
    run(&program, &["model", "use", "tiny"]);
    assert!(start.elapsed() < Duration::from_secs(60));
    assert_eq!(rows_of(&program, "tiny"), own);
    assert_eq!(program.integrity(), "ok");

    let refused = program.run(&["model", "remove", "tiny"]);
    assert_eq!(refused.status.code(), Some(1));
    run(&program, &["model", "use", "built-in"]);
    run(&program, &["model", "remove", "tiny"]);
    assert_eq!(rows_of(&program, "tiny"), own, "encodings outlive the files");
}

#[test]
fn a_folder_that_is_no_checkpoint_and_a_name_that_is_none_are_answered_in_one_line() {
    let program = Program::new();
    let empty = program.photos();
    for (arguments, status, named) in [
        (
            vec!["model", "import", empty.to_str().unwrap()],
            1,
            "neither config.json",
        ),
        (vec!["model", "import", "nowhere"], 1, "nowhere"),
        (vec!["model", "use", "nothing"], 1, "nothing"),
        (vec!["model", "download", "nothing"], 2, "clip-vit-b-32"),
        (vec!["model", "remove", "nothing"], 1, "nothing"),
    ] {
        let output = program.run(&arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {errors}");
        assert!(
            errors.contains(named) && errors.trim_end().lines().count() == 1,
            "{arguments:?}: {errors}"
        );
    }
}
