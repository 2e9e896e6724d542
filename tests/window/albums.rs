use std::path::Path;
use std::sync::Arc;

use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2};
use egui_kittest::kittest::Queryable as _;
use refocus_engine::{AlbumRequest, Command};

use super::fake_engine::photos;
use super::setup::Window;

const SHIFT_CTRL: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

fn type_text(window: &mut Window, text: &str) {
    window.harness.event(Event::Text(text.into()));
    window.settle();
}

/// An album of the first two photos.
fn with_album(name: &str) -> Window {
    let mut window = Window::high(photos(10));
    window.click("photo-0000.jpg");
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    window.press(Key::A);
    assert!(window.has("Put 2 photos into an album"));
    type_text(&mut window, name);
    window.press(Key::Enter);
    assert!(window.has(&format!("Album {name}, 2 photos")));
    window
}

#[test]
fn selected_photos_come_into_a_new_album_which_is_shown_with_a_chip_and_searched_in() {
    let mut window = with_album("Norway");
    assert!(window.has("The album Norway was made with 2 photos"));
    window.click("Album Norway, 2 photos");
    assert_eq!(window.photos_on_screen(), ["photo-0000.jpg", "photo-0001.jpg"]);
    window.press_with(Modifiers::COMMAND, Key::F);
    type_text(&mut window, "colour");
    assert_eq!(window.photos_on_screen().len(), 2, "a focus within the album");
    let (_, asked) = window.engine.newest_search().unwrap();
    assert!(asked.filter.album.is_some() && asked.focus == "colour");
    window.click("Leave the album Norway");
    assert_eq!(window.photos_on_screen().len(), 10);
}

#[test]
fn photos_that_leave_an_album_are_gone_from_it_at_once_and_each_step_is_undone_by_its_key() {
    let mut window = with_album("Norway");
    window.click("photo-0004.jpg");
    window.press(Key::A);
    // The album that is there is chosen by its letters.
    type_text(&mut window, "nor");
    window.press(Key::Enter);
    assert!(window.has("Album Norway, 3 photos"));
    window.press(Key::A);
    window.press(Key::Enter);
    assert!(window.has("All of them are in Norway already"));
    window.click("Album Norway, 3 photos");
    window.click("photo-0001.jpg");
    window.press_with(Modifiers::SHIFT, Key::Delete);
    assert!(window.has("1 photo taken out of Norway"));
    assert_eq!(window.photos_on_screen(), ["photo-0000.jpg", "photo-0004.jpg"]);
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.photos_on_screen().len(), 3);
    window.press_with(Modifiers::COMMAND, Key::Y);
    assert_eq!(window.photos_on_screen().len(), 2);
    for left in [3, 2] {
        window.press_with(Modifiers::COMMAND, Key::Z);
        assert_eq!(window.photos_on_screen().len(), left);
    }
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert!(!window.has_containing("Album Norway, "), "the album was not made");
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert!(window.has("There is nothing to take back"));
}

#[test]
fn albums_lie_in_albums_are_folded_renamed_moved_and_deleted_from_their_menu() {
    let mut window = with_album("Norway");
    window.click("Album Norway, 2 photos");
    window.press_with(SHIFT_CTRL, Key::A);
    assert!(window.has("New album in Norway"));
    type_text(&mut window, "Fjords");
    window.press(Key::Enter);
    assert!(window.has("Album Fjords, 0 photos"));
    window.click("Hide what is in Norway");
    assert!(!window.has("Album Fjords, 0 photos"));
    window.click("Show what is in Norway");
    window.harness.get_by_label("Album Fjords, 0 photos").click_secondary();
    window.settle();
    window.click("Rename\u{2026}");
    window.press_with(Modifiers::COMMAND, Key::A);
    type_text(&mut window, "Water");
    window.press(Key::Enter);
    assert!(window.has("Album Water, 0 photos"));
    window.harness.get_by_label("Album Water, 0 photos").click_secondary();
    window.settle();
    window.click("Take it out of the other album");
    assert!(!window.has("Hide what is in Norway"));
    window.harness.get_by_label("Album Norway, 2 photos").click_secondary();
    window.settle();
    window.click("Move into another album\u{2026}");
    window.press(Key::Enter);
    assert!(window.has("Album Water, 2 photos"), "with what lies in it");
    window.harness.get_by_label("Album Water, 2 photos").click_secondary();
    window.settle();
    window.click("Delete the album");
    assert!(!window.has_containing("Album "));
    assert_eq!(window.photos_on_screen().len(), 10, "no photo is gone");
}

