//! A contact sheet is asked for and written.

use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use super::fake_engine::photo_files;
use super::setup::Window;

const KEYS: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

#[test]
fn a_sheet_of_the_selected_photos_or_of_all_on_screen_is_written_where_the_person_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::with_photos(photo_files(folder.path()));
    let all = window.photos_on_screen().len();
    window.press_with(KEYS, Key::K);
    assert!(window.has(&format!("Contact sheet of {all} photos")));
    window.press(Key::Escape);
    window.click("photo-0000.jpg");
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    window.press_with(KEYS, Key::K);
    assert!(window.has("Contact sheet of 2 photos"));
    window.harness.event(Event::Text("sheet".into()));
    window.settle();
    window.press(Key::Enter);
    assert!(window.has("Not a full path: sheet"));
    let file = folder.path().join("sheet.pdf");
    window.harness.get_by_label("PDF file").focus();
    window.press_with(Modifiers::COMMAND, Key::A);
    window.harness.event(Event::Text(file.display().to_string()));
    window.settle();
    window.click("Lying");
    window.click("Write the sheet");
    for _ in 0..500 {
        if file.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
        window.settle();
    }
    assert!(std::fs::read(&file).unwrap().starts_with(b"%PDF-"));
}
