use std::sync::Arc;

use refocus_engine::{Command, Event, IndexPhase, Problem, Progress, RetryScope};
use refocus_media::FailureKind;

use super::fake_engine::{encoding_progress, photos};
use super::setup::{Window, WindowOptions};

#[test]
fn before_the_first_order_the_library_is_being_opened() {
    let options = WindowOptions {
        answers: false,
        ..WindowOptions::default()
    };
    let mut window = Window::new(photos(40), options);
    assert!(window.photos_on_screen().is_empty());
    assert!(window.has("Opening the library\u{2026}"));
    window.engine.answers = true;
    window.type_into("Find", "beach");
    assert!(!window.has("Opening the library\u{2026}") && !window.photos_on_screen().is_empty());
}

#[test]
fn groups_have_heads_with_counts_and_fold_in() {
    let mut window = Window::with_photos(photos(40));
    window.type_into("Focus", "the colour");
    assert!(window.has("teal \u{b7} cotton, 10 photos, open"));
    assert_eq!(window.photos_on_screen()[0], "photo-0000.jpg");
    window.click("teal \u{b7} cotton, 10 photos, open");
    assert!(window.has("teal \u{b7} cotton, 10 photos, folded in"));
    assert_eq!(window.photos_on_screen()[0], "photo-0001.jpg");
}

#[test]
fn photos_without_an_encoding_stand_last_and_say_so() {
    let mut window = Window::with_photos({
        let mut rows = photos(10);
        rows.update(3, |row| row.encoded = false);
        rows
    });
    window.type_into("Find", "beach");
    assert!(window.has("Not yet indexed"));
    assert_eq!(window.photos_on_screen().last().unwrap(), "photo-0003.jpg");
}

#[test]
fn problems_are_listed_with_their_reasons_and_can_be_tried_again() {
    let mut window = Window::with_photos(photos(4));
    let problem = |name: &str, kind, message: &str| Problem {
        path: format!("/photos/holiday/{name}").into(),
        kind,
        message: message.into(),
        failed_at: 1_700_000_000,
        next_try: None,
    };
    window.engine.tell(Event::Problems(Arc::from([
        problem("cut.jpg", FailureKind::Corrupt, "the file ends early"),
        problem("bomb.png", FailureKind::TooLarge, "30000 x 30000 pixels"),
    ])));
    window.settle();
    window.click("2 problems");
    assert!(window.has_containing("the file ends early"));
    window.click("Retry bomb.png");
    let retried = window.engine.was_sent(
        |command| matches!(command, Command::Retry(RetryScope::Files(files)) if files.len() == 1 && files[0].ends_with("bomb.png")),
    );
    assert!(retried);
    window.click("Retry all");
    assert!(
        window
            .engine
            .was_sent(|command| matches!(command, Command::Retry(RetryScope::All)))
    );
}

#[test]
fn progress_is_the_engines_own_and_pause_is_one_click() {
    let mut window = Window::with_photos(photos(4));
    let progress = encoding_progress();
    window.engine.tell(Event::Progress(progress));
    window.settle();
    assert!(window.has("indexed 4,120 of 12,408 \u{b7} 31 photos/s \u{b7} 4 min left"));
    window.click("Pause indexing");
    assert!(window.engine.was_sent(|command| matches!(command, Command::Pause)));
    window.engine.tell(Event::Progress(Progress {
        phase: IndexPhase::Paused,
        ..progress
    }));
    window.settle();
    window.click("Resume indexing");
    assert!(window.engine.was_sent(|command| matches!(command, Command::Resume)));
}
