//! Who is in the photos, in the window. Nothing of it is seen before the person said yes but one quiet line that asks.
//!
//! ```text
//! PeopleState ─▶ page, questions, faces in the large photo, lines of panels ─▶ PeopleAction ─▶ act.rs ─▶ PeopleRequest
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `action.rs`, `act.rs`, `steps.rs` | what a person wants; what comes of it; what the engine is asked, and the line that tells it |
//! | `dialogs.rs` | the question at the start, and those before something large is done |
//! | `circle.rs`, `name_field.rs` | a face as a circle; the field in which a name is typed |
//! | `page.rs`, `page_list.rs`, `person_cell.rs` | all persons: the page, what stands where, one of them |
//! | `questions.rs` | "Is this Anna?" |
//! | `person_bar.rs`, `find_names.rs` | whose photos are shown, above the photos; names in the find text |
//! | `face_outlines.rs` | names on the faces of the large photo |
//! | `left_section.rs`, `settings_section.rs`, `photo_lines.rs` | parts of other panels |

mod act;
mod action;
mod circle;
mod dialogs;
mod face_outlines;
mod find_names;
mod left_section;
mod name_field;
mod page;
mod page_list;
mod person_bar;
mod person_cell;
mod photo_lines;
mod questions;
mod settings_section;
mod steps;

use std::path::PathBuf;

use eframe::egui::{Context, Id, Popup, Ui};

use super::action::Action;
use super::view::View;

pub(super) use action::{PeopleAction, PeopleCommand, PeoplePage};
pub(super) use face_outlines::FaceOutlines;
pub(super) use left_section::ui as left_section;
pub(super) use person_bar::person_menu;
pub(super) use photo_lines::{matched_faces, names_of_photo};
pub(super) use settings_section::ui as settings_section;

use dialogs::PeopleDialogs;
use page::PersonsPage;
use person_bar::PersonBar;
use questions::Questions;
use steps::PeopleSteps;

/// Keys of the pages of people that are no commands, for the list of shortcuts.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("Enter", "People: photos of this person"),
    ("N, F2", "People: name"),
    ("Space", "People: choose several"),
    ("M", "People: the chosen ones are the same person"),
    ("H", "People: hide, or show again"),
    ("Y, N, S, U", "Who is who: yes, no, skip, undo"),
];

/// The panels about people, each with what is only about itself.
pub(super) struct PeoplePanels {
    page: PersonsPage,
    questions: Questions,
    bar: PersonBar,
    dialogs: PeopleDialogs,
    steps: PeopleSteps,
}

impl PeoplePanels {
    /// Those of a new window; what is known of people lies in `file`.
    pub(super) fn new(file: PathBuf) -> Self {
        Self {
            page: PersonsPage::default(),
            questions: Questions::default(),
            bar: PersonBar::default(),
            dialogs: PeopleDialogs::new(file),
            steps: PeopleSteps::default(),
        }
    }

    /// Whether a question is open: keys are its then.
    pub(super) fn asks(&self) -> bool {
        self.dialogs.is_open()
    }

    /// Whether the keyboard is on a person.
    pub(super) fn has_keyboard(&self, focused: Id) -> bool {
        self.page.has_keyboard(Some(focused))
    }

    /// Draws the page that takes the place of the photos.
    pub(super) fn page_ui(&mut self, ui: &mut Ui, view: &View, page: PeoplePage) -> Vec<Action> {
        match page {
            PeoplePage::Persons => self.page.ui(ui, view),
            PeoplePage::Questions => self.questions.ui(ui, view),
        }
    }

    /// Draws the line above the photos, where persons narrow the search.
    pub(super) fn bar_ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        self.bar.ui(ui, view)
    }

    /// Draws the open question.
    pub(super) fn dialogs_ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        self.dialogs.ui(ctx, view)
    }

    /// What keys of this frame ask of the page on screen.
    pub(super) fn keys(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let focused = ctx.memory(|memory| memory.focused());
        let Some(page) = view.people_page.filter(|_| !Popup::is_any_open(ctx)) else {
            return Vec::new();
        };
        match page {
            PeoplePage::Persons if self.page.has_keyboard(focused) => self.page.keys(ctx, view),
            PeoplePage::Questions if focused.is_none_or(is_question_button) => self.questions.keys(ctx, view),
            PeoplePage::Persons | PeoplePage::Questions => Vec::new(),
        }
    }
}

fn is_question_button(focused: Id) -> bool {
    questions::BUTTONS.iter().any(|(name, ..)| Id::unique(*name) == focused)
}
