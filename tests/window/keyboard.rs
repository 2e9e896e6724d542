use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use super::fake_engine::photos;
use super::setup::Window;

#[test]
fn from_the_start_to_the_third_result_by_keyboard_alone() {
    let mut window = Window::with_photos(photos(40));
    window.press_with(Modifiers::COMMAND, Key::L);
    window.harness.event(eframe::egui::Event::Text("beach".into()));
    window.settle();
    assert_eq!(window.engine.newest_search().unwrap().1.find, "beach");
    window.press(Key::Enter);
    window.press(Key::ArrowRight);
    window.press(Key::ArrowRight);
    window.press(Key::Enter);
    assert!(window.has("Photo photo-0037.jpg, large"));
    window.press(Key::ArrowRight);
    assert!(window.has("Photo photo-0036.jpg, large"));
    window.press(Key::Escape);
    assert!(window.has("photo-0036.jpg"));
    assert!(!window.has("Photo photo-0036.jpg, large"));
}

#[test]
fn end_and_home_reach_the_last_and_first_photo() {
    let mut window = Window::with_photos(photos(3000));
    window.press(Key::End);
    assert!(window.photos_on_screen().contains(&"photo-2999.jpg".to_owned()));
    window.press(Key::Home);
    assert_eq!(window.photos_on_screen()[0], "photo-0000.jpg");
}

#[test]
fn letters_typed_into_a_field_are_text_and_not_commands() {
    let mut window = Window::with_photos(photos(10));
    window.click("photo-0001.jpg");
    window.press_with(Modifiers::COMMAND, Key::F);
    window.harness.key_press(Key::R);
    window.harness.event(eframe::egui::Event::Text("r".into()));
    window.settle();
    let request = window.engine.newest_search().unwrap().1;
    assert_eq!(request.focus, "r");
    assert!(request.references.is_empty());
}

#[test]
fn tab_leads_from_the_focus_to_the_words_also_where_something_stands_there() {
    let mut window = Window::with_photos(photos(10));
    window.click("photo-0001.jpg");
    window.press_with(Modifiers::COMMAND, Key::F);
    window.harness.event(eframe::egui::Event::Text("light".into()));
    window.settle();
    assert!(window.has("Clear focus"));
    window.harness.key_press(Key::Tab);
    window.harness.key_press(Key::R);
    window.harness.event(eframe::egui::Event::Text("r".into()));
    window.settle();
    let request = window.engine.newest_search().unwrap().1;
    assert_eq!((request.focus.as_str(), request.find.as_str()), ("light", "r"));
    assert!(request.references.is_empty());
    // And back.
    window.press_with(Modifiers::SHIFT, Key::Tab);
    window.harness.event(eframe::egui::Event::Text("s".into()));
    window.settle();
    let request = window.engine.newest_search().unwrap().1;
    assert_eq!((request.focus.as_str(), request.find.as_str()), ("lights", "r"));
    window.click("Clear focus");
    assert_eq!(window.engine.newest_search().unwrap().1.focus, "");
}

#[test]
fn the_page_of_shortcuts_is_as_wide_at_once_as_it_stays() {
    let mut window = Window::with_photos(photos(10));
    window.harness.key_press(Key::F1);
    // The frame of the key, and the one in which egui measures a new window unseen.
    window.harness.step();
    window.harness.step();
    let place = |window: &Window| {
        let longest = window.harness.get_by_label("Arrow up in the focus field").rect();
        let parts = window.harness.get_all_by_label("Keyboard shortcuts");
        let whole = parts.map(|part| part.rect()).reduce(|a, b| a.union(b)).unwrap();
        (whole, longest)
    };
    let first = place(&window);
    window.settle();
    assert_eq!(first, place(&window));
    assert!(first.0.x_range().contains(first.1.right()), "{first:?}");
}

#[test]
fn the_palette_runs_a_command_by_a_few_letters() {
    let mut window = Window::with_photos(photos(10));
    window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    window.harness.event(eframe::egui::Event::Text("groups".into()));
    window.settle();
    window.press(Key::Enter);
    assert!(!window.has("Command"));
    let view = window.engine.newest_search().unwrap().1.view;
    assert_eq!(view, refocus_engine::ViewKind::Groups);
}

#[test]
fn escape_closes_a_menu_and_leaves_the_selection() {
    let mut window = Window::with_photos(photos(12));
    window.click("photo-0004.jpg");
    window.press_with(Modifiers::COMMAND, Key::A);
    let count = "12 selected";
    assert!(window.has_containing(count));
    window.harness.get_by_label("photo-0004.jpg").click_secondary();
    window.settle();
    assert!(window.has_containing("More like this"));
    window.press(Key::Escape);
    assert!(!window.has_containing("More like this"));
    assert!(window.has_containing(count));
    window.press(Key::Escape);
    assert!(!window.has_containing(count));
}
