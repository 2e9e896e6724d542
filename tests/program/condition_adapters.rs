//! FocalLens inside a person's checkpoint: trained from triplets, loaded beside the weights, used to rerank the first results.

use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};

use super::Program;

const PHOTOS: u32 = 48;

fn run(program: &Program, arguments: &[&str]) -> String {
    let output = program.run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    errors + &String::from_utf8_lossy(&output.stdout)
}

/// A square or a disc in red or blue, at a place of its own.
fn picture(number: u32) -> RgbImage {
    let (red, disc) = (number.is_multiple_of(2), number / 2 % 2 == 1);
    let (x0, y0) = (30 + number * 7 % 23, 28 + number * 11 % 29);
    RgbImage::from_fn(96, 96, |x, y| {
        let (dx, dy) = (x.abs_diff(x0 + 12), y.abs_diff(y0 + 12));
        let inside = if disc {
            dx * dx + dy * dy < 220
        } else {
            dx < 13 && dy < 13
        };
        let shade = 150 + (number * 3 % 60) as u8;
        match (inside, red) {
            (true, true) => Rgb([225, 30, 40]),
            (true, false) => Rgb([30, 50, 220]),
            (false, _) => Rgb([shade, shade, shade]),
        }
    })
}

/// Photos and the triplets of two instructions about them.
fn photos_and_triplets(program: &Program) -> (PathBuf, PathBuf) {
    let photos = program.photos();
    let mut lines = String::new();
    for number in 0..PHOTOS {
        let file = photos.join(format!("{number:02}.png"));
        picture(number).save(&file).unwrap();
        let colour = if number.is_multiple_of(2) { "red" } else { "blue" };
        let shape = if number / 2 % 2 == 1 { "a disc" } else { "a square" };
        for (instruction, output) in [("the colour", colour), ("the shape", shape)] {
            let line = serde_json::json!({ "image": file, "instruction": instruction, "output": output });
            lines.push_str(&format!("{line}\n"));
        }
    }
    let triplets = program.path("mine.jsonl");
    std::fs::write(&triplets, lines).unwrap();
    (photos, triplets)
}

/// The library encoded by the tiny CLIP of the fixtures.
fn with_tiny_clip(program: &Program, photos: &Path) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints/clip");
    run(program, &["index", photos.to_str().unwrap()]);
    run(
        program,
        &["model", "import", fixture.to_str().unwrap(), "--name", "tiny"],
    );
    run(program, &["model", "use", "tiny"]);
}

/// What `train` said of an instruction: mAP by the plain vector and under the instruction.
fn judged(said: &str, instruction: &str) -> (f64, f64) {
    let line = said.lines().find(|line| line.contains(&format!("\"{instruction}\"")));
    let line = line.unwrap_or_else(|| panic!("{said}"));
    let numbers: Vec<f64> = line
        .split([' ', ','])
        .filter(|word| word.starts_with("0.") || *word == "1.000")
        .map(|word| word.parse().unwrap())
        .collect();
    (numbers[0], numbers[1])
}

#[test]
fn an_adapter_is_trained_beside_its_checkpoint_and_checks_the_first_results() {
    let program = Program::new();
    let (photos, triplets) = photos_and_triplets(&program);
    with_tiny_clip(&program, &photos);
    let like = photos.join("04.png");
    let like = like.to_str().unwrap();
    let search = [
        "search",
        "--like",
        like,
        "--focus",
        "the colour",
        "--json",
        "--check-first",
        "30",
    ];

    let refused = program.run(&search);
    assert!(!refused.status.success());
    let errors = String::from_utf8_lossy(&refused.stderr);
    assert!(errors.contains("no condition adapter"), "{errors}");
    let before = program.json(&search[..search.len() - 2]);

    let triplets = triplets.to_str().unwrap();
    let said = run(
        &program,
        &[
            "train",
            "--checkpoint",
            "tiny",
            "--data",
            triplets,
            "--layer",
            "0",
            "--steps",
            "120",
        ],
    );
    for instruction in ["the colour", "the shape"] {
        let (plain, under) = judged(&said, instruction);
        assert!((0.0..=1.0).contains(&plain) && (0.0..=1.0).contains(&under), "{said}");
    }
    let info = run(&program, &["model", "info"]);
    assert!(info.contains("instructions join at the input of block 0"), "{info}");

    let after = program.json(&search);
    assert_eq!(after["checked"], 30);
    let paths = |found: &serde_json::Value| -> Vec<String> {
        let results = found["results"].as_array().unwrap().iter();
        results
            .map(|result| result["path"].as_str().unwrap().to_owned())
            .collect()
    };
    let (before, after) = (paths(&before), paths(&after));
    assert_eq!(before[0], after[0], "the reference stays in front");
    assert_eq!(before[31..], after[31..], "what was not checked stays where it was");
    assert_ne!(before[1..31], after[1..31]);
    let (mut a, mut b) = (before[1..31].to_vec(), after[1..31].to_vec());
    a.sort();
    b.sort();
    assert_eq!(a, b, "checking changes the order and not the photos");
}

#[test]
fn a_tower_is_trained_into_a_model_of_its_own_that_sees_the_photos_anew() {
    let program = Program::new();
    let (photos, triplets) = photos_and_triplets(&program);
    with_tiny_clip(&program, &photos);
    let triplets = triplets.to_str().unwrap();
    let train = [
        "train",
        "--checkpoint",
        "tiny",
        "--data",
        triplets,
        "--tower",
        "--layer",
        "0",
        "--steps",
        "60",
    ];
    let said = run(&program, &train);
    assert!(said.contains("tiny-tuned"), "{said}");
    let again = program.run(&train);
    assert!(String::from_utf8_lossy(&again.stderr).contains("refocus model remove tiny-tuned"));

    run(&program, &["model", "use", "tiny-tuned"]);
    let info = run(&program, &["model", "info"]);
    assert!(
        info.contains("tiny-tuned@") && info.contains("join at the input"),
        "{info}"
    );
    let like = photos.join("04.png");
    let found = program.json(&[
        "search",
        "--like",
        like.to_str().unwrap(),
        "--focus",
        "the shape",
        "--json",
        "--check-first",
        "10",
    ]);
    assert_eq!(found["checked"], 10);
    // The parent is as it was.
    run(&program, &["model", "use", "tiny"]);
    let info = run(&program, &["model", "info"]);
    assert!(!info.contains("join at the input"), "{info}");
}

#[test]
fn what_cannot_be_trained_is_said_before_any_work() {
    let program = Program::new();
    let (_, triplets) = photos_and_triplets(&program);
    let triplets = triplets.to_str().unwrap();
    let missing = program.run(&["train", "--checkpoint", "nowhere", "--data", triplets]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("there is no model nowhere"));
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints/clip");
    run(
        &program,
        &["model", "import", fixture.to_str().unwrap(), "--name", "tiny"],
    );
    let beyond = program.run(&["train", "--checkpoint", "tiny", "--data", triplets, "--layer", "2"]);
    assert!(String::from_utf8_lossy(&beyond.stderr).contains("has the blocks 0 to 1"));
}
