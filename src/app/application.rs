//! The program's window: takes events in `logic`, draws state in `ui`, sends commands.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, CentralPanel, ColorImage, Context, Frame, Panel, TextureHandle, TextureOptions, Ui};

use crate::engine::{
    Command, EngineLink, Event, Explanation, FileId, LibraryPaths, OutsideId, OutsideSource, PhotoRow, ReferenceSource,
    ViewKind,
};

use super::design_tokens::{self, Tokens};
use super::gallery::Gallery;
use super::intake::{Arrived, Intake};
use super::library_state::{EngineState, LibraryState};
use super::lightbox::Lightbox;
use super::notices::Notices;
use super::outbox::Outbox;
use super::palette::Palette;
use super::pixel_source::LibraryPixels;
use super::search_state::{Arrival, SearchState};
use super::thumbnail_service::PixelSource;
use super::thumbnail_textures::{TextureUse, ThumbnailTextures};

/// Events taken in one frame; the rest waits for the next one.
const EVENTS_A_FRAME: usize = 64;

/// Bytes of thumbnails kept in GPU memory.
const TEXTURE_BUDGET: usize = 256 << 20;

/// Which colours the window uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// Those of the desktop.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// What the command line and tests decide about the window.
#[derive(Clone)]
pub struct AppOptions {
    /// Dark, light, or as the desktop is.
    pub theme: ThemeChoice,
    /// Folders to add and pictures to take as references at the start.
    pub open: Vec<PathBuf>,
    /// Where pixels come from; `None`: the library's thumbnails and files.
    pub pixels: Option<Arc<dyn PixelSource>>,
    /// Bytes of thumbnails kept in GPU memory.
    pub texture_budget: usize,
    /// A focus that is typed at the start.
    pub focus: String,
}

impl Default for AppOptions {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::System,
            open: Vec::new(),
            pixels: None,
            texture_budget: TEXTURE_BUDGET,
            focus: String::new(),
        }
    }
}

/// A picture from outside the library.
pub(super) struct OutsidePicture {
    /// File name, or what it was pasted as.
    pub(super) name: String,
    /// How far it is.
    pub(super) state: OutsideState,
}

/// How far a picture from outside is.
pub(super) enum OutsideState {
    /// Being encoded.
    Waiting,
    /// A reference like any other.
    Ready(TextureHandle),
    /// It could not be read, and why.
    Failed(String),
}

/// Which parts of the window are open.
#[derive(Clone, Debug)]
pub(super) struct Panels {
    pub(super) left: bool,
    pub(super) right: bool,
    pub(super) problems: bool,
    pub(super) help: bool,
    /// Text of the path field, while it is open.
    pub(super) path: Option<String>,
    pub(super) rank_badges: bool,
}

/// The window.
pub struct RefocusApp {
    pub(super) paths: LibraryPaths,
    pub(super) link: EngineLink,
    pub(super) outbox: Outbox,
    pub(super) library: LibraryState,
    pub(super) search: SearchState,
    pub(super) gallery: Gallery,
    pub(super) textures: ThumbnailTextures,
    pub(super) pixels: Arc<dyn PixelSource>,
    pub(super) outside: HashMap<OutsideId, OutsidePicture>,
    pub(super) next_outside: u64,
    pub(super) intake: Intake,
    pub(super) panels: Panels,
    pub(super) notices: Notices,
    pub(super) palette: Option<Palette>,
    pub(super) lightbox: Option<Lightbox>,
    pub(super) explanation: Option<Explanation>,
    pub(super) explained: Option<(FileId, u64)>,
    pub(super) theme: ThemeChoice,
    /// Grid or groups, where the person chose one.
    pub(super) view_choice: Option<ViewKind>,
    /// Whether a field had the keyboard in the last frame.
    pub(super) field_had_focus: bool,
    stopped: bool,
}

/// A function that wakes the window; the engine calls it after each event.
pub fn wake_function(ctx: &Context) -> impl Fn() + Send + Sync + 'static {
    let ctx = ctx.clone();
    move || ctx.request_repaint()
}

impl RefocusApp {
    /// A window over an engine.
    #[must_use]
    pub fn new(ctx: &Context, link: EngineLink, paths: LibraryPaths, options: AppOptions) -> Self {
        design_tokens::apply(ctx);
        ctx.options_mut(|egui| egui.zoom_with_keyboard = false);
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(wake_function(ctx));
        let pixels = options
            .pixels
            .unwrap_or_else(|| Arc::new(LibraryPixels::new(paths.thumbnails.clone())));
        let intake = Intake::start(wake.clone());
        intake.look_at(options.open);
        let mut app = Self {
            paths,
            outbox: Outbox::new(link.commands.clone()),
            link,
            library: LibraryState::default(),
            search: SearchState::default(),
            gallery: Gallery::default(),
            textures: ThumbnailTextures::new(&pixels, options.texture_budget, &wake),
            pixels,
            outside: HashMap::new(),
            next_outside: 0,
            intake,
            panels: Panels {
                left: true,
                right: false,
                problems: false,
                help: false,
                path: None,
                rank_badges: false,
            },
            notices: Notices::default(),
            palette: None,
            lightbox: None,
            explanation: None,
            explained: None,
            theme: options.theme,
            view_choice: None,
            field_had_focus: false,
            stopped: false,
        };
        app.search.request.focus = options.focus;
        app.apply_theme(ctx);
        app
    }

