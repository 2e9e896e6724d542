//! Frame times of the real window while its gallery scrolls: what `refocus bench gallery` prints.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use eframe::egui::{Color32, ColorImage, Context, Ui, ViewportCommand};

use refocus_engine::{
    COMMANDS_AHEAD, Command, DateSource, DeviceSummary, EVENTS_AHEAD, EngineLink, Event, FileId, Folder, FolderId,
    LibraryPaths, Marks, Noticing, PhotoRow, Rows, SearchResults,
};

use super::application::{AppOptions, RefocusApp, wake_function};
use super::measured_window::{WINDOW, native_options};
use super::native_window::WindowError;
use super::thumbnail_service::{PixelSource, ThumbnailRequest};
use super::thumbnail_textures::TextureUse;

/// Points that the gallery moves in a frame while a person scrolls: three notches of a wheel.
const STEP: f32 = 150.0;

/// Frames of scrolling by hand, then frames in which the gallery is dragged from top to bottom.
const STEPS: usize = 400;
const DRAGS: usize = 200;

/// Frames before the first one that counts: fonts, shaders, the first thumbnails.
const WARM_UP: usize = 30;

/// Time between two looks at whether there are enough photos.
const WAIT: Duration = Duration::from_millis(50);

/// Photos that must be listed before the measurement begins.
const ENOUGH: usize = 200;

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct GalleryMeasurement {
    /// Photos listed at the end.
    pub photos: usize,
    /// Milliseconds from frame to frame, in their order.
    pub frame_ms: Vec<f32>,
    /// Bytes of thumbnails in GPU memory.
    pub textures: TextureUse,
    /// Pixels of the window.
    pub window: [u32; 2],
    /// What drew it.
    pub adapter: String,
}

/// Opens the window, scrolls its gallery by hand and by dragging, and closes it.
///
/// # Errors
/// Where there is no desktop or nothing that can draw.
pub fn measure_gallery(
    link: EngineLink,
    paths: LibraryPaths,
    pixels: Option<Arc<dyn PixelSource>>,
    on_ready: impl FnOnce(Box<dyn Fn() + Send + Sync>) + 'static,
) -> Result<GalleryMeasurement, WindowError> {
    let measured = Arc::new(Mutex::new(GalleryMeasurement::default()));
    let result = Arc::clone(&measured);
    let run = eframe::run_native(
        "Refocus",
        native_options(),
        Box::new(move |creation| {
            on_ready(Box::new(wake_function(&creation.egui_ctx)));
            let adapter = creation
                .wgpu_render_state
                .as_ref()
                .map(|state| state.adapter.get_info().name);
            if let Ok(mut measured) = measured.lock() {
                measured.adapter = adapter.unwrap_or_default();
            }
            let options = AppOptions {
                pixels,
                ..AppOptions::default()
            };
            let app = RefocusApp::new(creation, link, paths, options);
            Ok(Box::new(Scrolling {
                app,
                measured,
                frame: 0,
                last: None,
            }))
        }),
    );
    run?;
    let measured = result.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(measured)
}

/// The window's own program with a hand on its scroll bar.
struct Scrolling {
    app: RefocusApp,
    measured: Arc<Mutex<GalleryMeasurement>>,
    frame: usize,
    last: Option<Instant>,
}

impl eframe::App for Scrolling {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.app.logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        // Until there is something to scroll, the photos that are waited for come before frames.
        ui.ctx()
            .request_repaint_after(if self.frame > 0 { Duration::ZERO } else { WAIT });
        if self.app.photos() >= ENOUGH {
            self.scroll();
            self.note(ui.ctx());
            self.frame += 1;
        }
        self.app.ui(ui, frame);
        if self.frame >= WARM_UP + STEPS + DRAGS {
            ui.ctx().send_viewport_cmd(ViewportCommand::Close);
        }
    }

    fn clear_color(&self, visuals: &eframe::egui::Visuals) -> [f32; 4] {
        self.app.clear_color(visuals)
    }

    fn on_exit(&mut self) {
        self.app.on_exit();
    }
}

impl Scrolling {
    fn scroll(&mut self) {
        let height = (self.app.gallery_height() - WINDOW.y).max(1.0);
        let frame = self.frame.saturating_sub(WARM_UP);
        let to = if frame < STEPS {
            (frame as f32 * STEP) % height
        } else {
            height * (frame - STEPS) as f32 / DRAGS as f32
        };
        self.app.scroll_gallery_to(to);
    }

