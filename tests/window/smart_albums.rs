use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use refocus_engine::{DateSource, Place, Rows, Today, Written};

use super::fake_engine::photos;
use super::setup::Window;

/// Ten photos, of which some were rated, some have no date, and one has a place.
fn some() -> Rows {
    let mut rows = photos(10);
    let recently = Today::now().days_ago(2);
    for number in 0..10 {
        rows.update(number, |row| {
            row.marks.rating = if number < 4 { 3 } else { 0 };
            if number >= 7 {
                row.taken_source = DateSource::FileTime;
            }
            if number < 2 {
                row.extras.added_at = recently;
            }
        });
    }
    rows.update(5, |row| {
        row.extras.written = Some(Arc::new(Written {
            gps: Place::new(59.9, 10.7, None),
            ..Written::default()
        }));
    });
    rows
}

#[test]
fn albums_that_are_there_from_the_start_say_how_many_photos_they_have_and_show_them() {
    let mut window = Window::with_photos(some());
    for (album, first) in [
        ("Recently added, 2 photos", "photo-0000.jpg"),
        ("Unrated, 6 photos", "photo-0004.jpg"),
        ("Without date, 3 photos", "photo-0007.jpg"),
        ("Without place, 9 photos", "photo-0000.jpg"),
    ] {
        window.click(album);
        let count = window.photos_on_screen().len();
        assert!(album.contains(&format!(" {count} photos")), "{album}: {count}");
        assert_eq!(window.photos_on_screen()[0], first, "{album}");
        let chip = format!("Remove the filter {}", album.split(',').next().unwrap());
        window.click(&chip);
        assert_eq!(window.photos_on_screen().len(), 10);
        assert!(!window.has(&chip));
    }
}

#[test]
fn two_albums_narrow_each_other_and_clearing_the_filters_shows_all() {
    let mut window = Window::high(some());
    window.click("Unrated, 6 photos");
    window.click("Without date, 3 photos");
    assert_eq!(window.photos_on_screen().len(), 3);
    assert!(window.has("3 of 10 photos \u{b7} newest first"));
    window.click("Clear all filters (Ctrl+Shift+Backspace)");
    assert_eq!(window.photos_on_screen().len(), 10);
    assert!(!window.has("Remove the filter Unrated"));
}

#[test]
fn a_rating_takes_a_photo_out_of_the_unrated_ones_and_its_album_counts_one_less() {
    let mut window = Window::with_photos(some());
    window.click("Unrated, 6 photos");
    window.click("photo-0004.jpg");
    window.press(eframe::egui::Key::Num5);
    assert!(window.has("Unrated, 5 photos"));
    assert_eq!(window.photos_on_screen()[0], "photo-0005.jpg");
}

#[test]
fn photos_of_this_day_are_those_of_all_years_and_the_chip_names_the_day() {
    let mut rows = some();
    let today = Today::now().day;
    let day = (0..3 * 366)
        .rev()
        .find(|day| refocus_engine::DayOfYear::of(day * 86_400) == today);
    rows.update(3, |row| row.taken = day.unwrap_or_default() * 86_400 + 3600);
    rows.update(4, |row| row.taken = day.unwrap_or_default() * 86_400 - 40 * 86_400);
    let mut window = Window::with_photos(rows);
    let album = window
        .harness
        .get_all_by_label_contains("On this day, ")
        .next()
        .is_some();
    assert!(album);
    window.harness.get_by_label_contains("On this day, ").click();
    window.settle();
    assert!(window.photos_on_screen().contains(&"photo-0003.jpg".to_owned()));
    assert!(!window.photos_on_screen().contains(&"photo-0004.jpg".to_owned()));
    window.click(&format!("Remove the filter On {today}"));
    assert_eq!(window.photos_on_screen().len(), 10);
}
