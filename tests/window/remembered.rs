use eframe::egui::{Key, Modifiers};
use refocus::app::SettingsFile;
use refocus_engine::ViewKind;

use super::fake_engine::photos;
use super::setup::{Window, WindowOptions};

fn window(file: &SettingsFile) -> Window {
    let options = WindowOptions {
        settings: Some(file.clone()),
        ..WindowOptions::default()
    };
    Window::new(photos(30), options)
}

#[test]
fn the_next_window_finds_what_the_last_one_left() {
    let folder = tempfile::tempdir().unwrap();
    let file = SettingsFile::at(&folder.path().join("window.json"));
    let mut first = window(&file);
    first.type_into("Focus", "the hats");
    first.press_with(Modifiers::COMMAND, Key::D);
    first.press(Key::Enter);
    first.press(Key::I);
    first.press(Key::L);
    first.press_with(Modifiers::COMMAND, Key::Num1);
    first.close();

    let second = window(&file);
    let request = second.engine.newest_search().unwrap().1;
    assert_eq!((request.focus.as_str(), request.view), ("the hats", ViewKind::Grid));
    assert!(second.has("the hats"), "the pinned chip");
    assert!(second.has("WHY") && !second.has("FOLDERS"));
}

/// Focus, words and references are one search: all are there after a window that was killed, or what is missing is said.
#[test]
fn a_window_that_was_killed_leaves_its_focus_its_words_and_its_references() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("window.json");
    let open = |number| {
        let options = WindowOptions {
            settings: Some(SettingsFile::at(&path)),
            library: Some(folder.path().join("library.refocus")),
            ..WindowOptions::default()
        };
        Window::new(photos(number), options)
    };
    let mut first = open(10);
    first.type_into("Focus", "the hats");
    first.type_into("Find", "beach");
    first.click("photo-0002.jpg");
    first.press(Key::R);
    let asked = first.engine.newest_search().unwrap().1.clone();
    assert_eq!(asked.references.len(), 1);
    // Written a few seconds after the change, without a word from the window's end.
    for _ in 0..400 {
        first.harness.step();
        if std::fs::read_to_string(&path).is_ok_and(|text| text.contains("\"content\"")) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(first);

    let second = open(10);
    let again = second.engine.newest_search().unwrap().1;
    assert_eq!(
        (again.focus.as_str(), again.find.as_str(), &again.references),
        ("the hats", "beach", &asked.references)
    );
    drop(second);

    // The photo is not there any more.
    let third = open(2);
    assert!(third.engine.newest_search().unwrap().1.references.is_empty());
    assert!(third.has_containing("1 photo with which others were compared last cannot be found"));
}

#[test]
fn a_damaged_file_is_told_once_and_the_window_opens_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("window.json");
    std::fs::write(&path, "{\"focus\": ").unwrap();
    let file = SettingsFile::at(&path);
    let first = window(&file);
    assert!(first.has_containing("settings were damaged"));
    assert!(!first.photos_on_screen().is_empty());
}
