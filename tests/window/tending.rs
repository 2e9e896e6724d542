//! What the window says when something is wrong, and what a person can do about it.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event as UiEvent, Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use refocus::app::CrashReport;
use refocus_engine::{Command, Event, FolderId, IndexPhase, Noticing, Problem, Progress};
use refocus_media::FailureKind;

use super::fake_engine::{encoding_progress, photos};
use super::setup::{Window, WindowOptions};

#[test]
fn an_offline_folder_says_so_and_keeps_its_photos() {
    let mut window = Window::with_photos(photos(30));
    window.engine.folders[0].online = false;
    window.engine.tell_library();
    window.settle();
    assert!(window.has("Folder holiday, 30 photos, offline"));
    window.engine.folders[0].online = true;
    window.engine.folders[0].noticing = Noticing::NowAndThen;
    window.engine.tell_library();
    window.settle();
    assert!(window.has("Folder holiday, 30 photos"));
}

#[test]
fn indexing_that_had_to_stop_says_why_until_it_goes_on() {
    let mut window = Window::with_photos(photos(4));
    let full = "indexing stopped: the disk is full";
    window.engine.tell(Event::IndexingFailed(full.into()));
    window.engine.tell(Event::IndexingEnded(Progress::default()));
    window.settle();
    for _ in 0..200 {
        window.harness.step();
    }
    assert!(window.has_containing(full), "it stays when the message has gone");
    window.engine.tell(Event::Progress(Progress {
        phase: IndexPhase::Scanning,
        ..Progress::default()
    }));
    window.settle();
    assert!(!window.has_containing(full));
}

/// Of a full disk and a deep folder, as long as a message can become.
fn long_message() -> String {
    let path = "/home/ann/photos".to_owned() + &"/a folder with a rather long name".repeat(9) + "/library.refocus";
    format!("indexing stopped: the disk is full; what was written before is safe. Free some space: {path}")
}

#[test]
fn a_long_message_stands_within_the_window_with_its_button_beside_it_and_stays_until_it_is_closed() {
    let options = WindowOptions {
        size: [640.0, 480.0],
        ..WindowOptions::default()
    };
    let mut window = Window::new(photos(4), options);
    let long = long_message();
    window.engine.tell(Event::Notice(long.clone()));
    window.engine.tell(Event::Done("The library was copied".into()));
    window.settle();
    window.screenshot("long-message.png");
    let text = window.harness.get_by_label(&long).rect();
    assert!(
        text.left() >= 8.0 && text.right() <= 632.0 && text.bottom() < 460.0,
        "{text}"
    );
    assert!(text.height() > 30.0, "several lines: {text}");
    let buttons: Vec<_> = window
        .harness
        .get_all_by_label("Close this message")
        .map(|b| b.rect())
        .collect();
    assert_eq!(buttons.len(), 2);
    for button in buttons {
        assert!(
            !button.intersects(text) && button.right() <= 632.0,
            "{button} over {text}"
        );
    }
    for _ in 0..200 {
        window.harness.step();
    }
    assert!(!window.has("The library was copied"), "what went well goes by itself");
    assert!(window.has(&long));
    window.click("Close this message");
    assert!(!window.has(&long));
}

/// What stands in a stripe of the window, from left to right. Nothing of it stands over something else.
fn beside_each_other(window: &Window, stripe: std::ops::RangeInclusive<f32>) -> Vec<(eframe::egui::Rect, String)> {
    let width = window.harness.ctx.content_rect().right();
    let nodes = window.harness.root().children_recursive();
    let mut parts: Vec<_> = nodes
        .filter(|node| {
            let role = node.accesskit_node().role();
            matches!(
                role,
                Role::Label | Role::Button | Role::ProgressIndicator | Role::TextInput | Role::Slider
            )
        })
        .filter_map(|node| {
            let said = node.accesskit_node();
            let said = said.label().or_else(|| said.value())?;
            let rect = node.rect();
            Some((rect, said)).filter(|_| stripe.contains(&rect.top()) && stripe.contains(&rect.bottom()))
        })
        .collect();
    parts.sort_by(|a, b| a.0.left().total_cmp(&b.0.left()));
    for pair in parts.windows(2) {
        assert!(pair[0].0.right() <= pair[1].0.left() + 0.5, "{width}: {pair:?}");
    }
    assert!(parts.iter().all(|(rect, _)| rect.right() <= width - 4.0), "{parts:?}");
    parts
}

