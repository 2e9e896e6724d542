//! A window for a test, and what tests ask of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Color32, ColorImage, Key, Modifiers, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use refocus::app::{
    AppOptions, CrashReport, FaceRequest, PixelSource, RefocusApp, SettingsFile, ThemeChoice, ThumbnailRequest,
};
use refocus_engine::{LibraryPaths, Rows};

use super::fake_engine::FakeEngine;

/// Whether a graphics driver is there for the tests.
pub(super) const DRAWS: bool = cfg!(feature = "system-tests");

/// Pictures made from the row's number: a horizon, a sun, a colour.
pub(super) struct Painted;

impl PixelSource for Painted {
    fn thumbnail(&self, request: &ThumbnailRequest) -> Result<ColorImage, String> {
        let (width, height) = [(96, 64), (64, 96), (80, 80), (112, 63), (85, 64)][request.row as usize % 5];
        Ok(painted(request.row, width, height))
    }

    fn full(&self, _: &Path, _: u32) -> Result<ColorImage, String> {
        Ok(painted(7, 960, 640))
    }

    fn face(&self, request: &FaceRequest) -> Result<ColorImage, String> {
        Ok(painted(request.face.0 as u32, 80, 80))
    }
}

fn painted(row: u32, width: usize, height: usize) -> ColorImage {
    let hue = (row as f32 * 0.381_966) % 1.0;
    let color = |value: f32| Color32::from(eframe::egui::epaint::Hsva::new(hue, 0.45, value, 1.0));
    let pixels = (0..width * height).map(|index| {
        let (x, y) = (
            (index % width) as f32 / width as f32,
            (index / width) as f32 / height as f32,
        );
        let sun = (x - 0.7).hypot(y - 0.3) < 0.12;
        let horizon = 0.62 + 0.06 * (x * 9.0 + row as f32).sin();
        if sun {
            color(1.0)
        } else if y > horizon {
            color(0.35 + 0.2 * (1.0 - y))
        } else {
            color(0.55 + 0.4 * y)
        }
    });
    ColorImage::new([width, height], pixels.collect())
}

pub(super) struct Window {
    pub(super) harness: Harness<'static, RefocusApp>,
    pub(super) engine: FakeEngine,
    _folder: tempfile::TempDir,
}

pub(super) struct WindowOptions {
    pub(super) theme: ThemeChoice,
    pub(super) size: [f32; 2],
    pub(super) pixels: Option<Arc<dyn PixelSource>>,
    /// Where the window remembers things.
    pub(super) settings: Option<SettingsFile>,
    /// The library's file; a new one where `None`.
    pub(super) library: Option<PathBuf>,
    /// What the last crash left.
    pub(super) crash_report: Option<CrashReport>,
    /// Whether searches are answered.
    pub(super) answers: bool,
    /// Whether an order of time comes with its months.
    pub(super) months: bool,
    /// Whether characters without a glyph are a failure.
    pub any_script: bool,
}

impl Default for WindowOptions {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::Dark,
            size: [1280.0, 800.0],
            pixels: Some(Arc::new(Painted)),
            settings: None,
            library: None,
            crash_report: None,
            answers: true,
            months: false,
            any_script: false,
        }
    }
}

impl Window {
    /// A window over a library with these rows.
    pub(super) fn with_photos(rows: Rows) -> Self {
        Self::new(rows, WindowOptions::default())
    }

    /// The same, high enough for all of the left panel.
    pub(super) fn high(rows: Rows) -> Self {
        let options = WindowOptions {
            size: [1280.0, 1250.0],
            ..WindowOptions::default()
        };
        Self::new(rows, options)
    }

