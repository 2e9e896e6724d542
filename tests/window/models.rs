//! The dialog about models.

use std::sync::Arc;

use eframe::egui::{Key, Modifiers};
use refocus_engine::{
    CATALOGUE, Command, Event, FileCheck, InstalledModel, ModelsState, NextModel, NextPhase, Offer, OfferedFile,
};

use super::fake_engine::photos;
use super::setup::Window;

fn installed(name: &str, bytes: u64) -> InstalledModel {
    InstalledModel {
        name: name.to_owned(),
        title: name.to_uppercase(),
        licence: "MIT".to_owned(),
        bytes,
        source: "a folder".to_owned(),
    }
}

fn state() -> ModelsState {
    ModelsState {
        serving: "built-in".to_owned(),
        installed: vec![installed("built-in", 0), installed("small", 2_000_000)],
        catalogue: CATALOGUE,
        ..ModelsState::default()
    }
}

fn open() -> Window {
    let mut window = Window::with_photos(photos(12));
    window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    window.type_into("Command", "models");
    window.press(Key::Enter);
    window
}

#[test]
fn the_dialog_lists_models_and_lets_one_take_over() {
    let mut window = open();
    assert!(window.engine.was_sent(|command| matches!(command, Command::ListModels)));
    window.engine.tell(Event::Models(Arc::new(state())));
    window.settle();
    assert!(window.has_containing("SMALL") && window.has("in use") && window.has_containing(CATALOGUE[0].name));
    window.click("Use small");
    assert!(
        window
            .engine
            .was_sent(|command| matches!(command, Command::UseModel(name) if name == "small"))
    );
    let next = NextModel {
        name: "small".to_owned(),
        phase: NextPhase::Photos,
        done: 3,
        total: 12,
    };
    window.engine.tell(Event::Models(Arc::new(ModelsState {
        next: Some(next),
        ..state()
    })));
    window.settle();
    assert!(window.has_containing("encodes photos, 3 of 12"));
    window.click("Cancel");
    assert!(
        window
            .engine
            .was_sent(|command| matches!(command, Command::CancelModel))
    );
}

#[test]
fn a_download_needs_a_look_at_its_size_and_hashes_first() {
    let mut window = open();
    window.engine.tell(Event::Models(Arc::new(state())));
    window.settle();
    let entry = CATALOGUE[0];
    window.click(&format!("Look up\u{2026} {}", entry.name));
    assert!(
        window
            .engine
            .was_sent(|command| matches!(command, Command::LookUpModel(id) if id == entry.id))
    );
    assert!(
        !window
            .engine
            .was_sent(|command| matches!(command, Command::DownloadModel(_)))
    );
    let offer = Offer {
        repository: entry.repository.to_owned(),
        commit: "abc123".to_owned(),
        licence: Some("mit".to_owned()),
        files: vec![OfferedFile {
            name: "model.safetensors".to_owned(),
            bytes: 605_000_000,
            check: FileCheck::Sha256("f00d".repeat(16)),
        }],
    };
    window.engine.tell(Event::Models(Arc::new(ModelsState {
        offer: Some((entry.id.to_owned(), offer)),
        ..state()
    })));
    window.settle();
    assert!(window.has_containing("SHA-256 f00df00d") && window.has_containing("at abc123"));
    window.click(&format!("Download 605 MB {}", entry.name));
    assert!(
        window
            .engine
            .was_sent(|command| matches!(command, Command::DownloadModel(id) if id == entry.id))
    );
}
