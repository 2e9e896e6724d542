use std::path::Path;
use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use refocus_engine::{Command, Event, MarkChange};

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
fn the_large_view_says_what_the_person_thinks_of_the_photo() {
    let mut window = Window::with_photos(photos(6));
    window.click("photo-0002.jpg");
    window.press(Key::Enter);
    let says = |window: &Window, end: &str| {
        let mut captions = window.harness.query_all_by_label_contains("photo-0002.jpg \u{b7}");
        captions.any(|caption| caption.accesskit_node().value().is_some_and(|said| said.ends_with(end)))
    };
    assert!(says(&window, "%"));
    window.press(Key::Num4);
    assert!(says(&window, "% \u{b7} 4 stars"));
    window.press(Key::F);
    assert!(says(&window, "% \u{b7} favourite \u{b7} 4 stars"));
    window.press(Key::F);
    window.press(Key::Num1);
    assert!(says(&window, "% \u{b7} 1 star"));
    window.press(Key::Num0);
    assert!(says(&window, "%"));
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
            .was_sent(|command| matches!(command, Command::Mark { .. }))
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

#[test]
fn a_cell_says_what_kind_of_file_it_shows_and_when_its_folder_is_away() {
    let mut rows = photos(3);
    rows.update(0, |row| row.extras.animated = true);
    rows.update(1, |row| {
        row.extras.raws = Some(Arc::from([Arc::from(Path::new("/photos/holiday/photo-0001.nef"))]));
        row.extras.keywords = Some(Arc::from(["harbour".to_owned(), "dusk".to_owned()]));
    });
    let mut window = Window::high(rows);
    assert_eq!(description(&window, "photo-0000.jpg").as_deref(), Some("animated"));
    assert_eq!(description(&window, "photo-0001.jpg").as_deref(), Some("with raw file"));
    window.click("photo-0001.jpg");
    window.press(Key::I);
    assert!(window.has_containing("photo-0001.nef") && window.has("harbour") && window.has("dusk"));
    window.type_into("Keywords", "dusk");
    assert_eq!(window.photos_on_screen(), ["photo-0001.jpg"]);
    window.click("Clear all filters (Ctrl+Shift+Backspace)");
    window.engine.folders[0].online = false;
    window.engine.tell(Event::Library {
        rows: window.engine.rows.clone(),
        folders: window.engine.folders.clone(),
    });
    window.settle();
    let said = description(&window, "photo-0002.jpg");
    assert_eq!(said.as_deref(), Some("folder cannot be reached"));
}
