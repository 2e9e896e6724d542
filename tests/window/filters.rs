use std::sync::Arc;

use eframe::egui::Key;
use egui_kittest::kittest::Queryable as _;
use refocus_engine::{Rows, Shape};

use super::fake_engine::photos;
use super::setup::Window;

fn some_marked() -> Rows {
    let mut rows = photos(10);
    rows.update(3, |row| row.marks.favourite = true);
    rows.update(4, |row| row.marks.rating = 3);
    rows.update(5, |row| row.marks.rating = 5);
    rows.update(6, |row| row.format = "PNG");
    rows
}

#[test]
fn favourites_and_stars_say_how_many_photos_are_left() {
    let mut window = Window::high(some_marked());
    window.click("Favourites");
    assert_eq!(window.photos_on_screen(), ["photo-0003.jpg"]);
    assert!(window.has("1 of 10 photos \u{b7} newest first"));
    window.click("Favourites");
    window.click("Only photos with at least 3 stars");
    assert_eq!(window.photos_on_screen(), ["photo-0004.jpg", "photo-0005.jpg"]);
    window.click("Clear all filters (Ctrl+Shift+Backspace)");
    assert_eq!(window.photos_on_screen().len(), 10);
    assert!(!window.has("Clear all filters (Ctrl+Shift+Backspace)"));
}

#[test]
fn kinds_shapes_and_dates_are_sent_with_the_search() {
    let mut window = Window::high(some_marked());
    window.click("PNG");
    assert_eq!(window.photos_on_screen(), ["photo-0006.jpg"]);
    window.click("PNG");
    window.click("Tall");
    assert_eq!(
        window.engine.newest_search().unwrap().1.filter.shape,
        Some(Shape::Portrait)
    );
    window.click("Tall");
    window.type_into("Taken from", "2023-11");
    let days = window.engine.newest_search().unwrap().1.filter.days;
    assert_eq!((days.first, days.last), (Some(19_662), None));
    assert_eq!(window.photos_on_screen().len(), 10);
    window.type_into("Taken until", "2020");
    assert!(window.photos_on_screen().is_empty());
    assert!(window.has("No photo passes the filters"));
    window.click("Clear all filters");
    assert_eq!(window.photos_on_screen().len(), 10);
}

#[test]
fn filters_hold_within_a_ranking() {
    let mut window = Window::high(some_marked());
    window.type_into("Find", "beach");
    window.click("Only photos with at least 3 stars");
    assert_eq!(window.photos_on_screen(), ["photo-0005.jpg", "photo-0004.jpg"]);
}

#[test]
fn a_photo_that_is_no_favourite_any_more_leaves_at_once() {
    let mut window = Window::high(some_marked());
    window.click("Favourites");
    window.click("photo-0003.jpg");
    window.harness.hover_at(eframe::egui::pos2(700.0, 300.0));
    window.press(Key::F);
    assert!(window.photos_on_screen().is_empty());
}

#[test]
fn weak_matches_and_near_duplicates_leave_and_are_counted() {
    let mut window = Window::high(photos(20));
    window.type_into("Find", "beach");
    window.click("Hide weak matches");
    assert_eq!(window.photos_on_screen().len(), 10);
    assert!(window.has_containing("10 weak hidden"));
    window.click("Fold near-duplicates");
    assert_eq!(window.photos_on_screen().len(), 5);
    assert!(window.has_containing("20 photos by match with \u{201c}beach\u{201d} \u{b7} of these 5 weak hidden"));
    assert!(window.has_containing("and 10 near-duplicates folded"));
    window.press(Key::Enter);
    window.press(Key::W);
    assert_eq!(window.photos_on_screen().len(), 10);
}

#[test]
fn a_level_of_a_keyword_is_clicked_and_a_photo_found_by_it_says_so() {
    let mut rows = photos(10);
    let keywords = ["Europe|Norway", "sea"].map(str::to_owned);
    rows.update(9, |row| row.extras.keywords = Some(Arc::from(keywords)));
    let mut window = Window::high(rows);
    window.type_into("Find", "norway");
    assert!(window.describes("found by its keyword"));
    assert!(window.has("1 photo with this word written, then 9 by match with \u{201c}norway\u{201d}"));
    window.click("photo-0009.jpg");
    window.press(Key::I);
    let click = |window: &mut Window, level| {
        // Wherever the panel is scrolled to.
        window.harness.get_by_label(level).click_accesskit();
        window.settle();
    };
    assert!(window.has("Found by its keyword: Europe \u{203a} Norway"));
    click(&mut window, "Norway");
    assert_eq!(window.engine.newest_search().unwrap().1.filter.keywords, "\"Norway\"");
    assert_eq!(window.photos_on_screen(), ["photo-0009.jpg"]);
    click(&mut window, "sea");
    assert_eq!(
        window.engine.newest_search().unwrap().1.filter.keywords,
        "\"Norway\" \"sea\""
    );
    click(&mut window, "Norway");
    click(&mut window, "sea");
    assert_eq!(window.photos_on_screen().len(), 10);
}