#[test]
fn photos_are_dragged_to_an_album_with_all_that_are_selected() {
    let mut window = with_album("Norway");
    window.click("photo-0005.jpg");
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    let middle = |window: &Window, label: &str| window.harness.get_by_label(label).rect().center();
    let (from, to) = (
        middle(&window, "photo-0006.jpg"),
        middle(&window, "Album Norway, 2 photos"),
    );
    let button = |pos: Pos2, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    window.harness.event(Event::PointerMoved(from));
    window.harness.event(button(from, true));
    for step in 1..=5 {
        window
            .harness
            .event(Event::PointerMoved(from + (to - from) * (step as f32 / 5.0)));
        window.harness.step();
    }
    window.harness.event(button(to, false));
    window.settle();
    assert!(window.has("Album Norway, 4 photos"));
    assert!(window.has("2 photos put into Norway"));
}

#[test]
fn the_folders_in_a_folder_are_shown_with_their_counts_and_one_level_alone() {
    let mut rows = photos(10);
    for (number, path) in [(0, "a/0.jpg"), (1, "a/1.jpg"), (2, "a/deep/2.jpg"), (3, "b/3.jpg")] {
        rows.update(number, |row| {
            row.path = Arc::from(Path::new("/photos/holiday").join(path));
        });
    }
    let mut window = Window::high(rows);
    assert!(!window.has("Folder a, 3 photos"));
    window.click("Show what is in holiday");
    assert!(window.has("Folder a, 3 photos") && window.has("Folder b, 1 photo"));
    assert!(!window.has("Folder deep, 1 photo"));
    window.click("Folder a, 3 photos");
    assert_eq!(window.photos_on_screen(), ["0.jpg", "1.jpg", "2.jpg"]);
    window.click("Only this level");
    assert_eq!(window.photos_on_screen(), ["0.jpg", "1.jpg"]);
    window.click("Folder a, 3 photos");
    assert_eq!(window.photos_on_screen().len(), 10);
    let (_, asked) = window.engine.newest_search().unwrap();
    assert!(asked.filter.is_empty());
}

#[test]
fn a_group_is_put_into_an_album_as_a_whole() {
    let mut window = Window::high(photos(12));
    window.press_with(Modifiers::COMMAND, Key::F);
    type_text(&mut window, "colour");
    window.press_with(Modifiers::COMMAND, Key::Num2);
    let head = window.harness.get_all_by_label_contains(", open").next().unwrap();
    head.click_secondary();
    window.settle();
    window.click("Put the group into an album\u{2026}");
    type_text(&mut window, "teal ones");
    window.press(Key::Enter);
    let made = window.engine.was_sent(|command| {
        matches!(command, Command::Albums { request: AlbumRequest::Create { photos, .. }, .. } if photos.len() > 1)
    });
    assert!(made);
}

#[test]
fn a_command_is_never_about_photos_that_an_album_does_not_show() {
    let mut window = with_album("Norway");
    window.press_with(Modifiers::COMMAND, Key::A);
    window.click("Album Norway, 2 photos");
    assert!(window.has("2 selected"));
    window.press(Key::Delete);
    assert!(window.has("Move 2 photos to the trash?"));
    window.press(Key::Escape);
    window.click("Leave the album Norway");
    window.click("photo-0005.jpg");
    window.click("Album Norway, 2 photos");
    window.press(Key::Delete);
    assert!(window.has("Select a photo first"));
}

#[test]
fn a_name_that_is_taken_is_told_in_the_dialog_and_an_empty_album_says_what_to_do() {
    let mut window = with_album("Norway");
    window.press_with(SHIFT_CTRL, Key::A);
    type_text(&mut window, "norway");
    assert!(window.has("There is an album Norway here already"));
    window.press(Key::Enter);
    assert!(window.has("New album"), "the dialog stays");
    type_text(&mut window, " 2");
    window.press(Key::Enter);
    window.click("Album norway 2, 0 photos");
    assert!(window.has("This album is empty. Drag photos to it, or select some and press A"));
}
