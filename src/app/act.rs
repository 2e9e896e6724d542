//! The one place that turns what a person wants into state and into commands for the engine.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::Context;

use refocus_engine::{Command, Filter, IndexPhase, MarkChange, Reference, ReferenceSource, SearchRequest, ViewKind};

use super::about_window::AboutPage;
use super::action::Action;
use super::application::{RefocusApp, ThemeChoice};
use super::commands::UiCommand;
use super::compare_view::first_focuses;
use super::controls::photos;
use super::elsewhere::Outward;
use super::file_jobs::FileJob;
use super::gallery::ROW_HEIGHTS;
use super::gallery_content::Cell;
use super::saved_searches::{MOST_SAVED, SavedSearch};
use super::settings::Settings;
use super::top_bar::{find_field, focus_field};

/// Photos of a group that stand for all of it as references: its most typical ones.
const MOST_OF_A_GROUP: usize = 12;
/// How many of the first results are looked at again where the person wants that.
const RERANKED_FIRST: usize = 50;

const NOTHING_SELECTED: &str = "Select a photo first";

impl ThemeChoice {
    fn next(self) -> Self {
        match self {
            Self::System => Self::Dark,
            Self::Dark => Self::Light,
            Self::Light => Self::System,
        }
    }
}

impl RefocusApp {
    /// Does all of what a panel returned, in its order.
    pub(super) fn act_all(&mut self, ctx: &Context, actions: Vec<Action>) {
        if actions.is_empty() {
            return;
        }
        for action in actions {
            self.act(ctx, action);
        }
        self.view.follow_search();
    }

    /// Does what a person wants.
    fn act(&mut self, ctx: &Context, action: Action) {
        let request = &mut self.view.search.request;
        let settings = &mut self.view.settings;
        match action {
            Action::Run(command) => self.run(ctx, command),
            Action::Ask(command) => self.engine.send(command),
            Action::Notice(line) => self.panels.notices.add(line),
            Action::SetFocus(focus) => request.focus = focus,
            Action::SetFind(find) => request.find = find,
            Action::SetStrength(strength) => request.strength = strength,
            Action::SetSort(sort) => request.sort = sort,
            Action::SetFilter(filter) => request.filter = *filter,
            Action::ShowWithin(folder) => request.filter.within = folder,
            Action::SetColumns(focuses) => settings.compare = focuses,
            Action::ToggleReference(source, positive) => self.view.search.toggle_reference(source, positive),
            Action::DropReference(source) => self.drop_reference(source),
            Action::DropAllReferences => self.drop_all_references(),
            Action::OnlyGroup(rows) => self.show_only(&rows),
            Action::CompareWithGroup(rows) => self.compare_with_group(&rows),
            Action::ReleaseOrder => self.release_order(ctx),
            Action::Select(selection) => self.view.selection = selection,
            Action::Enlarge(row) => self.enlarge(row),
            Action::CloseLarge => self.close_large(),
            Action::EnterGallery => self.panels.gallery.enter(&mut self.view.selection),
            Action::Mark(photos, change) => self.engine.send(Command::Mark { photos, change }),
            Action::Pin(focus) => settings.pin(focus),
            Action::Unpin(focus) => settings.unpin(&focus),
            Action::ForgetFocus(focus) => settings.forget_focus(&focus),
            Action::OpenSaved(number) => self.open_saved(number),
            Action::ReplaceSaved(number) => self.replace_saved(number),
            Action::RenameSaved(number, name) => {
                if let Some(saved) = settings.saved.get_mut(number) {
                    *saved = std::mem::take(saved).named(name);
                }
            }
            Action::RemoveSaved(number) => self.remove_saved(number),
            Action::Configure(new) => self.configure(ctx, *new),
            Action::SetRowHeight(height) => {
                settings.row_height = height.clamp(*ROW_HEIGHTS.start(), *ROW_HEIGHTS.end());
            }
            Action::ToggleProblems => self.panels.problems.open = !self.panels.problems.open,
            Action::ShowAbout(page) => self.show_about(page),
            Action::LookAt(paths) => self.intake.look_at(paths),
            Action::ChooseFolderToLeaveOut => self.intake.choose_folder_to_leave_out(),
            Action::ChooseFile(title, new_file) => self.files.choose(&title, new_file),
            Action::Do(job) => self.do_with_files(*job),
            Action::AskForNewPlace(folder, path) => self.panels.questions.ask_for_new_place(folder, &path),
            Action::Show(what) => what.show(),
            Action::Retry(scope) => {
                self.view.thumbnails.retry_failed();
                self.engine.send(Command::Retry(scope));
            }
        }
    }

