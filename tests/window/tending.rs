//! What the window says when something is wrong, and what a person can do about it.

use std::sync::Arc;

use eframe::egui::{Event as UiEvent, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use refocus::app::CrashReport;
use refocus_engine::{Command, Event, FolderId, IndexPhase, Noticing, Problem, Progress};
use refocus_media::FailureKind;

use super::fake_engine::photos;
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
        window.engine.seen.iter().any(|command| is(&command))
    };
    assert!(asked(&window));

    let folder = window.harness.get_by_label("Folder holiday, 4 photos");
    folder.click_secondary();
    window.settle();
    window.click("It is elsewhere now\u{2026}");
    window.click("It is here");
    let relinked =
        window.engine.seen.iter().any(
            |command| matches!(command, Command::Relink { folder: FolderId(1), path } if path.ends_with("holiday")),
        );
    assert!(relinked);
}