#[test]
fn in_a_narrow_window_the_search_bar_leaves_out_what_there_is_no_room_for() {
    for width in [420.0, 520.0, 640.0, 760.0, 900.0, 1280.0] {
        let options = WindowOptions {
            size: [width, 600.0],
            ..WindowOptions::default()
        };
        let mut window = Window::new(photos(4), options);
        window.type_into("Focus", "the light");
        window.type_into("Find", "beach");
        let parts = beside_each_other(&window, 0.0..=48.0);
        let has = |label: &str| parts.iter().any(|(_, other)| other == label);
        assert!(has("Focus") && has("Find"), "{width}: {parts:?}");
        assert_eq!(has("Compare"), width > 700.0, "{width}: {parts:?}");
        assert_eq!(has("Strength of the focus"), width > 820.0, "{width}: {parts:?}");
    }
}

#[test]
fn in_a_narrow_window_the_parts_of_the_lower_edge_stand_beside_each_other() {
    for width in [420.0, 700.0, 1280.0] {
        for paused in [false, true] {
            let options = WindowOptions {
                size: [width, 300.0],
                ..WindowOptions::default()
            };
            let mut window = Window::new(photos(4), options);
            let problem = |name: &str| Problem {
                path: format!("/photos/holiday/{name}").into(),
                kind: FailureKind::Corrupt,
                message: "the file ends early".into(),
                failed_at: 1_700_000_000,
                next_try: None,
            };
            window
                .engine
                .tell(Event::Problems(Arc::from([problem("a.jpg"), problem("b.jpg")])));
            if paused {
                window
                    .engine
                    .tell(Event::ReadOnly("Read only: another Refocus (process 77) has it".into()));
            }
            window.engine.tell(Event::Progress(encoding_progress()));
            window.settle();
            window.screenshot(&format!("lower-edge-{width}.png"));
            let parts = beside_each_other(&window, 265.0..=300.0);
            let has = |label: &str| parts.iter().any(|(_, other)| other.contains(label));
            assert!(
                has("indexed 4,120 of 12,408") && has("2 problems") && has("Pause indexing"),
                "{parts:?}"
            );
            assert_eq!(has("process 77"), paused);
            let with_device = width > 1000.0 || (width > 600.0 && !paused);
            assert_eq!(has("CPU (AVX-512)"), with_device, "{width}: {parts:?}");
            if width > 1000.0 {
                assert!(has("ranked in") && has("Indexing"), "{parts:?}");
            }
        }
    }
}

