//! The question at the start, and those before something large is done about people.

use std::path::{Path, PathBuf};

use eframe::egui::{self, Context, Frame, Id, Modal, RichText, Ui, vec2};

use refocus_engine::{PeopleRequest, PersonId};

use crate::app::action::Action;
use crate::app::controls::{grouped, one_line, primary_button};
use crate::app::design_tokens::{Tokens, space, text};
use crate::app::view::View;

use super::PeopleAction;
use super::steps::named_line;
use crate::app::typeface::semibold;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PeopleQuestion {
    /// Whether people are to be recognised.
    SwitchOn,
    /// Whether everything about people is to be deleted.
    Forget,
    /// Whether a person is the same as others of this name.
    Same {
        /// Who was given the name.
        person: PersonId,
        /// Who has it already.
        others: Vec<PersonId>,
        /// The name.
        name: String,
    },
    /// Which name the one person of these has.
    WhichName {
        /// Who is one person.
        persons: Vec<PersonId>,
        /// Those of them with a name, each name once.
        named: Vec<(PersonId, String)>,
    },
}

/// The open question.
#[derive(Debug, Default)]
pub(super) struct PeopleDialogs {
    open: Option<PeopleQuestion>,
    /// It is drawn for the first time.
    fresh: bool,
    /// Where what is known of people lies.
    file: PathBuf,
}

impl PeopleDialogs {
    /// No question yet; what is known of people lies in `file`.
    pub(super) fn new(file: PathBuf) -> Self {
        Self {
            file,
            ..Self::default()
        }
    }

    /// Whether one is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Asks.
    pub(super) fn ask(&mut self, question: PeopleQuestion) {
        self.open = Some(question);
        self.fresh = true;
    }

    /// Draws the open question; an answer closes it.
    pub(super) fn ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let Some(question) = self.open.clone() else {
            return Vec::new();
        };
        let fresh = std::mem::take(&mut self.fresh);
        let mut answer = None;
        // Nothing beside it takes the pointer or the keyboard.
        let frame = Frame::popup(&ctx.global_style()).inner_margin(space::LARGE);
        let modal = Modal::new(Id::unique("question about people")).frame(frame);
        let modal = modal.show(ctx, |ui| {
            ui.set_width(460.0_f32.min(ctx.content_rect().width() - 80.0));
            ui.label(RichText::new(title(&question)).font(semibold(text::HEADING)).strong());
            ui.add_space(space::SMALL);
            match &question {
                PeopleQuestion::SwitchOn => switch_on(ui, &self.file),
                PeopleQuestion::Forget => forget(ui, view, &self.file),
                PeopleQuestion::Same { person, name, .. } => same(ui, view, *person, name),
                PeopleQuestion::WhichName { .. } => {
                    paragraph(
                        ui,
                        "All of their photos become one person's, who keeps one of the names.",
                    );
                }
            }
            ui.add_space(space::MEDIUM);
            answer = answers(ui, &question, fresh);
        });
        if answer.is_some() || modal.should_close() {
            self.open = None;
        }
        answer.into_iter().flatten().collect()
    }
}

fn title(question: &PeopleQuestion) -> String {
    match question {
        PeopleQuestion::SwitchOn => "Recognise people in your photos?".to_owned(),
        PeopleQuestion::Forget => "Delete everything about people?".to_owned(),
        PeopleQuestion::Same { name, .. } => format!("Is it the same {name}?"),
        PeopleQuestion::WhichName { .. } => "Which name stays?".to_owned(),
    }
}

fn paragraph(ui: &mut Ui, words: &str) {
    ui.label(RichText::new(words).color(Tokens::of(ui).text_weak));
}

/// A line with its name before it.
fn point(ui: &mut Ui, name: &str, words: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let size = vec2(72.0, 18.0);
        ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Min), |ui| {
            ui.set_min_size(size);
            ui.label(RichText::new(name).size(13.0).color(Tokens::of(ui).text_faint));
        });
        ui.vertical(words);
    });
}

