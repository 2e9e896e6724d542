//! Views that matter, held against pictures of them in `tests/snapshots`: a view that looks different fails.
//!
//! A change that is meant is accepted with `UPDATE_SNAPSHOTS=1` and looked at in the diff of the commit. With
//! `REFOCUS_LOOK_PHOTOS=DIR` a person gets pictures of the window over the pictures of that folder, in `tests/output`.

use std::path::{Path, PathBuf};

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{SnapshotOptions, SnapshotResults, try_image_snapshot_options};
use refocus::app::ThemeChoice;
use refocus_engine::{CleanUpKind, DateSource, Event, Reason, Rows};

use super::fake_engine::{encoding_progress, photo, photos};
use super::people::some_people;
use super::setup::{Window, WindowOptions};

/// Points of the window in the pictures that are kept: the least size that it has.
const SIZE: [f32; 2] = [900.0, 600.0];

/// How much a pixel may differ (squared YIQ distance; 0.6 is what egui allows between graphics drivers), and how many pixels
/// may differ more. Vulkan and OpenGL of the same software renderer, and its versions, round edges differently.
const PIXEL: f32 = 0.6;
const PIXELS: usize = 20;

fn window(rows: Rows, theme: ThemeChoice) -> Window {
    let options = WindowOptions {
        theme,
        size: SIZE,
        ..WindowOptions::default()
    };
    Window::new(rows, options)
}

/// Holds what is on screen against the picture of this name.
fn compare(results: &mut SnapshotResults, window: &mut Window, name: &str, theme: &str) {
    if window.harness.state().photos() > 0 {
        window.wait_for_thumbnails();
    }
    let image = window.picture();
    let options = SnapshotOptions::new()
        .output_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots"))
        .threshold(PIXEL)
        .max_failed_pixels(PIXELS);
    results.add(try_image_snapshot_options(&image, format!("{name}-{theme}"), &options));
}

fn views(theme: ThemeChoice, name: &str) {
    let mut results = SnapshotResults::new();
    let mut first = window(Rows::default(), theme);
    first.wait_for_focus_pictures();
    compare(&mut results, &mut first, "first-start", name);

    let mut window = window(photos(120), theme);
    window.engine.tell(Event::Progress(encoding_progress()));
    window.settle();
    compare(&mut results, &mut window, "grid", name);

    window.press(Key::ArrowRight);
    window.press(Key::ArrowRight);
    window.press(Key::R);
    window.type_into("Focus", "the colour of the object");
    window.press(Key::Enter);
    window.press(Key::B);
    window.press(Key::I);
    window.press(Key::H);
    compare(&mut results, &mut window, "why", name);

    window.press(Key::I);
    window.press(Key::H);
    window.press_with(Modifiers::COMMAND, Key::Num2);
    compare(&mut results, &mut window, "groups", name);

    window.press_with(Modifiers::COMMAND, Key::Num3);
    compare(&mut results, &mut window, "compare", name);

    window.press_with(Modifiers::COMMAND, Key::Num1);
    window.press(Key::Enter);
    for _ in 0..200 {
        if window.harness.state().large_photo_decoded() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
        window.settle();
    }
    compare(&mut results, &mut window, "lightbox", name);

    window.press(Key::Escape);
    window.press_with(Modifiers::COMMAND, Key::Comma);
    compare(&mut results, &mut window, "settings", name);

    window.press(Key::Escape);
    window.engine.people = some_people();
    window.engine.tell_people();
    window.press_with(Modifiers::COMMAND, Key::Num4);
    window.press(Key::ArrowRight);
    compare(&mut results, &mut window, "people", name);

    window.press_with(Modifiers::COMMAND, Key::Num5);
    compare(&mut results, &mut window, "question", name);

    let engine = &mut window.engine;
    engine.group(CleanUpKind::Identical, &[10, 11], 0, vec![Reason::OriginalName]);
    engine.group(CleanUpKind::Same, &[0, 1, 2], 0, vec![Reason::Larger, Reason::Sharper]);
    window.press_with(Modifiers::COMMAND, Key::Num6);
    compare(&mut results, &mut window, "identical", name);

    window.click("Nearly the same \u{b7} 1 \u{b7} 2.0 MB");
    window.press(Key::B);
    window.wait_for_full_pictures();
    compare(&mut results, &mut window, "alike", name);
}

/// Photos of five years, the last ones without a date: the library by date with its dates on, and what was found of it.
fn in_time(theme: ThemeChoice, name: &str) {
    let mut results = SnapshotResults::new();
    let mut rows = photos(120);
    for number in 0..120_i64 {
        rows.update(number as u32, |row| {
            row.taken = 1_700_000_000 - (number * number / 8) * 86_400;
            if number >= 116 {
                row.taken_source = DateSource::FileTime;
            }
        });
    }
    let options = WindowOptions {
        theme,
        size: SIZE,
        months: true,
        ..WindowOptions::default()
    };
    let mut window = Window::new(rows, options);
    window.press(Key::T);
    compare(&mut results, &mut window, "in-time", name);

    window.type_into("Find", "beach");
    window.press_with(Modifiers::ALT, Key::Num3);
    window.press(Key::Enter);
    window.harness.get_by_label("Time").hover();
    window.settle();
    compare(&mut results, &mut window, "hits-in-time", name);
}

#[test]
fn photos_in_time_look_as_they_did_in_the_dark() {
    in_time(ThemeChoice::Dark, "dark");
}

#[test]
fn photos_in_time_look_as_they_did_in_the_light() {
    in_time(ThemeChoice::Light, "light");
}

#[test]
fn the_views_look_as_they_did_in_the_dark() {
    views(ThemeChoice::Dark, "dark");
}

#[test]
fn the_views_look_as_they_did_in_the_light() {
    views(ThemeChoice::Light, "light");
}

/// The window over pictures of a folder, for a person to look at.
#[test]
fn pictures_of_the_window_over_a_folder() {
    let Some(folder) = std::env::var_os("REFOCUS_LOOK_PHOTOS") else {
        return;
    };
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| ["jpg", "jpeg", "webp", "png"].iter().any(|known| extension == *known))
        })
        .collect();
    files.sort_by_key(|path| blake3::hash(path.as_os_str().as_encoded_bytes()).as_bytes().to_owned());
    let mut rows = Rows::default();
    for (number, path) in files.iter().take(400).enumerate() {
        let mut row = photo(number as i64, path);
        row.hash = *blake3::hash(path.as_os_str().as_encoded_bytes()).as_bytes();
        if let Ok((width, height)) = image::image_dimensions(path) {
            (row.width, row.height) = (width, height);
        }
        rows.push(row);
    }
    for (theme, name) in [(ThemeChoice::Dark, "dark"), (ThemeChoice::Light, "light")] {
        let options = WindowOptions {
            theme,
            pixels: None,
            any_script: true,
            ..WindowOptions::default()
        };
        let mut window = Window::new(rows.clone(), options);
        window.wait_for_thumbnails();
        window.screenshot(&format!("grid-{name}.png"));
        window.press_with(Modifiers::COMMAND, Key::Num2);
        window.wait_for_thumbnails();
        window.screenshot(&format!("groups-{name}.png"));
        assert!(window.harness.state().texture_use().bytes > 0);
    }
}
