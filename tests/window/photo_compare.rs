//! Photos side by side: which keys move, mark and leave.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use refocus_engine::{Command, FileId, MarkChange};

use super::fake_engine::photos;
use super::setup::{Window, WindowOptions};

/// Names of the photos side by side, and whether each is pointed at.
fn side_by_side(window: &Window) -> Vec<(String, bool)> {
    let images = window.harness.query_all_by_role(Role::Image);
    images
        .map(|node| {
            let node = node.accesskit_node();
            let said = node.description().unwrap_or_default();
            (node.label().unwrap_or_default(), said.contains("marked"))
        })
        .collect()
}

fn comparing(size: [f32; 2]) -> Window {
    let options = WindowOptions {
        size,
        ..WindowOptions::default()
    };
    let mut window = Window::new(photos(12), options);
    window.click("photo-0001.jpg");
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    window.press(Key::C);
    window
}

#[test]
fn chosen_photos_stand_side_by_side_and_keys_are_for_the_one_that_is_marked() {
    let mut window = comparing([1280.0, 800.0]);
    assert!(window.has("3 photos"));
    let names = |pointed: usize| {
        (1..=3)
            .map(|number| (format!("photo-000{number}.jpg"), number == pointed))
            .collect::<Vec<_>>()
    };
    assert_eq!(side_by_side(&window), names(1));
    window.press(Key::ArrowRight);
    window.press(Key::ArrowRight);
    window.press(Key::ArrowRight);
    assert_eq!(side_by_side(&window), names(3), "the last one stays");
    window.press(Key::ArrowLeft);
    window.press(Key::Num4);
    let marked: Vec<(Vec<FileId>, MarkChange)> = window
        .engine
        .seen
        .iter()
        .filter_map(|command| match command {
            Command::Mark { photos, change } => Some((photos.clone(), *change)),
            _ => None,
        })
        .collect();
    assert_eq!(marked, [(vec![FileId(1002)], MarkChange::Rating(4))]);
    window.press(Key::Enter);
    assert!(window.has("Photo photo-0002.jpg, large"));
    window.press(Key::Escape);
    assert!(window.has("3 photos"), "back to those that are compared");
    window.press(Key::Escape);
    assert_eq!(window.photos_on_screen().len(), 12);
    // They are selected still, and the key goes both ways.
    window.press(Key::C);
    assert!(window.has("3 photos"));
    window.press(Key::C);
    assert_eq!(window.photos_on_screen().len(), 12);
}

#[test]
fn two_to_four_photos_can_be_compared() {
    let mut window = Window::with_photos(photos(12));
    window.click("photo-0001.jpg");
    window.press(Key::C);
    assert!(window.has("Select two to four photos to compare"));
    window.press_with(Modifiers::COMMAND, Key::A);
    window.press(Key::C);
    assert_eq!(window.photos_on_screen().len(), 12);
}

#[test]
fn another_search_ends_the_comparison() {
    let mut window = comparing([1280.0, 800.0]);
    window.press(Key::R);
    assert!(!window.has("3 photos"));
    assert_eq!(window.photos_on_screen().len(), 12);
}

#[cfg(feature = "system-tests")]
#[test]
fn the_photos_are_shown_in_full_in_a_large_and_in_a_small_window() {
    for (size, name) in [
        ([1280.0, 800.0], "compared.png"),
        ([900.0, 600.0], "compared-small.png"),
    ] {
        let mut window = comparing(size);
        window.wait_for_full_pictures();
        window.screenshot(name);
    }
}
