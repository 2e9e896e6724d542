//! A walk through the real window, by keys and pointer, with a picture of every step in `tests/output/walk` for a person to
//! look at. `REFOCUS_WALK_PHOTOS=DIR` walks through the photos of a folder in place of the demo library.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::display::Display;
use crate::program::Program;

/// How long a step may take until it is seen.
const PATIENCE: Duration = Duration::from_secs(120);

struct Walk {
    program: Program,
    display: Display,
    window: Child,
    pictures: PathBuf,
    steps: usize,
    seen: Vec<u8>,
}

impl Walk {
    fn start(photos: Option<PathBuf>) -> Self {
        let program = Program::new();
        let photos = photos.unwrap_or_else(|| {
            let photos = program.path("demo");
            let output = program.run(&["demo", "--headless", photos.to_str().unwrap()]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            photos
        });
        let display = Display::start();
        let window = open(&program, &display, &[&photos]);
        let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/output/walk");
        let _ = std::fs::remove_dir_all(&pictures);
        std::fs::create_dir_all(&pictures).unwrap();
        let mut walk = Self {
            program,
            display,
            window,
            pictures,
            steps: 0,
            seen: Vec::new(),
        };
        walk.find_window();
        walk
    }

    fn xdotool(&self, arguments: &[&str]) -> String {
        let output = Command::new("xdotool")
            .args(arguments)
            .env("DISPLAY", &self.display.name)
            .output()
            .expect("xdotool is installed by packaging/install-test-tools");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Without a window manager nobody gives the window the keyboard.
    fn find_window(&mut self) {
        let start = Instant::now();
        loop {
            let found = self.xdotool(&["search", "--onlyvisible", "--name", "^Refocus"]);
            if let Some(id) = found.lines().next() {
                self.xdotool(&["windowfocus", id]);
                return;
            }
            assert!(start.elapsed() < PATIENCE, "the window did not open");
            assert!(self.window.try_wait().unwrap().is_none(), "the program ended");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn keys(&self, keys: &[&str]) {
        for key in keys {
            self.xdotool(&["key", key]);
            std::thread::sleep(Duration::from_millis(60));
        }
    }

    fn type_text(&self, text: &str) {
        self.xdotool(&["type", "--delay", "30", text]);
    }

    fn click(&self, x: u32, y: u32) {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string(), "click", "1"]);
    }

    fn picture(&self) -> Vec<u8> {
        let output = Command::new("import")
            .args(["-window", "root", "-depth", "8", "bmp3:-"])
            .env("DISPLAY", &self.display.name)
            .output()
            .expect("ImageMagick is installed by packaging/install-test-tools");
        output.stdout
    }

    /// Waits until the step is seen and the window rests, and keeps a picture of it.
    fn look(&mut self, step: &str) {
        let start = Instant::now();
        let mut before = self.picture();
        loop {
            std::thread::sleep(Duration::from_millis(500));
            assert!(self.window.try_wait().unwrap().is_none(), "{step}: the program ended");
            let now = self.picture();
            if alike(&now, &before) && !alike(&now, &self.seen) {
                break;
            }
            before = now;
            assert!(
                start.elapsed() < PATIENCE,
                "{step}: nothing changed, or nothing came to rest"
            );
        }
        self.steps += 1;
        let path = self.pictures.join(format!("{:02} {step}.png", self.steps));
        let picture = image::load_from_memory_with_format(&before, image::ImageFormat::Bmp).unwrap();
        picture.save(&path).unwrap();
        self.seen = before;
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        let _ = self.window.kill();
        let _ = self.window.wait();
    }
}

/// Whether two pictures differ in no more than a blinking text cursor.
fn alike(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).filter(|(a, b)| a != b).count() < 1000
}

fn open(program: &Program, display: &Display, opened: &[&Path]) -> Child {
    program
        .command(&[])
        .args(opened)
        .env("DISPLAY", &display.name)
        .env("XDG_CONFIG_HOME", program.path("config"))
        .env_remove("WAYLAND_DISPLAY")
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn every_view_is_reached_and_comes_to_rest() {
    let mut walk = Walk::start(std::env::var_os("REFOCUS_WALK_PHOTOS").map(PathBuf::from));
    walk.look("library by date");
    walk.keys(&["ctrl+l"]);
    walk.type_text("a red thing");
    walk.look("find");
    walk.keys(&["Return", "w"]);
    walk.look("weak matches hidden");
    walk.keys(&["w", "ctrl+BackSpace", "Home", "Right", "r"]);
    walk.look("plain similarity to a reference");
    walk.keys(&["ctrl+f"]);
    walk.type_text("the colour of the object");
    walk.keys(&["Return", "b"]);
    walk.look("conditional similarity with ranks");
    walk.keys(&["ctrl+shift+s", "ctrl+a"]);
    walk.type_text("things of that colour");
    walk.keys(&["Return"]);
    walk.look("saved search");
    walk.keys(&["Right", "Right", "i"]);
    walk.look("why");
    walk.keys(&["h"]);
    walk.look("heat map");
    walk.keys(&["f", "4"]);
    walk.look("favourite with four stars");
    walk.xdotool(&["mousemove", "600", "420", "click", "3"]);
    walk.look("menu of a photo");
    walk.keys(&["Escape"]);
    walk.xdotool(&["keydown", "ctrl", "click", "4", "click", "4", "keyup", "ctrl"]);
    walk.look("larger photos");
    walk.keys(&["Return"]);
    walk.look("large view");
    walk.keys(&["Escape", "h", "i", "ctrl+3"]);
    walk.look("compare");
    walk.keys(&["ctrl+1", "d"]);
    walk.look("near-duplicates folded");
    walk.keys(&["d", "ctrl+BackSpace", "ctrl+f"]);
    walk.type_text("the place");
    walk.keys(&["Return"]);
    walk.look("groups");
    walk.keys(&["alt+Left"]);
    walk.look("back");
    walk.keys(&["F1"]);
    walk.look("shortcuts");
    walk.keys(&["F1", "ctrl+shift+p"]);
    walk.type_text("theme");
    walk.look("palette");
    walk.keys(&["Escape", "F2"]);
    walk.look("rename");
    walk.keys(&["Escape", "ctrl+s"]);
    walk.look("export");
    walk.keys(&["Escape", "ctrl+comma"]);
    walk.look("settings");
    for window in ["models", "about"] {
        walk.keys(&["Escape", "ctrl+shift+p"]);
        walk.type_text(window);
        walk.keys(&["Return"]);
        walk.look(window);
    }
    walk.keys(&["Escape"]);
    walk.click(40, 20);
    walk.look("without the left panel");

    // The next window finds what this one left.
    let settings = walk.program.path("config/refocus/window.json");
    let start = Instant::now();
    while !std::fs::read_to_string(&settings).is_ok_and(|text| text.contains("\"left_panel\": false")) {
        assert!(
            start.elapsed() < PATIENCE,
            "the settings were not written to {}",
            settings.display()
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    let _ = walk.window.kill();
    let _ = walk.window.wait();
    walk.window = open(&walk.program, &walk.display, &[]);
    walk.find_window();
    walk.look("as it was left");
}
