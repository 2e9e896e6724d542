//! "About Refocus": what the program says of itself.

use eframe::egui::{Key, Modifiers};
use refocus::about;

use super::fake_engine::photos;
use super::setup::Window;

fn open() -> Window {
    let mut window = Window::with_photos(photos(12));
    window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    window.harness.event(eframe::egui::Event::Text("about".into()));
    window.settle();
    window.press(Key::Enter);
    window
}

#[test]
fn the_palette_opens_it_and_it_names_version_commit_and_licence() {
    let mut window = open();
    assert!(window.has(&format!("Version {}", about::VERSION)));
    assert!(window.has(&format!("Commit {}", about::COMMIT)));
    assert!(window.has_containing(about::LICENCE));
    window.screenshot("about.png");
    window.press(Key::Escape);
    assert!(!window.has_containing("Commit "));
}

#[test]
fn every_page_shows_its_text() {
    let mut window = open();
    for (page, text) in [
        ("Model", "# The built-in model"),
        ("Licence", "MIT License"),
        ("Notices", "# Third-party notices"),
        ("Parts", "accesskit"),
    ] {
        window.click(page);
        window.screenshot(&format!("about-{}.png", page.to_lowercase()));
        assert!(window.has_containing(text), "{page} does not show {text:?}");
    }
}
