//! Pictures of the window for the README, taken from the running window over the demo library: what `refocus-lab screenshots` does.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eframe::egui::{ColorImage, Context, Event, RawInput, Ui, ViewportBuilder, ViewportCommand, Visuals};
use eframe::{NativeOptions, Renderer};

use refocus::app::{AppOptions, Pose, RefocusApp, ThemeChoice, WindowError, wake_function};
use refocus_engine::{EngineLink, LibraryPaths, ViewKind};

/// Points of the window.
const WINDOW: [f32; 2] = [1280.0, 800.0];

/// Thumbnails that have not changed for this long are all there.
const STILL: Duration = Duration::from_millis(900);

/// Longer than this no picture is waited for.
const PATIENCE: Duration = Duration::from_secs(90);

/// A picture: its name, and how the window looks on it.
struct Shot {
    name: &'static str,
    pose: Pose,
}

const SHOTS: [Shot; 6] = [
    Shot {
        name: "grid-dark.png",
        pose: Pose {
            theme: ThemeChoice::Dark,
            view: ViewKind::Grid,
            focus: "the colour of the object",
            reference: Some(REFERENCE),
            why: false,
        },
    },
    Shot {
        name: "grid-light.png",
        pose: Pose {
            theme: ThemeChoice::Light,
            view: ViewKind::Grid,
            focus: "the place",
            reference: Some(REFERENCE),
            why: false,
        },
    },
    Shot {
        name: "groups-dark.png",
        pose: Pose {
            theme: ThemeChoice::Dark,
            view: ViewKind::Groups,
            focus: "the colour of the object",
            reference: None,
            why: false,
        },
    },
    Shot {
        name: "groups-light.png",
        pose: Pose {
            theme: ThemeChoice::Light,
            view: ViewKind::Groups,
            focus: "the place",
            reference: None,
            why: false,
        },
    },
    Shot {
        name: "compare-dark.png",
        pose: Pose {
            theme: ThemeChoice::Dark,
            view: ViewKind::Compare,
            focus: "the colour of the object",
            reference: Some(REFERENCE),
            why: false,
        },
    },
    Shot {
        name: "why-dark.png",
        pose: Pose {
            theme: ThemeChoice::Dark,
            view: ViewKind::Grid,
            focus: "the colour of the object",
            reference: Some(REFERENCE),
            why: true,
        },
    },
];

/// Part of a demo photo's name.
const REFERENCE: &str = "Pink mitten at a brick wall";

/// Opens the window, takes the pictures and closes it; returns the files that were written.
///
/// # Errors
/// Where there is no desktop, nothing that can draw, or a picture could not be written.
pub(crate) fn take_screenshots(
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
    /// Whether nothing changes on screen any more.
    fn still(&mut self, shot: &Shot) -> bool {
        let bytes = self.app.texture_use().bytes;
        if bytes != self.textures.0 {
            self.textures = (bytes, Instant::now());
        }
        self.app.posed(&shot.pose) && self.textures.1.elapsed() >= STILL
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
        let posed = self.posed;
        match posed {
            None if self.app.ready_to_pose() => {
                self.app.pose(&ctx, &shot.pose);
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
            Some(since) if self.still(shot) || since.elapsed() > PATIENCE => self.take(&ctx, shot.name),
            Some(_) => {}
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
