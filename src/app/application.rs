//! The program's window: takes events in `logic`, draws state in `ui`, sends commands.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use eframe::egui::{self, CentralPanel, Context, Frame, Key, Modifiers, Panel, PointerButton, Popup, Rect, Ui, vec2};

use refocus_engine::{Command, EngineLink, LibraryPaths, ViewKind};

use super::action::Action;
use super::albums::{Undoable, dragged_label};
use super::commands::{self, UiCommand};
use super::compare_view;
use super::crash_window::CrashReport;
use super::design_tokens::{self, Tokens};
use super::drop_and_paste::{Brought, brought, drop_overlay};
use super::engine_end::EngineEnd;
use super::file_jobs::FileJobs;
use super::first_start::unusable_view;
use super::gallery;
use super::intake::Intake;
use super::key_order::KeyOrder;
use super::library_state::EngineState;
use super::milestones::Milestones;
use super::panels::Panels;
use super::photo_compare::{self, PhotoCompare};
use super::picture;
use super::pixel_source::LibraryPixels;
use super::remembering::Remembering;
use super::rotating::Rotations;
use super::settings::{Settings, SettingsFile};
use super::thumbnail_service::PixelSource;
use super::thumbnail_textures::ThumbnailTextures;
use super::view::View;

/// Bytes of thumbnails kept in GPU memory.
const TEXTURE_BUDGET: usize = 256 << 20;

/// Widths that the side panels can have, in points.
pub(super) const LEFT_WIDTHS: std::ops::RangeInclusive<f32> = 200.0..=380.0;
pub(super) const RIGHT_WIDTHS: std::ops::RangeInclusive<f32> = 240.0..=420.0;

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

impl ThemeChoice {
    /// As the tooltip says it.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::System => "as the desktop",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// Draws in these colours from now on.
    pub(super) fn apply(self, ctx: &Context) {
        ctx.set_theme(match self {
            Self::System => egui::ThemePreference::System,
            Self::Dark => egui::ThemePreference::Dark,
            Self::Light => egui::ThemePreference::Light,
        });
    }
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
    /// Cores of the computer, as the settings show them; `None`: the system is asked once.
    pub cores: Option<usize>,
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
            cores: None,
        }
    }
}

