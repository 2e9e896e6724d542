use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use super::fake_engine::photos;
use super::setup::{Window, WindowOptions};

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

#[test]
fn in_a_low_window_the_field_for_the_name_comes_into_view() {
    let options = WindowOptions {
        size: [900.0, 600.0],
        ..WindowOptions::default()
    };
    let mut window = Window::new(photos(10), options);
    window.type_into("Focus", "the colour");
    window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    for _ in 0..20 {
        window.harness.step();
    }
    let field = window.harness.get_by_label("Name of the saved search").rect();
    assert!(field.top() > 90.0 && field.bottom() < 570.0, "{field:?}");
}
