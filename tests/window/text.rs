//! Text in photos: shown in the large view, selected and copied, and what is said where there is none.

use std::sync::Arc;

use eframe::egui::{self, Key, Modifiers, OutputCommand, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use refocus_engine::{Command, Event, PassKind, PassPhase, PassProgress, ReadPhotos, ReadText, Rows, TextLine};

use super::fake_engine::photos;
use super::setup::Window;

fn line(text: &str, top: f32) -> TextLine {
    TextLine {
        corners: [[0.1, top], [0.9, top], [0.9, top + 0.15], [0.1, top + 0.15]],
        turns: 0,
        confidence: 1.0,
        text: text.to_owned(),
    }
}

/// Photos of which the first shows two lines.
fn rows() -> Rows {
    let mut rows = photos(12);
    let lines = vec![line("FARM MARKET", 0.2), line("open on Sunday", 0.6)];
    rows.update(0, |row| row.extras.text = Some(Arc::new(ReadText::new(lines, None))));
    rows
}

/// What was copied in the last frames.
fn copied(window: &mut Window, key: Key, modifiers: Modifiers) -> Option<String> {
    let mut text = None;
    // A step has a frame for each queued event, of which only the last could be seen.
    for pressed in [true, false] {
        let input = window.harness.input_mut();
        let held = if pressed { modifiers } else { Modifiers::NONE };
        input.events.push(egui::Event::ModifiersChanged(held));
        input.events.push(egui::Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        });
        for _ in 0..3 {
            window.harness.step();
            for command in &window.harness.output().platform_output.commands {
                if let OutputCommand::CopyText(copied) = command {
                    text = Some(copied.clone());
                }
            }
        }
    }
    window.settle();
    text
}

const COPY_TEXT: (Key, Modifiers) = (Key::T, Modifiers::COMMAND.plus(Modifiers::SHIFT));

#[test]
fn the_words_of_a_photo_are_shown_selected_and_copied() {
    let mut window = Window::with_photos(rows());
    window.click("photo-0000.jpg");
    window.press(Key::U);
    assert!(window.has("Photo photo-0000.jpg, large"), "it becomes large for it");
    assert!(window.has("FARM MARKET") && window.has("open on Sunday"));
    window.screenshot("text-lightbox.png");
    let all = copied(&mut window, COPY_TEXT.0, COPY_TEXT.1);
    assert_eq!(all.as_deref(), Some("FARM MARKET\nopen on Sunday"));

    // A drag from the second word of a line to the first of the next.
    let place = |window: &Window, label: &str, share: f32| {
        let rect = window.harness.get_by_label(label).rect();
        rect.min + vec2(rect.width() * share, rect.height() / 2.0)
    };
    let from = place(&window, "FARM MARKET", 0.8);
    let to = place(&window, "open on Sunday", 0.05);
    window.harness.hover_at(from);
    window.harness.step();
    window.harness.drag_at(from);
    window.harness.step();
    for step in 1..=6 {
        window.harness.hover_at(from + (to - from) * (step as f32 / 6.0));
        window.harness.step();
    }
    window.harness.drop_at(to);
    window.settle();
    let some = copied(&mut window, COPY_TEXT.0, COPY_TEXT.1);
    assert_eq!(some.as_deref(), Some("MARKET\nopen"));
    window.screenshot("text-selected.png");

    window.press(Key::U);
    assert!(!window.has("FARM MARKET"));
    window.press(Key::ArrowRight);
    window.press(Key::U);
    assert!(window.has_containing("No text was read here"));
}

#[test]
fn a_line_is_taken_by_the_keyboard_alone() {
    let mut window = Window::with_photos(rows());
    window.click("photo-0000.jpg");
    window.press(Key::U);
    for _ in 0..12 {
        if window
            .harness
            .query_by_label("open on Sunday")
            .is_some_and(|node| node.accesskit_node().is_focused())
        {
            break;
        }
        window.press(Key::Tab);
    }
    window.press(Key::Space);
    let line = copied(&mut window, COPY_TEXT.0, COPY_TEXT.1);
    assert_eq!(line.as_deref(), Some("open on Sunday"));
    assert!(
        window.has("Photo photo-0000.jpg, large"),
        "the key was the line's, not the photo's"
    );
}

#[test]
fn the_text_of_selected_photos_is_copied_in_the_gallery() {
    let mut window = Window::with_photos(rows());
    window.press_with(Modifiers::COMMAND, Key::A);
    let text = copied(&mut window, COPY_TEXT.0, COPY_TEXT.1);
    assert_eq!(text.as_deref(), Some("FARM MARKET\nopen on Sunday"));
    window.click("photo-0003.jpg");
    assert_eq!(copied(&mut window, COPY_TEXT.0, COPY_TEXT.1), None);
    assert!(window.has_containing("No text was read here"));
}

#[test]
fn the_settings_say_what_is_read_and_delete_it() {
    let mut window = Window::high(rows());
    let mut pass = PassProgress::none(PassKind::Text);
    (pass.phase, pass.done, pass.total) = (PassPhase::Working, 5, 12);
    window.engine.tell(Event::Pass(pass));
    window.settle();
    assert!(window.has_containing("reading text, 5 of 12"));
    window.press_with(Modifiers::COMMAND, Key::Comma);
    assert!(window.has("TEXT IN PHOTOS") && window.has("5 of 12 photos") && window.has("the words of 1 photo"));
    window.click("Pause the reading of photos");
    let read = |window: &Window| {
        let tunings = window.engine.seen.iter().rev();
        tunings
            .filter_map(|command| match command {
                Command::Tune(tuning) => Some((tuning.read_photos, tuning.text_paused)),
                _ => None,
            })
            .next()
            .unwrap()
    };
    assert_eq!(read(&window), (ReadPhotos::Likely, true));
    window.click("Every photo");
    assert_eq!(read(&window).0, ReadPhotos::All);
    let forgets = |window: &Window| {
        window
            .engine
            .was_sent(|command| matches!(command, Command::ForgetTexts))
    };
    window.click("Delete the text that was read\u{2026}");
    window.click("Keep the text");
    assert!(!forgets(&window) && read(&window).0 == ReadPhotos::All);
    window.click("Delete the text that was read\u{2026}");
    window.click("Delete the text");
    assert_eq!(read(&window).0, ReadPhotos::Off);
    assert!(forgets(&window));
}
