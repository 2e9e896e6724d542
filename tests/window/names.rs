//! Everything that can be pressed, typed into or looked at has a name for a screen reader, in every view.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use refocus_engine::{CleanUpKind, Event, Problem, Rows};
use refocus_media::FailureKind;

use super::fake_engine::photos;
use super::people::some_people;
use super::setup::Window;

const CONTROLS: [Role; 14] = [
    Role::Button,
    Role::CheckBox,
    Role::ComboBox,
    Role::Image,
    Role::Link,
    Role::ListBoxOption,
    Role::MenuItem,
    Role::MultilineTextInput,
    Role::ProgressIndicator,
    Role::RadioButton,
    Role::Slider,
    Role::SpinButton,
    Role::Tab,
    Role::TextInput,
];

/// Walks the tree of what is on screen; returns how many controls there are.
fn walk(window: &Window, view: &str) -> usize {
    let mut controls = 0;
    for node in window.harness.root().children_recursive() {
        let node = node.accesskit_node();
        if !CONTROLS.contains(&node.role()) {
            continue;
        }
        controls += 1;
        let name = node.label().unwrap_or_default();
        assert!(
            !name.trim().is_empty(),
            "{view}: {:?} at {:?} has no name",
            node.role(),
            node.raw_bounds()
        );
        // A name of signs alone is read as nothing.
        assert!(
            name.chars().any(char::is_alphanumeric),
            "{view}: a {:?} is called {name:?}",
            node.role()
        );
    }
    controls
}

fn at_least(window: &Window, view: &str, controls: usize) {
    let found = walk(window, view);
    assert!(found >= controls, "{view}: only {found} controls were found");
}

#[test]
fn the_first_screen() {
    let mut window = Window::with_photos(Rows::default());
    at_least(&window, "first start", 3);
    window.click("Type or paste a path\u{2026}");
    at_least(&window, "path field", 5);
}

#[test]
fn grid_and_groups_with_both_panels() {
    let mut window = Window::with_photos(photos(40));
    window.engine.tell(Event::Problems([problem()].into()));
    at_least(&window, "grid", 45);
    window.click("photo-0004.jpg");
    window.press(Key::F);
    window.press(Key::Num3);
    window.press(Key::R);
    window.press(Key::I);
    window.press(Key::H);
    window.press(Key::B);
    at_least(&window, "grid with a reference", 45);
    window.type_into("Focus", "the colour");
    window.press_with(Modifiers::COMMAND, Key::Num2);
    at_least(&window, "groups", 45);
}

fn problem() -> Problem {
    Problem {
        path: "/photos/holiday/cut.jpg".into(),
        kind: FailureKind::Corrupt,
        message: "the file ends early".into(),
        failed_at: 1_700_000_000,
        next_try: None,
    }
}

#[test]
fn comparison_and_large_view() {
    let mut window = Window::with_photos(photos(40));
    window.click("photo-0004.jpg");
    window.press(Key::R);
    window.press_with(Modifiers::COMMAND, Key::Num3);
    at_least(&window, "compare", 40);
    window.press(Key::Enter);
    at_least(&window, "large view", 4);
}

#[test]
fn the_page_on_which_photos_are_cleaned_up() {
    let mut window = Window::with_photos(photos(40));
    let engine = &mut window.engine;
    engine.group(CleanUpKind::Identical, &[10, 11], 0, vec![]);
    engine.group(CleanUpKind::Burst, &[0, 1, 2], 0, vec![]);
    window.press_with(Modifiers::COMMAND, Key::Num6);
    at_least(&window, "identical files", 40);
    window.click("Nearly the same \u{b7} 1 \u{b7} 2.0 MB");
    at_least(&window, "photos side by side", 40);
}

#[test]
fn windows_over_the_gallery() {
    let mut window = Window::with_photos(photos(12));
    window.engine.tell(Event::Problems([problem()].into()));
    window.settle();
    window.click("1 problem");
    at_least(&window, "problems", 30);
    window.press(Key::F1);
    at_least(&window, "help", 30);
    window.press(Key::F1);
    window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    at_least(&window, "palette", 30);
    window.press(Key::Escape);
    window.click("photo-0004.jpg");
    for (key, view) in [(Key::F2, "rename"), (Key::Delete, "trash")] {
        window.press(key);
        at_least(&window, view, 30);
        window.press(Key::Escape);
    }
    window.press_with(Modifiers::COMMAND, Key::S);
    at_least(&window, "export", 30);
    assert!(window.harness.query_by_label("File").is_some());
}

#[test]
fn the_menu_of_a_photo() {
    let mut window = Window::with_photos(photos(12));
    window.harness.get_by_label("photo-0004.jpg").click_secondary();
    window.settle();
    assert!(window.has_containing("More like this"));
    at_least(&window, "menu", 30);
}

#[test]
fn people() {
    let mut window = Window::with_photos(photos(12));
    window.engine.people = some_people();
    window.engine.tell_people();
    window.click("photo-0004.jpg");
    window.press(Key::I);
    at_least(&window, "details with persons", 30);
    window.press_with(Modifiers::COMMAND, Key::Num4);
    at_least(&window, "persons", 20);
    window.press(Key::ArrowRight);
    window.press(Key::N);
    at_least(&window, "persons while one is named", 20);
    window.press(Key::Escape);
    window.press_with(Modifiers::COMMAND, Key::Num5);
    at_least(&window, "questions", 20);
    window.click("Person Anna, 6 photos");
    window.click("photo-0004.jpg");
    at_least(&window, "photos of a person", 20);
    window.press(Key::Enter);
    window.press(Key::O);
    window.click("Face of Anna");
    at_least(&window, "faces of the large photo", 8);
}