    /// Runs a command of the table.
    pub(super) fn run(&mut self, ctx: &Context, command: UiCommand) {
        let settings = &mut self.view.settings;
        match command {
            UiCommand::EditFocus => self.edit_field(ctx, focus_field()),
            UiCommand::EditFind => self.edit_field(ctx, find_field()),
            UiCommand::AddFolder => self.intake.choose_folder(),
            UiCommand::TypePath => self.panels.path.open(),
            UiCommand::AddDemo => self.engine.send(Command::Demo(None)),
            UiCommand::BackUp => self.panels.questions.ask_for_backup(),
            UiCommand::Rescan => self.engine.send(Command::Rescan(None)),
            UiCommand::PauseOrResume => self.engine.send(match self.view.library.progress.phase {
                IndexPhase::Paused | IndexPhase::OnBattery => Command::Resume,
                _ => Command::Pause,
            }),
            UiCommand::ShowModels => {
                self.panels.settings.close();
                self.panels.models.open = true;
                self.engine.send(Command::ListModels);
            }
            UiCommand::ShowProblems => {
                self.panels.problems.open = true;
                if self.view.library.problems.is_empty() {
                    self.panels.notices.add("All files could be read".into());
                }
            }
            UiCommand::ShowGrid => self.choose_view(ViewKind::Grid),
            UiCommand::ShowGroups => self.choose_view(ViewKind::Groups),
            UiCommand::ShowCompare => {
                // What the person arranged stays.
                if settings.compare.is_empty() {
                    settings.compare = first_focuses(&self.view.search.request.focus);
                }
                self.choose_view(ViewKind::Compare);
            }
            UiCommand::GoBack => self.go_in_history(false),
            UiCommand::GoForward => self.go_in_history(true),
            UiCommand::PinFocus => self.pin_focus(),
            UiCommand::SaveSearch => self.save_search(),
            UiCommand::ToggleHeat => {
                self.view.heat.toggle();
                if self.view.heat.on() && self.view.chosen_rows().is_empty() {
                    let line = "Select a photo to see where the focus looked";
                    self.panels.notices.add(line.into());
                }
            }
            UiCommand::UseAsReference => self.selected_as_references(true),
            UiCommand::UseAsNegativeReference => self.selected_as_references(false),
            UiCommand::ClearSearch => self.clear_search(),
            UiCommand::SelectAll => self.panels.gallery.select_all(&mut self.view.selection),
            UiCommand::OpenPhoto => {
                if let Some(row) = self.view.selection.cursor
                    && self.view.large.is_none()
                {
                    self.enlarge(row);
                }
            }
            UiCommand::OpenWithDefaultProgram => {
                if let Some(path) = self.cursor_path() {
                    Outward::Open(path).show();
                }
            }
            UiCommand::Reveal => {
                if let Some(path) = self.cursor_path() {
                    Outward::Reveal(path).show();
                }
            }
            UiCommand::CopyPaths => self.copy_paths(ctx),
            UiCommand::ToggleFavourite => self.toggle_favourite(),
            UiCommand::Rate(stars) => self.mark_chosen(MarkChange::Rating(stars)),
            UiCommand::ClearFilters => self.clear_filters(),
            UiCommand::ShowFavourites => {
                let filter = &mut self.view.search.request.filter;
                filter.favourites = !filter.favourites;
            }
            UiCommand::HideWeak => {
                self.view.hide_weak = !self.view.hide_weak;
                self.panels.gallery.content_changed(false);
            }
            UiCommand::FoldDuplicates => {
                let request = &mut self.view.search.request;
                request.fold_duplicates = !request.fold_duplicates;
            }
            UiCommand::RerankFirst => self.toggle_reranking(),
            UiCommand::MoreLikeThis => self.more_like_this(),
            UiCommand::CopyPictures => self.with_chosen_files(|app, files| {
                app.do_with_files(FileJob::CopyPictures(files));
            }),
            UiCommand::CopyTo => {
                self.with_chosen_files(|app, files| app.panels.questions.ask_for_folder(files, false));
            }
            UiCommand::MoveTo => {
                self.with_chosen_files(|app, files| app.panels.questions.ask_for_folder(files, true));
            }
            UiCommand::UndoMove => self.undo_move(),
            UiCommand::Rename => self.with_chosen_files(|app, files| match files.as_slice() {
                [file] => app.panels.questions.ask_for_name(file),
                _ => app.panels.notices.add("Only one photo can be renamed at a time".into()),
            }),
            UiCommand::Trash => {
                self.with_chosen_files(|app, files| app.panels.questions.ask_before_trash(files));
            }
            UiCommand::Export => {
                if self.view.search.results.is_some() {
                    self.panels.questions.ask_for_export();
                }
            }
            UiCommand::ShowFolder => {
                if let Some(folder) = self.cursor_path().and_then(|path| path.parent().map(PathBuf::from)) {
                    self.view.search.request.filter.within = Some(folder);
                }
            }
            UiCommand::FoldGroups => self.panels.gallery.fold_all(true),
            UiCommand::OpenGroups => self.panels.gallery.fold_all(false),
            UiCommand::LargerPhotos => self.resize_photos(ctx, 1.2),
            UiCommand::SmallerPhotos => self.resize_photos(ctx, 1.0 / 1.2),
            UiCommand::ToggleRankBadges => settings.rank_badges = !settings.rank_badges,
            UiCommand::ToggleLeftPanel => settings.left_panel = !settings.left_panel,
            UiCommand::ToggleRightPanel => settings.right_panel = !settings.right_panel,
            UiCommand::NextTheme => {
                settings.theme = settings.theme.next();
                settings.theme.apply(ctx);
            }
            UiCommand::ShowPalette => self.panels.palette.open(),
            UiCommand::ShowHelp => self.view.help = !self.view.help,
            UiCommand::ShowSettings => self.panels.settings.toggle(settings),
            UiCommand::ShowAbout => self.panels.about.page = Some(AboutPage::default()),
        }
    }

