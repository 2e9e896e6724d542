use std::sync::Arc;

use eframe::egui::{Key, Modifiers};
use refocus_engine::{Command, Event, FileId, ReferenceSource, SearchResults, ViewKind};

use super::fake_engine::photos;
use super::setup::Window;

#[test]
fn typing_a_focus_asks_with_growing_numbers_and_shows_what_it_was_understood_as() {
    let mut window = Window::with_photos(photos(20));
    let (before, _) = window.engine.newest_search().unwrap();
    window.type_into("Focus", "the colour");
    let (after, request) = window.engine.newest_search().unwrap();
    assert!(after > before);
    assert_eq!(request.focus, "the colour");
    assert_eq!(request.view, ViewKind::Groups, "a focus alone shows groups");
    assert!(window.has_containing("understood as: teal, navy"));
}

#[test]
fn a_chip_sets_its_focus_and_a_second_click_takes_it_back() {
    let mut window = Window::with_photos(photos(20));
    window.click("Light");
    assert_eq!(window.engine.newest_search().unwrap().1.focus, "the light");
    window.click("Light");
    assert_eq!(window.engine.newest_search().unwrap().1.focus, "");
}

#[test]
fn an_answer_reorders_the_gallery() {
    let mut window = Window::with_photos(photos(6));
    assert_eq!(window.photos_on_screen()[0], "photo-0000.jpg");
    window.type_into("Find", "beach");
    assert_eq!(
        window.photos_on_screen(),
        (0..6).rev().map(|n| format!("photo-{n:04}.jpg")).collect::<Vec<_>>()
    );
    window.click("Clear find");
    assert_eq!(window.photos_on_screen()[0], "photo-0000.jpg");
}

#[test]
fn an_answer_to_an_older_question_changes_nothing() {
    let mut window = Window::with_photos(photos(6));
    window.engine.answers = false;
    window.type_into("Find", "b");
    let (old, _) = window.engine.newest_search().unwrap();
    window.type_into("Find", "e");
    let (new, _) = window.engine.newest_search().unwrap();
    assert!(new > old);
    window.engine.tell(Event::Results(Arc::new(SearchResults {
        generation: old,
        order: Arc::from([5_u32, 0, 1, 2, 3, 4]),
        ..SearchResults::default()
    })));
    window.settle();
    assert_eq!(window.photos_on_screen()[0], "photo-0000.jpg");
}

#[test]
fn a_reference_stands_first_and_ranks_by_likeness() {
    let mut window = Window::with_photos(photos(30));
    window.click("photo-0012.jpg");
    window.press(Key::R);
    let request = window.engine.newest_search().unwrap().1;
    assert_eq!(request.references.len(), 1);
    assert_eq!(request.references[0].source, ReferenceSource::Library(FileId(1012)));
    assert!(request.references[0].positive);
    assert_eq!(
        window.photos_on_screen()[..3],
        ["photo-0012.jpg", "photo-0011.jpg", "photo-0013.jpg"]
    );
    window.press_with(Modifiers::SHIFT, Key::R);
    assert!(!window.engine.newest_search().unwrap().1.references[0].positive);
    window.click("Remove reference photo-0012.jpg");
    assert!(window.engine.newest_search().unwrap().1.references.is_empty());
    assert_eq!(window.photos_on_screen()[0], "photo-0000.jpg");
}

#[test]
fn newly_indexed_photos_wait_while_the_pointer_rests_on_the_gallery() {
    let mut window = Window::with_photos(photos(80));
    add_a_photo_under_the_pointer(&mut window, 80);
    assert!(window.has("New photos \u{2014} refresh order"));
    let photos = window.photos_on_screen();
    assert_eq!(
        photos[..2],
        ["photo-0001.jpg", "photo-0002.jpg"],
        "what has gone goes at once"
    );
    window.click("New photos \u{2014} refresh order");
    let photos = window.photos_on_screen();
    assert_eq!(
        (photos[0].as_str(), photos[7].as_str()),
        ("photo-0001.jpg", "photo-0008.jpg")
    );
}

