//! `refocus eval folder`: the keys that scripts rely on, and errors that name what is wrong.

use super::{Program, assert_has_keys};

const MEASURES: [&str; 9] = [
    "map",
    "recall_at_1",
    "recall_at_2",
    "recall_at_3",
    "words_map",
    "top1",
    "cluster_accuracy",
    "cluster_nmi",
    "n",
];

/// Twenty red and twenty blue discs on grey of varying brightness; every other one is large.
fn write_discs(program: &Program) -> std::path::PathBuf {
    let folder = program.photos();
    let mut table = "path,colour,size\n".to_owned();
    for number in 0..40u8 {
        let (name, rgb) = [("red", [210, 30, 40]), ("blue", [40, 60, 210])][usize::from(number % 2)];
        let (size, radius) = [("small", 14), ("large", 26)][usize::from(number / 2 % 2)];
        let ground = 150 + 2 * number;
        let picture = image::RgbImage::from_fn(96, 72, |x, y| {
            let inside = (x as i32 - 48).pow(2) + (y as i32 - 36).pow(2) < radius * radius;
            image::Rgb(if inside { rgb } else { [ground; 3] })
        });
        let below = folder.join(name);
        std::fs::create_dir_all(&below).unwrap();
        picture.save(below.join(format!("{number}.png"))).unwrap();
        table += &format!("{name}/{number}.png,{name},{size}\n");
    }
    table += "red/gone.png,red,small\n";
    std::fs::write(folder.join("labels.csv"), table).unwrap();
    folder
}

#[test]
fn a_labelled_folder_is_judged_in_every_way_and_encoded_once() {
    let program = Program::new();
    let folder = write_discs(&program);
    let (dir, table) = (folder.to_str().unwrap(), folder.join("labels.csv"));
    let cache = program.path("encodings");
    let wordings = program.path("wordings.json");
    std::fs::write(&wordings, r#"{"colour": ["which colour it has", "its hue"]}"#).unwrap();
    let table_and_cache = [
        "--labels",
        table.to_str().unwrap(),
        "--cache",
        cache.to_str().unwrap(),
        "--json",
    ];
    let mut arguments = vec!["eval", "folder", dir];
    arguments.extend([
        "--aspect",
        "colour=the colour",
        "--aspect",
        "size=the size of the object",
    ]);
    arguments.extend(["--paraphrases", wordings.to_str().unwrap()]);
    arguments.extend(table_and_cache);
    let report = program.json(&arguments);
    assert_has_keys(&report, &["model", "commit", "n", "seed", "aspects"]);
    assert_eq!(
        (report["n"].as_u64(), report["unreadable"].as_u64()),
        (Some(40), Some(1))
    );
    let aspects = &report["aspects"];
    assert_has_keys(aspects, &["colour", "size"]);
    let colour = &aspects["colour"];
    assert_has_keys(colour, &["plain", "training_free", "focus_encoder"]);
    for way in ["plain", "training_free"] {
        assert_has_keys(&colour[way], &MEASURES);
        assert_eq!(colour[way]["n"], 40);
    }
    let focused = colour["training_free"]["map"].as_f64().unwrap();
    assert!(focused > 0.9, "red and blue discs are told apart by colour: {focused}");
    let paraphrases = &colour["paraphrases"]["training_free"];
    assert_has_keys(paraphrases, &["wordings", "mean", "worst_difference"]);
    assert_eq!(paraphrases["wordings"].as_array().unwrap().len(), 2);

    // A second run takes every encoding from the cache.
    let encoded = std::fs::metadata(&cache).unwrap().modified().unwrap();
    assert_eq!(program.json(&arguments), report);
    assert_eq!(
        std::fs::metadata(&cache).unwrap().modified().unwrap(),
        encoded,
        "nothing was encoded again"
    );

    // Without a table the folders are the labels.
    let by_folder = program.run(&["eval", "folder", dir, "--aspect", "colour=the colour", "--limit", "30"]);
    assert!(by_folder.status.success());
    let shown = String::from_utf8_lossy(&by_folder.stdout).into_owned();
    assert!(
        shown.contains("training-free") && shown.contains("seed 0") && shown.contains("n 30"),
        "{shown}"
    );
}

#[test]
fn what_is_wrong_is_named() {
    let program = Program::new();
    let folder = write_discs(&program);
    let (dir, table) = (folder.to_str().unwrap(), folder.join("labels.csv"));
    let table = table.to_str().unwrap();
    for (arguments, status, named) in [
        (
            vec!["--labels", table, "--aspect", "season=the season"],
            2,
            "\"season\"",
        ),
        (
            vec!["--labels", "gone.csv", "--aspect", "colour=the colour"],
            1,
            "gone.csv",
        ),
        (vec!["--aspect", "colour=a", "--aspect", "colour=b"], 2, "colour"),
        (vec!["--aspect", "colour"], 2, "--aspect"),
        (vec![], 2, "--aspect"),
        (vec!["--aspect", "colour=the colour", "--cache", table], 1, "labels.csv"),
    ] {
        let run = program.run(&[&["eval", "folder", dir][..], &arguments].concat());
        let errors = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(status), "{arguments:?}: {errors}");
        assert!(errors.contains(named), "{arguments:?}: {errors}");
        assert!(run.stdout.is_empty());
    }
    let nowhere = program.run(&["eval", "folder", "nowhere", "--aspect", "colour=the colour"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("nowhere"));
}