fn switch_on(ui: &mut Ui, file: &Path) {
    let said = |ui: &mut Ui, words: &str| {
        ui.label(RichText::new(words).size(13.0));
    };
    ui.label(
        RichText::new("Everything stays on this computer.")
            .font(semibold(text::HEADING))
            .strong(),
    );
    ui.add_space(space::TINY);
    paragraph(
        ui,
        "Refocus looks for faces in your photos and puts those together that look like one person. You give the names, and can then \
         search for them.",
    );
    ui.add_space(space::SMALL);
    ui.spacing_mut().item_spacing.y = 6.0;
    point(ui, "Kept", |ui| {
        said(
            ui,
            "Where faces are in photos, 128 numbers for each that tell whose it is, and what you say of them. No pictures.",
        );
    });
    point(ui, "Where", |ui| {
        let path = file.display().to_string();
        one_line(ui, RichText::new(&path).size(13.0)).on_hover_text(&path);
        said(
            ui,
            "The names are in a second file beside it. Nothing of it is sent anywhere.",
        );
    });
    point(ui, "Deleted", |ui| {
        said(ui, "All of it, at any time, in the settings under People.");
    });
    point(ui, "Note", |ui| {
        said(
            ui,
            "It is a help and no proof. Children and relatives are told apart less well.",
        );
    });
}

fn forget(ui: &mut Ui, view: &View, file: &Path) {
    let people = &view.people;
    let count = |number: usize, one: &str, more: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{} {more}", grouped(number)),
    };
    let line = format!(
        "{}, {} and {} are deleted, with all that you said of them. Your photos stay as they are. This cannot be undone.",
        count(view.named_people, "name", "names"),
        count(people.persons.len(), "person", "persons"),
        count(people.faces, "face", "faces"),
    );
    paragraph(ui, &line);
    ui.add_space(space::TINY);
    let path = file.display().to_string();
    let small = RichText::new(&path).size(text::SMALL).color(Tokens::of(ui).text_faint);
    one_line(ui, small).on_hover_text(&path);
}

fn same(ui: &mut Ui, view: &View, person: PersonId, name: &str) {
    let who = view.people.person(person);
    let called = who.and_then(|who| who.name.as_deref()).unwrap_or("this person");
    let line = format!("There is a {name} already. If {called} is the same, all of their photos are put together.");
    paragraph(ui, &line);
}

/// The buttons; an answer may ask for nothing.
fn answers(ui: &mut Ui, question: &PeopleQuestion, fresh: bool) -> Option<Option<Action>> {
    let step = |request, line: String| Some(Some(Action::People(PeopleAction::Step(request, line))));
    let mut answer = None;
    if let PeopleQuestion::WhichName { persons, named } = question {
        ui.horizontal_wrapped(|ui| {
            for (into, name) in named {
                if ui.button(name).clicked() {
                    let from = persons.iter().copied().filter(|person| person != into).collect();
                    answer = step(
                        PeopleRequest::Merge { into: *into, from },
                        format!("All of them are {name} now"),
                    );
                }
            }
        });
        if ui.button("Cancel").clicked() {
            answer = Some(None);
        }
        return answer;
    }
    // A layout from the right takes all the height that there is, unless it is told how much.
    let row = vec2(ui.available_width(), 36.0);
    ui.allocate_ui_with_layout(
        row,
        egui::Layout::right_to_left(egui::Align::Center),
        |ui| match question {
            PeopleQuestion::SwitchOn => {
                let yes = primary_button(ui, "Recognise people");
                if yes.clicked() {
                    let line = "Refocus looks for faces while nothing else is to be done".to_owned();
                    answer = step(PeopleRequest::SwitchOn, line);
                }
                let no = ui.button("Not now");
                if fresh {
                    no.request_focus();
                }
                if no.clicked() {
                    answer = Some(None);
                }
            }
            PeopleQuestion::Forget => {
                let red = Tokens::of(ui).bad;
                let delete = egui::Button::new(RichText::new("Delete everything").color(red)).min_size(vec2(0.0, 36.0));
                if ui.add(delete).clicked() {
                    answer = step(PeopleRequest::Forget, "Everything about people is deleted".to_owned());
                }
                let keep = ui.button("Keep it");
                if fresh {
                    keep.request_focus();
                }
                if keep.clicked() {
                    answer = Some(None);
                }
            }
            PeopleQuestion::Same { person, others, name } => {
                let yes = primary_button(ui, "The same person");
                if fresh {
                    yes.request_focus();
                }
                if yes.clicked()
                    && let Some((into, rest)) = others.split_first()
                {
                    let from = std::iter::once(*person).chain(rest.iter().copied()).collect();
                    answer = step(
                        PeopleRequest::Merge { into: *into, from },
                        format!("Both are {name} now"),
                    );
                }
                if ui.button("Another person").clicked() {
                    let request = PeopleRequest::Name {
                        person: *person,
                        name: Some(name.clone()),
                    };
                    answer = step(request, named_line(Some(name)));
                }
                if ui.button("Cancel").clicked() {
                    answer = Some(None);
                }
            }
            PeopleQuestion::WhichName { .. } => {}
        },
    );
    answer
}
