use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use refocus::engine::{Command, MarkChange};

use super::fake_engine::photos;
use super::setup::Window;

fn description(window: &Window, photo: &str) -> Option<String> {
    let mut nodes = window.harness.query_all_by_label(photo);
    let picture = nodes.find(|node| node.accesskit_node().role() == Role::Image)?;
    picture.accesskit_node().description()
}

#[test]
fn keys_mark_the_selected_photos_and_the_cells_say_so() {
    let mut window = Window::with_photos(photos(6));
    window.click("photo-0002.jpg");
    window.press(Key::F);
    window.press(Key::Num4);
    assert_eq!(
        description(&window, "photo-0002.jpg").as_deref(),
        Some("favourite, 4 stars")
    );
    window.press(Key::F);
    assert_eq!(description(&window, "photo-0002.jpg").as_deref(), Some("4 stars"));
    window.press(Key::Num0);
    assert_eq!(description(&window, "photo-0002.jpg"), None);
}

#[test]
fn several_photos_are_marked_together() {
    let mut window = Window::with_photos(photos(6));
    window.press_with(Modifiers::COMMAND, Key::A);
    window.press(Key::F);
    let marked = window.engine.seen.iter().find_map(|command| match command {
        Command::Mark { photos, change } => Some((photos.len(), *change)),
        _ => None,
    });
    assert_eq!(marked, Some((6, MarkChange::Favourite(true))));
}

#[test]
fn digits_in_a_text_field_are_text() {
    let mut window = Window::with_photos(photos(6));
    window.click("photo-0002.jpg");
    window.type_into("Find", "5f");
    window.harness.key_press(Key::Num5);
    window.harness.key_press(Key::F);
    window.settle();
    assert!(
        !window
            .engine
            .seen
            .iter()
            .any(|command| matches!(command, Command::Mark { .. }))
    );
}

#[test]
fn the_details_show_and_change_the_mark() {
    let mut window = Window::with_photos(photos(6));
    window.click("photo-0001.jpg");
    window.press(Key::I);
    window.click("Rate with 3 stars");
    assert_eq!(description(&window, "photo-0001.jpg").as_deref(), Some("3 stars"));
    window.click("Rate with 3 stars");
    assert_eq!(description(&window, "photo-0001.jpg"), None);
    window.click("Favourite (F)");
    assert_eq!(description(&window, "photo-0001.jpg").as_deref(), Some("favourite"));
}