    fn edit_field(&mut self, ctx: &Context, field: eframe::egui::Id) {
        self.leave_large();
        ctx.memory_mut(|memory| memory.request_focus(field));
    }

    fn enlarge(&mut self, row: u32) {
        self.view.large = Some(row);
    }

    fn leave_large(&mut self) {
        self.view.large = None;
        self.panels.lightbox.close();
    }

    fn close_large(&mut self) {
        if let Some(row) = self.view.large {
            self.panels.gallery.reveal(Cell::Photo(row));
        }
        self.leave_large();
    }

    fn choose_view(&mut self, view: ViewKind) {
        self.view.settings.view = Some(view);
        self.view.follow_search();
    }

    fn release_order(&mut self, ctx: &Context) {
        if self.view.search.release() {
            self.panels.gallery.content_changed(false);
            ctx.request_repaint();
        }
    }

    /// Sets the height of the rows within its range.
    fn resize_photos(&mut self, ctx: &Context, factor: f32) {
        let height = self.view.settings.row_height * factor;
        self.act(ctx, Action::SetRowHeight(height));
    }

    fn show_about(&mut self, page: AboutPage) {
        self.panels.settings.close();
        self.panels.about.page = Some(page);
    }

    fn configure(&mut self, ctx: &Context, settings: Settings) {
        if settings.theme != self.view.settings.theme {
            settings.theme.apply(ctx);
        }
        self.view.settings = settings;
    }

    /// Back to the search before, or forward to the one after.
    pub(super) fn go_in_history(&mut self, forward: bool) {
        let Some(step) = self.view.history.go(forward) else {
            return;
        };
        let (view, mut request) = (step.view, step.request);
        // A picture from outside that was removed since cannot be brought back.
        request.references.retain(|reference| match reference.source {
            ReferenceSource::Outside(id) => self.view.outside.contains(id),
            ReferenceSource::Library(_) => true,
        });
        if view == Some(ViewKind::Compare) {
            self.view.settings.compare.clone_from(&request.compare);
        }
        self.view.settings.view = view;
        self.view.search.request = request;
        self.leave_large();
    }

