use eframe::egui::{Key, Modifiers};

use super::fake_engine::photos;
use super::setup::{DRAWS, Window};

const MANY: i64 = 100_000;

#[test]
fn a_hundred_thousand_photos_scroll_without_a_widget_for_each() {
    let mut window = Window::with_photos(photos(MANY));
    let height = window.harness.state().gallery_height();
    assert!(height > 1_000_000.0);
    let passes = window.harness.state().passes_over_library();
    let frames = 40;
    for frame in 0..frames {
        let to = height * frame as f32 / frames as f32;
        window.harness.state_mut().scroll_gallery_to(to);
        window.harness.step();
        if DRAWS {
            window.harness.render().expect("a graphics adapter");
        }
        let count = window.photos_on_screen().len();
        assert!((1..200).contains(&count), "{count} photos were built");
    }
    assert_eq!(window.harness.state().passes_over_library(), passes);
    let textures = window.harness.state().texture_use();
    assert!(textures.bytes_max <= textures.budget);
}

/// Draws frames in which nothing changes; they must do nothing that takes as long as the library is large.
fn rest(window: &mut Window, what: &str) {
    window.settle();
    let passes = window.harness.state().passes_over_library();
    for _ in 0..20 {
        window.harness.step();
    }
    assert_eq!(window.harness.state().passes_over_library(), passes, "{what}");
}

#[test]
fn a_frame_does_nothing_that_grows_with_the_library() {
    let mut window = Window::with_photos(photos(MANY));
    rest(&mut window, "grid");
    // References in the tray: where they stand among the rows is looked up once.
    let before = window.harness.state().passes_over_library();
    for photo in ["photo-0002.jpg", "photo-0003.jpg"] {
        window.click(photo);
        window.press(Key::R);
    }
    assert!(
        window.harness.state().passes_over_library() > before,
        "nothing is counted"
    );
    rest(&mut window, "references");
    window.press(Key::Enter);
    rest(&mut window, "large view");
    window.press(Key::Escape);
    window.press(Key::I);
    rest(&mut window, "why");
    window.press_with(Modifiers::COMMAND, Key::Num3);
    rest(&mut window, "compare");
    window.press(Key::Home);
    rest(&mut window, "compare with a photo pointed at");
    window.press_with(Modifiers::COMMAND, Key::Num2);
    rest(&mut window, "groups");
    window.press_with(Modifiers::COMMAND, Key::A);
    rest(&mut window, "all selected");
}