    /// Bytes of thumbnails in GPU memory.
    #[must_use]
    pub fn texture_use(&self) -> TextureUse {
        self.textures.usage()
    }

    /// Number of the search whose answer is on screen; `None` before the first answer.
    #[must_use]
    pub fn shown_generation(&self) -> Option<u64> {
        self.search.results.as_ref().map(|results| results.generation)
    }

    /// Photos that the window knows of.
    #[must_use]
    pub fn photos(&self) -> usize {
        self.library.rows.len()
    }

    /// Height of the gallery's content in points.
    #[must_use]
    pub fn gallery_height(&self) -> f32 {
        self.gallery.height()
    }

    /// Scrolls the gallery to a distance from its top in points.
    pub fn scroll_gallery_to(&mut self, offset: f32) {
        self.gallery.scroll_to(offset);
    }

    /// Where the library keeps its files.
    #[must_use]
    pub fn paths(&self) -> &LibraryPaths {
        &self.paths
    }

    pub(super) fn apply_theme(&self, ctx: &Context) {
        ctx.set_theme(match self.theme {
            ThemeChoice::System => egui::ThemePreference::System,
            ThemeChoice::Dark => egui::ThemePreference::Dark,
            ThemeChoice::Light => egui::ThemePreference::Light,
        });
    }

    /// A row's photo and its row number, by the file's identity.
    pub(super) fn photo_by_id(&self, id: FileId) -> Option<(u32, &PhotoRow)> {
        self.library
            .rows
            .iter()
            .enumerate()
            .find(|(_, row)| row.id == id)
            .map(|(number, row)| (number as u32, row))
    }

    /// Takes a picture from outside as a reference.
    pub(super) fn add_outside(&mut self, name: String, source: OutsideSource) {
        self.next_outside += 1;
        let id = OutsideId(self.next_outside);
        self.outside.insert(
            id,
            OutsidePicture {
                name,
                state: OutsideState::Waiting,
            },
        );
        self.outbox.send(Command::AddOutside { id, source });
    }

    /// Forgets a reference; a picture from outside goes with it.
    pub(super) fn drop_reference(&mut self, source: ReferenceSource) {
        self.search.remove_reference(source);
        if let ReferenceSource::Outside(id) = source
            && self.outside.remove(&id).is_some()
        {
            self.outbox.send(Command::RemoveOutside(id));
        }
    }

    fn drain_events(&mut self, ctx: &Context) {
        for _ in 0..EVENTS_A_FRAME {
            match self.link.events.try_recv() {
                Ok(event) => self.take_event(ctx, event),
                Err(crossbeam_channel::TryRecvError::Empty) => return,
                Err(crossbeam_channel::TryRecvError::Disconnected) => {
                    self.engine_ended();
                    return;
                }
            }
        }
        ctx.request_repaint();
    }

    fn engine_ended(&mut self) {
        if !self.stopped {
            self.stopped = true;
            if !matches!(self.library.engine, EngineState::Unusable(_)) {
                let text = "The background worker has stopped. Close the window and start Refocus again.";
                self.library.engine = EngineState::Unusable(text.into());
            }
        }
    }

    fn take_event(&mut self, ctx: &Context, event: Event) {
        match event {
            Event::Ready(device) => {
                if let Some(warning) = &device.warning {
                    self.notices.add(warning.clone());
                }
                self.library.engine = EngineState::Ready(device);
            }
            Event::Unusable(reason) => self.library.engine = EngineState::Unusable(reason),
            Event::Library { rows, folders } => {
                if self.library.update_rows(rows, folders) {
                    self.search.library_changed();
                }
            }
            Event::Progress(progress) => self.library.progress = progress,
            Event::IndexingEnded(progress) => self.library.progress = progress,
            Event::Problems(problems) => self.library.problems = problems,
            Event::Results(results) => {
                let arrival = self.search.arrived(results, self.gallery.pointer_rests());
                match arrival {
                    Arrival::Asked => self.gallery.content_changed(true),
                    Arrival::Refreshed => self.gallery.content_changed(false),
                    Arrival::Held | Arrival::Stale => {}
                }
            }
            Event::Explanation(explanation) => self.explanation = Some(explanation),
            Event::Outside { id, result } => self.outside_ready(ctx, id, result),
            Event::Notice(text) => self.notices.add(text),
            Event::Stopped => self.engine_ended(),
        }
    }

