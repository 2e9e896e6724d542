//! Photos are cleaned up: looked at side by side, marked, and moved to the trash after one question.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use refocus_engine::{CleanUpKind, CleanUpRequest, Command, Reason};

#[cfg(all(feature = "system-tests", target_os = "linux"))]
use super::fake_engine::photo_files;
use super::fake_engine::photos;
use super::setup::Window;

/// A window with the page open: two files of each of two contents, and three groups of photos that are alike.
fn window() -> Window {
    let mut rows = photos(20);
    for (number, same_as) in [(11, 10), (13, 12)] {
        let (hash, bytes) = rows.get(same_as).map(|row| (row.hash, row.bytes)).unwrap();
        rows.update(number, |row| (row.hash, row.bytes) = (hash, bytes));
    }
    let mut window = Window::with_photos(rows);
    let engine = &mut window.engine;
    engine.group(CleanUpKind::Identical, &[10, 11], 0, vec![Reason::OriginalName]);
    engine.group(CleanUpKind::Identical, &[12, 13], 1, vec![Reason::Older]);
    engine.group(CleanUpKind::Same, &[0, 1, 2], 0, vec![Reason::Larger, Reason::Sharper]);
    engine.group(CleanUpKind::Burst, &[4, 5], 1, vec![]);
    engine.group(CleanUpKind::Same, &[6, 7, 8, 9], 2, vec![Reason::Dated]);
    window.press_with(Modifiers::COMMAND, Key::Num6);
    window
}

fn asked(window: &Window) -> Vec<CleanUpRequest> {
    let asked = window.engine.seen.iter().filter_map(|command| match command {
        Command::CleanUp(request) => Some(request.clone()),
        _ => None,
    });
    asked.collect()
}

/// What a screen reader says of a photo beside its name.
fn said(window: &Window, photo: &str) -> String {
    let mut nodes = window.harness.query_all_by_label(photo);
    let picture = nodes.find(|node| node.accesskit_node().role() == Role::Image).unwrap();
    picture.accesskit_node().description().unwrap_or_default()
}

#[test]
fn identical_files_come_first_with_the_space_they_take() {
    let mut window = window();
    assert_eq!(asked(&window), [CleanUpRequest::Look { generation: 1 }]);
    assert!(window.has("Clean up"));
    assert!(window.has("Identical files \u{b7} 2 \u{b7} 2.0 MB"));
    assert!(window.has("Nearly the same \u{b7} 3 \u{b7} 6.0 MB"));
    assert!(window.has("File /photos/holiday/photo-0011.jpg"));
    window.screenshot("clean-up-identical.png");
    window.click("Keep one of each");
    assert!(window.has("File /photos/holiday/photo-0011.jpg, to the trash"));
    assert!(window.has("File /photos/holiday/photo-0012.jpg, to the trash"));
    assert!(window.has("File /photos/holiday/photo-0013.jpg, keep"));
    window.click("Move 2 files (2.0 MB) to the trash\u{2026}");
    assert!(window.has("Move 2 files (2.0 MB) to the trash?"));
    window.press(Key::Escape);
    assert!(!window.has("Move 2 files (2.0 MB) to the trash?"));
    assert!(window.has("Clean up"), "the page is still there");
    window.press(Key::Escape);
    assert!(!window.has("Keep one of each"));
    assert_eq!(asked(&window).last(), Some(&CleanUpRequest::Close));
}

#[test]
fn photos_that_are_alike_are_gone_through_by_keys() {
    let mut window = window();
    window.click("Nearly the same \u{b7} 3 \u{b7} 6.0 MB");
    assert!(window.has("Nearly the same \u{b7} 3 photos") && window.has("group 1 of 3"));
    assert_eq!(said(&window, "photo-0000.jpg"), "not marked, best: larger, sharper");
    window.press(Key::B);
    assert!(said(&window, "photo-0000.jpg").starts_with("keep, "));
    assert!(said(&window, "photo-0001.jpg").starts_with("to the trash, 50 % as sharp"));
    window.press(Key::ArrowRight);
    window.press(Key::K);
    assert!(said(&window, "photo-0001.jpg").starts_with("keep, "));
    window.screenshot("clean-up-alike.png");
    window.press(Key::Enter);
    assert!(window.has("group 2 of 3") && window.has_containing("Burst \u{b7} 2 photos in "));
    window.press(Key::X);
    window.press(Key::ArrowRight);
    window.press(Key::X);
    assert!(window.has_containing("One photo of a group stays"));
    assert!(said(&window, "photo-0005.jpg").starts_with("not marked"));
    window.press(Key::ArrowDown);
    assert!(window.has("group 3 of 3"));
    window.press(Key::Enter);
    assert!(window.has("group 3 of 3"), "there is no other");
    window.press(Key::ArrowUp);
    window.press(Key::ArrowUp);
    assert!(window.has("group 1 of 3"));
    assert!(
        said(&window, "photo-0002.jpg").starts_with("to the trash"),
        "marks stay"
    );
    window.press(Key::Delete);
    assert!(window.has("Move 2 files (2.0 MB) to the trash?"));
}

