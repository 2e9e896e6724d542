//! All panels of the window.

use std::path::PathBuf;
use std::sync::Arc;

use super::about_window::AboutWindow;
use super::albums::AlbumPanels;
use super::clean_up::CleanUpPage;
use super::compare_view::CompareView;
use super::copies_dialog::CopiesDialog;
use super::crash_window::{CrashReport, CrashWindow};
use super::drop_and_paste::PathWindow;
use super::file_dialogs::FileQuestions;
use super::first_start::FirstStart;
use super::gallery::Gallery;
use super::left_panel::LeftPanel;
use super::lightbox::Lightbox;
use super::models_window::ModelsWindow;
use super::notices::Notices;
use super::palette::{HelpWindow, Palette};
use super::people::PeoplePanels;
use super::photo_compare::PhotoCompare;
use super::problems_window::ProblemsWindow;
use super::rename_dialog::RenameDialog;
use super::settings_window::SettingsWindow;
use super::sheet_dialog::SheetDialog;
use super::sort_dialog::SortDialog;
use super::status_bar::StatusBar;
use super::thumbnail_service::PixelSource;
use super::top_bar::TopBar;
use super::why_panel::WhyPanel;

/// Each panel owns what is only about itself. It reads a [`View`](super::view::View) and returns what the person wants.
pub(super) struct Panels {
    pub(super) top: TopBar,
    pub(super) left: LeftPanel,
    pub(super) gallery: Gallery,
    pub(super) compare: CompareView,
    pub(super) why: WhyPanel,
    pub(super) status: StatusBar,
    pub(super) lightbox: Lightbox,
    pub(super) first_start: FirstStart,
    pub(super) problems: ProblemsWindow,
    pub(super) crash: CrashWindow,
    pub(super) models: ModelsWindow,
    pub(super) path: PathWindow,
    pub(super) questions: FileQuestions,
    pub(super) rename: RenameDialog,
    pub(super) copies: CopiesDialog,
    pub(super) sheet: SheetDialog,
    pub(super) sort: SortDialog,
    pub(super) help: HelpWindow,
    pub(super) settings: SettingsWindow,
    pub(super) about: AboutWindow,
    pub(super) palette: Palette,
    pub(super) people: PeoplePanels,
    pub(super) albums: AlbumPanels,
    pub(super) clean_up: CleanUpPage,
    pub(super) photo_compare: PhotoCompare,
    pub(super) notices: Notices,
}

impl Panels {
    /// The panels of a new window; what is known of people lies in the file `people`.
    pub(super) fn new(pixels: Arc<dyn PixelSource>, crash_report: Option<CrashReport>, people: PathBuf) -> Self {
        Self {
            top: TopBar::default(),
            left: LeftPanel::default(),
            gallery: Gallery::default(),
            compare: CompareView::default(),
            why: WhyPanel,
            status: StatusBar,
            lightbox: Lightbox::new(Arc::clone(&pixels)),
            first_start: FirstStart::default(),
            problems: ProblemsWindow::default(),
            crash: CrashWindow::new(crash_report),
            models: ModelsWindow::default(),
            path: PathWindow::default(),
            questions: FileQuestions::default(),
            rename: RenameDialog::default(),
            copies: CopiesDialog::default(),
            sheet: SheetDialog::default(),
            sort: SortDialog::default(),
            help: HelpWindow,
            settings: SettingsWindow::default(),
            about: AboutWindow::default(),
            palette: Palette::default(),
            people: PeoplePanels::new(people),
            albums: AlbumPanels::default(),
            clean_up: CleanUpPage::new(Arc::clone(&pixels)),
            photo_compare: PhotoCompare::new(pixels),
            notices: Notices::default(),
        }
    }

    /// Whether a question about people, albums, new names, copies, folders or a contact sheet is open: keys are its then.
    pub(super) fn asks(&self) -> bool {
        self.people.asks()
            || self.albums.asks()
            || self.rename.is_open()
            || self.copies.is_open()
            || self.sheet.is_open()
            || self.sort.is_open()
    }
}
