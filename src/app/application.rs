//! The program's window: takes events in `logic`, draws state in `ui`, sends commands.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use eframe::egui::{self, CentralPanel, Context, Frame, Panel, Rect, Ui, vec2};

use refocus_engine::{
    Command, EngineLink, EngineTuning, Explanation, FileId, LibraryPaths, OutsideId, OutsideSource, PhotoRow,
    ReferenceSource, ViewKind,
};

use super::about_window::AboutPage;
use super::compare_view::CompareView;
use super::crash_window::CrashReport;
use super::design_tokens::{self, Tokens};
use super::file_dialogs::FileQuestions;
use super::file_jobs::FileJobs;
use super::filter_panel::FilterFields;
use super::gallery::Gallery;
use super::heat_overlay::HeatView;
use super::intake::Intake;
use super::library_state::{EngineState, LibraryState};
use super::lightbox::Lightbox;
use super::milestones::Milestones;
use super::models_window::ModelsView;
use super::notices::Notices;
use super::outbox::Outbox;
use super::palette::Palette;
use super::picture::{self, Picture};
use super::pixel_source::LibraryPixels;
use super::search_history::{SearchHistory, remember_focus};
use super::search_state::SearchState;
use super::settings::{Settings, SettingsFile, SettingsKeeper, WindowPlace};
use super::settings_window::SettingsFields;
use super::thumbnail_service::PixelSource;
use super::thumbnail_textures::{TextureUse, ThumbnailTextures};

/// Bytes of thumbnails kept in GPU memory.
const TEXTURE_BUDGET: usize = 256 << 20;

/// Widths that the side panels can have, in points.
pub(super) const LEFT_WIDTHS: std::ops::RangeInclusive<f32> = 200.0..=380.0;
pub(super) const RIGHT_WIDTHS: std::ops::RangeInclusive<f32> = 240.0..=420.0;

/// Time between two looks at whether there is something new to remember.
const REMEMBER_EVERY: Duration = Duration::from_secs(3);

/// Which colours the window uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
    /// Dark, light, or (`System`) what is remembered.
    pub theme: ThemeChoice,
    /// What the last window left.
    pub remembered: Settings,
    /// Where this window leaves it; `None`: nowhere.
    pub settings_file: Option<SettingsFile>,
    /// A line for the person at the start.
    pub notice: Option<String>,
    /// Folders to add and pictures to take as references at the start.
    pub open: Vec<PathBuf>,
    /// Paths that later starts of the program hand over to this window; each of them brings it to the front.
    pub handed: Option<Receiver<Vec<PathBuf>>>,
    /// Where pixels come from; `None`: the library's thumbnails and files.
    pub pixels: Option<Arc<dyn PixelSource>>,
    /// Bytes of thumbnails kept in GPU memory.
    pub texture_budget: usize,
    /// A focus that is typed at the start, in place of the remembered one.
    pub focus: String,
    /// What the last crash left, to be offered.
    pub crash_report: Option<CrashReport>,
}

impl Default for AppOptions {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::System,
            remembered: Settings::default(),
            settings_file: None,
            notice: None,
            open: Vec::new(),
            handed: None,
            pixels: None,
            texture_budget: TEXTURE_BUDGET,
            focus: String::new(),
            crash_report: None,
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
    Ready(Picture),
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
    /// Which page of "About Refocus" is open.
    pub(super) about: Option<AboutPage>,
    /// What is typed into the settings, while they are open.
    pub(super) settings: Option<SettingsFields>,
    /// Text of the path field, while it is open.
    pub(super) path: Option<String>,
    pub(super) rank_badges: bool,
    /// Weak matches are left out.
    pub(super) hide_weak: bool,
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
    pub(super) handed: Option<Receiver<Vec<PathBuf>>>,
    pub(super) panels: Panels,
    pub(super) notices: Notices,
    pub(super) models: ModelsView,
    pub(super) palette: Option<Palette>,
    pub(super) lightbox: Option<Lightbox>,
    pub(super) explanation: Option<Explanation>,
    pub(super) explained: Option<(FileId, u64)>,
    pub(super) theme: ThemeChoice,
    /// Grid or groups, where the person chose one.
    pub(super) view_choice: Option<ViewKind>,
    /// What was typed into the filters.
    pub(super) filter_fields: FilterFields,
    /// Whether a field had the keyboard in the last frame.
    pub(super) field_had_focus: bool,
    pub(super) files: FileJobs,
    pub(super) questions: FileQuestions,
    /// The saved search whose name is being written, and the name so far.
    pub(super) renaming: Option<(usize, String)>,
    pub(super) compare: CompareView,
    pub(super) heat: HeatView,
    pub(super) history: SearchHistory,
    /// A used focus that was called back into the field, and what was typed before.
    pub(super) recalled: Option<(usize, String)>,
    /// What this window leaves to the next one.
    pub(super) settings: Settings,
    /// What the engine was told of it last.
    pub(super) tuned: EngineTuning,
    keeper: Option<SettingsKeeper>,
    remembered_at: Instant,
    milestones: Milestones,
    pub(super) stopped: bool,
    /// Whether the window had the person's attention in the last frame.
    pub(super) attended: bool,
    /// What the last crash left, until the person closes it.
    pub(super) crash_report: Option<CrashReport>,
}