#[test]
fn marks_are_taken_back_one_by_one_and_nothing_that_was_done_before_them() {
    let mut window = window();
    window.click("Nearly the same \u{b7} 3 \u{b7} 6.0 MB");
    let names = ["photo-0000.jpg", "photo-0001.jpg", "photo-0002.jpg"];
    let marks = |window: &Window| names.map(|name| said(window, name).split(',').next().unwrap().to_owned());
    let before = marks(&window);
    window.press(Key::X);
    let one = marks(&window);
    assert_ne!(one, before);
    window.press(Key::B);
    assert_ne!(marks(&window), one);
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(marks(&window), one);
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(marks(&window), before);
    assert!(!window.has("There is nothing to take back"));
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert!(window.has("There is nothing to take back"));
}

#[test]
fn a_group_all_of_which_stay_is_shown_no_more_until_that_is_undone() {
    let mut window = window();
    window.click("Nearly the same \u{b7} 3 \u{b7} 6.0 MB");
    window.press(Key::X);
    window.press(Key::A);
    let first = match asked(&window).last() {
        Some(CleanUpRequest::KeepAll(contents)) => contents.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(first.len(), 3);
    assert!(window.has("group 1 of 2") && !window.has("photo-0000.jpg"));
    assert!(!window.has_containing("to the trash\u{2026}"), "its marks are gone too");
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(asked(&window).last(), Some(&CleanUpRequest::AskAgain(first)));
    assert!(window.has("group 1 of 3"));
    window.click("All of these stay");
    assert!(window.has("group 1 of 2"));
    window.click("Undo");
    assert!(window.has("group 1 of 3"));
}

#[test]
fn the_page_is_reached_by_panel_palette_and_key_and_left_for_what_is_asked_for() {
    let mut window = Window::high(photos(6));
    window.click("Clean up\u{2026}");
    assert!(window.has("No file is there twice."));
    window.press_with(Modifiers::COMMAND, Key::Num1);
    assert!(!window.has("No file is there twice."));
    window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    window.harness.event(eframe::egui::Event::Text("clean up".into()));
    window.settle();
    window.press(Key::Enter);
    assert!(window.has("No file is there twice."));
    window.type_into("Find", "beach");
    assert!(
        !window.has("No file is there twice."),
        "whoever searches wants to see photos"
    );
    window.press(Key::F1);
    window.press(Key::Escape);
    window.press(Key::F1);
    assert!(window.has("Clean up: keep the best of the group"));
}

#[test]
fn photos_that_have_gone_are_in_no_group_and_the_library_is_looked_at_again() {
    let mut window = window();
    window.click("Nearly the same \u{b7} 3 \u{b7} 6.0 MB");
    for row in [4, 5, 0] {
        window.engine.rows.remove(row);
    }
    window.engine.alike.retain(|group| group.kind != CleanUpKind::Burst);
    window.engine.tell_library();
    window.settle();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    window.settle();
    assert!(asked(&window).contains(&CleanUpRequest::Look { generation: 2 }));
    assert!(window.has("group 1 of 2"));
}

/// It uses the trash of whoever runs it.
#[cfg(all(feature = "system-tests", target_os = "linux"))]
#[test]
fn what_is_marked_goes_to_the_trash_after_the_question_and_comes_back() {
    let folder = tempfile::tempdir_in(home()).unwrap();
    let rows = photo_files(folder.path());
    let mut window = Window::with_photos(rows);
    window
        .engine
        .group(CleanUpKind::Same, &[0, 1], 0, vec![Reason::Sharper]);
    window.press_with(Modifiers::COMMAND, Key::Num6);
    window.press(Key::B);
    window.press(Key::Delete);
    window.click("Move to trash");
    let file = folder.path().join("photo-0001.jpg");
    let wait_for = |window: &mut Window, words: &str, is_so: &dyn Fn() -> bool| {
        for _ in 0..500 {
            window.settle();
            if is_so() && window.has_containing(words) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("waited for {words}");
    };
    wait_for(&mut window, "1 photo moved to the trash", &|| !file.exists());
    assert!(folder.path().join("photo-0000.jpg").exists());
    window.press_with(Modifiers::COMMAND, Key::Z);
    wait_for(&mut window, "1 file brought back from the trash", &|| file.exists());
    assert_eq!(std::fs::read(&file).unwrap(), b"photo 1");
}

/// On the disk of the home folder, where its trash is.
#[cfg(all(feature = "system-tests", target_os = "linux"))]
fn home() -> std::path::PathBuf {
    std::env::home_dir().unwrap_or_else(std::env::temp_dir)
}
