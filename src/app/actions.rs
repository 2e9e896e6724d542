//! What the commands do.

use std::path::PathBuf;

use eframe::egui::{Context, Key, Modifiers, Ui};

use crate::engine::{Command, IndexPhase, ReferenceSource, ViewKind};

use super::application::{RefocusApp, ThemeChoice};
use super::commands::{self, UiCommand};
use super::palette::Palette;
use super::top_bar::{find_field, focus_field};

/// Something that another program shows.
#[derive(Clone, Debug)]
pub(super) enum Outward {
    /// In the platform's program for the file.
    Open(PathBuf),
    /// Selected in the file manager.
    Reveal(PathBuf),
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

    fn next(self) -> Self {
        match self {
            Self::System => Self::Dark,
            Self::Dark => Self::Light,
            Self::Light => Self::System,
        }
    }
}

impl RefocusApp {
    /// Runs the commands whose keys were pressed.
    pub(super) fn run_shortcuts(&mut self, ctx: &Context) {
        self.update_view();
        if self.palette.is_some() || self.panels.path.is_some() {
            return;
        }
        let with_gallery = self.gallery_has_keyboard(ctx);
        for command in commands::pressed(ctx, with_gallery) {
            self.run_command(ctx, command);
        }
        if self.lightbox.is_none() {
            if ctx.input_mut(|input| with_gallery && input.consume_key(Modifiers::NONE, Key::Escape)) {
                self.escape();
            }
            self.move_by_keys(ctx);
        }
        self.update_view();
    }

    /// Closes what is open, else selects nothing.
    fn escape(&mut self) {
        if self.panels.help {
            self.panels.help = false;
        } else if self.panels.problems {
            self.panels.problems = false;
        } else {
            self.gallery.selection.clear();
        }
    }

    /// Runs a command.
    pub(super) fn run_command(&mut self, ctx: &Context, command: UiCommand) {
        match command {
            UiCommand::EditFocus => self.edit_field(ctx, focus_field()),
            UiCommand::EditFind => self.edit_field(ctx, find_field()),
            UiCommand::AddFolder => self.intake.choose_folder(),
            UiCommand::TypePath => self.panels.path = Some(String::new()),
            UiCommand::AddDemo => self.outbox.send(Command::Demo(None)),
            UiCommand::Rescan => self.outbox.send(Command::Rescan(None)),
            UiCommand::PauseOrResume => self.outbox.send(match self.library.progress.phase {
                IndexPhase::Paused => Command::Resume,
                _ => Command::Pause,
            }),
            UiCommand::ShowProblems => {
                self.panels.problems = true;
                if self.library.problems.is_empty() {
                    self.notices.add("All files could be read".into());
                }
            }
            UiCommand::ShowGrid => self.choose_view(ViewKind::Grid),
            UiCommand::ShowGroups => self.choose_view(ViewKind::Groups),
            UiCommand::UseAsReference => self.selected_as_references(true),
            UiCommand::UseAsNegativeReference => self.selected_as_references(false),
            UiCommand::ClearSearch => self.clear_search(),
            UiCommand::SelectAll => self.gallery.select_all(),
            UiCommand::OpenPhoto => {
                if let Some(row) = self.gallery.selection.cursor
                    && self.lightbox.is_none()
                {
                    self.open_lightbox(ctx, row);
                }
            }
            UiCommand::OpenWithDefaultProgram => {
                if let Some(path) = self.cursor_path() {
                    self.open_outside(Outward::Open(path));
                }
            }
            UiCommand::Reveal => {
                if let Some(path) = self.cursor_path() {
                    self.open_outside(Outward::Reveal(path));
                }
            }
            UiCommand::CopyPaths => self.copy_paths(ctx),
            UiCommand::LargerPhotos => self.set_row_height(self.gallery.row_height * 1.2),
            UiCommand::SmallerPhotos => self.set_row_height(self.gallery.row_height / 1.2),
            UiCommand::ToggleRankBadges => self.panels.rank_badges = !self.panels.rank_badges,
            UiCommand::ToggleLeftPanel => self.panels.left = !self.panels.left,
            UiCommand::ToggleRightPanel => self.panels.right = !self.panels.right,
            UiCommand::NextTheme => {
                self.theme = self.theme.next();
                self.apply_theme(ctx);
            }
            UiCommand::ShowPalette => self.palette = Some(Palette::default()),
            UiCommand::ShowHelp => self.panels.help = !self.panels.help,
        }
    }

