use eframe::egui::{Key, Modifiers};

use super::fake_engine::photos;
use super::setup::Window;

#[test]
fn back_and_forward_lead_through_the_searches() {
    let mut window = Window::with_photos(photos(30));
    window.click("Light");
    window.click("photo-0004.jpg");
    window.press(Key::R);
    window.press_with(Modifiers::ALT, Key::ArrowLeft);
    let request = window.engine.newest_search().unwrap().1;
    assert_eq!((request.focus.as_str(), request.references.len()), ("the light", 0));
    window.press_with(Modifiers::ALT, Key::ArrowLeft);
    assert_eq!(window.engine.newest_search().unwrap().1.focus, "");
    window.press_with(Modifiers::ALT, Key::ArrowRight);
    assert_eq!(window.engine.newest_search().unwrap().1.focus, "the light");
}

#[test]
fn a_pinned_focus_becomes_a_chip_and_the_up_arrow_brings_it_back() {
    let mut window = Window::with_photos(photos(30));
    window.type_into("Focus", "the hats");
    window.press_with(Modifiers::COMMAND, Key::D);
    window.click("Clear focus");
    assert_eq!(window.engine.newest_search().unwrap().1.focus, "");
    window.click("the hats");
    assert_eq!(window.engine.newest_search().unwrap().1.focus, "the hats");
    window.click("the hats");
    window.press_with(Modifiers::COMMAND, Key::F);
    window.press(Key::ArrowUp);
    assert_eq!(window.engine.newest_search().unwrap().1.focus, "the hats");
    window.press(Key::ArrowDown);
    assert_eq!(window.engine.newest_search().unwrap().1.focus, "");
}
