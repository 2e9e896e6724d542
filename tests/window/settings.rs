//! The settings: what is set there reaches the engine, the screen and the next window.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use refocus::app::SettingsFile;
use refocus_engine::{
    Command, Event, IndexPhase, InstalledPack, LanguageRequest, LanguagesState, LeftOutHere, PackFacts, Progress,
};
use refocus_media::LeftOutCount;

use super::fake_engine::photos;
use super::setup::{Window, WindowOptions};

fn window(file: &SettingsFile) -> Window {
    let options = WindowOptions {
        settings: Some(file.clone()),
        ..WindowOptions::default()
    };
    Window::new(photos(12), options)
}

fn newest_tuning(window: &Window) -> Option<&refocus_engine::EngineTuning> {
    window.engine.seen.iter().rev().find_map(|command| match command {
        Command::Tune(tuning) => Some(tuning.as_ref()),
        _ => None,
    })
}

const PATTERNS: &str = "Patterns of what is left out, one a line";

/// Scrolls to what the window holds out of sight.
fn reach(window: &mut Window, label: &str) {
    window.harness.get_by_label(label).scroll_to_me();
    window.settle();
}

#[test]
fn what_is_set_reaches_the_engine_and_the_next_window() {
    let folder = tempfile::tempdir().unwrap();
    let file = SettingsFile::at(&folder.path().join("window.json"));
    let mut first = window(&file);
    assert!(newest_tuning(&first).is_none(), "nothing was changed yet");
    first.press_with(Modifiers::COMMAND, Key::Comma);
    assert!(first.has("LEFT OUT") && first.has("Refocus built-in"));
    first.screenshot("settings.png");

    reach(&mut first, "Folder to leave out");
    first.type_into("Folder to leave out", "/photos/private");
    first.click("Add");
    assert_eq!(
        newest_tuning(&first).unwrap().excluded_folders,
        [std::path::Path::new("/photos/private")]
    );
    reach(&mut first, PATTERNS);
    first.type_into(PATTERNS, "*.gif");
    assert!(
        newest_tuning(&first).unwrap().excluded_patterns.is_empty(),
        "still being typed"
    );
    first.press(Key::Escape);
    assert!(first.has("LEFT OUT"), "the first Esc only leaves the field");
    assert_eq!(newest_tuning(&first).unwrap().excluded_patterns, ["*.gif"]);
    if refocus_engine::CAN_TELL_BATTERY {
        reach(&mut first, "Rest until mains power is back");
        first.click("Rest until mains power is back");
        assert!(newest_tuning(&first).unwrap().pause_on_battery);
    }
    first.screenshot("settings-set.png");
    first.press(Key::Escape);
    assert!(!first.has("LEFT OUT"));
    first.close();

    let mut second = window(&file);
    second.press_with(Modifiers::COMMAND, Key::Comma);
    assert!(second.has("/photos/private"));
    reach(&mut second, "Take photos of /photos/private again");
    second.click("Take photos of /photos/private again");
    let tuning = newest_tuning(&second).unwrap();
    assert!(tuning.excluded_folders.is_empty());
    assert_eq!(tuning.excluded_patterns, ["*.gif"]);
}

/// Clicks as a screen reader does, also on what a scroll area holds out of sight.
fn click_anywhere(window: &mut Window, label: &str) {
    window.harness.get_by_label(label).click_accesskit();
    window.settle();
}

const EADIR: &str = "Thumbnails and attributes of a Synology storage";

#[test]
fn what_systems_keep_is_listed_in_groups_and_each_row_can_be_switched_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("window.json");
    std::fs::write(&path, r#"{"rules_off": ["a-row-of-a-later-version"]}"#).unwrap();
    let file = SettingsFile::at(&path);
    let mut first = window(&file);
    first.engine.folders[0].left_out = vec![LeftOutHere {
        rule: "synology-eadir",
        count: LeftOutCount { folders: 3, files: 0 },
        examples: vec!["/photos/holiday/@eaDir".into()],
    }]
    .into();
    first.engine.tell_library();
    first.press_with(Modifiers::COMMAND, Key::Comma);
    assert!(first.has("Thumbnails, previews and caches, 17 kinds"));
    assert!(!first.has(EADIR), "folded at first");
    click_anywhere(&mut first, "Thumbnails, previews and caches, 17 kinds");
    assert!(first.has(EADIR) && first.has("@eaDir \u{2026} \u{b7} 3 folders left out"));
    first.harness.get_by_label(EADIR).scroll_to_me();
    first.settle();
    first.screenshot("settings-left-out.png");
    click_anywhere(&mut first, EADIR);
    let unknown = "a-row-of-a-later-version";
    assert_eq!(newest_tuning(&first).unwrap().rules_off, [unknown, "synology-eadir"]);
    assert!(first.has("Thumbnails, previews and caches, 16 of 17 kinds"));
    first.close();

    let mut second = window(&file);
    second.press_with(Modifiers::COMMAND, Key::Comma);
    click_anywhere(&mut second, "Thumbnails, previews and caches, 16 of 17 kinds");
    click_anywhere(&mut second, EADIR);
    assert_eq!(newest_tuning(&second).unwrap().rules_off, [unknown]);
    click_anywhere(&mut second, "Thumbnails, previews and caches, 17 kinds");
    assert!(!second.has(EADIR), "folded again");
}