    fn edit_field(&mut self, ctx: &Context, field: eframe::egui::Id) {
        self.lightbox = None;
        ctx.memory_mut(|memory| memory.request_focus(field));
    }

    fn choose_view(&mut self, view: ViewKind) {
        self.view_choice = Some(view);
        self.update_view();
    }

    fn clear_search(&mut self) {
        for reference in self.search.request.references.clone() {
            self.drop_reference(reference.source);
        }
        self.search.request.focus.clear();
        self.search.request.find.clear();
        self.view_choice = None;
    }

    fn selected_as_references(&mut self, positive: bool) {
        let sources: Vec<ReferenceSource> = self
            .gallery
            .selection
            .rows
            .iter()
            .filter_map(|row| self.library.photo(*row))
            .map(|photo| ReferenceSource::Library(photo.id))
            .collect();
        if sources.is_empty() {
            self.notices.add("Select a photo first".into());
        }
        for source in sources {
            self.search.toggle_reference(source, positive);
        }
        // Photos are compared with it: an order says more than groups.
        if self.view_choice == Some(ViewKind::Groups) {
            self.view_choice = None;
        }
    }

    fn cursor_path(&self) -> Option<PathBuf> {
        let row = self.gallery.selection.cursor?;
        self.library.photo(row).map(|photo| photo.path.to_path_buf())
    }

    fn copy_paths(&mut self, ctx: &Context) {
        let paths: Vec<String> = self
            .gallery
            .selection
            .rows
            .iter()
            .filter_map(|row| self.library.photo(*row))
            .map(|photo| photo.path.display().to_string())
            .collect();
        if paths.is_empty() {
            self.notices.add("Select a photo first".into());
            return;
        }
        self.notices.add(match paths.len() {
            1 => "Path copied".into(),
            more => format!("{more} paths copied"),
        });
        ctx.copy_text(paths.join("\n"));
    }

    /// Hands a path to another program, on a thread of its own.
    pub(super) fn open_outside(&self, what: Outward) {
        let spawned = std::thread::Builder::new().name("open".into()).spawn(move || {
            let (path, result) = match &what {
                Outward::Open(path) => (path, opener::open(path)),
                Outward::Reveal(path) => (path, opener::reveal(path)),
            };
            if let Err(error) = result {
                tracing::warn!("cannot show it in another program: {error}: {}", path.display());
            }
        });
        if let Err(error) = spawned {
            tracing::error!("cannot start a thread: {error}");
        }
    }

    /// The menu of a right click on a photo.
    pub(super) fn photo_menu(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        ui.set_min_width(240.0);
        let groups: [&[UiCommand]; 3] = [
            &[UiCommand::UseAsReference, UiCommand::UseAsNegativeReference],
            &[
                UiCommand::OpenPhoto,
                UiCommand::OpenWithDefaultProgram,
                UiCommand::Reveal,
            ],
            &[UiCommand::CopyPaths],
        ];
        for (index, group) in groups.iter().enumerate() {
            if index > 0 {
                ui.separator();
            }
            for command in *group {
                let Some(info) = command.info() else {
                    continue;
                };
                let mut button = eframe::egui::Button::new(info.title);
                if let Some(shortcut) = info.shortcuts.first() {
                    button = button.shortcut_text(ctx.format_shortcut(shortcut));
                }
                if ui.add(button).clicked() {
                    self.run_command(&ctx, *command);
                    ui.close();
                }
            }
        }
    }
}