/// Only what failed or was lost stays until it is closed.
#[test]
fn a_path_that_is_of_no_use_is_told_for_a_while() {
    let mut window = Window::with_photos(photos(4));
    let line = "There is nothing to read at /nowhere/at all";
    let pasted = eframe::egui::Event::Paste("/nowhere/at all".into());
    window.harness.event(pasted);
    for _ in 0..300 {
        window.settle();
        if window.has(line) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(window.has(line));
    for _ in 0..200 {
        window.harness.step();
    }
    assert!(!window.has(line));
}

#[test]
fn a_long_reason_can_be_read_to_its_end() {
    let mut window = Window::with_photos(photos(4));
    let reason = "Its AVIF data is damaged, or the file is cut short (unexpected end of data). Copy it once more from where it came \
                  from, or open it in an image editor and save it anew.";
    window.engine.tell(Event::Problems(Arc::from([Problem {
        path: "/photos/holiday/cut.avif".into(),
        kind: FailureKind::Corrupt,
        message: reason.into(),
        failed_at: 1_700_000_000,
        next_try: None,
    }])));
    window.settle();
    let button = window.harness.get_by_label("1 problem").rect();
    let device = window.harness.get_by_label_contains("CPU (AVX-512)").rect();
    assert!((button.center().y - device.center().y).abs() < 1.0, "{button} {device}");
    window.click("1 problem");
    window.screenshot("long-reason.png");
    let whole = window.harness.get_by_label_contains(reason).rect();
    assert!(whole.height() > 20.0, "more than one line: {whole}");
    window.harness.get_by_label_contains(reason).hover();
    for _ in 0..40 {
        window.harness.step();
    }
    assert!(window.has_containing("not tried again until it changes"));
}

#[test]
fn a_library_that_is_only_read_says_so() {
    let mut window = Window::with_photos(photos(4));
    window
        .engine
        .tell(Event::ReadOnly("Read only: another Refocus (process 77) has it".into()));
    window.settle();
    assert!(window.has_containing("process 77"));
    window.engine.tell(Event::Writable);
    window.settle();
    assert!(!window.has_containing("process 77"), "the other one has ended");
}

#[test]
fn a_problem_is_revealed_and_the_list_is_copied() {
    let mut window = Window::with_photos(photos(4));
    window.engine.tell(Event::Problems(Arc::from([Problem {
        path: "/photos/holiday/cut.jpg".into(),
        kind: FailureKind::Corrupt,
        message: "the file ends early".into(),
        failed_at: 1_700_000_000,
        next_try: None,
    }])));
    window.settle();
    window.click("1 problem");
    assert!(window.has("Reveal cut.jpg"));
    window.harness.get_by_label("Copy list").click();
    let mut copied = String::new();
    for _ in 0..4 {
        window.harness.step();
        for command in &window.harness.output().platform_output.commands {
            if let eframe::egui::OutputCommand::CopyText(text) = command {
                copied.clone_from(text);
            }
        }
    }
    assert!(
        copied.contains("Damaged") && copied.contains("/photos/holiday/cut.jpg"),
        "{copied:?}"
    );
}

#[test]
fn who_comes_back_to_the_window_has_changes_looked_for() {
    let mut window = Window::with_photos(photos(4));
    let caught_up = |window: &Window| {
        window
            .engine
            .seen
            .iter()
            .filter(|c| matches!(c, Command::CatchUp))
            .count()
    };
    assert_eq!(caught_up(&window), 0);
    for focused in [false, true] {
        let root = window.harness.input_mut().viewport_id;
        if let Some(viewport) = window.harness.input_mut().viewports.get_mut(&root) {
            viewport.focused = Some(focused);
        }
        window.harness.event(UiEvent::WindowFocused(focused));
        window.settle();
    }
    assert_eq!(caught_up(&window), 1);
}

#[test]
fn a_crash_report_is_offered_and_can_be_closed() {
    let report = CrashReport {
        path: "/data/crash-1.txt".into(),
        text: "Refocus 0.1.0 stopped unexpectedly.".into(),
    };
    let options = WindowOptions {
        crash_report: Some(report),
        ..WindowOptions::default()
    };
    let mut window = Window::new(photos(4), options);
    assert!(window.has("Copy report") && window.has("Reveal report"));
    window.click("Close");
    assert!(!window.has("Copy report"));
}

#[test]
fn the_library_is_backed_up_after_a_question_and_a_folder_is_told_its_new_place() {
    let mut window = Window::with_photos(photos(4));
    window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    window.type_into("Command", "back up");
    window.press(Key::Enter);
    assert!(window.has_containing("Back up the library"));
    window.click("Back up");
    let asked = |window: &Window| {
        let is = |command: &&Command| matches!(command, Command::BackUp(path) if path.extension().is_some());
        window.engine.was_sent(|command| is(&command))
    };
    assert!(asked(&window));

    let folder = window.harness.get_by_label("Folder holiday, 4 photos");
    folder.click_secondary();
    window.settle();
    window.click("It is elsewhere now\u{2026}");
    window.click("It is here");
    let relinked = window.engine.was_sent(
        |command| matches!(command, Command::Relink { folder: FolderId(1), path } if path.ends_with("holiday")),
    );
    assert!(relinked);
}
