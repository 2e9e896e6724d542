//! What the commands do.

use std::path::PathBuf;

use eframe::egui::{Context, Key, Modifiers, PointerButton, Popup, Ui};

use refocus_engine::{Command, FileId, IndexPhase, MarkChange, ReferenceSource, ViewKind};
use refocus_workers::Worker;

use super::about_window::AboutPage;
use super::application::{RefocusApp, ThemeChoice};
use super::commands::{self, UiCommand};
use super::palette::Palette;
use super::top_bar::{find_field, focus_field};

/// Photos of a group that stand for all of it as references: its most typical ones.
const MOST_OF_A_GROUP: usize = 12;
/// How many of the first results are looked at again where the person wants that.
const CHECKED_FIRST: usize = 50;

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
        if self.palette.is_some() || self.panels.path.is_some() || self.questions.is_open() {
            return;
        }
        let with_gallery = self.gallery_has_keyboard(ctx);
        for command in commands::pressed(ctx, with_gallery) {
            self.run_command(ctx, command);
        }
        for (button, forward) in [(PointerButton::Extra1, false), (PointerButton::Extra2, true)] {
            if ctx.input(|input| input.pointer.button_pressed(button)) {
                self.go_in_history(forward);
            }
        }
        if self.lightbox.is_none() {
            // An open menu takes the key for itself.
            let with_gallery = with_gallery && !Popup::is_any_open(ctx);
            if ctx.input_mut(|input| with_gallery && input.consume_key(Modifiers::NONE, Key::Escape)) {
                self.escape();
            }
            if self.search.request.view != ViewKind::Compare {
                self.move_by_keys(ctx);
            } else if with_gallery {
                self.move_in_compare(ctx);
            }
        }
        self.update_view();
    }

    /// Closes what is open, else selects nothing.
    fn escape(&mut self) {
        if let Some(fields) = &mut self.panels.settings {
            // The first Esc only leaves the field in which something is typed.
            if !std::mem::take(&mut fields.typing) {
                self.panels.settings = None;
            }
        } else if self.models.open {
            self.models.open = false;
        } else if self.panels.about.is_some() {
            self.panels.about = None;
        } else if self.panels.help {
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
            UiCommand::BackUp => self.ask_for_backup(),
            UiCommand::Rescan => self.outbox.send(Command::Rescan(None)),
            UiCommand::PauseOrResume => self.outbox.send(match self.library.progress.phase {
                IndexPhase::Paused | IndexPhase::OnBattery => Command::Resume,
                _ => Command::Pause,
            }),
            UiCommand::ShowModels => self.show_models(),
            UiCommand::ShowProblems => {
                self.panels.problems = true;
                if self.library.problems.is_empty() {
                    self.notices.add("All files could be read".into());
                }
            }
            UiCommand::ShowGrid => self.choose_view(ViewKind::Grid),
            UiCommand::ShowGroups => self.choose_view(ViewKind::Groups),
            UiCommand::ShowCompare => {
                self.compare.start(&self.search.request.focus);
                self.choose_view(ViewKind::Compare);
            }
            UiCommand::GoBack => self.go_in_history(false),
            UiCommand::GoForward => self.go_in_history(true),
            UiCommand::PinFocus => self.pin_focus(),
            UiCommand::SaveSearch => self.save_search(),
            UiCommand::ToggleHeat => {
                self.heat.toggle();
                if self.heat.on() && self.chosen_rows().is_empty() {
                    self.notices.add("Select a photo to see where the focus looked".into());
                }
            }
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
            UiCommand::ToggleFavourite => self.toggle_favourite(),
            UiCommand::Rate(stars) => self.mark_selected(MarkChange::Rating(stars)),
            UiCommand::ClearFilters => self.clear_filters(),
            UiCommand::ShowFavourites => {
                let filter = &mut self.search.request.filter;
                filter.favourites = !filter.favourites;
            }
            UiCommand::HideWeak => {
                self.panels.hide_weak = !self.panels.hide_weak;
                self.gallery.content_changed(false);
            }
            UiCommand::FoldDuplicates => {
                self.search.request.fold_duplicates = !self.search.request.fold_duplicates;
            }
            UiCommand::CheckPrecisely => self.toggle_precise_check(),
            UiCommand::MoreLikeThis => self.more_like_this(),
            UiCommand::CopyPictures => self.copy_pictures(),
            UiCommand::CopyTo => self.ask_for_folder(false),
            UiCommand::MoveTo => self.ask_for_folder(true),
            UiCommand::UndoMove => self.undo_move(),
            UiCommand::Rename => self.ask_for_name(),
            UiCommand::Trash => self.ask_before_trash(),
            UiCommand::Export => self.ask_for_export(),
            UiCommand::ShowFolder => {
                if let Some(folder) = self.cursor_path().and_then(|path| path.parent().map(PathBuf::from)) {
                    self.search.request.filter.within = Some(folder);
                }
            }
            UiCommand::FoldGroups => self.gallery.fold_all(true),
            UiCommand::OpenGroups => self.gallery.fold_all(false),
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
            UiCommand::ShowSettings => self.toggle_settings(),
            UiCommand::ShowAbout => self.panels.about = Some(AboutPage::default()),
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

    /// Back to the search before, or forward to the one after.
    fn go_in_history(&mut self, forward: bool) {
        let Some(step) = self.history.go(forward) else { return };
        let (view, mut request) = (step.view, step.request);
        // A picture from outside that was removed since cannot be brought back.
        request.references.retain(|reference| match reference.source {
            ReferenceSource::Outside(id) => self.outside.contains_key(&id),
            ReferenceSource::Library(_) => true,
        });
        if view == Some(ViewKind::Compare) {
            self.compare.focuses.clone_from(&request.compare);
        }
        self.view_choice = view;
        self.search.request = request;
        self.lightbox = None;
    }

    fn pin_focus(&mut self) {
        let focus = self.search.request.focus.trim().to_owned();
        if focus.is_empty() {
            self.notices.add("Type a focus first".into());
            return;
        }
        let pinned = &mut self.settings.pinned;
        if let Some(at) = pinned.iter().position(|other| *other == focus) {
            pinned.remove(at);
        } else {
            self.settings.recent.retain(|other| *other != focus);
            pinned.push(focus);
        }
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

    /// The photos that a command is about: the one in the large view, else the selected ones.
    pub(super) fn chosen_rows(&self) -> Vec<u32> {
        match &self.lightbox {
            Some(lightbox) => vec![lightbox.row()],
            None => self.gallery.selection.rows.iter().copied().collect(),
        }
    }

    /// All become favourites, unless they are: then none is any more.
    fn toggle_favourite(&mut self) {
        let rows = self.chosen_rows();
        let mut photos = rows.iter().filter_map(|row| self.library.photo(*row));
        let all = photos.all(|photo| photo.marks.favourite);
        self.mark_selected(MarkChange::Favourite(!all));
    }

    fn mark_selected(&mut self, change: MarkChange) {
        let photos: Vec<FileId> = self
            .chosen_rows()
            .iter()
            .filter_map(|row| self.library.photo(*row))
            .map(|photo| photo.id)
            .collect();
        if photos.is_empty() {
            self.notices.add("Select a photo first".into());
            return;
        }
        self.outbox.send(Command::Mark { photos, change });
    }

    /// Has the first results looked at again, or not any more.
    fn toggle_precise_check(&mut self) {
        if !self.library.checks_precisely() {
            let notice = "The model in use cannot check photos precisely: it has no condition adapter";
            return self.notices.add(notice.into());
        }
        let check = &mut self.search.request.check_first;
        *check = if *check == 0 { CHECKED_FIRST } else { 0 };
    }

    /// Lets every photo take part again.
    pub(super) fn clear_filters(&mut self) {
        self.search.request.filter = refocus_engine::Filter::default();
        self.search.request.fold_duplicates = false;
        self.filter_fields = super::filter_panel::FilterFields::default();
        if std::mem::take(&mut self.panels.hide_weak) {
            self.gallery.content_changed(false);
        }
    }

    /// The selected photo is what all others are compared with; the focus stays.
    fn more_like_this(&mut self) {
        let Some(row) = self.chosen_rows().first().copied() else {
            self.notices.add("Select a photo first".into());
            return;
        };
        let Some(id) = self.library.photo(row).map(|photo| photo.id) else {
            return;
        };
        self.compare_with(&[id]);
        self.lightbox = None;
    }

    /// Makes these photos the references, in place of all others.
    pub(super) fn compare_with(&mut self, photos: &[FileId]) {
        for reference in self.search.request.references.clone() {
            self.drop_reference(reference.source);
        }
        for id in photos {
            self.search.toggle_reference(ReferenceSource::Library(*id), true);
        }
        if self.view_choice == Some(ViewKind::Groups) {
            self.view_choice = None;
        }
    }

    /// Only the photos of a group take part, in one order.
    pub(super) fn show_only(&mut self, rows: &[u32]) {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        self.search.request.filter.only = Some(rows.into());
        self.view_choice = Some(ViewKind::Grid);
    }

    /// The most typical photos of a group become the references.
    pub(super) fn compare_with_group(&mut self, rows: &[u32]) {
        let photos = rows
            .iter()
            .take(MOST_OF_A_GROUP)
            .filter_map(|row| self.library.photo(*row));
        let ids: Vec<FileId> = photos.map(|photo| photo.id).collect();
        self.compare_with(&ids);
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
        let work = move || {
            let (path, result) = match &what {
                Outward::Open(path) => (path, opener::open(path)),
                Outward::Reveal(path) => (path, opener::reveal(path)),
            };
            if let Err(error) = result {
                tracing::warn!("cannot show it in another program: {error}: {}", path.display());
            }
        };
        let started = Worker::start("open", work, |panic| {
            tracing::warn!("cannot show it in another program: {panic}");
        });
        if let Err(error) = started {
            tracing::error!("cannot start a thread: {error}");
        }
    }

    /// The menu of a right click on a photo.
    pub(super) fn photo_menu(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        ui.set_min_width(240.0);
        let groups: [&[UiCommand]; 4] = [
            &[
                UiCommand::MoreLikeThis,
                UiCommand::UseAsReference,
                UiCommand::UseAsNegativeReference,
            ],
            &[
                UiCommand::OpenPhoto,
                UiCommand::OpenWithDefaultProgram,
                UiCommand::Reveal,
                UiCommand::ShowFolder,
            ],
            &[
                UiCommand::ToggleFavourite,
                UiCommand::Rate(5),
                UiCommand::Rate(3),
                UiCommand::Rate(0),
            ],
            &[
                UiCommand::CopyPictures,
                UiCommand::CopyPaths,
                UiCommand::CopyTo,
                UiCommand::MoveTo,
                UiCommand::Rename,
                UiCommand::Trash,
            ],
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