/// The window: what the panels read, the panels, and the ends of everything that works beside them. Three other files add to
/// it: `act.rs` (what a person wants), `messages.rs` (what others tell), `driving.rs` (for tests and measurements).
pub struct RefocusApp {
    pub(super) view: View,
    pub(super) panels: Panels,
    pub(super) engine: EngineEnd,
    /// Looks at dropped and typed paths.
    pub(super) intake: Intake,
    /// Does something to files.
    pub(super) files: FileJobs,
    /// Paths that later starts of the program hand over.
    pub(super) handed: Option<Receiver<Vec<PathBuf>>>,
    /// Whether the window had the person's attention in the last frame.
    pub(super) attended: bool,
    pub(super) paths: LibraryPaths,
    /// Steps that can be undone, the last one last.
    pub(super) undoable: Vec<Undoable>,
    /// What was undone, in its order.
    pub(super) redoable: Vec<Undoable>,
    pub(super) rotations: Rotations,
    remembering: Remembering,
    milestones: Milestones,
    key_order: KeyOrder,
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
        let intake = Intake::start(Arc::clone(&wake));
        // Who opens a picture compares with that one.
        let opens_nothing = options.open.is_empty();
        intake.look_at(options.open);
        let mut settings = options.remembered;
        let remembering = Remembering::start(options.settings_file, &settings, &wake);
        if options.theme != ThemeChoice::System {
            settings.theme = options.theme;
        }
        settings.theme.apply(ctx);
        // The words that were looked for belong to the focus: both come back, or another search is asked for.
        let (focus, find) = if options.focus.is_empty() {
            (settings.focus.clone(), settings.find.clone())
        } else {
            (options.focus, String::new())
        };
        let cores = options
            .cores
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
        let engine = EngineEnd::new(link, settings.tuning());
        let thumbnails = ThumbnailTextures::new(&pixels, options.texture_budget, &wake);
        let mut app = Self {
            view: View::new(settings, thumbnails, cores),
            panels: Panels::new(Arc::clone(&pixels), options.crash_report, paths.people()),
            engine,
            intake,
            files: FileJobs::start(pixels, wake),
            handed: options.handed,
            attended: true,
            paths,
            undoable: Vec::new(),
            redoable: Vec::new(),
            rotations: Rotations::default(),
            remembering,
            milestones: Milestones::default(),
            key_order: KeyOrder::default(),
        };
        app.view.search.request.focus = focus;
        app.view.search.request.find = find;
        let settings = &app.view.settings;
        let any_kept = !settings.references.is_empty() || settings.references_outside > 0;
        app.view.references_wait = any_kept && opens_nothing && settings.is_of(&app.paths.database);
        if let Some(line) = options.notice {
            app.panels.notices.add_lasting(line);
        }
        app
    }

    /// Runs the commands whose keys were pressed, and lets keys move the selection.
    fn run_shortcuts(&mut self, ctx: &Context) {
        self.view.follow_search();
        let panels = &self.panels;
        if panels.palette.is_open() || panels.path.is_open() || panels.questions.is_open() || panels.asks() {
            return;
        }
        // They come before commands of the same keys.
        if self.view.large.is_none() && !self.any_window_open() {
            let actions = self.panels.people.keys(ctx, &self.view);
            self.act_all(ctx, actions);
            let focused = ctx.memory(|memory| memory.focused());
            let on_page = self.panels.clean_up.has_keyboard(focused) && !Popup::is_any_open(ctx);
            if self.view.clean_up_open && on_page {
                let actions = self.panels.clean_up.keys(ctx, &self.view);
                self.act_all(ctx, actions);
            }
        }
        let with_gallery = self.photos_have_keyboard(ctx);
        for command in commands::pressed(ctx, with_gallery, self.view.people.on) {
            self.run(ctx, command);
        }
        for (button, command) in [
            (PointerButton::Extra1, UiCommand::GoBack),
            (PointerButton::Extra2, UiCommand::GoForward),
        ] {
            if ctx.input(|input| input.pointer.button_pressed(button)) {
                self.run(ctx, command);
            }
        }
        if self.view.large.is_none() {
            // An open menu takes the keys for itself.
            let with_photos = with_gallery && !Popup::is_any_open(ctx);
            if with_photos && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
                self.escape();
            }
            if with_photos && !self.view.compared.is_empty() {
                let moves = PhotoCompare::keys(ctx, &self.view);
                self.act_all(ctx, moves);
            }
            // What a command of this frame opened or closed may have moved the keyboard.
            if with_photos && self.view.shows_photos() && self.photos_have_keyboard(ctx) {
                let moves = match self.view.search.request.view {
                    ViewKind::Compare => self.panels.compare.keys(ctx, &self.view),
                    ViewKind::Grid | ViewKind::Groups => self.panels.gallery.keys(ctx, &self.view),
                };
                self.act_all(ctx, moves);
            }
        }
        self.view.follow_search();
    }

    /// Whether keys go to the photos: no other control has the keyboard.
    fn photos_have_keyboard(&self, ctx: &Context) -> bool {
        let Some(focused) = ctx.memory(|memory| memory.focused()) else {
            return true;
        };
        let selection = &self.view.selection;
        let on_person = self.view.people_page.is_some() && self.panels.people.has_keyboard(focused);
        on_person
            || photo_compare::has_keyboard(focused)
            || gallery::has_keyboard(focused, selection)
            || compare_view::has_keyboard(focused, selection)
    }

    /// Whether a window is open that Esc closes.
    fn any_window_open(&self) -> bool {
        let panels = &self.panels;
        panels.settings.is_open()
            || panels.models.open
            || panels.about.page.is_some()
            || panels.problems.open
            || self.view.help
    }

    /// Closes what is open, else selects nothing.
    fn escape(&mut self) {
        let panels = &mut self.panels;
        if panels.settings.is_open() {
            panels.settings.escape();
        } else if panels.models.open {
            panels.models.open = false;
        } else if panels.about.page.is_some() {
            panels.about.page = None;
        } else if self.view.help {
            self.view.help = false;
        } else if panels.problems.open {
            panels.problems.open = false;
        } else if !self.view.compared.is_empty() {
            self.end_comparing();
        } else if !panels.notices.close_lasting() {
            self.view.selection.clear();
        }
    }

    /// Takes what was dropped on the window or pasted into it.
    fn take_brought(&mut self, ctx: &Context, brought: Brought) {
        self.intake.look_at(brought.paths);
        for picture in brought.pictures {
            self.intake.convert(picture);
        }
        if brought.no_path {
            let line = "The clipboard holds neither a picture nor the path of one";
            self.panels.notices.add(line.into());
        }
        if brought.copy && !self.panels.questions.is_open() {
            self.run(ctx, UiCommand::CopyPictures);
        }
    }

    /// The middle of the window: the large photo, the first screen, or the photos and what stands around them.
    fn middle(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        if let EngineState::Unusable(reason) = &self.view.library.engine {
            unusable_view(ui, reason);
        } else if let Some(row) = self.view.large {
            self.view.neighbours = match self.view.search.request.view {
                ViewKind::Compare => self.panels.compare.neighbours(row),
                ViewKind::Grid | ViewKind::Groups => self.panels.gallery.neighbours(row),
            };
            let actions = self.panels.lightbox.ui(ui, &self.view);
            self.act_all(&ctx, actions);
        } else if !self.view.compared.is_empty() {
            let actions = self.panels.photo_compare.ui(ui, &self.view);
            self.act_all(&ctx, actions);
        } else if self.view.library.nothing_yet() {
            let actions = self.panels.first_start.ui(ui);
            self.act_all(&ctx, actions);
        } else {
            self.main_view(ui);
        }
    }

    fn main_view(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        // The window is cleared to one colour and lines divide it: a coat of paint under each panel would cost a software
        // renderer as much as the photos do.
        let bare = Frame::new();
        let bar = |bar: Panel| bar.frame(bare).show_separator_line(false);
        let status = bar(Panel::bottom("status")).show(ui, |ui| self.panels.status.ui(ui, &self.view));
        self.act_all(&ctx, status.inner);
        let top = bar(Panel::top("search")).show(ui, |ui| self.panels.top.ui(ui, &self.view));
        self.act_all(&ctx, top.inner);
        let (status, top) = (status.response.rect, top.response.rect);
        for at in [status.left_top(), top.left_bottom() - vec2(0.0, 1.0)] {
            let line = Rect::from_min_size(at, vec2(top.width(), 1.0));
            picture::fill(ui.painter(), line, 0.0, Tokens::of(ui).line);
        }
        let mut open = self.view.settings.left_panel;
        let shown = Panel::left("library")
            .frame(bare)
            .default_size(self.view.settings.left_width)
            .size_range(LEFT_WIDTHS)
            .show_collapsible(ui, &mut open, |ui| self.panels.left.ui(ui, &self.view));
        self.view.settings.left_panel = open;
        if let Some(shown) = shown {
            keep_width(
                &mut self.view.settings.left_width,
                shown.response.rect.width(),
                LEFT_WIDTHS,
            );
            self.act_all(&ctx, shown.inner);
        }
        if let Some(page) = self.view.people_page {
            let people = CentralPanel::no_frame().show(ui, |ui| self.panels.people.page_ui(ui, &self.view, page));
            self.act_all(&ctx, people.inner);
            return;
        }
        if self.view.clean_up_open {
            let page = CentralPanel::no_frame().show(ui, |ui| self.panels.clean_up.ui(ui, &self.view));
            self.act_all(&ctx, page.inner);
            return;
        }
        let mut open = self.view.settings.right_panel;
        let shown = Panel::right("why")
            .frame(bare)
            .default_size(self.view.settings.right_width)
            .size_range(RIGHT_WIDTHS)
            .show_collapsible(ui, &mut open, |ui| self.panels.why.ui(ui, &self.view));
        self.view.settings.right_panel = open;
        if let Some(shown) = shown {
            keep_width(
                &mut self.view.settings.right_width,
                shown.response.rect.width(),
                RIGHT_WIDTHS,
            );
            self.act_all(&ctx, shown.inner);
        }
        let photos = CentralPanel::no_frame().show(ui, |ui| {
            let mut actions = self.panels.people.bar_ui(ui, &self.view);
            actions.extend(match self.view.search.request.view {
                ViewKind::Compare => self.panels.compare.ui(ui, &self.view),
                ViewKind::Grid | ViewKind::Groups => self.panels.gallery.ui(ui, &self.view),
            });
            actions
        });
        self.act_all(&ctx, photos.inner);
    }

    /// Says what went wrong in the window's own threads.
    fn say_failures(&mut self) {
        for reason in self.view.thumbnails.take_panics() {
            self.panels.notices.add(format!("A photo cannot be shown: {reason}"));
        }
        if let Some(line) = self.remembering.take_failure() {
            self.panels.notices.add(line);
        }
    }

    /// The windows over the panels, each with what is wanted in it.
    fn windows(&mut self, ctx: &Context) {
        let actions = self.panels.problems.ui(ctx, &self.view);
        self.act_all(ctx, actions);
        let actions = self.panels.crash.ui(ctx);
        self.act_all(ctx, actions);
        let actions = self.panels.models.ui(ctx, &self.view);
        self.act_all(ctx, actions);
        let actions = self.panels.path.ui(ctx);
        self.act_all(ctx, actions);
        let actions = self.panels.questions.ui(ctx, &self.view);
        self.act_all(ctx, actions);
        let actions = self.panels.copies.ui(ctx);
        self.act_all(ctx, actions);
        let actions = self.panels.sheet.ui(ctx, &self.view);
        self.act_all(ctx, actions);
        let actions = self.panels.sort.ui(ctx, &self.view);
        self.act_all(ctx, actions);
        let actions = self.panels.rename.ui(ctx, &self.view);
        self.act_all(ctx, actions);
        let actions = self.panels.help.ui(ctx, &self.view);
        self.act_all(ctx, actions);
        let actions = self.panels.settings.ui(ctx, &self.view);
        self.act_all(ctx, actions);
        self.panels.about.ui(ctx, &self.view);
        let actions = self.panels.people.dialogs_ui(ctx, &self.view);
        self.act_all(ctx, actions);
        let actions = self.panels.albums.dialogs_ui(ctx, &self.view);
        self.act_all(ctx, actions);
        let actions = self.panels.palette.ui(ctx, &self.view);
        self.act_all(ctx, actions);
        let pressed = self.panels.notices.show(ctx);
        self.act_all(ctx, pressed.into_iter().map(Action::Run).collect());
        dragged_label(ctx);
        drop_overlay(ctx, &self.view);
    }
}

