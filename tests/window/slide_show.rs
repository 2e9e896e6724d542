use eframe::egui::Key;

use super::fake_engine::photos;
use super::setup::Window;

/// Draws until something is on screen, for so many seconds of the window's time.
fn within(window: &mut Window, seconds: f32, label: &str) -> bool {
    for _ in 0..(seconds / 0.05) as usize {
        if window.has(label) {
            return true;
        }
        window.harness.step();
        // Pictures are decoded on a thread of their own.
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    false
}

#[test]
fn a_slide_show_goes_through_the_photos_in_their_order_until_the_last_and_rests_when_asked() {
    let mut window = Window::with_photos(photos(3));
    window.press(Key::S);
    assert!(within(&mut window, 1.0, "Photo photo-0000.jpg, large"));
    assert!(window.has("Slide show, 4 s a photo (+ and \u{2212})"));
    for _ in 0..3 {
        window.press(Key::Minus);
    }
    assert!(within(&mut window, 0.5, "Slide show, 1 s a photo (+ and \u{2212})"));
    assert!(within(&mut window, 4.0, "Photo photo-0001.jpg, large"));
    window.press(Key::Space);
    assert!(within(&mut window, 0.5, "Slide show, paused"));
    assert!(!within(&mut window, 4.0, "Photo photo-0002.jpg, large"));
    window.press(Key::Space);
    assert!(within(&mut window, 4.0, "Photo photo-0002.jpg, large"));
    assert!(within(&mut window, 4.0, "Slide show, the last photo"));
    window.press(Key::ArrowLeft);
    assert!(within(&mut window, 0.5, "Photo photo-0001.jpg, large"));
    window.press(Key::Escape);
    window.settle();
    assert_eq!(window.photos_on_screen().len(), 3);
    assert!(!window.has("Slide show, 1 s a photo (+ and \u{2212})"));
}

#[test]
fn nothing_but_the_photo_is_on_screen_while_nobody_touches_anything() {
    let mut window = Window::with_photos(photos(2));
    window.click("photo-0001.jpg");
    window.press(Key::S);
    assert!(
        within(&mut window, 1.0, "Photo photo-0001.jpg, large"),
        "from the chosen one on"
    );
    assert!(window.has("Back to the gallery (Esc)"));
    window.press(Key::Space);
    window.press(Key::Space);
    for _ in 0..70 {
        window.harness.step();
    }
    assert!(!window.has("Back to the gallery (Esc)"));
    window.press(Key::Plus);
    window.harness.step();
    assert!(window.has("Back to the gallery (Esc)"));
}

#[test]
fn a_slide_show_ends_where_its_photo_goes() {
    let mut window = Window::with_photos(photos(3));
    window.press(Key::S);
    assert!(within(&mut window, 1.0, "Photo photo-0000.jpg, large"));
    window.engine.rows.update(0, |row| row.gone = true);
    window.engine.tell_library();
    window.settle();
    assert_eq!(window.photos_on_screen(), ["photo-0001.jpg", "photo-0002.jpg"]);
    // The next large photo is no slide show.
    window.click("photo-0001.jpg");
    window.press(Key::Enter);
    assert!(within(&mut window, 1.0, "Photo photo-0001.jpg, large"));
    assert!(!window.has("Slide show, 4 s a photo (+ and \u{2212})"));
}
