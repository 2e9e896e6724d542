//! `refocus-lab eval`: the keys that scripts rely on, and errors that name what is missing.

use crate::{Laboratory, assert_has_keys};

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

#[test]
fn rendered_scenes_are_judged_by_aspect_and_by_pointing() {
    let lab = Laboratory::new();
    let report = lab.json(&["eval", "scenes", "--photos", "40", "--json"]);
    assert_has_keys(&report, &["model", "commit", "n", "seed", "aspects"]);
    assert_has_keys(&report["aspects"], &["colour", "shape", "texture", "count"]);
    for aspect in ["colour", "shape", "texture", "count"] {
        assert_has_keys(&report["aspects"][aspect]["training_free"], &MEASURES);
    }
    let report = lab.json(&["eval", "pointing", "--photos", "12", "--seed", "3", "--json"]);
    assert_has_keys(&report, &["model", "commit", "n", "seed", "metrics"]);
    assert_has_keys(
        &report["metrics"],
        &[
            "chance_binding",
            "even_map_pointing",
            "plain_binding",
            "training_free_binding",
            "training_free_pointing",
        ],
    );
    for (name, value) in report["metrics"].as_object().unwrap() {
        assert!((0.0..=1.0).contains(&value.as_f64().unwrap()), "{name} {value}");
    }
}

#[test]
fn a_benchmark_folder_is_judged_plain_and_under_its_instruction() {
    let lab = Laboratory::new();
    let folder = lab.path("photos");
    for class in ["red_disc", "blue_disc"] {
        std::fs::create_dir_all(folder.join(class)).unwrap();
        for number in 0..3u8 {
            let rgb = if class.starts_with("red") {
                [210, 30, 40]
            } else {
                [40, 60, 210]
            };
            let picture = image::RgbImage::from_fn(80, 60, |x, y| {
                let inside = (x as i32 - 40).pow(2) + (y as i32 - 30).pow(2) < 400;
                image::Rgb(if inside { rgb } else { [220 + number; 3] })
            });
            picture.save(folder.join(class).join(format!("{number}.png"))).unwrap();
        }
    }
    let dir = folder.to_str().unwrap();
    let report = lab.json(&["eval", "classify", dir, "--instruction", "the colour", "--json"]);
    assert_has_keys(&report, &["model", "commit", "n", "seed", "metrics"]);
    for way in ["plain", "training_free", "focus_encoder"] {
        assert!(report["metrics"][way]["classes top1"].as_f64().is_some(), "{report}");
    }
    let lacking = lab.run(&["eval", "sugarcrepe", dir]);
    let errors = String::from_utf8_lossy(&lacking.stderr).into_owned();
    assert_eq!(lacking.status.code(), Some(1));
    assert!(
        errors.contains("add_obj.json") && errors.contains("RAIVNLab"),
        "{errors}"
    );
}
