//! Pictures of the window for the README, taken from the running window over the demo library: what `refocus screenshots` does.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eframe::egui::{ColorImage, Context, Event, RawInput, Ui, ViewportBuilder, ViewportCommand, Visuals};
use eframe::{NativeOptions, Renderer};

use refocus_engine::{EngineLink, LibraryPaths, ViewKind};

use super::application::{AppOptions, RefocusApp, ThemeChoice, wake_function};
use super::commands::UiCommand;
use super::native_window::WindowError;

/// Points of the window.
const WINDOW: [f32; 2] = [1280.0, 800.0];

/// Thumbnails that have not changed for this long are all there.
const STILL: Duration = Duration::from_millis(900);

/// Longer than this no picture is waited for.
const PATIENCE: Duration = Duration::from_secs(90);

/// A picture: its name, and how the window looks on it.
struct Shot {
    name: &'static str,
    theme: ThemeChoice,
    view: ViewKind,
    focus: &'static str,
    /// The photo that all others are compared with, by a part of its file name.
    reference: Option<&'static str>,
    why: bool,
}

const SHOTS: [Shot; 6] = [
    Shot {
        name: "grid-dark.png",
        theme: ThemeChoice::Dark,
        view: ViewKind::Grid,
        focus: "the colour of the object",
        reference: Some(REFERENCE),
        why: false,
    },
    Shot {
        name: "grid-light.png",
        theme: ThemeChoice::Light,
        view: ViewKind::Grid,
        focus: "the place",
        reference: Some(REFERENCE),
        why: false,
    },
    Shot {
        name: "groups-dark.png",
        theme: ThemeChoice::Dark,
        view: ViewKind::Groups,
        focus: "the colour of the object",
        reference: None,
        why: false,
    },
    Shot {
        name: "groups-light.png",
        theme: ThemeChoice::Light,
        view: ViewKind::Groups,
        focus: "the place",
        reference: None,
        why: false,
    },
    Shot {
        name: "compare-dark.png",
        theme: ThemeChoice::Dark,
        view: ViewKind::Compare,
        focus: "the colour of the object",
        reference: Some(REFERENCE),
        why: false,
    },
    Shot {
        name: "why-dark.png",
        theme: ThemeChoice::Dark,
        view: ViewKind::Grid,
        focus: "the colour of the object",
        reference: Some(REFERENCE),
        why: true,
    },
];

/// Part of a demo photo's name.
const REFERENCE: &str = "Pink mitten at a brick wall";

/// Opens the window, takes the pictures and closes it; returns the files that were written.
///
/// # Errors
/// Where there is no desktop, nothing that can draw, or a picture could not be written.
pub fn take_screenshots(
    link: EngineLink,
    paths: LibraryPaths,
    folder: &Path,
    on_ready: impl FnOnce(Box<dyn Fn() + Send + Sync>) + 'static,
) -> Result<Vec<PathBuf>, WindowError> {
    let written: Arc<Mutex<Result<Vec<PathBuf>, String>>> = Arc::new(Mutex::new(Ok(Vec::new())));
    let (result, folder) = (Arc::clone(&written), folder.to_path_buf());
    let native = NativeOptions {
        viewport: ViewportBuilder::default().with_title("Refocus").with_inner_size(WINDOW),
        renderer: Renderer::Wgpu,
        dithering: false,
        ..NativeOptions::default()
    };
    eframe::run_native(
        "Refocus",
        native,
        Box::new(move |creation| {
            on_ready(Box::new(wake_function(&creation.egui_ctx)));
            let app = RefocusApp::new(creation, link, paths, AppOptions::default());
            Ok(Box::new(Posing {
                app,
                folder,
                written,
                shot: 0,
                posed: None,
                taken: false,
                textures: (0, Instant::now()),
            }))
        }),
    )?;
    let written = result.lock().unwrap_or_else(PoisonError::into_inner).clone();
    written.map_err(WindowError::Other)
}

/// The window's own program, arranged for one picture after the other.
struct Posing {
    app: RefocusApp,
    folder: PathBuf,
    written: Arc<Mutex<Result<Vec<PathBuf>, String>>>,
    shot: usize,
    /// When the window was arranged for the present picture.
    posed: Option<Instant>,
    /// Whether the present picture was asked for.
    taken: bool,
    /// Bytes of thumbnails, and since when.
    textures: (usize, Instant),
}

