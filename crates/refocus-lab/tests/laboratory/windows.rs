//! `refocus-lab bench` with a real window on a display of its own.

use crate::display::Display;
use crate::{Laboratory, assert_has_keys};

/// A folder of small pictures that differ.
fn small_photos(lab: &Laboratory) -> std::path::PathBuf {
    let photos = lab.path("photos");
    std::fs::create_dir(&photos).unwrap();
    for number in 0..260 {
        let colour = [37, 91, 17].map(|factor: u32| (number * factor % 256) as u8);
        let picture = image::RgbImage::from_fn(96, 64, |x, y| {
            let inside = (x as i32 - 48).pow(2) + (y as i32 - 32).pow(2) < 400;
            image::Rgb(if inside {
                colour
            } else {
                [240, 240, (number % 200) as u8]
            })
        });
        picture.save(photos.join(format!("{number:04}.png"))).unwrap();
    }
    photos
}

#[test]
fn the_window_opens_and_scrolls_while_photos_are_indexed() {
    let display = Display::start();
    let lab = Laboratory::new();
    let photos = small_photos(&lab);
    let output = lab
        .command(&["bench", "gallery", "--while-indexing", "--json", "--dir"])
        .arg(&photos)
        .env("DISPLAY", &display.name)
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_has_keys(
        &report,
        &[
            "photos",
            "frame_p50_ms",
            "frame_p95_ms",
            "texture_bytes_max",
            "texture_bytes_budget",
        ],
    );
    assert!(report["frames"].as_u64().unwrap() > 500, "{report}");
    assert!(report["photos"].as_u64().unwrap() >= 200, "{report}");
    let bytes = |key: &str| report[key].as_u64().unwrap();
    assert!(bytes("texture_bytes_max") > 0 && bytes("texture_bytes_max") <= bytes("texture_bytes_budget"));
}

#[test]
fn typing_is_measured_while_photos_are_indexed_into_the_same_library() {
    let display = Display::start();
    let lab = Laboratory::new();
    let photos = small_photos(&lab);
    let output = lab
        .command(&[
            "bench",
            "typing",
            "--photos",
            "500",
            "--while-indexing",
            "--json",
            "--dir",
        ])
        .arg(&photos)
        .env("DISPLAY", &display.name)
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_has_keys(
        &report,
        &[
            "p50_ms",
            "p95_ms",
            "rank_p95_ms",
            "while_indexing",
            "keys_after_indexing",
        ],
    );
    let number = |key: &str| report[key].as_u64().unwrap();
    assert!(
        number("keys") > 0,
        "no key was pressed while photos were indexed: {report}"
    );
    assert!(number("keys") + number("keys_after_indexing") > 100, "{report}");
    assert!(number("photos") > 500, "the folder joined the library: {report}");
}
