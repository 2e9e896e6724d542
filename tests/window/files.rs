use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use refocus_engine::Command;

use super::fake_engine::photo_files;
use super::setup::Window;

struct Files {
    window: Window,
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rows = photo_files(folder.path());
        let mut window = Window::with_photos(rows);
        window.engine.folders[0].path = folder.path().to_path_buf();
        window.engine.tell_library();
        window.settle();
        Self { window, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn subfolder(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// Replaces what the field holds.
    fn fill(&mut self, field: &str, text: &Path) {
        self.window.harness.get_by_label(field).focus();
        self.window.press_with(Modifiers::COMMAND, Key::A);
        self.window
            .harness
            .event(eframe::egui::Event::Text(text.display().to_string()));
        self.window.settle();
    }

    fn wait_for(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        for _ in 0..300 {
            if done(self) {
                self.window.settle();
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
            self.window.settle();
        }
        panic!("waited for {what}");
    }

    fn palette(&mut self, letters: &str) {
        self.window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
        self.window.harness.event(eframe::egui::Event::Text(letters.into()));
        self.window.settle();
        self.window.press(Key::Enter);
    }
}

#[test]
fn a_photo_is_renamed_and_the_folder_is_looked_through_again() {
    let mut files = Files::new();
    files.window.click("photo-0001.jpg");
    files.window.press(Key::F2);
    // The stem is selected: typing replaces it and keeps the ending.
    files.window.harness.event(eframe::egui::Event::Text("beach".into()));
    files.window.settle();
    files.window.press(Key::Enter);
    let renamed = files.path("beach.jpg");
    files.wait_for("the new name", |_| renamed.exists());
    assert!(!files.path("photo-0001.jpg").exists());
    files.wait_for("a rescan", |files| {
        files
            .window
            .engine
            .was_sent(|command| matches!(command, Command::Rescan(Some(_))))
    });
}

#[test]
fn a_new_name_that_cannot_be_had_is_asked_for_again_beside_what_was_typed() {
    let mut files = Files::new();
    std::fs::write(files.path("taken.jpg"), "theirs").unwrap();
    files.window.click("photo-0001.jpg");
    files.window.press(Key::F2);
    let long = "n".repeat(300);
    for (stem, why) in [
        ("taken", "There is already a file of that name: taken.jpg".to_owned()),
        (long.as_str(), format!("The name is too long: {long}.jpg")),
        ("a/b", "This cannot be a file's name: a/b.jpg".to_owned()),
    ] {
        let name = format!("{stem}.jpg");
        files.fill("New name", Path::new(&name));
        files.window.press(Key::Enter);
        files.wait_for("the reason", |files| files.window.has(&why));
        let field = files.window.harness.get_by_label("New name");
        assert_eq!(field.accesskit_node().value().as_deref(), Some(name.as_str()));
        assert!(field.accesskit_node().is_focused(), "another name can be typed");
        assert!(!files.window.has("Close this message") && !files.window.has_containing("os error"));
    }
    assert_eq!(std::fs::read(files.path("taken.jpg")).unwrap(), b"theirs");
    // Its own name asks for nothing.
    files.fill("New name", Path::new("photo-0001.jpg"));
    files.window.press(Key::Enter);
    assert!(!files.window.has("New name"));
    files.window.press(Key::F2);
    files.fill("New name", Path::new("beach.jpg"));
    files.window.press(Key::Enter);
    files.wait_for("the end of the question", |files| !files.window.has("New name"));
    assert!(files.path("beach.jpg").exists());
}

#[test]
fn a_path_at_which_nothing_is_stays_in_the_field_with_the_reason() {
    let mut files = Files::new();
    let field = "Path of a folder or picture";
    let open = Modifiers::COMMAND | Modifiers::SHIFT;
    files.window.press_with(open, Key::O);
    let button = files.window.harness.get_by_label("Add").rect();
    let window = files.window.harness.get_by_label("Add by path").rect();
    assert!(window.bottom() - button.bottom() < 30.0, "{window:?} {button:?}");
    let wrong = files.path("nothing here");
    for (typed, why) in [
        (
            wrong.as_path(),
            format!("There is nothing to read at {}", wrong.display()),
        ),
        (Path::new("Pictures"), "Not a full path: Pictures".to_owned()),
    ] {
        files.fill(field, typed);
        files.window.press(Key::Enter);
        files.wait_for("the reason", |files| files.window.has(&why));
        let value = files.window.harness.get_by_label(field).accesskit_node().value();
        assert_eq!(value.as_deref(), Some(typed.display().to_string().as_str()));
        assert!(!files.window.has("Close this message"));
    }
    let right = files.subfolder("here");
    files.fill(field, &right);
    files.window.press(Key::Enter);
    files.wait_for("the end of the question", |files| !files.window.has(field));
    let added = |command: &Command| matches!(command, Command::AddFolder(path) if *path == right);
    assert!(files.window.engine.was_sent(added));
}

#[test]
fn photos_move_to_a_folder_and_back() {
    let mut files = Files::new();
    let goal = files.subfolder("best");
    files.window.click("photo-0002.jpg");
    files.palette("move to folder");
    files.fill("Folder", &goal);
    files.window.click("Move");
    let moved = goal.join("photo-0002.jpg");
    files.wait_for("the move", |_| moved.exists());
    assert!(files.window.has("1 photo moved"));
    files.window.press_with(Modifiers::COMMAND, Key::Z);
    files.wait_for("the way back", |_| !moved.exists());
    assert_eq!(std::fs::read(files.path("photo-0002.jpg")).unwrap(), b"photo 2");
}

#[test]
fn a_copy_never_overwrites() {
    let mut files = Files::new();
    let goal = files.subfolder("best");
    std::fs::write(goal.join("photo-0000.jpg"), "theirs").unwrap();
    files.window.click("photo-0000.jpg");
    files.palette("copy to folder");
    files.fill("Folder", &goal);
    files.window.click("Copy");
    let copy = goal.join("photo-0000 (2).jpg");
    files.wait_for("the copy", |_| copy.exists());
    assert_eq!(std::fs::read(goal.join("photo-0000.jpg")).unwrap(), b"theirs");
}

#[test]
fn the_trash_asks_first_and_escape_keeps_everything() {
    let mut files = Files::new();
    files.window.click("photo-0003.jpg");
    files.window.press(Key::Delete);
    assert!(files.window.has("Move to trash"));
    files.window.press(Key::Escape);
    assert!(!files.window.has("Move to trash"));
    assert!(files.path("photo-0003.jpg").exists());
}

#[test]
fn the_order_on_screen_is_exported() {
    let mut files = Files::new();
    files.window.type_into("Find", "beach");
    files.window.press_with(Modifiers::COMMAND, Key::S);
    let out = files.path("order.json");
    files.fill("File", &out);
    files.window.click("Export");
    files.wait_for("the file", |_| out.exists());
    let value: serde_json::Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(value["find"], "beach");
    let first = PathBuf::from(value["results"][0]["path"].as_str().unwrap());
    assert_eq!(first, files.path("photo-0003.jpg"));
    let table = files.path("order.csv");
    files.window.press(Key::Enter);
    files.window.press_with(Modifiers::COMMAND, Key::S);
    files.fill("File", &table);
    files.window.click("Export");
    files.wait_for("the table", |_| table.exists());
    assert_eq!(std::fs::read_to_string(&table).unwrap().lines().count(), 5);
}

#[test]
fn a_group_can_be_shown_alone_or_compared_with() {
    let mut window = Window::high(super::fake_engine::photos(40));
    window.type_into("Focus", "the colour");
    window.click("Show only red \u{b7} cotton");
    let filter = &window.engine.newest_search().unwrap().1.filter;
    let rows: Arc<[u32]> = filter.only.clone().unwrap();
    assert_eq!(rows[..3], [1, 5, 9]);
    assert_eq!(window.photos_on_screen()[0], "photo-0001.jpg");
    window.click("Only one group");
    window.press_with(Modifiers::COMMAND, Key::Num2);
    window.click("Use teal \u{b7} cotton as reference");
    assert_eq!(window.engine.newest_search().unwrap().1.references.len(), 10);
}

#[test]
fn several_photos_are_renamed_by_a_pattern_that_shows_their_names_and_all_of_it_is_taken_back() {
    let mut files = Files::new();
    files.window.click("photo-0001.jpg");
    files.window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    files.window.press(Key::F2);
    assert!(files.window.has("Rename 2 photos"));
    files.fill("Pattern of the names", Path::new("{nam}"));
    assert!(files.window.has("{nam} is not known"));
    files.window.press(Key::Enter);
    assert!(files.window.has("Rename 2 photos"), "nothing is done with it");
    files.fill("Pattern of the names", Path::new("{date} Norway "));
    files.window.click("{number}");
    assert!(files.window.has("2023-11-14 Norway 001.jpg") && files.window.has("2023-11-14 Norway 002.jpg"));
    files.window.press(Key::Enter);
    let [first, second] = [1, 2].map(|number| files.path(&format!("2023-11-14 Norway 00{number}.jpg")));
    files.wait_for("the new names", |_| first.exists() && second.exists());
    files.wait_for("the line", |files| files.window.has("2 photos renamed"));
    assert_eq!(std::fs::read_to_string(&second).unwrap(), "photo 2");
    files.window.press_with(Modifiers::COMMAND, Key::Z);
    files.wait_for("the old names", |files| {
        files.path("photo-0001.jpg").exists() && files.path("photo-0002.jpg").exists()
    });
    assert!(!first.exists() && !second.exists());
}

#[test]
fn copies_are_written_at_another_size_beside_nothing_that_is_overwritten() {
    let mut files = Files::new();
    for number in 0..4 {
        image::RgbImage::new(300, 200)
            .save(files.path(&format!("photo-000{number}.jpg")))
            .unwrap();
    }
    let to = files.subfolder("give away");
    std::fs::write(to.join("photo-0001.png"), "theirs").unwrap();
    files.window.click("photo-0001.jpg");
    files.window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    files.window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::E);
    assert!(files.window.has("Write copies of 2 photos"));
    files.fill("Folder", Path::new("not absolute"));
    files.window.click("Write copies");
    assert!(files.window.has("Not a full path: not absolute"));
    files.fill("Folder", &to);
    files.window.click("1280");
    files.window.click("PNG");
    files.window.click("Write copies");
    let [first, second] = [to.join("photo-0001 (2).png"), to.join("photo-0002.png")];
    files.wait_for("the copies", |_| first.exists() && second.exists());
    files.wait_for("the line", |files| files.window.has_containing("2 copies written to"));
    assert_eq!(image::open(&second).unwrap().width(), 300, "never enlarged");
    assert_eq!(std::fs::read(to.join("photo-0001.png")).unwrap(), b"theirs");
}
