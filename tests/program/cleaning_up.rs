//! `refocus clean-up`: what could go, and that nothing goes.

use std::path::Path;

use image::imageops::{FilterType, resize};
use refocus_scenes::{Split, composite_scene};
use serde_json::Value;

use super::{Program, assert_has_keys};

fn kept(group: &Value) -> Vec<&str> {
    let photos = group["photos"].as_array().unwrap().iter();
    let kept = photos.filter(|photo| photo["keep"] == true);
    kept.map(|photo| photo["path"].as_str().unwrap().rsplit('/').next().unwrap())
        .collect()
}

#[test]
fn identical_files_and_copies_are_listed_and_nothing_is_deleted() {
    let program = Program::new();
    let photos = program.photos();
    for number in 0..8 {
        let (scene, _) = composite_scene(number * 31 + 5, Split::Test, 480);
        scene.save(photos.join(format!("{number}.png"))).unwrap();
        if number == 1 {
            resize(&scene, 240, 240, FilterType::Triangle)
                .save(photos.join("1 small.jpg"))
                .unwrap();
        }
    }
    let below = photos.join("below");
    std::fs::create_dir(&below).unwrap();
    std::fs::copy(photos.join("2.png"), below.join("2 (1).png")).unwrap();
    let indexed = program.run(&["index", photos.to_str().unwrap()]);
    assert!(indexed.status.success());

    let found = program.json(&["clean-up", "--json"]);
    assert_has_keys(
        &found,
        &[
            "photos",
            "seconds",
            "identical_bytes",
            "identical",
            "alike_bytes",
            "alike",
        ],
    );
    assert_eq!(found["photos"], 10);
    let (identical, alike) = (&found["identical"], &found["alike"]);
    assert_eq!(
        (identical.as_array().unwrap().len(), alike.as_array().unwrap().len()),
        (1, 1)
    );
    assert_eq!(kept(&identical[0]), ["2.png"]);
    assert_eq!(identical[0]["why"], "the original name");
    let bytes = std::fs::metadata(photos.join("2.png")).unwrap().len();
    assert_eq!(found["identical_bytes"].as_u64(), Some(bytes));
    assert_eq!(kept(&alike[0]), ["1.png"]);
    assert_has_keys(&alike[0], &["kind", "why", "bytes", "photos"]);
    assert_has_keys(
        &alike[0]["photos"][0],
        &["path", "keep", "bytes", "width", "height", "sharpness"],
    );

    let only = program.json(&["clean-up", "--in", below.to_str().unwrap(), "--json"]);
    assert_eq!(only["identical"].as_array().unwrap().len(), 1);
    assert!(only["alike"].as_array().unwrap().is_empty());

    let told = program.run(&["clean-up"]);
    let printed = String::from_utf8_lossy(&told.stdout);
    assert!(told.status.success() && printed.contains("keep: larger"), "{printed}");
    assert!(printed.contains("Nothing was deleted"), "{printed}");
    let files = |folder: &Path| std::fs::read_dir(folder).unwrap().count();
    assert_eq!((files(&photos), files(&below)), (10, 1));
}