/// Whatever waits to be shown: what is on screen can be explained.
#[test]
fn a_photo_is_explained_under_the_order_on_screen_while_a_newer_one_waits() {
    let mut window = Window::with_photos(photos(80));
    window.press(Key::I);
    for focus in ["", "the colour"] {
        if !focus.is_empty() {
            window.type_into("Focus", focus);
            window.press(Key::Enter);
        }
        let shown = window.engine.newest_search().unwrap().0;
        add_a_photo_under_the_pointer(&mut window, 80);
        assert!(window.has("New photos \u{2014} refresh order"));
        assert!(window.engine.newest_search().unwrap().0 > shown);
        let photo = window.photos_on_screen()[3].clone();
        window.click(&photo);
        window.harness.hover_at(eframe::egui::pos2(700.0, 500.0));
        window.settle();
        assert!(window.has("New photos \u{2014} refresh order"));
        let asked = window.engine.seen.iter().rev().find_map(|command| match command {
            Command::Explain(explain) => Some((explain.id, explain.results.generation, explain.request.focus.clone())),
            _ => None,
        });
        let id = FileId(1000 + photo[6..10].parse::<i64>().unwrap());
        assert_eq!(asked, Some((id, shown, focus.to_owned())));
        assert!(window.has("teal 0.61") && !window.has("\u{2026}"));
        // The first library again, in the order that the engine has now.
        window.engine.rows = photos(80);
        window.engine.tell_library();
        std::thread::sleep(std::time::Duration::from_millis(1600));
        window.settle();
        if window.has("New photos \u{2014} refresh order") {
            window.click("New photos \u{2014} refresh order");
        }
    }
}

#[test]
fn a_photo_that_goes_leaves_the_photos_at_once_in_every_view() {
    for view in [Key::Num1, Key::Num2, Key::Num3] {
        let mut window = Window::with_photos(photos(80));
        window.click("photo-0012.jpg");
        window.press(Key::R);
        window.type_into("Focus", "the colour");
        window.press_with(Modifiers::COMMAND, view);
        window.engine.answers = false;
        window.harness.hover_at(eframe::egui::pos2(700.0, 500.0));
        window.settle();
        let before = window.photos_on_screen();
        let gone = before.iter().find(|name| *name != "photo-0012.jpg").unwrap().clone();
        let number: u32 = gone[6..10].parse().unwrap();
        window.engine.rows.update(number, |row| row.gone = true);
        window.engine.tell_library();
        window.settle();
        let left = window.photos_on_screen();
        assert!(!left.is_empty() && !left.contains(&gone), "{view:?}: {gone}, {left:?}");
        assert!(!window.describes("cannot be shown"));
    }
}

#[test]
fn photos_that_leave_room_are_joined_by_new_ones_at_once() {
    let mut window = Window::with_photos(photos(8));
    add_a_photo_under_the_pointer(&mut window, 8);
    assert!(!window.has("New photos \u{2014} refresh order"));
    assert_eq!(window.photos_on_screen()[7], "photo-0008.jpg");
}

/// The first of so many photos goes and another one comes while the pointer rests on the gallery.
fn add_a_photo_under_the_pointer(window: &mut Window, count: i64) {
    window.harness.hover_at(eframe::egui::pos2(700.0, 500.0));
    window.settle();
    let mut rows = photos(count + 1);
    rows.update(0, |row| row.gone = true);
    window.engine.rows = rows;
    window.engine.tell_library();
    std::thread::sleep(std::time::Duration::from_millis(1600));
    window.settle();
}

#[test]
fn the_first_results_are_reranked_where_the_person_wants_it() {
    let mut window = Window::with_photos(photos(80));
    window.click("photo-0012.jpg");
    window.press(Key::R);
    assert_eq!(window.engine.newest_search().unwrap().1.rerank_first, 0);
    window.press(Key::P);
    assert_eq!(window.engine.newest_search().unwrap().1.rerank_first, 50);
    assert!(window.has("80 photos by likeness to 1 reference \u{b7} first 50 checked"));
    window.press(Key::P);
    assert_eq!(window.engine.newest_search().unwrap().1.rerank_first, 0);
    assert!(window.has("80 photos by likeness to 1 reference"));
}

#[test]
fn a_find_text_that_nothing_matches_is_told_beside_the_order() {
    let mut window = Window::with_photos(photos(12));
    window.type_into("Find", "a dog");
    assert!(!window.has_containing("Nothing here matches"));
    window.type_into("Find", " xxxx");
    assert!(window.has_containing("Nothing here matches"));
}
