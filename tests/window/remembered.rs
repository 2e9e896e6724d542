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