/// A function that wakes the window; the engine calls it after each event.
pub fn wake_function(ctx: &Context) -> impl Fn() + Send + Sync + 'static {
    let ctx = ctx.clone();
    // With a delay it is one frame; without one egui draws two.
    move || ctx.request_repaint_after(Duration::from_micros(1))
}

impl RefocusApp {
    /// A window over an engine.
    #[must_use]
    pub fn new(
        creation: &eframe::CreationContext<'_>,
        link: EngineLink,
        paths: LibraryPaths,
        options: AppOptions,
    ) -> Self {
        let ctx = &creation.egui_ctx;
        if let Some(state) = &creation.wgpu_render_state {
            picture::prepare_renderer(state);
        }
        design_tokens::apply(ctx);
        ctx.options_mut(|egui| egui.zoom_with_keyboard = false);
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(wake_function(ctx));
        let pixels = options
            .pixels
            .unwrap_or_else(|| Arc::new(LibraryPixels::new(paths.thumbnails.clone())));
        let intake = Intake::start(wake.clone());
        intake.look_at(options.open);
        let settings = options.remembered;
        let keeper = options
            .settings_file
            .map(|file| SettingsKeeper::start(file, settings.clone()));
        let mut app = Self {
            paths,
            outbox: Outbox::new(link.commands.clone()),
            link,
            library: LibraryState::default(),
            search: SearchState::default(),
            gallery: Gallery::default(),
            textures: ThumbnailTextures::new(&pixels, options.texture_budget, &wake),
            pixels: Arc::clone(&pixels),
            outside: HashMap::new(),
            next_outside: 0,
            intake,
            handed: options.handed,
            panels: Panels {
                left: settings.left_panel,
                right: settings.right_panel,
                problems: false,
                help: false,
                about: None,
                settings: None,
                path: None,
                rank_badges: settings.rank_badges,
                hide_weak: false,
            },
            notices: Notices::default(),
            models: ModelsView::default(),
            palette: None,
            lightbox: None,
            explanation: None,
            explained: None,
            theme: match options.theme {
                ThemeChoice::System => settings.theme,
                chosen => chosen,
            },
            view_choice: settings.view,
            filter_fields: FilterFields::default(),
            field_had_focus: false,
            files: FileJobs::start(Arc::clone(&pixels), Arc::clone(&wake)),
            questions: FileQuestions::default(),
            renaming: None,
            compare: CompareView::of(settings.compare.clone()),
            heat: HeatView::default(),
            history: SearchHistory::default(),
            recalled: None,
            tuned: settings.tuning(),
            settings,
            keeper,
            remembered_at: Instant::now(),
            milestones: Milestones::default(),
            stopped: false,
            attended: true,
            crash_report: options.crash_report,
        };
        app.gallery.row_height = app.settings.row_height;
        app.search.request.focus = if options.focus.is_empty() {
            app.settings.focus.clone()
        } else {
            options.focus
        };
        if let Some(line) = options.notice {
            app.notices.add(line);
        }
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

    /// Number of the search that was asked last.
    pub(super) fn asked_generation(&self) -> u64 {
        self.search.generation()
    }

    /// Whether the answer to the present question is laid out on screen.
    pub(super) fn settled(&self) -> bool {
        self.search.answered() && (self.search.request.view == ViewKind::Compare || !self.gallery.waits_for_layout())
    }

    /// Milliseconds that the engine needed for the order on screen.
    pub(super) fn last_ranking_ms(&self) -> Option<f32> {
        self.search.results.as_ref().map(|results| results.timings.total_ms)
    }

    /// Empties the focus field.
    pub(super) fn clear_focus(&mut self) {
        self.search.request.focus.clear();
    }

    /// Makes a row the one reference.
    pub(super) fn compare_with_row(&mut self, row: u32) {
        if let Some(id) = self.library.photo(row).map(|photo| photo.id) {
            self.compare_with(&[id]);
        }
    }

    /// The first photo whose file name holds a text.
    pub(super) fn photo_named(&self, part: &str) -> Option<(u32, FileId)> {
        let rows = (0u32..).zip(self.library.rows.iter());
        rows.filter(|(_, row)| row.encoded && !row.gone)
            .find(|(_, row)| super::library_state::file_name(row).contains(part))
            .map(|(number, row)| (number, row.id))
    }

    /// Whether the library is there and nothing is being indexed.
    pub(super) fn ready_to_pose(&self) -> bool {
        let idle = matches!(self.library.progress.phase, refocus_engine::IndexPhase::Idle);
        idle && self.library.encoded > 0 && self.settled()
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

    fn main_view(&mut self, ui: &mut Ui) {
        // The window is cleared to one colour and lines divide it: a coat of paint under each panel would cost a software
        // renderer as much as the photos do.
        let panel = Frame::new();
        let bar = |bar: Panel| bar.frame(panel).show_separator_line(false);
        let status = bar(Panel::bottom("status")).show(ui, |ui| self.status_bar(ui));
        let top = bar(Panel::top("search")).show(ui, |ui| self.top_bar(ui));
        let (status, top) = (status.response.rect, top.response.rect);
        for at in [status.left_top(), top.left_bottom() - vec2(0.0, 1.0)] {
            let line = Rect::from_min_size(at, vec2(top.width(), 1.0));
            picture::fill(ui.painter(), line, 0.0, Tokens::of(ui).line);
        }
        let mut left = self.panels.left;
        let shown = Panel::left("library")
            .frame(panel)
            .default_size(self.settings.left_width)
            .size_range(LEFT_WIDTHS)
            .show_collapsible(ui, &mut left, |ui| self.left_panel(ui));
        if let Some(width) = shown.map(|shown| shown.response.rect.width())
            && LEFT_WIDTHS.contains(&width)
        {
            self.settings.left_width = width;
        }
        self.panels.left = left;
        let mut right = self.panels.right;
        let shown = Panel::right("why")
            .frame(panel)
            .default_size(self.settings.right_width)
            .size_range(RIGHT_WIDTHS)
            .show_collapsible(ui, &mut right, |ui| self.why_panel(ui));
        if let Some(width) = shown.map(|shown| shown.response.rect.width())
            && RIGHT_WIDTHS.contains(&width)
        {
            self.settings.right_width = width;
        }
        self.panels.right = right;
        CentralPanel::no_frame().show(ui, |ui| match self.search.request.view {
            ViewKind::Compare => self.compare_view(ui),
            ViewKind::Grid | ViewKind::Groups => self.gallery_view(ui),
        });
    }

    /// Takes note of the search on screen, for the way back to it.
    fn note_search(&mut self, ctx: &Context) {
        let now = Instant::now();
        self.history.note(&self.search.request, self.view_choice, now);
        match self.history.used_focus(now) {
            Ok(focus) => {
                let ready = super::top_bar::FOCUSES
                    .iter()
                    .any(|(_, instruction)| *instruction == focus);
                if !ready && !self.settings.pinned.contains(&focus) {
                    remember_focus(&mut self.settings.recent, &focus);
                }
            }
            Err(Some(wait)) => ctx.request_repaint_after(wait),
            Err(None) => {}
        }
    }

    /// Takes note of what the next window shall find, and has it written now and then.
    fn remember(&mut self, ctx: &Context) {
        let (outer, inner, maximized, minimized) = ctx.input(|input| {
            let window = input.viewport();
            (window.outer_rect, window.inner_rect, window.maximized, window.minimized)
        });
        let before = self.settings.window;
        if let Some(inner) = inner.filter(|_| minimized != Some(true)) {
            let maximized = maximized.unwrap_or(false);
            let place = WindowPlace {
                position: outer.map(|outer| [outer.left(), outer.top()]),
                size: [inner.width(), inner.height()],
                maximized,
            };
            // A window that fills the screen comes back to the place that it had before.
            self.settings.window = Some(match before.filter(|_| maximized) {
                Some(before) => WindowPlace { maximized, ..before },
                None => place,
            });
        }
        let settings = self.settings_now();
        let Some(keeper) = self.keeper.as_mut().filter(|keeper| keeper.differs(&settings)) else {
            return;
        };
        let since = self.remembered_at.elapsed();
        if since >= REMEMBER_EVERY {
            self.remembered_at = Instant::now();
            keeper.keep(settings);
        } else {
            // A window that rests draws no frames: this one is for the settings.
            ctx.request_repaint_after(REMEMBER_EVERY - since);
        }
    }

    fn settings_now(&self) -> Settings {
        Settings {
            theme: self.theme,
            left_panel: self.panels.left,
            right_panel: self.panels.right,
            rank_badges: self.panels.rank_badges,
            view: self.view_choice,
            row_height: self.gallery.row_height,
            library: Some(self.paths.database.clone()),
            focus: self.search.request.focus.clone(),
            compare: self.compare.focuses.clone(),
            ..self.settings.clone()
        }
    }
}

impl eframe::App for RefocusApp {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.drain_events(ctx);
        self.take_handed(ctx);
        self.take_arrivals();
        self.take_file_events();
        self.notice_return(ctx);
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
        self.crash_window(&ctx);
        self.models_window(&ctx);
        self.path_window(&ctx);
        self.file_question_window(&ctx);
        self.help_window(&ctx);
        self.settings_window(&ctx);
        self.about_window(&ctx);
        self.palette_window(&ctx);
        self.notices.show(&ctx);
        self.drop_overlay(&ctx);
        self.textures.end_frame();
        self.milestones.drawn(self.library.known, self.settled());
        self.note_search(&ctx);
        self.remember(&ctx);
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
        let settings = self.settings_now();
        if let Some(keeper) = &mut self.keeper {
            keeper.finish(settings);
        }
        self.outbox.send(Command::Shutdown);
    }
}
