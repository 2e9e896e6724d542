use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use refocus_engine::{FileId, ReferenceSource, ViewKind};

use super::fake_engine::photos;
use super::setup::Window;

fn comparing() -> Window {
    let mut window = Window::with_photos(photos(60));
    window.click("photo-0012.jpg");
    window.press(Key::R);
    window.press_with(Modifiers::COMMAND, Key::Num3);
    window
}

/// Left edges of the columns in which a photo is on screen.
fn columns_with(window: &Window, photo: &str) -> Vec<i64> {
    let mut lefts: Vec<i64> = window
        .harness
        .query_all_by_label(photo)
        .filter(|node| node.accesskit_node().role() == Role::Image)
        .map(|node| node.rect().left() as i64)
        .collect();
    lefts.sort_unstable();
    lefts
}

#[test]
fn the_same_references_are_asked_under_each_focus() {
    let mut window = comparing();
    let request = window.engine.newest_search().unwrap().1.clone();
    assert_eq!(request.view, ViewKind::Compare);
    assert_eq!(request.compare, ["", "the colour of the object", "the place"]);
    assert_eq!(request.references[0].source, ReferenceSource::Library(FileId(1012)));
    window.type_into("Focus of column 1", "the light");
    assert_eq!(window.engine.newest_search().unwrap().1.compare[0], "the light");
    window.click("Compare with another focus");
    assert_eq!(window.engine.newest_search().unwrap().1.compare.len(), 4);
    assert!(!window.has("Compare with another focus"), "four are enough");
    window.click("Remove column 2");
    assert_eq!(window.engine.newest_search().unwrap().1.compare.len(), 3);
}

#[test]
fn a_focus_that_is_longer_than_its_column_is_told_whole() {
    let mut window = comparing();
    let whole = "the colour of the third hat from the left in the second row of people who stand on the stairs";
    window.type_into("Focus of column 1", whole);
    window.press(Key::Escape);
    assert!(!window.has(whole));
    window.harness.get_by_label("Focus of column 1").hover();
    for _ in 0..40 {
        window.harness.step();
    }
    assert!(window.has(whole));
}

#[test]
fn without_a_reference_the_columns_say_what_to_do() {
    let mut window = Window::with_photos(photos(20));
    window.click("Compare");
    assert!(window.engine.newest_search().unwrap().1.references.is_empty());
    assert!(window.photos_on_screen().is_empty());
}

#[test]
fn a_photo_under_the_pointer_is_placed_in_every_column() {
    let mut window = comparing();
    // Plain similarity puts the reference first; a focus turns the order around.
    assert_eq!(
        columns_with(&window, "photo-0011.jpg").len(),
        1,
        "only the first column shows it at its top"
    );
    let at = window.harness.get_by_label("photo-0011.jpg").rect().center();
    window.harness.hover_at(at);
    window.settle();
    let places = |place: &str| window.harness.query_all_by_label_contains(place).count();
    assert_eq!(places("no. 2 \u{b7} photo-0011"), 1);
    assert_eq!(places("no. 59 \u{b7} photo-0011"), 2);
}

#[test]
fn a_chosen_photo_is_brought_into_view_in_the_other_columns() {
    let mut window = comparing();
    window.click("photo-0011.jpg");
    window.settle();
    assert_eq!(columns_with(&window, "photo-0011.jpg").len(), 3);
}

#[test]
fn the_keyboard_goes_down_a_column_and_opens_a_photo() {
    let mut window = comparing();
    window.press(Key::Home);
    window.press(Key::ArrowDown);
    window.press(Key::Enter);
    assert!(window.has("Photo photo-0011.jpg, large"));
    window.press(Key::ArrowRight);
    assert!(window.has("Photo photo-0013.jpg, large"));
    window.press(Key::Escape);
    assert!(window.has("Focus of column 1"));
}