/// Takes note of the width of a side panel; while it opens or closes it has another one.
fn keep_width(kept: &mut f32, now: f32, usual: std::ops::RangeInclusive<f32>) {
    if usual.contains(&now) {
        *kept = now;
    }
}

impl eframe::App for RefocusApp {
    fn raw_input_hook(&mut self, ctx: &Context, raw_input: &mut egui::RawInput) {
        if self.key_order.sort(&mut raw_input.events) {
            ctx.request_repaint();
        }
    }

    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.view.library.look_at_clock(Instant::now(), &self.view.passes);
        self.drain_events(ctx);
        self.take_handed(ctx);
        self.take_arrivals();
        self.take_file_events();
        self.notice_return(ctx);
        self.look_for_alike_again(ctx);
        self.send_changes(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.view.thumbnails.begin_frame(&ctx);
        self.say_failures();
        self.take_brought(&ctx, brought(&ctx));
        self.run_shortcuts(&ctx);
        self.middle(ui);
        self.windows(&ctx);
        self.view.thumbnails.end_frame();
        self.milestones.drawn(self.view.library.known, self.settled());
        Remembering::note_search(&ctx, &mut self.view);
        self.remembering.remember(&ctx, &mut self.view, &self.paths.database);
        self.engine.tune(&ctx, &self.view);
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
        self.remembering.finish(&self.view, &self.paths.database);
        self.engine.send(Command::Shutdown);
    }
}