    fn outside_ready(&mut self, ctx: &Context, id: OutsideId, result: Result<(u32, u32, Arc<[u8]>), String>) {
        // It may have been removed while it was being encoded.
        let Some(picture) = self.outside.get_mut(&id) else {
            return;
        };
        match result {
            Ok((width, height, rgb)) if rgb.len() == width as usize * height as usize * 3 && !rgb.is_empty() => {
                let image = ColorImage::from_rgb([width as usize, height as usize], &rgb);
                picture.state = OutsideState::Ready(ctx.load_texture("reference", image, TextureOptions::LINEAR));
                self.search.toggle_reference(ReferenceSource::Outside(id), true);
            }
            Ok(_) => picture.state = OutsideState::Failed("the preview is damaged".into()),
            Err(reason) => {
                self.notices
                    .add(format!("{} cannot be a reference: {reason}", picture.name));
                picture.state = OutsideState::Failed(reason);
            }
        }
    }

    fn take_arrivals(&mut self) {
        while let Some(arrived) = self.intake.take() {
            match arrived {
                Arrived::Folder(path) => self.outbox.send(Command::AddFolder(path)),
                Arrived::Picture(path) => {
                    let name = path
                        .file_name()
                        .unwrap_or(path.as_os_str())
                        .to_string_lossy()
                        .into_owned();
                    self.add_outside(name, OutsideSource::File(path));
                }
                Arrived::Missing(path) => self
                    .notices
                    .add(format!("There is nothing to read at {}", path.display())),
                Arrived::Pixels { width, height, rgba } => {
                    let source = OutsideSource::Pixels { width, height, rgba };
                    self.add_outside("Pasted picture".into(), source);
                }
                Arrived::NoDialog => {
                    self.panels.path.get_or_insert_default();
                }
            }
        }
    }

    /// Sends what changed: the search, the photo to explain.
    fn send_changes(&mut self, ctx: &Context) {
        let now = Instant::now();
        if matches!(self.library.engine, EngineState::Ready(_))
            && let Some(command) = self.search.due(now)
        {
            self.outbox.send(command);
        }
        if let Some(wait) = self.search.wait(now) {
            ctx.request_repaint_after(wait);
        }
        self.ask_for_explanation();
        if self.outbox.flush() {
            ctx.request_repaint_after(Duration::from_millis(20));
        }
        if self.outbox.closed() {
            self.engine_ended();
        }
    }

    fn ask_for_explanation(&mut self) {
        if !self.panels.right {
            return;
        }
        let photo = self.gallery.selection.cursor.and_then(|row| self.library.photo(row));
        let wanted = photo.map(|photo| photo.id).zip(self.shown_generation());
        if let Some((id, _)) = wanted
            && wanted != self.explained
        {
            self.explained = wanted;
            self.outbox.send(Command::Explain(id));
        }
    }

    fn main_view(&mut self, ui: &mut Ui) {
        // The window is cleared to one colour and lines divide it: a coat of paint under each panel would cost a software
        // renderer as much as the photos do.
        let panel = Frame::new();
        Panel::bottom("status").frame(panel).show(ui, |ui| self.status_bar(ui));
        Panel::top("search").frame(panel).show(ui, |ui| self.top_bar(ui));
        let mut left = self.panels.left;
        Panel::left("library")
            .frame(panel)
            .default_size(248.0)
            .size_range(200.0..=380.0)
            .show_collapsible(ui, &mut left, |ui| self.left_panel(ui));
        self.panels.left = left;
        let mut right = self.panels.right;
        Panel::right("why")
            .frame(panel)
            .default_size(288.0)
            .size_range(240.0..=420.0)
            .show_collapsible(ui, &mut right, |ui| self.why_panel(ui));
        self.panels.right = right;
        CentralPanel::no_frame().show(ui, |ui| self.gallery_view(ui));
    }
}

impl eframe::App for RefocusApp {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.drain_events(ctx);
        self.take_arrivals();
        self.send_changes(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.textures.begin_frame(&ctx);
        self.take_dropped_and_pasted(&ctx);
        self.run_shortcuts(&ctx);
        if let EngineState::Unusable(reason) = self.library.engine.clone() {
            super::first_start::unusable_view(ui, &reason);
        } else if self.lightbox.is_some() {
            self.lightbox_view(ui);
        } else if self.library.known && self.library.is_empty() {
            self.first_start_view(ui);
        } else {
            self.main_view(ui);
        }
        self.problems_window(&ctx);
        self.path_window(&ctx);
        self.help_window(&ctx);
        self.palette_window(&ctx);
        self.notices.show(&ctx);
        self.drop_overlay(&ctx);
        self.textures.end_frame();
        // What the panels changed in this frame is sent in this frame.
        self.send_changes(&ctx);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        let theme = if visuals.dark_mode {
            egui::Theme::Dark
        } else {
            egui::Theme::Light
        };
        Tokens::of_theme(theme).canvas.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self) {
        self.outbox.send(Command::Shutdown);
    }
}
