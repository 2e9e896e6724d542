use eframe::egui::Key;
use refocus_engine::Command;

use super::fake_engine::photos;
use super::setup::Window;

fn asked(window: &Window) -> Vec<i64> {
    let commands = window.engine.seen.iter();
    commands
        .filter_map(|command| match command {
            Command::Heat { id, .. } => Some(id.0 - 1000),
            _ => None,
        })
        .collect()
}

#[test]
fn h_shows_where_the_focus_looked_and_follows_the_selection() {
    let mut window = Window::with_photos(photos(20));
    window.click("photo-0003.jpg");
    window.press(Key::R);
    window.press(Key::I);
    window.press(Key::H);
    assert!(window.has("Bright: where the focus looked"));
    window.press(Key::ArrowRight);
    window.type_into("Focus", "the light");
    assert_eq!(asked(&window).first(), Some(&3));
    assert!(
        asked(&window).len() >= 3,
        "another photo, then another focus: {:?}",
        asked(&window)
    );
    window.press(Key::Enter);
    let before = asked(&window).len();
    window.press(Key::H);
    window.press(Key::ArrowRight);
    assert_eq!(asked(&window).len(), before, "nobody looks, nothing is asked");
}

#[test]
fn the_large_view_has_it_too() {
    let mut window = Window::with_photos(photos(20));
    window.click("photo-0005.jpg");
    window.press(Key::Enter);
    window.press(Key::H);
    assert_eq!(asked(&window), [5]);
    assert!(window.has("Bright: where the focus looked"));
    window.press(Key::ArrowRight);
    assert_eq!(asked(&window), [5, 6]);
    // While it is being made, that is said.
    window.engine.answers = false;
    window.press(Key::ArrowRight);
    assert!(window.has("Looking\u{2026}"));
}
