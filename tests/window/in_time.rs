//! Photos in the order of time: heads, the strip beside them, dates on them, how many matches are strong.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use refocus_engine::{DateSource, HitOrder, Rows, SortKey};

use super::fake_engine::photos;
use super::setup::{Window, WindowOptions};

/// 2023-11-14, 22:13:20, by GNU date 9.1.
const NEWEST: i64 = 1_700_000_000;
const DAY: i64 = 86_400;

/// Photos that were taken so many days apart, the last two without a date.
fn apart(count: i64, days: i64) -> Rows {
    let mut rows = photos(count);
    for number in 0..count {
        rows.update(number as u32, |row| {
            row.taken = NEWEST - number * days * DAY;
            if number >= count - 2 {
                row.taken_source = DateSource::FileTime;
            }
        });
    }
    rows
}

fn window(rows: Rows) -> Window {
    let options = WindowOptions {
        months: true,
        ..WindowOptions::default()
    };
    Window::new(rows, options)
}

/// The month that the strip says the screen is at.
fn month(window: &Window) -> String {
    let strip = window.harness.get_by_role_and_label(Role::Slider, "Time");
    strip.accesskit_node().value().unwrap_or_default()
}

#[test]
fn the_library_by_date_has_heads_and_a_strip_and_another_order_has_none() {
    let mut window = window(apart(80, 2));
    assert!(window.has("November 2023") && window.has("October 2023"));
    assert!(window.has_containing("80 photos \u{b7} newest first"));
    assert_eq!(month(&window), "November 2023");
    window.press(Key::End);
    assert!(window.has("No date"), "photos without a date stand last");
    assert_eq!(window.photos_on_screen().last().unwrap(), "photo-0079.jpg");

    window.press_with(Modifiers::ALT, Key::Num3);
    assert_eq!(window.engine.newest_search().unwrap().1.sort, SortKey::OldestFirst);
    assert_eq!(window.photos_on_screen()[0], "photo-0077.jpg");
    window.press(Key::End);
    assert!(window.has("No date"), "and in the other direction too");

    window.click("Order: Oldest first");
    window.click("File name");
    assert!(!window.has("No date") && !window.has("Time"));
    assert!(window.has_containing("80 photos \u{b7} by name"));
}

#[test]
fn a_search_is_seen_in_time_with_as_many_matches_as_the_person_calls_strong() {
    let mut window = window(apart(80, 2));
    window.type_into("Find", "beach");
    assert!(window.has("Order: Best first") && !window.has("Strong matches"));
    window.click("Order: Best first");
    window.click("Newest first");
    assert_eq!(window.engine.newest_search().unwrap().1.order, HitOrder::Newest);
    // The last numbers match best; of 80 half are strong, and the newest of those has number 40.
    assert!(window.has_containing("40 strong matches to \u{201c}beach\u{201d}, newest first"));
    assert!(window.has("40 of 80"));
    assert_eq!(window.photos_on_screen()[0], "photo-0040.jpg");
    assert!(!window.has("photo-0039.jpg"));

    let bar = window.harness.get_by_label("Strong matches");
    assert_eq!(bar.accesskit_node().role(), Role::Slider);
    bar.set_value_accesskit(0.75);
    window.settle();
    let share = window.engine.newest_search().unwrap().1.strong_share;
    assert!((share - 0.25).abs() < 0.01, "{share}");
    assert!(window.has("60 of 80"));
    assert_eq!(window.photos_on_screen()[0], "photo-0020.jpg");

    window.press_with(Modifiers::ALT, Key::Num1);
    assert!(window.has("Order: Best first") && !window.has("Time"));
    assert_eq!(window.photos_on_screen()[0], "photo-0079.jpg");
}

#[test]
fn the_strip_is_moved_by_keys_by_a_screen_reader_and_by_the_pointer() {
    let mut window = window(apart(400, 2));
    window.press_with(Modifiers::ALT, Key::PageDown);
    assert_eq!(month(&window), "October 2023");
    window.press_with(Modifiers::ALT, Key::PageDown);
    assert_eq!(month(&window), "September 2023");
    window.press_with(Modifiers::ALT, Key::PageUp);
    assert_eq!(month(&window), "October 2023");
    assert_eq!(window.harness.state().photos(), 400);

    window.harness.get_by_label("Time").focus();
    window.harness.step();
    window.press(Key::End);
    assert_eq!(month(&window), "No date");
    window.press(Key::Home);
    assert_eq!(month(&window), "November 2023");
    window.press(Key::ArrowDown);
    let below = month(&window);
    assert_ne!(below, "November 2023");

    window.harness.get_by_label("Time").increment_accesskit();
    window.settle();
    assert_ne!(month(&window), below);
    window.harness.get_by_label("Time").set_value_accesskit(0.0);
    window.settle();
    assert_eq!(month(&window), "November 2023");

    let rect = window.harness.get_by_label("Time").rect();

    // The middle of the strip is the middle of its time.
    let at = pos2(rect.center().x, rect.center().y);
    window.harness.drag_at(at);
    window.harness.step();
    window.harness.drop_at(at);
    window.settle();
    assert!(month(&window).ends_with("2022"), "{}", month(&window));
}

#[test]
fn photos_say_when_they_were_taken_on_demand() {
    let mut window = window(apart(10, 30));
    assert!(!window.describes("14 Nov 2023"));
    window.click("Show dates on photos (T)");
    assert!(window.describes("14 Nov 2023") && window.describes("no date"));
    window.press(Key::T);
    assert!(!window.describes("14 Nov 2023"));
}

#[test]
fn a_frame_in_which_nothing_changes_walks_over_no_photos() {
    let mut window = window(apart(3000, 1));
    window.press(Key::T);
    let before = window.harness.state().passes_over_library();
    for _ in 0..20 {
        window.harness.step();
    }
    window.press_with(Modifiers::ALT, Key::PageDown);
    assert_eq!(window.harness.state().passes_over_library(), before);
}