    fn note(&mut self, ctx: &Context) {
        let now = Instant::now();
        let last = self.last.replace(now);
        let Ok(mut measured) = self.measured.lock() else { return };
        if let Some(last) = last.filter(|_| self.frame >= WARM_UP) {
            measured.frame_ms.push((now - last).as_secs_f32() * 1e3);
        }
        measured.photos = self.app.photos();
        measured.textures = self.app.texture_use();
        let size = ctx.content_rect().size() * ctx.pixels_per_point();
        measured.window = [size.x as u32, size.y as u32];
    }
}

/// A library of any size without files: what the window is told by it, and pictures of plain colour.
pub struct MadeUpLibrary {
    link: EngineLink,
}

impl MadeUpLibrary {
    /// A library of so many photos, of varied shapes.
    #[must_use]
    pub fn new(photos: usize) -> Self {
        let (commands, wishes) = bounded::<Command>(COMMANDS_AHEAD);
        let (told, events) = bounded(EVENTS_AHEAD);
        let mut rows = Rows::default();
        for number in 0..photos {
            rows.push(made_up_row(number));
        }
        let folders = vec![Folder {
            id: FolderId(1),
            path: "/photos".into(),
            photos,
            online: true,
            noticing: Noticing::default(),
        }];
        let device = DeviceSummary {
            checks_precisely: false,
            device: "none".into(),
            model: "none".into(),
            warning: None,
        };
        let _ = told.send(Event::Library { rows, folders });
        let _ = told.send(Event::Ready(device));
        let answer = move || {
            for command in wishes {
                match command {
                    Command::Search { generation, .. } => {
                        let order: Arc<[u32]> = (0..photos as u32).collect();
                        let results = SearchResults {
                            generation,
                            ranked: photos,
                            order,
                            ..SearchResults::default()
                        };
                        if told.send(Event::Results(Arc::new(results))).is_err() {
                            return;
                        }
                    }
                    Command::Shutdown => return,
                    _ => {}
                }
            }
        };
        let started = refocus_workers::Worker::start("refocus-made-up", answer, |panic| tracing::error!("{panic}"));
        if let Err(error) = started {
            tracing::error!(%error, "the made-up library cannot answer");
        }
        Self {
            link: EngineLink { commands, events },
        }
    }

    /// The window's end of it.
    #[must_use]
    pub fn link(&self) -> EngineLink {
        self.link.clone()
    }

    /// Its pictures.
    #[must_use]
    pub fn pixels(&self) -> Arc<dyn PixelSource> {
        plain_colours()
    }
}

/// Pictures of plain colour, for libraries without files.
#[must_use]
pub fn plain_colours() -> Arc<dyn PixelSource> {
    Arc::new(PlainColours)
}

pub(super) fn made_up_row(number: usize) -> PhotoRow {
    let (width, height) = [(4000, 3000), (3000, 4000), (3200, 3200), (6000, 3376)][number % 4];
    let mut hash = [0; 32];
    hash.iter_mut()
        .zip(number.to_le_bytes())
        .for_each(|(place, byte)| *place = byte);
    PhotoRow {
        id: FileId(number as i64),
        folder: FolderId(1),
        path: Arc::from(Path::new(&format!("/photos/{number:07}.jpg"))),
        hash,
        width,
        height,
        bytes: 4_000_000,
        modified_ns: 0,
        taken: -(number as i64),
        taken_source: DateSource::Exif,
        camera: None,
        format: "JPEG",
        encoded: true,
        marks: Marks::default(),
        extras: Default::default(),
        gone: false,
    }
}

struct PlainColours;

impl PixelSource for PlainColours {
    fn thumbnail(&self, request: &ThumbnailRequest) -> Result<ColorImage, String> {
        let side = request.size.long_side() as usize;
        let [low, high, ..] = request.hash;
        let colour = Color32::from_rgb(low, high.wrapping_mul(16), 128);
        Ok(ColorImage::filled([side, side * 3 / 4], colour))
    }

    fn full(&self, _path: &Path, max_side: u32) -> Result<ColorImage, String> {
        Ok(ColorImage::filled([max_side.min(1024) as usize; 2], Color32::GRAY))
    }
}
