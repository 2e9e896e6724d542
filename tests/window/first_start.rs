use refocus_engine::{Command, Rows};

use super::fake_engine::photos;
use super::setup::Window;

#[test]
fn an_empty_library_shows_how_to_start_and_the_demo_is_one_click_away() {
    let mut window = Window::with_photos(Rows::default());
    assert!(window.has("Choose folder\u{2026}"));
    assert!(window.has("Nothing leaves this computer."));
    assert!(!window.has("Focus"), "nothing to search yet");
    window.click("Try with demo photos");
    assert!(window.engine.was_sent(|command| matches!(command, Command::Demo(None))));
}

#[test]
fn the_first_screen_shows_what_a_focus_is_in_pictures() {
    let mut window = Window::with_photos(Rows::default());
    window.wait_for_focus_pictures();
    assert!(window.has("one photo"));
    for focus in ["the animal", "the place", "the colour"] {
        assert!(
            window.has(&format!("like it under the focus \u{201c}{focus}\u{201d}")),
            "{focus}"
        );
    }
}

#[test]
fn photos_take_the_place_of_the_first_screen() {
    let mut window = Window::with_photos(Rows::default());
    window.engine.start(photos(12));
    window.settle();
    assert!(!window.has("Try with demo photos"));
    assert_eq!(window.photos_on_screen().len(), 12);
}

#[test]
fn a_typed_path_adds_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::with_photos(Rows::default());
    window.click("Type or paste a path\u{2026}");
    window.type_into("Path of a folder or picture", &folder.path().display().to_string());
    window.click("Add");
    let added = |window: &Window| {
        window
            .engine
            .was_sent(|command| matches!(command, Command::AddFolder(path) if path == folder.path()))
    };
    for _ in 0..200 {
        if added(&window) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
        window.settle();
    }
    panic!("the folder was not added");
}
