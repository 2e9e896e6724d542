//! Frame times of the real window while its gallery scrolls: what `refocus-lab bench gallery` prints.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eframe::egui::{Context, Ui, ViewportCommand};

use refocus::app::{AppOptions, PixelSource, RefocusApp, TextureUse, WindowError, wake_function};
use refocus_engine::{EngineLink, LibraryPaths};

use super::measured_window::{WINDOW, native_options};

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
pub(crate) struct GalleryMeasurement {
    /// Photos listed at the end.
    pub(crate) photos: usize,
    /// Milliseconds from frame to frame, in their order.
    pub(crate) frame_ms: Vec<f32>,
    /// The same in the order of time, where that was asked for.
    pub(crate) in_time_frame_ms: Vec<f32>,
    /// Bytes of thumbnails in GPU memory.
    pub(crate) textures: TextureUse,
    /// Pixels of the window.
    pub(crate) window: [u32; 2],
    /// What drew it.
    pub(crate) adapter: String,
}

/// Opens the window, scrolls its gallery by hand and by dragging, and closes it. `in_time`: first by file name and without dates,
/// then once more in the order of time, with heads, dates on photos and the strip beside them.
///
/// # Errors
/// Where there is no desktop or nothing that can draw.
pub(crate) fn measure_gallery(
    link: EngineLink,
    paths: LibraryPaths,
    pixels: Option<Arc<dyn PixelSource>>,
    in_time: bool,
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
                rounds: if in_time { vec![true, false] } else { Vec::new() },
                by_date: None,
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
    /// Rounds to come, the next one last: whether each is in the order of time.
    rounds: Vec<bool>,
    /// Whether this round is in the order of time; `None`: in the one that the window has by itself.
    by_date: Option<bool>,
}

impl eframe::App for Scrolling {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.app.logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        // Until there is something to scroll, the photos that are waited for come before frames.
        ui.ctx()
            .request_repaint_after(if self.frame > 0 { Duration::ZERO } else { WAIT });
        if self.frame == 0
            && self.by_date.is_none()
            && let Some(by_date) = self.rounds.pop()
        {
            self.begin(by_date);
        }
        if self.app.photos() >= ENOUGH && (self.frame > 0 || self.app.settled()) {
            self.scroll();
            self.note(ui.ctx());
            self.frame += 1;
        }
        self.app.ui(ui, frame);
        if self.frame >= WARM_UP + STEPS + DRAGS {
            if let Some(by_date) = self.rounds.pop() {
                self.begin(by_date);
                return;
            }
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
    fn begin(&mut self, by_date: bool) {
        self.app.show_in_time(by_date);
        self.by_date = Some(by_date);
        self.frame = 0;
        self.last = None;
    }

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
            let ms = (now - last).as_secs_f32() * 1e3;
            if self.by_date == Some(true) {
                measured.in_time_frame_ms.push(ms);
            } else {
                measured.frame_ms.push(ms);
            }
        }
        measured.photos = self.app.photos();
        measured.textures = self.app.texture_use();
        let size = ctx.content_rect().size() * ctx.pixels_per_point();
        measured.window = [size.x as u32, size.y as u32];
    }
}