    pub(super) fn new(rows: Rows, options: WindowOptions) -> Self {
        let (mut engine, link) = FakeEngine::new();
        engine.answers = options.answers;
        engine.months = options.months;
        engine.start(rows);
        let mut builder = Harness::builder()
            .with_size(vec2(options.size[0], options.size[1]))
            .with_max_steps(32)
            .with_step_dt(0.05)
            .with_theme(if options.theme == ThemeChoice::Light {
                Theme::Light
            } else {
                Theme::Dark
            })
            .with_accessibility_check(true);
        if options.any_script {
            builder = builder.allow_missing_glyphs();
        }
        let (remembered, notice) = options
            .settings
            .as_ref()
            .map_or_else(Default::default, SettingsFile::load);
        let app_options = AppOptions {
            remembered,
            notice,
            settings_file: options.settings,
            theme: options.theme,
            pixels: options.pixels,
            crash_report: options.crash_report,
            // Not those of the machine that runs the tests.
            cores: Some(4),
            ..AppOptions::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let library = options.library.unwrap_or_else(|| folder.path().join("library.refocus"));
        let harness = builder.build_eframe(|creation| {
            let paths = LibraryPaths::at(&library);
            RefocusApp::new(creation, link, paths, app_options)
        });
        let mut window = Self {
            harness,
            engine,
            _folder: folder,
        };
        window.settle();
        window
    }

    /// Ends the window as its close button would.
    pub(super) fn close(mut self) {
        eframe::App::on_exit(self.harness.state_mut());
    }

    /// Steps until the engine has answered everything and the window shows it.
    pub(super) fn settle(&mut self) {
        let mut quiet = 0;
        for _ in 0..60 {
            self.harness.step();
            quiet = if self.engine.serve() == 0 { quiet + 1 } else { 0 };
            if quiet > 6 {
                return;
            }
        }
    }

    /// Gives the thumbnail threads time to deliver what is visible.
    #[cfg(feature = "system-tests")]
    pub(super) fn wait_for_thumbnails(&mut self) {
        for _ in 0..400 {
            let before = self.harness.state().texture_use().bytes;
            for _ in 0..5 {
                self.harness.step();
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            self.engine.serve();
            if before > 0 && before == self.harness.state().texture_use().bytes {
                break;
            }
        }
        self.settle();
    }

    /// Waits for the pictures of the first screen, which a thread renders.
    pub(super) fn wait_for_focus_pictures(&mut self) {
        for _ in 0..1_000 {
            self.settle();
            if self.has_containing("like it under the focus") {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("the pictures of the first screen did not come");
    }

    /// Gives the thread time that decodes photos which stand side by side.
    #[cfg(feature = "system-tests")]
    pub(super) fn wait_for_full_pictures(&mut self) {
        for _ in 0..40 {
            std::thread::sleep(std::time::Duration::from_millis(10));
            self.harness.step();
        }
        self.settle();
    }

    pub(super) fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.settle();
    }

    pub(super) fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    pub(super) fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.settle();
    }

    pub(super) fn type_into(&mut self, label: &str, text: &str) {
        self.harness.get_by_label(label).focus();
        self.harness.step();
        self.harness.get_by_label(label).type_text(text);
        self.settle();
    }

    pub(super) fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    pub(super) fn has_containing(&self, label: &str) -> bool {
        self.harness.query_all_by_label_contains(label).next().is_some()
    }

    /// Whether a screen reader says this of something besides its name.
    pub(super) fn describes(&self, part: &str) -> bool {
        self.harness
            .root()
            .children_recursive()
            .filter_map(|node| node.accesskit_node().description())
            .any(|description| description.contains(part))
    }

    /// Names of the photos on screen, in reading order.
    pub(super) fn photos_on_screen(&self) -> Vec<String> {
        let mut found: Vec<(i64, i64, String)> = self
            .harness
            .root()
            .children_recursive()
            .filter(|node| node.accesskit_node().role() == Role::Image)
            .filter_map(|node| {
                let label = node.accesskit_node().label()?;
                let rect = node.rect();
                label
                    .ends_with(".jpg")
                    .then_some((rect.top() as i64, rect.left() as i64, label))
            })
            .filter(|(_, _, label)| !label.contains(' '))
            .collect();
        found.sort();
        found.into_iter().map(|(_, _, label)| label).collect()
    }

    /// What is on screen, before the colour to which the native window is cleared.
    #[cfg(feature = "system-tests")]
    pub(super) fn picture(&mut self) -> image::RgbaImage {
        let mut picture = self.harness.render().expect("a graphics adapter");
        let visuals = self.harness.ctx.global_style().visuals.clone();
        let behind = eframe::App::clear_color(self.harness.state(), &visuals).map(|channel| channel * 255.0);
        for pixel in picture.pixels_mut() {
            let [colour @ .., alpha] = &mut pixel.0;
            let through = 1.0 - f32::from(*alpha) / 255.0;
            for (channel, behind) in colour.iter_mut().zip(behind) {
                *channel = (f32::from(*channel) * (1.0 - through) + behind * through).round() as u8;
            }
            *alpha = 255;
        }
        picture
    }

    /// Writes what is on screen into the output folder, where tests may draw.
    pub(super) fn screenshot(&mut self, name: &str) {
        if !DRAWS {
            return;
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/output");
        std::fs::create_dir_all(&folder).unwrap();
        let image = self.harness.render().expect("a graphics adapter");
        image.save(folder.join(name)).unwrap();
    }
}
