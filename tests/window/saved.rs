use eframe::egui::{Key, Modifiers};

use super::fake_engine::photos;
use super::setup::Window;

#[test]
fn a_saved_search_brings_back_words_filter_and_references() {
    let mut window = Window::high(photos(10));
    window.type_into("Focus", "the colour");
    window.click("photo-0002.jpg");
    window.press(Key::R);
    window.click("Wide");
    let asked = window.engine.newest_search().unwrap().1.clone();
    assert_eq!((asked.references.len(), asked.filter.shape.is_some()), (1, true));
    window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    window.press_with(Modifiers::COMMAND, Key::A);
    window.harness.event(eframe::egui::Event::Text("my red hats".into()));
    window.settle();
    window.press(Key::Enter);
    assert!(window.has("Saved search my red hats"));

    window.press_with(Modifiers::COMMAND, Key::Backspace);
    window.click("Wide");
    assert!(window.engine.newest_search().unwrap().1.references.is_empty());
    window.click("Saved search my red hats");
    assert_eq!(window.engine.newest_search().unwrap().1.clone(), asked);
}