    fn pin_focus(&mut self) {
        let focus = self.view.search.request.focus.trim().to_owned();
        if focus.is_empty() {
            self.panels.notices.add("Type a focus first".into());
            return;
        }
        let settings = &mut self.view.settings;
        if settings.pinned.contains(&focus) {
            settings.pinned.retain(|other| *other != focus);
        } else {
            settings.pin(focus);
        }
    }

    fn clear_search(&mut self) {
        self.drop_all_references();
        self.view.search.request.focus.clear();
        self.view.search.request.find.clear();
        self.view.settings.view = None;
    }

    /// Forgets a reference; a picture from outside goes with it.
    fn drop_reference(&mut self, source: ReferenceSource) {
        self.view.search.remove_reference(source);
        if let ReferenceSource::Outside(id) = source
            && self.view.outside.remove(id)
        {
            self.engine.send(Command::RemoveOutside(id));
        }
    }

    fn drop_all_references(&mut self) {
        for Reference { source, .. } in self.view.search.request.references.clone() {
            self.drop_reference(source);
        }
    }

    fn selected_as_references(&mut self, positive: bool) {
        let selected = self.view.selection.rows.iter();
        let photos = selected.filter_map(|row| self.view.library.photo(*row));
        let sources: Vec<_> = photos.map(|photo| ReferenceSource::Library(photo.id)).collect();
        if sources.is_empty() {
            self.panels.notices.add(NOTHING_SELECTED.into());
        }
        for source in sources {
            self.view.search.toggle_reference(source, positive);
        }
        self.leave_groups();
    }

    /// Photos are compared with something: an order says more than groups.
    fn leave_groups(&mut self) {
        let view = &mut self.view.settings.view;
        *view = view.filter(|view| *view != ViewKind::Groups);
    }

    /// All become favourites, unless they are: then none is any more.
    fn toggle_favourite(&mut self) {
        let all = self.view.chosen_photos().iter().all(|photo| photo.marks.favourite);
        self.mark_chosen(MarkChange::Favourite(!all));
    }

    fn mark_chosen(&mut self, change: MarkChange) {
        let photos: Vec<_> = self.view.chosen_photos().iter().map(|photo| photo.id).collect();
        if photos.is_empty() {
            self.panels.notices.add(NOTHING_SELECTED.into());
            return;
        }
        self.engine.send(Command::Mark { photos, change });
    }

    /// Has the first results looked at again, or not any more.
    fn toggle_reranking(&mut self) {
        if !self.view.library.can_rerank() {
            let notice = "The model in use cannot check photos precisely: it has no condition adapter";
            return self.panels.notices.add(notice.into());
        }
        let first = &mut self.view.search.request.rerank_first;
        *first = if *first == 0 { RERANKED_FIRST } else { 0 };
    }

    /// Lets every photo take part again.
    fn clear_filters(&mut self) {
        self.view.search.request.filter = Filter::default();
        self.view.search.request.fold_duplicates = false;
        self.panels.left.filters.clear();
        if std::mem::take(&mut self.view.hide_weak) {
            self.panels.gallery.content_changed(false);
        }
    }

    /// The chosen photo is what all others are compared with; the focus stays.
    fn more_like_this(&mut self) {
        let Some(row) = self.view.chosen_rows().first().copied() else {
            self.panels.notices.add(NOTHING_SELECTED.into());
            return;
        };
        if self.view.library.photo(row).is_some() {
            self.compare_with(&[row]);
            self.leave_large();
        }
    }

    /// Makes these photos the references, in place of all others.
    pub(super) fn compare_with(&mut self, rows: &[u32]) {
        self.drop_all_references();
        for row in rows {
            if let Some(photo) = self.view.library.photo(*row) {
                let source = ReferenceSource::Library(photo.id);
                self.view.search.toggle_reference(source, true);
            }
        }
        self.leave_groups();
    }

