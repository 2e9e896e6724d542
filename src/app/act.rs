//! The one place that turns what a person wants into state and into commands for the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::Context;

use refocus_engine::{Command, Filter, IndexPhase, LanguageRequest, MarkChange, Near, ViewKind};

use super::about_window::AboutPage;
use super::action::Action;
use super::albums::Undoable;
use super::application::{RefocusApp, ThemeChoice};
use super::commands::UiCommand;
use super::compare_view::first_focuses;
use super::controls::photos;
use super::elsewhere::Outward;
use super::file_jobs::FileJob;
use super::gallery::ROW_HEIGHTS;
use super::gallery_content::Cell;
use super::people::PeopleCommand;
use super::photo_compare;
use super::settings::Settings;
use super::text;
use super::top_bar::{find_field, focus_field};
use super::view::NOTHING_SELECTED;

/// How far "near here" reaches at first, metres.
const NEAR_M: f64 = 1_000.0;

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
        let (page, before) = (self.view.people_page, self.view.search.request.clone());
        let cleans_up = self.view.clean_up_open;
        for action in actions {
            self.act(ctx, action);
        }
        self.view.follow_search();
        // Whoever asks for photos wants to see them.
        if cleans_up && self.view.search.request != before {
            self.close_clean_up();
        }
        if page.is_some() && page == self.view.people_page {
            let mut now = self.view.search.request.clone();
            // Persons that became one are no other question.
            now.filter.people.clone_from(&before.filter.people);
            if now != before {
                self.view.people_page = None;
            }
        }
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
            Action::SetStrongShare(share) => request.strong_share = share,
            Action::SetFilter(filter) => request.filter = *filter,
            Action::ShowNear(place) => {
                request.filter.near = Some(Near {
                    place,
                    radius_m: NEAR_M,
                });
            }
            Action::ShowWithin(folder) => {
                request.filter.this_level &= folder.is_some();
                request.filter.within = folder;
            }
            Action::OnlyThisLevel(only) => request.filter.this_level = only,
            Action::SetColumns(focuses) => settings.compare = focuses,
            Action::ToggleReference(source, positive) => self.view.search.toggle_reference(source, positive),
            Action::DropReference(source) => self.engine.send_all(self.view.drop_reference(source)),
            Action::DropAllReferences => self.engine.send_all(self.view.drop_all_references()),
            Action::OnlyGroup(rows) => self.view.show_only(&rows),
            Action::CompareWithGroup(rows) => self.engine.send_all(self.view.compare_with_group(&rows)),
            Action::ReleaseOrder => self.release_order(ctx),
            Action::Select(selection) => self.view.selection = selection,
            Action::Enlarge(row) => self.enlarge(row),
            Action::SelectWords(words) => self.view.selected_words = words,
            Action::EndComparing => self.end_comparing(),
            Action::CloseLarge => self.close_large(),
            Action::EnterGallery => self.panels.gallery.enter(&mut self.view.selection),
            Action::Mark(photos, change) => self.engine.send(Command::Mark { photos, change }),
            Action::Pin(focus) => settings.pin(focus),
            Action::Unpin(focus) => settings.unpin(&focus),
            Action::ForgetFocus(focus) => settings.forget_focus(&focus),
            Action::OpenSaved(number) => self.open_saved(number),
            Action::ReplaceSaved(number) => self.view.replace_saved(number),
            Action::RenameSaved(number, name) => self.view.rename_saved(number, name),
            Action::RemoveSaved(number) => {
                let line = self.view.remove_saved(number);
                self.notice(line);
            }
            Action::Albums(action) => self.act_albums(action),
            Action::People(action) => self.act_people(ctx, action),
            Action::CleanUp(action) => self.act_clean_up(ctx, action),
            Action::Configure(new) => self.configure(ctx, *new),
            Action::SetRowHeight(height) => {
                settings.row_height = height.clamp(*ROW_HEIGHTS.start(), *ROW_HEIGHTS.end());
            }
            Action::StopCopies => self.files.stop_copies(),
            Action::SetSlideSeconds(seconds) => settings.slide_seconds = seconds,
            Action::ToggleProblems => self.panels.problems.open = !self.panels.problems.open,
            Action::ChooseLanguagePack => self.intake.choose_language_pack(),
            Action::ShowLeftOut(id) => {
                let folder = self.view.library.folders.iter().find(|folder| folder.id == id);
                self.panels.settings.show_left_out(settings, folder);
            }
            Action::ShowAbout(page) => self.show_about(page),
            Action::LookAt(paths) => self.intake.look_at(paths),
            Action::ChooseFolderToLeaveOut => self.intake.choose_folder_to_leave_out(),
            Action::ChooseFile(title, new_file) => self.files.choose(&title, new_file),
            Action::Do(job) => self.do_with_files(*job),
            Action::AskForNewPlace(folder, path) => self.panels.questions.ask_for_new_place(folder, &path),
            Action::Show(what) => {
                if let Outward::Map(place) = &what {
                    // Not every system has a program for it.
                    ctx.copy_text(place.in_words());
                    let line = "The place is opened in the map program, and copied for any other";
                    self.panels.notices.add(line.to_owned());
                }
                what.show();
            }
            Action::Retry(scope) => {
                self.view.thumbnails.retry_failed();
                self.engine.send(Command::Retry(scope));
            }
        }
    }

    /// Runs a command of the table.
    pub(super) fn run(&mut self, ctx: &Context, command: UiCommand) {
        let command = if text::copies_words(command, &self.view) {
            UiCommand::CopyText
        } else {
            command
        };
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
            UiCommand::GoBack | UiCommand::GoForward => {
                if self.view.go_in_history(command == UiCommand::GoForward) {
                    self.leave_large();
                }
            }
            UiCommand::PinFocus => {
                if !self.view.toggle_pin() {
                    self.panels.notices.add("Type a focus first".into());
                }
            }
            UiCommand::SaveSearch => {
                let line = self.panels.left.saved.save(&mut self.view);
                self.notice(line);
            }
            UiCommand::ToggleHeat => {
                self.view.heat.toggle();
                if self.view.heat.on() && self.view.chosen_rows().is_empty() {
                    let line = "Select a photo to see where the focus looked";
                    self.panels.notices.add(line.into());
                }
            }
            UiCommand::UseAsReference => self.selected_as_references(true),
            UiCommand::UseAsNegativeReference => self.selected_as_references(false),
            UiCommand::ClearSearch => self.engine.send_all(self.view.clear_search()),
            UiCommand::ComparePhotos => self.compare_photos(),
            UiCommand::SelectAll => self.panels.gallery.select_all(&mut self.view.selection),
            UiCommand::OpenPhoto => {
                if let Some(row) = self.view.selection.cursor
                    && self.view.large.is_none()
                {
                    self.enlarge(row);
                }
            }
            UiCommand::SlideShow => self.start_slide_show(ctx),
            UiCommand::OpenWithDefaultProgram => {
                if let Some(path) = self.view.cursor_path() {
                    Outward::Open(path).show();
                }
            }
            UiCommand::Reveal => {
                if let Some(path) = self.view.cursor_path() {
                    Outward::Reveal(path).show();
                }
            }
            UiCommand::CopyPaths => self.copy_paths(ctx),
            UiCommand::ShowWords => {
                if let Some(row) = text::show_words(&mut self.view, &mut self.panels.notices) {
                    self.enlarge(row);
                }
            }
            UiCommand::CopyText => text::copy_text(ctx, &self.view, &mut self.panels.notices),
            UiCommand::PauseReading => text::pause(&mut self.view, &mut self.panels.notices),
            UiCommand::ToggleFavourite => {
                let action = self.view.toggle_favourite();
                self.act(ctx, action);
            }
            UiCommand::Rate(stars) => {
                let action = self.view.mark_chosen(MarkChange::Rating(stars));
                self.act(ctx, action);
            }
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
            UiCommand::RerankFirst => {
                if !self.view.toggle_reranking() {
                    let line = "The model in use cannot check photos precisely: it has no condition adapter";
                    self.panels.notices.add(line.into());
                }
            }
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
            UiCommand::IntoFolders => self.with_chosen_files(|app, _| {
                let rows = app.panels.gallery.in_order(app.view.chosen_rows());
                app.panels.sort.ask(rows);
            }),
            UiCommand::WriteCopies => {
                self.with_chosen_files(|app, files| app.panels.copies.ask(files));
            }
            UiCommand::ContactSheet => self.ask_for_sheet(),
            UiCommand::UndoMove => self.undo_move(ctx),
            UiCommand::Redo => self.redo(),
            UiCommand::Turn(turn) => self.turn_chosen(turn),
            UiCommand::Rename => self.with_chosen_files(|app, files| match files.as_slice() {
                [file] => app.panels.questions.ask_for_name(file),
                _ => {
                    let rows = app.panels.gallery.in_order(app.view.chosen_rows());
                    app.panels.rename.ask(rows);
                }
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
                if let Some(folder) = self
                    .view
                    .cursor_path()
                    .and_then(|path| path.parent().map(PathBuf::from))
                {
                    self.view.search.request.filter.within = Some(folder);
                }
            }
            UiCommand::FoldGroups => self.panels.gallery.fold_all(true),
            UiCommand::OpenGroups => self.panels.gallery.fold_all(false),
            UiCommand::LargerPhotos => self.resize_photos(ctx, 1.2),
            UiCommand::SmallerPhotos => self.resize_photos(ctx, 1.0 / 1.2),
            UiCommand::ToggleRankBadges => settings.rank_badges = !settings.rank_badges,
            UiCommand::ToggleDates => settings.tile_dates = !settings.tile_dates,
            UiCommand::OrderHits(order) => {
                let line = self.view.order_hits(order);
                self.notice(line);
            }
            UiCommand::NextMonth | UiCommand::PreviousMonth => self.step_month(command == UiCommand::NextMonth),
            UiCommand::ShowAlbum(album) => {
                let today = self.view.library.today();
                let filter = &mut self.view.search.request.filter;
                album.set(filter, !album.is_in(filter), today);
            }
            UiCommand::ToggleLeftPanel => settings.left_panel = !settings.left_panel,
            UiCommand::ToggleRightPanel => settings.right_panel = !settings.right_panel,
            UiCommand::NextTheme => {
                settings.theme = settings.theme.next();
                settings.theme.apply(ctx);
            }
            UiCommand::ShowPalette => self.panels.palette.open(),
            UiCommand::ShowHelp => self.view.help = !self.view.help,
            UiCommand::ShowSettings => {
                self.panels.settings.toggle(settings);
                if self.panels.settings.is_open() {
                    self.engine.send(Command::Languages(LanguageRequest::List));
                }
            }
            UiCommand::Albums(command) => self.run_albums(command),
            UiCommand::CleanUp => self.toggle_clean_up(ctx),
            UiCommand::People(command) => self.run_people(ctx, command),
            UiCommand::ShowAbout => self.panels.about.page = Some(AboutPage::default()),
        }
    }

    fn edit_field(&mut self, ctx: &Context, field: eframe::egui::Id) {
        self.leave_large();
        ctx.memory_mut(|memory| memory.request_focus(field));
    }

    pub(super) fn enlarge(&mut self, row: u32) {
        self.view.large = Some(row);
    }

    /// From the large photo on, else from the one that the keyboard is on, else from the first.
    fn start_slide_show(&mut self, ctx: &Context) {
        let from = self.view.large.or(self.view.selection.cursor);
        let from = from.or_else(|| self.panels.gallery.first_photo());
        match from.filter(|row| self.view.library.photo(*row).is_some()) {
            Some(row) => {
                self.view.people_page = None;
                self.enlarge(row);
                self.panels.lightbox.start_show(ctx);
            }
            None => self.panels.notices.add("There is no photo to show".into()),
        }
    }

    pub(super) fn leave_large(&mut self) {
        self.view.large = None;
        self.view.selected_words = None;
        self.panels.lightbox.close();
    }

    /// The selected photos side by side, or back from there.
    fn compare_photos(&mut self) {
        if !self.view.compared.is_empty() {
            self.end_comparing();
            return;
        }
        let rows = self.view.chosen_rows();
        if !photo_compare::COUNTS.contains(&rows.len()) {
            self.panels.notices.add("Select two to four photos to compare".into());
            return;
        }
        self.leave_large();
        self.view.people_page = None;
        self.close_clean_up();
        let with_ids = rows
            .iter()
            .filter_map(|row| Some((*row, self.view.library.photo(*row)?.id)));
        self.view.compared = with_ids.collect();
        if let Some(first) = rows.first() {
            self.view.selection.set(*first);
        }
    }

    /// Back to all photos, with those selected that were compared.
    pub(super) fn end_comparing(&mut self) {
        self.panels.photo_compare.close();
        let compared = std::mem::take(&mut self.view.compared);
        let Some(at) = self.view.selection.cursor.filter(|_| !compared.is_empty()) else {
            return;
        };
        self.view.selection.rows = compared.into_iter().map(|(row, _)| row).collect();
        self.panels.gallery.reveal(Cell::Photo(at));
    }

    fn close_large(&mut self) {
        if let Some(row) = self.view.large {
            self.panels.gallery.reveal(Cell::Photo(row));
        }
        self.leave_large();
    }

    fn choose_view(&mut self, view: ViewKind) {
        self.view.people_page = None;
        self.end_comparing();
        self.close_clean_up();
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

    fn notice(&mut self, line: Option<String>) {
        if let Some(line) = line {
            self.panels.notices.add(line);
        }
    }

    fn selected_as_references(&mut self, positive: bool) {
        if !self.view.selected_as_references(positive) {
            self.panels.notices.add(NOTHING_SELECTED.into());
        }
    }

    /// The chosen photo is what all others are compared with; the focus stays.
    fn more_like_this(&mut self) {
        let Some(row) = self.view.chosen_rows().first().copied() else {
            self.panels.notices.add(NOTHING_SELECTED.into());
            return;
        };
        if self.view.library.photo(row).is_some() {
            self.engine.send_all(self.view.compare_with(&[row]));
            self.leave_large();
        }
    }

    fn open_saved(&mut self, number: usize) {
        let Some(opened) = self.view.open_saved(number) else {
            return;
        };
        self.engine.send_all(opened.commands);
        if opened.missing > 0 {
            let count = photos(opened.missing);
            let line = format!("{count} of this search are not in the library any more");
            self.panels.notices.add(line);
        }
        self.leave_large();
    }

    /// Lets every photo take part again.
    fn step_month(&mut self, down: bool) {
        let in_time = self.view.shows_photos()
            && self.view.large.is_none()
            && self.panels.gallery.step_month(&mut self.view.selection, down);
        if !in_time {
            let line = "The photos are not in the order of time";
            self.panels.notices.add(line.into());
        }
    }

    fn clear_filters(&mut self) {
        self.view.search.request.filter = Filter::default();
        self.view.search.request.fold_duplicates = false;
        self.panels.left.filters.clear();
        if std::mem::take(&mut self.view.hide_weak) {
            self.panels.gallery.content_changed(false);
        }
    }

    fn copy_paths(&mut self, ctx: &Context) {
        let selected = self.view.selected_photos();
        let paths: Vec<String> = selected.map(|photo| photo.path.display().to_string()).collect();
        self.panels.notices.add(match paths.len() {
            0 => NOTHING_SELECTED.into(),
            1 => "Path copied".into(),
            more => format!("{more} paths copied"),
        });
        if !paths.is_empty() {
            ctx.copy_text(paths.join("\n"));
        }
    }

    /// Goes on with the files of the chosen photos, where there are any.
    fn with_chosen_files(&mut self, go_on: impl FnOnce(&mut Self, Vec<Arc<Path>>)) {
        let files = self.view.chosen_files();
        if files.is_empty() {
            self.panels.notices.add(NOTHING_SELECTED.into());
        } else {
            go_on(self, files);
        }
    }

    /// A sheet of the selected photos; of all on screen where at most one is selected.
    fn ask_for_sheet(&mut self) {
        let chosen = self.view.chosen_rows();
        let rows = if chosen.len() > 1 {
            self.panels.gallery.in_order(chosen)
        } else {
            self.panels.gallery.shown_photos()
        };
        if rows.is_empty() {
            self.panels.notices.add("There is no photo to put on a sheet".into());
        } else {
            self.panels.sheet.ask(rows);
        }
    }

    /// Takes the last thing done to files or albums back, or the last step of the page on screen.
    fn undo_move(&mut self, ctx: &Context) {
        if self.view.people_page.is_some() {
            self.run_people(ctx, PeopleCommand::Undo);
            return;
        }
        if self.undo_clean_up() {
            return;
        }
        match self.undoable.pop() {
            Some(Undoable::Album) => self.undo_album(),
            Some(Undoable::Turn) => self.undo_turn(),
            Some(Undoable::Files) | None => match self.files.undo() {
                Some(job) => self.do_with_files(job),
                None => self.panels.notices.add("There is nothing to take back".into()),
            },
        }
    }

    /// Does again what was undone last. What was done to files is not done again.
    fn redo(&mut self) {
        let turned = self.redoable.pop() == Some(Undoable::Turn) && self.redo_turn();
        if !turned {
            self.redo_album();
        }
    }

    fn do_with_files(&mut self, job: FileJob) {
        if !self.files.submit(job) {
            self.panels.questions.not_done();
            let line = "Too much is being done to files already; try again in a moment";
            self.panels.notices.add(line.into());
        }
    }
}