#[test]
fn a_folders_details_tell_what_was_left_out_of_it() {
    let mut window = Window::with_photos(photos(12));
    window.harness.get_by_label("Folder holiday, 12 photos").hover();
    window.harness.run_steps(20);
    assert!(window.has_containing("right click for more") && !window.has_containing("Left out:"));
    window.engine.folders[0].left_out = vec![LeftOutHere {
        rule: "nomedia",
        count: LeftOutCount { folders: 1, files: 0 },
        examples: Vec::new(),
    }]
    .into();
    window.engine.tell_library();
    window.settle();
    window.harness.get_by_label("Folder holiday, 12 photos").hover();
    window.harness.run_steps(20);
    assert!(window.has_containing("Left out:\n1 folder: Folders that ask to be left out"));
    window
        .harness
        .get_by_label("Folder holiday, 12 photos")
        .click_secondary();
    window.settle();
    window.click("What is left out\u{2026}");
    assert!(window.has("LEFT OUT BECAUSE OF WHAT IT IS"));
    assert!(
        window.has("Folders that ask to be left out by a file \".nomedia\" in them"),
        "unfolded"
    );
    window.screenshot("settings-left-out-of-folder.png");
}

#[test]
fn a_pattern_that_is_not_understood_is_named_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(&SettingsFile::at(&folder.path().join("window.json")));
    window.press_with(Modifiers::COMMAND, Key::Comma);
    window.type_into(PATTERNS, "[z-a");
    window.press(Key::Escape);
    assert!(window.has_containing("This pattern is not understood"));
    assert!(newest_tuning(&window).is_none());
}

#[test]
fn the_palette_knows_the_settings_and_sliders_wait_for_the_hand() {
    let mut window = Window::with_photos(photos(12));
    window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    window.harness.event(eframe::egui::Event::Text("settings".into()));
    window.settle();
    window.press(Key::Enter);
    let slider = window
        .harness
        .get_by_role_and_label(Role::Slider, "Most megabytes of thumbnails on the disk");
    slider.focus();
    window.settle();
    window.press(Key::ArrowLeft);
    assert!(newest_tuning(&window).unwrap().thumbnail_bytes < 2 << 30);
}

#[test]
fn the_status_bar_says_that_indexing_waits_for_mains_power() {
    let mut window = Window::with_photos(photos(12));
    window.engine.tell(Event::Progress(Progress {
        phase: IndexPhase::OnBattery,
        found: 100,
        encoded: 12,
        ..Progress::default()
    }));
    window.settle();
    assert!(window.has_containing("on battery, waiting for mains power"));
    window.screenshot("on-battery.png");
    window.click("Index on battery all the same");
    assert!(window.engine.was_sent(|command| matches!(command, Command::Resume)));
}

const PACK_FIELD: &str = "File of a language pack";

#[test]
fn a_language_pack_is_installed_from_a_file_told_and_removed() {
    let mut window = Window::new(photos(12), WindowOptions::default());
    window.press_with(Modifiers::COMMAND, Key::Comma);
    let asked = |window: &Window, request: &LanguageRequest| {
        let is = |command: &Command| matches!(command, Command::Languages(asked) if asked == request);
        window.engine.seen.iter().any(is)
    };
    assert!(
        asked(&window, &LanguageRequest::List),
        "opening the settings asks which there are"
    );
    reach(&mut window, PACK_FIELD);
    window.type_into(PACK_FIELD, "/home/me/languages.safetensors");
    window.click("Install the language pack");
    assert!(asked(
        &window,
        &LanguageRequest::Install("/home/me/languages.safetensors".into())
    ));
    window.engine.tell(Event::Languages(Arc::new(LanguagesState {
        packs: vec![InstalledPack {
            path: "/home/me/.local/share/refocus/languages/languages.safetensors".into(),
            facts: Ok(PackFacts {
                version: "2".to_owned(),
                readable: true,
                bytes: 28_600_000,
            }),
            own: true,
        }],
        error: None,
    })));
    window.settle();
    assert!(window.has("Version 2, 28.6 MB") && window.has("English and those of the language pack"));
    window.screenshot("settings-languages.png");
    click_anywhere(&mut window, "Remove the language pack");
    assert!(asked(&window, &LanguageRequest::Remove));
    window.engine.tell(Event::Languages(Arc::new(LanguagesState {
        packs: Vec::new(),
        error: Some("This file cannot be installed: choose another: /home/me/holiday.jpg".to_owned()),
    })));
    window.settle();
    assert!(window.has("This file cannot be installed: choose another: /home/me/holiday.jpg"));
    assert!(!window.has("Version 2, 28.6 MB"));
}
