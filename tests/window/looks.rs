//! Pictures of the window for a person to look at, in `tests/output`. With `REFOCUS_LOOK_PHOTOS=DIR` they show the pictures
//! of that folder.

use std::path::PathBuf;

use eframe::egui::{Key, Modifiers};
use refocus::app::ThemeChoice;
use refocus_engine::{Event, IndexPhase, Progress, Rows};

use super::fake_engine::{photo, photos};
use super::setup::{Window, WindowOptions};

fn look(theme: ThemeChoice, size: [f32; 2]) -> Window {
    let Some(folder) = std::env::var_os("REFOCUS_LOOK_PHOTOS") else {
        let options = WindowOptions {
            theme,
            size,
            ..WindowOptions::default()
        };
        return Window::new(photos(200), options);
    };
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| ["jpg", "jpeg", "webp", "png"].iter().any(|known| extension == *known))
        })
        .collect();
    files.sort_by_key(|path| blake3::hash(path.as_os_str().as_encoded_bytes()).as_bytes().to_owned());
    let mut rows = Rows::default();
    for (number, path) in files.iter().take(400).enumerate() {
        let mut row = photo(number as i64, path);
        row.hash = *blake3::hash(path.as_os_str().as_encoded_bytes()).as_bytes();
        if let Ok((width, height)) = image::image_dimensions(path) {
            (row.width, row.height) = (width, height);
        }
        rows.push(row);
    }
    let options = WindowOptions {
        theme,
        size,
        pixels: None,
        any_script: true,
        ..WindowOptions::default()
    };
    Window::new(rows, options)
}

#[test]
fn the_window_in_pictures() {
    let mut window = Window::new(
        Rows::default(),
        WindowOptions {
            theme: ThemeChoice::Dark,
            ..WindowOptions::default()
        },
    );
    window.screenshot("first-start-dark.png");

    for (theme, name) in [(ThemeChoice::Dark, "dark"), (ThemeChoice::Light, "light")] {
        let mut window = look(theme, [1280.0, 800.0]);
        window.engine.tell(Event::Progress(Progress {
            phase: IndexPhase::Encoding,
            found: 12_408,
            encoded: 4_120,
            photos_per_second: 31.0,
            seconds_left: Some(240.0),
            ..Progress::default()
        }));
        window.settle();
        window.wait_for_thumbnails();
        window.screenshot(&format!("grid-{name}.png"));
        window.press(Key::ArrowRight);
        window.press(Key::ArrowRight);
        window.press(Key::R);
        window.type_into("Focus", "the colour of the object");
        window.press(Key::Enter);
        window.press(Key::B);
        window.press(Key::I);
        window.wait_for_thumbnails();
        window.screenshot(&format!("focused-{name}.png"));
        window.press(Key::I);
        window.press_with(Modifiers::COMMAND, Key::Num2);
        window.wait_for_thumbnails();
        window.screenshot(&format!("groups-{name}.png"));
        window.press(Key::Enter);
        for _ in 0..20 {
            std::thread::sleep(std::time::Duration::from_millis(10));
            window.settle();
        }
        window.screenshot(&format!("lightbox-{name}.png"));
        window.press(Key::Escape);
        window.press(Key::F1);
        window.settle();
        window.screenshot(&format!("help-{name}.png"));
        window.press(Key::F1);
        window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
        window.screenshot(&format!("palette-{name}.png"));
    }
    let mut small = look(ThemeChoice::Dark, [900.0, 600.0]);
    small.wait_for_thumbnails();
    small.screenshot("small-dark.png");
}