impl Posing {
    fn pose(&mut self, ctx: &Context, shot: &Shot) {
        let app = &mut self.app;
        app.theme = shot.theme;
        app.apply_theme(ctx);
        app.panels.right = shot.why;
        app.panels.rank_badges = shot.reference.is_some();
        app.search.request.focus = shot.focus.to_owned();
        let reference = shot.reference.and_then(|part| app.photo_named(part));
        app.compare_with(&reference.map(|(_, id)| id).into_iter().collect::<Vec<_>>());
        if shot.view == ViewKind::Compare {
            app.compare.focuses.clear();
            app.run_command(ctx, UiCommand::ShowCompare);
        } else {
            app.view_choice = Some(shot.view);
        }
        if app.heat.on() != shot.why {
            app.heat.toggle();
        }
        app.gallery.selection.clear();
    }

    /// The answer is there: the photo whose place is explained is the first that the focus brought up.
    fn select(&mut self, shot: &Shot) {
        if shot.why && self.app.gallery.selection.cursor.is_none() {
            let order = self.app.search.results.as_ref().map(|results| results.order.clone());
            if let Some(row) = order.and_then(|order| order.get(2).copied()) {
                self.app.gallery.selection.set(row);
            }
        }
    }

    fn still(&mut self, shot: &Shot) -> bool {
        let bytes = self.app.texture_use().bytes;
        if bytes != self.textures.0 {
            self.textures = (bytes, Instant::now());
        }
        let cursor = self
            .app
            .gallery
            .selection
            .cursor
            .and_then(|row| self.app.library.photo(row));
        let explained = !shot.why || cursor.is_some_and(|photo| self.app.heat.map_of(photo.id).is_some());
        self.app.settled() && explained && self.textures.1.elapsed() >= STILL
    }

    fn take(&mut self, ctx: &Context, name: &str) {
        let (path, written) = (self.folder.join(name), Arc::clone(&self.written));
        let wake = ctx.clone();
        ctx.request_screenshot(move |image| {
            if let Ok(mut written) = written.lock() {
                let saved = save(&image, &path);
                *written = match (std::mem::replace(&mut *written, Ok(Vec::new())), saved) {
                    (Ok(mut files), Ok(())) => {
                        files.push(path);
                        Ok(files)
                    }
                    (Err(earlier), _) => Err(earlier),
                    (Ok(_), Err(error)) => Err(format!("{error}: {}", path.display())),
                };
            }
            wake.request_repaint();
        });
        self.taken = true;
    }

    fn files_written(&self) -> Option<usize> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.as_ref().ok().map(Vec::len)
    }
}

impl eframe::App for Posing {
    fn raw_input_hook(&mut self, _ctx: &Context, input: &mut RawInput) {
        // Wherever the pointer happens to be, it is not in the picture.
        input.events.retain(|event| {
            !matches!(
                event,
                Event::PointerMoved(_) | Event::PointerButton { .. } | Event::MouseMoved(_)
            )
        });
    }

    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.app.logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.app.ui(ui, frame);
        ctx.request_repaint_after(Duration::from_millis(30));
        let Some(shot) = SHOTS.get(self.shot) else {
            ctx.send_viewport_cmd(ViewportCommand::Close);
            return;
        };
        match self.posed {
            None if self.app.ready_to_pose() => {
                self.pose(&ctx, shot);
                self.posed = Some(Instant::now());
                self.textures.1 = Instant::now();
            }
            None => {}
            // One picture after the other: the next one is arranged when this one is in its file.
            Some(_) if self.taken && self.files_written() != Some(self.shot) => {
                self.shot += 1;
                self.posed = None;
                self.taken = false;
            }
            Some(_) if self.taken => {}
            Some(since) => {
                if self.app.settled() {
                    self.select(shot);
                }
                if self.still(shot) || since.elapsed() > PATIENCE {
                    self.take(&ctx, shot.name);
                }
            }
        }
    }

    fn clear_color(&self, visuals: &Visuals) -> [f32; 4] {
        self.app.clear_color(visuals)
    }

    fn on_exit(&mut self) {
        self.app.on_exit();
    }
}

fn save(image: &ColorImage, path: &Path) -> Result<(), String> {
    let pixels: Vec<u8> = image
        .pixels
        .iter()
        .flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()])
        .collect();
    let picture = image::RgbImage::from_raw(image.width() as u32, image.height() as u32, pixels);
    let picture = picture.ok_or("the screenshot has another size than it says")?;
    picture.save(path).map_err(|error| error.to_string())
}
