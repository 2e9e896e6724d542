//! Turning photos by a key, and taking it back.

use eframe::egui::{Key, Modifiers};
use refocus_engine::{Command, Event, RotateAnswer, RotateRequest, Turn, TurnPlace};
use refocus_media::rotate::plan;

use egui_kittest::kittest::Queryable as _;

use super::fake_engine::photos;
use super::setup::Window;

/// The newest request to turn photos.
fn asked(window: &Window) -> Option<(u64, RotateRequest)> {
    window.engine.seen.iter().rev().find_map(|command| match command {
        Command::Rotate { id, request } => Some((*id, request.clone())),
        _ => None,
    })
}

fn answer(window: &mut Window, answer: RotateAnswer) {
    let (id, _) = asked(window).unwrap();
    window.engine.tell(Event::Rotated { id, answer });
    window.settle();
}

#[test]
fn photos_are_turned_by_a_key_and_back_and_again_by_the_keys_for_all_steps() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jpg");
    image::RgbImage::new(16, 8).save(&file).unwrap();
    let rotation = plan(&file, Turn::Left, TurnPlace::Sidecar).unwrap().unwrap();
    let mut window = Window::with_photos(photos(5));
    window.press(Key::Q);
    assert!(asked(&window).is_none() && window.has("Select a photo first"));
    window.click("photo-0001.jpg");
    for (key, modifiers, turn) in [
        (Key::E, Modifiers::NONE, Turn::Right),
        (Key::Q, Modifiers::SHIFT, Turn::Upright),
        (Key::Q, Modifiers::NONE, Turn::Left),
    ] {
        window.press_with(modifiers, key);
        let (_, request) = asked(&window).unwrap();
        let photos = vec![refocus_engine::FileId(1001)];
        let place = TurnPlace::Sidecar;
        assert_eq!(request, RotateRequest::Turn { photos, turn, place });
    }
    let done = |rotation: &refocus_engine::Rotation| RotateAnswer {
        done: vec![rotation.clone()],
        ..RotateAnswer::default()
    };
    answer(&mut window, done(&rotation));
    assert!(window.has("1 photo turned to the left"));
    window.press_with(Modifiers::COMMAND, Key::Z);
    let back = rotation.back();
    assert_eq!(asked(&window).unwrap().1, RotateRequest::Carry(vec![back.clone()]));
    answer(&mut window, done(&back));
    assert!(window.has("1 photo turned back"));
    window.press_with(Modifiers::COMMAND, Key::Y);
    assert_eq!(asked(&window).unwrap().1, RotateRequest::Carry(vec![rotation.clone()]));
    answer(&mut window, done(&rotation));
    assert!(window.has("1 photo turned again"));
    // Large, too.
    window.press(Key::Enter);
    window.press(Key::E);
    assert!(matches!(
        asked(&window).unwrap().1,
        RotateRequest::Turn { turn: Turn::Right, .. }
    ));
    let refused = RotateAnswer {
        failed: 1,
        why: Some("this file or its folder may not be written: /a/photo-0001.jpg".into()),
        ..RotateAnswer::default()
    };
    answer(&mut window, refused);
    assert!(window.has("Not turned: This file or its folder may not be written: /a/photo-0001.jpg"));
}

#[test]
fn where_a_turn_is_written_is_chosen_in_the_settings() {
    let mut window = Window::with_photos(photos(2));
    window.press_with(Modifiers::COMMAND, Key::Comma);
    window.harness.get_by_label("Into the photo").scroll_to_me();
    window.settle();
    window.click("Into the photo");
    window.press(Key::Escape);
    window.click("photo-0000.jpg");
    window.press(Key::E);
    assert!(matches!(
        asked(&window).unwrap().1,
        RotateRequest::Turn {
            place: TurnPlace::File,
            ..
        }
    ));
}
