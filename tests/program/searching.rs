//! `refocus search`, `groups`, `doctor`, `model info` on a library of demo photos.

use serde_json::Value;

use super::{Program, assert_has_keys};

fn paths(results: &Value) -> Vec<String> {
    let results = results["results"].as_array().unwrap();
    results
        .iter()
        .map(|entry| entry["path"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_demo_library_can_be_searched_grouped_and_examined() {
    let program = Program::new();
    let demo = program.path("demo");
    let made = program.run(&["demo", "--headless", demo.to_str().unwrap()]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let photos = program.count("SELECT count(*) FROM file");
    assert!(photos >= 400, "{photos} demo photos");
    assert_eq!(program.count("SELECT count(*) FROM failure"), 0);

    // One reference, three ways to compare: three orders, each with the reference itself first.
    let labels = std::fs::read_to_string(demo.join("labels.csv")).unwrap();
    let like = demo.join(a_shapes_picture(&labels));
    let like = like.to_str().unwrap();
    let plain = program.json(&["search", "--like", like, "--json"]);
    let colour = program.json(&[
        "search",
        "--like",
        like,
        "--focus",
        "the colour of the object",
        "--json",
    ]);
    let shape = program.json(&["search", "--like", like, "--focus", "the shape of the object", "--json"]);
    for answer in [&plain, &colour, &shape] {
        assert_has_keys(
            answer,
            &["model", "focus", "find", "photos", "ms", "results", "not_encoded"],
        );
        let first = &answer["results"][0];
        assert_has_keys(
            first,
            &["path", "rank", "score", "plain_rank", "plain_score", "value_words"],
        );
        assert_eq!(paths(answer).len() as i64, photos);
        assert_eq!(first["plain_rank"].as_u64(), Some(1));
        assert!(same_file(first["path"].as_str().unwrap(), like), "{first}");
    }
    assert_ne!(paths(&plain)[1..11], paths(&colour)[1..11]);
    assert_ne!(paths(&colour)[1..11], paths(&shape)[1..11]);

    // Nothing to compare with: no score is printed, and a line says what the order is.
    for (focus, order) in [
        ("the place", "the largest group first"),
        ("", "the newest photos are first"),
    ] {
        let told = program.run(&["search", "--focus", focus, "--top", "2"]);
        assert!(told.status.success());
        let said = String::from_utf8_lossy(&told.stderr);
        assert_eq!((said.lines().count(), said.contains(order)), (1, true), "{said}");
        let printed = String::from_utf8_lossy(&told.stdout);
        for (place, line) in printed.lines().enumerate() {
            let path = line.strip_prefix(&format!("{:>5}  ", place + 1)).unwrap_or(line);
            assert!(std::path::Path::new(path).is_file(), "{line}");
        }
        assert_eq!(printed.lines().count(), 2);
        let json = program.json(&["search", "--focus", focus, "--top", "2", "--json"]);
        assert!(json["results"][0]["score"].is_null());
    }

    let at_zero = program.json(&[
        "search",
        "--like",
        like,
        "--focus",
        "the colour",
        "--strength",
        "0",
        "--json",
    ]);
    assert_eq!(paths(&at_zero), paths(&plain), "strength 0 is the plain order");

    let found = program.json(&["search", "--find", "a red object", "--top", "5", "--json"]);
    assert_eq!(found["results"].as_array().unwrap().len(), 5);
    assert!(found["results"][0]["plain_score"].is_null());
    assert!(found["find_notice"].is_null(), "{}", found["find_notice"]);
    words_that_are_not_understood_are_told(&program);
    a_focus_on_what_is_not_there_names_nothing(&program, photos);

    let groups = program.json(&["groups", "--focus", "the colour of the object", "--json"]);
    assert_has_keys(&groups, &["model", "focus", "photos", "groups"]);
    let counts: Vec<u64> = groups["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["count"].as_u64().unwrap())
        .collect();
    assert!(counts.len() > 3, "{counts:?}");
    assert_eq!(counts.iter().sum::<u64>() as i64, photos);
    assert_has_keys(&groups["groups"][0], &["value_words", "count", "paths"]);

    let doctor = program.json(&["doctor", "--json"]);
    assert_has_keys(
        &doctor,
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
    assert_eq!(doctor["database"]["integrity"], "ok");
    assert_eq!(doctor["photos"].as_i64(), Some(photos));
    assert_has_keys(
        &doctor["devices"][0],
        &["name", "available", "self_test", "used", "why"],
    );

    let info = program.run(&["model", "info"]);
    assert!(info.status.success());
    assert!(String::from_utf8_lossy(&info.stdout).contains("Apache-2.0"));

    // A reference from outside the library, and one that cannot be opened.
    let outside = program.path("outside.png");
    super::write_picture(&outside, 5);
    let answer = program.json(&["search", "--like", outside.to_str().unwrap(), "--top", "3", "--json"]);
    assert_eq!(answer["results"].as_array().unwrap().len(), 3);
    let missing = program.run(&["search", "--like", "gone.jpg", "--json"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("gone.jpg"));
    assert_eq!(program.run(&["search", "--strength", "7"]).status.code(), Some(2));
}

/// The first picture of the demo set whose truth names a shape and a colour.
fn words_that_are_not_understood_are_told(program: &Program) {
    let nonsense = program.run(&["search", "--find", "xxxx qqqq", "--top", "2"]);
    let said = String::from_utf8_lossy(&nonsense.stderr);
    assert!(
        nonsense.status.success() && said.contains("does not know the words"),
        "{said}"
    );
    let nonsense = program.json(&["search", "--find", "xxxx qqqq", "--top", "2", "--json"]);
    let told = nonsense["find_notice"].as_str().unwrap();
    assert!(told.contains("\u{201c}xxxx\u{201d}, \u{201c}qqqq\u{201d}"), "{told}");
    assert_eq!(nonsense["results"].as_array().unwrap().len(), 2);
    let question = program.run(&["groups", "--focus", "is the dog sleeping"]);
    let said = String::from_utf8_lossy(&question.stderr);
    assert!(said.contains("find \u{201c}dog sleeping\u{201d}"), "{said}");
}

/// The demo's pictures show no photographed sport, and no cats that could be counted.
fn a_focus_on_what_is_not_there_names_nothing(program: &Program, photos: i64) {
    let sport = program.json(&["groups", "--focus", "the sport", "--json"]);
    let groups = sport["groups"].as_array().unwrap();
    let unclear = groups.iter().find(|group| group["kind"] == "unclear").unwrap();
    let count = unclear["count"].as_i64().unwrap();
    assert!(count > photos / 2, "{count} of {photos}");

    let cats = program.json(&["groups", "--focus", "number of cats", "--json"]);
    let groups = cats["groups"].as_array().unwrap();
    let heads: Vec<&str> = groups
        .iter()
        .map(|group| group["value_words"][0].as_str().unwrap())
        .collect();
    assert!(
        heads.iter().all(|head| head.ends_with(" cats") || *head == "1 cat"),
        "{heads:?}"
    );
    assert_eq!(heads.last(), Some(&"no cats"));
    let counts = groups.iter().map(|group| group["count"].as_i64().unwrap());
    assert_eq!(counts.sum::<i64>(), photos);
    let why = program.json(&["search", "--focus", "number of cats", "--top", "1", "--json"]);
    assert!(why["results"][0]["value_words"][0][0].as_str().unwrap().contains("cat"));
}

fn a_shapes_picture(labels: &str) -> String {
    let mut reader = csv::Reader::from_reader(labels.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (path, shape, colour) = (column("path"), column("shape"), column("colour"));
    reader
        .records()
        .map(Result::unwrap)
        .find(|record| !record[shape].is_empty() && !record[colour].is_empty())
        .map(|record| record[path].to_owned())
        .unwrap()
}

fn same_file(a: &str, b: &str) -> bool {
    std::fs::canonicalize(a).unwrap() == std::fs::canonicalize(b).unwrap()
}

/// A slip in the library's name must not pass for a library without photos.
#[test]
fn commands_that_only_read_make_no_library() {
    let program = Program::new();
    let out = program.path("order.csv");
    for command in [
        &["search", "--find", "a circle"][..],
        &["search", "--find", "a circle", "--json"],
        &["groups", "--focus", "the colour"],
        &["export", out.to_str().unwrap()],
    ] {
        let before = program.folder.path().read_dir().unwrap().count();
        let output = program.run(command);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {errors}");
        assert!(output.stdout.is_empty(), "{command:?}");
        assert!(
            errors.contains("there is no library here") && errors.contains("refocus index FOLDER"),
            "{command:?}: {errors}"
        );
        assert!(errors.trim_end().ends_with("library.refocus"), "{command:?}: {errors}");
        let after = program.folder.path().read_dir().unwrap().count();
        assert_eq!(before, after, "{command:?} left something behind");
    }
}

/// Opening a named pipe would wait for whoever writes to it.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_as_a_library_at_once() {
    let program = Program::new();
    let made = std::process::Command::new("mkfifo").arg(program.library()).status();
    assert!(made.unwrap().success());
    let photos = program.photos();
    for command in [
        &["search", "--find", "a circle"][..],
        &["index", photos.to_str().unwrap()],
        &["library", "backup", photos.to_str().unwrap()],
    ] {
        let mut child = program
            .command(command)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        super::wait_until(std::time::Duration::from_secs(60), "the end", || {
            child.try_wait().unwrap().is_some()
        });
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {errors}");
        assert!(
            errors.contains("not a Refocus library (it is no file but a pipe"),
            "{command:?}: {errors}"
        );
    }
}

/// A folder of photos in which dates are in the names of all but one.
fn dated_photos(program: &Program) -> std::path::PathBuf {
    let photos = program.path("dated");
    std::fs::create_dir(&photos).unwrap();
    for number in 0..24_u32 {
        let hue = (number * 11 % 256) as u8;
        let picture = image::RgbImage::from_fn(96, 64, |x, _| {
            image::Rgb(if x < 8 + 3 * number {
                [hue, 40, 200]
            } else {
                [230, 230, hue]
            })
        });
        let name = match number {
            0 => "scan.png".to_owned(),
            _ => format!("IMG_{}0712_101010.png", 2000 + (number * 7) % 23),
        };
        picture.save(photos.join(name)).unwrap();
    }
    photos
}

#[test]
fn what_is_found_stands_in_time_and_the_bar_says_how_much_of_it() {
    let program = Program::new();
    let photos = dated_photos(&program);
    assert!(program.run(&["index", photos.to_str().unwrap()]).status.success());
    let like = photos.join("IMG_20070712_101010.png");
    let like = like.to_str().unwrap();
    let best = program.json(&["search", "--like", like, "--json"]);
    let strong = best["strong"].as_u64().unwrap();
    assert!((3..24).contains(&strong), "{strong}");
    assert_eq!((best["order"].as_str(), paths(&best).len()), (Some("best"), 24));

    let newest = program.json(&["search", "--like", like, "--order", "newest", "--json"]);
    assert_eq!(newest["strong"], best["strong"]);
    assert_eq!(paths(&newest).len() as u64, strong, "the weak ones are left out");
    // Behind the reference and before what has no date.
    let dates: Vec<&str> = newest["results"].as_array().unwrap()[1..]
        .iter()
        .filter(|entry| entry["taken_source"] == "file_name")
        .map(|entry| entry["taken"].as_str().unwrap())
        .collect();
    assert!(dates.windows(2).all(|pair| pair[0] >= pair[1]), "{dates:?}");
    // Each keeps the rank that it has by match.
    let mut ranks: Vec<u64> = newest["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["rank"].as_u64().unwrap())
        .collect();
    ranks.sort_unstable();
    assert_eq!(ranks, (1..=strong).collect::<Vec<_>>());

    let more = program.json(&["search", "--like", like, "--strong", "0.1", "--json"]);
    assert!(more["strong"].as_u64() > Some(strong));
    assert_eq!(paths(&more).len() as u64, more["strong"].as_u64().unwrap());

    // The library by date: what has no date but its file's time stands last in both directions.
    for order in ["newest", "oldest"] {
        let all = program.json(&["search", "--order", order, "--json"]);
        assert!(paths(&all).last().unwrap().ends_with("scan.png"), "{order}");
    }
}

#[test]
fn photos_are_narrowed_to_those_of_a_day_without_date_or_new() {
    let program = Program::new();
    let photos = dated_photos(&program);
    assert!(program.run(&["index", photos.to_str().unwrap()]).status.success());
    let count = |arguments: &[&str]| {
        let all = [&["search"], arguments, &["--json"]].concat();
        paths(&program.json(&all)).len()
    };
    assert_eq!(count(&["--on-this-day", "07-12"]), 23);
    assert_eq!(count(&["--on-this-day", "07-13"]), 0);
    assert_eq!(count(&["--without-date"]), 1);
    assert_eq!(count(&["--without-place", "--unrated", "--recently-added"]), 24);
    let connection = rusqlite::Connection::open(program.library()).unwrap();
    let long_ago = "UPDATE file SET added_at = added_at - 40 * 86400 WHERE id <= 20";
    connection.execute(long_ago, []).unwrap();
    drop(connection);
    assert_eq!(count(&["--recently-added"]), 4);
    assert_eq!(count(&["--recently-added", "60"]), 24);
    let wrong = program.run(&["search", "--on-this-day", "02-30"]);
    assert_eq!(wrong.status.code(), Some(2));
}