    /// Only the photos of a group take part, in one order.
    fn show_only(&mut self, rows: &[u32]) {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        self.view.search.request.filter.only = Some(rows.into());
        self.view.settings.view = Some(ViewKind::Grid);
    }

    /// The most typical photos of a group become the references.
    fn compare_with_group(&mut self, rows: &[u32]) {
        let typical = rows.get(..MOST_OF_A_GROUP).unwrap_or(rows);
        self.compare_with(typical);
    }

    fn cursor_path(&self) -> Option<PathBuf> {
        self.view.cursor().map(|(_, photo)| photo.path.to_path_buf())
    }

    fn copy_paths(&mut self, ctx: &Context) {
        let selected = self.view.selection.rows.iter();
        let photos = selected.filter_map(|row| self.view.library.photo(*row));
        let paths: Vec<String> = photos.map(|photo| photo.path.display().to_string()).collect();
        self.panels.notices.add(match paths.len() {
            0 => NOTHING_SELECTED.into(),
            1 => "Path copied".into(),
            more => format!("{more} paths copied"),
        });
        if !paths.is_empty() {
            ctx.copy_text(paths.join("\n"));
        }
    }

    /// Keeps the search on screen; a field for its name opens.
    fn save_search(&mut self) {
        let number = self.view.settings.saved.len();
        if number >= MOST_SAVED {
            let line = format!("{MOST_SAVED} searches are saved; remove one first");
            return self.panels.notices.add(line);
        }
        let (saved, lost) = SavedSearch::on_screen(&self.view);
        if lost > 0 {
            let line = "from outside the library cannot be kept in a saved search";
            self.panels.notices.add(format!("{} {line}", photos(lost)));
        }
        self.view.settings.left_panel = true;
        self.panels.left.saved.rename(number, saved.name().to_owned());
        self.view.settings.saved.push(saved);
    }

    fn replace_saved(&mut self, number: usize) {
        let (new, _) = SavedSearch::on_screen(&self.view);
        if let Some(saved) = self.view.settings.saved.get_mut(number) {
            *saved = new.named(saved.name().to_owned());
        }
    }

    fn remove_saved(&mut self, number: usize) {
        if number < self.view.settings.saved.len() {
            let saved = self.view.settings.saved.remove(number);
            let line = format!("Removed the saved search \u{201c}{}\u{201d}", saved.name());
            self.panels.notices.add(line);
        }
    }

    fn open_saved(&mut self, number: usize) {
        let Some(saved) = self.view.settings.saved.get(number).cloned() else {
            return;
        };
        self.drop_all_references();
        let (request, missing) = saved.asked_in(&self.view.library, &self.view.passes);
        if missing > 0 {
            let line = format!("{} of this search are not in the library any more", photos(missing));
            self.panels.notices.add(line);
        }
        let (view, compared) = saved.view();
        if view == Some(ViewKind::Compare) {
            self.view.settings.compare = compared.to_vec();
        }
        self.view.settings.view = view;
        let rerank_first = self.view.search.request.rerank_first;
        self.view.search.request = SearchRequest {
            rerank_first,
            ..request
        };
        self.leave_large();
    }

    /// Goes on with the files of the chosen photos, where there are any.
    pub(super) fn with_chosen_files(&mut self, go_on: impl FnOnce(&mut Self, Vec<Arc<std::path::Path>>)) {
        let files = self.view.chosen_files();
        if files.is_empty() {
            self.panels.notices.add(NOTHING_SELECTED.into());
        } else {
            go_on(self, files);
        }
    }

    /// Moves the photos of the last move back.
    fn undo_move(&mut self) {
        let moved = std::mem::take(&mut self.last_move);
        if moved.is_empty() {
            self.panels.notices.add("There is no move to take back".into());
        } else {
            self.do_with_files(FileJob::UndoMove(moved));
        }
    }

    pub(super) fn do_with_files(&mut self, job: FileJob) {
        if !self.files.submit(job) {
            self.panels.questions.not_done();
            let line = "Too much is being done to files already; try again in a moment";
            self.panels.notices.add(line.into());
        }
    }
}
